//! Versions of jobs' synchronisation schemas: rows and statements.

use crate::{Query, Row, Step, StoreError};

/// A version as it is listed, without its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// Its number, counted from 1 for each job.
    pub version: i64,
    /// When it was made, microseconds since 1970.
    pub time: i64,
    /// Who made it.
    pub actor: String,
    /// `template`, `import`, `mapping`, `discovery` or `rollback`.
    pub cause: String,
    /// Why, in that person's words.
    pub reason: Option<String>,
    /// How many differences there were to the version before.
    pub changes: i64,
}

/// Adds a version. A second one of the same number is [`StoreError::Unique`].
#[must_use]
pub fn add(organisation: &str, job: &str, version: &VersionRow, schema: &str) -> Step {
    Step::Execute(
        "INSERT INTO job_schema (organisation, job_id, version, time, actor, cause, reason, changes, schema) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        vec![
            organisation.into(),
            job.into(),
            version.version.into(),
            version.time.into(),
            version.actor.as_str().into(),
            version.cause.as_str().into(),
            version.reason.clone().into(),
            version.changes.into(),
            schema.into(),
        ],
    )
}

/// Drops the versions up to this number.
#[must_use]
pub fn drop_until(organisation: &str, job: &str, version: i64) -> Step {
    Step::Execute(
        "DELETE FROM job_schema WHERE organisation = $1 AND job_id = $2 AND version <= $3",
        vec![organisation.into(), job.into(), version.into()],
    )
}

/// Replaces a job's schema, provided it is still `before`. With `restart`, the next cycle is an
/// initial one, and what waits for a retry is due at once.
#[must_use]
pub fn replace(
    organisation: &str,
    job: &str,
    before: &str,
    schema: &str,
    restart: bool,
    now: i64,
) -> Vec<Step> {
    let values = vec![organisation.into(), job.into(), before.into(), schema.into(), now.into()];
    if !restart {
        return vec![Step::Expect(
            "UPDATE job SET schema = $4, updated = $5 WHERE organisation = $1 AND id = $2 AND schema = $3",
            values,
            1,
        )];
    }
    let replaced = Step::Expect(
        "UPDATE job SET schema = $4, watermark = NULL, walk = NULL, updated = $5 \
         WHERE organisation = $1 AND id = $2 AND schema = $3",
        values,
        1,
    );
    vec![replaced, crate::work::make_due(organisation, job, now)]
}

/// Reads the newest versions of a job, newest first.
#[must_use]
pub fn versions(organisation: &str, job: &str, limit: i64) -> Query {
    (
        "SELECT version, time, actor, cause, reason, changes FROM job_schema \
         WHERE organisation = $1 AND job_id = $2 ORDER BY version DESC LIMIT $3",
        vec![organisation.into(), job.into(), limit.into()],
    )
}

/// Reads the document of a version.
#[must_use]
pub fn document(organisation: &str, job: &str, version: i64) -> Query {
    (
        "SELECT schema FROM job_schema WHERE organisation = $1 AND job_id = $2 AND version = $3",
        vec![organisation.into(), job.into(), version.into()],
    )
}

/// Reads a row of [`versions`].
///
/// # Errors
/// A column holds something else.
pub fn read(row: &Row) -> Result<VersionRow, StoreError> {
    Ok(VersionRow {
        version: row.integer(0)?,
        time: row.integer(1)?,
        actor: row.text(2)?.to_owned(),
        cause: row.text(3)?.to_owned(),
        reason: row.optional_text(4)?.map(str::to_owned),
        changes: row.integer(5)?,
    })
}
