//! What a person or a feed says about attributes, in the form in which they are kept.

use std::collections::BTreeMap;

use graph::export::unless_empty;
use graph::names::{self, Holds};
use serde_json::{Map, Value};
use store::directory as statements;
use store::directory::ObjectRow;

use crate::error::DirectoryError;
use crate::find::{like_literal, nearest};
use crate::{Directory, Object};

/// New values by source name; none clears.
pub(crate) type Values = BTreeMap<String, Option<Value>>;

/// Gives a value the type that its attribute holds, under the attribute's source name.
pub(crate) fn typed(
    name: &str,
    value: Option<Value>,
) -> Result<(String, Option<Value>), DirectoryError> {
    let known = names::known(name);
    let source = known.map_or(name, |known| known.source);
    if names::COMPUTED.iter().any(|computed| computed.eq_ignore_ascii_case(source)) {
        return Err(DirectoryError::Computed { name: name.to_owned() });
    }
    if names::RELATIONS.iter().any(|relation| relation.eq_ignore_ascii_case(source)) {
        return Err(DirectoryError::Relation { name: name.to_owned() });
    }
    let Some(value) = value.and_then(unless_empty) else { return Ok((source.to_owned(), None)) };
    let value = match known.map(|known| known.holds) {
        None => Ok(value),
        Some(holds) => held(holds, value),
    };
    let wrong = |(expected, found): (&'static str, Value)| DirectoryError::WrongValue {
        name: source.to_owned(),
        expected,
        found: found.to_string(),
    };
    Ok((source.to_owned(), Some(value.map_err(wrong)?)))
}

