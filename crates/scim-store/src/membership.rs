//! Membership: who belongs to which group, as rows of their own.
//!
//! Adding or removing a member touches the rows of that member alone, however large the
//! group is. Groups may be members of groups, in circles too; a group is no member of itself.
//!
//! RFC 7643 does not ask that a member exists, and clients under test name members that do
//! not. Such a member is kept as a stranger: a resource of no kind, which only groups show.
//! A store that checks its members refuses it.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;

use scim::{Resource, ScimError, resource};
use scim_server::Reference;
use serde_json::Value as Json;
use store::{Step, StoreError, Value};

use crate::ScimStore;
use crate::error::refusal;
use crate::kind::{Kind, MEMBERS};
use crate::record::Groups;

/// The kind of members whose id no resource has.
pub(crate) const STRANGERS: i64 = 0;

/// The longest id of a member that no resource has.
const STRANGER_LENGTH_MAX: usize = 1_000;

/// The most members that the answer to a PATCH shows without being asked for them.
const SHOWN_COUNT_MAX: i64 = 1_000;

/// Members that are looked up before other work gets its turn.
const LOOKUP_COUNT: usize = 256;

/// What becomes of the members of a group. Members are ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Add(Vec<String>),
    Remove(Vec<String>),
    /// These and no others.
    Set(Vec<String>),
}

const MEMBERS_OF: &str = "SELECT c.id, c.kind FROM membership m JOIN resource c ON c.number = m.child WHERE m.parent = $1 ORDER BY m.position";

const GROUPS_OF: &str = "WITH RECURSIVE above (number) AS (
        SELECT parent FROM membership WHERE child = $1
        UNION SELECT m.parent FROM membership m JOIN above ON m.child = above.number)
    SELECT g.id, g.display,
        EXISTS (SELECT 1 FROM membership WHERE child = $1 AND parent = g.number) AS direct
    FROM above JOIN resource g ON g.number = above.number
    WHERE g.number <> $1 ORDER BY direct DESC, g.number";

/// How a resource belongs to a group that names it, and to one above.
const DIRECT: &str = "direct";
const INDIRECT: &str = "indirect";

const HAS_MORE: &str = "SELECT 1 FROM membership WHERE parent = $1 LIMIT 1 OFFSET $2";

const FIND: &str = "SELECT r.number, r.kind,
        EXISTS (SELECT 1 FROM membership WHERE parent = $2 AND child = r.number)
    FROM resource r WHERE r.id = $1";

const ADD: &str = "INSERT INTO membership (parent, position, child)
    SELECT $1, coalesce((SELECT max(position) FROM membership WHERE parent = $1), 0) + 1, $2
    WHERE true ON CONFLICT (child, parent) DO NOTHING";

const ADD_STRANGER: &str =
    "INSERT INTO resource (number, kind, id, version, created, modified, display, data)
    VALUES ($1, 0, $2, 1, 0, 0, NULL, '{}') ON CONFLICT (id) DO NOTHING";

const REMOVE: &str = "DELETE FROM membership WHERE child = $2 AND parent = $1";

/// A member that was asked for.
struct Found {
    number: i64,
    is_member: bool,
}

impl ScimStore {
    /// The members of a group, as its resource shows them: without a name, so that a client
    /// that compares finds what it sent.
    pub(crate) async fn members(&self, group: i64) -> Result<Vec<Reference>, ScimError> {
        let rows = self.db.query(MEMBERS_OF, [group.into()]).await.map_err(|e| refusal(&e))?;
        let member = |row: &store::Row| {
            let kind = Some(row.integer(1)?).filter(|kind| *kind != STRANGERS);
            Ok(Reference {
                value: row.text(0)?.to_owned(),
                display: None,
                kind: kind.map(|kind| self.name_of(kind).to_owned().into()),
            })
        };
        let members: Result<Vec<Reference>, StoreError> = rows.iter().map(member).collect();
        members.map_err(|error| refusal(&error))
    }

    /// The groups that a resource belongs to, itself or by groups within groups.
    pub(crate) fn groups(&self, member: i64) -> Result<Vec<Reference>, ScimError> {
        let rows = self.db.lookup(GROUPS_OF, [member.into()]).map_err(|error| refusal(&error))?;
        let group = |row: &store::Row| {
            let kind = if row.boolean(2)? { DIRECT } else { INDIRECT };
            Ok(Reference {
                value: row.text(0)?.to_owned(),
                display: row.optional_text(1)?.map(str::to_owned),
                kind: Some(kind.into()),
            })
        };
        let groups: Result<Vec<Reference>, StoreError> = rows.iter().map(group).collect();
        groups.map_err(|error| refusal(&error))
    }

