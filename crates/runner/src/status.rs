//! The status of a job, as an administrator asks for it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use store::{job as statements, link};

use crate::error::RunError;
use crate::job::{Job, JobState, Quarantine};
use crate::jobs::Runner;
use crate::progress::Counts;

/// Everything about a job at a glance.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStatus {
    /// The job's id.
    pub id: String,
    /// The application.
    pub application: String,
    /// The template.
    pub template_id: String,
    /// Paused, active or in quarantine.
    pub state: JobState,
    /// `assigned` or `all`.
    pub scope: engine::scope::ScopeSetting,
    /// Where the target is.
    pub tenant_url: Option<String>,
    /// Why it is in quarantine.
    pub quarantine: Option<Quarantine>,
    /// Whether an initial cycle is due or under way.
    pub initial: bool,
    /// Objects to look at now.
    pub due: i64,
    /// When the next retry is due.
    pub next_retry: Option<Timestamp>,
    /// Accounts by kind and state: `open`, `closed`, `creating`.
    pub accounts: BTreeMap<String, BTreeMap<String, i64>>,
    /// The newest cycles, newest first.
    pub cycles: Vec<CycleStatus>,
}

/// A past or running cycle.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CycleStatus {
    /// The cycle's id.
    pub id: String,
    /// `initial` or `incremental`.
    pub kind: String,
    /// When it began.
    pub began: Option<Timestamp>,
    /// When it ended; none while it runs.
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Entries by action and status.
    pub counts: Counts,
    /// Requests by method.
    pub requests: Json,
    /// Milliseconds at work.
    pub milliseconds: i64,
}

impl Runner {
    /// The status of a job with its `cycles` newest cycles.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn status(&self, job: &Job, cycles: i64) -> Result<JobStatus, RunError> {
        let (due, next) = self.outstanding(job).await?;
        let mut accounts: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
        let (sql, values) = link::counts(&self.organisation, &job.id);
        for row in &self.db.query(sql, values).await? {
            accounts
                .entry(row.text(0)?.to_owned())
                .or_default()
                .insert(row.text(1)?.to_owned(), row.integer(2)?);
        }
        Ok(JobStatus {
            id: job.id.clone(),
            application: job.application.clone(),
            template_id: job.template_id.clone(),
            state: job.state,
            scope: job.scope,
            tenant_url: job.connection.as_ref().map(|connection| connection.tenant_url.clone()),
            quarantine: job.quarantine.clone(),
            initial: job.is_initial(),
            due,
            next_retry: next.and_then(|micros| Timestamp::from_microsecond(micros).ok()),
            accounts,
            cycles: self.cycles(job, cycles).await?,
        })
    }

    /// The newest cycles of a job.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn cycles(&self, job: &Job, limit: i64) -> Result<Vec<CycleStatus>, RunError> {
        let (sql, values) = statements::cycles(&self.organisation, &job.id, limit);
        let mut cycles = Vec::new();
        for row in &self.db.query(sql, values).await? {
            let row = statements::read_cycle(row)?;
            let instant = |micros: i64| Timestamp::from_microsecond(micros).ok();
            cycles.push(CycleStatus {
                counts: self.counts(&row.id).await?,
                kind: row.kind,
                began: instant(row.began),
                ended: row.ended.and_then(instant),
                outcome: row.outcome,
                error: row.error,
                requests: serde_json::from_str(&row.requests).unwrap_or(Json::Null),
                milliseconds: row.duration_ms,
                id: row.id,
            });
        }
        Ok(cycles)
    }

    async fn counts(&self, cycle: &str) -> Result<Counts, RunError> {
        let (sql, values) = statements::counts(&self.organisation, cycle);
        let mut counts = Counts::new();
        for row in &self.db.query(sql, values).await? {
            let row = statements::read_count(row)?;
            let entries = u64::try_from(row.entries).unwrap_or_default();
            *counts.entry(row.action).or_default().entry(row.status).or_default() += entries;
        }
        Ok(counts)
    }
}
