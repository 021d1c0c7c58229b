//! One object on its way through execution: from its plan to what became of it.
//!
//! No decision is made here. What the target answers either completes the plan, or goes back to
//! `engine` as the answer to a question (a conflict says that the account exists: which one?).

use std::time::Duration;

use engine::change::{self, Change};
use engine::configuration::Rule;
use engine::id::ScimId;
use engine::mapping::Values;
use engine::matching::{self, Query};
use engine::object::SourceObject;
use engine::plan::{self, Create, Operation, Update};
use engine::reason::{Failure, Skip};
use engine::scope::{Entitlement, Verdict};
use scim::Resource;
use scim::patch::PatchRequest;
use store::work::WorkRow;
use target::{Answer, TargetError};

use crate::entry::Trail;
use crate::fault::{Fault, Halt, fault_or_halt};
use crate::lookup::{is_no_endpoint, matched, trace};
use crate::run::Run;

/// One object with all that was read of it.
#[derive(Debug)]
pub struct Item {
    /// The row of the work table.
    pub row: WorkRow,
    /// The object.
    pub object: SourceObject,
    /// Its assignments.
    pub entitlements: Vec<Entitlement>,
    /// In scope or not, open or closed.
    pub verdict: Verdict,
    /// What is known of its account.
    pub link: Option<Link>,
    /// The reasons of its last skips, by subject.
    pub skips: Vec<(String, String)>,
    /// What the plan is about to do: `create`, `update`, `disable`, `delete` or `other`.
    pub action: &'static str,
    /// References that wait for somebody's account.
    pub pending: Vec<Skip>,
    /// What happened to it so far.
    pub trail: Trail,
}

/// A link, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The account; none while its creation is unanswered.
    pub target: Option<ScimId>,
    /// Whether the account was left open.
    pub open: bool,
    /// What was sent; while creating, the matching values.
    pub sent: Values,
    /// What the target shows differently.
    pub seen: Values,
    /// When it was written, microseconds.
    pub updated: i64,
}

/// What became of an object.
#[derive(Debug)]
pub enum Outcome {
    /// The target has what was planned.
    Applied(Applied),
    /// The account is gone, as planned.
    Deleted(ScimId),
    /// Nothing was to be done.
    Skipped(Skip),
    /// It could not be decided or was refused.
    Failed(Fault),
    /// The linked account does not exist any more.
    Lost(ScimId),
    /// A write may or may not have been applied; these attributes are unknown now.
    Unknown {
        /// What happened.
        fault: Fault,
        /// The attributes.
        attributes: Vec<String>,
    },
}

/// An applied plan.
#[derive(Debug)]
pub struct Applied {
    /// `create`, `update` or `disable`.
    pub action: &'static str,
    /// The account.
    pub target: ScimId,
    /// What changed.
    pub changes: Vec<Change>,
    /// The values known to be right now.
    pub values: Values,
    /// What the target shows differently.
    pub seen: Values,
    /// Whether the account is left open.
    pub open: bool,
    /// Whether the account was linked just now.
    pub linked: bool,
    /// Attributes of which it is not known any more what the target has.
    pub unknown: Vec<String>,
}

/// Executes a plan.
///
/// # Errors
/// The target or the database cannot be used at all.
pub async fn execute(
    run: &Run<'_>,
    item: &mut Item,
    rule: &Rule,
    operation: Operation,
) -> Result<Outcome, Halt> {
    match operation {
        Operation::Skip(skip) => Ok(Outcome::Skipped(skip)),
        Operation::Create(create) => self::create(run, item, rule, create).await,
        Operation::Update(update) => self::update(run, item, rule, update, "update", true).await,
        Operation::Disable(update) => self::update(run, item, rule, update, "disable", false).await,
        Operation::Delete(id) => delete(run, item, id).await,
    }
}

async fn create(
    run: &Run<'_>,
    item: &mut Item,
    rule: &Rule,
    create: Create,
) -> Result<Outcome, Halt> {
    let endpoint = run.endpoint(item.object.kind);
    let started = tokio::time::Instant::now();
    let answer = run.target.create(endpoint, &create.resource).await;
    item.trail.request(trace("POST", format!("/{endpoint}"), started, &answer));
    match answer {
        Ok(answer) => match answer
            .resource
            .as_ref()
            .and_then(|resource| Some((matching::id(resource)?, resource)))
        {
            Some((id, resource)) => {
                run.claim_new(item.object.kind, &id, &item.object.id);
                Ok(created(rule, create, id, resource))
            }
            // Created, but the answer does not say as what: the matching values tell.
            None => {
                look_again(
                    run,
                    item,
                    rule,
                    create,
                    &TargetError::NotScim { what: "no resource".to_owned() },
                )
                .await
            }
        },
        Err(error @ TargetError::Conflict { .. }) => {
            look_again(run, item, rule, create, &error).await
        }
        Err(error) if error.may_have_been_applied() => {
            look_again(run, item, rule, create, &error).await
        }
        Err(error) if is_no_endpoint(&error, item.object.kind) => Err(Halt::Target(error)),
        Err(error) => refused(error),
    }
}

