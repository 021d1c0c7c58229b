//! Functions over `[appRoleAssignments]`: the roles that the source object holds in this application.
//!
//! The attribute is a list of objects with `id`, `value` and `displayName`. An assignment without a value
//! gives access but names no role, so it is passed over.

use std::collections::HashSet;

use crate::arguments::Arguments;
use crate::catalogue::ParameterType::Any;
use crate::catalogue::{Function, ResultType, entra, required};
use crate::problem::EvaluationError;
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, EvaluationError>;

pub(crate) static FUNCTIONS: [Function; 4] = [
    entra("AppRoleAssignments", &[required("appRoleAssignments", Any)], ResultType::List, values),
    entra(
        "AppRoleAssignmentsComplex",
        &[required("appRoleAssignments", Any)],
        ResultType::List,
        complex,
    ),
    entra(
        "AssertiveAppRoleAssignmentsComplex",
        &[required("appRoleAssignments", Any)],
        ResultType::List,
        assertive,
    ),
    entra(
        "SingleAppRoleAssignment",
        &[required("appRoleAssignments", Any)],
        ResultType::Text,
        single,
    ),
];

/// The type that every role of the complex functions carries.
const ROLE_TYPE: &str = "WindowsAzureActiveDirectoryRole";

/// A role that the source object holds.
struct Role {
    value: String,
    display_name: String,
}

fn values(arguments: &mut Arguments<'_, '_>) -> Result {
    let roles = roles(arguments)?;
    Ok(list(roles.into_iter().map(|role| Value::Text(role.value)).collect()))
}

fn complex(arguments: &mut Arguments<'_, '_>) -> Result {
    Ok(list(objects(arguments, "displayName")?))
}

/// The roles that the target shall have, and no others: without any the list is empty rather than null, so
/// that the last role is taken away too.
fn assertive(arguments: &mut Arguments<'_, '_>) -> Result {
    Ok(Value::List(objects(arguments, "display")?))
}

/// The value of one role. Which one of several is left open by the original; here it is the first in the
/// order of the values, so that it does not change from one cycle to the next.
fn single(arguments: &mut Arguments<'_, '_>) -> Result {
    let first = roles(arguments)?.into_iter().map(|role| role.value).min();
    Ok(first.map_or(Value::Null, Value::Text))
}

fn objects(arguments: &mut Arguments<'_, '_>, display: &str) -> Result<Vec<Value>> {
    let object = |role: Role| {
        Value::Object(vec![
            ("primary".into(), Value::Boolean(false)),
            ("type".into(), ROLE_TYPE.into()),
            (display.into(), role.display_name.into()),
            ("value".into(), role.value.into()),
        ])
    };
    Ok(roles(arguments)?.into_iter().map(object).collect())
}

fn list(values: Vec<Value>) -> Value {
    if values.is_empty() { Value::Null } else { Value::List(values) }
}

fn roles(arguments: &mut Arguments<'_, '_>) -> Result<Vec<Role>> {
    let mut roles = Vec::new();
    let mut seen = HashSet::new();
    for element in arguments.elements(0)? {
        let Value::Object(members) = element else {
            return Err(arguments.wrong(0, "[appRoleAssignments]", &element));
        };
        let (mut value, mut display_name) = (String::new(), String::new());
        for (key, member) in members {
            match key.as_str() {
                "value" => value = text(member),
                "displayName" => display_name = text(member),
                _ => {}
            }
        }
        // The same role may be assigned directly and through a group.
        if value.is_empty() || !seen.insert(value.clone()) {
            continue;
        }
        if display_name.is_empty() {
            display_name.clone_from(&value);
        }
        arguments.produce(value.len() + display_name.len())?;
        roles.push(Role { value, display_name });
    }
    Ok(roles)
}

fn text(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        value => value.to_text(),
    }
}
