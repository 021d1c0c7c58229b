//! Sources of mappings as Graph has them: as text and as tree.
//!
//! Some exports have only the tree, and what was set here has only the text. The text is what counts
//! for us; what reads our exports elsewhere may look at nothing but the tree.

use expression::Expression;
use expression::tree::Tree;
use graph::schema::{AttributeMappingSource, SynchronizationSchema};

/// The schema with a text wherever a source has only its tree.
#[must_use]
pub fn with_texts(mut schema: SynchronizationSchema) -> SynchronizationSchema {
    sources(&mut schema).for_each(add_text);
    schema
}

/// The schema with text and tree of every source.
#[must_use]
pub fn completed(mut schema: SynchronizationSchema) -> SynchronizationSchema {
    for source in sources(&mut schema) {
        add_text(source);
        add_tree(source);
    }
    schema
}

fn sources(
    schema: &mut SynchronizationSchema,
) -> impl Iterator<Item = &mut AttributeMappingSource> {
    let rules = schema.synchronization_rules.iter_mut();
    let mappings = rules.flat_map(|rule| &mut rule.object_mappings);
    mappings
        .flat_map(|mapping| &mut mapping.attribute_mappings)
        .filter_map(|mapping| mapping.source.as_mut())
}

/// A tree that cannot be read stays as it is: it is not ours to judge here.
fn add_text(source: &mut AttributeMappingSource) {
    if source.expression.as_ref().is_some_and(|text| !text.trim().is_empty()) {
        return;
    }
    let tree = serde_json::to_value(&*source).and_then(serde_json::from_value::<Tree>);
    let expression = tree.ok().and_then(|tree| Expression::from_tree(&tree).ok());
    if let Some(expression) = expression {
        source.expression = Some(expression.to_string());
    }
}

/// Text that does not parse stays alone, for the same reason.
fn add_tree(source: &mut AttributeMappingSource) {
    if !source.parameters.is_empty() {
        return;
    }
    let text = source.expression.as_deref().unwrap_or_default();
    let Ok(expression) = Expression::parse(text) else { return };
    let tree = serde_json::to_value(expression.to_tree());
    let tree = tree.and_then(serde_json::from_value::<AttributeMappingSource>);
    if let Ok(tree) = tree {
        source.kind = tree.kind;
        source.name = tree.name;
        source.parameters = tree.parameters;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_tree(text: &str, expected: &str) {
        let mut source = AttributeMappingSource::from_text(text);
        add_tree(&mut source);
        assert_eq!(source.expression.as_deref(), Some(text));
        let said: Vec<String> = source
            .parameters
            .iter()
            .map(|parameter| {
                let value = parameter.value.as_ref().and_then(|value| value.name.clone());
                let key = parameter.key.clone().unwrap_or_default();
                format!("{key}={}", value.unwrap_or_default())
            })
            .collect();
        let name = source.name.unwrap_or_default();
        assert_eq!(format!("{:?} {name}({})", source.kind, said.join(", ")), expected);
    }

    #[track_caller]
    fn check_text(tree: &str, expected: &str) {
        let mut source: AttributeMappingSource = serde_json::from_str(tree).unwrap();
        add_text(&mut source);
        assert_eq!(source.expression.as_deref(), Some(expected));
    }

    #[test]
    fn a_text_gets_the_tree_that_says_the_same() {
        check_tree("[mail]", "Attribute mail()");
        check_tree("\"employee\"", "Constant employee()");
        check_tree("ToUpper([jobTitle], )", "Function ToUpper(source=jobTitle)");
        check_tree("Join(\".\", [a], [b])", "Function Join(separator=., source=a, source=b)");
        check_tree("ToUpper([jobTitle", "Function ToUpper()");
    }

    #[test]
    fn a_tree_gets_the_text_that_says_the_same() {
        check_text(r#"{"type":"Constant","name":"a \"b\""}"#, r#""a \"b\"""#);
        check_text(r#"{"name":"mail"}"#, "[mail]");
        check_text(
            r#"{"type":"Function","name":"IIF","parameters":[
                {"key":"one","value":{"name":"country"}},{"key":"two","value":{"type":"Constant","name":"="}},
                {"key":"three","value":{"type":"Constant","name":"US"}},{"key":"four","value":{"type":"Constant","name":"1"}},
                {"key":"five","value":{"type":"Function","name":"Replace","parameters":[
                    {"key":"source","value":{"name":"mail"}},{"key":"Find","value":{"type":"Constant","name":"@"}},
                    {"key":"Replacement","value":{"type":"Constant","name":"_"}}]}}]}"#,
            r#"IIF([country] = "US", "1", Replace([mail], "@", , , "_", , ))"#,
        );
    }
}
