//! Validation: what of a resource that a client sent becomes the resource.
//!
//! Names are written as the schema does, values fitted to their type, and what only
//! the service may write is left out, as RFC 7644 §3.3 and §3.5.1 say.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::coerce::Fitting;
use crate::fold::equal;
use crate::message::ScimError;
use crate::patch::elements::{self, Scope, identity};
use crate::patch::{Tolerance, Unknown};
use crate::path::excerpt;
use crate::resource::{Resource, twin, value_of};
use crate::schema::{Attribute, Mutability, ResourceSchema, ResourceType, Returned};

/// A resource that the schema admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validated {
    /// The resource, without `schemas`, `id` and `meta`.
    pub resource: Resource,
    /// What was accepted beyond the RFC, each once.
    pub tolerances: Vec<Tolerance>,
}

/// In what services differ about what they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// What becomes of a path in a PATCH that no schema defines.
    pub unknown: Unknown,
    /// A PATCH that replaces elements which do not exist is refused with `noTarget`, as
    /// RFC 7644 §3.5.2.3 has it. Otherwise the element that the filter describes is made,
    /// as Entra and others expect.
    pub only_existing_elements: bool,
    /// Texts other than the `canonicalValues` are refused. RFC 7643 §7 only suggests them.
    pub only_canonical_values: bool,
}

impl From<Unknown> for Rules {
    fn from(unknown: Unknown) -> Self {
        Self { unknown, ..Self::default() }
    }
}

/// Validates the body of a create.
///
/// # Errors
/// `invalidValue` that names the attribute: a value that does not fit, or a required
/// one that is missing.
pub fn validate(given: &Resource, schema: &ResourceSchema) -> Result<Validated, ScimError> {
    validate_with(given, schema, Rules::default())
}

/// Like [`validate`], for a service with its own rules.
///
/// # Errors
/// As for [`validate`].
pub fn validate_with(
    given: &Resource,
    schema: &ResourceSchema,
    rules: Rules,
) -> Result<Validated, ScimError> {
    let mut fitting = Fitting::new(rules);
    check_once(given)?;
    let mut resource = values(given, schema.top_attributes(), "", &mut fitting)?;
    for extension in &schema.extensions {
        let Some(Value::Object(given)) = value_of(given, &extension.id) else { continue };
        check_once(given)?;
        let prefix = format!("{}:", extension.id);
        let below = values(given, extension.attributes.iter(), &prefix, &mut fitting)?;
        if !below.is_empty() {
            resource.insert(extension.id.clone(), Value::Object(below));
        }
    }
    let is_known =
        |key: &str| schema.top_attribute(key).is_some() || schema.extension(key).is_some();
    if given.keys().any(|key| !is_known(key)) {
        fitting.note(Tolerance::UnknownIgnored);
    }
    Ok(Validated { resource, tolerances: fitting.into_used() })
}

/// Validates the body of a replace against the resource as it is. What only the service
/// writes stays, in elements too; what may be written once may be left out or repeated,
/// not changed (RFC 7644 §3.5.1).
///
/// # Errors
/// As for [`validate`], and `mutability` for an immutable attribute that changes.
pub fn replacement(
    existing: &Resource,
    given: &Resource,
    schema: &ResourceSchema,
) -> Result<Validated, ScimError> {
    replacement_with(existing, given, schema, Rules::default())
}

/// Like [`replacement`], for a service with its own rules.
///
/// # Errors
/// As for [`replacement`].
pub fn replacement_with(
    existing: &Resource,
    given: &Resource,
    schema: &ResourceSchema,
    rules: Rules,
) -> Result<Validated, ScimError> {
    let mut validated = validate_with(given, schema, rules)?;
    let resource = &mut validated.resource;
    for attribute in schema.top_attributes() {
        keep(existing, resource, attribute, "")?;
    }
    let none = Map::new();
    for extension in &schema.extensions {
        let there = value_of(existing, &extension.id).and_then(Value::as_object).unwrap_or(&none);
        let mut below = match resource.shift_remove(&extension.id) {
            Some(Value::Object(values)) => values,
            _ => Map::new(),
        };
        let prefix = format!("{}:", extension.id);
        for attribute in &extension.attributes {
            keep(there, &mut below, attribute, &prefix)?;
        }
        if !below.is_empty() {
            resource.insert(extension.id.clone(), Value::Object(below));
        }
    }
    Ok(validated)
}

