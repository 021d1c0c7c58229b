//! Random paths, filters and users, and when two users are alike.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use scim::filter::Comparison;
use scim::schema::{standard, urn};
use scim::{Filter, Path, Resource, ResourceSchema};
use serde_json::{Map, Value, json};

/// Users with the enterprise extension; `members` too, so that references occur.
pub(crate) fn schema() -> ResourceSchema {
    let mut schema = standard::users();
    schema.core.attributes.extend(standard::group().attribute("members").cloned());
    schema
}

/// Whether two users hold the same values, whatever the order of elements.
pub(crate) fn alike(a: &Resource, b: &Resource) -> bool {
    sorted(&Value::Object(a.clone())) == sorted(&Value::Object(b.clone()))
}

pub(crate) fn any_path() -> impl Strategy<Value = Path> {
    let schema = option::of(prop_oneof![
        Just(urn::ENTERPRISE_USER.to_owned()),
        Just(urn::USER.to_owned()),
        Just("urn:example:thing".to_owned()),
    ]);
    let sub =
        option::of(prop_oneof![Just("value".to_owned()), Just("givenName".to_owned()), name()]);
    (schema, attribute(), option::of(element_filter()), sub).prop_map(
        |(schema, attribute, filter, sub_attribute)| Path {
            schema,
            attribute,
            filter: filter.map(Box::new),
            sub_attribute,
        },
    )
}

pub(crate) fn any_filter() -> impl Strategy<Value = Filter> {
    joined(prop_oneof![
        3 => (any_path(), any_comparison(), any_literal()).prop_map(|(path, comparison, value)| Filter::Compare { path, comparison, value }),
        1 => any_path().prop_filter("a filtered attribute alone is a value path", |path| path.filter.is_none() || path.sub_attribute.is_some()).prop_map(Filter::Present),
        1 => (attribute(), element_filter()).prop_map(|(name, filter)| Filter::ValuePath { path: Path::attribute(&name), filter: Box::new(filter) }),
    ].boxed())
}

pub(crate) fn any_user() -> impl Strategy<Value = Resource> {
    let text = || option::of("[A-Za-zéß ]{1,6}");
    let emails = btree_map(
        prop_oneof![Just("work"), Just("home"), Just("other")],
        ("[ab]@x", any::<bool>()),
        0..3,
    );
    let names = (text(), text(), text());
    let members = btree_map("[0-9]{1,2}", Just(()), 0..12);
    let roles = btree_map("[a-c]{1,2}", option::of("[xy]"), 0..4);
    let emails = emails.prop_map(|map| map.into_iter().collect::<Vec<_>>()).prop_shuffle();
    let members = members.prop_map(|map| map.into_keys().collect::<Vec<_>>()).prop_shuffle();
    let roles = roles.prop_map(|map| map.into_iter().collect::<Vec<_>>()).prop_shuffle();
    (names, option::of(any::<bool>()), emails, members, roles, (text(), option::of("[0-9]{1,2}")))
        .prop_map(
            |((title, given, family), active, emails, members, roles, (department, manager))| {
                let mut user = object(vec![
                    ("userName", json!("ada")),
                    ("title", json!(title)),
                    ("active", json!(active)),
                    (
                        "name",
                        Value::Object(object(vec![
                            ("givenName", json!(given)),
                            ("familyName", json!(family)),
                        ])),
                    ),
                ]);
                let mut primary = false;
                let emails = emails.into_iter().map(|(kind, (value, wanted))| {
                    let first = wanted && !primary;
                    primary |= wanted;
                    json!({"type": kind, "value": value, "primary": first})
                });
                put(&mut user, "emails", emails.collect());
                put(
                    &mut user,
                    "members",
                    members.into_iter().map(|id| json!({"value": id})).collect(),
                );
                let role = |(value, kind): (String, Option<String>)| {
                    Value::Object(object(vec![("value", json!(value)), ("type", json!(kind))]))
                };
                put(&mut user, "roles", roles.into_iter().map(role).collect());
                let manager = manager.map(|id| json!({"value": id}));
                let extension =
                    object(vec![("department", json!(department)), ("manager", json!(manager))]);
                user.extend(object(vec![(urn::ENTERPRISE_USER, Value::Object(extension))]));
                user
            },
        )
}

pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        attribute(),
        Just("value".to_owned()),
        Just("op".to_owned()),
        Just("path".to_owned()),
        Just("Operations".to_owned()),
        "\\PC{0,5}"
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        prop_oneof![
            Just("True"),
            Just("add"),
            Just("members"),
            Just(""),
            Just("{\"value\":\"x\"}")
        ]
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(key.clone(), inner, 0..4)
                .prop_map(|values| Value::Object(values.into_iter().collect())),
        ]
    })
}

fn element_filter() -> impl Strategy<Value = Filter> {
    let sub = || {
        prop_oneof![
            Just("type".to_owned()),
            Just("value".to_owned()),
            Just("primary".to_owned()),
            name()
        ]
        .prop_map(|name| Path::attribute(&name))
    };
    joined(prop_oneof![
        3 => (sub(), any_comparison(), any_literal()).prop_map(|(path, comparison, value)| Filter::Compare { path, comparison, value }),
        1 => sub().prop_map(Filter::Present),
    ].boxed())
}

fn joined(leaf: BoxedStrategy<Filter>) -> impl Strategy<Value = Filter> {
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Filter::And),
            vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

fn any_comparison() -> impl Strategy<Value = Comparison> {
    proptest::sample::select(Comparison::ALL.to_vec())
}

fn any_literal() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("a number of JSON", |number| number.is_finite())
            .prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        prop_oneof![Just("work"), Just("True"), Just("1")].prop_map(Value::from),
    ]
}

fn attribute() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("userName".to_owned()),
        Just("name".to_owned()),
        Just("emails".to_owned()),
        Just("members".to_owned()),
        Just("roles".to_owned()),
        Just("active".to_owned()),
        Just("department".to_owned()),
        Just("manager".to_owned()),
        name(),
    ]
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-zA-Z0-9_-]{0,6}"
}

/// The pairs that have a value.
fn object(pairs: Vec<(&str, Value)>) -> Map<String, Value> {
    let is_empty = |value: &Value| value.is_null() || value.as_object().is_some_and(Map::is_empty);
    pairs
        .into_iter()
        .filter(|(_, value)| !is_empty(value))
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn put(user: &mut Resource, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        user.insert(name.to_owned(), Value::Array(list));
    }
}

fn sorted(value: &Value) -> String {
    match value {
        Value::Object(values) => {
            let mut parts: Vec<_> =
                values.iter().map(|(name, value)| format!("{name}={}", sorted(value))).collect();
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(list) => {
            let mut parts: Vec<_> = list.iter().map(sorted).collect();
            parts.sort();
            format!("[{}]", parts.join(","))
        }
        simple => simple.to_string(),
    }
}
