//! Looking an object's account up in the target, and the requests' lines for the log.

use engine::configuration::{Mapping, Rule};
use engine::explain::REDACTED;
use engine::id::ScimId;
use engine::matching::{self, Match, Query};
use engine::object::ObjectKind;
use engine::plan::{self, Aim, Planned};
use engine::unique;
use scim::Resource;
use target::{Answer, TargetError};

use crate::entry::{RequestTrace, Status, milliseconds};
use crate::fault::{Fault, Halt, fault_or_halt};
use crate::object::Item;
use crate::run::Run;

/// Asks the target for the account of an object and completes the plan with the answer.
///
/// # Errors
/// The target or the database cannot be used at all.
pub async fn find(
    run: &Run<'_>,
    item: &mut Item,
    rule: &Rule,
    queries: Vec<Query>,
    mut aim: Aim,
) -> Result<Result<Planned, Fault>, Halt> {
    match matched(run, item, rule, &queries).await? {
        Ok(Some((account, id))) => return Ok(Ok(plan::found(rule, &aim, &id, &account))),
        Ok(None) => {}
        Err(fault) => return Ok(Err(fault)),
    }
    while let Some(query) = unique::question(rule, &aim).filter(|_| rule.flow.create) {
        let is_mine = run.claim_value(item.object.kind, &query.attribute, &query.value);
        let is_taken = !is_mine
            || match candidates(run, item, &query).await? {
                Ok(candidates) => {
                    !matches!(matching::judge(rule, &query, &candidates), Ok(Match::None))
                }
                Err(fault) => return Ok(Err(fault)),
            };
        if let Err(failure) = unique::answered(&mut aim, is_taken) {
            return Ok(Err(failure.into()));
        }
    }
    Ok(plan::absent(rule, item.object.kind, queries, aim).map_err(Fault::from))
}

/// Asks the queries in order until one finds an account that is free to be linked.
pub(crate) async fn matched(
    run: &Run<'_>,
    item: &mut Item,
    rule: &Rule,
    queries: &[Query],
) -> Result<Result<Option<(Resource, ScimId)>, Fault>, Halt> {
    for query in queries {
        let candidates = match candidates(run, item, query).await? {
            Ok(candidates) => candidates,
            Err(fault) => return Ok(Err(fault)),
        };
        match matching::judge(rule, query, &candidates) {
            Err(failure) => return Ok(Err(failure.into())),
            Ok(Match::None) => {
                let value = shown(rule, query);
                let nobody = format!("nothing in the target has {} \"{value}\"", query.attribute);
                item.trail.step("EntryImport", "matching", Status::Success, nobody);
            }
            Ok(Match::One(account, id)) => {
                let owner =
                    run.claim(item.object.kind, &id, &item.object.id).await.map_err(Halt::Run)?;
                if let Err(failure) = matching::claim(query, &id, owner.as_ref(), &item.object.id) {
                    return Ok(Err(failure.into()));
                }
                let value = shown(rule, query);
                let found =
                    format!("{} \"{value}\" is resource \"{id}\" of the target", query.attribute);
                item.trail.step("EntryImport", "matching", Status::Success, found);
                return Ok(Ok(Some((account, id))));
            }
        }
    }
    Ok(Ok(None))
}

/// The value of a query as the log may show it.
fn shown<'q>(rule: &Rule, query: &'q Query) -> &'q str {
    let is_redacted = rule.mapping(&query.attribute).is_some_and(Mapping::is_redacted);
    if is_redacted { REDACTED } else { &query.value }
}

/// What the target returns for one query.
async fn candidates(
    run: &Run<'_>,
    item: &mut Item,
    query: &Query,
) -> Result<Result<Vec<Resource>, Fault>, Halt> {
    let kind = item.object.kind;
    let endpoint = run.endpoint(kind);
    let excluded: &[&str] = if kind == ObjectKind::Group { &["members"] } else { &[] };
    let started = tokio::time::Instant::now();
    let answer = run.target.find(endpoint, &query.path, &query.value, excluded).await;
    let path = format!("/{endpoint}?filter={} eq …", query.attribute);
    item.trail.request(trace("GET", path, started, &answer));
    match answer {
        Ok(candidates) => Ok(Ok(candidates)),
        Err(error) if is_no_endpoint(&error, kind) => Err(Halt::Target(error)),
        Err(error) => fault_or_halt(error).map(Err),
    }
}

/// Whether the users' endpoint itself is missing: then the tenant URL is wrong, and nobody is to
/// blame. A service without groups is another matter.
pub(crate) fn is_no_endpoint(error: &TargetError, kind: ObjectKind) -> bool {
    kind == ObjectKind::User && matches!(error, TargetError::NotFound { .. })
}

/// A request's line for the log.
pub(crate) fn trace<T: Traced>(
    method: &str,
    path: String,
    started: tokio::time::Instant,
    answer: &Result<T, TargetError>,
) -> RequestTrace {
    let (status, error) = match answer {
        Ok(answer) => (Some(answer.status()), None),
        Err(error) => (error.status(), Some(error.to_string())),
    };
    RequestTrace {
        method: method.to_owned(),
        path,
        status,
        error,
        duration_ms: milliseconds(started.elapsed()),
    }
}

/// Answers that a trace can be made of.
pub(crate) trait Traced {
    /// The status of the answer.
    fn status(&self) -> u16;
}

impl Traced for Answer {
    fn status(&self) -> u16 {
        self.status
    }
}

impl Traced for Vec<Resource> {
    fn status(&self) -> u16 {
        200
    }
}
