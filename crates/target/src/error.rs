//! What can go wrong between us and a service, told apart by what to do about it.
//!
//! The line that matters most runs between "certainly not applied" and "may have
//! been applied": see [`TargetError::may_have_been_applied`].

use std::fmt;
use std::time::Duration;

use scim::ScimType;

use crate::address::AddressError;

/// Why a request did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// 401.
    #[error("the service refused our token (401{}): obtain a new one there and save it in the credentials", told(.detail))]
    Unauthorized {
        /// The service's own words; empty if it had none.
        detail: String,
    },
    /// 403.
    #[error("the service accepted our token but not this request (403{}): give the client the permissions to manage users and groups there", told(.detail))]
    Forbidden {
        /// The service's own words; empty if it had none.
        detail: String,
    },
    /// 404: no such resource, or no such endpoint.
    #[error("the service does not know \"{path}\" (404{})", told(.detail))]
    NotFound {
        /// The path that was asked for.
        path: String,
        /// The service's own words; empty if it had none.
        detail: String,
    },
    /// 409, or 400 with scimType `uniqueness`: certainly not applied.
    #[error("the service already has a resource with such a value (409{})", told(.detail))]
    Conflict {
        /// The service's own words; empty if it had none.
        detail: String,
    },
    /// Any other 4xx: the service understood and said no.
    #[error("the service refused the request ({status}{}{}): correct the value or the mapping it came from", typed(*.scim_type), told(.detail))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// `scimType` of the answer (RFC 7644 §3.12).
        scim_type: Option<ScimType>,
        /// The service's own words; empty if it had none.
        detail: String,
    },
    /// 429, or 503 with `Retry-After`, for longer than we wait ourselves.
    #[error("the service asks us to slow down{}: lower the requests a minute in the profile if this goes on", later(.retry_after.as_ref()))]
    Throttled {
        /// How long the service wants to be left alone, if it said so.
        retry_after: Option<Duration>,
    },
    /// No answer, and nothing was applied: the request certainly did not arrive, or it was only a question.
    #[error("\"{host}\" cannot be reached: {problem}")]
    Unreachable {
        /// Host and port that we tried.
        host: String,
        /// What happened.
        problem: NetworkProblem,
    },
    /// No usable answer to a write: it may have been applied. Look before sending it again.
    #[error(
        "the answer to a write was lost ({why}), so it may have been applied: the service is asked before anything is sent again"
    )]
    Ambiguous {
        /// What happened.
        why: NetworkProblem,
    },
    /// 5xx. A write may have been applied all the same.
    #[error("the service failed ({status}{}): try again later, or ask its operator", told(.detail))]
    Server {
        /// The HTTP status.
        status: u16,
        /// The service's own words; empty if it had none.
        detail: String,
    },
    /// A successful status over something that is not SCIM.
    #[error("the answer is no SCIM message but {what}: check the path of the tenant URL")]
    NotScim {
        /// What it was, with its article.
        what: String,
    },
    /// The service's certificate was not accepted; nothing was sent.
    #[error("the certificate of \"{host}\" is not accepted: {problem}")]
    Certificate {
        /// Host and port that we tried.
        host: String,
        /// What is wrong with it.
        problem: CertificateProblem,
    },
    /// The answer is larger than we read.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// 3xx: never followed, for the token belongs to one origin.
    #[error(
        "the service redirects to \"{location}\" ({status}), which is not followed with credentials: enter the final address as tenant URL"
    )]
    Redirected {
        /// The HTTP status.
        status: u16,
        /// The origin of the `Location` header, without path and query.
        location: String,
    },
    /// The OAuth token endpoint gave no token.
    #[error("the token endpoint gave no token ({status}{}): check client id, client secret and scope", told(.detail))]
    SignIn {
        /// The HTTP status.
        status: u16,
        /// The endpoint's own words; empty if it had none.
        detail: String,
    },
    /// A search found more than a search for one object can: most likely the filter was ignored.
    #[error(
        "a search for one resource found {total}, the most that is read is {limit}: the service seems to ignore filters"
    )]
    TooManyMatches {
        /// What the service says there are.
        total: usize,
        /// [`crate::MATCHES_MAX`].
        limit: usize,
    },
    /// A resource id that cannot stand in a path.
    #[error("the resource id \"{id}\" cannot be part of an address")]
    UnusableId {
        /// The id.
        id: String,
    },
    /// The base URL or the token URL cannot be used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The token is no text that can stand in a header, or the TLS library cannot start.
    #[error("the connection cannot be set up: {0}")]
    Setup(String),
}

