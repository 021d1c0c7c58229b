//! Validation: what of a resource that a client sent becomes the resource.
//!
//! Names are written as the schema does, values fitted to their type, and what only
//! the service may write is left out, as RFC 7644 §3.3 and §3.5.1 say.

use serde_json::{Map, Value};

use crate::coerce;
use crate::message::ScimError;
use crate::patch::{Tolerance, elements};
use crate::resource::{Resource, value_of};
use crate::schema::{Attribute, Mutability, ResourceSchema};

/// A resource that the schema admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validated {
    /// The resource, without `schemas`, `id` and `meta`.
    pub resource: Resource,
    /// What was accepted beyond the RFC, each once.
    pub tolerances: Vec<Tolerance>,
}

/// Validates the body of a create.
///
/// # Errors
/// `invalidValue` that names the attribute: a value that does not fit, or a required
/// one that is missing.
pub fn validate(given: &Resource, schema: &ResourceSchema) -> Result<Validated, ScimError> {
    let mut tolerances = Vec::new();
    let top: Vec<&Attribute> = schema.top_attributes().collect();
    let mut resource = values(given, &top, "", &mut tolerances)?;
    for extension in &schema.extensions {
        let Some(Value::Object(given)) = value_of(given, &extension.id) else { continue };
        let attributes: Vec<&Attribute> = extension.attributes.iter().collect();
        let below = values(given, &attributes, &format!("{}:", extension.id), &mut tolerances)?;
        if !below.is_empty() {
            resource.insert(extension.id.clone(), Value::Object(below));
        }
    }
    let is_known =
        |key: &str| schema.top_attribute(key).is_some() || schema.extension(key).is_some();
    if given.keys().any(|key| !is_known(key)) {
        tolerances.push(Tolerance::UnknownIgnored);
    }
    tolerances.sort_unstable();
    tolerances.dedup();
    Ok(Validated { resource, tolerances })
}

/// Validates the body of a replace against the resource as it is: read-only attributes
/// stay, as do the members' read-only parts; immutable ones may not change.
///
/// # Errors
/// As for [`validate`], and `mutability` for an immutable attribute that changes.
pub fn replacement(
    existing: &Resource,
    given: &Resource,
    schema: &ResourceSchema,
) -> Result<Validated, ScimError> {
    let mut validated = validate(given, schema)?;
    let resource = &mut validated.resource;
    for attribute in schema.top_attributes() {
        keep(existing, resource, attribute)?;
    }
    let none = Map::new();
    for extension in &schema.extensions {
        let there = value_of(existing, &extension.id).and_then(Value::as_object).unwrap_or(&none);
        let mut below = match resource.shift_remove(&extension.id) {
            Some(Value::Object(values)) => values,
            _ => Map::new(),
        };
        for attribute in &extension.attributes {
            keep(there, &mut below, attribute)?;
        }
        if !below.is_empty() {
            resource.insert(extension.id.clone(), Value::Object(below));
        }
    }
    Ok(validated)
}

fn values(
    given: &Map<String, Value>,
    attributes: &[&Attribute],
    prefix: &str,
    used: &mut Vec<Tolerance>,
) -> Result<Map<String, Value>, ScimError> {
    let mut values = Map::new();
    for attribute in attributes {
        if attribute.mutability == Mutability::ReadOnly {
            continue;
        }
        let value = value_of(given, &attribute.name).cloned().unwrap_or_default();
        match coerce::fit(value, attribute, used)? {
            Some(mut value) => {
                check_parts(&value, attribute, prefix)?;
                if let Value::Array(list) = &mut value {
                    let written: Vec<usize> = (0..list.len()).collect();
                    elements::settle_primary(list, &written, attribute, used);
                }
                values.insert(attribute.name.clone(), value);
            }
            None if attribute.required => return Err(missing(prefix, &attribute.name)),
            None => {}
        }
    }
    Ok(values)
}

fn check_parts(value: &Value, attribute: &Attribute, prefix: &str) -> Result<(), ScimError> {
    let parts = crate::resource::elements(value).iter().filter_map(Value::as_object);
    let required = attribute.sub_attributes.iter().filter(|part| part.required);
    let required: Vec<_> =
        required.filter(|part| part.mutability != Mutability::ReadOnly).collect();
    for values in parts {
        if let Some(part) = required.iter().find(|part| value_of(values, &part.name).is_none()) {
            return Err(missing(prefix, &format!("{}.{}", attribute.name, part.name)));
        }
    }
    Ok(())
}

fn missing(prefix: &str, name: &str) -> ScimError {
    ScimError::invalid_value(format!(
        "the attribute \"{prefix}{name}\" is required: give it a value"
    ))
}

fn keep(
    there: &Map<String, Value>,
    given: &mut Map<String, Value>,
    attribute: &Attribute,
) -> Result<(), ScimError> {
    let Some(old) = value_of(there, &attribute.name) else { return Ok(()) };
    if attribute.mutability == Mutability::ReadOnly {
        given.insert(attribute.name.clone(), old.clone());
        return Ok(());
    }
    if attribute.is_reference_list()
        && let (Value::Array(old), Some(Value::Array(new))) = (old, given.get_mut(&attribute.name))
    {
        let wanted = std::mem::replace(new, old.clone());
        elements::replace(new, wanted, attribute);
    }
    // A write-only value cannot be read back by the client, so its absence does not clear it.
    if attribute.mutability == Mutability::WriteOnly && !given.contains_key(&attribute.name) {
        given.insert(attribute.name.clone(), old.clone());
    }
    if attribute.mutability == Mutability::Immutable && given.get(&attribute.name) != Some(old) {
        return Err(ScimError::mutability(format!(
            "the attribute \"{}\" cannot change once it has a value: send it as it is",
            attribute.name
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::standard;
    use serde_json::json;

    #[track_caller]
    fn check(given: Value, expected: Value, tolerances: &[Tolerance]) {
        let validated = validate(given.as_object().unwrap(), &standard::users()).unwrap();
        assert_eq!(Value::Object(validated.resource), expected);
        assert_eq!(validated.tolerances, tolerances);
    }

    #[track_caller]
    fn check_error(given: Value) -> String {
        validate(given.as_object().unwrap(), &standard::users()).unwrap_err().to_string()
    }

    #[test]
    fn a_resource_is_written_as_the_schema_does() {
        check(
            json!({"schemas": [], "id": "x", "meta": {}, "USERNAME": "ada", "groups": [{"value": "1"}], "roles": [], "active": "True",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": "7"}, "colour": "red"}),
            json!({"userName": "ada", "active": true, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "7"}}}),
            &[Tolerance::BooleanAsText, Tolerance::BareValue, Tolerance::UnknownIgnored],
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        insta::assert_snapshot!(check_error(json!({"title": "Dr"})), @r#"the attribute "userName" is required: give it a value (400 invalidValue)"#);
    }

    #[test]
    fn a_replacement_keeps_what_only_the_service_writes() {
        let old = json!({"id": "1", "displayName": "G", "members": [{"value": "1", "display": "Ada"}, {"value": "2"}]});
        let new = json!({"displayName": "H", "members": [{"value": "1"}, {"value": "3"}]});
        let validated =
            replacement(old.as_object().unwrap(), new.as_object().unwrap(), &standard::groups())
                .unwrap();
        assert_eq!(
            Value::Object(validated.resource),
            json!({"displayName": "H", "members": [{"value": "1", "display": "Ada"}, {"value": "3"}], "id": "1"})
        );
    }
}
