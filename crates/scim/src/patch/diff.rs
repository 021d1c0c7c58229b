//! From two states of a resource to the smallest request between them.
//!
//! Members come and go one by one, elements that differ in `type` change in place,
//! complex values part by part; only where elements cannot be told apart is a list
//! replaced whole. The order of elements has no meaning (RFC 7643 §2.4). Linear in the
//! size of both states.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::elements::{Scope, identity, is_primary};
use super::{OPERATION_COUNT_MAX, Operation, PatchRequest};
use crate::coerce::Fitting;
use crate::filter::Filter;
use crate::path::Path;
use crate::resource::{Resource, elements, is_urn, value_of};
use crate::schema::{Attribute, Mutability, ResourceSchema};

/// The operations that turn `from` into `to`; none if they are alike. Read-only
/// attributes are left out; attributes that no schema defines are compared whole.
#[must_use]
pub fn diff(from: &Resource, to: &Resource, schema: &ResourceSchema) -> PatchRequest {
    let mut operations = Vec::new();
    for attribute in schema.top_attributes() {
        between(from, to, Path::attribute(&attribute.name), attribute, &mut operations);
    }
    let none = Map::new();
    let below = |resource, urn| value_of(resource, urn).and_then(Value::as_object).unwrap_or(&none);
    for extension in &schema.extensions {
        let (from, to) = (below(from, &extension.id), below(to, &extension.id));
        for attribute in &extension.attributes {
            let path =
                Path { schema: Some(extension.id.clone()), ..Path::attribute(&attribute.name) };
            between(from, to, path, attribute, &mut operations);
        }
    }
    undefined(from, to, schema, &mut operations);
    PatchRequest { operations }
}

/// Changes of one attribute. Both sides are compared as the schema writes them and without
/// what is read-only; references only by what they refer to, so those that stay are not
/// looked at closer.
fn between(
    from: &Map<String, Value>,
    to: &Map<String, Value>,
    path: Path,
    attribute: &Attribute,
    operations: &mut Vec<Operation>,
) {
    let (from, to) = (value_of(from, &attribute.name), value_of(to, &attribute.name));
    if attribute.mutability == Mutability::ReadOnly || from == to {
        return;
    }
    if let (true, Some(from), Some(to)) = (attribute.is_reference_list(), from, to)
        && let (from @ [_, ..], to @ [_, ..]) = (elements(from), elements(to))
        && let Some(changes) = between_references(&path, from, to, attribute)
    {
        operations.extend(changes);
        return;
    }
    let (from, to) = (fitted(from, attribute), fitted(to, attribute));
    if from == to {
        return;
    }
    match (from, to) {
        (None, None) => {}
        (None, Some(to)) => operations.push(Operation::add(path, to)),
        (Some(_), None) => operations.push(Operation::remove(path)),
        (Some(from), Some(to)) if attribute.multi_valued => {
            let (from, to) = (elements(&from), elements(&to));
            match between_lists(&path, from, to, attribute) {
                Some(changes) => operations.extend(changes),
                None => operations.push(Operation::replace(path, to.to_vec())),
            }
        }
        (Some(Value::Object(from)), Some(Value::Object(to))) => {
            operations.extend(between_parts(&from, &to, attribute, &|part| {
                path.clone().with_sub_attribute(part)
            }));
        }
        (Some(_), Some(to)) => operations.push(Operation::replace(path, to)),
    }
}

/// The value as the schema writes it; as it is, if it does not fit.
fn fitted(value: Option<&Value>, attribute: &Attribute) -> Option<Value> {
    let value = value?;
    Fitting::default().whole(value.clone(), attribute).unwrap_or_else(|_| Some(value.clone()))
}

/// Changes of the parts of one complex value.
fn between_parts(
    from: &Map<String, Value>,
    to: &Map<String, Value>,
    attribute: &Attribute,
    path: &dyn Fn(&str) -> Path,
) -> Vec<Operation> {
    let parts = attribute.sub_attributes.iter().filter_map(|part| {
        match (value_of(from, &part.name), value_of(to, &part.name)) {
            (None, Some(to)) => Some(Operation::add(path(&part.name), to.clone())),
            (Some(_), None) => Some(Operation::remove(path(&part.name))),
            (Some(from), Some(to)) if from != to => {
                Some(Operation::replace(path(&part.name), to.clone()))
            }
            _ => None,
        }
    });
    parts.collect()
}

/// Changes element by element; `None` if only the whole list will do.
fn between_lists(
    path: &Path,
    from: &[Value],
    to: &[Value],
    attribute: &Attribute,
) -> Option<Vec<Operation>> {
    if attribute.is_reference_list() {
        return None; // looked at before, and no reference tells what it refers to
    }
    only_added(path, from, to, attribute).or_else(|| between_typed(path, from, to, attribute))
}

