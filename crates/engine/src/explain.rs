//! Why is it so? Everything that was decided about one object, as data.
//!
//! The scope with every clause, each mapping with its value and how it came about, what the target
//! is asked, and the plan. Nothing is decided here: the same functions that plan a cycle give
//! their answers, and this module only writes them down. Values that `Redact` hides stay hidden.

use expression::Trace;
use scim::patch::PatchRequest;
use serde::Serialize;
use serde_json::Value as Json;

use crate::change::Change;
use crate::configuration::{Applies, Mapping, Rule, Source};
use crate::filter::{self, Examined};
use crate::id::SourceId;
use crate::mapping::{self, Mapped, MappingContext, Outcome, expression_context};
use crate::matching::Query;
use crate::plan::{self, Aim, Case, Operation, Planned, Step, Update};
use crate::reason::Failure;
use crate::scope::{Policy, Scope};
use crate::unique;

/// What is shown instead of a value that must not be shown.
pub const REDACTED: &str = "[Redact]";

/// Everything that was decided about one object.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The object's id in the directory.
    pub object_id: String,
    /// User or group.
    pub object_type: &'static str,
    /// The name that people know it by.
    pub display_name: String,
    /// Whether it is in scope, and why.
    pub scope: ScopeExplanation,
    /// The mappings in the order of the schema.
    pub mappings: Vec<MappingExplanation>,
    /// The queries by which its account is recognised, in order.
    pub matching: Vec<QueryExplanation>,
    /// What would be done.
    pub plan: PlanExplanation,
}

/// Whether an object is in scope, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeExplanation {
    /// Whether it is.
    pub in_scope: bool,
    /// The verdict in one sentence.
    pub sentence: String,
    /// The computed attribute `IsSoftDeleted`.
    pub is_soft_deleted: bool,
    /// Every group of the scoping filter with every clause and the value it was tested with.
    pub filter: Vec<Examined>,
}

/// One mapping and what it came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MappingExplanation {
    /// The target attribute.
    pub target: String,
    /// The text of its source.
    pub source: String,
    /// Matching precedence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching_precedence: Option<u32>,
    /// When it applies, as the schema says it: `Always`, `ObjectAddOnly`, …
    pub flow_type: &'static str,
    /// Whether it takes part in the plan: for an account that closes, only what is mapped from
    /// `IsSoftDeleted` does.
    pub counts: bool,
    /// `value`, `default`, `nothing`, `dropped`, `candidates`, `reference`, `members` or `failed`.
    pub outcome: &'static str,
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureExplanation>,
    /// The objects it refers to that have no account yet, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<String>,
    /// How the value came about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceExplanation>,
}

/// One part of an expression and what it came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceExplanation {
    /// The part.
    pub text: String,
    /// Its first byte and the one after its last, in the text of the source.
    pub span: [usize; 2],
    /// What it came to.
    pub outcome: String,
    /// The parts inside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<TraceExplanation>,
}

/// One question to the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryExplanation {
    /// The target attribute.
    pub attribute: String,
    /// The value asked for.
    pub value: String,
}

/// What would be done.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanExplanation {
    /// `create`, `update`, `disable`, `delete`, `other`; `match` where the target has to be asked.
    pub action: &'static str,
    /// The account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// Why nothing is done, or what failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<FailureExplanation>,
    /// What changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangeExplanation>,
    /// References that wait for an account.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<PendingExplanation>,
    /// What would be done if the target has no such account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub if_absent: Option<Box<PlanExplanation>>,
}

/// A reference that waits for an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingExplanation {
    /// The target attribute.
    pub attribute: String,
    /// The source object that has no account yet.
    pub object_id: String,
}

/// A reason with its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureExplanation {
    /// The code that the provisioning log shows.
    pub code: &'static str,
    /// The sentence.
    pub sentence: String,
}

/// One changed attribute.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeExplanation {
    /// The target attribute.
    pub attribute: String,
    /// The value before, as far as it is known.
    pub old: Option<Json>,
    /// The value after.
    pub new: Option<Json>,
}

