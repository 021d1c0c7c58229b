//! Membership: in groups, in users, in groups within groups.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tempfile::tempdir;

use crate::served::{Served, id, values};

#[tokio::test]
async fn a_user_shows_its_groups_directly_and_through_others() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    let ada = served.user("ada").await;
    let inner = served.group("inner", &[&ada]).await;
    let outer = served.group("outer", &[&inner]).await;
    // A circle of groups is allowed, and no walk runs in it forever.
    let (status, _) = served
        .patch(
            &format!("/Groups/{inner}"),
            &json!([{"op": "add", "path": "members", "value": [{"value": outer}]}]),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    let user = served.get(&format!("/Users/{ada}")).await;
    assert_eq!(values(&user["groups"], "display"), ["inner", "outer"]);
    assert_eq!(values(&user["groups"], "type"), ["direct", "indirect"]);
    for (group, expected) in [(&inner, 1), (&outer, 1)] {
        let found = served.get(&format!("/Users?filter=groups.value%20eq%20%22{group}%22")).await;
        assert_eq!(found["totalResults"], expected, "{found}");
    }
    let found = served.get(&format!("/Groups?filter=members%20eq%20%22{ada}%22")).await;
    assert_eq!(values(&found["Resources"], "displayName"), ["inner"]);
    served.end().await;
}

#[tokio::test]
async fn who_is_deleted_leaves_its_groups() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    let (ada, bob) = (served.user("ada").await, served.user("bob").await);
    let group = served.group("all", &[&ada, &bob]).await;
    let before = served.get(&format!("/Groups/{group}")).await;
    assert_eq!(served.delete(&format!("/Users/{ada}")).await, StatusCode::NO_CONTENT);
    let after = served.get(&format!("/Groups/{group}")).await;
    assert_eq!(values(&after["members"], "value"), [bob.as_str()]);
    assert_ne!(before["meta"]["version"], after["meta"]["version"]);
    assert_eq!(served.delete(&format!("/Groups/{group}")).await, StatusCode::NO_CONTENT);
    assert_eq!(served.get(&format!("/Users/{bob}")).await["groups"], json!(null));
    served.end().await;
}

#[tokio::test]
async fn members_come_and_go_one_by_one_and_keep_their_order() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    let mut users = Vec::new();
    for name in ["a", "b", "c", "d"] {
        users.push(served.user(name).await);
    }
    let group = served.group("all", &[&users[2]]).await;
    let path = format!("/Groups/{group}");
    let operations = json!([
        {"op": "add", "path": "members", "value": [{"value": users[0]}, {"value": users[1]}]},
        {"op": "Add", "path": "members", "value": [{"value": users[2]}]},
        {"op": "remove", "path": format!("members[value eq \"{}\"]", users[0])},
        {"op": "add", "value": {"members": [{"value": users[3]}, {"value": users[0]}], "displayName": "everybody"}},
    ]);
    let (status, answer) = served.patch(&path, &operations).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let of =
        |places: &[usize]| places.iter().map(|place| users[*place].clone()).collect::<Vec<_>>();
    assert_eq!(values(&answer["members"], "value"), of(&[2, 1, 3, 0]));
    assert_eq!(answer["displayName"], "everybody");
    let operations = json!([{"op": "Remove", "path": "members", "value": [{"value": users[1]}]}]);
    let (_, answer) = served.patch(&path, &operations).await;
    assert_eq!(values(&answer["members"], "value"), of(&[2, 3, 0]));
    let body = json!({"displayName": "few", "members": [{"value": users[3]}, {"value": users[1]}]});
    let (status, answer) = served.send(Method::PUT, &path, Some(&body)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(values(&answer["members"], "value"), of(&[3, 1]));
    let (_, answer) =
        served.patch(&path, &json!([{"op": "remove", "path": "members[type eq \"User\"]"}])).await;
    assert_eq!(answer["members"], json!(null));
    served.end().await;
}

#[tokio::test]
async fn an_id_means_its_member_in_any_case() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    let ada = served.user("ada").await;
    let group = served.group("all", &[&ada]).await;
    let path = format!("/Groups/{group}");
    let upper = ada.to_ascii_uppercase();
    let add = json!([{"op": "add", "path": "members", "value": [{"value": upper}]}]);
    let (_, answer) = served.patch(&path, &add).await;
    assert_eq!(values(&answer["members"], "value"), [ada.as_str()]);
    let remove = json!([{"op": "remove", "path": format!("members[value eq \"{upper}\"]")}]);
    let (_, answer) = served.patch(&path, &remove).await;
    assert_eq!(answer["members"], json!(null));
    let itself =
        json!([{"op": "add", "path": "members", "value": [{"value": group.to_ascii_uppercase()}]}]);
    assert_eq!(served.patch(&path, &itself).await.0, StatusCode::BAD_REQUEST);
    served.end().await;
}

