//! The statements of the organisation's directory: objects, edges, applications, the change feed.

use jiff::Timestamp;

use crate::{Query, Row, Step, StoreError, Value};

/// One user or group, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRow {
    /// The object's id.
    pub id: String,
    /// `User` or `Group`.
    pub kind: String,
    /// The feed that owns it.
    pub feed: String,
    /// The name that people know it by.
    pub display_name: String,
    /// Its folded name.
    pub name_key: String,
    /// A user's folded sign-in name.
    pub principal_key: Option<String>,
    /// The folded mail address.
    pub mail_key: Option<String>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Its attributes, as JSON text.
    pub attributes: String,
    /// When it was put into the recycle bin.
    pub deleted: Option<Timestamp>,
    /// The number of its newest change.
    pub sequence: i64,
}

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

/// One application, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationRow {
    /// The application's id.
    pub id: String,
    /// The name that people know it by.
    pub display_name: String,
    /// The feed that made it.
    pub feed: String,
    /// The gallery template that it was added from.
    pub template_id: Option<String>,
}

/// One app role, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRow {
    /// The role's id.
    pub id: String,
    /// The value that is provisioned; empty for none.
    pub value: String,
    /// The name that administrators read.
    pub display_name: String,
    /// Whether it may be assigned.
    pub enabled: bool,
    /// The feed that owns it.
    pub feed: String,
}

/// One assignment that counts for an object: the role's id, and the group that it comes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveRow {
    /// The app role's id.
    pub role_id: String,
    /// The group's id and name; none for a direct assignment.
    pub through: Option<(String, String)>,
}

macro_rules! object_columns {
    () => {
        "id, kind, feed, display_name, name_key, principal_key, mail_key, enabled, attributes, deleted, sequence"
    };
}

macro_rules! select_object {
    ($rest:literal) => {
        concat!("SELECT ", object_columns!(), " FROM object WHERE organisation = $1 AND ", $rest)
    };
}

// The organisation and its counter.

/// Makes the organisation, unless it is there.
#[must_use]
pub fn add_organisation(organisation: &str, name: &str, now: Timestamp) -> Step {
    Step::Execute(
        "INSERT INTO organisation (id, name, created) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        vec![organisation.into(), name.into(), now.into()],
    )
}

/// The number of the newest change.
#[must_use]
pub fn sequence(organisation: &str) -> Query {
    ("SELECT sequence FROM organisation WHERE id = $1", vec![organisation.into()])
}

/// Raises the counter by `count`, if nobody has raised it since it was `seen`. The row stays locked
/// until commit, so that the order of numbers is the order of commits.
#[must_use]
pub fn advance(organisation: &str, seen: i64, count: i64) -> Step {
    Step::Expect(
        "UPDATE organisation SET sequence = sequence + $2 WHERE id = $1 AND sequence = $3",
        vec![organisation.into(), count.into(), seen.into()],
        1,
    )
}

/// Notes that a feed brought something.
#[must_use]
pub fn note_feed(organisation: &str, name: &str, kind: &str, now: Timestamp) -> Step {
    Step::Execute(
        "INSERT INTO feed (organisation, name, kind, imported, created) VALUES ($1, $2, $3, $4, $4) \
         ON CONFLICT (organisation, name) DO UPDATE SET kind = excluded.kind, imported = excluded.imported",
        vec![organisation.into(), name.into(), kind.into(), now.into()],
    )
}

// Objects.

/// One object, in the recycle bin or not.
#[must_use]
pub fn object(organisation: &str, id: &str) -> Query {
    (select_object!("id = $2"), vec![organisation.into(), id.into()])
}

/// The object with this sign-in name that is not in the recycle bin.
#[must_use]
pub fn object_by_principal(organisation: &str, key: &str) -> Query {
    (
        select_object!("principal_key = $2 AND deleted IS NULL"),
        vec![organisation.into(), key.into()],
    )
}

/// Objects of a kind with this name that are not in the recycle bin.
#[must_use]
pub fn objects_by_name(organisation: &str, kind: &str, key: &str, limit: i64) -> Query {
    (
        select_object!("kind = $2 AND name_key = $3 AND deleted IS NULL ORDER BY id LIMIT $4"),
        vec![organisation.into(), kind.into(), key.into(), limit.into()],
    )
}

/// Objects with this mail address that are not in the recycle bin.
#[must_use]
pub fn objects_by_mail(organisation: &str, key: &str, limit: i64) -> Query {
    (
        select_object!("mail_key = $2 AND deleted IS NULL ORDER BY mail_key LIMIT $3"),
        vec![organisation.into(), key.into(), limit.into()],
    )
}

/// Objects in the recycle bin that had this sign-in name or name.
#[must_use]
pub fn deleted_objects(organisation: &str, key: &str, limit: i64) -> Query {
    (
        select_object!(
            "kind IN ('User', 'Group') AND deleted IS NOT NULL AND (principal_key = $2 OR name_key = $2) \
             ORDER BY name_key, id LIMIT $3"
        ),
        vec![organisation.into(), key.into(), limit.into()],
    )
}

