//! What `instep user` and `instep group` have in common.

use clap::Args;
use directory::{Directory, ListKey, ListQuery, Object, ObjectKind};
use serde_json::{Map, Value as Json, json};

use crate::failure::{Exit, Failure};
use crate::session::{ACTOR, Session, now};
use crate::table::{Table, counted};

/// Objects read from the directory in one go.
const PAGE_SIZE: usize = 500;

/// Groups, members and people that `show` names; a list has all.
const RELATED_SHOWN: usize = 100;

/// Which objects to list.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Only those whose name, sign-in name or mail address contains this text
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// The recycle bin instead
    #[arg(long)]
    deleted: bool,
    /// How many at most [default: all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Go on behind the object with this id
    #[arg(long, value_name = "ID")]
    after: Option<String>,
}

/// What to delete.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The object
    #[arg(value_name = "REF")]
    reference: String,
    /// Remove it for good, from the recycle bin too
    #[arg(long)]
    purge: bool,
}

pub(crate) async fn list(
    session: &Session,
    kind: ObjectKind,
    arguments: ListArguments,
) -> Result<Exit, Failure> {
    let directory = session.open().await?.directory;
    let after = match &arguments.after {
        Some(id) => Some(ListKey::of(&directory.object(id).await?)),
        None => None,
    };
    let most = arguments.limit.unwrap_or(usize::MAX);
    let mut query = ListQuery {
        search: arguments.search,
        deleted: arguments.deleted,
        after,
        limit: PAGE_SIZE.min(most),
    };
    let mut all: Vec<Object> = Vec::new();
    loop {
        let page = directory.list(kind, &query).await?;
        let is_last = page.len() < query.limit;
        all.extend(page);
        if is_last || all.len() >= most {
            break;
        }
        query.after = all.last().map(ListKey::of);
        query.limit = PAGE_SIZE.min(most - all.len());
    }
    let documents: Vec<_> = all.iter().map(document).collect();
    session.output.show(&documents, || list_text(kind, &all))?;
    Ok(Exit::Done)
}

pub(crate) async fn show(
    session: &Session,
    kind: ObjectKind,
    reference: &str,
) -> Result<Exit, Failure> {
    let directory = session.open().await?.directory;
    let object = directory.find(reference, Some(kind)).await?;
    let related = Related::of(&directory, &object).await?;
    let mut whole = document(&object);
    let named = |objects: &[Object]| -> Json {
        let name = |one: &Object| json!({ "id": one.id, "displayName": one.display_name });
        objects.iter().map(name).collect()
    };
    whole.insert("manager".to_owned(), named(&related.manager).get(0).cloned().unwrap_or_default());
    whole.insert("groups".to_owned(), named(&related.groups));
    if kind == ObjectKind::Group {
        whole.insert("members".to_owned(), named(&related.members));
    }
    session.output.show(&whole, || show_text(&object, &related))?;
    Ok(Exit::Done)
}

pub(crate) async fn delete(
    session: &Session,
    kind: ObjectKind,
    delete: &Delete,
) -> Result<Exit, Failure> {
    let directory = session.open().await?.directory;
    let object = directory.find(&delete.reference, Some(kind)).await?;
    let edit = directory.delete(&object.id, ACTOR, now()).await?;
    if delete.purge {
        directory.purge(&object.id, ACTOR, now()).await?;
        return done(session, &edit.object, "is gone for good");
    }
    let said =
        if edit.changed { "is in the recycle bin" } else { "was in the recycle bin already" };
    done(session, &edit.object, said)
}

pub(crate) async fn restore(
    session: &Session,
    kind: ObjectKind,
    reference: &str,
) -> Result<Exit, Failure> {
    let directory = session.open().await?.directory;
    let object = directory.find(reference, Some(kind)).await?;
    let edit = directory.restore(&object.id, ACTOR, now()).await?;
    done(session, &edit.object, if edit.changed { "is back" } else { "was not in the recycle bin" })
}

/// Says what became of an object.
pub(crate) fn done(session: &Session, object: &Object, said: &str) -> Result<Exit, Failure> {
    session.output.show(&document(object), || format!("{} {said}", title(object)))?;
    Ok(Exit::Done)
}

/// An object for programs.
fn document(object: &Object) -> Map<String, Json> {
    let values = [
        ("id", json!(object.id)),
        ("kind", json!(object.kind.as_str())),
        ("displayName", json!(object.display_name)),
        ("enabled", json!(object.enabled)),
        ("deleted", json!(object.deleted)),
        ("feed", json!(object.feed)),
        ("attributes", json!(object.attributes)),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// An object's name with what tells it from others.
pub(crate) fn title(object: &Object) -> String {
    let kind = object.kind.as_str().to_lowercase();
    let detail = object.user_principal_name().unwrap_or(&object.id);
    format!("{kind} \"{}\" ({detail})", object.display_name)
}

fn list_text(kind: ObjectKind, all: &[Object]) -> String {
    let noun = kind.as_str().to_lowercase();
    let mut table = match kind {
        ObjectKind::User => Table::with_headings(["NAME", "SIGN-IN NAME", "STATE", "FEED", "ID"]),
        ObjectKind::Group => Table::with_headings(["NAME", "STATE", "FEED", "ID"]),
    };
    for object in all {
        let (name, state) = (object.display_name.clone(), state(object).to_owned());
        let (feed, id) = (object.feed.clone(), object.id.clone());
        match kind {
            ObjectKind::User => {
                let principal = object.user_principal_name().unwrap_or_default().to_owned();
                table.row([name, principal, state, feed, id]);
            }
            ObjectKind::Group => table.row([name, state, feed, id]),
        }
    }
    format!("{}{}\n", table.text(0), counted(all.len(), &noun))
}

fn state(object: &Object) -> &'static str {
    match (object.deleted, object.enabled) {
        (Some(_), _) => "deleted",
        (None, true) => "enabled",
        (None, false) => "disabled",
    }
}

fn show_text(object: &Object, related: &Related) -> String {
    let mut table = Table::default();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("id", object.id.clone());
    row("is", state(object).to_owned());
    row("feed", object.feed.clone());
    for (name, value) in &object.attributes {
        row(name, runner::entry::shown(value));
    }
    for (name, objects) in
        [("manager", &related.manager), ("groups", &related.groups), ("members", &related.members)]
    {
        for (index, other) in objects.iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            let gone = if other.deleted.is_some() { " (deleted)" } else { "" };
            row(name, format!("{}{gone}", other.display_name));
        }
        if objects.len() == RELATED_SHOWN {
            row("", "…".to_owned());
        }
    }
    format!(
        "{} \"{}\"\n{}",
        object.kind.as_str().to_lowercase(),
        object.display_name,
        table.text(2)
    )
}

/// Whom an object has to do with.
struct Related {
    manager: Vec<Object>,
    groups: Vec<Object>,
    members: Vec<Object>,
}

impl Related {
    async fn of(directory: &Directory, object: &Object) -> Result<Self, Failure> {
        let id = &object.id;
        let managers = directory.managers(std::slice::from_ref(id)).await?;
        let manager: Vec<String> = managers.into_values().collect();
        let groups = directory.groups_of(id, "", RELATED_SHOWN).await?;
        let members = match object.kind {
            ObjectKind::User => Vec::new(),
            ObjectKind::Group => directory.members(id, "", RELATED_SHOWN).await?,
        };
        Ok(Self {
            manager: directory.objects(&manager).await?,
            groups: directory.objects(&groups).await?,
            members: directory.objects(&members).await?,
        })
    }
}
