//! The decisions of provisioning, as pure functions from values to values.
//!
//! One object walks one path: [`scope`] → [`mapping`] → [`matching`] → [`plan`]. What has to be
//! asked outside (does the target know this `userName`?) is returned as a need; the caller asks
//! and calls again. No clock, no database, no network, no randomness: everything arrives as an
//! argument, and the same input gives the same plan.

pub mod change;
pub mod configuration;
pub mod explain;
pub mod filter;
pub mod finding;
#[cfg(test)]
mod fixture;
pub mod id;
pub mod mapping;
pub mod matching;
pub mod membership;
pub mod nearest;
pub mod object;
pub mod plan;
pub mod quarantine;
pub mod reason;
pub mod retry;
pub mod scope;
pub mod source;
pub mod unique;
