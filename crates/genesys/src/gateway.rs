//! The gateway in front of all services: who asks, how often, and whether they may. What it
//! refuses itself has the platform's error body, and so has whatever fails behind it; SCIM
//! answers the rest in its own form.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header},
};
use scim::{ScimError, message::MEDIA_TYPE};
use std::sync::Arc;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{
    Organisation,
    address::{Address, ScimAddress},
    caller::Caller,
    limit::{Limiter, Standing},
    page_cost::PAGE_TOO_LARGE,
    parameters, permission,
    platform::{About, PlatformError, Recorded},
    settings::{Counted, CreateStatus, DeleteStatus, Endpoint},
    subject::{Subject, is_write},
    token,
};

const CORRELATION_ID: HeaderName = HeaderName::from_static("inin-correlation-id");
const RATE_LIMIT_COUNT: HeaderName = HeaderName::from_static("inin-ratelimit-count");
const RATE_LIMIT_ALLOWED: HeaderName = HeaderName::from_static("inin-ratelimit-allowed");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("inin-ratelimit-reset");

/// The vendor sends this header; with which value is not known, so this one is ours. Without TLS
/// it means nothing to a client (RFC 6797 §8.1).
const STRICT_TRANSPORT_SECURITY: &str = "max-age=600; includeSubDomains";

/// The largest refusal of SCIM that is read.
const DETAIL_SIZE_MAX: usize = 64 * 1024;

/// The gateway of one organisation.
pub(crate) struct Gateway {
    pub(crate) organisation: Organisation,
    pub(crate) limiter: Option<Limiter>,
    /// SCIM of the first family.
    pub(crate) old: Router,
    /// SCIM of the family in use today.
    pub(crate) v2: Router,
    /// The other services.
    pub(crate) platform: Router,
}

