//! Functions with random results. They draw on the seed of the context, so the same seed gives the same
//! text; passwords are as good as the seed.

use crate::arguments::Arguments;
use crate::catalogue::ParameterType::{Integer, Text};
use crate::catalogue::{Function, ResultType, entra, optional, required};
use crate::problem::{EvaluationError, Problem};
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, EvaluationError>;

/// Most characters of a random text, as documented.
const RANDOM_CHARS_MAX: usize = 256;

pub(crate) static FUNCTIONS: [Function; 2] = [
    entra("Guid", &[], ResultType::Text, guid),
    entra(
        "RandomString",
        &[
            required("length", Integer),
            required("minimumNumbers", Integer),
            required("minimumSpecialCharacters", Integer),
            required("minimumCapital", Integer),
            required("minimumLowerCase", Integer),
            optional("charactersToAvoid", Text),
        ],
        ResultType::Text,
        random_string,
    ),
];

/// The letters of each kind, in the order of the minima.
const ALPHABETS: [(&str, &str); 4] = [
    ("numbers", "0123456789"),
    ("special characters", "!@#$%^&*()-_=+[]{};:,.<>?/|~"),
    ("capital letters", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("lower-case letters", "abcdefghijklmnopqrstuvwxyz"),
];

/// A sequence of numbers that follows from a seed (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0. Small ends make the bias of the remainder negligible.
    fn below(&mut self, end: usize) -> usize {
        let number = self.next() % u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(number).unwrap_or(0)
    }
}

/// A new random GUID (version 4).
fn guid(arguments: &mut Arguments<'_, '_>) -> Result {
    let random = &mut arguments.evaluation.random;
    let (high, low) = (random.next(), random.next());
    let high = (high & 0xffff_ffff_ffff_0fff) | 0x4000;
    let low = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
    let text = format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    );
    arguments.result(text)
}

/// A random text with a minimum of each kind of letter. What the minima leave open is drawn from the
/// kinds that are asked for, or from digits and letters if none is.
fn random_string(arguments: &mut Arguments<'_, '_>) -> Result {
    let length = count(arguments, 0)?;
    let minima =
        [count(arguments, 1)?, count(arguments, 2)?, count(arguments, 3)?, count(arguments, 4)?];
    let avoid = arguments.text(5)?.unwrap_or_default();
    let sum = minima.iter().fold(0_usize, |sum, minimum| sum.saturating_add(*minimum));
    if length > RANDOM_CHARS_MAX || sum > length {
        let why = if sum > length {
            format!("the minima add up to {sum}, the length is {length}")
        } else {
            format!("the length is {length}, the most is {RANDOM_CHARS_MAX}")
        };
        return Err(arguments.error(Problem::Random(why)));
    }
    let alphabets = ALPHABETS.map(|(_, letters)| {
        letters.chars().filter(|letter| !avoid.contains(*letter)).collect::<Vec<_>>()
    });
    let mut text = Vec::with_capacity(length);
    let mut rest = Vec::new();
    for ((minimum, alphabet), (kind, _)) in minima.into_iter().zip(&alphabets).zip(ALPHABETS) {
        if minimum > 0 && alphabet.is_empty() {
            return Err(arguments.error(Problem::Random(format!("all {kind} are to be avoided"))));
        }
        if minimum > 0 || (sum == 0 && kind != ALPHABETS[1].0) {
            rest.extend(alphabet);
        }
        for _ in 0..minimum {
            text.push(alphabet[arguments.evaluation.random.below(alphabet.len())]);
        }
    }
    if text.len() < length && rest.is_empty() {
        return Err(arguments.error(Problem::Random("all characters are to be avoided".into())));
    }
    let random = &mut arguments.evaluation.random;
    while text.len() < length {
        text.push(rest[random.below(rest.len())]);
    }
    for place in (1..text.len()).rev() {
        text.swap(place, random.below(place + 1));
    }
    arguments.result(text.into_iter().collect())
}

/// A parameter that counts characters.
fn count(arguments: &mut Arguments<'_, '_>, index: usize) -> Result<usize> {
    let number = arguments.integer(index)?.unwrap_or(0);
    usize::try_from(number)
        .map_err(|_| arguments.wrong(index, "a number from 0 on", &Value::Integer(number)))
}
