//! Why an evaluation ends without a result: what happened, to which value, what to do.

use crate::evaluate::{OUTPUT_BYTES_MAX, STEPS_MAX};
use crate::regex::PatternError;
use crate::syntax::Span;

/// Why an expression has no result for this object, and where. The object fails, not the job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct EvaluationError {
    /// The place in the text of the expression.
    pub span: Span,
    /// What is wrong there.
    pub problem: Problem,
}

impl EvaluationError {
    /// The same without the values of the source object.
    #[must_use]
    pub(crate) fn redacted(mut self) -> Self {
        let hide = |text: &mut String| "[Redact]".clone_into(text);
        match &mut self.problem {
            Problem::Unexpected { got, .. }
            | Problem::Several { got, .. }
            | Problem::UnknownChoice { got, .. }
            | Problem::Unreadable { got, .. } => hide(got),
            Problem::NotComparable { left, right } => [left, right].into_iter().for_each(hide),
            Problem::DateFormat { text, .. } | Problem::Raised(text) | Problem::Random(text) => {
                hide(text);
            }
            Problem::BadFormat { format, why } => [format, why].into_iter().for_each(hide),
            Problem::Pattern(_) => {
                self.problem = Problem::Raised("a pattern cannot be matched with [Redact]".into());
            }
            _ => {}
        }
        self
    }
}

/// What can go wrong in an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // The texts say what each is.
pub enum Problem {
    #[error("{function} needs {expected} as {parameter} and got {got}: check the source attribute")]
    Unexpected {
        function: &'static str,
        parameter: &'static str,
        expected: &'static str,
        got: String,
    },
    #[error(
        "{function} takes a single value as {parameter} and got {got}: choose one with Item, or make one text with Join"
    )]
    Several { function: &'static str, parameter: &'static str, got: String },
    #[error(
        "{left} cannot be compared with {right}: convert one of them, or choose one value with Item"
    )]
    NotComparable { left: String, right: String },
    #[error("Item asks for value {index} of {count}: values count from 1; ask Count first")]
    NoSuchItem { index: i64, count: usize },
    #[error("DefaultDomain has no answer: set the default domain of the organisation")]
    NoDefaultDomain,
    #[error("Lookup finds no table {0}: add the table to the job, or correct its name")]
    NoTable(String),
    #[error(
        "IgnoreObjectFlow leaves this object out: use a scoping filter to say so before any mapping"
    )]
    ObjectIgnored,
    #[error("the placeholder %{0}% has no value here: write the text itself")]
    NoPlaceholder(String),
    #[error("{0}")]
    Raised(String),
    #[error("{function} leaves the years 1 to 9999: check the date and the number added")]
    DateOutOfRange { function: &'static str },
    #[error("{function} does not know the {what} {got}: use {choices}")]
    UnknownChoice { function: &'static str, what: &'static str, got: String, choices: &'static str },
    #[error(
        "the text {text} is not a date of the format {format}: check the source attribute, or the format"
    )]
    DateFormat { text: String, format: String },
    #[error("the date format {format} cannot be used: {why}")]
    BadFormat { format: String, why: String },
    #[error("{function} cannot read {got}: it must be {expected}")]
    Unreadable { function: &'static str, expected: &'static str, got: String },
    #[error(transparent)]
    Pattern(#[from] PatternError),
    #[error(
        "Replace finds neither a text nor a pattern to look for: give oldValue or regexPattern, and what replaces it"
    )]
    NothingToReplace,
    #[error("RandomString cannot make such a text: {0}")]
    Random(String),
    #[error(
        "SelectUniqueValue asks the target which value is free: its candidates must be tried there one by one"
    )]
    NeedsTarget,
    #[error("the function {0} is not known")]
    UnknownFunction(String),
    #[error(
        "the evaluation takes more than {STEPS_MAX} steps: shorten the lists or the expression"
    )]
    TooManySteps,
    #[error(
        "the evaluation makes more than {OUTPUT_BYTES_MAX} bytes of text: shorten the values or the expression"
    )]
    TooMuchOutput,
}
