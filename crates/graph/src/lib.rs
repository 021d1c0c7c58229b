//! Microsoft Graph's wire shapes, read leniently and written strictly.
//!
//! [`schema`] holds the synchronisation schema (mappings and scoping filters), [`export`] reads
//! files of users, groups and applications, and [`names`] knows what Graph's properties are
//! called in mappings. Pure: no clock, no database, no network.

pub mod schema;
