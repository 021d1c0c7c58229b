//! A service that departs from the RFC, by settings alone.

use axum::http::{HeaderName, HeaderValue};
use reqwest::Method;
use scim::patch::Unknown;
use scim_server::{Locations, Service, VersionMismatch, VersionStyle};
use serde_json::json;

use crate::Fixture;

async fn fixture() -> Fixture {
    let mut service = Service::standard("/api/v2/scim/v2");
    let flavour = &mut service.flavour;
    flavour.locations = Locations::Relative;
    flavour.lower_case_locations = true;
    flavour.versions = VersionStyle::Bare;
    flavour.version_mismatch = VersionMismatch::InvalidVers;
    flavour.filter.unquoted_values = true;
    flavour.page_size_default = 25;
    flavour.headers =
        vec![(HeaderName::from_static("x-service"), HeaderValue::from_static("vendor"))];
    for kind in &mut service.kinds {
        kind.unknown = Unknown::Ignore;
        if kind.name() == "Group" {
            kind.methods.create = false;
            kind.methods.delete = false;
        }
    }
    Fixture::serve(service).await
}

#[tokio::test]
async fn locations_are_relative_and_in_lower_case() {
    let fixture = fixture().await;
    let created = fixture.post("/Users", json!({"userName": "ada@example.com"})).await;
    assert_eq!(created.header("location"), "/api/v2/scim/v2/users/1");
    assert_eq!(
        created.body["meta"],
        json!({"version": "1", "resourceType": "User", "location": "/api/v2/scim/v2/users/1"})
    );
    assert_eq!((created.header("etag"), created.header("x-service")), ("\"1\"", "vendor"));
}

#[tokio::test]
async fn a_version_that_does_not_match_is_a_bad_request() {
    let fixture = fixture().await;
    fixture.user("ada").await;
    let stale = fixture
        .send(Method::PUT, "/users/1", &[("if-match", "\"7\"")], Some(json!({"userName": "ada"})))
        .await;
    assert_eq!((stale.status, &stale.body["scimType"]), (400, &json!("invalidVers")));
}

#[tokio::test]
async fn filters_may_lack_quotes_and_pages_are_small() {
    let fixture = fixture().await;
    for number in 0..30 {
        fixture.user(&format!("user{number}@example.com")).await;
    }
    assert_eq!(
        fixture.get("/users?filter=userName%20eq%20user7@example.com").await.body["totalResults"],
        1
    );
    assert_eq!(fixture.get("/users").await.body["itemsPerPage"], 25);
    assert_eq!(fixture.get("/users?count=30").await.body["itemsPerPage"], 30);
}

#[tokio::test]
async fn methods_that_a_kind_lacks_are_refused() {
    let fixture = fixture().await;
    let refused = fixture.post("/groups", json!({"displayName": "G"})).await;
    assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD"));
    let refused = fixture.send(Method::DELETE, "/groups/1", &[], None).await;
    assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD, PUT, PATCH"));
}

#[tokio::test]
async fn unknown_attributes_are_ignored() {
    let fixture = fixture().await;
    fixture.user("ada").await;
    let patched =
        fixture.patch("/users/1", json!([{"op": "add", "path": "colour", "value": "red"}])).await;
    assert_eq!(patched.status, 200);
}

#[tokio::test]
async fn a_router_can_be_part_of_another() {
    let store = std::sync::Arc::new(crate::memory::Memory::default());
    let service = Service::standard("/scim/v2");
    let fixture = Fixture::listen(
        "/scim/v2",
        axum::Router::new().nest("/scim/v2", scim_server::router(service, store)),
    )
    .await;
    let created = fixture.post("/Users", json!({"userName": "ada"})).await;
    assert_eq!(created.header("location"), format!("{}/Users/1", fixture.base));
    assert_eq!(fixture.get("/users/1/").await.status, 200);
    assert_eq!(fixture.get("").await.body["totalResults"], 1);
}

#[tokio::test]
async fn brackets_of_a_patch_may_lack_quotes_too() {
    let fixture = fixture().await;
    let user = json!({"userName": "ada", "emails": [{"type": "work", "value": "a@x"}, {"type": "home", "value": "h@x"}]});
    fixture.post("/Users", user).await;
    let remove = json!([{"op": "remove", "path": "emails[type eq work and value eq a@x]"}]);
    let patched = fixture.patch("/Users/1", remove).await;
    assert_eq!(patched.body["emails"], json!([{"type": "home", "value": "h@x"}]));
}
