//! The gateway: both families, the rate limit, the two error bodies, discovery.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, World};

#[tokio::test]
async fn both_families_answer_in_any_case_with_their_own_locations() {
    let world = World::new().await;
    let id = world.user("a@b.c").await;
    for (path, base) in [
        ("/api/v2/scim/v2/users", "/api/v2/scim/v2"),
        ("/api/v2/scim/v2/Users", "/api/v2/scim/v2"),
        ("/api/v2/SCIM/V2/USERS", "/api/v2/scim/v2"),
        ("/api/v2/scim/Users", "/api/v2/scim"),
        ("/api/v2/scim/users", "/api/v2/scim"),
    ] {
        let user = world.get(&format!("{path}/{id}")).await;
        assert_eq!(user.body["meta"]["location"], format!("{base}/users/{id}"), "{path}");
    }
}

#[tokio::test]
async fn requests_beyond_the_limit_wait_for_the_next_minute() {
    let world = World::with(&["rate-limit=3"]).await;
    for count in 1..=3 {
        let answer = world.get("/users").await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("inin-ratelimit-count")),
            (200, &*count.to_string())
        );
    }
    world.pass(10);
    let refused = world.get("/users").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), "50");
    assert_eq!(refused.header("inin-ratelimit-allowed"), "3");
    assert_eq!(refused.header("inin-ratelimit-reset"), "50");
    assert_eq!(refused.body["code"], "too.many.requests");
    world.pass(50);
    assert_eq!(world.get("/users").await.status, 200);
}

#[tokio::test]
async fn without_a_limit_no_header_speaks_of_one() {
    let world = World::new().await;
    let answer = world.get("/users").await;
    assert_eq!(answer.header("inin-ratelimit-allowed"), "");
    assert_eq!(answer.header("inin-correlation-id").len(), 36);
    assert_eq!(answer.header("cache-control"), "no-cache, no-store, must-revalidate");
}

#[tokio::test]
async fn what_the_gateway_refuses_has_the_bodies_of_the_platform() {
    let world = World::new().await;
    for path in ["/api/v2/scim/v2/bulk", "/api/v2/shoes", "/api/v2/scim/v2/Me", "/"] {
        let url =
            if path == "/" { world.origin.clone() } else { format!("{}{path}", world.origin) };
        let missing = Answer::of(world.http.get(url).bearer_auth(&world.token)).await;
        assert_eq!(
            (missing.status.as_u16(), &missing.body["code"]),
            (404, &json!("not.found")),
            "{path}"
        );
    }
    let mut body = world.send(Method::POST, "/schemas", &json!({})).await.body;
    body["contextId"] = json!("<id>");
    insta::assert_snapshot!(body, @r#"{"message":"POST is not possible at \"/api/v2/scim/v2/schemas\": the header Allow says what is","code":"method.not.allowed","status":405,"messageWithParams":"{method} is not possible at \"{path}\": the header Allow says what is","messageParams":{"method":"POST","path":"/api/v2/scim/v2/schemas"},"contextId":"<id>","details":[],"errors":[]}"#);
}

#[tokio::test]
async fn what_scim_refuses_has_its_own_body() {
    let world = World::new().await;
    let missing = world.get("/users/nobody").await;
    insta::assert_snapshot!(missing.body, @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"there is no User with the id \"nobody\""}"#);
    let request =
        world.request(Method::POST, "/users").header("content-type", "application/json").body("{");
    insta::assert_snapshot!(Answer::of(request).await.refusal(), @"400 invalidSyntax: the body is no JSON: EOF while parsing an object at line 1 column 1");
}

#[tokio::test]
async fn discovery_tells_what_there_is() {
    let world = World::new().await;
    let config = world.get("/ServiceProviderConfig").await.body;
    let supported = |name: &str| config[name]["supported"] == true;
    assert!(supported("patch") && supported("filter") && supported("etag"));
    assert!(!supported("bulk") && !supported("sort"));
    let types = world.get("/resourcetypes").await.body;
    let names: Vec<_> =
        types["Resources"].as_array().unwrap().iter().map(|kind| kind["name"].clone()).collect();
    assert_eq!(names, ["User", "Group"]);
    let schema = world.get("/schemas/urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Aextension%3Agenesys%3Apurecloud%3A2.0%3AUser").await;
    assert_eq!(schema.body["attributes"][2]["name"], "externalIds");
    assert_eq!(world.get("/schemas?filter=id eq x").await.status, 403);
}

#[tokio::test]
async fn the_sdks_may_send_json_types_without_bodies() {
    let world = World::new().await;
    let id = world.user("a@b.c").await;
    let get = world
        .request(Method::GET, &format!("/users/{id}"))
        .header("content-type", "application/json")
        .header("accept", "application/json");
    let answer = Answer::of(get).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    let delete = world
        .request(Method::DELETE, &format!("/users/{id}"))
        .header("content-type", "application/json");
    let answer = Answer::of(delete).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (204, &Value::Null));
}

#[tokio::test]
async fn the_shutdown_ends_the_server() {
    let mut world = World::new().await;
    assert_eq!(world.get("/users").await.status, 200);
    world.stop.take().unwrap().send(()).unwrap();
    world.server.await.unwrap();
}

#[tokio::test]
async fn a_platform_refusal_names_what_it_is_about() {
    let mut world = World::new().await;
    world.sign_in_with(&["Admin"], None).await;
    for (path, kind) in [
        ("/api/v2/groups/x", "Group"),
        ("/api/v2/users/x", "user"),
        ("/api/v2/users/x/roles", "User"),
        ("/api/v2/authorization/roles/x", "role"),
    ] {
        let mut body = world.get(path).await.body;
        assert_eq!((&body["entityId"], &body["entityName"]), (&json!("x"), &json!(kind)), "{path}");
        body["contextId"] = json!("<id>");
        if path == "/api/v2/users/x" {
            insta::assert_snapshot!(body, @r#"{"message":"there is no user with the id \"x\"","code":"not.found","status":404,"entityId":"x","entityName":"user","messageWithParams":"there is no {kind} with the id \"{id}\"","messageParams":{"kind":"user","id":"x"},"contextId":"<id>","details":[],"errors":[]}"#);
        }
    }
    let limited = World::with(&["rate-limit=1"]).await;
    limited.get("/users").await;
    let mut body = limited.get("/users").await.body;
    body["contextId"] = json!("<id>");
    insta::assert_snapshot!(body, @r#"{"message":"the client has sent its 1 requests of this minute: try again in 60 seconds","code":"too.many.requests","status":429,"messageWithParams":"the client has sent its {allowed} requests of this minute: try again in {seconds} seconds","messageParams":{"allowed":"1","seconds":"60"},"contextId":"<id>","details":[],"errors":[],"limit":{"key":"client.credentials.token.rate.per.minute","namespace":"platform.api","value":1}}"#);
}

#[tokio::test]
async fn answers_carry_the_headers_that_clients_look_for() {
    let mut world = World::new().await;
    for path in ["/users", "/api/v2/groups", "/nowhere"] {
        let answer = world.get(path).await;
        let header = answer.header("strict-transport-security");
        assert_eq!(header, "max-age=600; includeSubDomains", "{path}");
        assert_eq!(answer.header("www-authenticate"), "");
    }
    let anonymous = world.http.get(format!("{}/api/v2/scim/v2/users", world.origin));
    assert_eq!(Answer::of(anonymous).await.header("www-authenticate"), "Bearer realm=\"api\"");
    "wrong".clone_into(&mut world.token);
    let refused = world.get("/users").await;
    assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"api\", error=\"invalid_token\"");
}
