//! What is said about an expression when its use is known.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use expression::{Severity, Surroundings, TargetKind, TargetType, check_with};

fn told(text: &str, surroundings: &Surroundings<'_>) -> String {
    let mut lines = String::new();
    for finding in check_with(text, surroundings) {
        let kind = if finding.severity == Severity::Error { "error" } else { "warning" };
        let hint = finding.hint.map_or(String::new(), |hint| format!(": {hint}"));
        let place = &text[finding.span.range()];
        writeln!(lines, "{kind} at `{place}`: {}{hint}", finding.message).unwrap();
    }
    lines
}

fn into(kind: TargetKind, text: &str) -> String {
    let target = Some(TargetType { kind, multivalued: false });
    told(text, &Surroundings { target, ..Surroundings::default() })
}

#[test]
fn a_result_that_the_target_cannot_take_is_an_error() {
    insta::assert_snapshot!(into(TargetKind::Boolean, r#""yes""#), @r#"error at `"yes"`: the target takes true or false, and this is the text "yes": write "True" or "False", or a function that answers a question"#);
    insta::assert_snapshot!(into(TargetKind::Boolean, r#"IIF([a] = "x", "Yes", "No")"#), @r#"
    error at `"Yes"`: the target takes true or false, and this is the text "Yes": write "True" or "False", or a function that answers a question
    error at `"No"`: the target takes true or false, and this is the text "No": write "True" or "False", or a function that answers a question
    "#);
    insta::assert_snapshot!(into(TargetKind::Boolean, r#"Switch([a], "", "x", "True", "y", "0")"#), @r#"warning at `"0"`: the target takes true or false, and this is the text "0": write "True" or "False", or a function that answers a question"#);
    insta::assert_snapshot!(into(TargetKind::Integer, "Now()"), @"error at `Now()`: the target takes a whole number, and this is a date: write digits, or a function such as Len or DateDiff");
    insta::assert_snapshot!(into(TargetKind::DateTime, "Len([a])"), @r#"error at `Len([a])`: the target takes a date, and this is a number: write a date such as "2026-01-31", or use CDate or FormatDateTime"#);
    insta::assert_snapshot!(into(TargetKind::String, r#"Split([a], ",")"#), @r#"warning at `Split([a], ",")`: the target takes one value, and this may be several: choose one with Item, or make one text with Join"#);
    for fitting in [
        r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#,
        "IsPresent([a])",
        "[a]",
        "Not([a])",
    ] {
        assert_eq!(into(TargetKind::Boolean, fitting), "", "{fitting}");
    }
}

#[test]
fn random_values_are_for_creation_only() {
    let always = Surroundings { flow_always: true, ..Surroundings::default() };
    insta::assert_snapshot!(told("Append(Guid(), RandomString(4, 1, 1, 1, 1))", &always), @r"
    warning at `Guid()`: Guid gives another value each time, so every update changes the account: apply the mapping only during object creation
    warning at `RandomString(4, 1, 1, 1, 1)`: RandomString gives another value each time, so every update changes the account: apply the mapping only during object creation
    ");
    insta::assert_snapshot!(told("SelectUniqueValue([a], [b])", &always), @"warning at `SelectUniqueValue([a], [b])`: SelectUniqueValue finds the account's own value taken at the next update: apply the mapping only during object creation");
    insta::assert_snapshot!(told(r#"Append("since ", Now())"#, &always), @r#"warning at `Append("since ", Now())`: this changes with time, so every update changes the account: apply the mapping only during object creation"#);
    assert_eq!(
        told(r#"IIF(DateDiff("d", Now(), CDate([hired])) > 5, "False", "True")"#, &always),
        ""
    );
    assert_eq!(told("Guid()", &Surroundings::default()), "");
}

#[test]
fn accounts_are_matched_by_values_that_stay() {
    let multivalued = BTreeSet::from(["proxyAddresses".to_owned()]);
    let matching = Surroundings {
        matching: true,
        flow_always: true,
        multivalued: Some(&multivalued),
        ..Surroundings::default()
    };
    insta::assert_snapshot!(told("Guid()", &matching), @"error at `Guid()`: Guid gives another value each time, so no account is ever found by it: match by an attribute that each person has for themselves, such as userPrincipalName");
    insta::assert_snapshot!(told("SelectUniqueValue([a], [b])", &matching), @"error at `SelectUniqueValue([a], [b])`: SelectUniqueValue gives a value that no account has, so none is found by it: match by an attribute that each person has for themselves, such as userPrincipalName");
    insta::assert_snapshot!(told("[proxyAddresses]", &matching), @"error at `[proxyAddresses]`: accounts are found by one value, and this may be several: choose one with Item");
    insta::assert_snapshot!(told("IsPresent([mail])", &matching), @"error at `IsPresent([mail])`: true or false is the same for many people, so many accounts match: match by an attribute that each person has for themselves, such as userPrincipalName");
    insta::assert_snapshot!(told(r#""x""#, &matching), @r#"error at `"x"`: this is the same for everybody, so accounts cannot be told apart: match by an attribute that each person has for themselves, such as userPrincipalName"#);
    assert_eq!(told(r#"Replace([mail], "@a", , , "@b", , )"#, &matching), "");
}

#[test]
fn names_are_looked_up() {
    let attributes: BTreeSet<String> =
        ["mail", "jobTitle", "manager"].into_iter().map(str::to_owned).collect();
    let tables = BTreeSet::from(["countries".to_owned()]);
    let known = Surroundings {
        attributes: Some(&attributes),
        tables: Some(&tables),
        ..Surroundings::default()
    };
    insta::assert_snapshot!(told("Append([jobtitle], [manager.mial])", &known), @r#"
    warning at `[jobtitle]`: the source has no attribute "jobtitle": did you mean [jobTitle]?
    warning at `[manager.mial]`: the source has no attribute "manager.mial": did you mean [manager.mail]?
    "#);
    insta::assert_snapshot!(told(r#"Lookup("country", [mail])"#, &known), @r#"error at `"country"`: there is no table "country": add the table to the job"#);
    insta::assert_snapshot!(told(r#"Lookup("contries", [mail])"#, &known), @r#"error at `"contries"`: there is no table "contries": did you mean "countries"?"#);
    assert_eq!(told(r#"Map([mail], "item", Append([item], [manager.jobTitle]))"#, &known), "");
    insta::assert_snapshot!(told("[appRoleAssignments]", &Surroundings::default()), @"warning at `[appRoleAssignments]`: [appRoleAssignments] is not mapped as it is: write AssertiveAppRoleAssignmentsComplex([appRoleAssignments]) or SingleAppRoleAssignment([appRoleAssignments])");
}