/// Explains an object: what was decided about it, by the functions that decide.
#[must_use]
pub fn explain(policy: &Policy<'_>, case: &Case<'_>, context: &MappingContext<'_>) -> Explanation {
    let step = plan::begin(case, context);
    let input = case.input();
    let mapped = case.rule.map(|rule| mapping::map_each(rule, &input, context));
    let closes = case.verdict.is_soft_deleted();
    let explained = mapped.into_iter().flatten().map(|mapped| {
        let trace = match &mapped.mapping.source {
            Source::Expression(source) => {
                Some(TraceExplanation::of(&source.trace(&expression_context(&input, context))))
            }
            _ => None,
        };
        MappingExplanation::of(mapped, closes, trace)
    });
    let asked = match (&step, case.rule) {
        (Ok(Step::Match(queries, _)), _) => queries.clone(),
        (Ok(Step::Done(Planned { operation: Operation::Create(create), .. })), _) => {
            create.queries.clone()
        }
        _ => Vec::new(),
    };
    Explanation {
        object_id: case.object.id.0.clone(),
        object_type: case.object.kind.as_str(),
        display_name: case.object.display_name.clone(),
        scope: scope(policy, case),
        mappings: explained.collect(),
        matching: asked.iter().map(|query| QueryExplanation::of(case.rule, query)).collect(),
        plan: plan(case, step),
    }
}

/// Explains a complete plan, such as the one made after the target was asked.
#[must_use]
pub fn planned(rule: Option<&Rule>, planned: &Planned) -> PlanExplanation {
    let mut plan = PlanExplanation::of(planned.operation.action());
    plan.pending = waiting(&planned.pending);
    match &planned.operation {
        Operation::Create(create) => {
            let values = create.values.iter();
            plan.changes = values.map(|(name, new)| change(rule, name, None, Some(new))).collect();
        }
        Operation::Update(update) | Operation::Disable(update) => {
            plan.target_id = Some(update.id.0.clone());
            plan.changes = update.changes.iter().map(|changed| changed_of(rule, changed)).collect();
        }
        Operation::Delete(id) => plan.target_id = Some(id.0.clone()),
        Operation::Skip(skip) => {
            plan.reason = Some(FailureExplanation { code: skip.code(), sentence: skip.sentence() });
        }
    }
    plan
}

/// The requests of an update as they would be sent, for a preview.
#[must_use]
pub fn requests(update: &Update) -> Vec<Json> {
    update.requests.iter().map(PatchRequest::to_json).collect()
}

fn scope(policy: &Policy<'_>, case: &Case<'_>) -> ScopeExplanation {
    let examined = policy.filter.map(|filter| filter::examine(filter, case.object, policy.now));
    ScopeExplanation {
        in_scope: matches!(case.verdict.scope, Scope::In(_)),
        sentence: case.verdict.sentence(),
        is_soft_deleted: case.verdict.is_soft_deleted(),
        filter: examined.unwrap_or_default(),
    }
}

fn plan(case: &Case<'_>, step: Result<Step, Failure>) -> PlanExplanation {
    match (step, case.rule) {
        (Ok(Step::Done(done)), rule) => planned(rule, &done),
        (Ok(Step::Match(queries, aim)), Some(rule)) => {
            let mut plan = PlanExplanation::of("match");
            if let Aim::Join(desired) = &aim {
                plan.pending = waiting(&desired.pending);
            }
            // The question which candidate is free stays open; the first is shown.
            let mut aim = aim;
            while unique::question(rule, &aim).is_some()
                && unique::answered(&mut aim, false).is_ok()
            {}
            let absent = plan::absent(rule, case.object.kind, queries, aim);
            let absent = match absent {
                Ok(done) => planned(Some(rule), &done),
                Err(failure) => PlanExplanation::failed(&failure),
            };
            plan.if_absent = Some(Box::new(absent));
            plan
        }
        (Ok(Step::Match(..)), None) => PlanExplanation::of("other"),
        (Err(failure), _) => PlanExplanation::failed(&failure),
    }
}

