//! An application's schema in and out of Microsoft Graph's form, with its versions.

use insta::assert_snapshot;
use serde_json::{Value as Json, json};
use testkit::{FakeTarget, Fault, When};

use crate::console::{Console, redacted};

/// An organisation with an application that provisions nowhere yet.
async fn console() -> Console {
    let console = Console::with_organisation().await;
    console.done(&["app", "add", "--template", "scim", "--name", "CRM"]).await;
    console
}

/// The schema of the application as it is exported, with a change.
async fn exported(console: &Console, change: impl FnOnce(&mut Json)) -> String {
    let mut document = console.json(&["schema", "export", "CRM"]).await;
    change(&mut document);
    document.to_string()
}

/// The mapping of users to this target attribute.
fn mapping<'d>(document: &'d mut Json, target: &str) -> &'d mut Json {
    let mappings = users(document)["attributeMappings"].as_array_mut().unwrap();
    mappings.iter_mut().find(|mapping| mapping["targetAttributeName"] == target).unwrap()
}

fn users(document: &mut Json) -> &mut Json {
    let mappings = document["synchronizationRules"][0]["objectMappings"].as_array_mut().unwrap();
    mappings.iter_mut().find(|mapping| mapping["sourceObjectName"] == "User").unwrap()
}

fn set_expression(mapping: &mut Json, expression: &str) {
    mapping["source"] = json!({"type": "Function", "expression": expression});
}

const BY: [&str; 2] = ["--actor", "ada"];

