//! Making a schema from elsewhere an application's own.
//!
//! Ids and directory names belong to the application that a schema was exported from. The
//! application's own ones stay, since requests for one object, the log and other rules refer to
//! them; what was changed is told.

use super::{DirectoryDefinition, SynchronizationRule, SynchronizationSchema};

/// Something of an imported schema that gave way to the application's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// What gave way, such as `id of rule "USER_OUTBOUND_USER"`.
    pub what: String,
    /// What the file says.
    pub from: Option<String>,
    /// What stands instead.
    pub to: String,
}

/// Names that the organisation's own directory goes by in exports.
pub const OWN_DIRECTORY_NAMES: [&str; 4] =
    ["Azure Active Directory", "Microsoft Entra ID", "Windows Azure Active Directory", "Azure AD"];

/// Whether a directory of this name is the organisation's own.
#[must_use]
pub fn is_own_directory(name: &str) -> bool {
    OWN_DIRECTORY_NAMES.iter().any(|own| own.eq_ignore_ascii_case(name.trim()))
}

/// Whether a rule does not begin at the organisation's directory, or ends there.
pub(super) fn is_inbound(rule: &SynchronizationRule) -> bool {
    let is_own = |name: &Option<String>| name.as_deref().is_some_and(is_own_directory);
    !is_own(&rule.source_directory_name) || is_own(&rule.target_directory_name)
}

/// The schema `imported` as that of the application whose schema was `own`.
#[must_use]
pub fn adopt(
    mut imported: SynchronizationSchema,
    own: &SynchronizationSchema,
) -> (SynchronizationSchema, Vec<Adoption>) {
    let mut adoptions = Vec::new();
    imported.id.clone_from(&own.id);
    imported.version.clone_from(&own.version);
    for (rule, own_rule) in counterparts(&imported, own) {
        let own_rule = &own.synchronization_rules[own_rule];
        adopt_rule(&mut imported, rule, own_rule, own, &mut adoptions);
    }
    if imported.directories.is_empty() && !own.directories.is_empty() {
        imported.directories.clone_from(&own.directories);
        adoptions.push(Adoption {
            what: "attribute lists".to_owned(),
            from: None,
            to: "those of this application, since the file has none".to_owned(),
        });
    }
    (imported, adoptions)
}

/// Which rule of `imported` stands for which of `own`: by name, or being the only one left.
fn counterparts(
    imported: &SynchronizationSchema,
    own: &SynchronizationSchema,
) -> Vec<(usize, usize)> {
    let mut left: Vec<usize> = (0..own.synchronization_rules.len()).collect();
    let mut alone = Vec::new();
    let mut pairs = Vec::new();
    for (index, rule) in imported.synchronization_rules.iter().enumerate() {
        // What flows elsewhere stands for nothing of an application.
        if is_inbound(rule) {
            continue;
        }
        let same = |own_index: &usize| own.synchronization_rules[*own_index].name == rule.name;
        match left.iter().position(same) {
            Some(at) => pairs.push((index, left.remove(at))),
            None => alone.push(index),
        }
    }
    if let ([index], [own_index]) = (alone.as_slice(), left.as_slice()) {
        pairs.push((*index, *own_index));
    }
    pairs
}

fn adopt_rule(
    imported: &mut SynchronizationSchema,
    index: usize,
    own_rule: &SynchronizationRule,
    own: &SynchronizationSchema,
    adoptions: &mut Vec<Adoption>,
) {
    let rule = &mut imported.synchronization_rules[index];
    let what = format!("id of rule \"{}\"", rule.name.as_deref().unwrap_or_default());
    replace(&mut rule.id, own_rule.id.as_ref(), what, adoptions);
    replace(&mut rule.name, own_rule.name.as_ref(), "name of the rule".to_owned(), adoptions);
    let source = rule.source_directory_name.clone();
    let target = rule.target_directory_name.clone();
    rename(imported, source.as_ref(), own_rule.source_directory_name.as_ref(), own, adoptions);
    rename(imported, target.as_ref(), own_rule.target_directory_name.as_ref(), own, adoptions);
}

