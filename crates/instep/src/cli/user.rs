//! `instep user`: the people of the organisation.

use clap::{Args, Subcommand};
use directory::{Edit, ObjectKind, SetOptions};

use crate::cli::object::{self, ListArguments};
use crate::cli::values::{self, values_help};
use crate::failure::{Exit, Failure};
use crate::session::{ACTOR, Session, now};

pub(crate) const AFTER_HELP: &str = "\
A user is named by id, userPrincipalName or unique display name.

Example:
  instep user list --search ada
  instep user set ada@example.com jobTitle=Head --manager grace@example.com";

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List users by name
    #[command(after_help = "Example:\n  instep user list --search ada --limit 20")]
    List(ListArguments),
    /// Show a user: attributes, manager, groups
    #[command(after_help = "Example:\n  instep user show ada@example.com")]
    Show(User),
    /// Create a user
    #[command(
        after_help = "Example:\n  instep user create userPrincipalName=ada@example.com displayName=\"Ada L.\""
    )]
    Create {
        /// Attribute values: name=value, or name:=json
        #[arg(required = true, value_name = "NAME=VALUE")]
        values: Vec<String>,
        /// The manager
        #[arg(long, value_name = "REF")]
        manager: Option<String>,
    },
    /// Change a user's attributes or manager
    #[command(after_help = concat!(values_help!(), "\n\nExample:\n  instep user set ada@example.com jobTitle=\"Team lead\" --clear mobile"))]
    Set(Set),
    /// Put a user into the recycle bin
    #[command(after_help = "Example:\n  instep user delete ada@example.com")]
    Delete(object::Delete),
    /// Take a user out of the recycle bin
    #[command(after_help = "Example:\n  instep user restore ada@example.com")]
    Restore(User),
}

/// A user.
#[derive(Debug, Args)]
pub(crate) struct User {
    /// The user
    #[arg(value_name = "REF")]
    user: String,
}

/// What to change.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// The user
    #[arg(value_name = "REF")]
    user: String,
    /// Attribute values: name=value, or name:=json
    #[arg(value_name = "NAME=VALUE", required_unless_present_any = ["clear", "manager", "no_manager"])]
    values: Vec<String>,
    /// An attribute that loses its value; may be repeated
    #[arg(long, value_name = "NAME")]
    clear: Vec<String>,
    /// The new manager
    #[arg(long, value_name = "REF", conflicts_with = "no_manager")]
    manager: Option<String>,
    /// Leave the user without a manager
    #[arg(long)]
    no_manager: bool,
    /// Accept attribute names that no object has yet
    #[arg(long)]
    force: bool,
}

const KIND: ObjectKind = ObjectKind::User;

pub(crate) async fn run(command: Command, session: &Session) -> Result<Exit, Failure> {
    match command {
        Command::List(arguments) => object::list(session, KIND, arguments).await,
        Command::Show(User { user }) => object::show(session, KIND, &user).await,
        Command::Create { values, manager } => create(session, &values, manager.as_deref()).await,
        Command::Set(set) => change(session, &set).await,
        Command::Delete(delete) => object::delete(session, KIND, &delete).await,
        Command::Restore(User { user }) => object::restore(session, KIND, &user).await,
    }
}

async fn create(
    session: &Session,
    values: &[String],
    manager: Option<&str>,
) -> Result<Exit, Failure> {
    let values = values::read(values, &[])?;
    let directory = session.open_or_make().await?.directory;
    // Whoever is missing is missed before the user exists.
    let manager = match manager {
        Some(manager) => Some(directory.find(manager, Some(KIND)).await?.id),
        None => None,
    };
    let user = directory.create_user(values, ACTOR, now()).await?;
    if let Some(manager) = manager {
        directory.set_manager(&user.id, Some(&manager), ACTOR, now()).await?;
    }
    object::done(session, &user, "created")
}

async fn change(session: &Session, set: &Set) -> Result<Exit, Failure> {
    let values = values::read(&set.values, &set.clear)?;
    let directory = session.open().await?.directory;
    let user = directory.find(&set.user, Some(KIND)).await?;
    let manager = match &set.manager {
        Some(manager) => Some(directory.find(manager, Some(KIND)).await?.id),
        None => None,
    };
    let options = SetOptions { force: set.force };
    let Edit { object: user, mut changed } =
        directory.set(&user.id, values, options, ACTOR, now()).await?;
    if manager.is_some() || set.no_manager {
        changed |= directory.set_manager(&user.id, manager.as_deref(), ACTOR, now()).await?;
    }
    object::done(session, &user, if changed { "changed" } else { "is so already" })
}
