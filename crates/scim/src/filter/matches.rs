//! Evaluating filters by the rules of a schema.
//!
//! Null, an empty text and an empty list count as no value (RFC 7643 §2.5). A literal
//! of another type than the attribute is read as that type where it can be: `"True"`
//! for a boolean, `987` for a text. An element that does not say whether it is primary
//! compares as one that is not (§2.4). Nothing here can fail: what cannot be compared
//! does not match.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::{Comparison, Filter};
use crate::path::Path;
use crate::resource::{self, boolean, elements, value_of};
use crate::schema::{Attribute, AttributeType, ResourceSchema};
use crate::{fold, instant};

/// What is known about the values that a filter looks at.
#[derive(Clone, Copy)]
pub(crate) enum Definitions<'s> {
    /// They are attributes of a resource.
    Resource(&'s ResourceSchema),
    /// They are sub-attributes of an attribute.
    Attribute(&'s Attribute),
    /// The one value of an attribute that has no parts, named `value`.
    Value(&'s Attribute),
    /// Nothing.
    None,
}

/// Whether `filter` holds for a resource or an element with these `values`.
pub(crate) fn holds(
    filter: &Filter,
    values: &Map<String, Value>,
    definitions: Definitions<'_>,
) -> bool {
    match filter {
        Filter::And(filters) => filters.iter().all(|filter| holds(filter, values, definitions)),
        Filter::Or(filters) => filters.iter().any(|filter| holds(filter, values, definitions)),
        Filter::Not(filter) => !holds(filter, values, definitions),
        Filter::Present(path) => has_value(path, values, definitions),
        Filter::Compare { path, comparison: Comparison::NotEqual, value } => {
            let mut differs = |there: &Value, definition: Option<&Attribute>| {
                !compares(there, Comparison::Equal, value, definition)
            };
            match value {
                Value::Null => has_value(path, values, definitions),
                _ => {
                    any(path, values, definitions, Assumed::Counts, &mut differs)
                        || !any(path, values, definitions, Assumed::Counts, &mut |value, _| {
                            is_present(value)
                        })
                }
            }
        }
        Filter::Compare { path, comparison, value } => {
            if value.is_null() {
                let present = has_value(path, values, definitions);
                return *comparison == Comparison::Equal && !present;
            }
            any(path, values, definitions, Assumed::Counts, &mut |there, definition| {
                compares(there, *comparison, value, definition)
            })
        }
        Filter::ValuePath { path, filter } => {
            let (definition, value) = look_up(path, values, definitions);
            let inner = definition.map_or(Definitions::None, Definitions::Attribute);
            value.is_some_and(|value| {
                elements(value).iter().any(|element| element_holds(filter, element, inner))
            })
        }
    }
}

fn has_value(path: &Path, values: &Map<String, Value>, definitions: Definitions<'_>) -> bool {
    any(path, values, definitions, Assumed::IsNone, &mut |value, _| is_present(value))
}

/// What a value is that nobody gave, and that the RFC says what to assume of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Assumed {
    /// A value like others.
    Counts,
    /// None.
    IsNone,
}

/// "If not specified, the value of "primary" SHALL be assumed to be "false"" (RFC 7643 §2.4).
fn assumed(attribute: Option<&Attribute>, part: &str) -> Option<&'static Value> {
    const FALSE: &Value = &Value::Bool(false);
    let attribute = attribute.filter(|it| it.multi_valued && part.eq_ignore_ascii_case("primary"));
    let is_boolean = |part: &Attribute| part.attribute_type == AttributeType::Boolean;
    attribute?.sub_attribute(part).filter(|part| is_boolean(part)).map(|_| FALSE)
}

/// Calls `test` for each value that `path` leads to, until it says yes.
fn any(
    path: &Path,
    values: &Map<String, Value>,
    definitions: Definitions<'_>,
    assume: Assumed,
    test: &mut dyn FnMut(&Value, Option<&Attribute>) -> bool,
) -> bool {
    let (definition, value) = look_up(path, values, definitions);
    let missing = |attribute: Option<&Attribute>, part: &str| {
        assumed(attribute, part).filter(|_| assume == Assumed::Counts)
    };
    let around = match definitions {
        Definitions::Attribute(attribute) => Some(attribute),
        _ => None,
    };
    let Some(value) = value.or_else(|| missing(around, &path.attribute)) else { return false };
    let inner = definition.map_or(Definitions::None, Definitions::Attribute);
    elements(value).iter().any(|element| {
        if path.filter.as_ref().is_some_and(|filter| !element_holds(filter, element, inner)) {
            return false;
        }
        let Some(parts) = element.as_object() else {
            return path.sub_attribute.is_none() && test(element, definition);
        };
        // A complex value without a named part is compared by its "value".
        let part = path.sub_attribute.as_deref().unwrap_or("value");
        let part_definition = definition.and_then(|definition| definition.sub_attribute(part));
        match value_of(parts, part).or_else(|| missing(definition, part)) {
            Some(value) => elements(value).iter().any(|value| test(value, part_definition)),
            None => path.sub_attribute.is_none() && test(element, definition),
        }
    })
}

