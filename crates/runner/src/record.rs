//! What became of an object, stored in one transaction: its link, the log entries, the counters,
//! and the end or the retry of its work.

use engine::id::ScimId;
use engine::reason::Skip;
use engine::retry;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use store::link::{self, LinkRow};
use store::log::{self, LogRow};
use store::work::{self, WorkRow};
use store::{Step, flattened, job};
use uuid::Uuid;

use crate::entry::{
    Entry, EntryStep, ErrorInformation, Identity, LISTED_MAX, ModifiedProperty, Named, Status,
    StatusInfo, identity, milliseconds,
};
use crate::error::RunError;
use crate::fault::Fault;
use crate::group::Members;
use crate::object::{Applied, Item, Link, Outcome};
use crate::run::Run;
use crate::wording::{export_step, list_members, members_fault, modified, step, waiting_members};

/// References come after all objects of the same urgency.
const REFERENCE_RANK: i64 = 2_000;

/// How long something that only a person can mend is left alone.
const ATTENTION_WAIT: SignedDuration = SignedDuration::from_mins(40);

/// How often a leaver's account is tried to be closed when nothing helped for four weeks: an open
/// account is never given up.
const LEAVER_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// Groups and reports that are woken at once when an account opens.
const REFERRING_PAGE: i64 = 500;

/// Stores what became of `item`.
///
/// # Errors
/// The data file cannot be written.
pub async fn record(
    run: &Run<'_>,
    item: Item,
    outcome: Outcome,
    members: Option<Members>,
) -> Result<(), RunError> {
    let mut record = Record { run, item: &item, now: (run.runner.clock)(), steps: Vec::new() };
    record.references(&outcome);
    match outcome {
        Outcome::Applied(applied) => record.applied(applied, members).await?,
        Outcome::Deleted(id) => record.deleted(&id),
        Outcome::Skipped(skip) => record.skipped(&skip),
        Outcome::Failed(fault) => record.failed(&fault),
        Outcome::Lost(id) => record.lost(&id),
        Outcome::Unknown { fault, attributes } => record.unknown(&fault, &attributes),
    }
    let steps = record.steps;
    run.runner.db.transaction(steps).await?;
    run.looked_at();
    Ok(())
}

/// Stores the link of an object that was linked just now, before anything else is sent for it.
///
/// # Errors
/// The data file cannot be written.
pub(crate) async fn link_now(
    run: &Run<'_>,
    item: &Item,
    applied: &Applied,
) -> Result<(), RunError> {
    let mut record = Record { run, item, now: (run.runner.clock)(), steps: Vec::new() };
    record.link(applied, item.link.as_ref());
    run.runner.db.transaction(record.steps).await?;
    Ok(())
}

/// Values as JSON text. Writing a map of JSON values cannot fail.
pub(crate) fn json(values: &impl Serialize) -> String {
    serde_json::to_string(values).expect("JSON values always serialise")
}

/// The transaction as it grows.
struct Record<'r> {
    run: &'r Run<'r>,
    item: &'r Item,
    now: Timestamp,
    steps: Vec<Step>,
}

