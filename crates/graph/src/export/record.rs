//! One user or group: properties to source attributes, relations apart.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::json::{Fields, Source, kind};
use super::{ExportError, Member, MemberKind, Record, Shape};
use crate::names::{self, Holds};

/// Reads the object that begins on `line`.
pub(super) fn read(
    source: &Source<'_>,
    line: usize,
    fields: &Fields<'_>,
) -> Result<Record, ExportError> {
    if fields.contains_key("@removed") {
        return Err(ExportError::Delta { line });
    }
    let mut record = Record { line, members_complete: true, ..Record::default() };
    for (name, raw) in fields {
        match name.as_str() {
            "id" => record.id = id(source, raw, name)?.ok_or(ExportError::NoId { line })?,
            "manager" => record.manager = Some(reference(source, raw, name)?),
            "members" => record.members = Some(members(source, raw, name)?),
            "members@odata.nextLink" => record.members_complete = false,
            names::EXTENSION_ATTRIBUTES => {
                extension_attributes(source, raw, &mut record.attributes)?;
            }
            _ if name.contains('@') => {}
            _ => property(source, name, raw, &mut record.attributes)?,
        }
    }
    if record.id.is_empty() {
        return Err(ExportError::NoId { line });
    }
    sign_in_name(&mut record.attributes);
    phones(&mut record.attributes);
    Ok(record)
}

/// What the object is, if its type or its properties say it.
pub(super) fn shape(source: &Source<'_>, fields: &Fields<'_>) -> Option<Shape> {
    match fields.get("@odata.type").and_then(|raw| source.text(raw)).as_deref() {
        Some("#microsoft.graph.user") => return Some(Shape::Users),
        Some("#microsoft.graph.group") => return Some(Shape::Groups),
        _ => {}
    }
    let any = |names: &[&str]| names.iter().any(|name| fields.contains_key(*name));
    if any(&["userPrincipalName", "accountEnabled", "givenName", "surname", "manager"]) {
        Some(Shape::Users)
    } else if any(&["members", "groupTypes", "securityEnabled", "mailEnabled"]) {
        Some(Shape::Groups)
    } else {
        None
    }
}

type Attributes = BTreeMap<String, Option<Value>>;

fn property(
    source: &Source<'_>,
    name: &str,
    raw: &RawValue,
    into: &mut Attributes,
) -> Result<(), ExportError> {
    let value = source.value(raw, name)?;
    let Some(known) = names::known(name) else {
        into.insert(name.to_owned(), unless_empty(value));
        return Ok(());
    };
    let value = match (known.holds, value) {
        (_, Value::Null) => Value::Null,
        (Holds::Text, text @ Value::String(_)) => text,
        (Holds::Texts, Value::Array(values)) if values.iter().all(Value::is_string) => {
            Value::Array(values)
        }
        (Holds::Boolean, truth @ Value::Bool(_)) => truth,
        (Holds::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("true") => {
            Value::Bool(true)
        }
        (Holds::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("false") => {
            Value::Bool(false)
        }
        (holds, _) => {
            return Err(source.wrong(
                raw,
                name,
                format!("expected {}, found {}", in_words(holds), kind(raw)),
            ));
        }
    };
    into.insert(known.source.to_owned(), unless_empty(value));
    Ok(())
}

fn in_words(holds: Holds) -> &'static str {
    match holds {
        Holds::Text => "text",
        Holds::Boolean => "true or false",
        Holds::Texts => "a list of texts",
    }
}

/// The value, unless it is null or empty, which are one: the attribute has no value (RFC 7643 §2.5
/// says the same of SCIM).
#[must_use]
pub fn unless_empty(value: Value) -> Option<Value> {
    let empty = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    (!empty).then_some(value)
}

fn extension_attributes(
    source: &Source<'_>,
    raw: &RawValue,
    into: &mut Attributes,
) -> Result<(), ExportError> {
    match source.value(raw, names::EXTENSION_ATTRIBUTES)? {
        Value::Null => {
            into.extend(names::extension_attributes().map(|name| (name.to_owned(), None)));
        }
        Value::Object(values) => {
            for (name, value) in values {
                if !matches!(value, Value::String(_) | Value::Null) {
                    let field = format!("{}.{name}", names::EXTENSION_ATTRIBUTES);
                    return Err(source.wrong(raw, &field, format!("expected text, found {value}")));
                }
                into.insert(names::to_source(&name).into_owned(), unless_empty(value));
            }
        }
        _ => {
            let why = format!("expected an object, found {}", kind(raw));
            return Err(source.wrong(raw, names::EXTENSION_ATTRIBUTES, why));
        }
    }
    Ok(())
}

/// A guest is mapped under the address that it stands for; what is stored is kept beside it.
fn sign_in_name(attributes: &mut Attributes) {
    let Some(stored) = attributes.get(names::USER_PRINCIPAL_NAME).cloned() else { return };
    let seen = stored
        .as_ref()
        .and_then(Value::as_str)
        .map(|stored| names::user_principal_name(stored).into());
    attributes.insert(names::USER_PRINCIPAL_NAME.to_owned(), seen);
    attributes.entry(names::ORIGINAL_USER_PRINCIPAL_NAME.to_owned()).or_insert(stored);
}

/// Entra ID maps the first business phone under a name of its own.
fn phones(attributes: &mut Attributes) {
    let Some(all) = attributes.get(names::BUSINESS_PHONES) else { return };
    let first = all.as_ref().and_then(|all| all.get(0)).cloned();
    attributes.insert(names::TELEPHONE_NUMBER.to_owned(), first);
}

fn members(source: &Source<'_>, raw: &RawValue, field: &str) -> Result<Vec<Member>, ExportError> {
    let Value::Array(values) = source.value(raw, field)? else {
        return Err(source.wrong(raw, field, format!("expected a list, found {}", kind(raw))));
    };
    let member = |value: &Value| {
        let id = value
            .as_str()
            .or_else(|| value.get("id").and_then(Value::as_str))
            .filter(|id| !id.is_empty());
        let kind = match value.get("@odata.type").and_then(Value::as_str) {
            Some("#microsoft.graph.user") => MemberKind::User,
            Some("#microsoft.graph.group") => MemberKind::Group,
            _ => MemberKind::Other,
        };
        let no_id =
            || source.wrong(raw, field, format!("expected members with an \"id\", found {value}"));
        Ok(Member { id: id.ok_or_else(no_id)?.to_owned(), kind })
    };
    values.iter().map(member).collect()
}

/// The id of the object that is referred to; none for null.
fn reference(
    source: &Source<'_>,
    raw: &RawValue,
    field: &str,
) -> Result<Option<String>, ExportError> {
    match source.value(raw, field)? {
        Value::Null => Ok(None),
        Value::Object(object) => match object.get("id") {
            Some(Value::String(id)) if !id.is_empty() => Ok(Some(id.clone())),
            _ => Err(source.wrong(
                raw,
                field,
                "expected an object with an \"id\"; expand it in the export".to_owned(),
            )),
        },
        Value::String(id) if !id.is_empty() => Ok(Some(id)),
        _ => Err(source.wrong(
            raw,
            field,
            format!("expected an object with an \"id\", found {}", kind(raw)),
        )),
    }
}

fn id(source: &Source<'_>, raw: &RawValue, field: &str) -> Result<Option<String>, ExportError> {
    match source.value(raw, field)? {
        Value::String(id) => Ok(Some(id).filter(|id| !id.is_empty())),
        Value::Null => Ok(None),
        _ => Err(source.wrong(raw, field, format!("expected text, found {}", kind(raw)))),
    }
}
