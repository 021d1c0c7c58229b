//! The 30 operations: 15 in each of the two families of addresses, which answer alike.

use genesys::TermKind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, ENTERPRISE, GENESYS, World, without_ids};

const OLD: &str = "/api/v2/scim";
const V2: &str = "/api/v2/scim/v2";

/// Each operation with what it sends; `{U}` and `{G}` stand for the ids of a user and a group.
fn operations() -> Vec<(Method, String, Value)> {
    let user = json!({"userName": "new@b.c", "displayName": "N", "externalId": "7"});
    let title = json!({"schemas": [ENTERPRISE], "Operations":
        [{"op": "Replace", "path": "title", "value": "Boss"}]});
    let member =
        json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": "{U}"}]}]});
    let read = |path: &str| (Method::GET, path.to_owned(), Value::Null);
    vec![
        read("/users?filter=userName eq a@b.c"),
        (Method::POST, "/users".to_owned(), user),
        read("/users/{U}"),
        (Method::PUT, "/users/{U}".to_owned(), json!({"userName": "a@b.c", "displayName": "B"})),
        (Method::PATCH, "/users/{U}".to_owned(), title),
        read("/groups?filter=displayName eq Sales"),
        (Method::PATCH, "/groups/{G}".to_owned(), member),
        read("/groups/{G}"),
        (Method::PUT, "/groups/{G}".to_owned(), json!({"displayName": "Sales", "members": []})),
        (Method::DELETE, "/users/{U}".to_owned(), Value::Null),
        read("/serviceproviderconfig"),
        read("/resourcetypes"),
        read("/resourcetypes/User"),
        read("/schemas"),
        read(&format!("/schemas/{GENESYS}")),
    ]
}

/// What each operation answers below this base, with ids and the base itself replaced.
async fn answers(base: &str) -> Vec<String> {
    let world = World::new().await;
    let user = world.user("a@b.c").await;
    let group = world.organisation.create_group("Sales").await.unwrap().id;
    let filled = |text: &str| text.replace("{U}", &user).replace("{G}", &group);
    let mut answers = Vec::new();
    for (method, path, body) in operations() {
        let path = format!("{base}{}", filled(&path));
        let body: Value = serde_json::from_str(&filled(&body.to_string())).unwrap();
        let answer = world.send(method.clone(), &path, &body).await;
        assert!(answer.status.is_success(), "{method} {path}: {} {}", answer.status, answer.body);
        let mut body = answer.body;
        if let Some(version) =
            body.pointer_mut("/meta/version").filter(|_| path.ends_with("config"))
        {
            // It is made of what is shown, and locations differ.
            *version = Value::Null;
        }
        let shown = without_ids(&body).replace(base, "<base>");
        answers.push(format!(
            "{} {} {shown}",
            answer.status.as_u16(),
            answer.headers.contains_key("etag")
        ));
    }
    answers
}

#[tokio::test]
async fn both_families_answer_every_operation_alike() {
    let (old, v2) = (answers(OLD).await, answers(V2).await);
    assert_eq!((old.len(), v2.len()), (15, 15));
    for (old, v2) in old.iter().zip(&v2) {
        assert_eq!(old, v2);
    }
}

#[tokio::test]
async fn there_is_nothing_beside_the_operations() {
    let world = World::new().await;
    for base in [OLD, V2] {
        for (method, path, expected) in [
            (Method::POST, "/bulk", 404),
            (Method::GET, "/me", 404),
            (Method::POST, "/users/.search", 404),
            (Method::POST, "/groups", 405),
            (Method::DELETE, "/groups/1", 405),
            (Method::PUT, "/users", 405),
            (Method::DELETE, "/schemas", 405),
        ] {
            let answer = world.send(method.clone(), &format!("{base}{path}"), &json!({})).await;
            assert_eq!(answer.status, expected, "{method} {base}{path}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn unchanged_resources_are_not_sent_again() {
    let world = World::new().await;
    let user = format!("/users/{}", world.user("a@b.c").await);
    let group = format!("/groups/{}", world.organisation.create_group("Sales").await.unwrap().id);
    for path in [user.as_str(), group.as_str(), "/serviceproviderconfig"] {
        let etag = world.get(path).await.header("etag").to_owned();
        assert_ne!(etag, "", "{path}");
        let again = world.request(Method::GET, path).header("If-None-Match", &etag);
        assert_eq!(Answer::of(again).await.status, 304, "{path}");
        let other = world.request(Method::GET, path).header("If-None-Match", "\"other\"");
        assert_eq!(Answer::of(other).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn skills_have_limits() {
    let world = World::new().await;
    for number in 0..51 {
        world.organisation.create_term(TermKind::Skill, &format!("s{number}")).await.unwrap();
    }
    let created = async |name: &str, skills: Value| {
        let user =
            json!({"userName": name, "displayName": "A", GENESYS: {"routingSkills": skills}});
        world.post(&user).await.status.as_u16()
    };
    let many = |count: usize| -> Value {
        (0..count).map(|number| json!({"name": format!("s{number}"), "proficiency": 5.0})).collect()
    };
    assert_eq!(created("fifty@b.c", many(50)).await, 201);
    assert_eq!(created("more@b.c", many(51)).await, 400);
    for (name, proficiency, expected) in [
        ("s1", json!(0.0), 201),
        ("s1", json!("3.5"), 201),
        ("s1", json!(5.1), 400),
        ("s1", json!(-1), 400),
        ("S1", json!(1), 400),
    ] {
        let user = format!("{name}{proficiency}@b.c").replace('"', "");
        let skills = json!([{"name": name, "proficiency": proficiency}]);
        assert_eq!(created(&user, skills).await, expected, "{name} {proficiency}");
    }
}
