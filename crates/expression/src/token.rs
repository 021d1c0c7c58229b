//! Reads the parts of an expression that hold no others: attributes, texts, numbers, placeholders.

use crate::ParseError;
use crate::parse::Parser;
use crate::syntax::Kind;
use crate::value::Value;

impl Parser<'_> {
    /// `[name]`; brackets in the name must pair, and quotes inside those may hold any bracket.
    pub(crate) fn attribute(&mut self) -> Result<Kind, ParseError> {
        let start = self.position;
        let (mut depth, mut in_quotes) = (0_usize, false);
        for (offset, letter) in self.text[start..].char_indices() {
            match letter {
                '"' if depth > 1 => in_quotes = !in_quotes,
                '[' if !in_quotes => depth += 1,
                ']' if !in_quotes => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let name = self.text[start + 1..start + offset].trim();
                if name.is_empty() {
                    return Err(self.error("the attribute has no name", "write it between [ and ]"));
                }
                self.position = start + offset + 1;
                return Ok(Kind::Attribute(name.to_owned()));
            }
        }
        Err(self.error("the bracket [ is not closed", "end the name of the attribute with ]"))
    }

    /// `"text"`: `\\` and `\"` are escapes, any other backslash stands for itself.
    pub(crate) fn string(&mut self) -> Result<Kind, ParseError> {
        let mut value = String::new();
        let mut letters = self.text[self.position + 1..].char_indices().peekable();
        while let Some((offset, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.position += offset + 2;
                    return Ok(Kind::Text(value));
                }
                '\\' => {
                    let escaped = letters.next_if(|(_, next)| matches!(next, '\\' | '"'));
                    value.push(escaped.map_or('\\', |(_, next)| next));
                }
                _ => value.push(letter),
            }
        }
        Err(self.error(
            "the text that begins here is not closed",
            "end it with \"; a quote inside is written \\\"",
        ))
    }

    /// `%Name%`
    pub(crate) fn placeholder(&mut self) -> Result<Kind, ParseError> {
        let rest = &self.text[self.position + 1..];
        match rest.split_once('%') {
            Some((name, _)) if !name.is_empty() && name.chars().all(is_name_part) => {
                self.position += name.len() + 2;
                Ok(Kind::Placeholder(name.to_owned()))
            }
            _ => Err(self.error(
                "the placeholder that begins here is not closed",
                "write it like %DomainFQDN%",
            )),
        }
    }

    /// `42`, `-1.5` or `&HF7`
    pub(crate) fn number(&mut self) -> Result<Kind, ParseError> {
        let rest = &self.text[self.position..];
        let (length, value) = if rest.get(..2).is_some_and(|sign| sign.eq_ignore_ascii_case("&H")) {
            let length = 2 + rest[2..].chars().take_while(char::is_ascii_hexdigit).count();
            (length, i64::from_str_radix(&rest[2..length], 16).ok().map(Value::Integer))
        } else {
            let length = decimal_length(rest);
            (length, decimal(&rest[..length]))
        };
        let ends = !rest[length..].starts_with(is_name_part);
        let Some(value) = value.filter(|_| ends) else {
            return Err(self.error(
                "this is not a number",
                "write digits like 42, -1.5 or &HF7, or put it in quotes",
            ));
        };
        self.position += length;
        Ok(Kind::Number { literal: rest[..length].to_owned(), value })
    }
}

/// Whether a name may begin so.
pub(crate) fn is_name_start(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '_'
}

/// Whether a name may go on so.
pub(crate) fn is_name_part(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// The bytes of the decimal number at the start of `text`.
fn decimal_length(text: &str) -> usize {
    let sign = usize::from(text.starts_with('-'));
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let whole = sign + digits(sign);
    let fraction = if text[whole..].starts_with('.') { digits(whole + 1) } else { 0 };
    if whole > sign && fraction > 0 { whole + 1 + fraction } else { whole }
}

/// The value of a decimal number; one that does not fit is none.
pub(crate) fn decimal(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|letter: char| letter.is_ascii_digit())
        || decimal_length(text) != text.len()
    {
        return None;
    }
    if text.contains('.') {
        return text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Decimal);
    }
    text.parse().ok().map(Value::Integer)
}
