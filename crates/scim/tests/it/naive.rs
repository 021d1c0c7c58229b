//! A filter says what a plain reading of RFC 7644 §3.4.2.2 says: an evaluator that makes
//! a list of values first and then looks at each, without any shortcut.

use std::cmp::Ordering;

use proptest::prelude::*;
use scim::filter::Comparison;
use scim::schema::{Attribute, AttributeType};
use scim::{Filter, Path, Resource, ResourceSchema};
use serde_json::{Map, Value};

use crate::arbitrary::{any_user, likely_filter, schema};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_filter_agrees_with_a_plain_evaluator(filter in likely_filter(), user in any_user()) {
        let schema = schema();
        prop_assert_eq!(filter.matches(&user, schema), holds(&filter, &user, schema), "{}", filter);
    }
}

/// A value and what the schema says of it.
type Found<'u, 's> = (&'u Value, Option<&'s Attribute>);

fn holds(filter: &Filter, user: &Resource, schema: &ResourceSchema) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|part| holds(part, user, schema)),
        Filter::Or(parts) => parts.iter().any(|part| holds(part, user, schema)),
        Filter::Not(part) => !holds(part, user, schema),
        Filter::Present(path) => is_present(&leaves(path, user, schema)),
        Filter::Compare { path, comparison, value } => {
            let mut leaves = leaves(path, user, schema);
            if !value.is_null() {
                leaves.extend(assumed(path, user, schema));
            }
            compares(&leaves, *comparison, value)
        }
        Filter::ValuePath { path, filter } => {
            let (elements, definition) = elements(path, user, schema);
            elements.into_iter().any(|element| element_holds(filter, element, definition))
        }
    }
}

fn element_holds(filter: &Filter, element: &Value, definition: Option<&Attribute>) -> bool {
    let found = |path: &Path| -> Vec<(Value, Option<&Attribute>)> {
        let part = definition.and_then(|definition| definition.sub_attribute(&path.attribute));
        match element {
            Value::Object(parts) => {
                parts.get(&path.attribute).map(|value| (value.clone(), part)).into_iter().collect()
            }
            simple if path.attribute == "value" => vec![(simple.clone(), definition)],
            _ => vec![],
        }
    };
    let borrowed = |found: &[(Value, Option<&Attribute>)]| -> bool {
        is_present(
            &found.iter().map(|(value, definition)| (value, *definition)).collect::<Vec<_>>(),
        )
    };
    match filter {
        Filter::And(parts) => parts.iter().all(|part| element_holds(part, element, definition)),
        Filter::Or(parts) => parts.iter().any(|part| element_holds(part, element, definition)),
        Filter::Not(part) => !element_holds(part, element, definition),
        Filter::Present(path) => borrowed(&found(path)),
        Filter::Compare { path, comparison, value } => {
            let mut found = found(path);
            let part = definition.and_then(|definition| definition.sub_attribute("primary"));
            if found.is_empty() && path.attribute == "primary" && part.is_some() && !value.is_null()
            {
                found.push((Value::Bool(false), part));
            }
            let found: Vec<_> = found.iter().map(|(value, part)| (value, *part)).collect();
            compares(&found, *comparison, value)
        }
        Filter::ValuePath { .. } => unreachable!("brackets are not nested"),
    }
}

/// The elements of an attribute, or its one value.
fn elements<'u, 's>(
    path: &Path,
    user: &'u Resource,
    schema: &'s ResourceSchema,
) -> (Vec<&'u Value>, Option<&'s Attribute>) {
    let whole = Path { filter: None, sub_attribute: None, ..path.clone() };
    let Some(target) = schema.resolve(&whole) else { return (vec![], None) };
    let below: Option<&Map<String, Value>> = match target.extension {
        None => Some(user),
        Some(extension) => user.get(&extension.id).and_then(Value::as_object),
    };
    let value = match target.attribute {
        None => target.extension.and_then(|extension| user.get(&extension.id)),
        Some(attribute) => below.and_then(|values| values.get(&attribute.name)),
    };
    let elements = match value {
        Some(Value::Array(elements)) => elements.iter().collect(),
        Some(value) => vec![value],
        None => vec![],
    };
    (elements, target.attribute)
}

