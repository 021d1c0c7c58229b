//! Jobs and their cycles: rows and statements.

use crate::{Db, Query, Row, Step, StoreError};

/// A job as it is stored. Times are microseconds since 1970, JSON is text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// The job's id.
    pub id: String,
    /// The application it provisions.
    pub application_id: String,
    /// The gallery template it was made from.
    pub template_id: String,
    /// `paused`, `active` or `quarantine`.
    pub state: String,
    /// `assigned` or `all`.
    pub scope: String,
    /// The synchronisation schema, JSON.
    pub schema: String,
    /// The settings, JSON.
    pub settings: String,
    /// Where the target is and how to sign in, JSON without secrets.
    pub connection: Option<String>,
    /// The secret of the connection, encrypted.
    pub secret: Option<String>,
    /// The change up to which work was derived; none while an initial cycle is due.
    pub watermark: Option<i64>,
    /// Where the initial walk is, JSON.
    pub walk: Option<String>,
    /// Why and since when the job is in quarantine, JSON.
    pub quarantine: Option<String>,
    /// When it was made.
    pub created: i64,
    /// The named tables that expressions look values up in, JSON.
    pub tables: String,
}

/// A cycle as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CycleRow {
    /// The cycle's id.
    pub id: String,
    /// `initial` or `incremental`.
    pub kind: String,
    /// When it began.
    pub began: i64,
    /// When it ended; none while it runs, is paused, or was cut off and will go on.
    pub ended: Option<i64>,
    /// `succeeded`, `entryLevelErrors`, `failed` or `restarted`.
    pub outcome: Option<String>,
    /// What ended it early.
    pub error: Option<String>,
    /// Requests by method, JSON.
    pub requests: String,
    /// Milliseconds at work.
    pub duration_ms: i64,
}

/// A count of a cycle's entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountRow {
    /// `User` or `Group`.
    pub kind: String,
    /// `create`, `update`, `disable`, `delete` or `other`.
    pub action: String,
    /// `success`, `skipped`, `failure` or `warning`.
    pub status: String,
    /// How many.
    pub entries: i64,
}

const JOB: &str = "SELECT id, application_id, template_id, state, scope, schema, settings, connection, secret, \
    watermark, walk, quarantine, created, tables FROM job WHERE organisation = $1 AND id = $2";
const JOB_OF_APPLICATION: &str = "SELECT id, application_id, template_id, state, scope, schema, settings, connection, \
    secret, watermark, walk, quarantine, created, tables FROM job WHERE organisation = $1 AND application_id = $2";
const JOBS: &str = "SELECT id, application_id, template_id, state, scope, schema, settings, connection, secret, \
    watermark, walk, quarantine, created, tables FROM job WHERE organisation = $1 ORDER BY created, id";

/// Reads a job.
#[must_use]
pub fn job(organisation: &str, id: &str) -> Query {
    (JOB, vec![organisation.into(), id.into()])
}

/// Reads the job of an application.
#[must_use]
pub fn job_of_application(organisation: &str, application: &str) -> Query {
    (JOB_OF_APPLICATION, vec![organisation.into(), application.into()])
}

/// Reads all jobs, oldest first.
#[must_use]
pub fn jobs(organisation: &str) -> Query {
    (JOBS, vec![organisation.into()])
}

/// Whether any job of any organisation has a secret.
///
/// # Errors
/// The data file fails.
pub async fn has_secrets(db: &Db) -> Result<bool, StoreError> {
    let rows = db.query("SELECT 1 FROM job WHERE secret IS NOT NULL LIMIT 1", Vec::new()).await?;
    Ok(!rows.is_empty())
}

/// Reads the ids of the jobs that are not paused and have something to do now.
#[must_use]
pub fn waiting(organisation: &str, now: i64) -> Query {
    (
        "SELECT j.id FROM job j WHERE j.organisation = $1 AND j.state <> 'paused' \
         AND COALESCE(j.next_attempt, 0) <= $2 \
         AND (j.next_attempt IS NOT NULL OR j.watermark IS NULL OR j.walk IS NOT NULL \
         OR j.watermark < (SELECT o.sequence FROM organisation o WHERE o.id = $1) \
         OR EXISTS (SELECT 1 FROM work w WHERE w.organisation = $1 AND w.job_id = j.id AND w.due <= $2)) \
         ORDER BY j.created, j.id",
        vec![organisation.into(), now.into()],
    )
}

