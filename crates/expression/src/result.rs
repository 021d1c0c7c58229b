//! What the result of an expression can be, and whether its target can take that.
//!
//! A result comes from one of several parts: the branches of `IIF`, the values of `Switch`, the rules of
//! `SelectUniqueValue`. A part that can never become what the target wants is a warning, for the others may do; when
//! no part can, that is an error.

use crate::catalogue::ResultType;
use crate::check::Finding;
use crate::convert;
use crate::surroundings::{Surroundings, TargetKind, TargetType};
use crate::syntax::{Call, Kind, Node};
use crate::value::Value;

/// Checks what the result is used for.
pub(crate) fn check(root: &Node, surroundings: &Surroundings<'_>, findings: &mut Vec<Finding>) {
    let mut sources = Vec::new();
    collect(root, &mut sources);
    if let Some(target) = surroundings.target {
        check_target(&sources, target, surroundings, findings);
    }
    if surroundings.matching {
        check_matching(root, &sources, surroundings, findings);
    } else if surroundings.flow_always {
        check_always(root, &sources, findings);
    }
}

/// The parts that the result can come from.
fn collect<'n>(node: &'n Node, sources: &mut Vec<&'n Node>) {
    let Some(call) = node.call() else { return sources.push(node) };
    let arguments =
        |from: usize, step: usize| call.arguments.iter().skip(from).step_by(step).flatten();
    match call.function.name {
        "IIF" => arguments(1, 1).for_each(|node| collect(node, sources)),
        "Switch" => {
            arguments(1, usize::MAX).for_each(|node| collect(node, sources));
            arguments(3, 2).for_each(|node| collect(node, sources));
        }
        "Coalesce" | "Redact" | "IgnoreFlowIfNullOrEmpty" | "SelectUniqueValue" => {
            arguments(0, 1).for_each(|node| collect(node, sources));
        }
        _ => sources.push(node),
    }
}

fn check_target(
    sources: &[&Node],
    target: TargetType,
    surroundings: &Surroundings<'_>,
    findings: &mut Vec<Finding>,
) {
    let never: Vec<(&Node, String)> =
        sources.iter().filter_map(|source| Some((*source, misfit(source, target.kind)?))).collect();
    let hopeless = never.len() == sources.len();
    for (source, what) in never {
        let message = format!("the target takes {}, and this is {what}", target.kind.describe());
        let hint = target.kind.hint();
        findings.push(if hopeless {
            Finding::error(source.span, message, hint)
        } else {
            Finding::warning(source.span, message, hint)
        });
    }
    for source in sources.iter().filter(|_| !target.multivalued) {
        if is_list(source, surroundings) {
            let message = "the target takes one value, and this may be several".to_owned();
            let hint = "choose one with Item, or make one text with Join";
            findings.push(Finding::warning(source.span, message, hint));
        }
    }
}

/// What a part is that can never become a value of that kind.
fn misfit(source: &Node, kind: TargetKind) -> Option<String> {
    let constant = match &source.kind {
        Kind::Text(text) => Value::Text(text.clone()),
        Kind::Number { value, .. } => value.clone(),
        Kind::Comparison { .. } => return wrong_result(ResultType::Boolean, kind),
        Kind::Call(call) => return wrong_result(call.function.result, kind),
        _ => return None,
    };
    let fits = match kind {
        TargetKind::Boolean => convert::boolean(&constant.to_text()).is_some(),
        TargetKind::Integer => convert::integer(&constant).is_some(),
        TargetKind::DateTime => convert::date(&constant).is_some(),
        TargetKind::String | TargetKind::Reference | TargetKind::Binary => true,
    };
    (!fits && !constant.is_null_or_empty()).then(|| constant.describe())
}

/// Results of a kind of their own that the target's kind excludes; a text may be anything.
fn wrong_result(result: ResultType, kind: TargetKind) -> Option<String> {
    let what = match (result, kind) {
        (ResultType::Boolean, TargetKind::Integer | TargetKind::DateTime) => "true or false",
        (ResultType::Integer, TargetKind::Boolean | TargetKind::DateTime) => "a number",
        (ResultType::DateTime, TargetKind::Boolean | TargetKind::Integer) => "a date",
        _ => return None,
    };
    Some(what.into())
}

