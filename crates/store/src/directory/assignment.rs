//! The statements that say who is assigned, directly or through a group.
//!
//! `CROSS JOIN` keeps `SQLite` from going through all assignments of the application, or all
//! memberships, for each object: an object is in few groups. `PostgreSQL` orders joins itself.

use crate::{Query, Row, StoreError};

/// One assignment that counts for an object: the role's id, and the group that it comes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveRow {
    /// The app role's id.
    pub role_id: String,
    /// The group's id and name; none for a direct assignment.
    pub through: Option<(String, String)>,
}

/// Ids of the objects, outside the recycle bin, that an application is assigned to: directly, or
/// as users who are immediate members of an assigned group.
#[must_use]
pub fn assigned(organisation: &str, application: &str, after: &str, limit: i64) -> Query {
    (
        "SELECT o.id FROM object o WHERE o.organisation = $1 AND o.id > $3 AND o.deleted IS NULL AND (\
         EXISTS (SELECT 1 FROM edge a WHERE a.organisation = $1 AND a.kind = 'assignment' AND a.from_id = $2 \
         AND a.to_id = o.id) \
         OR (o.kind = 'User' AND EXISTS (SELECT 1 FROM edge m CROSS JOIN edge a CROSS JOIN object g \
         WHERE m.organisation = $1 AND m.kind = 'member' AND m.to_id = o.id \
         AND a.organisation = $1 AND a.kind = 'assignment' AND a.from_id = $2 AND a.to_id = m.from_id \
         AND g.organisation = $1 AND g.id = m.from_id AND g.deleted IS NULL))) \
         ORDER BY o.id LIMIT $4",
        vec![organisation.into(), application.into(), after.into(), limit.into()],
    )
}

/// The assignments of an application that count for one object.
#[must_use]
pub fn assignments_of(organisation: &str, application: &str, id: &str) -> Query {
    (
        "SELECT a.label, NULL AS group_id, NULL AS group_name FROM edge a \
         WHERE a.organisation = $1 AND a.kind = 'assignment' AND a.from_id = $2 AND a.to_id = $3 \
         UNION ALL \
         SELECT a.label, g.id, g.display_name \
         FROM object u CROSS JOIN edge m CROSS JOIN edge a CROSS JOIN object g \
         WHERE u.organisation = $1 AND u.id = $3 AND u.kind = 'User' \
         AND m.organisation = $1 AND m.kind = 'member' AND m.to_id = $3 \
         AND a.organisation = $1 AND a.kind = 'assignment' AND a.from_id = $2 AND a.to_id = m.from_id \
         AND g.organisation = $1 AND g.id = m.from_id AND g.deleted IS NULL",
        vec![organisation.into(), application.into(), id.into()],
    )
}

impl EffectiveRow {
    /// Reads a row of [`assignments_of`].
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        let through = match (row.optional_text(1)?, row.optional_text(2)?) {
            (Some(id), Some(name)) => Some((id.to_owned(), name.to_owned())),
            _ => None,
        };
        Ok(Self { role_id: row.text(0)?.to_owned(), through })
    }
}
