//! What an administrator does with the organisation; it works while it is served and when it is not.

use clap::Subcommand;
use genesys::{Clock, Organisation, TermKind};

use super::catalogue::{self, NamedCommand, RoleCommand};
use super::client::{self, ClientCommand};
use super::record::{self, Wanted};
use super::setting::{self, Given};
use super::user::{self, UserCommand};
use crate::failure::{Exit, Failure};
use crate::session::Session;

/// What can be administered.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// OAuth clients, by which provisioning services sign in
    #[command(subcommand, after_help = "Example:\n  instep genesys client create --name Instep")]
    Client(ClientCommand),
    /// Groups; clients can only update them
    #[command(subcommand, after_help = "Example:\n  instep genesys group create --name Sales")]
    Group(NamedCommand),
    /// Users, as clients made them
    #[command(subcommand, after_help = "Example:\n  instep genesys user list --json")]
    User(UserCommand),
    /// Roles that users and clients can have
    #[command(subcommand, after_help = "Example:\n  instep genesys role create --name Supervisor")]
    Role(RoleCommand),
    /// Divisions that users can belong to
    #[command(subcommand, after_help = "Example:\n  instep genesys division create --name EMEA")]
    Division(NamedCommand),
    /// Routing skills that users can have
    #[command(subcommand, after_help = "Example:\n  instep genesys skill create --name billing")]
    Skill(NamedCommand),
    /// Routing languages that users can speak
    #[command(
        subcommand,
        after_help = "Example:\n  instep genesys language create --name \"English - Spoken\""
    )]
    Language(NamedCommand),
    /// Who did what, the newest first
    #[command(
        after_help = "Examples:\n  instep genesys records --limit 10\n  instep genesys records --refused --json"
    )]
    Records(Wanted),
    /// The settings of "instep genesys", what they mean and can be
    #[command(
        after_help = "Examples:\n  instep genesys settings\n  instep genesys settings --set unknown-role=ignored --json"
    )]
    Settings(Given),
}

/// Opens the organisation, makes it when it is new.
///
/// # Errors
/// Its file cannot be used.
pub(super) async fn open(session: &Session) -> Result<Organisation, Failure> {
    Ok(Organisation::open(&session.data, Clock::system()).await?)
}

pub(super) async fn run(command: Command, session: &Session) -> Result<Exit, Failure> {
    if let Command::Settings(given) = &command {
        return setting::list(given, session);
    }
    let organisation = &open(session).await?;
    match command {
        Command::Client(command) => client::run(session, organisation, command).await,
        Command::Group(command) => catalogue::group(session, organisation, command).await,
        Command::User(command) => user::run(session, organisation, command).await,
        Command::Role(command) => catalogue::role(session, organisation, command).await,
        Command::Division(command) => {
            catalogue::term(session, organisation, TermKind::Division, command).await
        }
        Command::Skill(command) => {
            catalogue::term(session, organisation, TermKind::Skill, command).await
        }
        Command::Language(command) => {
            catalogue::term(session, organisation, TermKind::Language, command).await
        }
        Command::Records(wanted) => record::list(session, organisation, wanted).await,
        Command::Settings(_) => Ok(Exit::Done),
    }
}
