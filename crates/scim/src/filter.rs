//! Filters: which resources, or which elements of a multi-valued attribute, are meant.
//!
//! The whole grammar of RFC 7644 §3.4.2.2, with the widespread
//! `emails[type eq "work"].value eq "x"` on top. A filter prints as a text that
//! parses to the same filter. [`Filter::matches`] compares by the rules of the
//! schema, so it says the same as a service that follows it.

mod check;
mod matches;
pub(crate) mod parse;

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

pub(crate) use matches::{Definitions, element_holds, holds, number, order};

use crate::path::Path;
use crate::resource::Resource;
use crate::schema::ResourceSchema;

/// The longest filter in bytes.
pub const FILTER_LENGTH_MAX: usize = 256 * 1024;
/// The deepest nesting of parentheses, brackets and `not`.
pub const FILTER_DEPTH_MAX: usize = 50;
/// The most comparisons in one filter.
pub const FILTER_NODE_COUNT_MAX: usize = 2_000;

/// A condition on a resource or on an element of a multi-valued attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Filter {
    /// All of them hold; two or more.
    And(Vec<Filter>),
    /// At least one of them holds; two or more.
    Or(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// A value compares with `value`; of several values, any.
    Compare {
        /// Which value.
        path: Path,
        /// How.
        comparison: Comparison,
        /// A text, number, boolean or null.
        value: Value,
    },
    /// There is a value that is not empty (`pr`).
    Present(Path),
    /// One element of the attribute satisfies the filter: `emails[type eq "work"]`.
    ValuePath {
        /// The attribute, without filter and sub-attribute.
        path: Path,
        /// The condition; its paths are sub-attributes of the element.
        filter: Box<Filter>,
    },
}

/// How two values compare (RFC 7644 §3.4.2.2, table 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `eq`: equal.
    Equal,
    /// `ne`: not equal; also where there is no value.
    NotEqual,
    /// `co`: contains.
    Contains,
    /// `sw`: starts with.
    StartsWith,
    /// `ew`: ends with.
    EndsWith,
    /// `gt`: greater than.
    Greater,
    /// `ge`: greater than or equal.
    GreaterOrEqual,
    /// `lt`: less than.
    Less,
    /// `le`: less than or equal.
    LessOrEqual,
}

/// What is accepted beyond the RFC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dialect {
    /// `userName eq ada@example.com` is accepted: an unquoted value is a text and
    /// reaches to the next ` and `, ` or `, closing bracket or the end. So is `'ada@example.com'`.
    pub unquoted_values: bool,
}

impl Filter {
    /// Reads a filter as RFC 7644 writes it.
    ///
    /// # Errors
    /// What is no filter, or exceeds a limit of this module.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Self::parse_with(text, Dialect::default())
    }

    /// Reads a filter in a service's dialect.
    ///
    /// # Errors
    /// What is no filter, or exceeds a limit of this module.
    pub fn parse_with(text: &str, dialect: Dialect) -> Result<Self, FilterError> {
        parse::filter(text, dialect)
    }

    /// Whether the filter holds for `resource`. The schema decides whether case
    /// matters and which values are times or numbers; attributes it does not define
    /// compare as texts in any case. Linear in the resource's size.
    #[must_use]
    pub fn matches(&self, resource: &Resource, schema: &ResourceSchema) -> bool {
        holds(self, resource, Definitions::Resource(schema))
    }

    /// The filter with what `change` makes of it in place of each single condition: a
    /// comparison, a presence or a value path. What joins and negates them stays.
    ///
    /// # Errors
    /// The first refusal of `change`.
    pub fn try_map<E>(self, change: &impl Fn(Self) -> Result<Self, E>) -> Result<Self, E> {
        let all = |parts: Vec<Self>| {
            parts.into_iter().map(|part| part.try_map(change)).collect::<Result<_, E>>()
        };
        match self {
            Self::And(parts) => all(parts).map(Self::And),
            Self::Or(parts) => all(parts).map(Self::Or),
            Self::Not(part) => part.try_map(change).map(|part| Self::Not(Box::new(part))),
            single => change(single),
        }
    }

    /// `path eq value`.
    #[must_use]
    pub fn eq(path: &Path, value: impl Into<Value>) -> Self {
        Self::Compare { path: path.clone(), comparison: Comparison::Equal, value: value.into() }
    }

    /// All of `filters` hold. A single one stands for itself.
    ///
    /// # Panics
    /// Without any filter: there is no text for "everything".
    #[must_use]
    pub fn all(filters: Vec<Self>) -> Self {
        Self::join(filters, Self::And)
    }

    /// At least one of `filters` holds. A single one stands for itself.
    ///
    /// # Panics
    /// Without any filter: there is no text for "nothing".
    #[must_use]
    pub fn any(filters: Vec<Self>) -> Self {
        Self::join(filters, Self::Or)
    }

    /// The values that an element must have so that the filter holds for it:
    /// `type eq "work" and primary eq true` gives both pairs. `None` if the filter
    /// is not of this kind.
    #[must_use]
    pub fn constants(&self) -> Option<Vec<(&str, &Value)>> {
        match self {
            Self::Compare { path, comparison: Comparison::Equal, value } if path.is_attribute() => {
                Some(vec![(path.attribute.as_str(), value)])
            }
            Self::And(filters) => {
                let parts: Option<Vec<_>> = filters.iter().map(Self::constants).collect();
                Some(parts?.into_iter().flatten().collect())
            }
            _ => None,
        }
    }

    fn join(mut filters: Vec<Self>, joined: impl FnOnce(Vec<Self>) -> Self) -> Self {
        if filters.len() == 1 {
            return filters.remove(0);
        }
        assert!(!filters.is_empty(), "a joined filter has parts");
        joined(filters)
    }
}

