//! Writing resources: with `schemas`, locations and versions, and only what is wanted.

use std::borrow::Cow;

use axum::http::request::Parts;
use axum::http::uri::Authority;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use scim::schema::{Attribute, AttributeType};
use scim::{Projection, Resource, ScimError, resource};
use serde_json::{Map, Value, json};

use crate::json_text::escaped;
use crate::layout::Layouts;
use crate::reference::Addresses;
use crate::service::{Locations, ResourceKind, Service, VersionStyle};
use crate::stored::Stored;

/// What of an id is written as it is in a location.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An id as it stands in a location. Few have something in them that has to be encoded.
pub(crate) fn segment(id: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'A'..=b'Z' | b'-');
    if id.bytes().all(is_plain) {
        return Cow::Borrowed(id);
    }
    utf8_percent_encode(id, UNRESERVED).into()
}

/// Writes the resources of one answer.
pub(crate) struct Writer<'s> {
    service: &'s Service,
    layouts: &'s Layouts,
    /// `https://host/base`, or only the base path.
    base: String,
    /// The same as it is written within a text of JSON.
    escaped_base: String,
}

impl<'s> Writer<'s> {
    pub(crate) fn new(service: &'s Service, layouts: &'s Layouts, request: &Parts) -> Self {
        let mut base = match &service.flavour.locations {
            Locations::Relative => String::new(),
            Locations::Origin(origin) => origin.trim_end_matches('/').to_owned(),
            Locations::FromHost => origin_of(request),
        };
        base.push_str(&service.base_path);
        Self { service, layouts, escaped_base: escaped(&base), base }
    }

    /// A resource as it is sent.
    pub(crate) fn resource(
        &self,
        kind: &ResourceKind,
        resource: Resource,
        wanted: &Projection,
    ) -> Resource {
        let id = id_of(&resource).to_owned();
        let schemas = resource::schemas_of(&resource, &kind.resource_type.schema);
        let mut shown = resource;
        shown.shift_remove("schemas");
        shown.shift_insert(0, "schemas".to_owned(), json!(schemas));
        if let Some(meta) = shown.get_mut("meta").and_then(Value::as_object_mut) {
            self.complete_meta(kind, &id, meta);
        }
        for attribute in kind.schema.top_attributes() {
            self.complete_references(attribute, &mut shown);
        }
        for extension in &kind.schema.extensions {
            if let Some(Value::Object(values)) = shown.get_mut(&extension.id) {
                for attribute in &extension.attributes {
                    self.complete_references(attribute, values);
                }
            }
        }
        wanted.project(shown, &kind.schema)
    }

    /// Adds the text of a resource to `text`.
    ///
    /// # Errors
    /// 500 if the store's text is no object of JSON.
    pub(crate) fn write(
        &self,
        text: &mut Vec<u8>,
        kind: &ResourceKind,
        resource: Stored,
        wanted: &Projection,
    ) -> Result<(), ScimError> {
        if *wanted == Projection::default() {
            return self.layouts.write(self, kind, &resource, text);
        }
        let shown = self.resource(kind, resource.into_values()?, wanted);
        serde_json::to_writer(text, &shown).expect("writing JSON values to memory cannot fail");
        Ok(())
    }

    /// A version as the `ETag` header shows it.
    pub(crate) fn tag(&self, version: &str) -> String {
        match self.service.flavour.versions {
            VersionStyle::Weak => weak(version),
            VersionStyle::Bare => format!("\"{version}\""),
        }
    }

    /// A version as `meta.version` shows it.
    pub(crate) fn version(&self, version: &str) -> String {
        match self.service.flavour.versions {
            VersionStyle::Weak => weak(version),
            VersionStyle::Bare => version.to_owned(),
        }
    }

    /// Where the resources of each kind are.
    pub(crate) fn addresses<'a>(
        &self,
        own: &ResourceKind,
        of: &'a dyn Fn(&str) -> Option<String>,
    ) -> Addresses<'a> {
        Addresses { own: self.location(own, ""), of }
    }

    /// Where the resources of the kind with this name are.
    pub(crate) fn address_of(&self, name: &str) -> Option<String> {
        self.service.kind(name).map(|kind| self.location(kind, ""))
    }

    pub(crate) fn location(&self, kind: &ResourceKind, id: &str) -> String {
        self.address(&[kind.endpoint(), id])
    }

    /// The address of something below the base path. The first segment is an endpoint.
    pub(crate) fn address(&self, segments: &[&str]) -> String {
        let mut address = self.base.clone();
        for (index, segment) in segments.iter().enumerate() {
            address.push('/');
            if index == 0 && self.service.flavour.lower_case_locations {
                address.push_str(&segment.to_lowercase());
            } else if index == 0 {
                address.push_str(segment);
            } else {
                address.push_str(&self::segment(segment));
            }
        }
        address
    }

    /// `https://host/base`, or only the base path.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The base as it is written within a text of JSON.
    pub(crate) fn escaped_base(&self) -> &str {
        &self.escaped_base
    }

    fn complete_meta(&self, kind: &ResourceKind, id: &str, meta: &mut Map<String, Value>) {
        meta.insert("resourceType".to_owned(), kind.name().into());
        meta.insert("location".to_owned(), self.location(kind, id).into());
        if let Some(version) = meta.get("version").and_then(Value::as_str) {
            let version = self.version(version);
            meta.insert("version".to_owned(), version.into());
        }
    }

    /// Gives references to resources of this service their `$ref`.
    fn complete_references(&self, attribute: &Attribute, values: &mut Map<String, Value>) {
        let is_reference = |part: &&Attribute| part.attribute_type == AttributeType::Reference;
        let Some(part) = attribute.sub_attribute("$ref").filter(is_reference) else { return };
        match values.get_mut(&attribute.name) {
            Some(Value::Array(elements)) => {
                for element in elements.iter_mut().filter_map(Value::as_object_mut) {
                    self.complete_reference(part, element);
                }
            }
            Some(Value::Object(element)) => self.complete_reference(part, element),
            _ => {}
        }
    }

    fn complete_reference(&self, part: &Attribute, element: &mut Map<String, Value>) {
        let text = |name: &str| element.get(name).and_then(Value::as_str);
        // The element's type says which of the possible kinds it is.
        let kind = text("type").and_then(|name| self.service.kind(name));
        let kind =
            kind.or_else(|| part.reference_types.iter().find_map(|name| self.service.kind(name)));
        if let (Some(kind), Some(id)) = (kind, text("value")) {
            let location = self.location(kind, id);
            element.insert("$ref".to_owned(), location.into());
        }
    }
}

/// The id that a store gave a resource.
pub(crate) fn id_of(resource: &Resource) -> &str {
    resource.get("id").and_then(Value::as_str).unwrap_or_default()
}

fn weak(version: &str) -> String {
    format!("W/\"{version}\"")
}

fn origin_of(request: &Parts) -> String {
    let text = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("host").or_else(|| request.uri.authority().map(Authority::as_str));
    let scheme = if text("x-forwarded-proto") == Some("https") { "https" } else { "http" };
    host.map(|host| format!("{scheme}://{host}")).unwrap_or_default()
}