/// Answers every request.
pub(crate) async fn answer(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Response<Body> {
    let correlation_id = Uuid::new_v4().to_string();
    let mut response = gateway
        .answer(&correlation_id, request)
        .await
        .unwrap_or_else(|refusal| refusal.response(&correlation_id));
    let headers = response.headers_mut();
    put(headers, CORRELATION_ID, &correlation_id);
    // The token endpoint has said so itself.
    if !headers.contains_key(header::CACHE_CONTROL) {
        put(headers, header::CACHE_CONTROL, "no-cache, no-store, must-revalidate");
    }
    put(headers, header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY);
    put(headers, header::PRAGMA, "no-cache");
    put(headers, header::EXPIRES, "0");
    response
}

impl Gateway {
    async fn answer(
        &self,
        correlation_id: &str,
        request: Request,
    ) -> Result<Response<Body>, PlatformError> {
        let path = request.uri().path();
        let address = Address::of(path).ok_or_else(|| PlatformError::no_address(path))?;
        if address == Address::Token {
            return Ok(token::issue(&self.organisation, request).await);
        }
        let caller = self.organisation.caller(request.headers(), correlation_id).await?;
        let standing = self.count(&caller);
        let mut response = match standing {
            Some(standing) if standing.is_exceeded() => {
                let refusal = PlatformError::too_many_requests(standing.allowed, standing.reset_s);
                let mut response = refusal.response(correlation_id);
                put(response.headers_mut(), header::RETRY_AFTER, &standing.reset_s.to_string());
                response
            }
            _ => self.serve(address, caller, request).await,
        };
        if let Some(standing) = standing {
            tell(response.headers_mut(), standing);
        }
        Ok(response)
    }

    /// Counts the request, if there is a limit.
    fn count(&self, caller: &Caller) -> Option<Standing> {
        let counted = match self.organisation.settings.rate_limit_scope {
            Counted::Client => &caller.client_id,
            Counted::Token => &caller.token_hash,
        };
        let now = self.organisation.clock.now();
        self.limiter.as_ref().map(|limiter| limiter.count(counted, now))
    }

    /// Lets the service answer, and records what it did not record itself.
    async fn serve(&self, address: Address, caller: Caller, request: Request) -> Response<Body> {
        let method = request.method().clone();
        let is_scim = matches!(address, Address::Scim(_));
        let (mut response, subject) = match address {
            Address::Scim(address) => {
                let subject = Subject::of_scim(&address);
                (self.scim(address, caller.clone(), request).await, subject)
            }
            Address::Platform(path) => {
                let subject = Subject::of_platform(&path);
                (self.platform(path, caller.clone(), request).await, subject)
            }
            Address::Token => unreachable!("tokens are given before anybody is asked who they are"),
        };
        let is_recorded = response.extensions_mut().remove::<Recorded>().is_some();
        let subject = subject.or_as(response.extensions_mut().remove::<About>());
        if is_write(&method) && !is_recorded && !(is_scim && response.status().is_success()) {
            self.organisation.record_write(&subject, &caller, &method, response.status()).await;
        }
        response
    }

    async fn scim(
        &self,
        address: ScimAddress,
        caller: Caller,
        mut request: Request,
    ) -> Response<Body> {
        let context = caller.correlation_id.clone();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        if self.is_missing(&address, &method) {
            return PlatformError::no_address(&path).response(&context);
        }
        let query = request.uri().query();
        if let Err(refusal) =
            parameters::check(&self.organisation.settings, &address, &method, query)
        {
            return refused(&refusal);
        }
        let needed = permission::of_scim(&method, address.endpoint());
        let caller = match self.organisation.admitted(caller, needed).await {
            Ok(caller) => caller,
            Err(refusal) => return refusal.response(&context),
        };
        *request.uri_mut() = address.uri(request.uri().query());
        request.extensions_mut().insert(caller);
        let router = if address.is_v2 { &self.v2 } else { &self.old };
        let response = run(router, request).await;
        let response = translated(&context, &method, &path, response).await;
        self.with_statuses(&method, response)
    }

    async fn platform(&self, path: String, caller: Caller, mut request: Request) -> Response<Body> {
        let context = caller.correlation_id.clone();
        let text = match request.uri().query() {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        *request.uri_mut() = text.parse().unwrap_or_default();
        request.extensions_mut().insert(caller);
        let mut response = run(&self.platform, request).await;
        match response.extensions_mut().remove::<PlatformError>() {
            Some(refusal) => refusal.response(&context),
            None => response,
        }
    }

    /// Whether the settings hide this endpoint for groups.
    fn is_missing(&self, address: &ScimAddress, method: &Method) -> bool {
        let settings = &self.organisation.settings;
        let is_group = address.endpoint().eq_ignore_ascii_case("groups");
        match (method, address.id()) {
            (&Method::POST, None) if is_group => settings.group_create == Endpoint::Missing,
            (&Method::DELETE, Some(_)) if is_group => settings.group_delete == Endpoint::Missing,
            _ => false,
        }
    }

    fn with_statuses(&self, method: &Method, mut response: Response<Body>) -> Response<Body> {
        let settings = &self.organisation.settings;
        let status = response.status();
        if status == StatusCode::CREATED && settings.create_status == CreateStatus::Ok {
            *response.status_mut() = StatusCode::OK;
        }
        if status == StatusCode::NO_CONTENT
            && method == Method::DELETE
            && settings.delete_status == DeleteStatus::Ok
        {
            *response.status_mut() = StatusCode::OK;
            *response.body_mut() = Body::from("{}");
            response.headers_mut().remove(header::CONTENT_LENGTH);
            put(response.headers_mut(), header::CONTENT_TYPE, MEDIA_TYPE);
        }
        response
    }
}

/// Gives what SCIM refuses in the platform's stead the platform's body.
async fn translated(
    context: &str,
    method: &Method,
    path: &str,
    response: Response<Body>,
) -> Response<Body> {
    match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => {
            let mut refused = PlatformError::method(method.as_str(), path).response(context);
            if let Some(allow) = response.headers().get(header::ALLOW) {
                refused.headers_mut().insert(header::ALLOW, allow.clone());
            }
            refused
        }
        // A filter on schemas is SCIM's own 403.
        StatusCode::FORBIDDEN if is_write(method) => {
            PlatformError::out_of_reach(detail(response).await).response(context)
        }
        status if status.as_u16() == PAGE_TOO_LARGE => {
            PlatformError::page_too_large().response(context)
        }
        // What the RFC has and the vendor has not is no address at all.
        StatusCode::NOT_IMPLEMENTED => PlatformError::no_address(path).response(context),
        StatusCode::SERVICE_UNAVAILABLE => PlatformError::unavailable().response(context),
        status if status.is_server_error() => PlatformError::internal().response(context),
        _ => response,
    }
}

/// What SCIM says about a refusal.
async fn detail(response: Response<Body>) -> String {
    let body = to_bytes(response.into_body(), DETAIL_SIZE_MAX).await.unwrap_or_default();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    body["detail"].as_str().unwrap_or_default().to_owned()
}

/// A refusal of SCIM's own.
fn refused(error: &ScimError) -> Response<Body> {
    let mut response = Response::new(Body::from(error.to_json().to_string()));
    *response.status_mut() = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    put(response.headers_mut(), header::CONTENT_TYPE, MEDIA_TYPE);
    response
}

async fn run(router: &Router, request: Request) -> Response<Body> {
    match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn tell(headers: &mut HeaderMap, standing: Standing) {
    put(headers, RATE_LIMIT_COUNT, &standing.count.to_string());
    put(headers, RATE_LIMIT_ALLOWED, &standing.allowed.to_string());
    put(headers, RATE_LIMIT_RESET, &standing.reset_s.to_string());
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    let value =
        HeaderValue::from_str(value).expect("numbers, ids and our own words are header values");
    headers.insert(name, value);
}
