//! One user or group from a file, for trying expressions and filters without a directory.
//!
//! The file holds a JSON object, or a list with one: an export of Microsoft Graph, or plain
//! attributes under the names that mappings use. An export's properties get their source names by
//! the same reading that an import does.

use std::path::Path;

use engine::id::SourceId;
use engine::object::{ObjectKind, Presence, SourceObject};
use engine::scope::{AppRole, Entitlement};
use graph::export::{self, Export};
use graph::{names, text};
use serde_json::{Map, Value as Json, json};

use crate::failure::Failure;

/// The largest file that is read, in bytes.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What a file says about one object.
#[derive(Debug, Clone)]
pub(crate) struct ObjectFile {
    /// The object.
    pub(crate) object: SourceObject,
    /// `IsSoftDeleted`: as the file says, else whether `accountEnabled` is false.
    pub(crate) is_soft_deleted: bool,
    /// From `appRoleAssignments`.
    pub(crate) entitlements: Vec<Entitlement>,
}

/// Reads the object of a file.
///
/// # Errors
/// The file cannot be read, is not JSON, or does not hold exactly one object.
pub(crate) fn read(path: &Path) -> Result<ObjectFile, Failure> {
    let shown = path.display();
    let refuse = |why: String| Failure::usage(format!("\"{shown}\" {why}"));
    let json = read_json(path)?;
    let members = match one(json) {
        Ok(members) => members,
        Err(found) => {
            let example = r#"{"givenName": "Ada", "surname": "Lovelace"}"#;
            return Err(refuse(format!(
                "holds {found} instead of one object with attributes, such as {example}"
            )));
        }
    };
    Ok(object(&members))
}

