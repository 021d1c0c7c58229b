//! How whole resources are written: what the schemas say about it is worked out once for
//! each kind, so that a resource goes from the store's values to text in one pass.
//!
//! Says the same as [`Writer::resource`](crate::writer::Writer::resource) with a projection
//! that wants everything; that one serves the requests that name attributes.

mod pen;
mod references;

use scim::ScimError;
use scim::schema::{Attribute, AttributeType, Returned};

use crate::json_text::escaped;
use crate::layout::pen::Pen;
use crate::service::{ResourceKind, Service};
use crate::stored::Stored;
use crate::writer::Writer;

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
            Stored::Values(resource) => pen.values(layout, resource, text),
            Stored::Text(stored) => pen.text(layout, stored, text),
        }
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

fn specials<'a>(
    attributes: impl Iterator<Item = &'a Attribute>,
    service: &Service,
) -> Vec<Special> {
    attributes.filter_map(|attribute| Special::of(attribute, service)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stored::{Reference, StoredText};
    use crate::writer::id_of;
    use axum::http::Request;
    use scim::schema::urn;
    use scim::{Projection, Resource};
    use serde_json::{Value, json};

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
    fn of_what_is_hidden_as_a_whole_nothing_is_left() {
        let formatted = json!({"formatted": "x"});
        check("User", json!({"id": "1", "name": formatted}));
        check("User", json!({"id": "1", "name": {}, "title": "t"}));
        check("User", json!({"id": "1", "name": [formatted, {"givenName": "A"}, formatted]}));
        check("User", json!({"id": "1", "name": [formatted], "title": "t"}));
        check("User", json!({"id": "1", "name": [], "title": "t"}));
        check("User", json!({"id": "1", "name": "odd", "title": "t"}));
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
