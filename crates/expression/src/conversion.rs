//! Functions that write a value in another form: text, Base64, hexadecimal, parts of distinguished names,
//! security identifiers.

use std::fmt::Write as _;

use crate::arguments::Arguments;
use crate::catalogue::ParameterType::{Any, Choice, Integer, Text};
use crate::catalogue::{Function, ResultType, entra, optional, required};
use crate::problem::{EvaluationError, Problem};
use crate::value::{Value, quoted};

type Result<T = Value> = std::result::Result<T, EvaluationError>;

pub(crate) static FUNCTIONS: [Function; 7] = [
    entra(
        "ConvertFromBase64",
        &[required("source", Text), optional("encoding", Choice(&["Unicode", "ASCII", "UTF8"]))],
        ResultType::Text,
        from_base64,
    ),
    entra("ConvertToBase64", &[required("source", Text)], ResultType::Text, to_base64),
    entra("ConvertToUTF8Hex", &[required("source", Text)], ResultType::Text, to_utf8_hex),
    entra("CRef", &[required("value", Any)], ResultType::Any, cref),
    entra("CStr", &[required("value", Any)], ResultType::Text, cstr),
    entra(
        "DNComponent",
        &[required("dn", Text), required("number", Integer)],
        ResultType::Text,
        dn_component,
    ),
    entra("StringFromSid", &[required("sid", Text)], ResultType::Text, string_from_sid),
];

/// A reference is a text here, so it is the value itself.
fn cref(arguments: &mut Arguments<'_, '_>) -> Result {
    arguments.value(0)
}

fn cstr(arguments: &mut Arguments<'_, '_>) -> Result {
    match arguments.text(0)? {
        Some(text) => arguments.result(text),
        None => Ok(Value::Null),
    }
}

/// Base64 of the text in UTF-16, the low byte of each unit first.
fn to_base64(arguments: &mut Arguments<'_, '_>) -> Result {
    let Some(text) = arguments.text(0)? else { return Ok(Value::Null) };
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    arguments.result(encode_base64(&bytes))
}

/// The text that Base64 holds, in UTF-16 unless another encoding is named.
fn from_base64(arguments: &mut Arguments<'_, '_>) -> Result {
    let Some(source) = arguments.text(0)? else { return Ok(Value::Null) };
    let encoding = arguments.text(1)?.unwrap_or_default();
    let unreadable = |arguments: &Arguments<'_, '_>, expected| {
        let (function, got) = ("ConvertFromBase64", quoted(&source));
        arguments.error_at(0, Problem::Unreadable { function, expected, got })
    };
    let Some(bytes) = decode_base64(&source) else { return Err(unreadable(arguments, "Base64")) };
    let text = match encoding.to_ascii_lowercase().as_str() {
        "" | "unicode" => {
            let units: Vec<u16> =
                bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            if bytes.len() % 2 == 0 { String::from_utf16(&units).ok() } else { None }
        }
        "utf8" => String::from_utf8(bytes).ok(),
        "ascii" if bytes.is_ascii() => String::from_utf8(bytes).ok(),
        "ascii" => None,
        _ => {
            let problem = Problem::UnknownChoice {
                function: "ConvertFromBase64",
                what: "encoding",
                got: quoted(&encoding),
                choices: "Unicode, ASCII or UTF8",
            };
            return Err(arguments.error_at(1, problem));
        }
    };
    match text {
        Some(text) => arguments.result(text),
        None => Err(unreadable(arguments, "Base64 of a text in that encoding")),
    }
}

fn to_utf8_hex(arguments: &mut Arguments<'_, '_>) -> Result {
    let Some(text) = arguments.text(0)? else { return Ok(Value::Null) };
    let mut digits = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02X}");
    }
    arguments.result(digits)
}

