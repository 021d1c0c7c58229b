//! Findings of checks, as they are shown: what, where, the part of the text it is about, what to do.

use std::fmt::Write as _;

use engine::finding::{Finding, Severity};

use graph::schema::SynchronizationSchema;
use serde_json::{Value as Json, json};

use crate::failure::Exit;
use crate::table::counted;

/// Most characters of a text that are shown around the part that a finding is about.
const EXCERPT_WIDTH: usize = 100;

/// The findings with a headline.
pub(crate) fn report(
    subject: &str,
    schema: &SynchronizationSchema,
    findings: &[Finding],
) -> String {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    if findings.is_empty() {
        return format!("{subject}: nothing to complain of");
    }
    let counts = format!("{}, {}", counted(errors, "error"), counted(warnings, "warning"));
    format!("{}{subject}: {counts}", list(schema, findings))
}

/// The findings, errors first.
pub(crate) fn list(schema: &SynchronizationSchema, findings: &[Finding]) -> String {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| finding.severity);
    sorted.into_iter().map(|finding| text(schema, finding)).collect()
}

/// The findings for programs.
pub(crate) fn documents(schema: &SynchronizationSchema, findings: &[Finding]) -> Vec<Json> {
    let document = |finding: &Finding| {
        json!({
            "severity": finding.severity,
            "place": finding.place,
            "sentence": finding.sentence,
            "hint": finding.hint,
            "text": finding.span.and_then(|_| subject_text(schema, finding)),
            "span": finding.span.map(|span| [span.start, span.end]),
        })
    };
    findings.iter().map(document).collect()
}

/// What the command ends with: warnings are no failure unless they are asked to be.
pub(crate) fn exit(findings: &[Finding], strict: bool) -> Exit {
    if findings.iter().any(|finding| strict || finding.is_error()) {
        Exit::Usage
    } else {
        Exit::Done
    }
}

fn text(schema: &SynchronizationSchema, finding: &Finding) -> String {
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut text = format!("{word}: {}: {}\n", finding.place, finding.sentence);
    if let Some(span) = finding.span
        && let Some(subject) = subject_text(schema, finding)
    {
        let (line, marks) = excerpt(&subject, span.start, span.end);
        let _ = writeln!(text, "    {line}\n    {marks}");
    }
    if let Some(hint) = &finding.hint {
        let _ = writeln!(text, "    {hint}");
    }
    text
}

/// The expression that a finding is about.
fn subject_text(schema: &SynchronizationSchema, finding: &Finding) -> Option<String> {
    let rules = schema.synchronization_rules.iter();
    for object_mapping in rules.flat_map(|rule| &rule.object_mappings) {
        let kind = object_mapping.source_object_name.as_deref().unwrap_or_default();
        for mapping in &object_mapping.attribute_mappings {
            let target = mapping.target_attribute_name.as_deref().unwrap_or_default();
            let place = format!("{kind} mapping, target attribute \"{target}\"");
            if place.eq_ignore_ascii_case(&finding.place) {
                return mapping.source.as_ref()?.text().ok();
            }
        }
    }
    None
}

/// The part of a text around `start..end` on one line, and a line that marks it from below.
fn excerpt(text: &str, start: usize, end: usize) -> (String, String) {
    let characters = |bytes: usize| text.char_indices().take_while(|(at, _)| *at < bytes).count();
    let (start, end) = (characters(start), characters(end.max(start)));
    let count = text.chars().count();
    // A long text is shown from a little before the part on.
    let from = if count <= EXCERPT_WIDTH { 0 } else { start.saturating_sub(EXCERPT_WIDTH / 3) };
    let shown: String = text
        .chars()
        .skip(from)
        .take(EXCERPT_WIDTH)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let before = if from > 0 { "…" } else { "" };
    let after = if from + EXCERPT_WIDTH < count { "…" } else { "" };
    let indent = " ".repeat(start - from + before.chars().count());
    let length = (end - start).clamp(1, (from + EXCERPT_WIDTH).saturating_sub(start).max(1));
    (format!("{before}{shown}{after}"), indent + &"^".repeat(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, start: usize, end: usize, expected: &str) {
        let (line, marks) = excerpt(text, start, end);
        assert_eq!(format!("{line}\n{marks}"), expected);
    }

    #[test]
    fn the_part_is_marked_from_below() {
        check("Join([a], [ş], x)", 10, 14, "Join([a], [ş], x)\n          ^^^");
        check("a\nb", 2, 3, "a b\n  ^");
        check("Join(", 5, 5, "Join(\n     ^");
        check("", 0, 0, "\n^");
    }

    #[test]
    fn a_long_text_is_shown_around_the_part() {
        let long = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let (line, marks) = excerpt(&long, 500, 501);
        assert_eq!(line.chars().count(), EXCERPT_WIDTH + 2);
        assert_eq!(line.chars().nth(marks.chars().count() - 1), Some('X'));
    }
}
