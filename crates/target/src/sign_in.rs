//! Signing in: the `Authorization` header of each request.
//!
//! A static token is sent as it is. For the client credentials grant one token is
//! kept until shortly before it expires; whoever needs a new one first asks for
//! it, and the others wait for that answer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use serde_json::Value;
use store::secret::Secret;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::address;
use crate::answer;
use crate::connection::{ClientAuthentication, Credentials};
use crate::error::TargetError;
use crate::network::{self, Purpose, Raw};

/// A token is replaced when less than this is left of its life, so that it does not expire on the way.
pub const TOKEN_MARGIN: Duration = Duration::from_mins(1);

/// The life of a token whose endpoint does not tell it.
pub const TOKEN_LIFE_DEFAULT: Duration = Duration::from_mins(30);

/// The largest token answer that is read.
const TOKEN_ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Who makes the `Authorization` header.
#[derive(Debug)]
pub(crate) enum SignIn {
    Token(HeaderValue),
    ClientCredentials(Box<Client>),
}

/// An OAuth client and the token it has.
#[derive(Debug)]
pub(crate) struct Client {
    token_url: Url,
    id: String,
    secret: Secret,
    scope: Option<String>,
    authentication: ClientAuthentication,
    timeout: Duration,
    current: Mutex<Option<Token>>,
    requests: AtomicU64,
}

/// A token, as the header that carries it.
#[derive(Debug, Clone)]
struct Token {
    header: HeaderValue,
    expires: Instant,
}

impl SignIn {
    pub(crate) fn new(
        credentials: Credentials,
        allow_plain_http: bool,
        timeout: Duration,
    ) -> Result<Self, TargetError> {
        match credentials {
            Credentials::Token(token) => Ok(Self::Token(bearer(token.expose())?)),
            Credentials::ClientCredentials {
                token_url,
                client_id,
                client_secret,
                scope,
                client_authentication,
            } => Ok(Self::ClientCredentials(Box::new(Client {
                token_url: address::parse(&token_url, allow_plain_http)?,
                id: client_id,
                secret: client_secret,
                scope,
                authentication: client_authentication,
                timeout,
                current: Mutex::default(),
                requests: AtomicU64::new(0),
            }))),
        }
    }

    /// The header for the next request.
    pub(crate) async fn header(&self, http: &reqwest::Client) -> Result<HeaderValue, TargetError> {
        match self {
            Self::Token(header) => Ok(header.clone()),
            Self::ClientCredentials(client) => client.header(http, None).await,
        }
    }

    /// The header for the same request again after the service refused `refused`;
    /// `None` if there is no other.
    pub(crate) async fn renewed(
        &self,
        http: &reqwest::Client,
        refused: &HeaderValue,
    ) -> Result<Option<HeaderValue>, TargetError> {
        match self {
            Self::Token(_) => Ok(None),
            Self::ClientCredentials(client) => client.header(http, Some(refused)).await.map(Some),
        }
    }

    /// Blackens the token in what a service answered.
    pub(crate) fn redact(sent: &HeaderValue, body: &mut Vec<u8>) {
        let token = sent.to_str().ok().and_then(|header| header.strip_prefix("Bearer "));
        redact(body, token.unwrap_or_default());
    }

    /// Where tokens come from, if they are asked for.
    pub(crate) fn token_url(&self) -> Option<&Url> {
        match self {
            Self::Token(_) => None,
            Self::ClientCredentials(client) => Some(&client.token_url),
        }
    }

    /// How often a token was asked for.
    pub(crate) fn requests(&self) -> u64 {
        match self {
            Self::Token(_) => 0,
            Self::ClientCredentials(client) => client.requests.load(Ordering::Relaxed),
        }
    }
}

impl Client {
    async fn header(
        &self,
        http: &reqwest::Client,
        refused: Option<&HeaderValue>,
    ) -> Result<HeaderValue, TargetError> {
        let mut current = self.current.lock().await;
        if let Some(token) = &*current
            && token.expires > Instant::now()
            && refused != Some(&token.header)
        {
            return Ok(token.header.clone());
        }
        *current = None;
        let token = self.fetch(http).await?;
        Ok(current.insert(token).header.clone())
    }

