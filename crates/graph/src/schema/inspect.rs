//! What is wrong with a schema as a document, before anybody looks at its mappings: rules that flow
//! the other way, names that name nothing.

use std::collections::BTreeSet;

use super::adopt::{is_inbound, is_own_directory};
use super::{DirectoryDefinition, ObjectMapping, SynchronizationRule, SynchronizationSchema};

/// Something that is wrong with the document as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Where, such as `rule "USER_OUTBOUND_USER"`.
    pub place: String,
    /// What is wrong.
    pub sentence: String,
    /// What to do.
    pub hint: String,
    /// Whether the schema cannot be used because of it.
    pub is_error: bool,
}

/// All that is wrong with the document as a whole.
#[must_use]
pub fn inspect(schema: &SynchronizationSchema) -> Vec<Complaint> {
    if schema.synchronization_rules.is_empty() {
        let hint = "export the whole schema; a part of it says nothing about what flows";
        return vec![error("schema", "it has no synchronization rule", hint)];
    }
    let is_at_work = |rule: &&SynchronizationRule| enabled(rule).next().is_some();
    let at_work: Vec<_> = schema.synchronization_rules.iter().filter(is_at_work).collect();
    // A rule that brings people in stands beside one that provisions them in some exports.
    let provisions = at_work.iter().any(|rule| !is_inbound(rule));
    let counting = at_work.into_iter().filter(|rule| !(provisions && brings_in(rule)));
    counting.flat_map(|rule| of_rule(schema, rule)).collect()
}

/// Whether the rule ends at the organisation's directory.
fn brings_in(rule: &SynchronizationRule) -> bool {
    is_own_directory(name(rule.target_directory_name.as_ref()))
}

fn name(name: Option<&String>) -> &str {
    name.map_or("", String::as_str)
}

fn of_rule(schema: &SynchronizationSchema, rule: &SynchronizationRule) -> Vec<Complaint> {
    let place = format!("rule \"{}\"", rule.name.as_deref().unwrap_or_default());
    let source = name(rule.source_directory_name.as_ref());
    let target = name(rule.target_directory_name.as_ref());
    if is_inbound(rule) {
        let sentence = format!(
            "flows from \"{source}\" to \"{target}\", but an application is provisioned from the organisation's directory"
        );
        let hint = "this is the schema of another job, such as one that brings people in from HR; export that of the application";
        return vec![error(&place, &sentence, hint)];
    }
    let mut complaints = Vec::new();
    for (name, is_source) in [(source, true), (target, false)] {
        let Some(directory) = directory(schema, name) else {
            complaints.push(no_directory(schema, &place, name));
            continue;
        };
        complaints.extend(of_objects(rule, directory, is_source));
    }
    complaints
}

fn no_directory(schema: &SynchronizationSchema, place: &str, name: &str) -> Complaint {
    let known = listed(schema.directories.iter().map(|known| known.name.as_deref()));
    let sentence =
        format!("names the directory \"{name}\", whose attribute lists the schema does not have");
    warning(place, &sentence, &format!("it has {known}; correct the name, or export again"))
}

/// Objects that mappings name and that the directory does not have.
fn of_objects(
    rule: &SynchronizationRule,
    directory: &DirectoryDefinition,
    is_source: bool,
) -> Vec<Complaint> {
    let name_of = |mapping: &ObjectMapping| {
        let name =
            if is_source { &mapping.source_object_name } else { &mapping.target_object_name };
        name.clone().unwrap_or_default()
    };
    let known = |name: &str| {
        directory.objects.iter().any(|object| {
            object.name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name))
        })
    };
    let unknown: BTreeSet<(String, String)> = enabled(rule)
        .map(|mapping| (mapping.source_object_name.clone().unwrap_or_default(), name_of(mapping)))
        .filter(|(_, name)| !known(name))
        .collect();
    let all = listed(directory.objects.iter().map(|object| object.name.as_deref()));
    let complaint = |(source, name): (String, String)| {
        let side = if is_source { "source" } else { "target" };
        let sentence = format!(
            "has the {side} object \"{name}\", which directory \"{}\" does not define",
            directory.name.as_deref().unwrap_or_default()
        );
        warning(
            &format!("{source} mapping"),
            &sentence,
            &format!("it defines {all}; correct the name, or disable the mapping"),
        )
    };
    unknown.into_iter().map(complaint).collect()
}

