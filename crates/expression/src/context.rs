//! What an evaluation may know: one source object, the time, the organisation, a source of randomness.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::arguments::Arguments;
use crate::catalogue::{Function, ResultType, entra};
use crate::problem::{EvaluationError, Problem};
use crate::value::Value;

/// The attributes of one source object.
pub trait Attributes {
    /// The value under exactly this name; [`Value::Null`] when there is none.
    /// A placeholder such as `%DomainFQDN%` is asked for with its signs.
    fn attribute(&self, name: &str) -> Value;
}

/// The named tables of a job.
pub trait Tables {
    /// The value that a table has for a key, whose letter case counts; none if the table or the key is unknown.
    fn lookup(&self, table: &str, key: &str) -> Option<String>;
}

impl Tables for BTreeMap<String, BTreeMap<String, String>> {
    fn lookup(&self, table: &str, key: &str) -> Option<String> {
        self.get(table)?.get(key).cloned()
    }
}

/// The surroundings of one evaluation. The same context gives the same result.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The source object.
    pub attributes: &'a dyn Attributes,
    /// What `Now` answers.
    pub now: Timestamp,
    /// The tables that `Lookup` asks, if there are any.
    pub tables: Option<&'a dyn Tables>,
    /// What `DefaultDomain` answers.
    pub default_domain: Option<&'a str>,
    /// Where `Guid` and `RandomString` start: from a good source of randomness, and new for each evaluation.
    pub seed: u64,
}

/// The functions that answer from the context alone.
pub(crate) static FUNCTIONS: [Function; 2] = [
    entra("DefaultDomain", &[], ResultType::Text, default_domain),
    entra("Now", &[], ResultType::DateTime, now),
];

fn default_domain(arguments: &mut Arguments<'_, '_>) -> Result<Value, EvaluationError> {
    match arguments.evaluation.context.default_domain {
        Some(domain) if !domain.is_empty() => Ok(Value::from(domain)),
        _ => Err(arguments.error(Problem::NoDefaultDomain)),
    }
}

#[allow(clippy::unnecessary_wraps)] // The table wants one shape.
fn now(arguments: &mut Arguments<'_, '_>) -> Result<Value, EvaluationError> {
    Ok(Value::DateTime(arguments.evaluation.context.now_utc()))
}

impl Context<'_> {
    /// The time in UTC.
    pub(crate) fn now_utc(&self) -> DateTime {
        TimeZone::UTC.to_datetime(self.now)
    }
}

impl Attributes for BTreeMap<String, Value> {
    fn attribute(&self, name: &str) -> Value {
        self.get(name).cloned().unwrap_or_default()
    }
}

impl<const N: usize> Attributes for [(&str, Value); N] {
    fn attribute(&self, name: &str) -> Value {
        self.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    }
}

impl std::fmt::Debug for Context<'_> {
    /// Leaves out the seed, from which passwords may follow.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("now", &self.now)
            .field("default_domain", &self.default_domain)
            .finish_non_exhaustive()
    }
}
