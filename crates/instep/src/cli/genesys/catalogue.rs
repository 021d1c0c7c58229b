//! What has a name: groups, roles, divisions, routing skills and languages.

use clap::{Args, Subcommand};
use genesys::{Action, GroupSearch, Organisation, Role, TermKind};
use serde_json::{Value as Json, json};

use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::table::Table;

/// Groups read in one go.
const PAGE_SIZE: usize = 500;

/// What can be done with what has a name.
#[derive(Debug, Subcommand)]
pub(crate) enum NamedCommand {
    /// Create one
    #[command(
        after_help = "Example:\n  instep genesys group create --name Sales\n  instep genesys division create --name EMEA\n  instep genesys skill create --name billing"
    )]
    Create {
        /// Its name
        #[arg(long)]
        name: String,
    },
    /// List all
    #[command(
        after_help = "Example:\n  instep genesys group list\n  instep genesys division list\n  instep genesys skill list"
    )]
    List,
    /// Delete one
    #[command(after_help = "Example:\n  instep genesys group delete ID")]
    Delete(Chosen),
}

/// What can be done with roles.
#[derive(Debug, Subcommand)]
pub(crate) enum RoleCommand {
    /// Create a role
    #[command(
        after_help = "Examples:\n  instep genesys role create --name Supervisor\n  instep genesys role create --name Reader --permission directory:group:edit --permission \"directory:user:*\""
    )]
    Create {
        /// Its name
        #[arg(long)]
        name: String,
        /// What it allows, as domain:entity:action; may be repeated
        #[arg(long, value_name = "PERMISSION")]
        permission: Vec<String>,
    },
    /// List all
    #[command(after_help = "Example:\n  instep genesys role list")]
    List,
    /// Delete a role; whoever has it loses it
    #[command(after_help = "Example:\n  instep genesys role delete ID")]
    Delete(Chosen),
}

/// Which one.
#[derive(Debug, Args)]
pub(crate) struct Chosen {
    /// Its id
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) async fn group(
    session: &Session,
    organisation: &Organisation,
    command: NamedCommand,
) -> Result<Exit, Failure> {
    match command {
        NamedCommand::Create { name } => {
            let group = organisation.create_group(&name).await?;
            created(session, organisation, ("Group", "group"), &group.id, &group.display_name).await
        }
        NamedCommand::List => groups(session, organisation).await,
        NamedCommand::Delete(Chosen { id }) => {
            let group = organisation.delete_group(&id).await?;
            deleted(session, organisation, ("Group", "group"), &id, &group.display_name).await
        }
    }
}

pub(super) async fn term(
    session: &Session,
    organisation: &Organisation,
    kind: TermKind,
    command: NamedCommand,
) -> Result<Exit, Failure> {
    match command {
        NamedCommand::Create { name } => {
            let term = organisation.create_term(kind, &name).await?;
            created(session, organisation, words(kind), &term.id, &term.name).await
        }
        NamedCommand::List => {
            let terms = organisation.terms(kind).await?;
            let named: Vec<_> = terms.into_iter().map(|term| (term.name, term.id)).collect();
            list_named(session, &named)
        }
        NamedCommand::Delete(Chosen { id }) => {
            let term = organisation.term_with_id(kind, &id).await?;
            organisation.delete_term(kind, &id).await?;
            deleted(session, organisation, words(kind), &id, &term.name).await
        }
    }
}

pub(super) async fn role(
    session: &Session,
    organisation: &Organisation,
    command: RoleCommand,
) -> Result<Exit, Failure> {
    let named = match command {
        RoleCommand::List => return roles(session, &organisation.roles().await?),
        RoleCommand::Delete(chosen) => NamedCommand::Delete(chosen),
        RoleCommand::Create { name, permission } => {
            let role = organisation.create_role(&name, None, &permission).await?;
            return created(session, organisation, words(TermKind::Role), &role.id, &role.name)
                .await;
        }
    };
    term(session, organisation, TermKind::Role, named).await
}

/// The words for a kind, in the records and in sentences.
fn words(kind: TermKind) -> (&'static str, &'static str) {
    match kind {
        TermKind::Role => ("Role", "role"),
        TermKind::Division => ("Division", "division"),
        TermKind::Skill => ("Skill", "skill"),
        TermKind::Language => ("Language", "language"),
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

fn roles(session: &Session, roles: &[Role]) -> Result<Exit, Failure> {
    session.output.show(roles, || {
        let mut table = Table::with_headings(["NAME", "USERS", "PERMISSIONS", "ID"]);
        for role in roles {
            table.row([
                role.name.clone(),
                role.user_count.to_string(),
                role.permissions.join(" "),
                role.id.clone(),
            ]);
        }
        table.text(0)
    })?;
    Ok(Exit::Done)
}

async fn created(
    session: &Session,
    organisation: &Organisation,
    (kind, noun): (&'static str, &str),
    id: &str,
    name: &str,
) -> Result<Exit, Failure> {
    organisation.record_command(Action::Create, kind, id, name).await?;
    let value = json!({ "id": id, "name": name });
    session.output.show(&value, || format!("{noun} \"{name}\" created ({id})"))?;
    Ok(Exit::Done)
}

async fn deleted(
    session: &Session,
    organisation: &Organisation,
    (kind, noun): (&'static str, &str),
    id: &str,
    name: &str,
) -> Result<Exit, Failure> {
    organisation.record_command(Action::Delete, kind, id, name).await?;
    let value = json!({ "id": id, "name": name, "deleted": true });
    session.output.show(&value, || format!("{noun} \"{name}\" deleted"))?;
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
