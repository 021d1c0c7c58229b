//! Patterns: .NET regular expressions, matched as .NET matches them, under limits.
//!
//! A pattern is translated for the engine beneath; what that engine would read differently is
//! translated too, or refused. One difference remains: a character beyond the Basic Multilingual Plane
//! counts as one here and as two in .NET.

use std::sync::{Arc, OnceLock};

use fancy_regex::{Regex, RegexBuilder};

use crate::dotnet::{self, Group};
use crate::value::quoted;
use crate::work::Work;

/// Most characters of a pattern.
pub const PATTERN_CHARS_MAX: usize = 2_000;

/// Most bytes of a text that a pattern is matched with.
pub const SUBJECT_BYTES_MAX: usize = 16 << 10;

/// Most steps back that one match may take.
pub const BACKTRACKS_MAX: usize = 100_000;

/// Most matches in one text.
pub const MATCHES_MAX: usize = 4_096;

/// Most atoms of a pattern whose counted repetitions are written out.
pub const PATTERN_ATOMS_MAX: usize = 2_000;

/// Most bytes of the compiled form of a part of a pattern, which its atoms bound already.
const COMPILED_BYTES_MAX: usize = 64 << 20;

/// The steps back that a search is allowed at first, and again when they do not suffice. Few steps cost little, and
/// nearly every search gets by with them.
const ATTEMPTS: [usize; 3] = [200, 10_000, BACKTRACKS_MAX];

/// What a search costs for each byte and each atom when the pattern needs no steps back.
const LINEAR_COST: u64 = 40;

/// How many atoms of a pattern cost as much as one when it steps back.
const ATOMS_PER_STEP: u64 = 64;

/// A .NET regular expression, compiled. Matching it takes bounded time.
#[derive(Debug, Clone)]
pub struct Pattern(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    /// The pattern as the engine reads it.
    translated: String,
    groups: Vec<Group>,
    /// Whether the engine may step back.
    backtracks: bool,
    /// How many atoms the pattern has, repetitions written out.
    size: u64,
    /// One for each number of steps, made when it is needed.
    regexes: [OnceLock<Regex>; ATTEMPTS.len()],
}

/// One match: its place, and the places of the engine's groups if they were asked for.
#[derive(Debug)]
pub(crate) struct Match {
    whole: (usize, usize),
    groups: Vec<Option<(usize, usize)>>,
}

/// Whether the groups of a match are wanted, which takes longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Place,
    Groups,
}

impl Pattern {
    /// Translates and compiles a .NET pattern.
    ///
    /// # Errors
    /// The pattern is not well formed, too long, or cannot be matched here as .NET would match it.
    pub fn compile(text: &str) -> Result<Self, PatternError> {
        let length = text.chars().count();
        if length > PATTERN_CHARS_MAX {
            return Err(PatternError::TooLong(length));
        }
        let dotnet::Translated { pattern, groups, backtracks, size } = dotnet::translate(text)?;
        if size > PATTERN_ATOMS_MAX {
            return Err(PatternError::TooLarge(size));
        }
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        let regexes = <_>::default();
        let compiled = Compiled { translated: pattern, groups, backtracks, size, regexes };
        compiled.regex(0)?;
        Ok(Pattern(Arc::new(compiled)))
    }

    /// The capturing groups in the order of their parentheses.
    pub(crate) fn groups(&self) -> &[Group] {
        &self.0.groups
    }

    /// How many atoms the pattern has, its counted repetitions written out.
    pub(crate) fn size(&self) -> u64 {
        self.0.size
    }

    /// Whether the pattern matches anywhere in the text, case included, as .NET's `IsMatch` does.
    ///
    /// # Errors
    /// The text is too long, or the match takes too many steps.
    pub fn is_match(&self, subject: &str) -> Result<bool, PatternError> {
        Ok(self.find(subject, 0, Wanted::Place, &mut Work::new())?.is_some())
    }

    /// The engine's number of a named group.
    pub(crate) fn group(&self, name: &str) -> Result<usize, PatternError> {
        let group = self.0.groups.iter().find(|group| group.name.as_deref() == Some(name));
        let group = group.ok_or_else(|| PatternError::NoSuchGroup(name.to_owned()))?;
        group.place.ok_or(PatternError::GroupInLookBehind)
    }

    /// All matches, from left to right. As in .NET, an empty match may follow a match at its end.
    pub(crate) fn matches(
        &self,
        subject: &str,
        wanted: Wanted,
        work: &mut Work,
    ) -> Result<Vec<Match>, PatternError> {
        let mut matches = Vec::new();
        let mut from = 0;
        while let Some(found) = self.find(subject, from, wanted, work)? {
            if matches.len() == MATCHES_MAX {
                return Err(PatternError::TooManyMatches);
            }
            let (start, end) = found.whole();
            matches.push(found);
            from = match subject[end..].chars().next() {
                Some(letter) if start == end => end + letter.len_utf8(),
                None if start == end => break,
                _ => end,
            };
        }
        Ok(matches)
    }

