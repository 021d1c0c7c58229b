//! What a write shows besides: attributes that are `returned: request` show in the answer
//! to a POST, PUT or PATCH that names them (RFC 7643 §7).

use serde_json::{Map, Value};

use super::{Name, Projection};
use crate::patch::{Operation, PatchRequest};
use crate::path::Path;
use crate::resource::{self, Resource, elements, value_of};
use crate::schema::{Attribute, ResourceSchema, Returned};

impl Projection {
    /// The projection of the answer to a POST or PUT with this body.
    #[must_use]
    pub fn with_given(mut self, given: &Resource, schema: &ResourceSchema) -> Self {
        let named = on_request(schema).filter(|path| resource::get(given, path).is_some());
        self.written.extend(named.filter_map(|path| Name::of(&path, schema)));
        self
    }

    /// The projection of the answer to a PATCH.
    #[must_use]
    pub fn with_patch(mut self, request: &PatchRequest, schema: &ResourceSchema) -> Self {
        let wanted: Vec<Name> =
            on_request(schema).filter_map(|path| Name::of(&path, schema)).collect();
        if wanted.is_empty() {
            return self;
        }
        let operations = request.operations.iter();
        let named: Vec<_> = operations.flat_map(|operation| named(operation, schema)).collect();
        let is_named = |name: &Name| named.iter().any(|(at, value)| names(at, *value, name));
        self.written.extend(wanted.into_iter().filter(is_named));
        self
    }
}

/// The attributes and sub-attributes that show only on request.
fn on_request(schema: &ResourceSchema) -> impl Iterator<Item = Path> {
    let top = schema.top_attributes().map(|attribute| (None, attribute));
    let below = schema.extensions.iter().flat_map(|extension| {
        extension.attributes.iter().map(|attribute| (Some(extension.id.clone()), attribute))
    });
    let is_on_request = |attribute: &&Attribute| attribute.returned == Returned::Request;
    let has_any = move |attribute: &Attribute| {
        is_on_request(&attribute)
            || attribute.sub_attributes.iter().any(|part| is_on_request(&part))
    };
    let with_any = top.chain(below).filter(move |(_, attribute)| has_any(attribute));
    with_any.flat_map(move |(urn, attribute)| {
        let path = Path { schema: urn, ..Path::attribute(&attribute.name) };
        let itself = Some(attribute).filter(is_on_request).map(|_| path.clone());
        let parts = attribute.sub_attributes.iter().filter(is_on_request);
        let parts = parts.map(move |part| path.clone().with_sub_attribute(&part.name));
        itself.into_iter().chain(parts)
    })
}

/// What an operation names, each with the value that it is given.
fn named<'o>(operation: &'o Operation, schema: &ResourceSchema) -> Vec<(Name, Option<&'o Value>)> {
    let value = operation.value.as_ref();
    let values = value.and_then(Value::as_object);
    let Some(path) = &operation.path else {
        return values.map(|values| keys(values, None, schema)).unwrap_or_default();
    };
    let Some(name) = Name::of(path, schema) else { return Vec::new() };
    match values {
        Some(values) if name.attribute.is_empty() => {
            keys(values, name.extension.as_deref(), schema)
        }
        _ => vec![(name, value)],
    }
}

/// What the keys of an object name: at the top, or below the extension `urn`. A key may be
/// a whole path, as [`apply`](crate::patch::apply) reads them.
fn keys<'o>(
    values: &'o Map<String, Value>,
    urn: Option<&str>,
    schema: &ResourceSchema,
) -> Vec<(Name, Option<&'o Value>)> {
    let mut named = Vec::with_capacity(values.len());
    for (key, value) in values.iter().filter(|(_, value)| !value.is_null()) {
        let extension = schema.extension(key).filter(|_| urn.is_none());
        if let (Some(extension), Value::Object(below)) = (extension, value) {
            named.append(&mut keys(below, Some(&extension.id), schema));
        } else if let Ok(mut path) = Path::parse(key) {
            path.schema = path.schema.or_else(|| urn.map(str::to_owned));
            named.extend(Name::of(&path, schema).map(|name| (name, Some(value))));
        }
    }
    named
}

