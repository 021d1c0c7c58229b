//! The statements of the change feed.

use jiff::Timestamp;

use crate::{Query, Row, Step, StoreError};

/// One change, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// Its number.
    pub sequence: i64,
    /// When it happened.
    pub time: Timestamp,
    /// Who did it.
    pub actor: String,
    /// `object`, `edge-added`, `edge-removed` or `purged`.
    pub kind: String,
    /// The object, or the edge's beginning.
    pub object_id: String,
    /// The edge's end.
    pub other_id: Option<String>,
    /// Everything else, as JSON text.
    pub detail: String,
}

/// Appends changes, whose numbers were raised in the same transaction.
#[must_use]
pub fn add_changes(organisation: &str, rows: Vec<ChangeRow>) -> Step {
    let values = rows.into_iter().map(|row| {
        vec![
            organisation.into(),
            row.sequence.into(),
            row.time.into(),
            row.actor.into(),
            row.kind.into(),
            row.object_id.into(),
            row.other_id.into(),
            row.detail.into(),
        ]
    });
    Step::Many(
        "INSERT INTO change (organisation, sequence, time, actor, kind, object_id, other_id, detail) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        values.collect(),
    )
}

/// Changes behind the number `after`, in order.
#[must_use]
pub fn changes(organisation: &str, after: i64, limit: i64) -> Query {
    (
        "SELECT sequence, time, actor, kind, object_id, other_id, detail FROM change \
         WHERE organisation = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
        vec![organisation.into(), after.into(), limit.into()],
    )
}

impl ChangeRow {
    /// Reads a row of [`changes`].
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            sequence: row.integer(0)?,
            time: row.timestamp(1)?,
            actor: row.text(2)?.to_owned(),
            kind: row.text(3)?.to_owned(),
            object_id: row.text(4)?.to_owned(),
            other_id: row.optional_text(5)?.map(str::to_owned),
            detail: row.text(6)?.to_owned(),
        })
    }
}
