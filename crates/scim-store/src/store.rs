//! The store: one data file, and what the server asks of it.

use std::collections::HashMap;
use std::path::Path as FilePath;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::request::Parts;
use scim::patch::PatchRequest;
use scim::{Projection, Resource, ScimError};
use scim_server::{Condition, Page, Query, ResourceKind, ResourceStore, Stored, Written};
use serde_json::Value as Json;
use store::{Db, Migration, StoreError, Tuning};

use crate::access::Access;
use crate::clock::Clock;
use crate::kind::{Kind, MEMBERS};
use crate::member_patch;
use crate::membership::{self, Change};
use crate::record::Record;
use crate::write::{ATTEMPT_COUNT_MAX, Outcome, Wanted, busy};

/// The file's name inside the data folder.
pub const FILE_NAME: &str = "scim.db";

const MIGRATIONS: &[Migration] = &[Migration { version: 1, sql: include_str!("tables.sql") }];

/// Caches for a service with much traffic. What readers need is in the system's own cache,
/// and in theirs what is in the log.
const TUNING: Tuning = Tuning {
    writer_cache_kib: 32 << 10,
    lookup_cache_kib: 4 << 10,
    log_pages: 4_000,
    mapped_bytes: 1 << 40,
};

/// A durable store of SCIM resources in one file.
#[derive(Debug)]
pub struct ScimStore {
    pub(crate) db: Db,
    pub(crate) kinds: Vec<Kind>,
    /// The name of each kind that the file has, by its number.
    pub(crate) names: HashMap<i64, String>,
    pub(crate) next_number: AtomicI64,
    pub(crate) clock: Clock,
    pub(crate) access: Access,
    pub(crate) checks_members: bool,
}

impl ScimStore {
    /// Opens the file in the folder, makes both if need be, and brings its indexes to what
    /// the schemas of the kinds say.
    ///
    /// # Errors
    /// [`StoreError::File`], whose sentence says what is wrong with the file.
    pub async fn open(
        folder: &FilePath,
        kinds: &[ResourceKind],
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let db = Db::open_with(folder.join(FILE_NAME), MIGRATIONS, TUNING).await?;
        let mut store = Self {
            db,
            kinds: kinds.iter().map(Kind::new).collect(),
            names: HashMap::new(),
            next_number: AtomicI64::new(1),
            clock,
            access: Access::nobody(),
            checks_members: false,
        };
        store.prepare().await?;
        store.read_next_number()?;
        Ok(store)
    }

    /// The store, for those who are let in.
    #[must_use]
    pub fn with_access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// The store, refusing members that do not exist. Without it they are kept as they are
    /// named.
    #[must_use]
    pub fn with_checked_members(self) -> Self {
        Self { checks_members: true, ..self }
    }

    /// Keeps many new resources of the kind with this name in one transaction, and gives
    /// their ids: to fill a store fast. Lists of members are left out.
    ///
    /// # Errors
    /// A value that is taken or does not fit; then none of them is kept.
    pub async fn load(
        &self,
        kind: &str,
        resources: Vec<Resource>,
    ) -> Result<Vec<String>, ScimError> {
        let kind = self.kind(kind)?;
        let records = self.insert_many(kind, resources).await?;
        Ok(records.into_iter().map(|record| record.id).collect())
    }

    pub(crate) fn read_next_number(&self) -> Result<(), StoreError> {
        let greatest = "SELECT coalesce(max(number), 0) + 1 FROM resource";
        let rows = self.db.lookup(greatest, [])?;
        let next = rows.first().map_or(Ok(1), |row| row.integer(0))?;
        self.next_number.fetch_max(next, Ordering::Relaxed);
        Ok(())
    }

    /// The name of a kind in the file.
    pub(crate) fn name_of(&self, number: i64) -> &str {
        self.names.get(&number).map_or("", String::as_str)
    }

    fn kind(&self, name: &str) -> Result<&Kind, ScimError> {
        let kind = self.kinds.iter().find(|kind| kind.name == name);
        kind.ok_or_else(|| ScimError::new(404, format!("there are no resources \"{name}\" here")))
    }

    /// Reads, changes and writes until no other change comes in between.
    async fn modify<'s, F, C>(
        &'s self,
        kind: &'s Kind,
        id: &str,
        condition: Option<&Condition>,
        change: F,
    ) -> Result<Record, ScimError>
    where
        F: Fn(Record) -> C,
        C: Future<Output = Result<Wanted, ScimError>>,
    {
        for _ in 0..ATTEMPT_COUNT_MAX {
            let record = self.record(kind, id)?;
            if let Some(condition) = condition {
                condition.check(&record.version.to_string())?;
            }
            let mut wanted = change(record.clone()).await?;
            wanted.is_of_version |= condition.is_some();
            if let Outcome::Done(record) = self.update(kind, record, wanted).await? {
                return Ok(record);
            }
        }
        Err(busy(kind, id))
    }

    /// What a PATCH makes of a resource. Only a request that needs the members as they are
    /// reads them.
    async fn patched(
        &self,
        kind: &Kind,
        resource_kind: &ResourceKind,
        record: Record,
        request: &PatchRequest,
    ) -> Result<Wanted, ScimError> {
        let parts = if kind.has_members() { member_patch::split(request) } else { None };
        let patched = |resource: Resource, request: &PatchRequest| {
            let patched = resource_kind.patched(&resource, request)?;
            Ok::<_, ScimError>(patched.unwrap_or(resource))
        };
        if let Some(parts) = parts {
            let mut resource = record.resource();
            if !parts.rest.operations.is_empty() {
                resource = patched(resource, &parts.rest)?;
            }
            let sets = parts.members.iter().any(|change| matches!(change, Change::Set(_)));
            let data = kind.data(resource);
            return Ok(Wanted { data, members: parts.members, is_of_version: sets });
        }
        let mut resource = record.resource();
        if kind.has_members() {
            let members = self.members(record.number).await?;
            let members: Vec<Json> = members.into_iter().map(Json::from).collect();
            resource.insert(MEMBERS.to_owned(), members.into());
        }
        as_given(kind, patched(resource, request)?)
    }
}

