//! What of a filter the index answers, as a condition on `resource r`.
//!
//! Conditions are made of constant fragments; what a client wrote is bound to their
//! parameters. What the index cannot answer is left out and evaluated on the resources.

use jiff::Timestamp;
use scim::filter::Comparison;
use scim::selection::{Lookup, Selection, Test, select};
use scim::{Filter, Path};
use store::Value;

use crate::index::{Index, Indexed, VALUE_LENGTH_MAX};
use crate::kind::{GROUPS, Kind, MEMBERS};

/// A condition on `resource r`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    /// The text, in fragments; empty: every resource.
    pub(crate) sql: Vec<&'static str>,
    /// The values of its parameters, in order.
    pub(crate) values: Vec<Value>,
    /// Whether it admits exactly what the filter does, and not more.
    pub(crate) is_exact: bool,
    /// Whether it can admit only a few resources, found by a key.
    pub(crate) is_narrow: bool,
    /// If this is all it says: the one value that an attribute must have.
    pub(crate) equality: Option<Equality>,
}

/// A value that an attribute must have. The index has its resources in order of creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Equality {
    pub(crate) is_unique: bool,
    pub(crate) attribute: i64,
    pub(crate) value: Value,
}

const BY_MEMBER: &str = "r.number IN (SELECT m.parent FROM resource c
    JOIN membership m ON m.child = c.number WHERE c.id = ?)";

/// The same for an id in lower case: as the store gives them, and members that no resource
/// is have names of any case.
const BY_MEMBER_FOLDED: &str = "r.number IN (SELECT m.parent FROM resource c
    JOIN membership m ON m.child = c.number
    WHERE c.id = ? OR c.kind = 0 AND lower(c.id) = ?)";

const BY_GROUP: &str = "r.number IN (WITH RECURSIVE below (number) AS (
        SELECT number FROM resource WHERE id = ?
        UNION SELECT m.child FROM membership m JOIN below ON m.parent = below.number)
    SELECT m.child FROM membership m JOIN below ON m.parent = below.number)";

const UNIQUE: &str = "r.number IN (SELECT resource FROM unique_value WHERE attribute = ? AND ";

const INDEXED: &str = "r.number IN (SELECT resource FROM indexed_value WHERE attribute = ? AND ";

impl Condition {
    /// The condition for a filter; without one, every resource.
    pub(crate) fn of(filter: Option<&Filter>, kind: &Kind) -> Self {
        let Some(filter) = filter else { return Self::every() };
        let knows = |asked: &Lookup| lookup(asked, kind).is_some();
        let selected = select(filter, &kind.schema, &knows);
        let condition = Self::of_selection(&selected.selection, kind);
        Self { is_exact: selected.exact && condition.is_exact, ..condition }
    }

    pub(crate) fn is_every(&self) -> bool {
        self.sql.is_empty()
    }

    fn every() -> Self {
        Self::one(Vec::new(), Vec::new())
    }

    fn one(sql: Vec<&'static str>, values: Vec<Value>) -> Self {
        Self { sql, values, is_exact: true, is_narrow: false, equality: None }
    }

    fn narrow(self) -> Self {
        Self { is_narrow: true, ..self }
    }

    fn of_selection(selection: &Selection, kind: &Kind) -> Self {
        match selection {
            Selection::All => Self::every(),
            Selection::Nothing => Self::one(vec!["0"], Vec::new()).narrow(),
            Selection::Match(asked) => {
                let inexact = || Self { is_exact: false, ..Self::every() };
                lookup(asked, kind).unwrap_or_else(inexact)
            }
            Selection::And(parts) => Self::joined(parts, kind, " AND ", |a, b| a || b),
            Selection::Or(parts) => Self::joined(parts, kind, " OR ", |a, b| a && b),
        }
    }

    fn joined(
        parts: &[Selection],
        kind: &Kind,
        operator: &'static str,
        are_narrow: impl Fn(bool, bool) -> bool,
    ) -> Self {
        let mut parts = parts.iter().map(|part| Self::of_selection(part, kind));
        let Some(mut joined) = parts.next() else { return Self::every() };
        joined.equality = None;
        joined.sql.insert(0, "(");
        for part in parts {
            joined.sql.push(operator);
            joined.sql.extend(part.sql);
            joined.values.extend(part.values);
            joined.is_exact &= part.is_exact;
            joined.is_narrow = are_narrow(joined.is_narrow, part.is_narrow);
        }
        joined.sql.push(")");
        joined
    }
}