/// Adds a job.
#[must_use]
pub fn add_job(organisation: &str, job: &JobRow) -> Step {
    Step::Execute(
        "INSERT INTO job (organisation, id, application_id, template_id, state, scope, schema, settings, connection, \
         secret, watermark, walk, quarantine, created, updated, tables) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15)",
        vec![
            organisation.into(),
            job.id.as_str().into(),
            job.application_id.as_str().into(),
            job.template_id.as_str().into(),
            job.state.as_str().into(),
            job.scope.as_str().into(),
            job.schema.as_str().into(),
            job.settings.as_str().into(),
            job.connection.clone().into(),
            job.secret.clone().into(),
            job.watermark.into(),
            job.walk.clone().into(),
            job.quarantine.clone().into(),
            job.created.into(),
            job.tables.as_str().into(),
        ],
    )
}

/// Sets the state of a job and, with it, its quarantine.
#[must_use]
pub fn set_state(
    organisation: &str,
    id: &str,
    state: &str,
    quarantine: Option<String>,
    now: i64,
) -> Step {
    Step::Expect(
        "UPDATE job SET state = $3, quarantine = $4, next_attempt = NULL, updated = $5 WHERE organisation = $1 AND id = $2",
        vec![organisation.into(), id.into(), state.into(), quarantine.into(), now.into()],
        1,
    )
}

/// Puts a job into quarantine, unless somebody paused it meanwhile.
#[must_use]
pub fn quarantine(
    organisation: &str,
    id: &str,
    quarantine: String,
    next_attempt: i64,
    now: i64,
) -> Step {
    Step::Execute(
        "UPDATE job SET state = CASE WHEN state = 'active' THEN 'quarantine' ELSE state END, quarantine = $3, \
         next_attempt = $4, updated = $5 WHERE organisation = $1 AND id = $2",
        vec![organisation.into(), id.into(), quarantine.into(), next_attempt.into(), now.into()],
    )
}

/// Lifts the quarantine after a success.
#[must_use]
pub fn lift_quarantine(organisation: &str, id: &str, now: i64) -> Step {
    Step::Execute(
        "UPDATE job SET state = CASE WHEN state = 'quarantine' THEN 'active' ELSE state END, quarantine = NULL, next_attempt = NULL, \
         updated = $3 WHERE organisation = $1 AND id = $2",
        vec![organisation.into(), id.into(), now.into()],
    )
}

/// Sets the scope; the next cycle is an initial one.
#[must_use]
pub fn set_scope(organisation: &str, id: &str, scope: &str, now: i64) -> Step {
    Step::Expect(
        "UPDATE job SET scope = $3, watermark = NULL, walk = NULL, updated = $4 WHERE organisation = $1 AND id = $2",
        vec![organisation.into(), id.into(), scope.into(), now.into()],
        1,
    )
}

/// Sets the connection and its secret.
#[must_use]
pub fn set_connection(
    organisation: &str,
    id: &str,
    connection: String,
    secret: String,
    now: i64,
) -> Step {
    Step::Expect(
        "UPDATE job SET connection = $3, secret = $4, updated = $5 WHERE organisation = $1 AND id = $2",
        vec![organisation.into(), id.into(), connection.into(), secret.into(), now.into()],
        1,
    )
}

/// Sets the settings.
#[must_use]
pub fn set_settings(organisation: &str, id: &str, settings: String, now: i64) -> Step {
    Step::Expect(
        "UPDATE job SET settings = $3, updated = $4 WHERE organisation = $1 AND id = $2",
        vec![organisation.into(), id.into(), settings.into(), now.into()],
        1,
    )
}

/// Sets the named tables; the next cycle is an initial one.
#[must_use]
pub fn set_tables(organisation: &str, id: &str, before: &str, tables: String, now: i64) -> Step {
    Step::Expect(
        "UPDATE job SET tables = $4, watermark = NULL, walk = NULL, updated = $5 \
         WHERE organisation = $1 AND id = $2 AND tables = $3",
        vec![organisation.into(), id.into(), before.into(), tables.into(), now.into()],
        1,
    )
}

/// Moves the watermark and the place of the walk, provided the watermark is still `before`: a restart
/// that came meanwhile wins.
#[must_use]
pub fn set_progress(
    organisation: &str,
    id: &str,
    before: Option<i64>,
    watermark: Option<i64>,
    walk: Option<String>,
) -> Step {
    Step::Expect(
        "UPDATE job SET watermark = $4, walk = $5 WHERE organisation = $1 AND id = $2 AND COALESCE(watermark, -1) = $3",
        vec![
            organisation.into(),
            id.into(),
            before.unwrap_or(-1).into(),
            watermark.into(),
            walk.into(),
        ],
        1,
    )
}

/// Makes the next cycle an initial one.
#[must_use]
pub fn reset_progress(organisation: &str, id: &str) -> Step {
    Step::Expect(
        "UPDATE job SET watermark = NULL, walk = NULL WHERE organisation = $1 AND id = $2",
        vec![organisation.into(), id.into()],
        1,
    )
}

