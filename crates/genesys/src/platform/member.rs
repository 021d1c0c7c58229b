//! Who is in a group: users, read in pages however many there are.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use super::{
    Asked, PlatformError, Recorded,
    group::{OTHER_VERSION, check_version},
    page::Paging,
    permitted,
    request::{Given, Parameters},
    user_view,
};
use crate::{Organisation, caller::Caller, group_patch::GroupEdit, users::whole};

/// The members of a page who are users, by id.
const PAGE: &str = "SELECT member_id FROM member WHERE team_id = $1 AND kind = 'User'
    ORDER BY member_id LIMIT $2 OFFSET $3";

const COUNT: &str = "SELECT count(*) FROM member WHERE team_id = $1 AND kind = 'User'";

pub(super) async fn list(
    (State(organisation), _): Asked,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Json<Value>, PlatformError> {
    let paging = Paging::of(&parameters)?;
    organisation.group(&id).await?;
    let page = vec![(&id).into(), whole(paging.size), whole(paging.offset())];
    let answers = organisation.db.snapshot(vec![(COUNT, vec![(&id).into()]), (PAGE, page)]).await?;
    let total = answers.first().and_then(|rows| rows.first()).map(|row| row.integer(0));
    let total = usize::try_from(total.transpose()?.unwrap_or_default()).unwrap_or_default();
    let ids = answers.get(1).into_iter().flatten().map(|row| row.text(0));
    let members = organisation.users_with_ids(&ids.collect::<Result<Vec<_>, _>>()?).await?;
    let path = format!("/api/v2/groups/{id}/members");
    let shown = members.iter().map(|user| user_view::entity(user, &[])).collect();
    Ok(paging.entities(&path, total, shown))
}

pub(super) async fn add(
    asked: Asked,
    Path(id): Path<String>,
    given: Given,
) -> Result<(StatusCode, Extension<Recorded>, Json<Value>), PlatformError> {
    let (State(organisation), Extension(caller)) = asked;
    let version = given.number("version")?;
    let members = given.texts("memberIds")?;
    edit(&organisation, caller, &id, version, &members, true).await?;
    Ok((StatusCode::ACCEPTED, Extension(Recorded), Json(json!({}))))
}

pub(super) async fn remove(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<(StatusCode, Extension<Recorded>, Json<Value>), PlatformError> {
    let members: Vec<String> = parameters.all("ids").into_iter().map(str::to_owned).collect();
    edit(&organisation, caller, &id, None, &members, false).await?;
    Ok((StatusCode::ACCEPTED, Extension(Recorded), Json(json!({}))))
}

async fn edit(
    organisation: &Organisation,
    caller: Caller,
    id: &str,
    version: Option<i64>,
    members: &[String],
    present: bool,
) -> Result<(), PlatformError> {
    let caller = permitted(organisation, caller, &["directory:group:edit"]).await?;
    let group = organisation.group(id).await?;
    check_version(version, group.version)?;
    let mut edit = GroupEdit::default();
    edit.members.extend(members.iter().map(|id| (id.clone(), present)));
    let method = if present { "POST" } else { "DELETE" };
    if organisation.edit_group(caller.writer(method), &group, &edit, version).await? {
        Ok(())
    } else {
        Err(PlatformError::conflict(OTHER_VERSION))
    }
}