/// The value of a part of a distinguished name, counted from 1 at the left: `Joe` for 1 of `CN=Joe,OU=Sales`.
fn dn_component(arguments: &mut Arguments<'_, '_>) -> Result {
    let Some(name) = arguments.text(0)? else { return Ok(Value::Null) };
    let number = arguments.integer(1)?.unwrap_or(0);
    let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let component = place.and_then(|place| components(&name).into_iter().nth(place));
    match component {
        Some(component) => {
            let value = component.split_once('=').map_or(component.as_str(), |(_, value)| value);
            arguments.result(value.trim().to_owned())
        }
        None => Ok(Value::Null),
    }
}

/// The parts of a distinguished name between commas, without the backslashes that escape.
fn components(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = name.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ',' => parts.push(String::new()),
            letter => {
                let written = if letter == '\\' { letters.next() } else { Some(letter) };
                parts.last_mut().expect("never empty").extend(written);
            }
        }
    }
    parts
}

/// A security identifier as `S-1-5-…`: from Base64 of its bytes, or as it is already.
fn string_from_sid(arguments: &mut Arguments<'_, '_>) -> Result {
    let Some(source) = arguments.text(0)? else { return Ok(Value::Null) };
    if source.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("S-")) {
        return arguments.result(source);
    }
    if let Some(text) = decode_base64(&source).and_then(|bytes| sid(&bytes)) {
        return arguments.result(text);
    }
    let problem = Problem::Unreadable {
        function: "StringFromSid",
        expected: "a security identifier, as S-1-… or as Base64 of its bytes",
        got: quoted(&source),
    };
    Err(arguments.error_at(0, problem))
}

/// Revision, number of parts, authority (six bytes, high first), then the parts (four bytes each, low first).
fn sid(bytes: &[u8]) -> Option<String> {
    let (head, parts) = bytes.split_at_checked(8)?;
    if usize::from(head[1]) * 4 != parts.len() {
        return None;
    }
    let authority = head[2..].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let mut text = format!("S-{}-{authority}", head[0]);
    for part in parts.chunks_exact(4) {
        let _ = write!(text, "-{}", u32::from_le_bytes([part[0], part[1], part[2], part[3]]));
    }
    Some(text)
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let number = (0..3).fold(0_usize, |number, place| {
            number << 8 | usize::from(*group.get(place).unwrap_or(&0))
        });
        for place in 0..4 {
            let letter = char::from(BASE64[(number >> (18 - 6 * place)) & 63]);
            text.push(if place <= group.len() { letter } else { '=' });
        }
    }
    text
}

/// The bytes of Base64 with its padding; blanks and line ends between are passed over.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let letters: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if !letters.len().is_multiple_of(4) {
        return None;
    }
    let padding = letters.iter().rev().take_while(|letter| **letter == b'=').count();
    let digits = &letters[..letters.len().checked_sub(padding).filter(|_| padding <= 2)?];
    let mut bytes = Vec::with_capacity(letters.len() / 4 * 3);
    for group in digits.chunks(4) {
        let mut number = 0_u32;
        for place in 0..4 {
            let digit = match group.get(place) {
                Some(letter) => BASE64.iter().position(|known| known == letter)?,
                None => 0,
            };
            number = number << 6 | u32::try_from(digit).ok()?;
        }
        bytes.extend_from_slice(&number.to_be_bytes()[1..][..group.len() - 1]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_reads_what_it_writes() {
        for bytes in [&b""[..], b"a", b"ab", b"abc", b"\xff\x00\xfe\x01"] {
            assert_eq!(decode_base64(&encode_base64(bytes)).as_deref(), Some(bytes));
        }
        assert_eq!(encode_base64(b"ab"), "YWI=");
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["a", "ab=c", "====", "a===", "a!cd"] {
            assert_eq!(decode_base64(text), None, "{text}");
        }
    }

    #[test]
    fn the_bytes_of_a_security_identifier_become_its_text() {
        let bytes = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0];
        assert_eq!(sid(&bytes).as_deref(), Some("S-1-5-32-544"));
        assert_eq!(sid(&bytes[..9]), None);
    }

    #[test]
    fn escaped_commas_belong_to_their_part() {
        assert_eq!(components(r"CN=Doe\, John,OU=Sales"), ["CN=Doe, John", "OU=Sales"]);
    }
}