#[tokio::test]
async fn an_export_is_imported_as_it_is() {
    let console = console().await;
    assert_snapshot!(console.done(&["schema", "export", "CRM", "--out", "crm.schema.json"]).await, @r#"the schema of "CRM", version 1, is in file "crm.schema.json""#);
    assert_snapshot!(console.done(&["schema", "diff", "CRM", "crm.schema.json"]).await, @"nothing differs");
    assert_snapshot!(console.done(&["schema", "import", "CRM", "crm.schema.json"]).await, @r#""CRM" has this schema already (version 1)"#);
    let before = exported(&console, |_| {}).await;
    let file = std::fs::read_to_string(console.path("crm.schema.json")).unwrap();
    assert_eq!(before, serde_json::from_str::<Json>(&file).unwrap().to_string());
}

#[tokio::test]
async fn a_changed_schema_is_compared_imported_and_rolled_back() {
    let console = console().await;
    let changed = exported(&console, |document| {
        set_expression(mapping(document, "title"), "ToUpper([jobTitle], )");
        mapping(document, "displayName")["defaultValue"] = json!("nobody");
        users(document)["flowTypes"] = json!("Add,Update");
        users(document)["scope"] = json!({"groups": [{"name": "Researchers", "clauses": [
            {"sourceOperandName": "department", "operatorName": "EQUALS", "targetOperand": {"values": ["Research"]}}]}]});
    })
    .await;
    console.write("changed.json", &changed);
    let said = console.run(&["schema", "diff", "CRM", "changed.json"]).await;
    assert_eq!((said.code, said.err.as_str()), (Some(1), ""));
    assert_snapshot!(said.out, @r#"
    User mapping: deletion changed
      - allowed
      + not allowed
    User mapping, scoping filter, group "Researchers": group added
      + department EQUALS "Research"
    User mapping, target attribute "displayName": default value added
      + nobody
    User mapping, target attribute "title": expression changed
      - [jobTitle]
      + ToUpper([jobTitle], )
    "#);
    let import = ["schema", "import", "CRM", "changed.json"];
    assert_snapshot!(console.done(&[&import[..], &["--dry-run"]].concat()).await, @r#"
    User mapping: deletion changed
      - allowed
      + not allowed
    User mapping, scoping filter, group "Researchers": group added
      + department EQUALS "Research"
    User mapping, target attribute "displayName": default value added
      + nobody
    User mapping, target attribute "title": expression changed
      - [jobTitle]
      + ToUpper([jobTitle], )
    "CRM": 4 differences, nothing stored; a full cycle would follow
    "#);
    let why = ["--reason", "titles in capitals"];
    assert_snapshot!(console.done(&[&import[..], &BY[..], &why[..]].concat()).await, @r#"
    User mapping: deletion changed
      - allowed
      + not allowed
    User mapping, scoping filter, group "Researchers": group added
      + department EQUALS "Research"
    User mapping, target attribute "displayName": default value added
      + nobody
    User mapping, target attribute "title": expression changed
      - [jobTitle]
      + ToUpper([jobTitle], )
    "CRM" has version 2 of its schema; the next cycle looks at everybody, accounts stay linked, and what failed is tried again
    "#);
    assert_snapshot!(console.done(&[&["schema", "rollback", "CRM", "1"], &BY[..]].concat()).await, @r#"
    note: version 1 is put back
    User mapping: deletion changed
      - not allowed
      + allowed
    User mapping, scoping filter, group "Researchers": group removed
      - department EQUALS "Research"
    User mapping, target attribute "displayName": default value removed
      - nobody
    User mapping, target attribute "title": expression changed
      - ToUpper([jobTitle], )
      + [jobTitle]
    "CRM" has version 3 of its schema; the next cycle looks at everybody, accounts stay linked, and what failed is tried again
    "#);
    assert_snapshot!(console.done(&["schema", "versions", "CRM"]).await, @"
    VERSION  WHEN                  WHO           HOW       CHANGES  WHY
    3        [time]  ada           rollback  4
    2        [time]  ada           import    4        titles in capitals
    1        [time]  command line  template  0
    ");
    assert_snapshot!(console.done(&["schema", "diff", "CRM", "--version", "1", "--version", "3"]).await, @"nothing differs");
    let said = console.run(&["schema", "diff", "CRM", "--version", "2"]).await;
    assert_eq!(said.code, Some(1));
    assert_snapshot!(console.failed(&["schema", "rollback", "CRM", "9"]).await, @r#"5: error: the schema of application "CRM" has no version 9, the newest is 3; "instep schema versions "CRM"" lists them"#);
    let document =
        console.json(&["schema", "diff", "CRM", "--version", "2", "--version", "3"]).await;
    assert_eq!(document["differences"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn single_mappings_are_versions_too() {
    let console = console().await;
    console.done(&["app", "map", "CRM", "--target", "title", "--expression", "[department]"]).await;
    let versions = console.json(&["schema", "versions", "CRM"]).await;
    assert_eq!(versions[0]["cause"], "mapping");
    assert_eq!(versions[0]["actor"], "command line");
    assert_eq!(versions[1]["version"], 1);
    let document: Json = serde_json::from_str(&exported(&console, |_| {}).await).unwrap();
    assert_eq!(document["version"], "v2");
}

#[tokio::test]
async fn a_file_that_was_exported_before_another_change_is_refused() {
    let console = console().await;
    let mine = exported(&console, |document| {
        set_expression(mapping(document, "title"), "[department]");
    })
    .await;
    console.write("mine.json", &mine);
    console.done(&["app", "map", "CRM", "--target", "title", "--expression", "[mail]"]).await;
    let import = ["schema", "import", "CRM", "mine.json"];
    assert_snapshot!(console.failed(&import).await, @r#"2: error: the file was exported as version 1, and version 2 was saved since by command line (mapping); see "instep schema diff "CRM" --version 1", take those changes into the file, or import it all the same with --force"#);
    console.done(&[&import[..], &["--force"]].concat()).await;
}

#[tokio::test]
async fn a_schema_with_errors_changes_nothing_and_tells_all_of_them() {
    let console = console().await;
    let wrong = exported(&console, |document| {
        set_expression(mapping(document, "title"), "ToUpper([jobTitle]");
        set_expression(mapping(document, "displayName"), "ToUper([displayName])");
        users(document)["scope"] = json!({"groups": [{"name": "A", "clauses": [
            {"sourceOperandName": "department", "operatorName": "RESEMBLES", "targetOperand": {"values": ["x"]}}]}]});
    })
    .await;
    console.write("wrong.json", &wrong);
    let said = console.run(&["schema", "import", "CRM", "wrong.json"]).await;
    assert_snapshot!(said.out, @r#"
    error: User mapping, scoping filter, group 1 "A", clause 1: there is no operator "RESEMBLES"
        use one such as EQUALS, IS NOT NULL or REGEX MATCH
    error: User mapping, target attribute "displayName": there is no function "ToUper"
        ToUper([displayName])
        ^^^^^^
        did you mean ToUpper?
    error: User mapping, target attribute "title": the parenthesis ( of ToUpper is not closed
        ToUpper([jobTitle]
               ^
        end the parameters with )
    "#);
    assert_snapshot!(said.complaint(), @"2: error: the schema has 3 errors; nothing was changed");
    let said = console.run(&["schema", "check", "wrong.json"]).await;
    assert_eq!(said.code, Some(2));
    let document = console.json(&["schema", "check", "wrong.json"]).await;
    assert_eq!(document["findings"].as_array().unwrap().len(), 3);
    assert_eq!(console.json(&["schema", "versions", "CRM"]).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn wrong_files_are_recognised() {
    let console = console().await;
    for (name, text) in [
        ("page.json", "<!DOCTYPE html><html><head><title>Sign in</title></head></html>"),
        ("cut.json", "{\"synchronizationRules\": ["),
        ("empty.json", ""),
        (
            "hr.json",
            r#"{"synchronizationRules":[{"name":"WORKDAY","sourceDirectoryName":"Workday","targetDirectoryName":"Active Directory",
            "objectMappings":[{"sourceObjectName":"Worker","targetObjectName":"user","attributeMappings":[]}]}],
            "directories":[{"name":"Workday"},{"name":"Active Directory"}]}"#,
        ),
    ] {
        console.write(name, text);
    }
    let import = |file| ["schema", "import", "CRM", file];
    assert_snapshot!(console.failed(&import("users.json")).await, @r#"2: error: file "users.json": this is a list of 3 users, not a synchronisation schema; take it in with "instep import graph""#);
    assert_snapshot!(console.failed(&import("page.json")).await, @r#"2: error: file "page.json": this is a web page ("Sign in"), not a synchronisation schema; the download was answered by a sign-in or error page; sign in and export again"#);
    assert_snapshot!(console.failed(&import("cut.json")).await, @r#"2: error: file "cut.json": line 1, column 26: the document ends here, in its middle; it was cut off when it was copied or saved, export it again"#);
    assert_snapshot!(console.failed(&import("empty.json")).await, @r#"2: error: file "empty.json": this is an empty file, not a synchronisation schema; export the schema itself: "GET …/synchronization/jobs/{id}/schema", or "Review your schema here" and "Download" in the portal"#);
    assert_snapshot!(console.failed(&import("scim")).await, @r#"2: error: there is no file "scim"; name a file that holds an exported schema"#);
    let said = console.run(&import("hr.json")).await;
    assert_snapshot!(format!("{}{}", said.out, said.err), @r#"
    error: rule "WORKDAY": flows from "Workday" to "Active Directory", but an application is provisioned from the organisation's directory
        this is the schema of another job, such as one that brings people in from HR; export that of the application
    error: the schema has 1 error; nothing was changed
    "#);
    assert_snapshot!(console.failed(&["schema", "check", "nothing.json"]).await, @r#"2: error: there is no file "nothing.json""#);
    assert_snapshot!(console.failed(&["schema", "check", "nothing"]).await, @r#"5: error: no application is called "nothing"; "instep app list" shows them, "instep app add" adds one"#);
}

#[tokio::test]
async fn a_schema_is_read_from_standard_input_and_through_an_sdk() {
    let console = console().await;
    let text = exported(&console, |document| {
        document["@odata.context"] = json!("https://graph.example/$metadata");
        users(document)["FlowTypes"] = json!("add, update, delete");
        users(document).as_object_mut().unwrap().remove("flowTypes");
        mapping(document, "userName")["matchingPriority"] = json!("1");
    })
    .await;
    let said =
        console.run_with(&["schema", "import", "CRM", "-"], &format!("\u{feff}{text}")).await;
    assert_snapshot!(said.out, @r#"
    note: keys in another spelling than Graph's (once, first synchronizationRules[0].objectMappings[0].FlowTypes) were read as Graph's
    note: names in another spelling than Graph's (once, first synchronizationRules[0].objectMappings[0].FlowTypes) were read as Graph's
    note: numbers in quotes (once, first synchronizationRules[0].objectMappings[0].attributeMappings[0].matchingPriority) were read as numbers
    "CRM" has version 2 of its schema; nobody is looked at again for it
    "#);
    assert_eq!(said.code, Some(0));
}

#[tokio::test]
async fn another_applications_schema_keeps_the_names_of_this_one() {
    let console = console().await;
    let other = exported(&console, |document| {
        document["id"] = json!("salesforce.x.y");
        document["synchronizationRules"][0]["id"] = json!("a-rule");
        document["synchronizationRules"][0]["targetDirectoryName"] = json!("Salesforce");
        document["directories"][1]["name"] = json!("Salesforce");
    })
    .await;
    console.write("other.json", &other);
    assert_snapshot!(console.done(&["schema", "import", "CRM", "other.json"]).await, @r#"
    note: id of rule "USER_OUTBOUND_USER": "a-rule" became "[id]"
    note: directory name: "Salesforce" became "customappsso"
    "CRM" has this schema already (version 1)
    "#);
}

#[tokio::test]
async fn attributes_that_the_target_has_are_added() {
    let target = FakeTarget::start().await;
    let console = Console::connected_to(&target).await;
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 1, "Resources": [
        {"id": "urn:ietf:params:scim:schemas:core:2.0:User", "name": "User", "attributes": [
            {"name": "userName", "type": "string"}, {"name": "badge", "type": "integer"}]}]});
    let fault = Fault::Answer { status: 200, body: body.to_string() };
    target.fail(When::on("GET", "/Schemas").always(), fault);
    assert_snapshot!(console.done(&["schema", "discover", "CRM", "--dry-run"]).await, @r#"
    directory "customappsso", object "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", attribute "badge": definition added
      + Integer
    "CRM": 1 difference, nothing stored
    "#);
    assert_snapshot!(console.done(&[&["schema", "discover", "CRM"], &BY[..]].concat()).await, @r#"
    directory "customappsso", object "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", attribute "badge": definition added
      + Integer
    "CRM" has version 2 of its schema; nobody is looked at again for it
    "#);
    assert_snapshot!(console.done(&["schema", "discover", "CRM"]).await, @r#""CRM" has this schema already (version 2)"#);
    console.done(&["app", "map", "CRM", "--target", "badge", "--expression", "[employeeId]"]).await;
}

#[tokio::test]
async fn a_configuration_is_checked_without_its_target() {
    let console = console().await;
    let said = console.run(&["check"]).await;
    assert_snapshot!(said.out, @r#"
    warning: connection: the application has no credentials yet
        set them with "instep app credentials"
    warning: User mapping, target attribute "addresses[type eq "work"].locality": no user of the directory has "city"
        correct the name, bring the attribute in with the next import, or remove it here
    warning: User mapping, target attribute "addresses[type eq "work"].country": no user of the directory has "country"
        correct the name, bring the attribute in with the next import, or remove it here
    warning: User mapping, target attribute "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": no user of the directory has "employeeId"
        correct the name, bring the attribute in with the next import, or remove it here
    warning: User mapping, target attribute "phoneNumbers[type eq "fax"].value": no user of the directory has "facsimileTelephoneNumber"
        correct the name, bring the attribute in with the next import, or remove it here
    warning: User mapping, target attribute "name.givenName": no user of the directory has "givenName"
        correct the name, bring the attribute in with the next import, or remove it here
    warning: User mapping, target attribute "externalId": no user of the directory has "mailNickname"
        correct the name, bring the attribute in with the next import, or remove it here
    warning: User mapping, target attribute "phoneNumbers[type eq "mobile"].value": no user of the directory has "mobile"
        correct the name, bring the attribute in with the next import, or remove it here
    warning: User mapping, target attribute "addresses[type eq "work"].formatted": no user of the directory has "physicalDeliveryOfficeName"
        correct the name, bring the attribute in with the next import, or remove it here
    warning: User mapping, target attribute "addresses[type eq "work"].postalCode": no user of the directory has "postalCode"
        correct the name, bring the attribute in with the next import, or remove it here
    warning: User mapping, target attribute "preferredLanguage": no user of the directory has "preferredLanguage"
        correct the name, bring the attribute in with the next import, or remove it here
    warning: User mapping, target attribute "addresses[type eq "work"].region": no user of the directory has "state"
        correct the name, bring the attribute in with the next import, or remove it here
    warning: User mapping, target attribute "addresses[type eq "work"].streetAddress": no user of the directory has "streetAddress"
        correct the name, bring the attribute in with the next import, or remove it here
    warning: User mapping, target attribute "name.familyName": no user of the directory has "surname"
        correct the name, bring the attribute in with the next import, or remove it here
    warning: User mapping, target attribute "phoneNumbers[type eq "work"].value": no user of the directory has "telephoneNumber"
        correct the name, bring the attribute in with the next import, or remove it here
    "CRM": 0 errors, 15 warnings
    "#);
    assert_eq!(said.code, Some(0));
    assert_eq!(console.run(&["check", "CRM", "--strict"]).await.code, Some(2));
    let document = console.json(&["check", "CRM"]).await;
    assert_eq!(document[0]["application"], "CRM");
    assert_snapshot!(redacted(&console.failed(&["check", "Nothing"]).await), @r#"5: error: no application is called "Nothing"; "instep app list" shows them, "instep app add" adds one"#);
}
