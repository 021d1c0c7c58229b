//! `Replace` with its five modes, told apart by which parameters are given. An empty text, a pattern, a
//! group name, an attribute or a template that is empty counts as left out.
//!
//! | given | result |
//! |---|---|
//! | oldValue, replacementValue | the source, each occurrence replaced |
//! | oldValue, template | the template, each occurrence replaced by the source |
//! | regexPattern, replacementValue | the source, each match replaced |
//! | … and regexGroupName | the source, only the text of the group replaced |
//! | regexPattern, regexGroupName, replacementAttributeName | the source if it has a value, else the text of the group in the other attribute |

use std::borrow::Cow;

use crate::arguments::Arguments;
use crate::catalogue::ParameterType::{Any, Pattern as PatternText, Text};
use crate::catalogue::{Function, ResultType, entra, optional, required};
use crate::compare;
use crate::problem::{EvaluationError, Problem};
use crate::regex::{Pattern, Wanted};
use crate::replacement::Piece;
use crate::syntax::{Call, Node};
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, EvaluationError>;

/// The name of the function, which the parser asks for constant patterns.
pub(crate) const NAME: &str = "Replace";

/// The places of the parameters.
const SOURCE: usize = 0;
const FIND: usize = 1;
pub(crate) const PATTERN: usize = 2;
const GROUP: usize = 3;
const REPLACEMENT: usize = 4;
const OTHER: usize = 5;
const TEMPLATE: usize = 6;

pub(crate) static FUNCTIONS: [Function; 1] = [entra(
    NAME,
    &[
        required("source", Text),
        optional("Find", Text),
        optional("RegularExpression", PatternText),
        optional("RegularExpressionGroupName", Text),
        optional("Replacement", Text),
        optional("ReplacementPropertyName", Any),
        optional("Template", Text),
    ],
    ResultType::Text,
    replace,
)];

fn replace(arguments: &mut Arguments<'_, '_>) -> Result {
    if let Some(find) = present(arguments, FIND)? {
        let Some(source) = arguments.text(SOURCE)? else { return Ok(Value::Null) };
        if let Some(template) = present(arguments, TEMPLATE)? {
            return literally(arguments, &template, &find, &source);
        }
        let replacement = arguments.text(REPLACEMENT)?.unwrap_or_default();
        return literally(arguments, &source, &find, &replacement);
    }
    if arguments.pattern(PATTERN).is_none() && present(arguments, PATTERN)?.is_none() {
        return Err(arguments.error(Problem::NothingToReplace));
    }
    let pattern = compare::pattern(arguments, PATTERN)?;
    let group = match present(arguments, GROUP)? {
        Some(name) => {
            Some(pattern.group(&name).map_err(|error| arguments.error_at(GROUP, error.into()))?)
        }
        None => None,
    };
    let replacement = arguments.lent(REPLACEMENT)?.unwrap_or_default();
    match group {
        Some(group) if replacement.is_empty() && is_given(arguments.node(OTHER)) => {
            other_attribute(arguments, &pattern, group)
        }
        Some(group) => each_group(arguments, &pattern, group, &replacement),
        None => each_match(arguments, &pattern, &replacement),
    }
}

/// Every occurrence of a text replaced by another.
fn literally(
    arguments: &mut Arguments<'_, '_>,
    text: &str,
    find: &str,
    replacement: &str,
) -> Result {
    let count = text.matches(find).count();
    arguments.produce(count.saturating_mul(replacement.len()))?;
    arguments.result(text.replace(find, replacement))
}

/// Every match replaced; the replacement may refer to groups.
fn each_match(arguments: &mut Arguments<'_, '_>, pattern: &Pattern, replacement: &str) -> Result {
    let Some(source) = arguments.text(SOURCE)? else { return Ok(Value::Null) };
    let pieces = pattern
        .pieces(replacement)
        .map_err(|error| arguments.error_at(REPLACEMENT, error.into()))?;
    let needs_groups = pieces.iter().any(|piece| matches!(piece, Piece::Group(1..)));
    let wanted = if needs_groups { Wanted::Groups } else { Wanted::Place };
    let mut replaced = String::new();
    let mut kept = 0;
    for found in arguments.searches(PATTERN, pattern, &source, wanted)? {
        arguments.step()?;
        let (start, end) = found.whole();
        replaced.push_str(&source[kept..start]);
        for piece in &pieces {
            let text = found.fill(piece, &source);
            // A piece costs something even when it is empty, so that many of them end too.
            arguments.produce(text.len().max(1))?;
            replaced.push_str(text);
        }
        kept = end;
    }
    replaced.push_str(&source[kept..]);
    arguments.result(replaced)
}

