//! The life of accounts: who gets one, what changes reach it, when it closes.

use engine::scope::ScopeSetting::{All, Assigned};
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{ACTOR, APP, World};

#[tokio::test]
async fn everybody_in_scope_gets_one_account_with_the_mapped_values() {
    let world = World::new("scim", All).await;
    world
        .users(&[
            ("ada", json!({"jobTitle": "Agent", "givenName": "Ada", "surname": "Ş. ß 田中"})),
            ("bob", json!({})),
        ])
        .await;
    let reports = world.run().await;
    assert_eq!(reports[0].counts["create"]["success"], 2);
    let ada = world.target.user("ada@example.com").unwrap();
    assert_eq!(ada["title"], "Agent");
    assert_eq!(ada["name"]["formatted"], "Ada Ş. ß 田中");
    assert_eq!(ada["emails"], json!([{"type": "work", "value": "ada@example.com"}]));
    world.assert_in_step().await;
}

#[tokio::test]
async fn only_assigned_people_get_accounts_directly_or_through_a_group() {
    let world = World::new("scim", Assigned).await;
    world.users(&[("ada", json!({})), ("bob", json!({})), ("eve", json!({}))]).await;
    world.groups(&[("Agents", &["bob"])]).await;
    assign(&world, "ada").await;
    assign(&world, "group-Agents").await;
    world.run().await;
    assert_eq!(
        (world.is_open("ada"), world.is_open("bob"), world.is_open("eve")),
        (Some(true), Some(true), None)
    );
}

#[tokio::test]
async fn somebody_disabled_in_the_source_gets_no_account_and_a_reason() {
    let world = World::new("scim", All).await;
    world.users(&[("ada", json!({"accountEnabled": false}))]).await;
    world.run().await;
    assert_eq!(world.is_open("ada"), None);
    assert_eq!(world.log().await, ["other skipped NotEffectivelyEntitled ada@example.com"]);
}

#[tokio::test]
async fn a_change_is_sent_once_and_alone() {
    let world = World::new("scim", All).await;
    world.users(&[("ada", json!({"jobTitle": "Agent"})), ("bob", json!({}))]).await;
    world.run().await;
    world.target.forget_requests();
    world.set("ada", "jobTitle", "Lead").await;
    world.run().await;
    let requests = world.target.requests();
    assert_eq!(requests.len(), 1, "{}", world.target.transcript());
    assert_eq!(world.target.user("ada@example.com").unwrap()["title"], "Lead");
    world.assert_in_step().await;
}

#[tokio::test]
async fn whoever_leaves_is_disabled_and_whoever_comes_back_is_enabled() {
    let world = World::new("scim", Assigned).await;
    world.users(&[("ada", json!({}))]).await;
    assign(&world, "ada").await;
    world.run().await;
    unassign(&world, "ada").await;
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(false));
    world.assert_in_step().await;
    assign(&world, "ada").await;
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(true));
    assert_eq!(
        world.log().await,
        [
            "create success ada@example.com",
            "disable success ada@example.com",
            "update success ada@example.com"
        ]
    );
}

#[tokio::test]
async fn whoever_loses_one_of_two_assignments_keeps_the_account() {
    let world = World::new("scim", Assigned).await;
    world.users(&[("ada", json!({}))]).await;
    world.groups(&[("Agents", &["ada"])]).await;
    assign(&world, "ada").await;
    assign(&world, "group-Agents").await;
    world.run().await;
    unassign(&world, "group-Agents").await;
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(true));
}

#[tokio::test]
async fn a_deleted_person_is_disabled_a_restored_one_enabled_a_purged_one_deleted() {
    let world = World::new("scim", All).await;
    world.users(&[("ada", json!({}))]).await;
    world.run().await;
    let directory = &world.runner.directory;
    directory.delete("ada", ACTOR, (world.runner.clock)()).await.unwrap();
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(false));
    directory.restore("ada", ACTOR, (world.runner.clock)()).await.unwrap();
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(true));
    directory.delete("ada", ACTOR, (world.runner.clock)()).await.unwrap();
    directory.purge("ada", ACTOR, (world.runner.clock)()).await.unwrap();
    world.run().await;
    assert_eq!(world.is_open("ada"), None);
    world.assert_in_step().await;
}

#[tokio::test]
async fn an_account_that_exists_is_adopted_and_a_strangers_is_left_alone() {
    let world = World::new("scim", All).await;
    let _ = world
        .target
        .add_user(json!({"userName": "ADA@example.com", "active": true, "title": "Old"}));
    let _ = world
        .target
        .add_user(json!({"userName": "stranger@example.com", "active": true, "title": "Mine"}));
    world.users(&[("ada", json!({"jobTitle": "Agent"}))]).await;
    world.run().await;
    assert!(world.target.creates().is_empty());
    assert_eq!(world.target.users().len(), 2);
    assert_eq!(world.target.user("stranger@example.com").unwrap()["title"], "Mine");
    let adopted = world.target.users();
    let adopted = adopted.iter().find(|user| user["title"] == "Agent").unwrap();
    assert_eq!(adopted["active"], true);
}

