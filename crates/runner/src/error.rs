//! What can go wrong with a job as a whole; what goes wrong with one object is in its log entry.

use directory::DirectoryError;
use engine::finding::Finding;
use store::StoreError;
use target::TargetError;

/// Why a command about a job, or a run of it, ended without its result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The data file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The key that protects the secrets.
    #[error(transparent)]
    Secret(#[from] store::secret::SecretError),
    /// The key file is gone although there are secrets that it protects.
    #[error(
        "the key file \"{path}\" is missing, and the stored credentials cannot be read without it; put it back from a backup, \
         or begin with another data folder by --data"
    )]
    KeyMissing {
        /// Where it should be.
        path: String,
    },
    /// No such application.
    #[error(
        "no application is called \"{0}\"; \"instep app list\" shows them, \"instep app add\" adds one"
    )]
    NoApplication(String),
    /// The application exists but nothing provisions it.
    #[error(
        "application \"{0}\" has no provisioning yet; add it from the gallery with \"instep app add --template … --name {0:?}\""
    )]
    NoJob(String),
    /// The application is provisioned already.
    #[error("application \"{0}\" is provisioned already; choose another name")]
    JobExists(String),
    /// No such template.
    #[error("the gallery has no template \"{name}\"; it has {known}")]
    NoTemplate {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The job has nowhere to go yet.
    #[error("application \"{0}\" has no credentials yet; set them with \"instep app credentials\"")]
    NoCredentials(String),
    /// The connection cannot be used, or the target refuses us.
    #[error("application \"{application}\": {error}")]
    Target {
        /// The application.
        application: String,
        /// What happened.
        error: TargetError,
    },
    /// The schema cannot be compiled.
    #[error(
        "the attribute mappings of application \"{application}\" cannot be used: {}",
        listed(findings)
    )]
    Schema {
        /// The application.
        application: String,
        /// All that is wrong.
        findings: Vec<Finding>,
    },
    /// No such version of the schema.
    #[error(
        "the schema of application \"{application}\" has no version {version}, the newest is {newest}; \"instep schema versions {application:?}\" lists them"
    )]
    NoSchemaVersion {
        /// The application.
        application: String,
        /// What was asked for.
        version: i64,
        /// The newest one.
        newest: i64,
    },
    /// Somebody else saved the schema at the same time.
    #[error(
        "somebody else changed the schema of application \"{application}\" at this moment, so nothing was stored; look at what differs now and try again"
    )]
    SchemaChanged {
        /// The application.
        application: String,
    },
    /// A stored document does not parse, which only a newer version could have written.
    #[error(
        "the stored {what} of a job cannot be read ({why}); was it written by a newer version?"
    )]
    Stored {
        /// Which document.
        what: &'static str,
        /// The parser's words.
        why: String,
    },
    /// The lock file.
    #[error("the lock file \"{path}\" cannot be used: {why}; the data folder has to be writable")]
    Lease {
        /// The file.
        path: String,
        /// The system's words.
        why: String,
    },
    /// Another process works on the job.
    #[error(
        "another process works on this job and was not done after {waited_s} s; try again later, or stop it"
    )]
    Busy {
        /// How long we waited.
        waited_s: u64,
    },
    /// The job has no table of this name.
    #[error("there is no table \"{name}\"; there are: {known}")]
    NoTable {
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// A setting that makes no sense.
    #[error("{0}")]
    Setting(String),
}

fn listed(findings: &[Finding]) -> String {
    findings
        .iter()
        .filter(|finding| finding.is_error())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}
