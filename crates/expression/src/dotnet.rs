//! Translates .NET regular expressions for the engine beneath.
//!
//! Every atom is written anew in terms that both read alike: options become explicit atoms, groups get the
//! engine's own names, `$` admits a line feed after it, `\w` and `\b` follow .NET's categories. What has
//! no equal (balancing groups, conditionals, blocks such as `\p{IsGreek}`) is refused with its place.

use std::fmt::Write as _;

use crate::dotnet_class;
use crate::regex::PatternError;

/// Most groups inside each other.
const DEPTH_MAX: usize = 40;

/// Most repetitions that a pattern may count.
const REPEAT_MAX: usize = 1_000;

/// What .NET calls a word character.
pub(crate) const WORD: &str = r"\p{L}\p{Mn}\p{Nd}\p{Pc}";

/// Where a word begins or ends: .NET counts the zero-width joiners to the word.
const BOUNDARY: &str = r"(?:(?<=[\p{L}\p{Mn}\p{Nd}\p{Pc}\x{200c}\x{200d}])(?![\p{L}\p{Mn}\p{Nd}\p{Pc}\x{200c}\x{200d}])|(?<![\p{L}\p{Mn}\p{Nd}\p{Pc}\x{200c}\x{200d}])(?=[\p{L}\p{Mn}\p{Nd}\p{Pc}\x{200c}\x{200d}]))";
const NO_BOUNDARY: &str = r"(?:(?<=[\p{L}\p{Mn}\p{Nd}\p{Pc}\x{200c}\x{200d}])(?=[\p{L}\p{Mn}\p{Nd}\p{Pc}\x{200c}\x{200d}])|(?<![\p{L}\p{Mn}\p{Nd}\p{Pc}\x{200c}\x{200d}])(?![\p{L}\p{Mn}\p{Nd}\p{Pc}\x{200c}\x{200d}]))";

/// The end of the text, or the line feed that ends it.
const END: &str = r"(?=\n?\z)";

/// A pattern that the engine reads as .NET reads the original.
pub(crate) struct Translated {
    pub(crate) pattern: String,
    /// The groups in the order of their parentheses.
    pub(crate) groups: Vec<Group>,
}

/// A capturing group.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: Option<String>,
    /// As .NET counts: groups without a name first.
    pub(crate) number: usize,
    /// As the engine counts; none inside a look-behind, which .NET matches from right to left.
    pub(crate) place: Option<usize>,
}

/// Translates a pattern.
pub(crate) fn translate(pattern: &str) -> Result<Translated, PatternError> {
    let mut translator = Translator {
        letters: pattern.chars().collect(),
        at: 0,
        out: Vec::new(),
        options: Options::default(),
        open: Vec::new(),
        groups: Vec::new(),
        before: Before::Nothing,
    };
    while let Some(letter) = translator.next() {
        translator.item(letter)?;
    }
    if let Some(open) = translator.open.last() {
        return Err(PatternError::Malformed {
            why: "the parenthesis ( is not closed".into(),
            at: open.at,
        });
    }
    translator.number_groups();
    let pattern = translator.resolve()?;
    Ok(Translated { pattern, groups: translator.groups })
}

/// A pattern being read.
struct Translator {
    letters: Vec<char>,
    /// The next character to read.
    at: usize,
    out: Vec<Out>,
    options: Options,
    open: Vec<Open>,
    groups: Vec<Group>,
    before: Before,
}

/// A piece of the translation; references wait until all groups are known.
enum Out {
    Text(String),
    Named { name: String, ignore_case: bool, at: usize },
    Numbered { digits: String, ignore_case: bool, at: usize },
}

#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // They are the five options of .NET.
struct Options {
    ignore_case: bool,
    multiline: bool,
    explicit_capture: bool,
    singleline: bool,
    ignore_blanks: bool,
}

/// A group that is not closed yet.
struct Open {
    options: Options,
    look_behind: bool,
    /// Whether a quantifier may follow.
    repeatable: bool,
    at: usize,
}

/// What stands before a quantifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Atom,
    Anchor,
    Quantifier,
}

