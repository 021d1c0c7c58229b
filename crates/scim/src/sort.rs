//! Sorting: which resource comes first (RFC 7644 §3.4.2.3).
//!
//! Values compare by the type of their attribute, texts without case unless it is case
//! exact. Of several values the primary one counts, else the first. Resources without a
//! value come last in ascending order and first in descending order.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Number, Value};

use crate::filter::order;
use crate::fold::fold;
use crate::message::ScimError;
use crate::path::Path;
use crate::resource::{Resource, boolean, elements, look_up, value_of};
use crate::schema::{Attribute, AttributeType, ResourceSchema, Returned};

/// By which value, and which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// The attribute or sub-attribute.
    pub path: Path,
    /// Whether the greatest value comes first.
    pub descending: bool,
}

/// Which of two resources comes first. To sort many, [`Sort::key`] reads each value once.
#[must_use]
pub fn compare(a: &Resource, b: &Resource, sort: &Sort, schema: &ResourceSchema) -> Ordering {
    sort.compare_keys(sort.key(a, schema).as_ref(), sort.key(b, schema).as_ref())
}

/// The value that a resource is sorted by, made comparable.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    /// `false` comes before `true`.
    Boolean(bool),
    /// By size.
    Number(Number),
    /// By the point in time, whatever the offset.
    Instant(Timestamp),
    /// By code points; already folded if case does not matter.
    Text(String),
}

impl Sort {
    /// Reads `sortBy`.
    ///
    /// # Errors
    /// `invalidPath` for what is no path, names no attribute, an attribute that is never
    /// returned, or a whole complex value without a `value`.
    pub fn parse(
        sort_by: &str,
        descending: bool,
        schema: &ResourceSchema,
    ) -> Result<Self, ScimError> {
        let path =
            Path::parse(sort_by).map_err(|error| ScimError::invalid_path(error.to_string()))?;
        let refuse = |why: &str| {
            Err(ScimError::invalid_path(format!("the attribute \"{path}\" cannot sort: {why}")))
        };
        let Some(definition) = schema.attribute(&path) else {
            return refuse("no schema defines it, see /Schemas for those that exist");
        };
        let whole = schema.resolve(&path).and_then(|target| target.attribute);
        if whole.into_iter().chain([definition]).any(|it| it.returned == Returned::Never) {
            return refuse("it is never shown");
        }
        if path.filter.is_some() {
            return refuse("leave out the brackets");
        }
        if definition.attribute_type == AttributeType::Complex
            && definition.sub_attribute("value").is_none()
        {
            return refuse("name one of its sub-attributes");
        }
        Ok(Self { path, descending })
    }

    /// The value that `resource` is sorted by; `None` if it has none.
    #[must_use]
    pub fn key(&self, resource: &Resource, schema: &ResourceSchema) -> Option<Key> {
        let (definition, value) = look_up(resource, &self.path, schema);
        let chosen = chosen(elements(value?))?;
        let Some(parts) = chosen.as_object() else {
            return if self.path.sub_attribute.is_none() { key(chosen, definition) } else { None };
        };
        let part = self.path.sub_attribute.as_deref().unwrap_or("value");
        let definition = definition.and_then(|definition| definition.sub_attribute(part));
        key(elements(value_of(parts, part)?).first()?, definition)
    }

    /// Which of two resources with these keys comes first.
    #[must_use]
    pub fn compare_keys(&self, a: Option<&Key>, b: Option<&Key>) -> Ordering {
        let ascending = match (a, b) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => a.cmp(b),
        };
        if self.descending { ascending.reverse() } else { ascending }
    }
}

