//! Messages of the protocol: list answers and errors (RFC 7644 §3.4.2 and §3.12).
//!
//! Written strictly, read leniently: counts and statuses may be texts, keys in any case.

mod error;

use serde_json::{Value, json};

pub use error::{ScimError, ScimType};

use crate::resource::{Resource, value_of};

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
}
