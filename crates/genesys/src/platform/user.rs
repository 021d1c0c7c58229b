//! Users as administrators look them up, create, change, delete and restore them.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::Value;
use store::key;

use super::{
    Asked, PlatformError, Recorded,
    group::{OTHER_VERSION, check_version},
    page::Paging,
    permitted,
    request::{Given, Parameters, misfit},
    search::Criteria,
    user_view::entity,
};
use crate::{
    Organisation,
    grant::ALL_DIVISIONS,
    profile::Profile,
    settings::Absent,
    term::TermKind,
    user::{State as UserState, User},
    user_filter::Search,
};

const PATH: &str = "/api/v2/users";

/// Users read in one go for a search.
const BATCH_SIZE: usize = 500;

type Written = (Extension<Recorded>, Json<Value>);

pub(super) async fn list(
    (State(organisation), _): Asked,
    parameters: Parameters,
) -> Result<Json<Value>, PlatformError> {
    let paging = Paging::of(&parameters)?;
    let (expand, ids) = (parameters.all("expand"), parameters.all("id"));
    let search = searched(parameters.get("state"))?;
    let (total, users) = if ids.is_empty() {
        let page = organisation.users(&search, paging.offset(), paging.size).await?;
        (page.total, page.users)
    } else {
        let mut named = organisation.users_with_ids(&ids).await?;
        named.retain(|user| search.matches(user));
        paging.of_all(named)
    };
    let shown = users.iter().map(|user| entity(user, &expand)).collect();
    Ok(paging.entities(PATH, total, shown))
}

