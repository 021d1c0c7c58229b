//! Coercions: how a value of one kind is read as another, and how two values compare.
//!
//! A number compares numerically with a text that reads as a number, a boolean with `True` and `False` in
//! any case, a date with a text that reads as a date. Two texts compare letter by letter, case included.
//! An absent value equals the empty text and is neither less nor greater than anything.

use std::cmp::Ordering;

use jiff::civil::DateTime;

use crate::instant;
use crate::syntax::Operator;
use crate::token;
use crate::value::Value;

/// The text of a single value; none for lists, complex values and absent ones.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::List(_) | Value::Object(_) | Value::Dropped => None,
        single => Some(single.to_text()),
    }
}

/// The whole number that a value is, or that its text writes (`42`, `&HF7`).
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match number(value)? {
        Value::Integer(number) => Some(number),
        _ => None,
    }
}

/// The number that a value is, or that its text writes; a decimal without fraction is an integer.
fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Integer(_) => Some(value.clone()),
        Value::Decimal(number) => Some(whole(*number)),
        Value::Boolean(value) => Some(Value::Integer(i64::from(*value))),
        Value::Text(text) => match text.trim() {
            hexadecimal
                if hexadecimal.get(..2).is_some_and(|sign| sign.eq_ignore_ascii_case("&H")) =>
            {
                i64::from_str_radix(&hexadecimal[2..], 16).ok().map(Value::Integer)
            }
            decimal => match token::decimal(decimal.strip_prefix('+').unwrap_or(decimal))? {
                Value::Decimal(number) => Some(whole(number)),
                number => Some(number),
            },
        },
        _ => None,
    }
}

/// Largest whole number up to which every decimal is exact.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

#[allow(clippy::cast_possible_truncation)] // The guard keeps the number within what an i64 holds exactly.
fn whole(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() <= EXACT_MAX {
        Value::Integer(number as i64)
    } else {
        Value::Decimal(number)
    }
}

/// The date that a value is, or that its text writes.
pub(crate) fn date(value: &Value) -> Option<DateTime> {
    match value {
        Value::DateTime(moment) => Some(*moment),
        Value::Text(text) => instant::read(text),
        _ => None,
    }
}

/// Whether a value counts as true; none if it is neither.
pub(crate) fn condition(value: &Value) -> Option<bool> {
    if value.is_null_or_empty() {
        return Some(false);
    }
    match value {
        Value::Boolean(value) => Some(*value),
        Value::Text(text) if boolean(text).is_some() => boolean(text),
        value => match number(value)? {
            Value::Integer(number) => Some(number != 0),
            _ => Some(true),
        },
    }
}

/// `True` and `False`, in any case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.trim() {
        yes if yes.eq_ignore_ascii_case("true") => Some(true),
        no if no.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Whether the comparison holds; none if the two cannot be compared.
pub(crate) fn compare(operator: Operator, left: &Value, right: &Value) -> Option<bool> {
    if matches!(left, Value::Object(_)) || matches!(right, Value::Object(_)) {
        return None;
    }
    if left.is_null() || right.is_null() {
        let equal = left.is_null_or_empty() && right.is_null_or_empty();
        return Some(match operator {
            Operator::Equal | Operator::LessOrEqual | Operator::GreaterOrEqual => equal,
            Operator::NotEqual => !equal,
            Operator::Less | Operator::Greater => false,
        });
    }
    if matches!(left, Value::List(_)) || matches!(right, Value::List(_)) {
        return None;
    }
    match (order(left, right), operator) {
        (None, Operator::Equal) => Some(false),
        (None, Operator::NotEqual) => Some(true),
        (None, _) => None,
        (Some(order), operator) => Some(match operator {
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Greater => order.is_gt(),
            Operator::GreaterOrEqual => order.is_ge(),
        }),
    }
}

/// The order of two present single values; none if one cannot be read as the other's kind.
fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Boolean(left), Value::Text(right)) => Some(left.cmp(&boolean(right)?)),
        (Value::Text(left), Value::Boolean(right)) => Some(boolean(left)?.cmp(right)),
        (Value::DateTime(_), _) | (_, Value::DateTime(_)) => Some(date(left)?.cmp(&date(right)?)),
        _ => match (number(left)?, number(right)?) {
            (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(&right)),
            (left, right) => approximate(&left).partial_cmp(&approximate(&right)),
        },
    }
}

#[allow(clippy::cast_precision_loss)] // One of the two has a fraction, so neither is compared exactly.
fn approximate(number: &Value) -> f64 {
    match number {
        Value::Integer(number) => *number as f64,
        Value::Decimal(number) => *number,
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operator::{Equal, Greater, Less, NotEqual};

    #[track_caller]
    fn check(
        left: impl Into<Value>,
        operator: Operator,
        right: impl Into<Value>,
        expected: Option<bool>,
    ) {
        assert_eq!(compare(operator, &left.into(), &right.into()), expected);
    }

    #[test]
    fn a_number_compares_numerically_with_a_text() {
        check(1, Equal, "1", Some(true));
        check("10", Greater, 9, Some(true));
        check(1, Equal, "1.0", Some(true));
        check(1, Equal, "one", Some(false));
        check(1, Less, "one", None);
        check(Value::Decimal(1.5), Less, "2", Some(true));
    }

    #[test]
    fn texts_compare_with_case() {
        check("a", Equal, "A", Some(false));
        check("10", Less, "9", Some(true));
    }

    #[test]
    fn an_absent_value_equals_the_empty_text_only() {
        check(Value::Null, Equal, "", Some(true));
        check("", Equal, Value::Null, Some(true));
        check(Value::Null, NotEqual, "x", Some(true));
        check(Value::Null, Equal, 0, Some(false));
        check(Value::Null, Less, 5, Some(false));
    }

    #[test]
    fn booleans_compare_with_their_texts_in_any_case() {
        check(true, Equal, "true", Some(true));
        check("False", Equal, true, Some(false));
    }

    #[test]
    fn lists_do_not_compare() {
        check(Value::List(vec!["a".into()]), Equal, "a", None);
        check(Value::List(vec![]), Equal, "", Some(true));
    }

    #[test]
    fn numbers_are_conditions_and_other_texts_are_not() {
        for (value, expected) in
            [("0", Some(false)), ("2", Some(true)), ("TRUE", Some(true)), ("yes", None)]
        {
            assert_eq!(condition(&value.into()), expected, "{value}");
        }
    }
}
