use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// The generic template, written by hand in the shape that Graph answers with.
const SEED: &str = include_str!("../../tests/schema.json");

fn seed() -> Value {
    serde_json::from_str(SEED).unwrap()
}

#[track_caller]
fn check_kept(document: &Value) {
    let schema = parse(&document.to_string()).unwrap();
    assert_eq!(schema.to_json(), *document);
}

/// Reads the text and expects the seed, with these remarks.
#[track_caller]
fn check_is_seed(text: &str, remarks: &str) {
    let reading = read(text.as_bytes()).unwrap();
    assert_eq!(reading.schema.to_json(), seed());
    let told: Vec<String> = reading.remarks.iter().map(ToString::to_string).collect();
    assert_eq!(told.join("\n"), remarks);
}

#[track_caller]
fn refused(text: &str) -> String {
    read(text.as_bytes()).unwrap_err().to_string()
}

/// The mapping document with one attribute mapping, whose text `put` changes.
fn one_mapping(put: &str) -> String {
    format!(
        "{{\"synchronizationRules\":[{{\"objectMappings\":[{{\"attributeMappings\":[{{\"targetAttributeName\":\"userName\"{put}}}]}}]}}]}}"
    )
}

fn mapping(put: &str) -> AttributeMapping {
    let mut schema = parse(&one_mapping(put)).unwrap();
    schema.synchronization_rules.remove(0).object_mappings.remove(0).attribute_mappings.remove(0)
}

#[test]
fn a_complete_document_is_written_as_it_was_read() {
    check_kept(&seed());
    check_is_seed(SEED, "");
}

#[test]
fn unknown_keys_are_kept_at_every_level() {
    let mut document = seed();
    document["directories@odata.context"] = json!("x");
    document["provisioningTaskIdentifier"] = json!(null);
    document["synchronizationRules"][0]["new"] = json!(1);
    let object_mapping = &mut document["synchronizationRules"][0]["objectMappings"][0];
    object_mapping["new"] = json!([true]);
    object_mapping["scope"] = json!({"groups": [{"name": null, "clauses": [
        {"sourceOperandName": "a", "operatorName": "IS NULL", "targetOperand": null, "new": 1}], "new": 2}],
        "inputFilterGroups": [], "categoryFilterGroups": [], "new": 3});
    object_mapping["attributeMappings"][0]["new"] = json!({"a": null});
    object_mapping["attributeMappings"][0]["source"]["new"] = json!(0.5);
    document["directories"][0]["objects"][0]["attributes"][0]["new"] = json!("y");
    document["directories"][0]["objects"][0]["metadata"][0]["@odata.type"] = json!("#z");
    check_kept(&document);
}

#[test]
fn absent_and_null_values_get_graphs_defaults() {
    let schema = parse(
        r#"{"synchronizationRules":[{"priority":null,"objectMappings":[
        {"name":null,"sourceObjectName":"","attributeMappings":null},
        {"flowTypes":"Add, Update","attributeMappings":[{"targetAttributeName":"userName","source":{"name":"mail"}}]}]}]}"#,
    )
    .unwrap();
    let rule = &schema.synchronization_rules[0];
    assert!(rule.editable && rule.object_mappings[0].enabled);
    assert_eq!(rule.object_mappings[0].flow_types, FlowTypes::default());
    assert_eq!(
        rule.object_mappings[1].flow_types,
        FlowTypes { add: true, update: true, delete: false }
    );
    let mapping = &rule.object_mappings[1].attribute_mappings[0];
    assert_eq!(mapping.flow_type, AttributeFlowType::Always);
    assert_eq!(mapping.source.as_ref().unwrap().kind, SourceType::Attribute);
}

