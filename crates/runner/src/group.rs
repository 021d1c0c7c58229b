//! A group on its way through execution: its own attributes, then its members.
//!
//! The difference in members is read page by page from the database, so that a group of 100,000
//! members takes no more memory than one of a hundred. A page travels in one PATCH, the first one
//! together with the group's own changes. One bad member never fails a group: a refused page is
//! halved until the culprit stands alone.

use std::fmt::Write as _;

use engine::change::Change;
use engine::configuration::Rule;
use engine::id::{ScimId, SourceId};
use engine::mapping::Values;
use engine::membership::{Member, MembershipChange};
use engine::plan::Operation;
use engine::reason::Skip;
use scim::ScimType;
use scim::patch::Operation as PatchOperation;
use store::link::{self, MemberRow};
use store::{Query, flattened};
use target::TargetError;

use crate::entry::LISTED_MAX;
use crate::error::RunError;
use crate::fault::{Fault, Halt, fault_or_halt};
use crate::lookup::trace;
use crate::object::{self, Applied, Item, Outcome};
use crate::record;
use crate::run::Run;

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
    /// Members that the target refused, as many as the log lists.
    pub refused: Vec<(Member, Fault)>,
    /// How many were refused.
    pub refused_count: usize,
    /// What kept the rest from being done: the group is looked at again.
    pub fault: Option<Fault>,
    /// Members of the directory's group that have no open account in this job.
    pub without_account: i64,
}

/// What became of the group's own changes, which travel with the first page.
#[derive(Debug)]
enum Own {
    Applied,
    Refused,
    Unknown,
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
    let (mut applied, first) = match operation {
        Operation::Update(mut update) if update.requests.len() <= 1 => {
            let first = update.requests.pop().map(|request| request.operations).unwrap_or_default();
            (applied(update.id, update.changes, update.values, update.adopts), first)
        }
        Operation::Skip(Skip::Redundant) => match linked(item) {
            Some(id) => (applied(id, Vec::new(), Values::new(), false), Vec::new()),
            None => return Ok((Outcome::Skipped(Skip::Redundant), None)),
        },
        operation => match object::execute(run, item, rule, operation).await? {
            // The group's own link is durable before its members are sent.
            Outcome::Applied(applied) if applied.linked => {
                record::link_now(run, item, &applied).await.map_err(Halt::Run)?;
                (applied, Vec::new())
            }
            outcome => return Ok((outcome, None)),
        },
    };
    let is_new = applied.action == "create";
    let pages =
        Pages { run, item, group: applied.target.clone(), path, members: Members::default() };
    let Some((own, members)) = pages.bring_in_step(first, is_new).await? else {
        return Ok((Outcome::Lost(applied.target), None));
    };
    match own {
        Own::Applied => {}
        Own::Refused => {
            applied.changes.clear();
            applied.values.clear();
        }
        Own::Unknown => {
            applied.values.clear();
            applied.unknown = applied.changes.drain(..).map(|change| change.attribute).collect();
        }
    }
    if applied.is_nothing() && members.is_nothing() {
        return Ok((Outcome::Skipped(Skip::Redundant), Some(members)));
    }
    Ok((Outcome::Applied(applied), Some(members)))
}

impl Members {
    /// Whether nothing was changed and nothing went wrong.
    fn is_nothing(&self) -> bool {
        self.added_count + self.removed_count + self.refused_count == 0 && self.fault.is_none()
    }
}

impl Applied {
    fn is_nothing(&self) -> bool {
        !self.linked && self.changes.is_empty() && self.unknown.is_empty() && self.values.is_empty()
    }
}

