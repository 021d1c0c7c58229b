//! Each setting: what it changes, and that the default is the documented behaviour.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, ENTERPRISE, GENESYS, World};

/// What a setting does, as `default → set` of what `observe` tells.
async fn check(setting: &str, expected: &str, observe: impl AsyncFn(&World) -> String) {
    let before = observe(&World::new().await).await;
    let after = observe(&World::with(&[setting]).await).await;
    assert_eq!(format!("{before} → {after}"), expected, "{setting}");
}

fn user(more: &Value) -> Value {
    let mut user = json!({"userName": "a@b.c", "displayName": "A"});
    user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    user
}

/// Status and one attribute of the answer to a creation with this attribute.
async fn created(world: &World, more: Value, pointer: &str) -> String {
    let answer = world.post(&user(&more)).await;
    let value = answer.body.pointer(pointer).cloned().unwrap_or_default();
    format!("{} {value}", answer.status.as_u16())
}

#[test]
fn the_page_lists_every_setting_with_its_default() {
    let page = include_str!("../../../../docs/genesys.md");
    for setting in genesys::Settings::default().all() {
        let row = format!("| `{}` | `{}` |", setting.name, setting.default);
        assert!(page.contains(&row), "{row}");
        assert!(page.contains(setting.meaning), "{}: {}", setting.name, setting.meaning);
    }
}

#[tokio::test]
async fn names_that_nothing_has_are_refused_or_left_out() {
    let enterprise = |name: &str| format!("/{ENTERPRISE}/{name}");
    check("unknown-role=ignored", r#"400 null → 201 [{"value":"employee"}]"#, async |world| {
        created(world, json!({"roles": [{"value": "King"}, {"value": "employee"}]}), "/roles").await
    })
    .await;
    check("unknown-division=ignored", r#"400 null → 201 "Home""#, async |world| {
        created(world, json!({ENTERPRISE: {"division": "Mars"}}), &enterprise("division")).await
    })
    .await;
    check("unknown-skill=ignored", "400 null → 201 null", async |world| {
        let skills = json!({GENESYS: {"routingSkills": [{"name": "x", "proficiency": 1}]}});
        created(world, skills, &format!("/{GENESYS}")).await
    })
    .await;
    check("unknown-manager=ignored", "400 null → 201 null", async |world| {
        created(world, json!({ENTERPRISE: {"manager": {"value": "m"}}}), &enterprise("manager"))
            .await
    })
    .await;
    check("bad-phone=ignored", "400 null → 201 null", async |world| {
        created(world, json!({"phoneNumbers": [{"type": "work", "value": "555"}]}), "/phoneNumbers")
            .await
    })
    .await;
}

#[tokio::test]
async fn statuses_of_success_can_be_others() {
    check("create-status=200", "201 → 200", async |world| {
        world.post(&user(&json!({}))).await.status.as_u16().to_string()
    })
    .await;
    check("delete-status=200", "204 null → 200 {}", async |world| {
        let path = format!("/users/{}", world.user("a@b.c").await);
        let deleted = world.send(Method::DELETE, &path, &Value::Null).await;
        format!("{} {}", deleted.status.as_u16(), deleted.body)
    })
    .await;
}

