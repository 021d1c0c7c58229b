//! One clause: a source attribute, an operator, and what it is compared with.

use std::fmt;

use expression::Pattern;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value as Json;

use super::Tested;
use super::operator::{Arity, Operator, Test};
use crate::object::SourceObject;

/// Most characters of a value that a verdict shows.
pub const VALUE_SHOWN_MAX: usize = 200;

/// One test of one source attribute.
#[derive(Debug, Clone)]
pub struct Clause {
    /// The source attribute.
    pub attribute: String,
    /// The operator.
    pub operator: &'static Operator,
    /// What the attribute is compared with, as written.
    pub values: Vec<String>,
    pub(super) operand: Operand,
    /// Whether an absent value passes: in input filters, for what negates.
    pub(super) absent_passes: bool,
}

/// What the attribute is compared with, ready for comparison.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    None,
    /// Folded where letter case does not count.
    Texts(Vec<String>),
    Number(u128),
    Pattern(Box<Pattern>),
    /// A mask; none where the value is no number and so a list to look in.
    Bits(Option<i64>, Vec<String>),
    Moment(Moment),
}

/// A date that a filter names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// In UTC.
    Fixed(DateTime),
    /// The beginning of the day, in UTC, on which the filter is evaluated, and so many days later.
    Today(i32),
}

impl Clause {
    /// Whether the clause asks for the groups that hold the object.
    #[must_use]
    pub fn asks_for_groups(&self) -> bool {
        self.operator.test == Test::IsMember
    }

    /// Whether the same object may pass on one day and fail on another.
    #[must_use]
    pub fn depends_on_the_day(&self) -> bool {
        matches!(self.operand, Operand::Moment(Moment::Today(_)))
    }

    /// Tests the clause with one object.
    pub(super) fn test(&self, object: &SourceObject, now: Timestamp) -> Tested {
        if self.asks_for_groups() {
            return self.test_membership(object);
        }
        let value = object.attribute(&self.attribute);
        let elements = elements(&value);
        let (holds, note) = match self.operator.test {
            Test::IsNull => (elements.is_empty() != self.operator.is_negated, None),
            _ if elements.is_empty() => (self.absent_passes, self.note_on_absence()),
            _ => match self.holds_for_all(&elements, now) {
                Ok(holds) => (holds, None),
                Err(note) => (false, Some(note)),
            },
        };
        let value = (!elements.is_empty()).then(|| shown(&value));
        Tested { clause: self.to_string(), holds, value, note }
    }

