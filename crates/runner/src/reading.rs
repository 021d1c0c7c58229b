//! Reading: everything that a decision about objects needs, each kind of thing at once.
//!
//! A cycle reads a batch, an explanation reads one object: both decide on the same reading.

use std::collections::HashMap;

use directory::{DirectoryError, Object};
use engine::id::{ScimId, SourceId};
use engine::mapping::Values;
use engine::object::{GroupName, ObjectKind, Presence, SourceObject};
use engine::scope::{AppRole, Entitlement, Policy};
use serde_json::{Map, Value as Json};
use store::link::{self, LinkRow};
use store::log;

use crate::error::RunError;
use crate::job::Job;
use crate::jobs::Runner;
use crate::object::Link;

/// What is known of one object before anything is decided.
#[derive(Debug)]
pub struct Reading {
    /// The object.
    pub object: SourceObject,
    /// Its assignments.
    pub entitlements: Vec<Entitlement>,
    /// What is known of its account.
    pub link: Option<Link>,
    /// The reasons of its last skips, by subject.
    pub skips: Vec<(String, String)>,
}

/// The open accounts of managers, and managers' names.
#[derive(Debug, Default)]
pub struct Accounts {
    /// The accounts, by the managers' ids.
    pub ids: HashMap<SourceId, ScimId>,
    /// The names of those without an account.
    pub names: HashMap<SourceId, String>,
}

/// Reads objects, one answer for each id; none for an object that is gone and was never linked.
///
/// # Errors
/// The data file fails.
pub(crate) async fn read(
    runner: &Runner,
    job: &Job,
    ids: &[String],
) -> Result<Vec<Option<Reading>>, RunError> {
    let around = Around { managers: job.reads_managers(), groups: job.asks_for_groups() };
    let mut sources = sources(runner, &around, ids).await?;
    let mut entitlements = runner.entitlements(job, ids).await?;
    let mut queries = Vec::new();
    for id in ids {
        queries.push(link::of(&runner.organisation, &job.id, id));
        queries.push(log::skips(&runner.organisation, &job.id, id));
    }
    let mut answers = runner.db.snapshot(queries).await?.into_iter();
    let mut readings = Vec::with_capacity(ids.len());
    for id in ids {
        let link = answers.next().unwrap_or_default().first().map(link::read).transpose()?;
        let mut skips = Vec::new();
        for row in &answers.next().unwrap_or_default() {
            skips.push((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
        }
        let object = sources.remove(id).or_else(|| link.as_ref().map(purged));
        let Some(object) = object else {
            readings.push(None);
            continue;
        };
        let entitlements = entitlements.remove(id).unwrap_or_default();
        let link = link.map(read_link).transpose()?;
        readings.push(Some(Reading { object, entitlements, link, skips }));
    }
    Ok(readings)
}

/// The accounts and names of managers that objects refer to.
///
/// # Errors
/// The data file fails.
pub(crate) async fn accounts(
    runner: &Runner,
    job: &Job,
    mut managers: Vec<SourceId>,
) -> Result<Accounts, RunError> {
    managers.sort();
    managers.dedup();
    let query = |id: &SourceId| link::of(&runner.organisation, &job.id, id.as_str());
    let mut accounts = Accounts::default();
    for rows in runner.db.snapshot(managers.iter().map(query).collect()).await? {
        let Some(link) = rows.first().map(link::read).transpose()? else { continue };
        if let (Some(target), "open") = (link.target_id, link.state.as_str()) {
            accounts.ids.insert(SourceId(link.source_id), ScimId(target));
        }
    }
    managers.retain(|id| !accounts.ids.contains_key(id));
    let unresolved: Vec<String> = managers.into_iter().map(|id| id.0).collect();
    for object in runner.directory.objects(&unresolved).await? {
        accounts.names.insert(SourceId(object.id), object.display_name);
    }
    Ok(accounts)
}

/// What decides about the scope of objects of a kind.
pub(crate) fn policy<'a>(runner: &Runner, job: &'a Job, kind: ObjectKind) -> Policy<'a> {
    Policy {
        setting: job.scope,
        filter: job.configuration.rule(kind).map(|rule| &rule.filter),
        ignores_leaving: job.settings.skip_out_of_scope_deletions,
        now: (runner.clock)(),
    }
}

/// What is to be known around objects.
struct Around {
    /// The attributes of their managers.
    managers: bool,
    /// The groups that hold them.
    groups: bool,
}