#[tokio::test]
async fn a_deleted_user_comes_back_as_the_settings_say() {
    let deleted = async |world: &World| {
        let id = world.user("a@b.c").await;
        world.send(Method::DELETE, &format!("/users/{id}"), &Value::Null).await;
        id
    };
    check("revive=off", "201 true → 409 false", async |world| {
        let id = deleted(world).await;
        let again = world.post(&user(&json!({}))).await;
        format!("{} {}", again.status.as_u16(), again.body["id"] == id.as_str())
    })
    .await;
    check("restore-by-id=on", "404 → 200", async |world| {
        let path = format!("/users/{}", deleted(world).await);
        let activate = json!([{"op": "replace", "path": "active", "value": true}]);
        world.patch(&path, activate).await.status.as_u16().to_string()
    })
    .await;
    check("restore-by-id=on", "404 → 404", async |world| {
        let path = format!("/users/{}", deleted(world).await);
        let title = json!([{"op": "replace", "path": "title", "value": "x"}]);
        world.patch(&path, title).await.status.as_u16().to_string()
    })
    .await;
    check("deleted-shown=on", "404 0 0 → 200 1 0", async |world| {
        let read = world.get(&format!("/users/{}", deleted(world).await)).await.status;
        let found = world.get("/users?filter=userName eq a@b.c").await.body["totalResults"].clone();
        let listed = world.get("/users").await.body["totalResults"].clone();
        format!("{} {found} {listed}", read.as_u16())
    })
    .await;
}