#[test]
fn any_encoding_of_a_text_is_read() {
    check_is_seed(&format!("\u{feff}{SEED}\n"), "");
    let mut wide = vec![0xff, 0xfe];
    wide.extend(SEED.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(read(&wide).unwrap().schema.to_json(), seed());
}

#[test]
fn a_schema_is_taken_out_of_what_it_is_wrapped_in() {
    check_is_seed(&format!("{{\"schema\": {SEED}}}"), "the schema was taken out of \"schema\"");
    let template =
        format!("{{\"id\": \"scim\", \"factoryTag\": \"CustomSCIM\", \"schema\": {SEED}}}");
    check_is_seed(&template, "the schema was taken out of \"schema\"");
    check_is_seed(&format!("{{\"value\": [{template}]}}"), "the schema was taken out of \"value\"");
    check_is_seed(&format!("[{SEED}]"), "the schema was taken out of a list of one");
    let quoted = Value::from(SEED).to_string();
    check_is_seed(&quoted, "the document was a text that holds JSON, and was read as that");
}

#[test]
fn what_an_sdk_made_of_a_schema_is_read_as_the_schema() {
    check_is_seed(
        &respelled(&seed(), &|key| {
            key.chars()
                .flat_map(|c| match c {
                    'A'..='Z' => vec!['_', c.to_ascii_lowercase()],
                    c => vec![c],
                })
                .collect()
        })
        .to_string(),
        "keys in another spelling than Graph's (445 times, first directories[0].discovery_date_time) were read as Graph's",
    );
    let mut aside = seed();
    let rules = aside.as_object_mut().unwrap().remove("synchronizationRules").unwrap();
    aside["additional_data"] = json!({ "synchronizationRules": rules });
    aside["odata_type"] = Value::Null;
    aside["backing_store"] = json!({"isInitialized": true});
    check_is_seed(
        &aside.to_string(),
        "properties that an SDK had put aside (once, first additional_data) were put back",
    );
}

/// The document with every key changed.
fn respelled(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, value)| (change(key), respelled(value, change))).collect()
        }
        Value::Array(items) => items.iter().map(|item| respelled(item, change)).collect(),
        value => value.clone(),
    }
}

#[test]
fn values_are_read_in_any_form_in_which_they_can_be_meant() {
    let read = mapping(
        r#","flowType":"objectaddonly","flowBehavior":1,"matchingPriority":"2","exportMissingReferences":"True","defaultValue":5,
        "source":{"Type":2,"Name":"Join","Parameters":{"Key":"separator","Value":{"type":"constant","name":1}}}"#,
    );
    assert_eq!(read.flow_type, AttributeFlowType::ObjectAddOnly);
    assert_eq!(read.flow_behavior, AttributeFlowBehavior::FlowAlways);
    assert_eq!((read.matching_priority, read.export_missing_references), (2, true));
    assert_eq!(read.default_value.as_deref(), Some("5"));
    let source = read.source.unwrap();
    assert_eq!(source.kind, SourceType::Function);
    assert_eq!(source.parameters[0].value.as_ref().unwrap().name.as_deref(), Some("1"));
}

#[test]
fn flags_are_read_from_names_in_any_form() {
    let flow = |text: &str| {
        let text = format!(
            "{{\"synchronizationRules\":[{{\"objectMappings\":[{{\"flowTypes\":{text}}}]}}]}}"
        );
        parse(&text).unwrap().synchronization_rules[0].object_mappings[0].flow_types.to_string()
    };
    for (text, expected) in [
        ("7", "Add,Update,Delete"),
        ("2", "Update"),
        ("0", "None"),
        ("\"add, DELETE\"", "Add,Delete"),
        ("[\"Add\", \"Update\"]", "Add,Update"),
        ("[]", "None"),
        ("\"None\"", "None"),
        ("null", "Add,Update,Delete"),
    ] {
        assert_eq!(flow(text), expected, "{text}");
    }
}

