//! What an administrator does, while the organisation is served.

use genesys::{Search, TermKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::World;

#[tokio::test]
async fn the_organisation_starts_with_the_ready_made_terms() {
    let world = World::new().await;
    let names = async |kind| {
        let terms = world.organisation.terms(kind).await.unwrap();
        terms.into_iter().map(|term| term.name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(TermKind::Role).await, "Admin employee SCIM Integration Supervisor");
    assert_eq!(names(TermKind::Division).await, "EMEA Home");
}

#[tokio::test]
async fn a_role_made_meanwhile_can_be_given_at_once() {
    let world = World::new().await;
    world.organisation.create_term(TermKind::Role, "Auditor").await.unwrap();
    let user = json!({"userName": "a@b.c", "displayName": "A", "roles": [{"value": "auditor"}]});
    assert_eq!(world.post(&user).await.body["roles"], json!([{"value": "Auditor"}]));
}

#[tokio::test]
async fn a_refused_command_says_what_to_do() {
    let world = World::new().await;
    let organisation = &world.organisation;
    organisation.create_group("Sales").await.unwrap();
    insta::assert_snapshot!(organisation.create_group("SALES").await.unwrap_err(), @r#"there is a group "SALES" already: choose another name"#);
    insta::assert_snapshot!(organisation.create_group(" ").await.unwrap_err(), @r#"the name "" is empty or longer than 256 characters: choose another one"#);
    insta::assert_snapshot!(organisation.create_term(TermKind::Division, "home").await.unwrap_err(), @r#"there is a division "home" already: choose another name"#);
    insta::assert_snapshot!(organisation.create_client("x", 60).await.unwrap_err(), @r#"tokens cannot live for 60 seconds: choose from 300 to 172800, or to 38880000 for a client with the role "SCIM Integration""#);
    insta::assert_snapshot!(organisation.revoke_client("nobody").await.unwrap_err(), @r#"there is no OAuth client with the id "nobody": list them to see which there are"#);
}

#[tokio::test]
async fn the_secret_of_a_client_is_stored_nowhere() {
    let world = World::new().await;
    let client = world.organisation.create_client("Entra", 38_880_000).await.unwrap();
    let listed = world.organisation.clients().await.unwrap();
    let listed = listed.iter().find(|listed| listed.id == client.id).unwrap();
    assert_eq!((listed.name.as_str(), listed.token_seconds), ("Entra", 38_880_000));
    drop(world.organisation);
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in [client.secret.expose(), world.token.as_str()] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}

#[tokio::test]
async fn every_write_is_recorded_with_what_became_of_it() {
    let world = World::new().await;
    let id = world.user("a@b.c").await;
    world.post(&json!({"userName": "a@b.c", "displayName": "A"})).await;
    world
        .patch(&format!("/users/{id}"), json!([{"op": "replace", "path": "title", "value": "x"}]))
        .await;
    world.send(Method::DELETE, &format!("/users/{id}"), &Value::Null).await;
    world.send(Method::POST, "/groups", &json!({"displayName": "x"})).await;
    let records = world.organisation.records(0, 100).await.unwrap();
    let shown = records.iter().map(|record| {
        let id = record.resource_id.as_ref().map_or("-", |_| "<id>");
        let name = record.name.as_deref().unwrap_or("-");
        format!(
            "{} {} {} {id} {name} {}",
            record.client_id, record.method, record.resource, record.status
        )
    });
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @r###"
        test POST User <id> a@b.c 201
        test POST User - - 409
        test PATCH User <id> a@b.c 200
        test DELETE User <id> a@b.c 204
        test POST Group - - 405
        "###);
    assert_eq!(world.organisation.records(records[3].number, 100).await.unwrap().len(), 1);
}

#[tokio::test]
async fn all_users_can_be_listed_with_their_state() {
    let world = World::new().await;
    world.user("a@b.c").await;
    world.post(&json!({"userName": "b@b.c", "displayName": "B", "active": false})).await;
    let page = world.organisation.users(&Search::default(), 0, 10).await.unwrap();
    let shown: Vec<_> = page
        .users
        .iter()
        .map(|user| format!("{} {}", user.profile.user_name, user.state.word()))
        .collect();
    assert_eq!((page.total, shown.join(", ")), (2, "a@b.c active, b@b.c inactive".to_owned()));
}
