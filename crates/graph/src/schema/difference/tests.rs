use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::schema::parse;

const SEED: &str = include_str!("../../../tests/schema.json");

/// The differences that `change` makes to the seed.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(SEED).unwrap();
    change(&mut document);
    let (old, new) = (parse(SEED).unwrap(), parse(&document.to_string()).unwrap());
    let told: Vec<String> = difference(&old, &new).iter().map(ToString::to_string).collect();
    told.join("\n")
}

fn users(document: &mut Value) -> &mut Value {
    &mut document["synchronizationRules"][0]["objectMappings"][1]
}

#[test]
fn mappings_are_told_by_their_target() {
    let told = changed(|document| {
        let mappings = users(document)["attributeMappings"].as_array_mut().unwrap();
        mappings[0]["matchingPriority"] = json!(0);
        mappings[1]["source"]["expression"] = json!("Not([IsSoftDeleted])");
        mappings[3]["defaultValue"] = json!("nobody");
        mappings[3]["flowType"] = json!("ObjectAddOnly");
        mappings[4]["source"] = json!(null);
        mappings.remove(5);
        mappings.push(json!({"targetAttributeName": "nickName", "matchingPriority": 2, "source": {"name": "mail", "expression": "[mail]"}}));
        mappings.reverse();
    });
    insta::assert_snapshot!(told, @r#"
    User mapping, target attribute "userName": matching precedence removed
      - 1
    User mapping, target attribute "active": expression changed
      - Switch([IsSoftDeleted], , "False", "True", "True", "False")
      + Not([IsSoftDeleted])
    User mapping, target attribute "displayName": default value added
      + nobody
    User mapping, target attribute "displayName": flow type changed
      - Always
      + ObjectAddOnly
    User mapping, target attribute "title": expression removed
      - [jobTitle]
    User mapping, target attribute "preferredLanguage": mapping removed
      - [preferredLanguage]
    User mapping, target attribute "nickName": mapping added
      + [mail], matching precedence 2
    "#);
}

#[test]
fn switches_and_filters_are_told_in_words() {
    let told = changed(|document| {
        let mapping = users(document);
        mapping["flowTypes"] = json!("Add,Update");
        mapping["enabled"] = json!(false);
        mapping["scope"] = json!({"groups": [{"name": "Sales NY", "clauses": [
            {"sourceOperandName": "department", "operatorName": "EQUALS", "targetOperand": {"values": ["Sales"]}},
            {"sourceOperandName": "jobTitle", "operatorName": "IS NOT NULL", "targetOperand": {"values": []}}]}]});
    });
    insta::assert_snapshot!(told, @r#"
    User mapping: mapping changed
      - enabled
      + disabled
    User mapping: deletion changed
      - allowed
      + not allowed
    User mapping, scoping filter, group "Sales NY": group added
      + department EQUALS "Sales" and jobTitle IS NOT NULL
    "#);
}

#[test]
fn a_clause_that_changed_went_and_came() {
    let filter = |value: &str| {
        let text = format!(
            r#"{{"synchronizationRules":[{{"objectMappings":[{{"sourceObjectName":"User","scope":{{"groups":[{{"name":"A","clauses":[
            {{"sourceOperandName":"state","operatorName":"EQUALS","targetOperand":{{"values":["{value}"]}}}}]}}]}}}}]}}]}}"#
        );
        parse(&text).unwrap()
    };
    let told: Vec<String> =
        difference(&filter("NY"), &filter("NJ")).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    User mapping, scoping filter, group "A": clause removed
      - state EQUALS "NY"
    User mapping, scoping filter, group "A": clause added
      + state EQUALS "NJ"
    "#);
}

#[test]
fn definitions_are_told_by_their_attribute() {
    let told = changed(|document| {
        let attributes =
            document["directories"][1]["objects"][0]["attributes"].as_array_mut().unwrap();
        attributes[1]["required"] = json!(false);
        attributes[2]["type"] = json!("String");
        attributes.remove(3);
        attributes.push(json!({"name": "nickName", "caseExact": true}));
    });
    insta::assert_snapshot!(told, @r#"
    directory "customappsso", object "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", attribute "userName": required changed
      - yes
      + no
    directory "customappsso", object "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", attribute "active": type changed
      - Boolean
      + String
    directory "customappsso", object "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", attribute "name.formatted": definition removed
      - String
    directory "customappsso", object "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", attribute "nickName": definition added
      + String, exact case
    "#);
}

#[test]
fn ids_versions_and_places_in_lists_are_no_difference() {
    let told = changed(|document| {
        document["id"] = json!("other");
        document["version"] = json!("v7");
        document["synchronizationRules"][0]["id"] = json!("other");
        document["synchronizationRules"][0]["objectMappings"].as_array_mut().unwrap().reverse();
        document["directories"].as_array_mut().unwrap().reverse();
    });
    assert_eq!(told, "");
}

#[test]
fn what_no_version_knew_is_told_too() {
    let told = changed(|document| {
        document["synchronizationRules"][0]["new"] = json!([1]);
        users(document)["metadata"][0]["value"] = json!("true");
    });
    insta::assert_snapshot!(told, @r#"
    rule "USER_OUTBOUND_USER": "new" added
      + [1]
    User mapping: setting IsCustomerDefined changed
      - false
      + true
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any one value changed is one difference at least, in both directions.
    #[test]
    fn no_change_goes_unnoticed(pick in any::<prop::sample::Index>()) {
        let old: Value = serde_json::from_str(SEED).unwrap();
        let mut leaves = Vec::new();
        collect(&old, String::new(), &mut leaves);
        let pointer = &leaves[pick.index(leaves.len())];
        let mut new = old.clone();
        let leaf = new.pointer_mut(pointer).unwrap();
        *leaf = match leaf {
            Value::Bool(flag) => json!(!*flag),
            Value::Number(_) => json!(17),
            Value::String(text) if text == "String" => json!("Integer"),
            Value::String(text) if text == "Always" => json!("ObjectAddOnly"),
            Value::String(text) if text == "Add,Update,Delete" => json!("Add"),
            Value::String(text) => json!(format!("{text}x")),
            _ => json!("new"),
        };
        let (Ok(a), Ok(b)) = (parse(&old.to_string()), parse(&new.to_string())) else { return Ok(()) };
        prop_assert!(!difference(&a, &b).is_empty(), "{pointer}");
        prop_assert!(!difference(&b, &a).is_empty(), "{pointer}");
        prop_assert!(difference(&b, &b).is_empty());
    }
}

/// Pointers to all leaves that are a difference: not ids, versions and trees.
fn collect(value: &Value, pointer: String, leaves: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                if ["id", "version", "discoveryDateTime", "parameters"].contains(&key.as_str())
                    || (pointer.ends_with("/source") && key != "expression")
                    || (pointer.is_empty() && key == "name")
                {
                    continue;
                }
                collect(value, format!("{pointer}/{key}"), leaves);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect(value, format!("{pointer}/{index}"), leaves);
            }
        }
        _ => leaves.push(pointer),
    }
}
