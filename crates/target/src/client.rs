//! The SCIM client of one target: search, create, read, update, delete.
//!
//! Requests wait for their turn ([`crate::pace`]), are sent once or again if that
//! is safe ([`crate::retry`]), and answers are read strictly enough that a caller
//! may decide on them ([`crate::answer`]). One pool of connections serves all
//! clones of a [`Target`].

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Certificate, Method, redirect};
use scim::message::MEDIA_TYPE;
use scim::patch::PatchRequest;
use scim::path::Path;
use scim::resource::schemas_of;
use scim::schema::urn;
use scim::{Filter, ListResponse, Resource};
use serde_json::Value;
use url::Url;

use crate::address::{BaseUrl, CompatibilityFlags, is_loopback};
use crate::answer::{self, Answer, Asked, id_of};
use crate::connection::{Connection, Credentials};
use crate::counts::{Counters, RequestCounts};
use crate::error::TargetError;
use crate::network::{self, Raw};
use crate::pace::{Pace, Resting};
use crate::profile::Profile;
use crate::retry::{self, Attempts, Next};
use crate::sign_in::SignIn;

/// The largest answer that is read, in bytes: a group of 100,000 members, as some services return it.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The most resources that a search for one object may find.
pub const MATCHES_MAX: usize = 100;

/// How long connecting may take, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection is kept without use: shorter than services keep theirs (some
/// only 5 s), since a write on a connection that just closes would be ambiguous.
pub const IDLE_CONNECTION_MAX: Duration = Duration::from_secs(4);

/// How we name ourselves: services refuse requests that do not.
pub const USER_AGENT: &str = concat!("instep/", env!("CARGO_PKG_VERSION"));

/// A service that we provision to. Clones share connections, pace and counts.
#[derive(Debug, Clone)]
pub struct Target {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    base: BaseUrl,
    http: reqwest::Client,
    sign_in: SignIn,
    profile: Profile,
    pace: Pace,
    counters: Counters,
}

/// One request, before it is signed.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    body: Option<Vec<u8>>,
}

impl Target {
    /// Searches `endpoint` for the resources whose `path` equals `value`. Attributes in
    /// `excluded` need not be returned. The filter is the service's to apply: whether
    /// what was found really has the value is for the caller to check.
    pub async fn find(
        &self,
        endpoint: &str,
        path: &Path,
        value: &str,
        excluded: &[&str],
    ) -> Result<Vec<Resource>, TargetError> {
        let filter = Filter::eq(path, value);
        let mut found: Vec<Resource> = Vec::new();
        loop {
            let start_index = (!found.is_empty()).then_some(found.len() + 1);
            let page = self.page(endpoint, &filter, excluded, start_index).await?;
            let total = page.total_results.max(page.resources.len());
            if total > MATCHES_MAX {
                return Err(TargetError::TooManyMatches { total, limit: MATCHES_MAX });
            }
            let before = found.len();
            add_new(&mut found, page.resources)?;
            if found.len() >= total || found.len() == before {
                return Ok(found);
            }
        }
    }

    /// Creates a resource. `schemas` is added if it is missing.
    pub async fn create(&self, endpoint: &str, resource: &Resource) -> Result<Answer, TargetError> {
        let resource = self.with_schemas(endpoint, resource);
        self.change(Method::POST, endpoint, None, Some(&resource.into())).await
    }

    /// Reads one resource.
    pub async fn read(&self, endpoint: &str, id: &str) -> Result<Answer, TargetError> {
        self.change(Method::GET, endpoint, Some(id), None).await
    }

    /// Changes a resource by PATCH.
    pub async fn patch(
        &self,
        endpoint: &str,
        id: &str,
        request: &PatchRequest,
    ) -> Result<Answer, TargetError> {
        self.change(Method::PATCH, endpoint, Some(id), Some(&request.to_json())).await
    }

    /// Replaces a resource by PUT, for services that have nothing else.
    pub async fn replace(
        &self,
        endpoint: &str,
        id: &str,
        resource: &Resource,
    ) -> Result<Answer, TargetError> {
        let resource = self.with_schemas(endpoint, resource);
        self.change(Method::PUT, endpoint, Some(id), Some(&resource.into())).await
    }