/// The values that a path leads to; of a complex value its "value", if it has one.
fn leaves<'u, 's>(
    path: &Path,
    user: &'u Resource,
    schema: &'s ResourceSchema,
) -> Vec<Found<'u, 's>> {
    let (elements, definition) = elements(path, user, schema);
    let mut leaves = Vec::new();
    for element in elements {
        if let Some(filter) = &path.filter
            && !element_holds(filter, element, definition)
        {
            continue;
        }
        let part = |name: &str| {
            let definition = definition.and_then(|definition| definition.sub_attribute(name));
            element.get(name).map(|value| (value, definition))
        };
        match &path.sub_attribute {
            Some(name) => leaves.extend(part(name)),
            None => leaves.push(part("value").unwrap_or((element, definition))),
        }
    }
    leaves
}

/// "false" for each element that does not say whether it is primary (RFC 7643 §2.4).
fn assumed(path: &Path, user: &Resource, schema: &ResourceSchema) -> Vec<Found<'static, 'static>> {
    let (elements, definition) = elements(path, user, schema);
    let is_primary = path.sub_attribute.as_deref() == Some("primary");
    if !is_primary || definition.is_none_or(|it| it.sub_attribute("primary").is_none()) {
        return vec![];
    }
    let filter = path.filter.as_deref();
    let admitted =
        |element: &&Value| filter.is_none_or(|filter| element_holds(filter, element, definition));
    let silent = elements.into_iter().filter(|it| it.get("primary").is_none()).filter(admitted);
    silent.map(|_| (&Value::Bool(false), None)).collect()
}

fn is_present(leaves: &[Found<'_, '_>]) -> bool {
    leaves.iter().any(|(value, _)| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(parts) => parts.values().any(|part| is_present(&[(part, None)])),
        Value::Bool(_) | Value::Number(_) => true,
    })
}

fn compares(leaves: &[Found<'_, '_>], comparison: Comparison, literal: &Value) -> bool {
    match (comparison, literal) {
        (Comparison::Equal, Value::Null) => !is_present(leaves),
        (Comparison::NotEqual, Value::Null) => is_present(leaves),
        (_, Value::Null) => false,
        (Comparison::NotEqual, _) => {
            !is_present(leaves)
                || leaves.iter().any(|leaf| !leaf_compares(*leaf, Comparison::Equal, literal))
        }
        _ => leaves.iter().any(|leaf| leaf_compares(*leaf, comparison, literal)),
    }
}

fn leaf_compares(leaf: Found<'_, '_>, comparison: Comparison, literal: &Value) -> bool {
    let (there, definition) = leaf;
    let case_exact = definition.is_some_and(|definition| definition.case_exact);
    let is_time = definition.is_some_and(|it| it.attribute_type == AttributeType::DateTime);
    let words = literal.as_str().map_or_else(|| literal.to_string(), str::to_owned);
    match there {
        Value::Bool(there) => {
            comparison == Comparison::Equal && words.eq_ignore_ascii_case(&there.to_string())
        }
        Value::Number(there) => words.parse::<f64>().is_ok_and(|literal| {
            admits(comparison, there.as_f64().unwrap().partial_cmp(&literal).unwrap())
        }),
        Value::String(there) => {
            let time = |text: &str| {
                let midnight = || {
                    let date = text.parse::<jiff::civil::Date>().ok()?;
                    format!("{date}T00:00:00Z").parse().ok()
                };
                text.parse::<jiff::Timestamp>().ok().or_else(midnight)
            };
            if is_time
                && !is_of_texts(comparison)
                && let (Some(there), Some(literal)) = (time(there), time(&words))
            {
                return admits(comparison, there.cmp(&literal));
            }
            let folded =
                |text: &str| if case_exact { text.to_owned() } else { text.to_lowercase() };
            let (there, literal) = (folded(there), folded(&words));
            match comparison {
                Comparison::Contains => there.contains(&literal),
                Comparison::StartsWith => there.starts_with(&literal),
                Comparison::EndsWith => there.ends_with(&literal),
                _ => admits(comparison, there.cmp(&literal)),
            }
        }
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

fn is_of_texts(comparison: Comparison) -> bool {
    matches!(comparison, Comparison::Contains | Comparison::StartsWith | Comparison::EndsWith)
}

fn admits(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        _ => false,
    }
}