/// Objects that are not in the recycle bin, by id; `kind` empty for both.
#[must_use]
pub fn walk(organisation: &str, kind: &str, after: &str, limit: i64) -> Query {
    (
        select_object!(
            "id > $3 AND deleted IS NULL AND ($2 = '' OR kind = $2) ORDER BY id LIMIT $4"
        ),
        vec![organisation.into(), kind.into(), after.into(), limit.into()],
    )
}

/// Objects by name, from the place behind `after` (folded name and id) on. `pattern` is for LIKE,
/// over folded names, sign-in names and mail addresses.
#[must_use]
pub fn list(
    organisation: &str,
    kind: &str,
    deleted: bool,
    pattern: Option<&str>,
    after: (&str, &str),
    limit: i64,
) -> Query {
    let values =
        vec![organisation.into(), kind.into(), after.0.into(), after.1.into(), limit.into()];
    let Some(pattern) = pattern else {
        let sql = if deleted {
            select_object!(
                "kind = $2 AND deleted IS NOT NULL AND (name_key, id) > ($3, $4) ORDER BY name_key, id LIMIT $5"
            )
        } else {
            select_object!(
                "kind = $2 AND deleted IS NULL AND (name_key, id) > ($3, $4) ORDER BY name_key, id LIMIT $5"
            )
        };
        return (sql, values);
    };
    let sql = if deleted {
        select_object!(
            "kind = $2 AND deleted IS NOT NULL AND (name_key, id) > ($3, $4) AND (name_key LIKE $6 ESCAPE '\\' \
             OR principal_key LIKE $6 ESCAPE '\\' OR mail_key LIKE $6 ESCAPE '\\') ORDER BY name_key, id LIMIT $5"
        )
    } else {
        select_object!(
            "kind = $2 AND deleted IS NULL AND (name_key, id) > ($3, $4) AND (name_key LIKE $6 ESCAPE '\\' \
             OR principal_key LIKE $6 ESCAPE '\\' OR mail_key LIKE $6 ESCAPE '\\') ORDER BY name_key, id LIMIT $5"
        )
    };
    (sql, [values, vec![pattern.into()]].concat())
}

/// How many objects of a kind there are, in the recycle bin or outside it.
#[must_use]
pub fn count(organisation: &str, kind: &str, deleted: bool) -> Query {
    let sql = if deleted {
        "SELECT count(*) FROM object WHERE organisation = $1 AND kind = $2 AND deleted IS NOT NULL"
    } else {
        "SELECT count(*) FROM object WHERE organisation = $1 AND kind = $2 AND deleted IS NULL"
    };
    (sql, vec![organisation.into(), kind.into()])
}

/// Objects of one feed that are not in the recycle bin, by id.
#[must_use]
pub fn objects_of_feed(
    organisation: &str,
    feed: &str,
    kind: &str,
    after: &str,
    limit: i64,
) -> Query {
    (
        select_object!(
            "feed = $2 AND kind = $3 AND id > $4 AND deleted IS NULL ORDER BY id LIMIT $5"
        ),
        vec![organisation.into(), feed.into(), kind.into(), after.into(), limit.into()],
    )
}

/// Some object whose attributes, as JSON text, match a pattern for LIKE.
#[must_use]
pub fn object_with_attribute(organisation: &str, pattern: &str) -> Query {
    (
        select_object!("attributes LIKE $2 ESCAPE '\\' LIMIT 1"),
        vec![organisation.into(), pattern.into()],
    )
}

/// Writes objects, new or not.
#[must_use]
pub fn put_objects(organisation: &str, rows: Vec<ObjectRow>, now: Timestamp) -> Step {
    let values = rows.into_iter().map(|row| {
        vec![
            organisation.into(),
            row.id.into(),
            row.kind.into(),
            row.feed.into(),
            row.display_name.into(),
            row.name_key.into(),
            row.principal_key.into(),
            row.mail_key.into(),
            row.enabled.into(),
            row.attributes.into(),
            row.deleted.into(),
            row.sequence.into(),
            now.into(),
        ]
    });
    Step::Many(
        "INSERT INTO object (organisation, id, kind, feed, display_name, name_key, principal_key, mail_key, enabled, \
         attributes, deleted, sequence, created, updated) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) \
         ON CONFLICT (organisation, id) DO UPDATE SET kind = excluded.kind, feed = excluded.feed, \
         display_name = excluded.display_name, name_key = excluded.name_key, principal_key = excluded.principal_key, \
         mail_key = excluded.mail_key, enabled = excluded.enabled, attributes = excluded.attributes, \
         deleted = excluded.deleted, sequence = excluded.sequence, updated = excluded.updated",
        values.collect(),
    )
}

