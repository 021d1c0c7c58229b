//! Answers before they are sent, and the one place where errors become answers.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use futures_util::stream;
use scim::message::MEDIA_TYPE;
use scim::{ScimError, ScimType};

use crate::bearer;
use crate::service::{Flavour, VersionMismatch};

/// How long a client that is turned away should wait, in seconds.
const RETRY_AFTER_S: &str = "1";

/// How to sign in, for whoever sent no token, and for whoever sent one that nobody knows.
const NO_TOKEN: &str = "Bearer realm=\"SCIM\"";
const UNKNOWN_TOKEN: &str = "Bearer realm=\"SCIM\", error=\"invalid_token\"";

/// An answer before it is sent.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    body: Option<Vec<u8>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Answer {
    /// An answer with a body of JSON.
    pub(crate) fn json(status: StatusCode, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: Some(body.into()), headers: Vec::new() }
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, body: None, headers: Vec::new() }
    }

    /// The answer that says why a request was refused.
    pub(crate) fn error(error: &ScimError, flavour: &Flavour, request: &HeaderMap) -> Self {
        let error = &as_the_service_says(error.clone(), flavour);
        let status =
            StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(detail = %error.detail, "a SCIM request failed");
        }
        let answer = Self::json(status, error.to_json().to_string());
        match status {
            StatusCode::UNAUTHORIZED => {
                // RFC 6750 §3: whoever sent no token is told of no error.
                let has_token = bearer::token(request).is_ok();
                let challenge = if has_token { UNKNOWN_TOKEN } else { NO_TOKEN };
                answer.header(header::WWW_AUTHENTICATE, challenge)
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                answer.header(header::RETRY_AFTER, RETRY_AFTER_S)
            }
            _ => answer,
        }
    }

    /// The answer to a method that is not possible where `allowed` are.
    pub(crate) fn not_allowed(method: &Method, allowed: &[Method]) -> Self {
        let error = not_possible(method, allowed);
        Self::json(StatusCode::METHOD_NOT_ALLOWED, error.to_json().to_string())
            .header(header::ALLOW, &names(allowed))
    }

    /// With a header; one that cannot be sent is left out.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    pub(crate) fn into_response(
        self,
        media_type: &'static str,
        flavour: &Flavour,
    ) -> Response<Body> {
        let has_body = self.body.is_some();
        let body = match self.body {
            Some(body) => Body::from(body),
            // It would have had a body, so no length may be told (RFC 9110 §8.6).
            None if self.status == StatusCode::NOT_MODIFIED => unknown_length(),
            None => Body::empty(),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if has_body {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        headers.extend(self.headers);
        for (name, value) in &flavour.headers {
            headers.insert(name, value.clone());
        }
        response
    }
}

/// A body without anything in it that does not say so in advance.
fn unknown_length() -> Body {
    Body::from_stream(stream::empty::<Result<Bytes, Infallible>>())
}

/// 405: the method is not possible where `allowed` are.
pub(crate) fn not_possible(method: &Method, allowed: &[Method]) -> ScimError {
    let allow = names(allowed);
    ScimError::new(405, format!("{method} is not possible at this address: use {allow}"))
}

/// An error in the words of this service.
pub(crate) fn as_the_service_says(error: ScimError, flavour: &Flavour) -> ScimError {
    if error.status == 412 && flavour.version_mismatch == VersionMismatch::InvalidVers {
        return ScimError::bad_request(ScimType::InvalidVers, error.detail);
    }
    error
}

fn names(methods: &[Method]) -> String {
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
}

/// The media type of an answer: SCIM's own, and JSON's for clients that prefer it. Whoever
/// accepts neither gets SCIM's all the same (RFC 9110 §12.4.1 leaves that to the server).
pub(crate) fn media_type(headers: &HeaderMap) -> &'static str {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let Some(accept) = accept else { return MEDIA_TYPE };
    let (scim, json) = (weight(accept, MEDIA_TYPE), weight(accept, JSON));
    if json > scim { JSON } else { MEDIA_TYPE }
}

const JSON: &str = "application/json";

/// How much a client likes a media type: the weight of its most specific mention (RFC 9110
/// §12.5.1), then how specific that is, so that a name beats `*/*`.
fn weight(accept: &str, media_type: &str) -> (f32, u8) {
    let mut best = (0.0, 0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let specificity = match parts.next().unwrap_or_default() {
            name if name.eq_ignore_ascii_case(media_type) => 3,
            name if name.eq_ignore_ascii_case("application/*") => 2,
            "*/*" => 1,
            _ => continue,
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=")?.trim().parse().ok());
        if specificity > best.1 {
            best = (quality.unwrap_or(1.0), specificity);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: Option<&str>, expected: &str) {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
        }
        assert_eq!(media_type(&headers), expected, "{accept:?}");
    }

    #[test]
    fn the_media_type_is_the_one_that_the_client_prefers() {
        check(None, MEDIA_TYPE);
        check(Some("*/*"), MEDIA_TYPE);
        check(Some("application/*"), MEDIA_TYPE);
        check(Some("application/scim+json"), MEDIA_TYPE);
        check(Some("application/json"), JSON);
        check(Some("Application/JSON; charset=utf-8"), JSON);
        check(Some("application/json, text/plain, */*"), JSON);
        check(Some("application/json, */*;q=0.1"), JSON);
        check(Some("application/scim+json, application/json"), MEDIA_TYPE);
        check(Some("application/scim+json;q=0.5, application/json"), JSON);
        check(Some("text/html"), MEDIA_TYPE);
    }
}
