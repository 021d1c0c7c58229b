//! Groups and their members.

use directory::SetOptions;
use engine::scope::ScopeSetting::{All, Assigned};
use jiff::SignedDuration;
use scim::Resource;
use serde_json::json;

use crate::life_cycle::assign;
use crate::world::{ACTOR, World};

fn members(group: &Resource) -> usize {
    group.get("members").and_then(|members| members.as_array()).map_or(0, Vec::len)
}

#[tokio::test]
async fn groups_are_created_with_their_members_whatever_their_name() {
    let world = World::new("scim", All).await;
    world.users(&[("ada", json!({})), ("bob", json!({}))]).await;
    let names = [
        "R&D \"Blue\" team",
        "O'Brien's desk",
        "Back\\slash ops",
        "Comma, Inc.",
        "(Parens) [brackets]",
        "Équipe",
    ];
    let groups: Vec<(&str, &[&str])> =
        names.iter().map(|name| (*name, &["ada", "bob"][..])).collect();
    world.groups(&groups).await;
    world.run().await;
    for name in names {
        let group = world.target.group(name).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(members(&group), 2, "{name}");
    }
    world.assert_in_step().await;
}

#[tokio::test]
async fn a_membership_that_comes_or_goes_is_one_small_request() {
    let world = World::new("scim", All).await;
    world.users(&[("ada", json!({})), ("bob", json!({})), ("eve", json!({}))]).await;
    world.groups(&[("Agents", &["ada", "bob"])]).await;
    world.run().await;
    world.target.forget_requests();
    world.groups(&[("Agents", &["bob", "eve"])]).await;
    world.run().await;
    let group = world.target.group("Agents").unwrap();
    let id = |name: &str| world.target.user(&format!("{name}@example.com")).unwrap()["id"].clone();
    let values: Vec<_> =
        group["members"].as_array().unwrap().iter().map(|member| member["value"].clone()).collect();
    assert_eq!(values.len(), 2);
    assert!(values.contains(&id("bob")) && values.contains(&id("eve")));
    assert_eq!(world.target.requests().len(), 1, "{}", world.target.transcript());
    world.assert_in_step().await;
}

#[tokio::test]
async fn members_that_somebody_else_added_stay() {
    let world = World::new("genesys-cloud-for-azure", Assigned).await;
    let stranger =
        world.target.add_user(json!({"userName": "stranger@example.com", "active": true}));
    let _ =
        world.target.add_group(json!({"displayName": "Agents", "members": [{"value": stranger}]}));
    world.users(&[("ada", json!({}))]).await;
    world.groups(&[("Agents", &["ada"])]).await;
    assign(&world, "group-Agents").await;
    world.run().await;
    assert_eq!(members(&world.target.group("Agents").unwrap()), 2);
    world.groups(&[("Agents", &[])]).await;
    world.run().await;
    assert_eq!(members(&world.target.group("Agents").unwrap()), 1);
}

#[tokio::test]
async fn a_group_that_may_not_be_created_is_taken_up_once_it_is_there() {
    let world = World::new("genesys-cloud-for-azure", Assigned).await;
    world.users(&[("ada", json!({}))]).await;
    world.groups(&[("Agents", &["ada"])]).await;
    assign(&world, "group-Agents").await;
    world.run().await;
    assert!(world.log().await.contains(&"other skipped CreateNotAllowed Agents".to_owned()));
    let _ = world.target.add_group(json!({"displayName": "Agents"}));
    world.wait(SignedDuration::from_mins(41));
    world.run().await;
    assert_eq!(members(&world.target.group("Agents").unwrap()), 1);
}

#[tokio::test]
async fn a_member_who_gets_an_account_later_joins_then() {
    let world = World::new("scim", Assigned).await;
    world.users(&[("ada", json!({})), ("bob", json!({"accountEnabled": false}))]).await;
    world.groups(&[("Agents", &["ada", "bob"])]).await;
    assign(&world, "group-Agents").await;
    world.run().await;
    assert_eq!(members(&world.target.group("Agents").unwrap()), 1);
    let changes = [("accountEnabled".to_owned(), Some(json!(true)))].into();
    world
        .runner
        .directory
        .set("bob", changes, SetOptions::default(), ACTOR, (world.runner.clock)())
        .await
        .unwrap();
    world.run().await;
    assert_eq!(members(&world.target.group("Agents").unwrap()), 2);
    world.assert_in_step().await;
}

#[tokio::test]
async fn a_big_group_travels_in_pages_of_the_profiles_size() {
    let world = World::new("scim", All).await;
    let names: Vec<String> = (0..250).map(|number| format!("user-{number:03}")).collect();
    let users: Vec<_> = names.iter().map(|name| (name.as_str(), json!({}))).collect();
    world.users(&users).await;
    let members_of_all: Vec<&str> = names.iter().map(String::as_str).collect();
    world.groups(&[("Everyone", &members_of_all)]).await;
    let reports = world.run().await;
    assert_eq!(members(&world.target.group("Everyone").unwrap()), 250);
    assert_eq!(reports[0].requests.patch, 3);
}

#[tokio::test]
async fn one_bad_member_never_fails_a_group() {
    let world = World::new("scim", All).await;
    world.users(&[("ada", json!({})), ("bob", json!({})), ("eve", json!({}))]).await;
    world.run().await;
    // Bob's account vanishes behind our back, so that adding him is refused.
    let bob = world.target.user("bob@example.com").unwrap()["id"].as_str().unwrap().to_owned();
    let _ = world.target.remove(&bob);
    world.groups(&[("Agents", &["ada", "bob", "eve"])]).await;
    world.run().await;
    assert!(members(&world.target.group("Agents").unwrap()) >= 2);
}
