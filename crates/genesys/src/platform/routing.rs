//! Routing skills and languages as administrators make them, and those of a user.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use super::{
    About, Asked, Named, PlatformError,
    page::Paging,
    permitted, removed,
    request::{Given, Parameters},
    written,
};
use crate::{
    Organisation,
    skill::Skill,
    term::{Term, TermKind},
};

const SKILLS: &str = "/api/v2/routing/skills";
const LANGUAGES: &str = "/api/v2/routing/languages";

const MANAGE_SKILLS: &[&str] = &["routing:skill:manage"];
const MANAGE_LANGUAGES: &[&str] = &["routing:language:manage"];

pub(super) async fn skills(
    (State(organisation), _): Asked,
    parameters: Parameters,
) -> Result<Json<Value>, PlatformError> {
    list(&organisation, TermKind::Skill, SKILLS, &parameters).await
}

pub(super) async fn languages(
    (State(organisation), _): Asked,
    parameters: Parameters,
) -> Result<Json<Value>, PlatformError> {
    list(&organisation, TermKind::Language, LANGUAGES, &parameters).await
}

pub(super) async fn skill(
    (State(organisation), _): Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, PlatformError> {
    Ok(Json(entity(SKILLS, &organisation.term_with_id(TermKind::Skill, &id).await?)))
}

pub(super) async fn language(
    (State(organisation), _): Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, PlatformError> {
    Ok(Json(entity(LANGUAGES, &organisation.term_with_id(TermKind::Language, &id).await?)))
}

pub(super) async fn create_skill(
    (State(organisation), Extension(caller)): Asked,
    given: Given,
) -> Result<Named, PlatformError> {
    permitted(&organisation, caller, MANAGE_SKILLS).await?;
    let skill = organisation.create_term(TermKind::Skill, given.required("name")?).await?;
    Ok(written(entity(SKILLS, &skill)))
}

pub(super) async fn create_language(
    (State(organisation), Extension(caller)): Asked,
    given: Given,
) -> Result<Named, PlatformError> {
    permitted(&organisation, caller, MANAGE_LANGUAGES).await?;
    let language = organisation.create_term(TermKind::Language, given.required("name")?).await?;
    Ok(written(entity(LANGUAGES, &language)))
}

pub(super) async fn remove_skill(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
) -> Result<(Extension<About>, StatusCode), PlatformError> {
    permitted(&organisation, caller, MANAGE_SKILLS).await?;
    Ok(removed(organisation.delete_term(TermKind::Skill, &id).await?))
}

pub(super) async fn remove_language(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
) -> Result<(Extension<About>, StatusCode), PlatformError> {
    permitted(&organisation, caller, MANAGE_LANGUAGES).await?;
    Ok(removed(organisation.delete_term(TermKind::Language, &id).await?))
}

pub(super) async fn skills_of_user(
    (State(organisation), _): Asked,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Json<Value>, PlatformError> {
    let user = organisation.present_user(&id).await?;
    let skills = &user.profile.routing_skills;
    let terms = organisation.terms(TermKind::Skill).await?;
    assigned(
        &parameters,
        &format!("/api/v2/users/{id}/routingskills"),
        skills,
        &terms,
        "skillUri",
        SKILLS,
    )
}

pub(super) async fn languages_of_user(
    (State(organisation), _): Asked,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Json<Value>, PlatformError> {
    let user = organisation.present_user(&id).await?;
    let skills = &user.profile.routing_languages;
    let terms = organisation.terms(TermKind::Language).await?;
    assigned(
        &parameters,
        &format!("/api/v2/users/{id}/routinglanguages"),
        skills,
        &terms,
        "languageUri",
        LANGUAGES,
    )
}

async fn list(
    organisation: &Organisation,
    kind: TermKind,
    path: &str,
    parameters: &Parameters,
) -> Result<Json<Value>, PlatformError> {
    let paging = Paging::of(parameters)?;
    let (ids, name) = (parameters.all("id"), parameters.get("name").map(str::to_lowercase));
    let mut terms = organisation.terms(kind).await?;
    terms.retain(|term| {
        (ids.is_empty() || ids.contains(&term.id.as_str()))
            && name
                .as_ref()
                .is_none_or(|name| term.name.to_lowercase().contains(name.trim_matches('*')))
    });
    let (total, terms) = paging.of_all(terms);
    Ok(paging.entities(path, total, terms.iter().map(|term| entity(path, term)).collect()))
}

fn assigned(
    parameters: &Parameters,
    path: &str,
    skills: &[Skill],
    terms: &[Term],
    uri_name: &str,
    catalogue: &str,
) -> Result<Json<Value>, PlatformError> {
    let paging = Paging::of(parameters)?;
    let shown = skills.iter().filter_map(|skill| {
        let term = terms.iter().find(|term| term.name == skill.name)?;
        Some(json!({
            "id": term.id,
            "name": term.name,
            "proficiency": skill.proficiency,
            "state": "active",
            uri_name: format!("{catalogue}/{}", term.id),
            "selfUri": format!("{path}/{}", term.id),
        }))
    });
    let (total, shown) = paging.of_all(shown.collect());
    Ok(paging.entities(path, total, shown))
}

fn entity(path: &str, term: &Term) -> Value {
    json!({
        "id": term.id,
        "name": term.name,
        "state": "active",
        "version": "1",
        "selfUri": format!("{path}/{}", term.id),
    })
}
