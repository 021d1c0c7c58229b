//! The expression language from outside: published results, errors as people read them, and laws.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod dates;
mod errors;
mod functions;
mod laws;
mod lists;
mod mistakes;
mod ours;
mod patterns;
mod scenarios;
mod traces;
mod trees;
mod uses;

use std::collections::BTreeMap;

use expression::{Context, Expression, Value};

/// What `Now` answers in the tests.
const NOW: &str = "2026-11-23T10:11:12Z";

/// Attributes from pairs of a name and a text.
fn object(pairs: &[(&str, &str)]) -> BTreeMap<String, Value> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text))).collect()
}

fn evaluate(text: &str, attributes: &BTreeMap<String, Value>) -> Value {
    let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let context = Context {
        attributes,
        now: NOW.parse().unwrap(),
        tables: None,
        default_domain: Some("contoso.com"),
        seed: 1,
    };
    match expression.evaluate(&context) {
        Ok(value) => value,
        Err(error) => format!("error: {error}").into(),
    }
}

/// The result as text. An absent value reads `null`, a dropped attribute `dropped`.
#[track_caller]
fn check(text: &str, attributes: &[(&str, &str)], expected: &str) {
    let actual = match evaluate(text, &object(attributes)) {
        Value::Null => "null".to_owned(),
        Value::Dropped => "dropped".to_owned(),
        value => value.to_text(),
    };
    assert_eq!(actual, expected, "{text}");
}
