//! The error body of the vendor's platform, which stands in front of SCIM: sign-in, rate
//! limit, addresses that do not exist, failures.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use scim::{ScimError, ScimType};
use serde_json::{Map, Value, json};
use store::StoreError;

use crate::{administration::AdministrationError, refusal::Refusal};

/// A refusal of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlatformError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    more: Box<More>,
}

/// What only some refusals say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct More {
    /// The sentence before its parameters were put in.
    template: Option<&'static str>,
    parameters: Vec<Parameter>,
    /// What the sentence is about: kind and id.
    entity: Option<(String, String)>,
    /// The limit that was exceeded: its key and its value.
    limit: Option<(&'static str, u32)>,
}

/// The code of a token that does not count.
const BAD_CREDENTIALS: &str = "bad.credentials";

/// How to sign in (RFC 6750 §3): without a token, and with one that does not count.
const NO_TOKEN: &str = "Bearer realm=\"api\"";
const INVALID_TOKEN: &str = "Bearer realm=\"api\", error=\"invalid_token\"";

/// The name of a parameter, and what stands in its place.
type Parameter = (&'static str, String);

/// The vendor's limit that is counted here.
const RATE_LIMIT_KEY: &str = "client.credentials.token.rate.per.minute";

/// The namespace of it. The vendor's word is not known; this one is ours.
const LIMIT_NAMESPACE: &str = "platform.api";

impl PlatformError {
    pub(crate) fn no_token() -> Self {
        let message =
            "the request has no token: send the header Authorization with Bearer and a token";
        Self::new(StatusCode::UNAUTHORIZED, "authentication.required", message)
    }

    pub(crate) fn bad_token() -> Self {
        let message = "the token is unknown, expired or revoked: get a new one from /oauth/token";
        Self::new(StatusCode::UNAUTHORIZED, BAD_CREDENTIALS, message)
    }

    pub(crate) fn no_address(path: &str) -> Self {
        let template = "there is nothing at \"{path}\": see /api/v2/scim/v2/resourcetypes";
        Self::with(StatusCode::NOT_FOUND, "not.found", template, vec![("path", path.to_owned())])
    }

    pub(crate) fn method(method: &str, path: &str) -> Self {
        let template = "{method} is not possible at \"{path}\": the header Allow says what is";
        let parameters = vec![("method", method.to_owned()), ("path", path.to_owned())];
        Self::with(StatusCode::METHOD_NOT_ALLOWED, "method.not.allowed", template, parameters)
    }

    pub(crate) fn too_many_requests(allowed: u32, seconds: u64) -> Self {
        let template = "the client has sent its {allowed} requests of this minute: try again in {seconds} seconds";
        let parameters = vec![("allowed", allowed.to_string()), ("seconds", seconds.to_string())];
        let status = StatusCode::TOO_MANY_REQUESTS;
        let mut refusal = Self::with(status, "too.many.requests", template, parameters);
        refusal.more.limit = Some((RATE_LIMIT_KEY, allowed));
        refusal
    }

    pub(crate) fn not_permitted(needed: &[&str]) -> Self {
        let template = "the client has none of these permissions: {permissions}; give it a role with one of them";
        let parameters = vec![("permissions", needed.join(", "))];
        Self::with(StatusCode::FORBIDDEN, "missing.any.permissions", template, parameters)
    }

    /// What the client's roles do not reach, although they permit the operation.
    pub(crate) fn out_of_reach(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "missing.permissions", message)
    }

    pub(crate) fn page_too_large() -> Self {
        let message = "a page of more than 25 with externalId, roles, routing skills or languages costs too much: \
            ask for fewer, or leave those out by attributes or excludedAttributes";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too.many.requests.page.size", message)
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad.request", message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "general.conflict", message)
    }

    pub(crate) fn not_found(kind: &str, id: &str) -> Self {
        let template = "there is no {kind} with the id \"{id}\"";
        let parameters = vec![("kind", kind.to_owned()), ("id", id.to_owned())];
        let mut refusal = Self::with(StatusCode::NOT_FOUND, "not.found", template, parameters);
        refusal.more.entity = Some((kind.to_owned(), id.to_owned()));
        refusal
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
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
        put("message", self.message.as_str().into());
        put("code", self.code.into());
        put("status", self.status.as_u16().into());
        if let Some((kind, id)) = &self.more.entity {
            put("entityId", id.as_str().into());
            put("entityName", kind.as_str().into());
        }
        if let Some(template) = self.more.template {
            put("messageWithParams", template.into());
        }
        let parameters = self.more.parameters.iter();
        let parameters = parameters.map(|(name, value)| ((*name).to_owned(), json!(value)));
        put("messageParams", parameters.collect::<Map<_, _>>().into());
        put("contextId", context.into());
        put("details", json!([]));
        put("errors", json!([]));
        if let Some((key, value)) = self.more.limit {
            put("limit", json!({"key": key, "namespace": LIMIT_NAMESPACE, "value": value}));
        }
        let mut response = Response::new(Body::from(Value::Object(body).to_string()));
        *response.status_mut() = self.status;
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = if self.code == BAD_CREDENTIALS { INVALID_TOKEN } else { NO_TOKEN };
            let bearer = HeaderValue::from_static(bearer);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }

    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), more: Box::default() }
    }

    /// A refusal whose sentence has parameters, each in braces.
    fn with(
        status: StatusCode,
        code: &'static str,
        template: &'static str,
        parameters: Vec<Parameter>,
    ) -> Self {
        let mut message = String::new();
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('{') {
            let (name, after) = behind.split_once('}').unwrap_or((behind, ""));
            let value = parameters.iter().find(|(known, _)| *known == name);
            message.push_str(before);
            message.push_str(value.map_or(name, |(_, value)| value));
            rest = after;
        }
        message.push_str(rest);
        let more = More { template: Some(template), parameters, ..More::default() };
        Self { more: Box::new(more), ..Self::new(status, code, message) }
    }
}

/// The gateway writes the body: it knows the correlation id.
impl IntoResponse for PlatformError {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for PlatformError {
    fn from(error: StoreError) -> Self {
        // The sentence names files of the operator, so it is not for the client.
        tracing::error!(%error, "a request failed");
        if error.is_locked() { Self::unavailable() } else { Self::internal() }
    }
}

impl From<AdministrationError> for PlatformError {
    fn from(error: AdministrationError) -> Self {
        match error {
            AdministrationError::Store(error) => error.into(),
            AdministrationError::Missing { kind, id } => Self::not_found(kind, &id),
            AdministrationError::Exists { .. } | AdministrationError::Used { .. } => {
                Self::conflict(error.to_string())
            }
            other => Self::bad_request(other.to_string()),
        }
    }
}

impl From<Refusal> for PlatformError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Store(error) => error.into(),
            Refusal::Client(error) => error.into(),
            Refusal::Missing { kind, id } => Self::not_found(kind, &id),
        }
    }
}

impl From<ScimError> for PlatformError {
    fn from(error: ScimError) -> Self {
        match (error.status, error.scim_type) {
            (403, _) => Self::out_of_reach(error.detail),
            (404, _) => Self::new(StatusCode::NOT_FOUND, "not.found", error.detail),
            (409, _) | (_, Some(ScimType::Uniqueness)) => Self::conflict(error.detail),
            (status, _) if status >= 500 => Self::unavailable(),
            _ => Self::bad_request(error.detail),
        }
    }
}