/// What happened on the way to a service or back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkProblem {
    /// The name resolves to no address.
    NameNotFound,
    /// Nobody listens there.
    Refused,
    /// No connection within the time for connecting.
    ConnectTimedOut,
    /// Any other failure before the request was sent.
    ConnectFailed(String),
    /// The other side does not speak TLS as we do.
    TlsFailed(String),
    /// The request was sent and no answer came in time.
    AnswerTimedOut {
        /// How long we waited.
        after_ms: u64,
    },
    /// The connection ended before the answer began.
    ConnectionLost,
    /// The answer ended in the middle.
    AnswerCut,
}

/// Why a certificate was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateProblem {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// No authority that this machine trusts has signed it.
    UnknownIssuer,
    /// It is for other names.
    WrongName {
        /// The names it is for, as far as they are told.
        names: Vec<String>,
    },
    /// It was revoked.
    Revoked,
    /// Anything else, in the TLS library's words.
    Other(String),
}

impl TargetError {
    /// Whether a write that ended with this error may have taken effect. `false`: it certainly has not.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        matches!(
            self,
            Self::Ambiguous { .. }
                | Self::Server { .. }
                | Self::NotScim { .. }
                | Self::TooLarge { .. }
        )
    }

    /// The HTTP status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unauthorized { .. } => Some(401),
            Self::Forbidden { .. } => Some(403),
            Self::NotFound { .. } => Some(404),
            Self::Conflict { .. } => Some(409),
            Self::Throttled { .. } => Some(429),
            Self::Refused { status, .. }
            | Self::Server { status, .. }
            | Self::Redirected { status, .. } => Some(*status),
            Self::Unreachable { .. }
            | Self::Ambiguous { .. }
            | Self::NotScim { .. }
            | Self::Certificate { .. }
            | Self::TooLarge { .. }
            | Self::SignIn { .. }
            | Self::TooManyMatches { .. }
            | Self::UnusableId { .. }
            | Self::Address(_)
            | Self::Setup(_) => None,
        }
    }
}

impl fmt::Display for NetworkProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameNotFound => {
                f.write_str("its name is not known: check the spelling and this machine's DNS")
            }
            Self::Refused => f.write_str(
                "nothing listens there (connection refused): check the port, and whether the service runs",
            ),
            Self::ConnectTimedOut => f.write_str(
                "no connection came about in time: a firewall may stand between, check the address and the routes",
            ),
            Self::ConnectFailed(cause) => write!(f, "the connection failed ({cause})"),
            Self::TlsFailed(cause) => {
                write!(f, "it does not answer in TLS as expected ({cause}): check port and scheme")
            }
            Self::AnswerTimedOut { after_ms } => write!(f, "no answer within {after_ms} ms"),
            Self::ConnectionLost => f.write_str("the connection ended before the answer"),
            Self::AnswerCut => f.write_str("the answer ended in the middle"),
        }
    }
}

impl fmt::Display for CertificateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired => f.write_str("it has expired: renew it there"),
            Self::NotYetValid => f.write_str(
                "it is not valid yet: compare this machine's clock, else wait or renew it there",
            ),
            Self::UnknownIssuer => f.write_str(
                "no authority that this machine trusts has issued it: install the issuer's certificate here, or use a publicly trusted one there",
            ),
            Self::WrongName { names } if names.is_empty() => {
                f.write_str("it is for another name: use the name that it was issued for")
            }
            Self::WrongName { names } => {
                write!(f, "it is for {}: use a name that it was issued for", quoted(names))
            }
            Self::Revoked => f.write_str("its issuer has revoked it: renew it there"),
            Self::Other(cause) => write!(f, "{cause}"),
        }
    }
}

/// `: detail`, or nothing.
pub(crate) fn told(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(": {detail}") }
}

fn typed(scim_type: Option<ScimType>) -> String {
    scim_type.map(|scim_type| format!(" {}", scim_type.name())).unwrap_or_default()
}

fn later(retry_after: Option<&Duration>) -> String {
    retry_after.map(|wait| format!(" for {} s", wait.as_secs())).unwrap_or_default()
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(", ")
}
