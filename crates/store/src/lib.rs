//! Storage: `SQLite` behind one small executor, migrations, and secrets at rest.
//!
//! [`Db`] runs transactions that are data: a list of [`Step`]s goes to the one
//! writer of the process, which commits what is queued together. Reads run on
//! connections of their own. Several processes may use one file.
//!
//! The statements of the product live here, one module per concept, and name
//! their parameters `$1`, `$2`, …, so that the same text runs on `PostgreSQL`:
//! ids and JSON are `TEXT`, instants are `BIGINT` microseconds.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod connection;
mod db;
pub mod directory;
mod error;
pub mod flattened;
pub mod job;
pub mod job_schema;
pub mod key;
pub mod link;
pub mod log;
mod migration;
pub mod organisation;
mod reader;
pub mod schema;
pub mod secret;
mod statement;
mod value;
pub mod work;
mod writer;

pub use db::{Db, Tuning};
pub use error::StoreError;
pub use migration::Migration;
pub use statement::{Query, Sql, Step};
pub use value::{Row, Rows, Value};
