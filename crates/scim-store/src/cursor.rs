//! Cursors: where the next page of a list begins.
//!
//! A cursor is the key of the last resource that was shown, so resources that come or go
//! shift no page. It also carries the total as it was on the first page.

use jiff::Timestamp;
use scim::sort::Key;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use store::Value;

use crate::index::cut;

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// How many matched when the first page was asked for.
    #[serde(rename = "t")]
    pub(crate) total: usize,
    /// The last resource shown.
    #[serde(rename = "n")]
    pub(crate) number: i64,
    /// The value that it is sorted by.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<CursorKey>,
}

/// A [`Key`] that can be written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CursorKey {
    #[serde(rename = "b")]
    Boolean(bool),
    #[serde(rename = "n")]
    Number(Number),
    #[serde(rename = "i")]
    Instant(Timestamp),
    #[serde(rename = "t")]
    Text(String),
}

impl Cursor {
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(crate) fn write(&self) -> String {
        serde_json::to_string(self).expect("a cursor is JSON")
    }

    /// The key as the index has it.
    pub(crate) fn value(&self) -> Value {
        match &self.key {
            None => Value::Blob(Vec::new()),
            Some(CursorKey::Boolean(truth)) => Value::Boolean(*truth),
            Some(CursorKey::Number(number)) => number.as_i64().into(),
            Some(CursorKey::Instant(instant)) => (*instant).into(),
            Some(CursorKey::Text(text)) => cut(text).into(),
        }
    }
}

impl From<Key> for CursorKey {
    fn from(key: Key) -> Self {
        match key {
            Key::Boolean(truth) => Self::Boolean(truth),
            Key::Number(number) => Self::Number(number),
            Key::Instant(instant) => Self::Instant(instant),
            Key::Text(text) => Self::Text(text),
        }
    }
}

impl From<CursorKey> for Key {
    fn from(key: CursorKey) -> Self {
        match key {
            CursorKey::Boolean(truth) => Self::Boolean(truth),
            CursorKey::Number(number) => Self::Number(number),
            CursorKey::Instant(instant) => Self::Instant(instant),
            CursorKey::Text(text) => Self::Text(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: Option<Key>) {
        let cursor = Cursor { total: 7, number: 3, key: key.map(Into::into) };
        assert_eq!(Cursor::read(&cursor.write()), Some(cursor));
    }

    #[test]
    fn what_was_written_is_read() {
        check(None);
        check(Some(Key::Text("şen \"x\"".to_owned())));
        check(Some(Key::Boolean(true)));
        check(Some(Key::Number(5.into())));
        check(Some(Key::Instant(Timestamp::UNIX_EPOCH)));
        assert_eq!(Cursor::read("x"), None);
    }
}
