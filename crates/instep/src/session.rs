//! The data folder of a command.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use runner::{Clock, Runner};
use store::schema::FILE_NAME;

use crate::failure::Failure;
use crate::output::Output;

/// Who makes the changes that come from the command line.
pub(crate) const ACTOR: &str = "command line";

/// What every command gets: its data folder and how to print.
#[derive(Debug)]
pub(crate) struct Session {
    /// The data folder.
    pub(crate) data: PathBuf,
    /// How to print.
    pub(crate) output: Output,
}

impl Session {
    /// Opens the data folder, makes it when it is new.
    ///
    /// # Errors
    /// It cannot be used.
    pub(crate) async fn open_or_make(&self) -> Result<Runner, Failure> {
        Ok(Runner::open(&self.data, clock()).await?)
    }

    /// Opens a data folder that exists: a slip in `--data` must not look like an empty organisation.
    ///
    /// # Errors
    /// There is none, or it cannot be used.
    pub(crate) async fn open(&self) -> Result<Runner, Failure> {
        match self.data.join(FILE_NAME).try_exists() {
            Ok(false) => Err(Failure::storage(format!(
                "the data folder \"{}\" holds no organisation yet; fill it with \"instep import graph\", or name another one by --data",
                self.data.display()
            ))),
            Ok(true) | Err(_) => self.open_or_make().await,
        }
    }
}

/// The clock of the command line.
pub(crate) fn clock() -> Clock {
    Arc::new(Timestamp::now)
}

/// The time now.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
