//! Values that go into statements, and the rows that come out.

use jiff::Timestamp;

use crate::StoreError;

/// One parameter or one column. Instants travel as microseconds, JSON as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL `NULL`.
    Null,
    /// `BIGINT`.
    Integer(i64),
    /// `TEXT`.
    Text(String),
    /// `BOOLEAN`, which `SQLite` keeps as 0 or 1.
    Boolean(bool),
    /// `BLOB`.
    Blob(Vec<u8>),
}

/// The answer to one step: its rows, and how many rows the step changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Rows inserted, updated or deleted; for a query, rows returned.
    pub affected: usize,
    rows: Vec<Row>,
}

/// One row. Columns are counted from 0, in the order of the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(Vec<Value>);

impl Row {
    /// The column as text.
    ///
    /// # Errors
    /// [`StoreError::Column`] if it holds anything else, or does not exist; so
    /// for all the readers below.
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.optional_text(column)?.ok_or_else(|| self.unlike(column, "text"))
    }

    /// The column as text, or `None` for `NULL`.
    pub fn optional_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.unlike(column, "text")),
        }
    }

    /// The column as an integer.
    pub fn integer(&self, column: usize) -> Result<i64, StoreError> {
        self.optional_integer(column)?.ok_or_else(|| self.unlike(column, "an integer"))
    }

    /// The column as an integer, or `None` for `NULL`.
    pub fn optional_integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get(column) {
            Some(Value::Integer(number)) => Ok(Some(*number)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.unlike(column, "an integer")),
        }
    }

    /// The column as a boolean: a boolean, or the 0 and 1 of `SQLite`.
    pub fn boolean(&self, column: usize) -> Result<bool, StoreError> {
        match self.0.get(column) {
            Some(Value::Boolean(truth)) => Ok(*truth),
            Some(Value::Integer(0)) => Ok(false),
            Some(Value::Integer(1)) => Ok(true),
            _ => Err(self.unlike(column, "a boolean")),
        }
    }

    /// The column as bytes.
    pub fn blob(&self, column: usize) -> Result<&[u8], StoreError> {
        match self.0.get(column) {
            Some(Value::Blob(bytes)) => Ok(bytes),
            _ => Err(self.unlike(column, "bytes")),
        }
    }

    /// The column, microseconds since 1970, as an instant.
    pub fn timestamp(&self, column: usize) -> Result<Timestamp, StoreError> {
        self.optional_timestamp(column)?.ok_or_else(|| self.unlike(column, "an instant"))
    }

    /// The column as an instant, or `None` for `NULL`.
    pub fn optional_timestamp(&self, column: usize) -> Result<Option<Timestamp>, StoreError> {
        self.optional_integer(column)?
            .map(|micros| {
                Timestamp::from_microsecond(micros).map_err(|_| self.unlike(column, "an instant"))
            })
            .transpose()
    }

    /// The column's text, read as JSON of the wanted shape.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T, StoreError> {
        serde_json::from_str(self.text(column)?).map_err(|_| self.unlike(column, "JSON"))
    }

    /// The column's text read as JSON, or `None` for `NULL`.
    pub fn optional_json<T: serde::de::DeserializeOwned>(
        &self,
        column: usize,
    ) -> Result<Option<T>, StoreError> {
        self.optional_text(column)?
            .map(|text| serde_json::from_str(text).map_err(|_| self.unlike(column, "JSON")))
            .transpose()
    }

    /// All columns, in order.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.0
    }

    fn unlike(&self, column: usize, expected: &'static str) -> StoreError {
        let found = match self.0.get(column) {
            None => "no such column",
            Some(Value::Null) => "NULL",
            Some(Value::Integer(_)) => "an integer",
            Some(Value::Text(_)) => "text",
            Some(Value::Boolean(_)) => "a boolean",
            Some(Value::Blob(_)) => "bytes",
        };
        StoreError::Column { column, expected, found }
    }
}

impl Rows {
    /// Rows as a statement returned them.
    pub(crate) fn returned(rows: Vec<Row>) -> Self {
        Self { affected: rows.len(), rows }
    }

    /// The count of a statement that returns nothing.
    pub(crate) fn changed(affected: usize) -> Self {
        Self { affected, rows: Vec::new() }
    }

    /// The first row, if there is one.
    #[must_use]
    pub fn first(&self) -> Option<&Row> {
        self.rows.first()
    }

    /// The rows, in the order of the statement.
    pub fn iter(&self) -> std::slice::Iter<'_, Row> {
        self.rows.iter()
    }

    /// How many rows came back.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no row came back.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl IntoIterator for Rows {
    type Item = Row;
    type IntoIter = std::vec::IntoIter<Row>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.into_iter()
    }
}

impl<'r> IntoIterator for &'r Rows {
    type Item = &'r Row;
    type IntoIter = std::slice::Iter<'r, Row>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.iter()
    }
}

impl From<Vec<Value>> for Row {
    fn from(values: Vec<Value>) -> Self {
        Self(values)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(i64::from(number))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Boolean(truth)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl From<Timestamp> for Value {
    fn from(instant: Timestamp) -> Self {
        Self::Integer(instant.as_microsecond())
    }
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        Self::Text(json.to_string())
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        Self::from(&json)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row(vec!["a".into(), 7_i64.into(), Value::Null, true.into(), vec![1_u8].into(), "{".into()])
    }

    #[test]
    fn columns_are_read_as_what_they_are() {
        let row = row();
        assert_eq!(row.text(0).unwrap(), "a");
        assert_eq!(row.integer(1).unwrap(), 7);
        assert_eq!(row.optional_text(2).unwrap(), None);
        assert!(row.boolean(3).unwrap());
        assert_eq!(row.blob(4).unwrap(), [1]);
        assert_eq!(row.timestamp(1).unwrap().as_microsecond(), 7);
    }

    #[test]
    fn a_column_of_another_kind_is_an_error_and_no_panic() {
        let row = row();
        insta::assert_snapshot!(row.text(1).unwrap_err(), @"column 1 should hold text but holds an integer: the data file was written by something else");
        insta::assert_snapshot!(row.integer(9).unwrap_err(), @"column 9 should hold an integer but holds no such column: the data file was written by something else");
        insta::assert_snapshot!(row.json::<serde_json::Value>(5).unwrap_err(), @"column 5 should hold JSON but holds text: the data file was written by something else");
    }
}