fn enabled(rule: &SynchronizationRule) -> impl Iterator<Item = &ObjectMapping> {
    rule.object_mappings.iter().filter(|mapping| mapping.enabled)
}

fn directory<'s>(schema: &'s SynchronizationSchema, name: &str) -> Option<&'s DirectoryDefinition> {
    schema.directories.iter().find(|directory| directory.name.as_deref() == Some(name))
}

fn listed<'n>(names: impl Iterator<Item = Option<&'n str>>) -> String {
    let names: Vec<String> = names.flatten().map(|name| format!("\"{name}\"")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn error(place: &str, sentence: &str, hint: &str) -> Complaint {
    Complaint { is_error: true, ..warning(place, sentence, hint) }
}

fn warning(place: &str, sentence: &str, hint: &str) -> Complaint {
    Complaint {
        place: place.to_owned(),
        sentence: sentence.to_owned(),
        hint: hint.to_owned(),
        is_error: false,
    }
}

impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.sentence, self.hint)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::schema::parse;

    fn told(change: impl FnOnce(&mut Value)) -> String {
        let mut document: Value =
            serde_json::from_str(include_str!("../../tests/schema.json")).unwrap();
        change(&mut document);
        let complaints = inspect(&parse(&document.to_string()).unwrap());
        complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_template_has_nothing_wrong() {
        assert_eq!(told(|_| {}), "");
    }

    #[test]
    fn a_schema_that_brings_people_in_is_for_another_job() {
        insta::assert_snapshot!(told(|document| {
            let rule = &mut document["synchronizationRules"][0];
            rule["sourceDirectoryName"] = json!("Workday");
            rule["targetDirectoryName"] = json!("Active Directory");
        }), @r#"rule "USER_OUTBOUND_USER": flows from "Workday" to "Active Directory", but an application is provisioned from the organisation's directory; this is the schema of another job, such as one that brings people in from HR; export that of the application"#);
    }

    #[test]
    fn a_rule_that_brings_people_in_beside_one_that_provisions_them_is_left_alone() {
        assert_eq!(
            told(|document| {
                let mut inbound = document["synchronizationRules"][0].clone();
                inbound["sourceDirectoryName"] = json!("customappsso");
                inbound["targetDirectoryName"] = json!("Azure Active Directory");
                document["synchronizationRules"].as_array_mut().unwrap().push(inbound);
            }),
            ""
        );
    }

    #[test]
    fn names_that_name_nothing_are_told_with_those_that_do() {
        insta::assert_snapshot!(told(|document| {
            document["synchronizationRules"][0]["objectMappings"][1]["targetObjectName"] = json!("User");
        }), @r#"User mapping: has the target object "User", which directory "customappsso" does not define; it defines "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:Group"; correct the name, or disable the mapping"#);
        insta::assert_snapshot!(told(|document| {
            document["synchronizationRules"][0]["targetDirectoryName"] = json!("Other");
        }), @r#"rule "USER_OUTBOUND_USER": names the directory "Other", whose attribute lists the schema does not have; it has "Azure Active Directory", "customappsso"; correct the name, or export again"#);
    }

    #[test]
    fn what_is_switched_off_is_left_alone() {
        assert_eq!(
            told(|document| {
                let rule = &mut document["synchronizationRules"][0];
                rule["sourceDirectoryName"] = json!("Workday");
                for mapping in rule["objectMappings"].as_array_mut().unwrap() {
                    mapping["enabled"] = json!(false);
                }
            }),
            ""
        );
    }

    #[test]
    fn a_schema_without_rules_is_told() {
        insta::assert_snapshot!(told(|document| document["synchronizationRules"] = json!([])), @"schema: it has no synchronization rule; export the whole schema; a part of it says nothing about what flows");
    }
}
