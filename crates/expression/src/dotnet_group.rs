//! Groups of .NET patterns and the references to them.
//!
//! Every capturing group gets a name of the engine's, so that references mean the same group however
//! the two sides count: .NET counts groups without a name first.

use std::fmt::Write as _;

use crate::dotnet::{Before, Group, Open, Out, Translator};
use crate::regex::PatternError;

/// Most groups inside each other.
const DEPTH_MAX: usize = 40;

impl Translator {
    /// `(`, and what follows a question mark after it.
    pub(crate) fn open_group(&mut self) -> Result<(), PatternError> {
        if self.open.len() == DEPTH_MAX {
            return Err(
                self.malformed(&format!("more than {DEPTH_MAX} groups stand inside each other"))
            );
        }
        if !self.take("?") {
            let captures = !self.options.explicit_capture;
            self.enter(false, true);
            if captures {
                return self.capture(None);
            }
            self.text("(?:");
            return Ok(());
        }
        for (sign, look_behind, repeatable) in [
            (":", false, true),
            (">", false, true),
            ("=", false, false),
            ("!", false, false),
            ("<=", true, false),
            ("<!", true, false),
        ] {
            if self.take(sign) {
                self.enter(look_behind, repeatable);
                self.text(&format!("(?{sign}"));
                return Ok(());
            }
        }
        if self.take("#") {
            while let Some(letter) = self.next() {
                if letter == ')' {
                    return Ok(());
                }
            }
            return Err(self.malformed("the comment (?# is not closed"));
        }
        match self.peek() {
            Some('<' | '\'') => {
                let name = self.reference_name()?;
                self.enter(false, true);
                self.capture(Some(name))
            }
            Some('(') => {
                Err(self.unsupported("a conditional (?(…)", "write the two cases as (…|…)"))
            }
            _ => self.inline_options(),
        }
    }

    /// `(?i-s)` for the rest of the group around it, `(?i-s:` for a group of its own.
    fn inline_options(&mut self) -> Result<(), PatternError> {
        let mut options = self.options;
        let mut on = true;
        while let Some(letter) = self.next() {
            match letter {
                '-' => on = false,
                '+' => on = true,
                'i' => options.ignore_case = on,
                'm' => options.multiline = on,
                'n' => options.explicit_capture = on,
                's' => options.singleline = on,
                'x' => options.ignore_blanks = on,
                ')' => {
                    self.options = options;
                    self.before = Before::Nothing;
                    return Ok(());
                }
                ':' => {
                    self.enter(false, true);
                    self.options = options;
                    self.text("(?:");
                    return Ok(());
                }
                _ => break,
            }
        }
        Err(self.malformed("the group (? is of no known kind"))
    }

    fn enter(&mut self, look_behind: bool, repeatable: bool) {
        let look_behind = look_behind || self.open.last().is_some_and(|open| open.look_behind);
        self.open.push(Open {
            options: self.options,
            look_behind,
            repeatable,
            at: self.at,
            size_before: self.size,
        });
        self.before = Before::Nothing;
    }

    /// Opens a capturing group under the engine's own name.
    fn capture(&mut self, name: Option<String>) -> Result<(), PatternError> {
        if name.is_some() && self.groups.iter().any(|group| group.name == name) {
            return Err(self.unsupported("two groups of one name", "give them different names"));
        }
        let inside_look_behind = self.open.last().is_some_and(|open| open.look_behind);
        let place = self.groups.iter().filter(|group| group.place.is_some()).count() + 1;
        let place = (!inside_look_behind).then_some(place);
        self.text(&place.map_or("(?:".to_owned(), |place| format!("(?<g{place}>")));
        self.groups.push(Group { name, number: 0, place });
        Ok(())
    }

    /// `<name>` or `'name'`.
    pub(crate) fn reference_name(&mut self) -> Result<String, PatternError> {
        let close = match self.next() {
            Some('<') => '>',
            Some('\'') => '\'',
            _ => return Err(self.malformed("the name of a group stands in < >")),
        };
        let name: String =
            self.letters[self.at..].iter().take_while(|letter| **letter != close).collect();
        self.at += name.chars().count();
        if self.next() != Some(close) {
            return Err(self.malformed("the name of a group is not closed"));
        }
        if name.contains('-') {
            return Err(
                self.unsupported("a balancing group (?<a-b>…)", "match the parts one by one")
            );
        }
        if name.starts_with(|letter: char| letter.is_ascii_digit()) {
            return Err(self.unsupported("a group whose name is a number", "name it by a word"));
        }
        if name.is_empty() || !name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        {
            return Err(self.malformed("the name of a group has letters, digits and _ only"));
        }
        Ok(name)
    }

    /// Counts the groups without a name first, then those with one.
    pub(crate) fn number_groups(&mut self) {
        let (unnamed, named): (Vec<_>, Vec<_>) =
            self.groups.iter_mut().partition(|group| group.name.is_none());
        for (number, group) in (1..).zip(unnamed.into_iter().chain(named)) {
            group.number = number;
        }
    }

    /// The whole translation, with each reference under the engine's name.
    pub(crate) fn resolve(&self) -> Result<String, PatternError> {
        let mut pattern = String::new();
        for piece in &self.out {
            let (group, ignore_case, at) = match piece {
                Out::Text(text) => {
                    pattern.push_str(text);
                    continue;
                }
                Out::Named { name, ignore_case, at } => (
                    self.groups.iter().find(|group| group.name.as_ref() == Some(name)),
                    *ignore_case,
                    *at,
                ),
                Out::Numbered { digits, ignore_case, at } => {
                    let number = digits.parse::<usize>().ok();
                    let group = self.groups.iter().find(|group| Some(group.number) == number);
                    if group.is_none() && digits.len() > 1 {
                        pattern.push_str(&octal(digits, *at)?);
                        continue;
                    }
                    (group, *ignore_case, *at)
                }
            };
            let why = || "it refers to a group that it does not have".into();
            let group = group.ok_or_else(|| PatternError::Malformed { why: why(), at })?;
            let place = group.place.ok_or(PatternError::GroupInLookBehind)?;
            pattern.push_str(if ignore_case { "(?i:" } else { "(?:" });
            // Writing to a String cannot fail.
            let _ = write!(pattern, r"\k<g{place}>)");
        }
        Ok(pattern)
    }
}

/// Digits that name no group are a character in octal, followed by what is left of them.
fn octal(digits: &str, at: usize) -> Result<String, PatternError> {
    let length = digits.bytes().take(3).take_while(|digit| (b'0'..=b'7').contains(digit)).count();
    let code = u32::from_str_radix(&digits[..length], 8).ok().map(|code| code & 0xff);
    match code {
        Some(code) => Ok(format!("\\x{{{code:x}}}{}", &digits[length..])),
        None => Err(PatternError::Malformed {
            why: "it refers to a group that it does not have".into(),
            at,
        }),
    }
}
