//! Reading filters and paths: a recursive descent with a budget for its depth.

use serde_json::{Number, Value};

use super::{
    Comparison, Dialect, FILTER_DEPTH_MAX, FILTER_LENGTH_MAX, FILTER_NODE_COUNT_MAX, Filter,
    FilterError,
};
use crate::path::{Path, excerpt};

const ATTRIBUTE_NAME: &str = "an attribute name";

/// Reads a whole text as a filter.
pub(super) fn filter(text: &str, dialect: Dialect) -> Result<Filter, FilterError> {
    if text.len() > FILTER_LENGTH_MAX {
        return Err(FilterError::TooLong(text.len()));
    }
    let mut reader = Reader::new(text, dialect);
    let filter = reader.alternatives(Place::Resource)?;
    reader.end("\"and\", \"or\" or the end")?;
    Ok(filter)
}

/// Reads a whole text as a path. Its values may stand in single quotes, as published attribute
/// mappings write them: `externalIds[authority eq 'microsoftteams'].value`.
pub(crate) fn path(text: &str, dialect: Dialect) -> Result<Path, FilterError> {
    let mut reader = Reader { single_quotes: true, ..Reader::new(text, dialect) };
    let mut path = reader.name()?;
    if reader.take("[") {
        path = reader.filtered(path)?;
    }
    reader.end("the end")?;
    Ok(path)
}

/// Where a condition stands: brackets are not nested (RFC 7644 §3.4.2.2, `valFilter`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Resource,
    Element,
}

