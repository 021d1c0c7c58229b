//! A trace as a tree of lines, and as a document.

use std::fmt::Write as _;

use expression::{Outcome, Trace, Value};
use serde_json::{Value as Json, json};

/// The longest part or value that a line shows, in characters.
const SHOWN_MAX: usize = 100;

/// The trace as a document: each part with its value and the parts inside.
pub(crate) fn document(trace: &Trace) -> Json {
    let mut part = json!({
        "text": trace.text,
        "start": trace.span.start,
        "end": trace.span.end,
        "redacted": trace.redacted,
    });
    match &trace.outcome {
        Outcome::Value(value) => part["value"] = value.to_json(),
        Outcome::Failed(error) => part["error"] = json!(error.to_string()),
        Outcome::Redacted => part["value"] = json!("[redacted]"),
        Outcome::NotEvaluated => part["evaluated"] = json!(false),
        Outcome::LeftOut => part["leftOut"] = json!(true),
    }
    if !trace.children.is_empty() {
        part["parts"] = trace.children.iter().map(document).collect();
    }
    part
}

/// The trace as indented lines, each part with its value.
pub(crate) fn text(trace: &Trace) -> String {
    let mut lines = String::new();
    write(trace, 0, &mut lines);
    lines
}

fn write(trace: &Trace, depth: usize, lines: &mut String) {
    let came_to = match &trace.outcome {
        Outcome::Value(Value::Null) => "no value".to_owned(),
        Outcome::Value(Value::Dropped) => "leaves the flow".to_owned(),
        Outcome::Value(Value::Text(text)) => format!("{text:?}"),
        Outcome::Value(value) => value.to_text(),
        Outcome::Failed(error) => format!("failed: {error}"),
        Outcome::Redacted => "[redacted]".to_owned(),
        Outcome::NotEvaluated => "not needed".to_owned(),
        Outcome::LeftOut => "a value too large to show".to_owned(),
    };
    let indent = "  ".repeat(depth);
    let _ = writeln!(lines, "{indent}{}  =>  {}", cut(&trace.text), cut(&came_to));
    for part in &trace.children {
        write(part, depth + 1, lines);
    }
}

fn cut(text: &str) -> String {
    let one_line = text.replace('\n', " ");
    if one_line.chars().count() <= SHOWN_MAX {
        return one_line;
    }
    one_line.chars().take(SHOWN_MAX).chain(['…']).collect()
}
