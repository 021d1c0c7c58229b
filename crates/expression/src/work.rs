//! How long the patterns of one evaluation may take, together.
//!
//! A unit is about a nanosecond of the worst that a pattern can do. Each search is charged before it runs, by the
//! length of the text and the steps that it is allowed, so no evaluation takes much longer than the units say.

use crate::problem::Problem;
use crate::regex::{Pattern, PatternError};

/// Most units of one evaluation: less than a second at worst, where a mapping normally takes microseconds.
pub const WORK_MAX: u64 = 300_000_000;

/// What compiling a pattern costs that is not a constant.
const COMPILATION: u64 = 10_000_000;

/// Most patterns that an evaluation keeps to use them again.
const KEPT_MAX: usize = 16;

/// The units that are left, and the patterns that were compiled on the way.
#[derive(Debug)]
pub(crate) struct Work {
    left: u64,
    kept: Vec<(String, Pattern)>,
}

impl Work {
    pub(crate) fn new() -> Self {
        Work { left: WORK_MAX, kept: Vec::new() }
    }

    /// Takes units, if enough are left.
    pub(crate) fn charge(&mut self, units: u64) -> Result<(), PatternError> {
        self.left = self.left.checked_sub(units).ok_or(PatternError::TooMuchWork)?;
        Ok(())
    }

    /// Takes a unit for each byte that is copied.
    pub(crate) fn copy(&mut self, bytes: usize) -> Result<(), PatternError> {
        self.charge(u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    /// Compiles a pattern, or takes one that was compiled before.
    pub(crate) fn compile(&mut self, text: &str) -> Result<Pattern, Problem> {
        if let Some((_, pattern)) = self.kept.iter().find(|(kept, _)| kept == text) {
            return Ok(pattern.clone());
        }
        self.charge(COMPILATION)?;
        let pattern = Pattern::compile(text)?;
        if self.kept.len() < KEPT_MAX {
            self.kept.push((text.to_owned(), pattern.clone()));
        }
        Ok(pattern)
    }
}
