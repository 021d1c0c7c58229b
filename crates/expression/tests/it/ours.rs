//! Functions that Entra ID does not have.

use std::collections::BTreeMap;

use expression::{Context, Expression, Value};

use crate::{NOW, check};

#[test]
fn right_takes_from_the_end() {
    check(r#"Right("John Doe", 3)"#, &[], "Doe");
    check(r#"Right("abc", 0)"#, &[], "");
    check(r#"Right("abc", -1)"#, &[], "abc");
    check(r#"Right("abc", "9")"#, &[], "abc");
    check("Right([x], 2)", &[], "");
    check(r#"Right("a𠮷", 1)"#, &[], "");
    check(r#"Right("a𠮷", 2)"#, &[], "𠮷");
}

#[test]
fn texts_are_tested_with_and_without_case() {
    let name = &[("n", "Contoso-EU")][..];
    check(r#"StartsWith([n], "Contoso")"#, name, "True");
    check(r#"StartsWith([n], "contoso")"#, name, "False");
    check(r#"StartsWith([n], "contoso", vbTextCompare)"#, name, "True");
    check(r#"EndsWith([n], "-eu", "CaseInsensitive")"#, name, "True");
    check(r#"EndsWith([n], "-eu", vbBinaryCompare)"#, name, "False");
    check(r#"StartsWith([x], "a")"#, name, "False");
    check(r#"StartsWith([x], "")"#, name, "True");
    check(r#"Equals([n], "CONTOSO-eu")"#, name, "True");
    check(r#"Equals([n], "CONTOSO-eu", vbBinaryCompare)"#, name, "False");
    check(r#"Equals([x], "")"#, name, "True");
    check(r#"Equals("ΣΊΣΥΦΟΣ", "σίσυφος")"#, name, "True");
    check(r#"IIF(Contains([n], "toso"), "yes", "no")"#, name, "yes");
    check(r#"Contains([n], "TOSO", vbTextCompare)"#, name, "1");
}

#[test]
fn conditions_are_joined_and_stop_early() {
    let here = &[("country", "FR"), ("city", "Lyon")][..];
    check(r#"IIF(And([country] = "FR", [city] = "Lyon"), "a", "b")"#, here, "a");
    check(r#"IIF(Or([country] = "DE", [city] = "Lyon"), "a", "b")"#, here, "a");
    check(r#"And([country] = "DE", Error("not reached"))"#, here, "False");
    check(r#"Or([country] = "FR", Error("not reached"))"#, here, "True");
    check(r#"And(IsPresent([city]), Not(Equals([city], "paris")))"#, here, "True");
    check(r#"Or([x], "0")"#, here, "False");
}

#[test]
fn a_pattern_is_tested() {
    check(r#"RegexMatch([m], "^[a-z]+@contoso\\.com$")"#, &[("m", "ada@contoso.com")], "True");
    check(r#"RegexMatch([m], "^[a-z]+@contoso\\.com$")"#, &[("m", "Ada@contoso.com")], "False");
    check(r#"RegexMatch([m], "(?i)CONTOSO")"#, &[("m", "Ada@contoso.com")], "True");
    check(r#"RegexMatch([x], "^$")"#, &[], "True");
    check(
        "RegexMatch([m], [p])",
        &[("m", "a"), ("p", "(")],
        "error: the pattern is not complete: the parenthesis ( is not closed (character 1)",
    );
}

/// Evaluates with two addresses, two roles and a table.
#[track_caller]
fn with_lists(text: &str, expected: &str) {
    let role = |value: &str, name: &str| {
        Value::Object(vec![("value".into(), value.into()), ("displayName".into(), name.into())])
    };
    let attributes = BTreeMap::from([
        (
            "mails".to_owned(),
            Value::List(vec!["SMTP:Ada@x.org".into(), "smtp:b@x.org".into(), "x500:c".into()]),
        ),
        ("roles".to_owned(), Value::List(vec![role("adm", "Admin"), role("usr", "User")])),
        ("item".to_owned(), "an attribute".into()),
        ("country".to_owned(), "France".into()),
        ("one".to_owned(), "lone".into()),
        ("manager.mail".to_owned(), "boss@x.org".into()),
    ]);
    let countries = BTreeMap::from([("France".to_owned(), "FR".to_owned())]);
    let tables = BTreeMap::from([("countries".to_owned(), countries)]);
    let context = Context {
        attributes: &attributes,
        now: NOW.parse().unwrap(),
        tables: Some(&tables),
        default_domain: None,
        seed: 1,
    };
    let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let actual = match expression.evaluate(&context) {
        Ok(Value::Null) => "null".to_owned(),
        Ok(value) => value.to_text(),
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(actual, expected, "{text}");
}

#[test]
fn map_computes_something_for_each_value() {
    with_lists(
        r#"Map([mails], "item", ToLower([item]))"#,
        r#"["smtp:ada@x.org","smtp:b@x.org","x500:c"]"#,
    );
    with_lists(r#"Map([roles], "role", Append([role.displayName], "s"))"#, r#"["Admins","Users"]"#);
    with_lists(r#"Map([one], "item", [item] & "!")"#, r#"["lone!"]"#);
    with_lists(r#"Map([none], "item", [item])"#, "null");
    with_lists(
        r#"Map([mails], "m", Split([m], ":"))"#,
        r#"["SMTP","Ada@x.org","smtp","b@x.org","x500","c"]"#,
    );
    with_lists(
        r#"Map([mails], "m", IIF(StartsWith([m], "x500"), , [m]))"#,
        r#"["SMTP:Ada@x.org","smtp:b@x.org"]"#,
    );
    with_lists(
        r#"Join("; ", [item], Map([roles], "item", [item.value]))"#,
        "an attribute; adm; usr",
    );
}

#[test]
fn filter_keeps_what_a_condition_holds_for() {
    with_lists(
        r#"Filter([mails], "item", StartsWith([item], "smtp:", vbTextCompare))"#,
        r#"["SMTP:Ada@x.org","smtp:b@x.org"]"#,
    );
    with_lists(
        r#"Item(Filter([roles], "r", [r.value] = "usr"), 1)"#,
        r#"{"value":"usr","displayName":"User"}"#,
    );
    with_lists(r#"Filter([mails], "item", [item] = "none")"#, "null");
    with_lists(r#"Mid(Item(Filter([mails], "m", InStr([m], "SMTP:") = 1), 1), 6)"#, "Ada@x.org");
    with_lists(
        r#"Filter([mails], "item", [item])"#,
        r#"error: Filter needs true or false as condition and got the text "SMTP:Ada@x.org": check the source attribute"#,
    );
}

#[test]
fn loops_stand_inside_loops() {
    with_lists(
        r#"Map([roles], "r", Join("|", Map([mails], "m", Left([m], 1) & [r.value])))"#,
        r#"["Sadm|sadm|xadm","Susr|susr|xusr"]"#,
    );
    with_lists(
        r#"Map([roles], "x", Join("", Map([x.value], "x", ToUpper([x]))))"#,
        r#"["ADM","USR"]"#,
    );
}

#[test]
fn tables_are_asked() {
    with_lists(r#"Lookup("countries", [country])"#, "FR");
    with_lists(r#"Lookup("countries", "Spain", "??")"#, "??");
    with_lists(r#"Lookup("countries", [none])"#, "null");
    check(
        r#"Lookup("countries", "x")"#,
        &[],
        r#"error: Lookup finds no table "countries": add the table to the job, or correct its name"#,
    );
}

#[test]
fn the_managers_attributes_are_attributes() {
    with_lists("Append([manager.mail], \";\")", "boss@x.org;");
}

#[test]
fn a_variable_is_no_attribute_of_the_source() {
    let expression = Expression::parse(r#"Map([mails], "item", Append([item], [other]))"#).unwrap();
    assert_eq!(expression.attributes().into_iter().collect::<Vec<_>>(), ["mails", "other"]);
    assert_eq!(expression.to_string(), r#"Map([mails], "item", Append([item], [other]))"#);
}