fn between_references(
    path: &Path,
    from: &[Value],
    to: &[Value],
    attribute: &Attribute,
) -> Option<Vec<Operation>> {
    let (there, wanted) = (identities(from, attribute), identities(to, attribute));
    let not_in = |known: &HashSet<Cow<'_, str>>, element: &Value| {
        !known.contains(identity(element, attribute, Scope::Full).as_ref())
    };
    let removed: Vec<&Value> = from.iter().filter(|element| not_in(&wanted, element)).collect();
    let added: Vec<Value> = to.iter().filter(|element| not_in(&there, element)).cloned().collect();
    if removed.len() >= OPERATION_COUNT_MAX {
        return None;
    }
    let mut operations = Vec::with_capacity(removed.len() + 1);
    for element in removed {
        let value = match element {
            Value::Object(parts) => value_of(parts, "value")?,
            bare => bare,
        };
        let filter = Filter::eq(&Path::attribute("value"), value.clone());
        operations.push(Operation::remove(path.clone().with_filter(filter)));
    }
    if let Some(added) = fitted(Some(&Value::Array(added)), attribute) {
        operations.push(Operation::add(path.clone(), added));
    }
    Some(operations)
}

fn identities<'l>(list: &'l [Value], attribute: &Attribute) -> HashSet<Cow<'l, str>> {
    list.iter().map(|element| identity(element, attribute, Scope::Full)).collect()
}

/// One add, or nothing, if everything that was there stays as it is.
fn only_added(
    path: &Path,
    from: &[Value],
    to: &[Value],
    attribute: &Attribute,
) -> Option<Vec<Operation>> {
    let key = |element: &Value| identity(element, attribute, Scope::Full).into_owned();
    let mut new: HashMap<String, &Value> =
        to.iter().map(|element| (key(element), element)).collect();
    let distinct = new.len() == to.len() && from.len() <= to.len();
    let stays = distinct && from.iter().all(|element| new.remove(&key(element)) == Some(element));
    // An element without type would complete one of the same value, not stand beside it.
    let is_new = |element: &&&Value| new.contains_key(&key(element));
    let added: Vec<Value> = to.iter().filter(|element| is_new(&element)).cloned().collect();
    let apart = added.iter().all(|element| {
        let parts = element.as_object();
        parts.is_some_and(|parts| {
            value_of(parts, "value").is_some() && value_of(parts, "type").is_some()
        })
    });
    let moves_primary = added.iter().any(is_primary) && from.iter().any(is_primary);
    if !stays || !apart || moves_primary {
        return None;
    }
    let operation = Operation::add(path.clone(), added);
    Some(if to.len() > from.len() { vec![operation] } else { Vec::new() })
}

/// Changes in place, if every element has a `type` of its own.
fn between_typed(
    path: &Path,
    from: &[Value],
    to: &[Value],
    attribute: &Attribute,
) -> Option<Vec<Operation>> {
    let (old, new) = (by_type(from)?, by_type(to)?);
    let mut operations = Vec::new();
    let at =
        |kind: &Value| path.clone().with_filter(Filter::eq(&Path::attribute("type"), kind.clone()));
    for element in from.iter().filter_map(Value::as_object) {
        let kind = value_of(element, "type")?;
        match new.get(&kind.as_str()?.to_lowercase()) {
            None => operations.push(Operation::remove(at(kind))),
            Some(wanted) if is_bare(wanted) => return None,
            Some(wanted) => operations.extend(between_parts(element, wanted, attribute, &|part| {
                at(kind).with_sub_attribute(part)
            })),
        }
    }
    let is_new = |element: &&Value| {
        let kind =
            element.as_object().and_then(|parts| value_of(parts, "type")).and_then(Value::as_str);
        kind.is_some_and(|kind| !old.contains_key(&kind.to_lowercase()))
    };
    let added: Vec<Value> = to.iter().filter(is_new).cloned().collect();
    if !added.is_empty() {
        operations.push(Operation::add(path.clone(), added));
    }
    Some(operations)
}

/// The elements by their type; `None` if one has none, or two have the same.
fn by_type(list: &[Value]) -> Option<HashMap<String, &Map<String, Value>>> {
    let mut types = HashMap::with_capacity(list.len());
    for element in list {
        let parts = element.as_object()?;
        let kind = value_of(parts, "type")?.as_str()?.to_lowercase();
        if types.insert(kind, parts).is_some() {
            return None;
        }
    }
    Some(types)
}

/// Whether an element would vanish once its other parts are removed.
fn is_bare(parts: &Map<String, Value>) -> bool {
    parts.keys().all(|key| key.eq_ignore_ascii_case("type") || key.eq_ignore_ascii_case("primary"))
}

