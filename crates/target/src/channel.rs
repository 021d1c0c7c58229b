//! The way to one service: requests are signed, paced, counted, sent, and sent again
//! where that is safe.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Certificate, Method, redirect};
use scim::message::MEDIA_TYPE;
use url::Url;

use crate::address::is_loopback;
use crate::answer::{self, Asked};
use crate::counts::{Counters, RequestCounts};
use crate::error::TargetError;
use crate::network::{self, Raw};
use crate::pace::{Pace, Resting};
use crate::profile::Profile;
use crate::retry::{self, Attempts, Next};
use crate::sign_in::SignIn;

/// The largest answer that is read, in bytes: a group of 100,000 members, as some services return it.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long connecting may take, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection is kept without use: shorter than services keep theirs (some
/// only 5 s), since a write on a connection that just closes would be ambiguous.
pub const IDLE_CONNECTION_MAX: Duration = Duration::from_secs(4);

/// How we name ourselves: services refuse requests that do not.
pub const USER_AGENT: &str = concat!("instep/", env!("CARGO_PKG_VERSION"));

/// Connections, token, pace and counts: what all clones of a target share.
#[derive(Debug)]
pub(crate) struct Channel {
    http: reqwest::Client,
    sign_in: SignIn,
    pace: Pace,
    counters: Counters,
    timeout: Duration,
    attempts_max: u32,
}

/// One request, before it is signed.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Option<Vec<u8>>,
}

impl Channel {
    /// Sends a request until it has an answer that is worth interpreting, or must not be sent again.
    pub(crate) async fn send(&self, call: &Call) -> Result<Raw, TargetError> {
        let mut attempts = Attempts::default();
        loop {
            let error = match self.attempt(call).await {
                Ok(raw) => match answer::transient(&call.asked(), &raw) {
                    None => return Ok(raw),
                    Some(error) => error,
                },
                Err(error) => error,
            };
            let next = retry::next(&call.method, &error, &mut attempts, self.attempts_max);
            if let TargetError::Throttled { retry_after: Some(rest) } = error {
                self.pace.rest_for(rest); // even if this request does not wait for it
            }
            match next {
                Next::GiveUp => return Err(error),
                Next::AfterRest(rest) => self.pace.rest_for(rest),
                Next::Again(pause) => {
                    tokio::time::sleep(retry::jittered(pause, random())).await;
                }
            }
            tracing::debug!(method = %call.method, path = call.url.path(), %error, "sending again");
        }
    }

    /// Sends a request once, and once more if only the token was too old.
    pub(crate) async fn attempt(&self, call: &Call) -> Result<Raw, TargetError> {
        let Self { http, sign_in, pace, .. } = self;
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
        self.counters.count(&call.method);
        let mut request = self
            .http
            .request(call.method.clone(), call.url.clone())
            .header(ACCEPT, MEDIA_TYPE)
            .header(AUTHORIZATION, token);
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, MEDIA_TYPE).body(body.clone());
        }
        let purpose = call.asked().purpose();
        network::exchange(request, &call.url, purpose, ANSWER_BYTES_MAX, self.timeout).await
    }
}

impl Channel {
    pub(crate) fn new(
        base: &Url,
        sign_in: SignIn,
        profile: &Profile,
        authorities: &[&str],
    ) -> Result<Self, TargetError> {
        let encrypted = is_https(base) || sign_in.token_url().is_some_and(is_https);
        Ok(Self {
            http: http_client(base, encrypted, authorities)?,
            sign_in,
            pace: Pace::new(profile),
            counters: Counters::default(),
            timeout: timeout(profile),
            attempts_max: profile.attempts_max,
        })
    }

    pub(crate) fn requests(&self) -> RequestCounts {
        self.counters.snapshot()
    }

    pub(crate) fn token_requests(&self) -> u64 {
        self.sign_in.requests()
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

/// How long one request may take.
pub(crate) fn timeout(profile: &Profile) -> Duration {
    Duration::from_millis(profile.request_timeout_ms)
}

fn random() -> u32 {
    let (random, ..) = uuid::Uuid::new_v4().as_fields();
    random
}
