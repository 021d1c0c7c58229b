//! Which users a filter finds: this crate and scim2-parse-filter.
//!
//! Single conditions are compared first. Filters that join several are compared where both sides agree
//! about each condition, so that nothing but the joining is in question.

use proptest::collection::vec;
use scim::filter::Comparison;
use scim::schema::{standard, urn};
use scim::{Filter, Path, Resource};
use serde_json::{Map, Value, json};

use super::case::{any_condition, any_join, any_user, condition};
use super::{Departure, ask, cases, explain};

const CONDITION_CASE_COUNT: usize = 3_000;
const JOIN_CASE_COUNT: usize = 500;
/// How many conditions a filter joins.
const JOINED_COUNT: usize = 4;

/// A condition on a single value, with the values that it meets.
struct Leaf {
    path: Path,
    /// None: `pr`.
    comparison: Option<Comparison>,
    literal: Value,
    values: Vec<Value>,
    /// Whether it stands in brackets together with a negation or with others.
    joined_in_brackets: bool,
}

const DEPARTURES: [Departure<Vec<Leaf>>; 12] = [
    Departure {
        name: "a sub-attribute after brackets",
        reason: "`emails[A].value eq V` is about one e-mail; the peer reads `emails[A] and emails.value eq V`, which two e-mails can satisfy",
        explains: |leaves| any(leaves, |leaf| leaf.path.filter.is_some()),
    },
    Departure {
        name: "brackets",
        reason: "all that stands in brackets is about one element (RFC 7644 §3.4.2.2); the peer asks it of the list, so that several elements can satisfy it together",
        explains: |leaves| any(leaves, |leaf| leaf.joined_in_brackets),
    },
    Departure {
        name: "the core schema's URN",
        reason: "an attribute may be given with its schema's URN (RFC 7644 §3.10); the peer looks for a member of that name",
        explains: |leaves| any(leaves, |leaf| leaf.path.schema.as_deref() == Some(urn::USER)),
    },
    Departure {
        name: "ne without a value",
        reason: "`ne` is the negation of `eq`, which does not hold where there is no value; the peer finds nothing there",
        explains: |leaves| {
            any(leaves, |leaf| {
                leaf.comparison == Some(Comparison::NotEqual) && leaf.values.is_empty()
            })
        },
    },
    Departure {
        name: "null",
        reason: "null and no value are the same state (RFC 7643 §2.5); the peer knows null only where it is written",
        explains: |leaves| any(leaves, |leaf| leaf.comparison.is_some() && leaf.literal.is_null()),
    },
    Departure {
        name: "an empty value",
        reason: "`pr` asks for a non-empty value (RFC 7644 §3.4.2.2); the peer asks whether the member is there",
        explains: |leaves| {
            let empty = |value: &Value| value == "" || value == &json!({}) || value == &json!([]);
            any(leaves, |leaf| {
                leaf.values.iter().any(empty) && leaf.comparison.is_none_or(is_equality)
            })
        },
    },
    Departure {
        name: "a complex value without its part",
        reason: "`emails co V` and `manager eq V` are about the `value` (RFC 7644 §3.4.2.2 has the first as an example); the peer compares the object",
        explains: |leaves| any(leaves, |leaf| leaf.values.iter().any(Value::is_object)),
    },
    Departure {
        name: "escapes",
        reason: "a value is a JSON text (RFC 7644 §3.4.2.2), so `\\\\` is one backslash; the peer doubles it",
        explains: |leaves| any(leaves, |leaf| text(&leaf.literal).contains('\\')),
    },
    Departure {
        name: "times",
        reason: "times are compared as times (RFC 7644 §3.4.2.2); the peer compares their texts",
        explains: |leaves| any(leaves, |leaf| leaf.path.attribute == "meta"),
    },
    Departure {
        name: "letters",
        reason: "case counts only where the schema says so (RFC 7643 §7, caseExact); the peer knows no schema, and case always counts",
        explains: |leaves| {
            any(leaves, |leaf| leaf.meets(|there, literal| !same_in_any_case(leaf, there, literal)))
        },
    },
    Departure {
        name: "booleans",
        reason: "booleans have no order and no parts (RFC 7644 §3.4.2.2), and \"True\" is read as true; the peer orders them and compares their texts",
        explains: |leaves| any(leaves, |leaf| leaf.values.iter().any(Value::is_boolean)),
    },
    Departure {
        name: "a literal of another type",
        reason: "a number or boolean is compared with a text as its text; in the peer nothing equals a value of another type",
        explains: |leaves| any(leaves, |leaf| !leaf.literal.is_string() && !leaf.literal.is_null()),
    },
];

#[test]
fn a_condition_finds_what_another_implementation_finds() {
    let cases = cases((any_condition(), any_user()), CONDITION_CASE_COUNT);
    let mut differences = Vec::new();
    for ((filter, user), theirs) in cases.iter().zip(theirs(&cases)) {
        let ours = filter.matches(user, &standard::users());
        if theirs != Some(ours) {
            differences.push((leaves(filter, user), shown(filter, user, ours, theirs)));
        }
    }
    explain(&differences, &DEPARTURES);
}

