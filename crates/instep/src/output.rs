//! The one place that prints: text for people, or with `--json` documents for programs.
//!
//! Results go to standard output, complaints to standard error. A reader that has gone is no error.

use std::io::{self, ErrorKind, Write as _};

use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;

/// How this process prints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// Prints JSON, or text.
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read along.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Prints a result: the whole document, or its text.
    ///
    /// # Errors
    /// The output cannot be written; [`Failure::reader_gone`] if nobody reads it.
    pub(crate) fn show<T: Serialize + ?Sized>(
        self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let json = || serde_json::to_string_pretty(value);
        self.print(json, text)
    }

    /// Prints one of many results: the document on a line of its own, or its text.
    ///
    /// # Errors
    /// As for [`Output::show`].
    pub(crate) fn line<T: Serialize + ?Sized>(
        self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let json = || serde_json::to_string(value);
        self.print(json, text)
    }

    /// Says on standard error why a command failed. What cannot be said there is lost.
    pub(crate) fn complain(self, failure: &Failure) {
        if failure.sentence.is_empty() {
            return;
        }
        let text = if self.json {
            json!({ "error": { "exitCode": failure.exit as u8, "message": failure.sentence } })
                .to_string()
        } else {
            harmless(&format!("error: {}", failure.sentence))
        };
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Tells a person something beside the result, on standard error; programs are not told.
    pub(crate) fn remark(self, text: &str) {
        if !self.json {
            let _ = writeln!(io::stderr().lock(), "{}", harmless(text));
        }
    }

    fn print(
        self,
        json: impl FnOnce() -> serde_json::Result<String>,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let text =
            if self.json { json().expect("our documents are JSON") } else { harmless(&text()) };
        let mut out = io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| {
            if !text.is_empty() && !text.ends_with('\n') {
                out.write_all(b"\n")?;
            }
            out.flush()
        });
        written.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::reader_gone(),
            _ => Failure::storage(format!("the output cannot be written: {error}")),
        })
    }
}

/// The text without control characters: names come from anywhere, and a terminal obeys them.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_command_the_terminal() {
        assert_eq!(harmless("\u{1b}[2JŞükrü\r\n"), "\u{fffd}[2JŞükrü\u{fffd}\n");
    }
}