/// The extension that `resource_type` requires and `resource` lacks, as an error. For a
/// resource that is created or replaced, as [`validate`] or [`replacement`] leaves it.
///
/// # Errors
/// `invalidValue` that names the extension (RFC 7643 §6, `schemaExtensions.required`).
pub fn check_extensions(
    resource: &Resource,
    resource_type: &ResourceType,
) -> Result<(), ScimError> {
    check_extensions_stay(None, resource, resource_type)
}

/// The extension that `resource_type` requires and a modification took away, as an error. A
/// resource that lacked it `before`, since nothing required it then, may be modified.
///
/// # Errors
/// As for [`check_extensions`].
pub fn check_extensions_stay(
    before: Option<&Resource>,
    after: &Resource,
    resource_type: &ResourceType,
) -> Result<(), ScimError> {
    let has = |resource: &Resource, urn: &str| {
        value_of(resource, urn).and_then(Value::as_object).is_some_and(|values| !values.is_empty())
    };
    let mut required = resource_type.schema_extensions.iter().filter(|known| known.required);
    let is_missing = |urn: &str| !has(after, urn) && before.is_none_or(|before| has(before, urn));
    match required.find(|extension| is_missing(&extension.schema)) {
        None => Ok(()),
        Some(extension) => Err(missing("", &extension.schema)),
    }
}

/// The required sub-attribute that a value of `attribute` lacks, as an error.
pub(crate) fn check_parts(
    elements: &[Value],
    attribute: &Attribute,
    prefix: &str,
) -> Result<(), ScimError> {
    check_parts_that(|_| true, elements, attribute, prefix)
}

/// Like [`check_parts`], for what a modification leaves of `before`: a store may have
/// forgotten what is never shown, so that only what was there has to stay.
pub(crate) fn check_parts_stay(
    before: &[Value],
    elements: &[Value],
    attribute: &Attribute,
    prefix: &str,
) -> Result<(), ScimError> {
    let was_there = |part: &Attribute| {
        let mut values = before.iter().filter_map(Value::as_object);
        values.any(|values| value_of(values, &part.name).is_some())
    };
    let is_asked = |part: &Attribute| !is_forgettable(part) || was_there(part);
    check_parts_that(is_asked, elements, attribute, prefix)
}

/// Whether a resource has the attribute though a store may not tell, since it is required
/// but never shown (RFC 7643 §7).
pub(crate) fn is_forgettable(attribute: &Attribute) -> bool {
    attribute.required && attribute.returned == Returned::Never
}

fn check_parts_that(
    is_asked: impl Fn(&Attribute) -> bool,
    elements: &[Value],
    attribute: &Attribute,
    prefix: &str,
) -> Result<(), ScimError> {
    let is_asked = |part: &&Attribute| {
        part.required && part.mutability != Mutability::ReadOnly && is_asked(part)
    };
    let required: Vec<_> = attribute.sub_attributes.iter().filter(is_asked).collect();
    if required.is_empty() {
        return Ok(());
    }
    for values in elements.iter().filter_map(Value::as_object) {
        if let Some(part) = required.iter().find(|part| value_of(values, &part.name).is_none()) {
            return Err(missing(prefix, &format!("{}.{}", attribute.name, part.name)));
        }
    }
    Ok(())
}

/// Refuses a name that stands twice, in whatever case: which one is meant?
pub(crate) fn check_once(given: &Map<String, Value>) -> Result<(), ScimError> {
    match twin(given) {
        None => Ok(()),
        Some(name) => Err(ScimError::invalid_syntax(format!(
            "the name \"{}\" stands twice in one object, once in another case: send it once",
            excerpt(name)
        ))),
    }
}

