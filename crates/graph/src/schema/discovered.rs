//! Adding what a target says it has to the attribute lists. Nothing is changed or removed: an
//! administrator's definition, and a mapping that uses it, count more than what a service says.

use super::{AttributeDefinition, SynchronizationSchema};

/// What was found for one kind of source object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Discovered {
    /// The names of the attributes that are new.
    pub added: Vec<String>,
    /// What the target says otherwise than the attribute list, in sentences.
    pub remarks: Vec<String>,
}

/// Adds definitions to the target object that objects of this source name are mapped to.
pub fn add_definitions(
    schema: &mut SynchronizationSchema,
    source_object: &str,
    found: &[AttributeDefinition],
) -> Discovered {
    let mut discovered = Discovered::default();
    for (directory, object) in targets(schema, source_object) {
        let directories = schema.directories.iter_mut();
        let objects = directories
            .filter(|candidate| candidate.name.as_ref() == Some(&directory))
            .flat_map(|candidate| &mut candidate.objects);
        for list in objects.filter(|candidate| candidate.name.as_ref() == Some(&object)) {
            for definition in found {
                add(&mut list.attributes, definition, &mut discovered);
            }
        }
    }
    discovered
}

/// The target directory and object of each mapping of a source object, each once.
fn targets(schema: &SynchronizationSchema, source_object: &str) -> Vec<(String, String)> {
    let mut targets = Vec::new();
    for rule in &schema.synchronization_rules {
        for mapping in &rule.object_mappings {
            let is_it = mapping
                .source_object_name
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case(source_object));
            if let (true, Some(directory), Some(object)) =
                (is_it, &rule.target_directory_name, &mapping.target_object_name)
            {
                targets.push((directory.clone(), object.clone()));
            }
        }
    }
    targets.sort();
    targets.dedup();
    targets
}

fn add(
    list: &mut Vec<AttributeDefinition>,
    definition: &AttributeDefinition,
    discovered: &mut Discovered,
) {
    let Some(name) = &definition.name else { return };
    let same = |known: &&AttributeDefinition| {
        known.name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    match list.iter().find(same) {
        None => {
            discovered.added.push(name.clone());
            list.push(definition.clone());
        }
        Some(known)
            if known.kind != definition.kind || known.multivalued != definition.multivalued =>
        {
            let words = |one: &AttributeDefinition| {
                format!("{:?}{}", one.kind, if one.multivalued { ", multi-valued" } else { "" })
            };
            discovered.remarks.push(format!(
                "the target says that \"{name}\" is {}; the attribute list has {} and keeps it",
                words(definition),
                words(known)
            ));
        }
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{AttributeType, parse};

    fn definition(name: &str, kind: AttributeType) -> AttributeDefinition {
        AttributeDefinition { name: Some(name.to_owned()), kind, ..AttributeDefinition::default() }
    }

    #[test]
    fn what_is_new_is_added_and_nothing_else_changes() {
        let before = parse(include_str!("../../tests/schema.json")).unwrap();
        let mut after = before.clone();
        let found = [
            definition("NICKNAME", AttributeType::String),
            definition("UserName", AttributeType::String),
            definition("title", AttributeType::Integer),
        ];
        let discovered = add_definitions(&mut after, "User", &found);
        assert_eq!(discovered.added, ["NICKNAME"]);
        insta::assert_snapshot!(discovered.remarks.join("\n"), @r#"the target says that "title" is Integer; the attribute list has String and keeps it"#);
        let differences = crate::schema::difference(&before, &after);
        assert_eq!(differences.len(), 1, "{differences:?}");
        assert_eq!(add_definitions(&mut after, "user", &found).added, [""; 0]);
    }
}
