//! `instep schema`: an application's mappings, filters and attribute lists as Microsoft Graph's document.

mod document;
mod save;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::failure::{Exit, Failure};
use crate::session::{ACTOR, Session};

pub(crate) const AFTER_HELP: &str = "\
FILE is Graph's synchronisation schema as Entra ID, the portal, an SDK or \"instep schema export\" wrote it; \
\"-\" reads standard input.

Example:
  instep schema diff CRM entra-export.json
  instep schema import CRM entra-export.json --reason \"as in Entra\"
  instep schema rollback CRM 1";

const DIFF_HELP: &str = "\
A file is compared with the schema of now, a version with the schema of now, two versions with each other. \
The exit code is 1 if something differs.

Example:
  instep schema diff CRM entra-export.json
  instep schema diff CRM --version 3 --version 5";

const IMPORT_HELP: &str = "\
The file replaces mappings, filters and attribute lists as a whole. Ids and directory names of another \
application give way to this one's. A schema with errors is refused, and nothing is changed.

Example:
  instep schema import CRM entra-export.json --dry-run";

/// What can be done with a schema; an application is named by its name or id.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the schema as Graph's document
    #[command(after_help = "Example:\n  instep schema export CRM --out crm-schema.json")]
    Export {
        /// The application
        #[arg(value_name = "APP")]
        application: String,
        /// Where to write it [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// An older version
        #[arg(long, value_name = "N")]
        version: Option<i64>,
    },
    /// Replace the schema by one from a file
    #[command(after_help = IMPORT_HELP)]
    Import {
        /// The application
        #[arg(value_name = "APP")]
        application: String,
        /// The file
        file: PathBuf,
        /// Import a file although the schema was changed since it was exported
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        edit: Edit,
    },
    /// Say in words what differs
    #[command(after_help = DIFF_HELP)]
    Diff {
        /// The application
        #[arg(value_name = "APP")]
        application: String,
        /// The file to compare with
        #[arg(required_unless_present = "versions", conflicts_with = "versions")]
        file: Option<PathBuf>,
        /// The version to compare; given twice, from the first to the second
        #[arg(long = "version", value_name = "N")]
        versions: Vec<i64>,
    },
    /// Look for mistakes in an application's schema or in a file
    #[command(
        after_help = "Example:\n  instep schema check CRM\n  instep schema check entra-export.json --strict"
    )]
    Check {
        /// The application or the file
        #[arg(value_name = "APP|FILE")]
        subject: String,
        /// Fail on warnings too
        #[arg(long)]
        strict: bool,
    },
    /// List who changed the schema, when and why
    #[command(after_help = "Example:\n  instep schema versions CRM")]
    Versions {
        /// The application
        #[arg(value_name = "APP")]
        application: String,
    },
    /// Put an older version back, as a new version
    #[command(
        after_help = "Example:\n  instep schema rollback CRM 3 --reason \"titles went wrong\""
    )]
    Rollback {
        /// The application
        #[arg(value_name = "APP")]
        application: String,
        /// The version to put back
        version: i64,
        #[command(flatten)]
        edit: Edit,
    },
    /// Add the attributes that the target says it has
    #[command(after_help = "Example:\n  instep schema discover CRM --dry-run")]
    Discover {
        /// The application
        #[arg(value_name = "APP")]
        application: String,
        #[command(flatten)]
        edit: Edit,
    },
}

/// Who changes a schema, and whether in earnest.
#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Who makes the change, for the list of versions [default: the system's user]
    #[arg(long, value_name = "NAME", env = USER_VARIABLE, hide_env = true, value_parser = words)]
    actor: Option<String>,
    /// Why, for the list of versions
    #[arg(long, value_name = "TEXT", value_parser = words)]
    reason: Option<String>,
}

/// Where the system says who is at the terminal.
const USER_VARIABLE: &str = if cfg!(windows) { "USERNAME" } else { "USER" };

/// Most characters of a name or a reason.
const WORDS_MAX: usize = 500;

fn words(text: &str) -> Result<String, String> {
    match text.chars().count() {
        0..=WORDS_MAX => Ok(text.trim().to_owned()),
        count => Err(format!("{count} characters, the most is {WORDS_MAX}")),
    }
}

impl Edit {
    /// Who makes the change.
    fn actor(&self) -> String {
        let named = self.actor.clone().filter(|name| !name.is_empty());
        named.unwrap_or_else(|| ACTOR.to_owned())
    }
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<Exit, Failure> {
    match command {
        Command::Export { application, out, version } => {
            show::export(session, &application, out.as_deref(), version).await
        }
        Command::Import { application, file, force, edit } => {
            save::import(session, &application, &file, force, &edit).await
        }
        Command::Diff { application, file, versions } => {
            show::diff(session, &application, file.as_deref(), &versions).await
        }
        Command::Check { subject, strict } => show::check(session, &subject, strict).await,
        Command::Versions { application } => show::versions(session, &application).await,
        Command::Rollback { application, version, edit } => {
            save::rollback(session, &application, version, &edit).await
        }
        Command::Discover { application, edit } => {
            save::discover(session, &application, &edit).await
        }
    }
}