/// Reads a job's row.
pub fn read_job(row: &Row) -> Result<JobRow, StoreError> {
    Ok(JobRow {
        id: row.text(0)?.to_owned(),
        application_id: row.text(1)?.to_owned(),
        template_id: row.text(2)?.to_owned(),
        state: row.text(3)?.to_owned(),
        scope: row.text(4)?.to_owned(),
        schema: row.text(5)?.to_owned(),
        settings: row.text(6)?.to_owned(),
        connection: row.optional_text(7)?.map(str::to_owned),
        secret: row.optional_text(8)?.map(str::to_owned),
        watermark: row.optional_integer(9)?,
        walk: row.optional_text(10)?.map(str::to_owned),
        quarantine: row.optional_text(11)?.map(str::to_owned),
        created: row.integer(12)?,
        tables: row.text(13)?.to_owned(),
    })
}

/// Adds a cycle.
#[must_use]
pub fn begin_cycle(organisation: &str, id: &str, job: &str, kind: &str, now: i64) -> Step {
    Step::Execute(
        "INSERT INTO cycle (organisation, id, job_id, kind, began, requests, duration_ms) \
         VALUES ($1, $2, $3, $4, $5, '{}', 0)",
        vec![organisation.into(), id.into(), job.into(), kind.into(), now.into()],
    )
}

/// Notes how far a cycle is.
#[must_use]
pub fn note_cycle(organisation: &str, id: &str, requests: String, duration_ms: i64) -> Step {
    Step::Execute(
        "UPDATE cycle SET requests = $3, duration_ms = $4 WHERE organisation = $1 AND id = $2",
        vec![organisation.into(), id.into(), requests.into(), duration_ms.into()],
    )
}

/// Ends a cycle.
#[must_use]
pub fn end_cycle(
    organisation: &str,
    id: &str,
    now: i64,
    outcome: &str,
    error: Option<String>,
) -> Step {
    Step::Execute(
        "UPDATE cycle SET ended = $3, outcome = $4, error = $5 WHERE organisation = $1 AND id = $2",
        vec![organisation.into(), id.into(), now.into(), outcome.into(), error.into()],
    )
}

/// Ends the cycles that were cut off, with this outcome.
#[must_use]
pub fn end_cut_cycles(organisation: &str, job: &str, outcome: &str, now: i64) -> Step {
    Step::Execute(
        "UPDATE cycle SET ended = $4, outcome = $3 WHERE organisation = $1 AND job_id = $2 AND ended IS NULL",
        vec![organisation.into(), job.into(), outcome.into(), now.into()],
    )
}

/// Reads the newest cycles of a job.
#[must_use]
pub fn cycles(organisation: &str, job: &str, limit: i64) -> Query {
    (
        "SELECT id, kind, began, ended, outcome, error, requests, duration_ms FROM cycle \
         WHERE organisation = $1 AND job_id = $2 ORDER BY began DESC, id DESC LIMIT $3",
        vec![organisation.into(), job.into(), limit.into()],
    )
}

/// Reads a cycle's row.
pub fn read_cycle(row: &Row) -> Result<CycleRow, StoreError> {
    Ok(CycleRow {
        id: row.text(0)?.to_owned(),
        kind: row.text(1)?.to_owned(),
        began: row.integer(2)?,
        ended: row.optional_integer(3)?,
        outcome: row.optional_text(4)?.map(str::to_owned),
        error: row.optional_text(5)?.map(str::to_owned),
        requests: row.text(6)?.to_owned(),
        duration_ms: row.integer(7)?,
    })
}

/// Counts one more entry of a cycle.
#[must_use]
pub fn count(organisation: &str, cycle: &str, kind: &str, action: &str, status: &str) -> Step {
    Step::Execute(
        "INSERT INTO cycle_count (organisation, cycle_id, kind, action, status, entries) VALUES ($1, $2, $3, $4, $5, 1) \
         ON CONFLICT (organisation, cycle_id, kind, action, status) DO UPDATE SET entries = cycle_count.entries + 1",
        vec![organisation.into(), cycle.into(), kind.into(), action.into(), status.into()],
    )
}

/// Reads the counts of a cycle.
#[must_use]
pub fn counts(organisation: &str, cycle: &str) -> Query {
    (
        "SELECT kind, action, status, entries FROM cycle_count WHERE organisation = $1 AND cycle_id = $2 \
         ORDER BY kind, action, status",
        vec![organisation.into(), cycle.into()],
    )
}

/// Reads a count's row.
pub fn read_count(row: &Row) -> Result<CountRow, StoreError> {
    Ok(CountRow {
        kind: row.text(0)?.to_owned(),
        action: row.text(1)?.to_owned(),
        status: row.text(2)?.to_owned(),
        entries: row.integer(3)?,
    })
}