/// Frees the sign-in names of objects that get another one in the same transaction, so that two
/// objects can exchange theirs.
#[must_use]
pub fn release_principals(organisation: &str, ids: Vec<String>) -> Step {
    let values = ids.into_iter().map(|id| vec![organisation.into(), id.into()]);
    Step::Many(
        "UPDATE object SET principal_key = NULL WHERE organisation = $1 AND id = $2",
        values.collect(),
    )
}

/// Removes an object for good.
#[must_use]
pub fn remove_object(organisation: &str, id: &str) -> Step {
    Step::Expect(
        "DELETE FROM object WHERE organisation = $1 AND id = $2",
        vec![organisation.into(), id.into()],
        1,
    )
}

// Edges.

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

// The change feed.

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

// Applications and their roles.

/// All applications, by name.
#[must_use]
pub fn applications(organisation: &str) -> Query {
    (
        "SELECT id, display_name, feed, template_id FROM application WHERE organisation = $1 ORDER BY name_key, id",
        vec![organisation.into()],
    )
}

/// The applications with this id or folded name, the id first.
#[must_use]
pub fn application(organisation: &str, id: &str, name_key: &str) -> [Query; 2] {
    [
        (
            "SELECT id, display_name, feed, template_id FROM application WHERE organisation = $1 AND id = $2",
            vec![organisation.into(), id.into()],
        ),
        (
            "SELECT id, display_name, feed, template_id FROM application \
             WHERE organisation = $1 AND name_key = $2 ORDER BY created, id",
            vec![organisation.into(), name_key.into()],
        ),
    ]
}

/// Writes an application, new or not.
#[must_use]
pub fn put_application(
    organisation: &str,
    row: &ApplicationRow,
    name_key: &str,
    now: Timestamp,
) -> Step {
    let ApplicationRow { id, display_name, feed, template_id } = row;
    Step::Execute(
        "INSERT INTO application (organisation, id, display_name, name_key, feed, template_id, created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (organisation, id) DO UPDATE SET \
         display_name = excluded.display_name, name_key = excluded.name_key, template_id = excluded.template_id",
        vec![
            organisation.into(),
            id.into(),
            display_name.into(),
            name_key.into(),
            feed.into(),
            template_id.as_ref().into(),
            now.into(),
        ],
    )
}

/// The roles of an application, by value.
#[must_use]
pub fn roles(organisation: &str, application: &str) -> Query {
    (
        "SELECT id, value, display_name, enabled, feed FROM app_role \
         WHERE organisation = $1 AND application_id = $2 ORDER BY display_name, id",
        vec![organisation.into(), application.into()],
    )
}

/// Writes roles, new or not.
#[must_use]
pub fn put_roles(organisation: &str, application: &str, rows: &[RoleRow]) -> Step {
    let values = rows.iter().map(|row| {
        let RoleRow { id, value, display_name, enabled, feed } = row;
        let value = Some(value).filter(|value| !value.is_empty());
        vec![
            organisation.into(),
            application.into(),
            id.into(),
            value.into(),
            display_name.into(),
            (*enabled).into(),
            feed.into(),
        ]
    });
    Step::Many(
        "INSERT INTO app_role (organisation, application_id, id, value, display_name, enabled, feed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (organisation, application_id, id) DO UPDATE SET \
         value = excluded.value, display_name = excluded.display_name, enabled = excluded.enabled",
        values.collect(),
    )
}

/// Removes roles.
#[must_use]
pub fn remove_roles(organisation: &str, application: &str, ids: Vec<String>) -> Step {
    let values = ids.into_iter().map(|id| vec![organisation.into(), application.into(), id.into()]);
    Step::Many(
        "DELETE FROM app_role WHERE organisation = $1 AND application_id = $2 AND id = $3",
        values.collect(),
    )
}

// In the next two, CROSS JOIN keeps SQLite from going through all assignments of the application,
// or all memberships, for each object: an object is in few groups. PostgreSQL orders joins itself.

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

// Readers.

impl ObjectRow {
    /// Reads the row of a statement that returns objects.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?.to_owned(),
            kind: row.text(1)?.to_owned(),
            feed: row.text(2)?.to_owned(),
            display_name: row.text(3)?.to_owned(),
            name_key: row.text(4)?.to_owned(),
            principal_key: row.optional_text(5)?.map(str::to_owned),
            mail_key: row.optional_text(6)?.map(str::to_owned),
            enabled: row.boolean(7)?,
            attributes: row.text(8)?.to_owned(),
            deleted: row.optional_timestamp(9)?,
            sequence: row.integer(10)?,
        })
    }
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

impl ApplicationRow {
    /// Reads the row of a statement that returns applications.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?.to_owned(),
            display_name: row.text(1)?.to_owned(),
            feed: row.text(2)?.to_owned(),
            template_id: row.optional_text(3)?.map(str::to_owned),
        })
    }
}

impl RoleRow {
    /// Reads a row of [`roles`].
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?.to_owned(),
            value: row.optional_text(1)?.unwrap_or_default().to_owned(),
            display_name: row.text(2)?.to_owned(),
            enabled: row.boolean(3)?,
            feed: row.text(4)?.to_owned(),
        })
    }
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
