//! Reading requests: the parameters of the address, conditions and the body, each within
//! its limit.

use std::error::Error;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::LengthLimitError;
use scim::message::SearchRequest;
use scim::{Projection, Resource, ResourceSchema, ScimError, ScimType};
use serde_json::Value;
use url::form_urlencoded;

/// The parameters of a list (RFC 7644 §3.4.2, RFC 9865). Others are ignored.
///
/// # Errors
/// One that cannot be read.
pub(crate) fn search(request: &Parts) -> Result<SearchRequest, ScimError> {
    parameters(request, |_| true)
}

/// What the answer shows of a resource (RFC 7644 §3.9).
///
/// # Errors
/// A name that is no attribute path.
pub(crate) fn wanted(request: &Parts, schema: &ResourceSchema) -> Result<Projection, ScimError> {
    let of_projection = |name: &str| {
        ["attributes", "excludedAttributes"].iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    projection(&parameters(request, of_projection)?, schema)
}

/// What the answer to a search shows of resources with this schema.
///
/// # Errors
/// A name that is no attribute path.
pub(crate) fn projection(
    search: &SearchRequest,
    schema: &ResourceSchema,
) -> Result<Projection, ScimError> {
    if search.attributes.is_empty() && search.excluded_attributes.is_empty() {
        return Ok(Projection::default());
    }
    Projection::parse(&search.attributes.join(","), &search.excluded_attributes.join(","), schema)
        .map_err(|error| ScimError::invalid_path(error.to_string()))
}

/// Reads the whole body.
///
/// # Errors
/// 415 for another media type, 413 by `too_large` for more than `size_max` bytes, 408 if it
/// does not arrive within `time_max`, and `invalidSyntax` if the connection breaks.
pub(crate) async fn read_body(
    headers: &HeaderMap,
    body: Body,
    size_max: usize,
    time_max: Duration,
) -> Result<Bytes, ScimError> {
    check_media_type(headers)?;
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > size_max) {
        return Err(too_large(size_max));
    }
    let Ok(read) = tokio::time::timeout(time_max, to_bytes(body, size_max)).await else {
        return Err(ScimError::new(
            408,
            format!("the body did not arrive within {} s: send it faster", time_max.as_secs()),
        ));
    };
    read.map_err(|error| {
        if is_too_large(&error) {
            too_large(size_max)
        } else {
            ScimError::invalid_syntax("the body ended before its time: send it again")
        }
    })
}

/// The body as a resource or message.
///
/// # Errors
/// `invalidSyntax` for what is no object of JSON, and what [`scim::json`] refuses.
pub(crate) fn object(body: &[u8]) -> Result<Resource, ScimError> {
    // Its length was limited while it was received.
    match scim::json::parse(body, body.len())? {
        Value::Object(object) => Ok(object),
        _ => Err(ScimError::invalid_syntax("the body is no object of JSON")),
    }
}

fn parameters(
    request: &Parts,
    is_known: impl Fn(&str) -> bool,
) -> Result<SearchRequest, ScimError> {
    let Some(query) = request.uri.query() else { return Ok(SearchRequest::default()) };
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let pairs = pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    SearchRequest::from_parameters(pairs.filter(|(name, _)| is_known(name)))
}

fn too_large(size_max: usize) -> ScimError {
    ScimError::new(
        413,
        format!("the body is larger than {size_max} bytes: send less in one request"),
    )
}

fn is_too_large(error: &axum::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// `application/scim+json` and `application/json`, with any parameters; clients that say
/// nothing mean these.
fn check_media_type(headers: &HeaderMap) -> Result<(), ScimError> {
    let Some(given) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let media_type =
        given.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if media_type.is_empty()
        || [scim::message::MEDIA_TYPE, "application/json"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(media_type))
    {
        return Ok(());
    }
    Err(ScimError {
        status: 415,
        scim_type: Some(ScimType::InvalidSyntax),
        detail: format!(
            "the body has the media type \"{media_type}\": send \"application/scim+json\""
        ),
    })
}
