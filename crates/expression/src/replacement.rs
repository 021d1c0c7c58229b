//! Replacement texts as .NET reads them, and what they become for one match.

use crate::dotnet::Group;
use crate::regex::{Match, Pattern, PatternError};

/// A replacement text, split where a match is filled in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'r> {
    Literal(&'r str),
    /// A group, by the engine's count.
    Group(usize),
    /// The text before the match.
    Before,
    /// The text after the match.
    After,
    /// The whole text.
    Everything,
}

impl Pattern {
    /// Splits a replacement text: `$1`, `${name}`, `$$`, `$&`, `` $` ``, `$'`, `$+`, `$_`. A dollar that
    /// begins none of these stands for itself.
    pub(crate) fn pieces<'r>(&self, replacement: &'r str) -> Result<Vec<Piece<'r>>, PatternError> {
        let mut pieces = Vec::new();
        let mut rest = replacement;
        while let Some(dollar) = rest.find('$') {
            let (literal, reference) = rest.split_at(dollar);
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal));
            }
            let (piece, length) = match self.reference(&reference[1..])? {
                Some((piece, length)) => (piece, length + 1),
                None => (Piece::Literal("$"), 1),
            };
            pieces.push(piece);
            rest = &reference[length..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest));
        }
        Ok(pieces)
    }

    /// What stands after a dollar, and how many bytes it takes.
    fn reference<'r>(&self, text: &'r str) -> Result<Option<(Piece<'r>, usize)>, PatternError> {
        let sign = match text.chars().next() {
            Some('$') => Piece::Literal("$"),
            Some('&') => Piece::Group(0),
            Some('`') => Piece::Before,
            Some('\'') => Piece::After,
            Some('_') => Piece::Everything,
            Some('+') => match self.groups().iter().max_by_key(|group| group.number) {
                Some(last) => Piece::Group(last.place.ok_or(PatternError::GroupInLookBehind)?),
                None => Piece::Group(0),
            },
            Some('{') => {
                let Some((name, _)) = text[1..].split_once('}') else { return Ok(None) };
                return Ok(self
                    .referenced(name)?
                    .map(|place| (Piece::Group(place), name.len() + 2)));
            }
            Some('0'..='9') => {
                let digits = text.bytes().take_while(u8::is_ascii_digit).count();
                return Ok(self
                    .referenced(&text[..digits])?
                    .map(|place| (Piece::Group(place), digits)));
            }
            _ => return Ok(None),
        };
        Ok(Some((sign, 1)))
    }

    /// The engine's number of a group that is named or numbered in a replacement; none if there is none.
    fn referenced(&self, reference: &str) -> Result<Option<usize>, PatternError> {
        let number = reference.parse::<usize>().ok();
        if number == Some(0) {
            return Ok(Some(0));
        }
        let is_it = |group: &&Group| {
            group.name.as_deref() == Some(reference) || Some(group.number) == number
        };
        match self.groups().iter().find(is_it) {
            Some(group) => group.place.map(Some).ok_or(PatternError::GroupInLookBehind),
            None => Ok(None),
        }
    }
}

impl Match {
    /// The text that a piece of the replacement stands for.
    pub(crate) fn fill<'s>(&self, piece: &Piece<'s>, subject: &'s str) -> &'s str {
        let (start, end) = self.whole();
        match piece {
            Piece::Literal(text) => text,
            Piece::Group(place) => {
                self.group(*place).map_or("", |(start, end)| &subject[start..end])
            }
            Piece::Before => &subject[..start],
            Piece::After => &subject[end..],
            Piece::Everything => subject,
        }
    }
}
