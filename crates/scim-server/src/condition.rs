//! Conditions: the versions that `If-Match` and `If-None-Match` name (RFC 7644 §3.14).

use scim::{Path, Resource, ScimError};
use serde_json::Value;

/// The versions that an `If-Match` or `If-None-Match` header names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `*`.
    Any,
    /// These, without `W/` and quotes.
    Versions(Vec<String>),
}

impl Condition {
    /// Reads a header's value: `*`, or tags separated by commas, with or without quotes.
    #[must_use]
    pub fn parse(header: &str) -> Self {
        let tags = header.split(',').map(str::trim).filter(|tag| !tag.is_empty());
        let versions: Vec<String> = tags.map(|tag| bare(tag).to_owned()).collect();
        if versions.iter().any(|version| version == "*") {
            Self::Any
        } else {
            Self::Versions(versions)
        }
    }

    /// Whether the resource with this version is among those named.
    #[must_use]
    pub fn admits(&self, version: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.iter().any(|named| named == bare(version)),
        }
    }
}

/// The version that a store gave a resource.
pub(crate) fn version_of(resource: &Resource) -> Option<&str> {
    let path = Path::attribute("meta").with_sub_attribute("version");
    scim::resource::get(resource, &path).and_then(Value::as_str)
}

pub(crate) fn check(if_match: Option<&Condition>, resource: &Resource) -> Result<(), ScimError> {
    match if_match {
        Some(condition) if !condition.admits(version_of(resource).unwrap_or_default()) => {
            Err(other_version())
        }
        _ => Ok(()),
    }
}

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
}
