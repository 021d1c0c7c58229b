//! Filling a store: users as a company has them, and one group that has many members.

use std::path::Path;

use scim_server::{ResourceKind, ResourceStore as _};
use scim_store::{Access, Clock, ScimStore};
use serde_json::{Value, json};

/// Users of one transaction.
const BATCH_COUNT: usize = 10_000;

/// The most members of the group.
const MEMBER_COUNT_MAX: usize = 100_000;

/// What is in a store.
#[derive(Debug, Clone)]
pub(crate) struct Seeded {
    pub(crate) users: Vec<String>,
    pub(crate) group: String,
    /// How many of the users are members of the group.
    pub(crate) members: usize,
}

pub(crate) fn kinds() -> [ResourceKind; 2] {
    [ResourceKind::users(), ResourceKind::groups()]
}

pub(crate) async fn fill(folder: &Path, count: usize) -> Seeded {
    let store = ScimStore::open(folder, &kinds(), Clock::system()).await.unwrap();
    let mut users = Vec::with_capacity(count);
    while users.len() < count {
        let batch = users.len()..(users.len() + BATCH_COUNT).min(count);
        let batch = batch.map(|place| serde_json::from_value(user(&place.to_string())).unwrap());
        users.extend(store.load("User", batch.collect()).await.unwrap());
    }
    let members: Vec<Value> =
        users.iter().take(MEMBER_COUNT_MAX).map(|id| json!({"value": id})).collect();
    let group = json!({"displayName": "everybody", "members": members});
    let group = serde_json::from_value(group).unwrap();
    let store = store.with_access(Access::everybody());
    let group = store.create(&(), &ResourceKind::groups(), group).await.unwrap();
    let group = group["id"].as_str().unwrap().to_owned();
    Seeded { group, members: users.len().min(MEMBER_COUNT_MAX), users }
}

/// A user with about twenty values.
pub(crate) fn user(name: &str) -> Value {
    json!({
        "schemas": [scim::schema::urn::USER, scim::schema::urn::ENTERPRISE_USER],
        "userName": format!("user.{name}@example.com"),
        "externalId": format!("external-{name}"),
        "displayName": format!("Given{name} Family{name}"),
        "name": {"givenName": format!("Given{name}"), "familyName": format!("Family{name}")},
        "title": "Engineer",
        "userType": "Employee",
        "preferredLanguage": "en-GB",
        "active": true,
        "emails": [{"value": format!("user.{name}@example.com"), "type": "work", "primary": true}],
        "phoneNumbers": [{"value": format!("+44 20 7946 {name}"), "type": "work"}],
        "addresses": [{"type": "work", "locality": "London", "country": "GB"}],
        scim::schema::urn::ENTERPRISE_USER: {"employeeNumber": name, "department": "Research"},
    })
}
