//! Lost answers, failing services, deaths in the middle: the same end state, and nobody twice.

use engine::object::ObjectKind;
use engine::scope::ScopeSetting::All;
use jiff::SignedDuration;
use runner::job::JobState;
use serde_json::{Value, json};
use testkit::{Fault, Options, When};

use crate::world::{ACTOR, World};

async fn ten(template: &str, options: Options) -> World {
    let world = World::with(template, All, options).await;
    let names: Vec<String> = (0..10).map(|number| format!("user-{number}")).collect();
    let users: Vec<(&str, Value)> = names.iter().map(|name| (name.as_str(), json!({}))).collect();
    world.users(&users).await;
    world
}

/// Runs through `fault` on every third creation, lets the retries come, and compares the end state.
async fn check_creations(template: &str, fault: Fault) {
    let world = ten(template, Options::default()).await;
    for nth in [2, 5, 8] {
        world.target.fail(When::on("POST", "/Users").nth(nth).times(1), fault.clone());
    }
    world.run().await;
    for _ in 0..5 {
        world.wait(SignedDuration::from_hours(1));
        world.run().await;
    }
    assert_eq!(world.target.users().len(), 10, "{template} {fault:?}");
    assert!(world.twins().is_empty(), "{template} {fault:?}: {:?}", world.twins());
    world.assert_in_step().await;
}

#[tokio::test]
async fn a_lost_answer_to_a_creation_makes_no_twin() {
    check_creations("scim", Fault::DropAnswer).await;
    check_creations("genesys-cloud-for-azure", Fault::DropAnswer).await;
}

#[tokio::test]
async fn a_failure_after_the_write_makes_no_twin() {
    check_creations("scim", Fault::ServerErrorAfterWrite).await;
    check_creations("genesys-cloud-for-azure", Fault::ServerErrorAfterWrite).await;
}

#[tokio::test]
async fn a_cut_answer_makes_no_twin() {
    check_creations("scim", Fault::CutAnswer).await;
}

#[tokio::test]
async fn a_service_that_fails_before_the_write_gets_everybody_in_the_end() {
    check_creations("scim", Fault::ServerError).await;
}

#[tokio::test]
async fn a_service_that_ignores_filters_is_not_believed() {
    let world = ten("scim", Options::default()).await;
    let _ = world
        .target
        .add_user(json!({"userName": "stranger@example.com", "active": true, "title": "Mine"}));
    world.target.fail(When::method("GET").always(), Fault::IgnoreFilter);
    world.run().await;
    assert_eq!(world.target.users().len(), 11);
    assert_eq!(world.target.user("stranger@example.com").unwrap()["title"], "Mine");
}

#[tokio::test]
async fn a_wrong_token_is_the_jobs_problem_and_nobodys_failure() {
    let world = ten("scim", Options::default()).await;
    let token = world.target.token();
    world.target.replace_token("another");
    let reports = world.run().await;
    assert_eq!(reports[0].outcome, "failed");
    assert!(world.log().await.is_empty(), "{:?}", world.log().await);
    assert_eq!(world.job().await.state, JobState::Quarantine);
    world.target.replace_token(&token);
    world.run().await;
    assert_eq!(world.target.users().len(), 10);
    assert_eq!(world.job().await.state, JobState::Active);
}

#[tokio::test]
async fn a_wrong_tenant_url_is_the_jobs_problem_and_nobodys_failure() {
    for template in ["scim", "genesys-cloud-for-azure"] {
        let world = ten(template, Options::default()).await;
        let missing =
            Fault::Answer { status: 404, body: json!({"detail": "no such endpoint"}).to_string() };
        world.target.fail(When::any().always(), missing);
        let reports = world.run().await;
        assert_eq!(reports[0].outcome, "failed", "{template}");
        assert!(world.log().await.is_empty(), "{template}: {:?}", world.log().await);
        world.target.behave();
        world.run().await;
        assert_eq!(world.target.users().len(), 10, "{template}");
    }
}

