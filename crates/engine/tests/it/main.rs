//! What holds for whole organisations and for any configuration.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod brightwater;
mod laws;
