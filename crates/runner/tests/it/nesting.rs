//! Groups within groups: who is reached through them, and whose members they make.

use engine::scope::ScopeSetting::Assigned;
use runner::settings::Nesting;
use serde_json::json;

use crate::life_cycle::assign;
use crate::world::{ACTOR, World};

/// "Centre" holds ada and "Field"; "Field" holds bob and "Night"; "Night" holds eve and "Centre" again.
async fn nested(flatten: bool) -> World {
    let world = World::new("scim", Assigned).await;
    world.users(&[("ada", json!({})), ("bob", json!({})), ("eve", json!({}))]).await;
    world
        .groups(&[
            ("Centre", &["ada", "group-Field"]),
            ("Field", &["bob", "group-Night"]),
            ("Night", &["eve", "group-Centre"]),
        ])
        .await;
    assign(&world, "group-Centre").await;
    let nesting = Nesting { nested_groups: Some(true), flatten_members: Some(flatten) };
    world.runner.set_nesting(&world.job().await, nesting).await.unwrap();
    world
}

fn members(world: &World, group: &str) -> Vec<String> {
    let group = world.target.group(group).unwrap();
    let id = |name: &str| {
        world.target.user(&format!("{name}@example.com")).map(|user| user["id"].clone())
    };
    let members = group.get("members").and_then(|members| members.as_array()).cloned();
    let is_member = |name: &&str| {
        members.iter().flatten().any(|member| Some(&member["value"]) == id(name).as_ref())
    };
    ["ada", "bob", "eve"]
        .iter()
        .filter(|name| is_member(name))
        .map(|name| (*name).to_owned())
        .collect()
}

async fn change(world: &World, group: &str, member: &str, is_added: bool) {
    let (directory, now) = (&world.runner.directory, (world.runner.clock)());
    let changed = if is_added {
        directory.add_member(group, member, ACTOR, now).await
    } else {
        directory.remove_member(group, member, ACTOR, now).await
    };
    assert!(changed.unwrap());
}

#[tokio::test]
async fn people_in_groups_within_an_assigned_group_are_in_scope_by_a_named_way() {
    let world = nested(false).await;
    world.run().await;
    for name in ["ada", "bob", "eve"] {
        assert_eq!(world.is_open(name), Some(true), "{name}");
    }
    assert!(world.target.group("Field").is_none(), "only people are reached through groups");
    assert_eq!(members(&world, "Centre"), ["ada"]);
    let entries = world.entries().await;
    let eve = entries
        .iter()
        .find(|entry| entry.source_identity.display_name.as_deref() == Some("eve@example.com"))
        .unwrap();
    let scoping = eve
        .provisioning_steps
        .iter()
        .find(|step| step.name == "EntrySynchronizationScoping")
        .unwrap();
    insta::assert_snapshot!(scoping.description, @r#"in scope, assigned through group "Centre", through group "Field", through group "Night""#);
    world.assert_in_step().await;
}

#[tokio::test]
async fn whoever_leaves_a_group_deep_within_loses_the_account_and_comes_back_with_it() {
    let world = nested(false).await;
    world.run().await;
    change(&world, "group-Field", "group-Night", false).await;
    world.run().await;
    assert_eq!((world.is_open("eve"), world.is_open("bob")), (Some(false), Some(true)));
    change(&world, "group-Field", "group-Night", true).await;
    world.run().await;
    assert_eq!(world.is_open("eve"), Some(true));
    world.assert_in_step().await;
}

#[tokio::test]
async fn a_flattened_group_has_the_people_of_all_groups_within_it() {
    let world = nested(true).await;
    world.run().await;
    assert_eq!(members(&world, "Centre"), ["ada", "bob", "eve"]);
    change(&world, "group-Night", "eve", false).await;
    world.run().await;
    assert_eq!(members(&world, "Centre"), ["ada", "bob"]);
    change(&world, "group-Night", "eve", true).await;
    world.run().await;
    assert_eq!(members(&world, "Centre"), ["ada", "bob", "eve"]);
    world.assert_in_step().await;
}

#[tokio::test]
async fn a_deleted_group_takes_its_people_out_of_the_groups_above() {
    let world = nested(true).await;
    world.run().await;
    let (directory, now) = (&world.runner.directory, (world.runner.clock)());
    directory.delete("group-Field", ACTOR, now).await.unwrap();
    world.run().await;
    assert_eq!(members(&world, "Centre"), ["ada"]);
    assert_eq!((world.is_open("bob"), world.is_open("eve")), (Some(false), Some(false)));
    directory.restore("group-Field", ACTOR, now).await.unwrap();
    world.run().await;
    assert_eq!(members(&world, "Centre"), ["ada", "bob", "eve"]);
    world.assert_in_step().await;
}

#[tokio::test]
async fn switching_flattening_off_again_leaves_immediate_members() {
    let world = nested(true).await;
    world.run().await;
    let nesting = Nesting { nested_groups: None, flatten_members: Some(false) };
    world.runner.set_nesting(&world.job().await, nesting).await.unwrap();
    world.run().await;
    assert_eq!(members(&world, "Centre"), ["ada"]);
    world.assert_in_step().await;
}
