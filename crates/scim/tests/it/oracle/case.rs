//! Random resources and filters in the words that all implementations share.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use scim::filter::Comparison;
use scim::schema::urn;
use scim::{Filter, Path, Resource};
use serde_json::{Map, Value, json};

/// Users with few different words, so that filters meet them.
pub(super) fn any_user() -> impl Strategy<Value = Resource> {
    let texts =
        (option::of(word()), option::of(word()), option::of(word()), option::of(empty_or(word())));
    let emails = vec((kind(), word(), any::<bool>()), 0..4);
    let extension = (option::of(word()), option::of(word()));
    (word(), texts, option::of(any::<bool>()), emails, extension, option::of(time())).prop_map(
        |(
            user_name,
            (given, family, title, nick),
            active,
            emails,
            (department, manager),
            created,
        )| {
            let mut primary = false;
            let emails: Vec<_> = emails
                .into_iter()
                .map(|(kind, value, wanted)| {
                    let first = wanted && !primary;
                    primary |= wanted;
                    let mut email = json!({"type": kind, "value": value});
                    if first {
                        email["primary"] = json!(true);
                    }
                    email
                })
                .collect();
            let name = some(&[("givenName", json!(given)), ("familyName", json!(family))]);
            let manager = manager.map(|id| json!({"value": id}));
            let enterprise =
                some(&[("department", json!(department)), ("manager", json!(manager))]);
            some(&[
                ("userName", json!(user_name)),
                ("title", json!(title)),
                ("nickName", json!(nick)),
                ("active", json!(active)),
                ("name", filled(name)),
                ("emails", if emails.is_empty() { Value::Null } else { json!(emails) }),
                ("meta", json!(created.map(|time| json!({"created": time})))),
                (urn::ENTERPRISE_USER, filled(enterprise)),
            ])
        },
    )
}

/// Conditions on the attributes of [`any_user`] that join no other conditions but those on one e-mail.
pub(super) fn any_condition() -> impl Strategy<Value = Filter> {
    let compare = (any_path(), any_comparison(), any_literal())
        .prop_map(|(path, comparison, value)| Filter::Compare { path, comparison, value });
    let in_brackets = |filter| Some(Box::new(filter));
    let after_brackets = (element_filter(), any_comparison(), word());
    prop_oneof![
        8 => compare,
        2 => any_path().prop_map(Filter::Present),
        2 => element_filter().prop_map(|filter| Filter::ValuePath {
            path: Path::attribute("emails"),
            filter: Box::new(filter)
        }),
        1 => after_brackets.prop_map(move |(filter, comparison, value)| Filter::Compare {
            path: Path {
                filter: in_brackets(filter),
                sub_attribute: Some("value".into()),
                ..Path::attribute("emails")
            },
            comparison,
            value: value.into(),
        }),
    ]
}

/// Filters that join the conditions of a user's case, by their numbers.
pub(super) fn any_join(count: usize) -> impl Strategy<Value = Filter> {
    joined((0..count).prop_map(condition).boxed())
}

/// The condition `number` of a join, until it is filled in.
pub(super) fn condition(number: usize) -> Filter {
    Filter::Present(Path::attribute(&format!("condition{number}")))
}

/// Conditions on one e-mail.
pub(super) fn element_filter() -> impl Strategy<Value = Filter> {
    let part = prop_oneof![Just("type"), Just("value"), Just("primary"), Just("display")];
    let leaf = prop_oneof![
        4 => (part.clone(), any_comparison(), any_literal()).prop_map(|(part, comparison, value)| Filter::Compare {
            path: Path::attribute(part),
            comparison,
            value
        }),
        1 => part.prop_map(|part| Filter::Present(Path::attribute(part))),
    ];
    joined(leaf.boxed())
}

pub(super) fn word() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "ada", "ben", "adam", "cy", "work", "home", "Ada", "x\\y", "q\"u",
    ])
    .prop_map(str::to_owned)
}

pub(super) fn kind() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("work"), Just("home"), Just("other")]
}

fn any_path() -> impl Strategy<Value = Path> {
    let enterprise = |rest: &str| format!("{}:{rest}", urn::ENTERPRISE_USER);
    let texts = vec![
        "userName".to_owned(),
        "USERNAME".to_owned(),
        "title".to_owned(),
        "nickName".to_owned(),
        "active".to_owned(),
        "name".to_owned(),
        "name.givenName".to_owned(),
        "name.familyName".to_owned(),
        "emails".to_owned(),
        "emails.type".to_owned(),
        "emails.value".to_owned(),
        "emails.primary".to_owned(),
        "meta.created".to_owned(),
        format!("{}:userName", urn::USER),
        enterprise("department"),
        enterprise("manager"),
        enterprise("manager.value"),
    ];
    proptest::sample::select(texts).prop_map(|text| Path::parse(&text).expect("a path"))
}

fn any_comparison() -> impl Strategy<Value = Comparison> {
    proptest::sample::select(Comparison::ALL.to_vec())
}

fn any_literal() -> impl Strategy<Value = Value> {
    prop_oneof![
        12 => word().prop_map(Value::from),
        2 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::from("True")),
        1 => Just(Value::Null),
        1 => Just(Value::from("")),
        1 => (0..9).prop_map(Value::from),
        2 => time().prop_map(Value::from),
    ]
}

fn time() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("2024-03-01T10:00:00Z"),
        Just("2024-03-01T11:00:00+01:00"),
        Just("2025-01-01T00:00:00.000Z"),
    ]
}

fn joined(leaf: BoxedStrategy<Filter>) -> impl Strategy<Value = Filter> {
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Filter::And),
            vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

fn empty_or(texts: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop_oneof![2 => texts, 1 => Just(String::new())]
}

/// The pairs that have a value.
fn some(pairs: &[(&str, Value)]) -> Map<String, Value> {
    let given = pairs.iter().filter(|(_, value)| !value.is_null());
    given.map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn filled(values: Map<String, Value>) -> Value {
    if values.is_empty() { Value::Null } else { Value::Object(values) }
}
