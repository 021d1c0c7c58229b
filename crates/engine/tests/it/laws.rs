//! What holds for any object under any configuration.

use engine::change;
use engine::configuration::{Configuration, Rule};
use engine::explain;
use engine::id::{ScimId, SourceId};
use engine::mapping::{MappingContext, Values};
use engine::object::{ObjectKind, Presence, SourceObject};
use engine::plan::{self, Aim, Case, Known, Operation, Planned, Step, TargetPromise};
use engine::reason::{Failure, Skip};
use engine::scope::{self, AppRole, Entitlement, Policy, ScopeSetting};
use jiff::Timestamp;
use proptest::prelude::*;
use scim::ScimType;
use scim::schema::{ResourceSchema, standard};
use serde_json::{Map, Value as Json, json};

const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";

/// Target attributes with their types; `*` for several values.
const TARGETS: [(&str, &str); 13] = [
    ("active", "Boolean"),
    ("displayName", "String"),
    ("title", "String"),
    ("urn:ietf:params:scim:schemas:extension:x:2.0:User:count", "Integer"),
    ("urn:ietf:params:scim:schemas:extension:x:2.0:User:since", "DateTime"),
    ("name.givenName", "String"),
    (r#"emails[type eq "work"].value"#, "String"),
    (r#"emails[type eq "home"].value"#, "String"),
    (r#"addresses[type eq "work"].locality"#, "String"),
    (r#"addresses[type eq "work"].region"#, "String"),
    ("roles", "String*"),
    ("urn:ietf:params:scim:schemas:extension:x:2.0:User:tags", "String*"),
    (MANAGER, "Reference"),
];

const EXPRESSIONS: [&str; 17] = [
    "[a]",
    "[b]",
    "[list]",
    "[manager]",
    "[manager.a]",
    "\"constant\"",
    "Not([IsSoftDeleted])",
    "Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")",
    "Join(\" \", [a], [b])",
    "Item([list], 1)",
    "IgnoreFlowIfNullOrEmpty([b])",
    "IIF([a]=\"1\", [b], )",
    "Replace([a], , \"(?<x>[a-z]+)\", , \"${x}!\", , )",
    "Split([a], \",\")",
    "AppRoleAssignmentsComplex([appRoleAssignments])",
    "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])",
    "CDate([b])",
];

const FLOW_TYPES: [&str; 5] =
    ["Always", "ObjectAddOnly", "MultiValueAddOnly", "ValueAddOnly", "AttributeAddOnly"];

/// A mapping of the target attribute at `index`.
fn any_mapping(index: usize) -> impl Strategy<Value = Json> {
    (
        prop::sample::select(&EXPRESSIONS[..]),
        prop::sample::select(&FLOW_TYPES[..]),
        prop::option::weighted(0.3, "[a-z0-9]{1,4}"),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(move |(expression, flow_type, default, always, clears)| {
            json!({
                "targetAttributeName": TARGETS[index].0,
                "source": {"type": "Function", "expression": expression},
                "flowType": flow_type,
                "defaultValue": default,
                "flowBehavior": if always { "FlowAlways" } else { "FlowWhenChanged" },
                "flowNullValues": clears,
            })
        })
}

/// A rule for users that matches by `userName`; none where the schema does not compile.
fn any_rule() -> impl Strategy<Value = Option<Rule>> {
    let mappings: Vec<_> =
        (0..TARGETS.len()).map(|index| prop::option::of(any_mapping(index))).collect();
    mappings.prop_map(|mappings| {
        let mut all = vec![json!({
            "targetAttributeName": "userName", "matchingPriority": 1, "source": {"name": "userPrincipalName"},
        })];
        all.extend(mappings.into_iter().flatten());
        let attribute = |(name, kind): &(&str, &str)| {
            json!({"name": name, "type": kind.trim_end_matches('*'), "multivalued": kind.ends_with('*')})
        };
        let schema = json!({
            "directories": [{"name": "target", "objects": [
                {"name": "T", "attributes": TARGETS.iter().map(attribute).collect::<Vec<_>>()}]}],
            "synchronizationRules": [{"targetDirectoryName": "target", "objectMappings": [
                {"sourceObjectName": "User", "targetObjectName": "T", "attributeMappings": all}]}],
        });
        let (configuration, _) = Configuration::compile(&serde_json::from_value(schema).unwrap());
        Some(configuration?.rule(ObjectKind::User)?.clone())
    })
}

fn any_value() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (0..3_i64).prop_map(Json::from),
        "[a-c1,]{0,3}".prop_map(Json::from),
        ".{0,6}".prop_map(Json::from),
        Just(json!("2026-09-15")),
    ]
}

fn any_object() -> impl Strategy<Value = SourceObject> {
    let list = prop::collection::vec("[a-c]{1,2}", 0..3);
    (
        any_value(),
        any_value(),
        list,
        prop::option::of(prop::sample::select(vec!["grace", "nobody"])),
    )
        .prop_map(|(a, b, list, manager)| {
            let mut attributes = Map::new();
            attributes.insert("userPrincipalName".to_owned(), "ada@example.com".into());
            attributes.insert("a".to_owned(), a.clone());
            attributes.insert("b".to_owned(), b);
            attributes.insert("list".to_owned(), list.into());
            SourceObject {
                id: SourceId::from("ada"),
                kind: ObjectKind::User,
                display_name: "Ada".to_owned(),
                enabled: true,
                presence: Presence::Present,
                attributes,
                manager: manager.map(SourceId::from),
                manager_attributes: [("a".to_owned(), a)].into_iter().collect(),
                groups: Vec::new(),
            }
        })
}

fn any_roles() -> impl Strategy<Value = Vec<Entitlement>> {
    let role = prop::sample::select(vec!["Admin", "Agent", "Lead"]);
    prop::collection::vec(role, 1..3).prop_map(|roles| {
        let entitlement = |role: &str| Entitlement {
            role: Some(AppRole {
                id: role.to_owned(),
                value: role.to_owned(),
                display_name: role.to_owned(),
            }),
            through: Vec::new(),
        };
        roles.into_iter().map(entitlement).collect()
    })
}

/// The step for an object, and an explanation that must not fail either.
fn begin(
    rule: &Rule,
    object: &SourceObject,
    entitlements: &[Entitlement],
    known: Known<'_>,
) -> Result<Step, Failure> {
    let now = Timestamp::UNIX_EPOCH;
    let setting = ScopeSetting::Assigned;
    let policy = Policy { setting, filter: Some(&rule.filter), ignores_leaving: false, now };
    let verdict = scope::evaluate(&policy, object, entitlements);
    let promise = TargetPromise { refuses_twins: true };
    let case = Case { rule: Some(rule), object, entitlements, verdict: &verdict, known, promise };
    let resolve = |id: &SourceId| (id.as_str() == "grace").then(|| ScimId::from("g-1"));
    let context =
        MappingContext { now, default_domain: None, tables: None, seed: 7, resolve: &resolve };
    let step = plan::begin(&case, &context);
    let explained = explain::explain(&policy, &case, &context);
    assert_eq!(explained.plan.reason.is_some(), step.is_err() || is_skip(&step));
    step
}

fn is_skip(step: &Result<Step, Failure>) -> bool {
    matches!(step, Ok(Step::Done(Planned { operation: Operation::Skip(_), .. })))
}

/// SCIM's users with the extension of the tests.
fn target_schema() -> ResourceSchema {
    let attribute = |name: &str, kind: &str, several: bool| json!({"name": name, "type": kind, "multiValued": several});
    let extension = json!({
        "id": "urn:ietf:params:scim:schemas:extension:x:2.0:User",
        "name": "X",
        "attributes": [
            attribute("count", "integer", false), attribute("since", "dateTime", false), attribute("tags", "string", true),
        ],
    });
    let mut schema = standard::users();
    schema.extensions.push(serde_json::from_value(extension).unwrap());
    schema
}

/// What a link remembers after an update.
fn remembered(mut sent: Values, update: &plan::Update) -> Values {
    for change in &update.changes {
        if change.new.is_none() {
            sent.remove(&change.attribute);
        }
    }
    sent.extend(update.values.clone());
    sent
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn after_success_the_next_plan_is_empty(
        rule in any_rule(), first in any_object(), second in any_object(), roles in any_roles(), others in any_roles(),
    ) {
        let Some(rule) = rule else { return Ok(()) };
        let id = ScimId::from("a-1");
        let Ok(Step::Done(Planned { operation: Operation::Create(create), .. })) =
            begin(&rule, &first, &roles, Known::Unlinked)
        else {
            return Ok(());
        };
        let again = begin(&rule, &first, &roles, Known::Linked { id: &id, sent: &create.values });
        prop_assert!(is_redundant(&again), "{again:?}");
        let next = begin(&rule, &second, &others, Known::Linked { id: &id, sent: &create.values });
        let Ok(Step::Done(Planned { operation: Operation::Update(update), .. })) = next else {
            return Ok(());
        };
        prop_assert!(!update.changes.is_empty() && !update.requests.is_empty());
        let mut account = create.resource.clone();
        for request in &update.requests {
            // A role in a list of texts is for the target to refuse.
            match scim::patch::apply(&mut account, request, &target_schema()) {
                Err(error) if error.scim_type == Some(ScimType::InvalidValue) => return Ok(()),
                applied => drop(applied.unwrap()),
            }
        }
        let mut sent = remembered(create.values, &update);
        let again = begin(&rule, &second, &others, Known::Linked { id: &id, sent: &sent });
        prop_assert!(is_redundant(&again), "{update:?} then {again:?}");
        let seen = change::shown(&rule, &account);
        // Empty texts are for the target to keep or not.
        let has_empty = |value: &Json| *value == "" || value.as_array().is_some_and(|all| all.is_empty() || all.contains(&json!("")));
        sent.retain(|_, value| !has_empty(value));
        let reformatted = change::reformatted(&rule, &sent, &account);
        prop_assert!(reformatted.is_empty(), "{update:?} gave {account:?}, not {reformatted:?}");
        let missing: Vec<_> = sent.iter().filter(|(name, _)| !seen.contains_key(*name)).collect();
        prop_assert!(missing.is_empty(), "{update:?} gave {account:?} without {missing:?}");
    }

    #[test]
    fn an_adopted_account_is_not_changed_twice(
        rule in any_rule(), theirs in any_object(), ours in any_object(), roles in any_roles(),
    ) {
        let Some(rule) = rule else { return Ok(()) };
        let id = ScimId::from("a-1");
        let created = begin(&rule, &theirs, &roles, Known::Unlinked);
        let wanted = begin(&rule, &ours, &roles, Known::Unlinked);
        let (Some(account), Some(wanted)) = (creation(created), creation(wanted)) else { return Ok(()) };
        let aim @ Aim::Join(_) = wanted.aim else { return Ok(()) };
        let found = plan::found(&rule, &aim, &id, &account.resource);
        let Operation::Update(update) = found.operation else { panic!("it is linked") };
        let sent = remembered(Values::new(), &update);
        let again = begin(&rule, &ours, &roles, Known::Linked { id: &id, sent: &sent });
        prop_assert!(is_redundant(&again), "{update:?} then {again:?}");
    }

    #[test]
    fn whoever_leaves_is_closed_once(rule in any_rule(), object in any_object(), roles in any_roles()) {
        let Some(rule) = rule else { return Ok(()) };
        let id = ScimId::from("a-1");
        let Some(create) = creation(begin(&rule, &object, &roles, Known::Unlinked)) else { return Ok(()) };
        let left = begin(&rule, &object, &[], Known::Linked { id: &id, sent: &create.values });
        let Ok(Step::Done(Planned { operation: Operation::Disable(update), .. })) = left else {
            return Ok(());
        };
        let sent = remembered(create.values, &update);
        let again = begin(&rule, &object, &[], Known::Linked { id: &id, sent: &sent });
        prop_assert!(is_skip(&again), "{again:?}");
    }

    #[test]
    fn no_schema_makes_the_compiler_panic(
        names in prop::collection::vec(".{0,30}", 1..6), expression in ".{0,60}", numbers in prop::collection::vec(any::<i32>(), 3),
    ) {
        let name = |index: usize| names[index % names.len()].clone();
        let mapping = |index: usize| json!({
            "targetAttributeName": name(index), "source": {"expression": expression, "name": name(index + 1)},
            "matchingPriority": numbers[index], "defaultValue": name(index + 2),
        });
        let schema = json!({
            "directories": [{"name": name(0), "objects": [{"name": name(1), "attributes": [{"name": name(2), "type": "Integer"}]}]}],
            "synchronizationRules": [{"targetDirectoryName": name(0), "priority": numbers[0], "objectMappings": [{
                "sourceObjectName": "User", "targetObjectName": name(1),
                "scope": {"groups": [{"clauses": [{"sourceOperandName": name(3), "operatorName": name(4), "targetOperand": {"values": [name(5)]}}]}]},
                "attributeMappings": [mapping(0), mapping(1), mapping(2)]}]}],
        });
        let (configuration, findings) = Configuration::compile(&serde_json::from_value(schema).unwrap());
        prop_assert_eq!(configuration.is_none(), findings.iter().any(engine::finding::Finding::is_error));
    }
}

fn creation(step: Result<Step, Failure>) -> Option<plan::Create> {
    match step {
        Ok(Step::Done(Planned { operation: Operation::Create(create), .. })) => Some(create),
        _ => None,
    }
}

fn is_redundant(step: &Result<Step, Failure>) -> bool {
    matches!(step, Ok(Step::Done(Planned { operation: Operation::Skip(Skip::Redundant), .. })))
}
