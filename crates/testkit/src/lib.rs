//! What tests of several crates share: a SCIM service that misbehaves on request.
//!
//! [`FakeTarget`] listens on a real socket of this machine, keeps users and groups
//! in memory, records every request, and commits the [`Fault`]s it was told to.
//! Test code: what cannot happen in a test panics with a reason.

mod certificate;
mod connection;
mod fake;
mod fault;
mod http;
mod service;

pub use certificate::Tls;
pub use connection::Recorded;
pub use fake::{FakeTarget, Options};
pub use fault::{Fault, When};
