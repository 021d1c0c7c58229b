//! SCIM 2.0 over HTTP (RFC 7644) for any store of resources.
//!
//! A [`Service`] says which resources there are and how the service speaks, a
//! [`ResourceStore`] keeps them, [`host`] or [`router`] joins the two. The server reads
//! requests, checks them against the schemas and writes answers; it decides nothing about
//! the resources. Who asks is the store's to tell, by [`ResourceStore::caller`]: from
//! [`bearer::token`], or from what a layer around the router learned.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod answer;
mod base;
pub mod bearer;
mod bulk;
mod computed;
mod condition;
mod cursor;
mod discovery;
mod endpoint;
mod exchange;
mod json_text;
mod layout;
mod listen;
mod listing;
mod pairs;
mod query;
mod reference;
mod request;
mod router;
mod service;
mod store;
mod stored;
mod writer;

pub use base::MERGED_COUNT_MAX;
pub use condition::Condition;
pub use listen::{Limits, listen};
pub use query::{Page, Position, Query, select};
pub use router::{host, router};
pub use scim::message::bulk::BulkLimits;
pub use service::{
    BODY_SIZE_MAX, CONCURRENCY_MAX, CursorPaging, Flavour, Locations, Methods, REQUEST_TIME_MAX,
    ResourceKind, Service, VersionMismatch, VersionStyle, bearer_token,
};
pub use store::{ATTEMPT_COUNT_MAX, ResourceStore, Written};
pub use stored::{Reference, Stored, StoredText};
