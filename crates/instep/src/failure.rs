//! Failures as a person and a script learn of them: one sentence and an exit code.

use std::process::ExitCode;

use directory::{DirectoryError, ImportError};
use genesys::AdministrationError;
use graph::export::ExportError;
use runner::RunError;
use store::StoreError;
use target::{ConnectionProblem, ProblemCode, TargetError};

/// What the process says when it ends. The numbers are promised in `instep --help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Done = 0,
    /// Done, but some objects failed.
    SomeFailed = 1,
    /// Wrong usage or input; nothing was done.
    Usage = 2,
    /// The data folder, its file or the port cannot be used.
    Storage = 3,
    /// The target refused, or cannot be reached.
    Target = 4,
    /// What a reference names does not exist.
    NotFound = 5,
}

/// Why a command ended without its result.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub(crate) struct Failure {
    /// What the process ends with.
    pub(crate) exit: Exit,
    /// What happened and what to do now; empty when nobody is there to read it.
    pub(crate) sentence: String,
}

impl Failure {
    /// Wrong usage or input.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, sentence: sentence.into() }
    }

    /// The data folder, its file or the port cannot be used.
    pub(crate) fn storage(sentence: impl Into<String>) -> Self {
        Self { exit: Exit::Storage, sentence: sentence.into() }
    }

    /// The target refused, or cannot be reached.
    pub(crate) fn target(sentence: impl Into<String>) -> Self {
        Self { exit: Exit::Target, sentence: sentence.into() }
    }

    /// Says first whom the sentence is about.
    pub(crate) fn about(mut self, whom: &str) -> Self {
        self.sentence = format!("{whom}: {}", self.sentence);
        self
    }

    /// Whoever read our output has gone, as in `instep user list | head`: a quiet, good end.
    pub(crate) fn reader_gone() -> Self {
        Self { exit: Exit::Done, sentence: String::new() }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = match &error {
            RunError::Store(error) => of_store(error),
            RunError::Directory(error) => of_directory(error),
            RunError::NoApplication(_)
            | RunError::NoJob(_)
            | RunError::NoSchemaVersion { .. }
            | RunError::NoTable { .. } => Exit::NotFound,
            RunError::Target { error: TargetError::Address(_) | TargetError::Setup(_), .. }
            | RunError::JobExists(_)
            | RunError::NoTemplate { .. }
            | RunError::NoCredentials(_)
            | RunError::Schema { .. }
            | RunError::SchemaChanged { .. }
            | RunError::Setting(_) => Exit::Usage,
            RunError::Target { .. } => Exit::Target,
            RunError::Secret(_)
            | RunError::KeyMissing { .. }
            | RunError::Stored { .. }
            | RunError::Lease { .. }
            | RunError::Busy { .. } => Exit::Storage,
        };
        Self { exit, sentence: error.to_string() }
    }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        let mut sentence = error.to_string();
        if matches!(&error, DirectoryError::NoApplication { near, .. } if near.is_empty()) {
            sentence.push_str("; \"instep app list\" shows them, \"instep app add\" adds one");
        }
        Self { exit: of_directory(&error), sentence }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        let exit = match &error {
            ImportError::Directory(error) => of_directory(error),
            _ => Exit::Usage,
        };
        Self { exit, sentence: error.to_string() }
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<ConnectionProblem> for Failure {
    fn from(problem: ConnectionProblem) -> Self {
        let exit = match problem.code {
            ProblemCode::BadSettings => Exit::Usage,
            _ => Exit::Target,
        };
        Self { exit, sentence: problem.to_string() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { exit: of_store(&error), sentence: error.to_string() }
    }
}

impl From<AdministrationError> for Failure {
    fn from(error: AdministrationError) -> Self {
        let exit = match &error {
            AdministrationError::Store(error) => of_store(error),
            AdministrationError::Missing { .. } | AdministrationError::Unknown { .. } => {
                Exit::NotFound
            }
            _ => Exit::Usage,
        };
        Self { exit, sentence: error.to_string() }
    }
}

fn of_store(error: &StoreError) -> Exit {
    match error {
        // Another object has the value already: the input is at fault, not the file.
        StoreError::Unique { .. } => Exit::Usage,
        _ => Exit::Storage,
    }
}

fn of_directory(error: &DirectoryError) -> Exit {
    match error {
        DirectoryError::Store(error) => of_store(error),
        DirectoryError::NotFound { .. }
        | DirectoryError::NoApplication { .. }
        | DirectoryError::NoRole { .. } => Exit::NotFound,
        DirectoryError::Contended(_) | DirectoryError::Unreadable { .. } => Exit::Storage,
        _ => Exit::Usage,
    }
}
