//! The pairs of an object of JSON, found without reading their values.
//!
//! A store that keeps text promises that it is JSON. So values are not read here: only
//! where they end, by brackets and quotes. Nothing recurses, and a text that ends too early
//! is an error.

use std::borrow::Cow;

/// A name and its value, as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair<'t> {
    /// The name with its quotes.
    pub(crate) quoted_name: &'t str,
    /// Whether there is no escape in the name.
    is_plain: bool,
    /// The text of the value.
    pub(crate) value: &'t str,
    /// Both, and the colon.
    pub(crate) whole: &'t str,
}

/// The text is no object of JSON; this is the byte at which that shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no object of JSON at byte {0}")]
pub(crate) struct NoObject(usize);

/// How many pairs an object has that needs no second allocation.
const PAIR_COUNT_USUAL: usize = 24;

/// The pairs of an object, in their order.
///
/// # Errors
/// The text is something else, or ends in the middle.
pub(crate) fn pairs(text: &str) -> Result<Vec<Pair<'_>>, NoObject> {
    let mut scanner = Scanner { text, at: 0 };
    let mut pairs = Vec::with_capacity(PAIR_COUNT_USUAL);
    scanner.take(b'{')?;
    if scanner.peek() == Some(b'}') {
        scanner.at += 1;
    } else {
        loop {
            pairs.push(scanner.pair()?);
            match scanner.peek() {
                Some(b',') => scanner.at += 1,
                _ => break scanner.take(b'}')?,
            }
        }
    }
    match scanner.peek() {
        None => Ok(pairs),
        Some(_) => Err(NoObject(scanner.at)),
    }
}

impl<'t> Pair<'t> {
    /// The name, without quotes and escapes.
    pub(crate) fn name(&self) -> Cow<'t, str> {
        let inside = &self.quoted_name[1..self.quoted_name.len() - 1];
        if self.is_plain {
            return Cow::Borrowed(inside);
        }
        serde_json::from_str(self.quoted_name).map_or(Cow::Borrowed(inside), Cow::Owned)
    }
}

/// Classes of bytes: what has a meaning within a string, and what within brackets.
const IN_STRING: u8 = 1;
const IN_BRACKETS: u8 = 2;

/// The classes of each byte.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    classes[b'"' as usize] = IN_STRING | IN_BRACKETS;
    classes[b'\\' as usize] = IN_STRING;
    classes[b'{' as usize] = IN_BRACKETS;
    classes[b'}' as usize] = IN_BRACKETS;
    classes[b'[' as usize] = IN_BRACKETS;
    classes[b']' as usize] = IN_BRACKETS;
    classes
};

struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    fn pair(&mut self) -> Result<Pair<'t>, NoObject> {
        self.skip_space();
        let start = self.at;
        self.take(b'"')?;
        let is_plain = self.skip_string()?;
        let quoted_name = &self.text[start..self.at];
        self.take(b':')?;
        self.skip_space();
        let from = self.at;
        self.skip_value()?;
        let (value, whole) = (&self.text[from..self.at], &self.text[start..self.at]);
        Ok(Pair { quoted_name, is_plain, value, whole })
    }

    fn bytes(&self) -> &'t [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn skip_space(&mut self) {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        self.at += self.bytes().iter().take_while(|byte| is_space(byte)).count();
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.bytes().first().copied()
    }

    fn take(&mut self, expected: u8) -> Result<(), NoObject> {
        if self.peek() != Some(expected) {
            return Err(NoObject(self.at));
        }
        self.at += 1;
        Ok(())
    }

    /// Goes behind the end of a string whose first quote was taken. Tells whether nothing in
    /// it is escaped.
    fn skip_string(&mut self) -> Result<bool, NoObject> {
        let mut is_plain = true;
        while self.skip_to(IN_STRING)? == b'\\' {
            is_plain = false;
            // Whatever is escaped ends nothing; a letter of several bytes never is.
            self.at = (self.at + 1).min(self.text.len());
        }
        Ok(is_plain)
    }

    /// Goes behind the next byte of this class, and tells it.
    fn skip_to(&mut self, class: u8) -> Result<u8, NoObject> {
        for (place, byte) in self.bytes().iter().enumerate() {
            if CLASSES[usize::from(*byte)] & class != 0 {
                self.at += place + 1;
                return Ok(*byte);
            }
        }
        Err(NoObject(self.text.len()))
    }

    fn skip_value(&mut self) -> Result<(), NoObject> {
        match self.bytes().first() {
            Some(b'"') => {
                self.at += 1;
                self.skip_string().map(|_| ())
            }
            Some(b'{' | b'[') => self.skip_brackets(),
            _ => {
                let is_end =
                    |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':' | b'"' | 0..=b' ');
                let length = self.bytes().iter().take_while(|byte| !is_end(byte)).count();
                self.at += length;
                if length == 0 { Err(NoObject(self.at)) } else { Ok(()) }
            }
        }
    }

    /// Goes behind the bracket that closes the next one.
    fn skip_brackets(&mut self) -> Result<(), NoObject> {
        let mut open = 0_usize;
        loop {
            match self.skip_to(IN_BRACKETS)? {
                b'"' => {
                    self.skip_string()?;
                }
                b'{' | b'[' => open += 1,
                _ if open == 1 => return Ok(()),
                _ => open -= 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    #[test]
    fn the_text_of_values_stays_as_it_is() {
        let text = "{ \"a\\\"b\" : [ 1 , {\"x\": \"}\\\\\"} ], \"c\":null , \"d\":\"\\\"{\" }\n";
        let found = pairs(text).unwrap();
        let shown: Vec<_> = found.iter().map(|pair| (pair.name(), pair.value)).collect();
        let expected = [
            ("a\"b".into(), "[ 1 , {\"x\": \"}\\\\\"} ]"),
            ("c".into(), "null"),
            ("d".into(), "\"\\\"{\""),
        ];
        assert_eq!(shown, expected);
        assert_eq!(found[1].whole, "\"c\":null");
        assert_eq!(pairs("{}").unwrap(), []);
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for text in [
            "",
            " ",
            "[]",
            "7",
            "{",
            "{]",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":1,",
            "{\"a\":1,}",
            "{\"a\":1}x",
            "{a:1}",
            "{\"a\":\"",
            "{\"a\":\"\\",
            "{\"a\":[}",
            "{\"a\":{\"b\":1}",
            "{\"a\" 1}",
            "{\"a\":1 \"b\":2}",
        ] {
            assert!(pairs(text).is_err(), "{text}");
        }
    }

    /// Any JSON, some of it with letters that have a meaning in JSON.
    fn json() -> impl Strategy<Value = Value> {
        let text = "[a-z\"\\\\{}\\[\\]:,äß\u{1F600}\n ]{0,8}";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((text, inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn pairs_are_those_that_a_parser_finds(value in json(), is_pretty in any::<bool>()) {
            let text = if is_pretty { format!("{value:#}") } else { value.to_string() };
            let Value::Object(expected) = value else {
                prop_assert!(pairs(&text).is_err());
                return Ok(());
            };
            let mut found = Map::new();
            for pair in pairs(&text).unwrap() {
                found.insert(pair.name().into_owned(), serde_json::from_str(pair.value).unwrap());
            }
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\"\\\\{}\\[\\]:, a1ä]{0,40}") {
            for pair in pairs(&text).unwrap_or_default() {
                prop_assert!(pair.whole.ends_with(pair.value) && !pair.name().contains('"') || text.contains('\\'));
            }
        }
    }
}
