//! Translates .NET regular expressions for the engine beneath.
//!
//! Every atom is written anew in terms that both read alike: options become explicit atoms, groups get the
//! engine's own names, `$` admits a line feed after it, `\w` and `\b` follow .NET's categories. What has
//! no equal (balancing groups, conditionals, groups named by numbers) is refused with its place.

use crate::dotnet_class;
use crate::regex::PatternError;

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
    /// Whether matching may step back: the pattern looks around, refers to groups or takes without giving back.
    pub(crate) backtracks: bool,
    /// How many atoms the pattern has when its counted repetitions are written out.
    pub(crate) size: usize,
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
        size: 0,
        last_size: 0,
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
    let backtracks = ["(?=", "(?!", "(?<=", "(?<!", "(?>", r"\k<"];
    let backtracks = backtracks.iter().any(|sign| pattern.contains(sign));
    let size = translator.size;
    Ok(Translated { pattern, groups: translator.groups, backtracks, size })
}

/// A pattern being read.
pub(crate) struct Translator {
    pub(crate) letters: Vec<char>,
    /// The next character to read.
    pub(crate) at: usize,
    pub(crate) out: Vec<Out>,
    pub(crate) options: Options,
    pub(crate) open: Vec<Open>,
    pub(crate) groups: Vec<Group>,
    pub(crate) before: Before,
    /// The atoms read so far, repetitions written out, and those among them of the last atom or group.
    pub(crate) size: usize,
    pub(crate) last_size: usize,
}

/// A piece of the translation; references wait until all groups are known.
pub(crate) enum Out {
    Text(String),
    Named { name: String, ignore_case: bool, at: usize },
    Numbered { digits: String, ignore_case: bool, at: usize },
}

#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // They are the five options of .NET.
pub(crate) struct Options {
    pub(crate) ignore_case: bool,
    pub(crate) multiline: bool,
    pub(crate) explicit_capture: bool,
    pub(crate) singleline: bool,
    pub(crate) ignore_blanks: bool,
}

/// A group that is not closed yet.
pub(crate) struct Open {
    pub(crate) options: Options,
    pub(crate) look_behind: bool,
    /// Whether a quantifier may follow.
    pub(crate) repeatable: bool,
    pub(crate) at: usize,
    /// The atoms before the group.
    pub(crate) size_before: usize,
}

/// What stands before a quantifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
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
                self.last_size = self.size - open.size_before;
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
                    let counts = counts?;
                    let most = counts.split(|letter: char| !letter.is_ascii_digit());
                    let most = most.filter_map(|count| count.parse::<usize>().ok()).max();
                    let more = most.unwrap_or(1).saturating_sub(1);
                    self.size = self.size.saturating_add(self.last_size.saturating_mul(more));
                    self.quantifier(counts)?;
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
        if self.options.ignore_case && letter.is_alphabetic() {
            // The engine would let more letters be the same than .NET does, such as ſ and s.
            self.text(&dotnet_class::same_letters(letter));
            self.count_atom();
            self.before = Before::Atom;
            return;
        }
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
        self.count_atom();
        if self.options.ignore_case {
            self.text(&format!("(?i:{atom})"));
        } else {
            self.text(atom);
        }
        self.before = Before::Atom;
    }

    /// Notes that an atom was read.
    fn count_atom(&mut self) {
        self.size = self.size.saturating_add(1);
        self.last_size = 1;
    }

    fn anchor(&mut self, anchor: &str) {
        self.text(anchor);
        self.before = Before::Anchor;
    }

    pub(crate) fn text(&mut self, text: &str) {
        match self.out.last_mut() {
            Some(Out::Text(last)) => last.push_str(text),
            _ => self.out.push(Out::Text(text.to_owned())),
        }
    }

    pub(crate) fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(letter)
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    pub(crate) fn take(&mut self, sign: &str) -> bool {
        let found = sign
            .chars()
            .enumerate()
            .all(|(offset, letter)| self.letters.get(self.at + offset) == Some(&letter));
        if found {
            self.at += sign.chars().count();
        }
        found
    }

    pub(crate) fn malformed(&self, why: &str) -> PatternError {
        PatternError::Malformed { why: why.to_owned(), at: self.at.max(1) }
    }

    pub(crate) fn unsupported(&self, what: &'static str, instead: &'static str) -> PatternError {
        PatternError::Unsupported { what, instead, at: self.at.max(1) }
    }
}
