//! A group on its way through execution: its own attributes, then its members.
//!
//! The difference in members is read page by page from the database, so that a group of 100,000
//! members takes no more memory than one of a hundred. A page travels in one PATCH, the first one
//! together with the group's own changes. One bad member never fails a group: a refused page is
//! halved until the culprit stands alone.

use engine::configuration::Rule;
use engine::id::{ScimId, SourceId};
use engine::mapping::Values;
use engine::membership::{Member, MembershipChange};
use engine::plan::{Change, Operation};
use engine::reason::Skip;
use scim::patch::Operation as PatchOperation;
use store::link::{self, MemberRow};
use target::TargetError;

use crate::cycle::Run;
use crate::entry::LISTED_MAX;
use crate::error::RunError;
use crate::object::{self, Applied, Fault, Halt, Item, Outcome, fault_or_halt};

/// What became of a group's members.
#[derive(Debug, Default)]
pub struct Members {
    /// Members added, as many as the log lists.
    pub added: Vec<Member>,
    /// How many were added.
    pub added_count: usize,
    /// Members removed, as many as the log lists.
    pub removed: Vec<Member>,
    /// How many were removed.
    pub removed_count: usize,
    /// Members that the target refused.
    pub refused: Vec<(Member, Fault)>,
    /// Members of the directory's group that have no open account in this job.
    pub without_account: i64,
}

/// Executes a group's plan and brings its members in step.
///
/// # Errors
/// The target or the database cannot be used at all.
pub async fn execute(
    run: &Run<'_>,
    item: &mut Item,
    rule: &Rule,
    operation: Operation,
) -> Result<(Outcome, Option<Members>), Halt> {
    let Some(mapping) = rule.members().filter(|_| rule.flow.update) else {
        return Ok((object::execute(run, item, rule, operation).await?, None));
    };
    let path = mapping.target.path.clone();
    let (id, first, outcome) = match operation {
        Operation::Update(mut update) if update.requests.len() <= 1 => {
            let first = update.requests.pop().map(|request| request.operations).unwrap_or_default();
            let applied = applied(update.id.clone(), update.changes, update.values, update.adopts);
            (update.id, first, Outcome::Applied(applied))
        }
        Operation::Skip(Skip::Redundant) => match linked(item) {
            Some(id) => (id, Vec::new(), Outcome::Skipped(Skip::Redundant)),
            None => return Ok((Outcome::Skipped(Skip::Redundant), None)),
        },
        operation => match object::execute(run, item, rule, operation).await? {
            Outcome::Applied(applied) => {
                (applied.target.clone(), Vec::new(), Outcome::Applied(applied))
            }
            outcome => return Ok((outcome, None)),
        },
    };
    let mut pages = Pages { run, item, group: id.clone(), path, members: Members::default() };
    if let Some(ended) = pages.bring_in_step(first).await? {
        return Ok((ended, None));
    }
    let members = pages.members;
    let touched = members.added_count + members.removed_count > 0;
    let outcome = match outcome {
        Outcome::Skipped(Skip::Redundant) if touched => {
            Outcome::Applied(applied(id, Vec::new(), Values::new(), false))
        }
        outcome => outcome,
    };
    Ok((outcome, Some(members)))
}

fn applied(target: ScimId, changes: Vec<Change>, values: Values, linked: bool) -> Applied {
    Applied { action: "update", target, changes, values, seen: Values::new(), open: true, linked }
}

fn linked(item: &Item) -> Option<ScimId> {
    item.link.as_ref().and_then(|link| link.target.clone())
}

/// The walk through the pages of a group's difference.
struct Pages<'p, 'r> {
    run: &'p Run<'r>,
    item: &'p mut Item,
    group: ScimId,
    path: scim::path::Path,
    members: Members,
}

impl Pages<'_, '_> {
    /// Sends `first` and all pages. `Some` is an outcome that ends the group's turn early.
    async fn bring_in_step(&mut self, first: Vec<PatchOperation>) -> Result<Option<Outcome>, Halt> {
        let mut first = first;
        let (mut added_to, mut removed_to) = (String::new(), String::new());
        loop {
            let page = self.page(&mut added_to, &mut removed_to).await.map_err(Halt::Run)?;
            if page.is_empty() && first.is_empty() {
                break;
            }
            if let Some(ended) = self.send(std::mem::take(&mut first), page).await? {
                return Ok(Some(ended));
            }
        }
        self.members.without_account = self.without_account().await.map_err(Halt::Run)?;
        Ok(None)
    }

