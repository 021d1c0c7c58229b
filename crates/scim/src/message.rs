//! Messages of the protocol: list answers and errors (RFC 7644 §3.4.2 and §3.12).
//!
//! Written strictly, read leniently: counts and statuses may be texts, keys in any case.

use std::fmt;

use serde_json::{Value, json};

use crate::resource::{Resource, elements, value_of};

/// URNs of the messages that RFC 7644 defines.
pub mod urn {
    /// The answer to a query.
    pub const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
    /// A modification.
    pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    /// An error.
    pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
    /// A query sent by POST.
    pub const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
    /// Several requests in one.
    pub const BULK_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
    /// The answers to several requests.
    pub const BULK_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
}

/// The media type of SCIM (RFC 7644 §8.1).
pub const MEDIA_TYPE: &str = "application/scim+json";

/// One page of the answer to a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListResponse {
    /// How many resources match in all.
    pub total_results: usize,
    /// The position of the first resource of this page, from 1.
    pub start_index: usize,
    /// The resources of this page.
    pub resources: Vec<Resource>,
}

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
    /// The page size exceeds what the service gives.
    InvalidCount,
}

impl ListResponse {
    /// The message (RFC 7644 §3.4.2).
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "schemas": [urn::LIST_RESPONSE],
            "totalResults": self.total_results,
            "startIndex": self.start_index,
            "itemsPerPage": self.resources.len(),
            "Resources": self.resources,
        })
    }

    /// Reads a message. A service may leave out everything but the resources or their number.
    ///
    /// # Errors
    /// What has neither `totalResults` nor `Resources`, or resources that are no objects.
    pub fn from_json(message: Value) -> Result<Self, MessageError> {
        let Value::Object(mut message) = message else { return Err(MessageError::NotAList) };
        let number = |name: &str| value_of(&message, name).and_then(whole_number);
        let (total, start_index) = (number("totalResults"), number("startIndex"));
        let key = message.keys().find(|key| key.eq_ignore_ascii_case("Resources")).cloned();
        let resources = key.and_then(|key| message.shift_remove(&key));
        if total.is_none() && resources.is_none() {
            return Err(MessageError::NotAList);
        }
        let resources = match resources {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(resources)) => resources,
            Some(_) => return Err(MessageError::NotAList),
        };
        let resources: Result<Vec<_>, _> = resources
            .into_iter()
            .map(|resource| match resource {
                Value::Object(resource) => Ok(resource),
                _ => Err(MessageError::NotAResource),
            })
            .collect();
        let resources = resources?;
        Ok(Self {
            total_results: total.unwrap_or(resources.len()),
            start_index: start_index.unwrap_or(1),
            resources,
        })
    }
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
        let text = |name: &str| value_of(message, name).and_then(Value::as_str);
        let (scim_type, detail) = (text("scimType"), text("detail"));
        if !is_error && scim_type.is_none() && detail.is_none() {
            return None;
        }
        let sent = value_of(message, "status").and_then(whole_number);
        Some(Self {
            status: sent.and_then(|sent| u16::try_from(sent).ok()).unwrap_or(status),
            scim_type: scim_type.and_then(ScimType::from_name),
            detail: detail.unwrap_or_default().to_owned(),
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

/// Why a document is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Neither `totalResults` nor a list `Resources`.
    #[error(
        "the answer is no list of SCIM: it has neither \"totalResults\" nor a list \"Resources\""
    )]
    NotAList,
    /// Something in `Resources` is no object.
    #[error(
        "the list holds something that is no resource: every item of \"Resources\" must be an object"
    )]
    NotAResource,
}

fn whole_number(value: &Value) -> Option<usize> {
    match value {
        Value::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_list(message: Value, expected: Result<(usize, usize, usize), MessageError>) {
        let actual = ListResponse::from_json(message);
        assert_eq!(
            actual.map(|list| (list.total_results, list.start_index, list.resources.len())),
            expected
        );
    }

    #[test]
    fn a_list_is_written_and_read() {
        let list =
            ListResponse { total_results: 7, start_index: 3, resources: vec![Resource::new()] };
        assert_eq!(ListResponse::from_json(list.to_json()).unwrap(), list);
    }

    #[test]
    fn lists_are_read_leniently() {
        check_list(json!({"totalResults": "0"}), Ok((0, 1, 0)));
        check_list(json!({"resources": [{}, {}]}), Ok((2, 1, 2)));
        check_list(json!({"totalResults": 0, "Resources": null}), Ok((0, 1, 0)));
        check_list(json!({"hello": 1}), Err(MessageError::NotAList));
        check_list(json!([]), Err(MessageError::NotAList));
        check_list(json!({"Resources": [1]}), Err(MessageError::NotAResource));
    }

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
