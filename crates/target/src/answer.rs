//! What an answer means. Pure: the bytes came from [`crate::network`].

use reqwest::Method;
use scim::resource::value_of;
use scim::{ListResponse, Resource, ScimError, ScimType};
use serde_json::Value;
use url::Url;

use crate::address::host_of;
use crate::error::{NetworkProblem, TargetError};
use crate::network::{Incomplete, Purpose, Raw, excerpt, lost};

/// The answer to a request that succeeded.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The resource as the service holds it now, if the answer showed it.
    pub resource: Option<Resource>,
    /// The service's own name for the request, for its operators.
    pub request_id: Option<String>,
}

/// What was asked, as far as the meaning of the answer depends on it.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    pub(crate) url: &'a Url,
}

/// Reads the answer to a request about one resource.
pub(crate) fn resource(asked: &Asked<'_>, raw: Raw) -> Result<Answer, TargetError> {
    if let Some(error) = refusal(asked, &raw) {
        return Err(error);
    }
    let needed = matches!(*asked.method, Method::GET | Method::POST);
    let resource = match body(asked, &raw) {
        Ok(Body::Json(Value::Object(resource))) => Some(resource),
        Ok(Body::Empty) if !needed => None,
        Ok(Body::Empty) => return Err(not_scim("empty")),
        Ok(Body::Json(_)) => return Err(not_scim("JSON that is no object")),
        // The status told already that the write was applied.
        Err(error) if needed || matches!(error, TargetError::NotScim { .. }) => return Err(error),
        Err(_) => None,
    };
    let answer = Answer { status: raw.status, resource, request_id: raw.request_id };
    if needed && answer.id().is_none() {
        return Err(not_scim("JSON without the \"id\" that a resource has"));
    }
    Ok(answer)
}

/// Reads the answer to a search.
pub(crate) fn list(asked: &Asked<'_>, raw: &Raw) -> Result<ListResponse, TargetError> {
    if let Some(error) = refusal(asked, raw) {
        return Err(error);
    }
    match body(asked, raw)? {
        Body::Empty => Err(not_scim("empty")),
        Body::Json(message) => ListResponse::from_json(message)
            .map_err(|_| not_scim("JSON that is no list of resources (ListResponse)")),
    }
}

/// The error of an answer that may be another one the next time; `None` for an answer to be interpreted.
pub(crate) fn transient(asked: &Asked<'_>, raw: &Raw) -> Option<TargetError> {
    let error = match (&raw.incomplete, raw.status) {
        (Some(Incomplete::Lost(problem)), 200..=299) if asked.purpose() == Purpose::Question => {
            return Some(lost(problem.clone(), host_of(asked.url), Purpose::Question));
        }
        _ => refusal(asked, raw)?,
    };
    let passes = matches!(error, TargetError::Throttled { .. } | TargetError::Server { .. });
    passes.then_some(error)
}

/// The error that a status means; `None` for success.
fn refusal(asked: &Asked<'_>, raw: &Raw) -> Option<TargetError> {
    let (status, path) = (raw.status, asked.url.path());
    let words = || words_of(&raw.body);
    Some(match status {
        200..=299 => return None,
        300..=399 => redirected(raw),
        401 => TargetError::Unauthorized { detail: words() },
        403 => TargetError::Forbidden { detail: words() },
        404 => TargetError::NotFound { path: path.to_owned(), detail: words() },
        409 => TargetError::Conflict { detail: words() },
        429 => TargetError::Throttled { retry_after: raw.retry_after },
        503 if raw.retry_after.is_some() => TargetError::Throttled { retry_after: raw.retry_after },
        500..=599 => TargetError::Server { status, detail: words() },
        _ => match scim_type(&raw.body) {
            // Some services answer 400 where RFC 7644 §3.12 has 409.
            Some(ScimType::Uniqueness) => TargetError::Conflict { detail: words() },
            scim_type => TargetError::Refused { status, scim_type, detail: words() },
        },
    })
}

