//! How far a run is, for whoever watches.

use std::collections::BTreeMap;

use serde::Serialize;
use target::RequestCounts;
use tokio::sync::watch;

/// A snapshot of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// `initial` or `incremental`; empty before a cycle begins.
    pub kind: String,
    /// Objects that were looked at.
    pub done: u64,
    /// Objects known to be looked at, done ones included.
    pub total: u64,
    /// Entries by action and status.
    pub counts: Counts,
    /// Requests sent.
    pub requests: RequestCounts,
}

/// Entries by action, then by status.
pub type Counts = BTreeMap<String, BTreeMap<String, u64>>;

/// The side that reports.
pub type Reporter = watch::Sender<Progress>;

/// Makes the two sides of a progress report.
#[must_use]
pub fn channel() -> (Reporter, watch::Receiver<Progress>) {
    watch::channel(Progress::default())
}

/// Adds one entry to the counts.
pub fn count(counts: &mut Counts, action: &str, status: &str) {
    *counts.entry(action.to_owned()).or_default().entry(status.to_owned()).or_default() += 1;
}
