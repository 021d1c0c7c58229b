//! Resources: JSON objects whose attribute names are read in any case.
//!
//! Values of the core schema stand at the top, those of an extension below its URN
//! (RFC 7643 §3.3).

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::filter::{Definitions, Filter, holds};
use crate::path::Path;
use crate::schema::{Attribute, ResourceSchema};

/// A user, a group or any other resource, with attributes in the order of writing.
pub type Resource = Map<String, Value>;

/// Builds a resource from values at paths, as an attribute mapping yields them.
///
/// Paths that mean the same element fill one element: `addresses[type eq "work"].locality`
/// and `.region` give one address with `"type": "work"`. Values that are null are left
/// out, and `schemas` is not added ([`schemas_of`] tells them). A filter that is not a
/// conjunction of `eq` adds an element without constants.
#[must_use]
pub fn assemble(values: &[(Path, Value)]) -> Resource {
    let mut resource = Resource::new();
    for (path, value) in values.iter().filter(|(_, value)| !value.is_null()) {
        place(&mut resource, path, value.clone());
    }
    resource
}

/// The first value at `path`; null counts as absent (RFC 7643 §2.5). Where an attribute
/// has several elements and the path none in particular, the first that has the value.
#[must_use]
pub fn get<'r>(resource: &'r Resource, path: &Path) -> Option<&'r Value> {
    let attribute = match path.extension_urn() {
        None => value_of(resource, &path.attribute)?,
        Some(urn) => {
            let extension = value_of(resource, urn);
            if path.attribute.is_empty() {
                return extension;
            }
            match extension.and_then(Value::as_object) {
                Some(values) => value_of(values, &path.attribute)?,
                // `urn:example:thing`, an extension's whole name that was split at its last colon.
                None => value_of(resource, &format!("{urn}:{}", path.attribute))?,
            }
        }
    };
    let Some(filter) = &path.filter else { return part(attribute, path) };
    elements(attribute)
        .iter()
        .filter(|element| {
            element.as_object().is_some_and(|values| holds(filter, values, Definitions::None))
        })
        .find_map(|element| part(element, path))
}

/// The value of the attribute `name` in any case; `None` also for null.
#[must_use]
pub fn value_of<'r>(values: &'r Map<String, Value>, name: &str) -> Option<&'r Value> {
    let value = match values.get(name) {
        Some(value) => value,
        None => values.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1,
    };
    Some(value).filter(|value| !value.is_null())
}

/// The schemas a resource uses: `core`, then each URN with values below it.
#[must_use]
pub fn schemas_of(resource: &Resource, core: &str) -> Vec<String> {
    let extensions = resource
        .iter()
        .filter(|(key, value)| {
            is_urn(key) && value.as_object().is_some_and(|values| !values.is_empty())
        })
        .map(|(key, _)| key.clone());
    std::iter::once(core.to_owned()).chain(extensions).collect()
}

/// The value at the attribute that `path` names, and its definition. Filter and
/// sub-attribute of the path are left to the caller.
pub(crate) fn look_up<'r, 's>(
    resource: &'r Resource,
    path: &Path,
    schema: &'s ResourceSchema,
) -> (Option<&'s Attribute>, Option<&'r Value>) {
    let target = schema.locate(path.schema.as_deref(), &path.attribute);
    let urn = match target {
        Some(target) => target.extension.map(|schema| schema.id.as_str()),
        None => path.extension_urn(),
    };
    let whole = target.is_some_and(|target| target.attribute.is_none());
    let value = match urn {
        Some(urn) if whole => value_of(resource, urn),
        urn => below(resource, urn, path),
    };
    (target.and_then(|target| target.attribute), value)
}

/// The value of the attribute that `path` names below `urn`, or at the top.
pub(crate) fn below<'r>(
    values: &'r Map<String, Value>,
    urn: Option<&str>,
    path: &Path,
) -> Option<&'r Value> {
    let Some(urn) = urn else { return value_of(values, &path.attribute) };
    let extension = value_of(values, urn)?;
    if path.attribute.is_empty() {
        return Some(extension);
    }
    value_of(extension.as_object()?, &path.attribute)
}