fn look_up<'v, 's>(
    path: &Path,
    values: &'v Map<String, Value>,
    definitions: Definitions<'s>,
) -> (Option<&'s Attribute>, Option<&'v Value>) {
    match definitions {
        Definitions::Attribute(attribute) => {
            (attribute.sub_attribute(&path.attribute), value_of(values, &path.attribute))
        }
        Definitions::Value(attribute) => (Some(attribute), value_of(values, &path.attribute)),
        Definitions::Resource(schema) => resource::look_up(values, path, schema),
        Definitions::None => (None, resource::below(values, path.extension_urn(), path)),
    }
}

/// Whether `filter` holds for an element. One that is no object is its own `value`.
pub(crate) fn element_holds(
    filter: &Filter,
    element: &Value,
    definitions: Definitions<'_>,
) -> bool {
    match element {
        Value::Object(values) => holds(filter, values, definitions),
        simple => {
            let values = Map::from_iter([("value".to_owned(), simple.clone())]);
            let definitions = match definitions {
                Definitions::Attribute(attribute) if attribute.sub_attributes.is_empty() => {
                    Definitions::Value(attribute)
                }
                other => other,
            };
            holds(filter, &values, definitions)
        }
    }
}

fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => elements.iter().any(is_present),
        Value::Object(parts) => parts.values().any(|part| match part {
            // Attributes nest once, so their parts are no objects in any valid resource.
            Value::Array(elements) => !elements.is_empty(),
            Value::String(text) => !text.is_empty(),
            other => !other.is_null(),
        }),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn compares(
    there: &Value,
    comparison: Comparison,
    literal: &Value,
    definition: Option<&Attribute>,
) -> bool {
    let attribute_type = definition.map(|definition| definition.attribute_type);
    let case_exact = definition.is_some_and(|definition| definition.case_exact);
    match there {
        Value::Bool(there) => match boolean(literal) {
            Some(literal) => comparison.admits_equality() && *there == literal,
            None => false,
        },
        Value::Number(there) => {
            number(literal).is_some_and(|literal| comparison.admits(order(there, &literal)))
        }
        Value::String(there) => {
            if let (true, Some(literal)) =
                (attribute_type == Some(AttributeType::Boolean), boolean(literal))
            {
                return comparison.admits_equality()
                    && boolean(&Value::from(there.as_str())) == Some(literal);
            }
            let literal = match literal {
                Value::String(text) => Cow::from(text),
                other => Cow::from(other.to_string()),
            };
            if attribute_type == Some(AttributeType::DateTime)
                && !comparison.is_of_texts()
                && let (Some(there), Some(literal)) =
                    (instant::read(there), instant::read(&literal))
            {
                return comparison.admits(there.cmp(&literal));
            }
            compares_text(there, comparison, &literal, case_exact)
        }
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

fn compares_text(there: &str, comparison: Comparison, literal: &str, case_exact: bool) -> bool {
    if comparison == Comparison::Equal {
        return fold::equal(there, literal, case_exact);
    }
    if !case_exact {
        return compares_text(&fold::fold(there), comparison, &fold::fold(literal), true);
    }
    match comparison {
        Comparison::Contains => there.contains(literal),
        Comparison::StartsWith => there.starts_with(literal),
        Comparison::EndsWith => there.ends_with(literal),
        other => other.admits(there.cmp(literal)),
    }
}

/// The number that a literal means.
pub(crate) fn number(literal: &Value) -> Option<Number> {
    match literal {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => serde_json::from_str(text.trim()).ok(),
        _ => None,
    }
}

/// The order of two numbers by their exact size.
pub(crate) fn order(a: &Number, b: &Number) -> Ordering {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(a), None) => order_mixed(a, decimal(b)),
        (None, Some(b)) => order_mixed(b, decimal(a)).reverse(),
        (None, None) => decimal(a).total_cmp(&decimal(b)),
    }
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or(number.as_u64().map(i128::from))
}

fn decimal(number: &Number) -> f64 {
    // Without a negative zero, the total order of floats is the order of their sizes.
    number.as_f64().unwrap_or_default() + 0.0
}

fn order_mixed(whole: i128, decimal: f64) -> Ordering {
    #[expect(clippy::cast_possible_truncation, reason = "what exceeds i128 is cut to its ends")]
    let floor = decimal.floor() as i128;
    let has_fraction = decimal.fract() != 0.0;
    whole.cmp(&floor).then(if has_fraction { Ordering::Less } else { Ordering::Equal })
}

