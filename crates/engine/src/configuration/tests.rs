use graph::schema::SynchronizationSchema;
use serde_json::{Value as Json, json};

use super::*;
use crate::finding::Finding;
use crate::fixture::schema;

type Lines<'l> = &'l [(&'l str, &'l str, &'l str, i32)];

/// What is found in a schema of users with these mappings, after a change to it.
fn findings(lines: Lines<'_>, change: impl FnOnce(&mut Json)) -> String {
    let mut schema = schema("User", "Add,Update,Delete", lines);
    change(&mut schema);
    let (configuration, findings) =
        Configuration::compile(&serde_json::from_value(schema).unwrap());
    assert_eq!(configuration.is_none(), findings.iter().any(Finding::is_error));
    let line = |finding: &Finding| format!("{:?}: {finding}", finding.severity);
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn mapping(schema: &mut Json, index: usize) -> &mut Json {
    &mut schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"][index]
}

const USER_NAME: (&str, &str, &str, i32) = ("userName", "String!", "[userPrincipalName]", 1);

#[test]
fn every_finding_is_told_and_says_where_it_is() {
    let lines: Lines<'_> = &[
        ("userName", "String", "[userPrincipalName]", 0),
        ("username", "String", "[mail]", 0),
        ("name.givenName", "String", "Join(\"\", [givenName]", 0),
    ];
    insta::assert_snapshot!(findings(lines, |_| ()), @r#"
    Error: User mapping, target attribute "username": is mapped twice; remove one of the two
    Error: User mapping, target attribute "name.givenName": the parenthesis ( of Join is not closed; end the parameters with )
    Warning: User mapping: no attribute is matched by, so no account can be found or created; give one a matching precedence, such as userName
    "#);
}

#[test]
fn a_schema_without_an_enabled_mapping_is_refused() {
    let (configuration, findings) = Configuration::compile(&SynchronizationSchema::default());
    assert!(configuration.is_none());
    insta::assert_snapshot!(findings[0], @"schema: no object mapping for users or groups is enabled; enable one");
}

#[test]
fn what_cannot_be_used_is_left_out_with_a_warning() {
    let lines: Lines<'_> =
        &[USER_NAME, ("password", "String", "[mail]", 0), ("id", "String", "[objectId]", 0)];
    insta::assert_snapshot!(findings(lines, |_| ()), @r#"
    Warning: User mapping, target attribute "password": is a credential, which is never provisioned, so the mapping is left out; sign people in by single sign-on, and remove the mapping
    Warning: User mapping, target attribute "id": is the target's own id, which only the target issues, so the mapping is left out; map the object's id to externalId
    "#);
}

#[test]
fn a_target_attribute_that_nothing_defines_is_taken_for_text() {
    let undefined = findings(&[USER_NAME], |schema| {
        let mappings =
            &mut schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"];
        let add = json!({"targetAttributeName": "usrName", "source": {"name": "mail"}});
        mappings.as_array_mut().unwrap().push(add);
    });
    insta::assert_snapshot!(undefined, @r#"Warning: User mapping, target attribute "usrName": is not defined in the target's attribute list and is taken for text; did you mean "userName"?"#);
}

#[test]
fn defaults_and_matches_that_cannot_work_are_errors() {
    let lines: Lines<'_> = &[
        ("userName", "String!", "\"everybody\"", 1),
        ("active", "Boolean", "[accountEnabled]", 0),
        ("roles", "String*", "[appRoleAssignments]", 0),
    ];
    insta::assert_snapshot!(findings(lines, |schema| mapping(schema, 1)["defaultValue"] = json!("maybe")), @r#"
    Error: User mapping, target attribute "userName": this is the same for everybody, so accounts cannot be told apart; match by an attribute that each person has for themselves, such as userPrincipalName
    Error: User mapping, target attribute "active": has a default value it cannot take: attribute "active" is of type Boolean, "maybe" is none; correct the source or the mapping
    Warning: User mapping, target attribute "roles": [appRoleAssignments] is not mapped as it is; write AssertiveAppRoleAssignmentsComplex([appRoleAssignments]) or SingleAppRoleAssignment([appRoleAssignments])
    "#);
}

#[test]
fn dependencies_are_what_is_not_the_objects_own() {
    let lines: Lines<'_> = &[
        USER_NAME,
        ("title", "String", "Join(\" \", [manager.department], Now())", 0),
        ("roles", "String*", "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])", 0),
    ];
    let mut schema = schema("User", "Add,Update,Delete", lines);
    schema["synchronizationRules"][0]["objectMappings"][0]["scope"] = json!({"groups": [{"clauses": [
        {"sourceOperandName": "", "operatorName": "IsMemberOf", "targetOperand": {"values": ["Agents"]}}]}]});
    let (configuration, findings) =
        Configuration::compile(&serde_json::from_value(schema).unwrap());
    let found = configuration.unwrap_or_else(|| panic!("{findings:?}")).depends_on();
    assert_eq!(found.manager_attributes, ["department".to_owned()].into());
    assert!(found.manager && found.roles && found.groups && found.clock && !found.tables);
}
