//! Imports: a feed brings what it knows, and the directory follows.
//!
//! A feed changes and removes only what it owns, removes only from a complete file, and only
//! within its guard. Everything is checked before anything is written, and one import happens as
//! a whole or not at all. What is there already is not written again.

mod application;
mod objects;

use engine::object::ObjectKind;
use graph::export::Export;
use jiff::Timestamp;
use store::StoreError;
use uuid::Uuid;

use crate::change::Subject;
use crate::error::{DirectoryError, word};
use crate::{API_FEED, Directory};

/// The share of its objects that a feed may remove by one import, unless told otherwise.
pub const REMOVAL_SHARE_MAX: f64 = 0.20;

/// What a feed brings: users, groups, or an application.
pub type Import = Export;

/// How far an import may go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImportOptions {
    /// The share of the feed's objects, between 0 and 1, that it may remove. One object it may
    /// always remove.
    pub removal_share_max: f64,
    /// Lifts that limit.
    pub allow_removals: bool,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// What the file holds.
    pub subject: Subject,
    /// Whether the file says that these are all. Otherwise nothing was removed.
    pub complete: bool,
    /// Objects that are new.
    pub created: usize,
    /// Objects whose attributes changed.
    pub updated: usize,
    /// Objects whose attributes stayed.
    pub unchanged: usize,
    /// Objects put into the recycle bin, since the file has them no more.
    pub removed: usize,
    /// Objects taken out of the recycle bin, since the file has them again.
    pub restored: usize,
    /// Memberships, managers or assignments that came.
    pub edges_added: usize,
    /// Memberships, managers or assignments that went.
    pub edges_removed: usize,
    /// What the file mentions but other feeds own.
    pub left_alone: Vec<LeftAlone>,
}

/// Something in a file that another feed owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftAlone {
    /// Its id.
    pub id: String,
    /// The name that people know it by.
    pub display_name: String,
    /// The line of the file, counted from 1.
    pub line: usize,
    /// The feed that owns it.
    pub feed: String,
}

impl Directory {
    /// Brings the directory in step with what a feed brings. An absent property keeps its value,
    /// members that the file does not mention stay, and references to objects that are not there
    /// yet are kept until these come. An object in the recycle bin that the file has is restored.
    ///
    /// # Errors
    /// Too much would be removed, a sign-in name would belong to two, the file refers to a role
    /// that does not exist, or the data file fails. Then nothing was written.
    pub async fn import(
        &self,
        feed: &str,
        records: Import,
        options: &ImportOptions,
        actor: &str,
        now: Timestamp,
    ) -> Result<ImportReport, ImportError> {
        if feed.trim().is_empty() || feed == API_FEED {
            return Err(ImportError::FeedName(feed.to_owned()));
        }
        let records = &records;
        let new_id = Uuid::new_v4().to_string();
        let new_id = new_id.as_str();
        self.write(actor, now, |draft| {
            Box::pin(async move {
                match records {
                    Export::Users(users) => {
                        self.import_objects(draft, feed, ObjectKind::User, users, options).await
                    }
                    Export::Groups(groups) => {
                        self.import_objects(draft, feed, ObjectKind::Group, groups, options).await
                    }
                    Export::Application(application) => {
                        self.import_application(draft, feed, application, new_id).await
                    }
                }
            })
        })
        .await
    }
}

/// Why an import was refused; nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A feed without a name, or with a name that is taken.
    #[error("an import cannot own objects as \"{0}\"; give the feed a name of its own")]
    FeedName(String),
    /// The guard holds.
    #[error(
        "the file lacks {missing} of the {total} {}s that \"{feed}\" brought before ({} %, at most {} % may go at once), so nothing was imported; check that the export is whole, or allow it with --allow-removals",
        word(Some(*kind)), percent(*missing, *total), limit(*share_max)
    )]
    Guard {
        /// The feed.
        feed: String,
        /// Users or groups.
        kind: ObjectKind,
        /// How many would be removed.
        missing: usize,
        /// How many the feed owns.
        total: usize,
        /// The share that may be removed.
        share_max: f64,
    },
    /// Two users of the file would have one sign-in name.
    #[error(
        "lines {first} and {second} have the same userPrincipalName \"{user_principal_name}\"; correct one of the two"
    )]
    TwoOfOnePrincipal {
        /// The sign-in name.
        user_principal_name: String,
        /// The line of the first.
        first: usize,
        /// The line of the second.
        second: usize,
    },
    /// A user of another feed has the sign-in name.
    #[error(
        "line {line}: the userPrincipalName \"{user_principal_name}\" belongs to user \"{holder}\" of \"{feed}\" already; rename or delete that user first"
    )]
    PrincipalTaken {
        /// Counted from 1.
        line: usize,
        /// The sign-in name.
        user_principal_name: String,
        /// The id of who has it.
        holder: String,
        /// The feed that brought who has it.
        feed: String,
    },
    /// A user's id is that of a group, or the other way round.
    #[error("line {line}: the id \"{id}\" belongs to a {} already; correct it there", word(Some(*found)))]
    WrongKind {
        /// Counted from 1.
        line: usize,
        /// The id.
        id: String,
        /// What has it.
        found: ObjectKind,
    },
    /// An assignment with a role that there is not.
    #[error(
        "line {line}: the assignment has the role \"{role}\", which \"{application}\" does not have; export its appRoles too"
    )]
    UnknownRole {
        /// Counted from 1.
        line: usize,
        /// The role's id.
        role: String,
        /// The application's name.
        application: String,
    },
}

impl ImportOptions {
    /// Whether so many of so many objects may go.
    fn allow(&self, missing: usize, total: usize) -> bool {
        self.allow_removals
            || missing <= 1
            || number(missing) <= self.removal_share_max * number(total)
    }
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self { removal_share_max: REMOVAL_SHARE_MAX, allow_removals: false }
    }
}

impl ImportReport {
    fn new(subject: Subject, complete: bool) -> Self {
        Self {
            subject,
            complete,
            created: 0,
            updated: 0,
            unchanged: 0,
            removed: 0,
            restored: 0,
            edges_added: 0,
            edges_removed: 0,
            left_alone: Vec::new(),
        }
    }

    /// Whether the import wrote anything.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.created
            + self.updated
            + self.removed
            + self.restored
            + self.edges_added
            + self.edges_removed
            > 0
    }
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Directory(error.into())
    }
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.0}", 100.0 * number(part) / number(whole.max(1)))
}

fn limit(share: f64) -> String {
    format!("{:.0}", 100.0 * share)
}
