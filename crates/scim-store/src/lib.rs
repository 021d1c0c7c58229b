//! A durable store of SCIM resources in one `SQLite` file, and the service over it.
//!
//! [`ScimStore`] keeps resources of any kind that has a schema. What must be unique is
//! unique by a key of the file; memberships are rows of their own; filters and orders go
//! by an index where there is one. What was answered is on the disk.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod access;
mod clock;
mod condition;
mod cursor;
mod error;
mod index;
mod kind;
mod list;
mod member_patch;
mod membership;
mod order;
#[cfg(test)]
mod plans;
mod prepare;
mod record;
pub mod schemas;
mod serve;
mod store;
mod token;
mod write;

pub use access::Access;
pub use clock::Clock;
pub use serve::serve;
pub use store::{FILE_NAME, ScimStore};
