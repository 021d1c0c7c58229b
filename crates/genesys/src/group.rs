//! Groups: how they are stored, found and shown.
//!
//! Members are rows of their own, so that one more member costs the same in a group
//! of ten and of a hundred thousand. Only an administrator creates groups: the vendor's
//! SCIM updates them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use scim::{Filter, Resource, ScimError, filter::Comparison, schema::urn};
use serde::Serialize;
use serde_json::{Value, json};
use store::{Row, Step, StoreError, key};
use uuid::Uuid;

use crate::{
    Organisation,
    external_id::mirror_authority,
    organisation::{AdministrationError, checked_name},
    refusal::Refusal,
    user::meta,
    user_filter::{is, set, text},
    users::whole,
};

/// Members that one query reads, so that a large group does not hold a reader for long.
const MEMBER_PAGE_SIZE: usize = 5_000;

/// A group, without its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The GUID.
    pub id: String,
    /// The name, unique in any case.
    pub display_name: String,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    /// The last change.
    pub modified: Timestamp,
    /// What each OAuth client calls the group, by authority.
    #[serde(skip)]
    pub mirrors: BTreeMap<String, String>,
}

/// A direct member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id of a user or a group.
    pub id: String,
    /// `User` or `Group`.
    pub kind: String,
}

/// What a list of groups is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupSearch {
    /// The id.
    pub id: Option<String>,
    /// The folded displayName.
    pub name_key: Option<String>,
    /// An authority, and how it calls the group.
    pub external_id: Option<(String, String)>,
}

/// A page of groups, and how many match in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPage {
    /// How many match.
    pub total: usize,
    /// Those of this page, in the order in which they were created.
    pub groups: Vec<Group>,
}

macro_rules! select {
    ($($rest:tt)*) => {
        concat!(
            "SELECT t.id, t.display_name, t.version, t.modified,
               (SELECT json_group_object(e.authority, e.value) FROM external_id e WHERE e.owner_id = t.id)
             FROM team t WHERE ",
            $($rest)*
        )
    };
}

macro_rules! conditions {
    () => {
        "($1 IS NULL OR t.id = $1) AND ($2 IS NULL OR t.name_key = $2)
         AND ($3 IS NULL OR t.id IN (SELECT owner_id FROM external_id WHERE authority = $3 AND value = $4))"
    };
}

