//! A service that follows the RFC.

use reqwest::Method;
use scim_server::{Service, bearer_token};
use serde_json::json;

use crate::Fixture;

async fn fixture() -> Fixture {
    let mut service = Service::standard("/scim/v2");
    service.authentication_schemes.push(bearer_token());
    service.flavour.body_size_max = 100_000;
    Fixture::serve(service).await
}

#[tokio::test]
async fn a_user_is_created_read_changed_and_deleted() {
    let fixture = fixture().await;
    let created = fixture
        .post("/Users", json!({"userName": "ada", "password": "secret", "emails": {"value": "a@x", "type": "work"}, "id": "mine",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": "7"}}))
        .await;
    assert_eq!(created.status, 201);
    assert_eq!(created.header("location"), format!("{}/Users/1", fixture.base));
    assert_eq!(created.header("content-type"), "application/scim+json");
    assert_eq!(created.header("etag"), "W/\"1\"");
    insta::assert_snapshot!(created.shown(&fixture), @r#"
    {
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
      ],
      "userName": "ada",
      "emails": [
        {
          "value": "a@x",
          "type": "work"
        }
      ],
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
        "manager": {
          "value": "7",
          "$ref": "http://host/scim/v2/Users/7"
        }
      },
      "id": "1",
      "meta": {
        "resourceType": "User",
        "location": "http://host/scim/v2/Users/1",
        "version": "W/\"1\""
      }
    }
    "#);
    assert_eq!(fixture.get("/users/1").await.body, created.body);

    let patched = fixture
        .patch("/Users/1", json!([{"op": "Replace", "path": "active", "value": "False"}]))
        .await;
    assert_eq!(
        (patched.status, &patched.body["active"], patched.header("etag")),
        (200, &json!(false), "W/\"2\"")
    );
    let replaced =
        fixture.send(Method::PUT, "/Users/1", &[], Some(json!({"userName": "ADA"}))).await;
    assert_eq!((replaced.status, &replaced.body["userName"]), (200, &json!("ADA")));
    assert!(replaced.body.get("active").is_none(), "a replace clears what it does not name");

    assert_eq!(fixture.send(Method::DELETE, "/Users/1", &[], None).await.status, 204);
    let gone = fixture.get("/Users/1").await;
    assert_eq!(
        gone.body,
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404",
        "detail": "there is no User with the id \"1\""})
    );
}

#[tokio::test]
async fn members_are_references() {
    let fixture = fixture().await;
    let id = fixture.user("ada").await;
    let group =
        fixture.post("/Groups", json!({"displayName": "G", "members": [{"value": id}]})).await;
    assert_eq!(
        group.body["members"],
        json!([{"value": "1", "$ref": format!("{}/Users/1", fixture.base)}])
    );
    let removed = fixture
        .patch("/Groups/2", json!([{"op": "Remove", "path": "members", "value": [{"value": id}]}]))
        .await;
    assert!(removed.body.get("members").is_none());
}

#[tokio::test]
async fn versions_guard_against_lost_updates() {
    let fixture = fixture().await;
    fixture.user("ada").await;
    let rename = json!({"Operations": [{"op": "add", "path": "title", "value": "Dr"}]});
    let stale = fixture
        .send(Method::PATCH, "/Users/1", &[("if-match", "W/\"0\"")], Some(rename.clone()))
        .await;
    assert_eq!(stale.status, 412);
    let fresh = fixture
        .send(Method::PATCH, "/Users/1", &[("if-match", "W/\"1\"")], Some(rename.clone()))
        .await;
    assert_eq!((fresh.status, fresh.header("etag")), (200, "W/\"2\""));
    let again = fixture.send(Method::PATCH, "/Users/1", &[], Some(rename)).await;
    assert_eq!(again.header("etag"), "W/\"2\"", "what changes nothing makes no version");
    let known = fixture.send(Method::GET, "/Users/1", &[("if-none-match", "W/\"2\"")], None).await;
    assert_eq!((known.status, known.header("etag")), (304, "W/\"2\""));
    assert_eq!(
        fixture.send(Method::DELETE, "/Users/1", &[("if-match", "\"1\"")], None).await.status,
        412
    );
    assert_eq!(
        fixture.send(Method::DELETE, "/Users/1", &[("if-match", "\"2\"")], None).await.status,
        204
    );
}

#[tokio::test]
async fn bad_requests_are_refused_with_a_reason() {
    let fixture = fixture().await;
    fixture.user("ada").await;
    let refused = |reply: crate::Reply| {
        format!(
            "{} {} {}",
            reply.status,
            reply.body["scimType"].as_str().unwrap_or("-"),
            reply.body["detail"].as_str().unwrap()
        )
    };
    insta::assert_snapshot!(refused(fixture.post("/Users", json!({"userName": "ADA"})).await), @r#"409 uniqueness the userName "ada" is taken"#);
    insta::assert_snapshot!(refused(fixture.post("/Users", json!({"title": "Dr"})).await), @r#"400 invalidValue the attribute "userName" is required: give it a value"#);
    insta::assert_snapshot!(refused(fixture.get("/Users?filter=userName%20is%20x").await), @r#"400 invalidFilter the filter cannot be used: expected a comparison such as "eq" at character 10, found "is x""#);
    insta::assert_snapshot!(refused(fixture.get("/Users?count=many").await), @r#"400 invalidValue the parameter "count" is not a whole number"#);
    insta::assert_snapshot!(refused(fixture.patch("/Users/1", json!([{"op": "replace", "path": "id", "value": "2"}])).await), @r#"400 mutability the attribute "id" is read-only: leave it out"#);
    insta::assert_snapshot!(refused(fixture.send_text("/Users", "application/json", "{\"a\":".into()).await), @"400 invalidSyntax the body is no JSON: EOF while parsing a value at line 1 column 5");
    insta::assert_snapshot!(refused(fixture.send_text("/Users", "text/plain", "{}".into()).await), @r#"415 invalidSyntax the body has the media type "text/plain": send "application/scim+json""#);
    insta::assert_snapshot!(refused(fixture.send_text("/Users", "application/json", "x".repeat(100_001)).await), @"413 - the body is larger than 100000 bytes: send less in one request");
    insta::assert_snapshot!(refused(fixture.send_text("/Users", "application/json", "[".repeat(90_000)).await), @"400 invalidSyntax the body is nested deeper than 32 levels: no message of SCIM is");
    insta::assert_snapshot!(refused(fixture.get("/Robots").await), @"404 - there is nothing at this address: see /ResourceTypes for the endpoints");
    insta::assert_snapshot!(refused(fixture.send(Method::DELETE, "/Users", &[], None).await), @"405 - DELETE is not possible at this address: use GET, HEAD, POST");
    insta::assert_snapshot!(refused(fixture.get("/Me").await), @"501 - nobody in particular asks");
}

#[tokio::test]
async fn modifications_at_the_same_time_all_take_effect() {
    let fixture = fixture().await;
    fixture.post("/Groups", json!({"displayName": "G"})).await;
    let add = |id: u32| {
        let fixture = &fixture;
        async move {
            fixture
                .patch(
                    "/Groups/1",
                    json!([{"op": "add", "path": "members", "value": [{"value": id.to_string()}]}]),
                )
                .await
                .status
        }
    };
    let statuses = tokio::join!(add(1), add(2), add(3), add(4));
    assert_eq!(statuses, (200, 200, 200, 200));
    assert_eq!(fixture.get("/Groups/1").await.body["members"].as_array().unwrap().len(), 4);
}
