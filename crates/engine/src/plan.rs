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

/// Decides when no query found an account.
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
    let create_asks = case.promise.refuses_twins && rule.flow.create && queries.len() == 1;
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
    let update = |requests, changes, values| {
        Operation::Update(Update { id: id.clone(), requests, changes, values, adopts })
    };
    let operation = match (changes.is_empty(), rule.flow.update) {
        (false, true) => update(requests, changes, values),
        // Linked as it is: only what agrees already counts as sent.
        _ if adopts => {
            values.retain(|name, _| !changes.iter().any(|change| change.attribute == *name));
            update(Vec::new(), Vec::new(), values)
        }
        (true, _) => Operation::Skip(Skip::Redundant),
        (false, false) => Operation::Skip(Skip::MayNotUpdate),
    };
    planned(operation, pending)
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
mod tests {
    use scim::path::Path;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::fixture::{ada, assigned, context, grace, policy, sent, user_rule};
    use crate::scope::{self, ScopeSetting};

    /// The one caller of [`begin`]: what is planned for `object`, in one line.
    fn plan(object: &SourceObject, roles: &[&str], known: Known<'_>, flow: &str) -> String {
        plan_with(object, roles, known, flow, TargetPromise { refuses_twins: true })
    }

    fn plan_with(
        object: &SourceObject,
        roles: &[&str],
        known: Known<'_>,
        flow: &str,
        promise: TargetPromise,
    ) -> String {
        let rule = user_rule(flow);
        let entitlements: Vec<Entitlement> = roles.iter().flat_map(|role| assigned(role)).collect();
        let verdict = scope::evaluate(&policy(ScopeSetting::Assigned), object, &entitlements);
        let case = Case {
            rule: Some(&rule),
            object,
            entitlements: &entitlements,
            verdict: &verdict,
            known,
            promise,
        };
        match begin(&case, &context(&grace)) {
            Ok(Step::Done(planned)) => describe(&planned.operation),
            Ok(Step::Match(queries, _)) => {
                let asked =
                    queries.iter().map(|query| format!("{} \"{}\"", query.attribute, query.value));
                format!("match {}", asked.collect::<Vec<_>>().join(", "))
            }
            Err(failure) => format!("failure {}: {failure}", failure.code()),
        }
    }

    fn describe(operation: &Operation) -> String {
        let requests = |update: &Update| {
            let one = |request: &PatchRequest| request.to_json()["Operations"].to_string();
            update.requests.iter().map(one).collect::<Vec<_>>().join(" then ")
        };
        match operation {
            Operation::Create(create) => {
                format!("create {}", Json::Object(create.resource.clone()))
            }
            Operation::Update(update) => format!("update {} {}", update.id, requests(update)),
            Operation::Disable(update) => format!("disable {} {}", update.id, requests(update)),
            Operation::Delete(id) => format!("delete {id}"),
            Operation::Skip(skip) => format!("skip {}", skip.code()),
        }
    }

    const ALL: &str = "Add,Update,Delete";

    fn linked<'l>(id: &'l ScimId, sent: &'l Values) -> Known<'l> {
        Known::Linked { id, sent }
    }