    /// Deletes a resource.
    pub async fn delete(&self, endpoint: &str, id: &str) -> Result<Answer, TargetError> {
        self.change(Method::DELETE, endpoint, Some(id), None).await
    }

    /// The SCIM requests sent so far, by all clones.
    #[must_use]
    pub fn requests(&self) -> RequestCounts {
        self.inner.counters.snapshot()
    }

    /// The token requests sent so far, by all clones.
    #[must_use]
    pub fn token_requests(&self) -> u64 {
        self.inner.sign_in.requests()
    }

    /// The profile that the target was made with.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.inner.profile
    }

    /// The compatibility flags that stood in the tenant URL.
    #[must_use]
    pub fn compatibility_flags(&self) -> CompatibilityFlags {
        self.inner.base.flags()
    }

    pub(crate) fn base_url(&self) -> &Url {
        self.inner.base.url()
    }
}

impl Target {
    /// Prepares a target; sends nothing.
    pub fn new(connection: Connection) -> Result<Self, TargetError> {
        Self::trusting(connection, &[])
    }

    /// Like [`Target::new`]; trusts the certificates of `authorities` (PEM) beside those of this machine.
    pub fn trusting(connection: Connection, authorities: &[&str]) -> Result<Self, TargetError> {
        let Connection { base_url, credentials, allow_plain_http, profile } = connection;
        let base = BaseUrl::parse(&base_url, allow_plain_http)?;
        let encrypted = match &credentials {
            Credentials::Token(_) => is_https(base.url()),
            Credentials::ClientCredentials { token_url, .. } => {
                let token_url = crate::address::parse(token_url, allow_plain_http)?;
                is_https(base.url()) || is_https(&token_url)
            }
        };
        let http = http_client(base.url(), encrypted, authorities)?;
        let sign_in = SignIn::new(credentials, allow_plain_http, timeout(&profile))?;
        let (pace, counters) = (Pace::new(&profile), Counters::default());
        let inner = Inner { base, http, sign_in, profile, pace, counters };
        Ok(Self { inner: Arc::new(inner) })
    }

    async fn page(
        &self,
        endpoint: &str,
        filter: &Filter,
        excluded: &[&str],
        start_index: Option<usize>,
    ) -> Result<ListResponse, TargetError> {
        let call = self.search(endpoint, filter, excluded, start_index)?;
        let raw = self.send(&call).await?;
        answer::list(&call.asked(), &raw)
    }

    /// A search of `endpoint`.
    pub(crate) fn search(
        &self,
        endpoint: &str,
        filter: &Filter,
        excluded: &[&str],
        start_index: Option<usize>,
    ) -> Result<Call, TargetError> {
        let mut call = self.call(Method::GET, endpoint, None, None)?;
        {
            let mut query = call.url.query_pairs_mut();
            query.append_pair("filter", &filter.to_string());
            if !excluded.is_empty() {
                query.append_pair("excludedAttributes", &excluded.join(","));
            }
            if let Some(start_index) = start_index {
                query.append_pair("startIndex", &start_index.to_string());
                query.append_pair("count", &self.inner.profile.page_size_max.to_string());
            }
        }
        // A plus means a blank only to those who read queries as forms; %20 means it to all.
        let query = call.url.query().map(|query| query.replace('+', "%20"));
        call.url.set_query(query.as_deref());
        Ok(call)
    }