    /// Whether a group has so many members that an answer does not show them unless asked.
    pub(crate) fn has_many_members(&self, group: i64) -> Result<bool, ScimError> {
        let rows = self.db.lookup(HAS_MORE, [group.into(), SHOWN_COUNT_MAX.into()]);
        Ok(!rows.map_err(|error| refusal(&error))?.is_empty())
    }

    /// The steps that change the members of the group, none if nothing changes. `group` is
    /// its number and its id.
    ///
    /// # Errors
    /// `invalidValue` for a member that does not exist or may not be one.
    pub(crate) async fn membership_steps(
        &self,
        kind: &Kind,
        group: (i64, &str),
        changes: &[Change],
    ) -> Result<Vec<Step>, ScimError> {
        let mut steps = Vec::new();
        // What earlier changes of the same request have decided is in no row yet.
        let mut decided = HashMap::new();
        for change in changes {
            let (added, removed) = match change {
                Change::Add(ids) => (self.find_members(kind, group, ids).await?, Vec::new()),
                Change::Remove(ids) => (Vec::new(), self.find_any(group.0, ids).await?),
                Change::Set(ids) => {
                    let wanted = self.find_members(kind, group, ids).await?;
                    let superfluous = self.others(group.0, &wanted, &decided).await?;
                    (wanted, superfluous)
                }
            };
            let is_member = |found: &Found| decided.get(&found.number).copied();
            let is_member = |found: &Found| is_member(found).unwrap_or(found.is_member);
            let removed: Vec<i64> = numbers(removed.iter().filter(|found| is_member(found)));
            let added: Vec<i64> = numbers(added.iter().filter(|found| !is_member(found)));
            decided.extend(removed.iter().map(|number| (*number, false)));
            decided.extend(added.iter().map(|number| (*number, true)));
            push(&mut steps, REMOVE, group.0, removed);
            push(&mut steps, ADD, group.0, added);
        }
        Ok(steps)
    }

    async fn find_members(
        &self,
        kind: &Kind,
        group: (i64, &str),
        ids: &[String],
    ) -> Result<Vec<Found>, ScimError> {
        let mut members = Vec::with_capacity(ids.len());
        let mut known = HashSet::new();
        for (place, id) in ids.iter().enumerate() {
            if place % LOOKUP_COUNT == LOOKUP_COUNT - 1 {
                tokio::task::yield_now().await;
            }
            if id.eq_ignore_ascii_case(group.1) {
                return Err(itself(id));
            }
            let (found, of_kind) = match self.find_member(group.0, id)? {
                Some(found) => found,
                None => self.add_stranger(group.0, id).await?,
            };
            self.check_kind(kind, of_kind, id)?;
            if known.insert(found.number) {
                members.push(found);
            }
        }
        Ok(members)
    }

    /// The resource with this id, and its kind. The schema says that case does not matter
    /// here (RFC 7643 §8.7.1), and ids that the store gives are in lower case.
    fn find_member(&self, group: i64, id: &str) -> Result<Option<(Found, i64)>, ScimError> {
        if let Some(found) = self.find_exact(group, id)? {
            return Ok(Some(found));
        }
        let lower = id.to_ascii_lowercase();
        if lower == id { Ok(None) } else { self.find_exact(group, &lower) }
    }

    fn find_exact(&self, group: i64, id: &str) -> Result<Option<(Found, i64)>, ScimError> {
        let rows = self.db.lookup(FIND, [id.into(), group.into()]);
        let rows = rows.map_err(|error| refusal(&error))?;
        let read = |row: &store::Row| {
            let found = Found { number: row.integer(0)?, is_member: row.boolean(2)? };
            Ok((found, row.integer(1)?))
        };
        rows.first().map(read).transpose().map_err(|error: StoreError| refusal(&error))
    }

    async fn add_stranger(&self, group: i64, id: &str) -> Result<(Found, i64), ScimError> {
        if self.checks_members {
            return Err(nobody(id));
        }
        if id.trim().is_empty() || id.len() > STRANGER_LENGTH_MAX {
            return Err(ScimError::invalid_value(format!(
                "the \"value\" of a member has {} bytes: give the id of a resource",
                id.len()
            )));
        }
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let step = Step::Execute(ADD_STRANGER, vec![number.into(), id.into()]);
        self.db.transaction(vec![step]).await.map_err(|error| refusal(&error))?;
        // Another request may have been faster, with another number.
        self.find_member(group, id)?.ok_or_else(|| nobody(id))
    }

