//! `Lookup`: the value that a named table of the job has for a key.

use crate::arguments::Arguments;
use crate::catalogue::ParameterType::{Any, Table, Text};
use crate::catalogue::{Function, ResultType, optional, ours, required};
use crate::problem::{EvaluationError, Problem};
use crate::value::{Value, quoted};

pub(crate) static FUNCTIONS: [Function; 1] = [ours(
    "Lookup",
    &[required("table", Table), required("key", Text), optional("defaultValue", Any)],
    ResultType::Any,
    lookup,
)];

/// The value under exactly this key; the default for a key that the table does not have, or that is absent.
fn lookup(arguments: &mut Arguments<'_, '_>) -> Result<Value, EvaluationError> {
    let table = arguments.text(0)?.unwrap_or_default();
    let key = arguments.text(1)?;
    let Some(tables) = arguments.evaluation.context.tables else {
        return Err(arguments.error_at(0, Problem::NoTable(quoted(&table))));
    };
    match key.and_then(|key| tables.lookup(&table, &key)) {
        Some(value) => arguments.result(value),
        None => arguments.value(2),
    }
}
