//! Deciding about objects: from what was read of them to a plan. Every decision is `engine`'s; a
//! cycle, and an explanation that executes nothing, take this one path.

use std::time::Duration;

use engine::id::{ScimId, SourceId};
use engine::mapping::{self, MappingContext};
use engine::object::ObjectKind;
use engine::plan::{self, Case, Operation, Planned, Step, TargetPromise};
use engine::reason::{Failure, Skip};
use engine::scope;
use jiff::Timestamp;
use store::work::WorkRow;
use uuid::Uuid;

use crate::entry::{Status, Trail};
use crate::error::RunError;
use crate::fault::{Fault, Halt};
use crate::job::Job;
use crate::jobs::Runner;
use crate::lookup;
use crate::object::{Item, Link};
use crate::reading::{self, Accounts, Reading};
use crate::run::Run;

/// What a decision knows besides the object.
pub(crate) struct Known<'k> {
    /// The job.
    pub(crate) job: &'k Job,
    /// The time.
    pub(crate) now: Timestamp,
    /// What `DefaultDomain` answers.
    pub(crate) default_domain: Option<&'k str>,
}

/// Objects that were read.
pub(crate) struct Loaded {
    /// Those that are there, or that were linked.
    pub(crate) items: Vec<Item>,
    /// The accounts of their managers.
    pub(crate) accounts: Accounts,
    /// The work for those that are gone and were never linked.
    pub(crate) gone: Vec<WorkRow>,
}

/// Reads everything about objects and says of each whether it is in scope.
///
/// # Errors
/// The data file fails.
pub(crate) async fn load(
    runner: &Runner,
    job: &Job,
    rows: Vec<WorkRow>,
) -> Result<Loaded, RunError> {
    let ids: Vec<String> = rows.iter().map(|row| row.object_id.clone()).collect();
    let read = reading::read(runner, job, &ids).await?;
    let (mut items, mut gone) = (Vec::new(), Vec::new());
    for (row, reading) in rows.into_iter().zip(read) {
        let Some(Reading { object, entitlements, link, skips }) = reading else {
            gone.push(row);
            continue;
        };
        let policy = reading::policy(runner, job, object.kind);
        let verdict = scope::evaluate(&policy, &object, &entitlements);
        let mut trail = Trail::begin();
        let described =
            format!("{} \"{}\" read from the directory", object.kind.as_str(), object.display_name);
        trail.step("EntryImport", "import", Status::Success, described);
        items.push(Item {
            row,
            object,
            entitlements,
            verdict,
            link,
            skips,
            trail,
            action: "other",
            pending: Vec::new(),
        });
    }
    let referred = items.iter().flat_map(|item| referred(runner, job, item));
    let accounts = reading::accounts(runner, job, referred.collect()).await?;
    Ok(Loaded { items, accounts, gone })
}

/// The objects whose accounts the mappings of an item will ask for.
fn referred(runner: &Runner, job: &Job, item: &Item) -> Vec<SourceId> {
    let Some(rule) = job.configuration.rule(item.object.kind) else { return Vec::new() };
    let context = MappingContext {
        now: (runner.clock)(),
        tables: Some(&*job.tables),
        default_domain: None,
        seed: 0,
        resolve: &|_| None,
    };
    mapping::references(rule, &case(job, item).input(), &context)
}

/// A complete plan, or why there is none.
pub(crate) type Plan = Result<Planned, Fault>;

/// Decides for one object, asking the target where that is needed.
///
/// # Errors
/// The target or the database cannot be used at all.
pub(crate) async fn prepare(
    run: &Run<'_>,
    mut item: Item,
    accounts: &Accounts,
) -> Result<Option<(Item, Plan)>, Halt> {
    if run.is_stopping() {
        return Ok(None);
    }
    let verdict = item.verdict.sentence();
    item.trail.step("EntrySynchronizationScoping", "scoping", Status::Success, verdict);
    let rule = run.job.configuration.rule(item.object.kind);
    let planned = match (decide(&run.known(), &item, accounts), rule) {
        (Ok(Step::Done(planned)), _) => Ok(planned),
        (Ok(Step::Match(queries, aim)), Some(rule)) => {
            settle(run, &item).await;
            run.guarded(lookup::find(run, &mut item, rule, queries, aim).await)?
        }
        (Ok(Step::Match(..)), None) => Ok(Planned {
            operation: Operation::Skip(Skip::ObjectTypeDisabled),
            pending: Vec::new(),
        }),
        (Err(failure), _) => Err(Fault::from(failure)),
    };
    let planned = planned.map(|mut planned| {
        item.pending = std::mem::take(&mut planned.pending)
            .into_iter()
            .map(|(attribute, referenced)| {
                let name = accounts
                    .names
                    .get(&referenced)
                    .cloned()
                    .unwrap_or_else(|| referenced.0.clone());
                Skip::UnresolvedReference { attribute, referenced, name }
            })
            .collect();
        planned
    });
    Ok(Some((item, planned)))
}

/// The decision as far as it needs nobody else.
///
/// # Errors
/// A mapping fails, or a required value is missing.
pub(crate) fn decide(known: &Known<'_>, item: &Item, accounts: &Accounts) -> Result<Step, Failure> {
    let resolve = |id: &SourceId| accounts.ids.get(id).cloned();
    plan::begin(&case(known.job, item), &context(known, &resolve))
}

/// What mappings may know besides the object.
pub(crate) fn context<'a>(
    known: &'a Known<'_>,
    resolve: &'a dyn Fn(&SourceId) -> Option<ScimId>,
) -> MappingContext<'a> {
    MappingContext {
        now: known.now,
        tables: Some(&*known.job.tables),
        default_domain: known.default_domain,
        seed: Uuid::new_v4().as_u64_pair().0,
        resolve,
    }
}

/// An item as the engine decides about it.
pub(crate) fn case<'a>(job: &'a Job, item: &'a Item) -> Case<'a> {
    let rule = job.configuration.rule(item.object.kind);
    let known = match &item.link {
        None => plan::Known::Unlinked,
        Some(Link { target: None, sent, .. }) => plan::Known::Creating { sent },
        Some(Link { target: Some(id), sent, .. }) => plan::Known::Linked { id, sent },
    };
    let first =
        rule.and_then(|rule| rule.matching().first().map(|mapping| mapping.target.name.clone()));
    let unique = &job.profile.unique_attributes;
    let refuses_twins =
        item.object.kind == ObjectKind::User && first.is_some_and(|first| unique.contains(&first));
    Case {
        rule,
        object: &item.object,
        entitlements: &item.entitlements,
        verdict: &item.verdict,
        known,
        promise: TargetPromise { refuses_twins },
    }
}

/// A creation whose answer was lost may take time to show: what is absent before that proves nothing.
async fn settle(run: &Run<'_>, item: &Item) {
    let Some(Link { target: None, updated, .. }) = &item.link else { return };
    let delay = i64::try_from(run.job.profile.read_after_write_ms).unwrap_or_default() * 1_000;
    let rest = (updated + delay - run.now()).clamp(0, delay);
    tokio::time::sleep(Duration::from_micros(u64::try_from(rest).unwrap_or_default())).await;
}
