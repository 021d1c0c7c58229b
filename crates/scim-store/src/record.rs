//! One resource as the store keeps it, and as it gives it.

use jiff::Timestamp;
use scim::{Projection, Resource, ScimError};
use serde_json::Value as Json;
use store::{Row, StoreError};

use crate::ScimStore;
use crate::error::refusal;
use crate::kind::{GROUPS, Kind, MEMBERS};

/// What a [`Record`] is read from, for a `resource r`.
macro_rules! columns {
    () => {
        "r.number, r.id, r.version, r.created, r.modified, r.data, \
         EXISTS (SELECT 1 FROM membership WHERE child = r.number)"
    };
}
pub(crate) use columns;

const BY_ID: &str =
    concat!("SELECT ", columns!(), " FROM resource r WHERE r.id = $1 AND r.kind = $2");

/// A resource with what stands in columns of their own.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) number: i64,
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    pub(crate) data: Resource,
    /// Whether it is a member of anything.
    pub(crate) is_member: bool,
}

impl Record {
    /// Reads a row with the [`columns`].
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            number: row.integer(0)?,
            id: row.text(1)?.to_owned(),
            version: row.integer(2)?,
            created: row.timestamp(3)?,
            modified: row.timestamp(4)?,
            data: row.json(5)?,
            is_member: row.boolean(6)?,
        })
    }

    /// The resource without its members and groups.
    pub(crate) fn resource(&self) -> Resource {
        self.clone().into_resource()
    }

    /// Like [`Record::resource`], without a copy of the data.
    pub(crate) fn into_resource(self) -> Resource {
        let mut resource = self.data;
        resource.shift_insert(0, "id".to_owned(), self.id.into());
        let mut meta = Resource::with_capacity(3);
        meta.insert("created".to_owned(), self.created.to_string().into());
        meta.insert("lastModified".to_owned(), self.modified.to_string().into());
        meta.insert("version".to_owned(), self.version.to_string().into());
        resource.insert("meta".to_owned(), meta.into());
        resource
    }

    /// The name that others show for the resource: in a group's members, for example.
    pub(crate) fn display(data: &Resource) -> Option<&str> {
        let text = |name: &str| data.get(name).and_then(Json::as_str);
        let formatted = || data.get("name")?.as_object()?.get("formatted")?.as_str();
        text("displayName")
            .or_else(formatted)
            .or_else(|| text("userName"))
            .filter(|text| !text.is_empty())
    }
}

impl ScimStore {
    /// Reads one resource.
    pub(crate) async fn record(&self, kind: &Kind, id: &str) -> Result<Record, ScimError> {
        let rows = self.db.lookup(BY_ID, [id.into(), kind.number.into()]).await;
        let rows = rows.map_err(|error| refusal(&error))?;
        let row = rows.first().ok_or_else(|| ScimError::not_found(&kind.name, id))?;
        Record::read(row).map_err(|error| refusal(&error))
    }

    /// The resource as it is shown, with its members and groups if they are.
    pub(crate) async fn shown(
        &self,
        kind: &Kind,
        record: Record,
        wanted: &Projection,
    ) -> Result<Resource, ScimError> {
        let mut lists = Vec::new();
        if kind.has_members() && kind.wants(wanted, MEMBERS) {
            lists.push((MEMBERS, self.members(record.number).await?));
        }
        if kind.shows_groups && record.is_member && kind.wants(wanted, GROUPS) {
            lists.push((GROUPS, self.groups(record.number).await?));
        }
        let mut resource = record.into_resource();
        for (name, list) in lists {
            if list.as_array().is_some_and(|list| !list.is_empty()) {
                // Before "meta", which comes last.
                resource.shift_insert(resource.len() - 1, name.to_owned(), list);
            }
        }
        Ok(resource)
    }
}