impl ResourceStore for ScimStore {
    type Caller = ();

    fn caller(&self, request: &Parts) -> Result<(), ScimError> {
        self.access.check(&request.headers)
    }

    async fn create(
        &self,
        (): &(),
        kind: &ResourceKind,
        resource: Resource,
    ) -> Result<Resource, ScimError> {
        let kind = self.kind(kind.name())?;
        let record = self.insert(kind, resource).await?;
        self.shown(kind, record, &Projection::default()).await
    }

    async fn read(
        &self,
        (): &(),
        kind: &ResourceKind,
        id: &str,
        wanted: &Projection,
    ) -> Result<Resource, ScimError> {
        self.stored(self.kind(kind.name())?, id, wanted).await?.into_values()
    }

    async fn show(
        &self,
        (): &(),
        kind: &ResourceKind,
        id: &str,
        wanted: &Projection,
    ) -> Result<Stored, ScimError> {
        self.stored(self.kind(kind.name())?, id, wanted).await
    }

    async fn list(&self, (): &(), kind: &ResourceKind, query: &Query) -> Result<Page, ScimError> {
        self.page(self.kind(kind.name())?, query).await?.into_values()
    }

    async fn show_list(
        &self,
        (): &(),
        kind: &ResourceKind,
        query: &Query,
    ) -> Result<Page<Stored>, ScimError> {
        self.page(self.kind(kind.name())?, query).await
    }

    async fn replace_if(
        &self,
        (): &(),
        kind: &ResourceKind,
        id: &str,
        resource: Resource,
        version: &str,
    ) -> Result<Written, ScimError> {
        let kind = self.kind(kind.name())?;
        let record = self.record(kind, id)?;
        if record.version.to_string() != version {
            return Ok(Written::OtherVersion);
        }
        let wanted = as_given(kind, resource)?;
        match self.update(kind, record, wanted).await? {
            Outcome::Done(record) => {
                Ok(Written::Done(self.shown(kind, record, &Projection::default()).await?))
            }
            Outcome::OtherVersion => Ok(Written::OtherVersion),
        }
    }

    async fn delete(
        &self,
        (): &(),
        kind: &ResourceKind,
        id: &str,
        version: Option<&str>,
    ) -> Result<bool, ScimError> {
        let kind = self.kind(kind.name())?;
        for _ in 0..ATTEMPT_COUNT_MAX {
            let record = self.record(kind, id)?;
            if version.is_some_and(|version| version != record.version.to_string()) {
                return Ok(false);
            }
            if self.remove(kind, &record).await? {
                return Ok(true);
            }
        }
        Err(busy(kind, id))
    }

    async fn patch(
        &self,
        (): &(),
        resource_kind: &ResourceKind,
        id: &str,
        request: &PatchRequest,
        condition: Option<&Condition>,
        wanted: &Projection,
    ) -> Result<Resource, ScimError> {
        let kind = self.kind(resource_kind.name())?;
        let change = |record| self.patched(kind, resource_kind, record, request);
        let record = self.modify(kind, id, condition, change).await?;
        self.shown(kind, record, wanted).await
    }

    async fn patch_unshown(
        &self,
        (): &(),
        resource_kind: &ResourceKind,
        id: &str,
        request: &PatchRequest,
        condition: Option<&Condition>,
    ) -> Result<Option<String>, ScimError> {
        let kind = self.kind(resource_kind.name())?;
        if !kind.has_members() {
            return Ok(None);
        }
        let record = self.record(kind, id)?;
        if !self.has_many_members(record.number)? {
            return Ok(None);
        }
        let change = |record| self.patched(kind, resource_kind, record, request);
        let record = self.modify(kind, id, condition, change).await?;
        Ok(Some(record.version.to_string()))
    }

    async fn replace(
        &self,
        (): &(),
        kind: &ResourceKind,
        id: &str,
        given: &Resource,
        condition: Option<&Condition>,
        wanted: &Projection,
    ) -> Result<Resource, ScimError> {
        let resource_kind = kind;
        let kind = self.kind(resource_kind.name())?;
        let change = |record: Record| {
            let validated = resource_kind.replacement(&record.resource(), given);
            let replaced = validated.and_then(|validated| as_given(kind, validated.resource));
            std::future::ready(replaced)
        };
        let record = self.modify(kind, id, condition, change).await?;
        self.shown(kind, record, wanted).await
    }
}

/// A resource that names all its members.
fn as_given(kind: &Kind, resource: Resource) -> Result<Wanted, ScimError> {
    let members = if kind.has_members() {
        vec![Change::Set(membership::ids(&resource)?)]
    } else {
        Vec::new()
    };
    Ok(Wanted { data: kind.data(resource), members, is_of_version: true })
}