fn is_list(source: &Node, surroundings: &Surroundings<'_>) -> bool {
    let several =
        |name: &str| surroundings.multivalued.is_some_and(|multivalued| multivalued.contains(name));
    match &source.kind {
        Kind::Attribute(name) => several(name),
        Kind::Call(call) => call.function.result == ResultType::List,
        _ => false,
    }
}

/// Accounts are found by one value that belongs to one person and stays.
fn check_matching(
    root: &Node,
    sources: &[&Node],
    surroundings: &Surroundings<'_>,
    findings: &mut Vec<Finding>,
) {
    let by_attribute =
        "match by an attribute that each person has for themselves, such as userPrincipalName";
    let before = findings.len();
    root.walk(&mut |node| {
        let Some(name) = node.call().map(|call| call.function.name) else { return };
        if matches!(name, "Guid" | "RandomString") {
            let message =
                format!("{name} gives another value each time, so no account is ever found by it");
            findings.push(Finding::error(node.span, message, by_attribute));
        } else if name == "SelectUniqueValue" {
            let message =
                "SelectUniqueValue gives a value that no account has, so none is found by it";
            findings.push(Finding::error(node.span, message.into(), by_attribute));
        }
    });
    for source in sources {
        let is_boolean = |call: &Call| call.function.result == ResultType::Boolean;
        if is_list(source, surroundings) {
            let message = "accounts are found by one value, and this may be several".to_owned();
            findings.push(Finding::error(source.span, message, "choose one with Item"));
        } else if source.call().is_some_and(is_boolean) {
            let message =
                "true or false is the same for many people, so many accounts match".to_owned();
            findings.push(Finding::error(source.span, message, by_attribute));
        } else if reads(source, "Now") {
            let message = "this changes with time, so the account is not found again".to_owned();
            findings.push(Finding::error(source.span, message, by_attribute));
        }
    }
    if findings.len() == before && sources.iter().all(|source| is_constant(source)) {
        let message = "this is the same for everybody, so accounts cannot be told apart".to_owned();
        findings.push(Finding::error(root.span, message, by_attribute));
    }
}

/// Values that differ each time would change the account in every cycle.
fn check_always(root: &Node, sources: &[&Node], findings: &mut Vec<Finding>) {
    let hint = "apply the mapping only during object creation";
    root.walk(&mut |node| {
        let Some(name) = node.call().map(|call| call.function.name) else { return };
        if matches!(name, "Guid" | "RandomString") {
            let message = format!(
                "{name} gives another value each time, so every update changes the account"
            );
            findings.push(Finding::warning(node.span, message, hint));
        } else if name == "SelectUniqueValue" {
            let message =
                "SelectUniqueValue finds the account's own value taken at the next update";
            findings.push(Finding::warning(node.span, message.into(), hint));
        }
    });
    for source in sources.iter().filter(|source| reads(source, "Now")) {
        let message = "this changes with time, so every update changes the account".to_owned();
        findings.push(Finding::warning(source.span, message, hint));
    }
}

/// Whether a function is called in a part.
fn reads(node: &Node, function: &str) -> bool {
    let mut found = false;
    node.walk(&mut |inner| {
        found |= inner.call().is_some_and(|call| call.function.name == function);
    });
    found
}

/// Whether a part reads nothing of the source object.
fn is_constant(node: &Node) -> bool {
    let mut constant = true;
    node.walk(&mut |inner| constant &= inner.attribute().is_none());
    constant
}

impl TargetKind {
    fn describe(self) -> &'static str {
        match self {
            TargetKind::String => "a text",
            TargetKind::Integer => "a whole number",
            TargetKind::Boolean => "true or false",
            TargetKind::DateTime => "a date",
            TargetKind::Reference => "a reference",
            TargetKind::Binary => "Base64",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            TargetKind::Boolean => {
                "write \"True\" or \"False\", or a function that answers a question"
            }
            TargetKind::Integer => "write digits, or a function such as Len or DateDiff",
            TargetKind::DateTime => {
                "write a date such as \"2026-01-31\", or use CDate or FormatDateTime"
            }
            TargetKind::String | TargetKind::Reference | TargetKind::Binary => {
                "use a value of that kind"
            }
        }
    }
}
