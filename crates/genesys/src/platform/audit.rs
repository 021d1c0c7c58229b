//! Audits: who did what, when, through which client.

use axum::{Extension, Json, extract::State};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Asked, PlatformError, Recorded,
    page::Paging,
    permitted,
    request::{Given, misfit},
};
use crate::{
    record::{Action, Record},
    record_search::RecordSearch,
};

const VIEW: &[&str] = &["audits:audit:view"];

/// The vendor's services, each with the kinds of entities whose records it keeps.
const SERVICES: [(&str, &[&str]); 4] = [
    ("Directory", &["User", "Group"]),
    ("PeoplePermissions", &["Role", "Division", "Grant"]),
    ("Routing", &["Skill", "Language"]),
    ("OAuth", &["OAuthClient", "Token"]),
];

/// Records of an interval, the newest first, narrowed by filters.
pub(super) async fn query(
    (State(organisation), Extension(caller)): Asked,
    given: Given,
) -> Result<(Extension<Recorded>, Json<Value>), PlatformError> {
    permitted(&organisation, caller, VIEW).await?;
    let paging = Paging::given(&given)?;
    let search = search(&given)?;
    let page = organisation.find_records(&search, paging.offset(), paging.size).await?;
    let entities = page.records.iter().map(entity).collect();
    let path = "/api/v2/audits/query/realtime";
    Ok((Extension(Recorded), paging.entities(path, page.total, entities)))
}

pub(super) async fn services(
    (State(organisation), Extension(caller)): Asked,
) -> Result<Json<Value>, PlatformError> {
    permitted(&organisation, caller, VIEW).await?;
    let services = SERVICES.iter().map(|(name, kinds)| {
        let kinds = kinds
            .iter()
            .map(|kind| json!({"name": kind, "actions": ["Create", "Update", "Delete"]}));
        json!({"name": name, "entities": kinds.collect::<Value>()})
    });
    Ok(Json(json!({"services": services.collect::<Value>()})))
}

fn search(given: &Given) -> Result<RecordSearch, PlatformError> {
    let interval = given.required("interval")?;
    let ends = interval.split_once('/').and_then(|(from, until)| {
        Some((from.trim().parse::<Timestamp>().ok()?, until.trim().parse::<Timestamp>().ok()?))
    });
    let (from, until) = ends.ok_or_else(|| {
        misfit("interval", "two times such as 2026-01-31T00:00:00Z/2026-02-01T00:00:00Z")
    })?;
    let mut search =
        RecordSearch { from: Some(from), until: Some(until), ..RecordSearch::default() };
    if let Some(service) = given.text("serviceName")? {
        let kinds = SERVICES.iter().find(|(name, _)| name.eq_ignore_ascii_case(service));
        let kinds = kinds.map(|(_, kinds)| *kinds).unwrap_or_default();
        search.resources = Some(kinds.iter().map(ToString::to_string).collect());
    }
    for filter in given.objects("filters")? {
        let (property, value) =
            (filter.required("property")?, filter.required("value")?.to_owned());
        match property.to_ascii_lowercase().as_str() {
            "entitytype" => search.resources = Some(vec![value]),
            "entityid" => search.resource_id = Some(value),
            "clientid" => search.client_id = Some(value),
            "correlationid" => search.correlation_id = Some(value),
            "status" => search.is_done = Some(value.eq_ignore_ascii_case("SUCCESS")),
            "action" => search.action = Some(action(&value)?),
            _ => {
                return Err(misfit(
                    "filters.property",
                    "EntityType, EntityId, ClientId, CorrelationId, Status or Action",
                ));
            }
        }
    }
    Ok(search)
}

fn action(word: &str) -> Result<Action, PlatformError> {
    match word.to_ascii_lowercase().as_str() {
        "create" => Ok(Action::Create),
        "update" => Ok(Action::Update),
        "delete" => Ok(Action::Delete),
        _ => Err(misfit("filters.value", "Create, Update or Delete for the property Action")),
    }
}

fn entity(record: &Record) -> Value {
    let service = SERVICES.iter().find(|(_, kinds)| kinds.contains(&record.resource.as_str()));
    let action = match record.action {
        Action::Create => "Create",
        Action::Update => "Update",
        Action::Delete => "Delete",
    };
    let changes = record.changes.iter().map(|change| {
        json!({"property": change.property, "oldValues": change.old_values, "newValues": change.new_values})
    });
    json!({
        "id": record.number.to_string(),
        "client": {"id": record.client_id, "selfUri": format!("/api/v2/oauth/clients/{}", record.client_id)},
        "serviceName": service.map_or("Other", |(name, _)| name),
        "level": "USER",
        "eventDate": record.time,
        "action": action,
        "entity": {"id": record.resource_id, "name": record.name},
        "entityType": record.resource,
        "status": if record.status < 400 { "SUCCESS" } else { "FAILURE" },
        "propertyChanges": changes.collect::<Value>(),
        "context": {
            "correlationId": record.correlation_id,
            "method": record.method,
            "httpStatus": record.status.to_string(),
        },
    })
}
