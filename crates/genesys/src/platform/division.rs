//! Divisions as administrators make and read them.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use super::{
    About, Asked, Named, PlatformError, changed,
    page::Paging,
    permitted, removed,
    request::{Given, Parameters},
    written,
};
use crate::{
    Organisation,
    term::{Term, TermKind},
};

const PATH: &str = "/api/v2/authorization/divisions";

pub(super) async fn list(
    (State(organisation), _): Asked,
    parameters: Parameters,
) -> Result<Json<Value>, PlatformError> {
    let paging = Paging::of(&parameters)?;
    let (ids, name) = (parameters.all("id"), parameters.get("name").map(str::to_lowercase));
    let mut divisions = organisation.terms(TermKind::Division).await?;
    divisions.retain(|division| {
        (ids.is_empty() || ids.contains(&division.id.as_str()))
            && name
                .as_ref()
                .is_none_or(|name| division.name.to_lowercase().contains(name.trim_matches('*')))
    });
    let (total, divisions) = paging.of_all(divisions);
    Ok(paging.entities(PATH, total, divisions.iter().map(entity).collect()))
}

pub(super) async fn home((State(organisation), _): Asked) -> Result<Json<Value>, PlatformError> {
    one(&organisation, &organisation.home_division_id).await
}

pub(super) async fn read(
    (State(organisation), _): Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, PlatformError> {
    one(&organisation, &id).await
}

pub(super) async fn create(
    (State(organisation), Extension(caller)): Asked,
    given: Given,
) -> Result<Named, PlatformError> {
    permitted(&organisation, caller, &["authorization:division:add"]).await?;
    let (name, description) = (given.required("name")?, given.text("description")?);
    let division =
        organisation.create_described_term(TermKind::Division, name, description, &[]).await?;
    Ok(written(entity(&division)))
}

pub(super) async fn change(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
    given: Given,
) -> Result<Named, PlatformError> {
    permitted(&organisation, caller, &["authorization:division:edit"]).await?;
    let mut division = organisation.term_with_id(TermKind::Division, &id).await?;
    let before = entity(&division);
    let name = given.required("name")?;
    if division.is_home() && name != division.name {
        return Err(PlatformError::conflict("the home division keeps its name"));
    }
    name.clone_into(&mut division.name);
    if given.object()?.contains_key("description") {
        division.description = given.text("description")?.map(str::to_owned);
    }
    organisation.rename_term(TermKind::Division, &division).await?;
    Ok(changed(&before, entity(&division)))
}

pub(super) async fn remove(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
) -> Result<(Extension<About>, StatusCode), PlatformError> {
    permitted(&organisation, caller, &["authorization:division:delete"]).await?;
    Ok(removed(organisation.delete_term(TermKind::Division, &id).await?))
}

async fn one(organisation: &Organisation, id: &str) -> Result<Json<Value>, PlatformError> {
    Ok(Json(entity(&organisation.term_with_id(TermKind::Division, id).await?)))
}

fn entity(division: &Term) -> Value {
    json!({
        "id": division.id,
        "name": division.name,
        "description": division.description,
        "homeDivision": division.is_home(),
        "selfUri": format!("{PATH}/{}", division.id),
    })
}