pub(crate) fn redirected(raw: &Raw) -> TargetError {
    let location = match raw.location.as_deref().map(Url::parse) {
        Some(Ok(url)) => url.origin().ascii_serialization(),
        Some(Err(_)) => "another path of the same service".to_owned(),
        None => "nowhere".to_owned(),
    };
    TargetError::Redirected { status: raw.status, location }
}

/// A body that came whole.
enum Body {
    Empty,
    Json(Value),
}

fn body(asked: &Asked<'_>, raw: &Raw) -> Result<Body, TargetError> {
    let cut = |problem| lost(problem, host_of(asked.url), asked.purpose());
    match &raw.incomplete {
        Some(Incomplete::TooLarge(limit)) => return Err(TargetError::TooLarge { limit: *limit }),
        Some(Incomplete::Lost(problem)) => return Err(cut(problem.clone())),
        None => {}
    }
    if raw.body.trim_ascii().is_empty() {
        return Ok(Body::Empty);
    }
    match serde_json::from_slice(&raw.body) {
        Ok(json) => Ok(Body::Json(json)),
        // JSON that ends in the middle without telling its length.
        Err(error) if error.is_eof() => Err(cut(NetworkProblem::AnswerCut)),
        Err(_) => Err(not_scim(&looks_like(&raw.body))),
    }
}

impl Asked<'_> {
    /// Only GET changes nothing.
    pub(crate) fn purpose(&self) -> Purpose {
        if *self.method == Method::GET { Purpose::Question } else { Purpose::Write }
    }
}

impl Answer {
    /// The resource's `id`, if the answer showed it. Some services write it as a number.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        id_of(self.resource.as_ref()?)
    }
}

/// The `id` of a resource.
pub(crate) fn id_of(resource: &Resource) -> Option<String> {
    match value_of(resource, "id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn not_scim(what: &str) -> TargetError {
    TargetError::NotScim { what: what.to_owned() }
}

/// What a body that is no JSON looks like to a person.
fn looks_like(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    match title(&text) {
        Some("") => "an HTML page".to_owned(),
        Some(title) => format!("an HTML page (\"{}\")", excerpt(title)),
        None => "neither JSON nor a web page".to_owned(),
    }
}

/// The title of a page; empty if it has none, `None` if it is no page.
fn title(text: &str) -> Option<&str> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('<') {
        return None;
    }
    let lower = text.to_ascii_lowercase(); // keeps every position
    let between = || {
        let start = lower.find("<title")?;
        let start = start + lower[start..].find('>')? + 1;
        let end = start + lower[start..].find("</title")?;
        Some(text[start..end].trim())
    };
    Some(between().unwrap_or_default())
}

fn scim_type(body: &[u8]) -> Option<ScimType> {
    let message = serde_json::from_slice(body).ok()?;
    ScimError::from_json(&message, 0)?.scim_type
}

/// The words in which a refusal explains itself: SCIM's, OAuth's, a gateway's, or a page's title.
pub(crate) fn words_of(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words = match serde_json::from_slice::<Value>(body) {
        Ok(message) => spoken(&message).unwrap_or_default(),
        Err(_) => title(&text).unwrap_or(&text).to_owned(),
    };
    let single_line: Vec<_> = words.split_whitespace().collect();
    excerpt(&single_line.join(" "))
}

