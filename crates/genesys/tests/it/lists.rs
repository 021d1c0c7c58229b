//! Lists of users: what is shown, and how it is narrowed.

use serde_json::{Value, json};

use crate::{ENTERPRISE, GENESYS, World};

/// The userNames of a list, in order.
async fn names(world: &World, query: &str) -> String {
    let answer = world.get(&format!("/Users?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    let resources = answer.body["Resources"].as_array().unwrap();
    let names: Vec<_> = resources.iter().map(|user| user["userName"].as_str().unwrap()).collect();
    names.join(" ")
}

async fn people(world: &World) -> String {
    let boss = world.user("boss@b.c").await;
    world
        .post(&json!({"userName": "ada@b.c", "displayName": "Ada", "externalId": "7",
            "emails": [{"type": "work", "value": "Ada@Work.c"}],
            ENTERPRISE: {"division": "EMEA", "employeeNumber": "987", "manager": {"value": boss}},
            GENESYS: {"externalIds": [{"authority": "X", "value": "Y"}]}}))
        .await;
    world.post(&json!({"userName": "gone@b.c", "displayName": "Gone", "active": false})).await;
    boss
}

#[tokio::test]
async fn each_documented_filter_finds_its_user() {
    let world = World::new().await;
    let boss = people(&world).await;
    for query in [
        "filter=userName+eq+%22ADA@b.c%22",
        "filter=userName eq ada@b.c",
        "filter=email eq ada@work.c",
        "filter=email eq \"ada@b.c\"",
        "filter=division eq EMEA",
        "filter=externalId eq 7",
        "filter=employeeNumber eq 987",
        &format!("filter=manager eq {boss}"),
        &format!("filter={ENTERPRISE}:manager eq \"{boss}\""),
        &format!("filter={GENESYS}:externalIds[authority eq \"X\" and value eq \"Y\"]"),
    ] {
        assert_eq!(names(&world, query).await, "ada@b.c", "{query}");
    }
    assert_eq!(names(&world, &format!("filter=id eq {boss}")).await, "boss@b.c");
    assert_eq!(names(&world, "filter=division eq Mars").await, "");
}

#[tokio::test]
async fn inactive_users_are_hidden_unless_asked_for() {
    let world = World::new().await;
    people(&world).await;
    assert_eq!(names(&world, "").await, "boss@b.c ada@b.c");
    assert_eq!(names(&world, "filter=active eq false").await, "gone@b.c");
    assert_eq!(names(&world, "filter=active eq \"true\"").await, "boss@b.c ada@b.c");
    assert_eq!(names(&world, "filter=userName eq gone@b.c").await, "gone@b.c");
    assert_eq!(names(&world, "filter=division eq home").await, "boss@b.c gone@b.c");
}

#[tokio::test]
async fn pages_follow_one_another_in_the_order_of_creation() {
    let world = World::new().await;
    for number in 0..30 {
        world.user(&format!("u{number}@b.c")).await;
    }
    let first = world.get("/users").await.body;
    assert_eq!((&first["totalResults"], &first["itemsPerPage"]), (&json!(30), &json!(25)));
    assert_eq!(names(&world, "startIndex=29&count=5").await, "u28@b.c u29@b.c");
    let none = world.get("/users?count=0").await.body;
    assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(30), &json!([])));
}

#[tokio::test]
async fn an_unsupported_filter_is_refused_with_what_is_supported() {
    let world = World::new().await;
    insta::assert_snapshot!(world.get("/users?filter=title eq \"x\"").await.refusal(), @r#"400 invalidFilter: the filter "title eq "x"" is not supported: use eq on id, userName, email, manager, division, externalId, employeeNumber, active or externalIds[authority eq … and value eq …], joined by and"#);
    insta::assert_snapshot!(world.get("/users?filter=userName eq").await.refusal(), @"400 invalidFilter: the filter cannot be used: expected a value at character 12, found the end");
}

#[tokio::test]
async fn only_what_is_asked_for_is_shown_and_always_the_version() {
    let world = World::new().await;
    people(&world).await;
    let shown = world.get("/users?attributes=displayName&filter=userName eq ada@b.c").await.body;
    let names: Vec<_> = shown["Resources"][0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["schemas", "id", "active", "userName", "displayName", "meta"]);
    let hidden = format!(
        "/users?excludedAttributes=roles,meta,{ENTERPRISE}:division&filter=userName eq ada@b.c"
    );
    let user = &world.get(&hidden).await.body["Resources"][0];
    assert_eq!((&user["roles"], &user[ENTERPRISE]["division"]), (&Value::Null, &Value::Null));
    assert_eq!(user["meta"]["version"], "1");
    assert_eq!(user[ENTERPRISE]["employeeNumber"], "987");
}
