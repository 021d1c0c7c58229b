//! Jobs at work: read, decide, execute, record.
//!
//! A job keeps one application in step with the directory. [`Runner::run`] does what is due for
//! one job and returns; [`scheduler`] does so for all jobs, continuously. Every decision is made
//! by `engine`; here objects are read, requests sent and results stored.
//!
//! - [`jobs`]: applications with their job; [`connection`], [`settings`], [`tables`] and [`control`] of it.
//! - [`schema`]: the versions of a job's mappings and filters; [`source_tree`] completes what is exported,
//!   [`discovery`] asks the target for its attributes, [`check`] looks for mistakes.
//! - [`feed`] and [`walk`]: which objects a job has to look at, from changes and from the start.
//! - [`cycle`]: draining that work in order, with checkpoints.
//! - [`reading`], `deciding`, [`batch`], [`lookup`], [`object`], [`group`]: the path of objects through the engine, in a [`run`].
//! - [`explain`]: the same path for one object up to the plan, for whoever asks why.
//! - [`record`], [`entry`] and [`wording`]: what became of it, in one transaction, with its log entry.

pub mod batch;
pub mod check;
pub mod connection;
pub mod control;
pub mod cycle;
mod deciding;
pub mod discovery;
pub mod entry;
pub mod error;
pub mod expand;
pub mod explain;
pub mod fault;
pub mod feed;
pub mod group;
pub mod job;
pub mod jobs;
pub mod lease;
pub mod logs;
pub mod lookup;
pub mod object;
pub mod progress;
pub mod reading;
pub mod record;
pub mod run;
pub mod scheduler;
pub mod schema;
pub mod settings;
pub mod source_tree;
pub mod status;
pub mod stop;
pub mod tables;
pub mod walk;
pub mod wording;

use std::sync::Arc;

use jiff::Timestamp;

pub use error::RunError;
pub use jobs::Runner;

/// Where the time comes from; tests bring their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
