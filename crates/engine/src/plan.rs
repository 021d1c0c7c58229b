//! The plan for one object: which operation, with which requests, and why.
//!
//! [`begin`] decides from what is known here. Where it has to know whether the target already
//! has the object, it returns the queries to ask ([`Step::Match`]), and [`found`] or [`absent`]
//! decides with the answer. A finished [`Operation`] holds the requests to send: executing it
//! makes no choice, and executing it twice does no harm.
//!
//! An update compares with what was *sent* last, so it needs no read before, and a service that
//! reformats values causes no endless update.

use scim::Resource;
use scim::patch::PatchRequest;

use crate::change::{Change, Difference, body, difference, shown};
use crate::configuration::{Mapping, Rule};
use crate::id::{ScimId, SourceId};
use crate::mapping::{self, Desired, MappingContext, Values};
use crate::matching::{self, Query};
use crate::object::{MappingInput, ObjectKind, Presence, SourceObject};
use crate::reason::{Failure, Skip};
use crate::scope::{Entitlement, Exclusion, Scope, Verdict};
use crate::unique::Candidates;

/// What the job knows of an object's account.
#[derive(Debug, Clone, Copy)]
pub enum Known<'a> {
    /// Nothing: the object was never linked, or the link was lost.
    Unlinked,
    /// A create was sent and its answer never recorded; these matching values were in it.
    Creating {
        /// The matching values that were sent, by target attribute.
        sent: &'a Values,
    },
    /// Linked.
    Linked {
        /// The account's id.
        id: &'a ScimId,
        /// What was sent last, by target attribute; what is missing is unknown.
        sent: &'a Values,
    },
}

/// What can be said about the target before asking it.
#[derive(Debug, Clone, Copy, Default)]
pub struct TargetPromise {
    /// The target refuses a second resource with an equal first matching attribute, so that a
    /// create may be sent without asking first: a conflict answers the question.
    pub refuses_twins: bool,
}

/// Everything that decides about one object.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The rule for its kind; none when the kind is switched off.
    pub rule: Option<&'a Rule>,
    /// The object.
    pub object: &'a SourceObject,
    /// Its assignments.
    pub entitlements: &'a [Entitlement],
    /// The verdict of [`crate::scope::evaluate`].
    pub verdict: &'a Verdict,
    /// What is known of its account.
    pub known: Known<'a>,
    /// What the target promises.
    pub promise: TargetPromise,
}

/// The next step for an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The plan is complete.
    Done(Planned),
    /// The target has to be asked these, in order, before the plan can be made.
    Match(Vec<Query>, Aim),
}

/// What an account is looked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Aim {
    /// To be linked and brought to these values; created if there is none.
    Join(Desired),
    /// To be closed with these values: its creation was never answered, and its owner has left.
    Close(Values),
    /// To be removed: its creation was never answered, and its owner is gone.
    Remove,
}

/// A complete plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// What to do.
    pub operation: Operation,
    /// References that wait for an account: target attribute, object.
    pub pending: Vec<(String, SourceId)>,
}

/// An operation, with all it takes to execute it.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Create an account.
    Create(Create),
    /// Change an account; also the one that was just found and is adopted.
    Update(Update),
    /// Close an account.
    Disable(Update),
    /// Remove an account for good.
    Delete(ScimId),
    /// Do nothing.
    Skip(Skip),
}

/// The creation of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// The body of the POST.
    pub resource: Resource,
    /// The values in it, by target attribute.
    pub values: Values,
    /// How to recognise the account if the answer is lost or a conflict comes back.
    pub queries: Vec<Query>,
    /// What to do when the account turns out to exist.
    pub aim: Aim,
}

/// The change of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The account.
    pub id: ScimId,
    /// The PATCH requests in order; a change of `active` travels first, on its own.
    pub requests: Vec<PatchRequest>,
    /// What changes.
    pub changes: Vec<Change>,
    /// All values that are known to be right afterwards.
    pub values: Values,
    /// Whether the account was found in the target and is linked by this operation.
    pub adopts: bool,
}

