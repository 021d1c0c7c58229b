//! How whole resources are written: what the schemas say about it is worked out once for
//! each kind, so that a resource goes from the store's values to text in one pass.
//!
//! Says the same as [`Writer::resource`](crate::writer::Writer::resource) with a projection
//! that wants everything; that one serves the requests that name attributes.

use percent_encoding::utf8_percent_encode;
use scim::Resource;
use scim::schema::{Attribute, AttributeType, Returned};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::service::{ResourceKind, Service};
use crate::writer::{UNRESERVED, Writer, id_of};

/// How the resources of a service are written.
pub(crate) struct Layouts(Vec<Layout>);

/// How the resources of one kind are written.
pub(crate) struct Layout {
    /// The name of the kind.
    name: String,
    /// The URN of the core schema.
    core: String,
    /// What stands between the base and an id in a location, such as `/Users/`, as it is
    /// written within a text of JSON.
    endpoint: String,
    /// The attributes at the top that are not written as they are.
    top: Vec<Special>,
    /// The same below each extension's URN.
    extensions: Vec<(String, Vec<Special>)>,
}

/// An attribute that is not written as the store gives it.
struct Special {
    name: String,
    /// It shows only if it is asked for, or never.
    is_hidden: bool,
    /// The same for its sub-attributes.
    hidden_parts: Vec<String>,
    /// Whether its `$ref` leads to what its `value` names.
    is_reference: bool,
    /// The kind that it refers to if its `type` says nothing else.
    refers_to: Option<String>,
}

impl Layouts {
    pub(crate) fn of(service: &Service) -> Self {
        Self(service.kinds.iter().map(|kind| Layout::of(kind, service)).collect())
    }

    /// Adds the text of a resource to `text`, with all that shows without being asked for.
    pub(crate) fn write(
        &self,
        writer: &Writer<'_>,
        kind: &ResourceKind,
        resource: &Resource,
        text: &mut Vec<u8>,
    ) {
        let Some(layout) = self.named(kind.name()) else { return };
        let pen = Pen { layouts: self, writer };
        text.extend_from_slice(b"{\"schemas\":[");
        put(text, &layout.core);
        for (name, value) in resource {
            if is_urn(name) && value.as_object().is_some_and(|values| !values.is_empty()) {
                text.push(b',');
                put(text, name);
            }
        }
        text.push(b']');
        for (name, value) in resource.iter().filter(|(name, _)| *name != "schemas") {
            match value {
                Value::Object(meta) if name == "meta" => {
                    pen.meta(layout, id_of(resource), meta, text);
                }
                Value::Object(values) if is_urn(name) => {
                    pen.extension(name, values, layout.below(name), text);
                }
                value => pen.attribute(name, value, &layout.top, text),
            }
        }
        text.push(b'}');
    }

    fn named(&self, name: &str) -> Option<&Layout> {
        self.0.iter().find(|layout| layout.name.eq_ignore_ascii_case(name))
    }
}

impl Layout {
    fn of(kind: &ResourceKind, service: &Service) -> Self {
        let below = |schema: &scim::schema::Schema| {
            (schema.id.clone(), specials(schema.attributes.iter(), service))
        };
        let endpoint = if service.flavour.lower_case_locations {
            kind.endpoint().to_lowercase()
        } else {
            kind.endpoint().to_owned()
        };
        Self {
            name: kind.name().to_owned(),
            core: kind.resource_type.schema.clone(),
            endpoint: escaped(&format!("/{endpoint}/")),
            top: specials(kind.schema.top_attributes(), service),
            extensions: kind.schema.extensions.iter().map(below).collect(),
        }
    }

    /// The special attributes below an extension's URN.
    fn below(&self, urn: &str) -> &[Special] {
        let found = self.extensions.iter().find(|(id, _)| id.eq_ignore_ascii_case(urn));
        found.map_or(&[], |(_, specials)| specials)
    }
}

