//! How deployed clients write a PATCH, and what each of them means. One test for each
//! habit, named after who has it.

use scim::patch::Tolerance::{self, *};
use scim::patch::{self, PatchRequest};
use scim::schema::urn;
use serde_json::{Value, json};

use crate::arbitrary::schema;

/// Reads and applies the operations of a request without `schemas` being looked at.
#[track_caller]
fn check(resource: Value, operations: Value, expected: Value, tolerances: &[Tolerance]) {
    let message = json!({"schemas": [scim::message::urn::PATCH_OP], "Operations": operations});
    check_message(resource, &message, expected, tolerances);
}

#[track_caller]
fn check_message(resource: Value, message: &Value, expected: Value, tolerances: &[Tolerance]) {
    let (request, mut used) = PatchRequest::from_json(message).unwrap();
    let Value::Object(mut changed) = resource else { panic!("no resource") };
    let applied = patch::apply(&mut changed, &request, schema()).unwrap();
    assert_eq!(Value::Object(changed.clone()), expected);
    used.extend(applied.tolerances);
    used.sort_unstable();
    used.dedup();
    assert_eq!(used, tolerances);
    let applied = patch::apply(&mut changed, &request, schema()).unwrap();
    assert_eq!(Value::Object(changed), expected, "twice");
    assert!(!applied.changed, "the second time changes nothing");
}

fn enterprise(values: Value) -> Value {
    json!({urn::ENTERPRISE_USER: values})
}

#[test]
fn entra_writes_operations_with_a_capital_and_booleans_as_texts() {
    check(
        json!({"active": true}),
        json!([{"op": "Replace", "path": "active", "value": "False"}]),
        json!({"active": false}),
        &[CapitalOp, BooleanAsText],
    );
    check(
        json!({"active": false}),
        json!([{"op": "Add", "path": "active", "value": "True"}]),
        json!({"active": true}),
        &[CapitalOp, BooleanAsText],
    );
}

#[test]
fn entra_removes_a_member_by_value_and_nobody_else_goes() {
    check(
        json!({"members": [{"value": "1"}, {"value": "2"}]}),
        json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "1"}]}]),
        json!({"members": [{"value": "2"}]}),
        &[CapitalOp, RemoveWithValue],
    );
    check(
        json!({"members": [{"value": "2"}]}),
        json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "gone"}]}]),
        json!({"members": [{"value": "2"}]}),
        &[CapitalOp, RemoveWithValue],
    );
    check(
        json!({"members": [{"value": "2"}, {"value": "3"}]}),
        json!([{"op": "remove", "path": "members", "value": {"value": "3"}}]),
        json!({"members": [{"value": "2"}]}),
        &[RemoveWithValue, SingleForList],
    );
}

#[test]
fn entra_with_its_flag_removes_a_member_as_the_rfc_has_it() {
    check(
        json!({"members": [{"value": "1"}, {"value": "2"}]}),
        json!([{"op": "remove", "path": "members[value eq \"1\"]"}]),
        json!({"members": [{"value": "2"}]}),
        &[],
    );
}

#[test]
fn entra_adds_members_with_an_empty_reference() {
    check(
        json!({}),
        json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "a"}, {"$ref": null, "value": "b"}]}]),
        json!({"members": [{"value": "a"}, {"value": "b"}]}),
        &[CapitalOp],
    );
}

#[test]
fn entra_writes_to_elements_that_do_not_exist_yet() {
    for op in ["add", "replace"] {
        check(
            json!({}),
            json!([
                {"op": op, "path": "emails[type eq \"work\"].value", "value": "a@x"},
                {"op": op, "path": "addresses[type eq \"work\"].streetAddress", "value": "S"},
                {"op": op, "path": "addresses[type eq \"work\"].postalCode", "value": "P"},
            ]),
            json!({"emails": [{"type": "work", "value": "a@x"}], "addresses": [{"type": "work", "streetAddress": "S", "postalCode": "P"}]}),
            &[ElementMade],
        );
    }
}

#[test]
fn entra_names_a_manager_bare_listed_or_as_an_object() {
    let managed = |id: &str| enterprise(json!({"manager": {"value": id}}));
    let full = format!("{}:manager", urn::ENTERPRISE_USER);
    check(
        json!({}),
        json!([{"op": "Add", "path": full, "value": "7"}]),
        managed("7"),
        &[CapitalOp, BareValue],
    );
    check(
        managed("6"),
        json!([{"op": "Add", "path": "manager", "value": [{"$ref": "http://x/Users/7", "value": "7"}]}]),
        enterprise(json!({"manager": {"value": "7", "$ref": "http://x/Users/7"}})),
        &[CapitalOp, ListForSingle],
    );
    check(
        managed("6"),
        json!([{"op": "replace", "path": full, "value": {"value": "7"}}]),
        managed("7"),
        &[],
    );
}

#[test]
fn entra_clears_a_manager_by_an_empty_text() {
    let managed = || enterprise(json!({"manager": {"value": "7"}}));
    let full = format!("{}:manager", urn::ENTERPRISE_USER);
    check(
        managed(),
        json!([{"op": "Replace", "path": full, "value": ""}]),
        json!({}),
        &[CapitalOp, EmptyClears],
    );
    check(
        managed(),
        json!([{"op": "Replace", "path": full, "value": {"value": ""}}]),
        json!({}),
        &[CapitalOp, EmptyClears],
    );
    check(managed(), json!([{"op": "remove", "path": full}]), json!({}), &[]);
}

