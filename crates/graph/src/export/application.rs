//! One application: its roles, and who is assigned to it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::ExportError;
use super::json::{Fields, Source};

/// One application (a service principal) of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationRecord {
    /// The application's id, if the file has one.
    pub id: Option<String>,
    /// The line that it begins on, counted from 1.
    pub line: usize,
    /// The name that people know it by.
    pub display_name: String,
    /// Its app roles, unless they are not mentioned.
    pub roles: Option<Vec<RoleRecord>>,
    /// Who is assigned, unless it is not mentioned.
    pub assignments: Option<Vec<AssignmentRecord>>,
    /// Whether `assignments` are all; otherwise nobody is unassigned.
    pub assignments_complete: bool,
}

/// One app role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRecord {
    /// The role's id.
    pub id: String,
    /// The line that it begins on, counted from 1.
    pub line: usize,
    /// The value that is provisioned; empty for none.
    pub value: String,
    /// The name that administrators read.
    pub display_name: String,
    /// Whether it may be assigned.
    pub enabled: bool,
}

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignmentRecord {
    /// The line that it begins on, counted from 1.
    pub line: usize,
    /// The user or group.
    pub principal_id: String,
    /// The role; [`DEFAULT_ROLE`] for access without one.
    pub role_id: String,
}

/// The role id of an assignment without a role.
pub const DEFAULT_ROLE: &str = "00000000-0000-0000-0000-000000000000";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRole {
    id: String,
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default = "yes")]
    is_enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAssignment {
    principal_id: String,
    #[serde(default)]
    app_role_id: Option<String>,
}

fn yes() -> bool {
    true
}

/// Reads the application whose members are `fields`.
pub(super) fn read<'t>(
    source: &Source<'t>,
    fields: &Fields<'t>,
) -> Result<ApplicationRecord, ExportError> {
    let line = fields.values().map(|raw| source.line(raw)).min().unwrap_or(1);
    let text = |name: &str| {
        fields.get(name).and_then(|raw| source.text(raw)).filter(|text| !text.trim().is_empty())
    };
    let Some(display_name) = text("displayName") else {
        let why = "the application has no name".to_owned();
        return Err(ExportError::Field { line, field: "displayName".to_owned(), why });
    };
    let mut roles = items(source, fields, "appRoles", |line, role: WireRole| {
        let value = role.value.unwrap_or_default();
        let display_name = role.display_name.unwrap_or_else(|| value.clone());
        RoleRecord { id: role.id, line, value, display_name, enabled: role.is_enabled }
    })?;
    one_of_each_id(roles.as_deref().unwrap_or_default())?;
    if let Some(roles) = &mut roles {
        roles.retain(|role| role.id != DEFAULT_ROLE);
    }
    let assignments =
        items(source, fields, "appRoleAssignedTo", |line, assignment: WireAssignment| {
            let role_id = assignment.app_role_id.unwrap_or_else(|| DEFAULT_ROLE.to_owned());
            AssignmentRecord { line, principal_id: assignment.principal_id, role_id }
        })?;
    let assignments_complete = !fields.contains_key("appRoleAssignedTo@odata.nextLink");
    Ok(ApplicationRecord {
        id: text("id"),
        line,
        display_name,
        roles,
        assignments,
        assignments_complete,
    })
}

/// The items of a list, each with its line; none if the list is not mentioned.
fn items<'t, W: DeserializeOwned, T>(
    source: &Source<'t>,
    fields: &Fields<'t>,
    field: &str,
    read: impl Fn(usize, W) -> T,
) -> Result<Option<Vec<T>>, ExportError> {
    let Some(raw) = fields.get(field) else { return Ok(None) };
    let mut items = Vec::new();
    for item in source.list(raw, field)? {
        items.push(read(source.line(item), wire(source, item, field)?));
    }
    Ok(Some(items))
}

fn wire<W: DeserializeOwned>(
    source: &Source<'_>,
    raw: &RawValue,
    field: &str,
) -> Result<W, ExportError> {
    let value = source.value(raw, field)?;
    serde_json::from_value(value).map_err(|error| source.wrong(raw, field, error.to_string()))
}

fn one_of_each_id(roles: &[RoleRecord]) -> Result<(), ExportError> {
    let mut lines = BTreeMap::new();
    for role in roles {
        if let Some(first) = lines.insert(&role.id, role.line) {
            return Err(ExportError::TwoOfOneId { id: role.id.clone(), first, second: role.line });
        }
    }
    Ok(())
}
