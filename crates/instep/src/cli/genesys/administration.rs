//! What an administrator does with the organisation; it works while it is served and when it is not.

use clap::Subcommand;
use genesys::{
    Clock, GroupSearch, Organisation, Search, State, TOKEN_SECONDS_DEFAULT, TermKind, User,
};
use scim::Resource;
use serde_json::{Value as Json, json};

use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::table::{Table, counted};

/// Users or groups read in one go.
const PAGE_SIZE: usize = 500;

/// Seconds of an hour.
const HOUR_S: u32 = 3_600;

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
    /// Roles that users can have
    #[command(subcommand, after_help = "Example:\n  instep genesys role create --name Supervisor")]
    Role(NamedCommand),
    /// Divisions that users can belong to
    #[command(subcommand, after_help = "Example:\n  instep genesys division create --name EMEA")]
    Division(NamedCommand),
}

/// What can be done with clients.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Create a client; its secret is shown this once
    #[command(
        after_help = "Example:\n  instep genesys client create --name Instep --token-hours 24 --json"
    )]
    Create {
        /// The client's name
        #[arg(long)]
        name: String,
        /// How many hours its tokens live
        #[arg(long, value_name = "H", default_value_t = TOKEN_SECONDS_DEFAULT / HOUR_S)]
        token_hours: u32,
    },
    /// List the clients
    #[command(after_help = "Example:\n  instep genesys client list")]
    List,
    /// Revoke a client: its tokens end at once
    #[command(
        after_help = "Example:\n  instep genesys client revoke 3f2c0a6e-7a57-4b06-9f38-0c8f6e3a2b11"
    )]
    Revoke {
        /// The client's id
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// What can be done with what has a name.
#[derive(Debug, Subcommand)]
pub(crate) enum NamedCommand {
    /// Create one
    #[command(
        after_help = "Example:\n  instep genesys group create --name Sales\n  instep genesys role create --name Supervisor\n  instep genesys division create --name EMEA"
    )]
    Create {
        /// Its name
        #[arg(long)]
        name: String,
    },
    /// List all
    #[command(
        after_help = "Example:\n  instep genesys group list\n  instep genesys role list\n  instep genesys division list"
    )]
    List,
}

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// List all users, inactive ones too
    #[command(after_help = "Example:\n  instep genesys user list --json")]
    List,
}

/// Opens the organisation, makes it when it is new.
///
/// # Errors
/// Its file cannot be used.
pub(super) async fn open(session: &Session) -> Result<Organisation, Failure> {
    Ok(Organisation::open(&session.data, Clock::system()).await?)
}

pub(super) async fn run(command: Command, session: &Session) -> Result<Exit, Failure> {
    let organisation = open(session).await?;
    match command {
        Command::Client(command) => client(session, &organisation, command).await,
        Command::Group(NamedCommand::Create { name }) => {
            let group = organisation.create_group(&name).await?;
            created(session, "group", &group.id, &group.display_name)
        }
        Command::Group(NamedCommand::List) => groups(session, &organisation).await,
        Command::User(UserCommand::List) => users(session, &organisation).await,
        Command::Role(command) => terms(session, &organisation, TermKind::Role, command).await,
        Command::Division(command) => {
            terms(session, &organisation, TermKind::Division, command).await
        }
    }
}

