//! Functions over texts. Lengths and places count UTF-16 units, as .NET does; a place that would cut a
//! character in two moves before it. An absent source gives an absent result unless documented otherwise.

use std::borrow::Cow;

use crate::arguments::Arguments;
use crate::catalogue::ParameterType::{
    Any, Choice, Culture as CultureName, Integer, Position, Text,
};
use crate::catalogue::{Function, ResultType, entra, optional, ours, required};
use crate::compare::{self, COMPARE_TYPES};
use crate::problem::{EvaluationError, Problem};
use crate::value::{Value, quoted};

type Result<T = Value> = std::result::Result<T, EvaluationError>;

pub(crate) static FUNCTIONS: [Function; 11] = [
    entra(
        "Append",
        &[required("source", Text), required("suffix", Text)],
        ResultType::Text,
        append,
    ),
    entra(
        "InStr",
        &[
            required("value1", Text),
            required("value2", Text),
            optional("start", Position),
            optional("compareType", Choice(COMPARE_TYPES)),
        ],
        ResultType::Integer,
        in_str,
    ),
    entra("Left", &[required("source", Text), required("length", Integer)], ResultType::Text, left),
    entra("Len", &[required("source", Text)], ResultType::Integer, len),
    entra(
        "Mid",
        &[required("source", Text), required("start", Position), optional("length", Integer)],
        ResultType::Text,
        mid,
    ),
    entra(
        "Prepend",
        &[required("prefix", Text), required("source", Text)],
        ResultType::Text,
        prepend,
    ),
    ours(
        "Right",
        &[required("source", Text), required("length", Integer)],
        ResultType::Text,
        right,
    ),
    entra("StripSpaces", &[required("source", Text)], ResultType::Text, strip_spaces),
    entra(
        "ToLower",
        &[required("source", Text), optional("culture", CultureName)],
        ResultType::Text,
        to_lower,
    ),
    entra(
        "ToUpper",
        &[required("source", Text), optional("culture", CultureName)],
        ResultType::Text,
        to_upper,
    ),
    entra("Trim", &[required("source", Any)], ResultType::Any, trim),
];

fn append(arguments: &mut Arguments<'_, '_>) -> Result {
    let Some(source) = arguments.text(0)? else { return Ok(Value::Null) };
    let suffix = arguments.text(1)?.unwrap_or_default();
    arguments.result(source + &suffix)
}

fn prepend(arguments: &mut Arguments<'_, '_>) -> Result {
    let prefix = arguments.text(0)?.unwrap_or_default();
    let Some(source) = arguments.text(1)? else { return Ok(Value::Null) };
    arguments.result(prefix + &source)
}

/// The first units of a text; a negative number takes all, an absent text is empty.
fn left(arguments: &mut Arguments<'_, '_>) -> Result {
    let source = arguments.text(0)?.unwrap_or_default();
    let length = arguments.integer(1)?.unwrap_or(0);
    let end = usize::try_from(length).map_or(source.len(), |units| byte_of(&source, units));
    arguments.result(source[..end].to_owned())
}

/// The last units of a text; a negative number takes all, an absent text is empty.
fn right(arguments: &mut Arguments<'_, '_>) -> Result {
    let source = arguments.text(0)?.unwrap_or_default();
    let length = arguments.integer(1)?.unwrap_or(0);
    let start = match usize::try_from(length) {
        Err(_) => 0,
        Ok(units) => {
            let mut left = units;
            let fits = |letter: &char| {
                let rest = left.checked_sub(letter.len_utf16());
                left = rest.unwrap_or(0);
                rest.is_some()
            };
            let taken = source.chars().rev().take_while(fits).map(char::len_utf8);
            source.len() - taken.sum::<usize>()
        }
    };
    arguments.result(source[start..].to_owned())
}

/// The units from a place on, counted from 1; to the end without a length.
fn mid(arguments: &mut Arguments<'_, '_>) -> Result {
    let Some(source) = arguments.text(0)? else { return Ok(Value::Null) };
    let start = positive(arguments, 1, 1)?;
    let rest = &source[byte_of(&source, start - 1)..];
    let end = match arguments.integer(2)? {
        None => rest.len(),
        Some(length) => match usize::try_from(length) {
            Ok(units) => byte_of(rest, units),
            Err(_) => {
                return Err(arguments.wrong(2, "a number from 0 on", &Value::Integer(length)));
            }
        },
    };
    arguments.result(rest[..end].to_owned())
}

fn len(arguments: &mut Arguments<'_, '_>) -> Result {
    let units = arguments.text(0)?.map_or(0, |text| units_of(&text));
    Ok(Value::Integer(units))
}