/// The condition for one value; `None` if there is no index for it.
fn lookup(asked: &Lookup, kind: &Kind) -> Option<Condition> {
    match (asked.path.as_str(), &asked.test) {
        ("id", Test::Text { comparison: Comparison::Equal, value, .. }) => {
            Some(Condition::one(vec!["r.id = ?"], vec![value.as_str().into()]).narrow())
        }
        ("meta.lastmodified", Test::Instant { comparison, value }) => {
            instant(&MODIFIED, *comparison, *value)
        }
        ("meta.created", Test::Instant { comparison, value }) => {
            instant(&CREATED, *comparison, *value)
        }
        ("members.value", Test::Text { comparison: Comparison::Equal, value, case_exact })
            if kind.has_members() =>
        {
            let value = Value::from(value.as_str());
            Some(if *case_exact {
                Condition::one(vec![BY_MEMBER], vec![value]).narrow()
            } else {
                Condition::one(vec![BY_MEMBER_FOLDED], vec![value.clone(), value])
            })
        }
        ("groups.value", Test::Text { comparison: Comparison::Equal, value, .. })
            if kind.shows_groups =>
        {
            Some(Condition::one(vec![BY_GROUP], vec![value.as_str().into()]))
        }
        (path, test) => indexed(kind.index(path).filter(|index| index.is_asked_for())?, test),
    }
}

fn indexed(index: &Index, test: &Test) -> Option<Condition> {
    let (literal, comparison) = match test {
        Test::Present => {
            return Some(Condition::one(
                vec![table(index), "value > '' AND value < x'')"],
                vec![index.number.into()],
            ))
            .filter(|_| !index.is_boolean());
        }
        Test::Boolean(truth) => (Indexed::Boolean(*truth), Comparison::Equal),
        // A cut value is longer than this, so none is taken for the whole.
        Test::Text { value, .. } if value.len() > VALUE_LENGTH_MAX / 2 => return None,
        Test::Text { comparison, value, .. } => (Indexed::Text(value.clone()), *comparison),
        Test::Number { .. } | Test::Instant { .. } => return None,
    };
    let mut values = vec![Value::from(index.number), Value::from(&literal)];
    // Texts come before the empty blob that stands for no value.
    let test = match comparison {
        Comparison::Equal => "value = ?)",
        Comparison::StartsWith => {
            values.push(end_of_prefix(&literal));
            "value >= ? AND value < ?)"
        }
        Comparison::Greater => "value > ? AND value < x'')",
        Comparison::GreaterOrEqual => "value >= ? AND value < x'')",
        Comparison::Less => "value < ?)",
        Comparison::LessOrEqual => "value <= ?)",
        // Whether it ends so, or what a long value has behind its cut, is left to the filter.
        Comparison::Contains | Comparison::EndsWith => {
            "(instr(value, ?) > 0 OR octet_length(value) > 1000) AND value < x'')"
        }
        Comparison::NotEqual => return None,
    };
    let is_equality = comparison == Comparison::Equal;
    let equality = is_equality.then(|| Equality {
        is_unique: index.is_unique,
        attribute: index.number,
        value: Value::from(&literal),
    });
    let condition = Condition::one(vec![table(index), test], values);
    Some(Condition {
        equality,
        is_exact: !matches!(comparison, Comparison::Contains | Comparison::EndsWith),
        is_narrow: index.is_unique && is_equality,
        ..condition
    })
}

fn table(index: &Index) -> &'static str {
    if index.is_unique { UNIQUE } else { INDEXED }
}

/// The least value above all that begin so.
fn end_of_prefix(prefix: &Indexed) -> Value {
    let Indexed::Text(text) = prefix else { return Value::Blob(Vec::new()) };
    let mut letters: Vec<char> = text.chars().collect();
    while let Some(last) = letters.pop() {
        let above = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(above) = above {
            letters.push(above);
            return letters.into_iter().collect::<String>().into();
        }
    }
    Value::Blob(Vec::new())
}

/// Comparisons of one column: equal, greater, greater or equal, less, less or equal.
type Column = [&'static str; 5];

const MODIFIED: Column =
    ["r.modified = ?", "r.modified > ?", "r.modified >= ?", "r.modified < ?", "r.modified <= ?"];

const CREATED: Column =
    ["r.created = ?", "r.created > ?", "r.created >= ?", "r.created < ?", "r.created <= ?"];

/// A comparison with a point in time; the store keeps microseconds, a client may ask more
/// finely.
fn instant(column: &Column, comparison: Comparison, value: Timestamp) -> Option<Condition> {
    let nanoseconds = value.as_nanosecond();
    let below = i64::try_from(nanoseconds.div_euclid(1000)).ok()?;
    let is_whole = nanoseconds.rem_euclid(1000) == 0;
    let above = if is_whole { below } else { below + 1 };
    let (sql, value) = match comparison {
        Comparison::Equal if is_whole => (column[0], below),
        Comparison::Greater => (column[1], below),
        Comparison::GreaterOrEqual => (column[2], above),
        Comparison::Less => (column[3], above),
        Comparison::LessOrEqual => (column[4], below),
        _ => return None,
    };
    Some(Condition::one(vec![sql], vec![value.into()]))
}

/// Whether the filter looks at lists that are no part of a resource's data.
pub(crate) fn looks_at_lists(filter: &Filter) -> bool {
    let is_list = |path: &Path| {
        [MEMBERS, GROUPS].iter().any(|list| path.attribute.eq_ignore_ascii_case(list))
    };
    match filter {
        Filter::And(filters) | Filter::Or(filters) => filters.iter().any(looks_at_lists),
        Filter::Not(filter) => looks_at_lists(filter),
        Filter::Compare { path, .. } | Filter::Present(path) | Filter::ValuePath { path, .. } => {
            is_list(path)
        }
    }
}
