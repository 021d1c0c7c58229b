//! Tests of texts: how they begin and end, whether they are equal apart from case, whether a pattern matches.
//!
//! An absent text is the empty one. Case counts unless `vbTextCompare` is given; `Equals` alone ignores it, since
//! `=` is there for the other comparison.

use std::borrow::Cow;

use crate::arguments::Arguments;
use crate::catalogue::ParameterType::{Choice, Pattern as PatternText, Text};
use crate::catalogue::{Function, ResultType, optional, ours, required};
use crate::problem::{EvaluationError, Problem};
use crate::regex::Pattern;
use crate::string::{Culture, lower, upper};
use crate::syntax::Keyword;
use crate::value::{Value, quoted};

type Result<T = Value> = std::result::Result<T, EvaluationError>;

/// The words for how texts compare.
pub(crate) const COMPARE_TYPES: &[&str] =
    &["vbBinaryCompare", "vbTextCompare", "CaseSensitive", "CaseInsensitive"];

pub(crate) static FUNCTIONS: [Function; 4] = [
    ours(
        "EndsWith",
        &[
            required("source", Text),
            required("suffix", Text),
            optional("compareType", Choice(COMPARE_TYPES)),
        ],
        ResultType::Boolean,
        ends_with,
    ),
    ours(
        "Equals",
        &[
            required("value1", Text),
            required("value2", Text),
            optional("compareType", Choice(COMPARE_TYPES)),
        ],
        ResultType::Boolean,
        equals,
    ),
    ours(
        "RegexMatch",
        &[required("source", Text), required("pattern", PatternText)],
        ResultType::Boolean,
        regex_match,
    ),
    ours(
        "StartsWith",
        &[
            required("source", Text),
            required("prefix", Text),
            optional("compareType", Choice(COMPARE_TYPES)),
        ],
        ResultType::Boolean,
        starts_with,
    ),
];

fn starts_with(arguments: &mut Arguments<'_, '_>) -> Result {
    compared(arguments, false, |text, prefix| text.starts_with(prefix))
}

fn ends_with(arguments: &mut Arguments<'_, '_>) -> Result {
    compared(arguments, false, |text, suffix| text.ends_with(suffix))
}

fn equals(arguments: &mut Arguments<'_, '_>) -> Result {
    compared(arguments, true, |left, right| left == right)
}

fn compared(
    arguments: &mut Arguments<'_, '_>,
    default: bool,
    test: fn(&str, &str) -> bool,
) -> Result {
    let left = arguments.text(0)?.unwrap_or_default();
    let right = arguments.text(1)?.unwrap_or_default();
    let ignore_case = ignores_case(arguments, 2)?.unwrap_or(default);
    let holds =
        if ignore_case { test(&folded(&left), &folded(&right)) } else { test(&left, &right) };
    Ok(Value::Boolean(holds))
}

/// The text in a form that is the same for all cases of its letters.
pub(crate) fn folded(text: &str) -> String {
    lower(&upper(text, Culture::Invariant), Culture::Invariant)
}

/// Whether the word for how to compare says that case does not count; none when it is left out.
pub(crate) fn ignores_case(
    arguments: &mut Arguments<'_, '_>,
    index: usize,
) -> Result<Option<bool>> {
    let Some(written) = arguments.text(index)?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    match Keyword::named(&written) {
        Some(Keyword::Exact | Keyword::CaseSensitive) => Ok(Some(false)),
        Some(Keyword::IgnoreCase | Keyword::CaseInsensitive) => Ok(Some(true)),
        _ => Err(arguments.error_at(
            index,
            Problem::UnknownChoice {
                function: arguments.function().name,
                what: "compareType",
                got: quoted(&written),
                choices: "vbBinaryCompare or vbTextCompare",
            },
        )),
    }
}

/// Whether a pattern matches anywhere in a text; an absent text is matched as the empty one.
fn regex_match(arguments: &mut Arguments<'_, '_>) -> Result {
    let source = arguments.text(0)?.unwrap_or_default();
    let pattern = pattern(arguments, 1)?;
    let found = arguments.search(1, pattern.as_ref(), &source)?;
    Ok(Value::Boolean(found.is_some()))
}

/// The pattern that a parameter is; an absent one is the empty pattern.
pub(crate) fn pattern<'e>(
    arguments: &mut Arguments<'e, '_>,
    index: usize,
) -> Result<Cow<'e, Pattern>> {
    if let Some(pattern) = arguments.pattern(index) {
        arguments.skip(index);
        return Ok(Cow::Borrowed(pattern));
    }
    let text = arguments.text(index)?.unwrap_or_default();
    let compiled = arguments.evaluation.work.compile(&text);
    compiled.map(Cow::Owned).map_err(|problem| arguments.error_at(index, problem))
}