struct Reader<'t> {
    text: &'t str,
    /// In bytes, always at a character boundary.
    position: usize,
    depth: usize,
    nodes: usize,
    dialect: Dialect,
    single_quotes: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, dialect: Dialect) -> Self {
        let single_quotes = dialect.unquoted_values;
        Self { text, position: 0, depth: 0, nodes: 0, dialect, single_quotes }
    }

    fn alternatives(&mut self, place: Place) -> Result<Filter, FilterError> {
        let mut filters = vec![self.conjunction(place)?];
        while self.take_word("or") {
            filters.push(self.conjunction(place)?);
        }
        Ok(Filter::any(filters))
    }

    fn conjunction(&mut self, place: Place) -> Result<Filter, FilterError> {
        let mut filters = vec![self.term(place)?];
        while self.take_word("and") {
            filters.push(self.term(place)?);
        }
        Ok(Filter::all(filters))
    }

    fn term(&mut self, place: Place) -> Result<Filter, FilterError> {
        self.skip_blanks();
        if self.take("(") {
            return self.nested(place, ")", "\")\"");
        }
        let start = self.position;
        if self.take_word("not") {
            self.skip_blanks();
            if self.take("(") {
                return Ok(Filter::Not(Box::new(self.nested(place, ")", "\")\"")?)));
            }
            self.position = start; // an attribute may be called "not"
        }
        self.condition(place)
    }

    /// The filter up to `close`, one level deeper.
    fn nested(
        &mut self,
        place: Place,
        close: &str,
        expected: &'static str,
    ) -> Result<Filter, FilterError> {
        self.depth += 1;
        if self.depth > FILTER_DEPTH_MAX {
            return Err(FilterError::TooDeep);
        }
        let filter = self.alternatives(place)?;
        self.skip_blanks();
        if !self.take(close) {
            return Err(self.unexpected(expected));
        }
        self.depth -= 1;
        Ok(filter)
    }

    /// `path operator value`, `path pr` or `path[filter]`.
    fn condition(&mut self, place: Place) -> Result<Filter, FilterError> {
        self.nodes += 1;
        if self.nodes > FILTER_NODE_COUNT_MAX {
            return Err(FilterError::TooMany);
        }
        let mut path = self.name()?;
        if place == Place::Resource && self.take("[") {
            path = self.filtered(path)?;
            if path.sub_attribute.is_none() && !self.at_operator() {
                let filter = path.filter.take().expect("just read");
                return Ok(Filter::ValuePath { path, filter });
            }
        }
        if self.take_word("pr") {
            return Ok(Filter::Present(path));
        }
        let comparison = self.comparison()?;
        let value = self.value()?;
        Ok(Filter::Compare { path, comparison, value })
    }

    /// What follows `path[`: the filter, the bracket and perhaps a sub-attribute.
    fn filtered(&mut self, mut path: Path) -> Result<Path, FilterError> {
        if path.sub_attribute.is_some() || path.attribute.is_empty() {
            return Err(self.unexpected("a comparison such as \"eq\""));
        }
        path.filter = Some(Box::new(self.nested(Place::Element, "]", "\"]\"")?));
        if self.take(".") {
            let start = self.position;
            let sub = self.word();
            let part = Path::from_name(sub)
                .filter(|part| part.schema.is_none() && part.sub_attribute.is_none());
            let Some(part) = part else {
                self.position = start;
                return Err(self.unexpected("the name of a sub-attribute"));
            };
            path.sub_attribute = Some(part.attribute);
        }
        Ok(path)
    }

    fn name(&mut self) -> Result<Path, FilterError> {
        self.skip_blanks();
        let start = self.position;
        Path::from_name(self.word()).ok_or_else(|| {
            self.position = start;
            self.unexpected(ATTRIBUTE_NAME)
        })
    }

    fn comparison(&mut self) -> Result<Comparison, FilterError> {
        self.skip_blanks();
        self.operator().ok_or_else(|| self.unexpected("a comparison such as \"eq\""))
    }

    fn operator(&mut self) -> Option<Comparison> {
        Comparison::ALL.into_iter().find(|comparison| self.take_word(comparison.operator()))
    }

    fn at_operator(&mut self) -> bool {
        let start = self.position;
        let found = self.take_word("pr") || self.operator().is_some();
        self.position = start;
        found
    }

    fn value(&mut self) -> Result<Value, FilterError> {
        self.skip_blanks();
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        if self.single_quotes && self.rest().starts_with('\'') {
            return self.single_quoted();
        }
        let start = self.position;
        let word = self.word();
        // The texts of an ABNF are read in any case, and clients write "True".
        let words =
            [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)];
        for (name, value) in words {
            if word.eq_ignore_ascii_case(name) {
                return Ok(value);
            }
        }
        self.position = start;
        if self.dialect.unquoted_values {
            return self.unquoted();
        }
        let Some(number) = number(word) else {
            return Err(
                self.unexpected("a value: text in double quotes, a number, true, false or null")
            );
        };
        self.position = start + word.len();
        Ok(Value::Number(number))
    }

    /// A text in double quotes, with the escapes of JSON.
    fn quoted(&mut self) -> Result<Value, FilterError> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.bytes().enumerate().skip(1).find(|(_, byte)| {
            let closes = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            closes
        });
        let Some((end, _)) = end else { return Err(self.unexpected("a closing quote")) };
        let text = serde_json::from_str(&rest[..=end])
            .map_err(|_| self.unexpected("a text with the escapes of JSON"))?;
        self.position += end + 1;
        Ok(Value::String(text))
    }

    /// A text in single quotes, where two of them stand for one.
    fn single_quoted(&mut self) -> Result<Value, FilterError> {
        let mut text = String::new();
        let mut rest = &self.rest()[1..];
        loop {
            let Some((part, behind)) = rest.split_once('\'') else {
                return Err(self.unexpected("a closing quote"));
            };
            text.push_str(part);
            let Some(more) = behind.strip_prefix('\'') else {
                self.position = self.text.len() - behind.len();
                return Ok(Value::String(text));
            };
            text.push('\'');
            rest = more;
        }
    }

    /// A text without quotes: up to ` and `, ` or `, a closing bracket or the end.
    fn unquoted(&mut self) -> Result<Value, FilterError> {
        let rest = self.rest();
        let end = rest.find([')', ']']).unwrap_or(rest.len());
        let mut text = &rest[..end];
        let blanks = text.match_indices(' ').map(|(index, _)| index);
        let joint = blanks.into_iter().find(|index| {
            let behind = &text.as_bytes()[index + 1..];
            [&b"and "[..], b"or "].iter().any(|word| {
                behind.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            })
        });
        text = text[..joint.unwrap_or(text.len())].trim_end();
        if text.is_empty() {
            return Err(self.unexpected("a value"));
        }
        self.position += text.len();
        Ok(Value::from(text))
    }

    fn end(&mut self, expected: &'static str) -> Result<(), FilterError> {
        self.skip_blanks();
        if self.rest().is_empty() { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.position..]
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.position += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.position += token.len();
        }
        found
    }

    /// Takes the keyword in any case, if it stands next as a word of its own.
    fn take_word(&mut self, keyword: &str) -> bool {
        let start = self.position;
        self.skip_blanks();
        let found = self.word().eq_ignore_ascii_case(keyword);
        if !found {
            self.position = start;
        }
        found
    }

    /// Everything up to a blank, bracket or quote.
    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"');
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.position += word.len();
        word
    }

    fn unexpected(&self, expected: &'static str) -> FilterError {
        let rest = self.rest();
        let found =
            if rest.is_empty() { "the end".to_owned() } else { format!("\"{}\"", excerpt(rest)) };
        FilterError::Unexpected {
            position: self.text[..self.position].chars().count() + 1,
            expected,
            found,
        }
    }
}

/// A number of JSON, read exactly so that printing and reading again agree.
fn number(word: &str) -> Option<Number> {
    let checked: Number = serde_json::from_str(word).ok()?;
    if checked.is_f64() { Number::from_f64(word.parse().ok()?) } else { Some(checked) }
}
