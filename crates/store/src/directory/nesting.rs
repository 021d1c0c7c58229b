//! The statements that follow groups within groups, up and down. Each walk collects a set, so that a
//! cycle of groups ends where it began, and has a bound.
//!
//! `CROSS JOIN` fixes the order for `SQLite`, as for assignments: from the few to the many.

use crate::{Query, Row, StoreError};

/// Most groups that one walk collects.
pub const GROUPS_MAX: i64 = 10_000;

/// Most steps that a walk up from one object collects: memberships of it and of the groups above.
pub const STEPS_MAX: i64 = 20_000;

/// One membership above an object, with a role that its group is assigned with, if it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// The group's id.
    pub group_id: String,
    /// The group's name.
    pub group_name: String,
    /// The member, which is the object itself or another group.
    pub member_id: String,
    /// The app role's id of an assignment of the group.
    pub role_id: Option<String>,
}

/// Ids of the objects outside the recycle bin that an application is assigned to: directly, or as
/// users who are in an assigned group or in a group within it.
#[must_use]
pub fn assigned_nested(organisation: &str, application: &str, after: &str, limit: i64) -> Query {
    (
        "SELECT o.id FROM object o WHERE o.organisation = $1 AND o.id > $3 AND o.deleted IS NULL AND (\
         EXISTS (SELECT 1 FROM edge a WHERE a.organisation = $1 AND a.kind = 'assignment' AND a.from_id = $2 \
         AND a.to_id = o.id) \
         OR (o.kind = 'User' AND EXISTS (WITH RECURSIVE above (id) AS (\
         SELECT m.from_id FROM edge m CROSS JOIN object g WHERE m.organisation = $1 AND m.kind = 'member' \
         AND m.to_id = o.id AND g.organisation = $1 AND g.id = m.from_id AND g.deleted IS NULL \
         UNION SELECT m.from_id FROM above b CROSS JOIN edge m CROSS JOIN object g WHERE m.organisation = $1 \
         AND m.kind = 'member' AND m.to_id = b.id AND g.organisation = $1 AND g.id = m.from_id AND g.deleted IS NULL) \
         SELECT 1 FROM above b CROSS JOIN edge a WHERE a.organisation = $1 AND a.kind = 'assignment' \
         AND a.from_id = $2 AND a.to_id = b.id))) \
         ORDER BY o.id LIMIT $4",
        vec![organisation.into(), application.into(), after.into(), limit.into()],
    )
}

/// The memberships above one user, each with the roles that `application` gives its group.
#[must_use]
pub fn steps_above(organisation: &str, application: &str, id: &str) -> Query {
    (
        "WITH RECURSIVE above (id, member) AS (\
         SELECT m.from_id, m.to_id FROM object u CROSS JOIN edge m CROSS JOIN object g WHERE u.organisation = $1 \
         AND u.id = $3 AND u.kind = 'User' AND m.organisation = $1 AND m.kind = 'member' AND m.to_id = u.id \
         AND g.organisation = $1 AND g.id = m.from_id AND g.deleted IS NULL \
         UNION SELECT m.from_id, m.to_id FROM above b CROSS JOIN edge m CROSS JOIN object g WHERE m.organisation = $1 \
         AND m.kind = 'member' AND m.to_id = b.id AND g.organisation = $1 AND g.id = m.from_id AND g.deleted IS NULL) \
         SELECT g.id, g.display_name, b.member, a.label FROM above b CROSS JOIN object g \
         LEFT JOIN edge a ON a.organisation = $1 AND a.kind = 'assignment' AND a.from_id = $2 AND a.to_id = b.id \
         WHERE g.organisation = $1 AND g.id = b.id ORDER BY g.display_name, g.id, b.member, a.label LIMIT $4",
        vec![organisation.into(), application.into(), id.into(), STEPS_MAX.into()],
    )
}

/// Ids of a group and of all groups within it, outside the recycle bin.
#[must_use]
pub fn groups_within(organisation: &str, group: &str) -> Query {
    (
        "WITH RECURSIVE below (id) AS (\
         SELECT g.id FROM object g WHERE g.organisation = $1 AND g.id = $2 AND g.kind = 'Group' \
         UNION SELECT m.to_id FROM below b CROSS JOIN edge m CROSS JOIN object g WHERE m.organisation = $1 \
         AND m.kind = 'member' AND m.from_id = b.id AND g.organisation = $1 AND g.id = m.to_id \
         AND g.kind = 'Group' AND g.deleted IS NULL) \
         SELECT id FROM below LIMIT $3",
        vec![organisation.into(), group.into(), GROUPS_MAX.into()],
    )
}

/// Ids of all groups that an object is in, immediately or through others, outside the recycle bin.
#[must_use]
pub fn groups_above(organisation: &str, id: &str) -> Query {
    (
        "WITH RECURSIVE above (id) AS (\
         SELECT m.from_id FROM edge m CROSS JOIN object g WHERE m.organisation = $1 AND m.kind = 'member' \
         AND m.to_id = $2 AND g.organisation = $1 AND g.id = m.from_id AND g.deleted IS NULL \
         UNION SELECT m.from_id FROM above b CROSS JOIN edge m CROSS JOIN object g WHERE m.organisation = $1 \
         AND m.kind = 'member' AND m.to_id = b.id AND g.organisation = $1 AND g.id = m.from_id AND g.deleted IS NULL) \
         SELECT id FROM above LIMIT $3",
        vec![organisation.into(), id.into(), GROUPS_MAX.into()],
    )
}

impl StepRow {
    /// Reads a row of [`steps_above`].
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            group_id: row.text(0)?.to_owned(),
            group_name: row.text(1)?.to_owned(),
            member_id: row.text(2)?.to_owned(),
            role_id: row.optional_text(3)?.map(str::to_owned),
        })
    }
}
