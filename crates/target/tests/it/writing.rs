//! Search, create, read, update, delete, and what becomes of them when answers are lost.

use serde_json::json;
use target::{MATCHES_MAX, NetworkProblem, Profile, RequestCounts, TargetError};
use testkit::{FakeTarget, Fault, Options, When};

use crate::{ada, path, profile, rename, resource, target, target_with};

#[tokio::test]
async fn a_resource_is_created_found_changed_read_and_deleted() {
    let fake = FakeTarget::start().await;
    let target = target(&fake);
    let created = target.create("Users", &ada()).await.unwrap();
    let id = created.id().unwrap();
    assert_eq!(created.status, 201);
    let found = target.find("Users", &path("userName"), "ADA@example.com", &[]).await.unwrap();
    assert_eq!(found.len(), 1);
    let changed = target.patch("Users", &id, &rename("Ada L.")).await.unwrap();
    assert_eq!(changed.resource.unwrap()["displayName"], "Ada L.");
    let read = target.read("Users", &id).await.unwrap();
    assert_eq!(read.resource.unwrap()["displayName"], "Ada L.");
    assert_eq!(target.replace("Users", &id, &ada()).await.unwrap().status, 200);
    assert_eq!(target.delete("Users", &id).await.unwrap().status, 204);
    let gone = target.read("Users", &id).await.unwrap_err();
    assert!(matches!(gone, TargetError::NotFound { .. }), "{gone}");
    insta::assert_snapshot!(fake.transcript(), @r###"
    POST /Users → 201
    GET /Users?filter=userName eq "ADA@example.com" → 200
    PATCH /Users/user-1 → 200
    GET /Users/user-1 → 200
    PUT /Users/user-1 → 200
    DELETE /Users/user-1 → 204
    GET /Users/user-1 → 404
    "###);
    let counts = RequestCounts { get: 3, post: 1, put: 1, patch: 1, delete: 1 };
    assert_eq!(target.requests(), counts);
    assert_eq!(target.token_requests(), 0);
}

#[tokio::test]
async fn requests_carry_what_services_insist_on() {
    let fake = FakeTarget::start().await;
    target(&fake).create("Users", &ada()).await.unwrap();
    let request = &fake.requests()[0];
    let header = |name: &str| request.headers.get(name).map(String::as_str).unwrap_or_default();
    assert_eq!(header("authorization"), "Bearer a-secret-token");
    assert_eq!(header("accept"), "application/scim+json");
    assert_eq!(header("content-type"), "application/scim+json");
    assert!(header("user-agent").starts_with("instep/"));
    assert_eq!(
        request.body.as_ref().unwrap(),
        &json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "ada@example.com",
            "displayName": "Ada",
        })
    );
}

#[tokio::test]
async fn schemas_name_the_extensions_that_a_resource_uses() {
    let fake = FakeTarget::start().await;
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let user = resource(json!({"userName": "ada", enterprise: {"department": "Sales"}}));
    target(&fake).create("Users", &user).await.unwrap();
    target(&fake).create("Groups", &resource(json!({"displayName": "Sales"}))).await.unwrap();
    let schemas: Vec<_> = fake
        .requests()
        .into_iter()
        .map(|request| request.body.unwrap()["schemas"].clone())
        .collect();
    assert_eq!(
        json!(schemas),
        json!([
            ["urn:ietf:params:scim:schemas:core:2.0:User", enterprise],
            ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        ])
    );
}

