//! The directory at its edge: real data files, small exports.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod applications;
mod edits;
mod find;
mod imports;
mod law;
mod writers;

use directory::{
    Change, ChangeKind, Directory, DirectoryError, ImportError, ImportOptions, ImportReport, Object,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{Db, schema};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
const ACTOR: &str = "tester";

/// An organisation with a data file of its own.
struct Organisation {
    folder: TempDir,
    directory: Directory,
}

impl Organisation {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = open(&folder).await;
        Self { folder, directory }
    }

    async fn import(&self, feed: &str, text: &str) -> Result<ImportReport, ImportError> {
        self.import_with(feed, text, ImportOptions::default()).await
    }

    async fn import_with(
        &self,
        feed: &str,
        text: &str,
        options: ImportOptions,
    ) -> Result<ImportReport, ImportError> {
        let export = graph::export::read(text).unwrap();
        self.directory.import(feed, export, &options, ACTOR, NOW).await
    }

    async fn object(&self, id: &str) -> Object {
        self.directory.object(id).await.unwrap()
    }

    /// The changes behind a number, a line each.
    async fn changes(&self, after: i64) -> String {
        let changes = self.directory.changes(after, 1000).await.unwrap();
        let numbers: Vec<i64> = changes.iter().map(|change| change.sequence).collect();
        let expected: Vec<i64> = (after + 1..=self.directory.sequence().await.unwrap()).collect();
        assert_eq!(numbers, expected, "numbers have no gaps");
        changes.iter().map(described).collect::<Vec<_>>().join("\n")
    }

    /// What importing `text` writes to the change feed.
    async fn changes_by(&self, feed: &str, text: &str) -> String {
        let before = self.directory.sequence().await.unwrap();
        self.import(feed, text).await.unwrap();
        self.changes(before).await
    }

    async fn refused(&self, feed: &str, text: &str) -> String {
        let before = self.directory.sequence().await.unwrap();
        let refusal = self.import(feed, text).await.unwrap_err().to_string();
        assert_eq!(self.directory.sequence().await.unwrap(), before, "nothing was written");
        refusal
    }
}

async fn open(folder: &TempDir) -> Directory {
    let db = Db::open(folder.path().join(schema::FILE_NAME), schema::MIGRATIONS).await.unwrap();
    Directory::open(db, "organisation", NOW).await.unwrap()
}

/// An export of users, one on each line from the second on.
fn users(users: &[Value]) -> String {
    export("users", users)
}

/// An export of groups, one on each line from the second on.
fn groups(groups: &[Value]) -> String {
    export("groups", groups)
}

fn export(set: &str, values: &[Value]) -> String {
    let lines: Vec<String> = values.iter().map(Value::to_string).collect();
    format!("{{\"@odata.context\":\"x/$metadata#{set}\",\"value\":[\n{}]}}", lines.join(",\n"))
}

/// A user whose names are made of the id.
fn user(id: &str) -> Value {
    json!({"id": id, "userPrincipalName": format!("{id}@contoso.example"), "displayName": id.to_uppercase()})
}

/// The same with more, or other, properties.
fn with(mut value: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("no object") };
    value.as_object_mut().unwrap().extend(more);
    value
}

fn group(id: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({"id": id})).collect();
    json!({"id": id, "displayName": id.to_uppercase(), "members": members})
}

fn described(change: &Change) -> String {
    let Change { sequence, object_id, kind, .. } = change;
    let text = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
    let attributes: Vec<String> = change
        .attributes
        .iter()
        .map(|one| format!("{} {} -> {}", one.name, text(&one.before), text(&one.after)))
        .collect();
    let subject = change.subject;
    match kind {
        ChangeKind::Object if change.created => {
            format!("{sequence} {subject:?} {object_id} created")
        }
        ChangeKind::Object => {
            format!("{sequence} {subject:?} {object_id}: {}", attributes.join(", "))
        }
        ChangeKind::Purged => format!("{sequence} {subject:?} {object_id} purged"),
        ChangeKind::EdgeAdded | ChangeKind::EdgeRemoved => {
            let sign = if *kind == ChangeKind::EdgeAdded { '+' } else { '-' };
            let (edge, to) = (change.edge.unwrap(), change.other_id.as_deref().unwrap());
            let label =
                change.label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
            format!("{sequence} {sign}{edge:?} {object_id} > {to}{label}")
        }
    }
}

#[track_caller]
fn sentence<T: std::fmt::Debug>(result: Result<T, DirectoryError>) -> String {
    result.unwrap_err().to_string()
}