impl MappingExplanation {
    fn of(mapped: Mapped<'_>, account_closes: bool, trace: Option<TraceExplanation>) -> Self {
        let Mapped { mapping, outcome } = mapped;
        let mut explained = Self {
            target: mapping.target.name.clone(),
            source: mapping.source_text(),
            matching_precedence: mapping.matching,
            flow_type: flow_type(mapping.applies),
            counts: !account_closes || mapping::closes(mapping),
            outcome: "nothing",
            value: None,
            failure: None,
            waits_for: Vec::new(),
            trace,
        };
        match outcome {
            Ok(Outcome::Value(value)) => explained.set("value", Some(value)),
            Ok(Outcome::Default(value)) => explained.set("default", Some(value)),
            Ok(Outcome::Nothing) => {}
            Ok(Outcome::Dropped) => explained.set("dropped", None),
            Ok(Outcome::Candidates(values)) => explained.set("candidates", Some(values.into())),
            Ok(Outcome::Members) => explained.set("members", None),
            Ok(Outcome::Reference(value, waiting)) => {
                explained.set("reference", value);
                explained.waits_for = waiting.into_iter().map(|object| object.0).collect();
            }
            Err(failure) => {
                explained.set("failed", None);
                explained.failure = Some(FailureExplanation::of(&failure));
            }
        }
        if mapping.is_redacted() {
            explained.value = explained.value.map(|_| REDACTED.into());
        }
        explained
    }

    fn set(&mut self, outcome: &'static str, value: Option<Json>) {
        self.outcome = outcome;
        self.value = value;
    }
}

impl TraceExplanation {
    fn of(trace: &Trace) -> Self {
        Self {
            text: trace.text.clone(),
            span: [trace.span.start, trace.span.end],
            outcome: trace.outcome.to_string(),
            parts: trace.children.iter().map(Self::of).collect(),
        }
    }
}

impl QueryExplanation {
    fn of(rule: Option<&Rule>, query: &Query) -> Self {
        let value = if is_redacted(rule, &query.attribute) { REDACTED } else { &query.value };
        Self { attribute: query.attribute.clone(), value: value.to_owned() }
    }
}

impl PlanExplanation {
    fn of(action: &'static str) -> Self {
        Self {
            action,
            target_id: None,
            reason: None,
            changes: Vec::new(),
            pending: Vec::new(),
            if_absent: None,
        }
    }

    fn failed(failure: &Failure) -> Self {
        Self::refused(FailureExplanation::of(failure))
    }

    /// Nothing can be done, for this reason.
    #[must_use]
    pub fn refused(reason: FailureExplanation) -> Self {
        Self { reason: Some(reason), ..Self::of("other") }
    }
}

impl FailureExplanation {
    fn of(failure: &Failure) -> Self {
        Self { code: failure.code(), sentence: failure.to_string() }
    }
}

fn waiting(pending: &[(String, SourceId)]) -> Vec<PendingExplanation> {
    let waiting = |(attribute, object): &(String, SourceId)| PendingExplanation {
        attribute: attribute.clone(),
        object_id: object.0.clone(),
    };
    pending.iter().map(waiting).collect()
}

fn changed_of(rule: Option<&Rule>, changed: &Change) -> ChangeExplanation {
    change(rule, &changed.attribute, changed.old.as_ref(), changed.new.as_ref())
}

fn change(
    rule: Option<&Rule>,
    name: &str,
    old: Option<&Json>,
    new: Option<&Json>,
) -> ChangeExplanation {
    let hidden = is_redacted(rule, name);
    let shown = |value: &Json| if hidden { REDACTED.into() } else { value.clone() };
    ChangeExplanation { attribute: name.to_owned(), old: old.map(shown), new: new.map(shown) }
}

fn is_redacted(rule: Option<&Rule>, name: &str) -> bool {
    rule.and_then(|rule| rule.mapping(name)).is_some_and(Mapping::is_redacted)
}