impl Comparison {
    fn admits(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Contains | Self::StartsWith | Self::EndsWith => false,
        }
    }

    /// Whether equal booleans satisfy it; they have no order (RFC 7644 §3.4.2.2).
    fn admits_equality(self) -> bool {
        self == Self::Equal
    }

    /// Whether it asks which of two values comes first.
    pub(crate) fn is_of_order(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual | Self::Less | Self::LessOrEqual)
    }

    /// Whether it compares parts of texts.
    pub(crate) fn is_of_texts(self) -> bool {
        matches!(self, Self::Contains | Self::StartsWith | Self::EndsWith)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::standard;
    use serde_json::json;

    #[track_caller]
    fn check(filter: &str, expected: bool) {
        let ada = json!({
            "id": "A1", "userName": "Ada@Example.com", "title": "", "active": true,
            "name": {"familyName": "Şahin"}, "externalId": "007",
            "emails": [{"type": "work", "value": "ada@work.example"}, {"type": "home", "value": "ada@home.example", "primary": true}],
            "roles": [], "x": 5, "simple": ["a", "b"],
            "meta": {"created": "2024-03-01T10:00:00+01:00", "lastModified": "2024-03-01T10:00:00Z"},
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D", "manager": {"value": "B2"}},
        });
        let filter = Filter::parse(filter).unwrap();
        let actual = filter.matches(ada.as_object().unwrap(), &standard::users());
        assert_eq!(actual, expected, "{filter}");
    }

    #[test]
    fn the_schema_says_whether_case_matters() {
        check("USERNAME eq \"ada@example.COM\"", true);
        check("id eq \"a1\"", false);
        check("id eq \"A1\"", true);
        check("name.familyName eq \"şahin\"", true);
        check("userName co \"EXAMPLE\" and userName sw \"ADA\" and userName ew \".COM\"", true);
        check("userName gt \"abc\" and userName le \"ada@example.com\"", true);
    }

    #[test]
    fn of_several_values_any_counts_and_brackets_keep_one_element_together() {
        check("emails.type eq \"home\" and emails.value eq \"ada@work.example\"", true);
        check("emails[type eq \"home\" and value eq \"ada@work.example\"]", false);
        check("emails[type eq \"work\"].value eq \"ada@work.example\"", true);
        check("emails co \"home.example\"", true);
        check("emails[primary eq \"True\"]", true);
        check("simple eq \"b\" and simple[value eq \"a\"]", true);
    }

    #[test]
    fn who_does_not_say_to_be_primary_is_not() {
        check("emails[primary eq false].value eq \"ada@work.example\"", true);
        check("emails[primary eq \"False\" and value eq \"ada@work.example\"]", true);
        check("emails[primary ne false and value eq \"ada@work.example\"]", false);
        check("emails[primary ne true and value eq \"ada@work.example\"]", true);
        check("emails[not (primary eq true)].type eq \"work\"", true);
        check("emails.primary eq false and emails.primary ne false", true);
        check("emails[primary pr and type eq \"work\"]", false);
        check("emails[primary eq null].type eq \"work\"", true);
        check("roles.primary eq false or phoneNumbers.primary eq false", false);
        check("roles.primary ne false", true);
    }

    #[test]
    fn not_equal_holds_where_any_value_differs_or_none_is() {
        check("emails.type ne \"work\"", true);
        check("userName ne \"ada@example.com\"", false);
        check("nickName ne \"x\"", true);
        check("not (userName eq \"ada@example.com\")", false);
    }

    #[test]
    fn present_means_not_empty() {
        check("userName pr", true);
        check("title pr or roles pr or nickName pr", false);
        check("name pr and emails pr and emails[type pr]", true);
        check("name.givenName pr", false);
        check("title eq null and userName ne null", true);
    }

    #[test]
    fn literals_are_read_as_the_type_of_the_attribute() {
        check("active eq \"True\" and active eq true", true);
        check("active ne false and active gt false", false);
        check("x eq \"5\" and x gt 4.5 and x lt 18446744073709551615", true);
        check("externalId eq 7", false);
        check("externalId eq \"007\"", true);
    }

    #[test]
    fn times_compare_as_times() {
        check("meta.created lt \"2024-03-01T09:30:00Z\"", true);
        check("meta.created eq \"2024-03-01T09:00:00.000Z\"", true);
        check("meta.created sw \"2024-03\"", true);
        check("meta.created lt \"9999-12-31T23:59:59Z\"", true);
    }

    #[test]
    fn extensions_are_reached_by_urn_and_by_bare_name() {
        check(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"r&d\"",
            true,
        );
        check("manager eq \"B2\"", true);
        check("urn:ietf:params:scim:schemas:core:2.0:User:userName pr", true);
        check("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr", true);
        check("urn:example:unknown:thing pr", false);
    }
}
