//! Reading JSON from outside within bounds.
//!
//! What is too long, too deep or too much is refused before it is built, so that nothing
//! behind this door meets a document that its recursion or its memory does not bear.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::message::ScimError;
use crate::path::excerpt;

/// The deepest nesting of lists and objects. A bulk request with a PATCH of members has 8.
pub const DEPTH_MAX: usize = 32;
/// The most values in one document: a group of 200,000 members with three parts each.
pub const NODE_COUNT_MAX: usize = 1_000_000;

/// Reads a body. A mark in front that says UTF-8 is passed over, as some clients send one.
///
/// # Errors
/// 413 for more than `length_max` bytes or [`NODE_COUNT_MAX`] values, `invalidSyntax` for
/// what is no JSON, deeper than [`DEPTH_MAX`], or has a name twice in one object.
pub fn parse(body: &[u8], length_max: usize) -> Result<Value, ScimError> {
    if body.len() > length_max {
        return Err(JsonError::TooLong { length: body.len(), most: length_max }.into());
    }
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if body.trim_ascii().is_empty() {
        return Err(JsonError::Empty.into());
    }
    let state = RefCell::new(State { node_count: 0, refused: None });
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = Node { state: &state, depth: 0 }.deserialize(&mut reader);
    let read = read.and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| {
        let refused = state.into_inner().refused;
        refused.unwrap_or_else(|| JsonError::Malformed(error.to_string())).into()
    })
}

/// Why a body is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// More bytes than the service takes.
    #[error("the body has {length} bytes, the most is {most}: send less at once")]
    TooLong {
        /// How many there are.
        length: usize,
        /// How many are taken.
        most: usize,
    },
    /// Nothing but blanks.
    #[error("the body is empty: send a JSON object")]
    Empty,
    /// More than [`NODE_COUNT_MAX`] values.
    #[error("the body has more than {NODE_COUNT_MAX} values: send less at once")]
    TooMany,
    /// Deeper than [`DEPTH_MAX`].
    #[error("the body is nested deeper than {DEPTH_MAX} levels: no message of SCIM is")]
    TooDeep,
    /// One name twice.
    #[error("the name \"{0}\" stands twice in one object: send it once")]
    Twice(String),
    /// No JSON.
    #[error("the body is no JSON: {0}")]
    Malformed(String),
}

impl From<JsonError> for ScimError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::TooLong { .. } | JsonError::TooMany => Self::new(413, error.to_string()),
            _ => Self::invalid_syntax(error.to_string()),
        }
    }
}

/// What is known of the document so far.
struct State {
    node_count: usize,
    /// The limit that was exceeded; the reader's own error has only words.
    refused: Option<JsonError>,
}

/// One value that is about to be read.
#[derive(Clone, Copy)]
struct Node<'s> {
    state: &'s RefCell<State>,
    depth: usize,
}

impl Node<'_> {
    fn refuse<E: serde::de::Error>(self, error: JsonError) -> E {
        let words = E::custom(&error);
        self.state.borrow_mut().refused.get_or_insert(error);
        words
    }

    /// The node of a value inside this one.
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_MAX {
            return Err(self.refuse(JsonError::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        self.state.borrow_mut().node_count += 1;
        if self.state.borrow().node_count > NODE_COUNT_MAX {
            return Err(self.refuse(JsonError::TooMany));
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(inner)? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut values = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            if values.contains_key(&name) {
                return Err(self.refuse(JsonError::Twice(excerpt(&name))));
            }
            let value = object.next_value_seed(inner)?;
            values.insert(name, value);
        }
        Ok(Value::Object(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check_error(body: &str) -> String {
        parse(body.as_bytes(), 10_000_000).unwrap_err().to_string()
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let body = r#" {"a": [null, true, -1, 18446744073709551615, 1.5, "ş\n"], "b": {}} "#;
        let expected =
            json!({"a": [null, true, -1, 18_446_744_073_709_551_615_u64, 1.5, "ş\n"], "b": {}});
        assert_eq!(parse(body.as_bytes(), 1_000).unwrap(), expected);
        assert_eq!(parse(b"\xEF\xBB\xBF{}", 1_000).unwrap(), json!({}));
    }

    #[test]
    fn names_keep_their_order() {
        assert_eq!(parse(br#"{"b":1,"a":2}"#, 100).unwrap().to_string(), r#"{"b":1,"a":2}"#);
    }

    #[test]
    fn what_exceeds_a_limit_is_refused() {
        insta::assert_snapshot!(parse(b"[1,2,3]", 6).unwrap_err(), @"the body has 7 bytes, the most is 6: send less at once (413)");
        insta::assert_snapshot!(check_error(&"[".repeat(1_000_000)), @"the body is nested deeper than 32 levels: no message of SCIM is (400 invalidSyntax)");
        insta::assert_snapshot!(check_error(&format!("[{}1]", "1,".repeat(NODE_COUNT_MAX))), @"the body has more than 1000000 values: send less at once (413)");
        assert!(
            parse(format!("{}{}", "[".repeat(DEPTH_MAX), "]".repeat(DEPTH_MAX)).as_bytes(), 100)
                .is_ok()
        );
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        insta::assert_snapshot!(check_error(" "), @"the body is empty: send a JSON object (400 invalidSyntax)");
        insta::assert_snapshot!(check_error("{\"a\":}"), @"the body is no JSON: expected value at line 1 column 6 (400 invalidSyntax)");
        insta::assert_snapshot!(check_error("{} x"), @"the body is no JSON: trailing characters at line 1 column 4 (400 invalidSyntax)");
        insta::assert_snapshot!(check_error("{\"a\":1e999}"), @"the body is no JSON: number out of range at line 1 column 10 (400 invalidSyntax)");
        insta::assert_snapshot!(check_error("{\"a\":{\"b\":1,\"b\":2}}"), @r#"the name "b" stands twice in one object: send it once (400 invalidSyntax)"#);
    }
}