/// Whether `value` written to what is named `at` names what is called `wanted`.
fn names(at: &Name, value: Option<&Value>, wanted: &Name) -> bool {
    if !at.touches(wanted) {
        return false;
    }
    match (&at.part, &wanted.part) {
        // The parent is written, and its value says which of its parts.
        (None, Some(part)) => value.is_some_and(|value| {
            elements(value).iter().any(|element| {
                element.as_object().is_some_and(|parts| value_of(parts, part).is_some())
            })
        }),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> ResourceSchema {
        let core = json!({"id": "urn:example:Thing", "name": "Thing", "attributes": [
            {"name": "key"}, {"name": "hint", "returned": "request"},
            {"name": "box", "type": "complex", "subAttributes": [{"name": "a"}, {"name": "b", "returned": "request"}]},
            {"name": "many", "type": "complex", "multiValued": true,
             "subAttributes": [{"name": "value"}, {"name": "b", "returned": "request"}]}]});
        let more = json!({"id": "urn:example:More", "name": "More", "attributes": [
            {"name": "hint", "returned": "request"}]});
        ResourceSchema {
            core: serde_json::from_value(core).unwrap(),
            extensions: vec![serde_json::from_value(more).unwrap()],
        }
    }

    fn shown(projection: &Projection) -> Value {
        let thing = json!({"key": "k", "hint": "h", "box": {"a": 1, "b": 2}, "many": [{"value": "v", "b": 3}],
            "urn:example:More": {"hint": "m"}});
        Value::Object(projection.project(thing.as_object().unwrap().clone(), &schema()))
    }

    #[track_caller]
    fn check_given(given: &Value, expected: &Value) {
        let projection = Projection::default().with_given(given.as_object().unwrap(), &schema());
        assert_eq!(&shown(&projection), expected, "{given}");
    }

    #[track_caller]
    fn check_patch(operation: &Value, expected: &Value) {
        let message = json!({"Operations": [operation]});
        let (request, _) = PatchRequest::from_json(&message).unwrap();
        let projection = Projection::default().with_patch(&request, &schema());
        assert_eq!(&shown(&projection), expected, "{operation}");
    }

    #[test]
    fn what_a_body_names_shows_in_the_answer() {
        let plain = json!({"key": "k", "box": {"a": 1}, "many": [{"value": "v"}]});
        check_given(&json!({"key": "k"}), &plain);
        check_given(
            &json!({"HINT": "h"}),
            &json!({"key": "k", "hint": "h", "box": {"a": 1}, "many": [{"value": "v"}]}),
        );
        check_given(
            &json!({"box": {"b": 2}, "urn:example:More": {"hint": "x"}}),
            &json!({"key": "k", "box": {"a": 1, "b": 2}, "many": [{"value": "v"}], "urn:example:More": {"hint": "m"}}),
        );
    }

    #[test]
    fn what_a_patch_names_shows_in_the_answer() {
        let plain = json!({"key": "k", "box": {"a": 1}, "many": [{"value": "v"}]});
        let with_box = json!({"key": "k", "box": {"a": 1, "b": 2}, "many": [{"value": "v"}]});
        let with_many = json!({"key": "k", "box": {"a": 1}, "many": [{"value": "v", "b": 3}]});
        let with_hint = json!({"key": "k", "hint": "h", "box": {"a": 1}, "many": [{"value": "v"}]});
        check_patch(&json!({"op": "add", "path": "key", "value": "x"}), &plain);
        check_patch(&json!({"op": "add", "path": "hint", "value": "x"}), &with_hint);
        check_patch(&json!({"op": "add", "value": {"hint": "x"}}), &with_hint);
        check_patch(&json!({"op": "add", "path": "box", "value": {"a": 3}}), &plain);
        check_patch(&json!({"op": "add", "value": {"box": {"b": 3}}}), &with_box);
        check_patch(&json!({"op": "add", "value": {"BOX.b": 3}}), &with_box);
        check_patch(&json!({"op": "add", "value": {"many[value eq \"v\"].b": 3}}), &with_many);
        check_patch(&json!({"op": "add", "path": "box", "value": {"b": 3}}), &with_box);
        check_patch(&json!({"op": "replace", "path": "box.b", "value": 3}), &with_box);
        check_patch(&json!({"op": "add", "path": "many", "value": [{"b": 3}]}), &with_many);
        check_patch(
            &json!({"op": "replace", "path": "many[value eq \"v\"].b", "value": 3}),
            &with_many,
        );
    }

    #[test]
    fn what_a_patch_names_in_an_extension_shows_in_the_answer() {
        let plain = json!({"key": "k", "box": {"a": 1}, "many": [{"value": "v"}]});
        let mut with_more = plain.clone();
        with_more["urn:example:More"] = json!({"hint": "m"});
        let more = "urn:example:More";
        check_patch(&json!({"op": "add", "path": "urn:example:More:hint", "value": 3}), &with_more);
        check_patch(&json!({"op": "add", "path": more, "value": {"hint": 3}}), &with_more);
        check_patch(&json!({"op": "add", "path": more, "value": {"note": 3}}), &plain);
        check_patch(&json!({"op": "add", "value": {"urn:example:More:hint": 3}}), &with_more);
        check_patch(&json!({"op": "add", "value": {more: {"Hint": 3}}}), &with_more);
        check_patch(&json!({"op": "add", "value": {more: {"note": 3}}}), &plain);
    }

    #[test]
    fn what_is_excluded_does_not_show_though_it_is_named() {
        let schema = schema();
        let check = |excluded: &str, expected: Value| {
            let excluding = Projection::parse("", excluded, &schema).unwrap();
            let given = json!({"hint": "h", "box": {"b": 1}, "many": [{"b": 3}],
                "urn:example:More": {"hint": "m"}});
            let projection = excluding.with_given(given.as_object().unwrap(), &schema);
            assert_eq!(shown(&projection), expected, "{excluded}");
        };
        check(
            "hint,box.b,urn:example:More",
            json!({"key": "k", "box": {"a": 1}, "many": [{"value": "v", "b": 3}]}),
        );
        check("key,many,box.a,urn:example:More:hint", json!({"hint": "h", "box": {"b": 2}}));
    }

    #[test]
    fn what_a_write_names_is_not_what_the_client_asks_for() {
        let schema = schema();
        let given = json!({"hint": "h"});
        let names_attributes = |attributes: &str, excluded: &str| {
            let projection = Projection::parse(attributes, excluded, &schema).unwrap();
            projection.with_given(given.as_object().unwrap(), &schema).names_attributes()
        };
        assert!(!names_attributes("", ""));
        assert!(names_attributes("key", ""));
        assert!(names_attributes("", "key"));
    }

    #[test]
    fn what_is_asked_for_by_name_stays_as_it_is() {
        let schema = schema();
        let asked = Projection::parse("key", "", &schema).unwrap();
        let given = json!({"hint": "h", "box": {"b": 1}});
        let projection = asked.with_given(given.as_object().unwrap(), &schema);
        assert_eq!(shown(&projection), json!({"key": "k", "hint": "h"}));
    }
}