/// The key under which `name` stands in `values`, in the case in which it stands there.
pub(crate) fn key_of<'r>(values: &'r Map<String, Value>, name: &str) -> Option<&'r str> {
    match values.get_key_value(name) {
        Some((key, _)) => Some(key),
        None => values.keys().find(|key| key.eq_ignore_ascii_case(name)).map(String::as_str),
    }
}

/// A name that stands in `values` before, in another case: both mean one attribute.
pub(crate) fn twin(values: &Map<String, Value>) -> Option<&str> {
    /// With so few names, comparing each with each is cheaper than a table of them.
    const FEW: usize = 8;
    let mut keys = values.keys().map(String::as_str);
    if values.len() <= FEW {
        let before = |key: &str, count: usize| {
            values.keys().take(count).any(|other| other.eq_ignore_ascii_case(key))
        };
        return keys.enumerate().find(|(count, key)| before(key, *count)).map(|(_, key)| key);
    }
    let mut seen = HashSet::with_capacity(values.len());
    keys.find(|key| !seen.insert(key.to_ascii_lowercase()))
}

/// The place of `name` in `values`, made with null if it is not there.
pub(crate) fn entry<'r>(values: &'r mut Map<String, Value>, name: &str) -> &'r mut Value {
    let key = key_of(values, name).unwrap_or(name).to_owned();
    values.entry(key).or_insert(Value::Null)
}

/// The elements of a multi-valued attribute; a single value is one element.
pub(crate) fn elements(value: &Value) -> &[Value] {
    match value {
        Value::Array(elements) => elements,
        Value::Null => &[],
        single => std::slice::from_ref(single),
    }
}

pub(crate) fn is_urn(key: &str) -> bool {
    key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

/// Makes `value` an object, if it is none, and gives it.
pub(crate) fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("made an object above")
}

/// Makes `value` a list, if it is none, and gives it.
pub(crate) fn list(value: &mut Value) -> &mut Vec<Value> {
    if !value.is_array() {
        *value = match value.take() {
            Value::Null => Value::Array(Vec::new()),
            single => Value::Array(vec![single]),
        };
    }
    value.as_array_mut().expect("made a list above")
}

fn part<'r>(value: &'r Value, path: &Path) -> Option<&'r Value> {
    let Some(sub) = &path.sub_attribute else { return Some(value) };
    elements(value).iter().find_map(|element| value_of(element.as_object()?, sub))
}

fn place(resource: &mut Resource, path: &Path, value: Value) {
    let values = match path.extension_urn() {
        None => resource,
        Some(urn) => object(entry(resource, urn)),
    };
    if path.attribute.is_empty() {
        if let Value::Object(given) = value {
            values.extend(given);
        }
        return;
    }
    let attribute = entry(values, &path.attribute);
    match (&path.filter, &path.sub_attribute) {
        (Some(filter), sub) => fill(element(list(attribute), filter), sub.as_deref(), value),
        (None, Some(sub)) => *entry(object(attribute), sub) = value,
        (None, None) => match (attribute, value) {
            (Value::Array(there), Value::Array(more)) => there.extend(more),
            (attribute, value) => *attribute = value,
        },
    }
}

/// The element of `elements` that `filter` admits, added if there is none.
fn element<'e>(elements: &'e mut Vec<Value>, filter: &Filter) -> &'e mut Value {
    let admitted = |element: &Value| {
        element.as_object().is_some_and(|values| holds(filter, values, Definitions::None))
    };
    let index = elements.iter().position(admitted).unwrap_or_else(|| {
        elements.push(Value::Object(constants(filter)));
        elements.len() - 1
    });
    &mut elements[index]
}

/// The sub-attributes that `filter` fixes. The text `"True"` that Entra's
/// `roles[primary eq "True"]` gives `primary` becomes the boolean it means.
fn constants(filter: &Filter) -> Map<String, Value> {
    let pairs = filter.constants().unwrap_or_default();
    let pairs = pairs.into_iter().map(|(name, value)| {
        let boolean = if name.eq_ignore_ascii_case("primary") { boolean(value) } else { None };
        (name.to_owned(), boolean.map_or_else(|| value.clone(), Value::Bool))
    });
    pairs.collect()
}