    /// The next page of difference; the two cursors keep a refused member from coming again.
    async fn page(
        &self,
        added_to: &mut String,
        removed_to: &mut String,
    ) -> Result<MembershipChange, RunError> {
        let limit = i64::from(self.run.job.profile.members_per_request.max(1));
        let (organisation, job) = (&self.run.runner.organisation, &self.run.job.id);
        let group = self.item.object.id.as_str();
        let db = &self.run.runner.db;
        let (sql, values) = link::members_to_add(organisation, job, group, added_to, limit);
        let add = members(&db.query(sql, values).await?)?;
        let rest = limit - i64::try_from(add.len()).unwrap_or(limit);
        let (sql, values) = link::members_to_remove(organisation, job, group, removed_to, rest);
        let remove = if rest > 0 { members(&db.query(sql, values).await?)? } else { Vec::new() };
        added_to.clone_from(&add.last().map_or(added_to.clone(), |member| member.source.0.clone()));
        removed_to.clone_from(
            &remove.last().map_or(removed_to.clone(), |member| member.source.0.clone()),
        );
        Ok(MembershipChange { add, remove })
    }

    /// Sends a page; a refused one in halves.
    async fn send(
        &mut self,
        first: Vec<PatchOperation>,
        page: MembershipChange,
    ) -> Result<Option<Outcome>, Halt> {
        let mut queue = vec![(first, page)];
        while let Some((first, page)) = queue.pop() {
            let request = page.request(&self.path, first.clone());
            let answer = object::patch(self.run, self.item, &self.group, &request).await;
            let Err(error) = answer else {
                self.note(page).await.map_err(Halt::Run)?;
                continue;
            };
            if error.may_have_been_applied() {
                let fault = Fault::from(&error);
                return Ok(Some(Outcome::Unknown { fault, attributes: Vec::new() }));
            }
            if matches!(error, TargetError::NotFound { .. }) && self.is_gone().await? {
                return Ok(Some(Outcome::Lost(self.group.clone())));
            }
            let fault = fault_or_halt(error)?;
            match (first.is_empty(), page.len()) {
                (false, 0) => return Ok(Some(Outcome::Failed(fault))),
                (false, _) => {
                    queue.push((Vec::new(), page));
                    queue.push((first, MembershipChange::default()));
                }
                (true, 0 | 1) => {
                    let culprit = page.add.into_iter().chain(page.remove).next();
                    self.members.refused.extend(culprit.map(|member| (member, fault)));
                }
                (true, _) => {
                    let (one, other) = page.halves();
                    queue.push((Vec::new(), other));
                    queue.push((Vec::new(), one));
                }
            }
        }
        Ok(None)
    }

    /// Enters an applied page into the ledger.
    async fn note(&mut self, page: MembershipChange) -> Result<(), RunError> {
        let (organisation, job) = (&self.run.runner.organisation, &self.run.job.id);
        let group = self.item.object.id.as_str();
        let joined: Vec<_> = page
            .add
            .iter()
            .map(|member| (member.source.0.clone(), member.target.0.clone()))
            .collect();
        let left: Vec<_> = page.remove.iter().map(|member| member.source.0.clone()).collect();
        let steps = vec![
            link::joined(organisation, job, group, &joined),
            link::left(organisation, job, group, &left),
        ];
        self.run.runner.db.transaction(steps).await?;
        let members = &mut self.members;
        members.added_count += page.add.len();
        members.removed_count += page.remove.len();
        let room = LISTED_MAX.saturating_sub(members.added.len() + members.removed.len());
        members.added.extend(page.add.into_iter().take(room));
        let room = LISTED_MAX.saturating_sub(members.added.len() + members.removed.len());
        members.removed.extend(page.remove.into_iter().take(room));
        Ok(())
    }

    /// Whether a 404 meant the group itself.
    async fn is_gone(&mut self) -> Result<bool, Halt> {
        let endpoint = self.run.endpoint(self.item.object.kind);
        let started = tokio::time::Instant::now();
        let answer = self.run.target.read(endpoint, self.group.as_str()).await;
        self.item.trail.request(object::trace(
            "GET",
            format!("/{endpoint}/{}", self.group),
            started,
            &answer,
        ));
        match answer {
            Ok(_) => Ok(false),
            Err(TargetError::NotFound { .. }) => Ok(true),
            Err(error) => fault_or_halt(error).map(|_| false),
        }
    }

    async fn without_account(&self) -> Result<i64, RunError> {
        let runner = self.run.runner;
        let group = self.item.object.id.as_str();
        let (sql, values) =
            link::members_without_account(&runner.organisation, &self.run.job.id, group);
        let rows = runner.db.query(sql, values).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.integer(0))?)
    }
}

fn members(rows: &store::Rows) -> Result<Vec<Member>, RunError> {
    let member = |row: MemberRow| Member {
        source: SourceId(row.member_id),
        target: ScimId(row.target_id),
        display_name: row.display_name,
    };
    rows.iter().map(|row| Ok(member(link::read_member(row)?))).collect()
}
