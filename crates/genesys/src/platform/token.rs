//! The caller's own token, and the organisation it belongs to.

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use super::{Asked, PlatformError};
use crate::Organisation;

/// What the organisation is called.
const ORGANISATION_NAME: &str = "Instep";

pub(super) async fn read(
    (State(organisation), Extension(caller)): Asked,
) -> Result<Json<Value>, PlatformError> {
    let client = organisation.client(&caller.client_id).await?;
    let home = named(&organisation);
    Ok(Json(json!({
        "organization": home,
        "homeOrganization": home,
        "authorizedScope": [],
        "OAuthClient": {"id": client.id, "name": client.name, "organization": home},
    })))
}

pub(super) async fn revoke(
    (State(organisation), Extension(caller)): Asked,
) -> Result<StatusCode, PlatformError> {
    organisation.revoke_token(&caller.token_hash).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn organisation((State(organisation), _): Asked) -> Json<Value> {
    let mut shown = named(&organisation);
    shown["domain"] = "instep".into();
    shown["state"] = "active".into();
    shown["version"] = 1.into();
    shown["selfUri"] = "/api/v2/organizations/me".into();
    Json(shown)
}

/// The organisation has the id of its home division, as at the vendor.
fn named(organisation: &Organisation) -> Value {
    json!({"id": &*organisation.home_division_id, "name": ORGANISATION_NAME})
}
