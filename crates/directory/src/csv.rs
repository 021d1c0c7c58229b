//! The user download of the portal: a table with a line for each user.

use std::collections::HashMap;

use graph::export::{Collection, Record, unless_empty};
use graph::names::{self, Holds};
use graph::text::without_mark;
use serde_json::Value;

use crate::attribute;

/// What separates the values of one cell.
const VALUE_SEPARATOR: char = ';';

/// Why a file is no user download; nothing of it may be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    /// No `id` column.
    #[error(
        "line 1: the file has no column \"id\"; expected the portal's user download, with \"id\" and \"userPrincipalName\""
    )]
    NoId,
    /// One column twice.
    #[error("line 1: the columns \"{first}\" and \"{second}\" say the same; remove one of the two")]
    TwoOfOneColumn {
        /// The first column.
        first: String,
        /// The second.
        second: String,
    },
    /// A line with more or fewer cells than the first.
    #[error("line {line}: the line has {found} cells instead of {expected}; was the file cut off?")]
    Cells {
        /// Counted from 1.
        line: usize,
        /// How many cells there are.
        found: u64,
        /// How many there should be.
        expected: u64,
    },
    /// A cell that cannot be used.
    #[error("line {line}, column \"{column}\": {why}; correct it there or export again")]
    Cell {
        /// Counted from 1.
        line: usize,
        /// The column's heading.
        column: String,
        /// What is wrong with it.
        why: String,
    },
    /// One id twice.
    #[error("lines {first} and {second} have the same id \"{id}\"; remove one of the two")]
    TwoOfOneId {
        /// The id.
        id: String,
        /// The line of the first.
        first: usize,
        /// The line of the second.
        second: usize,
    },
    /// The reader gave up.
    #[error("the file is no table of comma-separated values: {0}")]
    NoTable(String),
}

/// Reads the portal's user download. An empty cell clears. A file whose last line does not end may
/// have been cut off there, so it does not count as complete: nobody is removed because of it.
///
/// # Errors
/// A file without ids, a line with too few cells, a cell of the wrong type; always with the line.
pub fn read_csv(text: &str) -> Result<Collection<Record>, CsvError> {
    let text = without_mark(text);
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let lines = Lines::of(text);
    let columns = columns(reader.headers().map_err(|error| refused(&error, &lines))?)?;
    let mut records = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for row in reader.records() {
        let row = row.map_err(|error| refused(&error, &lines))?;
        let record = record(&columns, &row, lines.at(row.position()))?;
        if let Some(first) = known.insert(record.id.clone(), record.line) {
            return Err(CsvError::TwoOfOneId { id: record.id, first, second: record.line });
        }
        records.push(record);
    }
    Ok(Collection { complete: text.ends_with('\n'), records })
}

/// One column: its heading and the attribute that it stands for.
struct Column {
    heading: String,
    source: String,
    holds: Option<Holds>,
}

fn columns(headings: &csv::StringRecord) -> Result<Vec<Column>, CsvError> {
    let mut columns: Vec<Column> = Vec::with_capacity(headings.len());
    for heading in headings {
        let source = names::from_csv_column(heading.trim()).into_owned();
        if let Some(first) = columns.iter().find(|column| column.source == source) {
            return Err(CsvError::TwoOfOneColumn {
                first: first.heading.clone(),
                second: heading.to_owned(),
            });
        }
        let holds = names::known(&source).map(|known| known.holds);
        columns.push(Column { heading: heading.to_owned(), source, holds });
    }
    if columns.iter().any(|column| column.source == names::OBJECT_ID) {
        Ok(columns)
    } else {
        Err(CsvError::NoId)
    }
}

