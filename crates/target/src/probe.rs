//! *Test connection*: is this a SCIM service, does it know us, and does it search?
//!
//! One search for a value that nobody has tells all three apart: it must be
//! answered with an empty list.

use scim::Filter;
use scim::path::Path;
use serde::{Deserialize, Serialize};

use crate::answer;
use crate::client::Target;
use crate::error::{CertificateProblem, NetworkProblem, TargetError, told};

/// What to search by: the matching attributes of the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchProbe {
    /// The attribute that users are matched by, `userName` for most services.
    pub user: Path,
    /// The attribute that groups are matched by; `None` if the job provisions no groups.
    pub group: Option<Path>,
}

/// What a successful test established.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestReport {
    /// The tenant URL, as it is used.
    pub url: String,
    /// The searches that were answered with an empty list, as they must be.
    pub searches: Vec<String>,
}

/// What keeps a connection from working.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}; {hint}")]
#[serde(rename_all = "camelCase")]
pub struct ConnectionProblem {
    /// For programs.
    pub code: ProblemCode,
    /// What happened, to whom.
    pub message: String,
    /// What to do now.
    pub hint: String,
}

/// The kinds of [`ConnectionProblem`]; in JSON `wrongToken` and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProblemCode {
    /// The tenant URL, the token URL or the token cannot be used at all.
    BadSettings,
    /// 401.
    WrongToken,
    /// 403.
    MissingPermissions,
    /// The OAuth token endpoint refused the client.
    SignInRefused,
    /// The host's name is not known.
    NameNotFound,
    /// Nobody listens there.
    Refused,
    /// No connection or no answer in time.
    TimedOut,
    /// Any other trouble on the way.
    NetworkFailure,
    /// The other side does not speak TLS.
    NoTls,
    /// The certificate has expired, or is not valid yet.
    CertificateExpired,
    /// The certificate's issuer is not trusted here.
    CertificateUnknownIssuer,
    /// The certificate is for another name.
    CertificateWrongName,
    /// Anything else about the certificate.
    CertificateRefused,
    /// The answer is no SCIM, or the path is wrong.
    NotScim,
    /// The service redirects.
    Redirected,
    /// The service answers 404 to a search without a result.
    SearchNotFound,
    /// The service refuses to search by the matching attribute.
    SearchRefused,
    /// The service found something for a value that nobody has.
    FilterIgnored,
    /// The service has no groups.
    NoGroups,
    /// The service asks to slow down.
    Throttled,
    /// The service fails.
    ServerFailure,
}

impl Target {
    /// Tests the connection by searching for a value that nobody has. Sends each
    /// search once: who tests wants to see what happens now.
    pub async fn test_connection(
        &self,
        probe: &MatchProbe,
    ) -> Result<TestReport, ConnectionProblem> {
        let mut report = TestReport { url: self.base_url().to_string(), searches: Vec::new() };
        let users = (self.profile().user_endpoint.as_str(), Some(&probe.user));
        let groups = (self.profile().group_endpoint.as_str(), probe.group.as_ref());
        for (endpoint, path) in [users, groups] {
            let Some(path) = path else { continue };
            let search = Search { endpoint, path, groups: endpoint == groups.0 };
            self.search_for_nobody(&search).await?;
            report.searches.push(search.to_string());
        }
        Ok(report)
    }

    async fn search_for_nobody(&self, search: &Search<'_>) -> Result<(), ConnectionProblem> {
        let filter = Filter::eq(search.path, uuid::Uuid::new_v4().to_string());
        let excluded: &[&str] = if search.groups { &["members"] } else { &[] };
        let answered = async {
            let call = self.search(search.endpoint, &filter, excluded, None)?;
            let raw = self.channel().attempt(&call).await?;
            answer::list(&call.asked(), &raw)
        };
        match answered.await {
            Ok(list) if list.resources.is_empty() => Ok(()),
            Ok(list) => Err(filter_ignored(search, list.total_results)),
            Err(error) => Err(explain(&error, search)),
        }
    }
}

/// Why there is no target to test ([`Target::new`]).
impl From<TargetError> for ConnectionProblem {
    fn from(error: TargetError) -> Self {
        let hint = "correct the connection's settings, then test again".to_owned();
        Self { code: ProblemCode::BadSettings, message: error.to_string(), hint }
    }
}

/// A search of the test.
struct Search<'a> {
    endpoint: &'a str,
    path: &'a Path,
    groups: bool,
}

impl std::fmt::Display for Search<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "/{} by {}", self.endpoint, self.path)
    }
}

fn filter_ignored(search: &Search<'_>, total: usize) -> ConnectionProblem {
    ConnectionProblem {
        code: ProblemCode::FilterIgnored,
        message: format!(
            "the service found something ({total}) in {search} for a value that nobody has: it ignores the filter"
        ),
        hint: "match by an attribute that the service can search by, else accounts cannot be told apart".to_owned(),
    }
}