fn values<'s>(
    given: &Map<String, Value>,
    attributes: impl Iterator<Item = &'s Attribute>,
    prefix: &str,
    fitting: &mut Fitting,
) -> Result<Map<String, Value>, ScimError> {
    let mut values = Map::new();
    for attribute in attributes {
        if attribute.mutability == Mutability::ReadOnly {
            continue;
        }
        let fitted = match value_of(given, &attribute.name) {
            Some(value) => fitting
                .whole(value.clone(), attribute)
                .map_err(|misfit| misfit.with_prefix(prefix))?,
            None => None,
        };
        match fitted {
            Some(mut value) => {
                check_parts(crate::resource::elements(&value), attribute, prefix)?;
                if let Value::Array(list) = &mut value {
                    elements::unite(list, attribute);
                    let written: Vec<usize> = (0..list.len()).collect();
                    elements::settle_primary(list, &written, attribute, fitting);
                }
                values.insert(attribute.name.clone(), value);
            }
            None if attribute.required => return Err(missing(prefix, &attribute.name)),
            None => {}
        }
    }
    Ok(values)
}

pub(crate) fn missing(prefix: &str, name: &str) -> ScimError {
    ScimError::invalid_value(format!(
        "the attribute \"{prefix}{name}\" is required: give it a value"
    ))
}

fn immutable(prefix: &str, name: &str) -> ScimError {
    ScimError::mutability(format!(
        "the attribute \"{prefix}{name}\" is immutable and cannot change once it has a value: send it as it is"
    ))
}

/// Carries over to `given` what of an attribute stays whatever the client sends.
fn keep(
    there: &Map<String, Value>,
    given: &mut Map<String, Value>,
    attribute: &Attribute,
    prefix: &str,
) -> Result<(), ScimError> {
    let Some(old) = value_of(there, &attribute.name) else { return Ok(()) };
    let is_left_out = !given.contains_key(&attribute.name);
    let stays = match attribute.mutability {
        Mutability::ReadOnly => true,
        // A write-only value cannot be read back by the client, so its absence does not clear it.
        Mutability::Immutable | Mutability::WriteOnly => is_left_out,
        Mutability::ReadWrite => false,
    };
    if stays {
        given.insert(attribute.name.clone(), old.clone());
        return Ok(());
    }
    let Some(new) = given.get_mut(&attribute.name) else {
        let left = written_once(old, attribute);
        if !left.is_empty() {
            given.insert(attribute.name.clone(), Value::Object(left));
        }
        return Ok(());
    };
    if attribute.is_reference_list()
        && let (Value::Array(old), Value::Array(new)) = (old, &mut *new)
    {
        let wanted = std::mem::replace(new, old.clone());
        elements::replace(new, wanted, attribute);
        return Ok(());
    }
    keep_parts(old, new, attribute)
        .map_err(|part| immutable(prefix, &format!("{}.{part}", attribute.name)))?;
    if attribute.mutability == Mutability::Immutable && !is_same(old, new, attribute.case_exact) {
        return Err(immutable(prefix, &attribute.name));
    }
    Ok(())
}

/// The parts of a single complex value that stay when it is left out.
fn written_once(old: &Value, attribute: &Attribute) -> Map<String, Value> {
    let Value::Object(old) = old else { return Map::new() };
    let is_kept = |part: &&Attribute| part.mutability == Mutability::Immutable;
    let kept = attribute.sub_attributes.iter().filter(is_kept);
    kept.filter_map(|part| Some((part.name.clone(), value_of(old, &part.name)?.clone()))).collect()
}

/// Carries over what of the parts of a complex value, or of elements that stay, the client
/// does not write. Gives the immutable part that changes as an error.
fn keep_parts<'a>(old: &Value, new: &mut Value, attribute: &'a Attribute) -> Result<(), &'a str> {
    let is_kept =
        |part: &&Attribute| matches!(part.mutability, Mutability::ReadOnly | Mutability::Immutable);
    let kept: Vec<&Attribute> = attribute.sub_attributes.iter().filter(is_kept).collect();
    if kept.is_empty() {
        return Ok(());
    }
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => keep_of_element(old, new, &kept, attribute),
        (Value::Array(old), Value::Array(new)) => {
            let old: HashMap<Cow<'_, str>, &Value> = old
                .iter()
                .map(|element| (identity(element, attribute, Scope::Full), element))
                .collect();
            new.iter_mut().try_for_each(|element| {
                let there = old.get(identity(element, attribute, Scope::Full).as_ref()).copied();
                match (there.and_then(Value::as_object), element) {
                    (Some(old), Value::Object(new)) => keep_of_element(old, new, &kept, attribute),
                    _ => Ok(()),
                }
            })
        }
        _ => Ok(()),
    }
}

