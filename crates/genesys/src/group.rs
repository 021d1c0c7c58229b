//! Groups: how they are found and shown.
//!
//! Members are rows of their own, so that one more member costs the same in a group
//! of ten and of a hundred thousand.

use std::collections::BTreeMap;

use jiff::Timestamp;
use scim::Resource;
use serde::Serialize;
use serde_json::{Value, json};
use store::{Row, StoreError};

use crate::{Organisation, group_filter::GroupSearch, refusal::Refusal, user::meta, users::whole};

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
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `official` or `social`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Who may see it: `public`, `owners` or `members`.
    pub visibility: String,
    /// Whether its rules can be seen.
    pub rules_visible: bool,
    /// Whether a SCIM client made it.
    #[serde(skip)]
    pub made_by_scim: bool,
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
               (SELECT json_group_object(e.authority, e.value) FROM external_id e WHERE e.owner_id = t.id),
               t.description, t.type, t.visibility, t.rules_visible, t.made_by_scim
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
            None => Err(Refusal::Missing { kind: "Group", id: id.to_owned() }),
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
        let mut members: Vec<Member> = Vec::new();
        loop {
            let after = members.last().map(|member| member.id.clone()).unwrap_or_default();
            let page = self.members_after(group_id, &after, MEMBER_PAGE_SIZE).await?;
            let is_last = page.len() < MEMBER_PAGE_SIZE;
            members.extend(page);
            if is_last {
                return Ok(members);
            }
        }
    }

    /// At most `limit` direct members behind the one with the id `after`, by id.
    pub(crate) async fn members_after(
        &self,
        group_id: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Member>, StoreError> {
        let page = "SELECT member_id, kind FROM member WHERE team_id = $1 AND member_id > $2
            ORDER BY member_id LIMIT $3";
        let rows = self.db.query(page, [group_id.into(), after.into(), whole(limit)]).await?;
        let member =
            |row: &Row| Ok(Member { id: row.text(0)?.to_owned(), kind: row.text(1)?.to_owned() });
        rows.iter().map(member).collect()
    }
}

impl Group {
    /// The resource as a client sees it whose `externalId` has the authority `mirror`;
    /// without members if they are not wanted. The server adds `schemas`, locations and `$ref`.
    #[must_use]
    pub fn resource(&self, mirror: &str, members: Option<&[Member]>) -> Resource {
        let mut group = Resource::new();
        group.insert("id".into(), json!(self.id));
        group.insert("displayName".into(), json!(self.display_name));
        if let Some(external_id) = self.mirrors.get(mirror) {
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
            description: row.optional_text(5)?.map(str::to_owned),
            kind: row.text(6)?.to_owned(),
            visibility: row.text(7)?.to_owned(),
            rules_visible: row.boolean(8)?,
            made_by_scim: row.boolean(9)?,
        })
    }
}
