//! Why a file is refused as a synchronisation schema, in words for whoever picked it.

use super::lenient::Misfit;
use super::place::{self, Place};
use super::read::{SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX};
use super::stranger::Stranger;
use crate::text::TextError;

/// Why a file holds no synchronisation schema.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The file is no text at all.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The file is too large.
    #[error(
        "the file has {bytes} bytes, the most is {SCHEMA_BYTES_MAX}; is it the schema of one job?"
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The file is something else that we know.
    #[error("{0}")]
    Stranger(Stranger),
    /// The document ends in its middle.
    #[error("line {}, column {}: the document ends here, in its middle; it was cut off when it was copied or saved, export it again", place.line, place.column)]
    Truncated {
        /// Where it ends.
        place: Place,
    },
    /// The text is no JSON.
    #[error("line {}, column {}: this is not JSON: {why}; {hint}", place.line, place.column)]
    NotJson {
        /// Where.
        place: Place,
        /// The parser's words.
        why: String,
        /// What to do.
        hint: &'static str,
    },
    /// Brackets are nested too deep.
    #[error("line {}, column {}: more than {SCHEMA_DEPTH_MAX} lists and objects lie inside each other here; \
         if it is a long expression, keep its \"expression\" and empty its \"parameters\"", place.line, place.column)]
    TooDeep {
        /// Where.
        place: Place,
    },
    /// More entries than any job has.
    #[error("the schema has {count} {what}, the most is {most}; is it the schema of one job?")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// The most.
        most: usize,
    },
    /// A wrapper around a wrapper around a wrapper.
    #[error(
        "the schema is wrapped in too many documents; save the part with \"synchronizationRules\" by itself"
    )]
    Wrapped,
    /// Values that cannot be what their keys hold.
    #[error("{}", listed(.0))]
    Misfits(Vec<Misplaced>),
    /// The document does not have the schema's shape, which the reader should have noticed.
    #[error("this is not a synchronisation schema: {why}; export it again")]
    Shape {
        /// The reader's words.
        why: String,
    },
}

/// A value that cannot be what its key holds.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{path}: should be {expected}, but is {found}{}", told(*place), hinted(*hint))]
pub struct Misplaced {
    /// Where it stands in the file.
    pub place: Option<Place>,
    /// Where it stands in the document, such as `synchronizationRules[0].priority`.
    pub path: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// What to do, if we can guess.
    pub hint: Option<&'static str>,
}

impl Misplaced {
    pub(super) fn new(misfit: Misfit, text: &str) -> Self {
        let Misfit { path, expected, found, hint } = misfit;
        Self { place: place::find(text, &path), path: place::written(&path), expected, found, hint }
    }
}

fn told(place: Option<Place>) -> String {
    place
        .map(|Place { line, column }| format!("line {line}, column {column}: "))
        .unwrap_or_default()
}

fn hinted(hint: Option<&str>) -> String {
    hint.map(|hint| format!("; {hint}")).unwrap_or_default()
}

fn listed(misfits: &[Misplaced]) -> String {
    misfits.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
