//! The token endpoint: `POST /oauth/token` for client credentials (RFC 6749 §4.4).

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use store::secret::Secret;
use url::form_urlencoded;

use crate::Organisation;

/// The largest body of a token request.
const BODY_SIZE_MAX: usize = 64 * 1024;

/// Why no token was given (RFC 6749 §5.2).
#[derive(Debug)]
enum Denial {
    /// Neither Basic nor the form names the client, or the form is unreadable.
    Request(&'static str),
    /// Anything but POST.
    Method,
    /// Anything but client credentials.
    GrantType(String),
    /// Wrong id or secret, or a revoked client.
    Client,
    /// The data file failed.
    Unavailable,
}

/// Gives a token for the id and secret in the header `Authorization` or in the form.
pub(crate) async fn issue(organisation: &Organisation, request: Request) -> Response<Body> {
    if request.method() != Method::POST {
        return Denial::Method.response();
    }
    match token(organisation, request).await {
        Ok(body) => answer(StatusCode::OK, &body),
        Err(denial) => denial.response(),
    }
}

async fn token(organisation: &Organisation, request: Request) -> Result<Value, Denial> {
    let (request, body) = request.into_parts();
    let body = to_bytes(body, BODY_SIZE_MAX)
        .await
        .map_err(|_| Denial::Request("the body is too large"))?;
    let form: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let field =
        |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    match field("grant_type").as_deref() {
        Some("client_credentials") => {}
        Some(other) => return Err(Denial::GrantType(other.to_owned())),
        None => return Err(Denial::Request("the form has no grant_type: send client_credentials")),
    }
    let (id, secret) = basic(&request.headers)?
        .or_else(|| Some((field("client_id")?, Secret::new(field("client_secret")?))))
        .ok_or(Denial::Client)?;
    match organisation.issue_token(&id, &secret).await {
        Ok(Some(token)) => Ok(json!({
            "access_token": token.text.expose(),
            "token_type": "bearer",
            "expires_in": token.seconds,
        })),
        Ok(None) => Err(Denial::Client),
        Err(error) => {
            tracing::error!(%error, "no token could be issued");
            Err(Denial::Unavailable)
        }
    }
}

/// The id and secret of HTTP Basic. The vendor's clients send them as they are; the RFC
/// has them form-encoded, which makes no difference for the letters used here.
fn basic(headers: &HeaderMap) -> Result<Option<(String, Secret)>, Denial> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let unreadable =
        Denial::Request("the header Authorization is not Basic with id:secret in base64");
    let value = value.to_str().unwrap_or_default().trim();
    let encoded = match value.split_once(' ') {
        Some((scheme, encoded)) if scheme.eq_ignore_ascii_case("basic") => encoded.trim(),
        _ => return Err(unreadable),
    };
    let decoded =
        BASE64_STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.as_deref().and_then(|text| text.split_once(':')) {
        Some((id, secret)) => Ok(Some((id.to_owned(), Secret::new(secret)))),
        None => Err(unreadable),
    }
}

impl Denial {
    fn response(&self) -> Response<Body> {
        let (status, error, description) = match self {
            Self::Request(why) => (StatusCode::BAD_REQUEST, "invalid_request", (*why).to_owned()),
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "invalid_request",
                "a token is asked for by POST".to_owned(),
            ),
            Self::GrantType(asked) => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                format!("the grant type \"{asked}\" is not supported: use client_credentials"),
            ),
            Self::Client => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "the client id or secret is wrong, or the client was revoked".to_owned(),
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "the service cannot read or write its data at the moment: try again later"
                    .to_owned(),
            ),
        };
        let mut response = answer(
            status,
            &json!({"error": error, "description": description, "error_description": description}),
        );
        if status == StatusCode::UNAUTHORIZED {
            let basic = HeaderValue::from_static("Basic realm=\"oauth\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
        }
        response
    }
}

fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