fn record(columns: &[Column], row: &csv::StringRecord, line: usize) -> Result<Record, CsvError> {
    let mut record = Record { line, ..Record::default() };
    for (column, cell) in columns.iter().zip(row) {
        let wrong = |why: String| CsvError::Cell { line, column: column.heading.clone(), why };
        if column.source == names::OBJECT_ID {
            cell.trim().clone_into(&mut record.id);
            if record.id.is_empty() {
                return Err(wrong("the user has no id".to_owned()));
            }
            continue;
        }
        let value = match column.holds {
            Some(Holds::Texts) => {
                let values =
                    cell.split(VALUE_SEPARATOR).map(str::trim).filter(|value| !value.is_empty());
                Value::Array(values.map(Value::from).collect())
            }
            _ => Value::from(cell),
        };
        let (source, value) = match unless_empty(value) {
            None => (column.source.clone(), None),
            value => {
                attribute::typed(&column.source, value).map_err(|error| wrong(error.to_string()))?
            }
        };
        record.attributes.insert(source, value);
    }
    Ok(record)
}

fn refused(error: &csv::Error, lines: &Lines<'_>) -> CsvError {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            CsvError::Cells { line: lines.at(pos.as_ref()), found: *len, expected: *expected_len }
        }
        _ => CsvError::NoTable(error.to_string()),
    }
}

/// Where the lines of a text begin. The reader counts lines too, but wrongly after `\r\n`.
struct Lines<'t> {
    text: &'t [u8],
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text: text.as_bytes(), starts }
    }

    /// The line of the row that the reader found at a position, counted from 1.
    fn at(&self, position: Option<&csv::Position>) -> usize {
        let byte =
            position.map_or(0, |position| usize::try_from(position.byte()).unwrap_or_default());
        // The position may lie before the end of the line before, and before empty lines.
        let ends =
            self.text.iter().skip(byte).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.starts.partition_point(|start| *start <= byte + ends)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_become_source_attributes_and_empty_cells_clear() {
        let text = "\u{feff}id,displayName,accountEnabled,mobilePhone,officeLocation,alternateEmailAddress\r\n\
                    a,\"Ada, \"\"A\"\"\",FALSE,,HQ,x@y;z@y\r\n";
        let users = read_csv(text).unwrap();
        assert!(users.complete);
        let record = &users.records[0];
        assert_eq!((record.id.as_str(), record.line), ("a", 2));
        let expected = [
            ("accountEnabled", Some(json!(false))),
            ("displayName", Some(json!("Ada, \"A\""))),
            ("mobile", None),
            ("otherMails", Some(json!(["x@y", "z@y"]))),
            ("physicalDeliveryOfficeName", Some(json!("HQ"))),
        ];
        let expected = expected.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        assert_eq!(record.attributes, expected);
    }

    #[test]
    fn a_last_line_that_does_not_end_is_not_complete() {
        assert!(!read_csv("id,city\na,Rome").unwrap().complete);
    }

    #[track_caller]
    fn refused(text: &str) -> String {
        read_csv(text).unwrap_err().to_string()
    }

    #[test]
    fn a_line_cut_off_is_refused_with_its_number() {
        insta::assert_snapshot!(refused("id,city,state\na,Rome,x\nb,Mil"),
            @"line 3: the line has 2 cells instead of 3; was the file cut off?");
    }

    #[test]
    fn a_cell_of_the_wrong_type_is_refused_with_line_and_column() {
        insta::assert_snapshot!(refused("id,accountEnabled\na,\"\n\"\nb,yes\n"),
            @r#"line 2, column "accountEnabled": attribute "accountEnabled" holds true or false, not "\n"; correct it there or export again"#);
    }

    #[test]
    fn a_file_without_ids_is_refused() {
        insta::assert_snapshot!(refused("city\nRome\n"),
            @r#"line 1: the file has no column "id"; expected the portal's user download, with "id" and "userPrincipalName""#);
        insta::assert_snapshot!(refused("id,city\n,Rome\n"),
            @r#"line 2, column "id": the user has no id; correct it there or export again"#);
    }

    #[test]
    fn columns_and_ids_stand_for_one_thing_each() {
        insta::assert_snapshot!(refused("id,mobile,mobilePhone\n"),
            @r#"line 1: the columns "mobile" and "mobilePhone" say the same; remove one of the two"#);
        insta::assert_snapshot!(refused("id,city\na,x\na,y\n"),
            @r#"lines 2 and 3 have the same id "a"; remove one of the two"#);
    }
}