/// In every match, the text of one group replaced.
fn each_group(
    arguments: &mut Arguments<'_, '_>,
    pattern: &Pattern,
    group: usize,
    replacement: &str,
) -> Result {
    let Some(source) = arguments.text(SOURCE)? else { return Ok(Value::Null) };
    let mut replaced = String::new();
    let mut kept = 0;
    for found in arguments.searches(PATTERN, pattern, &source, Wanted::Groups)? {
        arguments.step()?;
        // A group in a look-ahead may reach into what a later match takes again.
        let Some((start, end)) = found.group(group).filter(|(start, _)| *start >= kept) else {
            continue;
        };
        arguments.produce(replacement.len())?;
        replaced.push_str(&source[kept..start]);
        replaced.push_str(replacement);
        kept = end;
    }
    replaced.push_str(&source[kept..]);
    arguments.result(replaced)
}

/// The source if it has a value; else the text of the group in the other attribute, if it matches there.
fn other_attribute(arguments: &mut Arguments<'_, '_>, pattern: &Pattern, group: usize) -> Result {
    if let Some(source) = arguments.text(SOURCE)?.filter(|source| !source.is_empty()) {
        return arguments.result(source);
    }
    let value = match arguments.node(OTHER).and_then(Node::constant) {
        Some(name) => arguments.evaluation.context.attributes.attribute(name),
        None => arguments.value(OTHER)?,
    };
    if value.is_null() {
        return Ok(Value::Null);
    }
    let other = arguments.element_text(OTHER, &value)?;
    let found = arguments.search(PATTERN, pattern, &other)?;
    match found.filter(|found| found.group(group).is_some()) {
        Some(found) => arguments.result(found.fill(&Piece::Group(group), &other).to_owned()),
        None => Ok(Value::Null),
    }
}

/// Checks that the parameters are one of the modes; if not, says what is wrong and what to do.
pub(crate) fn check(call: &Call) -> std::result::Result<(), (&'static str, &'static str)> {
    let node = |index: usize| call.arguments.get(index).and_then(Option::as_ref);
    let given = |index: usize| is_given(node(index));
    match (given(FIND), given(PATTERN)) {
        (false, false) => {
            Err(("Replace has nothing to look for", "give oldValue (2nd) or regexPattern (3rd)"))
        }
        (true, true) if call.arguments.len() == PATTERN + 1 => Err((
            "the third parameter of Replace is a pattern, not the new text",
            "write Replace(source, oldValue, , , newValue, , )",
        )),
        (true, true) => {
            Err(("Replace has both oldValue and regexPattern", "give only one of them"))
        }
        (true, false) if given(TEMPLATE) || node(REPLACEMENT).is_some() => Ok(()),
        (false, true) if node(REPLACEMENT).is_some() || (given(GROUP) && given(OTHER)) => Ok(()),
        (false, true) if given(OTHER) => Err((
            "Replace takes from another attribute the text of a group",
            "give regexGroupName (4th)",
        )),
        _ => Err((
            "Replace has nothing to put in place",
            "give replacementValue (5th), \"\" to remove the text",
        )),
    }?;
    match (call.pattern(PATTERN), node(GROUP).and_then(Node::constant)) {
        (Some(pattern), Some(name)) if !name.is_empty() && pattern.group(name).is_err() => Err((
            "the pattern of Replace has no group of the name in regexGroupName",
            "write it as (?<name>…)",
        )),
        _ => Ok(()),
    }
}

/// The attribute that the call names in a text constant instead of in brackets.
pub(crate) fn named_attribute(call: &Call) -> Option<&str> {
    let is_replace = call.function.name == NAME;
    let name = call.arguments.get(OTHER)?.as_ref()?.constant()?;
    (is_replace && !name.is_empty()).then_some(name)
}

/// Whether a parameter was written, and not as the empty text.
fn is_given(node: Option<&Node>) -> bool {
    node.is_some_and(|node| node.constant() != Some(""))
}

/// A parameter as text; none if it is left out, absent or empty.
fn present<'e>(arguments: &mut Arguments<'e, '_>, index: usize) -> Result<Option<Cow<'e, str>>> {
    Ok(arguments.lent(index)?.filter(|text| !text.is_empty()))
}
