//! Findings of checks, as they are shown: what, where, the part of the text it is about, what to do.

use std::fmt::Write as _;

use engine::finding::{Finding, Severity};
use graph::schema::{AttributeMapping, ObjectMapping, SynchronizationSchema};
use serde_json::{Value as Json, json};

use crate::failure::Exit;
use crate::pointer::pointed;
use crate::table::counted;

/// How far what belongs to a finding is indented.
const MARGIN: usize = 4;

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
        let _ = writeln!(text, "{}", pointed(&subject, span.start, span.end, MARGIN));
    }
    if let Some(hint) = &finding.hint {
        let _ = writeln!(text, "{:MARGIN$}{hint}", "");
    }
    text
}

/// The expression or the pattern that a finding is about.
fn subject_text(schema: &SynchronizationSchema, finding: &Finding) -> Option<String> {
    let rules = schema.synchronization_rules.iter();
    rules.flat_map(|rule| &rule.object_mappings).find_map(|object_mapping| {
        let kind = object_mapping.source_object_name.as_deref().unwrap_or_default();
        let place = format!("{kind} mapping, ");
        let start = finding.place.get(..place.len())?;
        let rest =
            finding.place.get(place.len()..).filter(|_| start.eq_ignore_ascii_case(&place))?;
        expression(object_mapping, rest).or_else(|| pattern(object_mapping, rest))
    })
}

fn expression(object_mapping: &ObjectMapping, place: &str) -> Option<String> {
    let is_meant = |mapping: &&AttributeMapping| {
        let target = mapping.target_attribute_name.as_deref().unwrap_or_default();
        place == format!("target attribute \"{target}\"")
    };
    let mapping = object_mapping.attribute_mappings.iter().find(is_meant)?;
    mapping.source.as_ref()?.text().ok()
}

/// The value of the clause at a place such as `scoping filter, group 1 "Sales", clause 2`.
fn pattern(object_mapping: &ObjectMapping, place: &str) -> Option<String> {
    let filter = object_mapping.scope.as_ref()?;
    let (list, rest) = place.split_once(", group ")?;
    let groups = match list {
        "scoping filter" => &filter.groups,
        "input filter" => &filter.input_filter_groups,
        _ => &filter.category_filter_groups,
    };
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    let group = groups.get(digits.parse::<usize>().ok()?.checked_sub(1)?)?;
    let clause = rest.rsplit_once(", clause ")?.1.parse::<usize>().ok()?.checked_sub(1)?;
    group.clauses.get(clause)?.target_operand.as_ref()?.values.first().cloned()
}
