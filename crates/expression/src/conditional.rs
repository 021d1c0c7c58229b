//! Functions that choose: by a condition, by a key, by presence; and those that decide about the
//! attribute as a whole.

use crate::arguments::Arguments;
use crate::catalogue::ParameterType::{Any, Condition, Text};
use crate::catalogue::{Function, ResultType, entra, optional, ours, repeating, required};
use crate::convert;
use crate::problem::{EvaluationError, Problem};
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, EvaluationError>;

pub(crate) static FUNCTIONS: [Function; 16] = [
    ours("And", &[repeating("condition", Condition)], ResultType::Boolean, and),
    entra("CBool", &[required("expression", Condition)], ResultType::Boolean, cbool),
    entra("Coalesce", &[repeating("source", Any)], ResultType::Any, coalesce),
    entra("Error", &[required("message", Text)], ResultType::Nothing, raise),
    entra("IgnoreFlowIfNullOrEmpty", &[required("expression", Any)], ResultType::Any, ignore_flow),
    entra(
        "IIF",
        &[
            required("condition", Condition),
            optional("valueIfTrue", Any),
            optional("valueIfFalse", Any),
        ],
        ResultType::Any,
        iif,
    ),
    entra("IsNothing", &[required("source", Any)], ResultType::Boolean, is_null),
    entra("IsNull", &[required("expression", Any)], ResultType::Boolean, is_null),
    entra("IsNullOrEmpty", &[required("expression", Any)], ResultType::Boolean, is_null_or_empty),
    entra("IsPresent", &[required("expression", Any)], ResultType::Boolean, is_present),
    entra("IsString", &[required("expression", Any)], ResultType::Boolean, is_string),
    entra("Not", &[required("source", Any)], ResultType::Boolean, not),
    ours("Or", &[repeating("condition", Condition)], ResultType::Boolean, or),
    entra("Redact", &[required("source", Any)], ResultType::Any, redact),
    entra("SelectUniqueValue", &UNIQUE, ResultType::Any, select_unique_value),
    entra(
        "Switch",
        &[
            required("source", Any),
            optional("defaultValue", Any),
            repeating("key", Any),
            repeating("value", Any),
        ],
        ResultType::Any,
        switch,
    ),
];

/// At least two rules: one alone could never be replaced by another.
const UNIQUE: [crate::catalogue::Parameter; 2] =
    [required("uniqueValueRule1", Any), repeating("uniqueValueRule", Any)];

/// The value whose key equals the source, case included. The key `""` matches an absent source too.
fn switch(arguments: &mut Arguments<'_, '_>) -> Result {
    let source = arguments.lent(0)?.unwrap_or_default();
    for key in (2..arguments.len()).step_by(2) {
        if arguments.lent(key)?.unwrap_or_default() == source {
            return arguments.value(key + 1);
        }
    }
    arguments.value(1)
}

fn iif(arguments: &mut Arguments<'_, '_>) -> Result {
    let chosen = if arguments.condition(0)? { 1 } else { 2 };
    arguments.value(chosen)
}

/// The first value that is not null; the empty text is a value.
fn coalesce(arguments: &mut Arguments<'_, '_>) -> Result {
    for index in 0..arguments.len() {
        let value = arguments.value(index)?;
        if !value.is_null() {
            return Ok(value);
        }
    }
    Ok(Value::Null)
}

/// Whether all conditions hold; the first that does not ends it.
fn and(arguments: &mut Arguments<'_, '_>) -> Result {
    for index in 0..arguments.len() {
        if arguments.node(index).is_some() && !arguments.condition(index)? {
            return Ok(Value::Boolean(false));
        }
    }
    Ok(Value::Boolean(true))
}

/// Whether one condition holds; the first that does ends it.
fn or(arguments: &mut Arguments<'_, '_>) -> Result {
    for index in 0..arguments.len() {
        if arguments.condition(index)? {
            return Ok(Value::Boolean(true));
        }
    }
    Ok(Value::Boolean(false))
}

fn cbool(arguments: &mut Arguments<'_, '_>) -> Result {
    arguments.condition(0).map(Value::Boolean)
}

fn is_null(arguments: &mut Arguments<'_, '_>) -> Result {
    Ok(Value::Boolean(arguments.value(0)?.is_null()))
}

fn is_null_or_empty(arguments: &mut Arguments<'_, '_>) -> Result {
    Ok(Value::Boolean(arguments.value(0)?.is_null_or_empty()))
}

fn is_present(arguments: &mut Arguments<'_, '_>) -> Result {
    Ok(Value::Boolean(!arguments.value(0)?.is_null_or_empty()))
}

fn is_string(arguments: &mut Arguments<'_, '_>) -> Result {
    Ok(Value::Boolean(matches!(arguments.value(0)?, Value::Text(_))))
}

/// True becomes false; anything else becomes true.
fn not(arguments: &mut Arguments<'_, '_>) -> Result {
    let truth = match arguments.value(0)? {
        Value::Boolean(value) => value,
        Value::Text(text) => convert::boolean(&text) == Some(true),
        _ => false,
    };
    Ok(Value::Boolean(!truth))
}

/// The value itself; who writes logs asks [`crate::Expression::is_redacted`].
fn redact(arguments: &mut Arguments<'_, '_>) -> Result {
    arguments.value(0)
}

fn ignore_flow(arguments: &mut Arguments<'_, '_>) -> Result {
    let value = arguments.value(0)?;
    Ok(if value.is_null_or_empty() { Value::Dropped } else { value })
}

fn raise(arguments: &mut Arguments<'_, '_>) -> Result {
    let message = arguments.text(0)?.unwrap_or_default();
    Err(arguments.error(Problem::Raised(message)))
}

fn select_unique_value(arguments: &mut Arguments<'_, '_>) -> Result {
    Err(arguments.error(Problem::NeedsTarget))
}
