//! The statements of applications and their roles.

use jiff::Timestamp;

use crate::{Query, Row, Step, StoreError};

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