impl Translator {
    fn item(&mut self, letter: char) -> Result<(), PatternError> {
        match letter {
            ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' if self.options.ignore_blanks => {}
            '#' if self.options.ignore_blanks => {
                while self.next().is_some_and(|letter| letter != '\n') {}
            }
            '\\' => self.escape()?,
            '[' => {
                let class =
                    dotnet_class::translate(&self.letters, &mut self.at, self.options.ignore_case)?;
                self.atom(&class);
            }
            '(' => self.open_group()?,
            ')' => {
                let open =
                    self.open.pop().ok_or_else(|| self.malformed("there is a ) without ("))?;
                self.options = open.options;
                self.text(")");
                self.before = if open.repeatable { Before::Atom } else { Before::Anchor };
            }
            '|' => {
                self.text("|");
                self.before = Before::Nothing;
            }
            '.' => self.atom(if self.options.singleline { "(?s:.)" } else { r"[^\n]" }),
            '^' => self.anchor(if self.options.multiline { "(?m:^)" } else { r"\A" }),
            '$' => self.anchor(if self.options.multiline { "(?m:$)" } else { END }),
            '*' | '+' | '?' => self.quantifier(letter.to_string())?,
            '{' => match self.counted() {
                Some((counts, length)) => {
                    self.at += length;
                    self.quantifier(counts?)?;
                }
                None => self.literal('{'),
            },
            letter => self.literal(letter),
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), PatternError> {
        let Some(letter) = self.peek() else { return Err(self.malformed("a backslash ends it")) };
        match letter {
            'w' => self.class_escape(&format!("[{WORD}]")),
            'W' => self.class_escape(&format!("[^{WORD}]")),
            'd' => self.class_escape(r"\p{Nd}"),
            'D' => self.class_escape(r"\P{Nd}"),
            's' => self.class_escape(r"\s"),
            'S' => self.class_escape(r"\S"),
            'b' => self.anchor_escape(BOUNDARY),
            'B' => self.anchor_escape(NO_BOUNDARY),
            'A' => self.anchor_escape(r"\A"),
            'z' => self.anchor_escape(r"\z"),
            'Z' => self.anchor_escape(END),
            'G' => return Err(self.unsupported("\\G", "write ^ for the start of the text")),
            'p' | 'P' => {
                let category =
                    dotnet_class::category(&self.letters, &mut self.at, self.options.ignore_case)?;
                self.atom(&category);
            }
            'k' => {
                self.at += 1;
                let (name, at) = (self.reference_name()?, self.at);
                self.out.push(Out::Named { name, ignore_case: self.options.ignore_case, at });
                self.before = Before::Atom;
            }
            '1'..='9' => {
                let at = self.at;
                let digits = self.letters[at..]
                    .iter()
                    .take_while(|letter| letter.is_ascii_digit())
                    .collect::<String>();
                self.at += digits.len();
                self.out.push(Out::Numbered { digits, ignore_case: self.options.ignore_case, at });
                self.before = Before::Atom;
            }
            _ => {
                let letter = dotnet_class::escaped(&self.letters, &mut self.at)?;
                self.literal(letter);
            }
        }
        Ok(())
    }

    /// `(`, and what follows a question mark after it.
    fn open_group(&mut self) -> Result<(), PatternError> {
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
        self.open.push(Open { options: self.options, look_behind, repeatable, at: self.at });
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
    fn reference_name(&mut self) -> Result<String, PatternError> {
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

    /// `{2}`, `{2,}`, `{2,5}` after the brace that was read: the counts and how far they reach.
    fn counted(&self) -> Option<(Result<String, PatternError>, usize)> {
        let length = self.letters[self.at..].iter().position(|letter| *letter == '}')?;
        let inner: String = self.letters[self.at..][..length].iter().collect();
        let (least, most) = inner
            .split_once(',')
            .map_or((inner.as_str(), None), |(least, most)| (least, Some(most)));
        let is_number =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(least) || !most.is_none_or(|most| most.is_empty() || is_number(most)) {
            return None;
        }
        let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number <= REPEAT_MAX);
        let most = most.filter(|most| !most.is_empty());
        let counts = match (number(least), most.map(number)) {
            (Some(least), Some(Some(most))) if least > most => {
                Err(self.malformed("a repetition counts down"))
            }
            (Some(_), None | Some(Some(_))) => Ok(format!("{{{inner}}}")),
            _ => Err(self.malformed(&format!("a repetition counts beyond {REPEAT_MAX}"))),
        };
        Some((counts, length + 1))
    }

    fn quantifier(&mut self, mut sign: String) -> Result<(), PatternError> {
        match self.before {
            Before::Atom => {}
            Before::Nothing => return Err(self.malformed("a repetition has nothing to repeat")),
            Before::Anchor => {
                return Err(self.unsupported("a repeated anchor or look-around", "write it once"));
            }
            Before::Quantifier => return Err(self.malformed("a repetition follows a repetition")),
        }
        if self.take("?") {
            sign.push('?');
        }
        self.text(&sign);
        self.before = Before::Quantifier;
        Ok(())
    }

    fn literal(&mut self, letter: char) {
        let mut written = String::new();
        if r"\.+*?()|[]{}^$".contains(letter) {
            written.push('\\');
        }
        written.push(letter);
        self.atom(&written);
    }

    fn class_escape(&mut self, class: &str) {
        self.at += 1;
        self.atom(class);
    }

    fn anchor_escape(&mut self, anchor: &str) {
        self.at += 1;
        self.anchor(anchor);
    }

    fn atom(&mut self, atom: &str) {
        if self.options.ignore_case {
            self.text(&format!("(?i:{atom})"));
        } else {
            self.text(atom);
        }
        self.before = Before::Atom;
    }

    fn anchor(&mut self, anchor: &str) {
        self.text(anchor);
        self.before = Before::Anchor;
    }

    fn text(&mut self, text: &str) {
        match self.out.last_mut() {
            Some(Out::Text(last)) => last.push_str(text),
            _ => self.out.push(Out::Text(text.to_owned())),
        }
    }

    /// Counts the groups without a name first, then those with one.
    fn number_groups(&mut self) {
        let (unnamed, named): (Vec<_>, Vec<_>) =
            self.groups.iter_mut().partition(|group| group.name.is_none());
        for (number, group) in (1..).zip(unnamed.into_iter().chain(named)) {
            group.number = number;
        }
    }

    /// The whole translation, with each reference under the engine's name.
    fn resolve(&self) -> Result<String, PatternError> {
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

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(letter)
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = sign
            .chars()
            .enumerate()
            .all(|(offset, letter)| self.letters.get(self.at + offset) == Some(&letter));
        if found {
            self.at += sign.chars().count();
        }
        found
    }

    fn malformed(&self, why: &str) -> PatternError {
        PatternError::Malformed { why: why.to_owned(), at: self.at.max(1) }
    }

    fn unsupported(&self, what: &'static str, instead: &'static str) -> PatternError {
        PatternError::Unsupported { what, instead, at: self.at.max(1) }
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
