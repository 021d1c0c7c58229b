//! *Test connection*: each trouble has its name and its way out.

use serde_json::json;
use target::{Connection, ConnectionProblem, MatchProbe, ProblemCode, Profile, Target};
use testkit::{FakeTarget, Fault, Options, When};

use crate::{connection, path, probe, profile, target, target_with};

/// What *test connection* says about a service that commits `fault`, with its address blackened.
async fn problem_under(when: When, fault: Fault) -> ConnectionProblem {
    let fake = FakeTarget::start().await;
    let _ = fake.add_user(json!({"userName": "ada"}));
    fake.fail(when, fault);
    let profile = Profile { request_timeout_ms: 300, ..profile() };
    let problem = target_with(&fake, profile).test_connection(&probe()).await.unwrap_err();
    blackened(problem, &fake.origin())
}

fn blackened(mut problem: ConnectionProblem, origin: &str) -> ConnectionProblem {
    let host = origin.split_once("//").unwrap().1;
    problem.message = problem.message.replace(host, "HOST");
    problem
}

async fn problem_of(connection: Connection) -> ConnectionProblem {
    Target::new(connection).unwrap().test_connection(&probe()).await.unwrap_err()
}

#[tokio::test]
async fn a_service_that_searches_passes() {
    let fake = FakeTarget::start().await;
    let report = target(&fake).test_connection(&probe()).await.unwrap();
    assert_eq!(report.searches, ["/Users by userName", "/Groups by displayName"]);
    let target = target(&fake);
    let users_only = MatchProbe { user: path("externalId"), group: None };
    assert_eq!(target.test_connection(&users_only).await.unwrap().searches.len(), 1);
    assert_eq!(target.requests().get, 1);
}

