//! OAuth clients from the command line.

use clap::{Args, Subcommand};
use genesys::{
    Action, Client, ClientSpecification, ClientState, NewClient, Organisation, SCIM_ROLE,
    TOKEN_SECONDS_DEFAULT,
};
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::table::{Table, counted};

/// Seconds of an hour.
const HOUR_S: u32 = 3_600;

/// What can be done with clients.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Create a client; its secret is shown this once
    #[command(
        after_help = "Examples:\n  instep genesys client create --name Instep --token-hours 24 --json\n  instep genesys client create --name Terraform --role Admin\n  instep genesys client create --name \"EMEA only\" --role \"SCIM Integration\" --division EMEA"
    )]
    Create(Wanted),
    /// List the clients
    #[command(after_help = "Example:\n  instep genesys client list")]
    List,
    /// Let a client no longer sign in; its tokens end at once
    #[command(after_help = "Example:\n  instep genesys client disable ID")]
    Disable(Named),
    /// Let a disabled client sign in again
    #[command(after_help = "Example:\n  instep genesys client enable ID")]
    Enable(Named),
    /// Give a client another secret; it is shown this once
    #[command(after_help = "Example:\n  instep genesys client secret ID --json")]
    Secret(Named),
    /// End all tokens of a client, which may get new ones
    #[command(after_help = "Example:\n  instep genesys client end-tokens ID")]
    EndTokens(Named),
    /// Revoke a client: it is gone, and its tokens end at once
    #[command(
        alias = "delete",
        after_help = "Example:\n  instep genesys client revoke 3f2c0a6e-7a57-4b06-9f38-0c8f6e3a2b11"
    )]
    Revoke(Named),
}

/// What a new client is to be.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// The client's name
    #[arg(long)]
    name: String,
    /// How many hours its tokens live
    #[arg(long, value_name = "H", default_value_t = TOKEN_SECONDS_DEFAULT / HOUR_S)]
    token_hours: u32,
    /// How many seconds its tokens live, instead of hours: 300 to 172800, or to 38880000 for SCIM
    #[arg(long, value_name = "S", conflicts_with = "token_hours")]
    token_seconds: Option<u32>,
    /// A role of the client; may be repeated
    #[arg(long, value_name = "NAME", default_value = SCIM_ROLE)]
    role: Vec<String>,
    /// The division for which it has the roles, instead of all
    #[arg(long, value_name = "NAME")]
    division: Option<String>,
}

/// Which client.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The client's id
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) async fn run(
    session: &Session,
    organisation: &Organisation,
    command: ClientCommand,
) -> Result<Exit, Failure> {
    let (action, id, state) = match command {
        ClientCommand::Create(wanted) => return create(session, organisation, wanted).await,
        ClientCommand::List => return list(session, &organisation.clients().await?),
        ClientCommand::Secret(Named { id }) => {
            let client = organisation.renew_secret(&id).await?;
            record(organisation, Action::Update, &id).await?;
            return shown(session, &client, "the secret is shown this once");
        }
        ClientCommand::Disable(Named { id }) => {
            organisation.set_client_state(&id, ClientState::Disabled).await?;
            (Action::Update, id, "disabled")
        }
        ClientCommand::Enable(Named { id }) => {
            organisation.set_client_state(&id, ClientState::Active).await?;
            (Action::Update, id, "active")
        }
        ClientCommand::EndTokens(Named { id }) => {
            organisation.client(&id).await?;
            organisation.revoke_tokens(&id).await?;
            (Action::Update, id, "without tokens")
        }
        ClientCommand::Revoke(Named { id }) => {
            organisation.revoke_client(&id).await?;
            (Action::Delete, id, "revoked")
        }
    };
    record(organisation, action, &id).await?;
    let mut value = json!({ "id": id, "state": state });
    value["revoked"] = (state == "revoked").into();
    session.output.show(&value, || format!("OAuth client \"{id}\" is {state}"))?;
    Ok(Exit::Done)
}

