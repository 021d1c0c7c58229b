//! Bulk: several requests in one (RFC 7644 §3.7).
//!
//! [`BulkRequest::from_json`] reads what a client sent; [`Work`] says, operation by
//! operation, what the service has to do next: references to resources that the same
//! request creates (`bulkId:qwerty`) are resolved, circular ones too, and an operation
//! that cannot be read or whose reference failed fails alone. What was done becomes a
//! [`BulkResponse`].

mod circle;
mod message;
mod reference;
mod slot;
mod work;

use std::fmt;

use serde_json::Value;

pub use work::{Outcome, Task, Work};

use super::ScimError;

/// The most operations that any service takes in one request.
pub const OPERATION_COUNT_MAX: usize = 10_000;
/// The longest `bulkId` in bytes.
pub const BULK_ID_LENGTH_MAX: usize = 1_024;
/// The most references to other operations in one request.
pub const REFERENCE_COUNT_MAX: usize = 200_000;

/// What a service takes in one request; what exceeds it is answered with 413
/// (RFC 7644 §3.7.4). Shown in `/ServiceProviderConfig`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkLimits {
    /// The most operations (`maxOperations`).
    pub operations: usize,
    /// The most bytes (`maxPayloadSize`).
    pub payload_bytes: usize,
}

/// Several requests in one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BulkRequest {
    /// After how many failed operations the service stops; `None`: it goes on.
    pub fail_on_errors: Option<usize>,
    /// The requests, in the client's order.
    pub operations: Vec<BulkOperation>,
}

/// One request of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkOperation {
    /// What happens.
    pub method: Method,
    /// The client's name for the operation, by which others refer to what it creates.
    pub bulk_id: Option<String>,
    /// The version that the resource must have, as `If-Match` has it.
    pub version: Option<String>,
    /// Where: `/Users`, `/Users/7` or `/Users/bulkId:qwerty`.
    pub path: String,
    /// The body: a resource, or a PATCH.
    pub data: Option<Value>,
    /// Why the operation cannot be carried out, found while it was read.
    pub refused: Option<ScimError>,
}

/// What one operation does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// Creates a resource.
    Post,
    /// Puts a resource in place of another.
    Put,
    /// Modifies a resource.
    Patch,
    /// Deletes a resource.
    Delete,
    /// None of these; the operation is refused, and the answer repeats the name.
    Other(String),
}

/// The answers to several requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BulkResponse {
    /// One answer for each operation that was looked at, in the client's order.
    pub operations: Vec<BulkResult>,
}

/// The answer to one request of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkResult {
    /// The address of the resource; absent only if a create failed.
    pub location: Option<String>,
    /// What was to happen.
    pub method: Method,
    /// The client's name for the operation.
    pub bulk_id: Option<String>,
    /// The version of the resource now.
    pub version: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The body: the error if it failed, and what the service likes to show if not.
    pub response: Option<Value>,
}

impl Default for BulkLimits {
    fn default() -> Self {
        Self { operations: 1_000, payload_bytes: 10 * 1024 * 1024 }
    }
}

impl BulkLimits {
    /// Refuses a body with this many bytes, before it is read.
    ///
    /// # Errors
    /// 413 with the limit, as RFC 7644 §3.7.4 wants it.
    pub fn check_payload(self, bytes: usize) -> Result<(), ScimError> {
        if bytes <= self.payload_bytes {
            return Ok(());
        }
        Err(ScimError::new(
            413,
            format!(
                "the bulk request has {bytes} bytes, the most is {} (maxPayloadSize): send several requests",
                self.payload_bytes
            ),
        ))
    }

    fn check_count(self, count: usize) -> Result<(), ScimError> {
        let most = self.operations.min(OPERATION_COUNT_MAX);
        if count <= most {
            return Ok(());
        }
        Err(ScimError::new(
            413,
            format!(
                "the bulk request has {count} operations, the most is {most} (maxOperations): send several requests"
            ),
        ))
    }
}

impl BulkResult {
    /// Whether the operation failed.
    #[must_use]
    pub fn is_error(&self) -> bool {
        !(200..400).contains(&self.status)
    }
}

impl Method {
    /// The method with this name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        let known = [Self::Post, Self::Put, Self::Patch, Self::Delete];
        let found = known.into_iter().find(|method| method.name().eq_ignore_ascii_case(name));
        found.unwrap_or_else(|| Self::Other(name.to_owned()))
    }

    /// The name as it is written, such as `POST`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
