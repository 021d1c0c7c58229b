//! The error body of the vendor's platform, which stands in front of SCIM: sign-in, rate
//! limit, addresses that do not exist, failures.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::{Map, Value, json};

/// A refusal of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlatformError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl PlatformError {
    pub(crate) fn no_token() -> Self {
        let message =
            "the request has no token: send the header Authorization with Bearer and a token";
        Self::new(StatusCode::UNAUTHORIZED, "authentication.required", message)
    }

    pub(crate) fn bad_token() -> Self {
        let message = "the token is unknown, expired or revoked: get a new one from /oauth/token";
        Self::new(StatusCode::UNAUTHORIZED, "bad.credentials", message)
    }

    pub(crate) fn no_address(path: &str) -> Self {
        let message = format!("there is nothing at \"{path}\": see /api/v2/scim/v2/resourcetypes");
        Self::new(StatusCode::NOT_FOUND, "not.found", message)
    }

    pub(crate) fn method(method: &str, path: &str) -> Self {
        let message =
            format!("{method} is not possible at \"{path}\": the header Allow says what is");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method.not.allowed", message)
    }

    pub(crate) fn too_many_requests(allowed: u32, seconds: u64) -> Self {
        let message = format!(
            "the client has sent its {allowed} requests of this minute: try again in {seconds} seconds"
        );
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too.many.requests", message)
    }

    pub(crate) fn unavailable() -> Self {
        let message = "the service cannot read or write its data at the moment: try again later";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "service.unavailable", message)
    }

    pub(crate) fn internal() -> Self {
        let message = "the service has failed; the log of the service says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal.server.error", message)
    }

    /// The answer; `context` is the correlation id by which the log is searched.
    pub(crate) fn response(&self, context: &str) -> Response<Body> {
        let body = json!({
            "message": self.message,
            "code": self.code,
            "status": self.status.as_u16(),
            "messageParams": Map::<String, Value>::new(),
            "contextId": context,
            "details": [],
            "errors": [],
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    }

    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }
}
