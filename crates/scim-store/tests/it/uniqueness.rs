//! What must be unique is, whoever comes first.

use reqwest::{Method, StatusCode};
use scim::patch::PatchRequest;
use scim::schema::{AttributeType, Uniqueness};
use scim::{Projection, ResourceSchema, ScimType};
use scim_server::{ResourceKind, ResourceStore as _};
use scim_store::{Clock, ScimStore};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::served::{Served, id};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_one_name_one_gets_it() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    let names = ["Ada", "ADA", "ada", "aDa"];
    let wanted: Vec<_> = (0..32).map(|place| json!({"userName": names[place % 4]})).collect();
    let asked = wanted.iter().map(|user| served.send(Method::POST, "/Users", Some(user)));
    let mut created = 0;
    for (status, answer) in join_all(asked).await {
        match status {
            StatusCode::CREATED => created += 1,
            status => {
                assert_eq!(
                    (status, &answer["scimType"]),
                    (StatusCode::CONFLICT, &json!("uniqueness"))
                );
            }
        }
    }
    assert_eq!(created, 1);
    assert_eq!(served.get("/Users").await["totalResults"], 1);
    served.end().await;
}

#[tokio::test]
async fn a_taken_name_is_refused_by_every_way_of_writing() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    served.user("Ada").await;
    let bob = format!("/Users/{}", served.user("bob").await);
    let replace = json!([{"op": "replace", "path": "userName", "value": "ADA"}]);
    let (status, answer) = served.patch(&bob, &replace).await;
    assert_eq!(status, StatusCode::CONFLICT);
    insta::assert_snapshot!(answer["detail"].as_str().unwrap(), @r#"another User has the userName "ada" already: choose another one"#);
    let body = json!({"userName": "aDA"});
    assert_eq!(served.send(Method::PUT, &bob, Some(&body)).await.0, StatusCode::CONFLICT);
    // Its own name in another case is nobody else's.
    let own = json!([{"op": "replace", "path": "userName", "value": "BOB"}]);
    assert_eq!(served.patch(&bob, &own).await.1["userName"], "BOB");
    served.end().await;
}

/// A kind with one attribute of this type that must be unique.
fn numbered(kind: AttributeType) -> ResourceKind {
    let json = json!({"id": "urn:example:Thing", "name": "Thing", "attributes": [
        {"name": "key", "type": kind, "uniqueness": "server"}]});
    let schema =
        ResourceSchema { core: serde_json::from_value(json).unwrap(), extensions: Vec::new() };
    ResourceKind::new("Thing", "Things", schema)
}

#[tokio::test]
async fn numbers_and_times_are_unique_by_what_they_mean() {
    for (kind, first, same, other) in [
        (AttributeType::Integer, json!(7), json!(7), json!(8)),
        (AttributeType::Decimal, json!(1.5), json!(15e-1), json!(1.25)),
        (AttributeType::Decimal, json!(2), json!(2.0), json!(-2)),
        (
            AttributeType::DateTime,
            json!("2024-01-31T12:00:00Z"),
            json!("2024-01-31T13:00:00.000+01:00"),
            json!("2024-01-31T12:00:00.001Z"),
        ),
        (
            AttributeType::DateTime,
            json!("2024-01-31T12:00:00Z"),
            json!("2024-01-31T12:00:00"),
            json!("9999-12-31T23:59:59Z"),
        ),
        (AttributeType::Binary, json!("QUJD"), json!("QUJD"), json!("qujd")),
    ] {
        let folder = tempdir().unwrap();
        let kind = numbered(kind);
        let store = ScimStore::open(folder.path(), std::slice::from_ref(&kind), Clock::system());
        let store = store.await.unwrap();
        let create = async |key: &Value| {
            let thing = serde_json::from_value(json!({"key": key})).unwrap();
            store.create(&(), &kind, thing).await.map(|_| ()).map_err(|error| error.scim_type)
        };
        assert_eq!(create(&first).await, Ok(()));
        assert_eq!(create(&same).await, Err(Some(ScimType::Uniqueness)), "{first} and {same}");
        assert_eq!(create(&other).await, Ok(()), "{first} and {other}");
    }
}

#[tokio::test]
async fn numbers_that_were_there_twice_stay_and_no_more_are_taken() {
    let folder = tempdir().unwrap();
    let unique = numbered(AttributeType::Integer);
    let mut free = unique.clone();
    free.schema.core.attributes[0].uniqueness = Uniqueness::None;
    let thing = || serde_json::from_value(json!({"key": 7})).unwrap();
    let store =
        ScimStore::open(folder.path(), std::slice::from_ref(&free), Clock::system()).await.unwrap();
    store.create(&(), &free, thing()).await.unwrap();
    let twin = store.create(&(), &free, thing()).await.unwrap();
    drop(store);
    let store = ScimStore::open(folder.path(), std::slice::from_ref(&unique), Clock::system())
        .await
        .unwrap();
    let refused = store.create(&(), &unique, thing()).await.unwrap_err();
    assert_eq!(refused.scim_type, Some(ScimType::Uniqueness));
    let id = twin["id"].as_str().unwrap();
    let message = json!({"Operations": [{"op": "replace", "path": "key", "value": 8}]});
    let (request, _) = PatchRequest::from_json(&message).unwrap();
    let all = Projection::default();
    let mended = store.patch(&(), &unique, id, &request, None, &all).await.unwrap();
    assert_eq!(mended["key"], 8);
}

#[tokio::test]
async fn a_name_is_free_again_when_its_owner_goes_or_changes_it() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    let ada = format!("/Users/{}", served.user("ada").await);
    served.patch(&ada, &json!([{"op": "replace", "path": "userName", "value": "eve"}])).await;
    let other = format!("/Users/{}", served.user("ada").await);
    assert_eq!(served.delete(&other).await, StatusCode::NO_CONTENT);
    assert_eq!(served.delete(&other).await, StatusCode::NOT_FOUND);
    served.user("ada").await;
    served.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_one_user_at_the_same_time_are_all_kept() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    let ada = served.create("/Users", &json!({"userName": "ada"})).await;
    let path = format!("/Users/{}", id(&ada));
    let changes: Vec<_> = (0..8)
        .map(|place| json!([{"op": "add", "path": "emails", "value": [{"value": format!("{place}@example.com")}]}]))
        .collect();
    for (status, answer) in join_all(changes.iter().map(|change| served.patch(&path, change))).await
    {
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    assert_eq!(served.get(&path).await["emails"].as_array().unwrap().len(), 8);
    served.end().await;
}

async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    futures_util::future::join_all(futures).await
}
