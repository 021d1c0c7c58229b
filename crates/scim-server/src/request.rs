//! Reading requests: path, query, conditions and body, each within its limit.

use std::error::Error;

use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use http_body_util::LengthLimitError;
use percent_encoding::percent_decode_str;
use scim::filter::Dialect;
use scim::{Filter, Projection, Resource, ResourceSchema, ScimError, ScimType};
use serde_json::Value;
use url::form_urlencoded;

use crate::condition::Condition;
use crate::query::{Position, Query};
use crate::service::Flavour;

/// The segments of a request's path below the router, decoded and without empty ones.
pub(crate) fn segments(path: &str) -> Vec<String> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect()
}

/// The parameters of a query, names in any case (`startindex` occurs).
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn of(request: &Parts) -> Self {
        let query = request.uri.query().unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.trim().is_empty())
    }

    pub(crate) fn projection(&self, schema: &ResourceSchema) -> Result<Projection, ScimError> {
        let list = |name| self.get(name).unwrap_or_default();
        Projection::parse(list("attributes"), list("excludedAttributes"), schema)
            .map_err(|error| ScimError::invalid_path(error.to_string()))
    }

    /// The query of a list (RFC 7644 §3.4.2).
    pub(crate) fn query(
        &self,
        flavour: &Flavour,
        schema: &ResourceSchema,
    ) -> Result<Query, ScimError> {
        let count = self.number("count")?;
        Ok(Query {
            filter: self.get("filter").map(|text| filter(text, flavour.filter)).transpose()?,
            sort: None,
            position: Position::Index(self.number("startIndex")?.unwrap_or(1).max(1)),
            count: count.unwrap_or(flavour.page_size_default).min(flavour.page_size_max),
            count_given: count.is_some(),
            wanted: self.projection(schema)?,
        })
    }

    /// A number; one below zero counts as zero (RFC 7644 §3.4.2.4).
    fn number(&self, name: &str) -> Result<Option<usize>, ScimError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match text.trim().parse::<i64>() {
            Ok(number) => Ok(Some(usize::try_from(number.max(0)).unwrap_or(usize::MAX))),
            Err(_) => Err(ScimError::invalid_value(format!(
                "the parameter \"{name}\" takes a whole number, not \"{text}\""
            ))),
        }
    }
}

fn filter(text: &str, dialect: Dialect) -> Result<Filter, ScimError> {
    Filter::parse_with(text, dialect)
        .map_err(|error| ScimError::invalid_filter(format!("the filter cannot be used: {error}")))
}

/// The condition in a header, if it is sent.
pub(crate) fn condition(headers: &HeaderMap, name: HeaderName) -> Option<Condition> {
    headers.get(name)?.to_str().ok().map(Condition::parse)
}

/// The body as a resource or message.
pub(crate) async fn read_object(
    headers: &HeaderMap,
    body: Body,
    size_max: usize,
) -> Result<Resource, ScimError> {
    check_media_type(headers)?;
    let too_large = || {
        ScimError::new(
            413,
            format!("the body is larger than {size_max} bytes: send less in one request"),
        )
    };
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > size_max) {
        return Err(too_large());
    }
    let bytes = to_bytes(body, size_max).await.map_err(|error| {
        if is_too_large(&error) {
            too_large()
        } else {
            ScimError::invalid_syntax("the body ended before its time: send it again")
        }
    })?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(ScimError::invalid_syntax("the body is no object of JSON")),
        Err(error) => Err(ScimError::invalid_syntax(format!("the body is no JSON: {error}"))),
    }
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
    if [scim::message::MEDIA_TYPE, "application/json"]
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
