//! Sources of mappings as Graph gives them out: as text and as tree.
//!
//! A mapping that was set as text has no tree, but what reads Graph's documents elsewhere may look at
//! nothing else.

use expression::Expression;
use graph::schema::{AttributeMappingSource, SynchronizationSchema};

/// The schema with a tree wherever a source has only its text.
#[must_use]
pub fn completed(mut schema: SynchronizationSchema) -> SynchronizationSchema {
    let rules = schema.synchronization_rules.iter_mut();
    let mappings = rules.flat_map(|rule| &mut rule.object_mappings);
    let sources = mappings
        .flat_map(|mapping| &mut mapping.attribute_mappings)
        .filter_map(|mapping| mapping.source.as_mut());
    for source in sources {
        complete(source);
    }
    schema
}

/// Text that does not parse stays as it is: it is not ours to judge here.
fn complete(source: &mut AttributeMappingSource) {
    if !source.parameters.is_empty() {
        return;
    }
    let Some(text) = source.expression.clone().filter(|text| !text.trim().is_empty()) else {
        return;
    };
    let Ok(expression) = Expression::parse(&text) else { return };
    let tree = serde_json::to_value(expression.to_tree());
    let Some(tree) =
        tree.ok().and_then(|tree| serde_json::from_value::<AttributeMappingSource>(tree).ok())
    else {
        return;
    };
    source.kind = tree.kind;
    source.name = tree.name;
    source.parameters = tree.parameters;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut source = AttributeMappingSource::from_text(text);
        complete(&mut source);
        assert_eq!(source.expression.as_deref(), Some(text));
        let said: Vec<String> = source
            .parameters
            .iter()
            .map(|parameter| {
                let value = parameter.value.as_ref().and_then(|value| value.name.clone());
                format!(
                    "{}={}",
                    parameter.key.clone().unwrap_or_default(),
                    value.unwrap_or_default()
                )
            })
            .collect();
        let name = source.name.unwrap_or_default();
        assert_eq!(format!("{:?} {name}({})", source.kind, said.join(", ")), expected);
    }

    #[test]
    fn a_text_gets_the_tree_that_says_the_same() {
        check("[mail]", "Attribute mail()");
        check("\"employee\"", "Constant employee()");
        check("ToUpper([jobTitle], )", "Function ToUpper(source=jobTitle)");
        check("Join(\".\", [a], [b])", "Function Join(separator=., source=a, source=b)");
    }

    #[test]
    fn what_does_not_parse_stays() {
        check("ToUpper([jobTitle", "Function ToUpper()");
    }
}
