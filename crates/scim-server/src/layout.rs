//! How whole resources are written: what the schemas say about it is worked out once for
//! each kind, so that a resource goes from the store's values to text in one pass.
//!
//! Says the same as [`Writer::resource`](crate::writer::Writer::resource) with a projection
//! that wants everything; that one serves the requests that name attributes.

use percent_encoding::utf8_percent_encode;
use scim::ScimError;
use scim::schema::{Attribute, AttributeType, Returned};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::listing::separate;
use crate::service::{ResourceKind, Service};
use crate::stored::{Pairs, Reference, Stored, StoredText, unreadable};
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
    ///
    /// # Errors
    /// 500 if the store's text is no object of JSON.
    pub(crate) fn write(
        &self,
        writer: &Writer<'_>,
        kind: &ResourceKind,
        resource: &Stored,
        text: &mut Vec<u8>,
    ) -> Result<(), ScimError> {
        let Some(layout) = self.named(kind.name()) else { return Ok(()) };
        let pen = Pen { layouts: self, writer };
        match resource {
            Stored::Values(resource) => {
                let pairs =
                    resource.iter().map(|(name, value)| (name.as_str(), Piece::Value(value)));
                schemas(layout, pairs.clone(), text);
                let id = id_of(resource);
                for (name, piece) in pairs.filter(|(name, _)| *name != "schemas") {
                    match piece {
                        Piece::Value(Value::Object(meta)) if name == "meta" => {
                            pen.meta_of_values(layout, id, meta, text);
                        }
                        piece => pen.top(layout, name, piece, text)?,
                    }
                }
            }
            Stored::Text(stored) => {
                let Pairs(pairs) = Pairs::of(&stored.attributes)?;
                let pairs = pairs.iter().map(|(name, value)| (name.as_ref(), Piece::Text(value)));
                schemas(layout, pairs.clone(), text);
                key(text, "id");
                put(text, &stored.id);
                for (name, piece) in pairs {
                    pen.top(layout, name, piece, text)?;
                }
                for (name, references) in &stored.references {
                    pen.references(layout, name, references, text);
                }
                pen.meta_of_text(layout, stored, text);
            }
        }
        text.push(b'}');
        Ok(())
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

    /// Whether the sub-attribute shows.
    fn shows(&self, part: &str) -> bool {
        !self.hidden_parts.iter().any(|hidden| hidden.eq_ignore_ascii_case(part))
    }
}

/// A value: read, or the text that a store keeps.
#[derive(Clone, Copy)]
enum Piece<'v> {
    Value(&'v Value),
    Text(&'v RawValue),
}

impl Piece<'_> {
    fn is_object(self) -> bool {
        match self {
            Self::Value(value) => value.is_object(),
            Self::Text(raw) => raw.get().starts_with('{'),
        }
    }

    /// Whether it is an object without pairs.
    fn is_empty(self) -> bool {
        match self {
            Self::Value(value) => value.as_object().is_some_and(Map::is_empty),
            Self::Text(raw) => {
                let inside = raw.get().strip_prefix('{').and_then(|raw| raw.strip_suffix('}'));
                inside.is_some_and(|inside| inside.trim_ascii().is_empty())
            }
        }
    }
}

/// What writes one resource.
#[derive(Clone, Copy)]
struct Pen<'p> {
    layouts: &'p Layouts,
    writer: &'p Writer<'p>,
}

impl<'p> Pen<'p> {
    fn meta_of_values(
        self,
        layout: &Layout,
        id: &str,
        meta: &Map<String, Value>,
        text: &mut Vec<u8>,
    ) {
        let is_own = |name: &str| matches!(name, "version" | "resourceType" | "location");
        let own = meta.iter().filter(|(name, _)| !is_own(name));
        let version = meta.get("version").and_then(Value::as_str);
        self.meta(layout, id, own, version, text);
    }

    fn meta_of_text(self, layout: &Layout, stored: &StoredText, text: &mut Vec<u8>) {
        let times = [("created", &stored.created), ("lastModified", &stored.last_modified)];
        self.meta(layout, &stored.id, times, Some(&stored.version), text);
    }

