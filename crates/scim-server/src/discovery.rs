//! Discovery: what the service can do, which resources and schemas it has (RFC 7644 §4).

use axum::http::{Method, StatusCode, header};
use scim::schema::{Schema, urn};
use scim::{ListResponse, Resource, ScimError};
use serde_json::{Value, json};

use crate::answer::{Answer, Writer};
use crate::request::Parameters;
use crate::service::Service;

/// Answers a request for one of the three endpoints; `None` if `endpoint` is another.
pub(crate) fn answer(
    service: &Service,
    writer: &Writer<'_>,
    method: &Method,
    segments: &[String],
    parameters: &Parameters,
) -> Option<Result<Answer, ScimError>> {
    let (endpoint, rest) = segments.split_first()?;
    let all: fn(&Service, &Writer<'_>) -> Vec<Resource> =
        match endpoint.to_ascii_lowercase().as_str() {
            "serviceproviderconfig" | "serviceproviderconfigs" => {
                |service, writer| vec![configuration(service, writer)]
            }
            "resourcetypes" => resource_types,
            "schemas" => schemas,
            _ => return None,
        };
    Some(get(method, parameters).and_then(|()| {
        let single = endpoint.to_ascii_lowercase().starts_with("serviceprovider");
        let mut resources = all(service, writer);
        match rest {
            [] if single => Ok(Answer::new(StatusCode::OK, resources.remove(0).into())),
            [] => Ok(Answer::new(StatusCode::OK, list(resources))),
            [id] if !single => one(resources, id),
            _ => Err(ScimError::new(404, "there is nothing at this address: see /ServiceProviderConfig, /ResourceTypes and /Schemas")),
        }
    }))
}

/// Only reading, and no filters: RFC 7644 §4 wants 403 for them.
fn get(method: &Method, parameters: &Parameters) -> Result<(), ScimError> {
    if method != Method::GET && method != Method::HEAD {
        return Err(ScimError::new(
            405,
            format!("{method} is not possible here: what the service can do is only read"),
        ));
    }
    if parameters.get("filter").is_some() {
        return Err(ScimError::new(
            403,
            "schemas and resource types cannot be filtered: leave out \"filter\"",
        ));
    }
    Ok(())
}

fn list(resources: Vec<Resource>) -> Value {
    let total_results = resources.len();
    ListResponse { total_results, start_index: 1, resources, ..ListResponse::default() }.to_json()
}

fn one(resources: Vec<Resource>, id: &str) -> Result<Answer, ScimError> {
    let has_id = |resource: &Resource| {
        resource.get("id").and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(id))
    };
    let found = resources.into_iter().find(has_id);
    let found = found.ok_or_else(|| ScimError::not_found("schema or resource type", id))?;
    let location = found["meta"]["location"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::new(StatusCode::OK, found.into()).header(header::CONTENT_LOCATION, location))
}

fn configuration(service: &Service, writer: &Writer<'_>) -> Resource {
    let patches = service.kinds.iter().any(|kind| kind.methods.patch);
    let mut configuration = object(json!({
        "schemas": [urn::SERVICE_PROVIDER_CONFIG],
        "documentationUri": service.documentation_uri,
        "patch": {"supported": patches},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": service.flavour.page_size_max},
        "changePassword": {"supported": service.flavour.change_password},
        "sort": {"supported": false},
        "etag": {"supported": true},
        "authenticationSchemes": service.authentication_schemes,
        "meta": {"resourceType": "ServiceProviderConfig", "location": writer.address(&["ServiceProviderConfig"])},
    }));
    configuration.retain(|_, value| !value.is_null());
    configuration
}

fn resource_types(service: &Service, writer: &Writer<'_>) -> Vec<Resource> {
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
    described.collect()
}

fn schemas(service: &Service, writer: &Writer<'_>) -> Vec<Resource> {
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
    described
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