/// Says which trouble `error` is and what to do next.
fn explain(error: &TargetError, search: &Search<'_>) -> ConnectionProblem {
    use ProblemCode as Code;
    let (code, hint) = match error {
        TargetError::Unauthorized { .. } => (
            Code::WrongToken,
            "the address is right; a token may have expired or belong to another organisation",
        ),
        TargetError::Forbidden { .. } => (
            Code::MissingPermissions,
            "the address and the token are right; add the permissions and test again",
        ),
        TargetError::SignIn { .. } => (
            Code::SignInRefused,
            "the token URL is reachable; compare the client's entries with those of the service",
        ),
        TargetError::Unreachable { problem, .. } | TargetError::Ambiguous { why: problem } => {
            network(problem)
        }
        TargetError::Certificate { problem, .. } => certificate(problem),
        TargetError::NotFound { detail, .. } => return not_found(error, detail, search),
        TargetError::Refused { status: 405, .. } | TargetError::Server { status: 501, .. }
            if search.groups =>
        {
            return no_groups(error);
        }
        TargetError::Refused { status, detail, .. } => {
            return search_refused(*status, detail, search);
        }
        TargetError::Conflict { detail } => return search_refused(409, detail, search),
        TargetError::NotScim { .. } | TargetError::TooLarge { .. } => {
            (Code::NotScim, "it is often \"/scim\" or \"/scim/v2\" below the service's address")
        }
        TargetError::Redirected { .. } => (
            Code::Redirected,
            "a redirect to a sign-in page means that the path is not the SCIM endpoint",
        ),
        TargetError::Throttled { .. } => {
            (Code::Throttled, "the address is right; wait, and test again")
        }
        TargetError::Server { .. } => (
            Code::ServerFailure,
            "the address is reachable; look at the service's own status page or log",
        ),
        TargetError::TooManyMatches { total, .. } => return filter_ignored(search, *total),
        TargetError::UnusableId { .. } | TargetError::Address(_) | TargetError::Setup(_) => {
            (Code::BadSettings, "correct the connection's settings")
        }
    };
    ConnectionProblem { code, message: error.to_string(), hint: hint.to_owned() }
}

fn network(problem: &NetworkProblem) -> (ProblemCode, &'static str) {
    match problem {
        NetworkProblem::NameNotFound => (
            ProblemCode::NameNotFound,
            "compare the tenant URL with the one that the service shows",
        ),
        NetworkProblem::Refused => {
            (ProblemCode::Refused, "the machine is there, but not the service on this port")
        }
        NetworkProblem::ConnectTimedOut => {
            (ProblemCode::TimedOut, "ask whether the service admits this machine's address")
        }
        NetworkProblem::AnswerTimedOut { .. } => (
            ProblemCode::TimedOut,
            "the service accepts connections but does not answer; test again later, or allow a longer request timeout",
        ),
        NetworkProblem::TlsFailed(_) => (
            ProblemCode::NoTls,
            "a service without encryption needs http: and the permission to use it",
        ),
        NetworkProblem::ConnectFailed(_)
        | NetworkProblem::ConnectionLost
        | NetworkProblem::AnswerCut => {
            (ProblemCode::NetworkFailure, "a proxy or a firewall may stand between; test again")
        }
    }
}

fn certificate(problem: &CertificateProblem) -> (ProblemCode, &'static str) {
    match problem {
        CertificateProblem::Expired | CertificateProblem::NotYetValid => {
            (ProblemCode::CertificateExpired, "no token was sent")
        }
        CertificateProblem::UnknownIssuer => (
            ProblemCode::CertificateUnknownIssuer,
            "no token was sent; a file of trusted issuers can be named in SSL_CERT_FILE",
        ),
        CertificateProblem::WrongName { .. } => (
            ProblemCode::CertificateWrongName,
            "no token was sent; if the name in the tenant URL is right, something else answers for it",
        ),
        CertificateProblem::Revoked | CertificateProblem::Other(_) => {
            (ProblemCode::CertificateRefused, "no token was sent")
        }
    }
}

/// 404: the path may be wrong, groups may not exist, or the service answers so to an empty search.
fn not_found(error: &TargetError, detail: &str, search: &Search<'_>) -> ConnectionProblem {
    if search.groups {
        return no_groups(error);
    }
    if detail.to_ascii_lowercase().contains("user") {
        return ConnectionProblem {
            code: ProblemCode::SearchNotFound,
            message: format!("the service answers 404 to {search} for a value that nobody has: {detail}"),
            hint: "it must answer 200 with an empty list (RFC 7644 §3.4.2); ask its vendor, or check the path of the tenant URL".to_owned(),
        };
    }
    ConnectionProblem {
        code: ProblemCode::NotScim,
        message: error.to_string(),
        hint: "the path of the tenant URL is not the SCIM endpoint; it is often \"/scim\" or \"/scim/v2\" below the service's address".to_owned(),
    }
}

fn search_refused(status: u16, detail: &str, search: &Search<'_>) -> ConnectionProblem {
    ConnectionProblem {
        code: ProblemCode::SearchRefused,
        message: format!("the service refuses to search {search} ({status}{})", told(detail)),
        hint: "match by an attribute that the service can search by; its documentation lists them"
            .to_owned(),
    }
}

fn no_groups(error: &TargetError) -> ConnectionProblem {
    ConnectionProblem {
        code: ProblemCode::NoGroups,
        message: error.to_string(),
        hint: "users work; the service seems to have no groups: disable the mapping of groups"
            .to_owned(),
    }
}
