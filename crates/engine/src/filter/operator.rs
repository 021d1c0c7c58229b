//! The operators of scoping filters: the fourteen that Entra ID has, and ours.
//!
//! Ours are named in the same style and carry [`Operator::is_ours`]: a schema that uses one works
//! here and is refused there.

use graph::schema::AttributeType;

use crate::nearest::nearest;

/// One operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// Its name as it is written.
    pub name: &'static str,
    /// Whether it takes a value.
    pub arity: Arity,
    /// The types of the attributes that it is meant for.
    pub types: &'static [AttributeType],
    /// Whether Entra ID does not know it.
    pub is_ours: bool,
    pub(super) test: Test,
    pub(super) is_negated: bool,
    pub(super) ignores_case: bool,
}

/// Whether an operator takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    /// It tests the attribute alone.
    Unary,
    /// It compares the attribute with one value.
    Binary,
    /// It compares the attribute with one value or several.
    Many,
}

/// What an operator tests, before negation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Equals,
    IsTrue,
    IsFalse,
    IsNull,
    Pattern,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Contains,
    StartsWith,
    EndsWith,
    Bits,
    Before,
    After,
    IsMember,
}

use AttributeType::{Binary as Bytes, Boolean, DateTime, Integer, Reference, String as Text};

const TEXT: &[AttributeType] = &[Text, Integer];
const TEXT_ONLY: &[AttributeType] = &[Text];
const NUMBER: &[AttributeType] = &[Integer];
const FLAG: &[AttributeType] = &[Boolean];
const ANY: &[AttributeType] = &[Integer, Text, Bytes, Boolean];
const DATE: &[AttributeType] = &[DateTime, Text];
const MEMBER: &[AttributeType] = &[Reference];

const fn entra(
    name: &'static str,
    arity: Arity,
    types: &'static [AttributeType],
    test: Test,
) -> Operator {
    Operator { name, arity, types, is_ours: false, test, is_negated: false, ignores_case: false }
}

const fn ours(operator: Operator) -> Operator {
    Operator { is_ours: true, ..operator }
}

const fn not(operator: Operator) -> Operator {
    Operator { is_negated: true, ..operator }
}

const fn any_case(operator: Operator) -> Operator {
    ours(Operator { ignores_case: true, ..operator })
}

use Arity::{Binary, Many, Unary};

