//! A selection holds whatever the filter matches, and if it is exact, nothing else.

use proptest::prelude::*;
use scim::filter::Comparison;
use scim::schema::AttributeType;
use scim::selection::{Lookup, Selection, Test, select};
use scim::{Path, Resource, ResourceSchema, fold};
use serde_json::{Number, Value};

use crate::arbitrary::{any_user, likely_filter, schema};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn whatever_matches_is_selected(filter in likely_filter(), user in any_user()) {
        let schema = schema();
        let selected = select(&filter, schema, &|lookup| lookup.path != "title");
        let is_in = admits(&selected.selection, &user, schema);
        let matches = filter.matches(&user, schema);
        if selected.exact {
            prop_assert_eq!(is_in, matches, "{} is {:?}", filter, selected);
        } else {
            prop_assert!(is_in || !matches, "{} is {:?}", filter, selected);
        }
    }
}

fn admits(selection: &Selection, user: &Resource, schema: &ResourceSchema) -> bool {
    match selection {
        Selection::All => true,
        Selection::Nothing => false,
        Selection::And(parts) => parts.iter().all(|part| admits(part, user, schema)),
        Selection::Or(parts) => parts.iter().any(|part| admits(part, user, schema)),
        Selection::Match(lookup) => {
            values(&lookup.path, user, schema).iter().any(|value| is_found(lookup, value))
        }
    }
}

/// All values of an attribute, as an index would have them.
fn values<'u>(path: &str, user: &'u Resource, schema: &ResourceSchema) -> Vec<&'u Value> {
    let path = Path::parse(path).unwrap();
    let target = schema.resolve(&path).unwrap();
    let attribute = target.attribute.unwrap();
    let whole = match target.extension {
        None => user.get(&attribute.name),
        Some(extension) => user.get(&extension.id).and_then(|below| below.get(&attribute.name)),
    };
    let elements: Vec<&Value> = match whole {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    };
    match target.sub_attribute {
        None => elements,
        Some(part) => elements.iter().filter_map(|element| element.get(&part.name)).collect(),
    }
}

fn is_found(lookup: &Lookup, there: &Value) -> bool {
    match &lookup.test {
        Test::Present => there.as_str() != Some(""),
        Test::Boolean(value) => there.as_bool() == Some(*value),
        Test::Text { comparison, value, case_exact } => {
            let Some(there) = there.as_str() else { return false };
            let there = if *case_exact { there.into() } else { fold(there) };
            match comparison {
                Comparison::Contains => there.contains(value.as_str()),
                Comparison::StartsWith => there.starts_with(value.as_str()),
                Comparison::EndsWith => there.ends_with(value.as_str()),
                _ => holds(*comparison, there.as_ref().cmp(value.as_str())),
            }
        }
        Test::Number { comparison, value } => {
            let size = |number: &Number| number.as_f64().unwrap();
            let there = there.as_number().map(size);
            there.is_some_and(|there| holds(*comparison, there.total_cmp(&size(value))))
        }
        Test::Instant { comparison, value } => {
            let there = there.as_str().and_then(|text| text.parse().ok());
            there.is_some_and(|there: jiff::Timestamp| holds(*comparison, there.cmp(value)))
        }
    }
}

fn holds(comparison: Comparison, order: std::cmp::Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        _ => false,
    }
}

#[test]
fn the_schema_of_the_laws_has_values_of_every_type() {
    let schema = schema();
    for wanted in [
        AttributeType::String,
        AttributeType::Boolean,
        AttributeType::Decimal,
        AttributeType::Integer,
        AttributeType::DateTime,
        AttributeType::Reference,
        AttributeType::Complex,
        AttributeType::Binary,
    ] {
        let has = |attributes: &[scim::schema::Attribute]| {
            attributes.iter().any(|attribute| {
                attribute.attribute_type == wanted
                    || attribute.sub_attributes.iter().any(|part| part.attribute_type == wanted)
            })
        };
        assert!(has(&schema.core.attributes), "{wanted:?}");
    }
}
