//! A change of the directory before it is committed: decided on one reading, numbered, and written
//! only if nobody wrote since that reading.

use std::future::Future;
use std::pin::Pin;

use engine::object::ObjectKind;
use jiff::Timestamp;
use serde_json::Value;
use store::directory as statements;
use store::directory::EdgeRow;
use store::{Step, StoreError};

use crate::change::{AttributeChange, Change, ChangeKind, DELETED, EdgeKind, Subject};
use crate::error::DirectoryError;
use crate::{Application, Directory, Object};

/// How often a change is decided anew because another process wrote meanwhile.
const ATTEMPTS_MAX: usize = 32;

/// What is to be written, and why the change feed will say it was.
#[derive(Debug)]
pub(crate) struct Draft {
    organisation: String,
    /// The newest change when the directory was read.
    seen: i64,
    actor: String,
    now: Timestamp,
    changes: Vec<Change>,
    released: Vec<String>,
    objects: Vec<Object>,
    added: Vec<(EdgeRow, i64)>,
    removed: Vec<EdgeRow>,
    others: Vec<Step>,
}

/// A draft with what its author reports.
pub(crate) type Decision<'a, T, E> =
    Pin<Box<dyn Future<Output = Result<(Draft, T), E>> + Send + 'a>>;

/// Who has an edge at its beginning, for the change feed.
#[derive(Debug, Clone)]
pub(crate) struct Beginning {
    pub(crate) subject: Subject,
    pub(crate) display_name: String,
}

impl Directory {
    /// Decides a change and commits it; decides again if another process wrote in between.
    pub(crate) async fn write<'a, T, E>(
        &'a self,
        actor: &str,
        now: Timestamp,
        decide: impl Fn(Draft) -> Decision<'a, T, E> + Send,
    ) -> Result<T, E>
    where
        T: Send,
        E: From<DirectoryError> + Send,
    {
        let _turn = self.turn.lock().await;
        for _ in 0..ATTEMPTS_MAX {
            let seen = self.sequence().await?;
            let (draft, report) = decide(Draft::new(&self.organisation, seen, actor, now)).await?;
            if draft.is_empty() {
                return Ok(report);
            }
            match self.db.transaction(draft.into_steps()).await {
                Ok(_) => return Ok(report),
                // The first step is the comparison: somebody else was quicker.
                Err(StoreError::Conflict { step: 0, .. }) => {}
                Err(error) => return Err(DirectoryError::from(error).into()),
            }
        }
        Err(DirectoryError::Contended(ATTEMPTS_MAX).into())
    }
}

impl Draft {
    fn new(organisation: &str, seen: i64, actor: &str, now: Timestamp) -> Self {
        Self {
            organisation: organisation.to_owned(),
            seen,
            actor: actor.to_owned(),
            now,
            changes: Vec::new(),
            released: Vec::new(),
            objects: Vec::new(),
            added: Vec::new(),
            removed: Vec::new(),
            others: Vec::new(),
        }
    }

    /// Whether nothing is to be written.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The time of the change.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Writes an object if it differs from what is there, and returns it then.
    pub(crate) fn put(&mut self, before: Option<&Object>, mut after: Object) -> Option<&Object> {
        after.settle();
        let attributes = differences(before, &after);
        if before.is_some() && attributes.is_empty() {
            return None;
        }
        // Another object of this draft may take the name that this one gives up.
        if let Some(before) = before
            && before.deleted.is_none()
            && (after.deleted.is_some() || before.principal_key() != after.principal_key())
        {
            self.released.push(after.id.clone());
        }
        let mut change =
            self.change(ChangeKind::Object, &after.id, subject(after.kind), &after.display_name);
        change.created = before.is_none();
        change.attributes = attributes;
        after.sequence = change.sequence;
        self.changes.push(change);
        self.objects.push(after);
        self.objects.last()
    }

    /// Removes an object for good.
    pub(crate) fn purge(&mut self, object: &Object) {
        let change =
            self.change(ChangeKind::Purged, &object.id, subject(object.kind), &object.display_name);
        self.changes.push(change);
        self.others.push(statements::remove_object(&self.organisation, &object.id));
    }

    /// Adds an edge that is not there.
    pub(crate) fn add_edge(&mut self, edge: EdgeRow, from: &Beginning) {
        let change = self.edge_change(ChangeKind::EdgeAdded, &edge, from);
        self.added.push((edge, change.sequence));
        self.changes.push(change);
    }