#[test]
fn entra_packs_a_role_as_json_into_a_text() {
    check(
        json!({}),
        json!([{"op": "Add", "path": "roles", "value": [{"value": "{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"The admin\"}"}]}]),
        json!({"roles": [{"value": "Admin", "display": "The admin"}]}),
        &[CapitalOp, JsonInText, UnknownIgnored],
    );
    check(
        json!({"roles": [{"value": "Agent", "primary": true}]}),
        json!([{"op": "Replace", "path": "roles", "value": [{"primary": "True", "value": "Admin"}]}]),
        json!({"roles": [{"primary": true, "value": "Admin"}]}),
        &[CapitalOp, BooleanAsText],
    );
    check(
        json!({}),
        json!([{"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "Admin"}]),
        json!({"roles": [{"primary": true, "value": "Admin"}]}),
        &[CapitalOp, BooleanAsText, ElementMade],
    );
}

#[test]
fn entra_with_its_flag_sends_flat_keys_without_a_path() {
    check(
        json!({"displayName": "A", "name": {"givenName": "A", "familyName": "L"}}),
        json!([{"op": "replace", "value": {"displayName": "Bjfe", "name.givenName": "Kkom",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "Aklq",
            "urn:ietf:params:scim:schemas:core:2.0:User:title": "T"}}]),
        json!({"displayName": "Bjfe", "name": {"givenName": "Kkom", "familyName": "L"}, "title": "T",
            urn::ENTERPRISE_USER: {"employeeNumber": "Aklq"}}),
        &[PathAsKey],
    );
}

#[test]
fn okta_sends_nested_objects_without_a_path() {
    check(
        json!({"active": true, "name": {"givenName": "A", "familyName": "L"}}),
        json!([{"op": "replace", "value": {"active": false, "name": {"familyName": "M"}, "id": "7"}}]),
        json!({"active": false, "name": {"givenName": "A", "familyName": "M"}}),
        &[ReadOnlyIgnored],
    );
    check(
        json!({"displayName": "G", "members": [{"value": "1"}]}),
        json!([{"op": "replace", "value": {"id": "9", "displayName": "H"}}, {"op": "add", "path": "members", "value": [{"value": "2", "display": "b"}]}]),
        json!({"displayName": "H", "members": [{"value": "1"}, {"value": "2"}]}),
        &[ReadOnlyIgnored],
    );
}

#[test]
fn okta_replaces_the_members_of_a_group() {
    check(
        json!({"members": [{"value": "1"}]}),
        json!([{"op": "replace", "path": "members", "value": [{"value": "2"}, {"value": "3"}]}]),
        json!({"members": [{"value": "2"}, {"value": "3"}]}),
        &[],
    );
}

#[test]
fn genesys_users_list_the_schemas_of_the_resource_instead_of_the_message() {
    check_message(
        json!({}),
        &json!({"schemas": [urn::USER, urn::ENTERPRISE_USER], "Operations": [{"op": "replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "D"}]}),
        enterprise(json!({"department": "D"})),
        &[NoPatchSchema],
    );
}

#[test]
fn others_write_keys_in_another_case_and_one_operation_without_a_list() {
    check_message(
        json!({"title": "Dr"}),
        &json!({"schemas": [scim::message::urn::PATCH_OP], "operations": {"OP": "REPLACE", "Path": "TITLE", "Value": "Prof"}}),
        json!({"title": "Prof"}),
        &[CapitalOp, KeyCase, SingleOperation],
    );
}

#[test]
fn others_wrap_a_simple_value() {
    check(
        json!({}),
        json!([{"op": "add", "path": "nickName", "value": [{"$ref": null, "value": "Ada"}]}]),
        json!({"nickName": "Ada"}),
        &[ObjectForSimple, ListForSingle],
    );
}

#[test]
fn a_validator_clears_by_an_empty_text_and_by_null() {
    for value in [json!(""), json!(null)] {
        let mut tolerances = vec![];
        if value == "" {
            tolerances.push(EmptyClears);
        }
        check(
            json!({"active": true, "userName": "a"}),
            json!([{"op": "replace", "path": "active", "value": value}]),
            json!({"userName": "a"}),
            &tolerances,
        );
    }
    check(
        json!({"title": "Dr"}),
        json!([{"op": "replace", "path": "title", "value": null}]),
        json!({}),
        &[],
    );
}

#[test]
fn nobody_empties_a_list_by_adding_nothing_to_it() {
    for value in [json!(null), json!([])] {
        check(
            json!({"members": [{"value": "1"}]}),
            json!([{"op": "add", "path": "members", "value": value}]),
            json!({"members": [{"value": "1"}]}),
            &[],
        );
        check(
            json!({"members": [{"value": "1"}]}),
            json!([{"op": "add", "value": {"members": value}}]),
            json!({"members": [{"value": "1"}]}),
            &[],
        );
    }
}