    fn meta(
        self,
        layout: &Layout,
        id: &str,
        own: impl IntoIterator<Item = (impl AsRef<str>, impl Serialize)>,
        version: Option<&str>,
        text: &mut Vec<u8>,
    ) {
        key(text, "meta");
        text.push(b'{');
        key(text, "resourceType");
        put(text, &layout.name);
        for (name, value) in own {
            key(text, name.as_ref());
            put(text, &value);
        }
        key(text, "location");
        self.location(layout, id, text);
        if let Some(version) = version {
            key(text, "version");
            put(text, &self.writer.version(version));
        }
        text.push(b'}');
    }

    /// An attribute at the top, or an extension.
    fn top(
        self,
        layout: &Layout,
        name: &str,
        piece: Piece<'_>,
        text: &mut Vec<u8>,
    ) -> Result<(), ScimError> {
        if !is_urn(name) || !piece.is_object() {
            return self.attribute(name, piece, &layout.top, text);
        }
        match (layout.below(name), piece) {
            (specials, Piece::Value(Value::Object(values))) => {
                let pairs = values.iter().map(|(name, value)| (name.as_str(), Piece::Value(value)));
                self.extension(name, pairs, specials, text)
            }
            (specials, Piece::Text(raw)) if !specials.is_empty() => {
                let Pairs(pairs) = Pairs::of(raw.get())?;
                let pairs = pairs.iter().map(|(name, value)| (name.as_ref(), Piece::Text(value)));
                self.extension(name, pairs, specials, text)
            }
            (_, piece) if piece.is_empty() => Ok(()),
            (_, piece) => self.attribute(name, piece, &[], text),
        }
    }

    fn extension<'v>(
        self,
        urn: &str,
        pairs: impl Iterator<Item = (&'v str, Piece<'v>)>,
        specials: &[Special],
        text: &mut Vec<u8>,
    ) -> Result<(), ScimError> {
        let start = text.len();
        key(text, urn);
        text.push(b'{');
        let empty = text.len();
        for (name, piece) in pairs {
            self.attribute(name, piece, specials, text)?;
        }
        if text.len() == empty {
            // All of it is hidden.
            text.truncate(start);
        } else {
            text.push(b'}');
        }
        Ok(())
    }

    fn attribute(
        self,
        name: &str,
        piece: Piece<'_>,
        specials: &[Special],
        text: &mut Vec<u8>,
    ) -> Result<(), ScimError> {
        let special = special_of(specials, name);
        if special.is_some_and(|special| special.is_hidden) {
            return Ok(());
        }
        key(text, name);
        match (special, piece) {
            (None, Piece::Value(value)) => put(text, value),
            (None, Piece::Text(raw)) => text.extend_from_slice(raw.get().as_bytes()),
            (Some(special), Piece::Value(value)) => self.special(value, special, text),
            (Some(special), Piece::Text(raw)) => {
                let value: Value =
                    serde_json::from_str(raw.get()).map_err(|error| unreadable(&error))?;
                self.special(&value, special, text);
            }
        }
        Ok(())
    }

    fn special(self, value: &Value, special: &Special, text: &mut Vec<u8>) {
        match value {
            Value::Array(elements) => {
                text.push(b'[');
                for (index, element) in elements.iter().enumerate() {
                    separate(text, index);
                    self.special(element, special, text);
                }
                text.push(b']');
            }
            Value::Object(parts) => self.parts(parts, special, text),
            simple => put(text, simple),
        }
    }

    fn references(self, layout: &Layout, name: &str, references: &[Reference], text: &mut Vec<u8>) {
        let special = special_of(&layout.top, name);
        if special.is_some_and(|special| special.is_hidden) {
            return;
        }
        key(text, name);
        text.push(b'[');
        for (index, reference) in references.iter().enumerate() {
            separate(text, index);
            self.reference(reference, special, text);
        }
        text.push(b']');
    }

    fn reference(self, reference: &Reference, special: Option<&Special>, text: &mut Vec<u8>) {
        let shows = |name: &str| special.is_none_or(|special| special.shows(name));
        let kind = reference.kind.as_deref();
        let parts = [
            ("value", Some(reference.value.as_str())),
            ("display", reference.display.as_deref()),
            ("type", kind),
        ];
        text.push(b'{');
        for (name, part) in parts {
            if let Some(part) = part.filter(|_| shows(name)) {
                key(text, name);
                put(text, part);
            }
        }
        let target = special.and_then(|special| self.layout_of(kind, special));
        if let Some(layout) = target.filter(|_| shows("$ref")) {
            key(text, "$ref");
            self.location(layout, &reference.value, text);
        }
        text.push(b'}');
    }

    fn parts(self, parts: &Map<String, Value>, special: &Special, text: &mut Vec<u8>) {
        let part = |name: &str| parts.get(name).and_then(Value::as_str);
        let target = self.layout_of(part("type"), special).zip(part("value"));
        text.push(b'{');
        for (name, part) in parts.iter().filter(|(name, _)| special.shows(name)) {
            if target.is_none() || name != "$ref" {
                key(text, name);
                put(text, part);
            }
        }
        if let Some((layout, id)) = target.filter(|_| special.shows("$ref")) {
            key(text, "$ref");
            self.location(layout, id, text);
        }
        text.push(b'}');
    }

    /// What a reference leads to: its type says which of the possible kinds it is.
    fn layout_of(self, kind: Option<&str>, special: &Special) -> Option<&'p Layout> {
        if !special.is_reference {
            return None;
        }
        let named = kind.and_then(|name| self.layouts.named(name));
        named.or_else(|| self.layouts.named(special.refers_to.as_deref()?))
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

