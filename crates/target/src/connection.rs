//! What a connection is made of: where the service is, how to sign in, how to treat it.

use store::secret::Secret;

use crate::profile::Profile;

/// Everything that [`Target::new`](crate::Target::new) needs to know.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The tenant URL: `/Users` and `/Groups` are appended to its path. Entra's
    /// compatibility flags in its query are recognised and not sent.
    pub base_url: String,
    /// How to sign in.
    pub credentials: Credentials,
    /// Whether `http:` may be used towards other machines than this one.
    pub allow_plain_http: bool,
    /// What the service can do and how fast it may be driven.
    pub profile: Profile,
}

/// How to sign in. The secrets never appear in `Debug`.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A long-lived bearer token: Entra's *Secret Token*.
    Token(Secret),
    /// The OAuth 2.0 client credentials grant (RFC 6749 §4.4).
    ClientCredentials {
        /// The token endpoint; it obeys the same rules about `http:` as the base URL.
        token_url: String,
        /// The client's identifier.
        client_id: String,
        /// The client's secret.
        client_secret: Secret,
        /// Scopes separated by blanks, if the service wants any.
        scope: Option<String>,
        /// Where in the token request identifier and secret stand.
        client_authentication: ClientAuthentication,
    },
}

/// How an OAuth client proves who it is (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuthentication {
    /// In an `Authorization: Basic` header: what every service must accept.
    #[default]
    Header,
    /// As fields of the form, for services that read nothing else.
    Body,
}
