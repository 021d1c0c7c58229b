//! The statements of edges: members, managers, assignments.

use crate::{Query, Row, Step, StoreError, Value};

/// One edge, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeRow {
    /// `member`, `manager` or `assignment`.
    pub kind: String,
    /// Group, user or application.
    pub from_id: String,
    /// Member, manager or principal.
    pub to_id: String,
    /// Of an assignment: the app role's id; else empty.
    pub label: String,
    /// The feed that owns it.
    pub feed: String,
}

/// Edges of one kind that begin at `from`.
#[must_use]
pub fn edges_from(organisation: &str, kind: &str, from: &str) -> Query {
    (
        "SELECT kind, from_id, to_id, label, feed FROM edge \
         WHERE organisation = $1 AND kind = $2 AND from_id = $3 ORDER BY to_id, label",
        vec![organisation.into(), kind.into(), from.into()],
    )
}

/// A page of the edges of one kind that begin at `from`, behind the end and label `after`.
#[must_use]
pub fn edges_from_page(
    organisation: &str,
    kind: &str,
    from: &str,
    after: (&str, &str),
    limit: i64,
) -> Query {
    (
        "SELECT kind, from_id, to_id, label, feed FROM edge \
         WHERE organisation = $1 AND kind = $2 AND from_id = $3 AND (to_id, label) > ($4, $5) \
         ORDER BY to_id, label LIMIT $6",
        vec![
            organisation.into(),
            kind.into(),
            from.into(),
            after.0.into(),
            after.1.into(),
            limit.into(),
        ],
    )
}

/// A page of the ids at which edges of one kind that end at `to` begin.
#[must_use]
pub fn beginnings(organisation: &str, kind: &str, to: &str, after: &str, limit: i64) -> Query {
    (
        "SELECT from_id FROM edge WHERE organisation = $1 AND kind = $2 AND to_id = $3 AND from_id > $4 \
         ORDER BY from_id LIMIT $5",
        vec![organisation.into(), kind.into(), to.into(), after.into(), limit.into()],
    )
}

/// One edge.
#[must_use]
pub fn edge(organisation: &str, kind: &str, from: &str, to: &str, label: &str) -> Query {
    (
        "SELECT kind, from_id, to_id, label, feed FROM edge \
         WHERE organisation = $1 AND kind = $2 AND from_id = $3 AND to_id = $4 AND label = $5",
        vec![organisation.into(), kind.into(), from.into(), to.into(), label.into()],
    )
}

/// The edges of one kind between two ends, whatever their labels.
#[must_use]
pub fn edges_between(organisation: &str, kind: &str, from: &str, to: &str) -> Query {
    (
        "SELECT kind, from_id, to_id, label, feed FROM edge \
         WHERE organisation = $1 AND kind = $2 AND from_id = $3 AND to_id = $4 ORDER BY label",
        vec![organisation.into(), kind.into(), from.into(), to.into()],
    )
}

/// All edges that begin or end at an object.
#[must_use]
pub fn edges_of(organisation: &str, id: &str) -> [Query; 2] {
    [
        (
            "SELECT kind, from_id, to_id, label, feed FROM edge \
             WHERE organisation = $1 AND kind IN ('member', 'manager', 'assignment') AND from_id = $2 \
             ORDER BY kind, from_id, to_id, label",
            vec![organisation.into(), id.into()],
        ),
        (
            "SELECT kind, from_id, to_id, label, feed FROM edge \
             WHERE organisation = $1 AND kind IN ('member', 'manager', 'assignment') AND to_id = $2 AND from_id <> $2 \
             ORDER BY kind, from_id, to_id, label",
            vec![organisation.into(), id.into()],
        ),
    ]
}

/// Adds edges, each with the number of its change.
#[must_use]
pub fn add_edges(organisation: &str, rows: Vec<(EdgeRow, i64)>) -> Step {
    let values = rows.into_iter().map(|(row, sequence)| {
        let mut values = edge_key(organisation, &row);
        values.extend([row.feed.into(), sequence.into()]);
        values
    });
    Step::Many(
        "INSERT INTO edge (organisation, kind, from_id, to_id, label, feed, sequence) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        values.collect(),
    )
}

/// Removes edges.
#[must_use]
pub fn remove_edges(organisation: &str, rows: &[EdgeRow]) -> Step {
    Step::Many(
        "DELETE FROM edge WHERE organisation = $1 AND kind = $2 AND from_id = $3 AND to_id = $4 AND label = $5",
        rows.iter().map(|row| edge_key(organisation, row)).collect(),
    )
}

fn edge_key(organisation: &str, row: &EdgeRow) -> Vec<Value> {
    let EdgeRow { kind, from_id, to_id, label, .. } = row;
    vec![organisation.into(), kind.into(), from_id.into(), to_id.into(), label.into()]
}

impl EdgeRow {
    /// Reads the row of a statement that returns edges.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            kind: row.text(0)?.to_owned(),
            from_id: row.text(1)?.to_owned(),
            to_id: row.text(2)?.to_owned(),
            label: row.text(3)?.to_owned(),
            feed: row.text(4)?.to_owned(),
        })
    }
}
