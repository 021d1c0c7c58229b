//! SCIM 2.0 as values: RFC 7643 and RFC 7644 without any I/O.
//!
//! Schemas are data and drive everything else: they say how values compare in a
//! [`Filter`], what a PATCH may touch ([`patch::apply`]), what differs between two
//! states of a resource ([`patch::diff`]) and what is returned ([`projection`]).
//! What is written conforms strictly; what is read is taken with the tolerances
//! that deployed clients need, and each tolerance used is reported.
//!
//! Pure: no clock, no network, no randomness; every recursion and every size has
//! a limit with a name.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::needless_pass_by_value))]

mod coerce;
pub mod filter;
mod fold;
pub mod instant;
pub mod json;
pub mod message;
pub mod patch;
pub mod path;
pub mod projection;
pub mod resource;
pub mod schema;
pub mod selection;
pub mod sort;
pub mod validation;

pub use filter::Filter;
pub use fold::fold;
pub use message::{ListResponse, ScimError, ScimType, SearchRequest};
pub use path::Path;
pub use projection::Projection;
pub use resource::Resource;
pub use schema::ResourceSchema;
pub use sort::Sort;
