//! Statements as data: what a transaction consists of.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use crate::Value;

/// One step of a transaction. Statements are constants of the program, so that
/// no value can ever become part of one.
#[derive(Debug, Clone)]
pub enum Step {
    /// Runs the statement.
    Execute(&'static str, Vec<Value>),
    /// Runs the statement, which must change exactly this many rows; otherwise
    /// the whole transaction is undone with [`crate::StoreError::Conflict`].
    Expect(&'static str, Vec<Value>, usize),
    /// Runs the statement once for each list of parameters.
    Many(&'static str, Vec<Vec<Value>>),
    /// Runs the statement and returns its rows; `INSERT … RETURNING` too.
    Query(&'static str, Vec<Value>),
}

/// One query of a snapshot, see [`crate::Db::snapshot`].
pub type Query = (&'static str, Vec<Value>);

/// The text of a query: a constant, or constants put together.
///
/// A filter that a client writes needs a query of its own shape. Its text is made of
/// fragments that are constants of the program, so that here too no value can ever
/// become part of a statement.
#[derive(Debug, Clone)]
pub struct Sql(Text);

#[derive(Debug, Clone)]
enum Text {
    Constant(&'static str),
    Composed(Arc<str>),
}

impl Sql {
    /// Puts fragments together. Their parameters are `?` without numbers, and take the
    /// values in the order in which they appear.
    pub fn compose(fragments: impl IntoIterator<Item = &'static str>) -> Self {
        let text: String = fragments.into_iter().collect();
        Self(Text::Composed(text.into()))
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self(Text::Constant(text))
    }
}

/// The texts of statements as `SQLite` must see them, each constant rewritten once. A
/// constant is known by where it is, since its text is long.
#[derive(Debug, Default)]
pub(crate) struct Texts(HashMap<(usize, usize), Cow<'static, str>>);

impl Texts {
    pub(crate) fn of<'t>(&'t mut self, sql: &'t Sql) -> &'t str {
        match &sql.0 {
            Text::Constant(text) => {
                let place = (text.as_ptr().addr(), text.len());
                self.0.entry(place).or_insert_with(|| numbered(text))
            }
            Text::Composed(text) => text,
        }
    }
}

/// Writes `$1` as `?1`. `SQLite` takes `$1` for a name and numbers names by their
/// first appearance, so `$2 … $1` would silently bind the wrong values.
fn numbered(sql: &str) -> Cow<'_, str> {
    if !sql.contains('$') {
        return Cow::Borrowed(sql);
    }
    let mut text = String::with_capacity(sql.len());
    let mut quote = None;
    let mut characters = sql.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '$') if characters.peek().is_some_and(char::is_ascii_digit) => {
                text.push('?');
                continue;
            }
            _ => {}
        }
        text.push(character);
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: &str) {
        assert_eq!(numbered(sql), expected);
    }

    #[test]
    fn parameters_are_numbered_by_their_digit() {
        check("SELECT $2, $1, $10", "SELECT ?2, ?1, ?10");
        check("SELECT 1", "SELECT 1");
    }

    #[test]
    fn fragments_become_one_text() {
        let sql = Sql::compose(["SELECT 1 WHERE ", "a = ?", " AND ", "b = ?"]);
        assert_eq!(Texts::default().of(&sql), "SELECT 1 WHERE a = ? AND b = ?");
    }

    #[test]
    fn a_dollar_inside_quotes_stays() {
        check("SELECT '$1', \"$2\", $3, 'it''s $4'", "SELECT '$1', \"$2\", ?3, 'it''s $4'");
        check("SELECT '$.name' || $1", "SELECT '$.name' || ?1");
    }
}