/// Gives a directory the name and the id that it has in `own`, wherever rules name it.
fn rename(
    imported: &mut SynchronizationSchema,
    from: Option<&String>,
    to: Option<&String>,
    own: &SynchronizationSchema,
    adoptions: &mut Vec<Adoption>,
) {
    let (Some(from), Some(to)) = (from, to) else { return };
    let named =
        |directory: &&DirectoryDefinition, name: &String| directory.name.as_ref() == Some(name);
    let own_id = own.directories.iter().find(|d| named(d, to)).and_then(|d| d.id.as_ref());
    // Two directories must not get one name.
    if from != to && imported.directories.iter().any(|directory| named(&directory, to)) {
        return;
    }
    for directory in imported.directories.iter_mut().filter(|d| d.name.as_ref() == Some(from)) {
        replace(&mut directory.id, own_id, format!("id of directory \"{from}\""), adoptions);
        replace(&mut directory.name, Some(to), "directory name".to_owned(), adoptions);
    }
    for rule in &mut imported.synchronization_rules {
        for name in [&mut rule.source_directory_name, &mut rule.target_directory_name] {
            if name.as_ref() == Some(from) {
                *name = Some(to.clone());
            }
        }
    }
}

fn replace(
    value: &mut Option<String>,
    own: Option<&String>,
    what: String,
    adoptions: &mut Vec<Adoption>,
) {
    if let Some(own) = own
        && value.as_ref() != Some(own)
    {
        let from = value.replace(own.clone());
        adoptions.push(Adoption { what, from, to: own.clone() });
    }
}

impl std::fmt::Display for Adoption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, from, to } = self;
        match from {
            Some(from) => write!(f, "{what}: \"{from}\" became \"{to}\""),
            None => write!(f, "{what}: {to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::schema::{difference, parse};

    const SEED: &str = include_str!("../../tests/schema.json");

    /// What the application's own schema says to a changed one.
    fn adopted(change: impl FnOnce(&mut Value)) -> (SynchronizationSchema, String) {
        let mut document: Value = serde_json::from_str(SEED).unwrap();
        change(&mut document);
        let own = parse(SEED).unwrap();
        let (schema, adoptions) = adopt(parse(&document.to_string()).unwrap(), &own);
        let told: Vec<String> = adoptions.iter().map(ToString::to_string).collect();
        (schema, told.join("\n"))
    }

    #[test]
    fn ids_and_names_of_another_application_give_way() {
        let (schema, told) = adopted(|document| {
            document["id"] = json!("scim.tenant.job");
            let rule = &mut document["synchronizationRules"][0];
            rule["id"] = json!("a-rule");
            rule["name"] = json!("UserOutbound");
            rule["sourceDirectoryName"] = json!("Microsoft Entra ID");
            rule["targetDirectoryName"] = json!("Salesforce");
            document["directories"][0]["name"] = json!("Microsoft Entra ID");
            document["directories"][1]["name"] = json!("Salesforce");
            document["directories"][1]["id"] = json!("a-directory");
        });
        insta::assert_snapshot!(told, @r#"
        id of rule "UserOutbound": "a-rule" became "03f7d90d-bf71-41b1-bda6-aaf0ddbee5d8"
        name of the rule: "UserOutbound" became "USER_OUTBOUND_USER"
        directory name: "Microsoft Entra ID" became "Azure Active Directory"
        id of directory "Salesforce": "a-directory" became "8ffa6169-f354-4751-9b77-9c00765be92d"
        directory name: "Salesforce" became "customappsso"
        "#);
        let own = parse(SEED).unwrap();
        assert_eq!(schema.id, own.id);
        assert_eq!(schema.directories, own.directories);
        assert_eq!(difference(&own, &schema), []);
    }

    #[test]
    fn a_file_without_attribute_lists_gets_those_of_the_application() {
        let (schema, told) = adopted(|document| {
            document.as_object_mut().unwrap().remove("directories");
        });
        insta::assert_snapshot!(told, @"attribute lists: those of this application, since the file has none");
        assert_eq!(schema, parse(SEED).unwrap());
    }

    #[test]
    fn a_schema_of_another_direction_keeps_its_names() {
        let (_, told) = adopted(|document| {
            let rule = &mut document["synchronizationRules"][0];
            rule["sourceDirectoryName"] = json!("Workday");
            rule["targetDirectoryName"] = json!("Azure Active Directory");
            document["directories"][1]["name"] = json!("Workday");
        });
        assert_eq!(told, "");
    }

    #[test]
    fn its_own_schema_is_adopted_unchanged() {
        let (schema, told) = adopted(|_| {});
        assert_eq!((schema, told.as_str()), (parse(SEED).unwrap(), ""));
    }
}
