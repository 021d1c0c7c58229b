//! A user as the platform shows it.

use serde_json::{Value, json};

use super::search::Subject;
use crate::{phone::PhoneType, user::User};

/// The user; `expand` names what is shown beside the ordinary.
pub(super) fn entity(user: &User, expand: &[&str]) -> Value {
    let profile = &user.profile;
    let mut entity = json!({
        "id": user.id,
        "name": profile.display_name,
        "division": {
            "id": user.division_id,
            "name": profile.division,
            "selfUri": format!("/api/v2/authorization/divisions/{}", user.division_id),
        },
        "email": profile.user_name,
        "primaryContactInfo":
            [{"address": profile.user_name, "mediaType": "EMAIL", "type": "PRIMARY"}],
        "addresses": addresses(user),
        "state": user.state.word(),
        "username": profile.user_name,
        "version": user.version,
        "acdAutoAnswer": false,
        "selfUri": format!("/api/v2/users/{}", user.id),
    });
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            entity[name] = value;
        }
    };
    put("title", profile.title.as_ref().map(|title| json!(title)));
    put("department", profile.department.as_ref().map(|department| json!(department)));
    put(
        "manager",
        profile
            .manager
            .as_ref()
            .map(|id| json!({"id": id, "selfUri": format!("/api/v2/users/{id}")})),
    );
    let employer = employer(user);
    put("employerInfo", Some(employer).filter(|_| expand.contains(&"employerInfo")));
    let groups = user.groups.iter();
    let groups = groups.map(|id| json!({"id": id, "selfUri": format!("/api/v2/groups/{id}")}));
    put("groups", expand.contains(&"groups").then(|| groups.collect()));
    let roles = profile.roles.iter().flatten().map(|name| json!({"name": name}));
    put(
        "authorization",
        expand.contains(&"authorization").then(|| json!({"roles": roles.collect::<Value>()})),
    );
    put("skills", expand.contains(&"skills").then(|| json!(profile.routing_skills)));
    put("languages", expand.contains(&"languages").then(|| json!(profile.routing_languages)));
    entity
}

fn employer(user: &User) -> Value {
    json!({
        "employeeId": user.profile.employee_number,
        "dateHire": user.profile.date_hire.map(|date| date.to_string()),
    })
}

fn addresses(user: &User) -> Vec<Value> {
    let profile = &user.profile;
    let email = profile.work_email.iter();
    let email = email.map(|value| json!({"address": value, "mediaType": "EMAIL", "type": "WORK"}));
    let phones = profile.phones.iter().filter_map(|(slot, value)| {
        let kind = address_type(*slot)?;
        let (number, extension) =
            match value.strip_prefix("tel:").unwrap_or(value).split_once(";ext=") {
                Some((number, extension)) => (number, Some(extension)),
                None => (value.strip_prefix("tel:").unwrap_or(value), None),
            };
        let mut phone = json!({"address": number, "mediaType": "PHONE", "type": kind});
        if let Some(extension) = extension {
            phone["extension"] = extension.into();
        }
        Some(phone)
    });
    email.chain(phones).collect()
}

/// The platform's word for a slot; the integrations have none.
fn address_type(slot: PhoneType) -> Option<&'static str> {
    match slot {
        PhoneType::Work => Some("WORK"),
        PhoneType::Work2 => Some("WORK2"),
        PhoneType::Work3 => Some("WORK3"),
        PhoneType::Work4 => Some("WORK4"),
        PhoneType::Home => Some("HOME"),
        PhoneType::Mobile => Some("MOBILE"),
        PhoneType::Other => Some("OTHER"),
        PhoneType::MicrosoftTeams
        | PhoneType::ZoomPhone
        | PhoneType::EightByEight
        | PhoneType::RingCentral => None,
    }
}

impl Subject for User {
    fn values(&self, field: &str) -> Vec<String> {
        let profile = &self.profile;
        let one = |value: &Option<String>| value.iter().cloned().collect();
        match field {
            "id" | "guid" => vec![self.id.clone()],
            "name" => vec![profile.display_name.clone()],
            "username" => vec![profile.user_name.clone()],
            "email" => {
                std::iter::once(&profile.user_name).chain(&profile.work_email).cloned().collect()
            }
            "state" => vec![self.state.word().to_owned()],
            "title" => one(&profile.title),
            "department" => one(&profile.department),
            "division" | "divisionName" => one(&profile.division),
            "divisionId" | "division.id" => vec![self.division_id.clone()],
            "employeeId" | "employerInfo.employeeId" => one(&profile.employee_number),
            "manager" | "manager.id" => one(&profile.manager),
            _ => Vec::new(),
        }
    }
}