/// The boolean that a text such as `"True"` means.
pub(crate) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(boolean) => Some(*boolean),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn fill(element: &mut Value, sub_attribute: Option<&str>, value: Value) {
    match (sub_attribute, value) {
        (Some(sub), value) => *entry(object(element), sub) = value,
        (None, Value::Object(given)) => object(element).extend(given),
        (None, value) => *entry(object(element), "value") = value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check_assemble(values: &[(&str, Value)], expected: Value) {
        let values: Vec<_> = values
            .iter()
            .map(|(path, value)| (Path::parse(path).unwrap(), value.clone()))
            .collect();
        assert_eq!(Value::Object(assemble(&values)), expected);
        for (path, value) in values.iter().filter(|(_, value)| !value.is_null()) {
            assert_eq!(get(&assemble(&values[..]), path), Some(value), "get {path}");
        }
    }

    #[track_caller]
    fn check_get(resource: &Value, path: &str, expected: Option<Value>) {
        let resource = resource.as_object().unwrap();
        assert_eq!(get(resource, &Path::parse(path).unwrap()), expected.as_ref(), "{path}");
    }

    #[test]
    fn plain_and_nested_values_stand_where_the_path_says() {
        check_assemble(
            &[
                ("userName", json!("ada")),
                ("name.givenName", json!("Ada")),
                ("name.familyName", json!("L")),
                ("active", json!(true)),
            ],
            json!({"userName": "ada", "name": {"givenName": "Ada", "familyName": "L"}, "active": true}),
        );
    }

    #[test]
    fn paths_of_one_element_fill_one_element() {
        check_assemble(
            &[
                ("emails[type eq \"work\"].value", json!("a@x")),
                ("addresses[type eq \"work\"].locality", json!("Paris")),
                ("addresses[type eq \"work\"].region", json!("IDF")),
                ("emails[type eq \"home\"].value", json!("b@x")),
            ],
            json!({"emails": [{"type": "work", "value": "a@x"}, {"type": "home", "value": "b@x"}],
                   "addresses": [{"type": "work", "locality": "Paris", "region": "IDF"}]}),
        );
        check_assemble(
            &[("roles[primary eq \"True\"].value", json!("Admin"))],
            json!({"roles": [{"primary": true, "value": "Admin"}]}),
        );
    }

    #[test]
    fn extensions_stand_below_their_urn_and_null_is_left_out() {
        check_assemble(
            &[
                (
                    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                    json!("R&D"),
                ),
                ("urn:ietf:params:scim:schemas:core:2.0:User:title", json!("Dr")),
                ("nickName", Value::Null),
                ("roles", json!([])),
            ],
            json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D"}, "title": "Dr", "roles": []}),
        );
    }

    #[test]
    fn get_reads_in_any_case_and_takes_the_first() {
        let user = json!({"UserName": "ada", "title": null, "urn:example:thing": {"a": 1},
            "emails": [{"type": "home"}, {"type": "Work", "value": "a@x"}, {"type": "work", "value": "b@x"}]});
        check_get(&user, "username", Some(json!("ada")));
        check_get(&user, "title", None);
        check_get(&user, "emails[type eq \"work\"].value", Some(json!("a@x")));
        check_get(&user, "emails.value", Some(json!("a@x")));
        check_get(&user, "emails[type eq \"other\"]", None);
        check_get(&user, "urn:example:thing", Some(json!({"a": 1})));
        check_get(&user, "urn:example:thing:a", Some(json!(1)));
    }

    #[test]
    fn names_that_differ_in_case_alone_are_twins() {
        let many: Map<String, Value> =
            (0..20).map(|number| (format!("a{number}"), Value::Null)).collect();
        assert_eq!(twin(&many), None);
        let mut more = many.clone();
        more.insert("A7".to_owned(), Value::Null);
        assert_eq!(twin(&more), Some("A7"));
        let few = json!({"userName": "a", "title": "x", "USERNAME": "b"});
        assert_eq!(twin(few.as_object().unwrap()), Some("USERNAME"));
        assert_eq!(twin(&Map::new()), None);
    }

    #[test]
    fn schemas_are_those_with_values() {
        let user = json!({"userName": "ada", "urn:a": {"x": 1}, "urn:b": {}});
        assert_eq!(schemas_of(user.as_object().unwrap(), "urn:core"), ["urn:core", "urn:a"]);
    }
}
