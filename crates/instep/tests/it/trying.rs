//! Trying expressions and filters before they are in use.

use insta::assert_snapshot;

use crate::console::Console;

const ADA: &str = r#"{
  "givenName": "Ada", "surname": "Lovelace", "department": "Sales", "mail": "ada@example.com",
  "businessPhones": ["+1 5", "+2"], "manager": {"id": "m", "displayName": "Grace"},
  "appRoleAssignments": [{"id": "1", "value": "Agent", "displayName": "Agents"}]
}"#;

const FILTER: &str = r#"{"groups": [{"name": "Sales NY", "clauses": [
  {"sourceOperandName": "department", "operatorName": "EQUALS", "targetOperand": {"values": ["Sales"]}},
  {"sourceOperandName": "state", "operatorName": "IS NOT NULL", "targetOperand": {"values": []}}
]}]}"#;

fn console() -> Console {
    let console = Console::new();
    console.write("ada.json", ADA);
    console.write("scope.json", FILTER);
    console
}

/// What `instep expression eval` says for the object in the file.
async fn eval(console: &Console, expression: &str) -> String {
    console.done(&["expression", "eval", "--object-file", "ada.json", expression]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expression_is_evaluated_for_the_object_of_a_file() {
    let console = console();
    for (expression, expected) in [
        (r#"Join(" ", [givenName], [surname])"#, "Ada Lovelace"),
        ("[telephoneNumber]", "+1 5"),
        ("[businessPhones]", "+1 5\n+2"),
        ("[manager.displayName]", "Grace"),
        ("SingleAppRoleAssignment([appRoleAssignments])", "Agent"),
        ("[IsSoftDeleted]", "False"),
        ("[city]", "no value"),
        ("IgnoreFlowIfNullOrEmpty([city])", "no value: the attribute leaves the flow"),
    ] {
        assert_eq!(eval(&console, expression).await.trim_end(), expected, "{expression}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_a_document_whose_value_is_a_text_a_list_or_null() {
    let console = console();
    for (expression, expected) in [
        ("[givenName]", r#""Ada""#),
        ("[businessPhones]", r#"["+1 5","+2"]"#),
        ("[city]", "null"),
        ("IsPresent([mail])", r#""True""#),
    ] {
        let arguments = ["expression", "eval", "--json", "--object-file", "ada.json", expression];
        let document = console.done(&arguments).await;
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["value"].to_string(), expected, "{expression}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_shows_what_every_part_came_to() {
    let arguments = [
        "expression",
        "eval",
        "--object-file",
        "ada.json",
        "--trace",
        r#"IIF([department]="Sales", Append([mail], "x"), "no")"#,
    ];
    assert_snapshot!(console().done(&arguments).await, @r#"
    IIF([department] = "Sales", Append([mail], "x"), "no")  =>  "ada@example.comx"
      [department] = "Sales"  =>  True
        [department]  =>  "Sales"
        "Sales"  =>  "Sales"
      Append([mail], "x")  =>  "ada@example.comx"
        [mail]  =>  "ada@example.com"
        "x"  =>  "x"
      "no"  =>  not needed
    ada@example.comx
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_expression_is_pointed_at() {
    let console = console();
    let eval = ["expression", "eval", "--object-file", "ada.json", r#"Join(" ", [givenName"#];
    assert_snapshot!(console.failed(&eval).await, @r#"
    2: error: the expression is wrong: the bracket [ is not closed: end the name of the attribute with ]
      Join(" ", [givenName
                ^
    "#);
    let eval = ["expression", "eval", "--object-file", "ada.json", "DefaultDomain()"];
    assert_snapshot!(console.failed(&eval).await, @"
    2: error: the expression gives no value: DefaultDomain has no answer: set the default domain of the organisation
      DefaultDomain()
      ^^^^^^^^^^^^^^^
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn expressions_know_the_organisation_and_the_tables_of_an_application() {
    let console = Console::with_organisation().await;
    console.write("centres.csv", "department,centre\nResearch,4711\n");
    console.done(&["organisation", "set", "--default-domain", "brightwater.example"]).await;
    console.done(&["app", "add", "--template", "scim", "--name", "CRM"]).await;
    let set = ["app", "table", "set", "CRM", "centres", "centres.csv", "--heading"];
    assert_snapshot!(console.done(&set).await, @r#"table "centres" of "CRM" has 1 row; the next cycle looks at everybody"#);
    let expression = r#"Join("@", Lookup("centres", [department]), DefaultDomain())"#;
    let eval = ["expression", "eval", "--app", "CRM", "--object", "ada@example.com", expression];
    assert_eq!(console.done(&eval).await.trim_end(), "4711@brightwater.example");
    console.write("empty.csv", "");
    assert_snapshot!(console.failed(&["app", "table", "set", "CRM", "centres", "empty.csv"]).await, @r#"2: error: "empty.csv" holds no rows; to take a table away, use "instep app table remove""#);
    assert_snapshot!(console.failed(&["app", "table", "remove", "CRM", "centers"]).await, @r#"5: error: there is no table "centers"; there are: "centres""#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_names_the_clause_that_fails_and_the_value() {
    let arguments = ["filter", "eval", "--filter-file", "scope.json", "--object-file", "ada.json"];
    assert_snapshot!(console().done(&arguments).await, @r#"
    out of scope
    not admitted by the scoping filter: in "Sales NY", state IS NOT NULL does not hold for no value
      scoping filter "Sales NY" does not hold
        yes  department EQUALS "Sales"  with "Sales"
        no   state IS NOT NULL  with no value
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_filter_is_refused_and_admits_nobody() {
    let arguments = ["filter", "eval", "--filter-file", "ada.json", "--object-file", "ada.json"];
    assert_snapshot!(console().failed(&arguments).await, @r#"2: error: "ada.json" holds no scoping filter: it has no "groups""#);
}

#[tokio::test(flavor = "multi_thread")]
async fn nested_groups_are_a_setting_of_the_application() {
    let console = Console::with_organisation().await;
    console.done(&["app", "add", "--template", "scim", "--name", "CRM"]).await;
    let set = ["app", "groups", "CRM", "--nested", "on", "--flatten", "on"];
    assert_snapshot!(console.done(&set).await, @r#""CRM" provisions people in groups within assigned groups too; groups get all people within them as members; the next cycle looks at everybody"#);
    assert_snapshot!(console.done(&["app", "groups", "CRM"]).await, @r#""CRM" provisions people in groups within assigned groups too; groups get all people within them as members"#);
}