#[test]
fn values_that_fit_nowhere_are_all_named_with_their_places() {
    let text = "{\"synchronizationRules\": [\n {\"priority\": \"high\", \"editable\": \"perhaps\",\n  \"objectMappings\": \"@{name=x; enabled=True}\"},\n {\"objectMappings\": [{\"flowTypes\": \"Add,Remove\",\n  \"attributeMappings\": [7, {\"flowType\": \"Sometimes\"}]}]}]}";
    insta::assert_snapshot!(refused(text), @r#"
    line 2, column 15: synchronizationRules[0].priority: should be a whole number, but is the text "high"
    line 2, column 35: synchronizationRules[0].editable: should be true or false, but is the text "perhaps"
    line 3, column 21: synchronizationRules[0].objectMappings: should be a list, but is the text "@{name=x; enabled=True}"; ConvertTo-Json cut it off; export again with "ConvertTo-Json -Depth 50"
    line 4, column 36: synchronizationRules[1].objectMappings[0].flowTypes: should be some of Add,Update,Delete, but is the text "Add,Remove"
    line 5, column 25: synchronizationRules[1].objectMappings[0].attributeMappings[0]: should be an object, but is 7
    line 5, column 41: synchronizationRules[1].objectMappings[0].attributeMappings[1].flowType: should be one of Always, ObjectAddOnly, MultiValueAddOnly, ValueAddOnly, AttributeAddOnly, but is the text "Sometimes"
    "#);
    insta::assert_snapshot!(refused(r#"{"synchronizationRules":[{"priority":3000000000}]}"#), @"line 1, column 38: synchronizationRules[0].priority: should be a whole number, but is 3000000000");
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    insta::assert_snapshot!(refused("{\"id\": \"a\",\n}"), @"line 2, column 1: this is not JSON: trailing comma; remove the comma before the bracket");
    insta::assert_snapshot!(refused("{\"ş\": “a”}"), @r#"line 1, column 7: this is not JSON: expected value; replace the typographic quotes by straight ones (")"#);
    insta::assert_snapshot!(refused("{\n // mine\n}"), @"line 2, column 2: this is not JSON: key must be a string; JSON has no comments; remove them");
    insta::assert_snapshot!(refused("{'id': 1}"), @r#"line 1, column 2: this is not JSON: key must be a string; JSON needs double quotes (")"#);
    insta::assert_snapshot!(refused("{} {}"), @"line 1, column 4: this is not JSON: trailing characters; the document ends before this; remove what follows, or save each document in a file of its own");
    insta::assert_snapshot!(refused(&SEED[..20_000]), @"line 785, column 8: the document ends here, in its middle; it was cut off when it was copied or saved, export it again");
}

#[test]
fn another_kind_of_file_is_recognised() {
    insta::assert_snapshot!(refused(" \n"), @r#"this is an empty file, not a synchronisation schema; export the schema itself: "GET …/synchronization/jobs/{id}/schema", or "Review your schema here" and "Download" in the portal"#);
    insta::assert_snapshot!(refused("<!DOCTYPE html>\n<html><head><title>Sign in to your account</title>"), @r#"this is a web page ("Sign in to your account"), not a synchronisation schema; the download was answered by a sign-in or error page; sign in and export again"#);
    insta::assert_snapshot!(refused("<?xml version=\"1.0\"?><a/>"), @r#"this is XML, not a synchronisation schema; export the schema itself: "GET …/synchronization/jobs/{id}/schema", or "Review your schema here" and "Download" in the portal"#);
    insta::assert_snapshot!(refused("scim\n"), @r#"this is the name "scim" alone, perhaps the id of a template or a job, not a synchronisation schema; export the schema itself: "GET …/synchronization/jobs/{id}/schema", or "Review your schema here" and "Download" in the portal"#);
    insta::assert_snapshot!(refused("userPrincipalName,displayName\na@b.c,A"), @r#"this is a CSV download of users, not a synchronisation schema; take people in with "instep import csv"; for the schema, export it as JSON"#);
    insta::assert_snapshot!(refused("\"scim\""), @r#"this is the text "scim" alone, not a synchronisation schema; export the schema itself: "GET …/synchronization/jobs/{id}/schema", or "Review your schema here" and "Download" in the portal"#);
    insta::assert_snapshot!(refused("null"), @r#"this is the value null alone, not a synchronisation schema; export the schema itself: "GET …/synchronization/jobs/{id}/schema", or "Review your schema here" and "Download" in the portal"#);
    insta::assert_snapshot!(refused("[]"), @r#"this is an empty list, not a synchronisation schema; export the schema itself: "GET …/synchronization/jobs/{id}/schema", or "Review your schema here" and "Download" in the portal"#);
    insta::assert_snapshot!(refused("[1, 2]"), @r#"this is a list of 2, not a synchronisation schema; export the schema itself: "GET …/synchronization/jobs/{id}/schema", or "Review your schema here" and "Download" in the portal"#);
    insta::assert_snapshot!(refused("{}"), @r#"this is an empty document, not a synchronisation schema; a schema has "synchronizationRules" and "directories"; export the schema itself: "GET …/synchronization/jobs/{id}/schema", or "Review your schema here" and "Download" in the portal"#);
    insta::assert_snapshot!(refused(&format!("[{SEED}, {SEED}]")), @"this is a list of 2 schemas, not a synchronisation schema; save the one that you mean in a file of its own");
    insta::assert_snapshot!(refused(r#"{"@odata.context":"x/$metadata#users","value":[{"id":"1","userPrincipalName":"a@b.c"},{"id":"2"}]}"#), @r#"this is a list of 2 users, not a synchronisation schema; take it in with "instep import graph""#);
    insta::assert_snapshot!(refused(r#"{"value":[]}"#), @r#"this is a list without entries, not a synchronisation schema; export the schema itself: "GET …/synchronization/jobs/{id}/schema", or "Review your schema here" and "Download" in the portal"#);
    insta::assert_snapshot!(refused(r#"{"value":[{"id":"scim.1","templateId":"scim","schedule":{}}]}"#), @r#"this is a job without its schema, not a synchronisation schema; export the schema itself: "GET …/synchronization/jobs/{id}/schema", or "Review your schema here" and "Download" in the portal"#);
    insta::assert_snapshot!(refused(r#"{"id":"scim","factoryTag":"CustomSCIM","schema":null}"#), @r#"this is a template without its schema, not a synchronisation schema; export the schema itself: "GET …/synchronization/jobs/{id}/schema", or "Review your schema here" and "Download" in the portal"#);
    insta::assert_snapshot!(refused(r#"{"error":{"code":"InvalidAuthenticationToken","message":"Access token has expired."}}"#), @"this is an error that Graph answered: InvalidAuthenticationToken Access token has expired, not a synchronisation schema; sign in with Synchronization.Read.All and export again");
    insta::assert_snapshot!(refused(r#"{"attributeMappings":[]}"#), @"this is one object mapping, not a synchronisation schema; it is a part of one; export the whole schema");
    insta::assert_snapshot!(refused(r#"{"appId":"1","appRoles":[]}"#), @r#"this is an application, not a synchronisation schema; take it in with "instep import graph""#);
    insta::assert_snapshot!(refused(r#"{"name":"x","version":"1","dependencies":{},"a":1,"b":2,"c":3,"d":4}"#), @r#"this is a document with "name", "version", "dependencies", "a", "b", "c", …, not a synchronisation schema; a schema has "synchronizationRules" and "directories"; export the schema itself: "GET …/synchronization/jobs/{id}/schema", or "Review your schema here" and "Download" in the portal"#);
}

#[test]
fn size_depth_and_counts_are_bounded() {
    let deep = one_mapping(&format!(",\"new\":{}", "[".repeat(200)));
    insta::assert_snapshot!(refused(&deep), @r#"line 1, column 220: more than 120 lists and objects lie inside each other here; if it is a long expression, keep its "expression" and empty its "parameters""#);
    let many = format!("{{\"synchronizationRules\":[{}{{}}]}}", "{},".repeat(100));
    insta::assert_snapshot!(refused(&many), @"the schema has 101 synchronisation rules, the most is 100; is it the schema of one job?");
    let large = vec![b' '; SCHEMA_BYTES_MAX + 1];
    insta::assert_snapshot!(read(&large).unwrap_err(), @"the file has 33554433 bytes, the most is 33554432; is it the schema of one job?");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_input_panics_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn a_broken_export_is_refused_or_read_and_never_panics(at in 0..SEED.len(), with in "[\"{}\\[\\],:a0 \\\\]{0,3}") {
        let mut text = SEED.to_owned();
        if text.is_char_boundary(at) {
            text.insert_str(at, &with);
        }
        if let Ok(reading) = read(text.as_bytes()) {
            let again = parse(&reading.schema.to_json().to_string()).unwrap();
            prop_assert_eq!(again, reading.schema);
        }
    }
}