    fn check_kind(&self, kind: &Kind, of_kind: i64, id: &str) -> Result<(), ScimError> {
        let name = self.name_of(of_kind);
        let admitted = kind.member_kinds.as_deref().unwrap_or_default();
        if of_kind == STRANGERS
            || admitted.is_empty()
            || admitted.iter().any(|known| known.eq_ignore_ascii_case(name))
        {
            return Ok(());
        }
        Err(ScimError::invalid_value(format!(
            "the {name} \"{id}\" cannot be a member of a {}: leave it out",
            kind.name
        )))
    }

    /// What is to be removed; who does not exist is no member.
    async fn find_any(&self, group: i64, ids: &[String]) -> Result<Vec<Found>, ScimError> {
        let mut members = Vec::with_capacity(ids.len());
        let mut known = HashSet::new();
        for (place, id) in ids.iter().enumerate() {
            if place % LOOKUP_COUNT == LOOKUP_COUNT - 1 {
                tokio::task::yield_now().await;
            }
            if let Some((found, _)) = self.find_member(group, id)?
                && known.insert(found.number)
            {
                members.push(found);
            }
        }
        Ok(members)
    }

    /// The members besides those that are wanted.
    async fn others(
        &self,
        group: i64,
        wanted: &[Found],
        decided: &HashMap<i64, bool>,
    ) -> Result<Vec<Found>, ScimError> {
        let all = "SELECT child FROM membership WHERE parent = $1";
        let rows = self.db.query(all, [group.into()]).await.map_err(|error| refusal(&error))?;
        let there: Result<HashSet<i64>, StoreError> =
            rows.iter().map(|row| row.integer(0)).collect();
        let mut there = there.map_err(|error| refusal(&error))?;
        there.extend(decided.iter().filter(|(_, is_member)| **is_member).map(|(number, _)| number));
        for found in wanted {
            there.remove(&found.number);
        }
        Ok(there.into_iter().map(|number| Found { number, is_member: true }).collect())
    }
}

/// The groups that name a member, as a row that was read to be shown tells them. If one of them is in another, they are not all.
pub(crate) fn direct(member: i64, mut groups: Vec<(i64, String, Option<String>, i64)>) -> Groups {
    if groups.iter().any(|(_, _, _, is_nested)| *is_nested != 0) {
        return Groups::Some;
    }
    groups.sort_unstable_by_key(|(number, ..)| *number);
    let group = |(_, value, display, _)| Reference { value, display, kind: Some(DIRECT.into()) };
    Groups::All(groups.into_iter().filter(|(number, ..)| *number != member).map(group).collect())
}

fn numbers<'f>(found: impl Iterator<Item = &'f Found>) -> Vec<i64> {
    found.map(|found| found.number).collect()
}

/// The ids of the members that a resource lists.
///
/// # Errors
/// `invalidValue` for a member without `value`.
pub(crate) fn ids(resource: &Resource) -> Result<Vec<String>, ScimError> {
    let Some(members) = resource::value_of(resource, MEMBERS) else { return Ok(Vec::new()) };
    let members = members.as_array().map(Vec::as_slice).unwrap_or_default();
    members.iter().map(id_of).collect()
}

fn id_of(member: &Json) -> Result<String, ScimError> {
    let value = member.as_object().and_then(|parts| resource::value_of(parts, "value"));
    let value = value.and_then(Json::as_str).map(str::to_owned);
    value.ok_or_else(|| {
        ScimError::invalid_value("a member has no \"value\": give the id of a resource")
    })
}

fn push(steps: &mut Vec<Step>, sql: &'static str, group: i64, numbers: Vec<i64>) {
    if !numbers.is_empty() {
        let rows = numbers.into_iter().map(|number| vec![Value::from(group), number.into()]);
        steps.push(Step::Many(sql, rows.collect()));
    }
}

fn nobody(id: &str) -> ScimError {
    ScimError::invalid_value(format!(
        "there is no resource with the id \"{}\", so it cannot be a member: create it first",
        id.chars().take(100).collect::<String>()
    ))
}

fn itself(id: &str) -> ScimError {
    ScimError::invalid_value(format!(
        "the group \"{id}\" cannot be a member of itself: leave it out"
    ))
}
