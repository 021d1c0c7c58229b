//! Discovery: what a service says it has, and services that say it strangely.

use graph::schema::AttributeDefinition;
use serde_json::{Value, json};
use target::{DISCOVERY_PAGES_MAX, Discovery};
use testkit::{FakeTarget, Fault, When};

use crate::target;

/// What is discovered at a service that answers so.
async fn discovered(schemas: &Value, types: Option<&Value>) -> Discovery {
    let fake = FakeTarget::start().await;
    let answer = |status, body: &Value| Fault::Answer { status, body: body.to_string() };
    fake.fail(When::on("GET", "/Schemas").always(), answer(200, schemas));
    if let Some(types) = types {
        fake.fail(When::on("GET", "/ResourceTypes").always(), answer(200, types));
    }
    target(&fake).discover().await.unwrap()
}

fn list(resources: &Value) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": resources.as_array().unwrap().len(),
        "Resources": resources,
    })
}

fn user_schema() -> Value {
    json!({"id": "urn:ietf:params:scim:schemas:core:2.0:User", "name": "User",
        "attributes": [{"name": "userName", "type": "string", "required": true}]})
}

fn extension() -> Value {
    json!({"id": "urn:example:params:scim:Badge", "name": "Badge",
        "attributes": [{"name": "number", "type": "integer"}]})
}

fn names(definitions: &[AttributeDefinition]) -> Vec<&str> {
    definitions.iter().filter_map(|definition| definition.name.as_deref()).collect()
}

#[tokio::test]
async fn resource_types_say_which_extensions_users_have() {
    let types = list(&json!([{"name": "User", "endpoint": "/Users",
        "schema": "urn:ietf:params:scim:schemas:core:2.0:User",
        "schemaExtensions": [{"schema": "urn:example:params:scim:Badge", "required": false}]}]));
    let found = discovered(&list(&json!([user_schema(), extension()])), Some(&types)).await;
    assert_eq!(names(&found.users), ["userName", "urn:example:params:scim:Badge:number"]);
    assert_eq!(names(&found.groups), [""; 0]);
}

#[tokio::test]
async fn without_resource_types_an_extension_is_told_from_its_name() {
    let mut own = extension();
    own["id"] = json!("urn:example:params:scim:schemas:extension:badge:2.0:User");
    let found = discovered(&list(&json!([user_schema(), own, extension()])), None).await;
    assert_eq!(
        names(&found.users),
        ["userName", "urn:example:params:scim:schemas:extension:badge:2.0:User:number"]
    );
}

#[tokio::test]
async fn a_schema_that_cannot_be_read_is_told_and_left_out() {
    let broken = json!({"id": "urn:x", "attributes": "none"});
    let found = discovered(&list(&json!([broken, user_schema()])), None).await;
    assert_eq!(names(&found.users), ["userName"]);
    assert!(found.remarks[0].starts_with("/Schemas \"urn:x\" cannot be read"), "{found:?}");
}

#[tokio::test]
async fn a_service_that_lists_without_end_is_left() {
    let fake = FakeTarget::start().await;
    let mut endless = list(&json!([user_schema()]));
    endless["totalResults"] = json!(1_000_000);
    let body = endless.to_string();
    fake.fail(When::on("GET", "/Schemas").always(), Fault::Answer { status: 200, body });
    assert_eq!(names(&target(&fake).discover().await.unwrap().users), ["userName"]);
    assert!(fake.requests().len() <= DISCOVERY_PAGES_MAX);
}

#[tokio::test]
async fn a_service_without_schemas_is_an_error() {
    let fake = FakeTarget::start().await;
    insta::assert_snapshot!(target(&fake).discover().await.unwrap_err(), @r#"the service does not know "/scim/v2/Schemas" (404: there is no such endpoint)"#);
}