impl Record<'_> {
    async fn applied(
        &mut self,
        applied: Applied,
        members: Option<Members>,
    ) -> Result<(), RunError> {
        let before = self.item.link.as_ref();
        let is_opened = applied.open && !before.is_some_and(|link| link.open);
        let is_change =
            applied.action != "update" || !applied.changes.is_empty() || members.is_some();
        // Found as it was sent: the creation that a death or a lost answer left open.
        let is_answered = applied.linked
            && applied.changes.is_empty()
            && before.is_some_and(|link| link.target.is_none());
        let rule = self.run.job.configuration.rule(self.item.object.kind);
        let listed = applied.changes.iter().take(LISTED_MAX);
        let mut changes: Vec<ModifiedProperty> =
            listed.map(|change| modified(change, rule)).collect();
        let mut steps = self.item.trail.steps.clone();
        steps.push(export_step(&applied, self.item.name()));
        let mut fault = None;
        if let Some(members) = &members {
            list_members(members, &mut changes);
            steps.extend(waiting_members(members));
            fault = members_fault(members);
        }
        let status = if fault.is_some() { Status::Warning } else { Status::Success };
        let action = match (is_answered, is_change) {
            (true, _) => "create",
            (false, true) => applied.action,
            (false, false) => "other",
        };
        self.link(&applied, before);
        self.entry(action, status, fault.as_ref(), Some(&applied.target), steps, changes);
        self.clear_skip("");
        if is_opened {
            if before.is_some() {
                let (organisation, job) = (&self.run.runner.organisation, &self.run.job.id);
                self.steps.push(link::left_groups(organisation, job, self.item.object.id.as_str()));
            }
            self.wake_referring().await?;
        }
        if fault.is_some() {
            self.retry();
        } else {
            self.done();
        }
        Ok(())
    }

    fn deleted(&mut self, id: &ScimId) {
        self.forget();
        let mut steps = self.item.trail.steps.clone();
        steps.push(step(
            "EntryExportDelete",
            "export",
            Status::Success,
            format!("resource \"{id}\" deleted"),
        ));
        self.entry("delete", Status::Success, None, Some(id), steps, Vec::new());
        self.clear_skip("");
        self.done();
    }

    fn skipped(&mut self, skip: &Skip) {
        match &self.item.link {
            // A change reached somebody whom this job has nothing to do with.
            None if matches!(skip, Skip::NotEntitled) && self.last_skip("").is_none() => {
                return self.done();
            }
            // The unanswered creation did not happen.
            Some(Link { target: None, .. }) => self.forget(),
            _ => {}
        }
        self.skip_entry("", skip);
        if skip.wants_attention() { self.put_off(ATTENTION_WAIT) } else { self.done() }
    }

    fn failed(&mut self, fault: &Fault) {
        if self.item.link.is_none() {
            // The creation that was announced certainly did not happen.
            let (organisation, job) = (&self.run.runner.organisation, &self.run.job.id);
            self.steps.push(link::forget(organisation, job, self.item.object.id.as_str()));
        }
        self.fault_entry(fault);
        self.retry();
    }

    /// The account vanished: it is matched anew, at once.
    fn lost(&mut self, id: &ScimId) {
        self.forget();
        let reason = format!(
            "the linked resource \"{id}\" does not exist in the target any more; the object is matched anew"
        );
        let fault = Fault { code: "InvalidAnchor", reason };
        let mut steps = self.item.trail.steps.clone();
        steps.push(step("EntryExportUpdate", "export", Status::Warning, fault.reason.clone()));
        self.entry("other", Status::Warning, Some(&fault), Some(id), steps, Vec::new());
        if self.item.link.as_ref().is_some_and(|link| link.target.is_some()) {
            let row = WorkRow { cause: "link lost".to_owned(), ..self.item.row.clone() };
            self.add_work(&[row]);
        } else {
            // Found a moment ago, and gone again: the target contradicts itself.
            self.retry();
        }
    }

    /// The account counts as open, since it may be: whoever leaves next has it closed.
    fn unknown(&mut self, fault: &Fault, attributes: &[String]) {
        if let Some(Link { target: Some(target), sent, seen, .. }) = &self.item.link {
            let mut sent = sent.clone();
            sent.retain(|name, _| !attributes.contains(name));
            self.put("open", Some(target.0.clone()), json(&sent), json(seen));
        }
        self.fault_entry(fault);
        self.retry();
    }

    /// Notes the references that wait, and forgets those that wait no longer.
    fn references(&mut self, outcome: &Outcome) {
        if matches!(outcome, Outcome::Failed(_) | Outcome::Lost(_) | Outcome::Unknown { .. }) {
            return;
        }
        for skip in &self.item.pending {
            if let Skip::UnresolvedReference { attribute, .. } = skip {
                self.skip_entry(attribute, skip);
            }
        }
        let waits = |subject: &str| {
            let attribute = |skip: &Skip| matches!(skip, Skip::UnresolvedReference { attribute, .. } if attribute == subject);
            self.item.pending.iter().any(attribute)
        };
        let settled = self.item.skips.iter().map(|(subject, _)| subject.clone());
        let settled: Vec<_> =
            settled.filter(|subject| !subject.is_empty() && !waits(subject)).collect();
        for subject in settled {
            self.clear_skip(&subject);
        }
    }

    fn skip_entry(&mut self, subject: &str, skip: &Skip) {
        let status = Status::Skipped;
        let fault = Fault { code: skip.code(), reason: skip.sentence() };
        self.count("other", status);
        let reason = format!("{}: {}", fault.code, fault.reason);
        if self.last_skip(subject) == Some(reason.as_str()) {
            return;
        }
        let mut steps = self.item.trail.steps.clone();
        let kind = if subject.is_empty() { "export" } else { "referenceResolution" };
        steps.push(step("EntrySynchronizationSkip", kind, status, fault.reason.clone()));
        let target = self.item.link.as_ref().and_then(|link| link.target.clone());
        self.log("other", status, Some(&fault), target.as_ref(), steps, Vec::new());
        let (organisation, job) = (&self.run.runner.organisation, &self.run.job.id);
        self.steps.push(log::set_skip(
            organisation,
            job,
            self.item.object.id.as_str(),
            subject,
            &reason,
        ));
    }

    fn fault_entry(&mut self, fault: &Fault) {
        let action = match (self.item.action, &self.item.link) {
            ("other", None) => "create",
            ("other", Some(_)) => "update",
            (action, _) => action,
        };
        let mut steps = self.item.trail.steps.clone();
        steps.push(step("EntryExport", "export", Status::Failure, fault.reason.clone()));
        let target = self.item.link.as_ref().and_then(|link| link.target.clone());
        self.entry(action, Status::Failure, Some(fault), target.as_ref(), steps, Vec::new());
    }

    fn entry(
        &mut self,
        action: &str,
        status: Status,
        fault: Option<&Fault>,
        target: Option<&ScimId>,
        steps: Vec<EntryStep>,
        modified: Vec<ModifiedProperty>,
    ) {
        self.count(action, status);
        self.log(action, status, fault, target, steps, modified);
    }

    fn count(&mut self, action: &str, status: Status) {
        let kind = self.item.object.kind.as_str();
        let (organisation, cycle) = (&self.run.runner.organisation, &self.run.cycle);
        self.steps.push(job::count(organisation, cycle, kind, action, status.as_str()));
        self.run.counted(action, status.as_str());
    }

    fn log(
        &mut self,
        action: &str,
        status: Status,
        fault: Option<&Fault>,
        target: Option<&ScimId>,
        steps: Vec<EntryStep>,
        modified: Vec<ModifiedProperty>,
    ) {
        let kind = self.item.object.kind;
        let id = Uuid::now_v7().to_string();
        let entry = Entry {
            id: id.clone(),
            activity_date_time: self.now,
            job_id: self.run.job.id.clone(),
            cycle_id: self.run.cycle.clone(),
            change_id: self.item.trail.change_id.clone(),
            provisioning_action: action.to_owned(),
            duration_in_milliseconds: milliseconds(self.item.trail.elapsed()),
            provisioning_status_info: StatusInfo {
                status: status.as_str().to_owned(),
                error_information: fault.map(|fault| ErrorInformation {
                    error_code: fault.code.to_owned(),
                    reason: fault.reason.clone(),
                }),
            },
            provisioning_steps: steps,
            modified_properties: modified,
            source_identity: identity(self.item.object.id.as_str(), self.item.name(), kind),
            target_identity: Identity {
                id: target.map(|id| id.0.clone()),
                display_name: None,
                identity_type: kind.as_str().to_owned(),
            },
            service_principal: Named {
                id: self.run.job.application_id.clone(),
                display_name: self.run.job.application.clone(),
            },
            cause: self.item.row.cause.clone(),
            requests: self.item.trail.requests.clone(),
        };
        self.run.tell(&entry);
        let row = LogRow {
            id,
            job_id: entry.job_id.clone(),
            cycle_id: entry.cycle_id.clone(),
            time: self.now.as_microsecond(),
            action: action.to_owned(),
            status: status.as_str().to_owned(),
            source_id: self.item.object.id.0.clone(),
            source_name: self.item.name().to_owned(),
            error_code: fault.map(|fault| fault.code.to_owned()),
            entry: json(&entry),
        };
        self.steps.push(log::add(&self.run.runner.organisation, &row));
    }

    /// Keeps what was sent: earlier values stay known unless they were replaced or removed.
    fn link(&mut self, applied: &Applied, before: Option<&Link>) {
        let known = before.filter(|link| link.target.as_ref() == Some(&applied.target));
        let mut sent = known.map(|link| link.sent.clone()).unwrap_or_default();
        let mut seen = known.map(|link| link.seen.clone()).unwrap_or_default();
        for change in &applied.changes {
            seen.remove(&change.attribute);
            if change.new.is_none() {
                sent.remove(&change.attribute);
            }
        }
        sent.retain(|name, _| !applied.unknown.contains(name));
        sent.extend(applied.values.clone());
        seen.extend(applied.seen.clone());
        let state = if applied.open { "open" } else { "closed" };
        self.put(state, Some(applied.target.0.clone()), json(&sent), json(&seen));
    }

    fn put(&mut self, state: &str, target_id: Option<String>, sent: String, seen: String) {
        let row = LinkRow {
            source_id: self.item.object.id.0.clone(),
            kind: self.item.object.kind.as_str().to_owned(),
            state: state.to_owned(),
            target_id,
            display_name: self.item.name().to_owned(),
            sent,
            seen,
            updated: self.now.as_microsecond(),
        };
        let (organisation, job) = (&self.run.runner.organisation, &self.run.job.id);
        self.steps.push(link::put(organisation, job, &row));
    }

    fn forget(&mut self) {
        let (organisation, job) = (&self.run.runner.organisation, &self.run.job.id);
        let object = self.item.object.id.as_str();
        self.steps.push(link::forget(organisation, job, object));
        self.steps.extend(link::left_everything(organisation, job, object));
    }

    /// Somebody has an account now: the groups and reports that wait for it are looked at again.
    async fn wake_referring(&mut self) -> Result<(), RunError> {
        let (organisation, job) = (&self.run.runner.organisation, &self.run.job.id);
        let mut after = String::new();
        loop {
            let object = self.item.object.id.as_str();
            let statement = if self.run.job.settings.flatten_members {
                flattened::referring
            } else {
                link::referring
            };
            let (sql, values) = statement(organisation, job, object, &after, REFERRING_PAGE);
            let mut rows = Vec::new();
            for row in &self.run.runner.db.query(sql, values).await? {
                rows.push(WorkRow {
                    object_id: row.text(0)?.to_owned(),
                    priority: self.item.row.priority,
                    rank: REFERENCE_RANK,
                    cause: format!("\"{}\" has an account now", self.item.name()),
                    sequence: self.item.row.sequence,
                    attempts: 0,
                    first_failed: None,
                });
            }
            let Some(last) = rows.last() else { return Ok(()) };
            after.clone_from(&last.object_id);
            self.add_work(&rows);
        }
    }

    fn add_work(&mut self, rows: &[WorkRow]) {
        let (organisation, job) = (&self.run.runner.organisation, &self.run.job.id);
        self.steps.push(work::add(organisation, job, rows, self.now.as_microsecond()));
        self.run.found_more(rows.len());
    }

    fn last_skip(&self, subject: &str) -> Option<&str> {
        self.item.skips.iter().find(|(last, _)| last == subject).map(|(_, reason)| reason.as_str())
    }

    fn clear_skip(&mut self, subject: &str) {
        if self.last_skip(subject).is_some() {
            let (organisation, job) = (&self.run.runner.organisation, &self.run.job.id);
            self.steps.push(log::clear_skip(
                organisation,
                job,
                self.item.object.id.as_str(),
                subject,
            ));
        }
    }

    fn done(&mut self) {
        self.steps.push(self.run.work_done(&self.item.row));
    }

    /// Tries again by the schedule.
    fn retry(&mut self) {
        let row = &self.item.row;
        let failures = u32::try_from(row.attempts).unwrap_or(u32::MAX).saturating_add(1);
        let now = self.now.as_microsecond();
        let failing_for =
            SignedDuration::from_micros(now.saturating_sub(row.first_failed.unwrap_or(now)));
        match retry::wait_after(failures, failing_for) {
            Some(wait) => self.put_off(wait),
            None if self.item.verdict.is_soft_deleted() => self.put_off(LEAVER_WAIT),
            None => self.done(),
        }
    }

    fn put_off(&mut self, wait: SignedDuration) {
        let now = self.now.as_microsecond();
        let due = now.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX));
        let (organisation, job) = (&self.run.runner.organisation, &self.run.job.id);
        self.steps.push(work::retry(organisation, job, &self.item.row, due, now));
    }
}
