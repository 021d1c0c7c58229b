//! Errors: what is answered to a request that is refused (RFC 7644 §3.12).

use std::fmt;

use serde_json::{Value, json};

use super::{count_at, text_at, urn};
use crate::resource::{elements, value_of};

/// A refusal, as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimError {
    /// The HTTP status.
    pub status: u16,
    /// The kind of error, for those of status 400 and 409.
    pub scim_type: Option<ScimType>,
    /// What happened and what to do, for people.
    pub detail: String,
}

/// The kinds of error (RFC 7644 §3.12, table 9; RFC 9865 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter cannot be read or is not supported.
    InvalidFilter,
    /// Too many results: a narrower filter is needed.
    TooMany,
    /// The value is taken.
    Uniqueness,
    /// The attribute may not be written so.
    Mutability,
    /// The body cannot be read.
    InvalidSyntax,
    /// The path cannot be read or leads nowhere.
    InvalidPath,
    /// No value is at the path.
    NoTarget,
    /// The value does not fit the attribute.
    InvalidValue,
    /// The version of SCIM, or with some services of the resource, is not supported.
    InvalidVers,
    /// What was asked must not stand in a URL.
    Sensitive,
    /// The cursor is not one that was given.
    InvalidCursor,
    /// The cursor is too old.
    ExpiredCursor,
    /// The page size is not between 1 and the most that the service gives.
    InvalidCount,
}

impl ScimError {
    /// An error without `scimType`.
    #[must_use]
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into() }
    }

    /// An error of status 400 with its kind.
    #[must_use]
    pub fn bad_request(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self { status: 400, scim_type: Some(scim_type), detail: detail.into() }
    }

    /// 404: no resource has this id.
    #[must_use]
    pub fn not_found(resource_type: &str, id: &str) -> Self {
        Self::new(
            404,
            format!("there is no {resource_type} with the id \"{}\"", crate::path::excerpt(id)),
        )
    }

    /// 409 `uniqueness`: another resource has the value.
    #[must_use]
    pub fn uniqueness(detail: impl Into<String>) -> Self {
        Self { status: 409, scim_type: Some(ScimType::Uniqueness), detail: detail.into() }
    }

    /// 412: the resource has another version than `If-Match` says.
    #[must_use]
    pub fn precondition_failed(detail: impl Into<String>) -> Self {
        Self::new(412, detail)
    }

    /// 400 `invalidFilter`.
    #[must_use]
    pub fn invalid_filter(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::InvalidFilter, detail)
    }

    /// 400 `invalidPath`.
    #[must_use]
    pub fn invalid_path(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::InvalidPath, detail)
    }

    /// 400 `invalidValue`.
    #[must_use]
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::InvalidValue, detail)
    }

    /// 400 `invalidSyntax`.
    #[must_use]
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::InvalidSyntax, detail)
    }

    /// 400 `mutability`.
    #[must_use]
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::Mutability, detail)
    }

    /// 400 `noTarget`.
    #[must_use]
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::NoTarget, detail)
    }

    /// 400 `invalidCursor`: the cursor is none that the service gave (RFC 9865 §2.1).
    #[must_use]
    pub fn invalid_cursor(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::InvalidCursor, detail)
    }

    /// 400 `expiredCursor`: the cursor was given too long ago (RFC 9865 §2.1).
    #[must_use]
    pub fn expired_cursor(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::ExpiredCursor, detail)
    }

    /// 400 `invalidCount`: no page can have that many resources (RFC 9865 §2.1).
    #[must_use]
    pub fn invalid_count(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::InvalidCount, detail)
    }

    /// 400 `tooMany`.
    #[must_use]
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self::bad_request(ScimType::TooMany, detail)
    }

    /// The message; the status is a text there (RFC 7644 §3.12).
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut message = json!({"schemas": [urn::ERROR], "status": self.status.to_string()});
        if let Some(scim_type) = self.scim_type {
            message["scimType"] = scim_type.name().into();
        }
        message["detail"] = self.detail.as_str().into();
        message
    }

    /// Reads an error that came with the HTTP status `status`. `None` if the message is none of SCIM.
    #[must_use]
    pub fn from_json(message: &Value, status: u16) -> Option<Self> {
        let message = message.as_object()?;
        let is_error = value_of(message, "schemas").is_some_and(|schemas| {
            let mut names = elements(schemas).iter().filter_map(Value::as_str);
            names.any(|name| name.ends_with(":Error"))
        });
        let (scim_type, detail) = (text_at(message, "scimType"), text_at(message, "detail"));
        if !is_error && scim_type.is_none() && detail.is_none() {
            return None;
        }
        let sent = count_at(message, "status").and_then(|sent| u16::try_from(sent).ok());
        Some(Self {
            status: sent.unwrap_or(status),
            scim_type: scim_type.as_deref().and_then(ScimType::from_name),
            detail: detail.unwrap_or_default(),
        })
    }
}

impl fmt::Display for ScimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        match self.scim_type {
            Some(scim_type) => write!(f, " ({} {})", self.status, scim_type.name()),
            None => write!(f, " ({})", self.status),
        }
    }
}

impl std::error::Error for ScimError {}

impl ScimType {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::InvalidFilter,
        Self::TooMany,
        Self::Uniqueness,
        Self::Mutability,
        Self::InvalidSyntax,
        Self::InvalidPath,
        Self::NoTarget,
        Self::InvalidValue,
        Self::InvalidVers,
        Self::Sensitive,
        Self::InvalidCursor,
        Self::ExpiredCursor,
        Self::InvalidCount,
    ];

    /// The name in messages, such as `invalidFilter`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }

    /// The kind with this name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_written_with_its_status_as_text() {
        insta::assert_snapshot!(ScimError::uniqueness("the userName \"ada\" is taken").to_json(),
            @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"the userName \"ada\" is taken"}"#);
        insta::assert_snapshot!(ScimError::not_found("User", "7"), @r#"there is no User with the id "7" (404)"#);
    }

    #[test]
    fn errors_are_read_leniently() {
        let error = ScimError::uniqueness("taken");
        assert_eq!(ScimError::from_json(&error.to_json(), 400), Some(error));
        assert_eq!(
            ScimError::from_json(&json!({"detail": "no", "status": 403}), 400),
            Some(ScimError::new(403, "no"))
        );
        assert_eq!(ScimError::from_json(&json!({"error": "no"}), 400), None);
    }
}