    /// The first match that begins at a place or after it.
    pub(crate) fn find(
        &self,
        subject: &str,
        from: usize,
        wanted: Wanted,
        work: &mut Work,
    ) -> Result<Option<Match>, PatternError> {
        if subject.len() > SUBJECT_BYTES_MAX {
            return Err(PatternError::SubjectTooLong(subject.len()));
        }
        // A search that steps back may look at what lies before, so the whole text counts for it.
        let length = if self.0.backtracks { subject.len() } else { subject.len() - from };
        for (attempt, steps) in ATTEMPTS.into_iter().enumerate() {
            let length = u64::try_from(length).unwrap_or(u64::MAX).saturating_add(16);
            work.charge(self.0.cost(steps).saturating_mul(length))?;
            let regex = self.0.regex(attempt)?;
            let found = match wanted {
                Wanted::Place => regex.find_from_pos(subject, from).map(|found| {
                    found.map(|found| Match { whole: (found.start(), found.end()), groups: vec![] })
                }),
                Wanted::Groups => regex
                    .captures_from_pos(subject, from)
                    .map(|captures| captures.as_ref().and_then(Match::of)),
            };
            if let Ok(found) = found {
                return Ok(found);
            }
        }
        Err(PatternError::TooManyBacktracks)
    }
}

impl Compiled {
    /// What a search costs for each byte of the text.
    fn cost(&self, steps: usize) -> u64 {
        if !self.backtracks {
            return LINEAR_COST.saturating_mul(self.size.max(1));
        }
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        steps.saturating_mul((self.size / ATOMS_PER_STEP).max(1))
    }

    /// The engine that may take the steps of that attempt.
    fn regex(&self, attempt: usize) -> Result<&Regex, PatternError> {
        if let Some(regex) = self.regexes[attempt].get() {
            return Ok(regex);
        }
        let regex = RegexBuilder::new(&self.translated)
            .backtrack_limit(ATTEMPTS[attempt])
            .delegate_size_limit(COMPILED_BYTES_MAX)
            .build()
            .map_err(|error| PatternError::Refused(error.to_string()))?;
        Ok(self.regexes[attempt].get_or_init(|| regex))
    }
}

impl Match {
    fn of(captures: &fancy_regex::Captures<'_, str>) -> Option<Self> {
        let place = |group: fancy_regex::Match<'_>| (group.start(), group.end());
        let groups: Vec<_> = captures.iter().map(|group| group.map(place)).collect();
        Some(Match { whole: groups.first().copied().flatten()?, groups })
    }

    /// Where the whole match begins and ends.
    pub(crate) fn whole(&self) -> (usize, usize) {
        self.whole
    }

    /// Where a group begins and ends, if it took part.
    pub(crate) fn group(&self, place: usize) -> Option<(usize, usize)> {
        if place == 0 { Some(self.whole) } else { self.groups.get(place).copied().flatten() }
    }
}

/// Why a pattern cannot be used, or could not be matched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The pattern is not well formed.
    #[error("the pattern is not complete: {why} (character {at})")]
    Malformed {
        /// What is wrong.
        why: String,
        /// The character of the pattern, counted from 1.
        at: usize,
    },
    /// The pattern is one of .NET that cannot be matched faithfully here.
    #[error("the pattern uses {what}, which is not supported here (character {at}): {instead}")]
    Unsupported {
        /// What it uses.
        what: &'static str,
        /// What to write instead.
        instead: &'static str,
        /// The character of the pattern, counted from 1.
        at: usize,
    },
    /// The engine refused the translated pattern.
    #[error("the pattern cannot be compiled: {0}")]
    Refused(String),
    /// The pattern has more than [`PATTERN_CHARS_MAX`] characters.
    #[error("the pattern has {0} characters, the most is {PATTERN_CHARS_MAX}: split it")]
    TooLong(usize),
    /// Written out, the repetitions of the pattern have more than [`PATTERN_ATOMS_MAX`] characters.
    #[error(
        "the repetitions of the pattern count up to {0} characters, the most is {PATTERN_ATOMS_MAX}: use * or + instead"
    )]
    TooLarge(usize),
    /// The expression has more than [`PATTERNS_MAX`](crate::PATTERNS_MAX) patterns, or too large ones.
    #[error(
        "the patterns of the expression are too many or too large together: split it over two attributes"
    )]
    TooMany,
    /// No group has this name.
    #[error("the pattern has no group named {}: write it as (?<name>…)", quoted(.0))]
    NoSuchGroup(String),
    /// A group inside a look-behind is asked for.
    #[error("a group inside a look-behind has no text of its own: put the group outside")]
    GroupInLookBehind,
    /// The text has more than [`SUBJECT_BYTES_MAX`] bytes.
    #[error(
        "the text to search has {0} bytes, the most is {SUBJECT_BYTES_MAX}: shorten it with Left first"
    )]
    SubjectTooLong(usize),
    /// The pattern matches more than [`MATCHES_MAX`] times.
    #[error("the pattern matches more than {MATCHES_MAX} times: make it match more at once")]
    TooManyMatches,
    /// A match takes more than [`BACKTRACKS_MAX`] steps back.
    #[error(
        "the pattern takes more than {BACKTRACKS_MAX} steps back: avoid repetitions inside repetitions"
    )]
    TooManyBacktracks,
    /// The patterns of one evaluation take too long together.
    #[error(
        "the patterns of the expression take too long on this value: shorten the value, or make the patterns simpler"
    )]
    TooMuchWork,
}
