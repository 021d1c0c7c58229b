//! From changes of the directory to work: whom a change may concern.
//!
//! The question is never "is the group still assigned?", since that very change may be the cause:
//! whoever a change reaches is looked at, and the look decides.

use directory::{Change, ChangeKind, EdgeKind};

/// How urgent work is; lower comes first.
pub mod priority {
    /// An account may have to be closed.
    pub const DEPROVISION: i64 = 10;
    /// An ordinary change.
    pub const CHANGE: i64 = 30;
    /// The initial walk.
    pub const INITIAL: i64 = 40;
}

/// Whom a change reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// One object.
    Object(String),
    /// A group and all its members.
    Group(String),
    /// Whoever is in this group or in one within it, where the job follows nested groups.
    Within(String),
    /// Whoever is in this group or in one within it, where a filter asks for groups by name.
    Named(String),
    /// The groups that this object is in, immediately or not, where the job flattens members.
    Above(String),
    /// The people whose manager this is, where a mapping reads the manager's attributes.
    Reports(String),
    /// Everybody assigned to the job's application.
    Assigned,
}

/// A reach with its urgency and its cause in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Whom.
    pub reach: Reach,
    /// How urgent.
    pub priority: i64,
    /// Why.
    pub cause: &'static str,
}

/// Whom `change` reaches in a job of `application`.
#[must_use]
pub fn reached(change: &Change, application: &str) -> Vec<Reached> {
    match &change.kind {
        ChangeKind::Purged => {
            vec![at(Reach::Object(change.object_id.clone()), priority::DEPROVISION, "purged")]
        }
        ChangeKind::Object => object(change, application),
        ChangeKind::EdgeAdded => edge(change, application, priority::CHANGE, "added"),
        ChangeKind::EdgeRemoved => edge(change, application, priority::DEPROVISION, "removed"),
    }
}

fn object(change: &Change, application: &str) -> Vec<Reached> {
    let id = change.object_id.clone();
    if id == application {
        return vec![at(Reach::Assigned, priority::CHANGE, "application changed")];
    }
    let touches = |name: &str| change.attributes.iter().any(|attribute| attribute.name == name);
    let (urgent, cause) = match (touches("accountEnabled"), touches("deleted")) {
        (_, true) => (priority::DEPROVISION, "deleted or restored"),
        (true, _) => (priority::DEPROVISION, "enabled or disabled"),
        _ => (priority::CHANGE, "changed"),
    };
    if !touches("deleted") {
        let mut reached = vec![
            at(Reach::Object(id.clone()), urgent, cause),
            at(Reach::Reports(id.clone()), priority::CHANGE, "manager's attributes changed"),
        ];
        if touches("displayName") {
            reached.push(at(Reach::Named(id), priority::CHANGE, "group renamed"));
        }
        return reached;
    }
    // A deleted group takes its members' assignments with it, and a restored one brings them back.
    vec![
        at(Reach::Group(id.clone()), urgent, cause),
        at(Reach::Above(id.clone()), priority::CHANGE, "group within it deleted or restored"),
        at(Reach::Reports(id), priority::CHANGE, "manager deleted or restored"),
    ]
}

fn edge(change: &Change, application: &str, urgency: i64, did: &'static str) -> Vec<Reached> {
    let (from, Some(to)) = (&change.object_id, &change.other_id) else { return Vec::new() };
    match change.edge {
        Some(EdgeKind::Member) => vec![
            at(Reach::Object(to.clone()), urgency, membership(did)),
            at(Reach::Within(to.clone()), urgency, membership(did)),
            at(Reach::Object(from.clone()), priority::CHANGE, membership(did)),
            at(Reach::Above(from.clone()), priority::CHANGE, membership(did)),
        ],
        Some(EdgeKind::Manager) => {
            vec![at(Reach::Object(from.clone()), priority::CHANGE, "manager changed")]
        }
        Some(EdgeKind::Assignment) if from == application => {
            vec![at(Reach::Group(to.clone()), urgency, assignment(did))]
        }
        Some(EdgeKind::Assignment) | None => Vec::new(),
    }
}

fn membership(did: &str) -> &'static str {
    if did == "added" { "group membership added" } else { "group membership removed" }
}

fn assignment(did: &str) -> &'static str {
    if did == "added" { "assigned" } else { "unassigned" }
}

fn at(reach: Reach, priority: i64, cause: &'static str) -> Reached {
    Reached { reach, priority, cause }
}
