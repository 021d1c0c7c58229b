//! The organisation's directory: users, groups, applications, the edges between them, and the
//! change feed that provisioning jobs follow.
//!
//! Feeds fill it ([`Directory::import`]), administrators change it ([`Directory::set`] and its
//! neighbours), jobs read it in pages. Every write appends to the change feed in the same
//! transaction, and every write is decided on one reading of the directory and committed only if
//! nobody wrote meanwhile; otherwise it is decided again.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod application;
mod assignment;
mod attribute;
mod change;
mod csv;
mod draft;
mod edit;
mod error;
mod find;
mod import;
mod nesting;
mod object;
mod relation;

use std::sync::Arc;

use jiff::Timestamp;
use store::directory as statements;
use store::{Db, Query, Rows};

pub use application::{Application, Role};
pub use assignment::{Assignment, EffectiveAssignment, GroupName, GroupPath, Reach};
pub use change::{AttributeChange, Change, ChangeKind, EdgeKind, Subject};
pub use csv::{CsvError, read_csv};
pub use edit::{Edit, SetOptions};
pub use engine::object::ObjectKind;
pub use error::{Candidate, DirectoryError};
pub use find::{ListKey, ListQuery};
pub use import::{Import, ImportError, ImportOptions, ImportReport, LeftAlone, REMOVAL_SHARE_MAX};
pub use object::Object;

/// The feed that owns what administrators make by hand or through the API.
pub const API_FEED: &str = "api";

/// Most queries in one reading of the data file, so that no reader is kept for long.
const QUERIES_MAX: usize = 500;

/// One organisation's directory. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Directory {
    db: Db,
    organisation: Arc<str>,
    /// Writers of this process take turns; those of other processes are noticed at commit.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Directory {
    /// Opens the directory of `organisation`, which is made if it is not there.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn open(db: Db, organisation: &str, now: Timestamp) -> Result<Self, DirectoryError> {
        let directory = Self { db, organisation: organisation.into(), turn: Arc::default() };
        if directory.one(statements::sequence(organisation)).await?.is_empty() {
            let step = statements::add_organisation(organisation, organisation, now);
            directory.db.transaction(vec![step]).await?;
        }
        Ok(directory)
    }

    /// The organisation's id.
    #[must_use]
    pub fn organisation(&self) -> &str {
        &self.organisation
    }

    /// The number of the newest change; 0 before the first.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn sequence(&self) -> Result<i64, DirectoryError> {
        let rows = self.one(statements::sequence(&self.organisation)).await?;
        Ok(rows.first().map(|row| row.integer(0)).transpose()?.unwrap_or_default())
    }

    async fn one(&self, (sql, values): Query) -> Result<Rows, DirectoryError> {
        Ok(self.db.query(sql, values).await?)
    }

    /// Runs many small queries, in bounded portions, and returns one answer for each.
    async fn many(&self, queries: Vec<Query>) -> Result<Vec<Rows>, DirectoryError> {
        let mut answers = Vec::with_capacity(queries.len());
        let mut queries = queries.into_iter().peekable();
        while queries.peek().is_some() {
            answers.extend(self.db.snapshot(queries.by_ref().take(QUERIES_MAX).collect()).await?);
        }
        Ok(answers)
    }
}

/// A number of rows as statements take it.
fn limited(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
