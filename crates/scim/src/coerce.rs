//! Fitting values to their attribute: what a client means by `"False"` or by a bare id.
//!
//! Deployed clients send booleans as texts, complex values as a bare text, single
//! values as lists. They are taken where the meaning is plain, and reported.

use serde_json::{Map, Number, Value};

use crate::instant;
use crate::message::ScimError;
use crate::patch::Tolerance;
use crate::path::excerpt;
use crate::resource::{boolean, entry, value_of};
use crate::schema::{Attribute, AttributeType, Mutability};

/// Fits a whole value to its attribute: a list if it is multi-valued. `None` if the
/// value clears the attribute (null, an empty list: RFC 7643 §2.5). Names of
/// sub-attributes are written as the schema does; those that are unknown or read-only
/// are left out.
pub(crate) fn fit(
    value: Value,
    definition: &Attribute,
    used: &mut Vec<Tolerance>,
) -> Result<Option<Value>, ScimError> {
    if definition.multi_valued {
        let elements = fit_elements(value, definition, used)?;
        return Ok(Some(Value::Array(elements)).filter(|list| list != &Value::Array(Vec::new())));
    }
    match value {
        Value::Array(list) => {
            used.push(Tolerance::ListForSingle);
            list.into_iter().next().map_or(Ok(None), |first| fit_element(first, definition, used))
        }
        single => fit_element(single, definition, used),
    }
}

/// Fits the elements of a multi-valued attribute; those that are empty are left out.
pub(crate) fn fit_elements(
    value: Value,
    definition: &Attribute,
    used: &mut Vec<Tolerance>,
) -> Result<Vec<Value>, ScimError> {
    let list = match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list,
        single => {
            used.push(Tolerance::SingleForList);
            vec![single]
        }
    };
    list.into_iter()
        .filter_map(|element| fit_element(element, definition, used).transpose())
        .collect()
}

/// Fits one value, whether or not its attribute may have several.
pub(crate) fn fit_element(
    value: Value,
    definition: &Attribute,
    used: &mut Vec<Tolerance>,
) -> Result<Option<Value>, ScimError> {
    if value.is_null() {
        return Ok(None);
    }
    let fitted = match definition.attribute_type {
        AttributeType::Complex => return fit_complex(value, definition, used),
        AttributeType::Boolean => fit_boolean(&value, used),
        AttributeType::Integer => {
            fit_number(&value, used).and_then(|number| whole(&number)).map(Value::Number)
        }
        AttributeType::Decimal => fit_number(&value, used).map(Value::Number),
        AttributeType::DateTime => value.as_str().and_then(instant::read).map(|_| value.clone()),
        AttributeType::String | AttributeType::Reference | AttributeType::Binary => {
            fit_text(&value, used)
        }
    };
    fitted.map(Some).ok_or_else(|| misfit(definition, &value))
}

fn fit_boolean(value: &Value, used: &mut Vec<Tolerance>) -> Option<Value> {
    if value.is_string() {
        used.push(Tolerance::BooleanAsText);
    }
    boolean(value).map(Value::Bool)
}

fn fit_number(value: &Value, used: &mut Vec<Tolerance>) -> Option<Number> {
    match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => {
            used.push(Tolerance::NumberAsText);
            serde_json::from_str(text.trim()).ok()
        }
        _ => None,
    }
}

/// The number without a fraction; 5.0 is 5 to clients that know no whole numbers.
fn whole(number: &Number) -> Option<Number> {
    let Some(decimal) = number.as_f64().filter(|_| number.is_f64()) else {
        return Some(number.clone());
    };
    #[expect(clippy::cast_possible_truncation, reason = "whole and small, as checked before")]
    (decimal.fract() == 0.0 && decimal.abs() < 1e15).then(|| Number::from(decimal as i64))
}

fn fit_text(value: &Value, used: &mut Vec<Tolerance>) -> Option<Value> {
    match value {
        Value::String(_) => Some(value.clone()),
        Value::Number(_) | Value::Bool(_) => {
            used.push(Tolerance::TextAsOther);
            Some(Value::String(value.to_string()))
        }
        _ => None,
    }
}

fn fit_complex(
    value: Value,
    definition: &Attribute,
    used: &mut Vec<Tolerance>,
) -> Result<Option<Value>, ScimError> {
    let values = match value {
        Value::Object(values) => values,
        Value::String(text) if text.trim().is_empty() => {
            used.push(Tolerance::EmptyClears);
            return Ok(None);
        }
        Value::String(text) if json_object(&text).is_some() => {
            json_object(&text).unwrap_or_default()
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_)
            if definition.sub_attribute("value").is_some() =>
        {
            used.push(Tolerance::BareValue);
            Map::from_iter([("value".to_owned(), value)])
        }
        other => return Err(misfit(definition, &other)),
    };
    let fitted = fit_parts(unpacked(values, used), definition, used)?;
    let names_nothing =
        fitted.len() == 1 && value_of(&fitted, "value").is_some_and(|value| value == "");
    if names_nothing {
        used.push(Tolerance::EmptyClears);
    }
    Ok(Some(fitted).filter(|fitted| !fitted.is_empty() && !names_nothing).map(Value::Object))
}

