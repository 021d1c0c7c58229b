//! The gateway in front of SCIM: who asks, how often, and in which of the two families of
//! addresses. What it refuses itself has the platform's error body, and so has whatever
//! fails behind it; SCIM answers the rest in its own form.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header},
};
use std::sync::Arc;
use tower::ServiceExt as _;
use url::form_urlencoded;
use uuid::Uuid;

use crate::{
    Organisation,
    limit::{Limiter, Standing},
    platform::PlatformError,
    record::Entry,
    scim_store::Caller,
};

/// The base of the vendor's first family of addresses.
pub(crate) const OLD_BASE: &str = "/api/v2/scim";

/// The base of the family in use today.
pub(crate) const V2_BASE: &str = "/api/v2/scim/v2";

/// What stands in an address behind its base.
const ENDPOINTS: [&str; 5] =
    ["users", "groups", "serviceproviderconfig", "resourcetypes", "schemas"];

const CORRELATION_ID: HeaderName = HeaderName::from_static("inin-correlation-id");
const RATE_LIMIT_COUNT: HeaderName = HeaderName::from_static("inin-ratelimit-count");
const RATE_LIMIT_ALLOWED: HeaderName = HeaderName::from_static("inin-ratelimit-allowed");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("inin-ratelimit-reset");

/// The gateway of one organisation.
pub(crate) struct Gateway {
    pub(crate) organisation: Organisation,
    pub(crate) limiter: Option<Limiter>,
    /// SCIM below [`OLD_BASE`].
    pub(crate) old: Router,
    /// SCIM below [`V2_BASE`].
    pub(crate) v2: Router,
}

/// An address behind one of the two bases.
struct Address {
    is_v2: bool,
    /// What follows the base, with its slash in front.
    rest: String,
}

/// Answers every request but those for tokens.
pub(crate) async fn answer(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Response<Body> {
    let context = Uuid::new_v4().to_string();
    let mut response = gateway
        .answer(&context, request)
        .await
        .unwrap_or_else(|refusal| refusal.response(&context));
    let headers = response.headers_mut();
    put(headers, CORRELATION_ID, &context);
    put(headers, header::CACHE_CONTROL, "no-cache, no-store, must-revalidate");
    put(headers, header::PRAGMA, "no-cache");
    put(headers, header::EXPIRES, "0");
    response
}

impl Gateway {
    async fn answer(
        &self,
        context: &str,
        request: Request,
    ) -> Result<Response<Body>, PlatformError> {
        let path = request.uri().path();
        let address = Address::of(path).ok_or_else(|| PlatformError::no_address(path))?;
        let caller = self.caller(request.headers()).await?;
        let standing = self
            .limiter
            .as_ref()
            .map(|limiter| limiter.count(&caller.client_id, self.organisation.clock.now()));
        let mut response = match standing {
            Some(standing) if standing.is_exceeded() => {
                let refusal = PlatformError::too_many_requests(standing.allowed, standing.reset_s);
                let mut response = refusal.response(context);
                put(response.headers_mut(), header::RETRY_AFTER, &standing.reset_s.to_string());
                response
            }
            _ => self.scim(context, address, caller, request).await,
        };
        if let Some(standing) = standing {
            tell(response.headers_mut(), standing);
        }
        Ok(response)
    }

    /// The client whose token the request carries.
    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, PlatformError> {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| value.trim().split_once(' '));
        let Some((_, token)) = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        else {
            return Err(PlatformError::no_token());
        };
        match self.organisation.token_holder(token.trim()).await {
            Ok(Some(client_id)) => Ok(Caller { client_id }),
            Ok(None) => Err(PlatformError::bad_token()),
            Err(error) => {
                tracing::error!(%error, "a token could not be checked");
                Err(PlatformError::unavailable())
            }
        }
    }

    /// Lets SCIM answer, and records what it refuses to write.
    async fn scim(
        &self,
        context: &str,
        address: Address,
        caller: Caller,
        mut request: Request,
    ) -> Response<Body> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        *request.uri_mut() = address.uri(request.uri().query());
        request.extensions_mut().insert(caller.clone());
        let router = if address.is_v2 { &self.v2 } else { &self.old };
        let response = match router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        if status.is_client_error() && is_write(&method) {
            self.record_refusal(&address, &caller, &method, status).await;
        }
        match status {
            StatusCode::METHOD_NOT_ALLOWED => {
                let mut refused = PlatformError::method(method.as_str(), &path).response(context);
                if let Some(allow) = response.headers().get(header::ALLOW) {
                    refused.headers_mut().insert(header::ALLOW, allow.clone());
                }
                refused
            }
            StatusCode::SERVICE_UNAVAILABLE => PlatformError::unavailable().response(context),
            status if status.is_server_error() => PlatformError::internal().response(context),
            _ => response,
        }
    }

    /// A write that was done has been recorded with it; here come the others.
    async fn record_refusal(
        &self,
        address: &Address,
        caller: &Caller,
        method: &Method,
        status: StatusCode,
    ) {
        let mut segments = address.rest.split('/').filter(|segment| !segment.is_empty());
        let is_group =
            segments.next().is_some_and(|endpoint| endpoint.eq_ignore_ascii_case("groups"));
        let step = self.organisation.record(&Entry {
            client_id: &caller.client_id,
            method: method_name(method),
            resource: if is_group { "Group" } else { "User" },
            resource_id: segments.next(),
            name: None,
            status: status.as_u16(),
        });
        if let Err(error) = self.organisation.db.transaction(vec![step]).await {
            tracing::error!(%error, "a refused write could not be recorded");
        }
    }
}

