//! Functions over whole numbers.

use crate::arguments::Arguments;
use crate::catalogue::ParameterType::Integer;
use crate::catalogue::{Function, ResultType, entra, required};
use crate::problem::EvaluationError;
use crate::value::Value;

pub(crate) static FUNCTIONS: [Function; 1] = [entra(
    "BitAnd",
    &[required("left", Integer), required("right", Integer)],
    ResultType::Integer,
    bit_and,
)];

/// The bits that both numbers have; null if one is absent.
fn bit_and(arguments: &mut Arguments<'_, '_>) -> Result<Value, EvaluationError> {
    match (arguments.integer(0)?, arguments.integer(1)?) {
        (Some(left), Some(right)) => Ok(Value::Integer(left & right)),
        _ => Ok(Value::Null),
    }
}
