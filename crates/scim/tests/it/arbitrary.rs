//! Random paths, filters and users, and when two users are alike.

use std::sync::LazyLock;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use scim::filter::Comparison;
use scim::patch::{Op, Operation, PatchRequest};
use scim::schema::{Attribute, standard, urn};
use scim::{Filter, Path, Resource, ResourceSchema};
use serde_json::{Map, Value, json};

/// Users with the enterprise extension; `members` too, so that references occur, and
/// attributes of the types that a user lacks.
pub(crate) fn schema() -> &'static ResourceSchema {
    static SCHEMA: LazyLock<ResourceSchema> = LazyLock::new(made);
    &SCHEMA
}

fn made() -> ResourceSchema {
    let mut schema = standard::users();
    schema.core.attributes.extend(standard::group().attribute("members").cloned());
    let more = json!([
        {"name": "level", "type": "integer"}, {"name": "rate", "type": "decimal"},
        {"name": "hired", "type": "dateTime"}, {"name": "code", "caseExact": true},
        {"name": "tags", "multiValued": true, "caseExact": true},
        {"name": "skills", "type": "complex", "multiValued": true, "subAttributes": [
            {"name": "name"}, {"name": "level", "type": "decimal"}]},
    ]);
    let more: Vec<Attribute> = serde_json::from_value(more).unwrap();
    schema.core.attributes.extend(more);
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

/// A filter that has something to do with [`any_user`].
pub(crate) fn likely_filter() -> impl Strategy<Value = Filter> {
    joined(likely_condition().boxed())
}

fn likely_condition() -> impl Strategy<Value = Filter> {
    let path = proptest::sample::select(vec![
        "userName",
        "title",
        "active",
        "name",
        "name.givenName",
        "name.familyName",
        "emails",
        "emails.type",
        "emails.value",
        "emails.primary",
        "emails[type eq \"work\"].value",
        "emails[primary eq true].type",
        "emails[value eq \"a@x\"].primary",
        "members",
        "members.value",
        "roles",
        "roles.value",
        "roles[type pr].value",
        "department",
        "manager",
        "manager.value",
        "level",
        "rate",
        "hired",
        "code",
        "tags",
        "skills",
        "skills.name",
        "skills.level",
        "colour",
        urn::ENTERPRISE_USER,
    ]);
    let part = proptest::sample::select(vec!["type", "value", "primary", "name", "level", "x"]);
    let path = path.prop_map(|text| Path::parse(text).unwrap());
    let has_filter_alone = |path: &Path| path.filter.is_some() && path.sub_attribute.is_none();
    let leaf = move |path: BoxedStrategy<Path>| {
        prop_oneof![
            5 => (path.clone(), any_comparison(), likely_literal()).prop_map(|(path, comparison, value)| Filter::Compare { path, comparison, value }),
            1 => path.prop_filter("no value path", move |path| !has_filter_alone(path)).prop_map(Filter::Present),
        ]
        .boxed()
    };
    let inner = joined(leaf(part.prop_map(Path::attribute).boxed())).boxed();
    let list = proptest::sample::select(vec!["emails", "members", "roles", "skills", "tags"]);
    prop_oneof![
        3 => leaf(path.boxed()),
        1 => (list, inner).prop_map(|(list, filter)| Filter::ValuePath { path: Path::attribute(list), filter: Box::new(filter) }),
    ]
}

fn likely_literal() -> impl Strategy<Value = Value> {
    proptest::sample::select(vec![
        json!(null),
        json!(true),
        json!(false),
        json!("True"),
        json!("ada"),
        json!("ADA"),
        json!("a"),
        json!("A"),
        json!("ß"),
        json!("work"),
        json!("Home"),
        json!("a@x"),
        json!("@"),
        json!("1"),
        json!(1),
        json!(2.5),
        json!("2.5"),
        json!(-3),
        json!("2024-03-01T10:00:00Z"),
        json!("2024-03-01T11:00:00+01:00"),
        json!("2024-03-01"),
        json!("2024"),
        json!(""),
    ])
}

pub(crate) fn any_user() -> impl Strategy<Value = Resource> {
    let text = || option::of("[A-Za-zéß ]{1,6}");
    let emails = btree_map(
        prop_oneof![Just("work"), Just("home"), Just("other")],
        ("[ab]@x", any::<Option<bool>>()),
        0..3,
    );
    let names = (text(), text(), text());
    let members = btree_map("[0-9]{1,2}", Just(()), 0..12);
    let roles = btree_map("[a-c]{1,2}", option::of("[xy]"), 0..4);
    let emails = emails.prop_map(|map| map.into_iter().collect::<Vec<_>>()).prop_shuffle();
    let members = members.prop_map(|map| map.into_keys().collect::<Vec<_>>()).prop_shuffle();
    let roles = roles.prop_map(|map| map.into_iter().collect::<Vec<_>>()).prop_shuffle();
    let more = (
        option::of(-3..3_i64),
        option::of(proptest::sample::select(vec![-3.0, 1.0, 2.5, 1e20])),
        option::of(proptest::sample::select(vec![
            "2024-03-01T10:00:00Z",
            "2024-03-01T09:59:59.5Z",
        ])),
        option::of("[aA]{1,2}"),
        vec(proptest::sample::select(vec!["a", "A", "work"]), 0..2),
        btree_map("[ab]", 1..3_i64, 0..2),
    );
    (
        names,
        option::of(any::<bool>()),
        emails,
        members,
        roles,
        (text(), option::of("[0-9]{1,2}")),
        more,
    )
        .prop_map(
            |(
                (title, given, family),
                active,
                emails,
                members,
                roles,
                (department, manager),
                more,
            )| {
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
                    let first = wanted.map(|wanted| wanted && !primary);
                    primary |= wanted == Some(true);
                    Value::Object(object(vec![
                        ("type", json!(kind)),
                        ("value", json!(value)),
                        ("primary", json!(first)),
                    ]))
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
                let (level, rate, hired, code, tags, skills) = more;
                user.extend(object(vec![
                    ("level", json!(level)),
                    ("rate", json!(rate)),
                    ("hired", json!(hired)),
                    ("code", json!(code)),
                ]));
                put(&mut user, "tags", tags.into_iter().map(Value::from).collect());
                let skill = |(name, level): (String, i64)| json!({"name": name, "level": level});
                put(&mut user, "skills", skills.into_iter().map(skill).collect());
                let manager = manager.map(|id| json!({"value": id}));
                let extension =
                    object(vec![("department", json!(department)), ("manager", json!(manager))]);
                user.extend(object(vec![(urn::ENTERPRISE_USER, Value::Object(extension))]));
                user
            },
        )
}

/// One operation that has something to do with [`any_user`].
pub(crate) fn any_request() -> impl Strategy<Value = PatchRequest> {
    let path = proptest::sample::select(vec![
        "userName",
        "title",
        "active",
        "name",
        "name.givenName",
        "emails",
        "emails.type",
        "emails[type eq \"work\"]",
        "emails[type eq \"work\"].value",
        "emails[type eq \"home\"].primary",
        "emails[primary eq false].display",
        "emails[value eq \"a@x\"].type",
        "members",
        "members[value eq \"1\"]",
        "roles",
        "roles[primary eq true].value",
        "roles[value eq \"a\" and type eq \"x\"]",
        "department",
        "manager",
        "level",
        "hired",
        "tags",
        "tags[value eq \"a\"]",
        "skills",
        "skills[name eq \"a\"].level",
        urn::ENTERPRISE_USER,
    ]);
    let value = prop_oneof![
        likely_literal(),
        vec(likely_literal(), 0..3).prop_map(Value::from),
        vec(any_element(), 0..3).prop_map(Value::from),
        any_element(),
    ];
    let op = proptest::sample::select(vec![Op::Add, Op::Replace, Op::Remove]);
    (op, path, value, any::<bool>()).prop_map(|(op, path, value, given)| {
        let value = if op == Op::Remove && given { None } else { Some(value) };
        let path = Some(Path::parse(path).unwrap());
        PatchRequest { operations: vec![Operation { op, path, value }] }
    })
}

fn any_element() -> impl Strategy<Value = Value> {
    let text = |texts: &[&'static str]| option::of(proptest::sample::select(texts.to_vec()));
    let parts = (
        text(&["work", "home", "x"]),
        text(&["a@x", "1", "a", "A", ""]),
        option::of(any::<bool>()),
        text(&["a", "b"]),
        text(&["D"]),
    );
    parts.prop_map(|(kind, value, primary, name, department)| {
        Value::Object(object(vec![
            ("type", json!(kind)),
            ("value", json!(value)),
            ("primary", json!(primary)),
            ("name", json!(name)),
            ("givenName", json!(name)),
            ("department", json!(department)),
        ]))
    })
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
