//! Messages of the protocol: lists, searches, bulk requests and errors (RFC 7644 §3.4,
//! §3.7 and §3.12, RFC 9865).
//!
//! Written strictly, read leniently: numbers and statuses may be texts, keys in any case.

pub mod bulk;
mod error;
mod list;
mod search;

use serde_json::{Map, Value};

pub use error::{ScimError, ScimType};
pub use list::{ListResponse, MessageError};
pub use search::SearchRequest;

use crate::resource::value_of;

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

/// The number at `name`, which may be a text.
fn number_at(message: &Map<String, Value>, name: &str) -> Option<i64> {
    match value_of(message, name)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The number at `name`, which may be a text, if it is none below zero.
fn count_at(message: &Map<String, Value>, name: &str) -> Option<usize> {
    number_at(message, name).and_then(|number| usize::try_from(number).ok())
}

/// The text at `name`; an empty one is one.
fn text_at(message: &Map<String, Value>, name: &str) -> Option<String> {
    value_of(message, name).and_then(Value::as_str).map(str::to_owned)
}