    #[test]
    fn somebody_new_in_scope_is_created_complete_with_a_manager_who_has_an_account() {
        let mut object = ada(json!({}));
        object.manager = Some(SourceId::from("grace"));
        insta::assert_snapshot!(plan(&object, &["employee"], Known::Unlinked, ALL), @r#"create {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"ada@example.com","active":true,"displayName":"Ada","title":"Agent","emails":[{"type":"work","value":"ada@example.com"}],"roles":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"employee","value":"employee"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"g-1"}}}"#);
    }

    #[test]
    fn without_a_promise_of_uniqueness_the_target_is_asked_first() {
        let plan = plan_with(
            &ada(json!({})),
            &["employee"],
            Known::Unlinked,
            ALL,
            TargetPromise::default(),
        );
        assert_eq!(plan, r#"match userName "ada@example.com""#);
    }

    #[test]
    fn an_unanswered_creation_is_looked_up_by_what_was_sent_and_by_what_is_wanted_now() {
        let sent: Values = [("userName".to_owned(), json!("ada.old@example.com"))].into();
        let plan = plan(&ada(json!({})), &["employee"], Known::Creating { sent: &sent }, ALL);
        assert_eq!(plan, r#"match userName "ada.old@example.com", userName "ada@example.com""#);
    }

    #[test]
    fn what_was_sent_and_is_still_wanted_is_not_sent_again() {
        let (id, sent) = (ScimId::from("a-1"), sent());
        assert_eq!(
            plan(&ada(json!({})), &["employee"], linked(&id, &sent), ALL),
            "skip RedundantExport"
        );
    }

    #[test]
    fn a_change_of_case_counts_only_where_the_attribute_says_so() {
        let (id, sent) = (ScimId::from("a-1"), sent());
        let object = ada(json!({"displayName": "ADA", "jobTitle": "AGENT"}));
        assert_eq!(
            plan(&object, &["employee"], linked(&id, &sent), ALL),
            r#"update a-1 [{"op":"replace","path":"title","value":"AGENT"}]"#
        );
    }

    #[test]
    fn an_attribute_that_became_empty_is_left_as_it_is() {
        let (id, sent) = (ScimId::from("a-1"), sent());
        let object = ada(json!({"jobTitle": null}));
        assert_eq!(plan(&object, &["employee"], linked(&id, &sent), ALL), "skip RedundantExport");
    }

    #[test]
    fn whoever_comes_back_is_opened_before_anything_else_changes() {
        let (id, mut sent) = (ScimId::from("a-1"), sent());
        sent.insert("active".to_owned(), json!(false));
        let object = ada(json!({"jobTitle": "Lead"}));
        let known = Known::Linked { id: &id, sent: &sent };
        assert_eq!(
            plan(&object, &["employee"], known, ALL),
            r#"update a-1 [{"op":"replace","path":"active","value":true}] then [{"op":"replace","path":"title","value":"Lead"}]"#
        );
    }

    #[test]
    fn leaving_the_scope_disables_and_touches_nothing_else() {
        let (id, sent) = (ScimId::from("a-1"), sent());
        let object = ada(json!({"jobTitle": "Lead"}));
        let disable = r#"disable a-1 [{"op":"replace","path":"active","value":false}]"#;
        assert_eq!(plan(&object, &[], linked(&id, &sent), ALL), disable);
    }

    #[test]
    fn whoever_is_disabled_or_deleted_in_the_source_is_disabled() {
        let (id, sent) = (ScimId::from("a-1"), sent());
        let disable = r#"disable a-1 [{"op":"replace","path":"active","value":false}]"#;
        let disabled = SourceObject { enabled: false, ..ada(json!({})) };
        assert_eq!(plan(&disabled, &["employee"], linked(&id, &sent), ALL), disable);
        let deleted = SourceObject { presence: Presence::SoftDeleted, ..ada(json!({})) };
        assert_eq!(plan(&deleted, &["employee"], linked(&id, &sent), ALL), disable);
    }

    #[test]
    fn a_mapping_that_fails_keeps_no_leavers_account_open() {
        let (id, sent) = (ScimId::from("a-1"), sent());
        let object = ada(json!({"displayName": ["two", "values"]}));
        assert!(
            plan(&object, &["employee"], linked(&id, &sent), ALL).starts_with("failure Schema")
        );
        assert!(plan(&object, &[], linked(&id, &sent), ALL).starts_with("disable"));
    }

    #[test]
    fn a_closed_account_is_not_closed_again() {
        let (id, mut sent) = (ScimId::from("a-1"), sent());
        sent.insert("active".to_owned(), json!(false));
        let known = Known::Linked { id: &id, sent: &sent };
        assert_eq!(plan(&ada(json!({})), &[], known, ALL), "skip AlreadyDisabled");
    }

    #[test]
    fn an_account_of_which_it_is_not_known_whether_it_is_open_is_closed() {
        let (id, mut sent) = (ScimId::from("a-1"), sent());
        sent.remove("active");
        let known = Known::Linked { id: &id, sent: &sent };
        let disable = r#"disable a-1 [{"op":"add","path":"active","value":false}]"#;
        assert_eq!(plan(&ada(json!({})), &[], known, ALL), disable);
    }

    #[test]
    fn whoever_leaves_while_the_creation_is_unanswered_is_looked_up_and_closed() {
        let sent: Values = [("userName".to_owned(), json!("ada@example.com"))].into();
        let object = ada(json!({}));
        assert_eq!(
            plan(&object, &[], Known::Creating { sent: &sent }, ALL),
            r#"match userName "ada@example.com""#
        );
        let account = json!({"id": "a-9", "userName": "ada@example.com", "active": true});
        let aim = Aim::Close([("active".to_owned(), json!(false))].into());
        let found =
            found(&user_rule(ALL), &aim, &ScimId::from("a-9"), account.as_object().unwrap());
        let disable = r#"disable a-9 [{"op":"replace","path":"active","value":false}]"#;
        assert_eq!(describe(&found.operation), disable);
    }

    #[test]
    fn a_stranger_is_never_touched() {
        assert_eq!(plan(&ada(json!({})), &[], Known::Unlinked, ALL), "skip NotEffectivelyEntitled");
        let disabled = SourceObject { enabled: false, ..ada(json!({})) };
        assert_eq!(
            plan(&disabled, &["employee"], Known::Unlinked, ALL),
            "skip NotEffectivelyEntitled"
        );
    }

    #[test]
    fn only_a_purge_deletes_and_where_that_is_not_allowed_it_disables() {
        let (id, sent) = (ScimId::from("a-1"), sent());
        let purged = SourceObject { presence: Presence::Purged, ..ada(json!({})) };
        assert_eq!(plan(&purged, &[], linked(&id, &sent), ALL), "delete a-1");
        let disable = r#"disable a-1 [{"op":"replace","path":"active","value":false}]"#;
        assert_eq!(plan(&purged, &[], linked(&id, &sent), "Add,Update"), disable);
        assert_eq!(plan(&purged, &[], Known::Unlinked, ALL), "skip NotEffectivelyEntitled");
    }

    #[test]
    fn operations_that_are_switched_off_are_skips() {
        let (id, sent) = (ScimId::from("a-1"), sent());
        let object = ada(json!({"jobTitle": "Lead"}));
        assert_eq!(
            plan(&object, &["employee"], linked(&id, &sent), "Add"),
            "skip UpdateNotAllowed"
        );
        assert_eq!(plan(&object, &[], linked(&id, &sent), "Add"), "skip UpdateNotAllowed");
        assert!(plan(&object, &["employee"], Known::Unlinked, "Update").starts_with("match"));
    }

    #[test]
    fn without_a_value_to_match_by_nothing_is_created() {
        let object = ada(json!({"userPrincipalName": null}));
        assert_eq!(plan(&object, &["employee"], Known::Unlinked, ALL), "skip ImportSkipped");
    }

    #[test]
    fn a_lost_role_is_taken_away_and_a_lost_manager_too() {
        let (id, mut sent) = (ScimId::from("a-1"), sent());
        let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
        sent.insert(manager.to_owned(), json!({"value": "g-1"}));
        let object = ada(json!({}));
        let entitlements = [Entitlement { role: None, through: Vec::new() }];
        let verdict = scope::evaluate(&policy(ScopeSetting::Assigned), &object, &entitlements);
        let rule = user_rule(ALL);
        let case = Case {
            rule: Some(&rule),
            object: &object,
            entitlements: &entitlements,
            verdict: &verdict,
            known: linked(&id, &sent),
            promise: TargetPromise::default(),
        };
        let Ok(Step::Done(planned)) = begin(&case, &context(&grace)) else {
            panic!("no match is needed")
        };
        insta::assert_snapshot!(describe(&planned.operation), @r#"update a-1 [{"op":"remove","path":"roles"},{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}]"#);
    }

    #[test]
    fn a_manager_without_an_account_waits_and_changes_nothing() {
        let (id, sent) = (ScimId::from("a-1"), sent());
        let object = SourceObject { manager: Some(SourceId::from("nobody")), ..ada(json!({})) };
        assert_eq!(plan(&object, &["employee"], linked(&id, &sent), ALL), "skip RedundantExport");
    }

    #[test]
    fn an_adopted_account_is_brought_in_step_and_one_that_agrees_is_only_linked() {
        let rule = user_rule(ALL);
        let aim = Aim::Join(Desired { always: sent(), ..Desired::default() });
        let account = |title: &str| {
            let account = json!({
                "id": "a-9", "userName": "Ada@Example.com", "active": true, "displayName": "Ada", "title": title,
                "emails": [{"type": "work", "value": "ada@example.com"}], "roles": [{"value": "employee"}],
            });
            account.as_object().unwrap().clone()
        };
        let planned =
            |title| describe(&found(&rule, &aim, &ScimId::from("a-9"), &account(title)).operation);
        assert_eq!(planned("Agent"), "update a-9 ");
        assert_eq!(
            planned("Boss"),
            r#"update a-9 [{"op":"replace","path":"title","value":"Agent"}]"#
        );
    }

    #[test]
    fn a_required_value_that_is_missing_is_named() {
        let rule = crate::fixture::rule(
            ObjectKind::User,
            ALL,
            &[
                ("userName", "String!", "[userPrincipalName]", 1),
                ("title", "String!", "[jobTitle]", 0),
            ],
        );
        let desired =
            Desired { always: [("userName".to_owned(), json!("a"))].into(), ..Desired::default() };
        let failure = absent(&rule, ObjectKind::User, Vec::new(), Aim::Join(desired)).unwrap_err();
        insta::assert_snapshot!(failure, @r#"the target requires "title", for which the source has no value; fill it in the directory or give the mapping a default"#);
    }

    #[test]
    fn a_group_that_may_not_be_created_is_skipped_with_what_to_do() {
        let rule = crate::fixture::rule(
            ObjectKind::Group,
            "Update",
            &[("displayName", "String!", "[displayName]", 1)],
        );
        let queries = vec![Query {
            attribute: "displayName".to_owned(),
            path: Path::attribute("displayName"),
            value: "Agents".to_owned(),
        }];
        let planned =
            absent(&rule, ObjectKind::Group, queries, Aim::Join(Desired::default())).unwrap();
        let Operation::Skip(skip) = planned.operation else { panic!("nothing may be created") };
        insta::assert_snapshot!(skip.sentence(), @r#"the target has nothing whose displayName is "Agents", and this job may not create it; create it in the application under exactly this name, and it is taken up at the next look"#);
    }
}
