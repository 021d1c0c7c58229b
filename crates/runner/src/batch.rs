//! A batch of work: read everything at once, decide each object, make the creations durable,
//! execute side by side.

use std::collections::HashMap;
use std::time::Duration;

use engine::id::SourceId;
use engine::mapping::{MappingContext, Values};
use engine::object::ObjectKind;
use engine::plan::{self, Case, Known, Operation, Planned, Step, TargetPromise};
use engine::reason::{Failure, Skip};
use engine::scope;
use futures_util::{StreamExt, stream};
use store::link::{self, LinkRow};
use store::work::WorkRow;
use uuid::Uuid;

use crate::entry::{Status, Trail};
use crate::error::RunError;
use crate::fault::{Fault, Halt};
use crate::lookup;
use crate::object::{self, Item, Link, Outcome};
use crate::reading::{self, Accounts, Reading};
use crate::run::Run;
use crate::{group, record};

/// Looks at all objects of a batch. Their managers were looked at before: a batch holds one rank.
///
/// # Errors
/// The first problem that concerns the target or the database as a whole. Whatever was under way
/// is finished and recorded before.
pub async fn process(run: &Run<'_>, rows: Vec<WorkRow>) -> Result<(), Halt> {
    let (items, accounts) = load(run, rows).await.map_err(Halt::Run)?;
    let width = run.width();
    let prepared: Vec<_> = stream::iter(items)
        .map(|item| prepare(run, item, &accounts))
        .buffer_unordered(width)
        .collect()
        .await;
    let ready = without_twins(run, all(prepared)?);
    note_creations(run, &ready).await.map_err(Halt::Run)?;
    let results: Vec<_> = stream::iter(ready)
        .map(|(item, plan)| finish(run, item, plan))
        .buffer_unordered(width)
        .collect()
        .await;
    run.forget_claims();
    all(results).map(|_| ())
}

type Plan = Result<Planned, Fault>;

