//! JSON that remembers where it stood, so that errors can name the line.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::ExportError;

/// The members of an object, each still as text.
pub(super) type Fields<'t> = BTreeMap<String, &'t RawValue>;

/// A file's text, with its lines.
pub(super) struct Source<'t> {
    text: &'t str,
    /// Where each line begins, in bytes.
    lines: Vec<usize>,
    whole: &'t RawValue,
}

/// What a file consists of.
pub(super) enum Top<'t> {
    Object(Fields<'t>),
    List(Vec<&'t RawValue>),
}

impl<'t> Source<'t> {
    /// Checks that the whole text is one JSON value, before anything is looked at.
    pub(super) fn new(text: &'t str) -> Result<Self, ExportError> {
        let lines =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        match serde_json::from_str(text) {
            Ok(whole) => Ok(Self { text, lines, whole }),
            Err(error) if error.is_eof() => Err(ExportError::Cut { line: error.line() }),
            Err(error) => {
                let why = bare(&error);
                Err(ExportError::NotJson { line: error.line(), column: error.column(), why })
            }
        }
    }

    pub(super) fn top(&self) -> Result<Top<'t>, ExportError> {
        match self.whole.get().as_bytes().first() {
            Some(b'{') => self.object(self.whole).map(Top::Object),
            Some(b'[') => self.list(self.whole, "value").map(Top::List),
            _ => Err(ExportError::NotAnExport {
                line: self.line(self.whole),
                found: "a single value".to_owned(),
            }),
        }
    }

    /// The line that `raw`, a part of this text, begins on; counted from 1.
    pub(super) fn line(&self, raw: &RawValue) -> usize {
        // Both are addresses inside one text: their difference is the offset in bytes.
        let offset = (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.lines.partition_point(|start| *start <= offset)
    }

    pub(super) fn object(&self, raw: &'t RawValue) -> Result<Fields<'t>, ExportError> {
        self.parsed(raw, "value").map_err(|error| match error {
            ExportError::Field { line, .. } => ExportError::NotAnExport {
                line,
                found: format!("{} where an object belongs", kind(raw)),
            },
            other => other,
        })
    }

    pub(super) fn list(
        &self,
        raw: &'t RawValue,
        field: &str,
    ) -> Result<Vec<&'t RawValue>, ExportError> {
        if kind(raw) == "a list" {
            self.parsed(raw, field)
        } else {
            Err(self.wrong(raw, field, format!("expected a list, found {}", kind(raw))))
        }
    }

    pub(super) fn value(&self, raw: &RawValue, field: &str) -> Result<Value, ExportError> {
        serde_json::from_str(raw.get()).map_err(|error| self.wrong(raw, field, bare(&error)))
    }

    /// The text that `raw` is, if it is one.
    pub(super) fn text(&self, raw: &RawValue) -> Option<String> {
        debug_assert!(self.line(raw) > 0);
        serde_json::from_str(raw.get()).ok()
    }

    pub(super) fn wrong(&self, raw: &RawValue, field: &str, why: String) -> ExportError {
        ExportError::Field { line: self.line(raw), field: field.to_owned(), why }
    }

    pub(super) fn not_an_export(&self, fields: &Fields<'_>) -> ExportError {
        ExportError::NotAnExport { line: self.line(self.whole), found: described(fields) }
    }

    fn parsed<T: Deserialize<'t>>(&self, raw: &'t RawValue, field: &str) -> Result<T, ExportError> {
        serde_json::from_str(raw.get()).map_err(|error| self.wrong(raw, field, bare(&error)))
    }
}

/// What a value is, in words, by its first byte: the text is known to be JSON.
pub(super) fn kind(raw: &RawValue) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "text",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// An object by its first keys, for an error.
pub(super) fn described(fields: &Fields<'_>) -> String {
    const SHOWN: usize = 4;
    if fields.is_empty() {
        return "an empty object".to_owned();
    }
    let names: Vec<String> = fields.keys().take(SHOWN).map(|name| format!("\"{name}\"")).collect();
    let more = if fields.len() > SHOWN { ", …" } else { "" };
    format!("an object with {}{more}", names.join(", "))
}

/// The parser's sentence without its own place, which would be that inside a part.
fn bare(error: &serde_json::Error) -> String {
    let sentence = error.to_string();
    match sentence.rfind(" at line ") {
        Some(at) => sentence[..at].to_owned(),
        None => sentence,
    }
}
