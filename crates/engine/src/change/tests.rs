//! What becomes of the values of one update: before and wanted in, operations out.

use graph::schema::SynchronizationSchema;
use serde_json::{Value as Json, json};

use super::*;
use crate::configuration::Configuration;
use crate::fixture::{ada, assigned, context, grace, policy, schema};
use crate::mapping;
use crate::object::MappingInput;
use crate::scope::{self, ScopeSetting};

const CITY: &str = r#"addresses[type eq "work"].locality"#;
const REGION: &str = r#"addresses[type eq "work"].region"#;

/// The operations that bring an account of these values in step with `object`, one after the
/// other. `settings` are added to the second mapping.
#[expect(clippy::needless_pass_by_value, reason = "reads better in a test")]
fn operations(
    lines: &[(&str, &str, &str, i32)],
    settings: Json,
    before: Json,
    object: Json,
) -> String {
    let all = [&[("userName", "String!", "[userPrincipalName]", 1)], lines].concat();
    let mut schema = schema("User", "Add,Update,Delete", &all);
    let mapping =
        &mut schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"][1];
    mapping.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let schema: SynchronizationSchema = serde_json::from_value(schema).unwrap();
    let (configuration, findings) = Configuration::compile(&schema);
    let configuration = configuration.unwrap_or_else(|| panic!("{findings:?}"));
    let rule = configuration.rule(ObjectKind::User).unwrap();
    let (object, entitlements) = (ada(object), assigned("Agent"));
    let verdict = scope::evaluate(&policy(ScopeSetting::All), &object, &entitlements);
    let input = MappingInput {
        object: &object,
        is_soft_deleted: verdict.is_soft_deleted(),
        entitlements: &entitlements,
    };
    let desired = mapping::map(rule, &input, &context(&grace)).unwrap();
    let mut before: Values = serde_json::from_value(before).unwrap();
    before.insert("userName".to_owned(), json!("ada@example.com"));
    let difference = difference(rule, &before, &desired);
    let of = |request: &PatchRequest| request.to_json()["Operations"].to_string();
    difference.requests.iter().map(of).collect::<Vec<_>>().join(" then ")
}

/// One mapping of `title` from the job title.
#[track_caller]
fn check(settings: Json, before: Json, object: Json, expected: &str) {
    let lines = [("title", "String", "[jobTitle]", 0)];
    assert_eq!(operations(&lines, settings, before, object), expected);
}

const REPLACE: &str = r#"[{"op":"replace","path":"title","value":"Lead"}]"#;
const ADD: &str = r#"[{"op":"add","path":"title","value":"Lead"}]"#;

#[test]
fn a_value_that_always_applies_is_added_replaced_or_left() {
    check(json!({}), json!({"title": "Agent"}), json!({"jobTitle": "Lead"}), REPLACE);
    check(json!({}), json!({}), json!({"jobTitle": "Lead"}), ADD);
    check(json!({}), json!({"title": "Lead"}), json!({"jobTitle": "Lead"}), "");
    check(json!({}), json!({"title": null}), json!({"jobTitle": "Lead"}), ADD);
}

#[test]
fn a_value_of_the_creation_only_never_changes() {
    let settings = json!({"flowType": "ObjectAddOnly"});
    check(settings, json!({"title": "Agent"}), json!({"jobTitle": "Lead"}), "");
}

#[test]
fn a_value_that_fills_is_added_where_there_is_none() {
    for flow_type in ["ValueAddOnly", "AttributeAddOnly"] {
        let settings = json!({"flowType": flow_type});
        check(settings.clone(), json!({}), json!({"jobTitle": "Lead"}), ADD);
        check(settings, json!({"title": "Agent"}), json!({"jobTitle": "Lead"}), "");
    }
}

#[test]
fn an_attribute_that_fills_waits_until_nothing_of_it_is_there() {
    let lines = [(CITY, "String", "[city]", 0), (REGION, "String", "[state]", 0)];
    let region = json!({REGION: "IDF"});
    let object = json!({"city": "Paris", "state": "IDF"});
    let flow = |name: &str| json!({"flowType": name});
    assert_eq!(operations(&lines, flow("AttributeAddOnly"), region.clone(), object.clone()), "");
    let add = r#"[{"op":"add","path":"addresses[type eq \"work\"].locality","value":"Paris"}]"#;
    assert_eq!(operations(&lines, flow("ValueAddOnly"), region, object), add);
}