    /// Sends a request about one resource.
    async fn change(
        &self,
        method: Method,
        endpoint: &str,
        id: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer, TargetError> {
        let call = self.call(method, endpoint, id, body)?;
        let raw = self.send(&call).await?;
        answer::resource(&call.asked(), raw)
    }

    fn call(
        &self,
        method: Method,
        endpoint: &str,
        id: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Call, TargetError> {
        let url = self
            .inner
            .base
            .join(endpoint, id)
            .ok_or_else(|| TargetError::UnusableId { id: id.unwrap_or_default().to_owned() })?;
        Ok(Call { method, url, body: body.map(|body| body.to_string().into_bytes()) })
    }

    /// Sends a request until it has an answer that is worth interpreting, or must not be sent again.
    async fn send(&self, call: &Call) -> Result<Raw, TargetError> {
        let mut attempts = Attempts::default();
        loop {
            let error = match self.attempt(call).await {
                Ok(raw) => match answer::transient(&call.asked(), &raw) {
                    None => return Ok(raw),
                    Some(error) => error,
                },
                Err(error) => error,
            };
            match retry::next(&call.method, &error, &mut attempts, self.inner.profile.attempts_max)
            {
                Next::GiveUp => return Err(error),
                Next::AfterRest(rest) => self.inner.pace.rest_for(rest),
                Next::Again(pause) => {
                    tokio::time::sleep(retry::jittered(pause, random())).await;
                }
            }
            tracing::debug!(method = %call.method, path = call.url.path(), %error, "sending again");
        }
    }

    /// Sends a request once, and once more if only the token was too old.
    pub(crate) async fn attempt(&self, call: &Call) -> Result<Raw, TargetError> {
        let Inner { http, sign_in, pace, .. } = &*self.inner;
        let _turn = pace
            .turn()
            .await
            .map_err(|Resting(wait)| TargetError::Throttled { retry_after: Some(wait) })?;
        let mut token = sign_in.header(http).await?;
        let mut raw = self.exchange(call, token.clone()).await?;
        if raw.status == 401
            && let Some(renewed) = sign_in.renewed(http, &token).await?
        {
            raw = self.exchange(call, renewed.clone()).await?;
            token = renewed;
        }
        if raw.status >= 400 {
            SignIn::redact(&token, &mut raw.body);
        }
        Ok(raw)
    }

    async fn exchange(&self, call: &Call, token: HeaderValue) -> Result<Raw, TargetError> {
        let Inner { http, profile, counters, .. } = &*self.inner;
        counters.count(&call.method);
        let mut request = http
            .request(call.method.clone(), call.url.clone())
            .header(ACCEPT, MEDIA_TYPE)
            .header(AUTHORIZATION, token);
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, MEDIA_TYPE).body(body.clone());
        }
        let purpose = call.asked().purpose();
        network::exchange(request, &call.url, purpose, ANSWER_BYTES_MAX, timeout(profile)).await
    }

    fn with_schemas(&self, endpoint: &str, resource: &Resource) -> Resource {
        if scim::resource::value_of(resource, "schemas").is_some() {
            return resource.clone();
        }
        let core =
            if endpoint == self.inner.profile.group_endpoint { urn::GROUP } else { urn::USER };
        let mut with_schemas = Resource::new();
        with_schemas.insert("schemas".to_owned(), schemas_of(resource, core).into());
        with_schemas.extend(resource.clone());
        with_schemas
    }
}

impl Call {
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked { method: &self.method, url: &self.url }
    }
}

fn http_client(
    base: &Url,
    encrypted: bool,
    authorities: &[&str],
) -> Result<reqwest::Client, TargetError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_CONNECTION_MAX);
    if is_loopback(base) {
        builder = builder.no_proxy();
    }
    let mut certificates = Vec::new();
    for pem in authorities {
        let bundle = Certificate::from_pem_bundle(pem.as_bytes());
        certificates.extend(bundle.map_err(|error| {
            TargetError::Setup(format!("the authority's certificate is no PEM ({error})"))
        })?);
    }
    // Without TLS no authority is needed, so a machine that has none is no obstacle.
    builder = if encrypted {
        builder.tls_certs_merge(certificates)
    } else {
        builder.tls_certs_only(certificates)
    };
    builder.build().map_err(|error| {
        let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        TargetError::Setup(format!(
            "{cause}; install this machine's certificate authorities (package ca-certificates) or name a file of them in SSL_CERT_FILE"
        ))
    })
}

fn is_https(url: &Url) -> bool {
    url.scheme() == "https"
}

fn timeout(profile: &Profile) -> Duration {
    Duration::from_millis(profile.request_timeout_ms)
}

/// Adds the resources whose id was not there yet: pages shift while others write.
fn add_new(found: &mut Vec<Resource>, resources: Vec<Resource>) -> Result<(), TargetError> {
    for resource in resources {
        let Some(id) = id_of(&resource) else {
            let what = "a list of resources without \"id\"".to_owned();
            return Err(TargetError::NotScim { what });
        };
        if !found.iter().any(|known| id_of(known).as_deref() == Some(&id)) {
            found.push(resource);
        }
    }
    Ok(())
}

fn random() -> u32 {
    let (random, ..) = uuid::Uuid::new_v4().as_fields();
    random
}
