//! Users of the organisation from the command line.

use clap::{Subcommand, ValueEnum};
use genesys::{Organisation, Search, State, User};
use scim::Resource;
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::table::{Table, counted};

/// Users read in one go.
const PAGE_SIZE: usize = 500;

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// List users, inactive ones too
    #[command(
        after_help = "Examples:\n  instep genesys user list --json\n  instep genesys user list --state deleted"
    )]
    List {
        /// Only those in this state; deleted ones are shown only so
        #[arg(long)]
        state: Option<Shown>,
    },
    /// Give a deleted user back, active and without the roles it had and identifiers that others have now
    #[command(after_help = "Example:\n  instep genesys user restore ID")]
    Restore {
        /// The user's id
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// A state that can be asked for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Shown {
    /// May sign in
    Active,
    /// May not sign in
    Inactive,
    /// Gone
    Deleted,
}

pub(super) async fn run(
    session: &Session,
    organisation: &Organisation,
    command: UserCommand,
) -> Result<Exit, Failure> {
    match command {
        UserCommand::List { state } => list(session, organisation, state).await,
        UserCommand::Restore { id } => {
            let user = organisation.restore_user(&id).await?;
            let value = json!({ "id": id, "userName": user.profile.user_name, "state": "active" });
            session.output.show(&value, || {
                format!("user \"{}\" is active again, without roles", user.profile.user_name)
            })?;
            Ok(Exit::Done)
        }
    }
}

async fn list(
    session: &Session,
    organisation: &Organisation,
    state: Option<Shown>,
) -> Result<Exit, Failure> {
    let state = state.map(|state| match state {
        Shown::Active => State::Active,
        Shown::Inactive => State::Inactive,
        Shown::Deleted => State::Deleted,
    });
    let with_deleted = state == Some(State::Deleted);
    let search = Search { state, with_deleted, ..Search::default() };
    let mut users: Vec<User> = Vec::new();
    loop {
        let page = organisation.users(&search, users.len(), PAGE_SIZE).await?;
        let is_last = page.users.len() < PAGE_SIZE;
        users.extend(page.users);
        if is_last {
            break;
        }
    }
    // No client's view: what each one calls a user is its own affair.
    let documents: Vec<Resource> = users.iter().map(|user| user.resource("")).collect();
    session.output.show(&documents, || {
        let mut table =
            Table::with_headings(["USER NAME", "NAME", "STATE", "DIVISION", "ROLES", "ID"]);
        for user in &users {
            table.row([
                user.profile.user_name.clone(),
                user.profile.display_name.clone(),
                user.state.word().to_owned(),
                user.profile.division.clone().unwrap_or_default(),
                user.profile.roles.iter().flatten().cloned().collect::<Vec<_>>().join(", "),
                user.id.clone(),
            ]);
        }
        format!("{}{}\n", table.text(0), counted(users.len(), "user"))
    })?;
    Ok(Exit::Done)
}