#[test]
fn an_empty_source_clears_only_where_the_mapping_says_so() {
    let (before, object) = (json!({"title": "Agent"}), json!({"jobTitle": null}));
    check(json!({}), before.clone(), object.clone(), "");
    check(json!({"flowNullValues": false}), before.clone(), object.clone(), "");
    let clears = json!({"flowNullValues": true});
    check(clears.clone(), before, object.clone(), r#"[{"op":"remove","path":"title"}]"#);
    check(clears.clone(), json!({}), object.clone(), "");
    let clears = json!({"flowNullValues": true, "defaultValue": "Guest"});
    check(clears, json!({"title": "Guest"}), object, "");
}

#[test]
fn a_default_is_for_creation_and_a_constant_alone_also_fills() {
    let (before, object) = (json!({"title": "Agent"}), json!({"jobTitle": null}));
    check(json!({"defaultValue": "Guest"}), before.clone(), object.clone(), "");
    check(json!({"defaultValue": "Guest"}), json!({}), object.clone(), "");
    let constant = json!({"source": null, "defaultValue": "Guest"});
    check(constant.clone(), before, object.clone(), "");
    let add = r#"[{"op":"add","path":"title","value":"Guest"}]"#;
    check(constant, json!({}), object, add);
}

#[test]
fn what_always_flows_travels_with_an_update_and_causes_none() {
    let lines =
        [("title", "String", "[jobTitle]", 0), ("displayName", "String", "[displayName]", 0)];
    let always = json!({"flowBehavior": "FlowAlways"});
    let before = json!({"title": "Agent", "displayName": "Ada"});
    assert_eq!(operations(&lines, always.clone(), before.clone(), json!({})), "");
    insta::assert_snapshot!(operations(&lines, always, before, json!({"displayName": "Ada L"})), @r#"[{"op":"replace","path":"displayName","value":"Ada L"},{"op":"replace","path":"title","value":"Agent"}]"#);
}

#[test]
fn added_values_join_those_that_are_there_and_none_is_taken_away() {
    let lines = [("tags", "String*", "[otherMails]", 0)];
    let adding = json!({"flowType": "MultiValueAddOnly"});
    let before = json!({"tags": ["a", "b"]});
    let tags = |values: Json| json!({"otherMails": values});
    assert_eq!(
        operations(&lines, adding.clone(), before.clone(), tags(json!(["B", "c"]))),
        r#"[{"op":"add","path":"tags","value":["c"]}]"#
    );
    assert_eq!(operations(&lines, adding.clone(), before.clone(), tags(json!(["a"]))), "");
    assert_eq!(operations(&lines, adding, before.clone(), tags(json!([]))), "");
    let replace = r#"[{"op":"replace","path":"tags","value":["a"]}]"#;
    assert_eq!(operations(&lines, json!({}), before.clone(), tags(json!(["a"]))), replace);
    // An attribute that became empty is no value, as for a single one.
    assert_eq!(operations(&lines, json!({}), before, tags(json!([]))), "");
}

#[test]
fn roles_are_added_or_asserted_as_their_function_says() {
    let before = json!({"roles": [{"value": "Agent"}, {"value": "Lead"}]});
    let additive = [("roles", "String*", "AppRoleAssignmentsComplex([appRoleAssignments])", 0)];
    assert_eq!(operations(&additive, json!({}), before.clone(), json!({})), "");
    let assertive =
        [("roles", "String*", "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])", 0)];
    insta::assert_snapshot!(operations(&assertive, json!({}), before, json!({})), @r#"[{"op":"replace","path":"roles","value":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"Agent","value":"Agent"}]}]"#);
}

#[test]
fn the_last_part_of_an_element_takes_the_element_along() {
    let lines = [(CITY, "String", "[city]", 0), (REGION, "String", "[state]", 0)];
    let clears = json!({"flowNullValues": true});
    let before = json!({CITY: "Paris", REGION: "IDF"});
    let only_city = operations(&lines, clears.clone(), before, json!({"state": "IDF"}));
    insta::assert_snapshot!(only_city, @r#"[{"op":"remove","path":"addresses[type eq \"work\"].locality"}]"#);
    let whole = operations(&lines, clears, json!({CITY: "Paris"}), json!({}));
    insta::assert_snapshot!(whole, @r#"[{"op":"remove","path":"addresses[type eq \"work\"]"}]"#);
}

#[test]
fn a_reference_is_resolved_by_the_accounts_that_there_are() {
    let lines = [("urn:x:2.0:User:assistant", "Reference", "[extensionAttribute5]", 0)];
    let assistant = |id: &str| json!({"extensionAttribute5": id});
    assert_eq!(
        operations(&lines, json!({}), json!({}), assistant("grace")),
        r#"[{"op":"add","path":"urn:x:2.0:User:assistant","value":{"value":"g-1"}}]"#
    );
    assert_eq!(operations(&lines, json!({}), json!({}), assistant("nobody")), "");
}

#[test]
fn a_date_is_written_as_scim_writes_dates() {
    let lines = [("urn:x:2.0:User:since", "DateTime", "CDate([employeeHireDate])", 0)];
    insta::assert_snapshot!(operations(&lines, json!({}), json!({}), json!({"employeeHireDate": "3/16/2020"})), @r#"[{"op":"add","path":"urn:x:2.0:User:since","value":"2020-03-16T00:00:00Z"}]"#);
}
