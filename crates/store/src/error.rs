//! What can go wrong with a data file, in sentences for the person at the console.

use rusqlite::{ErrorCode, ffi};

use crate::connection::BUSY_TIMEOUT_S;

/// Why the store could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Nothing can be read or written until a person has acted.
    #[error("the data file \"{path}\" {failure}")]
    File {
        /// The data file.
        path: String,
        /// What is wrong with it.
        failure: Failure,
    },
    /// A [`crate::Step::Expect`] changed another number of rows; the whole
    /// transaction was undone.
    #[error(
        "step {step} of a transaction changed {found} rows instead of {expected}, so all of it was undone: the data changed meanwhile, read it again"
    )]
    Conflict {
        /// The step, counted from 0.
        step: usize,
        /// How many rows it should have changed.
        expected: usize,
        /// How many it did change.
        found: usize,
    },
    /// A second row with the same unique key; the whole transaction was undone.
    #[error("the value is already taken ({key}): choose another one")]
    Unique {
        /// The columns of the key, as `table.column, table.column`.
        key: String,
    },
    /// A row refers to another one that is not there, or no more; the whole transaction
    /// was undone.
    #[error("what a new row refers to is gone, so nothing was stored: read it again")]
    Reference,
    /// A column holds another kind of value than the statement's reader expects.
    #[error(
        "column {column} should hold {expected} but holds {found}: the data file was written by something else"
    )]
    Column {
        /// The column, counted from 0.
        column: usize,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// The database refused a statement: a mistake in this program.
    #[error("the database refused a statement of this program: {0}")]
    Statement(String),
    /// The store's thread is gone, since the process is ending.
    #[error("the data file was closed: the process is ending, try again once it runs")]
    Closed,
    /// A key or a secret could not be read.
    #[error("{0}")]
    Secret(#[from] crate::secret::SecretError),
}

/// What is wrong with a data file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Another process held the write lock too long.
    #[error(
        "has been locked by another process for more than {BUSY_TIMEOUT_S} seconds: wait until that process is done, or end it"
    )]
    Locked,
    /// The file, its folder or its disk does not accept writes.
    #[error(
        "cannot be written: let this user write to the file and to its folder, or choose another folder by --data"
    )]
    ReadOnly,
    /// The disk is full.
    #[error("cannot grow, since the disk is full: free some space; what was stored before is safe")]
    DiskFull,
    /// The file is something else.
    #[error("is not a database of this program: move it away, or choose another folder by --data")]
    NotADatabase,
    /// The file is damaged.
    #[error("is damaged ({0}): restore it from a backup")]
    Damaged(String),
    /// A newer program wrote the file.
    #[error(
        "was written by a newer version of this program (tables {found}, this program knows {known}): install the newer version"
    )]
    NewerVersion {
        /// The version of the file.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The file or its folder cannot be opened or made.
    #[error(
        "cannot be opened ({0}): check that its folder exists and may be written, or choose another folder by --data"
    )]
    CannotOpen(String),
    /// The operating system failed to read or write.
    #[error("cannot be read or written ({0}): check the disk")]
    Disk(String),
}

impl StoreError {
    /// Whether another process held the data file too long; trying again may help.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::File { failure: Failure::Locked, .. })
    }

    /// Turns what `SQLite` says into what happened and what to do now.
    pub(crate) fn from_sqlite(error: &rusqlite::Error, path: &str) -> Self {
        let rusqlite::Error::SqliteFailure(code, message) = error else {
            return Self::Statement(error.to_string());
        };
        let text = message.clone().unwrap_or_else(|| code.to_string());
        // The sentence names the file already.
        let text = text.strip_suffix(&format!(": {path}")).unwrap_or(&text).to_owned();
        let failure = match code.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Failure::Locked,
            ErrorCode::ReadOnly => Failure::ReadOnly,
            ErrorCode::DiskFull => Failure::DiskFull,
            ErrorCode::NotADatabase => Failure::NotADatabase,
            ErrorCode::DatabaseCorrupt => Failure::Damaged(text),
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied => Failure::CannotOpen(text),
            // The shared-memory file beside the data file cannot grow.
            ErrorCode::SystemIoFailure if code.extended_code == ffi::SQLITE_IOERR_SHMSIZE => {
                Failure::DiskFull
            }
            ErrorCode::SystemIoFailure => Failure::Disk(text),
            ErrorCode::ConstraintViolation if is_unique(code.extended_code) => {
                let key = text.rsplit(": ").next().unwrap_or_default().to_owned();
                return Self::Unique { key };
            }
            ErrorCode::ConstraintViolation
                if code.extended_code == ffi::SQLITE_CONSTRAINT_FOREIGNKEY =>
            {
                return Self::Reference;
            }
            _ => return Self::Statement(text),
        };
        failure.at(path)
    }
}

impl Failure {
    pub(crate) fn at(self, path: &str) -> StoreError {
        StoreError::File { path: path.to_owned(), failure: self }
    }
}

fn is_unique(extended_code: i32) -> bool {
    matches!(extended_code, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(code: i32) -> String {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        StoreError::from_sqlite(&error, "data/instep.db").to_string()
    }

    #[test]
    fn each_failure_of_the_file_says_what_to_do() {
        insta::assert_snapshot!(sentence(ffi::SQLITE_BUSY), @r#"the data file "data/instep.db" has been locked by another process for more than 10 seconds: wait until that process is done, or end it"#);
        insta::assert_snapshot!(sentence(ffi::SQLITE_READONLY), @r#"the data file "data/instep.db" cannot be written: let this user write to the file and to its folder, or choose another folder by --data"#);
        insta::assert_snapshot!(sentence(ffi::SQLITE_FULL), @r#"the data file "data/instep.db" cannot grow, since the disk is full: free some space; what was stored before is safe"#);
        insta::assert_snapshot!(sentence(ffi::SQLITE_IOERR_SHMSIZE), @r#"the data file "data/instep.db" cannot grow, since the disk is full: free some space; what was stored before is safe"#);
        insta::assert_snapshot!(sentence(ffi::SQLITE_NOTADB), @r#"the data file "data/instep.db" is not a database of this program: move it away, or choose another folder by --data"#);
        insta::assert_snapshot!(sentence(ffi::SQLITE_CORRUPT), @r#"the data file "data/instep.db" is damaged (Error code 11: database disk image is malformed): restore it from a backup"#);
    }
}
