//! Throttling, concurrency and sizes.

use std::time::Duration;

use futures_util::future::join_all;
use target::{ANSWER_BYTES_MAX, Profile, THROTTLED_ATTEMPTS_MAX, TargetError};
use testkit::{FakeTarget, Fault, When};

use crate::{ada, profile, rename, resource, target, target_with};

fn throttle(retry_after: &str) -> Fault {
    Fault::Throttle { retry_after: Some(retry_after.to_owned()) }
}

#[tokio::test]
async fn a_throttled_write_is_sent_again() {
    let fake = FakeTarget::start().await;
    fake.fail(When::method("POST").times(3), throttle("0"));
    fake.fail(
        When::method("POST").nth(4),
        Fault::Unavailable { retry_after: Some("Thu, 01 Jan 1970 00:00:00 GMT".to_owned()) },
    );
    let target = target(&fake);
    assert_eq!(target.create("Users", &ada()).await.unwrap().status, 201);
    assert_eq!(target.requests().post, 5);
    assert_eq!(fake.creates()["ada@example.com"], 1);
}

#[tokio::test]
async fn a_rest_of_an_hour_is_reported_and_meanwhile_nothing_is_sent() {
    let fake = FakeTarget::start().await;
    fake.fail(When::any(), throttle("3600"));
    let target = target(&fake);
    let error = target.create("Users", &ada()).await.unwrap_err();
    insta::assert_snapshot!(error, @"the service asks us to slow down for 3600 s: lower the requests a minute in the profile if this goes on");
    let error = target.read("Users", "1").await.unwrap_err();
    assert!(
        matches!(error, TargetError::Throttled { retry_after: Some(wait) } if wait > Duration::from_secs(3500))
    );
    assert_eq!(target.requests().total(), 1);
}

#[tokio::test]
async fn a_service_that_throttles_for_ever_is_reported() {
    let fake = FakeTarget::start().await;
    fake.fail(When::any().always(), throttle("0"));
    let target = target(&fake);
    assert!(matches!(target.read("Users", "1").await, Err(TargetError::Throttled { .. })));
    assert_eq!(target.requests().get, u64::from(THROTTLED_ATTEMPTS_MAX));
}

#[tokio::test]
async fn a_write_is_not_repeated_when_a_failing_service_sets_no_time() {
    let fake = FakeTarget::start().await;
    fake.fail(When::any(), Fault::Unavailable { retry_after: None });
    let target = target(&fake);
    let error = target.create("Users", &ada()).await.unwrap_err();
    assert!(matches!(error, TargetError::Server { status: 503, .. }), "{error}");
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_the_profile_allows() {
    let fake = FakeTarget::start().await;
    fake.fail(When::any().always(), Fault::Slow(Duration::from_millis(5)));
    let target = target_with(&fake, Profile { concurrency: 3, ..profile() });
    let names: Vec<_> = (0..12).map(|index| format!("user{index}")).collect();
    let creates = names.iter().map(|name| {
        let target = target.clone();
        async move {
            let user = resource(serde_json::json!({"userName": name}));
            target.create("Users", &user).await
        }
    });
    assert!(join_all(creates).await.iter().all(Result::is_ok));
    assert_eq!(fake.users().len(), 12);
    assert_eq!(fake.most_at_once(), 3);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_the_end() {
    let fake = FakeTarget::start().await;
    let body = format!("{{\"id\": \"1\", \"a\": \"{}\"}}", "x".repeat(ANSWER_BYTES_MAX));
    fake.fail(When::any().times(3), Fault::Answer { status: 200, body });
    let target = target(&fake);
    let read = target.read("Users", "1").await.unwrap_err();
    insta::assert_snapshot!(read, @"the answer is larger than 16777216 bytes");
    let created = target.create("Users", &ada()).await.unwrap_err();
    assert!(created.may_have_been_applied());
    assert_eq!(target.patch("Users", "1", &rename("Ada")).await.unwrap().resource, None);
}
