//! Groups as administrators make, find and describe them.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use super::{
    Asked, Named, PlatformError, Recorded, changed,
    page::Paging,
    permitted,
    request::{Given, Parameters},
    search::{Criteria, Subject},
};
use crate::{
    Organisation,
    group::Group,
    group_filter::GroupSearch,
    group_life::{KINDS, VISIBILITIES},
};

const PATH: &str = "/api/v2/groups";

/// Groups read in one go for a search.
const BATCH_SIZE: usize = 500;

pub(super) async fn list(
    (State(organisation), _): Asked,
    parameters: Parameters,
) -> Result<Json<Value>, PlatformError> {
    let paging = Paging::of(&parameters)?;
    let ids = parameters.all("id");
    let (total, groups) = if ids.is_empty() {
        let search = GroupSearch::default();
        let page = organisation.groups(&search, paging.offset(), paging.size).await?;
        (page.total, page.groups)
    } else {
        let mut named = Vec::new();
        for id in ids {
            let search = GroupSearch { id: Some(id.to_owned()), ..GroupSearch::default() };
            named.extend(organisation.groups(&search, 0, 1).await?.groups);
        }
        paging.of_all(named)
    };
    Ok(paging.entities(PATH, total, shown(&organisation, &groups).await?))
}

pub(super) async fn create(
    (State(organisation), Extension(caller)): Asked,
    given: Given,
) -> Result<(Extension<Recorded>, Json<Value>), PlatformError> {
    let caller = permitted(&organisation, caller, &["directory:group:add"]).await?;
    let mut group = organisation.new_group(given.required("name")?);
    group.description = given.text("description")?.map(str::to_owned);
    group.kind = chosen(&given, "type", &KINDS)?.unwrap_or(group.kind);
    group.visibility = chosen(&given, "visibility", &VISIBILITIES)?.unwrap_or(group.visibility);
    group.rules_visible = given.truth("rulesVisible")?.unwrap_or(true);
    let group = organisation.insert_group(group, Some(caller.writer("POST"))).await?;
    Ok((Extension(Recorded), Json(entity(&group, 0))))
}

pub(super) async fn read(
    (State(organisation), _): Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, PlatformError> {
    let group = organisation.group(&id).await?;
    let count = organisation.member_count(&id).await?;
    Ok(Json(entity(&group, count)))
}

pub(super) async fn change(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
    given: Given,
) -> Result<Named, PlatformError> {
    permitted(&organisation, caller, &["directory:group:edit"]).await?;
    let mut group = organisation.group(&id).await?;
    let before = entity(&group, 0);
    check_version(given.number("version")?, group.version)?;
    if let Some(name) = given.text("name")? {
        name.clone_into(&mut group.display_name);
    }
    if let Some(description) = given.text("description")? {
        group.description = Some(description.to_owned());
    }
    group.visibility = chosen(&given, "visibility", &VISIBILITIES)?.unwrap_or(group.visibility);
    group.rules_visible = given.truth("rulesVisible")?.unwrap_or(group.rules_visible);
    if !organisation.describe_group(&group).await? {
        return Err(PlatformError::conflict(OTHER_VERSION));
    }
    let count = organisation.member_count(&id).await?;
    Ok(changed(&before, entity(&organisation.group(&id).await?, count)))
}

pub(super) async fn remove(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
) -> Result<(Extension<Recorded>, StatusCode), PlatformError> {
    let caller = permitted(&organisation, caller, &["directory:group:delete"]).await?;
    let group = organisation.group(&id).await?;
    organisation.remove_group(&group, Some(caller.writer("DELETE"))).await?;
    Ok((Extension(Recorded), StatusCode::NO_CONTENT))
}

pub(super) async fn search(
    (State(organisation), _): Asked,
    given: Given,
) -> Result<(Extension<Recorded>, Json<Value>), PlatformError> {
    let (paging, criteria) = (Paging::given(&given)?, Criteria::read(&given)?);
    let mut found = Vec::new();
    let mut offset = 0;
    loop {
        let page = organisation.groups(&GroupSearch::default(), offset, BATCH_SIZE).await?;
        let is_last = page.groups.len() < BATCH_SIZE;
        offset += page.groups.len();
        found.extend(page.groups.into_iter().filter(|group| criteria.hold(group)));
        if is_last {
            break;
        }
    }
    let (total, groups) = paging.of_all(found);
    let results = shown(&organisation, &groups).await?;
    Ok((Extension(Recorded), paging.results("groups", total, results)))
}

/// What a write is told that comes too late.
pub(super) const OTHER_VERSION: &str =
    "the version does not match the one that is stored: read it again and repeat the change";

/// Refuses a version that is not the stored one; without one, any will do.
pub(super) fn check_version(given: Option<i64>, stored: i64) -> Result<(), PlatformError> {
    match given {
        Some(given) if given != stored => Err(PlatformError::conflict(OTHER_VERSION)),
        _ => Ok(()),
    }
}

async fn shown(organisation: &Organisation, groups: &[Group]) -> Result<Vec<Value>, PlatformError> {
    let mut shown = Vec::with_capacity(groups.len());
    for group in groups {
        shown.push(entity(group, organisation.member_count(&group.id).await?));
    }
    Ok(shown)
}

fn entity(group: &Group, member_count: usize) -> Value {
    let mut entity = json!({
        "id": group.id,
        "name": group.display_name,
        "dateModified": group.modified,
        "memberCount": member_count,
        "state": "active",
        "version": group.version,
        "type": group.kind,
        "rulesVisible": group.rules_visible,
        "visibility": group.visibility,
        "selfUri": format!("{PATH}/{}", group.id),
    });
    if let Some(description) = &group.description {
        entity["description"] = description.as_str().into();
    }
    entity
}

fn chosen(given: &Given, name: &str, choices: &[&str]) -> Result<Option<String>, PlatformError> {
    match given.text(name)? {
        None => Ok(None),
        Some(text) if choices.contains(&text.to_ascii_lowercase().as_str()) => {
            Ok(Some(text.to_ascii_lowercase()))
        }
        Some(_) => Err(super::request::misfit(name, &format!("one of {}", choices.join(", ")))),
    }
}

impl Subject for Group {
    fn values(&self, field: &str) -> Vec<String> {
        match field {
            "id" => vec![self.id.clone()],
            "name" => vec![self.display_name.clone()],
            "description" => self.description.iter().cloned().collect(),
            "type" => vec![self.kind.clone()],
            "visibility" => vec![self.visibility.clone()],
            "state" => vec!["active".to_owned()],
            _ => Vec::new(),
        }
    }
}