#[tokio::test]
async fn a_wrong_token_is_told_from_missing_permissions() {
    let fake = FakeTarget::start().await;
    let problem = problem_of(connection(fake.base_url(), "wrong-token")).await;
    insta::assert_json_snapshot!(problem, @r###"
    {
      "code": "wrongToken",
      "message": "the service refused our token (401: the token is not known): obtain a new one there and save it in the credentials",
      "hint": "the address is right; a token may have expired or belong to another organisation"
    }
    "###);
    let problem = problem_under(When::any(), Fault::Forbidden).await;
    insta::assert_json_snapshot!(problem, @r###"
    {
      "code": "missingPermissions",
      "message": "the service accepted our token but not this request (403: a permission is missing): give the client the permissions to manage users and groups there",
      "hint": "the address and the token are right; add the permissions and test again"
    }
    "###);
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_told_from_an_unknown_name() {
    let fake = FakeTarget::start().await;
    let (base_url, origin) = (fake.base_url(), fake.origin());
    fake.stop().await;
    let problem = blackened(problem_of(connection(base_url, "token")).await, &origin);
    insta::assert_json_snapshot!(problem, @r###"
    {
      "code": "refused",
      "message": "\"HOST\" cannot be reached: nothing listens there (connection refused): check the port, and whether the service runs",
      "hint": "the machine is there, but not the service on this port"
    }
    "###);
    // A name that no resolver asks anybody about: its first label is too long.
    let unknown = "x".repeat(64);
    let problem = problem_of(connection(format!("https://{unknown}.invalid/v2"), "token")).await;
    let problem = blackened(problem, &format!("https://{unknown}.invalid"));
    insta::assert_json_snapshot!(problem, @r###"
    {
      "code": "networkFailure",
      "message": "\"HOST\" cannot be reached: the connection failed (invalid dns name)",
      "hint": "a proxy or a firewall may stand between; test again"
    }
    "###);
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_told_from_one_that_hangs_up() {
    insta::assert_json_snapshot!(problem_under(When::any(), Fault::Hang).await, @r###"
    {
      "code": "timedOut",
      "message": "\"HOST\" cannot be reached: no answer within 300 ms",
      "hint": "the service accepts connections but does not answer; test again later, or allow a longer request timeout"
    }
    "###);
    insta::assert_json_snapshot!(problem_under(When::any(), Fault::DropRequest).await, @r###"
    {
      "code": "networkFailure",
      "message": "\"HOST\" cannot be reached: the connection ended before the answer",
      "hint": "a proxy or a firewall may stand between; test again"
    }
    "###);
}

#[tokio::test]
async fn what_is_no_scim_service_is_named() {
    insta::assert_json_snapshot!(problem_under(When::any(), Fault::Html).await, @r###"
    {
      "code": "notScim",
      "message": "the answer is no SCIM message but an HTML page (\"Sign in\"): check the path of the tenant URL",
      "hint": "it is often \"/scim\" or \"/scim/v2\" below the service's address"
    }
    "###);
    let answer = |status, body: &str| Fault::Answer { status, body: body.to_owned() };
    insta::assert_json_snapshot!(problem_under(When::any(), answer(200, r#"{"hello":1}"#)).await, @r###"
    {
      "code": "notScim",
      "message": "the answer is no SCIM message but JSON that is no list of resources (ListResponse): check the path of the tenant URL",
      "hint": "it is often \"/scim\" or \"/scim/v2\" below the service's address"
    }
    "###);
    insta::assert_json_snapshot!(problem_under(When::any(), answer(200, "")).await, @r###"
    {
      "code": "notScim",
      "message": "the answer is no SCIM message but empty: check the path of the tenant URL",
      "hint": "it is often \"/scim\" or \"/scim/v2\" below the service's address"
    }
    "###);
}

#[tokio::test]
async fn a_wrong_path_is_told_from_a_service_that_finds_nobody_with_404() {
    let fake = FakeTarget::start().await;
    let problem = problem_of(connection(format!("{}/wrong", fake.origin()), &fake.token())).await;
    insta::assert_json_snapshot!(problem, @r###"
    {
      "code": "notScim",
      "message": "the service does not know \"/wrong/Users\" (404: there is no such endpoint)",
      "hint": "the path of the tenant URL is not the SCIM endpoint; it is often \"/scim\" or \"/scim/v2\" below the service's address"
    }
    "###);
    let body = r#"{"detail":"User not found"}"#.to_owned();
    let problem = problem_under(When::any(), Fault::Answer { status: 404, body }).await;
    insta::assert_json_snapshot!(problem, @r###"
    {
      "code": "searchNotFound",
      "message": "the service answers 404 to /Users by userName for a value that nobody has: User not found",
      "hint": "it must answer 200 with an empty list (RFC 7644 §3.4.2); ask its vendor, or check the path of the tenant URL"
    }
    "###);
}

#[tokio::test]
async fn a_service_that_ignores_filters_is_found_out() {
    insta::assert_json_snapshot!(problem_under(When::any(), Fault::IgnoreFilter).await, @r###"
    {
      "code": "filterIgnored",
      "message": "the service found something (1) in /Users by userName for a value that nobody has: it ignores the filter",
      "hint": "match by an attribute that the service can search by, else accounts cannot be told apart"
    }
    "###);
}

#[tokio::test]
async fn a_filter_that_the_service_refuses_is_named() {
    let body = r#"{"scimType":"invalidFilter","detail":"userName is not filterable"}"#.to_owned();
    let problem = problem_under(When::any(), Fault::Answer { status: 400, body }).await;
    insta::assert_json_snapshot!(problem, @r###"
    {
      "code": "searchRefused",
      "message": "the service refuses to search /Users by userName (400: userName is not filterable)",
      "hint": "match by an attribute that the service can search by; its documentation lists them"
    }
    "###);
}

#[tokio::test]
async fn a_service_without_groups_is_named() {
    let options = Options { groups: false, ..Options::default() };
    let fake = FakeTarget::start_with(options).await;
    let problem = target(&fake).test_connection(&probe()).await.unwrap_err();
    insta::assert_json_snapshot!(problem, @r###"
    {
      "code": "noGroups",
      "message": "the service does not know \"/scim/v2/Groups\" (404: there is no such endpoint)",
      "hint": "users work; the service seems to have no groups: disable the mapping of groups"
    }
    "###);
}

#[tokio::test]
async fn trouble_that_passes_is_named_at_once() {
    let retry_after = Some("5".to_owned());
    insta::assert_json_snapshot!(problem_under(When::any(), Fault::Throttle { retry_after }).await, @r###"
    {
      "code": "throttled",
      "message": "the service asks us to slow down for 5 s: lower the requests a minute in the profile if this goes on",
      "hint": "the address is right; wait, and test again"
    }
    "###);
    insta::assert_json_snapshot!(problem_under(When::any(), Fault::ServerError).await, @r###"
    {
      "code": "serverFailure",
      "message": "the service failed (500: out of order): try again later, or ask its operator",
      "hint": "the address is reachable; look at the service's own status page or log"
    }
    "###);
    let location = "https://login.example.com/?next=/scim".to_owned();
    insta::assert_json_snapshot!(problem_under(When::any(), Fault::Redirect { location }).await, @r###"
    {
      "code": "redirected",
      "message": "the service redirects to \"https://login.example.com\" (302), which is not followed with credentials: enter the final address as tenant URL",
      "hint": "a redirect to a sign-in page means that the path is not the SCIM endpoint"
    }
    "###);
}

#[tokio::test]
async fn an_encrypted_address_on_a_plain_port_is_named() {
    let fake = FakeTarget::start().await;
    let base_url = fake.base_url().replace("http:", "https:");
    let problem = problem_of(connection(base_url, "token")).await;
    assert_eq!(problem.code, ProblemCode::NoTls, "{problem}");
}
