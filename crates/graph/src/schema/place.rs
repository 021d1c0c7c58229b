//! Where in a JSON text something stands: the line and column of a value that a path names.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::value::RawValue;

/// One step from a JSON value to a value inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A member of an object.
    Key(String),
    /// An item of a list, counted from 0.
    Index(usize),
}

/// A line and a column, both counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

/// Where in `text` the value at `path` begins; none if the path does not lead through this text.
pub(super) fn find(text: &str, path: &[Step]) -> Option<Place> {
    let mut raw: &RawValue = serde_json::from_str(text).ok()?;
    for step in path {
        raw = match step {
            Step::Key(key) => {
                let members: HashMap<String, &RawValue> = serde_json::from_str(raw.get()).ok()?;
                *members.get(key)?
            }
            Step::Index(index) => {
                let items: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
                *items.get(*index)?
            }
        };
    }
    // The raw value is a part of the text, so the distance of the two is its place.
    let offset = (raw.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    Some(at(text, offset))
}

/// The place of a byte of `text`.
pub(super) fn at(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    Place {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

/// The byte at which a place of `serde_json` stands, which counts columns in bytes.
pub(super) fn offset(text: &str, line: usize, column: usize) -> usize {
    let mut start = 0;
    for _ in 1..line {
        start += text[start..].find('\n').map_or(0, |end| end + 1);
    }
    let mut offset = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The path as people write it: `synchronizationRules[0].priority`.
pub(super) fn written(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => {
                let _ = write!(text, ".{key}");
            }
            Step::Index(index) => {
                let _ = write!(text, "[{index}]");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, path: &[Step], expected: Option<(usize, usize)>) {
        assert_eq!(find(text, path).map(|place| (place.line, place.column)), expected);
    }

    fn key(name: &str) -> Step {
        Step::Key(name.to_owned())
    }

    #[test]
    fn a_value_is_found_by_its_path() {
        let text = "{\n \"ş\\u0041\": [1,\n  {\"b\": \"ş\", \"c\": 2}]}";
        check(text, &[], Some((1, 1)));
        check(text, &[key("şA"), Step::Index(0)], Some((2, 14)));
        check(text, &[key("şA"), Step::Index(1), key("c")], Some((3, 19)));
        check(text, &[key("nothing")], None);
        check("not JSON", &[], None);
    }

    #[test]
    fn a_path_is_written_as_people_write_it() {
        let path = [key("rules"), Step::Index(3), key("name")];
        assert_eq!(written(&path), "rules[3].name");
    }
}
