//! What can be said about an expression when its use is known: the source's attributes, the tables of the job, the
//! target attribute.

use std::collections::BTreeSet;

use crate::catalogue;
use crate::check::Finding;
use crate::parse::{self, Parsed};
use crate::result;
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
    let variables = variables(root);
    root.walk(&mut |node| {
        if let Some(known) = surroundings.attributes {
            check_attribute(node, known, &variables, findings);
            check_quoted_attribute(node, known, findings);
        }
        if let Some(tables) = surroundings.tables {
            check_table(node, tables, findings);
        }
    });
    check_roles(root, findings);
    result::check(root, surroundings, findings);
}

/// The prefix of the manager's attributes.
const MANAGER: &str = "manager.";

/// The source attribute that only the role functions can read.
const ROLES: &str = "appRoleAssignments";

/// The names that `Map` and `Filter` give to their elements.
fn variables(root: &Node) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    root.walk(&mut |node| {
        if let Kind::Variable(variable) = &node.kind {
            names.insert(variable.name.as_str());
        }
    });
    names
}

fn check_attribute(
    node: &Node,
    known: &BTreeSet<String>,
    variables: &BTreeSet<&str>,
    findings: &mut Vec<Finding>,
) {
    let Some(name) = node.attribute() else { return };
    let own = name.strip_prefix(MANAGER).filter(|_| !known.contains(name)).unwrap_or(name);
    if known.contains(own) {
        return;
    }
    let message = format!("the source has no attribute {}", quoted(name));
    let names = known.iter().map(String::as_str).chain(variables.iter().copied());
    let hint = match catalogue::nearest_of(own, names) {
        Some(near) => format!("did you mean [{}{near}]?", &name[..name.len() - own.len()]),
        None => "check its spelling; the letter case counts".into(),
    };
    findings.push(Finding::warning(node.span, message, &hint));
}

/// `"[mail]"` is the text of that spelling, and hardly ever meant.
fn check_quoted_attribute(node: &Node, known: &BTreeSet<String>, findings: &mut Vec<Finding>) {
    let name = node.constant().and_then(|text| text.strip_prefix('[')?.strip_suffix(']'));
    if let Some(name) = name.filter(|name| known.contains(*name)) {
        let message = format!("this is the text \"[{name}]\", not the attribute");
        findings.push(Finding::warning(
            node.span,
            message,
            &format!("write [{name}] without quotes"),
        ));
    }
}

fn check_table(node: &Node, tables: &BTreeSet<String>, findings: &mut Vec<Finding>) {
    let Some(call) = node.call().filter(|call| call.function.name == "Lookup") else { return };
    let Some(Some(argument)) = call.arguments.first() else { return };
    let Some(name) = argument.constant().filter(|name| !tables.contains(*name)) else { return };
    let hint = match catalogue::nearest_of(name, tables.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "add the table to the job".into(),
    };
    findings.push(Finding::error(
        argument.span,
        format!("there is no table {}", quoted(name)),
        &hint,
    ));
}

/// The roles are objects; what is not a role function, or a loop over them, can make nothing of them.
fn check_roles(root: &Node, findings: &mut Vec<Finding>) {
    if root.attribute() == Some(ROLES) {
        let message = format!("[{ROLES}] is not mapped as it is");
        let hint = format!(
            "write AssertiveAppRoleAssignmentsComplex([{ROLES}]) or SingleAppRoleAssignment([{ROLES}])"
        );
        findings.push(Finding::warning(root.span, message, &hint));
    }
}
