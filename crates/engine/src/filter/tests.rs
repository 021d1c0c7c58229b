//! Filters in one line: `(clause) and (clause) | (clause)`, written as JSON triples.

use graph::schema::{Filter, FilterClause, FilterGroup, FilterOperand};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::*;
use crate::finding::Finding;
use crate::fixture::ada;
use crate::id::SourceId;
use crate::object::{GroupName, SourceObject};
use crate::source::SourceAttributes;

type Line<'l> = (&'l str, &'l str, &'l [&'l str]);

fn clause(&(attribute, operator, values): &Line<'_>) -> FilterClause {
    let values = values.iter().map(ToString::to_string).collect();
    FilterClause {
        source_operand_name: Some(attribute.to_owned()),
        operator_name: Some(operator.to_owned()),
        target_operand: Some(FilterOperand { values, ..FilterOperand::default() }),
        ..FilterClause::default()
    }
}

fn group(lines: &[Line<'_>]) -> FilterGroup {
    FilterGroup { clauses: lines.iter().map(clause).collect(), ..FilterGroup::default() }
}

fn filter(groups: &[&[Line<'_>]]) -> Filter {
    let groups = groups.iter().map(|lines| group(lines)).collect();
    Filter { groups, ..Filter::default() }
}

fn compiled(filter: &Filter) -> ScopingFilter {
    let (compiled, findings) =
        ScopingFilter::compile(filter, &SourceAttributes::default(), "User mapping");
    compiled.unwrap_or_else(|| panic!("{findings:?}"))
}

/// 15 September 2026.
fn now() -> Timestamp {
    "2026-09-15T12:00:00Z".parse().unwrap()
}

/// An object that has these attributes only.
#[expect(clippy::needless_pass_by_value, reason = "reads better in a test")]
fn object(attributes: Json) -> SourceObject {
    SourceObject { attributes: attributes.as_object().unwrap().clone(), ..ada(json!({})) }
}

#[track_caller]
fn check(attribute: &str, operator: &str, value: &str, holds: &[Json], does_not: &[Json]) {
    let values = if value.is_empty() { vec![] } else { vec![value] };
    let filter = compiled(&filter(&[&[(attribute, operator, &values)]]));
    for (expected, given) in [(true, holds), (false, does_not)] {
        for given in given {
            let object = object(json!({attribute: given}));
            let verdict = evaluate(&filter, &object, now());
            assert_eq!(verdict.passes(), expected, "{attribute} {operator} {value}: {given}");
        }
    }
    let absent = evaluate(&filter, &object(json!({})), now()).passes();
    let null = does_not.contains(&Json::Null);
    assert_eq!(absent, !null && holds.contains(&Json::Null), "absent and null are alike");
}

const NULL: Json = Json::Null;

#[test]
fn text_compares_exactly() {
    check(
        "department",
        "EQUALS",
        "Sales",
        &[json!("Sales")],
        &[json!("sales"), json!("Sales "), json!(""), NULL, json!(true)],
    );
    check(
        "department",
        "NOT EQUALS",
        "Sales",
        &[json!("sales")],
        &[json!("Sales"), json!(""), NULL],
    );
    check("employeeId", "EQUALS", "7", &[json!(7), json!("7")], &[json!("07"), json!(70)]);
    check("title", "Includes", "Eng", &[json!("Senior Engineer")], &[json!("engineer"), NULL]);
    check("title", "Includes", "eng", &[], &[json!("Senior Engineer"), NULL]);
    check(
        "mail",
        "ENDS_WITH",
        "@contoso.com",
        &[json!("a@contoso.com")],
        &[json!("a@contoso.com "), json!("a@CONTOSO.COM"), NULL],
    );
}

#[test]
fn booleans_are_true_or_false_and_nothing_else() {
    check("accountEnabled", "IS TRUE", "", &[json!(true)], &[json!(false), json!("True"), NULL]);
    check("accountEnabled", "IS FALSE", "", &[json!(false)], &[json!(true), json!("False"), NULL]);
}

#[test]
fn empty_is_null() {
    check(
        "department",
        "IS NULL",
        "",
        &[NULL, json!(""), json!([]), json!([null, ""])],
        &[json!("x"), json!(0), json!(false)],
    );
    check(
        "department",
        "IS NOT NULL",
        "",
        &[json!("x"), json!(false)],
        &[NULL, json!(""), json!([])],
    );
}

#[test]
fn a_pattern_is_dotnets_and_matches_anywhere() {
    check("state", "REGEX MATCH", "N[YJ]", &[json!("NY"), json!("xNJx")], &[json!("ny"), NULL]);
    check(
        "userPrincipalName",
        "REGEX MATCH",
        r".*\@domain.com",
        &[json!("a@domain.com")],
        &[json!("a@other.com"), NULL],
    );
    check(
        "userPrincipalName",
        "NOT REGEX MATCH",
        r".*\@domain.com",
        &[json!("a@other.com")],
        &[json!("a@domain.com"), json!(""), NULL],
    );
    check(
        "workerID",
        "REGEX MATCH",
        "(1[0-9][0-9][0-9][0-9][0-9][0-9])",
        &[json!("1234567"), json!(1_999_999), json!("x12345678")],
        &[json!("2345678"), json!("123456")],
    );
    check(
        "department",
        "NOT REGEX MATCH",
        "S.*",
        &[json!("HR")],
        &[json!("Sales"), json!(""), NULL],
    );
}

#[test]
fn numbers_are_whole_and_not_negative() {
    check(
        "employeeId",
        "Greater_Than",
        "1000",
        &[json!("1001"), json!(1001)],
        &[json!("1000"), json!("abc"), json!("-2000"), json!(1000.5), NULL],
    );
    check(
        "employeeId",
        "Greater_Than_OR_EQUALS",
        "1000",
        &[json!("1000"), json!("00001000")],
        &[json!("999"), NULL],
    );
    check("employeeId", "Less_Than", "10", &[json!("9")], &[json!("10"), json!("x"), NULL]);
    check("employeeId", "Less_Than_OR_EQUALS", "10", &[json!(10)], &[json!(11), NULL]);
}

#[test]
fn an_ampersand_tests_bits_of_numbers_and_looks_text_up_in_a_list() {
    check("groupType", "&", "2", &[json!(2), json!(-2_147_483_646), json!("3")], &[json!(4), NULL]);
    check("groupType", "!&", "566259712", &[json!(1)], &[json!(8192), json!(536_870_912), NULL]);
    check(
        "department",
        "&",
        "Sales; HR,Legal",
        &[json!("HR"), json!("Legal")],
        &[json!("hr"), json!("Sales; HR,Legal"), NULL],
    );
    check("department", "!&", "Sales;HR", &[json!("IT")], &[json!("HR"), NULL]);
}

#[test]
fn all_values_of_a_multi_valued_attribute_must_pass() {
    check(
        "proxyAddresses",
        "REGEX MATCH",
        "^smtp:",
        &[json!(["smtp:a", "smtp:b"]), json!(["smtp:a", null, ""])],
        &[json!(["smtp:a", "SIP:b"]), json!([]), NULL],
    );
    check("otherMails", "NOT EQUALS", "a", &[json!(["b", "c"])], &[json!(["a", "b"])]);
    check("otherMails", "IS NOT NULL", "", &[json!(["b"])], &[json!([""])]);
}

#[test]
fn our_operators_add_what_is_missing() {
    check("city", "STARTS_WITH", "San ", &[json!("San José")], &[json!("san josé"), NULL]);
    check("city", "NOT STARTS_WITH", "San ", &[json!("Paris")], &[json!("San José"), NULL]);
    check("city", "EQUALS_IGNORE_CASE", "MÜNCHEN", &[json!("münchen")], &[json!("Munchen"), NULL]);
    check("city", "NOT EQUALS_IGNORE_CASE", "paris", &[json!("Rome")], &[json!("PARIS"), NULL]);
    check("city", "Includes_IGNORE_CASE", "RI", &[json!("Paris")], &[json!("Rome"), NULL]);
    check("city", "ENDS_WITH_IGNORE_CASE", "IS", &[json!("Paris")], &[json!("Rome"), NULL]);
    check("city", "REGEX MATCH_IGNORE_CASE", "^paris$", &[json!("PARIS")], &[json!("Rome"), NULL]);
    let lists = filter(&[&[("department", "IN", &["Sales", "HR"])]]);
    for (department, expected) in [("Sales", true), ("HR", true), ("hr", false), ("IT", false)] {
        let object = object(json!({"department": department}));
        assert_eq!(evaluate(&compiled(&lists), &object, now()).passes(), expected, "{department}");
    }
}

#[test]
fn dates_compare_as_moments_and_today_moves() {
    let hired = "employeeHireDate";
    check(
        hired,
        "DATE_AFTER",
        "2026-01-31",
        &[json!("2026-02-01"), json!("2026-01-31T00:00:01Z")],
        &[json!("2026-01-31T00:00:00Z"), json!("soon"), NULL],
    );
    check(
        hired,
        "DATE_ON_OR_BEFORE",
        "Today+14",
        &[json!("2026-09-29"), json!("2026-09-28T23:00:00Z")],
        &[json!("2026-09-30"), NULL],
    );
    check(
        hired,
        "DATE_BEFORE",
        "Today - 30",
        &[json!("2026-08-15T23:59:00Z")],
        &[json!("2026-08-16")],
    );
    check(
        hired,
        "DATE_ON_OR_AFTER",
        "Today",
        &[json!("2026-09-15T01:00:00+01:00")],
        &[json!("2026-09-14")],
    );
    check(
        hired,
        "DATE_AFTER",
        "9999-01-01",
        &[json!("9999-12-31T23:59:59Z")],
        &[json!("2026-01-01")],
    );
}

#[test]
fn membership_is_told_by_the_groups_that_were_handed_in() {
    let member = SourceObject {
        groups: vec![GroupName {
            id: SourceId::from("0aa1"),
            display_name: "Contact centre".to_owned(),
        }],
        ..ada(json!({}))
    };
    let nobody = ada(json!({}));
    for named in ["0AA1", "contact Centre"] {
        let is_member = compiled(&filter(&[&[("memberOf", "IsMemberOf", &["other", named])]]));
        assert!(evaluate(&is_member, &member, now()).passes());
        assert!(!evaluate(&is_member, &nobody, now()).passes());
        let is_not = compiled(&filter(&[&[("", "NOT IsMemberOf", &[named])]]));
        assert!(!evaluate(&is_not, &member, now()).passes());
        assert!(evaluate(&is_not, &nobody, now()).passes());
    }
}

#[test]
fn the_managers_attributes_can_be_tested() {
    let mut object = object(json!({}));
    object.manager = Some(SourceId::from("grace"));
    object.manager_attributes.insert("department".to_owned(), json!("Service"));
    let holds = |name: &str, value: &str| {
        let filter = compiled(&filter(&[&[(name, "EQUALS", &[value])]]));
        evaluate(&filter, &object, now()).passes()
    };
    assert!(holds("manager.department", "Service"));
    assert!(holds("manager", "grace"));
    assert!(!holds("department", "Service"));
}

#[test]
fn names_of_graph_and_other_letter_cases_mean_the_source_name() {
    let object = object(json!({"mobile": "1", "department": "HR"}));
    for (name, value) in [("mobilePhone", "1"), ("Department", "HR")] {
        let filter = compiled(&filter(&[&[(name, "EQUALS", &[value])]]));
        assert!(evaluate(&filter, &object, now()).passes(), "{name}");
    }
}

#[test]
fn operators_are_found_however_they_are_spelled() {
    for (written, name) in [
        ("GREATER_THAN_OR_EQUALS", "Greater_Than_OR_EQUALS"),
        ("Is Not Null", "IS NOT NULL"),
        ("is_not_null", "IS NOT NULL"),
        ("INCLUDES", "Includes"),
        ("ends with", "ENDS_WITH"),
        ("!&", "!&"),
        ("IS_MEMBER_OF", "IsMemberOf"),
    ] {
        assert_eq!(Operator::find(written).map(|operator| operator.name), Some(name), "{written}");
    }
    assert_eq!(OPERATORS.iter().filter(|operator| !operator.is_ours).count(), 14);
}

#[test]
fn clauses_are_joined_by_and_and_groups_by_or() {
    let a: &[Line<'_>] = &[("department", "EQUALS", &["A"]), ("state", "EQUALS", &["X"])];
    let b: &[Line<'_>] = &[("department", "EQUALS", &["B"])];
    let filter = compiled(&filter(&[a, b]));
    for (department, state, expected) in
        [("A", "X", true), ("A", "Y", false), ("B", "Y", true), ("C", "X", false)]
    {
        let object = object(json!({"department": department, "state": state}));
        assert_eq!(evaluate(&filter, &object, now()).passes(), expected, "{department} {state}");
    }
    assert!(evaluate(&ScopingFilter::default(), &object(json!({})), now()).passes());
}

#[test]
fn a_verdict_names_the_failing_clause_of_each_group_with_its_value() {
    let a: &[Line<'_>] = &[("jobTitle", "IS NOT NULL", &[]), ("department", "EQUALS", &["Sales"])];
    let b: &[Line<'_>] = &[("employeeId", "Greater_Than", &["1000"])];
    let c: &[Line<'_>] = &[("city", "NOT EQUALS", &["Paris"])];
    let mut filter = filter(&[a, b, c]);
    filter.groups[0].name = Some("Sales NY".to_owned());
    let filter = compiled(&filter);
    let object = object(json!({"jobTitle": "Agent", "department": "HR", "employeeId": "abc"}));
    insta::assert_snapshot!(evaluate(&filter, &object, now()).sentence().unwrap(), @r#"not admitted by the scoping filter: in "Sales NY", department EQUALS "Sales" does not hold for "HR"; in "group 2", employeeId Greater_Than "1000" does not hold for "abc" (the value is not a whole number of 0 or more); in "group 3", city NOT EQUALS "Paris" does not hold for no value (an absent value never passes; a group with city IS NULL would admit it)"#);
    let examined = examine(&filter, &object, now());
    assert_eq!(examined.len(), 3);
    assert_eq!(examined[0].clauses.iter().map(|c| c.holds).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn an_absent_value_passes_what_negates_in_an_input_filter_only() {
    let usual: &[Line<'_>] = &[
        ("isCriticalSystemObject", "IS FALSE", &[]),
        ("adminDescription", "NOT REGEX MATCH", &["^(User|Group)_"]),
        ("msExchRecipientTypeDetails", "!&", &["566259712"]),
    ];
    let input = Filter { input_filter_groups: vec![group(usual)], ..Filter::default() };
    let input = compiled(&input);
    assert!(evaluate(&input, &object(json!({})), now()).passes());
    let critical = object(json!({"isCriticalSystemObject": true}));
    let Verdict::Fails { list, .. } = evaluate(&input, &critical, now()) else {
        panic!("it fails")
    };
    assert_eq!(list, List::InputFilterGroups);
    assert!(!evaluate(&compiled(&filter(&[usual])), &object(json!({})), now()).passes());
    let positive: &[Line<'_>] = &[("department", "EQUALS", &["Sales"])];
    let input = Filter { input_filter_groups: vec![group(positive)], ..Filter::default() };
    assert!(!evaluate(&compiled(&input), &object(json!({})), now()).passes());
}

/// All findings of one clause, a line each.
#[track_caller]
fn findings(attribute: &str, operator: &str, values: &[&str]) -> String {
    let filter = filter(&[&[(attribute, operator, values)]]);
    let (compiled, findings) =
        ScopingFilter::compile(&filter, &SourceAttributes::default(), "User mapping");
    assert_eq!(compiled.is_none(), findings.iter().any(Finding::is_error));
    let line = |finding: &Finding| {
        let text = finding.to_string();
        let text = text.trim_start_matches("User mapping, scoping filter, group 1, clause 1: ");
        format!("{:?}: {text}", finding.severity)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_wrong_with_a_clause_is_told_with_what_to_do() {
    insta::assert_snapshot!(findings("department", "EQUAL", &["a"]), @r#"Error: there is no operator "EQUAL"; did you mean "EQUALS"?"#);
    insta::assert_snapshot!(findings("department", "!=", &["a"]), @r#"Error: there is no operator "!="; did you mean "NOT EQUALS"?"#);
    insta::assert_snapshot!(findings("department", "resembles", &["a"]), @r#"Error: there is no operator "resembles"; use one such as EQUALS, IS NOT NULL or REGEX MATCH"#);
    insta::assert_snapshot!(findings("department", "EQUALS", &[]), @"Error: EQUALS has no value to compare with; give it one");
    insta::assert_snapshot!(findings("department", "EQUALS", &["a", "b"]), @"Error: EQUALS takes one value and has 2; use IN, or a group for each value");
    insta::assert_snapshot!(findings("employeeId", "Greater_Than", &["abc"]), @r#"Error: Greater_Than compares with "abc", which is not a whole number of 0 or more; write digits only, such as 1000"#);
    insta::assert_snapshot!(findings("state", "REGEX MATCH", &["^N[YJ$"]), @r#"Error: "^N[YJ$" is no regular expression: the pattern is not complete: the class [ is not closed (character 6); correct the pattern"#);
    insta::assert_snapshot!(findings("employeeHireDate", "DATE_AFTER", &["soon"]), @r#"Error: DATE_AFTER compares with "soon", which is not a date; write a date such as 2026-01-31, or Today, Today+14, Today-30"#);
    insta::assert_snapshot!(findings("accountEnabled", "EQUALS", &["True"]), @r#"Error: "accountEnabled" is true or false and cannot be compared by EQUALS; use IS TRUE or IS FALSE"#);
    insta::assert_snapshot!(findings("appRoleAssignments", "IS NOT NULL", &[]), @"Error: asks for app role assignments, which a filter cannot see; scope by assignment instead: assign the users or groups to the application");
    insta::assert_snapshot!(findings("IsSoftDeleted", "IS FALSE", &[]), @"Error: asks for IsSoftDeleted, which follows from the filter itself; use accountEnabled IS TRUE");
    insta::assert_snapshot!(findings("members", "IS NOT NULL", &[]), @"Error: asks for the members of a group, which a filter cannot see; filter users by IsMemberOf, or groups by displayName");
    insta::assert_snapshot!(findings(" ", "IS NULL", &[]), @r#"Error: names no source attribute; name one, such as "department""#);
}

#[test]
fn what_works_but_perhaps_not_as_meant_is_told_too() {
    insta::assert_snapshot!(findings("departmant", "EQUALS", &["a"]), @r#"Warning: no source attribute "departmant" is known; did you mean "department"?"#);
    insta::assert_snapshot!(findings("userType", "EQUALS", &["Guest"]), @r#"Warning: Entra ID cannot filter by "userType"; it works here, but not when the schema is taken back there"#);
    insta::assert_snapshot!(findings("employeeHireDate", "EQUALS", &["2026-01-01"]), @r#"Warning: "employeeHireDate" holds a date, which EQUALS compares as text; use DATE_BEFORE or DATE_AFTER"#);
    insta::assert_snapshot!(findings("department", "IS TRUE", &["x"]), @r#"
    Warning: "department" is not true or false, so IS TRUE never holds; compare it with EQUALS
    Warning: IS TRUE takes no value, and the one given is not used; remove the value
    "#);
    insta::assert_snapshot!(findings("proxyAddresses", "Includes", &["x"]), @r#"Warning: "proxyAddresses" has several values, of which all must pass; Entra ID has no filters over several values"#);
    insta::assert_snapshot!(findings("state", "REGEX MATCH", &["N[YJ]"]), @r#"Warning: REGEX MATCH finds "N[YJ]" anywhere in the value; write "^(?:N[YJ])$" if the whole value has to match"#);
    insta::assert_snapshot!(findings("department", "EQUALS", &[""]), @"Warning: EQUALS compares with an empty text, although an absent value is never compared; use IS NULL or IS NOT NULL");
    assert_eq!(findings("department", "EQUALS", &["Sales"]), "");
}

#[test]
fn an_empty_group_and_too_many_clauses_are_refused() {
    let (compiled, findings) = ScopingFilter::compile(
        &Filter { groups: vec![FilterGroup::default()], ..Filter::default() },
        &SourceAttributes::default(),
        "User mapping",
    );
    assert!(compiled.is_none());
    insta::assert_snapshot!(findings[0], @"User mapping, scoping filter, group 1: has no clause and would admit everyone; add a clause, or remove the group");
    let line: Line<'_> = ("department", "IS NULL", &[]);
    let many = filter(&[&vec![line; CLAUSE_COUNT_MAX + 1]]);
    let (compiled, findings) =
        ScopingFilter::compile(&many, &SourceAttributes::default(), "User mapping");
    assert!(compiled.is_none());
    insta::assert_snapshot!(findings[0], @"User mapping: has 501 clauses, the most is 500; join values with IN, or split the job");
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        "[a-zA-Z0-9@. \\-]{0,12}".prop_map(Json::from),
        ".{0,20}".prop_map(Json::from),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec(inner, 0..3).prop_map(|values| {
                let members = values.into_iter().enumerate();
                Json::Object(members.map(|(key, value)| (key.to_string(), value)).collect())
            }),
        ]
    })
}

fn any_clause() -> impl Strategy<Value = FilterClause> {
    let attribute = prop::sample::select(vec!["department", "employeeId", "flag", "list"]);
    let value =
        prop_oneof!["[0-9]{0,4}", "[a-z]{0,3}", "[\\[\\](){}*+?.a-c\\\\|^$]{0,8}", ".{0,8}"];
    let operators: Vec<&str> = OPERATORS.iter().map(|operator| operator.name).collect();
    let values = prop::collection::vec(value, 0..3);
    (attribute, prop::sample::select(operators), values).prop_map(
        |(attribute, operator, values)| {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            clause(&(attribute, operator, &values))
        },
    )
}

fn any_group() -> impl Strategy<Value = FilterGroup> {
    prop::collection::vec(any_clause(), 1..4)
        .prop_map(|clauses| FilterGroup { clauses, ..FilterGroup::default() })
}

fn any_object() -> impl Strategy<Value = SourceObject> {
    prop::collection::vec(any_json(), 4).prop_map(|values| {
        let names = ["department", "employeeId", "flag", "list"].map(str::to_owned);
        let attributes: Map<String, Json> = names.into_iter().zip(values).collect();
        object(Json::Object(attributes))
    })
}

proptest! {
    #[test]
    fn one_more_group_drops_nobody(
        groups in prop::collection::vec(any_group(), 1..4), more in any_group(), object in any_object(),
    ) {
        let one = Filter { groups, ..Filter::default() };
        let mut two = one.clone();
        two.groups.push(more);
        let compile = |filter| ScopingFilter::compile(filter, &SourceAttributes::default(), "").0;
        if let (Some(one), Some(two)) = (compile(&one), compile(&two)) {
            let passed = evaluate(&one, &object, now()).passes();
            prop_assert!(!passed || evaluate(&two, &object, now()).passes());
        }
    }

    #[test]
    fn an_explanation_says_what_the_verdict_says(
        groups in prop::collection::vec(any_group(), 1..4), object in any_object(),
    ) {
        let filter = Filter { groups, ..Filter::default() };
        if let (Some(filter), _) = ScopingFilter::compile(&filter, &SourceAttributes::default(), "") {
            let admitted = examine(&filter, &object, now()).iter().any(|group| group.holds);
            prop_assert_eq!(evaluate(&filter, &object, now()).passes(), admitted);
        }
    }
}