/// What no schema defines, compared whole: top-level attributes and those of unknown extensions.
fn undefined(
    from: &Resource,
    to: &Resource,
    schema: &ResourceSchema,
    operations: &mut Vec<Operation>,
) {
    let keys: Vec<&String> =
        from.keys().chain(to.keys().filter(|key| value_of(from, key).is_none())).collect();
    for key in keys {
        if schema.top_attribute(key).is_some() || schema.extension(key).is_some() {
            continue;
        }
        let (old, new) = (value_of(from, key), value_of(to, key));
        match (old, new) {
            (Some(Value::Object(old)), Some(Value::Object(new))) if is_urn(key) => {
                let names =
                    old.keys().chain(new.keys().filter(|name| value_of(old, name).is_none()));
                for name in names {
                    let path = Path { schema: Some(key.clone()), ..Path::attribute(name) };
                    operations.extend(whole(path, value_of(old, name), value_of(new, name)));
                }
            }
            (old, new) => {
                if let Ok(path) = Path::parse(key) {
                    operations.extend(whole(path, old, new));
                }
            }
        }
    }
}

fn whole(path: Path, from: Option<&Value>, to: Option<&Value>) -> Option<Operation> {
    match (from, to) {
        (None, Some(to)) => Some(Operation::add(path, to.clone())),
        (Some(_), None) => Some(Operation::remove(path)),
        (Some(from), Some(to)) if from != to => Some(Operation::replace(path, to.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::standard;
    use serde_json::json;

    /// Each operation as `op path value`.
    #[track_caller]
    fn check(from: Value, to: Value, expected: &[&str]) {
        let mut schema = standard::users();
        schema.core.attributes.extend(standard::group().attribute("members").cloned());
        let (from, to) = (from.as_object().unwrap(), to.as_object().unwrap());
        let request = diff(from, to, &schema);
        let shown: Vec<String> = request
            .operations
            .iter()
            .map(|operation| {
                let path = operation.path.as_ref().map(ToString::to_string).unwrap_or_default();
                let value =
                    operation.value.as_ref().map(|value| format!(" {value}")).unwrap_or_default();
                format!("{} {path}{value}", operation.op.name())
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn single_values_are_added_replaced_and_removed() {
        check(
            json!({"userName": "ada", "title": "Dr", "nickName": "a", "active": true}),
            json!({"userName": "ada", "title": "Prof", "locale": "fr", "active": true}),
            &["remove nickName", "replace title \"Prof\"", "add locale \"fr\""],
        );
        check(json!({"id": "1", "meta": {}, "title": null}), json!({"id": "2"}), &[]);
    }

    #[test]
    fn complex_values_change_part_by_part() {
        check(
            json!({"name": {"givenName": "Ada", "familyName": "L"}}),
            json!({"name": {"givenName": "Ada", "familyName": "K", "middleName": "M"}}),
            &["replace name.familyName \"K\"", "add name.middleName \"M\""],
        );
    }

    #[test]
    fn members_come_and_go_one_by_one() {
        check(
            json!({"members": [{"value": "1", "$ref": "x"}, {"value": "2"}]}),
            json!({"members": [{"value": "3"}, {"value": "1"}, {"value": "4"}]}),
            &[
                "remove members[value eq \"2\"]",
                "add members [{\"value\":\"3\"},{\"value\":\"4\"}]",
            ],
        );
        check(json!({"members": [{"value": "1"}]}), json!({}), &["remove members"]);
    }

    #[test]
    fn typed_elements_change_in_place() {
        check(
            json!({"emails": [{"type": "work", "value": "a"}, {"type": "home", "value": "b"}]}),
            json!({"emails": [{"type": "work", "value": "c"}, {"type": "other", "value": "d"}]}),
            &[
                "replace emails[type eq \"work\"].value \"c\"",
                "remove emails[type eq \"home\"]",
                "add emails [{\"type\":\"other\",\"value\":\"d\"}]",
            ],
        );
        check(
            json!({"emails": [{"type": "work", "value": "a"}]}),
            json!({"emails": [{"type": "work", "value": "a"}, {"type": "home", "value": "b"}]}),
            &["add emails [{\"type\":\"home\",\"value\":\"b\"}]"],
        );
        check(
            json!({"roles": [{"value": "a"}]}),
            json!({"roles": [{"value": "b"}]}),
            &["replace roles [{\"value\":\"b\"}]"],
        );
    }

    #[test]
    fn extensions_change_below_their_urn_known_or_not() {
        check(
            json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "A"}, "urn:x:y": {"a": 1}}),
            json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "7"}}, "urn:x:y": {"a": 2}, "extra": 1}),
            &[
                "remove urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                "add urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager {\"value\":\"7\"}",
                "replace urn:x:y:a 2",
                "add extra 1",
            ],
        );
    }
}
