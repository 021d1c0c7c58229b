//! OAuth clients as administrators make them. A secret is shown when it is made, never again.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Asked, Named, PlatformError, changed,
    page::Paging,
    permitted,
    request::{Given, Parameters, misfit},
    written,
};
use crate::{
    client::{Client, ClientSpecification, ClientState, TOKEN_SECONDS_DEFAULT},
    grant::ALL_DIVISIONS,
    record::{Action, Change},
};

const PATH: &str = "/api/v2/oauth/clients";

/// The only grant type that is served.
const GRANT_TYPE: &str = "CLIENT-CREDENTIALS";

const VIEW: &[&str] = &["oauth:client:view"];
const EDIT: &[&str] = &["oauth:client:edit"];

pub(super) async fn list(
    (State(organisation), Extension(caller)): Asked,
    parameters: Parameters,
) -> Result<Json<Value>, PlatformError> {
    permitted(&organisation, caller, VIEW).await?;
    let paging = Paging::of(&parameters)?;
    let mut clients = organisation.clients().await?;
    clients.retain(|client| !client.is_gone());
    let (total, clients) = paging.of_all(clients);
    Ok(paging.entities(PATH, total, clients.iter().map(entity).collect()))
}

pub(super) async fn read(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, PlatformError> {
    permitted(&organisation, caller, VIEW).await?;
    Ok(Json(entity(&organisation.client(&id).await?)))
}

pub(super) async fn create(
    (State(organisation), Extension(caller)): Asked,
    given: Given,
) -> Result<Named, PlatformError> {
    permitted(&organisation, caller, &["oauth:client:add"]).await?;
    let specification = specification(&given, None, organisation.clock.now())?;
    let new = organisation.create_specified_client(&specification).await?;
    let mut shown = entity(&organisation.client(&new.id).await?);
    shown["secret"] = new.secret.expose().into();
    Ok(written(shown))
}

pub(super) async fn change(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
    given: Given,
) -> Result<Named, PlatformError> {
    permitted(&organisation, caller, EDIT).await?;
    let known = organisation.client(&id).await?;
    let mut specification = specification(&given, Some(&known), organisation.clock.now())?;
    if given.number("accessTokenValiditySeconds")?.is_none() {
        specification.token_seconds = organisation.fitting_seconds(&specification).await?;
    }
    let after = organisation.change_client(&id, &specification).await?;
    Ok(changed(&entity(&known), entity(&after)))
}

pub(super) async fn renew(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
) -> Result<Named, PlatformError> {
    permitted(&organisation, caller, EDIT).await?;
    let new = organisation.renew_secret(&id).await?;
    let mut shown = entity(&organisation.client(&id).await?);
    let (Extension(mut about), _) = changed(&shown, shown.clone());
    about.action = Some(Action::Update);
    about.changes.push(Change::hidden("secret"));
    shown["secret"] = new.secret.expose().into();
    Ok((Extension(about), Json(shown)))
}

pub(super) async fn remove(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
) -> Result<StatusCode, PlatformError> {
    permitted(&organisation, caller, &["oauth:client:delete"]).await?;
    organisation.client(&id).await?;
    organisation.revoke_client(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the body says a client is to be; what it leaves out stays as it is.
fn specification(
    given: &Given,
    known: Option<&Client>,
    now: Timestamp,
) -> Result<ClientSpecification, PlatformError> {
    let grant_type = given.text("authorizedGrantType")?.unwrap_or(GRANT_TYPE);
    if !grant_type.eq_ignore_ascii_case(GRANT_TYPE) {
        return Err(misfit("authorizedGrantType", GRANT_TYPE));
    }
    let known = known.map(Client::specification);
    let seconds = given.number("accessTokenValiditySeconds")?;
    let seconds = seconds
        .map(u32::try_from)
        .transpose()
        .map_err(|_| misfit("accessTokenValiditySeconds", "a number of seconds"))?;
    let state = match given.text("state")?.map(str::to_ascii_lowercase).as_deref() {
        None => known.as_ref().map_or(ClientState::Active, |known| known.state),
        Some(word @ ("active" | "inactive" | "disabled")) => ClientState::from_word(word),
        Some(_) => return Err(misfit("state", "active, disabled or inactive")),
    };
    let description = given.text("description")?.map(str::to_owned);
    let list = |name: &str, known: Option<&Vec<String>>| match known {
        Some(known) if !given.object()?.contains_key(name) => Ok(known.clone()),
        _ => given.texts(name),
    };
    Ok(ClientSpecification {
        name: given.required("name")?.to_owned(),
        description: description.or_else(|| known.as_ref()?.description.clone()),
        token_seconds: seconds
            .or_else(|| known.as_ref().map(|known| known.token_seconds))
            .unwrap_or(TOKEN_SECONDS_DEFAULT),
        state,
        ends: if given.object()?.contains_key("dateToDelete") {
            end(given, now)?
        } else {
            known.as_ref().and_then(|known| known.ends)
        },
        scopes: list("scope", known.as_ref().map(|known| &known.scopes))?,
        redirect_uris: list(
            "registeredRedirectUri",
            known.as_ref().map(|known| &known.redirect_uris),
        )?,
        grants: match grants(given)? {
            Some(grants) => grants,
            None => known.map(|known| known.grants).unwrap_or_default(),
        },
    })
}

/// When the client is to end: `dateToDelete`, which lies ahead.
fn end(given: &Given, now: Timestamp) -> Result<Option<Timestamp>, PlatformError> {
    let Some(text) = given.text("dateToDelete")? else { return Ok(None) };
    let end = text.parse::<Timestamp>().ok().filter(|end| *end > now);
    end.map(Some)
        .ok_or_else(|| misfit("dateToDelete", "a time to come, such as 2030-01-31T00:00:00Z"))
}

/// The roles of a body: `roleDivisions`, or `roleIds` for all divisions. `None` if it speaks
/// of neither.
fn grants(given: &Given) -> Result<Option<Vec<(String, String)>>, PlatformError> {
    let is_given = |name: &str| {
        Ok::<_, PlatformError>(given.object()?.get(name).is_some_and(|value| !value.is_null()))
    };
    if is_given("roleDivisions")? {
        let pair = |grant: &Given| {
            let division = grant.text("divisionId")?.unwrap_or(ALL_DIVISIONS);
            Ok((grant.required("roleId")?.to_owned(), division.to_owned()))
        };
        return given
            .objects("roleDivisions")?
            .iter()
            .map(pair)
            .collect::<Result<_, _>>()
            .map(Some);
    }
    if is_given("roleIds")? {
        let ids = given.texts("roleIds")?.into_iter();
        return Ok(Some(ids.map(|id| (id, ALL_DIVISIONS.to_owned())).collect()));
    }
    Ok(None)
}

fn entity(client: &Client) -> Value {
    let grants = client.grants.iter();
    let divisions = grants
        .clone()
        .map(|grant| json!({"roleId": grant.role_id, "divisionId": grant.division_id}));
    let mut entity = json!({
        "id": client.id,
        "name": client.name,
        "description": client.description,
        "accessTokenValiditySeconds": client.token_seconds,
        "registeredRedirectUri": client.redirect_uris,
        "roleIds": grants.map(|grant| grant.role_id.clone()).collect::<Vec<_>>(),
        "roleDivisions": divisions.collect::<Vec<_>>(),
        "authorizedGrantType": GRANT_TYPE,
        "scope": client.scopes,
        "state": client.state,
        "dateCreated": client.created,
        "dateModified": client.modified,
        "selfUri": format!("{PATH}/{}", client.id),
    });
    if let Some(ends) = client.ends {
        entity["dateToDelete"] = json!(ends);
    }
    entity
}