fn created(rule: &Rule, create: Create, id: ScimId, resource: &Resource) -> Outcome {
    let changes = create.values.iter();
    let changes = changes.map(|(attribute, value)| Change {
        attribute: attribute.clone(),
        old: None,
        new: Some(value.clone()),
    });
    Outcome::Applied(Applied {
        action: "create",
        target: id,
        changes: changes.collect(),
        seen: change::reformatted(rule, &create.values, resource),
        values: create.values,
        open: true,
        linked: true,
        unknown: Vec::new(),
    })
}

/// After a conflict or a lost answer: the account is looked up by the values that were sent, and
/// once more when the target may need time to show what was written.
async fn look_again(
    run: &Run<'_>,
    item: &mut Item,
    rule: &Rule,
    create: Create,
    error: &TargetError,
) -> Result<Outcome, Halt> {
    let mut found = matched(run, item, rule, &create.queries).await?;
    let wait = Duration::from_millis(run.job.profile.read_after_write_ms);
    if matches!(found, Ok(None)) && !wait.is_zero() {
        tokio::time::sleep(wait).await;
        found = matched(run, item, rule, &create.queries).await?;
    }
    let is_lost = error.may_have_been_applied();
    match found {
        Ok(Some((account, id))) => match plan::found(rule, &create.aim, &id, &account).operation {
            // Exactly what was sent: it is the creation whose answer was lost.
            Operation::Update(update) if is_lost && update.changes.is_empty() => {
                Ok(created(rule, create, id, &account))
            }
            Operation::Update(update) => {
                self::update(run, item, rule, update, "update", true).await
            }
            _ => Ok(Outcome::Skipped(Skip::Redundant)),
        },
        Ok(None) if is_lost => {
            Ok(Outcome::Unknown { fault: Fault::from(error), attributes: Vec::new() })
        }
        // Whether the creation took effect is still open: its link has to stay.
        Err(fault) if is_lost => Ok(Outcome::Unknown { fault, attributes: Vec::new() }),
        Err(fault) => Ok(Outcome::Failed(fault)),
        Ok(None) => Ok(Outcome::Failed(hidden(create.queries, error).into())),
    }
}

fn hidden(queries: Vec<Query>, error: &TargetError) -> Failure {
    let query = queries.into_iter().next();
    let (attribute, value) = query.map(|query| (query.attribute, query.value)).unwrap_or_default();
    Failure::ConflictWithHidden { attribute, value, detail: error.to_string() }
}

async fn update(
    run: &Run<'_>,
    item: &mut Item,
    rule: &Rule,
    update: Update,
    action: &'static str,
    open: bool,
) -> Result<Outcome, Halt> {
    let mut seen = Values::new();
    let mut is_begun = false;
    for request in &update.requests {
        match patch(run, item, &update.id, request).await {
            Ok(answer) => {
                is_begun = true;
                if let Some(account) = answer.resource {
                    seen.extend(change::reformatted(rule, &update.values, &account));
                }
            }
            Err(TargetError::NotFound { .. }) => return Ok(Outcome::Lost(update.id)),
            // What an earlier request changed, this one leaves behind: nothing of it counts as known.
            Err(error) if is_begun || error.may_have_been_applied() => {
                let attributes =
                    update.changes.into_iter().map(|change| change.attribute).collect();
                return Ok(Outcome::Unknown { fault: Fault::from(&error), attributes });
            }
            Err(error) => return refused(error),
        }
    }
    let Update { id: target, changes, values, adopts: linked, .. } = update;
    Ok(Outcome::Applied(Applied {
        action,
        target,
        changes,
        values,
        seen,
        open,
        linked,
        unknown: Vec::new(),
    }))
}

async fn delete(run: &Run<'_>, item: &mut Item, id: ScimId) -> Result<Outcome, Halt> {
    let endpoint = run.endpoint(item.object.kind);
    let started = tokio::time::Instant::now();
    let answer = run.target.delete(endpoint, id.as_str()).await;
    item.trail.request(trace("DELETE", format!("/{endpoint}/{id}"), started, &answer));
    match answer {
        // Gone already is gone.
        Ok(_) | Err(TargetError::NotFound { .. }) => Ok(Outcome::Deleted(id)),
        Err(error) if error.may_have_been_applied() => {
            Ok(Outcome::Unknown { fault: Fault::from(&error), attributes: Vec::new() })
        }
        Err(error) => refused(error),
    }
}

/// Sends one PATCH for an object's resource.
///
/// # Errors
/// As the target answers.
pub(crate) async fn patch(
    run: &Run<'_>,
    item: &mut Item,
    id: &ScimId,
    request: &PatchRequest,
) -> Result<Answer, TargetError> {
    let endpoint = run.endpoint(item.object.kind);
    let started = tokio::time::Instant::now();
    let answer = run.target.patch(endpoint, id.as_str(), request).await;
    item.trail.request(trace("PATCH", format!("/{endpoint}/{id}"), started, &answer));
    answer
}

/// A refusal concerns the object, unless the target as a whole cannot be used.
fn refused(error: TargetError) -> Result<Outcome, Halt> {
    fault_or_halt(error).map(Outcome::Failed)
}

impl Item {
    /// The name people know it by: the user's principal name, else the display name.
    #[must_use]
    pub fn name(&self) -> &str {
        let principal =
            self.object.attributes.get("userPrincipalName").and_then(|value| value.as_str());
        principal.unwrap_or(&self.object.display_name)
    }
}