    /// Removes an edge that is there.
    pub(crate) fn remove_edge(&mut self, edge: EdgeRow, from: &Beginning) {
        let change = self.edge_change(ChangeKind::EdgeRemoved, &edge, from);
        self.changes.push(change);
        self.removed.push(edge);
    }

    /// Notes a change of an application, written by `steps`.
    pub(crate) fn application(
        &mut self,
        id: &str,
        display_name: &str,
        created: bool,
        attributes: Vec<AttributeChange>,
        steps: Vec<Step>,
    ) {
        let mut change = self.change(ChangeKind::Object, id, Subject::Application, display_name);
        change.created = created;
        change.attributes = attributes;
        self.changes.push(change);
        self.others.extend(steps);
    }

    /// Writes something that is no change by itself.
    pub(crate) fn also(&mut self, step: Step) {
        self.others.push(step);
    }

    /// The comparison, then the writes, then the changes. Removals come before additions, so that
    /// an edge can move from one feed to another.
    fn into_steps(self) -> Vec<Step> {
        let organisation = self.organisation.as_str();
        let count = i64::try_from(self.changes.len()).expect("a draft fits into memory");
        let mut steps = vec![statements::advance(organisation, self.seen, count)];
        if !self.released.is_empty() {
            steps.push(statements::release_principals(organisation, self.released));
        }
        if !self.objects.is_empty() {
            let rows = self.objects.into_iter().map(Object::into_row).collect();
            steps.push(statements::put_objects(organisation, rows, self.now));
        }
        if !self.removed.is_empty() {
            steps.push(statements::remove_edges(organisation, &self.removed));
        }
        if !self.added.is_empty() {
            steps.push(statements::add_edges(organisation, self.added));
        }
        steps.extend(self.others);
        let rows = self.changes.into_iter().map(Change::into_row).collect();
        steps.push(statements::add_changes(organisation, rows));
        steps
    }

    fn edge_change(&self, kind: ChangeKind, edge: &EdgeRow, from: &Beginning) -> Change {
        let mut change = self.change(kind, &edge.from_id, from.subject, &from.display_name);
        change.other_id = Some(edge.to_id.clone());
        change.edge = EdgeKind::from_stored(&edge.kind);
        change.label = Some(edge.label.clone());
        change
    }

    /// The next change, with its number.
    fn change(&self, kind: ChangeKind, id: &str, subject: Subject, display_name: &str) -> Change {
        let before = i64::try_from(self.changes.len()).expect("a draft fits into memory");
        Change {
            sequence: self.seen + before + 1,
            time: self.now,
            actor: self.actor.clone(),
            kind,
            object_id: id.to_owned(),
            other_id: None,
            subject,
            display_name: display_name.to_owned(),
            created: false,
            attributes: Vec::new(),
            edge: None,
            label: None,
        }
    }
}

impl Beginning {
    pub(crate) fn of(object: &Object) -> Self {
        Self { subject: subject(object.kind), display_name: object.display_name.clone() }
    }

    pub(crate) fn of_application(application: &Application) -> Self {
        Self { subject: Subject::Application, display_name: application.display_name.clone() }
    }
}

fn subject(kind: ObjectKind) -> Subject {
    match kind {
        ObjectKind::User => Subject::User,
        ObjectKind::Group => Subject::Group,
    }
}

/// The attributes that differ, by name; the recycle bin counts as one.
fn differences(before: Option<&Object>, after: &Object) -> Vec<AttributeChange> {
    let mut changes = Vec::new();
    let old = before.map(|object| &object.attributes);
    for (name, value) in &after.attributes {
        let before = old.and_then(|old| old.get(name));
        if before != Some(value) {
            changes.push(AttributeChange {
                name: name.clone(),
                before: before.cloned(),
                after: Some(value.clone()),
            });
        }
    }
    for (name, value) in old.into_iter().flatten() {
        if !after.attributes.contains_key(name) {
            changes.push(AttributeChange {
                name: name.clone(),
                before: Some(value.clone()),
                after: None,
            });
        }
    }
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    let moment = |object: &Object| object.deleted.map(|moment| Value::String(moment.to_string()));
    let (was, is) = (before.and_then(moment), moment(after));
    if was != is {
        changes.push(AttributeChange { name: DELETED.to_owned(), before: was, after: is });
    }
    changes
}