impl Special {
    /// `None` if the attribute is written as it is.
    fn of(attribute: &Attribute, service: &Service) -> Option<Self> {
        let is_hidden = |attribute: &Attribute| {
            matches!(attribute.returned, Returned::Never | Returned::Request)
        };
        let parts = attribute.sub_attributes.iter().filter(|part| is_hidden(part));
        let reference = attribute
            .sub_attribute("$ref")
            .filter(|part| part.attribute_type == AttributeType::Reference);
        let mut possible = reference.iter().flat_map(|part| &part.reference_types);
        let special = Self {
            name: attribute.name.clone(),
            is_hidden: is_hidden(attribute),
            hidden_parts: parts.map(|part| part.name.clone()).collect(),
            is_reference: reference.is_some(),
            refers_to: possible.find(|name| service.kind(name).is_some()).cloned(),
        };
        let is_special =
            special.is_hidden || special.is_reference || !special.hidden_parts.is_empty();
        is_special.then_some(special)
    }
}

/// What writes one resource.
#[derive(Clone, Copy)]
struct Pen<'p> {
    layouts: &'p Layouts,
    writer: &'p Writer<'p>,
}

impl Pen<'_> {
    fn meta(self, layout: &Layout, id: &str, meta: &Map<String, Value>, text: &mut Vec<u8>) {
        key(text, "meta");
        text.push(b'{');
        let is_own = |name: &str| matches!(name, "version" | "resourceType" | "location");
        key(text, "resourceType");
        put(text, &layout.name);
        for (name, value) in meta.iter().filter(|(name, _)| !is_own(name)) {
            key(text, name);
            put(text, value);
        }
        key(text, "location");
        self.location(layout, id, text);
        if let Some(version) = meta.get("version").and_then(Value::as_str) {
            key(text, "version");
            put(text, &self.writer.version(version));
        }
        text.push(b'}');
    }

    fn extension(
        self,
        urn: &str,
        values: &Map<String, Value>,
        specials: &[Special],
        text: &mut Vec<u8>,
    ) {
        let start = text.len();
        key(text, urn);
        text.push(b'{');
        let empty = text.len();
        for (name, value) in values {
            self.attribute(name, value, specials, text);
        }
        if text.len() == empty {
            // All of it is hidden.
            text.truncate(start);
        } else {
            text.push(b'}');
        }
    }

    fn attribute(self, name: &str, value: &Value, specials: &[Special], text: &mut Vec<u8>) {
        match specials.iter().find(|special| special.name.eq_ignore_ascii_case(name)) {
            None => {
                key(text, name);
                put(text, value);
            }
            Some(special) if special.is_hidden => {}
            Some(special) => {
                key(text, name);
                self.special(value, special, text);
            }
        }
    }

    fn special(self, value: &Value, special: &Special, text: &mut Vec<u8>) {
        match value {
            Value::Array(elements) => {
                text.push(b'[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        text.push(b',');
                    }
                    self.special(element, special, text);
                }
                text.push(b']');
            }
            Value::Object(parts) => self.parts(parts, special, text),
            simple => put(text, simple),
        }
    }

    fn parts(self, parts: &Map<String, Value>, special: &Special, text: &mut Vec<u8>) {
        let target = self.target(parts, special);
        let shows = |name: &str| {
            !special.hidden_parts.iter().any(|hidden| hidden.eq_ignore_ascii_case(name))
        };
        text.push(b'{');
        for (name, part) in parts.iter().filter(|(name, _)| shows(name)) {
            if target.is_none() || name != "$ref" {
                key(text, name);
                put(text, part);
            }
        }
        if let Some((layout, id)) = target.filter(|_| shows("$ref")) {
            key(text, "$ref");
            self.location(layout, id, text);
        }
        text.push(b'}');
    }

    /// What a reference leads to: its type says which of the possible kinds it is.
    fn target<'t>(
        &'t self,
        parts: &'t Map<String, Value>,
        special: &Special,
    ) -> Option<(&'t Layout, &'t str)> {
        if !special.is_reference {
            return None;
        }
        let part = |name: &str| parts.get(name).and_then(Value::as_str);
        let layout = part("type").and_then(|name| self.layouts.named(name));
        let layout = layout.or_else(|| self.layouts.named(special.refers_to.as_deref()?))?;
        Some((layout, part("value")?))
    }

    fn location(self, layout: &Layout, id: &str, text: &mut Vec<u8>) {
        text.push(b'"');
        text.extend_from_slice(self.writer.escaped_base().as_bytes());
        for piece in
            [layout.endpoint.as_str()].into_iter().chain(utf8_percent_encode(id, UNRESERVED))
        {
            text.extend_from_slice(piece.as_bytes());
        }
        text.push(b'"');
    }
}

