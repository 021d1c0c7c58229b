//! Functions over the words and letters of names.

use std::sync::LazyLock;

use crate::arguments::Arguments;
use crate::catalogue::ParameterType::{Integer, Text};
use crate::catalogue::{Function, ResultType, entra, optional, required};
use crate::diacritics;
use crate::problem::EvaluationError;
use crate::string::{Culture, lower, upper};
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, EvaluationError>;

pub(crate) static FUNCTIONS: [Function; 3] = [
    entra(
        "NormalizeDiacritics",
        &[required("source", Text)],
        ResultType::Text,
        normalize_diacritics,
    ),
    entra(
        "PCase",
        &[required("source", Text), optional("wordSeparators", Text)],
        ResultType::Text,
        pcase,
    ),
    entra(
        "Word",
        &[required("source", Text), required("wordNumber", Integer), required("delimiters", Text)],
        ResultType::Text,
        word,
    ),
];

fn normalize_diacritics(arguments: &mut Arguments<'_, '_>) -> Result {
    match arguments.text(0)? {
        Some(text) => arguments.result(diacritics::normalize(&text)),
        None => Ok(Value::Null),
    }
}

/// Lower case, and upper case for the letter that begins each word. Without separators, every
/// separator, punctuation mark, symbol and control character of Unicode ends a word.
fn pcase(arguments: &mut Arguments<'_, '_>) -> Result {
    let Some(source) = arguments.text(0)? else { return Ok(Value::Null) };
    let separators = arguments.text(1)?.filter(|separators| !separators.is_empty());
    let separates = |letter: char| match &separators {
        Some(separators) => separators.contains(letter),
        None => ends_word(letter),
    };
    let mut proper = String::with_capacity(source.len());
    let mut begins = true;
    for letter in source.chars() {
        let change = if begins { upper } else { lower };
        proper.push_str(&change(letter.encode_utf8(&mut [0; 4]), Culture::Invariant));
        begins = separates(letter);
    }
    arguments.result(proper)
}

/// Whether a letter is of the Unicode categories separator, punctuation, symbol, control or format.
fn ends_word(letter: char) -> bool {
    static SEPARATORS: LazyLock<fancy_regex::Regex> = LazyLock::new(|| {
        fancy_regex::Regex::new(r"^[\p{Z}\p{P}\p{S}\p{Cc}\p{Cf}]")
            .expect("a constant pattern of categories")
    });
    if letter.is_ascii() {
        return letter == ' ' || letter.is_ascii_punctuation() || letter.is_ascii_control();
    }
    !letter.is_alphanumeric()
        && SEPARATORS.is_match(letter.encode_utf8(&mut [0; 4])).unwrap_or(false)
}

/// The word at a place, counted from 1, between any of the delimiters; empty if there are fewer words.
fn word(arguments: &mut Arguments<'_, '_>) -> Result {
    let source = arguments.text(0)?.unwrap_or_default();
    let number = arguments.integer(1)?.unwrap_or(0);
    let delimiters: Vec<char> = arguments.text(2)?.unwrap_or_default().chars().collect();
    let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let mut words = source.split(delimiters.as_slice()).filter(|word| !word.is_empty());
    let found = place.and_then(|place| words.nth(place)).unwrap_or_default().to_owned();
    arguments.result(found)
}