#[tokio::test]
async fn a_run_that_was_stopped_goes_on_where_it_was() {
    let world = ten("scim", Options::default()).await;
    let (stopper, stop) = runner::stop::pair();
    stopper.stop();
    world.run_until(stop).await;
    assert_eq!(world.target.users().len(), 0);
    let world = world.reopened().await;
    let reports = world.run().await;
    assert_eq!((reports[0].kind.as_str(), world.target.users().len()), ("initial", 10));
    assert!(world.twins().is_empty());
}

#[tokio::test]
async fn a_run_that_was_cut_off_at_any_request_makes_no_twin() {
    for template in ["scim", "genesys-cloud-for-azure"] {
        for nth in 1..8 {
            let world = ten(template, Options::default()).await;
            // The run is dropped, as a death would, while a creation is on its way.
            world.target.fail(When::on("POST", "/Users").nth(nth).times(1), Fault::Hang);
            let cut =
                tokio::time::timeout(std::time::Duration::from_millis(300), world.run()).await;
            assert!(cut.is_err(), "the hanging request keeps the run");
            let world = world.reopened().await;
            world.run().await;
            for _ in 0..3 {
                world.wait(SignedDuration::from_hours(1));
                world.run().await;
            }
            assert_eq!(world.target.users().len(), 10, "{template} {nth}");
            assert!(world.twins().is_empty(), "{template} {nth}: {:?}", world.twins());
        }
    }
}

#[tokio::test]
async fn whoever_leaves_while_the_creation_is_unanswered_has_the_account_closed() {
    let world = World::new("scim", All).await;
    world.users(&[("ada", json!({}))]).await;
    world.target.fail(When::on("POST", "/Users").times(1), Fault::DropAnswer);
    // The account exists, yet no search shows it.
    world.target.fail(When::method("GET").always(), Fault::FindNothing);
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(true));
    world.target.behave();
    world.disable("ada").await;
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(false));
    world.assert_in_step().await;
}

#[tokio::test]
async fn whoever_leaves_after_a_return_that_failed_half_way_has_the_account_closed() {
    let world = World::new("scim", All).await;
    world.users(&[("ada", json!({"jobTitle": "Agent"}))]).await;
    world.run().await;
    world.disable("ada").await;
    world.run().await;
    world.enable("ada").await;
    world.set("ada", "jobTitle", "Lead").await;
    let refuse =
        Fault::Answer { status: 400, body: json!({"detail": "no such title"}).to_string() };
    world.target.fail(When::method("PATCH").nth(2).times(1), refuse);
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(true));
    world.disable("ada").await;
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(false));
}

#[tokio::test]
async fn two_new_people_with_one_matching_value_do_not_share_an_account() {
    for template in ["scim", "genesys-cloud-for-azure"] {
        let world = World::new(template, All).await;
        let job = world.job().await;
        let by_mail = [("userName".to_owned(), "[mail]".to_owned())];
        world.runner.set_mappings(&job, ObjectKind::User, &by_mail, ACTOR).await.unwrap();
        let mail = || json!({"mail": "shared@example.com"});
        world.users(&[("ada", mail()), ("bob", mail())]).await;
        world.run().await;
        assert_eq!(world.target.users().len(), 1, "{template}");
        let log = world.log().await;
        let failure = "create failure DuplicateSourceEntries bob@example.com".to_owned();
        assert!(log.contains(&failure), "{template}: {log:?}");
    }
}

#[tokio::test]
async fn a_target_that_contradicts_itself_does_not_keep_a_run_for_ever() {
    let world = World::new("scim", All).await;
    let _ = world
        .target
        .add_user(json!({"userName": "ada@example.com", "active": true, "title": "Old"}));
    let missing =
        Fault::Answer { status: 404, body: json!({"detail": "no such user"}).to_string() };
    world.target.fail(When::method("PATCH").always(), missing);
    world.users(&[("ada", json!({"jobTitle": "Agent"}))]).await;
    world.run().await;
    assert!(world.target.requests().len() < 10, "{}", world.target.transcript());
}

#[tokio::test]
async fn a_lost_key_is_told_and_not_replaced() {
    let world = World::new("scim", All).await;
    let (error, is_replaced) = world.reopened_without_key().await;
    assert!(error.contains("is missing, and the stored credentials cannot be read"), "{error}");
    assert!(!is_replaced);
}
