//! The values that expressions read and yield, and how they become text.
//!
//! Booleans print as `True` and `False` and dates as `3/16/2020 7:00:00 AM`, because
//! mappings compare these texts: `Switch([IsSoftDeleted], , "False", "True", "True", "False")`.

use std::fmt;

use jiff::civil::DateTime;
use serde_json::Value as Json;

/// What an attribute holds or an expression yields.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// No value: the attribute is absent or null.
    #[default]
    Null,
    /// A text, possibly empty. An empty text is a value.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Decimal(f64),
    /// True or false.
    Boolean(bool),
    /// A moment in UTC. A civil date, since personnel systems write `9999-12-31`, which no timestamp reaches.
    DateTime(DateTime),
    /// The values of a multi-valued attribute.
    List(Vec<Value>),
    /// A complex value, such as a role, with its keys in order.
    Object(Vec<(String, Value)>),
    /// `IgnoreFlowIfNullOrEmpty` found nothing: the target attribute leaves this export.
    Dropped,
}

impl Value {
    /// The value as text (section "values and coercion" of the language): absent values give the
    /// empty text, lists and objects their JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            value => value.to_string(),
        }
    }

    /// Whether there is no value: null, dropped, or a list without elements.
    #[must_use]
    pub fn is_null(&self) -> bool {
        match self {
            Value::Null | Value::Dropped => true,
            Value::List(values) => values.is_empty(),
            _ => false,
        }
    }

    /// Whether there is no value, or only the empty text.
    #[must_use]
    pub fn is_null_or_empty(&self) -> bool {
        self.is_null() || matches!(self, Value::Text(text) if text.is_empty())
    }

    /// About how many bytes the value takes.
    pub(crate) fn size(&self) -> usize {
        match self {
            Value::Text(text) => text.len(),
            Value::List(values) => values.iter().map(|value| 8 + value.size()).sum(),
            Value::Object(members) => {
                members.iter().map(|(key, value)| 8 + key.len() + value.size()).sum()
            }
            _ => 8,
        }
    }

    /// The value as JSON. Booleans and numbers keep their type, dates become text.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Value::Null | Value::Dropped => Json::Null,
            Value::Text(text) => Json::String(text.clone()),
            Value::Integer(number) => Json::from(*number),
            Value::Decimal(number) => Json::from(*number),
            Value::Boolean(value) => Json::Bool(*value),
            Value::DateTime(_) => Json::String(self.to_text()),
            Value::List(values) => values.iter().map(Value::to_json).collect(),
            Value::Object(members) => {
                members.iter().map(|(key, value)| (key.clone(), value.to_json())).collect()
            }
        }
    }

    /// Says what kind of value this is, for error texts: `a list of 3 values`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Value::Null => "no value".into(),
            Value::Text(text) => format!("the text {}", quoted(text)),
            Value::Integer(number) => format!("the number {number}"),
            Value::Decimal(number) => format!("the number {number}"),
            Value::Boolean(_) => format!("the boolean {self}"),
            Value::DateTime(_) => format!("the date {self}"),
            Value::List(values) if values.len() == 1 => "a list of 1 value".into(),
            Value::List(values) => format!("a list of {} values", values.len()),
            Value::Object(_) => "a complex value".into(),
            Value::Dropped => "an attribute that leaves the flow".into(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null | Value::Dropped => Ok(()),
            Value::Text(text) => f.write_str(text),
            Value::Integer(number) => number.fmt(f),
            Value::Decimal(number) => number.fmt(f),
            Value::Boolean(true) => f.write_str("True"),
            Value::Boolean(false) => f.write_str("False"),
            Value::DateTime(moment) => write_date(*moment, f),
            Value::List(_) | Value::Object(_) => self.to_json().fmt(f),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Boolean(value)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<Json> for Value {
    /// Reads a directory attribute: every JSON shape has its value, and no text is taken for a date.
    fn from(json: Json) -> Self {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Boolean(value),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => Value::Integer(integer),
                (None, Some(decimal)) => Value::Decimal(decimal),
                (None, None) => Value::Text(number.to_string()),
            },
            Json::String(text) => Value::Text(text),
            Json::Array(values) => Value::List(values.into_iter().map(Value::from).collect()),
            Json::Object(members) => Value::Object(
                members.into_iter().map(|(key, value)| (key, Value::from(value))).collect(),
            ),
        }
    }
}

/// Most characters of a value that an error text repeats.
const QUOTED_CHARS_MAX: usize = 60;

/// A text in quotes, cut to a length that fits in an error.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARS_MAX) {
        None => format!("\"{text}\""),
        Some((end, _)) => format!("\"{}…\"", &text[..end]),
    }
}

/// `M/d/yyyy h:mm:ss tt` of the en-US culture.
fn write_date(moment: DateTime, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let hour = match moment.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let half = if moment.hour() < 12 { "AM" } else { "PM" };
    write!(
        f,
        "{}/{}/{:04} {hour}:{:02}:{:02} {half}",
        moment.month(),
        moment.day(),
        moment.year(),
        moment.minute(),
        moment.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: impl Into<Value>, text: &str) {
        assert_eq!(value.into().to_text(), text);
    }

    #[test]
    fn booleans_are_capitalised() {
        check(true, "True");
        check(false, "False");
    }

    #[test]
    fn dates_print_as_in_the_united_states_without_padding() {
        check(
            Value::DateTime(jiff::civil::datetime(2020, 3, 6, 0, 5, 9, 0)),
            "3/6/2020 12:05:09 AM",
        );
        check(
            Value::DateTime(jiff::civil::datetime(9999, 12, 31, 12, 0, 0, 0)),
            "12/31/9999 12:00:00 PM",
        );
    }

    #[test]
    fn complex_values_print_as_json_in_the_order_of_their_keys() {
        let role = Value::Object(vec![("value".into(), "Admin".into()), ("id".into(), 1.into())]);
        check(Value::List(vec![role, Value::Null]), r#"[{"value":"Admin","id":1},null]"#);
    }

    #[test]
    fn an_empty_list_is_no_value_but_an_empty_text_is_one() {
        assert!(Value::List(vec![]).is_null());
        assert!(!Value::from("").is_null());
        assert!(Value::from("").is_null_or_empty());
    }

    #[test]
    fn long_values_are_cut_in_errors() {
        assert!(quoted(&"ş".repeat(100)).chars().count() < 70);
    }
}
