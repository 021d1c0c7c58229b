//! Targets: the SCIM client, what we know of services, and the gallery.
//!
//! A [`Target`] sends what was decided elsewhere and reports exactly what became
//! of it; it takes no provisioning decision. What differs between services is
//! data: a [`Profile`], chosen with a [`gallery::Template`].
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod address;
mod answer;
mod channel;
mod client;
mod connection;
mod counts;
mod definition;
mod discovery;
mod error;
pub mod gallery;
mod network;
mod pace;
mod probe;
mod profile;
mod retry;
mod sign_in;

pub use address::{AddressError, CompatibilityFlags};
pub use answer::Answer;
pub use channel::{ANSWER_BYTES_MAX, CONNECT_TIMEOUT, IDLE_CONNECTION_MAX, USER_AGENT};
pub use client::{MATCHES_MAX, Target};
pub use connection::{ClientAuthentication, Connection, Credentials};
pub use counts::RequestCounts;
pub use discovery::{DEFINITIONS_MAX, DISCOVERY_PAGES_MAX, Discovery, SCHEMAS_MAX};
pub use error::{CertificateProblem, NetworkProblem, TargetError};
pub use pace::REST_WAITED_MAX;
pub use probe::{ConnectionProblem, MatchProbe, ProblemCode, TestReport};
pub use profile::{FilterableAttributes, Profile, REQUEST_TIMEOUT_DEFAULT_MS};
pub use retry::{PAUSE_MAX, THROTTLED_ATTEMPTS_MAX};
pub use sign_in::{TOKEN_LIFE_DEFAULT, TOKEN_MARGIN};
