//! What a check finds in a configuration: how bad, where, what, and what to do.

use expression::Span;
use serde::Serialize;

/// Something noticed in a synchronisation schema, in words that an administrator can act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether the configuration can be used all the same.
    pub severity: Severity,
    /// Where in the schema, in the words of the console.
    pub place: String,
    /// Which part of the expression or pattern that stands there, in bytes.
    #[serde(serialize_with = "span", skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// What is the matter.
    pub sentence: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It works, but perhaps not as meant.
    Warning,
}

impl Finding {
    /// Something that keeps the configuration from being used.
    #[must_use]
    pub fn error(place: &str, sentence: impl Into<String>, hint: &str) -> Self {
        Self::new(Severity::Error, place, sentence.into(), hint)
    }

    /// Something that works, but perhaps not as meant.
    #[must_use]
    pub fn warning(place: &str, sentence: impl Into<String>, hint: &str) -> Self {
        Self::new(Severity::Warning, place, sentence.into(), hint)
    }

    /// Whether the configuration cannot be used because of it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The finding with the part of the text that it is about.
    #[must_use]
    pub(crate) fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    fn new(severity: Severity, place: &str, sentence: String, hint: &str) -> Self {
        let hint = Some(hint.to_owned()).filter(|hint| !hint.is_empty());
        Self { severity, place: place.to_owned(), span: None, sentence, hint }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.sentence)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Finding {}

#[expect(clippy::ref_option, reason = "the shape that serde asks for")]
fn span<S: serde::Serializer>(span: &Option<Span>, serializer: S) -> Result<S::Ok, S::Error> {
    span.map(|span| [span.start, span.end]).serialize(serializer)
}