impl Organisation {
    /// Makes an empty group.
    pub async fn create_group(&self, name: &str) -> Result<Group, AdministrationError> {
        let name = checked_name(name)?;
        let group = Group {
            id: Uuid::new_v4().to_string(),
            display_name: name.to_owned(),
            version: 1,
            modified: self.clock.now(),
            mirrors: BTreeMap::new(),
        };
        let insert = Step::Execute(
            "INSERT INTO team (id, display_name, name_key, version, modified) VALUES ($1, $2, $3, $4, $5)",
            vec![
                (&group.id).into(),
                name.into(),
                key::fold(name).into(),
                group.version.into(),
                group.modified.into(),
            ],
        );
        match self.db.transaction(vec![insert]).await {
            Ok(_) => Ok(group),
            Err(StoreError::Unique { .. }) => {
                Err(AdministrationError::Exists { kind: "group", name: name.to_owned() })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The groups that `search` means, from the one at `offset` (counted from 0), at most
    /// `limit` of them.
    pub async fn groups(
        &self,
        search: &GroupSearch,
        offset: usize,
        limit: usize,
    ) -> Result<GroupPage, StoreError> {
        let (authority, value) = search.external_id.clone().unzip();
        let conditions: Vec<store::Value> = vec![
            search.id.as_ref().into(),
            search.name_key.as_ref().into(),
            authority.into(),
            value.into(),
        ];
        let count = concat!("SELECT count(*) FROM team t WHERE ", conditions!());
        let page = select!(conditions!(), " ORDER BY t.number LIMIT $5 OFFSET $6");
        let values = [conditions.clone(), vec![whole(limit), whole(offset)]].concat();
        let mut answers =
            self.db.snapshot(vec![(count, conditions), (page, values)]).await?.into_iter();
        let (Some(count), Some(rows)) = (answers.next(), answers.next()) else {
            return Err(StoreError::Closed);
        };
        let total = count.first().map(|row| row.integer(0)).transpose()?.unwrap_or_default();
        let groups = rows.iter().map(Group::from_row).collect::<Result<_, _>>()?;
        Ok(GroupPage { total: usize::try_from(total).unwrap_or_default(), groups })
    }

    /// The group with this id.
    pub(crate) async fn group(&self, id: &str) -> Result<Group, Refusal> {
        let rows = self.db.query(select!("t.id = $1"), [id.into()]).await?;
        match rows.first() {
            Some(row) => Ok(Group::from_row(row)?),
            None => Err(ScimError::not_found("Group", id).into()),
        }
    }

    /// How many direct members the group with this id has.
    pub async fn member_count(&self, group_id: &str) -> Result<usize, StoreError> {
        let count = "SELECT count(*) FROM member WHERE team_id = $1";
        let rows = self.db.query(count, [group_id.into()]).await?;
        let count = rows.first().map(|row| row.integer(0)).transpose()?.unwrap_or_default();
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// All direct members, by id, read in pages.
    pub async fn members(&self, group_id: &str) -> Result<Vec<Member>, StoreError> {
        let page = "SELECT member_id, kind FROM member WHERE team_id = $1 AND member_id > $2
            ORDER BY member_id LIMIT $3";
        let mut members: Vec<Member> = Vec::new();
        loop {
            let after = members.last().map(|member| member.id.clone()).unwrap_or_default();
            let rows = self
                .db
                .query(page, [group_id.into(), after.into(), whole(MEMBER_PAGE_SIZE)])
                .await?;
            let is_last = rows.len() < MEMBER_PAGE_SIZE;
            for row in &rows {
                members.push(Member { id: row.text(0)?.to_owned(), kind: row.text(1)?.to_owned() });
            }
            if is_last {
                return Ok(members);
            }
        }
    }
}

impl Group {
    /// The resource as `client_id` sees it; without members if they are not wanted. The
    /// server adds `schemas`, locations and `$ref`.
    #[must_use]
    pub fn resource(&self, client_id: &str, members: Option<&[Member]>) -> Resource {
        let mut group = Resource::new();
        group.insert("id".into(), json!(self.id));
        group.insert("displayName".into(), json!(self.display_name));
        if let Some(external_id) = self.mirrors.get(&mirror_authority(client_id)) {
            group.insert("externalId".into(), json!(external_id));
        }
        if let Some(members) = members.filter(|members| !members.is_empty()) {
            let members =
                members.iter().map(|member| json!({"type": member.kind, "value": member.id}));
            group.insert("members".into(), members.collect::<Value>());
        }
        group.insert("meta".into(), meta(self.version, self.modified));
        group
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?.to_owned(),
            display_name: row.text(1)?.to_owned(),
            version: row.integer(2)?,
            modified: row.timestamp(3)?,
            mirrors: row.json(4)?,
        })
    }
}

impl GroupSearch {
    /// Reads the filter of a list: `eq` on `id`, `displayName` or `externalId`.
    ///
    /// # Errors
    /// `invalidFilter`, which says what is supported.
    pub fn new(filter: Option<&Filter>, client_id: &str) -> Result<Self, ScimError> {
        let mut search = Self::default();
        let parts = match filter {
            None => &[],
            Some(Filter::And(parts)) => parts.as_slice(),
            Some(single) => std::slice::from_ref(single),
        };
        for part in parts {
            let Filter::Compare { path, comparison: Comparison::Equal, value } = part else {
                return Err(unsupported(part));
            };
            let text = text(value).ok_or_else(|| unsupported(part))?;
            if is(path, urn::GROUP, "id") {
                set(&mut search.id, text, part)?;
            } else if is(path, urn::GROUP, "displayName") {
                set(&mut search.name_key, key::fold(&text), part)?;
            } else if is(path, urn::GROUP, "externalId") {
                set(&mut search.external_id, (mirror_authority(client_id), text), part)?;
            } else {
                return Err(unsupported(part));
            }
        }
        Ok(search)
    }
}

fn unsupported(part: &Filter) -> ScimError {
    ScimError::invalid_filter(format!(
        "the filter \"{part}\" is not supported: use eq on id, displayName or externalId, joined by and"
    ))
}