fn fit_parts(
    values: Map<String, Value>,
    definition: &Attribute,
    used: &mut Vec<Tolerance>,
) -> Result<Map<String, Value>, ScimError> {
    let mut fitted = Map::new();
    for (name, value) in values {
        match part_definition(definition, &name) {
            None => used.push(Tolerance::UnknownIgnored),
            Some(part) if part.mutability == Mutability::ReadOnly => {
                used.push(Tolerance::ReadOnlyIgnored);
            }
            Some(part) => {
                if let Some(value) = fit(value, part, used)? {
                    *entry(&mut fitted, &part.name) = value;
                }
            }
        }
    }
    Ok(fitted)
}

/// The sub-attribute `name`; Entra writes `displayName` for the `display` of roles.
fn part_definition<'d>(definition: &'d Attribute, name: &str) -> Option<&'d Attribute> {
    definition.sub_attribute(name).or_else(|| {
        let is_display = name.eq_ignore_ascii_case("displayName");
        definition.sub_attribute("display").filter(|_| is_display)
    })
}

/// Unpacks `{"value": "{\"id\":…,\"value\":\"Admin\"}"}`, the form in which Entra sends roles.
fn unpacked(mut values: Map<String, Value>, used: &mut Vec<Tolerance>) -> Map<String, Value> {
    let packed = value_of(&values, "value").and_then(Value::as_str).and_then(json_object);
    let Some(packed) = packed.filter(|packed| value_of(packed, "value").is_some()) else {
        return values;
    };
    used.push(Tolerance::JsonInText);
    for (name, value) in packed {
        *entry(&mut values, &name) = value;
    }
    values
}

fn json_object(text: &str) -> Option<Map<String, Value>> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    serde_json::from_str(text).ok()
}

fn misfit(definition: &Attribute, value: &Value) -> ScimError {
    let wanted = match definition.attribute_type {
        AttributeType::String | AttributeType::Reference => "a text",
        AttributeType::Boolean => "true or false",
        AttributeType::Decimal => "a number",
        AttributeType::Integer => "a whole number",
        AttributeType::DateTime => "a time such as \"2026-01-31T12:00:00Z\"",
        AttributeType::Complex => "an object",
        AttributeType::Binary => "a text in Base64",
    };
    let shown = if definition.mutability == Mutability::WriteOnly {
        "something else".to_owned()
    } else {
        excerpt(&value.to_string())
    };
    ScimError::invalid_value(format!(
        "the attribute \"{}\" takes {wanted}, not {shown}",
        definition.name
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::standard;
    use serde_json::json;

    #[track_caller]
    fn check(name: &str, value: Value, expected: Value, tolerances: &[Tolerance]) {
        let schema = standard::users();
        let definition = schema.attribute(&crate::Path::parse(name).unwrap()).unwrap();
        let mut used = Vec::new();
        let fitted = fit(value, definition, &mut used).unwrap();
        assert_eq!(fitted.unwrap_or_default(), expected);
        assert_eq!(used, tolerances);
    }

    #[track_caller]
    fn check_error(name: &str, value: Value) -> String {
        let definition = standard::user().attribute(name).unwrap();
        fit(value, definition, &mut Vec::new()).unwrap_err().to_string()
    }

    #[test]
    fn texts_stand_for_booleans() {
        check("active", json!(true), json!(true), &[]);
        check("active", json!("False"), json!(false), &[Tolerance::BooleanAsText]);
        check("title", json!(7), json!("7"), &[Tolerance::TextAsOther]);
    }

    #[test]
    fn a_manager_may_be_a_bare_id_a_list_or_empty() {
        check("manager", json!("7"), json!({"value": "7"}), &[Tolerance::BareValue]);
        check(
            "manager",
            json!([{"$ref": null, "value": "7"}]),
            json!({"value": "7"}),
            &[Tolerance::ListForSingle],
        );
        check("manager", json!(""), json!(null), &[Tolerance::EmptyClears]);
        check("manager", json!({"value": ""}), json!(null), &[Tolerance::EmptyClears]);
    }

    #[test]
    fn roles_may_be_packed_as_json_in_a_text() {
        check(
            "roles",
            json!([{"value": "{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"The admin\"}"}]),
            json!([{"value": "Admin", "display": "The admin"}]),
            &[Tolerance::JsonInText, Tolerance::UnknownIgnored],
        );
        check(
            "roles",
            json!([{"primary": "True", "value": "A"}]),
            json!([{"primary": true, "value": "A"}]),
            &[Tolerance::BooleanAsText],
        );
    }

    #[test]
    fn lists_and_names_are_written_as_the_schema_does() {
        check(
            "emails",
            json!({"VALUE": "a@x", "Type": "work"}),
            json!([{"value": "a@x", "type": "work"}]),
            &[Tolerance::SingleForList],
        );
        check("emails", json!([]), json!(null), &[]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        insta::assert_snapshot!(check_error("active", json!("maybe")), @r#"the attribute "active" takes true or false, not "maybe" (400 invalidValue)"#);
        insta::assert_snapshot!(check_error("userName", json!({})), @r#"the attribute "userName" takes a text, not {} (400 invalidValue)"#);
        insta::assert_snapshot!(check_error("name", json!("Ada")), @r#"the attribute "name" takes an object, not "Ada" (400 invalidValue)"#);
        insta::assert_snapshot!(check_error("password", json!({"a": "secret"})), @r#"the attribute "password" takes a text, not something else (400 invalidValue)"#);
    }
}
