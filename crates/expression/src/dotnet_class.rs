//! Translates the character classes and escapes of .NET patterns.
//!
//! A class is written anew with every special sign as a code, so that no sign means more to the engine
//! than to .NET; `[a-z-[aeiou]]` becomes a difference of classes.

use std::fmt::Write as _;

use crate::dotnet::WORD;
use crate::regex::PatternError;
use crate::string::single;

/// Most subtractions inside each other.
const SUBTRACTIONS_MAX: usize = 8;

/// The general categories of Unicode that both sides know.
const CATEGORIES: [&str; 36] = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc",
    "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C",
    "Cc", "Cf", "Co", "Cn",
];

/// The blocks of Unicode that names are made of, by the names that .NET has for them.
const BLOCKS: [(&str, u32, u32); 24] = [
    ("IsBasicLatin", 0x0, 0x7f),
    ("IsLatin-1Supplement", 0x80, 0xff),
    ("IsLatinExtended-A", 0x100, 0x17f),
    ("IsLatinExtended-B", 0x180, 0x24f),
    ("IsIPAExtensions", 0x250, 0x2af),
    ("IsSpacingModifierLetters", 0x2b0, 0x2ff),
    ("IsCombiningDiacriticalMarks", 0x300, 0x36f),
    ("IsGreek", 0x370, 0x3ff),
    ("IsGreekandCoptic", 0x370, 0x3ff),
    ("IsCyrillic", 0x400, 0x4ff),
    ("IsCyrillicSupplement", 0x500, 0x52f),
    ("IsArmenian", 0x530, 0x58f),
    ("IsHebrew", 0x590, 0x5ff),
    ("IsArabic", 0x600, 0x6ff),
    ("IsDevanagari", 0x900, 0x97f),
    ("IsThai", 0xe00, 0xe7f),
    ("IsGeorgian", 0x10a0, 0x10ff),
    ("IsLatinExtendedAdditional", 0x1e00, 0x1eff),
    ("IsGreekExtended", 0x1f00, 0x1fff),
    ("IsGeneralPunctuation", 0x2000, 0x206f),
    ("IsHiragana", 0x3040, 0x309f),
    ("IsKatakana", 0x30a0, 0x30ff),
    ("IsCJKUnifiedIdeographs", 0x4e00, 0x9fff),
    ("IsHangulSyllables", 0xac00, 0xd7af),
];

/// Translates the class whose bracket was just read, and moves `at` behind it.
pub(crate) fn translate(
    letters: &[char],
    at: &mut usize,
    ignore_case: bool,
) -> Result<String, PatternError> {
    class(&mut Class { letters, at, ignore_case }, 0)
}

/// Translates `\p{Lu}`; `at` is on the `p` and moves behind the brace.
pub(crate) fn category(
    letters: &[char],
    at: &mut usize,
    ignore_case: bool,
) -> Result<String, PatternError> {
    Class { letters, at, ignore_case }.category()
}

/// The character that an escape means; `at` is behind the backslash and moves behind the escape.
pub(crate) fn escaped(letters: &[char], at: &mut usize) -> Result<char, PatternError> {
    Class { letters, at, ignore_case: false }.escaped()
}

/// A class being read.
struct Class<'a> {
    letters: &'a [char],
    at: &'a mut usize,
    ignore_case: bool,
}

/// Reads as .NET does: a minus is itself at the ends and after a range, a bracket begins a subtraction
/// only after a minus.
fn class(input: &mut Class<'_>, depth: usize) -> Result<String, PatternError> {
    if depth == SUBTRACTIONS_MAX {
        return Err(input.malformed("too many classes stand inside each other"));
    }
    let negated = input.take('^');
    let mut items = String::new();
    let mut range_from = None;
    let mut subtracted = None;
    let mut first = true;
    loop {
        let Some(mut letter) = input.next() else {
            return Err(input.malformed("the class [ is not closed"));
        };
        let is_first = std::mem::replace(&mut first, false);
        let mut is_escaped = false;
        match letter {
            ']' if !is_first => break,
            '\\' => {
                if let Some(set) = input.set()? {
                    if range_from.is_some() {
                        return Err(input.malformed("a range ends with a class"));
                    }
                    items.push_str(&set);
                    continue;
                }
                letter = input.escaped()?;
                is_escaped = true;
                if letter == '-' && range_from.is_none() {
                    push(&mut items, '-');
                    continue;
                }
            }
            '[' if range_from.is_none() && input.peek(0) == Some(':') => {
                return Err(input.malformed("it has a POSIX class [: :]; write \\p{L} or \\d"));
            }
            _ => {}
        }
        if let Some(from) = range_from.take() {
            if letter == '[' && !is_escaped {
                push(&mut items, from);
                subtracted = Some(subtraction(input, depth)?);
            } else if from > letter {
                return Err(input.malformed("a range of the class runs backwards"));
            } else {
                push(&mut items, from);
                items.push('-');
                push(&mut items, letter);
            }
        } else if input.peek(0) == Some('-') && input.peek(1).is_some_and(|next| next != ']') {
            range_from = Some(letter);
            input.take('-');
        } else if letter == '-' && !is_escaped && !is_first && input.take('[') {
            subtracted = Some(subtraction(input, depth)?);
        } else {
            push(&mut items, letter);
        }
    }
    let base = format!("[{}{items}]", if negated { "^" } else { "" });
    match subtracted {
        Some(class) if items.is_empty() => {
            Err(input.malformed(&format!("nothing to subtract {class} from")))
        }
        Some(class) => Ok(format!("[{base}--{class}]")),
        None => Ok(base),
    }
}

