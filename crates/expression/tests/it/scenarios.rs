//! What personnel systems and directories are mapped with in practice: names, addresses, phones, dates, units.

use std::collections::BTreeMap;

use expression::{Context, Expression, Value};

use crate::check;

#[test]
fn sign_in_names_are_made_of_names() {
    let person = &[("first", "María José"), ("last", "González-López"), ("middle", "")][..];
    let clean = |length: &str| {
        format!(
            r#"Replace(Mid(Replace(NormalizeDiacritics(StripSpaces(Join("", Mid([first],1,{length}), [last]))), , "([\\/\\\\\\[\\]\\:\\;\\|\\=\\,\\+\\*\\?\\<\\>])", , "", , ), 1, 20), , "(\\.)*$", , "", , )"#
        )
    };
    check(&clean("1"), person, "MGonzalez-Lopez");
    check(&clean("2"), &[("first", "Ann"), ("last", "O/Neil;=,+*?<>[]|:Smith..")], "AnONeilSmith");
    check(
        r#"Replace(Mid(Replace(Replace([name],,"(?<id>.*)@(?<domain>.*)",,"${id}",,), , "([\\/\\[\\]])", , "", , ), 1, 20), , "(\\.)*$", , "", , )"#,
        &[("name", "kim.lee@fabrikam.com")],
        "kim.lee",
    );
    check(
        r#"Join("@", Replace(NormalizeDiacritics(StripSpaces(Join(".", [first], [last]))), , "[\"',]+", , "", , ), "contoso.com")"#,
        &[("first", "Shaun \"Red\""), ("last", "O'Brien, Jr")],
        "ShaunRed.OBrienJr@contoso.com",
    );
    check(
        r#"Join("", [last], ",", [first], " ", Mid([middle],1,1), "-", [id])"#,
        &[("last", "Wu"), ("first", "Li"), ("middle", "Mei"), ("id", "77")],
        "Wu,Li M-77",
    );
    check(
        r#"Join(", ", Join("", Mid([last], 1, 1), ToLower(Mid([last], 2, 64), )), Join("", Mid(Coalesce([known], [first]), 1, 1), ToLower(Mid(Coalesce([known], [first]), 2, 64), )))"#,
        &[("last", "HANSEN"), ("first", "ERIK")],
        "Hansen, Erik",
    );
    check("Append (Left([first], 1), [last])", &[("first", "Bo"), ("last", "Ek")], "BEk");
}