/// The place, counted from 1, of the second text in the first, from `start` on; 0 if it is not there.
fn in_str(arguments: &mut Arguments<'_, '_>) -> Result {
    let source = arguments.lent(0)?.unwrap_or_default();
    let search = arguments.lent(1)?.unwrap_or_default();
    let start = positive(arguments, 2, 1)?;
    let ignore_case = compare::ignores_case(arguments, 3)?.unwrap_or(false);
    let from = byte_of(&source, start - 1);
    // Case mapping is one to one, yet may change the bytes of a letter: so places are counted in units.
    let (rest, search) = if ignore_case {
        let lower = |text: &str| Cow::Owned(lower(text, Culture::Invariant));
        (lower(&source[from..]), lower(&search))
    } else {
        (Cow::Borrowed(&source[from..]), search)
    };
    let found = if source.is_empty() { None } else { rest.find(search.as_ref()) };
    Ok(Value::Integer(
        found.map_or(0, |place| units_of(&source[..from]) + units_of(&rest[..place]) + 1),
    ))
}

fn strip_spaces(arguments: &mut Arguments<'_, '_>) -> Result {
    match arguments.text(0)? {
        Some(text) => arguments.result(text.replace(' ', "")),
        None => Ok(Value::Null),
    }
}

/// Without the blanks at both ends; on a list, each element.
fn trim(arguments: &mut Arguments<'_, '_>) -> Result {
    match arguments.value(0)? {
        Value::List(elements) => {
            let mut trimmed = Vec::with_capacity(elements.len());
            for element in elements {
                arguments.step()?;
                let text = arguments.element_text(0, &element)?;
                trimmed.push(arguments.result(text.trim().to_owned())?);
            }
            Ok(Value::List(trimmed))
        }
        value if value.is_null() => Ok(Value::Null),
        value => {
            let text = arguments.element_text(0, &value)?;
            arguments.result(text.trim().to_owned())
        }
    }
}

fn to_lower(arguments: &mut Arguments<'_, '_>) -> Result {
    change_case(arguments, lower)
}

fn to_upper(arguments: &mut Arguments<'_, '_>) -> Result {
    change_case(arguments, upper)
}

fn change_case(arguments: &mut Arguments<'_, '_>, change: fn(&str, Culture) -> String) -> Result {
    let Some(source) = arguments.text(0)? else { return Ok(Value::Null) };
    let name = arguments.text(1)?.unwrap_or_default();
    let Some(culture) = Culture::named(&name) else {
        let problem = Problem::UnknownChoice {
            function: arguments.function().name,
            what: "culture",
            got: quoted(&name),
            choices: "a name such as tr-TR, or none",
        };
        return Err(arguments.error_at(1, problem));
    };
    arguments.result(change(&source, culture))
}

/// Whose case rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Culture {
    /// No language: the dotted and dotless i of Turkish keep their case.
    Invariant,
    /// A language without rules of its own.
    Other,
    /// Turkish and Azerbaijani: i and İ, ı and I.
    Turkic,
}

impl Culture {
    /// The culture of a name such as `tr-TR`; none if it is no such name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let well_formed = name.split(['-', '_']).enumerate().all(|(index, part)| {
            let length = if index == 0 { 2..=3 } else { 2..=8 };
            length.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        match name.to_ascii_lowercase().as_str() {
            "" => Some(Culture::Invariant),
            turkic
                if ["tr", "az"].contains(&turkic.split(['-', '_']).next().unwrap_or_default())
                    && well_formed =>
            {
                Some(Culture::Turkic)
            }
            _ => well_formed.then_some(Culture::Other),
        }
    }
}

/// Lower case, letter by letter: no letter becomes two.
pub(crate) fn lower(text: &str, culture: Culture) -> String {
    text.chars()
        .map(|letter| match (letter, culture) {
            ('I', Culture::Turkic) => 'ı',
            ('İ', Culture::Turkic | Culture::Other) => 'i',
            ('İ', Culture::Invariant) => 'İ',
            _ => single(letter, letter.to_lowercase()),
        })
        .collect()
}

/// Upper case, letter by letter: `ß` stays, since its upper case would be two letters.
pub(crate) fn upper(text: &str, culture: Culture) -> String {
    text.chars()
        .map(|letter| match (letter, culture) {
            ('i', Culture::Turkic) => 'İ',
            ('ı' | 'ſ', Culture::Invariant) => letter,
            _ => single(letter, letter.to_uppercase()),
        })
        .collect()
}

pub(crate) fn single(letter: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => letter,
    }
}

/// A number from 1 on, with a default.
fn positive(arguments: &mut Arguments<'_, '_>, index: usize, default: i64) -> Result<usize> {
    let number = arguments.integer(index)?.unwrap_or(default);
    match usize::try_from(number) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(arguments.wrong(index, "a number from 1 on", &Value::Integer(number))),
    }
}

/// The byte at which `units` UTF-16 units end, or the end of the text.
fn byte_of(text: &str, units: usize) -> usize {
    let mut left = units;
    for (byte, letter) in text.char_indices() {
        match left.checked_sub(letter.len_utf16()) {
            Some(rest) if left > 0 => left = rest,
            _ => return byte,
        }
    }
    text.len()
}

fn units_of(text: &str) -> i64 {
    i64::try_from(text.encode_utf16().count()).unwrap_or(i64::MAX)
}