/// Decides for one object, asking the target where that is needed.
async fn prepare(
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
    let planned = match (decide(run, &item, accounts), rule) {
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
fn decide(run: &Run<'_>, item: &Item, accounts: &Accounts) -> Result<Step, Failure> {
    let resolve = |id: &SourceId| accounts.ids.get(id).cloned();
    let context = MappingContext {
        now: (run.runner.clock)(),
        tables: Some(&*run.job.tables),
        default_domain: run.default_domain.as_deref(),
        seed: Uuid::new_v4().as_u64_pair().0,
        resolve: &resolve,
    };
    plan::begin(&case(run, item), &context)
}

fn case<'a>(run: &'a Run<'_>, item: &'a Item) -> Case<'a> {
    let rule = run.job.configuration.rule(item.object.kind);
    let known = match &item.link {
        None => Known::Unlinked,
        Some(Link { target: None, sent, .. }) => Known::Creating { sent },
        Some(Link { target: Some(id), sent, .. }) => Known::Linked { id, sent },
    };
    let first =
        rule.and_then(|rule| rule.matching().first().map(|mapping| mapping.target.name.clone()));
    let unique = &run.job.profile.unique_attributes;
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

/// Two objects of one batch with one matching value would end in one account: the first one gets it.
fn without_twins(run: &Run<'_>, ready: Vec<(Item, Plan)>) -> Vec<(Item, Plan)> {
    let mut taken: HashMap<(ObjectKind, String, String), SourceId> = HashMap::new();
    let mut decide = |(item, plan): (Item, Plan)| {
        let query = match &plan {
            Ok(Planned { operation: Operation::Create(create), .. }) => create.queries.first(),
            _ => None,
        };
        let Some(query) = query else { return (item, plan) };
        let key = (item.object.kind, query.attribute.clone(), query.value.to_lowercase());
        let first = taken.entry(key).or_insert_with(|| item.object.id.clone());
        if *first == item.object.id {
            return (item, plan);
        }
        let (attribute, value) = (query.attribute.clone(), query.value.clone());
        let failure = Failure::DuplicateSources { attribute, value, other: first.clone() };
        tracing::debug!(job = %run.job.id, object = %item.object.id, %failure, "two objects for one account");
        (item, Err(Fault::from(failure)))
    };
    ready.into_iter().map(&mut decide).collect()
}

/// A creation whose answer was lost may take time to show: what is absent before that proves nothing.
async fn settle(run: &Run<'_>, item: &Item) {
    let Some(Link { target: None, updated, .. }) = &item.link else { return };
    let delay = i64::try_from(run.job.profile.read_after_write_ms).unwrap_or_default() * 1_000;
    let rest = (updated + delay - run.now()).clamp(0, delay);
    tokio::time::sleep(Duration::from_micros(u64::try_from(rest).unwrap_or_default())).await;
}

/// Before any creation is sent, what it will be recognised by is durable: one commit for all.
async fn note_creations(run: &Run<'_>, ready: &[(Item, Plan)]) -> Result<(), RunError> {
    let mut rows = Vec::new();
    for (item, plan) in ready {
        let Ok(Planned { operation: Operation::Create(create), .. }) = plan else { continue };
        let matching: Values = create
            .queries
            .iter()
            .filter_map(|query| {
                Some((query.attribute.clone(), create.values.get(&query.attribute)?.clone()))
            })
            .collect();
        rows.push(LinkRow {
            source_id: item.object.id.0.clone(),
            kind: item.object.kind.as_str().to_owned(),
            state: "creating".to_owned(),
            target_id: None,
            display_name: item.name().to_owned(),
            sent: record::json(&matching),
            seen: "{}".to_owned(),
            updated: run.now(),
        });
    }
    if rows.is_empty() {
        return Ok(());
    }
    let step = link::creating(&run.runner.organisation, &run.job.id, &rows);
    run.runner.db.transaction(vec![step]).await?;
    Ok(())
}

/// Executes and records one object.
async fn finish(run: &Run<'_>, mut item: Item, plan: Plan) -> Result<Option<()>, Halt> {
    if run.is_stopping() {
        return Ok(None);
    }
    item.action = plan.as_ref().map_or(item.action, |planned| planned.operation.action());
    let rule = run.job.configuration.rule(item.object.kind);
    let (outcome, members) = match (plan, rule) {
        (Err(fault), _) => (Outcome::Failed(fault), None),
        (Ok(planned), Some(rule)) if item.object.kind == ObjectKind::Group => {
            run.guarded(group::execute(run, &mut item, rule, planned.operation).await)?
        }
        (Ok(planned), Some(rule)) => {
            (run.guarded(object::execute(run, &mut item, rule, planned.operation).await)?, None)
        }
        (Ok(_), None) => (Outcome::Skipped(Skip::ObjectTypeDisabled), None),
    };
    record::record(run, item, outcome, members).await.map_err(Halt::Run)?;
    Ok(Some(()))
}

/// The results, or the first problem among them.
fn all<T>(results: Vec<Result<Option<T>, Halt>>) -> Result<Vec<T>, Halt> {
    let mut collected = Vec::with_capacity(results.len());
    for result in results {
        collected.extend(result?);
    }
    Ok(collected)
}

/// Reads everything about the objects of a batch and says of each whether it is in scope.
async fn load(run: &Run<'_>, rows: Vec<WorkRow>) -> Result<(Vec<Item>, Accounts), RunError> {
    let runner = run.runner;
    let ids: Vec<String> = rows.iter().map(|row| row.object_id.clone()).collect();
    let read = reading::read(runner, run.job, &ids).await?;
    let mut items = Vec::new();
    for (row, reading) in rows.into_iter().zip(read) {
        let Some(Reading { object, entitlements, link, skips }) = reading else {
            // Gone, and never ours: nothing is left to do or to tell.
            runner.db.transaction(vec![run.work_done(&row)]).await?;
            continue;
        };
        let policy = reading::policy(runner, run.job, object.kind);
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
    let managers = items.iter().filter_map(|item| item.object.manager.clone());
    let accounts = reading::accounts(runner, run.job, managers.collect()).await?;
    Ok((items, accounts))
}
