//! What a write leaves out or empties, and what becomes of that.
//!
//! The vendor does not say what PUT does to attributes that are absent. Here they are
//! cleared, except those whose loss would lock a user out: `active`, `roles` and the division.
//! Settings choose otherwise.
//! Pure: no clock, no database, no network.

use scim::{
    Resource,
    patch::{Op, PatchRequest},
    resource::value_of,
    schema::urn,
};
use serde_json::Value;

use crate::{schema::GENESYS_USER, settings::Absent};

/// What makes two elements of a list the same place: a phone's type, an identifier's authority.
const PLACES: [&str; 2] = ["type", "authority"];

/// What a PUT sends, with what it may leave out.
pub(crate) fn with_kept(given: &Resource, current: &Resource, absent: Absent) -> Resource {
    let mut kept = given.clone();
    let is_kept = |name: &str| absent == Absent::Kept || ["active", "roles"].contains(&name);
    for (name, value) in current {
        let is_extension = [urn::ENTERPRISE_USER, GENESYS_USER].contains(&name.as_str());
        if is_extension {
            let is_kept = |name: &str| absent == Absent::Kept || name == "division";
            keep_in_extension(&mut kept, name, value, is_kept);
        } else if is_kept(name) && value_of(&kept, name).is_none() {
            kept.insert(name.clone(), value.clone());
        }
    }
    kept
}

/// The operations of a PATCH without those that write an empty text.
pub(crate) fn without_empty(request: &PatchRequest) -> PatchRequest {
    let mut request = request.clone();
    request.operations.retain_mut(|operation| match (&operation.path, &mut operation.value) {
        _ if operation.op == Op::Remove => true,
        (Some(_), Some(value)) => !is_empty(value),
        (None, Some(Value::Object(values))) => {
            values.retain(|_, value| !is_empty(value));
            !values.is_empty()
        }
        _ => true,
    });
    request
}

/// Whether it is a text without a letter.
pub(crate) fn is_empty(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Gives attributes that a write emptied their values back.
pub(crate) fn refill(after: &mut Resource, before: &Resource) {
    for (name, value) in after {
        if let Some(before) = value_of(before, name) {
            refill_value(value, before);
        }
    }
}

fn keep_in_extension(
    kept: &mut Resource,
    urn: &str,
    current: &Value,
    is_kept: impl Fn(&str) -> bool,
) {
    let Some(current) = current.as_object() else { return };
    let missing: Vec<_> = current.iter().filter(|(name, _)| is_kept(name)).collect();
    if missing.is_empty() {
        return;
    }
    let key = kept.keys().find(|key| key.eq_ignore_ascii_case(urn)).cloned();
    let key = key.unwrap_or_else(|| urn.to_owned());
    let extension = kept.entry(key).or_insert_with(|| Value::Object(Resource::new()));
    let Value::Object(extension) = extension else { return };
    for (name, value) in missing {
        if value_of(extension, name).is_none() {
            extension.insert(name.clone(), value.clone());
        }
    }
}

/// Depth is that of the schema: an extension, an element, a sub-attribute.
fn refill_value(after: &mut Value, before: &Value) {
    match (after, before) {
        (after, before) if is_empty(after) => after.clone_from(before),
        (Value::Object(after), Value::Object(before)) => refill(after, before),
        (Value::Array(after), Value::Array(before)) => {
            for element in after.iter_mut().filter_map(Value::as_object_mut) {
                let known = before.iter().filter_map(Value::as_object);
                if let Some(before) = known.into_iter().find(|before| is_same(element, before)) {
                    refill(element, before);
                }
            }
        }
        _ => {}
    }
}

fn is_same(one: &Resource, other: &Resource) -> bool {
    PLACES.iter().any(|place| {
        value_of(one, place).is_some_and(|value| Some(value) == value_of(other, place))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource(value: Value) -> Resource {
        value.as_object().unwrap().clone()
    }

    fn current() -> Resource {
        resource(
            json!({"userName": "a", "title": "Agent", "active": false, "roles": [{"value": "r"}],
            "phoneNumbers": [{"type": "work", "value": "+1"}],
            urn::ENTERPRISE_USER: {"division": "EMEA", "department": "Sales"}}),
        )
    }

    #[track_caller]
    fn check(given: Value, absent: Absent, expected: Value) {
        assert_eq!(Value::from(with_kept(&resource(given), &current(), absent)), expected);
    }

    #[test]
    fn what_would_lock_a_user_out_is_kept() {
        check(
            json!({"userName": "b"}),
            Absent::Cleared,
            json!({"userName": "b", "active": false, "roles": [{"value": "r"}],
                urn::ENTERPRISE_USER: {"division": "EMEA"}}),
        );
        check(
            json!({"active": true, urn::ENTERPRISE_USER: {"division": "Home"}, "roles": []}),
            Absent::Cleared,
            json!({"active": true, urn::ENTERPRISE_USER: {"division": "Home"}, "roles": []}),
        );
    }

    #[test]
    fn all_is_kept_if_a_setting_says_so() {
        let mut expected = Value::from(current());
        expected["userName"] = json!("b");
        check(json!({"userName": "b"}), Absent::Kept, expected);
    }

    #[test]
    fn an_emptied_text_gets_its_value_back() {
        let mut after = resource(json!({"userName": "b", "title": " ",
            "phoneNumbers": [{"type": "work", "value": ""}, {"type": "home", "value": ""}],
            urn::ENTERPRISE_USER: {"department": ""}}));
        refill(&mut after, &current());
        assert_eq!(
            Value::from(after),
            json!({"userName": "b", "title": "Agent",
                "phoneNumbers": [{"type": "work", "value": "+1"}, {"type": "home", "value": ""}],
                urn::ENTERPRISE_USER: {"department": "Sales"}})
        );
    }
}