/// Decides for an object as far as this can be done without asking the target.
///
/// # Errors
/// A mapping fails, or a required value is missing.
pub fn begin(case: &Case<'_>, context: &MappingContext<'_>) -> Result<Step, Failure> {
    let Some(rule) = case.rule else { return Ok(skip(Skip::ObjectTypeDisabled)) };
    if let Some(skip) = left_alone(case) {
        return Ok(self::skip(skip));
    }
    if case.verdict.is_soft_deleted() {
        return leave(rule, case, context);
    }
    let desired = mapping::map(rule, &case.input(), context)?;
    match case.known {
        Known::Linked { id, sent } => Ok(Step::Done(change(rule, id, sent, &desired, false))),
        Known::Unlinked | Known::Creating { .. } => join(rule, case, desired),
    }
}

/// Decides when the target has exactly this account.
#[must_use]
pub fn found(rule: &Rule, aim: &Aim, id: &ScimId, account: &Resource) -> Planned {
    match aim {
        Aim::Join(desired) => change(rule, id, &shown(rule, account), desired, true),
        Aim::Remove => planned(Operation::Delete(id.clone()), Vec::new()),
        Aim::Close(values) => {
            planned(close(rule, id, &shown(rule, account), values.clone()), Vec::new())
        }
    }
}

/// Decides when no query found an account, and no candidate for a unique value is open
/// ([`crate::unique::question`]).
///
/// # Errors
/// A value that the target requires is missing.
pub fn absent(
    rule: &Rule,
    kind: ObjectKind,
    queries: Vec<Query>,
    aim: Aim,
) -> Result<Planned, Failure> {
    let Aim::Join(desired) = aim else {
        return Ok(planned(Operation::Skip(Skip::ClosedInSource), Vec::new()));
    };
    if !rule.flow.create {
        let skip = match queries.into_iter().next() {
            Some(query) => {
                Skip::NoTargetMayNotCreate { attribute: query.attribute, value: query.value }
            }
            None => Skip::MatchingValueMissing { attributes: names(rule.matching()) },
        };
        return Ok(planned(Operation::Skip(skip), desired.pending));
    }
    if let Some(Candidates { attribute, values }) = desired.candidates.first() {
        let value = values.first().map(ToString::to_string).unwrap_or_default();
        return Err(Failure::NoUniqueValue { attribute: attribute.clone(), value });
    }
    let mut values = desired.for_creation();
    values.retain(|_, value| value.as_array().is_none_or(|elements| !elements.is_empty()));
    let required = rule.mappings.iter().filter(|mapping| mapping.target.required);
    let missing: Vec<&Mapping> =
        required.filter(|mapping| !values.contains_key(&mapping.target.name)).collect();
    if !missing.is_empty() {
        return Err(Failure::MissingRequired { attributes: names(missing) });
    }
    let pending = desired.pending.clone();
    let resource = body(rule, kind, &values);
    Ok(planned(
        Operation::Create(Create { resource, values, queries, aim: Aim::Join(desired) }),
        pending,
    ))
}

impl<'a> Case<'a> {
    /// The object as mappings see it.
    #[must_use]
    pub fn input(&self) -> MappingInput<'a> {
        MappingInput {
            object: self.object,
            is_soft_deleted: self.verdict.is_soft_deleted(),
            entitlements: self.entitlements,
        }
    }
}

impl Operation {
    /// The word for it that the provisioning log uses.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Update(_) => "update",
            Self::Disable(_) => "disable",
            Self::Delete(_) => "delete",
            Self::Skip(_) => "other",
        }
    }
}

/// Out of scope in a way that closes nothing.
fn left_alone(case: &Case<'_>) -> Option<Skip> {
    let Scope::Out(exclusion) = case.verdict.scope else { return None };
    let why = case.verdict.sentence();
    match (exclusion, case.known) {
        (Exclusion::Foreign, _) => Some(Skip::FilteredOut { why }),
        _ if case.verdict.is_soft_deleted() => None,
        (Exclusion::Filtered, Known::Unlinked) => Some(Skip::FilteredOut { why }),
        (Exclusion::Unassigned, Known::Unlinked) => Some(Skip::NotEntitled),
        _ => Some(Skip::LeavingIgnored { why }),
    }
}

/// In scope and not linked: either the target is asked first, or the create itself asks.
fn join(rule: &Rule, case: &Case<'_>, desired: Desired) -> Result<Step, Failure> {
    let mut queries = matching::queries(rule, &desired.for_creation());
    if let Known::Creating { sent } = case.known {
        let mut first = matching::queries(rule, sent);
        first.retain(|query| !queries.contains(query));
        queries.splice(0..0, first);
    }
    if queries.is_empty() {
        return Ok(skip(Skip::MatchingValueMissing { attributes: names(rule.matching()) }));
    }
    let aim = Aim::Join(desired);
    let is_decided = matches!(&aim, Aim::Join(desired) if desired.candidates.is_empty());
    let create_asks =
        is_decided && case.promise.refuses_twins && rule.flow.create && queries.len() == 1;
    if create_asks && matches!(case.known, Known::Unlinked) {
        return absent(rule, case.object.kind, queries, aim).map(Step::Done);
    }
    Ok(Step::Match(queries, aim))
}