/// All operators, Entra's first.
pub static OPERATORS: &[Operator] = &[
    entra("EQUALS", Binary, TEXT, Test::Equals),
    not(entra("NOT EQUALS", Binary, TEXT, Test::Equals)),
    entra("IS TRUE", Unary, FLAG, Test::IsTrue),
    entra("IS FALSE", Unary, FLAG, Test::IsFalse),
    entra("IS NULL", Unary, ANY, Test::IsNull),
    not(entra("IS NOT NULL", Unary, ANY, Test::IsNull)),
    entra("REGEX MATCH", Binary, TEXT, Test::Pattern),
    not(entra("NOT REGEX MATCH", Binary, TEXT, Test::Pattern)),
    entra("Greater_Than", Binary, NUMBER, Test::Greater),
    entra("Greater_Than_OR_EQUALS", Binary, NUMBER, Test::GreaterOrEqual),
    entra("Includes", Binary, TEXT_ONLY, Test::Contains),
    entra("ENDS_WITH", Binary, TEXT_ONLY, Test::EndsWith),
    entra("&", Many, TEXT, Test::Bits),
    not(entra("!&", Many, TEXT, Test::Bits)),
    ours(entra("Less_Than", Binary, NUMBER, Test::Less)),
    ours(entra("Less_Than_OR_EQUALS", Binary, NUMBER, Test::LessOrEqual)),
    ours(entra("STARTS_WITH", Binary, TEXT_ONLY, Test::StartsWith)),
    ours(not(entra("NOT STARTS_WITH", Binary, TEXT_ONLY, Test::StartsWith))),
    ours(not(entra("NOT ENDS_WITH", Binary, TEXT_ONLY, Test::EndsWith))),
    ours(not(entra("NOT Includes", Binary, TEXT_ONLY, Test::Contains))),
    ours(entra("IN", Many, TEXT, Test::Equals)),
    ours(not(entra("NOT IN", Many, TEXT, Test::Equals))),
    any_case(entra("EQUALS_IGNORE_CASE", Binary, TEXT, Test::Equals)),
    any_case(not(entra("NOT EQUALS_IGNORE_CASE", Binary, TEXT, Test::Equals))),
    any_case(entra("IN_IGNORE_CASE", Many, TEXT, Test::Equals)),
    any_case(not(entra("NOT IN_IGNORE_CASE", Many, TEXT, Test::Equals))),
    any_case(entra("REGEX MATCH_IGNORE_CASE", Binary, TEXT, Test::Pattern)),
    any_case(not(entra("NOT REGEX MATCH_IGNORE_CASE", Binary, TEXT, Test::Pattern))),
    any_case(entra("Includes_IGNORE_CASE", Binary, TEXT_ONLY, Test::Contains)),
    any_case(not(entra("NOT Includes_IGNORE_CASE", Binary, TEXT_ONLY, Test::Contains))),
    any_case(entra("STARTS_WITH_IGNORE_CASE", Binary, TEXT_ONLY, Test::StartsWith)),
    any_case(not(entra("NOT STARTS_WITH_IGNORE_CASE", Binary, TEXT_ONLY, Test::StartsWith))),
    any_case(entra("ENDS_WITH_IGNORE_CASE", Binary, TEXT_ONLY, Test::EndsWith)),
    any_case(not(entra("NOT ENDS_WITH_IGNORE_CASE", Binary, TEXT_ONLY, Test::EndsWith))),
    ours(entra("DATE_BEFORE", Binary, DATE, Test::Before)),
    ours(not(entra("DATE_ON_OR_AFTER", Binary, DATE, Test::Before))),
    ours(entra("DATE_AFTER", Binary, DATE, Test::After)),
    ours(not(entra("DATE_ON_OR_BEFORE", Binary, DATE, Test::After))),
    ours(entra("IsMemberOf", Many, MEMBER, Test::IsMember)),
    ours(not(entra("NOT IsMemberOf", Many, MEMBER, Test::IsMember))),
];

impl Operator {
    /// The operator of that name. Letter case, blanks and `_` make no difference, since real
    /// schemas spell them either way.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        let wanted = folded(name);
        OPERATORS.iter().find(|operator| folded(operator.name) == wanted)
    }

    /// The operator that was probably meant.
    #[must_use]
    pub fn near(name: &str) -> Option<&'static str> {
        let meant = ALIASES.iter().find(|(alias, _)| folded(alias) == folded(name));
        meant.map(|(_, meant)| *meant).or_else(|| nearest(name, OPERATORS.iter().map(|o| o.name)))
    }
}

/// What people write who know other systems.
const ALIASES: [(&str, &str); 18] = [
    ("=", "EQUALS"),
    ("==", "EQUALS"),
    ("eq", "EQUALS"),
    ("is", "EQUALS"),
    ("!=", "NOT EQUALS"),
    ("<>", "NOT EQUALS"),
    ("ne", "NOT EQUALS"),
    (">", "Greater_Than"),
    (">=", "Greater_Than_OR_EQUALS"),
    ("<", "Less_Than"),
    ("<=", "Less_Than_OR_EQUALS"),
    ("contains", "Includes"),
    ("co", "Includes"),
    ("like", "REGEX MATCH"),
    ("matches", "REGEX MATCH"),
    ("is present", "IS NOT NULL"),
    ("pr", "IS NOT NULL"),
    ("is empty", "IS NULL"),
];

fn folded(name: &str) -> String {
    let kept = name.chars().filter(|letter| !letter.is_whitespace() && !"_-".contains(*letter));
    kept.flat_map(char::to_uppercase).collect()
}
