//! The mapping language: any text is read or refused, prints and lays out as what it was, is the same as a tree, and
//! comes to an end with the same answer each time.
//!
//! The bytes up to the first zero are an expression, or the JSON of a tree; what follows are the values of the
//! attributes `[a]`, `[b]` and so on, each up to the next zero.

use std::collections::BTreeMap;

use expression::tree::Tree;
use expression::{Context, Expression, Outcome, Surroundings, TargetKind, TargetType, Value};

/// Checks one expression on one object.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut parts = text.split('\0');
    let text = parts.next().unwrap_or_default();
    let object = object(parts);
    check_findings(text);
    let expression = match serde_json::from_str::<Tree>(text) {
        Ok(tree) => Expression::from_tree(&tree).ok(),
        Err(_) => Expression::parse(text).ok(),
    };
    if let Some(expression) = expression {
        check_forms(&expression);
        check_evaluation(&expression, &object);
    }
}

/// Attributes from texts; the last one is a list of them all.
fn object<'t>(texts: impl Iterator<Item = &'t str>) -> BTreeMap<String, Value> {
    let values: Vec<Value> = texts.take(8).map(Value::from).collect();
    let mut object: BTreeMap<String, Value> =
        ('a'..='h').zip(&values).map(|(name, value)| (name.to_string(), value.clone())).collect();
    object.insert("z".to_owned(), Value::List(values));
    object
}

/// Every finding points into the text.
fn check_findings(text: &str) {
    let surroundings = Surroundings {
        target: Some(TargetType { kind: TargetKind::Boolean, multivalued: false }),
        flow_always: true,
        ..Surroundings::default()
    };
    for finding in expression::check_with(text, &surroundings) {
        assert!(text.get(finding.span.range()).is_some(), "a finding points beyond the text");
    }
}

/// Text, layout and tree say the same.
fn check_forms(expression: &Expression) {
    let printed = expression.to_string();
    // Printing may add blanks and so pass the limit of the length.
    if printed.chars().count() > expression::LENGTH_MAX {
        return;
    }
    assert_eq!(Expression::parse(&printed).as_ref(), Ok(expression), "printing changed it");
    assert_eq!(
        Expression::from_tree(&expression.to_tree()).as_ref(),
        Ok(expression),
        "the tree changed it"
    );
    let layout = expression.format(40);
    if layout.chars().count() <= expression::LENGTH_MAX {
        let again = Expression::parse(&layout);
        assert_eq!(again.as_ref(), Ok(expression), "laying out changed it");
        assert_eq!(again.map(|again| again.format(40)), Ok(layout), "laying out does not settle");
    }
}

/// The same object gives the same answer, and the trace has it too.
fn check_evaluation(expression: &Expression, object: &BTreeMap<String, Value>) {
    let context = Context {
        attributes: object,
        now: "2026-11-23T10:11:12Z".parse().expect("a constant time"),
        tables: None,
        default_domain: Some("contoso.com"),
        seed: 7,
    };
    let result = expression.evaluate(&context);
    let trace = expression.trace(&context);
    match (&result, trace.outcome) {
        (Ok(value), Outcome::Value(traced)) => {
            assert_eq!(format!("{value:?}"), format!("{traced:?}"), "the trace has another value");
        }
        (Ok(_), outcome) => assert_eq!(outcome, Outcome::Redacted, "the trace lost the value"),
        (Err(error), outcome) => assert_eq!(outcome, Outcome::Failed(error.clone())),
    }
}
