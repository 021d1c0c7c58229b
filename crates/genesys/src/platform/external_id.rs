//! What other systems call a user, beside SCIM: an authority and a key.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use super::{
    Asked, PlatformError, Recorded, group::OTHER_VERSION, permitted, request::Given,
    user_view::entity,
};
use crate::{
    Organisation,
    caller::Caller,
    external_id::{self, ExternalId, MIRROR_PREFIX, shown_authority},
    user::User,
    user_filter::Search,
};

const EDIT: &[&str] = &["directory:user:edit"];

pub(super) async fn list(
    (State(organisation), _): Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, PlatformError> {
    Ok(shown(&organisation, &organisation.present_user(&id).await?))
}

/// The user whom the authority calls so, active or not.
pub(super) async fn find(
    (State(organisation), Extension(caller)): Asked,
    Path((authority, key)): Path<(String, String)>,
) -> Result<Json<Value>, PlatformError> {
    let stored = caller.stored_authority(authority.clone());
    let search = Search { external_id: Some((stored, key.clone())), ..Search::default() };
    let found = organisation.users(&search, 0, 1).await?.users;
    let name = || format!("{authority}/{key}");
    let user = found.first().ok_or_else(|| PlatformError::not_found("external id", &name()))?;
    Ok(Json(entity(user, &[])))
}

/// Lets an authority call the user so. As in SCIM, one authority has one key for a user: the
/// later counts.
pub(super) async fn add(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
    given: Given,
) -> Result<(Extension<Recorded>, Json<Value>), PlatformError> {
    let caller = permitted(&organisation, caller, EDIT).await?;
    let authority = given.exact("authorityName")?.to_owned();
    let value = given.exact("externalKey")?.to_owned();
    check(&authority)?;
    let user = organisation.present_user(&id).await?;
    let mut ids = user.profile.external_ids.clone();
    ids.retain(|known| known.authority != authority);
    ids.push(ExternalId { authority, value });
    let user = write(&organisation, &caller, "POST", &user, ids).await?;
    Ok((Extension(Recorded), shown(&organisation, &user)))
}

pub(super) async fn remove(
    (State(organisation), Extension(caller)): Asked,
    Path((id, authority, key)): Path<(String, String, String)>,
) -> Result<(Extension<Recorded>, StatusCode), PlatformError> {
    let caller = permitted(&organisation, caller, EDIT).await?;
    check(&authority)?;
    let user = organisation.present_user(&id).await?;
    let mut ids = user.profile.external_ids.clone();
    let count = ids.len();
    ids.retain(|known| known.authority != authority || known.value != key);
    if ids.len() == count {
        return Err(PlatformError::not_found("external id", &format!("{authority}/{key}")));
    }
    write(&organisation, &caller, "DELETE", &user, ids).await?;
    Ok((Extension(Recorded), StatusCode::NO_CONTENT))
}

/// Refuses the authorities of what SCIM clients call `externalId`: those are theirs.
fn check(authority: &str) -> Result<(), PlatformError> {
    if authority.starts_with(MIRROR_PREFIX) {
        return Err(PlatformError::bad_request(format!(
            "the authority \"{authority}\" belongs to a SCIM client: change externalId by SCIM"
        )));
    }
    Ok(())
}

async fn write(
    organisation: &Organisation,
    caller: &Caller,
    method: &'static str,
    user: &User,
    mut external_ids: Vec<ExternalId>,
) -> Result<User, PlatformError> {
    external_id::sort(&mut external_ids);
    let mut profile = user.profile.clone();
    profile.external_id = user.mirrors.get(&caller.mirror).cloned();
    profile.external_ids = external_ids;
    let written = organisation.update_user(caller.writer(method), user, profile).await?;
    written.ok_or_else(|| PlatformError::conflict(OTHER_VERSION))
}

fn shown(organisation: &Organisation, user: &User) -> Json<Value> {
    let suffix = organisation.settings.external_id_suffix;
    let others = user.profile.external_ids.iter();
    let others = others.map(|id| (id.authority.clone(), id.value.as_str()));
    let mirrors = user.mirrors.iter();
    let mirrors = mirrors.map(|(stored, value)| (shown_authority(suffix, stored), value.as_str()));
    let ids = others.chain(mirrors);
    Json(
        ids.map(|(authority, key)| json!({"authorityName": authority, "externalKey": key}))
            .collect(),
    )
}
