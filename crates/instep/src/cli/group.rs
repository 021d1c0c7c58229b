//! `instep group`: the groups of the organisation and their members.

use clap::{Args, Subcommand};
use directory::{Edit, ObjectKind, SetOptions};
use serde_json::json;

use crate::cli::object::{self, ListArguments, title};
use crate::cli::values::{self, Principal, values_help};
use crate::failure::{Exit, Failure};
use crate::session::{ACTOR, Session, now};

pub(crate) const AFTER_HELP: &str = "\
A group is named by its id or unique display name.

Example:
  instep group list --search sales
  instep group add-member Sales --user ada@example.com";

const KIND: ObjectKind = ObjectKind::Group;

/// What can be done with groups.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List groups by name
    #[command(after_help = "Example:\n  instep group list --search sales")]
    List(ListArguments),
    /// Show a group: attributes, members, groups it is in
    #[command(after_help = "Example:\n  instep group show Sales")]
    Show(Group),
    /// Create a group
    #[command(
        after_help = "Example:\n  instep group create displayName=Sales description=\"Everybody who sells\""
    )]
    Create {
        /// Attribute values: name=value, or name:=json
        #[arg(required = true, value_name = "NAME=VALUE")]
        values: Vec<String>,
    },
    /// Change a group's attributes
    #[command(after_help = concat!(values_help!(), "\n\nExample:\n  instep group set Sales displayName=\"Sales EMEA\" --clear description"))]
    Set(Set),
    /// Put a group into the recycle bin
    #[command(after_help = "Example:\n  instep group delete Sales")]
    Delete(object::Delete),
    /// Take a group out of the recycle bin, with its members
    #[command(after_help = "Example:\n  instep group restore Sales")]
    Restore(Group),
    /// Make a user or a group a member
    #[command(after_help = "Example:\n  instep group add-member Sales --user ada@example.com")]
    AddMember(Membership),
    /// Take a member out of a group
    #[command(after_help = "Example:\n  instep group remove-member Sales --user ada@example.com")]
    RemoveMember(Membership),
}

/// A group.
#[derive(Debug, Args)]
pub(crate) struct Group {
    /// The group
    #[arg(value_name = "REF")]
    group: String,
}

/// What to change.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// The group
    #[arg(value_name = "REF")]
    group: String,
    /// Attribute values: name=value, or name:=json
    #[arg(value_name = "NAME=VALUE", required_unless_present = "clear")]
    values: Vec<String>,
    /// An attribute that loses its value; may be repeated
    #[arg(long, value_name = "NAME")]
    clear: Vec<String>,
    /// Accept attribute names that no object has yet
    #[arg(long)]
    force: bool,
}

/// A group and somebody in it.
#[derive(Debug, Args)]
pub(crate) struct Membership {
    /// The group
    #[arg(value_name = "GROUP")]
    in_group: String,
    #[command(flatten)]
    member: Principal,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<Exit, Failure> {
    match command {
        Command::List(arguments) => object::list(session, KIND, arguments).await,
        Command::Show(Group { group }) => object::show(session, KIND, &group).await,
        Command::Create { values } => create(session, &values).await,
        Command::Set(set) => change(session, &set).await,
        Command::Delete(delete) => object::delete(session, KIND, &delete).await,
        Command::Restore(Group { group }) => object::restore(session, KIND, &group).await,
        Command::AddMember(membership) => set_member(session, &membership, true).await,
        Command::RemoveMember(membership) => set_member(session, &membership, false).await,
    }
}

async fn create(session: &Session, values: &[String]) -> Result<Exit, Failure> {
    let values = values::read(values, &[])?;
    let directory = session.open_or_make().await?.directory;
    let group = directory.create_group(values, ACTOR, now()).await?;
    object::done(session, &group, "created")
}

async fn change(session: &Session, set: &Set) -> Result<Exit, Failure> {
    let values = values::read(&set.values, &set.clear)?;
    let directory = session.open().await?.directory;
    let group = directory.find(&set.group, Some(KIND)).await?;
    let options = SetOptions { force: set.force };
    let Edit { object: group, changed } =
        directory.set(&group.id, values, options, ACTOR, now()).await?;
    object::done(session, &group, if changed { "changed" } else { "is so already" })
}

async fn set_member(
    session: &Session,
    membership: &Membership,
    is_member: bool,
) -> Result<Exit, Failure> {
    let directory = session.open().await?.directory;
    let group = directory.find(&membership.in_group, Some(KIND)).await?;
    let member = membership.member.find(&directory).await?;
    let changed = if is_member {
        directory.add_member(&group.id, &member.id, ACTOR, now()).await?
    } else {
        directory.remove_member(&group.id, &member.id, ACTOR, now()).await?
    };
    let value = json!({ "group": group.id, "member": member.id, "isMember": is_member, "changed": changed });
    session.output.show(&value, || {
        let verb = match (is_member, changed) {
            (true, true) => "is now a member of",
            (true, false) => "was a member already of",
            (false, true) => "is no longer a member of",
            (false, false) => "was no member of",
        };
        format!("{} {verb} {}", title(&member), title(&group))
    })?;
    Ok(Exit::Done)
}