/// Reads a JSON file.
///
/// # Errors
/// It cannot be read, or is not JSON; the sentence says where.
pub(crate) fn read_json(path: &Path) -> Result<Json, Failure> {
    let shown = path.display();
    let refuse = |why: String| Failure::usage(format!("\"{shown}\" {why}"));
    let size =
        std::fs::metadata(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    if size.len() > BYTES_MAX {
        return Err(refuse(format!("has {} bytes, the most is {BYTES_MAX}", size.len())));
    }
    let bytes = std::fs::read(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let text = text::decode(&bytes).map_err(|error| refuse(format!("is no text: {error}")))?;
    serde_json::from_str(text::without_mark(&text))
        .map_err(|error| refuse(format!("is not JSON: {error}")))
}

/// The one object of a document, also of a list with one; or else what was found.
fn one(json: Json) -> Result<Map<String, Json>, String> {
    match json {
        Json::Object(mut members) => match members.get_mut("value") {
            Some(Json::Array(values)) => {
                let values = std::mem::take(values);
                one(Json::Array(values))
            }
            _ => Ok(members),
        },
        Json::Array(mut values) if values.len() == 1 => match values.pop() {
            Some(Json::Object(members)) => Ok(members),
            _ => Err("a list without an object".to_owned()),
        },
        Json::Array(values) => Err(format!("a list of {} values", values.len())),
        Json::String(_) => Err("a text".to_owned()),
        Json::Null => Err("null".to_owned()),
        Json::Bool(_) | Json::Number(_) => Err("a single value".to_owned()),
    }
}

fn object(members: &Map<String, Json>) -> ObjectFile {
    let entitlements = entitlements(members.get("appRoleAssignments"));
    let id = text_of(members, &["id", names::OBJECT_ID]).unwrap_or_else(|| "file".to_owned());
    let (manager, manager_attributes) = match members.get("manager") {
        Some(Json::Object(manager)) => {
            let id = text_of(manager, &["id", names::OBJECT_ID]);
            (id.map(SourceId), sources(manager))
        }
        Some(Json::String(id)) => (Some(SourceId(id.clone())), Map::new()),
        _ => (None, Map::new()),
    };
    let attributes = sources(members);
    let is_group = members.get("@odata.type").and_then(Json::as_str)
        == Some("#microsoft.graph.group")
        || members.contains_key("groupTypes")
        || members.contains_key("securityEnabled");
    let enabled = attributes.get(names::ACCOUNT_ENABLED) != Some(&Json::Bool(false));
    let is_soft_deleted = match members.get("IsSoftDeleted") {
        Some(Json::Bool(given)) => *given,
        Some(Json::String(given)) => given.eq_ignore_ascii_case("true"),
        _ => !enabled,
    };
    let object = SourceObject {
        id: SourceId(id),
        kind: if is_group { ObjectKind::Group } else { ObjectKind::User },
        display_name: text_of(&attributes, &[names::DISPLAY_NAME]).unwrap_or_default(),
        enabled,
        presence: Presence::Present,
        attributes,
        manager,
        manager_attributes,
        groups: Vec::new(),
    };
    ObjectFile { object, is_soft_deleted, entitlements }
}

/// The attributes by their source names. What an import would refuse stays under its own name: the
/// file need not be an export.
fn sources(members: &Map<String, Json>) -> Map<String, Json> {
    let mut attributes = members.clone();
    if let Some(Json::Object(extensions)) = members.get(names::EXTENSION_ATTRIBUTES) {
        attributes.extend(extensions.clone());
    }
    let mut exported = members.clone();
    exported.entry("id").or_insert_with(|| json!("file"));
    exported.remove("manager");
    let export = json!({ "@odata.context": "$metadata#users", "value": [exported] });
    if let Ok(Export::Users(users)) = export::read(&export.to_string()) {
        let records = users.records.into_iter().flat_map(|record| record.attributes);
        for (name, value) in records {
            // A source name in the file itself is meant as it stands.
            let is_given = members.contains_key(&name);
            if let Some(value) = value.filter(|_| !is_given || is_converted(&name)) {
                attributes.insert(name, value);
            }
        }
    }
    attributes
}

/// Whether Graph's property of this name is converted on its way in.
fn is_converted(name: &str) -> bool {
    name == names::USER_PRINCIPAL_NAME
}

fn entitlements(assignments: Option<&Json>) -> Vec<Entitlement> {
    let role = |value: &Json| {
        let text = |key: &str| value.get(key).and_then(Json::as_str).map(str::to_owned);
        let value = value.as_str().map(str::to_owned).or_else(|| text("value"))?;
        let display_name = text("displayName").unwrap_or_else(|| value.clone());
        let id = text("id").unwrap_or_else(|| value.clone());
        Some(Entitlement { role: Some(AppRole { id, value, display_name }), through: Vec::new() })
    };
    assignments.and_then(Json::as_array).into_iter().flatten().filter_map(role).collect()
}

fn text_of(members: &Map<String, Json>, names: &[&str]) -> Option<String> {
    let text = |name: &&str| members.get(*name).and_then(Json::as_str);
    names.iter().find_map(text).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use engine::object::MappingInput;
    use expression::Attributes as _;

    use super::*;

    /// The attribute of the object in a file, as expressions see it.
    #[track_caller]
    fn check(file: &Json, attribute: &str, expected: &str) {
        let file = object(&one(file.clone()).unwrap());
        let input = MappingInput {
            object: &file.object,
            is_soft_deleted: file.is_soft_deleted,
            entitlements: &file.entitlements,
        };
        assert_eq!(input.attribute(attribute).to_text(), expected, "{attribute}");
    }

    #[test]
    fn an_export_of_graph_has_its_source_names() {
        let file = json!({"value": [{
            "id": "7", "businessPhones": ["+1", "+2"], "mobilePhone": "+3", "officeLocation": "12/1",
            "onPremisesExtensionAttributes": {"extensionAttribute1": "x"}, "accountEnabled": false,
            "manager": {"id": "9", "displayName": "Grace", "jobTitle": "Admiral"},
        }]});
        for (attribute, expected) in [
            ("objectId", "7"),
            ("telephoneNumber", "+1"),
            ("mobile", "+3"),
            ("physicalDeliveryOfficeName", "12/1"),
            ("extensionAttribute1", "x"),
            ("IsSoftDeleted", "True"),
            ("manager", "9"),
            ("manager.displayName", "Grace"),
        ] {
            check(&file, attribute, expected);
        }
    }

    #[test]
    fn plain_attributes_stand_under_their_own_names() {
        let file = json!({
            "telephoneNumber": "+4", "employeeId": 17, "IsSoftDeleted": "True", "odd name": "y",
            "appRoleAssignments": [{"value": "Agent", "displayName": "Agents"}],
        });
        check(&file, "telephoneNumber", "+4");
        check(&file, "employeeId", "17");
        check(&file, "odd name", "y");
        check(&file, "IsSoftDeleted", "True");
        check(
            &file,
            "appRoleAssignments",
            r#"[{"id":"Agent","value":"Agent","displayName":"Agents"}]"#,
        );
    }

    #[test]
    fn anything_but_one_object_is_refused() {
        for (json, expected) in [
            (json!([]), "a list of 0 values"),
            (json!([{}, {}]), "a list of 2 values"),
            (json!("ada"), "a text"),
            (json!([1]), "a list without an object"),
        ] {
            assert_eq!(one(json).unwrap_err(), expected);
        }
    }
}