/// The object's account is to be closed or removed, if there is one of ours.
fn leave(rule: &Rule, case: &Case<'_>, context: &MappingContext<'_>) -> Result<Step, Failure> {
    let is_group = case.object.kind == ObjectKind::Group;
    let removes = rule.flow.delete && (is_group || case.object.presence == Presence::Purged);
    match case.known {
        Known::Unlinked => {
            let why = || case.verdict.sentence();
            Ok(skip(match case.verdict.scope {
                Scope::Out(Exclusion::Unassigned) => Skip::NotEntitled,
                Scope::Out(_) => Skip::FilteredOut { why: why() },
                Scope::In(_) => Skip::ClosedInSource,
            }))
        }
        // An account may have come into being: it must not stay open behind our back.
        Known::Creating { sent } => {
            let aim = if removes { Aim::Remove } else { Aim::Close(closed(rule, case, context)?) };
            Ok(Step::Match(matching::queries(rule, sent), aim))
        }
        Known::Linked { id, .. } if removes => Ok(done(Operation::Delete(id.clone()))),
        Known::Linked { .. } if is_group => Ok(skip(Skip::MayNotDelete)),
        Known::Linked { .. } if !rule.flow.update => Ok(skip(Skip::MayNotUpdate)),
        Known::Linked { id, sent } => {
            let values = closed(rule, case, context)?;
            if values.is_empty() {
                return Ok(skip(Skip::NoDisableMapping));
            }
            match close(rule, id, sent, values) {
                Operation::Disable(update) if update.changes.is_empty() => {
                    Ok(skip(Skip::AlreadyDisabled))
                }
                operation => Ok(done(operation)),
            }
        }
    }
}

/// What is mapped from `IsSoftDeleted`.
fn closed(rule: &Rule, case: &Case<'_>, context: &MappingContext<'_>) -> Result<Values, Failure> {
    mapping::map_closed(rule, &case.input(), context)
}

fn close(rule: &Rule, id: &ScimId, before: &Values, values: Values) -> Operation {
    let desired = Desired { always: values, ..Desired::default() };
    let Difference { requests, changes, values } = difference(rule, before, &desired);
    Operation::Disable(Update { id: id.clone(), requests, changes, values, adopts: false })
}

fn change(rule: &Rule, id: &ScimId, before: &Values, desired: &Desired, adopts: bool) -> Planned {
    let Difference { requests, changes, mut values } = difference(rule, before, desired);
    let pending = desired.pending.clone();
    if adopts {
        // What the account shows is known from now on, also where nothing is wanted.
        let shown = before.iter().filter(|(name, _)| !is_changed(&changes, name));
        for (name, value) in shown {
            values.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    let update = |requests, changes, values| {
        Operation::Update(Update { id: id.clone(), requests, changes, values, adopts })
    };
    let operation = match (changes.is_empty(), rule.flow.update) {
        (false, true) => update(requests, changes, values),
        // Linked as it is.
        _ if adopts => {
            values.retain(|name, _| !is_changed(&changes, name));
            update(Vec::new(), Vec::new(), values)
        }
        (true, _) => Operation::Skip(Skip::Redundant),
        (false, false) => Operation::Skip(Skip::MayNotUpdate),
    };
    planned(operation, pending)
}

fn is_changed(changes: &[Change], attribute: &str) -> bool {
    changes.iter().any(|change| change.attribute == attribute)
}

fn names<'m>(mappings: impl IntoIterator<Item = &'m Mapping>) -> Vec<String> {
    mappings.into_iter().map(|mapping| mapping.target.name.clone()).collect()
}

fn planned(operation: Operation, pending: Vec<(String, SourceId)>) -> Planned {
    Planned { operation, pending }
}

fn done(operation: Operation) -> Step {
    Step::Done(planned(operation, Vec::new()))
}

fn skip(reason: Skip) -> Step {
    done(Operation::Skip(reason))
}

#[cfg(test)]
mod tests;