/// The literal that stands for `text` in a filter: in double quotes, escaped as in JSON.
#[must_use]
pub fn quote(text: &str) -> String {
    Value::from(text).to_string()
}

impl Comparison {
    /// Every comparison.
    pub const ALL: [Self; 9] = [
        Self::Equal,
        Self::NotEqual,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Less,
        Self::LessOrEqual,
    ];

    /// The operator as it is written, such as `eq`.
    #[must_use]
    pub fn operator(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::NotEqual => "ne",
            Self::Contains => "co",
            Self::StartsWith => "sw",
            Self::EndsWith => "ew",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
        }
    }
}

/// Why a text is no filter. Characters are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Not the grammar of RFC 7644 §3.4.2.2.
    #[error("expected {expected} at character {position}, found {found}")]
    Unexpected {
        /// Where, from 1.
        position: usize,
        /// What would have been right.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// Longer than [`FILTER_LENGTH_MAX`].
    #[error("the filter has {0} bytes, the most is {FILTER_LENGTH_MAX}: ask in several requests")]
    TooLong(usize),
    /// Deeper than [`FILTER_DEPTH_MAX`].
    #[error("the filter is nested deeper than {FILTER_DEPTH_MAX} levels: remove parentheses")]
    TooDeep,
    /// More comparisons than [`FILTER_NODE_COUNT_MAX`].
    #[error(
        "the filter has more than {FILTER_NODE_COUNT_MAX} comparisons: ask in several requests"
    )]
    TooMany,
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(filters) => {
                join(f, filters, " and ", |part| matches!(part, Self::Or(_) | Self::And(_)))
            }
            Self::Or(filters) => join(f, filters, " or ", |part| matches!(part, Self::Or(_))),
            Self::Not(filter) => write!(f, "not ({filter})"),
            Self::Compare { path, comparison, value } => {
                write!(f, "{path} {} {value}", comparison.operator())
            }
            Self::Present(path) => write!(f, "{path} pr"),
            Self::ValuePath { path, filter } => write!(f, "{path}[{filter}]"),
        }
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    filters: &[Filter],
    operator: &str,
    in_parentheses: impl Fn(&Filter) -> bool,
) -> fmt::Result {
    for (index, filter) in filters.iter().enumerate() {
        if index > 0 {
            f.write_str(operator)?;
        }
        if in_parentheses(filter) { write!(f, "({filter})")? } else { write!(f, "{filter}")? }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, printed: &str) {
        let filter = Filter::parse(text).unwrap();
        assert_eq!(filter.to_string(), printed);
        assert_eq!(Filter::parse(printed).unwrap(), filter);
    }

    #[track_caller]
    fn check_unquoted(text: &str, printed: &str) {
        assert!(Filter::parse(text).is_err(), "refused without the dialect");
        let filter = Filter::parse_with(text, Dialect { unquoted_values: true }).unwrap();
        assert_eq!(filter.to_string(), printed);
    }

    #[track_caller]
    fn check_error(text: &str) -> String {
        Filter::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn every_operator_and_literal_is_read_and_printed() {
        for operator in Comparison::ALL.map(Comparison::operator) {
            check(
                &format!("userName {} \"a\"", operator.to_uppercase()),
                &format!("userName {operator} \"a\""),
            );
        }
        check("title pr", "title pr");
        check("active eq true", "active eq true");
        check("active eq False", "active eq false");
        check("a eq null", "a eq null");
        check("a gt -1.5e3", "a gt -1500.0");
        check("a ge 18446744073709551615", "a ge 18446744073709551615");
        check(r#"a eq "ş\"\\\u00e9\n""#, r#"a eq "ş\"\\é\n""#);
    }

    #[test]
    fn and_binds_closer_than_or_and_parentheses_closest() {
        check("a pr or b pr and c pr", "a pr or b pr and c pr");
        check("(a pr or b pr) and c pr", "(a pr or b pr) and c pr");
        check("((a pr)) and (b pr and c pr)", "a pr and (b pr and c pr)");
        check("NOT(a pr) AND not (not (b pr))", "not (a pr) and not (not (b pr))");
    }

    #[test]
    fn value_paths_take_a_filter_and_go_on() {
        check(
            "emails[type eq \"work\" and value co \"@x\"]",
            "emails[type eq \"work\" and value co \"@x\"]",
        );
        check("emails[type eq \"work\"].value eq \"x\"", "emails[type eq \"work\"].value eq \"x\"");
        check("members[not (value pr)] or id pr", "members[not (value pr)] or id pr");
        check(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"1\"",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"1\"",
        );
    }

    #[test]
    fn a_dialect_takes_values_without_quotes() {
        check_unquoted("userName eq ada@example.com", "userName eq \"ada@example.com\"");
        check_unquoted(
            "(division eq New York and id eq 007)",
            "division eq \"New York\" and id eq \"007\"",
        );
        check_unquoted("x[a eq 1e5 and b eq q]", "x[a eq \"1e5\" and b eq \"q\"]");
        check_unquoted("active eq false and a eq b", "active eq false and a eq \"b\"");
    }

    #[test]
    fn what_is_no_filter_is_refused_with_its_place() {
        insta::assert_snapshot!(check_error(""), @"expected an attribute name at character 1, found the end");
        insta::assert_snapshot!(check_error("userName"), @r#"expected a comparison such as "eq" at character 9, found the end"#);
        insta::assert_snapshot!(check_error("userName is \"x\""), @r#"expected a comparison such as "eq" at character 10, found "is "x"""#);
        insta::assert_snapshot!(check_error("userName eq ada"), @r#"expected a value: text in double quotes, a number, true, false or null at character 13, found "ada""#);
        insta::assert_snapshot!(check_error("userName eq \"ada"), @r#"expected a closing quote at character 13, found ""ada""#);
        insta::assert_snapshot!(check_error("a pr and"), @"expected an attribute name at character 9, found the end");
        insta::assert_snapshot!(check_error("(a pr"), @r#"expected ")" at character 6, found the end"#);
        insta::assert_snapshot!(check_error("a[b[c pr]]"), @r#"expected a comparison such as "eq" at character 4, found "[c pr]]""#);
        insta::assert_snapshot!(check_error("a pr b pr"), @r#"expected "and", "or" or the end at character 6, found "b pr""#);
    }

    #[test]
    fn the_limits_hold() {
        insta::assert_snapshot!(check_error(&"(".repeat(100_000)), @"the filter is nested deeper than 50 levels: remove parentheses");
        insta::assert_snapshot!(check_error(&"not(".repeat(50_000)), @"the filter is nested deeper than 50 levels: remove parentheses");
        insta::assert_snapshot!(check_error(&format!("a pr{}", " or a pr".repeat(2_000))), @"the filter has more than 2000 comparisons: ask in several requests");
        insta::assert_snapshot!(check_error(&"a".repeat(300_000)), @"the filter has 300000 bytes, the most is 262144: ask in several requests");
    }

    #[test]
    fn a_quoted_text_reads_back() {
        let filter = Filter::parse(&format!("a eq {}", quote("O'Br\\ien \"x\""))).unwrap();
        assert_eq!(filter, Filter::eq(&Path::attribute("a"), "O'Br\\ien \"x\""));
    }

    #[test]
    fn constants_are_what_an_element_must_have() {
        let filter = Filter::parse("type eq \"work\" and primary eq true").unwrap();
        let constants = filter.constants().unwrap();
        assert_eq!(constants, [("type", &Value::from("work")), ("primary", &Value::from(true))]);
        assert_eq!(Filter::parse("type ne \"work\"").unwrap().constants(), None);
    }
}