#[test]
fn numbers_are_padded_and_stripped() {
    check(
        r#"Replace(Join("","00000000",[id]), ,"(.*?)(?<id>.{0,8})$", ,"${id}", ,)"#,
        &[("id", "4711")],
        "00004711",
    );
    check(
        r#"Append("05",Replace(Join("","000000",[id]), ,"(.*?)(?<id>.{0,6})$", ,"${id}", ,))"#,
        &[("id", "12")],
        "05000012",
    );
    check(r#"Replace([id], , "^0+", , "", , )"#, &[("id", "000120")], "120");
    check(
        r#"Replace([id], , "(?<zeros>^0+)(?<rest>[a-zA-Z0-9]+)", , "${rest}", ,)"#,
        &[("id", "120")],
        "120",
    );
}

#[test]
fn phones_are_taken_apart() {
    let parts = |part: &str| {
        format!(
            r#"Replace(Replace([tel], , "\\+(?<isdCode>\\d* )(?<phoneNumber>.*)", , "${{{part}}}", , ), ,"[()\\s-]+", ,"", , )"#
        )
    };
    check(&parts("phoneNumber"), &[("tel", "+1 512-555-0199")], "5125550199");
    check(&parts("isdCode"), &[("tel", "+44 20 7946 0111")], "44");
    let country = r#"Switch(Replace([tel], , "\+(?<isdCode>49|44|43|1|352|91)(?<phoneNumber>.*)", , "${isdCode}", , ), , "43", "AUT", "1", "USA", "49", "GER", "91", "IND")"#;
    check(country, &[("tel", "+4930123456")], "GER");
    check(country, &[("tel", "+919876543210")], "IND");
    check(country, &[("tel", "5550199")], "null");
    check(r#"IIF(IsNullOrEmpty([tel]),"000-000-0000",[tel])"#, &[("tel", "")], "000-000-0000");
    check(r#"Switch([tel],[tel],"","000-000-0000")"#, &[], "000-000-0000");
    let tel = r#"IIF(InStr([tel], " x") > 0, Join(";ext=", Append("tel:", Replace(Left([tel], InStr([tel], " x")), , "[()\\s-]+", , "", , )), Mid([tel], BitAnd(InStr([tel], "x"), 255), 9)), Replace([tel], , "[()\\s-]+", , "", , ))"#;
    check(tel, &[("tel", "+13 (175) 551-234")], "+13175551234");
}

#[test]
fn a_choice_may_depend_on_two_values() {
    let text = r#"Switch(Join("+",Switch([desk],[desk],"","other"),Switch([cell],[cell],"","other")), "none", "true+false", "desk", "false+true", "cell", "other+true", "cell")"#;
    check(text, &[("desk", "true"), ("cell", "false")], "desk");
    check(text, &[("cell", "true")], "cell");
    check(text, &[], "none");
}

#[test]
fn organisational_units_are_joined_from_choices() {
    let text = r#"Join("",
        Switch([unit],"", "Engineering", "OU=Engineering,", "Shared Services", "OU=Shared Services,"),
        Switch([centre],"", "Modern Workplace","OU=Modern Workplace,"),
        Switch([country],"", "US","OU=USA,", "UK","OU=UK,"),
        "OU=Users,DC=contoso,DC=com"
    )"#;
    check(
        text,
        &[("unit", "Engineering"), ("country", "US")],
        "OU=Engineering,OU=USA,OU=Users,DC=contoso,DC=com",
    );
    check(text, &[("unit", "Sales")], "OU=Users,DC=contoso,DC=com");
}

/// The result at a point in time.
#[track_caller]
fn on(now: &str, text: &str, attributes: &[(&str, &str)], expected: &str) {
    let attributes = crate::object(attributes);
    let context = Context {
        attributes: &attributes,
        now: format!("{now}T09:30:00Z").parse().unwrap(),
        tables: None,
        default_domain: None,
        seed: 5,
    };
    let actual = match Expression::parse(text).unwrap().evaluate(&context) {
        Ok(Value::Null) => "null".to_owned(),
        Ok(Value::Dropped) => "dropped".to_owned(),
        Ok(value) => value.to_text(),
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(actual, expected, "{text}");
}

#[test]
fn accounts_open_and_close_by_dates() {
    let rehire = r#"Switch([Active], , "1", IIF([Rehire]=1, IIF(DateDiff("d", Now(), CDate([Hired])) >= 0, "False", "True"), "False"), "0", "True")"#;
    on("2025-07-30", rehire, &[("Active", "1"), ("Rehire", "1"), ("Hired", "2025-08-15")], "False");
    on("2025-07-30", rehire, &[("Active", "1"), ("Rehire", "1"), ("Hired", "2025-07-15")], "True");
    on("2025-07-30", rehire, &[("Active", "1"), ("Rehire", "0")], "False");
    on("2025-07-30", rehire, &[("Active", "0")], "True");
    let rescinded = r#"Switch([Terminated], "False", "1", "True", "0",
        Switch([Rescinded], "False", "1", "True", "0",
            Switch([Active], "False",
                "1", IIF(DateDiff("d", Now(), CDate(IIF(IsNullOrEmpty([Hired]), "9999-01-01", [Hired]))) < 7, "False", "True"),
                "0", "True")))"#;
    let active = [("Terminated", "0"), ("Rescinded", "0"), ("Active", "1")];
    on("2025-07-30", rescinded, &[("Terminated", "1")], "True");
    on("2025-07-30", rescinded, &active, "True");
    on(
        "2025-07-30",
        rescinded,
        &[active[0], active[1], active[2], ("Hired", "2025-08-05")],
        "False",
    );
    let leaver = r#"IIF(DateDiff("d", Now(),CDate(Switch([Last],[Last],"","9999-12-31"))) <= 0, "OU=Leavers", Switch([City], "OU=Default", "Dallas", "OU=Dallas"))"#;
    on("2025-07-30", leaver, &[("Last", "2025-07-25"), ("City", "Dallas")], "OU=Leavers");
    on("2025-07-30", leaver, &[("City", "Dallas")], "OU=Dallas");
    let hidden = r#"IIF(DateDiff("d", CDate(IIF(IsPresent([start]), [start], DateAdd("d", "10", Now()))), Now()) >= -1, IIF(DateDiff("d", Now(), CDate(IIF(IsPresent([end]), [end], DateAdd("d", "1", Now())))) >= 0, "FALSE", "TRUE"), "TRUE")"#;
    on("2025-07-30", hidden, &[("start", "2025-01-15"), ("end", "2025-12-31")], "FALSE");
    on("2025-07-30", hidden, &[("start", "2025-01-15"), ("end", "2025-06-30")], "TRUE");
    on("2025-07-30", hidden, &[], "TRUE");
    on("2025-07-30", hidden, &[("start", "2025-01-15")], "FALSE");
}

#[test]
fn accounts_expire_in_file_time() {
    check(
        r#"NumFromDate(Join("", FormatDateTime([end], ,"M/d/yyyy hh:mm:ss tt", "yyyy-MM-dd"), " 23:59:59-08:00"))"#,
        &[("end", "12/31/2020 12:00:00 AM")],
        "132539615990000000",
    );
    check(
        r#"NumFromDate(Join("", FormatDateTime([end], "M/d/yyyy hh:mm:ss tt", "yyyy-MM-dd"), "T23:59:59-08:00"))"#,
        &[("end", "12/31/2020 12:00:00 AM")],
        "132539615990000000",
    );
    check(
        r#"NumFromDate(Join("",FormatDateTime(DateAdd("yyyy", 5, CDate([hired])), , "yyyy-MM-dd", "yyyy-MM-dd")," 23:59:59-05:00"))"#,
        &[("hired", "2025-01-15")],
        "135392435990000000",
    );
    check(r#"Switch([end], "x", "", "9223372036854775807")"#, &[], "9223372036854775807");
    check(r#"NumFromDate("2099-12-31T23:59:59-04:00")"#, &[], "157469327990000000");
    on(
        "2025-07-30",
        r#"IIF([IsSoftDeleted]="True", Join("_",FormatDateTime(Now(), , "M/d/yyyy h:mm:ss tt", "yyyy-MM-dd"),[mail]), [mail])"#,
        &[("IsSoftDeleted", "True"), ("mail", "a@b.c")],
        "2025-07-30_a@b.c",
    );
}

#[test]
fn an_attribute_leaves_the_flow() {
    let only = r#"IgnoreFlowIfNullOrEmpty(IIF(InStr([mail],"@contoso.com")=0,"",[mail]))"#;
    check(only, &[("mail", "a@contoso.com")], "a@contoso.com");
    check(only, &[("mail", "a@other.com")], "dropped");
    let started =
        r#"IIF(DateDiff("d", Now(), CDate([hired])) >= 0, [department], IgnoreAttributeFlow)"#;
    on("2025-07-30", started, &[("hired", "2025-08-15"), ("department", "IT")], "IT");
    on("2025-07-30", started, &[("hired", "2025-07-15"), ("department", "IT")], "dropped");
    on(
        "2025-07-30",
        r#"IIF([x] = "1", "False", IgnoreObjectFlow)"#,
        &[],
        "error: IgnoreObjectFlow leaves this object out: use a scoping filter to say so before any mapping",
    );
}

#[test]
fn lists_come_from_joined_texts() {
    check(
        r#"Split(Join(",","a8cccada-a108-47ae-bf9a-f130499aa4cb","{26491cfc-9e50-4857-861b-0cb8df22b5d7}"),",")"#,
        &[],
        r#"["a8cccada-a108-47ae-bf9a-f130499aa4cb","{26491cfc-9e50-4857-861b-0cb8df22b5d7}"]"#,
    );
    let attributes = BTreeMap::from([(
        "proxyAddresses".to_owned(),
        Value::List(vec!["smtp:b@x.org".into(), "SMTP:a@x.org".into()]),
    )]);
    let primary = r#"Mid(Item([proxyAddresses],Contains([proxyAddresses], "SMTP:")),6)"#;
    assert_eq!(crate::evaluate(primary, &attributes), Value::from("a@x.org"));
}

#[test]
fn bare_words_name_encodings_and_comparisons() {
    check(r#"ConvertFromBase64("SABlAGwAbABvACAAdwBvAHIAbABkACEA")"#, &[], "Hello world!");
    check(r#"ConvertFromBase64("SGVsbG8gd29ybGQh", UTF8)"#, &[], "Hello world!");
    check(r#"ConvertFromBase64("SGVsbG8gd29ybGQh", "utf8")"#, &[], "Hello world!");
    check("DNComponent(CRef([dn]),1)", &[("dn", "cn=Joe,ou=Sales,dc=contoso")], "Joe");
    check(
        r#"IIF([type]="Intern","t-" & [alias],[alias])"#,
        &[("type", "Intern"), ("alias", "kim")],
        "t-kim",
    );
    check(
        r#"IIF(IsPresent([name]),[name],Error("name is required"))"#,
        &[],
        "error: name is required",
    );
    check(r#"Trim(" Test ")"#, &[], "Test");
}

#[test]
fn random_identifiers_have_their_form() {
    let text =
        r#"Replace(Replace(Guid(), ,"-", ,"", , ), ,"(.*?)(?<id>[0-9]{2})(.*)", , "D${id}", ,)"#;
    let Value::Text(id) = crate::evaluate(text, &BTreeMap::new()) else { panic!("no text") };
    assert!(
        id.starts_with('D') && id.len() == 3 && id[1..].bytes().all(|byte| byte.is_ascii_digit()),
        "{id}"
    );
    let Value::Text(id) = crate::evaluate(r#"RandomString(10,2,2,2,1,"?,")"#, &BTreeMap::new())
    else {
        panic!("no text")
    };
    assert_eq!(id.chars().count(), 10);
}