#[tokio::test]
async fn every_value_arrives_as_it_was() {
    let fake = FakeTarget::start().await;
    let target = target(&fake);
    for name in [r#"Sales "EMEA", [all] \ (a+b) & c=d %20 #1?"#, "Şükrü Weiß", "山田 太郎", "a\tb"]
    {
        let id = fake.add_group(json!({"displayName": name}));
        let found = target.find("Groups", &path("displayName"), name, &["members"]).await.unwrap();
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!(found[0]["id"], id.as_str(), "{name}");
    }
}

#[tokio::test]
async fn a_search_reads_on_when_there_is_more() {
    let fake = FakeTarget::start_with(Options { page_size_max: 3, ..Options::default() }).await;
    for index in 0..7 {
        let _ = fake.add_user(json!({"userName": format!("user{index}"), "title": "twin"}));
    }
    let found = target(&fake).find("Users", &path("title"), "twin", &["roles"]).await.unwrap();
    assert_eq!(found.len(), 7);
    insta::assert_snapshot!(fake.transcript(), @r###"
    GET /Users?excludedAttributes=roles&filter=title eq "twin" → 200
    GET /Users?count=100&excludedAttributes=roles&filter=title eq "twin"&startIndex=4 → 200
    GET /Users?count=100&excludedAttributes=roles&filter=title eq "twin"&startIndex=7 → 200
    "###);
}

#[tokio::test]
async fn a_service_that_repeats_its_first_page_for_ever_does_not_hold_us() {
    let fake = FakeTarget::start().await;
    let body = r#"{"totalResults": 9, "Resources": [{"id": "1"}, {"id": "2"}]}"#.to_owned();
    fake.fail(When::any().always(), Fault::Answer { status: 200, body });
    let found = target(&fake).find("Users", &path("title"), "twin", &[]).await.unwrap();
    assert_eq!((found.len(), fake.requests().len()), (2, 2));
}

#[tokio::test]
async fn a_search_for_one_that_finds_the_whole_service_is_an_error() {
    let fake = FakeTarget::start().await;
    for index in 0..=MATCHES_MAX {
        let _ = fake.add_user(json!({"userName": format!("user{index}")}));
    }
    fake.fail(When::any().always(), Fault::IgnoreFilter);
    let error = target(&fake).find("Users", &path("userName"), "ada", &[]).await.unwrap_err();
    insta::assert_snapshot!(error, @"a search for one resource found 101, the most that is read is 100: the service seems to ignore filters");
}

#[tokio::test]
async fn a_second_account_with_the_name_is_a_conflict() {
    let fake = FakeTarget::start().await;
    let target = target(&fake);
    target.create("Users", &ada()).await.unwrap();
    let error = target.create("Users", &ada()).await.unwrap_err();
    assert!(!error.may_have_been_applied());
    insta::assert_snapshot!(error, @r#"the service already has a resource with such a value (409: userName "ada@example.com" is taken)"#);
}

/// What a create is reported as when `fault` happens, and whether the account exists then.
async fn create_under(fault: Fault) -> (TargetError, bool) {
    let fake = FakeTarget::start().await;
    fake.fail(When::on("POST", "/Users").always(), fault);
    let target = target_with(&fake, Profile { request_timeout_ms: 300, ..profile() });
    let error = target.create("Users", &ada()).await.unwrap_err();
    assert_eq!(target.requests().post, 1, "a write is not repeated");
    (error, fake.user("ada@example.com").is_some())
}

#[tokio::test]
async fn a_create_without_an_answer_may_have_been_applied() {
    for (fault, why) in [
        (Fault::DropAnswer, NetworkProblem::ConnectionLost),
        (Fault::CutAnswer, NetworkProblem::AnswerCut),
        (Fault::Hang, NetworkProblem::AnswerTimedOut { after_ms: 300 }),
    ] {
        let (error, exists) = create_under(fault.clone()).await;
        assert_eq!(error, TargetError::Ambiguous { why }, "{fault:?}");
        assert!(exists, "{fault:?}");
    }
    let (error, exists) = create_under(Fault::ServerErrorAfterWrite).await;
    assert!(error.may_have_been_applied() && exists, "{error}");
}

#[tokio::test]
async fn whether_a_lost_request_arrived_cannot_be_known() {
    let (error, exists) = create_under(Fault::DropRequest).await;
    assert!(matches!(error, TargetError::Ambiguous { .. }) && !exists, "{error}");
}

#[tokio::test]
async fn an_update_whose_answer_is_cut_was_applied_all_the_same() {
    let fake = FakeTarget::start().await;
    let id = fake.add_user(json!({"userName": "ada"}));
    fake.fail(When::method("PATCH"), Fault::CutAnswer);
    let answer = target(&fake).patch("Users", &id, &rename("Ada")).await.unwrap();
    assert_eq!((answer.status, answer.resource), (200, None));
}

#[tokio::test]
async fn a_question_whose_answer_is_lost_is_asked_again() {
    for fault in [Fault::DropAnswer, Fault::CutAnswer, Fault::ServerError] {
        let fake = FakeTarget::start().await;
        let _ = fake.add_user(json!({"userName": "ada"}));
        fake.fail(When::method("GET"), fault);
        let target = target(&fake);
        let found = target.find("Users", &path("userName"), "ada", &[]).await.unwrap();
        assert_eq!((found.len(), target.requests().get), (1, 2));
    }
}

#[tokio::test]
async fn a_service_that_stays_broken_is_reported() {
    let fake = FakeTarget::start().await;
    fake.fail(When::any().always(), Fault::ServerError);
    let target = target(&fake);
    let error = target.find("Users", &path("userName"), "ada", &[]).await.unwrap_err();
    assert_eq!(target.requests().get, 2, "attempts_max");
    insta::assert_snapshot!(error, @"the service failed (500: out of order): try again later, or ask its operator");
}

#[tokio::test]
async fn a_delete_never_climbs_to_the_collection() {
    let fake = FakeTarget::start().await;
    let error = target(&fake).delete("Users", "..").await.unwrap_err();
    assert!(fake.requests().is_empty());
    insta::assert_snapshot!(error, @r#"the resource id ".." cannot be part of an address"#);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let fake = FakeTarget::start().await;
    let elsewhere = FakeTarget::start().await;
    let location = format!("{}/Users?secret=1", elsewhere.base_url());
    fake.fail(When::any(), Fault::Redirect { location });
    let error = target(&fake).read("Users", "1").await.unwrap_err();
    assert!(elsewhere.requests().is_empty(), "no credentials went there");
    let shown = error.to_string().replace(&elsewhere.origin(), "ELSEWHERE");
    insta::assert_snapshot!(shown, @r#"the service redirects to "ELSEWHERE" (302), which is not followed with credentials: enter the final address as tenant URL"#);
}

#[tokio::test]
async fn a_token_that_the_service_repeats_is_blackened() {
    let fake = FakeTarget::start().await;
    let body = r#"{"detail": "bad token a-secret-token"}"#.to_owned();
    fake.fail(When::any(), Fault::Answer { status: 401, body });
    let target = target(&fake);
    let error = target.read("Users", "1").await.unwrap_err();
    assert!(!format!("{error} {error:?} {target:?}").contains("a-secret-token"));
    insta::assert_snapshot!(error, @"the service refused our token (401: bad token [redacted]): obtain a new one there and save it in the credentials");
}

#[tokio::test]
async fn connections_are_used_again() {
    let fake = FakeTarget::start().await;
    let target = target(&fake);
    for _ in 0..8 {
        assert!(target.read("Users", "1").await.is_err());
    }
    assert!(fake.connections() < 4, "{} for 8 requests", fake.connections());
}
