//! Microsoft Graph's wire shapes, read leniently and written strictly.
//!
//! [`schema`] holds the synchronisation schema (mappings and scoping filters), [`export`] reads
//! files of users, groups and applications, [`names`] knows what Graph's properties are called in
//! mappings, and [`text`] turns a file's bytes into text. Pure: no clock, no database, no network.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

pub mod export;
pub mod names;
pub mod schema;
pub mod text;
