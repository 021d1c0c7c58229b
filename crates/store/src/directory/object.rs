//! The statements of users and groups.

use jiff::Timestamp;

use crate::{Query, Row, Step, StoreError};

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
