//! The plan for one object: which operation, with which requests, and why.
//!
//! [`begin`] decides from what is known here. Where it has to know whether the target already
//! has the object, it returns the queries to ask ([`Step::Match`]), and [`found`] or [`absent`]
//! decides with the answer. A finished [`Operation`] holds the requests to send: executing it
//! makes no choice, and executing it twice does no harm.
//!
//! An update compares with what was *sent* last, so it needs no read before, and a service that
//! reformats values causes no endless update.

use scim::patch::{Op, Operation as PatchOperation, PatchRequest};
use scim::path::Path;
use scim::{Resource, resource, schema};
use serde_json::Value as Json;

use crate::configuration::{Mapping, Rule};
use crate::id::{ScimId, SourceId};
use crate::mapping::{self, Desired, MappingContext, Values, same};
use crate::matching::{self, Query};
use crate::object::{MappingInput, ObjectKind, Presence, SourceObject};
use crate::reason::{Failure, Skip};
use crate::scope::{Entitlement, Scope, Verdict};

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
        /// Whether it was left open.
        open: bool,
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
    Match(Vec<Query>, Desired),
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
    /// The plan to fall back to when the account turns out to exist.
    pub desired: Desired,
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

/// One changed attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The target attribute.
    pub attribute: String,
    /// The value before, as far as it is known.
    pub old: Option<Json>,
    /// The value after; none when it is removed.
    pub new: Option<Json>,
}

/// The attribute whose change travels alone.
const ACTIVE: &str = "active";

/// Decides for an object as far as this can be done without asking the target.
///
/// # Errors
/// A mapping fails, or a required value is missing.
pub fn begin(case: &Case<'_>, context: &MappingContext<'_>) -> Result<Step, Failure> {
    let Some(rule) = case.rule else { return Ok(skip(Skip::ObjectTypeDisabled)) };
    if case.object.presence == Presence::Purged {
        return Ok(done(delete(rule, case.known)));
    }
    if case.verdict.is_soft_deleted() {
        return leave(rule, case, context).map(done);
    }
    let desired = mapping::map(rule, &case.input(), context)?;
    match case.known {
        Known::Linked { id, sent, .. } => Ok(Step::Done(change(rule, id, sent, &desired, false))),
        Known::Unlinked | Known::Creating { .. } => join(rule, case, desired),
    }
}

/// Decides when the target has exactly this account.
#[must_use]
pub fn found(rule: &Rule, desired: &Desired, id: &ScimId, account: &Resource) -> Planned {
    change(rule, id, &shown(rule, account), desired, true)
}

/// Decides when no query found an account.
///
/// # Errors
/// A value that the target requires is missing.
pub fn absent(
    rule: &Rule,
    kind: ObjectKind,
    queries: Vec<Query>,
    desired: Desired,
) -> Result<Planned, Failure> {
    if !rule.flow.create {
        let skip = match queries.into_iter().next() {
            Some(query) => {
                Skip::NoTargetMayNotCreate { attribute: query.attribute, value: query.value }
            }
            None => Skip::MatchingValueMissing { attributes: names(rule.matching()) },
        };
        return Ok(planned(Operation::Skip(skip), desired.pending));
    }
    let mut values = desired.on_create.clone();
    values.extend(desired.always.clone());
    values.retain(|_, value| value.as_array().is_none_or(|elements| !elements.is_empty()));
    let required = rule.mappings.iter().filter(|mapping| mapping.target.required);
    let missing: Vec<&Mapping> =
        required.filter(|mapping| !values.contains_key(&mapping.target.name)).collect();
    if !missing.is_empty() {
        return Err(Failure::MissingRequired { attributes: names(missing) });
    }
    let pending = desired.pending.clone();
    let resource = body(rule, kind, &values);
    Ok(planned(Operation::Create(Create { resource, values, queries, desired }), pending))
}

/// What the target shows of the mapped attributes.
#[must_use]
pub fn shown(rule: &Rule, account: &Resource) -> Values {
    let shown = rule.mappings.iter().filter_map(|mapping| {
        let value = resource::get(account, &mapping.target.path)?;
        (!value.is_null()).then(|| (mapping.target.name.clone(), value.clone()))
    });
    shown.collect()
}

/// The values that the target shows differently from what was sent, for the record.
#[must_use]
pub fn reformatted(rule: &Rule, sent: &Values, account: &Resource) -> Values {
    let mut shown = shown(rule, account);
    shown.retain(|name, value| {
        let mapping = rule.mapping(name);
        sent.get(name)
            .zip(mapping)
            .is_some_and(|(sent, mapping)| !same(&mapping.target, sent, value))
    });
    shown
}

impl<'a> Case<'a> {
    fn input(&self) -> MappingInput<'a> {
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

    /// Whether it closes or removes an account, which the deletion guard counts.
    #[must_use]
    pub fn closes(&self) -> bool {
        matches!(self, Self::Disable(_) | Self::Delete(_))
    }
}