#[tokio::test]
async fn roles_are_given_as_the_settings_say() {
    check("default-role=off", r#"201 [{"value":"employee"}] → 201 null"#, async |world| {
        created(world, json!({}), "/roles").await
    })
    .await;
    let replaced = r#"[{"value":"Supervisor"}] → [{"value":"employee"},{"value":"Supervisor"}]"#;
    check("default-role-kept=on", replaced, async |world| {
        let path = format!("/users/{}", world.user("a@b.c").await);
        let roles = json!([{"op": "replace", "path": "roles", "value": [{"value": "Supervisor"}]}]);
        world.patch(&path, roles).await.body["roles"].to_string()
    })
    .await;
    for (setting, expected) in
        [("grant-division=user", "Home → EMEA"), ("grant-division=all", "Home → *")]
    {
        check(setting, expected, async |world| {
            let created = world.post(&user(&json!({ENTERPRISE: {"division": "EMEA"}}))).await;
            let id = created.body["id"].as_str().unwrap().to_owned();
            world.organisation.grants(&id).await.unwrap()[0].division.clone()
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_absent_or_empty_is_cleared_or_kept() {
    check("put-absent=kept", r#"null → "Boss""#, async |world| {
        let created = world.post(&user(&json!({"title": "Boss"}))).await;
        let path = format!("/users/{}", created.body["id"].as_str().unwrap());
        world.send(Method::PUT, &path, &user(&json!({}))).await.body["title"].to_string()
    })
    .await;
    check("empty-values=kept", r#"null → "Boss""#, async |world| {
        let created = world.post(&user(&json!({"title": "Boss"}))).await;
        let path = format!("/users/{}", created.body["id"].as_str().unwrap());
        let emptied = json!([{"op": "replace", "path": "title", "value": ""}]);
        world.patch(&path, emptied).await.body["title"].to_string()
    })
    .await;
}

#[tokio::test]
async fn large_pages_are_refused_unless_they_are_cheap() {
    let many = async |world: &World, count: usize| {
        for number in 0..count {
            world.user(&format!("u{number}@b.c")).await;
        }
    };
    let world = World::new().await;
    many(&world, 30).await;
    let genesys = |name: &str| format!("{GENESYS}:{name}");
    let cheap =
        format!("externalId,roles,{},{}", genesys("routingLanguages"), genesys("routingSkills"));
    for (query, expected) in [
        (String::new(), 200),
        ("count=25".to_owned(), 200),
        ("count=26".to_owned(), 429),
        ("count=100&excludedAttributes=externalId".to_owned(), 429),
        (format!("count=100&excludedAttributes={cheap}"), 200),
        ("count=100&attributes=id,active".to_owned(), 200),
        ("count=100&attributes=roles".to_owned(), 429),
        ("count=100&filter=userName eq u1@b.c".to_owned(), 200),
        ("count=0".to_owned(), 200),
    ] {
        let answer = world.get(&format!("/users?{query}")).await;
        assert_eq!(answer.status, expected, "{query}: {}", answer.body);
        assert_eq!(answer.header("retry-after"), "", "waiting would not help");
    }
    check("large-pages=refused", "200 → 429", async |world| {
        world.get("/users?count=26").await.status.as_u16().to_string()
    })
    .await;
    check("large-pages=cut", "429 null 200 26 → 200 25 200 26", async |world| {
        many(world, 26).await;
        let all = world.get("/users?count=100").await;
        let some = world.get("/users?count=100&attributes=userName").await;
        let sizes = [&all, &some]
            .map(|page| format!("{} {}", page.status.as_u16(), page.body["itemsPerPage"]));
        sizes.join(" ")
    })
    .await;
    check("large-pages=served", "429 → 200", async |world| {
        many(world, 26).await;
        world.get("/users?count=26").await.status.as_u16().to_string()
    })
    .await;
}

#[tokio::test]
async fn page_sizes_can_be_set() {
    for (setting, query, expected) in
        [("page-size-default=2", "", "3 → 2"), ("page-size-max=1", "?count=3", "3 → 1")]
    {
        check(setting, expected, async |world| {
            for number in 0..3 {
                world.user(&format!("u{number}@b.c")).await;
            }
            world.get(&format!("/users{query}")).await.body["itemsPerPage"].to_string()
        })
        .await;
    }
}

#[tokio::test]
async fn lists_can_trail_behind_writes() {
    let world = World::with(&["list-lag=30"]).await;
    let names = async || {
        let list = world.get("/users").await.body;
        let users = list["Resources"].as_array().unwrap().clone();
        let names: Vec<_> = users.iter().map(|user| user["title"].to_string()).collect();
        format!("{} {}", list["totalResults"], names.join(" "))
    };
    let path = format!("/users/{}", world.user("a@b.c").await);
    assert_eq!(names().await, "0 ");
    assert_eq!(world.get(&path).await.status, 200, "what is read by its id is the newest");
    world.pass(30);
    assert_eq!(names().await, "1 null");
    world.patch(&path, json!([{"op": "add", "path": "title", "value": "Boss"}])).await;
    assert_eq!(names().await, "1 null");
    world.pass(30);
    assert_eq!(names().await, "1 \"Boss\"");
    world.send(Method::DELETE, &path, &Value::Null).await;
    assert_eq!(names().await, "1 \"Boss\"");
    world.pass(30);
    assert_eq!(names().await, "0 ");
}

#[tokio::test]
async fn scim_makes_and_deletes_groups_only_if_that_is_allowed() {
    let make = async |world: &World| {
        let made = world.send(Method::POST, "/groups", &json!({"displayName": "New"})).await;
        made.status.as_u16().to_string()
    };
    check("group-create=missing", "405 → 404", make).await;
    check("group-create=allowed", "405 → 201", make).await;
    let delete = async |world: &World| {
        let group = world.organisation.create_group("Own").await.unwrap();
        let path = format!("/groups/{}", group.id);
        world.send(Method::DELETE, &path, &Value::Null).await.status.as_u16().to_string()
    };
    check("group-delete=missing", "405 → 404", delete).await;
    check("group-delete=allowed", "405 → 400", delete).await;
}

#[tokio::test]
async fn a_group_that_scim_made_can_be_deleted_by_it() {
    let world = World::with(&["group-create=allowed", "group-delete=allowed"]).await;
    let ada = world.user("a@b.c").await;
    let given = json!({"displayName": "New", "members": [{"value": ada}]});
    let made = world.send(Method::POST, "/groups", &given).await;
    assert_eq!(made.body["members"][0]["value"], ada.as_str());
    assert_eq!(made.body["externalId"], made.body["id"], "the vendor made one, too");
    let again = world.send(Method::POST, "/groups", &json!({"displayName": "NEW"})).await;
    assert_eq!((again.status.as_u16(), &again.body["scimType"]), (409, &json!("uniqueness")));
    let path = format!("/groups/{}", made.body["id"].as_str().unwrap());
    assert_eq!(world.send(Method::DELETE, &path, &Value::Null).await.status, 204);
    assert_eq!(world.get(&path).await.status, 404);
    assert_eq!(world.get(&format!("/users/{ada}")).await.body["groups"], Value::Null);
}

#[tokio::test]
async fn the_answer_to_a_change_shows_members_up_to_a_number() {
    check("answered-members=1", "2 2 → 0 2", async |world| {
        let path = format!("/groups/{}", world.organisation.create_group("G").await.unwrap().id);
        let mut people = Vec::new();
        for name in ["a@b.c", "b@b.c"] {
            people.push(json!({"value": world.user(name).await}));
        }
        let patched =
            world.patch(&path, json!([{"op": "add", "path": "members", "value": people}])).await;
        let count = |body: &Value| body["members"].as_array().map_or(0, Vec::len);
        format!("{} {}", count(&patched.body), count(&world.get(&path).await.body))
    })
    .await;
}

#[tokio::test]
async fn strictness_with_parameters_can_be_set() {
    check("group-filter-required=on", "200 → 400", async |world| {
        world.get("/groups").await.status.as_u16().to_string()
    })
    .await;
    check("unknown-attribute=refused", "200 → 400", async |world| {
        world.get("/users?attributes=shoeSize").await.status.as_u16().to_string()
    })
    .await;
}

#[tokio::test]
async fn external_ids_can_belong_to_all_clients() {
    let world_of = async |setting: &[&str]| {
        let mut world = World::with(setting).await;
        world.post(&user(&json!({"externalId": "7"}))).await;
        world.sign_in_with(&["SCIM Integration"], None).await;
        let found = world.get("/users?filter=externalId eq 7").await.body;
        format!("{} {}", found["totalResults"], found["Resources"][0]["externalId"])
    };
    assert_eq!(world_of(&[]).await, "0 null");
    assert_eq!(world_of(&["external-id-owner=organisation"]).await, "1 \"7\"");
}

#[tokio::test]
async fn the_limit_can_be_counted_by_token() {
    let world = World::with(&["rate-limit=1", "rate-limit-scope=token"]).await;
    assert_eq!(world.get("/users").await.status, 200);
    assert_eq!(world.get("/users").await.status, 429);
    let secret = store::secret::Secret::new("s3cret");
    let other = world.organisation.issue_token("test", &secret).await.unwrap().unwrap();
    let request = world
        .http
        .get(format!("{}/api/v2/scim/v2/users", world.origin))
        .bearer_auth(other.text.expose());
    assert_eq!(Answer::of(request).await.status, 200);
}

#[tokio::test]
async fn a_token_that_nobody_uses_can_end_early() {
    let world = World::with(&["idle-timeout=900"]).await;
    for (seconds, expected) in [(0, 200), (899, 200), (899, 200), (900, 401), (0, 401)] {
        world.pass(seconds);
        assert_eq!(world.get("/users").await.status, expected);
    }
}

#[tokio::test]
async fn a_token_is_idle_whatever_others_do_and_whether_it_was_used_or_not() {
    let mut world = World::with(&["idle-timeout=900"]).await;
    let secret = store::secret::Secret::new("s3cret");
    let issue = async |world: &World| {
        let token = world.organisation.issue_token("test", &secret).await.unwrap().unwrap();
        token.text.expose().to_owned()
    };
    let (busy, unused) = (issue(&world).await, issue(&world).await);
    let idle = std::mem::replace(&mut world.token, busy.clone());
    let ask = async |world: &World, token: &str| {
        let request = world.http.get(format!("{}/api/v2/scim/v2/users", world.origin));
        Answer::of(request.bearer_auth(token)).await.status.as_u16()
    };
    assert_eq!(ask(&world, &idle).await, 200);
    for _ in 0..3 {
        world.pass(400);
        assert_eq!(ask(&world, &busy).await, 200);
    }
    assert_eq!((ask(&world, &idle).await, ask(&world, &unused).await), (401, 401));
}

#[tokio::test]
async fn a_restart_does_not_wake_an_idle_token() {
    let mut world = World::with(&["idle-timeout=900"]).await;
    let form = [("grant_type", "client_credentials")];
    let request = world.http.post(format!("{}/oauth/token", world.origin)).form(&form);
    let idle = Answer::of(request.basic_auth("test", Some("s3cret"))).await;
    let idle = idle.body["access_token"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        world.pass(800);
        assert_eq!(world.get("/users").await.status, 200);
    }
    world.restart(&["idle-timeout=900"]).await;
    world.pass(700);
    assert_eq!(world.get("/users").await.status, 200, "used 700 seconds ago");
    world.token = idle;
    assert_eq!(world.get("/users").await.status, 401);
}

#[tokio::test]
async fn what_a_put_of_a_group_leaves_out_is_cleared_or_kept() {
    let put = async |world: &World, body: Value| {
        let path = format!("/groups/{}", world.organisation.create_group("G").await.unwrap().id);
        let member = json!([{"value": world.user("a@b.c").await}]);
        let filled = json!([{"op": "add", "path": "members", "value": member},
            {"op": "add", "path": "externalId", "value": "g"}]);
        world.patch(&path, filled).await;
        let put = world.send(Method::PUT, &path, &body).await;
        let count = put.body["members"].as_array().map_or(0, Vec::len);
        format!("{} {} {count}", put.body["displayName"], put.body["externalId"])
    };
    check("put-absent=kept", r#""H" null 0 → "H" "g" 1"#, async |world| {
        put(world, json!({"displayName": "H"})).await
    })
    .await;
    check("put-absent=kept", r#"null null 0 → "G" null 0"#, async |world| {
        put(world, json!({"externalId": "", "members": []})).await
    })
    .await;
}

