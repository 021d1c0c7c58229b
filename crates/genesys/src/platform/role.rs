//! Roles as administrators make and read them.

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
    permission::SCIM_ROLE,
    role::Role,
    term::{ADMIN_ROLE, DEFAULT_ROLE, TermKind},
};

const PATH: &str = "/api/v2/authorization/roles";

const VIEW: &[&str] = &["authorization:role:view"];

pub(super) async fn list(
    (State(organisation), Extension(caller)): Asked,
    parameters: Parameters,
) -> Result<Json<Value>, PlatformError> {
    permitted(&organisation, caller, VIEW).await?;
    let paging = Paging::of(&parameters)?;
    let (ids, name) = (parameters.all("id"), parameters.get("name").map(str::to_lowercase));
    let mut roles = organisation.roles().await?;
    roles.retain(|role| {
        (ids.is_empty() || ids.contains(&role.id.as_str()))
            && name
                .as_ref()
                .is_none_or(|name| role.name.to_lowercase().contains(name.trim_matches('*')))
    });
    let (total, roles) = paging.of_all(roles);
    Ok(paging.entities(PATH, total, roles.iter().map(entity).collect()))
}

pub(super) async fn read(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, PlatformError> {
    permitted(&organisation, caller, VIEW).await?;
    Ok(Json(entity(&organisation.role(&id).await?)))
}

pub(super) async fn create(
    (State(organisation), Extension(caller)): Asked,
    given: Given,
) -> Result<Named, PlatformError> {
    permitted(&organisation, caller, &["authorization:role:add"]).await?;
    let name = given.required("name")?;
    let permissions = permissions(&given)?.unwrap_or_default();
    let role = organisation.create_role(name, given.text("description")?, &permissions).await?;
    Ok(written(entity(&role)))
}

pub(super) async fn change(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
    given: Given,
) -> Result<Named, PlatformError> {
    permitted(&organisation, caller, &["authorization:role:edit"]).await?;
    let mut role = organisation.role(&id).await?;
    let before = entity(&role);
    if let Some(name) = given.text("name")? {
        name.clone_into(&mut role.name);
    }
    if given.object()?.contains_key("description") {
        role.description = given.text("description")?.map(str::to_owned);
    }
    role.permissions = permissions(&given)?.unwrap_or(role.permissions);
    Ok(changed(&before, entity(&organisation.change_role(&role).await?)))
}

pub(super) async fn remove(
    (State(organisation), Extension(caller)): Asked,
    Path(id): Path<String>,
) -> Result<(Extension<About>, StatusCode), PlatformError> {
    permitted(&organisation, caller, &["authorization:role:delete"]).await?;
    Ok(removed(organisation.delete_term(TermKind::Role, &id).await?))
}

/// The permissions of a body: `permissionPolicies`, and `permissions` as texts. `None` if
/// it speaks of neither.
fn permissions(given: &Given) -> Result<Option<Vec<String>>, PlatformError> {
    let is_given = |name: &str| {
        Ok::<_, PlatformError>(given.object()?.get(name).is_some_and(|value| !value.is_null()))
    };
    if !is_given("permissionPolicies")? && !is_given("permissions")? {
        return Ok(None);
    }
    let mut permissions = given.texts("permissions")?;
    for policy in given.objects("permissionPolicies")? {
        let (domain, entity) =
            (policy.required("domain")?, policy.text("entityName")?.unwrap_or("*"));
        let actions = policy.texts("actionSet")?;
        permissions.extend(actions.iter().map(|action| format!("{domain}:{entity}:{action}")));
    }
    permissions.sort_unstable();
    permissions.dedup();
    Ok(Some(permissions))
}

/// Permissions in the platform's form: actions by domain and entity.
pub(super) fn policies(permissions: &[String]) -> Vec<Value> {
    let mut policies: Vec<(String, String, Vec<&str>)> = Vec::new();
    for permission in permissions {
        let mut words = permission.splitn(3, ':');
        let mut word = || words.next().unwrap_or("*");
        let (domain, entity, action) = (word(), word(), word());
        match policies.iter_mut().find(|policy| policy.0 == domain && policy.1 == entity) {
            Some(policy) => policy.2.push(action),
            None => policies.push((domain.to_owned(), entity.to_owned(), vec![action])),
        }
    }
    let policies = policies.iter();
    policies
        .map(|(domain, entity, actions)| {
            json!({"domain": domain, "entityName": entity, "actionSet": actions, "allowConditions": false})
        })
        .collect()
}

fn entity(role: &Role) -> Value {
    let is_ready_made = [DEFAULT_ROLE, ADMIN_ROLE, SCIM_ROLE].contains(&role.name.as_str());
    json!({
        "id": role.id,
        "name": role.name,
        "description": role.description,
        "permissions": role.permissions,
        "permissionPolicies": policies(&role.permissions),
        "userCount": role.user_count,
        "default": is_ready_made,
        "base": false,
        "selfUri": format!("{PATH}/{}", role.id),
    })
}