    async fn fetch(&self, http: &reqwest::Client) -> Result<Token, TargetError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let asked = Instant::now();
        let mut request = http
            .post(self.token_url.clone())
            .header(ACCEPT, "application/json")
            .header(reqwest::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(self.form());
        if self.authentication == ClientAuthentication::Header {
            request = request.header(AUTHORIZATION, self.basic()?);
        }
        // A token is asked for, nothing is changed: a lost answer counts as unreachable.
        let (question, limit) = (Purpose::Question, TOKEN_ANSWER_BYTES_MAX);
        let mut answer =
            network::exchange(request, &self.token_url, question, limit, self.timeout).await?;
        redact(&mut answer.body, self.secret.expose());
        let status = answer.status;
        let words = || answer::words_of(&answer.body);
        match status {
            200..=299 => token(&answer, asked),
            300..=399 => Err(answer::redirected(&answer)),
            429 => Err(TargetError::Throttled { retry_after: answer.retry_after }),
            _ => Err(TargetError::SignIn { status, detail: words() }),
        }
    }

    fn form(&self) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if let Some(scope) = self.scope.as_deref().filter(|scope| !scope.trim().is_empty()) {
            form.append_pair("scope", scope);
        }
        if self.authentication == ClientAuthentication::Body {
            form.append_pair("client_id", &self.id);
            form.append_pair("client_secret", self.secret.expose());
        }
        form.finish()
    }

    /// RFC 6749 §2.3.1: both halves are form-encoded first, so that a colon cannot move the boundary.
    fn basic(&self) -> Result<HeaderValue, TargetError> {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(&self.id), encoded(self.secret.expose()));
        sensitive(&format!("Basic {}", STANDARD.encode(pair)))
    }
}

/// Reads the answer of the token endpoint to a question `asked` then.
fn token(answer: &Raw, asked: Instant) -> Result<Token, TargetError> {
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let body = body.as_ref().and_then(Value::as_object);
    let token = body.and_then(|body| body.get("access_token")).and_then(Value::as_str);
    let Some(token) = token else {
        let detail = "no access_token in the answer, perhaps this is not the token URL".to_owned();
        return Err(TargetError::SignIn { status: answer.status, detail });
    };
    // Some services write the number as text.
    let life = body.and_then(|body| body.get("expires_in")).and_then(|life| {
        life.as_u64().or_else(|| life.as_str().and_then(|text| text.trim().parse().ok()))
    });
    let life = life.map_or(TOKEN_LIFE_DEFAULT, Duration::from_secs);
    let usable = life.saturating_sub(TOKEN_MARGIN.min(life / 2));
    let expires = asked.checked_add(usable).unwrap_or(asked + TOKEN_LIFE_DEFAULT);
    Ok(Token { header: bearer(token)?, expires })
}

/// Blackens `secret` in what a service answered: some repeat what they refuse.
fn redact(body: &mut Vec<u8>, secret: &str) {
    if secret.is_empty() || body.is_empty() {
        return;
    }
    let text = String::from_utf8_lossy(body);
    if text.contains(secret) {
        *body = text.replace(secret, "[redacted]").into_bytes();
    }
}

fn bearer(token: &str) -> Result<HeaderValue, TargetError> {
    let token = token.trim();
    if token.is_empty() {
        return Err(TargetError::Setup(
            "the token is empty: enter it in the credentials".to_owned(),
        ));
    }
    sensitive(&format!("Bearer {token}"))
}

/// A header that is never printed.
fn sensitive(text: &str) -> Result<HeaderValue, TargetError> {
    let mut header = HeaderValue::from_str(text).map_err(|_| {
        TargetError::Setup(
            "the token contains characters that cannot stand in a header, a line break perhaps: paste it again"
                .to_owned(),
        )
    })?;
    header.set_sensitive(true);
    Ok(header)
}