/// In scope and not linked: either the target is asked first, or the create itself asks.
fn join(rule: &Rule, case: &Case<'_>, desired: Desired) -> Result<Step, Failure> {
    let mut queries = matching::queries(rule, &desired.always);
    if let Known::Creating { sent } = case.known {
        let mut first = matching::queries(rule, sent);
        first.retain(|query| !queries.contains(query));
        queries.splice(0..0, first);
    }
    if queries.is_empty() {
        return Ok(skip(Skip::MatchingValueMissing { attributes: names(rule.matching()) }));
    }
    let create_asks = case.promise.refuses_twins && rule.flow.create && queries.len() == 1;
    if create_asks && matches!(case.known, Known::Unlinked) {
        return absent(rule, case.object.kind, queries, desired).map(Step::Done);
    }
    Ok(Step::Match(queries, desired))
}

/// The object's account is to be closed, if there is one of ours.
fn leave(rule: &Rule, case: &Case<'_>, context: &MappingContext<'_>) -> Result<Operation, Failure> {
    let Known::Linked { id, open, sent } = case.known else {
        let reason =
            if case.verdict.scope == Scope::Out { Skip::NotEntitled } else { Skip::ClosedInSource };
        return Ok(Operation::Skip(reason));
    };
    if case.object.kind == ObjectKind::Group {
        return Ok(delete(rule, case.known));
    }
    if !open {
        return Ok(Operation::Skip(Skip::AlreadyDisabled));
    }
    if !rule.flow.update {
        return Ok(Operation::Skip(Skip::MayNotUpdate));
    }
    let values = mapping::map_closed(rule, &case.input(), context)?;
    if values.is_empty() {
        return Ok(Operation::Skip(Skip::NoDisableMapping));
    }
    let desired = Desired { always: values, ..Desired::default() };
    let (changes, requests) = difference(rule, sent, &desired);
    if changes.is_empty() {
        return Ok(Operation::Skip(Skip::AlreadyDisabled));
    }
    Ok(Operation::Disable(Update {
        id: id.clone(),
        requests,
        changes,
        values: desired.always,
        adopts: false,
    }))
}

fn delete(rule: &Rule, known: Known<'_>) -> Operation {
    match known {
        Known::Linked { id, .. } if rule.flow.delete => Operation::Delete(id.clone()),
        Known::Linked { .. } => Operation::Skip(Skip::MayNotDelete),
        Known::Unlinked | Known::Creating { .. } => Operation::Skip(Skip::NotEntitled),
    }
}

fn change(rule: &Rule, id: &ScimId, before: &Values, desired: &Desired, adopts: bool) -> Planned {
    let (changes, requests) = difference(rule, before, desired);
    let pending = desired.pending.clone();
    let update = |requests, changes| {
        let values = desired.always.clone();
        Operation::Update(Update { id: id.clone(), requests, changes, values, adopts })
    };
    let operation = match (changes.is_empty(), rule.flow.update) {
        (false, true) => update(requests, changes),
        _ if adopts => update(Vec::new(), Vec::new()),
        (true, _) => Operation::Skip(Skip::Redundant),
        (false, false) => Operation::Skip(Skip::MayNotUpdate),
    };
    planned(operation, pending)
}

/// What differs between `before` and `desired`, and the requests that mend it.
fn difference(rule: &Rule, before: &Values, desired: &Desired) -> (Vec<Change>, Vec<PatchRequest>) {
    let mut changes = Vec::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for mapping in &rule.mappings {
        let name = &mapping.target.name;
        let old = before.get(name);
        let new = match desired.always.get(name) {
            Some(new) if old.is_some_and(|old| same(&mapping.target, old, new)) => continue,
            Some(new) if old.is_none() && is_empty(new) => continue,
            Some(new) => Some(new.clone()),
            None if old.is_some() && desired.cleared.contains(name) => None,
            None => continue,
        };
        let operations = if name == ACTIVE { &mut first } else { &mut rest };
        operations.push(operation(&mapping.target.path, old, new.as_ref()));
        changes.push(Change { attribute: name.clone(), old: old.cloned(), new });
    }
    let requests = [first, rest].into_iter().filter(|operations| !operations.is_empty());
    (changes, requests.map(|operations| PatchRequest { operations }).collect())
}

/// `add` where there was no value, `replace` where there was, `remove` where none remains.
fn operation(path: &Path, old: Option<&Json>, new: Option<&Json>) -> PatchOperation {
    let (op, value) = match new {
        None => (Op::Remove, None),
        Some(new) if is_empty(new) => (Op::Remove, None),
        Some(new) if new.is_array() || old.is_some() => (Op::Replace, Some(new.clone())),
        Some(new) => (Op::Add, Some(new.clone())),
    };
    PatchOperation { op, path: Some(path.clone()), value }
}

/// The body of a create: the values in their places, and the schemas they belong to.
fn body(rule: &Rule, kind: ObjectKind, values: &Values) -> Resource {
    let paths: Vec<(Path, Json)> = rule
        .mappings
        .iter()
        .filter_map(|mapping| {
            Some((mapping.target.path.clone(), values.get(&mapping.target.name)?.clone()))
        })
        .collect();
    let attributes = resource::assemble(&paths);
    let core = match kind {
        ObjectKind::User => schema::urn::USER,
        ObjectKind::Group => schema::urn::GROUP,
    };
    let extensions =
        attributes.keys().filter(|key| key.starts_with("urn:")).map(|key| Json::from(key.as_str()));
    let schemas: Vec<Json> = std::iter::once(Json::from(core)).chain(extensions).collect();
    let mut body = Resource::new();
    body.insert("schemas".to_owned(), Json::Array(schemas));
    body.extend(attributes);
    body
}

fn is_empty(value: &Json) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
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