async fn create(
    session: &Session,
    organisation: &Organisation,
    wanted: Wanted,
) -> Result<Exit, Failure> {
    let mut grants = Vec::with_capacity(wanted.role.len());
    for role in &wanted.role {
        grants.push(organisation.pair(role, wanted.division.as_deref()).await?);
    }
    let token_seconds = wanted.token_seconds.unwrap_or(wanted.token_hours.saturating_mul(HOUR_S));
    let specification = ClientSpecification {
        name: wanted.name.clone(),
        description: None,
        token_seconds,
        state: ClientState::Active,
        ends: None,
        scopes: Vec::new(),
        redirect_uris: Vec::new(),
        grants,
    };
    let client = organisation.create_specified_client(&specification).await?;
    record(organisation, Action::Create, &client.id).await?;
    let value = json!({
        "id": client.id,
        "secret": client.secret.expose(),
        "name": wanted.name,
        "tokenSeconds": token_seconds,
        "roles": wanted.role,
    });
    session.output.show(&value, || {
        let mut table = secret_table(&client);
        table.row(["tokens live for".to_owned(), lifetime(token_seconds)]);
        table.row(["roles".to_owned(), wanted.role.join(", ")]);
        format!(
            "OAuth client \"{}\" created; the secret is shown this once\n{}",
            wanted.name,
            table.text(2)
        )
    })?;
    Ok(Exit::Done)
}

/// Records what was done to a client, which is there still, whatever it was.
async fn record(organisation: &Organisation, action: Action, id: &str) -> Result<(), Failure> {
    let name = organisation.name_of(id).await?.unwrap_or_default();
    Ok(organisation.record_command(action, "OAuthClient", id, &name).await?)
}

fn shown(session: &Session, client: &NewClient, remark: &str) -> Result<Exit, Failure> {
    let value = json!({ "id": client.id, "secret": client.secret.expose() });
    session.output.show(&value, || format!("{remark}\n{}", secret_table(client).text(2)))?;
    Ok(Exit::Done)
}

fn secret_table(client: &NewClient) -> Table {
    let mut table = Table::default();
    table.row(["client id".to_owned(), client.id.clone()]);
    table.row(["client secret".to_owned(), client.secret.expose().to_owned()]);
    table
}

fn list(session: &Session, clients: &[Client]) -> Result<Exit, Failure> {
    session.output.show(clients, || {
        let mut table =
            Table::with_headings(["NAME", "STATE", "ENDS", "TOKENS LIVE FOR", "ROLES", "ID"]);
        for client in clients {
            let ends = client.ends.map(|ends| ends.strftime("%Y-%m-%d %H:%M:%S").to_string());
            let roles = client.grants.iter().map(|grant| match grant.division.as_str() {
                "*" => grant.role.clone(),
                division => format!("{} ({division})", grant.role),
            });
            table.row([
                client.name.clone(),
                state(client).to_owned(),
                ends.unwrap_or_else(|| "never".to_owned()),
                format!("{} s", client.token_seconds),
                roles.collect::<Vec<_>>().join(", "),
                client.id.clone(),
            ]);
        }
        table.text(0)
    })?;
    Ok(Exit::Done)
}

/// The client's state, or why it has none any more.
fn state(client: &Client) -> &'static str {
    match (client.revoked, client.has_ended) {
        (Some(_), _) => "revoked",
        (None, true) => "ended",
        (None, false) => client.state.word(),
    }
}

/// Whole hours as such, else seconds.
fn lifetime(seconds: u32) -> String {
    if seconds.is_multiple_of(HOUR_S) {
        counted((seconds / HOUR_S) as usize, "hour")
    } else {
        counted(seconds as usize, "second")
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_client_that_reached_its_date_has_ended_and_was_not_revoked() {
        let client = Client {
            id: "c".to_owned(),
            name: "Guest".to_owned(),
            description: None,
            token_seconds: 300,
            state: ClientState::Active,
            created: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
            revoked: None,
            ends: Some(Timestamp::UNIX_EPOCH),
            has_ended: false,
            scopes: Vec::new(),
            redirect_uris: Vec::new(),
            grants: Vec::new(),
        };
        assert_eq!(state(&client), "active");
        let ended = Client { has_ended: true, ..client };
        assert_eq!(state(&ended), "ended");
        let revoked = Client { revoked: Some(Timestamp::UNIX_EPOCH), ..ended };
        assert_eq!(state(&revoked), "revoked");
    }
}