#[tokio::test]
async fn a_bare_path_of_an_extension_is_refused_or_not() {
    let patched = async |world: &World| {
        let path = format!("/users/{}", world.user("a@b.c").await);
        let bare = json!([{"op": "replace", "path": "department", "value": "Sales"}]);
        let answer = world.patch(&path, bare).await;
        format!("{} {}", answer.status.as_u16(), answer.body[ENTERPRISE]["department"])
    };
    check("bare-extension-paths=ignored", "400 null → 200 null", patched).await;
    check("bare-extension-paths=taken", r#"400 null → 200 "Sales""#, patched).await;
}

#[tokio::test]
async fn an_empty_text_leaves_every_attribute_if_it_is_kept() {
    let world = World::with(&["empty-values=kept"]).await;
    let given = json!({"active": false, "externalId": "7", "title": "Boss",
        "phoneNumbers": [{"type": "work", "value": "+1317"}],
        ENTERPRISE: {"division": "EMEA", "manager": {"value": world.user("m@b.c").await}}});
    let created = world.post(&user(&given)).await.body;
    let path = format!("/users/{}", created["id"].as_str().unwrap());
    let names = ["userName", "displayName", "active", "externalId", "title", "phoneNumbers"];
    for name in names {
        let emptied = json!([{"op": "replace", "path": name, "value": ""}]);
        assert_eq!(world.patch(&path, emptied).await.body, created, "{name}");
        let emptied = json!([{"op": "replace", "value": {name: " "}}]);
        assert_eq!(world.patch(&path, emptied).await.body, created, "{name}");
    }
    for name in [format!("{ENTERPRISE}:manager"), "phoneNumbers[type eq \"work\"].value".to_owned()]
    {
        let emptied = json!([{"op": "replace", "path": name, "value": ""}]);
        assert_eq!(world.patch(&path, emptied).await.body, created, "{name}");
    }
    let mut emptied = created.clone();
    for name in names.iter().filter(|name| **name != "phoneNumbers") {
        emptied[name] = json!("");
    }
    emptied["phoneNumbers"][0]["value"] = json!("");
    emptied[ENTERPRISE] = json!({"division": "", "manager": {"value": ""}});
    assert_eq!(world.send(Method::PUT, &path, &emptied).await.body, created);

    let path = format!("/groups/{}", world.organisation.create_group("G").await.unwrap().id);
    let filled = json!([{"op": "add", "path": "externalId", "value": "g"}]);
    let group = world.patch(&path, filled).await.body;
    for name in ["displayName", "externalId"] {
        let emptied = json!([{"op": "replace", "path": name, "value": ""}]);
        assert_eq!(world.patch(&path, emptied).await.body, group, "{name}");
    }
    let emptied = json!({"displayName": "", "externalId": ""});
    assert_eq!(world.send(Method::PUT, &path, &emptied).await.body, group);
}

#[tokio::test]
async fn a_restored_user_has_no_role_even_if_the_default_one_is_kept() {
    for restored in ["active", "posted"] {
        let world = World::with(&["default-role-kept=on", "restore-by-id=on"]).await;
        let path = format!("/users/{}", world.user("a@b.c").await);
        world.send(Method::DELETE, &path, &Value::Null).await;
        let answer = match restored {
            "active" => {
                let activate = json!([{"op": "replace", "path": "active", "value": true}]);
                world.patch(&path, activate).await
            }
            _ => world.post(&user(&json!({}))).await,
        };
        assert!(answer.status.is_success(), "{}", answer.body);
        assert_eq!(answer.body["roles"], Value::Null, "{restored}");
    }
}

#[tokio::test]
async fn an_identifier_belongs_to_one_user_or_to_several() {
    let ids = json!({"externalId": "7",
        GENESYS: {"externalIds": [{"authority": "microsoftteams", "value": "t"}]}});
    let again = async |world: &World, more: Value| {
        world.post(&user(&ids)).await;
        let mut other = json!({"userName": "b@b.c", "displayName": "B"});
        other.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.post(&other).await.status.as_u16().to_string()
    };
    let setting = "duplicate-external-ids=allowed";
    check(setting, "409 → 201", async |world| again(world, json!({"externalId": "7"})).await).await;
    check(setting, "409 → 201", async |world| {
        again(world, json!({GENESYS: ids[GENESYS].clone()})).await
    })
    .await;
    check(setting, "201 → 201", async |world| again(world, json!({"externalId": "8"})).await).await;
}

#[tokio::test]
async fn a_taken_identifier_is_named_and_a_deleted_user_has_none() {
    let world = World::new().await;
    let ids = json!({"externalId": "7",
        GENESYS: {"externalIds": [{"authority": "microsoftteams", "value": "t"}]}});
    let first = world.post(&user(&ids)).await.body["id"].as_str().unwrap().to_owned();
    let path = format!("/users/{}", world.user("b@b.c").await);
    let write = async |name: &str, value: &str| {
        let operations = json!([{"op": "replace", "path": name, "value": value}]);
        world.patch(&path, operations).await
    };
    let teams = format!("{GENESYS}:externalIds[authority eq \"microsoftteams\"].value");
    insta::assert_snapshot!(write("externalId", "7").await.refusal(), @r#"409 uniqueness: externalId "7" belongs to the active user "a@b.c": take it away there, or send another one"#);
    insta::assert_snapshot!(write(&teams, "t").await.refusal(), @r#"409 uniqueness: "t" of the authority "microsoftteams" belongs to the active user "a@b.c": take it away there, or send another one"#);
    assert_eq!(write(&teams, "t2").await.status, 200);
    world.send(Method::DELETE, &format!("/users/{first}"), &Value::Null).await;
    assert_eq!(write("externalId", "7").await.status, 200);
    let restored = world.organisation.restore_user(&first).await.unwrap();
    assert_eq!(restored.mirrors, std::collections::BTreeMap::new(), "\"7\" has passed on");
    assert_eq!(restored.profile.external_ids.len(), 1);
    let record = world.organisation.records(0, 100).await.unwrap().pop().unwrap();
    let change = record.changes.iter().find(|change| change.property == "externalIds").unwrap();
    assert_eq!(change.old_values, ["microsoftteams: t", "x-pc:scimv2:v1:test: 7"]);
    assert_eq!(change.new_values, ["microsoftteams: t"]);
    world.send(Method::DELETE, &format!("/users/{first}"), &Value::Null).await;
    // The name comes back without the identifiers of before.
    assert_eq!(world.post(&user(&json!({}))).await.status, 201);
}

#[tokio::test]
async fn inactive_users_are_found_by_name_or_only_as_such() {
    check("inactive-found=off", "1 1 → 0 1", async |world| {
        world.post(&user(&json!({"active": false}))).await;
        let by_name = world.get("/users?filter=userName eq a@b.c").await.body;
        let by_state = world.get("/users?filter=userName eq a@b.c and active eq false").await.body;
        format!("{} {}", by_name["totalResults"], by_state["totalResults"])
    })
    .await;
}

#[tokio::test]
async fn whoever_is_active_again_has_the_roles_of_before_or_none() {
    let activated = async |world: &World, operations: Value| {
        let given = json!({"active": false, "roles": [{"value": "Supervisor"}]});
        let created = world.post(&user(&given)).await;
        let path = format!("/users/{}", created.body["id"].as_str().unwrap());
        world.patch(&path, operations).await.body["roles"].to_string()
    };
    let setting = "reactivated-roles=cleared";
    check(setting, r#"[{"value":"Supervisor"}] → null"#, async |world| {
        activated(world, json!([{"op": "replace", "path": "active", "value": true}])).await
    })
    .await;
    let same = r#"[{"value":"Supervisor"}] → [{"value":"Supervisor"}]"#;
    check(setting, same, async |world| {
        let roles = json!([{"value": "Supervisor"}]);
        let both = json!([{"op": "replace", "value": {"active": true, "roles": roles}}]);
        activated(world, both).await
    })
    .await;
    check(setting, same, async |world| {
        activated(world, json!([{"op": "replace", "path": "title", "value": "x"}])).await
    })
    .await;
}

#[tokio::test]
async fn the_authority_of_an_external_id_ends_as_the_settings_say() {
    let authority = async |world: &World| {
        let created = world.post(&user(&json!({"externalId": "7"}))).await.body;
        let authority = created[GENESYS]["externalIds"][0]["authority"].as_str().unwrap();
        let path = format!("/users/{}", created["id"].as_str().unwrap());
        let put = world.send(Method::PUT, &path, &created).await;
        assert_eq!(put.body, created, "what was read can be put back");
        let filter =
            format!("{GENESYS}:externalIds[authority eq \"{authority}\" and value eq \"7\"]");
        let found = world.request(Method::GET, "/users").query(&[("filter", filter)]);
        assert_eq!(Answer::of(found).await.body["totalResults"], 1, "{authority}");
        authority.to_owned()
    };
    let expected = "x-pc:scimv2:v1:test → x-pc:scimv2:v1";
    check("external-id-suffix=none", expected, authority).await;
    let expected = "x-pc:scimv2:v1:test → x-pc:scimv2:v1:@";
    check("external-id-suffix=opaque", expected, async |world| {
        let authority = authority(world).await;
        let suffix = authority.rsplit(':').next().unwrap().to_owned();
        if suffix == "test" { authority } else { authority.replace(&suffix, "@") }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_users_who_are_to_have_one_identifier_at_once_one_gets_it() {
    let world = std::sync::Arc::new(World::new().await);
    let writes: Vec<_> = (0..10)
        .map(|number| {
            let world = std::sync::Arc::clone(&world);
            tokio::spawn(async move {
                let name = format!("u{number}@b.c");
                let user = json!({"userName": name, "displayName": name, "externalId": "7"});
                world.post(&user).await.status.as_u16()
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for write in writes {
        statuses.push(write.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(world.get("/users?filter=externalId eq 7").await.body["totalResults"], 1);
}

#[tokio::test]
async fn who_shares_an_identifier_already_may_take_others_and_give_it_up() {
    let mut world = World::with(&["duplicate-external-ids=allowed"]).await;
    let teams = json!({GENESYS: {"externalIds": [{"authority": "microsoftteams", "value": "T1"}]}});
    world.post(&user(&teams)).await;
    let mut other = json!({"userName": "b@b.c", "displayName": "B", "externalId": "7"});
    other.as_object_mut().unwrap().extend(teams.as_object().unwrap().clone());
    let created = world.post(&other).await;
    let path = format!("/users/{}", created.body["id"].as_str().unwrap());
    world.restart(&[]).await;
    let ids = format!("{GENESYS}:externalIds");
    let zoom = json!([{"authority": "zoomphone", "value": "Z"}]);
    for operation in [
        json!({"op": "remove", "path": "externalId"}),
        json!({"op": "add", "path": ids, "value": zoom}),
        json!({"op": "remove", "path": format!("{ids}[authority eq \"microsoftteams\"]")}),
    ] {
        let answer = world.patch(&path, json!([operation])).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
    }
    let back = json!([{"op": "add", "path": ids, "value": teams[GENESYS]["externalIds"]}]);
    assert_eq!(world.patch(&path, back).await.status, 409);
}

#[tokio::test]
async fn an_identifier_passes_from_who_left_to_who_came() {
    let world = World::new().await;
    let leaver = world.post(&user(&json!({"externalId": "7"}))).await;
    let path = format!("/users/{}", leaver.body["id"].as_str().unwrap());
    let active = async |value: bool| {
        world.patch(&path, json!([{"op": "replace", "path": "active", "value": value}])).await
    };
    assert_eq!(active(false).await.status, 200);
    let hire = json!({"userName": "b@b.c", "displayName": "B", "externalId": "7"});
    assert_eq!(world.post(&hire).await.status, 201);
    let title = json!([{"op": "replace", "path": "title", "value": "x"}]);
    assert_eq!(world.patch(&path, title).await.status, 200);
    insta::assert_snapshot!(active(true).await.refusal(), @r#"409 uniqueness: externalId "7" belongs to the active user "b@b.c": take it away there, or send another one"#);
    let another = json!([{"op": "replace", "value": {"active": true, "externalId": "8"}}]);
    assert_eq!(world.patch(&path, another).await.status, 200);
}

#[tokio::test]
async fn a_hidden_client_is_hidden_from_administrators_and_records_too() {
    for suffix in ["opaque", "none"] {
        let mut world = World::with(&[&format!("external-id-suffix={suffix}")]).await;
        let created = world.post(&user(&json!({"externalId": "7"}))).await.body;
        let id = created["id"].as_str().unwrap();
        let authority = created[GENESYS]["externalIds"][0]["authority"].as_str().unwrap();
        let records = world.organisation.records(0, 100).await.unwrap();
        let changes = records.iter().flat_map(|record| &record.changes);
        let change = changes.into_iter().find(|change| change.property == "externalIds").unwrap();
        assert_eq!(change.new_values, [format!("{authority}: 7")]);
        let find = format!("/api/v2/users/externalid/{authority}/7");
        assert_eq!(world.get(&find).await.body["id"], id);
        let read = format!("/api/v2/users/{id}/externalid");
        let expected = json!([{"authorityName": authority, "externalKey": "7"}]);
        assert_eq!(world.get(&read).await.body, expected);
        world.sign_in_with(&["Admin"], None).await;
        assert_eq!(world.get(&read).await.body, expected);
    }
}
