//! The client credentials grant.

use futures_util::future::join_all;
use serde_json::json;
use store::secret::Secret;
use target::{ClientAuthentication, Connection, Credentials, Target, TargetError};
use testkit::{FakeTarget, Fault, Options, When};

use crate::{connection, path, probe};

fn oauth(fake: &FakeTarget, secret: &str, client_authentication: ClientAuthentication) -> Target {
    let credentials = Credentials::ClientCredentials {
        token_url: fake.token_url(),
        client_id: "a-client".to_owned(),
        client_secret: Secret::from(secret),
        scope: Some("scim".to_owned()),
        client_authentication,
    };
    Target::new(Connection { credentials, ..connection(fake.base_url(), "unused") }).unwrap()
}

fn signed(fake: &FakeTarget) -> Target {
    oauth(fake, "a-client-secret", ClientAuthentication::Header)
}

#[tokio::test]
async fn many_requests_share_one_token() {
    let fake = FakeTarget::start().await;
    let target = signed(&fake);
    let path = path("userName");
    let searches = (0..8).map(|_| target.find("Users", &path, "ada", &[]));
    assert!(join_all(searches).await.iter().all(Result::is_ok));
    assert_eq!((target.token_requests(), target.requests().get), (1, 8));
    let tokens: Vec<_> = fake.requests().into_iter().filter(|r| r.path == "/oauth/token").collect();
    assert_eq!(tokens.len(), 1);
    assert_eq!(tokens[0].headers["content-type"], "application/x-www-form-urlencoded");
}

#[tokio::test]
async fn the_client_may_stand_in_the_form() {
    let fake = FakeTarget::start().await;
    let target = oauth(&fake, "a-client-secret", ClientAuthentication::Body);
    assert!(target.find("Users", &path("userName"), "ada", &[]).await.is_ok());
    assert!(!fake.requests()[0].headers.contains_key("authorization"));
}

#[tokio::test]
async fn a_token_about_to_expire_is_replaced() {
    let options = Options { token_life_s: Some(0), ..Options::default() };
    let fake = FakeTarget::start_with(options).await;
    let target = signed(&fake);
    for _ in 0..2 {
        assert!(target.find("Users", &path("userName"), "ada", &[]).await.is_ok());
    }
    assert_eq!(target.token_requests(), 2);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_even_for_a_write() {
    let fake = FakeTarget::start().await;
    let target = signed(&fake);
    assert!(target.find("Users", &path("userName"), "ada", &[]).await.is_ok());
    fake.replace_token("another");
    let user = serde_json::from_value(json!({"userName": "ada"})).unwrap();
    assert_eq!(target.create("Users", &user).await.unwrap().status, 201);
    assert_eq!(target.token_requests(), 2);
    fake.fail(When::method("GET").always(), Fault::Unauthorized);
    assert!(matches!(target.read("Users", "1").await, Err(TargetError::Unauthorized { .. })));
    assert_eq!(target.token_requests(), 3, "renewed once, not for ever");
}

#[tokio::test]
async fn a_refused_client_is_told_apart_from_a_refused_token() {
    let fake = FakeTarget::start().await;
    let target = oauth(&fake, "wrong-secret", ClientAuthentication::Header);
    let problem = target.test_connection(&probe()).await.unwrap_err();
    assert_eq!(target.requests().total(), 0, "nothing is sent without a token");
    assert!(!format!("{target:?}").contains("wrong-secret"));
    insta::assert_json_snapshot!(problem, @r###"
    {
      "code": "signInRefused",
      "message": "the token endpoint gave no token (401: the client is not known): check client id, client secret and scope",
      "hint": "the token URL is reachable; compare the client's entries with those of the service"
    }
    "###);
}

#[tokio::test]
async fn a_token_endpoint_that_is_a_web_page_is_named() {
    let fake = FakeTarget::start().await;
    fake.fail(When::on("POST", "/oauth"), Fault::Html);
    let problem = signed(&fake).test_connection(&probe()).await.unwrap_err();
    insta::assert_json_snapshot!(problem, @r###"
    {
      "code": "signInRefused",
      "message": "the token endpoint gave no token (200: no access_token in the answer, perhaps this is not the token URL): check client id, client secret and scope",
      "hint": "the token URL is reachable; compare the client's entries with those of the service"
    }
    "###);
}

#[tokio::test]
async fn the_token_endpoint_gets_another_try_before_a_write_fails() {
    let fake = FakeTarget::start().await;
    fake.fail(When::on("POST", "/oauth"), Fault::DropAnswer);
    let user = serde_json::from_value(json!({"userName": "ada"})).unwrap();
    assert!(signed(&fake).create("Users", &user).await.is_ok());
    assert_eq!(fake.creates()["ada"], 1);
}

#[tokio::test]
async fn while_the_token_endpoint_fails_nothing_was_applied() {
    let fake = FakeTarget::start().await;
    fake.fail(When::on("POST", "/oauth").always(), Fault::ServerError);
    let user = serde_json::from_value(json!({"userName": "ada"})).unwrap();
    let error = signed(&fake).create("Users", &user).await.unwrap_err();
    assert!(!error.may_have_been_applied());
    insta::assert_snapshot!(error, @"the token endpoint gave no token (500: out of order): check client id, client secret and scope");
}

#[test]
fn the_token_url_obeys_the_rules_for_addresses() {
    let credentials = Credentials::ClientCredentials {
        token_url: "http://login.example.com/oauth/token".to_owned(),
        client_id: "a-client".to_owned(),
        client_secret: Secret::from("a-client-secret"),
        scope: None,
        client_authentication: ClientAuthentication::Header,
    };
    let base = connection("https://api.example.com/scim".to_owned(), "unused");
    let error = Target::new(Connection { credentials, ..base }).unwrap_err();
    insta::assert_snapshot!(error, @r#"the URL of "login.example.com" begins with http:, which would send the credentials unencrypted: use https:, or allow plain http for this connection"#);
}

#[test]
fn a_token_that_cannot_be_sent_is_refused_without_repeating_it() {
    for token in ["", " \n", "one\ntwo"] {
        let error = Target::new(connection("http://localhost/scim".to_owned(), token)).unwrap_err();
        assert!(matches!(&error, TargetError::Setup(text) if !text.contains("two")), "{error}");
    }
    assert!(Target::new(connection("http://localhost/scim".to_owned(), "pasted\n")).is_ok());
}