/// The first text under a name that services use for their words, at most two levels deep.
fn spoken(message: &Value) -> Option<String> {
    const NAMES: [&str; 6] =
        ["detail", "error_description", "message", "description", "title", "error"];
    let own = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(object) => NAMES
            .iter()
            .find_map(|name| value_of(object, name).and_then(Value::as_str).map(str::to_owned)),
        _ => None,
    };
    own(message).or_else(|| {
        let nested = ["error", "errors", "detail"].iter().find_map(|name| message.get(*name))?;
        own(nested.as_array().and_then(|errors| errors.first()).unwrap_or(nested))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(method: &Method, status: u16, body: &str) -> Result<Answer, TargetError> {
        let url = Url::parse("https://e.org/scim/Users").unwrap();
        let raw = Raw { status, body: body.as_bytes().to_vec(), ..Raw::default() };
        resource(&Asked { method, url: &url }, raw)
    }

    /// How an answer is understood, in words.
    #[track_caller]
    fn check(method: &Method, status: u16, body: &str, expected: &str) {
        let actual = match answered(method, status, body) {
            Ok(answer) => format!("{} {:?}", answer.status, answer.id()),
            Err(error) => error.to_string(),
        };
        assert_eq!(actual, expected);
    }

    #[test]
    fn a_resource_with_an_id_is_an_answer() {
        check(&Method::POST, 201, r#"{"id": "7"}"#, r#"201 Some("7")"#);
        check(&Method::GET, 200, r#"{"ID": 7}"#, r#"200 Some("7")"#);
    }

    #[test]
    fn an_update_may_be_answered_without_the_resource() {
        check(&Method::PATCH, 204, "", "204 None");
        check(&Method::DELETE, 200, " \n", "200 None");
        check(&Method::PATCH, 200, r#"{"id": "7", "userNa"#, "200 None");
    }

    #[test]
    fn a_create_whose_answer_ends_in_the_middle_may_have_been_applied() {
        let error = answered(&Method::POST, 201, r#"{"id": "7", "userNa"#).unwrap_err();
        assert!(matches!(error, TargetError::Ambiguous { .. }) && error.may_have_been_applied());
        let error = answered(&Method::GET, 200, r#"{"id": "7", "userNa"#).unwrap_err();
        assert!(matches!(error, TargetError::Unreachable { .. }));
    }

    #[test]
    fn what_is_no_scim_message_is_named() {
        check(
            &Method::GET,
            200,
            "<!DOCTYPE html><HTML><head><Title lang=en> Sign in </TITLE>",
            "the answer is no SCIM message but an HTML page (\"Sign in\"): check the path of the tenant URL",
        );
        check(
            &Method::PATCH,
            200,
            "<html>",
            "the answer is no SCIM message but an HTML page: check the path of the tenant URL",
        );
        check(
            &Method::POST,
            200,
            r#"{"ok": true}"#,
            "the answer is no SCIM message but JSON without the \"id\" that a resource has: check the path of the tenant URL",
        );
        check(
            &Method::GET,
            200,
            "pong",
            "the answer is no SCIM message but neither JSON nor a web page: check the path of the tenant URL",
        );
    }

    #[test]
    fn a_conflict_is_recognised_under_both_statuses() {
        let body = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"uniqueness","detail":"taken"}"#;
        for status in [400, 409] {
            check(
                &Method::POST,
                status,
                body,
                "the service already has a resource with such a value (409: taken)",
            );
        }
    }

    #[test]
    fn the_service_explains_itself_in_many_shapes() {
        for (body, expected) in [
            (r#"{"detail": "a"}"#, "a"),
            (r#"{"message": "b", "code": "x"}"#, "b"),
            (r#"{"error": "invalid_client", "error_description": "c"}"#, "c"),
            (r#"{"error": "d"}"#, "d"),
            (r#"{"error": {"code": 1, "message": "e"}}"#, "e"),
            (r#"{"errors": [{"message": "f"}]}"#, "f"),
            (r#"{"detail": ["g"]}"#, "g"),
            ("<html><title>502 Bad Gateway</title>", "502 Bad Gateway"),
            ("plain\n  words", "plain words"),
            ("{}", ""),
            ("", ""),
        ] {
            assert_eq!(words_of(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn a_redirect_tells_where_to_without_path_and_query() {
        let raw = Raw {
            status: 302,
            location: Some("https://login.example.com/a?token=1".to_owned()),
            ..Raw::default()
        };
        insta::assert_snapshot!(redirected(&raw), @r#"the service redirects to "https://login.example.com" (302), which is not followed with credentials: enter the final address as tenant URL"#);
    }
}