/// The value as the attribute holds it, or what is expected instead.
fn held(holds: Holds, value: Value) -> Result<Value, (&'static str, Value)> {
    match (holds, value) {
        (Holds::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("true") => {
            Ok(Value::Bool(true))
        }
        (Holds::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("false") => {
            Ok(Value::Bool(false))
        }
        (Holds::Boolean, truth @ Value::Bool(_)) => Ok(truth),
        (Holds::Boolean, other) => Err(("true or false", other)),
        (Holds::Text, text @ Value::String(_)) => Ok(text),
        (Holds::Text, Value::Number(number)) => Ok(Value::String(number.to_string())),
        (Holds::Text, other) => Err(("one text", other)),
        (Holds::Texts, Value::String(text)) => Ok(Value::Array(vec![Value::String(text)])),
        (Holds::Texts, Value::Array(values)) if values.iter().all(Value::is_string) => {
            Ok(Value::Array(values))
        }
        (Holds::Texts, other) => Err(("a list of texts", other)),
    }
}

/// Applies new values, and keeps those attributes in step that say the same thing twice.
pub(crate) fn apply(attributes: &mut Map<String, Value>, values: &Values) {
    let mut values = values.clone();
    sign_in_name(&mut values);
    phones(attributes, &mut values);
    for (name, value) in values {
        match value {
            Some(value) => attributes.insert(name, value),
            None => attributes.shift_remove(&name),
        };
    }
}

/// A guest is seen under the address that it stands for; what was given is kept beside it.
fn sign_in_name(values: &mut Values) {
    let Some(given) = values.get(names::USER_PRINCIPAL_NAME).cloned() else { return };
    if values.contains_key(names::ORIGINAL_USER_PRINCIPAL_NAME) {
        return;
    }
    let seen = given
        .as_ref()
        .and_then(Value::as_str)
        .map(|given| names::user_principal_name(given).into());
    values.insert(names::USER_PRINCIPAL_NAME.to_owned(), seen);
    values.insert(names::ORIGINAL_USER_PRINCIPAL_NAME.to_owned(), given);
}

/// The first business phone is also an attribute of its own. Clearing it clears them all, since the
/// next one would take its place.
fn phones(attributes: &Map<String, Value>, values: &mut Values) {
    if let Some(all) = values.get(names::BUSINESS_PHONES) {
        let first = all.as_ref().and_then(|all| all.get(0)).cloned();
        values.insert(names::TELEPHONE_NUMBER.to_owned(), first);
    } else if let Some(first) = values.get(names::TELEPHONE_NUMBER).cloned() {
        let all = first.map(|first| {
            let mut all = attributes
                .get(names::BUSINESS_PHONES)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            all.splice(..all.len().min(1), [first]);
            Value::Array(all)
        });
        values.insert(names::BUSINESS_PHONES.to_owned(), all);
    }
}

impl Directory {
    /// The name under which an attribute is kept, if it is known or some object has it.
    pub(crate) async fn existing_attribute(&self, name: &str) -> Result<String, DirectoryError> {
        if names::known(name).is_some() || name.starts_with(names::DIRECTORY_EXTENSION) {
            return Ok(name.to_owned());
        }
        let pattern = format!("%\"{}\":%", like_literal(name));
        let rows =
            self.one(statements::object_with_attribute(&self.organisation, &pattern)).await?;
        if let Some(row) = rows.first() {
            let object = Object::from_row(ObjectRow::read(row)?)?;
            if object.attributes.contains_key(name) {
                return Ok(name.to_owned());
            }
        }
        let near = nearest(name, names::NAMES.iter().map(|known| known.source.to_owned()));
        Err(DirectoryError::UnknownAttribute { name: name.to_owned(), near })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(name: &str, value: Value, source: &str, expected: &Value) {
        let (name, value) = typed(name, Some(value)).unwrap();
        assert_eq!((name.as_str(), &value.unwrap_or_default()), (source, expected));
    }

    #[test]
    fn a_value_gets_the_type_of_its_attribute() {
        check("accountEnabled", json!("False"), "accountEnabled", &json!(false));
        check("mobilePhone", json!("1"), "mobile", &json!("1"));
        check("employeeId", json!(7), "employeeId", &json!("7"));
        check("proxyAddresses", json!("a"), "proxyAddresses", &json!(["a"]));
        check("extension_a_level", json!(7), "extension_a_level", &json!(7));
        check("city", json!(""), "city", &json!(null));
    }

    #[track_caller]
    fn refused(name: &str, value: Value) -> String {
        typed(name, Some(value)).unwrap_err().to_string()
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        insta::assert_snapshot!(refused("accountEnabled", json!("maybe")),
            @r#"attribute "accountEnabled" holds true or false, not "maybe""#);
        insta::assert_snapshot!(refused("city", json!(["a"])), @r#"attribute "city" holds one text, not ["a"]"#);
    }

    #[test]
    fn computed_attributes_and_relations_are_refused() {
        insta::assert_snapshot!(refused("objectId", json!("x")),
            @r#""objectId" is computed by the service and cannot be set; an object keeps its id for life"#);
        insta::assert_snapshot!(refused("IsSoftDeleted", json!("x")),
            @r#""IsSoftDeleted" is computed by the service and cannot be set; delete or disable the user instead"#);
        insta::assert_snapshot!(refused("appRoleAssignments", json!("x")),
            @r#""appRoleAssignments" is computed by the service and cannot be set; assign the application instead"#);
        insta::assert_snapshot!(refused("manager", json!("x")),
            @r#""manager" refers to other objects and is changed by a command of its own, not set as a value"#);
    }

    #[track_caller]
    fn check_applied(before: Value, values: &Value, after: &Value) {
        let Value::Object(mut attributes) = before else { panic!("no object") };
        let values = values
            .as_object()
            .unwrap()
            .clone()
            .into_iter()
            .map(|(name, value)| (name, unless_empty(value)));
        apply(&mut attributes, &values.collect());
        assert_eq!(Value::Object(attributes), *after);
    }

    #[test]
    fn the_first_business_phone_and_the_telephone_number_stay_in_step() {
        let before = json!({"telephoneNumber": "1", "businessPhones": ["1", "2"]});
        let phones =
            |first: &str| json!({"telephoneNumber": first, "businessPhones": [first, "2"]});
        check_applied(before.clone(), &json!({"telephoneNumber": "3"}), &phones("3"));
        check_applied(before.clone(), &json!({"businessPhones": ["4", "2"]}), &phones("4"));
        check_applied(before.clone(), &json!({"telephoneNumber": null}), &json!({}));
        check_applied(before, &json!({"businessPhones": []}), &json!({}));
        let one = json!({"telephoneNumber": "1", "businessPhones": ["1"]});
        check_applied(json!({}), &json!({"telephoneNumber": "1"}), &one);
    }

    #[test]
    fn a_guest_is_seen_under_the_address_it_stands_for() {
        check_applied(
            json!({}),
            &json!({"userPrincipalName": "a_b.example#EXT#@t.example"}),
            &json!({"userPrincipalName": "a@b.example", "originalUserPrincipalName": "a_b.example#EXT#@t.example"}),
        );
    }
}
