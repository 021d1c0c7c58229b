//! Tokens: how a client gets one, and when it ends.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, World};

async fn token(world: &World, form: &[(&str, &str)], basic: Option<(&str, &str)>) -> Answer {
    let request = world.http.post(format!("{}/oauth/token", world.origin)).form(form);
    Answer::of(match basic {
        Some((id, secret)) => request.basic_auth(id, Some(secret)),
        None => request,
    })
    .await
}

#[tokio::test]
async fn a_client_signs_in_by_basic_or_by_form() {
    let mut world = World::new().await;
    let grant = ("grant_type", "client_credentials");
    for answer in [
        token(&world, &[grant], Some(("test", "s3cret"))).await,
        token(&world, &[grant, ("client_id", "test"), ("client_secret", "s3cret")], None).await,
    ] {
        assert_eq!(answer.status, 200);
        assert_eq!(
            (&answer.body["token_type"], &answer.body["expires_in"]),
            (&json!("bearer"), &json!(86_400))
        );
        assert_eq!(answer.header("cache-control"), "no-store");
        answer.body["access_token"].as_str().unwrap().clone_into(&mut world.token);
        assert_eq!(world.get("/users").await.status, 200);
    }
}

#[tokio::test]
async fn a_refused_sign_in_says_why() {
    let world = World::new().await;
    let grant = ("grant_type", "client_credentials");
    let check = async |form: &[(&str, &str)], basic: Option<(&str, &str)>| {
        let answer = token(&world, form, basic).await;
        let text = |name: &str| answer.body[name].as_str().unwrap_or("-").to_owned();
        format!("{} {}: {}", answer.status.as_u16(), text("error"), text("error_description"))
    };
    insta::assert_snapshot!(check(&[grant], Some(("test", "wrong"))).await, @"401 invalid_client: the client id or secret is wrong, or the client was revoked");
    insta::assert_snapshot!(check(&[grant], Some(("nobody", "s3cret"))).await, @"401 invalid_client: the client id or secret is wrong, or the client was revoked");
    insta::assert_snapshot!(check(&[grant], None).await, @"401 invalid_client: the client id or secret is wrong, or the client was revoked");
    insta::assert_snapshot!(check(&[("grant_type", "password")], Some(("test", "s3cret"))).await, @r#"400 unsupported_grant_type: the grant type "password" is not supported: use client_credentials"#);
    insta::assert_snapshot!(check(&[], Some(("test", "s3cret"))).await, @"400 invalid_request: the form has no grant_type: send client_credentials");
}

#[tokio::test]
async fn a_token_ends_by_its_lifetime() {
    let world = World::new().await;
    world.pass(86_399);
    assert_eq!(world.get("/users").await.status, 200);
    world.pass(1);
    let ended = world.get("/users").await;
    assert_eq!((ended.status.as_u16(), &ended.body["code"]), (401, &json!("bad.credentials")));
}

#[tokio::test]
async fn a_revoked_client_is_out_at_once() {
    let world = World::new().await;
    world.organisation.revoke_client("test").await.unwrap();
    assert_eq!(world.get("/users").await.status, 401);
    let again =
        token(&world, &[("grant_type", "client_credentials")], Some(("test", "s3cret"))).await;
    assert_eq!((again.status.as_u16(), &again.body["error"]), (401, &json!("invalid_client")));
}

#[tokio::test]
async fn a_token_outlives_the_process_that_gave_it() {
    let mut world = World::new().await;
    world.stop.take().unwrap().send(()).unwrap();
    (&mut world.server).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.origin = format!("http://{}", listener.local_addr().unwrap());
    let now = world.now.clone();
    let options = genesys::Options {
        data: world.folder.path().to_owned(),
        listen: genesys::Listen::Socket(listener),
        settings: genesys::Settings::default(),
        client_roles: Vec::new(),
        client: None,
        clock: genesys::Clock::new(move || *now.lock().unwrap()),
    };
    let again = tokio::spawn(genesys::serve(options, std::future::pending()));
    assert_eq!(world.get("/users").await.status, 200);
    again.abort();
}

/// A client with the longest lifetime that SCIM has, whose role for SCIM was withdrawn.
async fn client_without_its_role(world: &World) -> genesys::NewClient {
    let client = world.organisation.create_client("Entra", 38_880_000).await.unwrap();
    let role = world.organisation.pair("SCIM Integration", None).await.unwrap();
    world.organisation.withdraw(&client.id, &[role]).await.unwrap();
    client
}

#[tokio::test]
async fn without_the_role_for_scim_new_tokens_live_for_two_days_at_most() {
    let world = World::new().await;
    let client = client_without_its_role(&world).await;
    let token = world.organisation.issue_token(&client.id, &client.secret).await.unwrap().unwrap();
    assert_eq!(token.seconds, 172_800);
    assert_eq!(world.organisation.client(&client.id).await.unwrap().token_seconds, 172_800);
    let role = world.organisation.pair("SCIM Integration", None).await.unwrap();
    world.organisation.grant(&client.id, &[role]).await.unwrap();
    let token = world.organisation.issue_token(&client.id, &client.secret).await.unwrap().unwrap();
    assert_eq!(token.seconds, 38_880_000, "with the role, the client is what it was");
}

#[tokio::test]
async fn a_client_can_be_disabled_whatever_its_lifetime_and_roles() {
    let mut world = World::new().await;
    let disable = async |world: &World, id: &str, more: Value| {
        let mut body = json!({"name": "A2", "state": "disabled"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.send(Method::PUT, &format!("/api/v2/oauth/clients/{id}"), &body).await
    };
    world.sign_in_with(&["Admin"], None).await;
    let client = client_without_its_role(&world).await;
    let disabled = disable(&world, &client.id, json!({})).await;
    assert_eq!((disabled.status.as_u16(), &disabled.body["state"]), (200, &json!("disabled")));
    let client = client_without_its_role(&world).await;
    let state = genesys::ClientState::Disabled;
    world.organisation.set_client_state(&client.id, state).await.unwrap();
    let client = world.organisation.create_client("Entra", 38_880_000).await.unwrap();
    let disabled = disable(&world, &client.id, json!({"roleDivisions": []})).await;
    assert_eq!(
        (disabled.status.as_u16(), &disabled.body["accessTokenValiditySeconds"]),
        (200, &json!(172_800))
    );
    let asked = disable(&world, &client.id, json!({"accessTokenValiditySeconds": 200_000})).await;
    assert_eq!(asked.status, 400, "a lifetime that is asked for has to be possible");
}

#[tokio::test]
async fn without_a_token_nothing_is_answered() {
    let world = World::new().await;
    let anonymous = async |path: &str| {
        Answer::of(world.http.get(format!("{}/api/v2/scim/v2{path}", world.origin))).await
    };
    for path in ["/users", "/Groups", "/serviceproviderconfig", "/schemas"] {
        let refused = anonymous(path).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (401, &json!("authentication.required"))
        );
    }
    let basic = world
        .http
        .request(Method::GET, format!("{}/api/v2/scim/v2/users", world.origin))
        .basic_auth("test", Some("s3cret"));
    assert_eq!(Answer::of(basic).await.body["status"], 401);
    assert_ne!(anonymous("/users").await.body["contextId"], Value::Null);
}

#[tokio::test]
async fn a_token_in_use_goes_on_when_idleness_begins_to_count() {
    let mut world = World::new().await;
    let use_it = async |world: &World, seconds: i64| {
        world.pass(seconds);
        world.get("/users").await.status.as_u16()
    };
    assert_eq!((use_it(&world, 600).await, use_it(&world, 600).await), (200, 200));
    world.restart(&["idle-timeout=900"]).await;
    assert_eq!(use_it(&world, 600).await, 200);
    // What was noted when idleness counted last says nothing of the time in between.
    world.restart(&[]).await;
    assert_eq!((use_it(&world, 600).await, use_it(&world, 600).await), (200, 200));
    world.restart(&["idle-timeout=900"]).await;
    assert_eq!((use_it(&world, 600).await, use_it(&world, 900).await), (200, 401));
}
