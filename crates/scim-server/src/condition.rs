//! Conditions: the versions that `If-Match` and `If-None-Match` name (RFC 7644 §3.14,
//! RFC 9110 §13).

use axum::http::{HeaderMap, HeaderName, header};
use scim::{Path, Resource, ScimError};
use serde_json::Value;

/// What the version of a resource has to be, or must not be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition {
    /// One of these (`If-Match`).
    wanted: Option<Versions>,
    /// None of these (`If-None-Match`).
    unwanted: Option<Versions>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Versions {
    /// `*`.
    Any,
    /// These, without `W/` and quotes.
    Named(Vec<String>),
}

impl Condition {
    /// Reads the value of `If-Match`: `*`, or tags separated by commas, with or without
    /// quotes.
    #[must_use]
    pub fn parse(if_match: &str) -> Self {
        Self { wanted: Some(Versions::parse(if_match)), unwanted: None }
    }

    /// The condition that the headers of a request set, if they do (RFC 9110 §13.2.2).
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let versions = |name: HeaderName| {
            // What cannot be read is the tag of no version.
            let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?"));
            let lines: Vec<&str> = lines.collect();
            (!lines.is_empty()).then(|| Versions::parse(&lines.join(",")))
        };
        let wanted = versions(header::IF_MATCH);
        let unwanted = versions(header::IF_NONE_MATCH);
        (wanted.is_some() || unwanted.is_some()).then_some(Self { wanted, unwanted })
    }

    /// Refuses a resource with this version unless the condition admits it.
    ///
    /// # Errors
    /// 412, [`ScimError::precondition_failed`].
    pub fn check(&self, version: &str) -> Result<(), ScimError> {
        if !self.is_wanted(version) {
            return Err(other_version());
        }
        if self.is_unwanted(version) {
            return Err(ScimError::precondition_failed(
                "the resource has a version that If-None-Match rules out: leave the header out to change it all the same",
            ));
        }
        Ok(())
    }

    /// Whether a resource with this version may be changed.
    #[must_use]
    pub fn admits(&self, version: &str) -> bool {
        self.is_wanted(version) && !self.is_unwanted(version)
    }

    /// Whether it is one of those that `If-Match` names, if there are any.
    pub(crate) fn is_wanted(&self, version: &str) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.include(version))
    }

    /// Whether it is one of those that `If-None-Match` names: the client has it already.
    pub(crate) fn is_unwanted(&self, version: &str) -> bool {
        self.unwanted.as_ref().is_some_and(|unwanted| unwanted.include(version))
    }
}

impl Versions {
    fn parse(header: &str) -> Self {
        let tags = header.split(',').map(str::trim).filter(|tag| !tag.is_empty());
        let versions: Vec<String> = tags.map(|tag| bare(tag).to_owned()).collect();
        if versions.iter().any(|version| version == "*") {
            Self::Any
        } else {
            Self::Named(versions)
        }
    }

    fn include(&self, version: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Named(versions) => versions.iter().any(|named| named == bare(version)),
        }
    }
}

/// The version that a store gave a resource.
pub(crate) fn version_of(resource: &Resource) -> Option<&str> {
    let path = Path::attribute("meta").with_sub_attribute("version");
    scim::resource::get(resource, &path).and_then(Value::as_str)
}

/// 412: the resource has another version than the request is meant for.
pub(crate) fn other_version() -> ScimError {
    ScimError::precondition_failed(
        "the resource has another version than If-Match says: read it again and repeat the change",
    )
}

/// A tag without `W/` and quotes.
pub(crate) fn bare(tag: &str) -> &str {
    let tag = tag.trim().trim_start_matches("W/");
    tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check_condition(header: &str, version: &str, expected: bool) {
        assert_eq!(Condition::parse(header).admits(version), expected, "{header}");
    }

    #[test]
    fn a_condition_names_versions_in_every_form() {
        check_condition("*", "56", true);
        check_condition("W/\"56\"", "56", true);
        check_condition("\"1\", \"56\"", "56", true);
        check_condition("56", "W/\"56\"", true);
        check_condition("\"57\"", "56", false);
        check_condition("", "56", false);
    }

    #[test]
    fn what_is_unwanted_is_not_admitted() {
        let of = |if_match: Option<&'static str>, if_none_match: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(if_none_match));
            if let Some(value) = if_match {
                headers.insert(header::IF_MATCH, HeaderValue::from_static(value));
            }
            Condition::of(&headers).unwrap()
        };
        assert!(!of(None, "*").admits("56"));
        assert!(!of(None, "W/\"55\", W/\"56\"").admits("56"));
        assert!(of(None, "\"55\"").admits("56"));
        assert!(of(Some("\"56\""), "\"55\"").admits("56"));
        assert!(!of(Some("\"56\""), "\"56\"").admits("56"));
        assert_eq!(Condition::of(&HeaderMap::new()), None);
    }

    #[test]
    fn no_line_of_a_condition_is_passed_over() {
        let mut headers = HeaderMap::new();
        headers.append(header::IF_MATCH, HeaderValue::from_bytes(b"\"\xE9\"").unwrap());
        assert!(!Condition::of(&headers).unwrap().admits("56"));
        headers.append(header::IF_MATCH, HeaderValue::from_static("\"56\""));
        assert!(Condition::of(&headers).unwrap().admits("56"));
    }
}
