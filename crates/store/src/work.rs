//! The work table: one row for each object that a job has yet to look at.

use crate::{Query, Row, Step, StoreError};

/// One object to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkRow {
    /// The object.
    pub object_id: String,
    /// Lower comes first.
    pub priority: i64,
    /// Order within a priority.
    pub rank: i64,
    /// What asks for it.
    pub cause: String,
    /// The newest change that asks for it.
    pub sequence: i64,
    /// How often it failed.
    pub attempts: i64,
    /// When it failed first, microseconds.
    pub first_failed: Option<i64>,
}

/// Adds work. A newer change supersedes an older retry: the object is due at once, its failures
/// are forgotten and the more urgent priority stays.
#[must_use]
pub fn add(organisation: &str, job: &str, rows: &[WorkRow], due: i64) -> Step {
    let parameters = rows.iter().map(|row| {
        vec![
            organisation.into(),
            job.into(),
            row.object_id.as_str().into(),
            row.priority.into(),
            row.rank.into(),
            row.cause.as_str().into(),
            row.sequence.into(),
            due.into(),
        ]
    });
    Step::Many(
        "INSERT INTO work (organisation, job_id, object_id, priority, rank, cause, sequence, due, attempts) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) \
         ON CONFLICT (organisation, job_id, object_id) DO UPDATE SET \
         priority = CASE WHEN excluded.priority < work.priority THEN excluded.priority ELSE work.priority END, \
         rank = excluded.rank, cause = excluded.cause, due = excluded.due, attempts = 0, first_failed = NULL, \
         sequence = CASE WHEN excluded.sequence > work.sequence THEN excluded.sequence ELSE work.sequence + 1 END",
        parameters.collect(),
    )
}

/// Reads the next due work, in order. The plus keeps the planner on the index that is in this order:
/// nearly all work is due.
#[must_use]
pub fn next(organisation: &str, job: &str, now: i64, limit: i64) -> Query {
    (
        "SELECT object_id, priority, rank, cause, sequence, attempts, first_failed FROM work \
         WHERE organisation = $1 AND job_id = $2 AND +due <= $3 ORDER BY priority, rank, object_id LIMIT $4",
        vec![organisation.into(), job.into(), now.into(), limit.into()],
    )
}

/// Counts all work that is due, and when the next of the rest will be.
#[must_use]
pub fn outstanding(organisation: &str, job: &str, now: i64) -> Query {
    (
        "SELECT COALESCE(SUM(CASE WHEN due <= $3 THEN 1 ELSE 0 END), 0), MIN(CASE WHEN due > $3 THEN due END) \
         FROM work WHERE organisation = $1 AND job_id = $2",
        vec![organisation.into(), job.into(), now.into()],
    )
}

/// Removes work that is done, unless a newer change asked again meanwhile.
#[must_use]
pub fn done(organisation: &str, job: &str, object: &str, sequence: i64) -> Step {
    Step::Execute(
        "DELETE FROM work WHERE organisation = $1 AND job_id = $2 AND object_id = $3 AND sequence = $4",
        vec![organisation.into(), job.into(), object.into(), sequence.into()],
    )
}

/// Puts work off to a retry, unless a newer change asked again meanwhile.
#[must_use]
pub fn retry(organisation: &str, job: &str, row: &WorkRow, due: i64, now: i64) -> Step {
    Step::Execute(
        "UPDATE work SET due = $5, attempts = attempts + 1, cause = 'retry', \
         first_failed = COALESCE(first_failed, $6) \
         WHERE organisation = $1 AND job_id = $2 AND object_id = $3 AND sequence = $4",
        vec![
            organisation.into(),
            job.into(),
            row.object_id.as_str().into(),
            row.sequence.into(),
            due.into(),
            now.into(),
        ],
    )
}

/// Makes all work due, as an administrator's restart does.
#[must_use]
pub fn make_due(organisation: &str, job: &str, now: i64) -> Step {
    Step::Execute(
        "UPDATE work SET due = $3, attempts = 0, first_failed = NULL WHERE organisation = $1 AND job_id = $2 AND due > $3",
        vec![organisation.into(), job.into(), now.into()],
    )
}

/// Reads a work row.
pub fn read(row: &Row) -> Result<WorkRow, StoreError> {
    Ok(WorkRow {
        object_id: row.text(0)?.to_owned(),
        priority: row.integer(1)?,
        rank: row.integer(2)?,
        cause: row.text(3)?.to_owned(),
        sequence: row.integer(4)?,
        attempts: row.integer(5)?,
        first_failed: row.optional_integer(6)?,
    })
}
