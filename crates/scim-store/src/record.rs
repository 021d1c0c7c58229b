//! One resource as the store keeps it, and as it gives it.

use jiff::Timestamp;
use scim::{Projection, Resource, ScimError};
use scim_server::{Reference, Stored, StoredText};
use serde_json::Value as Json;
use store::{Lookups, Row, StoreError};

use crate::ScimStore;
use crate::error::refusal;
use crate::kind::{GROUPS, Kind, MEMBERS};
use crate::membership;

/// What a [`Record`] is read from, for a `resource r`.
macro_rules! columns {
    () => {
        "r.number, r.id, r.version, r.created, r.modified, r.data, \
         EXISTS (SELECT 1 FROM membership WHERE child = r.number)"
    };
}
pub(crate) use columns;

/// Resources whose groups are looked up before other work gets its turn.
const LOOKUP_COUNT: usize = 100;

const BY_ID: &str =
    concat!("SELECT ", columns!(), " FROM resource r WHERE r.id = $1 AND r.kind = $2");

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
    /// Whether it is a member of anything.
    pub(crate) is_member: bool,
}

/// A resource as the file has it.
pub(crate) type Text = Record<String>;

/// Lists of references that a resource shows.
pub(crate) type Lists = Vec<(&'static str, Vec<Reference>)>;

impl Text {
    /// Reads a row with the [`columns`].
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            number: row.integer(0)?,
            id: row.text(1)?.to_owned(),
            version: row.integer(2)?,
            created: row.timestamp(3)?,
            modified: row.timestamp(4)?,
            data: row.text(5)?.to_owned(),
            is_member: row.boolean(6)?,
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
            is_member: self.is_member,
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
        let found = self.db.lookups(|lookups| {
            let rows = lookups.query(BY_ID, &[id.into(), kind.number.into()])?;
            let Some(row) = rows.first() else { return Ok(None) };
            let text = Text::read(row)?;
            let groups = groups(lookups, kind, &text, wanted)?;
            Ok(Some((text, groups)))
        });
        let found = found.map_err(|error: StoreError| refusal(&error))?;
        let (text, groups) = found.ok_or_else(|| ScimError::not_found(&kind.name, id))?;
        let lists = self.lists(kind, text.number, groups, wanted).await?;
        Ok(text.into_stored(lists))
    }

    /// Resources of one kind as they are shown.
    pub(crate) async fn all_stored(
        &self,
        kind: &Kind,
        mut records: Vec<Text>,
        wanted: &Projection,
    ) -> Result<Vec<Stored>, ScimError> {
        let mut stored = Vec::with_capacity(records.len());
        while !records.is_empty() {
            let rest = records.split_off(records.len().min(LOOKUP_COUNT));
            let groups = self.db.lookups(|lookups| {
                records.iter().map(|text| groups(lookups, kind, text, wanted)).collect()
            });
            let groups: Vec<_> = groups.map_err(|error: StoreError| refusal(&error))?;
            for (text, groups) in records.into_iter().zip(groups) {
                let lists = self.lists(kind, text.number, groups, wanted).await?;
                stored.push(text.into_stored(lists));
            }
            records = rest;
            if !records.is_empty() {
                tokio::task::yield_now().await;
            }
        }
        Ok(stored)
    }

    /// The values of a resource as it is shown, with its members and groups if they are.
    pub(crate) async fn shown(
        &self,
        kind: &Kind,
        record: Record,
        wanted: &Projection,
    ) -> Result<Resource, ScimError> {
        let groups = self.db.lookups(|lookups| groups(lookups, kind, &record, wanted));
        let groups = groups.map_err(|error| refusal(&error))?;
        let lists = self.lists(kind, record.number, groups, wanted).await?;
        let mut resource = record.into_resource();
        for (name, list) in lists {
            // Before "meta", which comes last.
            let list: Vec<Json> = list.into_iter().map(Json::from).collect();
            resource.shift_insert(resource.len() - 1, name.to_owned(), list.into());
        }
        Ok(resource)
    }

    /// The lists of a resource that has these groups, none of them empty.
    async fn lists(
        &self,
        kind: &Kind,
        number: i64,
        groups: Vec<Reference>,
        wanted: &Projection,
    ) -> Result<Lists, ScimError> {
        let mut lists = Lists::new();
        if kind.has_members() && kind.wants(wanted, MEMBERS) {
            lists.push((MEMBERS, self.members(number).await?));
        }
        lists.push((GROUPS, groups));
        lists.retain(|(_, list)| !list.is_empty());
        Ok(lists)
    }
}

/// The groups that a resource shows.
fn groups<Data>(
    lookups: &mut Lookups<'_>,
    kind: &Kind,
    record: &Record<Data>,
    wanted: &Projection,
) -> Result<Vec<Reference>, StoreError> {
    if !kind.shows_groups || !record.is_member || !kind.wants(wanted, GROUPS) {
        return Ok(Vec::new());
    }
    membership::groups(lookups, record.number)
}
