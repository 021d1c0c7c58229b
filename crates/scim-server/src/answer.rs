//! Writing answers: locations, versions, media type, errors.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use scim::message::MEDIA_TYPE;
use scim::schema::{Attribute, AttributeType};
use scim::{Projection, Resource, ScimError, ScimType, resource};
use serde_json::{Map, Value, json};

use crate::condition::version_of;
use crate::service::{Locations, ResourceKind, Service, VersionMismatch, VersionStyle};

/// What of an id is written as it is in a location.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An answer before it is sent.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    body: Option<Value>,
    headers: Vec<(HeaderName, String)>,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body: Some(body), headers: Vec::new() }
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, body: None, headers: Vec::new() }
    }

    pub(crate) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What all answers to one request have in common.
pub(crate) struct Writer<'s> {
    service: &'s Service,
    /// In front of the base path: `https://host`, or nothing.
    origin: String,
    media_type: &'static str,
}

impl<'s> Writer<'s> {
    pub(crate) fn new(service: &'s Service, request: &Parts) -> Self {
        let origin = match &service.flavour.locations {
            Locations::Relative => String::new(),
            Locations::Origin(origin) => origin.trim_end_matches('/').to_owned(),
            Locations::FromHost => origin_of(request),
        };
        Self { service, origin, media_type: media_type(&request.headers) }
    }

    /// A resource as it is sent: with `schemas`, `meta` and `$ref`, and only what is wanted.
    pub(crate) fn resource(
        &self,
        kind: &ResourceKind,
        resource: Resource,
        wanted: &Projection,
    ) -> Resource {
        let id = id_of(&resource).to_owned();
        let schemas = resource::schemas_of(&resource, &kind.resource_type.schema);
        let mut shown = Resource::new();
        shown.insert("schemas".to_owned(), json!(schemas));
        shown.extend(resource.into_iter().filter(|(name, _)| name != "schemas"));
        if let Some(meta) = shown.get_mut("meta").and_then(Value::as_object_mut) {
            self.complete_meta(kind, &id, meta);
        }
        for attribute in kind.schema.top_attributes() {
            self.complete_references(attribute, &mut shown);
        }
        for extension in &kind.schema.extensions {
            if let Some(Value::Object(values)) = shown.get_mut(&extension.id) {
                extension
                    .attributes
                    .iter()
                    .for_each(|attribute| self.complete_references(attribute, values));
            }
        }
        wanted.project(shown, &kind.schema)
    }

    /// The `ETag` header of a resource, if its store keeps versions.
    pub(crate) fn etag(&self, resource: &Resource) -> Option<String> {
        let version = version_of(resource)?;
        Some(match self.service.flavour.versions {
            VersionStyle::Weak => format!("W/\"{version}\""),
            VersionStyle::Bare => format!("\"{version}\""),
        })
    }

    pub(crate) fn location(&self, kind: &ResourceKind, id: &str) -> String {
        self.address(&[kind.endpoint(), id])
    }

    /// The address of something below the base path. The first segment is an endpoint.
    pub(crate) fn address(&self, segments: &[&str]) -> String {
        let mut address = format!("{}{}", self.origin, self.service.base_path);
        for (index, segment) in segments.iter().enumerate() {
            address.push('/');
            if index == 0 && self.service.flavour.lower_case_locations {
                address.push_str(&segment.to_lowercase());
            } else if index == 0 {
                address.push_str(segment);
            } else {
                address.extend(utf8_percent_encode(segment, UNRESERVED));
            }
        }
        address
    }

    pub(crate) fn send(&self, answer: Result<Answer, ScimError>) -> Response<Body> {
        let answer = answer.unwrap_or_else(|error| self.error(error));
        let body = answer.body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let has_body =
            answer.status != StatusCode::NO_CONTENT && answer.status != StatusCode::NOT_MODIFIED;
        let mut response = Response::new(body);
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        if has_body {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        }
        for (name, value) in answer.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
        for (name, value) in &self.service.flavour.headers {
            headers.insert(name.clone(), value.clone());
        }
        response
    }

    /// The one place where errors become answers.
    fn error(&self, mut error: ScimError) -> Answer {
        if error.status == 412
            && self.service.flavour.version_mismatch == VersionMismatch::InvalidVers
        {
            error = ScimError::bad_request(ScimType::InvalidVers, error.detail);
        }
        let status =
            StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            tracing::error!(status = error.status, detail = %error.detail, "a SCIM request failed");
        }
        Answer::new(status, error.to_json())
    }

    fn complete_meta(&self, kind: &ResourceKind, id: &str, meta: &mut Map<String, Value>) {
        meta.insert("resourceType".to_owned(), kind.name().into());
        meta.insert("location".to_owned(), self.location(kind, id).into());
        if self.service.flavour.versions == VersionStyle::Weak
            && let Some(version) = meta.get("version").and_then(Value::as_str)
        {
            let tag = format!("W/\"{version}\"");
            meta.insert("version".to_owned(), tag.into());
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

/// JSON for clients that accept nothing of SCIM's own.
fn media_type(headers: &HeaderMap) -> &'static str {
    let accept =
        headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let only_json = accept.contains("application/json") && !accept.contains(MEDIA_TYPE);
    if only_json { "application/json" } else { MEDIA_TYPE }
}

fn origin_of(request: &Parts) -> String {
    let text = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let host =
        text("host").or_else(|| request.uri.authority().map(axum::http::uri::Authority::as_str));
    let scheme = if text("x-forwarded-proto") == Some("https") { "https" } else { "http" };
    host.map(|host| format!("{scheme}://{host}")).unwrap_or_default()
}
