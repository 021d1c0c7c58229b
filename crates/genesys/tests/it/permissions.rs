//! What a client may do: by its roles, and in the divisions they were given for.

use genesys::TermKind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, ENTERPRISE, GENESYS, World};

/// Signs in with a role that has just this permission.
async fn with_permission(world: &mut World, permission: &str) {
    let name = format!("only {permission}");
    world.organisation.create_role(&name, None, &[permission.to_owned()]).await.unwrap();
    world.sign_in_with(&[&name], None).await;
}

/// The statuses of: POST, GET, PATCH, DELETE of a user, GET and PATCH of a group, GET of schemas.
async fn statuses(world: &World, id: &str, group: &str) -> String {
    let mut statuses = Vec::new();
    for (method, path, body) in [
        (Method::POST, "/users".to_owned(), json!({"userName": "new@b.c", "displayName": "N"})),
        (Method::GET, format!("/users/{id}"), Value::Null),
        (
            Method::PATCH,
            format!("/users/{id}"),
            json!({"Operations": [{"op": "add", "path": "title", "value": "x"}]}),
        ),
        (Method::DELETE, format!("/users/{id}"), Value::Null),
        (Method::GET, format!("/groups/{group}"), Value::Null),
        (Method::PATCH, format!("/groups/{group}"), json!({"Operations": []})),
        (Method::GET, "/schemas".to_owned(), Value::Null),
    ] {
        let answer = world.send(method, &path, &body).await;
        statuses.push(answer.status.as_u16().to_string());
    }
    statuses.join(" ")
}

#[tokio::test]
async fn each_operation_needs_one_of_its_permissions() {
    for (permission, expected) in [
        ("directory:user:add", "201 200 403 403 403 403 200"),
        ("directory:user:edit", "403 200 200 403 403 403 200"),
        ("directory:user:setPassword", "403 200 200 403 403 403 200"),
        ("directory:user:delete", "403 200 403 204 403 403 200"),
        ("directory:group:edit", "403 200 403 403 200 400 200"),
        ("authorization:grant:add", "201 200 200 403 403 403 200"),
        ("routing:skill:assign", "201 200 200 403 403 403 200"),
        ("telephony:extension:assign", "201 200 200 403 403 403 200"),
        ("directory:user:*", "201 200 200 204 403 403 200"),
        ("directory:*:*", "201 200 200 204 200 400 200"),
        ("*:*:*", "201 200 200 204 200 400 200"),
        ("routing:queue:view", "403 200 403 403 403 403 200"),
    ] {
        let mut world = World::new().await;
        let id = world.user("a@b.c").await;
        let group = world.organisation.create_group("Sales").await.unwrap().id;
        with_permission(&mut world, permission).await;
        assert_eq!(statuses(&world, &id, &group).await, expected, "{permission}");
    }
}

#[tokio::test]
async fn a_missing_permission_is_named_in_the_platforms_body() {
    let mut world = World::new().await;
    world.sign_in_with(&[], None).await;
    let mut refused = world.send(Method::DELETE, "/users/1", &Value::Null).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("content-type")),
        (403, "application/json")
    );
    refused.body["contextId"] = json!("<id>");
    insta::assert_snapshot!(refused.body, @r#"{"message":"the client has none of these permissions: directory:user:delete; give it a role with one of them","code":"missing.any.permissions","status":403,"messageWithParams":"the client has none of these permissions: {permissions}; give it a role with one of them","messageParams":{"permissions":"directory:user:delete"},"contextId":"<id>","details":[],"errors":[]}"#);
}

#[tokio::test]
async fn routing_skills_need_the_permission_to_assign_them() {
    let skilled = json!({"userName": "a@b.c", "displayName": "A", GENESYS: {
        "routingSkills": [{"name": "billing", "proficiency": 1}]}});
    for (permissions, expected) in [
        (&["directory:user:add"][..], 403),
        (&["directory:user:add", "routing:language:assign"], 403),
        (&["directory:user:add", "routing:skill:assign"], 201),
    ] {
        let mut world = World::new().await;
        world.organisation.create_term(TermKind::Skill, "billing").await.unwrap();
        let permissions: Vec<String> = permissions.iter().map(ToString::to_string).collect();
        world.organisation.create_role("some", None, &permissions).await.unwrap();
        world.sign_in_with(&["some"], None).await;
        let answer = world.post(&skilled).await;
        assert_eq!(answer.status, expected, "{permissions:?}: {}", answer.body);
        if expected == 403 {
            assert_eq!(answer.body["code"], "missing.permissions");
        }
    }
}

#[tokio::test]
async fn permissions_can_be_switched_off() {
    let mut world = World::with(&["permissions=off"]).await;
    world.sign_in_with(&[], None).await;
    world.user("a@b.c").await;
}

#[tokio::test]
async fn a_role_for_one_division_reaches_only_its_users() {
    for (setting, expected) in [
        ("division-scope=on", "201 403 403 200 403 403"),
        ("division-scope=off", "201 201 200 200 200 204"),
    ] {
        let mut world = World::with(&[setting]).await;
        let home = format!("/users/{}", world.user("home@b.c").await);
        world.sign_in_with(&["SCIM Integration"], Some("EMEA")).await;
        let in_division = |name: &str, division: &str| json!({"userName": name, "displayName": "A", ENTERPRISE: {"division": division}});
        let own = world.post(&in_division("emea@b.c", "EMEA")).await;
        let other = world.post(&in_division("other@b.c", "Home")).await;
        let own_path = format!("/users/{}", own.body["id"].as_str().unwrap());
        let title = json!([{"op": "add", "path": "title", "value": "x"}]);
        let mut seen = vec![own.status, other.status];
        seen.push(world.patch(&home, title.clone()).await.status);
        seen.push(world.patch(&own_path, title).await.status);
        let moved =
            json!([{"op": "replace", "path": format!("{ENTERPRISE}:division"), "value": "Home"}]);
        seen.push(world.patch(&own_path, moved).await.status);
        assert_eq!(world.get(&home).await.status, 200, "reading needs no permission");
        seen.push(world.send(Method::DELETE, &home, &Value::Null).await.status);
        let seen: Vec<_> = seen.iter().map(|status| status.as_u16().to_string()).collect();
        assert_eq!(seen.join(" "), expected, "{setting}");
    }
}

#[tokio::test]
async fn a_role_given_or_taken_counts_at_once() {
    let mut world = World::new().await;
    let id = world.sign_in_with(&[], None).await;
    let pair = world.organisation.pair("SCIM Integration", None).await.unwrap();
    let post = async || world.post(&json!({"userName": "a@b.c", "displayName": "A"})).await.status;
    assert_eq!(post().await, 403);
    world.organisation.grant(&id, std::slice::from_ref(&pair)).await.unwrap();
    assert_eq!(post().await, 201);
    world.organisation.withdraw(&id, &[pair]).await.unwrap();
    assert_eq!(post().await, 403);
}

#[tokio::test]
async fn both_families_ask_for_the_same() {
    let mut world = World::new().await;
    world.sign_in_with(&[], None).await;
    for base in ["/api/v2/scim", "/api/v2/scim/v2", "/api/V2/SCIM/V2"] {
        let refused = Answer::of(world.request(Method::GET, &format!("{base}/Groups"))).await;
        assert_eq!(refused.status, 403, "{base}");
    }
}