async fn client(
    session: &Session,
    organisation: &Organisation,
    command: ClientCommand,
) -> Result<Exit, Failure> {
    match command {
        ClientCommand::Create { name, token_hours } => {
            let token_seconds = token_hours.saturating_mul(HOUR_S);
            let client = organisation.create_client(&name, token_seconds).await?;
            let value = json!({
                "id": client.id,
                "secret": client.secret.expose(),
                "name": name,
                "tokenSeconds": token_seconds,
            });
            session.output.show(&value, || {
                let mut table = Table::default();
                table.row(["client id".to_owned(), client.id.clone()]);
                table.row(["client secret".to_owned(), client.secret.expose().to_owned()]);
                table.row(["tokens live for".to_owned(), counted(token_hours as usize, "hour")]);
                format!(
                    "OAuth client \"{name}\" created; the secret is shown this once\n{}",
                    table.text(2)
                )
            })?;
        }
        ClientCommand::List => {
            let clients = organisation.clients().await?;
            session.output.show(&clients, || {
                let mut table = Table::with_headings(["NAME", "STATE", "TOKENS LIVE FOR", "ID"]);
                for client in &clients {
                    let state = if client.revoked.is_some() { "revoked" } else { "active" };
                    table.row([
                        client.name.clone(),
                        state.to_owned(),
                        format!("{} s", client.token_seconds),
                        client.id.clone(),
                    ]);
                }
                table.text(0)
            })?;
        }
        ClientCommand::Revoke { id } => {
            organisation.revoke_client(&id).await?;
            let value = json!({ "id": id, "revoked": true });
            session.output.show(&value, || format!("OAuth client \"{id}\" is revoked"))?;
        }
    }
    Ok(Exit::Done)
}

async fn terms(
    session: &Session,
    organisation: &Organisation,
    kind: TermKind,
    command: NamedCommand,
) -> Result<Exit, Failure> {
    match command {
        NamedCommand::Create { name } => {
            let term = organisation.create_term(kind, &name).await?;
            let noun = if kind == TermKind::Role { "role" } else { "division" };
            created(session, noun, &term.id, &term.name)
        }
        NamedCommand::List => {
            let terms = organisation.terms(kind).await?;
            let named: Vec<_> = terms.into_iter().map(|term| (term.name, term.id)).collect();
            list_named(session, &named)
        }
    }
}

async fn groups(session: &Session, organisation: &Organisation) -> Result<Exit, Failure> {
    let mut groups = Vec::new();
    loop {
        let page = organisation.groups(&GroupSearch::default(), groups.len(), PAGE_SIZE).await?;
        let is_last = page.groups.len() < PAGE_SIZE;
        groups.extend(page.groups);
        if is_last {
            break;
        }
    }
    let mut rows = Vec::with_capacity(groups.len());
    for group in groups {
        let members = organisation.member_count(&group.id).await?;
        rows.push((group.display_name, members, group.id));
    }
    let documents: Vec<Json> = rows
        .iter()
        .map(|(name, members, id)| json!({ "id": id, "name": name, "members": members }))
        .collect();
    session.output.show(&documents, || {
        let mut table = Table::with_headings(["NAME", "MEMBERS", "ID"]);
        for (name, members, id) in &rows {
            table.row([name.clone(), members.to_string(), id.clone()]);
        }
        table.text(0)
    })?;
    Ok(Exit::Done)
}

async fn users(session: &Session, organisation: &Organisation) -> Result<Exit, Failure> {
    let mut users: Vec<User> = Vec::new();
    loop {
        let page = organisation.users(&Search::default(), users.len(), PAGE_SIZE).await?;
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
                if user.state == State::Active { "active" } else { "inactive" }.to_owned(),
                user.profile.division.clone().unwrap_or_default(),
                user.profile.roles.iter().flatten().cloned().collect::<Vec<_>>().join(", "),
                user.id.clone(),
            ]);
        }
        format!("{}{}\n", table.text(0), counted(users.len(), "user"))
    })?;
    Ok(Exit::Done)
}

fn created(session: &Session, noun: &str, id: &str, name: &str) -> Result<Exit, Failure> {
    let value = json!({ "id": id, "name": name });
    session.output.show(&value, || format!("{noun} \"{name}\" created ({id})"))?;
    Ok(Exit::Done)
}

fn list_named(session: &Session, named: &[(String, String)]) -> Result<Exit, Failure> {
    let documents: Vec<Json> =
        named.iter().map(|(name, id)| json!({ "id": id, "name": name })).collect();
    session.output.show(&documents, || {
        let mut table = Table::with_headings(["NAME", "ID"]);
        for (name, id) in named {
            table.row([name.clone(), id.clone()]);
        }
        table.text(0)
    })?;
    Ok(Exit::Done)
}
