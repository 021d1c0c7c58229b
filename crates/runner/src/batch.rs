//! A batch of work: decide each object, make the creations durable, execute side by side.

use std::collections::HashMap;

use engine::id::SourceId;
use engine::mapping::Values;
use engine::object::ObjectKind;
use engine::plan::{Operation, Planned};
use engine::reason::{Failure, Skip};
use futures_util::{StreamExt, stream};
use store::link::{self, LinkRow};
use store::work::WorkRow;

use crate::deciding::{self, Loaded, Plan};
use crate::error::RunError;
use crate::fault::{Fault, Halt};
use crate::object::{self, Item, Outcome};
use crate::run::Run;
use crate::{group, record};

/// Looks at all objects of a batch. Their managers were looked at before: a batch holds one rank.
///
/// # Errors
/// The first problem that concerns the target or the database as a whole. Whatever was under way
/// is finished and recorded before.
pub async fn process(run: &Run<'_>, rows: Vec<WorkRow>) -> Result<(), Halt> {
    let Loaded { items, accounts, gone } =
        deciding::load(run.runner, run.job, rows).await.map_err(Halt::Run)?;
    // Gone, and never ours: nothing is left to do or to tell.
    let done = gone.iter().map(|row| run.work_done(row)).collect();
    run.runner.db.transaction(done).await.map_err(|error| Halt::Run(error.into()))?;
    let width = run.width();
    let prepared: Vec<_> = stream::iter(items)
        .map(|item| deciding::prepare(run, item, &accounts))
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
