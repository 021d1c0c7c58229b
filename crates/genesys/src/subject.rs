//! What a write is about, as its address says it: for the records of what the services behind
//! the gateway did not record themselves.

use axum::http::{Method, StatusCode};

use crate::{
    Organisation,
    address::ScimAddress,
    caller::Caller,
    platform::About,
    record::{Action, Change, Entry},
};

/// What a write is about, as its address says it.
pub(crate) struct Subject {
    kind: &'static str,
    id: Option<String>,
    name: Option<String>,
    /// What the write did; `None`: what its method does.
    action: Option<Action>,
    changes: Vec<Change>,
}

impl Subject {
    pub(crate) fn of_scim(address: &ScimAddress) -> Self {
        let is_group = address.endpoint().eq_ignore_ascii_case("groups");
        Self::new(if is_group { "Group" } else { "User" }, address.id().map(str::to_owned))
    }

    pub(crate) fn of_platform(path: &str) -> Self {
        let rest = path.get("/api/v2/".len()..).unwrap_or_default();
        let segments: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        let (kind, place) = match segments.as_slice() {
            ["users", ..] => ("User", 1),
            ["groups", ..] => ("Group", 1),
            ["oauth", ..] => ("OAuthClient", 2),
            ["routing", "skills", ..] => ("Skill", 2),
            ["routing", "languages", ..] => ("Language", 2),
            ["authorization", "divisions", ..] => ("Division", 2),
            ["authorization", "subjects", ..] => ("Grant", 2),
            ["authorization", ..] => ("Role", 2),
            ["tokens", ..] => ("Token", 1),
            _ => ("Other", 1),
        };
        let below = segments.get(place + 1..).unwrap_or_default();
        let id = segments.get(place).map(ToString::to_string);
        Self { action: action_below(kind, below), ..Self::new(kind, id) }
    }

    /// The same, or what the answer says of itself.
    pub(crate) fn or_as(self, about: Option<About>) -> Self {
        match about {
            Some(About { id, name, action, changes }) => {
                let action = action.or(self.action);
                Self { id: Some(id), name: Some(name), action, changes, ..self }
            }
            None => self,
        }
    }

    fn new(kind: &'static str, id: Option<String>) -> Self {
        Self { kind, id, name: None, action: None, changes: Vec::new() }
    }
}

/// What a write at an address below an object does to it: who comes and goes there changes it.
/// Grants have no address of their own, so that of their subject says which one is meant.
fn action_below(kind: &str, below: &[&str]) -> Option<Action> {
    match (kind, below) {
        ("Grant", ["bulkremove"]) => Some(Action::Delete),
        ("Grant", ["bulkreplace"]) => Some(Action::Update),
        (_, []) | ("Grant", _) => None,
        _ => Some(Action::Update),
    }
}

impl Organisation {
    /// Records a write that the service behind did not record itself: refusals, and what
    /// administrators do.
    pub(crate) async fn record_write(
        &self,
        subject: &Subject,
        caller: &Caller,
        method: &Method,
        status: StatusCode,
    ) {
        let name = match (&subject.name, &subject.id) {
            (None, Some(id)) => self.name_of(id).await.unwrap_or_default(),
            (name, _) => name.clone(),
        };
        let step = self.record(&Entry {
            client_id: &caller.client_id,
            method: method_name(method),
            action: subject.action.unwrap_or_else(|| Action::of(method.as_str())),
            resource: subject.kind,
            resource_id: subject.id.as_deref(),
            name: name.as_deref(),
            status: status.as_u16(),
            correlation_id: Some(&caller.correlation_id),
            changes: &subject.changes,
        });
        if let Err(error) = self.db.transaction(vec![step]).await {
            tracing::error!(%error, "a write could not be recorded");
        }
    }
}

/// Whether the method writes.
pub(crate) fn is_write(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE)
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        _ => "DELETE",
    }
}
