//! The vendor's services beside SCIM, as far as an administrator of provisioning needs them:
//! groups, users, roles, divisions, routing skills and languages, OAuth clients, audits.
//!
//! The gateway in front has asked who sends the request; each operation here says which
//! permissions it needs.

mod audit;
mod client;
mod division;
mod error;
mod external_id;
mod grant;
mod group;
mod member;
mod page;
mod request;
mod role;
mod routing;
mod search;
mod token;
mod user;
mod user_view;

use axum::{
    Extension, Json, Router,
    extract::State,
    http::{Method, StatusCode, Uri},
    routing::{delete, get, post, put},
};

pub(crate) use error::PlatformError;
use serde_json::Value;

use crate::{
    Organisation,
    caller::Caller,
    record::{Action, Change},
    term::Term,
};

/// Marks an answer whose write was recorded together with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recorded;

/// What an answer is about, for the record of the write: an address does not say it all.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) id: String,
    pub(crate) name: String,
    /// What the write did; `None`: what its method does.
    pub(crate) action: Option<Action>,
    pub(crate) changes: Vec<Change>,
}

/// What of an entity is recorded when it changes. Secrets are not among it.
const RECORDED: [&str; 11] = [
    "name",
    "description",
    "state",
    "visibility",
    "rulesVisible",
    "permissions",
    "accessTokenValiditySeconds",
    "roleDivisions",
    "dateToDelete",
    "scope",
    "registeredRedirectUri",
];

/// An answer that says what it is about.
type Named = (Extension<About>, Json<Value>);

/// An entity as the answer to its creation: its id, its name and what it is are recorded.
fn written(entity: Value) -> Named {
    changed(&Value::Null, entity)
}

/// An entity as the answer to a change: what has become different is recorded.
fn changed(before: &Value, entity: Value) -> Named {
    let text = |name: &str| entity[name].as_str().unwrap_or_default().to_owned();
    let changes = RECORDED
        .iter()
        .filter_map(|name| Change::of(name, texts(&before[*name]), texts(&entity[*name])));
    let about =
        About { id: text("id"), name: text("name"), action: None, changes: changes.collect() };
    (Extension(about), Json(entity))
}

/// The answer to a deletion: the name of what is gone is recorded.
fn removed(gone: Term) -> (Extension<About>, StatusCode) {
    let about = About { id: gone.id, name: gone.name, action: None, changes: Vec::new() };
    (Extension(about), StatusCode::NO_CONTENT)
}

/// The values of an entity's attribute, as records tell them.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// Who asks for what: the two things that every operation gets.
type Asked = (State<Organisation>, Extension<Caller>);

/// All operations, at their addresses.
pub(crate) fn router(organisation: Organisation) -> Router {
    Router::new()
        .merge(groups())
        .merge(users())
        .merge(authorization())
        .merge(routing_catalogue())
        .route("/api/v2/oauth/clients", get(client::list).post(client::create))
        .route(
            "/api/v2/oauth/clients/{id}",
            get(client::read).put(client::change).delete(client::remove),
        )
        .route("/api/v2/oauth/clients/{id}/secret", post(client::renew))
        .route("/api/v2/tokens/me", get(token::read).delete(token::revoke))
        .route("/api/v2/organizations/me", get(token::organisation))
        .route("/api/v2/audits/query/realtime", post(audit::query))
        .route("/api/v2/audits/query/realtime/servicemapping", get(audit::services))
        .fallback(nowhere)
        .method_not_allowed_fallback(not_allowed)
        .with_state(organisation)
}

fn groups() -> Router<Organisation> {
    Router::new()
        .route("/api/v2/groups", get(group::list).post(group::create))
        .route("/api/v2/groups/search", post(group::search))
        .route("/api/v2/groups/{id}", get(group::read).put(group::change).delete(group::remove))
        .route(
            "/api/v2/groups/{id}/members",
            get(member::list).post(member::add).delete(member::remove),
        )
        .route("/api/v2/groups/{id}/individuals", get(member::list))
}

fn users() -> Router<Organisation> {
    Router::new()
        .route("/api/v2/users", get(user::list).post(user::create))
        .route("/api/v2/users/search", post(user::search))
        .route("/api/v2/users/{id}", get(user::read).patch(user::change).delete(user::remove))
        .route("/api/v2/users/externalid/{authority}/{key}", get(external_id::find))
        .route("/api/v2/users/{id}/externalid", get(external_id::list).post(external_id::add))
        .route("/api/v2/users/{id}/externalid/{authority}/{key}", delete(external_id::remove))
        .route("/api/v2/users/{id}/roles", get(grant::roles).put(grant::replace_roles))
        .route("/api/v2/users/{id}/routingskills", get(routing::skills_of_user))
        .route("/api/v2/users/{id}/routinglanguages", get(routing::languages_of_user))
}

fn authorization() -> Router<Organisation> {
    Router::new()
        .route("/api/v2/authorization/roles", get(role::list).post(role::create))
        .route(
            "/api/v2/authorization/roles/{id}",
            get(role::read).put(role::change).delete(role::remove),
        )
        .route("/api/v2/authorization/divisions", get(division::list).post(division::create))
        .route("/api/v2/authorization/divisions/home", get(division::home))
        .route(
            "/api/v2/authorization/divisions/{id}",
            get(division::read).put(division::change).delete(division::remove),
        )
        .route("/api/v2/authorization/subjects/me", get(grant::mine))
        .route("/api/v2/authorization/subjects/{id}", get(grant::read))
        .route("/api/v2/authorization/subjects/{id}/bulkadd", post(grant::add_many))
        .route("/api/v2/authorization/subjects/{id}/bulkremove", post(grant::remove_many))
        .route("/api/v2/authorization/subjects/{id}/bulkreplace", post(grant::replace_many))
        .route(
            "/api/v2/authorization/subjects/{id}/divisions/{division}/roles/{role}",
            post(grant::add).delete(grant::remove),
        )
        .route("/api/v2/authorization/roles/{id}/users/add", put(grant::add_users))
        .route("/api/v2/authorization/roles/{id}/users/remove", put(grant::remove_users))
}

fn routing_catalogue() -> Router<Organisation> {
    Router::new()
        .route("/api/v2/routing/skills", get(routing::skills).post(routing::create_skill))
        .route(
            "/api/v2/routing/skills/{id}",
            get(routing::skill).merge(delete(routing::remove_skill)),
        )
        .route("/api/v2/routing/languages", get(routing::languages).post(routing::create_language))
        .route(
            "/api/v2/routing/languages/{id}",
            get(routing::language).merge(delete(routing::remove_language)),
        )
}

async fn nowhere(uri: Uri) -> PlatformError {
    PlatformError::no_address(uri.path())
}

async fn not_allowed(method: Method, uri: Uri) -> PlatformError {
    PlatformError::method(method.as_str(), uri.path())
}

/// Lets the caller pass if it has one of the permissions.
async fn permitted(
    organisation: &Organisation,
    caller: Caller,
    needed: &[&str],
) -> Result<Caller, PlatformError> {
    organisation.admitted(caller, needed).await
}
