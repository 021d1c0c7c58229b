//! What a write is about, as its address says it: for the records of what the services behind
//! the gateway did not record themselves.

use axum::http::{Method, StatusCode};

use crate::{Organisation, address::ScimAddress, caller::Caller, platform::About, record::Entry};

/// What a write is about, as its address says it.
pub(crate) struct Subject {
    kind: &'static str,
    id: Option<String>,
    name: Option<String>,
}

impl Subject {
    pub(crate) fn of_scim(address: &ScimAddress) -> Self {
        let is_group = address.endpoint().eq_ignore_ascii_case("groups");
        Self {
            kind: if is_group { "Group" } else { "User" },
            id: address.id().map(str::to_owned),
            name: None,
        }
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
        Self { kind, id: segments.get(place).map(ToString::to_string), name: None }
    }

    /// The same, or what the answer says of itself.
    pub(crate) fn or_as(self, about: Option<About>) -> Self {
        match about {
            Some(About { id, name }) => Self { id: Some(id), name: Some(name), ..self },
            None => self,
        }
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
        let step = self.record(&Entry {
            client_id: &caller.client_id,
            method: method_name(method),
            resource: subject.kind,
            resource_id: subject.id.as_deref(),
            name: subject.name.as_deref(),
            status: status.as_u16(),
            correlation_id: Some(&caller.correlation_id),
            changes: &[],
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
