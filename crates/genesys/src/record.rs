//! The records: who asked for which write, and what became of it.
//!
//! A write that was done is recorded in the same transaction, so the records tell all
//! that ever happened and nothing that did not.

use jiff::Timestamp;
use serde::Serialize;
use store::{Row, Step, StoreError};

use crate::{Organisation, users::whole};

/// The most records that are kept; the oldest go when the organisation is opened.
pub(crate) const RECORD_COUNT_MAX: i64 = 1_000_000;

/// One write that a client asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Counts up in the order of the writes.
    pub number: i64,
    /// When.
    pub time: Timestamp,
    /// The OAuth client.
    pub client_id: String,
    /// POST, PUT, PATCH or DELETE.
    pub method: String,
    /// `User` or `Group`.
    pub resource: String,
    /// The id; `None` if a creation was refused.
    pub resource_id: Option<String>,
    /// The userName or displayName, as far as it is known.
    pub name: Option<String>,
    /// The HTTP status of the answer.
    pub status: u16,
}

/// A write that is about to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'e> {
    pub(crate) client_id: &'e str,
    pub(crate) method: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) resource_id: Option<&'e str>,
    pub(crate) name: Option<&'e str>,
    pub(crate) status: u16,
}

impl Organisation {
    /// The records after the one numbered `after`, the oldest first, at most `limit`.
    pub async fn records(&self, after: i64, limit: usize) -> Result<Vec<Record>, StoreError> {
        let page = "SELECT number, time, client_id, method, resource, resource_id, name, status
            FROM record WHERE number > $1 ORDER BY number LIMIT $2";
        let rows = self.db.query(page, [after.into(), whole(limit)]).await?;
        rows.iter().map(Record::from_row).collect()
    }

    /// Removes the oldest records beyond [`RECORD_COUNT_MAX`].
    pub(crate) async fn prune_records(&self) -> Result<(), StoreError> {
        let oldest = "SELECT max(number) - $1 FROM record WHERE number > $1";
        let rows = self.db.query(oldest, [RECORD_COUNT_MAX.into()]).await?;
        let Some(oldest) = rows.first().map(|row| row.optional_integer(0)).transpose()?.flatten()
        else {
            return Ok(());
        };
        let prune = Step::Execute("DELETE FROM record WHERE number <= $1", vec![oldest.into()]);
        self.db.transaction(vec![prune]).await.map(|_| ())
    }

    /// The step that records a write.
    pub(crate) fn record(&self, entry: &Entry<'_>) -> Step {
        Step::Execute(
            "INSERT INTO record (time, client_id, method, resource, resource_id, name, status)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            vec![
                self.clock.now().into(),
                entry.client_id.into(),
                entry.method.into(),
                entry.resource.into(),
                entry.resource_id.into(),
                entry.name.into(),
                i64::from(entry.status).into(),
            ],
        )
    }
}

impl Record {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let text = |column| Ok::<_, StoreError>(row.optional_text(column)?.map(str::to_owned));
        Ok(Self {
            number: row.integer(0)?,
            time: row.timestamp(1)?,
            client_id: row.text(2)?.to_owned(),
            method: row.text(3)?.to_owned(),
            resource: row.text(4)?.to_owned(),
            resource_id: text(5)?,
            name: text(6)?,
            status: u16::try_from(row.integer(7)?).unwrap_or_default(),
        })
    }
}