fn keep_of_element<'a>(
    old: &Map<String, Value>,
    new: &mut Map<String, Value>,
    kept: &[&'a Attribute],
    attribute: &Attribute,
) -> Result<(), &'a str> {
    // What the service knows belongs to what the value names.
    let names_another = attribute.sub_attribute("value").is_some_and(|part| {
        let both = value_of(old, "value").zip(value_of(new, "value"));
        both.is_some_and(|(old, new)| !is_same(old, new, part.case_exact))
    });
    for part in kept {
        let Some(there) = value_of(old, &part.name) else { continue };
        match new.get(&part.name) {
            None if part.mutability == Mutability::ReadOnly && names_another => {}
            None => {
                new.insert(part.name.clone(), there.clone());
            }
            Some(given) if is_same(there, given, part.case_exact) => {}
            Some(_) => return Err(&part.name),
        }
    }
    Ok(())
}

/// Whether two values are the same under the case rule.
fn is_same(a: &Value, b: &Value, case_exact: bool) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => equal(a, b, case_exact),
        _ => a == b,
    }
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
    fn equal_elements_are_one() {
        check(
            json!({"userName": "ada", "emails": [{"value": "a@x", "type": "work"}, {"value": "A@X", "type": "Work", "primary": true}, {"value": "a@x", "type": "home"}]}),
            json!({"userName": "ada", "emails": [{"value": "A@X", "type": "Work", "primary": true}, {"value": "a@x", "type": "home"}]}),
            &[],
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        insta::assert_snapshot!(check_error(json!({"title": "Dr"})), @r#"the attribute "userName" is required: give it a value (400 invalidValue)"#);
        insta::assert_snapshot!(check_error(json!({"userName": ""})), @r#"the attribute "userName" is required: give it a value (400 invalidValue)"#);
    }

    #[test]
    fn what_is_named_twice_is_refused() {
        insta::assert_snapshot!(check_error(json!({"userName": "a", "USERNAME": "b"})), @r#"the name "USERNAME" stands twice in one object, once in another case: send it once (400 invalidSyntax)"#);
        insta::assert_snapshot!(check_error(json!({"userName": "a", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"division": "a", "Division": "b"}})), @r#"the name "Division" stands twice in one object, once in another case: send it once (400 invalidSyntax)"#);
        insta::assert_snapshot!(check_error(json!({"userName": "a", "emails": [{"value": "a@x", "VALUE": "b@x"}]})), @r#"the attribute "emails" takes each part once, not "VALUE" again (400 invalidValue)"#);
    }

    /// A resource with an attribute of each kind that a replacement treats apart.
    fn badges() -> ResourceSchema {
        let core = json!({"id": "urn:ietf:params:scim:schemas:core:2.0:Badge", "attributes": [
            {"name": "code", "mutability": "immutable"},
            {"name": "chip", "type": "complex", "subAttributes": [
                {"name": "maker"}, {"name": "serial", "mutability": "immutable"}]},
            {"name": "pin", "mutability": "writeOnly", "returned": "never"},
            {"name": "owner", "type": "complex", "subAttributes": [
                {"name": "value", "required": true}, {"name": "note"}, {"name": "display", "mutability": "readOnly"}]},
            {"name": "doors", "type": "complex", "multiValued": true, "subAttributes": [
                {"name": "value"}, {"name": "type"}, {"name": "since", "mutability": "immutable"},
                {"name": "opened", "type": "integer", "mutability": "readOnly"}]},
        ]});
        let extension = json!({"id": "urn:example:site", "attributes": [
            {"name": "building", "required": true, "mutability": "immutable", "caseExact": true}]});
        ResourceSchema {
            core: serde_json::from_value(core).unwrap(),
            extensions: vec![serde_json::from_value(extension).unwrap()],
        }
    }

    #[track_caller]
    fn check_replacement(old: Value, new: Value, expected: Value) {
        let replaced = replacement(old.as_object().unwrap(), new.as_object().unwrap(), &badges());
        assert_eq!(Value::Object(replaced.unwrap().resource), expected);
    }

    #[track_caller]
    fn check_replacement_error(old: Value, new: Value) -> String {
        let replaced = replacement(old.as_object().unwrap(), new.as_object().unwrap(), &badges());
        replaced.unwrap_err().to_string()
    }

    #[test]
    fn a_part_that_is_written_once_stays_when_all_around_it_is_left_out() {
        let old = json!({"chip": {"maker": "M", "serial": "7"}});
        check_replacement(old.clone(), json!({}), json!({"chip": {"serial": "7"}}));
        let other = json!({"chip": {"maker": "N"}});
        check_replacement(old.clone(), other, json!({"chip": {"maker": "N", "serial": "7"}}));
        check_replacement(json!({"chip": {"maker": "M"}}), json!({}), json!({}));
        insta::assert_snapshot!(check_replacement_error(old, json!({"chip": {"serial": "8"}})), @r#"the attribute "chip.serial" is immutable and cannot change once it has a value: send it as it is (400 mutability)"#);
    }

    #[test]
    fn what_is_written_once_may_be_repeated_or_left_out() {
        let old = json!({"code": "A1", "pin": "123"});
        check_replacement(old.clone(), json!({"code": "a1"}), json!({"code": "a1", "pin": "123"}));
        check_replacement(old.clone(), json!({"pin": "7"}), json!({"pin": "7", "code": "A1"}));
        insta::assert_snapshot!(check_replacement_error(old, json!({"code": "B"})), @r#"the attribute "code" is immutable and cannot change once it has a value: send it as it is (400 mutability)"#);
        let site = json!({"urn:example:site": {"building": "A"}});
        insta::assert_snapshot!(check_replacement_error(site, json!({"urn:example:site": {"building": "a"}})), @r#"the attribute "urn:example:site:building" is immutable and cannot change once it has a value: send it as it is (400 mutability)"#);
    }

    #[test]
    fn parts_that_only_the_service_writes_stay_with_their_element() {
        check_replacement(
            json!({"owner": {"value": "7", "display": "Ada"}, "doors": [{"value": "x", "type": "in", "since": "2024", "opened": 3}, {"value": "y"}]}),
            json!({"owner": {"value": "7"}, "doors": [{"value": "X", "type": "in"}, {"value": "z", "since": "2025"}]}),
            json!({"owner": {"value": "7", "display": "Ada"}, "doors": [{"value": "X", "type": "in", "since": "2024", "opened": 3}, {"value": "z", "since": "2025"}]}),
        );
        check_replacement(
            json!({"owner": {"value": "7", "display": "Ada"}}),
            json!({"owner": {"value": "8"}}),
            json!({"owner": {"value": "8"}}),
        );
        let old = json!({"doors": [{"value": "x", "since": "2024"}]});
        insta::assert_snapshot!(check_replacement_error(old, json!({"doors": [{"value": "x", "since": "2025"}]})), @r#"the attribute "doors.since" is immutable and cannot change once it has a value: send it as it is (400 mutability)"#);
    }

    #[test]
    fn required_parts_and_extensions_are_named() {
        insta::assert_snapshot!(check_replacement_error(json!({}), json!({"urn:example:site": {}})), @r#"the attribute "urn:example:site:building" is required: give it a value (400 invalidValue)"#);
        insta::assert_snapshot!(check_replacement_error(json!({}), json!({"owner": {"value": null, "note": "x"}})), @r#"the attribute "owner.value" is required: give it a value (400 invalidValue)"#);
    }

    #[test]
    fn a_required_extension_is_asked_for_and_stays() {
        let site: ResourceType =
            serde_json::from_value(json!({"name": "Badge", "endpoint": "/Badges", "schema": "x",
            "schemaExtensions": [{"schema": "urn:example:site", "required": true}, {"schema": "urn:example:other"}]}))
            .unwrap();
        let badge = |badge: Value| badge.as_object().unwrap().clone();
        let (with, without) = (
            badge(json!({"URN:example:site": {"building": "A"}})),
            badge(json!({"code": "1", "urn:example:site": {}})),
        );
        insta::assert_snapshot!(check_extensions(&without, &site).unwrap_err(), @r#"the attribute "urn:example:site" is required: give it a value (400 invalidValue)"#);
        assert_eq!(check_extensions(&with, &site), Ok(()));
        let stays = |before, after| check_extensions_stay(Some(before), after, &site);
        insta::assert_snapshot!(stays(&with, &without).unwrap_err(), @r#"the attribute "urn:example:site" is required: give it a value (400 invalidValue)"#);
        assert_eq!(stays(&without, &without), Ok(()));
        assert_eq!(stays(&without, &with), Ok(()));
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