#[test]
fn conditions_are_joined_as_by_another_implementation() {
    let strategy = (vec(any_condition(), JOINED_COUNT), any_join(JOINED_COUNT), any_user());
    let cases = cases(strategy, JOIN_CASE_COUNT);
    let single = cases.iter().flat_map(|(conditions, _, user)| {
        conditions.iter().map(move |condition| (condition.clone(), user.clone()))
    });
    let agreed: Vec<_> = agreements(&single.collect::<Vec<_>>());
    let joined: Vec<_> = cases
        .iter()
        .zip(agreed.chunks(JOINED_COUNT))
        .filter(|(_, agreed)| agreed.iter().all(|agreed| *agreed))
        .map(|((conditions, join, user), _)| (fill(join, conditions), user.clone()))
        .collect();
    assert!(joined.len() > JOIN_CASE_COUNT / 3, "{} cases are left", joined.len());
    for ((filter, user), theirs) in joined.iter().zip(theirs(&joined)) {
        let ours = filter.matches(user, &standard::users());
        assert_eq!(theirs, Some(ours), "{}", shown(filter, user, ours, theirs));
    }
}

/// What the peer says of each; none: it refuses the filter.
fn theirs(cases: &[(Filter, Resource)]) -> Vec<Option<bool>> {
    let question = |(filter, user): &(Filter, Resource)| json!({"filter": filter.to_string(), "resource": user});
    let asked: Vec<_> = cases.iter().map(question).collect();
    ask(&asked).iter().map(|answer| answer["holds"].as_bool()).collect()
}

fn agreements(cases: &[(Filter, Resource)]) -> Vec<bool> {
    let ours = |(filter, user): &(Filter, Resource)| Some(filter.matches(user, &standard::users()));
    cases.iter().zip(theirs(cases)).map(|(case, theirs)| ours(case) == theirs).collect()
}

fn shown(filter: &Filter, user: &Resource, ours: bool, theirs: Option<bool>) -> String {
    format!("{filter}\n  {}\n  ours {ours}, theirs {theirs:?}", Value::Object(user.clone()))
}

fn any(leaves: &[Leaf], is: impl Fn(&Leaf) -> bool) -> bool {
    leaves.iter().any(is)
}

fn is_equality(comparison: Comparison) -> bool {
    matches!(comparison, Comparison::Equal | Comparison::NotEqual)
}

/// The conditions within `filter`, each with the values that it meets.
fn leaves(filter: &Filter, values: &Map<String, Value>) -> Vec<Leaf> {
    match filter {
        Filter::And(filters) | Filter::Or(filters) => {
            filters.iter().flat_map(|filter| leaves(filter, values)).collect()
        }
        Filter::Not(filter) => leaves(filter, values),
        Filter::ValuePath { path, filter } => {
            let elements = met(path, values);
            let elements = elements.iter().filter_map(Value::as_object);
            let joined = !matches!(**filter, Filter::Compare { .. } | Filter::Present(_));
            let leaves = elements.flat_map(|element| leaves(filter, element));
            leaves.map(|leaf| Leaf { joined_in_brackets: joined, ..leaf }).collect()
        }
        Filter::Present(path) => vec![Leaf::new(path, None, &Value::Null, values)],
        Filter::Compare { path, comparison, value } => {
            vec![Leaf::new(path, Some(*comparison), value, values)]
        }
    }
}

/// The values at a path, filters left aside.
fn met(path: &Path, values: &Map<String, Value>) -> Vec<Value> {
    let member = |values: &Map<String, Value>, name: &str| {
        values
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.clone())
    };
    let elements = |value: Value| match value {
        Value::Array(elements) => elements,
        single => vec![single],
    };
    let below = match path.schema.as_deref() {
        None | Some(urn::USER) => values.clone(),
        Some(extension) => match values.get(extension) {
            Some(Value::Object(values)) => values.clone(),
            _ => return Vec::new(),
        },
    };
    let found = member(&below, &path.attribute).map(elements).unwrap_or_default();
    match &path.sub_attribute {
        None => found,
        Some(part) => found
            .iter()
            .filter_map(|element| member(element.as_object()?, part))
            .flat_map(elements)
            .collect(),
    }
}

impl Leaf {
    fn new(
        path: &Path,
        comparison: Option<Comparison>,
        literal: &Value,
        values: &Map<String, Value>,
    ) -> Self {
        Self {
            path: path.clone(),
            comparison,
            literal: literal.clone(),
            values: met(path, values),
            joined_in_brackets: false,
        }
    }

    /// Whether `is` holds for a text that is met and the literal.
    fn meets(&self, is: impl Fn(&str, &str) -> bool) -> bool {
        self.values.iter().any(|value| is(&text(value), &text(&self.literal)))
    }
}

/// Whether the comparison comes out alike with and without regard to case.
fn same_in_any_case(leaf: &Leaf, there: &str, literal: &str) -> bool {
    let compare = |there: &str, literal: &str| match leaf.comparison {
        None => true,
        Some(Comparison::Equal) => there == literal,
        Some(Comparison::NotEqual) => there != literal,
        Some(Comparison::Contains) => there.contains(literal),
        Some(Comparison::StartsWith) => there.starts_with(literal),
        Some(Comparison::EndsWith) => there.ends_with(literal),
        Some(Comparison::Greater) => there > literal,
        Some(Comparison::GreaterOrEqual) => there >= literal,
        Some(Comparison::Less) => there < literal,
        Some(Comparison::LessOrEqual) => there <= literal,
    };
    compare(there, literal) == compare(&there.to_lowercase(), &literal.to_lowercase())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `join` with its conditions in their places.
fn fill(join: &Filter, conditions: &[Filter]) -> Filter {
    let all = |filters: &[Filter]| filters.iter().map(|filter| fill(filter, conditions)).collect();
    match join {
        Filter::And(filters) => Filter::And(all(filters)),
        Filter::Or(filters) => Filter::Or(all(filters)),
        Filter::Not(filter) => Filter::Not(Box::new(fill(filter, conditions))),
        other => {
            let number = (0..conditions.len()).find(|number| condition(*number) == *other);
            conditions[number.expect("a join has conditions only")].clone()
        }
    }
}
