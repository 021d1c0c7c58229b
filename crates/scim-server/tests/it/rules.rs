//! The protocol's rules, a line each.

use scim_server::Service;
use serde_json::Value;

use crate::Fixture;
use crate::memory::Memory;

/// A service with the user 1 "ada" and the group 2 "G".
async fn fixture() -> Fixture {
    let fixture = Fixture::serve(Service::standard("/scim/v2")).await;
    fixture.ask(r#"POST /Users | {"userName": "ada"}"#).await;
    fixture.ask(r#"POST /Groups | {"displayName": "G", "members": [{"value": "1"}]}"#).await;
    fixture
}

async fn check(fixture: &Fixture, request: &str, expected: &str) {
    let reply = fixture.ask(request).await;
    assert_eq!(reply.outcome(), expected, "{request}: {}", reply.body);
    if reply.status >= 400 {
        let schema = "urn:ietf:params:scim:api:messages:2.0:Error";
        assert_eq!(reply.body["schemas"][0], schema, "{request}");
        assert_eq!(reply.body["status"], reply.status.to_string(), "{request}");
        assert!(reply.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    }
}

#[tokio::test]
async fn addresses_are_read_in_any_case_and_with_slashes() {
    let fixture = fixture().await;
    check(&fixture, "GET /Users/1", "200").await;
    check(&fixture, "GET /users/1/", "200").await;
    check(&fixture, "GET /USERS//1", "200").await;
    check(&fixture, "GET /Users/%31", "200").await;
    check(&fixture, "GET /Users/1?unknown=x&other", "200").await;
    check(&fixture, "GET /Users/1?count=many", "200").await;
    check(&fixture, "GET /Users?unknown=x", "200").await;
    check(&fixture, "GET /Users/2", "404").await;
    check(&fixture, "GET /Users/1/emails", "404").await;
    check(&fixture, "GET /Robots", "404").await;
    check(&fixture, "GET /Users/..%2F1", "404").await;
    check(&fixture, "GET /Users/%FF", "404").await;
    check(&fixture, "GET ", "200").await;
    check(&fixture, "GET /", "200").await;
    check(&fixture, "GET x", "404").await;
    check(&fixture, "GET /../Users", "404").await;
}

#[tokio::test]
async fn methods_that_are_not_possible_are_refused_with_those_that_are() {
    let fixture = fixture().await;
    let table = [
        ("PUT /Users", "GET, HEAD, POST"),
        ("DELETE /Users", "GET, HEAD, POST"),
        ("POST /Users/1 | {}", "GET, HEAD, PUT, PATCH, DELETE"),
        ("OPTIONS /Users/1", "GET, HEAD, PUT, PATCH, DELETE"),
        ("GET /Users/.search", "POST"),
        ("GET /Bulk", "POST"),
        ("POST /Schemas | {}", "GET, HEAD"),
        ("PUT /ResourceTypes/User | {}", "GET, HEAD"),
        ("DELETE /ServiceProviderConfig", "GET, HEAD"),
        ("POST /Me | {}", "GET, HEAD, PUT, PATCH, DELETE"),
    ];
    for (request, allowed) in table {
        let reply = fixture.ask(request).await;
        assert_eq!((reply.status, reply.header("allow")), (405, allowed), "{request}");
    }
}

/// A service whose users need the enterprise extension, and whose nicknames show on request.
async fn strict() -> Fixture {
    let mut service = Service::standard("/scim/v2");
    service.kinds[0].resource_type.schema_extensions[0].required = true;
    for attribute in &mut service.kinds[0].schema.core.attributes {
        if attribute.name == "nickName" {
            attribute.returned = scim::schema::Returned::Request;
        }
    }
    Fixture::serve(service).await
}

#[tokio::test]
async fn a_required_extension_can_neither_be_left_out_nor_taken_away() {
    let fixture = strict().await;
    let urn = scim::schema::urn::ENTERPRISE_USER;
    let ada = format!(r#"{{"userName": "ada", "{urn}": {{"department": "D"}}}}"#);
    let refused = "400 invalidValue";
    check(&fixture, r#"POST /Users | {"userName": "ada"}"#, refused).await;
    check(&fixture, &format!("POST /Users | {ada}"), "201").await;
    check(&fixture, r#"PUT /Users/1 | {"userName": "ada"}"#, refused).await;
    check(&fixture, &format!("PUT /Users/1 | {ada}"), "200").await;
    let remove = serde_json::json!([{"op": "remove", "path": urn}]);
    assert_eq!(fixture.patch("/Users/1", remove).await.outcome(), refused);
    let clear = serde_json::json!([{"op": "replace", "value": {urn: null}}]);
    assert_eq!(fixture.patch("/Users/1", clear).await.outcome(), refused);
    let change =
        serde_json::json!([{"op": "replace", "path": format!("{urn}:department"), "value": "E"}]);
    assert_eq!(fixture.patch("/Users/1", change).await.outcome(), "200");
}

#[tokio::test]
async fn what_shows_on_request_shows_after_it_was_written() {
    let fixture = strict().await;
    let urn = scim::schema::urn::ENTERPRISE_USER;
    let ada = format!(r#"{{"userName": "ada", "nickName": "A", "{urn}": {{"department": "D"}}}}"#);
    let shown = async |request: String| fixture.ask(&request).await.body["nickName"].clone();
    assert_eq!(shown(format!("POST /Users | {ada}")).await, "A");
    assert_eq!(shown("GET /Users/1".to_owned()).await, Value::Null);
    assert_eq!(shown("GET /Users/1?attributes=nickName".to_owned()).await, "A");
    assert_eq!(shown(format!("PUT /Users/1 | {ada}")).await, "A");
    let patch = |path: &str| serde_json::json!([{"op": "replace", "path": path, "value": "B"}]);
    assert_eq!(fixture.patch("/Users/1", patch("nickName")).await.body["nickName"], "B");
    assert_eq!(fixture.patch("/Users/1", patch("title")).await.body["nickName"], Value::Null);
}

#[tokio::test]
async fn conditions_hold_for_every_method() {
    let fixture = fixture().await;
    let title = r#"{"Operations": [{"op": "add", "path": "title", "value": "x"}]}"#;
    for condition in ["if-match: \"9\"", "if-none-match: *", "if-none-match: W/\"1\""] {
        for request in [
            format!("PUT /Users/1 | {condition} | {{\"userName\": \"ada\"}}"),
            format!("PATCH /Users/1 | {condition} | {title}"),
            format!("DELETE /Users/1 | {condition}"),
        ] {
            check(&fixture, &request, "412").await;
        }
    }
    check(&fixture, "GET /Users/1 | if-match: \"9\"", "412").await;
    check(&fixture, "GET /Users/1 | if-match: \"1\"", "200").await;
    check(&fixture, "GET /Users/1 | if-none-match: \"1\"", "304").await;
    for method in ["GET", "HEAD"] {
        let known = fixture.ask(&format!("{method} /Users/1 | if-none-match: *")).await;
        assert_eq!((known.status, known.header("content-length")), (304, ""), "{method}");
    }
    check(&fixture, "GET /ServiceProviderConfig | if-match: \"9\"", "412").await;
    check(&fixture, &format!("PATCH /Users/1 | if-none-match: \"9\" | {title}"), "200").await;
}

#[tokio::test]
async fn filters_and_paths_read_the_addresses_that_answers_show() {
    let fixture = fixture().await;
    let group = fixture.ask("GET /Groups/2").await.body;
    let reference = group["members"][0]["$ref"].as_str().unwrap().to_owned();
    let found = async |filter: &str| {
        let search = serde_json::json!({"filter": filter});
        fixture.ask(&format!("POST /Groups/.search | {search}")).await.body["totalResults"].clone()
    };
    assert_eq!(found(&format!("members.$ref eq \"{reference}\"")).await, 1);
    assert_eq!(found(&format!("members[$ref eq \"{reference}\"]")).await, 1);
    assert_eq!(found(&format!("members.$ref eq \"{reference}x\"")).await, 0);
    assert_eq!(found("members.$ref pr").await, 1);
    assert_eq!(found("meta.location sw \"http\"").await, 1);
    check(&fixture, "GET /Groups?filter=members.$ref%20co%20%22U%22", "400 invalidFilter").await;
    let remove = |filter: &str| serde_json::json!([{"op": "remove", "path": format!("members[$ref {filter}]")}]);
    let refused = fixture.patch("/Groups/2", remove("co \"Users\"")).await;
    assert_eq!(refused.outcome(), "400 invalidFilter");
    let removed = fixture.patch("/Groups/2", remove(&format!("eq \"{reference}\""))).await;
    assert_eq!(removed.body.get("members"), None);
}

#[tokio::test]
async fn a_resource_that_is_not_there_is_not_found_by_any_method() {
    let fixture = fixture().await;
    check(&fixture, "GET /Users/9", "404").await;
    check(&fixture, r#"PUT /Users/9 | {"userName": "x"}"#, "404").await;
    check(
        &fixture,
        r#"PATCH /Users/9 | {"Operations": [{"op": "add", "path": "title", "value": "x"}]}"#,
        "404",
    )
    .await;
    check(&fixture, "DELETE /Users/9", "404").await;
    check(&fixture, "DELETE /Users/9 | if-match: \"1\"", "404").await;
    check(&fixture, "DELETE /Users/1", "204").await;
    check(&fixture, "DELETE /Users/1", "404").await;
    check(&fixture, "GET /Users/1", "404").await;
}

#[tokio::test]
async fn bodies_are_read_leniently_and_refused_precisely() {
    let fixture = fixture().await;
    let user = r#"{"userName": "ben"}"#;
    check(
        &fixture,
        &format!("POST /Users | content-type: application/json; charset=UTF-8 | {user}"),
        "201",
    )
    .await;
    check(
        &fixture,
        r#"POST /Users | content-type: Application/SCIM+JSON | {"userName": "cyd"}"#,
        "201",
    )
    .await;
    check(&fixture, r#"POST /Users | {"userName": "dan", "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:x"], "colour": "red"}"#, "201").await;
    check(
        &fixture,
        &format!("POST /Users | content-type: text/plain | {user}"),
        "415 invalidSyntax",
    )
    .await;
    check(
        &fixture,
        "POST /Users | content-type: application/x-www-form-urlencoded | a=b",
        "415 invalidSyntax",
    )
    .await;
    check(&fixture, "POST /Users", "400 invalidSyntax").await;
    check(&fixture, "POST /Users | content-type: application/scim+json |  ", "400 invalidSyntax")
        .await;
    check(&fixture, "POST /Users | {", "400 invalidSyntax").await;
    check(&fixture, "POST /Users | []", "400 invalidSyntax").await;
    check(&fixture, r#"POST /Users | {"userName": "eve", "userName": "eva"}"#, "400 invalidSyntax")
        .await;
    check(&fixture, "POST /Users | {}", "400 invalidValue").await;
    check(&fixture, r#"POST /Users | {"userName": {"a": 1}}"#, "400 invalidValue").await;
    check(&fixture, r#"POST /Users | {"userName": "ADA"}"#, "409 uniqueness").await;
    check(&fixture, r#"PATCH /Users/1 | {"Operations": []}"#, "400 invalidSyntax").await;
    check(
        &fixture,
        r#"PATCH /Users/1 | {"Operations": [{"op": "move", "path": "title"}]}"#,
        "400 invalidSyntax",
    )
    .await;
    check(
        &fixture,
        r#"PATCH /Users/1 | {"Operations": [{"op": "replace", "path": "id", "value": "2"}]}"#,
        "400 mutability",
    )
    .await;
    check(&fixture, r#"PATCH /Users/1 | {"Operations": [{"op": "remove"}]}"#, "400 noTarget").await;
    check(&fixture, "DELETE /Users/1 | content-type: application/json", "204").await;
}

#[tokio::test]
async fn what_no_schema_knows_is_not_kept() {
    let fixture = fixture().await;
    let created = fixture.ask(r#"POST /Users | {"userName": "ben", "colour": "red", "meta": {"x": 1}, "name": {"colour": "blue"}, "id": "mine"}"#).await;
    assert_eq!(created.status, 201);
    let text = created.body.to_string();
    assert!(!text.contains("red") && !text.contains("blue") && !text.contains("mine"), "{text}");
}

#[tokio::test]
async fn queries_that_make_no_sense_are_refused() {
    let fixture = fixture().await;
    check(&fixture, "GET /Users?filter=userName", "400 invalidFilter").await;
    check(&fixture, "GET /Users?filter=userName+eq+ada", "400 invalidFilter").await;
    check(&fixture, "GET /Users?count=x", "400 invalidValue").await;
    check(&fixture, "GET /Users?startIndex=x", "400 invalidValue").await;
    check(&fixture, "GET /Users?sortBy=colour", "400 invalidPath").await;
    check(&fixture, "GET /Users?sortBy=userName&sortOrder=up", "400 invalidValue").await;
    check(&fixture, "GET /Users?attributes=a+b", "400 invalidPath").await;
    check(&fixture, "GET /Users?attributes=colour", "200").await;
    check(&fixture, "GET /Users?filter=&attributes=&count=&startIndex=&sortBy=", "200").await;
}

#[tokio::test]
async fn versions_are_conditions() {
    let fixture = fixture().await;
    let put =
        |if_match: &str| format!(r#"PUT /Users/1 | if-match: {if_match} | {{"userName": "ada"}}"#);
    check(&fixture, &put("W/\"0\""), "412").await;
    check(&fixture, &put("\"0\", W/\"1\""), "200").await;
    check(&fixture, &put("*"), "200").await;
    let patch = r#"{"Operations": [{"op": "add", "path": "title", "value": "x"}]}"#;
    check(&fixture, &format!("PATCH /Users/1 | if-match: \"0\" | {patch}"), "412").await;
    check(&fixture, &format!("PATCH /Users/1 | if-match: W/\"1\" | {patch}"), "200").await;
    check(&fixture, "GET /Users/1 | if-none-match: W/\"1\"", "200").await;
    check(&fixture, "GET /Users/1 | if-none-match: \"2\"", "304").await;
    check(&fixture, "GET /Users/1 | if-none-match: *", "304").await;
    check(&fixture, "HEAD /Users/1 | if-none-match: W/\"2\"", "304").await;
    check(&fixture, "DELETE /Users/1 | if-match: \"1\"", "412").await;
    check(&fixture, "DELETE /Users/1 | if-match: \"2\"", "204").await;
}

#[tokio::test]
async fn every_answer_shows_only_what_is_wanted() {
    let fixture = fixture().await;
    let keys = |reply: &crate::Reply| {
        let resource = reply.body["Resources"].get(0).unwrap_or(&reply.body);
        resource.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    let body = r#"{"userName": "ben", "title": "Dr", "password": "secret", "nickName": "B"}"#;
    let table = [
        (format!("POST /Users?attributes=title | {body}"), "schemas title id"),
        ("GET /Users/3?attributes=title,nickName".into(), "schemas title nickName id"),
        ("GET /Users/3?attributes=password".into(), "schemas id"),
        ("GET /Users/3?excludedAttributes=title,id,meta".into(), "schemas userName nickName id"),
        ("GET /Users?filter=userName+eq+%22ben%22&attributes=title".into(), "schemas title id"),
        (format!("PUT /Users/3?attributes=title | {body}"), "schemas id title"),
        (r#"PATCH /Users/3?excludedAttributes=meta,title | {"Operations": [{"op": "add", "path": "title", "value": "Prof"}]}"#.into(), "schemas id userName nickName"),
        (r#"POST /Users/.search | {"filter": "userName eq \"ben\"", "attributes": ["userName"]}"#.into(), "schemas id userName"),
        ("GET /Groups/2?excludedAttributes=members,meta".into(), "schemas displayName id"),
        ("GET /Groups/2?attributes=members.value".into(), "schemas members id"),
    ];
    for (request, expected) in table {
        let reply = fixture.ask(&request).await;
        let (mut actual, mut expected): (Vec<_>, Vec<_>) = (
            keys(&reply).split(' ').map(str::to_owned).collect(),
            expected.split(' ').map(str::to_owned).collect(),
        );
        actual.sort();
        expected.sort();
        assert_eq!(actual, expected, "{request}");
    }
    let group = fixture.ask("GET /Groups/2?attributes=members.$ref").await;
    assert_eq!(
        group.body["members"],
        serde_json::json!([{"$ref": format!("{}/Users/1", fixture.base)}])
    );
}

#[tokio::test]
async fn the_media_type_is_the_client_s() {
    let fixture = fixture().await;
    for (request, expected) in [
        ("GET /Users", "application/scim+json"),
        ("GET /Users | accept: application/json", "application/json"),
        ("GET /Users | accept: application/json, text/plain, */*", "application/json"),
        ("GET /Users | accept: application/scim+json, application/json", "application/scim+json"),
        ("GET /Users/9 | accept: application/json", "application/json"),
        ("GET /Robots", "application/scim+json"),
    ] {
        assert_eq!(fixture.ask(request).await.header("content-type"), expected, "{request}");
    }
}

#[tokio::test]
async fn head_is_a_get_without_its_body() {
    let fixture = fixture().await;
    let get = fixture.client.get(format!("{}/Users/1", fixture.base)).send().await.unwrap();
    let head = fixture.client.head(format!("{}/Users/1", fixture.base)).send().await.unwrap();
    let length = get.headers()["content-length"].clone();
    assert_eq!((head.status(), &head.headers()["content-length"]), (get.status(), &length));
    assert_eq!(head.headers()["etag"], get.headers()["etag"]);
    assert_eq!(head.text().await.unwrap(), "");
}

#[tokio::test]
async fn answers_say_where_the_resource_is() {
    let fixture = fixture().await;
    let created = fixture.ask(r#"POST /Users | {"userName": "ben"}"#).await;
    let address = format!("{}/Users/3", fixture.base);
    assert_eq!(created.header("location"), address);
    assert_eq!(created.body["meta"]["location"], address);
    let read = fixture.ask("GET /users/3").await;
    assert_eq!((read.header("content-location"), read.header("etag")), (&*address, "W/\"1\""));
    assert_eq!(read.body["meta"]["version"], "W/\"1\"");
}

#[tokio::test]
async fn a_member_s_reference_leads_to_its_kind() {
    let fixture = fixture().await;
    let group = fixture
        .ask(r#"POST /Groups | {"displayName": "H", "members": [{"value": "2", "type": "Group"}, {"value": "1", "type": "User"}, {"value": "1x"}]}"#)
        .await;
    let references: Vec<_> = group.body["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["$ref"].as_str().unwrap().replace(&fixture.base, ""))
        .collect();
    assert_eq!(references, ["/Groups/2", "/Users/1", "/Users/1x"]);
}

#[tokio::test]
async fn a_token_says_who_asks() {
    let tokens = [("ada's", "1"), ("nobody's", "9")];
    let tokens = tokens.map(|(token, user)| (token.to_owned(), user.to_owned())).into();
    let store = Memory { tokens: Some(tokens), ..Memory::default() };
    let fixture = Fixture::serve_from(Service::standard("/scim/v2"), store).await;
    let created =
        fixture.ask(r#"POST /Users | authorization: Bearer ada's | {"userName": "ada"}"#).await;
    assert_eq!(created.body["id"], "1");
    check(&fixture, "GET /Users", "401").await;
    check(&fixture, "GET /Robots", "401").await;
    check(&fixture, "GET /Users | authorization: Bearer other", "401").await;
    check(&fixture, "GET /Users | authorization: bearer ada's", "200").await;
    check(&fixture, "GET /ServiceProviderConfig", "200").await;
    check(&fixture, "GET /Schemas", "401").await;
    let refused = fixture.ask("GET /Users").await;
    assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"SCIM\"");
    let unknown = fixture.ask("GET /Users | authorization: Bearer other").await;
    let challenge = "Bearer realm=\"SCIM\", error=\"invalid_token\"";
    assert_eq!(unknown.header("www-authenticate"), challenge);

    let me = fixture.ask("GET /Me?attributes=userName | authorization: Bearer ada's").await;
    assert_eq!((me.status, &me.body["userName"]), (200, &"ada".into()));
    assert_eq!(me.header("content-location"), format!("{}/Users/1", fixture.base));
    check(&fixture, r#"PATCH /me | authorization: Bearer ada's | {"Operations": [{"op": "add", "path": "title", "value": "Dr"}]}"#, "200").await;
    check(
        &fixture,
        r#"PUT /Me | authorization: Bearer ada's | if-match: "1" | {"userName": "ada"}"#,
        "412",
    )
    .await;
    check(&fixture, "GET /Me | authorization: Bearer nobody's", "404").await;
    check(&fixture, "DELETE /Me | authorization: Bearer ada's", "204").await;
    check(&fixture, "GET /Me | authorization: Bearer ada's", "404").await;
}

#[tokio::test]
async fn a_change_of_what_is_large_is_not_shown_unless_it_is_asked_for() {
    let fixture = fixture().await;
    fixture.ask(r#"POST /Groups | {"displayName": "H", "externalId": "large"}"#).await;
    let patch = |name: &str| {
        format!(
            r#"{{"Operations": [{{"op": "replace", "path": "displayName", "value": "{name}"}}]}}"#
        )
    };
    let quiet = fixture.ask(&format!("PATCH /Groups/3 | {}", patch("I"))).await;
    assert_eq!((quiet.status, quiet.header("etag")), (204, "W/\"2\""));
    let shown =
        fixture.ask(&format!("PATCH /Groups/3?attributes=displayName | {}", patch("J"))).await;
    assert_eq!((shown.status, &shown.body["displayName"]), (200, &"J".into()));
    check(&fixture, &format!("PATCH /Groups/3 | if-match: \"1\" | {}", patch("K")), "412").await;
    check(&fixture, &format!("PATCH /Groups/9 | {}", patch("K")), "404").await;
}
