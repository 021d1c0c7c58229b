//! Who has which role: users, groups and OAuth clients alike.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use super::{
    About, Asked, Named, PlatformError, permitted,
    request::{Given, misfit},
    role::policies,
};
use crate::{
    Organisation,
    administration::AdministrationError,
    grant::{ALL_DIVISIONS, Grant, Pair},
    record::{Action, Change},
};

const VIEW: &[&str] = &["authorization:grant:view", "authorization:grant:add"];
const ADD: &[&str] = &["authorization:grant:add"];
const DELETE: &[&str] = &["authorization:grant:delete"];
const REPLACE: &[&str] = &["authorization:grant:add", "authorization:grant:delete"];

/// An answer without a body, and what was done.
type Done = (Extension<About>, StatusCode);

pub(super) async fn mine(
    (State(organisation), Extension(caller)): Asked,
) -> Result<Json<Value>, PlatformError> {
    subject(&organisation, &caller.client_id).await
}

pub(super) async fn read(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, PlatformError> {
    permitted(&organisation, caller, VIEW).await?;
    subject(&organisation, &id).await
}

pub(super) async fn add(
    (State(organisation), Extension(caller)): Asked,
    Path((id, division, role)): Path<(String, String, String)>,
) -> Result<Done, PlatformError> {
    permitted(&organisation, caller, ADD).await?;
    let pair = [(role, division)];
    let given = async { Ok(organisation.grant(&id, &pair).await?) };
    recorded(&organisation, &id, Action::Create, given).await
}

pub(super) async fn remove(
    (State(organisation), Extension(caller)): Asked,
    Path((id, division, role)): Path<(String, String, String)>,
) -> Result<Done, PlatformError> {
    permitted(&organisation, caller, DELETE).await?;
    let pair = [(role, division)];
    let withdrawn = async { Ok(organisation.withdraw(&id, &pair).await?) };
    recorded(&organisation, &id, Action::Delete, withdrawn).await
}

pub(super) async fn add_many(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
    given: Given,
) -> Result<Done, PlatformError> {
    permitted(&organisation, caller, ADD).await?;
    let added = async { Ok(organisation.grant(&id, &pairs(&given)?).await?) };
    recorded(&organisation, &id, Action::Create, added).await
}

pub(super) async fn remove_many(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
    given: Given,
) -> Result<Done, PlatformError> {
    permitted(&organisation, caller, DELETE).await?;
    let withdrawn = async { Ok(organisation.withdraw(&id, &pairs(&given)?).await?) };
    recorded(&organisation, &id, Action::Delete, withdrawn).await
}

pub(super) async fn replace_many(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
    given: Given,
) -> Result<Done, PlatformError> {
    permitted(&organisation, caller, REPLACE).await?;
    let replaced = async { Ok(organisation.regrant(&id, &pairs(&given)?).await?) };
    recorded(&organisation, &id, Action::Update, replaced).await
}

/// Gives a role to many users, for the home division.
pub(super) async fn add_users(
    (State(organisation), Extension(caller)): Asked,
    Path(role): Path<String>,
    given: Given,
) -> Result<Named, PlatformError> {
    permitted(&organisation, caller, ADD).await?;
    let users = present(&organisation, &given).await?;
    let added = organisation.grant_all(&users, &[at_home(&organisation, &role)]).await?;
    of_users(&organisation, role, Change::of("users", Vec::new(), added), &users).await
}

/// Takes a role from many users, in whichever divisions they have it.
pub(super) async fn remove_users(
    (State(organisation), Extension(caller)): Asked,
    Path(role): Path<String>,
    given: Given,
) -> Result<Named, PlatformError> {
    permitted(&organisation, caller, DELETE).await?;
    let users = present(&organisation, &given).await?;
    let gone = organisation.withdraw_all(&users, |(known, _)| *known == role).await?;
    of_users(&organisation, role, Change::of("users", gone, Vec::new()), &users).await
}

/// The roles of a user, and what they allow.
pub(super) async fn roles(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, PlatformError> {
    permitted(&organisation, caller, VIEW).await?;
    organisation.present_user(&id).await?;
    authorization(&organisation, &id).await
}

/// Leaves a user exactly these roles, for the home division where they are new.
pub(super) async fn replace_roles(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
    given: Given,
) -> Result<(Extension<About>, Json<Value>), PlatformError> {
    permitted(&organisation, caller, REPLACE).await?;
    organisation.present_user(&id).await?;
    let old = organisation.grants(&id).await?;
    let mut new: Vec<Pair> = Vec::new();
    for role in given.list()? {
        let known = old.iter().filter(|grant| grant.role_id == role);
        let known: Vec<Pair> =
            known.map(|grant| (role.clone(), grant.division_id.clone())).collect();
        if known.is_empty() {
            new.push(at_home(&organisation, &role));
        }
        new.extend(known);
    }
    let replaced = async { Ok(organisation.regrant(&id, &new).await?) };
    let (about, _) = recorded(&organisation, &id, Action::Update, replaced).await?;
    Ok((about, authorization(&organisation, &id).await?))
}

/// Does what is asked about the roles of a subject, and notes what they were and are.
async fn recorded(
    organisation: &Organisation,
    id: &str,
    action: Action,
    write: impl Future<Output = Result<(), PlatformError>>,
) -> Result<Done, PlatformError> {
    name(organisation, id).await?;
    let before = texts(&organisation.grants(id).await?);
    write.await?;
    let changes = Change::of("roles", before, texts(&organisation.grants(id).await?));
    let about = About {
        id: id.to_owned(),
        name: organisation.name_of(id).await?.unwrap_or_default(),
        action: Some(action),
        changes: changes.into_iter().collect(),
    };
    Ok((Extension(about), StatusCode::NO_CONTENT))
}

/// The ids of a body, if all of them are those of users.
async fn present(organisation: &Organisation, given: &Given) -> Result<Vec<String>, PlatformError> {
    let users = given.list()?;
    for id in &users {
        organisation.present_user(id).await?;
    }
    Ok(users)
}

/// The answer to a change of who has a role.
async fn of_users(
    organisation: &Organisation,
    role: String,
    change: Option<Change>,
    users: &[String],
) -> Result<Named, PlatformError> {
    let name = organisation.name_of(&role).await?.unwrap_or_default();
    let changes = change.into_iter().collect();
    let about = About { id: role, name, action: Some(Action::Update), changes };
    Ok((Extension(about), Json(json!(users))))
}

fn texts(grants: &[Grant]) -> Vec<String> {
    grants.iter().map(|grant| format!("{}: {}", grant.role, grant.division)).collect()
}

fn at_home(organisation: &Organisation, role: &str) -> Pair {
    (role.to_owned(), organisation.home_division_id.to_string())
}

/// The grants of a body: `grants` with `roleId` and `divisionId`.
fn pairs(given: &Given) -> Result<Vec<Pair>, PlatformError> {
    let grants = given.objects("grants")?;
    if grants.is_empty() {
        return Err(misfit("grants", "a list of objects with roleId and divisionId"));
    }
    let pair = |grant: &Given| {
        let division = grant.text("divisionId")?.unwrap_or(ALL_DIVISIONS);
        Ok((grant.required("roleId")?.to_owned(), division.to_owned()))
    };
    grants.iter().map(pair).collect()
}

/// The name of a user, group or client, if there is one with this id.
async fn name(organisation: &Organisation, id: &str) -> Result<String, PlatformError> {
    let subject = "SELECT display_name FROM person WHERE id = $1 AND state <> 'deleted'
        UNION ALL SELECT display_name FROM team WHERE id = $1
        UNION ALL SELECT name FROM client WHERE id = $1 AND revoked IS NULL";
    let rows = organisation.db.query(subject, [id.into()]).await?;
    let row = rows.first().ok_or_else(|| PlatformError::not_found("user, group or client", id))?;
    Ok(row.text(0)?.to_owned())
}

async fn subject(organisation: &Organisation, id: &str) -> Result<Json<Value>, PlatformError> {
    let name = name(organisation, id).await?;
    let grants = organisation.grants(id).await?;
    let mut shown = Vec::with_capacity(grants.len());
    for grant in &grants {
        shown.push(json!({
            "subjectId": id,
            "division": {
                "id": grant.division_id,
                "name": grant.division,
                "homeDivision": *grant.division_id == *organisation.home_division_id,
                "selfUri": format!("/api/v2/authorization/divisions/{}", grant.division_id),
            },
            "role": {
                "id": grant.role_id,
                "name": grant.role,
                "policies": policies(&permissions(organisation, grant).await?),
                "selfUri": format!("/api/v2/authorization/roles/{}", grant.role_id),
            },
        }));
    }
    Ok(Json(json!({
        "id": id,
        "name": name,
        "grants": shown,
        "selfUri": format!("/api/v2/authorization/subjects/{id}"),
    })))
}

async fn authorization(
    organisation: &Organisation,
    id: &str,
) -> Result<Json<Value>, PlatformError> {
    let grants = organisation.grants(id).await?;
    let mut roles: Vec<Value> = Vec::new();
    let mut all: Vec<String> = Vec::new();
    for grant in &grants {
        let role = json!({"id": grant.role_id, "name": grant.role});
        if !roles.contains(&role) {
            roles.push(role);
            all.extend(permissions(organisation, grant).await?);
        }
    }
    all.sort_unstable();
    all.dedup();
    Ok(Json(json!({
        "roles": roles,
        "unusedRoles": [],
        "permissions": all,
        "permissionPolicies": policies(&all),
    })))
}

async fn permissions(
    organisation: &Organisation,
    grant: &Grant,
) -> Result<Vec<String>, AdministrationError> {
    Ok(organisation.role(&grant.role_id).await?.permissions)
}
