//! Functions over multi-valued attributes and roles.

use std::collections::BTreeMap;

use crate::evaluate;
use expression::Value;

fn addresses() -> BTreeMap<String, Value> {
    let list =
        |values: &[&str]| Value::List(values.iter().map(|value| Value::from(*value)).collect());
    let role = |id: &str, value: Option<&str>, name: &str| {
        let value = value.map_or(Value::Null, Value::from);
        Value::Object(vec![
            ("id".into(), id.into()),
            ("value".into(), value),
            ("displayName".into(), name.into()),
        ])
    };
    BTreeMap::from([
        ("addresses".into(), list(&["smtp:a@x.org", "SMTP:b@x.org", "smtp:a@x.org"])),
        ("text".into(), Value::from("PermissionSetOne, PermissionSetTwo")),
        (
            "appRoleAssignments".into(),
            Value::List(vec![
                role("1", Some("User"), "A user"),
                role("2", Some("Admin"), "Admin"),
                role("0", None, "Default"),
            ]),
        ),
    ])
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let value = evaluate(text, &addresses());
    let actual = if value == Value::Null { "null".to_owned() } else { value.to_text() };
    assert_eq!(actual, expected, "{text}");
}

#[test]
fn lists_are_counted_picked_and_cleaned() {
    check("Count([addresses])", "3");
    check("Count([nothing])", "0");
    check("Count([text])", "1");
    check("Item([addresses], 1)", "smtp:a@x.org");
    check(
        "Item([addresses], 4)",
        "error: Item asks for value 4 of 3: values count from 1; ask Count first",
    );
    check("Item([nothing], 1)", "null");
    check("RemoveDuplicates([addresses])", r#"["smtp:a@x.org","SMTP:b@x.org"]"#);
    check(r#"Contains([addresses], "SMTP:")"#, "2");
    check(r#"Contains([addresses], "x500:")"#, "0");
    check(
        r#"IIF(Contains([addresses], "SMTP:") > 0, [addresses], Error("no address"))"#,
        r#"["smtp:a@x.org","SMTP:b@x.org","smtp:a@x.org"]"#,
    );
}

#[test]
fn lists_are_split_and_joined() {
    check(r#"Split([text], ",")"#, r#"["PermissionSetOne","PermissionSetTwo"]"#);
    check(r#"Join("; ", [addresses], "end")"#, "smtp:a@x.org; SMTP:b@x.org; smtp:a@x.org; end");
    check(r#"Join("-", [nothing], "", "a")"#, "a");
    check(r#"Split(Join(",", "a", "b"), ",")"#, r#"["a","b"]"#);
    check(r#"Split([nothing], ",")"#, "null");
}

#[test]
fn a_list_where_one_value_belongs_is_an_error_with_a_way_out() {
    check(
        "ToLower([addresses])",
        "error: ToLower takes a single value as source and got a list of 3 values: choose one with Item, or make one text with Join",
    );
}

#[test]
fn roles_become_values_and_objects() {
    check("AppRoleAssignments([appRoleAssignments])", r#"["User","Admin"]"#);
    check("SingleAppRoleAssignment([appRoleAssignments])", "Admin");
    check(
        "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])",
        r#"[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"A user","value":"User"},{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"Admin","value":"Admin"}]"#,
    );
    check(
        "Item(AppRoleAssignmentsComplex([appRoleAssignments]), 2)",
        r#"{"primary":false,"type":"WindowsAzureActiveDirectoryRole","displayName":"Admin","value":"Admin"}"#,
    );
    check("AppRoleAssignmentsComplex([nothing])", "null");
}

#[test]
fn without_roles_the_assertive_function_takes_the_last_one_away() {
    check("AssertiveAppRoleAssignmentsComplex([nothing])", "[]");
}