    /// Member of at least one of the groups, which are named by id or display name.
    fn test_membership(&self, object: &SourceObject) -> Tested {
        let is_wanted = |id: &str, name: &str| {
            self.values
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(id) || folded(wanted) == folded(name))
        };
        let groups = &object.groups;
        let belongs = groups.iter().any(|group| is_wanted(group.id.as_str(), &group.display_name));
        let all: Vec<Json> =
            groups.iter().map(|group| Json::from(group.display_name.as_str())).collect();
        let value = (!all.is_empty()).then(|| shown(&Json::Array(all)));
        let holds = belongs != self.operator.is_negated;
        Tested { clause: self.to_string(), holds, value, note: None }
    }

    fn holds_for_all(&self, elements: &[&Json], now: Timestamp) -> Result<bool, String> {
        for element in elements {
            if self.holds_for(element, now)? == self.operator.is_negated {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Tests one value, before negation. What cannot be compared is an error, which makes the
    /// clause false whether it negates or not.
    fn holds_for(&self, value: &Json, now: Timestamp) -> Result<bool, String> {
        match (self.operator.test, &self.operand) {
            (Test::IsTrue, _) => Ok(*flag(value)?),
            (Test::IsFalse, _) => Ok(!*flag(value)?),
            (Test::Bits, Operand::Bits(mask, items)) => has_bits(value, *mask, items),
            (test, Operand::Number(wanted)) => {
                let number = whole_number(value)?;
                Ok(match test {
                    Test::Greater => number > *wanted,
                    Test::GreaterOrEqual => number >= *wanted,
                    Test::Less => number < *wanted,
                    _ => number <= *wanted,
                })
            }
            (Test::Pattern, Operand::Pattern(pattern)) => {
                pattern.is_match(&text(value)?).map_err(|error| error.to_string())
            }
            (test, Operand::Moment(moment)) => {
                let (value, wanted) = (date(value)?, moment.at(now));
                Ok(if test == Test::Before { value < wanted } else { value > wanted })
            }
            (test, Operand::Texts(wanted)) => {
                let mut given = text(value)?;
                if self.operator.ignores_case {
                    given = folded(&given);
                }
                Ok(wanted.iter().any(|wanted| match test {
                    Test::Contains => given.contains(wanted),
                    Test::StartsWith => given.starts_with(wanted),
                    Test::EndsWith => given.ends_with(wanted),
                    _ => given == *wanted,
                }))
            }
            // The compiler of filters gives every test its operand.
            _ => Ok(false),
        }
    }

    fn note_on_absence(&self) -> Option<String> {
        let is_surprising = self.operator.is_negated || self.operator.test == Test::IsFalse;
        (is_surprising && !self.absent_passes).then(|| {
            let name = &self.attribute;
            format!("an absent value never passes; a group with {name} IS NULL would admit it")
        })
    }
}

impl Moment {
    fn at(self, now: Timestamp) -> DateTime {
        match self {
            Self::Fixed(moment) => moment,
            Self::Today(days) => {
                let today = TimeZone::UTC.to_datetime(now).date();
                today.saturating_add(days.days()).to_datetime(jiff::civil::Time::midnight())
            }
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.asks_for_groups() {
            f.write_str(self.operator.name)?;
        } else {
            write!(f, "{} {}", self.attribute, self.operator.name)?;
        }
        if self.operator.arity == Arity::Unary {
            return Ok(());
        }
        let quoted = self.values.iter().map(|value| format!("\"{value}\""));
        write!(f, " {}", quoted.collect::<Vec<_>>().join(", "))
    }
}

/// Text in the form in which letter case does not count.
pub(super) fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// The date that a text writes, in UTC: a day, or a moment with or without an offset.
pub(super) fn read_date(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let moment = text.parse::<Timestamp>().map(|moment| TimeZone::UTC.to_datetime(moment));
    // The last days of the year 9999 are civil dates only.
    moment.or_else(|_| text.trim_end_matches(['Z', 'z']).parse::<DateTime>()).ok()
}

/// The values of an attribute that are not empty.
fn elements(value: &Json) -> Vec<&Json> {
    let is_given = |value: &&Json| !value.is_null() && value.as_str() != Some("");
    match value {
        Json::Array(values) => values.iter().filter(is_given).collect(),
        value => Some(value).filter(is_given).into_iter().collect(),
    }
}

fn shown(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn text(value: &Json) -> Result<String, String> {
    match value {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(_) => Err("the value is true or false; use IS TRUE or IS FALSE".to_owned()),
        _ => Err("the value is complex and cannot be compared".to_owned()),
    }
}

fn flag(value: &Json) -> Result<&bool, String> {
    match value {
        Json::Bool(flag) => Ok(flag),
        _ => Err("the value is not a boolean; compare it with EQUALS".to_owned()),
    }
}

fn whole_number(value: &Json) -> Result<u128, String> {
    let text = text(value)?;
    text.trim().parse().map_err(|_| "the value is not a whole number of 0 or more".to_owned())
}

fn date(value: &Json) -> Result<DateTime, String> {
    let date = read_date(&text(value)?);
    date.ok_or_else(|| "the value is not a date such as 2026-01-31".to_owned())
}

/// Two numbers have a bit in common; anything else is looked for in the list.
fn has_bits(value: &Json, mask: Option<i64>, items: &[String]) -> Result<bool, String> {
    let text = text(value)?;
    match (mask, text.trim().parse::<i64>()) {
        (Some(mask), Ok(number)) => Ok(number & mask != 0),
        _ => Ok(items.contains(&text)),
    }
}