/// The flow type as the schema spells it.
fn flow_type(applies: Applies) -> &'static str {
    match applies {
        Applies::Always => "Always",
        Applies::OnCreate => "ObjectAddOnly",
        Applies::AddingValues => "MultiValueAddOnly",
        Applies::WithoutValue => "ValueAddOnly",
        Applies::WithoutAttribute => "AttributeAddOnly",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::filter::List;
    use crate::fixture::{ada, assigned, context, grace, policy, rule, sales_only};
    use crate::object::ObjectKind;
    use crate::plan::{Known, TargetPromise};
    use crate::scope::{self, ScopeSetting};

    /// The explanation of Ada with a filter on Sales, as JSON.
    fn explained(attributes: Json, known: Known<'_>) -> Json {
        let rule = rule(
            ObjectKind::User,
            "Add,Update,Delete",
            &[
                ("userName", "String!", "[userPrincipalName]", 1),
                ("active", "Boolean", "Not([IsSoftDeleted])", 0),
                ("title", "String", "Item([jobTitle], 3)", 0),
                ("nickName", "String", "Redact([displayName])", 0),
                ("urn:x:manager", "Reference", "[manager]", 0),
            ],
        );
        let filter = sales_only(List::Groups);
        let policy = Policy { filter: Some(&filter), ..policy(ScopeSetting::Assigned) };
        let mut object = ada(attributes);
        object.manager = Some(SourceId::from("nobody"));
        let entitlements = assigned("employee");
        let verdict = scope::evaluate(&policy, &object, &entitlements);
        let promise = TargetPromise::default();
        let case = Case {
            rule: Some(&rule),
            object: &object,
            entitlements: &entitlements,
            verdict: &verdict,
            known,
            promise,
        };
        serde_json::to_value(explain(&policy, &case, &context(&grace))).unwrap()
    }

    #[test]
    fn every_failing_mapping_is_told_and_the_others_keep_their_values() {
        let explained = explained(json!({"department": "Sales"}), Known::Unlinked);
        let line = |mapping: &Json| {
            let value = mapping.get("value").or(mapping.get("waitsFor"));
            let failure = mapping["failure"]["code"].as_str().unwrap_or_default();
            let outcome = mapping["outcome"].as_str().unwrap();
            let value = value.map(Json::to_string).unwrap_or_default();
            format!("{} {outcome} {value}{failure}", mapping["target"])
        };
        let lines: Vec<String> =
            explained["mappings"].as_array().unwrap().iter().map(line).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        "userName" value "ada@example.com"
        "active" value true
        "title" failed AttributeMappingFailed
        "nickName" value "[Redact]"
        "urn:x:manager" reference ["nobody"]
        "#);
        insta::assert_snapshot!(explained["plan"], @r#"{"action":"other","reason":{"code":"AttributeMappingFailed","sentence":"attribute \"title\" could not be computed: Item asks for value 3 of 1: values count from 1; ask Count first"}}"#);
        insta::assert_snapshot!(explained["mappings"][0]["trace"], @r#"{"text":"[userPrincipalName]","span":[0,19],"outcome":"\"ada@example.com\""}"#);
    }

    #[test]
    fn somebody_out_of_scope_is_explained_clause_by_clause() {
        let sent =
            [("userName".to_owned(), json!("ada@example.com")), ("active".to_owned(), json!(true))]
                .into();
        let id = crate::id::ScimId::from("a-1");
        let explained =
            explained(json!({"department": "HR"}), Known::Linked { id: &id, sent: &sent });
        insta::assert_snapshot!(explained["scope"], @r#"{"inScope":false,"sentence":"out of scope, not admitted by the scoping filter: in \"Sales\", department EQUALS \"Sales\" does not hold for \"HR\"","isSoftDeleted":true,"filter":[{"list":"groups","group":"Sales","holds":false,"clauses":[{"clause":"department EQUALS \"Sales\"","holds":false,"value":"\"HR\""}]}]}"#);
        insta::assert_snapshot!(explained["plan"], @r#"{"action":"disable","targetId":"a-1","changes":[{"attribute":"active","old":true,"new":false}]}"#);
        let counts: Vec<bool> = explained["mappings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|mapping| mapping["counts"].as_bool().unwrap())
            .collect();
        assert_eq!(counts, [false, true, false, false, false]);
    }

    #[test]
    fn an_account_that_may_be_there_is_asked_for_and_otherwise_created() {
        let explained =
            explained(json!({"department": "Sales", "jobTitle": ["a", "b", "c"]}), Known::Unlinked);
        insta::assert_snapshot!(explained["matching"], @r#"[{"attribute":"userName","value":"ada@example.com"}]"#);
        insta::assert_snapshot!(explained["plan"], @r#"{"action":"match","pending":[{"attribute":"urn:x:manager","objectId":"nobody"}],"ifAbsent":{"action":"create","changes":[{"attribute":"active","old":null,"new":true},{"attribute":"nickName","old":null,"new":"[Redact]"},{"attribute":"title","old":null,"new":"c"},{"attribute":"userName","old":null,"new":"ada@example.com"}],"pending":[{"attribute":"urn:x:manager","objectId":"nobody"}]}}"#);
    }
}
