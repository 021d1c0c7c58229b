//! Jobs against a SCIM service on a real socket that misbehaves on request, with a real data file.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod faults;
mod groups;
mod life_cycle;
mod nesting;
mod schemas;
mod surroundings;
mod world;
