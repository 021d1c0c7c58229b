//! Discovery: what the service can do, which resources and schemas it has (RFC 7644 §4).

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use scim::schema::{Schema, standard, urn};
use scim::{ListResponse, Resource, ScimError};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::condition::{Condition, other_version};
use crate::service::Service;
use crate::writer::Writer;

/// How many bytes of a hash make a version: enough to tell two configurations apart.
const VERSION_SIZE: usize = 8;

/// What the service can do.
pub(crate) fn configuration(
    service: &Service,
    writer: &Writer<'_>,
    request: &Parts,
) -> Result<Answer, ScimError> {
    check_filter(request)?;
    let mut configuration = described(service);
    let version = version_of(&configuration);
    let etag = writer.tag(&version);
    let condition = Condition::of(&request.headers).unwrap_or_default();
    if !condition.is_wanted(&version) {
        return Err(other_version());
    }
    if condition.is_unwanted(&version) {
        return Ok(Answer::empty(StatusCode::NOT_MODIFIED).header(header::ETAG, &etag));
    }
    let location = writer.address(&["ServiceProviderConfig"]);
    let meta = json!({"resourceType": "ServiceProviderConfig", "location": location, "version": writer.version(&version)});
    configuration.insert("meta".to_owned(), meta);
    Ok(single(&configuration).header(header::ETAG, &etag))
}

/// The kinds of resources, or the one with this name.
pub(crate) fn resource_types(
    service: &Service,
    writer: &Writer<'_>,
    request: &Parts,
    id: Option<&str>,
) -> Result<Answer, ScimError> {
    check_filter(request)?;
    let described = service.kinds.iter().map(|kind| {
        let mut described = object(json!({"schemas": [urn::RESOURCE_TYPE]}));
        described.extend(object(serde_json::to_value(&kind.resource_type).unwrap_or_default()));
        let location = writer.address(&["ResourceTypes", kind.name()]);
        described.insert(
            "meta".to_owned(),
            json!({"resourceType": "ResourceType", "location": location}),
        );
        described
    });
    some(described.collect(), "resource type", id)
}

/// The schemas of all kinds of resources, or the one with this URN. Those of what is found
/// here have URNs as well, but are no schemas of resources and so not in the list.
pub(crate) fn schemas(
    service: &Service,
    writer: &Writer<'_>,
    request: &Parts,
    id: Option<&str>,
) -> Result<Answer, ScimError> {
    check_filter(request)?;
    let of_kinds = service
        .kinds
        .iter()
        .flat_map(|kind| std::iter::once(&kind.schema.core).chain(&kind.schema.extensions));
    let mut seen: Vec<&str> = Vec::new();
    let mut described = Vec::new();
    for schema in of_kinds {
        if !seen.contains(&schema.id.as_str()) {
            seen.push(&schema.id);
            described.push(schema_resource(schema, writer));
        }
    }
    if id.is_some() {
        let of_discovery =
            [standard::service_provider_config(), standard::resource_type(), standard::schema()];
        described.extend(of_discovery.map(|schema| schema_resource(schema, writer)));
    }
    some(described, "schema", id)
}

/// RFC 7644 §4: a filter is refused, so that nobody takes what is there for what matches;
/// all other parameters are ignored.
fn check_filter(request: &Parts) -> Result<(), ScimError> {
    let query = request.uri.query().unwrap_or_default();
    let mut names = url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    if names.any(|name| name.eq_ignore_ascii_case("filter")) {
        return Err(ScimError::new(
            403,
            "what a service says of itself cannot be filtered: leave out \"filter\"",
        ));
    }
    Ok(())
}

fn some(resources: Vec<Resource>, what: &str, id: Option<&str>) -> Result<Answer, ScimError> {
    let Some(id) = id else {
        let total_results = resources.len();
        let list =
            ListResponse { total_results, start_index: 1, resources, ..ListResponse::default() };
        return Ok(Answer::json(StatusCode::OK, list.to_json().to_string()));
    };
    let has_id = |resource: &Resource| {
        resource.get("id").and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(id))
    };
    let found = resources.iter().find(|resource| has_id(resource));
    found.map(single).ok_or_else(|| ScimError::not_found(what, id))
}

fn single(resource: &Resource) -> Answer {
    let location = resource["meta"]["location"].as_str().unwrap_or_default();
    let text = serde_json::to_vec(resource).expect("writing JSON values to memory cannot fail");
    Answer::json(StatusCode::OK, text).header(header::CONTENT_LOCATION, location)
}

fn described(service: &Service) -> Resource {
    let flavour = &service.flavour;
    let limits = flavour.bulk;
    let mut described = object(json!({
        "schemas": [urn::SERVICE_PROVIDER_CONFIG],
        "documentationUri": service.documentation_uri,
        "patch": {"supported": service.kinds.iter().any(|kind| kind.methods.patch)},
        "bulk": {
            "supported": limits.is_some(),
            "maxOperations": limits.map_or(0, |limits| limits.operations),
            "maxPayloadSize": limits.map_or(0, |limits| limits.payload_bytes),
        },
        "filter": {"supported": true, "maxResults": flavour.page_size_max},
        "changePassword": {"supported": flavour.change_password},
        "sort": {"supported": flavour.sort},
        "etag": {"supported": true},
        "pagination": pagination(service),
        "authenticationSchemes": service.authentication_schemes,
    }));
    described.retain(|_, value| !value.is_null());
    described
}

/// RFC 9865 §4. Services without cursors do not speak of paging, as before that RFC.
fn pagination(service: &Service) -> Value {
    let flavour = &service.flavour;
    let Some(cursor) = &flavour.cursor else { return Value::Null };
    let mut pagination = json!({
        "cursor": true,
        "index": true,
        "defaultPaginationMethod": "index",
        "defaultPageSize": flavour.page_size_default,
        "maxPageSize": flavour.page_size_max,
    });
    if let Some(timeout) = cursor.timeout {
        pagination["cursorTimeout"] = timeout.as_secs().into();
    }
    pagination
}

/// A configuration has a version that changes with what it says.
fn version_of(configuration: &Resource) -> String {
    use std::fmt::Write as _;
    let text = serde_json::to_vec(configuration).unwrap_or_default();
    let hash = digest(&SHA256, &text);
    hash.as_ref().iter().take(VERSION_SIZE).fold(String::new(), |mut version, byte| {
        // Writing to a text cannot fail.
        let _ = write!(version, "{byte:02x}");
        version
    })
}

fn schema_resource(schema: &Schema, writer: &Writer<'_>) -> Resource {
    let mut described = object(json!({"schemas": [urn::SCHEMA]}));
    described.extend(object(serde_json::to_value(schema).unwrap_or_default()));
    let location = writer.address(&["Schemas", &schema.id]);
    described.insert("meta".to_owned(), json!({"resourceType": "Schema", "location": location}));
    described
}

fn object(value: Value) -> Resource {
    match value {
        Value::Object(object) => object,
        _ => Resource::new(),
    }
}