fn specials<'a>(
    attributes: impl Iterator<Item = &'a Attribute>,
    service: &Service,
) -> Vec<Special> {
    attributes.filter_map(|attribute| Special::of(attribute, service)).collect()
}

/// Begins a pair of an object.
fn key(text: &mut Vec<u8>, name: &str) {
    if text.last() != Some(&b'{') {
        text.push(b',');
    }
    put(text, name);
    text.push(b':');
}

fn put(text: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(text, value).expect("writing JSON values to memory cannot fail");
}

/// A text of JSON without its quotes.
pub(crate) fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn is_urn(name: &str) -> bool {
    name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use scim::Projection;
    use scim::schema::urn;
    use serde_json::json;

    /// Both ways of writing say the same.
    #[track_caller]
    fn check(kind: &str, resource: Value) {
        let mut service = Service::standard("/scim\"");
        let users = &mut service.kinds[0].schema.core.attributes;
        for attribute in users {
            match attribute.name.as_str() {
                "nickName" => attribute.returned = Returned::Request,
                "name" => attribute.sub_attributes[0].returned = Returned::Never,
                _ => {}
            }
        }
        let (request, ()) =
            Request::builder().header("host", "a\"b").body(()).unwrap().into_parts();
        let layouts = Layouts::of(&service);
        let writer = Writer::new(&service, &layouts, &request);
        let kind = service.kind(kind).unwrap();
        let Value::Object(resource) = resource else { panic!("no object") };
        let mut text = Vec::new();
        layouts.write(&writer, kind, &resource, &mut text);
        let written: Value = serde_json::from_slice(&text).unwrap();
        let expected = writer.resource(kind, resource, &Projection::default());
        assert_eq!(written, Value::Object(expected));
    }

    #[test]
    fn users_are_written_whole() {
        check("User", json!({}));
        check("User", json!({"id": "1", "schemas": ["x"], "userName": "a\"b\u{1}", "meta": {}}));
        check(
            "User",
            json!({"id": "a/b ", "userName": "ada", "password": "x", "nickName": "A", "PASSWORD": "y",
                "name": {"formatted": "x", "givenName": "Ada"}, "emails": [{"value": "a@x"}], "unknown": [1, null],
                "groups": [{"value": "7", "type": "direct"}, {"value": "8", "$ref": "old"}, {"display": "none"}, "odd"],
                "meta": {"created": "2024-01-01T00:00:00Z", "version": "5", "location": "old"}}),
        );
        check(
            "User",
            json!({"id": "1", urn::ENTERPRISE_USER: {"department": "D", "manager": {"value": "7", "displayName": "M"}},
                "urn:other": {"a": {"b": 1}}, "urn:empty": {}, "urn:text": "x"}),
        );
    }

    #[test]
    fn groups_are_written_with_their_members_references() {
        check(
            "Group",
            json!({"id": "1", "displayName": "G", "meta": {"version": "1"}, "members": [
                {"value": "1"}, {"value": "2", "type": "Group"}, {"value": "3", "type": "user", "display": "x"},
                {"value": "4", "type": "Robot"}, {"type": "User"}]}),
        );
    }
}