impl Address {
    /// Splits a path whose segments may be in any case. `None` if nothing is there.
    fn of(path: &str) -> Option<Self> {
        let rest = strip_base(path, OLD_BASE)?;
        let (is_v2, rest) = match strip_base(rest, "/v2") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let endpoint = rest.split('/').find(|segment| !segment.is_empty())?;
        let is_known = ENDPOINTS.iter().any(|known| known.eq_ignore_ascii_case(endpoint));
        is_known.then(|| Self { is_v2, rest: rest.to_owned() })
    }

    fn uri(&self, query: Option<&str>) -> Uri {
        let text = match query {
            Some(query) => format!("{}?{}", self.rest, with_meta(query)),
            None => self.rest.clone(),
        };
        // A path that arrived as one is one still.
        text.parse().unwrap_or_default()
    }
}

/// The vendor shows `meta` whatever the client asks for: its SDKs read the version there.
fn with_meta(query: &str) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
        let value = if name.eq_ignore_ascii_case("attributes") && !value.trim().is_empty() {
            format!("{value},meta")
        } else if name.eq_ignore_ascii_case("excludedAttributes") {
            let names = value
                .split(',')
                .filter(|name| !name.trim().to_ascii_lowercase().starts_with("meta"));
            names.collect::<Vec<_>>().join(",")
        } else {
            value.into_owned()
        };
        (name.into_owned(), value)
    });
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// What follows `base`, if the path begins with its segments in any case.
fn strip_base<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    let (start, rest) = path.split_at_checked(base.len())?;
    let ends_there = rest.is_empty() || rest.starts_with('/');
    (ends_there && start.eq_ignore_ascii_case(base)).then_some(rest)
}

fn is_write(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE)
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        _ => "DELETE",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Option<(bool, &str)>) {
        let address = Address::of(path);
        assert_eq!(
            address.as_ref().map(|address| (address.is_v2, address.rest.as_str())),
            expected,
            "{path}"
        );
    }

    #[test]
    fn both_families_are_read_in_any_case() {
        check("/api/v2/scim/v2/users", Some((true, "/users")));
        check("/api/v2/scim/v2/Users/1", Some((true, "/Users/1")));
        check("/API/v2/SCIM/V2/groups", Some((true, "/groups")));
        check("/api/v2/scim/users", Some((false, "/users")));
        check("/api/v2/scim/Schemas/urn%3Aietf", Some((false, "/Schemas/urn%3Aietf")));
    }

    #[test]
    fn nothing_else_is_an_address() {
        check("/", None);
        check("/api/v2/scim", None);
        check("/api/v2/scim/v2", None);
        check("/api/v2/scim/v2/Bulk", None);
        check("/api/v2/scim/v2users", None);
        check("/api/v2/users", None);
        check("/äpi/v2/scim/v2/users", None);
    }

    #[test]
    fn meta_is_always_shown() {
        assert_eq!(with_meta("attributes=userName"), "attributes=userName%2Cmeta");
        assert_eq!(
            with_meta("excludedAttributes=meta,meta.version,roles"),
            "excludedAttributes=roles"
        );
        assert_eq!(with_meta("filter=a+eq+%22b%22&count=1"), "filter=a+eq+%22b%22&count=1");
    }
}