#[tokio::test]
async fn a_filter_finds_a_stranger_in_any_case() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    served.group("all", &["00uAbC"]).await;
    for (id, count) in [("00uAbC", 1), ("00UABC", 1), ("00uAb", 0)] {
        let found = served.get(&format!("/Groups?filter=members.value%20eq%20%22{id}%22")).await;
        assert_eq!(found["totalResults"], count, "{id}");
    }
    served.end().await;
}

#[tokio::test]
async fn what_changes_nothing_keeps_the_version() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    let ada = served.user("ada").await;
    let group = served.group("all", &[&ada]).await;
    let path = format!("/Groups/{group}");
    let before = served.get(&path).await;
    for operation in [
        json!({"op": "add", "path": "members", "value": [{"value": ada}]}),
        json!({"op": "remove", "path": "members[value eq \"nobody\"]"}),
        json!({"op": "replace", "path": "displayName", "value": "all"}),
    ] {
        let (status, after) = served.patch(&path, &json!([operation])).await;
        assert_eq!((status, &after["meta"]), (StatusCode::OK, &before["meta"]), "{operation}");
    }
    served.end().await;
}

#[tokio::test]
async fn a_change_of_a_large_group_does_not_show_all_its_members() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    let strangers: Vec<String> = (0..=1_000).map(|place| format!("s{place}")).collect();
    let strangers: Vec<&str> = strangers.iter().map(String::as_str).collect();
    let group = served.group("all", &strangers).await;
    let path = format!("/Groups/{group}");
    let remove = json!([{"op": "remove", "path": "members[value eq \"s7\"]"}]);
    assert_eq!(served.patch(&path, &remove).await.0, StatusCode::NO_CONTENT);
    let (status, answer) = served.patch(&path, &remove).await;
    assert_eq!((status, answer["members"].as_array().unwrap().len()), (StatusCode::OK, 1_000));
    served.end().await;
}

#[tokio::test]
async fn a_group_is_no_member_of_itself() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    let group = served.group("all", &[]).await;
    let operations = json!([{"op": "add", "path": "members", "value": [{"value": group}]}]);
    let (status, answer) = served.patch(&format!("/Groups/{group}"), &operations).await;
    assert_eq!((status, &answer["scimType"]), (StatusCode::BAD_REQUEST, &json!("invalidValue")));
    served.end().await;
}

#[tokio::test]
async fn a_member_that_does_not_exist_is_kept_as_it_is_named() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    let group = served.group("all", &["nobody"]).await;
    let answer = served.get(&format!("/Groups/{group}")).await;
    assert_eq!(values(&answer["members"], "value"), ["nobody"]);
    let found = served.get("/Groups?filter=members.value%20eq%20%22nobody%22").await;
    assert_eq!(found["totalResults"], 1);
    assert_eq!(served.send(Method::GET, "/Users/nobody", None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(served.get("/Users").await["totalResults"], 0);
    served.end().await;
}

#[tokio::test]
async fn a_store_that_checks_its_members_refuses_those_that_do_not_exist() {
    let folder = tempdir().unwrap();
    let served = Served::start_with(&folder, scim_store::ScimStore::with_checked_members).await;
    let body = json!({"displayName": "all", "members": [{"value": "nobody"}]});
    let (status, answer) = served.send(Method::POST, "/Groups", Some(&body)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    insta::assert_snapshot!(answer["detail"].as_str().unwrap(), @r#"there is no resource with the id "nobody", so it cannot be a member: create it first"#);
    served.end().await;
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let folder = tempdir().unwrap();
    let served = Served::start(&folder).await;
    let ada = served.create("/Users", &json!({"userName": "ada", "emails": [{"value": "ada@example.com"}], "password": "secret"})).await;
    let group = served.group("all", &[&id(&ada)]).await;
    let shown = served.get(&format!("/Groups/{group}")).await;
    let user = served.get(&format!("/Users/{}", id(&ada))).await;
    served.end().await;
    let served = Served::start(&folder).await;
    let without_port = |value: &serde_json::Value| {
        let mut value = value.clone();
        value["meta"].as_object_mut().unwrap().remove("location");
        for list in ["members", "groups"] {
            for element in value[list].as_array_mut().into_iter().flatten() {
                element.as_object_mut().unwrap().remove("$ref");
            }
        }
        value
    };
    assert_eq!(without_port(&served.get(&format!("/Groups/{group}")).await), without_port(&shown));
    assert_eq!(
        without_port(&served.get(&format!("/Users/{}", id(&ada))).await),
        without_port(&user)
    );
    assert_eq!(served.user("bob").await.len(), 36);
    served.end().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        // The log goes with its last connection, which may be now.
        let Ok(bytes) = std::fs::read(file.unwrap().path()) else { continue };
        assert!(!bytes.windows(6).any(|window| window == b"secret"), "a password is on the disk");
    }
}