fn applied(target: ScimId, changes: Vec<Change>, values: Values, linked: bool) -> Applied {
    let seen = Values::new();
    Applied {
        action: "update",
        target,
        changes,
        values,
        seen,
        open: true,
        linked,
        unknown: Vec::new(),
    }
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
    /// Sends `first` and all pages. None: the group does not exist any more. A group that was made
    /// just now is not believed to be gone: it may only take time to show.
    async fn bring_in_step(
        mut self,
        first: Vec<PatchOperation>,
        is_new: bool,
    ) -> Result<Option<(Own, Members)>, Halt> {
        let mut own = Own::Applied;
        let mut first = Some(first).filter(|first| !first.is_empty());
        let (mut added_to, mut removed_to) = (String::new(), String::new());
        if self.flattens() {
            self.note_groups_within().await.map_err(Halt::Run)?;
        }
        loop {
            let page = self.page(&mut added_to, &mut removed_to).await.map_err(Halt::Run)?;
            if page.is_empty() && first.is_none() {
                break;
            }
            if self.run.is_stopping() {
                let reason = "stopped between two pages of members; the rest follows".to_owned();
                self.members.fault = Some(Fault { code: "Stopped", reason });
                break;
            }
            let mut queue = vec![(first.take().unwrap_or_default(), page)];
            while let Some((first, page)) = queue.pop() {
                let has_own = !first.is_empty();
                match self.send(first, page, &mut queue).await? {
                    Sent::Done => {}
                    Sent::Gone if !is_new => return Ok(None),
                    Sent::Gone => {
                        let reason =
                            "the group that was made just now cannot be found yet".to_owned();
                        self.members.fault = Some(Fault { code: "InvalidAnchor", reason });
                        return Ok(Some((own, self.members)));
                    }
                    Sent::Refused(fault) => {
                        own = if has_own { Own::Refused } else { own };
                        self.members.fault = Some(fault);
                    }
                    Sent::Unknown(fault) => {
                        own = if has_own { Own::Unknown } else { own };
                        self.members.fault = Some(fault);
                        return Ok(Some((own, self.members)));
                    }
                }
            }
        }
        self.members.without_account = self.without_account().await.map_err(Halt::Run)?;
        Ok(Some((own, self.members)))
    }

    /// Whether the people of the groups within this one are its members.
    fn flattens(&self) -> bool {
        self.run.job.settings.flatten_members
    }

    /// Writes down whose people the members are, as the groups are now.
    async fn note_groups_within(&self) -> Result<(), RunError> {
        let runner = self.run.runner;
        let group = self.item.object.id.as_str();
        let within = runner.directory.groups_within(group).await?;
        let steps = flattened::put_within(&runner.organisation, &self.run.job.id, group, &within);
        runner.db.transaction(steps).await?;
        Ok(())
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
        let (to_add, to_remove): (PageStatement, PageStatement) = if self.flattens() {
            (flattened::members_to_add, flattened::members_to_remove)
        } else {
            (link::members_to_add, link::members_to_remove)
        };
        let (sql, values) = to_add(organisation, job, group, added_to, limit);
        let add = members(&db.query(sql, values).await?)?;
        let rest = limit - i64::try_from(add.len()).unwrap_or(limit);
        let (sql, values) = to_remove(organisation, job, group, removed_to, rest);
        let remove = if rest > 0 { members(&db.query(sql, values).await?)? } else { Vec::new() };
        if let Some(last) = add.last() {
            added_to.clone_from(&last.source.0);
        }
        if let Some(last) = remove.last() {
            removed_to.clone_from(&last.source.0);
        }
        Ok(MembershipChange { add, remove })
    }

    /// Sends a page with the group's own changes. A refused page comes back to the queue in parts,
    /// until the culprit stands alone.
    async fn send(
        &mut self,
        first: Vec<PatchOperation>,
        page: MembershipChange,
        queue: &mut Vec<(Vec<PatchOperation>, MembershipChange)>,
    ) -> Result<Sent, Halt> {
        let request = page.request(&self.path, first.clone());
        let answer = object::patch(self.run, self.item, &self.group, &request).await;
        let Err(error) = answer else {
            self.note(page).await.map_err(Halt::Run)?;
            return Ok(Sent::Done);
        };
        if error.may_have_been_applied() {
            return Ok(Sent::Unknown(Fault::from(&error)));
        }
        let is_missing = matches!(error, TargetError::NotFound { .. });
        if is_missing && self.is_gone().await? {
            return Ok(Sent::Gone);
        }
        if is_missing_member(&error)
            && first.is_empty()
            && page.add.is_empty()
            && page.remove.len() == 1
        {
            // Whoever is not a member any more has left.
            self.note(page).await.map_err(Halt::Run)?;
            return Ok(Sent::Done);
        }
        let may_be_one_member = is_missing || concerns_a_value(&error);
        let fault = fault_or_halt(error)?;
        match (first.is_empty(), page.len()) {
            (_, 0) => return Ok(Sent::Refused(fault)),
            _ if !may_be_one_member => return Ok(Sent::Refused(fault)),
            (false, _) => queue.extend([(Vec::new(), page), (first, MembershipChange::default())]),
            (true, 1) => self.refuse(page, fault),
            (true, _) => {
                let (one, other) = page.halves();
                queue.extend([(Vec::new(), other), (Vec::new(), one)]);
            }
        }
        Ok(Sent::Done)
    }

    /// Notes a member that the target refused.
    fn refuse(&mut self, page: MembershipChange, fault: Fault) {
        let members = &mut self.members;
        members.refused_count += 1;
        if members.refused.len() < LISTED_MAX {
            let culprit = page.add.into_iter().chain(page.remove).next();
            members.refused.extend(culprit.map(|member| (member, fault)));
        }
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
        let mut listed: Vec<Member> = page.add.into_iter().take(room).collect();
        if self.flattens() {
            for member in &mut listed {
                self.name_way(member).await?;
            }
        }
        let members = &mut self.members;
        members.added.extend(listed);
        let room = LISTED_MAX.saturating_sub(members.added.len() + members.removed.len());
        members.removed.extend(page.remove.into_iter().take(room));
        Ok(())
    }

    /// Adds to a member's name the groups through which it is in this one.
    async fn name_way(&self, member: &mut Member) -> Result<(), RunError> {
        let group = self.item.object.id.as_str();
        let ways = self.run.runner.directory.ways_to(member.source.as_str()).await?;
        let way = ways.into_iter().find(|way| way.first().is_some_and(|first| first.id == group));
        for group in way.into_iter().flatten().skip(1) {
            let _ = write!(member.display_name, ", through group \"{}\"", group.display_name);
        }
        Ok(())
    }

    /// Whether a 404 meant the group itself.
    async fn is_gone(&mut self) -> Result<bool, Halt> {
        let endpoint = self.run.endpoint(self.item.object.kind);
        let started = tokio::time::Instant::now();
        let answer = self.run.target.read(endpoint, self.group.as_str()).await;
        let path = format!("/{endpoint}/{}", self.group);
        self.item.trail.request(trace("GET", path, started, &answer));
        match answer {
            Ok(_) => Ok(false),
            Err(TargetError::NotFound { .. }) => Ok(true),
            Err(error) => fault_or_halt(error).map(|_| false),
        }
    }

    async fn without_account(&self) -> Result<i64, RunError> {
        let runner = self.run.runner;
        let group = self.item.object.id.as_str();
        let statement = if self.flattens() {
            flattened::members_without_account
        } else {
            link::members_without_account
        };
        let (sql, values) = statement(&runner.organisation, &self.run.job.id, group);
        let rows = runner.db.query(sql, values).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.integer(0))?)
    }
}

/// A statement that reads a page of members: organisation, job, group, behind which member, how many.
type PageStatement = fn(&str, &str, &str, &str, i64) -> Query;

/// What became of one request.
enum Sent {
    Done,
    Gone,
    Refused(Fault),
    Unknown(Fault),
}

/// Whether a refusal says that a member to remove is none.
fn is_missing_member(error: &TargetError) -> bool {
    match error {
        TargetError::NotFound { .. } => true,
        TargetError::Refused { scim_type, .. } => *scim_type == Some(ScimType::NoTarget),
        _ => false,
    }
}

/// Whether a refusal may be due to one value among many, rather than to the request as a whole.
fn concerns_a_value(error: &TargetError) -> bool {
    matches!(
        error,
        TargetError::Refused { status: 400 | 413 | 422, .. }
            | TargetError::Conflict { .. }
            | TargetError::TooLarge { .. }
    )
}

fn members(rows: &store::Rows) -> Result<Vec<Member>, RunError> {
    let member = |row: MemberRow| Member {
        source: SourceId(row.member_id),
        target: ScimId(row.target_id),
        display_name: row.display_name,
    };
    rows.iter().map(|row| Ok(member(link::read_member(row)?))).collect()
}
