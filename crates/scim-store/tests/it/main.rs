//! The plain service at its edge: over HTTP, with a real file.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod lists;
mod members;
mod served;
mod uniqueness;
