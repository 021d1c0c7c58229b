//! What can be said about an expression when its use is known: the source's attributes, the tables of the job, the
//! target attribute.

use std::collections::BTreeSet;

use crate::catalogue;
use crate::check::{Finding, Severity};
use crate::parse::{self, Parsed};
use crate::syntax::{Kind, Node};
use crate::value::quoted;

/// Where an expression is used. What is not known is left out, and nothing is said about it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings<'s> {
    /// The names of the source object's attributes. Those of the manager, as `manager.mail`, need not be listed.
    pub attributes: Option<&'s BTreeSet<String>>,
    /// Those among them that take several values.
    pub multivalued: Option<&'s BTreeSet<String>>,
    /// The names of the tables that `Lookup` may ask.
    pub tables: Option<&'s BTreeSet<String>>,
    /// The attribute that takes the result.
    pub target: Option<TargetType>,
    /// Whether the mapping applies at every update, not only when an account is created.
    pub flow_always: bool,
    /// Whether accounts are found by the result.
    pub matching: bool,
}

/// The type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetType {
    /// What its values are.
    pub kind: TargetKind,
    /// Whether it takes several of them.
    pub multivalued: bool,
}

/// What the values of an attribute are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // They are the types of Graph's attribute definitions.
pub enum TargetKind {
    String,
    Integer,
    Boolean,
    DateTime,
    Reference,
    Binary,
}

/// Everything that is noticed in the text of an expression used there, in the order of the text. Where the
/// grammar is broken, that is the only finding.
#[must_use]
pub fn check_with(text: &str, surroundings: &Surroundings<'_>) -> Vec<Finding> {
    match parse::parse(text) {
        Err(error) => vec![error.into()],
        Ok(Parsed { root, mut findings }) => {
            check(&root, surroundings, &mut findings);
            findings.sort_by_key(|finding| (finding.span.start, finding.severity));
            findings
        }
    }
}

/// Checks the use of a tree.
pub(crate) fn check(root: &Node, surroundings: &Surroundings<'_>, findings: &mut Vec<Finding>) {
    root.walk(&mut |node| {
        if let Some(known) = surroundings.attributes {
            check_attribute(node, known, findings);
        }
    });
    check_random(root, surroundings, findings);
}

/// The prefix of the manager's attributes.
const MANAGER: &str = "manager.";

fn check_attribute(node: &Node, known: &BTreeSet<String>, findings: &mut Vec<Finding>) {
    let Some(name) = node.attribute() else { return };
    let own = name.strip_prefix(MANAGER).filter(|_| !known.contains(name)).unwrap_or(name);
    if known.contains(own) {
        return;
    }
    let message = format!("the source has no attribute {}", quoted(name));
    let hint = match catalogue::nearest_of(own, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean [{}{near}]?", &name[..name.len() - own.len()]),
        None => "check its spelling; the letter case counts".into(),
    };
    findings.push(Finding::warning(node.span, message, &hint));
}

/// Functions that answer differently each time.
fn check_random(root: &Node, surroundings: &Surroundings<'_>, findings: &mut Vec<Finding>) {
    root.walk(&mut |node| {
        let Kind::Call(call) = &node.kind else { return };
        let name = call.function.name;
        if !matches!(name, "Guid" | "RandomString" | "Now") {
            return;
        }
        if surroundings.matching && name != "Now" {
            let message =
                format!("{name} gives a new value each time, so no account is ever found by it");
            findings.push(Finding::error(node.span, message, "match by an attribute that stays"));
        } else if surroundings.flow_always && name != "Now" {
            let message =
                format!("{name} gives a new value each time, so every cycle changes the account");
            findings.push(Finding::warning(
                node.span,
                message,
                "apply the mapping only during object creation",
            ));
        }
    });
}

impl From<crate::ParseError> for Finding {
    fn from(error: crate::ParseError) -> Self {
        let crate::ParseError { span, message, hint } = error;
        Finding { severity: Severity::Error, span, message, hint }
    }
}
