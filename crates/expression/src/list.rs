//! Functions over multi-valued attributes. A single value counts as a list of one.

use std::collections::HashSet;

use crate::arguments::Arguments;
use crate::catalogue::ParameterType::{Any, Choice, Position, Text};
use crate::catalogue::{Function, ResultType, entra, optional, repeating, required};
use crate::compare::{self, COMPARE_TYPES};
use crate::problem::{EvaluationError, Problem};
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, EvaluationError>;

pub(crate) static FUNCTIONS: [Function; 6] = [
    entra(
        "Contains",
        &[
            required("attribute", Any),
            required("search", Text),
            optional("compareType", Choice(COMPARE_TYPES)),
        ],
        ResultType::Integer,
        contains,
    ),
    entra("Count", &[required("attribute", Any)], ResultType::Integer, count),
    entra("Item", &[required("source", Any), required("index", Position)], ResultType::Any, item),
    entra("Join", &[required("separator", Text), repeating("source", Any)], ResultType::Text, join),
    entra("RemoveDuplicates", &[required("attribute", Any)], ResultType::List, remove_duplicates),
    entra(
        "Split",
        &[required("source", Text), optional("delimiter", Text)],
        ResultType::List,
        split,
    ),
];

/// The texts of all sources and of all their elements, with the separator between them. Absent and
/// empty ones leave no separator.
fn join(arguments: &mut Arguments<'_, '_>) -> Result {
    let separator = arguments.lent(0)?.unwrap_or_default();
    let mut joined = String::new();
    for index in 1..arguments.len() {
        for element in arguments.elements(index)? {
            if element.is_null_or_empty() {
                continue;
            }
            let text = arguments.element_text(index, &element)?;
            arguments.produce(separator.len() + text.len())?;
            if !joined.is_empty() {
                joined.push_str(&separator);
            }
            joined.push_str(&text);
        }
    }
    Ok(Value::Text(joined))
}

/// The parts of a text between delimiters, trimmed; without a delimiter, the words between blanks.
fn split(arguments: &mut Arguments<'_, '_>) -> Result {
    let Some(source) = arguments.text(0)? else { return Ok(Value::Null) };
    let delimiter = arguments.text(1)?.unwrap_or_default();
    arguments.produce(source.len())?;
    let parts: Vec<&str> = match (source.as_str(), delimiter.as_str()) {
        ("", _) => Vec::new(),
        (text, "") => text.split_whitespace().collect(),
        (text, delimiter) => text.split(delimiter).map(str::trim).collect(),
    };
    for _ in &parts {
        arguments.step()?;
    }
    Ok(Value::List(parts.into_iter().map(Value::from).collect()))
}

fn count(arguments: &mut Arguments<'_, '_>) -> Result {
    let count = arguments.elements(0)?.len();
    Ok(Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// The element at a place, counted from 1.
fn item(arguments: &mut Arguments<'_, '_>) -> Result {
    let mut elements = arguments.elements(0)?;
    if elements.is_empty() {
        return Ok(Value::Null);
    }
    let index = arguments.integer(1)?.unwrap_or(0);
    match usize::try_from(index).ok().and_then(|index| index.checked_sub(1)) {
        Some(place) if place < elements.len() => Ok(elements.swap_remove(place)),
        _ => Err(arguments.error_at(1, Problem::NoSuchItem { index, count: elements.len() })),
    }
}

/// The place, counted from 1, of the first element in which the text occurs; 0 if in none.
fn contains(arguments: &mut Arguments<'_, '_>) -> Result {
    let elements = arguments.elements(0)?;
    let search = arguments.text(1)?.unwrap_or_default();
    let ignore_case = compare::ignores_case(arguments, 2)?.unwrap_or(false);
    let search = if ignore_case { compare::folded(&search) } else { search };
    for (place, element) in (1..).zip(&elements) {
        if element.is_null() {
            continue;
        }
        let text = arguments.element_text(0, element)?;
        if if ignore_case { compare::folded(&text) } else { text }.contains(&search) {
            return Ok(Value::Integer(place));
        }
    }
    Ok(Value::Integer(0))
}

/// The elements, each once, in the order of their first occurrence. Case makes a difference.
fn remove_duplicates(arguments: &mut Arguments<'_, '_>) -> Result {
    let elements = arguments.elements(0)?;
    let mut seen = HashSet::new();
    let unique: Vec<Value> =
        elements.into_iter().filter(|element| seen.insert(element.to_text())).collect();
    Ok(if unique.is_empty() { Value::Null } else { Value::List(unique) })
}
