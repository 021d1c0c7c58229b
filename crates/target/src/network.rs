//! One request, one answer: sending it, reading it within limits, and saying
//! exactly how far it came when it fails.
//!
//! A failure before the request was written (name, connection, TLS) is
//! `Unreachable` or `Certificate`: certainly not applied. A failure after that is
//! `Ambiguous` for a write, and `Unreachable` for a question.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};
use rustls::CertificateError;
use url::Url;

use crate::address::host_of;
use crate::error::{CertificateProblem, NetworkProblem, TargetError};

/// The longest part of a foreign text that enters a message, in characters.
pub(crate) const CAUSE_CHARS_MAX: usize = 200;

/// Headers in which services name a request, so that their operators find it.
const REQUEST_ID_HEADERS: [&str; 6] = [
    "x-request-id",
    "request-id",
    "inin-correlation-id",
    "x-correlation-id",
    "x-amzn-requestid",
    "x-ms-request-id",
];

/// An answer as it came, not yet interpreted.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Why `body` is not all of it.
    pub(crate) incomplete: Option<Incomplete>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) request_id: Option<String>,
    pub(crate) location: Option<String>,
}

/// Why the end of an answer is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Incomplete {
    /// It is longer than this many bytes.
    TooLarge(usize),
    /// It did not come.
    Lost(NetworkProblem),
}

/// Whether a request changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Question,
    Write,
}

/// Sends `request` to `url` and reads at most `limit` bytes of the answer.
pub(crate) async fn exchange(
    request: RequestBuilder,
    url: &Url,
    purpose: Purpose,
    limit: usize,
    timeout: Duration,
) -> Result<Raw, TargetError> {
    let response = match request.timeout(timeout).send().await {
        Ok(response) => response,
        Err(error) => return Err(failure(&error, url, purpose, timeout)),
    };
    Ok(read(response, limit, timeout).await)
}

async fn read(mut response: Response, limit: usize, timeout: Duration) -> Raw {
    let headers = response.headers();
    let mut raw = Raw {
        status: response.status().as_u16(),
        retry_after: retry_after(headers),
        request_id: request_id(headers),
        location: text(headers, &LOCATION).map(str::to_owned),
        ..Raw::default()
    };
    loop {
        match response.chunk().await {
            Ok(None) => return raw,
            Ok(Some(chunk)) if raw.body.len() + chunk.len() > limit => {
                raw.incomplete = Some(Incomplete::TooLarge(limit));
                return raw;
            }
            Ok(Some(chunk)) => raw.body.extend_from_slice(&chunk),
            Err(error) => {
                raw.incomplete = Some(Incomplete::Lost(if error.is_timeout() {
                    timed_out(timeout)
                } else {
                    NetworkProblem::AnswerCut
                }));
                return raw;
            }
        }
    }
}

/// What an error of the HTTP client means.
fn failure(error: &reqwest::Error, url: &Url, purpose: Purpose, timeout: Duration) -> TargetError {
    let host = host_of(url);
    if error.is_connect() || error.is_builder() {
        return match connecting(error) {
            Ok(problem) => TargetError::Unreachable { host, problem },
            Err(problem) => TargetError::Certificate { host, problem },
        };
    }
    let problem =
        if error.is_timeout() { timed_out(timeout) } else { NetworkProblem::ConnectionLost };
    lost(problem, host, purpose)
}

/// What a lost answer means.
pub(crate) fn lost(problem: NetworkProblem, host: String, purpose: Purpose) -> TargetError {
    match purpose {
        Purpose::Question => TargetError::Unreachable { host, problem },
        Purpose::Write => TargetError::Ambiguous { why: problem },
    }
}