impl Key {
    /// Values of different kinds, as an attribute without a schema may have them, keep apart.
    fn rank(&self) -> u8 {
        match self {
            Self::Boolean(_) => 0,
            Self::Number(_) => 1,
            Self::Instant(_) => 2,
            Self::Text(_) => 3,
        }
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => order(a, b),
            (Self::Instant(a), Self::Instant(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// The primary element, else the first.
fn chosen(elements: &[Value]) -> Option<&Value> {
    let is_primary = |element: &&Value| {
        let primary = element.as_object().and_then(|parts| value_of(parts, "primary"));
        primary.and_then(boolean) == Some(true)
    };
    elements.iter().find(is_primary).or_else(|| elements.first())
}

fn key(value: &Value, definition: Option<&Attribute>) -> Option<Key> {
    let attribute_type = definition.map(|definition| definition.attribute_type);
    match value {
        Value::Bool(boolean) => Some(Key::Boolean(*boolean)),
        Value::Number(number) => Some(Key::Number(number.clone())),
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => {
            if attribute_type == Some(AttributeType::DateTime)
                && let Some(instant) = crate::instant::read(text)
            {
                return Some(Key::Instant(instant));
            }
            let case_exact = definition.is_some_and(|definition| definition.case_exact);
            Some(Key::Text(if case_exact { text.clone() } else { fold(text).into_owned() }))
        }
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::standard;
    use serde_json::json;

    /// Sorts users and shows their ids.
    #[track_caller]
    fn check(sort_by: &str, users: Value, ascending: &str, descending: &str) {
        let schema = standard::users();
        let users: Vec<Resource> = serde_json::from_value(users).unwrap();
        for (expected, is_descending) in [(ascending, false), (descending, true)] {
            let sort = Sort::parse(sort_by, is_descending, &schema).unwrap();
            let mut sorted = users.clone();
            sorted.sort_by(|a, b| compare(a, b, &sort, &schema));
            let ids: String = sorted.iter().filter_map(|user| user["id"].as_str()).collect();
            assert_eq!(ids, expected, "descending: {is_descending}");
        }
    }

    #[track_caller]
    fn check_error(sort_by: &str) -> String {
        Sort::parse(sort_by, false, &standard::users()).unwrap_err().to_string()
    }

    #[test]
    fn texts_sort_by_the_case_rule_of_their_attribute() {
        check(
            "userName",
            json!([{"id": "1", "userName": "b"}, {"id": "2", "userName": "A"}, {"id": "3", "userName": "C"}]),
            "213",
            "312",
        );
        check(
            "externalId",
            json!([{"id": "1", "externalId": "b"}, {"id": "2", "externalId": "C"}, {"id": "3", "externalId": "a"}]),
            "231",
            "132",
        );
    }

    #[test]
    fn without_a_value_a_resource_is_last_ascending_and_first_descending() {
        check(
            "title",
            json!([{"id": "1"}, {"id": "2", "title": "x"}, {"id": "3", "title": ""}, {"id": "4", "title": null}]),
            "2134",
            "1342",
        );
    }

    #[test]
    fn of_several_values_the_primary_counts_else_the_first() {
        let users = json!([
            {"id": "1", "emails": [{"value": "a"}, {"value": "z", "primary": true}]},
            {"id": "2", "emails": [{"value": "m"}, {"value": "b"}]},
            {"id": "3", "emails": []},
        ]);
        check("emails", users.clone(), "213", "312");
        check("emails.value", users, "213", "312");
    }

    #[test]
    fn times_booleans_and_parts_sort_by_their_type() {
        check(
            "meta.created",
            json!([{"id": "1", "meta": {"created": "2024-01-01T10:00:00+02:00"}}, {"id": "2", "meta": {"created": "2024-01-01T09:00:00Z"}}]),
            "12",
            "21",
        );
        check(
            "active",
            json!([{"id": "1", "active": true}, {"id": "2", "active": false}]),
            "21",
            "12",
        );
        check(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
            json!([{"id": "1", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "9"}}}, {"id": "2", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "10"}}}]),
            "21",
            "12",
        );
    }

    #[test]
    fn what_cannot_sort_is_refused() {
        insta::assert_snapshot!(check_error("colour"), @r#"the attribute "colour" cannot sort: no schema defines it, see /Schemas for those that exist (400 invalidPath)"#);
        insta::assert_snapshot!(check_error("password"), @r#"the attribute "password" cannot sort: it is never shown (400 invalidPath)"#);
        insta::assert_snapshot!(check_error("name"), @r#"the attribute "name" cannot sort: name one of its sub-attributes (400 invalidPath)"#);
    }
}
