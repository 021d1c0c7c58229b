//! What exports say, and how they are refused.

use serde_json::json;

use super::*;

#[track_caller]
fn user(json: &str) -> Record {
    match read(&format!("{{\"@odata.context\":\"x/$metadata#users\",\"value\":[\n{json}]}}"))
        .unwrap()
    {
        Export::Users(mut users) => users.records.remove(0),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check(json: &str, expected: &[(&str, Value)]) {
    let attributes = user(&format!("{{\"id\":\"a\",{json}}}")).attributes;
    let expected: BTreeMap<String, Option<Value>> = expected
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Some(value.clone()).filter(|v| !v.is_null())))
        .collect();
    assert_eq!(attributes, expected);
}

#[track_caller]
fn refused(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn properties_become_source_attributes() {
    check(
        r#""displayName":"Ada","mobilePhone":"1","officeLocation":"HQ","accountEnabled":true"#,
        &[
            ("displayName", json!("Ada")),
            ("mobile", json!("1")),
            ("physicalDeliveryOfficeName", json!("HQ")),
            ("accountEnabled", json!(true)),
        ],
    );
}

#[test]
fn the_first_business_phone_has_a_name_of_its_own() {
    check(
        r#""businessPhones":["1","2"]"#,
        &[("telephoneNumber", json!("1")), ("businessPhones", json!(["1", "2"]))],
    );
    check(
        r#""businessPhones":[]"#,
        &[("telephoneNumber", json!(null)), ("businessPhones", json!(null))],
    );
}

#[test]
fn extension_attributes_lie_flat() {
    check(
        r#""onPremisesExtensionAttributes":{"extensionAttribute1":"EMEA","extensionAttribute2":null}"#,
        &[("extensionAttribute1", json!("EMEA")), ("extensionAttribute2", json!(null))],
    );
    assert_eq!(user(r#"{"id":"a","onPremisesExtensionAttributes":null}"#).attributes.len(), 15);
}

#[test]
fn null_and_empty_both_clear() {
    check(
        r#""city":null,"state":"","proxyAddresses":[],"thing":{}"#,
        &[
            ("city", json!(null)),
            ("state", json!(null)),
            ("proxyAddresses", json!(null)),
            ("thing", json!(null)),
        ],
    );
}

#[test]
fn unknown_properties_are_kept_as_they_are() {
    check(
        r#""extension_0a_level":3,"employeeOrgData":{"division":"x"},"x@odata.type":"y""#,
        &[("extension_0a_level", json!(3)), ("employeeOrgData", json!({"division": "x"}))],
    );
}

#[test]
fn a_guest_keeps_both_sign_in_names() {
    check(
        r#""userPrincipalName":"ada_vendor.example#EXT#@t.example""#,
        &[
            ("userPrincipalName", json!("ada@vendor.example")),
            ("originalUserPrincipalName", json!("ada_vendor.example#EXT#@t.example")),
        ],
    );
}

#[test]
fn a_manager_is_absent_none_or_somebody() {
    assert_eq!(user(r#"{"id":"a"}"#).manager, None);
    assert_eq!(user(r#"{"id":"a","manager":null}"#).manager, Some(None));
    assert_eq!(user(r#"{"id":"a","manager":{"id":"b"}}"#).manager, Some(Some("b".to_owned())));
}

#[test]
fn groups_have_members_of_several_kinds() {
    let text = r##"[{"id":"g","displayName":"G","members":[
        {"@odata.type":"#microsoft.graph.user","id":"a"},{"@odata.type":"#microsoft.graph.group","id":"b"},{"id":"c"}]}]"##;
    let Export::Groups(groups) = read(text).unwrap() else { panic!("no groups") };
    let kinds: Vec<MemberKind> =
        groups.records[0].members.iter().flatten().map(|member| member.kind).collect();
    assert_eq!(kinds, [MemberKind::User, MemberKind::Group, MemberKind::Other]);
    assert!(groups.complete && groups.records[0].members_complete);
}

#[test]
fn a_page_is_not_complete() {
    let page = r#"{"@odata.nextLink":"x","value":[{"id":"a","userPrincipalName":"a@b"}]}"#;
    assert!(matches!(read(page).unwrap(), Export::Users(users) if !users.complete));
    let members = r#"[{"id":"g","members":[{"id":"a"}],"members@odata.nextLink":"x"}]"#;
    assert!(
        matches!(read(members).unwrap(), Export::Groups(groups) if !groups.records[0].members_complete)
    );
}

#[test]
fn an_application_has_roles_and_assignments() {
    let text = r#"{"displayName":"App",
        "appRoles":[{"id":"r","value":"x","displayName":"X","isEnabled":false,"origin":"Application"}],
        "appRoleAssignedTo":[{"principalId":"a","appRoleId":"r"},{"principalId":"b"}]}"#;
    insta::assert_debug_snapshot!(read(text).unwrap(), @r#"
    Application(
        ApplicationRecord {
            id: None,
            line: 1,
            display_name: "App",
            roles: Some(
                [
                    RoleRecord {
                        id: "r",
                        line: 2,
                        value: "x",
                        display_name: "X",
                        enabled: false,
                    },
                ],
            ),
            assignments: Some(
                [
                    AssignmentRecord {
                        line: 3,
                        principal_id: "a",
                        role_id: "r",
                    },
                    AssignmentRecord {
                        line: 3,
                        principal_id: "b",
                        role_id: "00000000-0000-0000-0000-000000000000",
                    },
                ],
            ),
            assignments_complete: true,
        },
    )
    "#);
}

#[test]
fn an_empty_list_is_known_by_its_context() {
    let text =
        r#"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#groups(id)","value":[]}"#;
    assert!(matches!(read(text).unwrap(), Export::Groups(groups) if groups.records.is_empty()));
}

#[test]
fn a_file_cut_in_half_is_refused_with_its_last_line() {
    insta::assert_snapshot!(refused("{\"value\":[\n{\"id\":\"a\",\n\"city\":\"x"),
        @"line 3: the file ends in the middle; it was cut off, export it again");
    insta::assert_snapshot!(refused(""), @"line 1: the file ends in the middle; it was cut off, export it again");
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    insta::assert_snapshot!(refused("{\"value\":[\n{\"id\":\"a\",}]}"),
        @"line 2, column 11: the file is not JSON (key must be a string); export it again or correct it there");
}

#[test]
fn a_value_of_the_wrong_type_is_refused_with_line_and_field() {
    insta::assert_snapshot!(refused("[{\"id\":\"a\",\n\"userPrincipalName\":\"a@b\",\n\"mobilePhone\":[1]}]"),
        @r#"line 3, field "mobilePhone": expected text, found a list; correct it there or export again"#);
    insta::assert_snapshot!(refused("[{\"id\":\"a\",\"accountEnabled\":\"yes\"}]"),
        @r#"line 1, field "accountEnabled": expected true or false, found text; correct it there or export again"#);
    insta::assert_snapshot!(refused("[{\"id\":\"a\",\"surname\":\"\\ud800\"}]"),
        @r#"line 1, field "surname": unexpected end of hex escape; correct it there or export again"#);
}

#[test]
fn a_file_that_is_no_export_is_refused_with_what_was_expected() {
    insta::assert_snapshot!(refused("{\"name\":\"x\",\"version\":\"1\"}"),
        @r#"line 1: the file holds an object with "name", "version"; expected an export of users or groups ({"value": [..]}) or an application with "appRoles" and "appRoleAssignedTo""#);
    insta::assert_snapshot!(refused("[]"),
        @r#"line 1: the file holds an empty list; expected an export of users or groups ({"value": [..]}) or an application with "appRoles" and "appRoleAssignedTo""#);
    insta::assert_snapshot!(refused("{\"value\":[3]}"),
        @r#"line 1: the file holds a number where an object belongs; expected an export of users or groups ({"value": [..]}) or an application with "appRoles" and "appRoleAssignedTo""#);
}

#[test]
fn objects_without_an_id_or_with_the_same_one_are_refused() {
    insta::assert_snapshot!(refused("[\n{\"userPrincipalName\":\"a@b\"}]"),
        @r#"line 2: the object has no "id"; select it in the export"#);
    insta::assert_snapshot!(refused("[{\"id\":\"a\",\"surname\":\"x\"},\n{\"id\":\"a\"}]"),
        @r#"lines 1 and 2 have the same id "a"; remove one of the two"#);
}

#[test]
fn users_and_groups_in_one_file_are_refused() {
    insta::assert_snapshot!(refused("[{\"id\":\"a\",\"surname\":\"x\"},\n{\"id\":\"g\",\"members\":[]}]"),
        @"line 2: here is one of the groups in a file of users; export them to separate files");
}

#[test]
fn a_page_of_changes_is_refused() {
    insta::assert_snapshot!(refused("[{\"id\":\"a\",\"surname\":\"x\",\"@removed\":{}}]"),
        @r#"line 1: the file is a page of changes ("@removed"); export the whole list instead"#);
}

proptest::proptest! {
    #[test]
    fn no_text_panics_the_reader(text in "[\\[\\]{}\",:a-z0-9 \n]*") {
        let _ = read(&text);
    }

    #[test]
    fn every_cut_of_a_good_file_is_refused(at in 1usize..168) {
        let text = r#"{"@odata.context":"x/$metadata#users","value":[{"id":"a","userPrincipalName":"a@b","city":"Zurich","manager":{"id":"b"}},{"id":"b","userPrincipalName":"b@b","a":"b"}]}"#;
        proptest::prop_assert!(at >= text.len() || read(&text[..at]).is_err());
    }
}
