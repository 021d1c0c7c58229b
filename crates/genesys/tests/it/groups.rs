//! Groups: an administrator makes them, SCIM fills them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, World, without_ids};

async fn group(world: &World, name: &str) -> String {
    let group = world.organisation.create_group(name).await.unwrap();
    format!("/Groups/{}", group.id)
}

async fn member_count(world: &World, path: &str) -> usize {
    world.get(path).await.body["members"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn members_are_added_and_seen_from_both_sides() {
    let world = World::new().await;
    let (path, ada) = (group(&world, "Sales \"EMEA\"").await, world.user("ada@b.c").await);
    let added = world
        .patch(
            &path,
            json!([{"op": "Add", "path": "members", "value": [{"value": ada}]},
        {"op": "replace", "path": "externalId", "value": "g-1"}]),
        )
        .await;
    assert_eq!(added.status, 200, "{}", added.body);
    insta::assert_snapshot!(without_ids(&added.body), @r###"
        {
          "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:Group"
          ],
          "id": "<id>",
          "displayName": "Sales \"EMEA\"",
          "externalId": "g-1",
          "members": [
            {
              "type": "User",
              "value": "<id>",
              "$ref": "/api/v2/scim/v2/users/<id>"
            }
          ],
          "meta": {
            "resourceType": "Group",
            "lastModified": "2026-11-23T08:00:00.000Z",
            "location": "/api/v2/scim/v2/groups/<id>",
            "version": "2"
          }
        }
        "###);
    assert_eq!(world.get(&path).await.body, added.body);
    let user = world.get(&format!("/users/{ada}")).await.body;
    insta::assert_snapshot!(without_ids(&user["groups"]), @r###"
        [
          {
            "type": "Group",
            "value": "<id>",
            "$ref": "/api/v2/scim/v2/groups/<id>"
          }
        ]
        "###);
    assert_eq!(world.get("/groups?filter=externalId eq g-1").await.body["totalResults"], 1);
}

#[tokio::test]
async fn a_group_is_found_by_its_name_in_any_case() {
    let world = World::new().await;
    group(&world, "Sales, \\ [EMEA]").await;
    group(&world, "Other").await;
    let found = world.request(Method::GET, "/Groups").query(&[
        ("filter", "displayName eq \"sales, \\\\ [emea]\""),
        ("excludedAttributes", "members"),
    ]);
    let found = Answer::of(found).await.body;
    assert_eq!(found["Resources"][0]["displayName"], "Sales, \\ [EMEA]");
    assert_eq!(world.get("/Groups").await.body["totalResults"], 2);
    insta::assert_snapshot!(world.get("/groups?filter=displayName sw \"S\"").await.refusal(), @r#"400 invalidFilter: the filter "displayName sw "S"" is not supported: use eq on id, displayName or externalId, joined by and"#);
}

#[tokio::test]
async fn members_are_removed_one_by_one_and_never_all_by_accident() {
    let world = World::new().await;
    let path = group(&world, "Sales").await;
    let (ada, bob, eve) =
        (world.user("a@b.c").await, world.user("b@b.c").await, world.user("e@b.c").await);
    let all = json!([{"value": ada}, {"value": bob}, {"value": eve}]);
    world.patch(&path, json!([{"op": "add", "path": "members", "value": all}])).await;
    world
        .patch(&path, json!([{"op": "Remove", "path": "members", "value": [{"value": ada}]}]))
        .await;
    assert_eq!(member_count(&world, &path).await, 2);
    world
        .patch(&path, json!([{"op": "remove", "path": format!("members[value eq \"{bob}\"]")}]))
        .await;
    assert_eq!(member_count(&world, &path).await, 1);
    let before = world.get(&path).await.body;
    let again = world
        .patch(&path, json!([{"op": "Remove", "path": "members", "value": [{"value": ada}]}]))
        .await;
    assert_eq!(again.body, before, "nothing to do, nothing written");
    world.send(Method::DELETE, &format!("/users/{eve}"), &Value::Null).await;
    assert_eq!(member_count(&world, &path).await, 0);
}

#[tokio::test]
async fn a_replacement_leaves_exactly_the_named_members() {
    let world = World::new().await;
    let path = group(&world, "Sales").await;
    let (ada, bob) = (world.user("a@b.c").await, world.user("b@b.c").await);
    world.patch(&path, json!([{"op": "add", "path": "members", "value": [{"value": ada}]}])).await;
    let put = world
        .send(Method::PUT, &path, &json!({"displayName": "Sales 2", "members": [{"value": bob}]}))
        .await;
    assert_eq!(put.body["displayName"], "Sales 2");
    assert_eq!(put.body["members"][0]["value"], bob);
    let same = world.send(Method::PUT, &path, &put.body).await;
    assert_eq!(same.body, put.body);
    let stale = world.request(Method::PUT, &path).header("If-Match", "\"1\"").json(&put.body);
    assert_eq!(Answer::of(stale).await.refusal().split(':').next(), Some("400 invalidVers"));
}

#[tokio::test]
async fn a_stranger_fails_the_whole_request_and_is_named() {
    let world = World::new().await;
    let path = group(&world, "Sales").await;
    let ada = world.user("a@b.c").await;
    let refused = world.patch(&path, json!([{"op": "add", "path": "members", "value": [{"value": ada}, {"value": "nobody"}]}])).await;
    insta::assert_snapshot!(refused.refusal(), @r#"400 invalidValue: members names "nobody", but no user or other group has this id: create it first, or leave it out"#);
    assert_eq!(member_count(&world, &path).await, 0);
}

#[tokio::test]
async fn groups_nest_but_not_in_themselves() {
    let world = World::new().await;
    let (outer, inner) = (group(&world, "Outer").await, group(&world, "Inner").await);
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let nested = world
        .patch(&outer, json!([{"op": "add", "path": "members", "value": [{"value": id(&inner)}]}]))
        .await;
    insta::assert_snapshot!(without_ids(&nested.body["members"]), @r###"
        [
          {
            "type": "Group",
            "value": "<id>",
            "$ref": "/api/v2/scim/v2/groups/<id>"
          }
        ]
        "###);
    let looped = world
        .patch(&outer, json!([{"op": "add", "path": "members", "value": [{"value": id(&outer)}]}]))
        .await;
    assert_eq!(looped.status, 400);
}

#[tokio::test]
async fn scim_neither_creates_nor_deletes_groups() {
    let world = World::new().await;
    let path = group(&world, "Sales").await;
    let created = world.send(Method::POST, "/Groups", &json!({"displayName": "New"})).await;
    assert_eq!((created.status.as_u16(), created.header("allow")), (405, "GET, HEAD"));
    assert_eq!(created.body["code"], "method.not.allowed");
    let deleted = world.send(Method::DELETE, &path, &Value::Null).await;
    assert_eq!((deleted.status.as_u16(), deleted.header("allow")), (405, "GET, HEAD, PUT, PATCH"));
}

#[tokio::test]
async fn a_large_group_is_read_whole_and_grows_by_one() {
    const MEMBERS: usize = 12_000;
    let world = World::new().await;
    let path = group(&world, "All").await;
    let id = path.rsplit('/').next().unwrap();
    let mut people = Vec::new();
    for number in 0..3 {
        people.push(json!({"value": world.user(&format!("u{number}@b.c")).await}));
    }
    let groups = many_groups(&world, MEMBERS).await;
    people.extend(groups.into_iter().map(|id| json!({"value": id})));
    let added =
        world.patch(&path, json!([{"op": "add", "path": "members", "value": people}])).await;
    assert_eq!(added.body["members"], Value::Null, "so many are not read for an answer");
    assert_eq!(member_count(&world, &path).await, MEMBERS + 3);
    assert_eq!(world.organisation.member_count(id).await.unwrap(), MEMBERS + 3);
}

/// Ids of that many groups, which are quicker to make than users.
async fn many_groups(world: &World, count: usize) -> Vec<String> {
    let mut making = tokio::task::JoinSet::new();
    for number in 0..count {
        let organisation = world.organisation.clone();
        making.spawn(
            async move { organisation.create_group(&format!("g{number}")).await.unwrap().id },
        );
    }
    making.join_all().await
}