/// The objects that are there, with what is to be known around them.
async fn sources(
    runner: &Runner,
    around: &Around,
    ids: &[String],
) -> Result<HashMap<String, SourceObject>, RunError> {
    let directory = &runner.directory;
    let objects = directory.objects(ids).await?;
    let managers = directory.managers(ids).await?;
    let mut around_manager: HashMap<String, Map<String, Json>> = HashMap::new();
    if around.managers {
        let mut ids: Vec<String> = managers.values().cloned().collect();
        ids.sort();
        ids.dedup();
        let attributes = |object: Object| (object.id, object.attributes);
        around_manager = directory.objects(&ids).await?.into_iter().map(attributes).collect();
    }
    let mut sources = HashMap::with_capacity(objects.len());
    for object in objects {
        let manager = managers.get(&object.id).cloned();
        let about = manager.as_ref().and_then(|id| around_manager.get(id)).cloned();
        let groups = if around.groups { runner.groups(&object.id).await? } else { Vec::new() };
        let id = object.id.clone();
        let source = SourceObject {
            id: SourceId(object.id),
            kind: object.kind,
            display_name: object.display_name,
            enabled: object.enabled,
            presence: if object.deleted.is_some() {
                Presence::SoftDeleted
            } else {
                Presence::Present
            },
            attributes: object.attributes,
            manager: manager.map(SourceId),
            manager_attributes: about.unwrap_or_default(),
            groups,
        };
        sources.insert(id, source);
    }
    Ok(sources)
}

/// What is left of a purged object: its link.
fn purged(link: &LinkRow) -> SourceObject {
    SourceObject {
        id: SourceId(link.source_id.clone()),
        kind: if link.kind == "Group" { ObjectKind::Group } else { ObjectKind::User },
        display_name: link.display_name.clone(),
        enabled: false,
        presence: Presence::Purged,
        attributes: Map::new(),
        manager: None,
        manager_attributes: Map::new(),
        groups: Vec::new(),
    }
}

fn read_link(row: LinkRow) -> Result<Link, RunError> {
    Ok(Link {
        sent: crate::job::stored::<Values>("link", &row.sent)?,
        seen: crate::job::stored::<Values>("link", &row.seen)?,
        open: row.state == "open",
        updated: row.updated,
        target: row.target_id.map(ScimId),
    })
}

impl Runner {
    /// One object with its assignments, for trying expressions and filters on it. Without a job, it
    /// has none, and everything around it that a configuration could ask for is there.
    ///
    /// # Errors
    /// There is none, or the data file fails.
    pub async fn source_object(
        &self,
        job: Option<&Job>,
        id: &str,
    ) -> Result<(SourceObject, Vec<Entitlement>), RunError> {
        let object = self.directory.object(id).await?;
        let ids = [object.id];
        let around = Around { managers: true, groups: true };
        let source = sources(self, &around, &ids).await?.remove(&ids[0]);
        let source = source.ok_or_else(|| DirectoryError::NotFound {
            kind: None,
            reference: id.to_owned(),
            near: Vec::new(),
        })?;
        let entitlements = match job {
            Some(job) => self.entitlements(job, &ids).await?.remove(&ids[0]),
            None => None,
        };
        Ok((source, entitlements.unwrap_or_default()))
    }

    /// The groups that hold an object, directly and through others.
    async fn groups(&self, id: &str) -> Result<Vec<GroupName>, RunError> {
        let above = self.directory.groups_above(id).await?;
        let name =
            |group: Object| GroupName { id: SourceId(group.id), display_name: group.display_name };
        Ok(self.directory.objects(&above).await?.into_iter().map(name).collect())
    }

    /// The assignments that count for each object, in the engine's words.
    pub(crate) async fn entitlements(
        &self,
        job: &Job,
        ids: &[String],
    ) -> Result<HashMap<String, Vec<Entitlement>>, RunError> {
        let assignments =
            self.directory.assignments_of(&job.application_id, job.reach(), ids).await?;
        let entitlement = |assignment: directory::EffectiveAssignment| Entitlement {
            role: assignment.role.map(|role| AppRole {
                id: role.id,
                value: role.value,
                display_name: role.display_name,
            }),
            through: assignment.through.into_iter().map(|group| group.display_name).collect(),
        };
        let each = assignments.into_iter();
        Ok(each.map(|(id, list)| (id, list.into_iter().map(entitlement).collect())).collect())
    }
}
