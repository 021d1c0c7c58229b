//! A file's bytes as text: UTF-8, or UTF-16 as older shells write it, with or without a byte order mark.

use std::borrow::Cow;

/// Most bytes in one file, so that a wrong file cannot fill the memory.
pub const FILE_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Why bytes are no text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Neither UTF-8 nor UTF-16.
    #[error("line {line}: the file is not UTF-8 text from here on; export it again, as UTF-8")]
    NotText {
        /// The line that holds the first wrong byte, counted from 1.
        line: usize,
    },
    /// The file is too large.
    #[error("the file has {bytes} bytes, the most is {FILE_BYTES_MAX}; split it by pages")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
}

/// Reads a file's bytes as text, without its byte order mark.
///
/// # Errors
/// Bytes that are no text, or more than [`FILE_BYTES_MAX`] of them.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, TextError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(TextError::TooLarge { bytes: bytes.len() });
    }
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(without_mark(text))),
            Err(error) => Err(TextError::NotText { line: line_of(&bytes[..error.valid_up_to()]) }),
        },
    }
}

/// The text without a byte order mark.
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, TextError> {
    let units = bytes.chunks(2).map(|pair| match pair {
        [first, second] => unit([*first, *second]),
        // Half a unit at the end: a lone surrogate, which the decoder refuses.
        _ => 0xd800,
    });
    let mut text = String::with_capacity(bytes.len() / 2);
    for character in char::decode_utf16(units) {
        text.push(character.map_err(|_| TextError::NotText { line: line_of(text.as_bytes()) })?);
    }
    Ok(text)
}

fn line_of(before: &[u8]) -> usize {
    1 + String::from_utf8_lossy(before).matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(decode(bytes).unwrap(), expected);
    }

    #[test]
    fn byte_order_marks_say_the_encoding() {
        check("ş".as_bytes(), "ş");
        check("\u{feff}ş".as_bytes(), "ş");
        check(&[0xff, 0xfe, 0x5f, 0x01], "ş");
        check(&[0xfe, 0xff, 0x01, 0x5f], "ş");
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_line() {
        insta::assert_snapshot!(decode(b"a\nb\xff").unwrap_err(),
            @"line 2: the file is not UTF-8 text from here on; export it again, as UTF-8");
        assert_eq!(decode(&[0xff, 0xfe, 0x5f]), Err(TextError::NotText { line: 1 }));
    }
}