/// Begins a resource with its schemas: the core, and each extension that has values.
fn schemas<'v>(
    layout: &Layout,
    pairs: impl Iterator<Item = (&'v str, Piece<'v>)>,
    text: &mut Vec<u8>,
) {
    text.extend_from_slice(b"{\"schemas\":[");
    put(text, &layout.core);
    for (name, piece) in pairs {
        if is_urn(name) && piece.is_object() && !piece.is_empty() {
            text.push(b',');
            put(text, name);
        }
    }
    text.push(b']');
}

fn special_of<'s>(specials: &'s [Special], name: &str) -> Option<&'s Special> {
    specials.iter().find(|special| special.name.eq_ignore_ascii_case(name))
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
    use scim::schema::urn;
    use scim::{Projection, Resource};
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
        let expected = writer.resource(kind, resource.clone(), &Projection::default());
        let write = |stored: &Stored| {
            let mut text = Vec::new();
            layouts.write(&writer, kind, stored, &mut text).unwrap();
            serde_json::from_slice::<Value>(&text).unwrap()
        };
        let stored = as_text(resource.clone());
        assert_eq!(write(&Stored::Values(resource)), Value::Object(expected));
        let values = stored.clone().into_values().unwrap();
        let expected = writer.resource(kind, values, &Projection::default());
        assert_eq!(write(&stored), Value::Object(expected));
    }

    /// The resource as a store gives it that keeps text, and lists of references apart.
    fn as_text(mut resource: Resource) -> Stored {
        let id = id_of(&resource).to_owned();
        for name in ["schemas", "id", "meta"] {
            resource.shift_remove(name);
        }
        let mut references = Vec::new();
        for name in ["members", "groups"] {
            let Some(Value::Array(list)) = resource.shift_remove(name) else { continue };
            let elements = list.iter().filter_map(|element| {
                let part = |name: &str| element.get(name)?.as_str().map(str::to_owned);
                let (display, kind) = (part("display"), part("type").map(Into::into));
                Some(Reference { value: part("value")?, display, kind })
            });
            references.push((name, elements.collect()));
        }
        Stored::Text(Box::new(StoredText {
            id,
            version: "5\"".to_owned(),
            created: "2024-01-01T00:00:00Z".to_owned(),
            last_modified: "2024-01-02T00:00:00Z".to_owned(),
            attributes: Value::Object(resource).to_string(),
            references,
        }))
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