pub(super) async fn read(
    (State(organisation), _): Asked,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Json<Value>, PlatformError> {
    let user = organisation.user(&id).await?;
    let user = user.ok_or_else(|| PlatformError::not_found("user", &id))?;
    let wanted = parameters.get("state").map(str::to_ascii_lowercase);
    let is_wanted = match wanted.as_deref() {
        None => !user.is_deleted(),
        Some("any") => true,
        Some(state) => user.state.word() == state,
    };
    if !is_wanted {
        return Err(PlatformError::not_found("user", &id));
    }
    Ok(Json(entity(&user, &parameters.all("expand"))))
}

pub(super) async fn create(
    (State(organisation), Extension(caller)): Asked,
    given: Given,
) -> Result<Written, PlatformError> {
    let caller = permitted(&organisation, caller, &["directory:user:add"]).await?;
    let state = given.text("state")?.unwrap_or("active").to_ascii_lowercase();
    let mut profile = Profile {
        user_name: given.required("email")?.to_owned(),
        active: Some(state == "active"),
        ..Profile::default()
    };
    given.required("name")?;
    describe(&mut profile, &given)?;
    if let Some(id) = given.text("divisionId")?.filter(|id| *id != ALL_DIVISIONS) {
        profile.division = Some(organisation.term_with_id(TermKind::Division, id).await?.name);
    }
    let user = organisation.insert_user(caller.writer("POST"), profile).await?;
    Ok((Extension(Recorded), Json(entity(&user, &[]))))
}

/// Changes a user, or its state: the vendor refuses both in one request.
pub(super) async fn change(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
    given: Given,
) -> Result<Written, PlatformError> {
    let caller = permitted(&organisation, caller, &["directory:user:edit"]).await?;
    let user = organisation.user(&id).await?;
    let user = user.ok_or_else(|| PlatformError::not_found("user", &id))?;
    let version = given.number("version")?;
    let version = version.ok_or_else(|| misfit("version", "the version that was read"))?;
    check_version(Some(version), user.version)?;
    let mut profile = user.profile.clone();
    profile.external_id = user.mirrors.get(&caller.mirror).cloned();
    let writer = caller.writer("PATCH");
    if let Some(state) = given.text("state")? {
        let others = given.object()?.keys();
        if others.clone().any(|key| !["state", "version", "id", "selfUri"].contains(&key.as_str()))
        {
            return Err(PlatformError::bad_request(
                "a change of \"state\" goes alone: send other changes in a request of their own",
            ));
        }
        match state.to_ascii_lowercase().as_str() {
            "active" => {
                profile.active = Some(true);
                let settings = &organisation.settings;
                if user.state == UserState::Inactive
                    && settings.reactivated_roles == Absent::Cleared
                {
                    profile.roles = Some(Vec::new());
                }
            }
            "inactive" => profile.active = Some(false),
            "deleted" if user.is_deleted() => {
                return Ok((Extension(Recorded), Json(entity(&user, &[]))));
            }
            "deleted" => return delete(&organisation, writer, &user).await,
            _ => return Err(misfit("state", "active, inactive or deleted")),
        }
    } else if user.is_deleted() {
        return Err(PlatformError::not_found("user", &id));
    } else {
        describe(&mut profile, &given)?;
    }
    match organisation.update_user(writer, &user, profile).await? {
        Some(user) => Ok((Extension(Recorded), Json(entity(&user, &[])))),
        None => Err(PlatformError::conflict(OTHER_VERSION)),
    }
}

pub(super) async fn remove(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
) -> Result<(StatusCode, Written), PlatformError> {
    let caller = permitted(&organisation, caller, &["directory:user:delete"]).await?;
    let user = organisation.user(&id).await?.filter(|user| !user.is_deleted());
    let user = user.ok_or_else(|| PlatformError::not_found("user", &id))?;
    delete(&organisation, caller.writer("DELETE"), &user)
        .await
        .map(|written| (StatusCode::OK, written))
}

pub(super) async fn search(
    (State(organisation), _): Asked,
    given: Given,
) -> Result<Written, PlatformError> {
    let (paging, criteria) = (Paging::given(&given)?, Criteria::read(&given)?);
    let expand = given.texts("expand")?;
    let expand: Vec<&str> = expand.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    for narrowed in narrowed(&criteria) {
        let mut offset = 0;
        loop {
            let page = organisation.users(&narrowed, offset, BATCH_SIZE).await?;
            let is_last = page.users.len() < BATCH_SIZE;
            offset += page.users.len();
            found.extend(page.users.into_iter().filter(|user| criteria.hold(user)));
            if is_last {
                break;
            }
        }
    }
    let (total, users) = paging.of_all(found);
    let results = users.iter().map(|user| entity(user, &expand)).collect();
    Ok((Extension(Recorded), paging.results("users", total, results)))
}

/// The searches whose users hold all that the criteria can mean: by an index, where one
/// helps. Deleted users are found by those who ask for a state.
fn narrowed(criteria: &Criteria) -> Vec<Search> {
    let all = Search { with_deleted: criteria.mention("state"), ..Search::default() };
    if let Some(emails) = criteria.exact("email") {
        let by_email = |email: &String| Search { email_key: Some(key::fold(email)), ..all.clone() };
        return emails.iter().map(by_email).collect();
    }
    if let Some(ids) = criteria.exact("id") {
        return ids.iter().map(|id| Search { id: Some(id.clone()), ..all.clone() }).collect();
    }
    vec![all]
}

async fn delete(
    organisation: &Organisation,
    writer: crate::writer::Writer<'_>,
    user: &User,
) -> Result<Written, PlatformError> {
    if !organisation.delete_user(writer, user).await? {
        return Err(PlatformError::conflict(OTHER_VERSION));
    }
    let deleted = organisation.user(&user.id).await?;
    let deleted = deleted.ok_or_else(|| PlatformError::not_found("user", &user.id))?;
    Ok((Extension(Recorded), Json(entity(&deleted, &[]))))
}

/// The users in a state; active ones if nothing is said.
fn searched(state: Option<&str>) -> Result<Search, PlatformError> {
    let state = state.unwrap_or("active").to_ascii_lowercase();
    let state = match state.as_str() {
        "any" => None,
        "active" => Some(UserState::Active),
        "inactive" => Some(UserState::Inactive),
        "deleted" => Some(UserState::Deleted),
        _ => return Err(misfit("state", "active, inactive, deleted or any")),
    };
    Ok(Search {
        state,
        with_deleted: state.is_none_or(|state| state == UserState::Deleted),
        ..Search::default()
    })
}

/// Writes what the body says about a person.
fn describe(profile: &mut Profile, given: &Given) -> Result<(), PlatformError> {
    if let Some(name) = given.text("name")? {
        name.clone_into(&mut profile.display_name);
    }
    if let Some(email) = given.text("email")? {
        email.clone_into(&mut profile.user_name);
    }
    for (name, place) in [
        ("title", &mut profile.title),
        ("department", &mut profile.department),
        ("manager", &mut profile.manager),
    ] {
        if given.object()?.contains_key(name) {
            *place = given.text(name)?.map(str::to_owned);
        }
    }
    Ok(())
}