#[tokio::test]
async fn two_people_with_one_matching_value_do_not_share_an_account() {
    let world = World::new("scim", All).await;
    let _ = world.target.add_user(json!({"userName": "shared@example.com", "active": true}));
    world.users(&[("ada", json!({"userPrincipalName": "shared@example.com"}))]).await;
    world.run().await;
    // Another person gets the freed name while the account still belongs to Ada.
    world.set("ada", "userPrincipalName", "ada.new@example.com").await;
    let job = world.job().await;
    world
        .runner
        .set_mappings(
            &job,
            engine::object::ObjectKind::User,
            &[("userName".into(), "[mail]".into())],
            ACTOR,
        )
        .await
        .unwrap();
    world.set("ada", "mail", "shared@example.com").await;
    world
        .users(&[
            (
                "ada",
                json!({"userPrincipalName": "ada.new@example.com", "mail": "shared@example.com"}),
            ),
            ("bob", json!({"mail": "shared@example.com"})),
        ])
        .await;
    world.run().await;
    let log = world.log().await;
    assert!(
        log.iter().any(|line| line.starts_with("create failure TargetAlreadyLinked bob")),
        "{log:?}"
    );
    assert_eq!(world.target.users().len(), 1);
}

#[tokio::test]
async fn managers_are_written_with_the_creation_and_wait_where_they_have_no_account() {
    let world = World::new("scim", Assigned).await;
    let under = |manager: &str| json!({"manager": {"id": manager}});
    world
        .users(&[
            ("a-report", under("z-boss")),
            ("z-boss", under("outsider")),
            ("outsider", json!({})),
        ])
        .await;
    assign(&world, "a-report").await;
    assign(&world, "z-boss").await;
    let reports = world.run().await;
    assert_eq!((reports[0].requests.post, reports[0].requests.patch), (2, 0));
    let manager = |name: &str| {
        let user = world.target.user(&format!("{name}@example.com")).unwrap();
        user.get("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")
            .map(|extension| extension["manager"]["value"].clone())
    };
    let id = |name: &str| world.target.user(&format!("{name}@example.com")).unwrap()["id"].clone();
    assert_eq!(manager("a-report"), Some(id("z-boss")));
    assert_eq!(manager("z-boss"), None);
    let waiting = "other skipped UnableToResolveReferenceAttributeValue z-boss@example.com";
    assert!(world.log().await.contains(&waiting.to_owned()));

    assign(&world, "outsider").await;
    world.run().await;
    assert_eq!(manager("z-boss"), Some(id("outsider")));
    world.assert_in_step().await;
}

#[tokio::test]
async fn an_account_that_vanished_is_created_again() {
    let world = World::new("scim", All).await;
    world.users(&[("ada", json!({}))]).await;
    world.run().await;
    let id = world.target.user("ada@example.com").unwrap()["id"].as_str().unwrap().to_owned();
    let _ = world.target.remove(&id);
    world.set("ada", "jobTitle", "Lead").await;
    world.run().await;
    assert_eq!(world.target.user("ada@example.com").unwrap()["title"], "Lead");
    assert!(world.log().await.contains(&"other warning InvalidAnchor ada@example.com".to_owned()));
}

#[tokio::test]
async fn a_restart_looks_at_everybody_and_writes_nothing() {
    let world = World::new("scim", All).await;
    world.users(&[("ada", json!({})), ("bob", json!({}))]).await;
    world.run().await;
    let world = world.reopened().await;
    world.runner.restart(&world.job().await, runner::control::Restart::Watermark).await.unwrap();
    world.target.forget_requests();
    let reports = world.run().await;
    assert_eq!(reports[0].kind, "initial");
    assert_eq!(world.target.transcript(), "");
}

#[tokio::test]
async fn a_full_restart_matches_everybody_anew_and_creates_nobody() {
    let world = World::new("scim", All).await;
    world.users(&[("ada", json!({})), ("bob", json!({}))]).await;
    world.run().await;
    world.runner.restart(&world.job().await, runner::control::Restart::Full).await.unwrap();
    world.run().await;
    assert!(world.twins().is_empty());
    assert_eq!(world.target.users().len(), 2);
}

#[tokio::test]
async fn a_failed_object_is_retried_when_its_time_has_come_and_blames_nobody_else() {
    let world = World::new("scim", All).await;
    let refuse = testkit::Fault::Answer { status: 400, body: json!({"detail": "no"}).to_string() };
    world.target.fail(testkit::When::on("POST", "/Users").times(1), refuse);
    world.users(&[("ada", json!({})), ("bob", json!({}))]).await;
    let reports = world.run().await;
    assert_eq!(reports[0].outcome, "entryLevelErrors");
    assert_eq!(world.target.users().len(), 1);
    assert!(world.run().await.is_empty(), "the retry is not due yet");
    world.wait(SignedDuration::from_mins(1));
    world.run().await;
    assert_eq!(world.target.users().len(), 2);
    assert!(world.twins().is_empty());
}

pub(crate) async fn assign(world: &World, principal: &str) {
    world
        .runner
        .directory
        .assign(APP, principal, None, ACTOR, (world.runner.clock)())
        .await
        .unwrap();
}

pub(crate) async fn unassign(world: &World, principal: &str) {
    world
        .runner
        .directory
        .unassign(APP, principal, None, ACTOR, (world.runner.clock)())
        .await
        .unwrap();
}