/// The class to subtract, which must be the last part.
fn subtraction(input: &mut Class<'_>, depth: usize) -> Result<String, PatternError> {
    let subtracted = class(input, depth + 1)?;
    match input.peek(0) {
        Some(']') => Ok(subtracted),
        _ => Err(input.malformed("a subtraction is the last part of its class")),
    }
}

/// A class of the letters that are the same to .NET when case does not count: those whose lower case is the same.
pub(crate) fn same_letters(letter: char) -> String {
    let lower = |letter: char| single(letter, letter.to_lowercase());
    let base = lower(letter);
    let mut same = vec![letter, base, single(base, base.to_uppercase())];
    // Signs that are letters in another form, and the capital ß.
    same.extend(['\u{212a}', '\u{212b}', '\u{2126}', '\u{1e9e}']);
    same.retain(|other| lower(*other) == base);
    same.sort_unstable();
    same.dedup();
    let mut items = String::new();
    for letter in same {
        push(&mut items, letter);
    }
    format!("[{items}]")
}

/// Writes a character so that it means nothing else.
fn push(items: &mut String, letter: char) {
    if letter.is_alphanumeric() {
        items.push(letter);
    } else {
        // Writing to a String cannot fail.
        let _ = write!(items, "\\x{{{:x}}}", u32::from(letter));
    }
}

impl Class<'_> {
    /// `\w`, `\d`, `\s`, their opposites and categories; none if the escape is a character.
    fn set(&mut self) -> Result<Option<String>, PatternError> {
        let set = match self.peek(0) {
            Some('w') => WORD.to_owned(),
            Some('W') => format!("[^{WORD}]"),
            Some('d') => r"\p{Nd}".to_owned(),
            Some('D') => r"\P{Nd}".to_owned(),
            Some('s') => r"\s".to_owned(),
            Some('S') => r"\S".to_owned(),
            Some('p' | 'P') => return self.category().map(Some),
            _ => return Ok(None),
        };
        *self.at += 1;
        Ok(Some(set))
    }

    fn category(&mut self) -> Result<String, PatternError> {
        let sign = self.next().unwrap_or('p');
        let rest = &self.letters[*self.at..];
        let length = rest.iter().position(|letter| *letter == '}');
        let (Some('{'), Some(length)) = (rest.first(), length) else {
            return Err(self.malformed("a category is written like \\p{L}"));
        };
        let name: String = rest[1..length].iter().collect();
        let at = *self.at;
        if let Some((_, first, last)) = BLOCKS.iter().find(|(block, ..)| *block == name) {
            *self.at += length + 1;
            let negated = if sign == 'P' { "^" } else { "" };
            return Ok(format!("[{negated}\\x{{{first:x}}}-\\x{{{last:x}}}]"));
        }
        if !CATEGORIES.contains(&name.as_str()) {
            let (what, instead) = (
                "this category or block",
                "use a general category like \\p{Lu}, or list the characters",
            );
            return Err(PatternError::Unsupported { what, instead, at });
        }
        if self.ignore_case && matches!(name.as_str(), "Lu" | "Ll" | "Lt") {
            let (what, instead) = ("a category of one case while ignoring case", "use \\p{L}");
            return Err(PatternError::Unsupported { what, instead, at });
        }
        *self.at += length + 1;
        Ok(format!("\\{sign}{{{name}}}"))
    }

    fn escaped(&mut self) -> Result<char, PatternError> {
        let Some(letter) = self.next() else { return Err(self.malformed("a backslash ends it")) };
        Ok(match letter {
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' => '\t',
            'r' => '\r',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'n' => '\n',
            'e' => '\u{1b}',
            'c' => {
                let control =
                    self.next().filter(char::is_ascii).map(|control| control.to_ascii_uppercase());
                let control = control.filter(|control| ('@'..='_').contains(control));
                let control = control.ok_or_else(|| self.malformed("\\c wants a letter"))?;
                char::from(u8::try_from(control).unwrap_or(b'@') - b'@')
            }
            'x' => self.coded(2, 16)?,
            'u' => self.coded(4, 16)?,
            '0'..='7' => {
                *self.at -= 1;
                let rest = &self.letters[*self.at..];
                let length =
                    rest.iter().take(3).take_while(|digit| ('0'..='7').contains(*digit)).count();
                self.coded(length, 8)?
            }
            letter if letter.is_alphanumeric() || letter == '_' => {
                return Err(self.malformed(&format!("there is no escape \\{letter}")));
            }
            letter => letter,
        })
    }

    /// A character by its code of so many digits.
    fn coded(&mut self, length: usize, radix: u32) -> Result<char, PatternError> {
        let end = *self.at + length;
        let digits: Option<String> =
            self.letters.get(*self.at..end).map(|digits| digits.iter().collect());
        let digits = digits.filter(|digits| digits.chars().all(|digit| digit.is_digit(radix)));
        let code = digits.and_then(|digits| u32::from_str_radix(&digits, radix).ok());
        let code = code.ok_or_else(|| self.malformed("a code has too few digits"))?;
        *self.at = end;
        let code = if radix == 8 { code & 0xff } else { code };
        char::from_u32(code).ok_or_else(|| {
            self.malformed("half of a character has a code of its own; write the whole")
        })
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek(0)?;
        *self.at += 1;
        Some(letter)
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(*self.at + ahead).copied()
    }

    fn take(&mut self, sign: char) -> bool {
        let found = self.peek(0) == Some(sign);
        *self.at += usize::from(found);
        found
    }

    fn malformed(&self, why: &str) -> PatternError {
        PatternError::Malformed { why: why.to_owned(), at: (*self.at).max(1) }
    }
}