/// Why no connection came about; `Err` if it was the certificate.
fn connecting(error: &reqwest::Error) -> Result<NetworkProblem, CertificateProblem> {
    if error.is_timeout() {
        return Ok(NetworkProblem::ConnectTimedOut);
    }
    let causes = causes(error);
    for cause in &causes {
        match cause.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::InvalidCertificate(error)) => return Err(certificate(error)),
            Some(error) => return Ok(NetworkProblem::TlsFailed(excerpt(&error.to_string()))),
            None => {}
        }
    }
    // The resolver's error has no type of its own; its words are the HTTP client's.
    if causes.iter().any(|cause| cause.to_string().starts_with("dns error")) {
        return Ok(NetworkProblem::NameNotFound);
    }
    let kind =
        causes.iter().find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    Ok(match kind {
        Some(io::ErrorKind::ConnectionRefused) => NetworkProblem::Refused,
        Some(io::ErrorKind::TimedOut) => NetworkProblem::ConnectTimedOut,
        Some(io::ErrorKind::UnexpectedEof) => {
            NetworkProblem::TlsFailed("the connection ended while it was being set up".to_owned())
        }
        _ => NetworkProblem::ConnectFailed(excerpt(
            &causes.last().map(ToString::to_string).unwrap_or_default(),
        )),
    })
}

/// The error and all that caused it, outermost first. What an `io::Error` was made
/// from is not among its sources, so it is taken from inside.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    const CAUSES_MAX: usize = 32;
    let mut causes = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next
        && causes.len() < CAUSES_MAX
    {
        causes.push(error);
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = inside.map(|inside| inside as &(dyn Error + 'static)).or_else(|| error.source());
    }
    causes
}

fn certificate(error: &CertificateError) -> CertificateProblem {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            CertificateProblem::Expired
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateProblem::NotYetValid
        }
        // A bad signature: an authority of the same name as a trusted one has signed it.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            CertificateProblem::UnknownIssuer
        }
        CertificateError::NotValidForName => CertificateProblem::WrongName { names: Vec::new() },
        CertificateError::NotValidForNameContext { presented, .. } => {
            CertificateProblem::WrongName {
                names: presented.iter().map(|name| bare(name)).collect(),
            }
        }
        CertificateError::Revoked => CertificateProblem::Revoked,
        // A self-signed certificate that calls itself an authority: nobody else vouches for it.
        CertificateError::Other(error) if error.to_string().contains("CaUsedAsEndEntity") => {
            CertificateProblem::UnknownIssuer
        }
        other => CertificateProblem::Other(excerpt(&other.to_string())),
    }
}

/// `DnsName("example.com")` as a person writes it.
fn bare(presented: &str) -> String {
    let inside = presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inside.unwrap_or(presented).trim_matches('"').to_owned()
}

/// How long to wait, from seconds or from a date (RFC 9110 §10.2.3). A date counts from the
/// service's own clock where it is told, so that a wrong clock here does no harm.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, &RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }
    let date = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|time| time.timestamp());
    let until = date(value)?;
    let now = text(headers, &DATE).and_then(date).unwrap_or_else(jiff::Timestamp::now);
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    REQUEST_ID_HEADERS.iter().find_map(|name| headers.get(*name)?.to_str().ok()).map(excerpt)
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// A foreign text, shortened for a message.
pub(crate) fn excerpt(text: &str) -> String {
    let mut characters = text.trim().chars();
    let mut excerpt: String = characters.by_ref().take(CAUSE_CHARS_MAX).collect();
    if characters.next().is_some() {
        excerpt.push('…');
    }
    excerpt
}

fn timed_out(timeout: Duration) -> NetworkProblem {
    let after_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    NetworkProblem::AnswerTimedOut { after_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds to wait after an answer with this `Retry-After` and `Date`.
    #[track_caller]
    fn check(value: &str, date: Option<&str>, expected: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        assert_eq!(retry_after(&headers).map(|wait| wait.as_secs()), expected, "{value}");
    }

    #[test]
    fn retry_after_is_a_number_of_seconds() {
        check("17", None, Some(17));
        check(" 0 ", None, Some(0));
        check("1.5", None, Some(1));
        check("-3", None, Some(0));
    }

    #[test]
    fn retry_after_is_a_date_by_the_clock_of_the_service() {
        let date = Some("Sun, 06 Nov 1994 08:49:07 GMT");
        check("Sun, 06 Nov 1994 08:49:37 GMT", date, Some(30));
        check("Sun, 06 Nov 1994 08:48:00 GMT", date, Some(0));
        check("Sun, 06 Nov 1994 08:48:00 GMT", None, Some(0));
    }

    #[test]
    fn a_retry_after_that_says_nothing_is_none() {
        check("soon", None, None);
        check("NaN", None, Some(0));
        check("1e300", None, None);
    }
}
