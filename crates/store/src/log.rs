//! The provisioning log, and the last reason for which each object was skipped.

use crate::{Query, Row, Step, StoreError, Value};

/// One entry, with the columns that are searched beside the whole of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// The entry's id, ordered by time.
    pub id: String,
    /// The job.
    pub job_id: String,
    /// The cycle.
    pub cycle_id: String,
    /// When, microseconds.
    pub time: i64,
    /// `create`, `update`, `disable`, `delete`, `other`, `stagedDelete`.
    pub action: String,
    /// `success`, `skipped`, `failure`, `warning`.
    pub status: String,
    /// The source object.
    pub source_id: String,
    /// Its name.
    pub source_name: String,
    /// The code of a skip or failure.
    pub error_code: Option<String>,
    /// The whole entry, JSON.
    pub entry: String,
}

/// Which entries to read; an empty condition admits all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only of this job.
    pub job_id: String,
    /// Only of this status.
    pub status: String,
    /// Only of this action.
    pub action: String,
    /// Only of this source object.
    pub source_id: String,
    /// Only of this cycle.
    pub cycle_id: String,
    /// Only before this id, for the next page; empty for the newest.
    pub before: String,
    /// At most so many.
    pub limit: i64,
}

/// Adds an entry.
#[must_use]
pub fn add(organisation: &str, row: &LogRow) -> Step {
    Step::Execute(
        "INSERT INTO log (organisation, id, job_id, cycle_id, time, action, status, source_id, source_name, error_code, \
         entry) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        vec![
            organisation.into(),
            row.id.as_str().into(),
            row.job_id.as_str().into(),
            row.cycle_id.as_str().into(),
            row.time.into(),
            row.action.as_str().into(),
            row.status.as_str().into(),
            row.source_id.as_str().into(),
            row.source_name.as_str().into(),
            row.error_code.clone().into(),
            row.entry.as_str().into(),
        ],
    )
}

/// Reads entries, newest first. One statement for each way of asking, so that each has its index.
#[must_use]
pub fn entries(organisation: &str, query: &LogQuery) -> Query {
    macro_rules! select {
        ($condition:literal) => {
            concat!(
                "SELECT id, job_id, cycle_id, time, action, status, source_id, source_name, error_code, entry FROM log \
                 WHERE organisation = $1 AND ",
                $condition,
                " AND ($3 = '' OR job_id = $3) AND ($4 = '' OR status = $4) AND ($5 = '' OR action = $5) \
                 AND ($6 = '' OR id < $6) ORDER BY id DESC LIMIT $7"
            )
        };
    }
    let (sql, value) = if !query.source_id.is_empty() {
        (select!("source_id = $2"), &query.source_id)
    } else if !query.cycle_id.is_empty() {
        (select!("cycle_id = $2"), &query.cycle_id)
    } else if !query.status.is_empty() {
        (select!("status = $2"), &query.status)
    } else if !query.job_id.is_empty() {
        (select!("job_id = $2"), &query.job_id)
    } else {
        (select!("$2 = ''"), &query.job_id)
    };
    let texts = [value, &query.job_id, &query.status, &query.action, &query.before];
    let texts = texts.into_iter().map(|text| Value::from(text.as_str()));
    let values = std::iter::once(organisation.into()).chain(texts).chain([query.limit.into()]);
    (sql, values.collect())
}

/// Reads an entry's row.
pub fn read(row: &Row) -> Result<LogRow, StoreError> {
    Ok(LogRow {
        id: row.text(0)?.to_owned(),
        job_id: row.text(1)?.to_owned(),
        cycle_id: row.text(2)?.to_owned(),
        time: row.integer(3)?,
        action: row.text(4)?.to_owned(),
        status: row.text(5)?.to_owned(),
        source_id: row.text(6)?.to_owned(),
        source_name: row.text(7)?.to_owned(),
        error_code: row.optional_text(8)?.map(str::to_owned),
        entry: row.text(9)?.to_owned(),
    })
}

/// Removes entries older than `time`, and ended cycles with their counts.
#[must_use]
pub fn forget_before(organisation: &str, time: i64) -> Vec<Step> {
    let parameters = || vec![organisation.into(), time.into()];
    vec![
        Step::Execute("DELETE FROM log WHERE organisation = $1 AND time < $2", parameters()),
        Step::Execute(
            "DELETE FROM cycle_count WHERE organisation = $1 AND cycle_id IN \
             (SELECT id FROM cycle WHERE organisation = $1 AND ended < $2)",
            parameters(),
        ),
        Step::Execute("DELETE FROM cycle WHERE organisation = $1 AND ended < $2", parameters()),
    ]
}

/// Reads the last reasons for which an object was skipped, by subject.
#[must_use]
pub fn skips(organisation: &str, job: &str, object: &str) -> Query {
    (
        "SELECT subject, reason FROM skip WHERE organisation = $1 AND job_id = $2 AND object_id = $3",
        vec![organisation.into(), job.into(), object.into()],
    )
}

/// Remembers why an object was skipped.
#[must_use]
pub fn set_skip(organisation: &str, job: &str, object: &str, subject: &str, reason: &str) -> Step {
    Step::Execute(
        "INSERT INTO skip (organisation, job_id, object_id, subject, reason) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (organisation, job_id, object_id, subject) DO UPDATE SET reason = excluded.reason",
        vec![organisation.into(), job.into(), object.into(), subject.into(), reason.into()],
    )
}

/// Forgets why an object was skipped: it was not, this time.
#[must_use]
pub fn clear_skip(organisation: &str, job: &str, object: &str, subject: &str) -> Step {
    Step::Execute(
        "DELETE FROM skip WHERE organisation = $1 AND job_id = $2 AND object_id = $3 AND subject = $4",
        vec![organisation.into(), job.into(), object.into(), subject.into()],
    )
}
