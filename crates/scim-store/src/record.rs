//! One resource as the store keeps it, and as it gives it.

use jiff::Timestamp;
use scim::{Projection, Resource, ScimError};
use scim_server::{Reference, Stored, StoredText};
use serde_json::Value as Json;
use store::{Row, StoreError, Value};

use crate::ScimStore;
use crate::error::refusal;
use crate::kind::{GROUPS, Kind, MEMBERS};
use crate::membership;

/// What a [`Record`] is read from, for a `resource r`, to be looked at or changed.
macro_rules! columns {
    () => {
        "r.number, r.id, r.version, r.created, r.modified, r.data, \
         EXISTS (SELECT 1 FROM membership WHERE child = r.number)"
    };
}
pub(crate) use columns;

/// The same with the groups that name it, to be shown: number, id, name, and whether the
/// group is in another.
macro_rules! columns_with_groups {
    () => {
        "r.number, r.id, r.version, r.created, r.modified, r.data, \
         (SELECT json_group_array(json_array(g.number, g.id, g.display, \
             EXISTS (SELECT 1 FROM membership WHERE child = g.number))) \
          FROM membership m JOIN resource g ON g.number = m.parent WHERE m.child = r.number)"
    };
}

/// Resources whose groups are looked up before other work gets its turn.
const LOOKUP_COUNT: usize = 100;

const BY_ID: &str =
    concat!("SELECT ", columns!(), " FROM resource r WHERE r.id = $1 AND r.kind = $2");

const WITH_GROUPS_BY_ID: &str =
    concat!("SELECT ", columns_with_groups!(), " FROM resource r WHERE r.id = $1 AND r.kind = $2");

/// A resource with what stands in columns of their own. Its data is values, to be changed
/// or looked at, or the text that the file has.
#[derive(Debug, Clone)]
pub(crate) struct Record<Data = Resource> {
    pub(crate) number: i64,
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    pub(crate) data: Data,
    pub(crate) groups: Groups,
}

/// What is known of the groups that a resource is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Groups {
    /// It is in none.
    None,
    /// It is in some.
    Some,
    /// It is in these and no others.
    All(Vec<Reference>),
}

/// A resource as the file has it.
pub(crate) type Text = Record<String>;

/// Lists of references that a resource shows.
pub(crate) type Lists = Vec<(&'static str, Vec<Reference>)>;

impl Text {
    /// Reads a row with the [`columns`] or those with groups.
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            number: row.integer(0)?,
            id: row.text(1)?.to_owned(),
            version: row.integer(2)?,
            created: row.timestamp(3)?,
            modified: row.timestamp(4)?,
            data: row.text(5)?.to_owned(),
            groups: Groups::read(row)?,
        })
    }

    /// The record with its values.
    pub(crate) fn parsed(&self) -> Result<Record, StoreError> {
        let data = serde_json::from_str(&self.data).map_err(|error| {
            StoreError::Statement(format!(
                "the data of the resource {} is no JSON: {error}",
                self.id
            ))
        })?;
        Ok(Record {
            number: self.number,
            id: self.id.clone(),
            version: self.version,
            created: self.created,
            modified: self.modified,
            data,
            groups: self.groups.clone(),
        })
    }

    fn into_stored(self, references: Lists) -> Stored {
        Stored::Text(Box::new(StoredText {
            id: self.id,
            version: self.version.to_string(),
            created: self.created.to_string(),
            last_modified: self.modified.to_string(),
            attributes: self.data,
            references,
        }))
    }
}

impl Groups {
    fn read(row: &Row) -> Result<Self, StoreError> {
        match row.values().get(6) {
            Some(Value::Text(text)) if text == "[]" => Ok(Self::None),
            Some(Value::Text(_)) => Ok(membership::direct(row.integer(0)?, row.json(6)?)),
            _ => Ok(if row.boolean(6)? { Self::Some } else { Self::None }),
        }
    }
}

impl Record {
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
    /// Reads one resource, to be looked at or changed.
    pub(crate) fn record(&self, kind: &Kind, id: &str) -> Result<Record, ScimError> {
        let rows = self.db.lookup(BY_ID, [id.into(), kind.number.into()]);
        let rows = rows.map_err(|error| refusal(&error))?;
        let row = rows.first().ok_or_else(|| ScimError::not_found(&kind.name, id))?;
        Text::read(row).and_then(|text| text.parsed()).map_err(|error| refusal(&error))
    }

    /// Reads one resource to show it.
    pub(crate) async fn stored(
        &self,
        kind: &Kind,
        id: &str,
        wanted: &Projection,
    ) -> Result<Stored, ScimError> {
        let sql = if shows_groups(kind, wanted) { WITH_GROUPS_BY_ID } else { BY_ID };
        let rows = self.db.lookup(sql, [id.into(), kind.number.into()]);
        let rows = rows.map_err(|error| refusal(&error))?;
        let row = rows.first().ok_or_else(|| ScimError::not_found(&kind.name, id))?;
        let text = Text::read(row).map_err(|error| refusal(&error))?;
        self.joined(kind, text, wanted).await
    }

    /// Resources of one kind as they are shown.
    pub(crate) async fn all_stored(
        &self,
        kind: &Kind,
        records: Vec<Text>,
        wanted: &Projection,
    ) -> Result<Vec<Stored>, ScimError> {
        let mut stored = Vec::with_capacity(records.len());
        for text in records {
            stored.push(self.joined(kind, text, wanted).await?);
            if stored.len() % LOOKUP_COUNT == 0 {
                tokio::task::yield_now().await;
            }
        }
        Ok(stored)
    }

    async fn joined(
        &self,
        kind: &Kind,
        mut text: Text,
        wanted: &Projection,
    ) -> Result<Stored, ScimError> {
        let groups = std::mem::replace(&mut text.groups, Groups::Some);
        let lists = self.lists(kind, text.number, groups, wanted).await?;
        Ok(text.into_stored(lists))
    }

    /// The values of a resource as it is shown, with its members and groups if they are.
    pub(crate) async fn shown(
        &self,
        kind: &Kind,
        record: Record,
        wanted: &Projection,
    ) -> Result<Resource, ScimError> {
        let lists = self.lists(kind, record.number, record.groups.clone(), wanted).await?;
        let mut resource = record.into_resource();
        for (name, list) in lists {
            // Before "meta", which comes last.
            let list: Vec<Json> = list.into_iter().map(Json::from).collect();
            resource.shift_insert(resource.len() - 1, name.to_owned(), list.into());
        }
        Ok(resource)
    }

    /// The lists that a resource shows, none of them empty.
    async fn lists(
        &self,
        kind: &Kind,
        number: i64,
        groups: Groups,
        wanted: &Projection,
    ) -> Result<Lists, ScimError> {
        let mut lists = Lists::new();
        if kind.has_members() && kind.wants(wanted, MEMBERS) {
            lists.push((MEMBERS, self.members(number).await?));
        }
        if groups != Groups::None && shows_groups(kind, wanted) {
            let groups = match groups {
                Groups::All(groups) => groups,
                _ => self.groups(number)?,
            };
            lists.push((GROUPS, groups));
        }
        lists.retain(|(_, list)| !list.is_empty());
        Ok(lists)
    }
}

/// The columns for resources that are to be shown so.
pub(crate) fn shown_columns(kind: &Kind, wanted: &Projection) -> &'static str {
    if shows_groups(kind, wanted) { columns_with_groups!() } else { columns!() }
}

fn shows_groups(kind: &Kind, wanted: &Projection) -> bool {
    kind.shows_groups && kind.wants(wanted, GROUPS)
}
