//! The platform's calls beside SCIM, as an administrator uses them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, ENTERPRISE, World, without_ids};

async fn admin() -> World {
    let mut world = World::new().await;
    world.sign_in_with(&["Admin"], None).await;
    world
}

async fn call(world: &World, method: Method, path: &str, body: &Value) -> Answer {
    world.send(method, &format!("/api/v2{path}"), body).await
}

async fn done(world: &World, method: Method, path: &str, body: &Value) -> Value {
    let answer = call(world, method.clone(), path, body).await;
    assert!(answer.status.is_success(), "{method} {path}: {} {}", answer.status, answer.body);
    answer.body
}

fn names(page: &Value, list: &str, name: &str) -> String {
    let names = page[list].as_array().unwrap().iter().map(|entity| entity[name].as_str().unwrap());
    names.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn groups_are_made_found_filled_and_deleted() {
    let world = admin().await;
    let ada = world.user("ada@b.c").await;
    let given =
        json!({"name": "Sales", "type": "official", "rulesVisible": true, "visibility": "members"});
    let group = done(&world, Method::POST, "/groups", &given).await;
    insta::assert_snapshot!(without_ids(&group), @r###"
        {
          "id": "<id>",
          "name": "Sales",
          "dateModified": "2026-11-23T08:00:00Z",
          "memberCount": 0,
          "state": "active",
          "version": 1,
          "type": "official",
          "rulesVisible": true,
          "visibility": "members",
          "selfUri": "/api/v2/groups/<id>"
        }
        "###);
    let path = format!("/groups/{}", group["id"].as_str().unwrap());
    let again = call(&world, Method::POST, "/groups", &given).await;
    assert_eq!((again.status.as_u16(), &again.body["code"]), (409, &json!("general.conflict")));
    let members = json!({"memberIds": [ada], "version": 1});
    assert_eq!(call(&world, Method::POST, &format!("{path}/members"), &members).await.status, 202);
    assert_eq!(call(&world, Method::POST, &format!("{path}/members"), &members).await.status, 409);
    let listed =
        done(&world, Method::GET, &format!("{path}/members?pageSize=1"), &Value::Null).await;
    assert_eq!(
        (names(&listed, "entities", "email"), &listed["total"]),
        ("ada@b.c".to_owned(), &json!(1))
    );
    let search = json!({"query": [{"fields": ["name"], "value": "sal", "type": "STARTS_WITH"}]});
    let found = done(&world, Method::POST, "/groups/search", &search).await;
    assert_eq!(names(&found, "results", "name"), "Sales");
    let changed = json!({"name": "Sales 2", "version": 2});
    assert_eq!(done(&world, Method::PUT, &path, &changed).await["name"], "Sales 2");
    done(&world, Method::DELETE, &format!("{path}/members?ids={ada}"), &Value::Null).await;
    assert_eq!(done(&world, Method::GET, &path, &Value::Null).await["memberCount"], 0);
    assert_eq!(call(&world, Method::DELETE, &path, &Value::Null).await.status, 204);
    assert_eq!(call(&world, Method::GET, &path, &Value::Null).await.status, 404);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let world = admin().await;
    for number in 0..5 {
        world.organisation.create_group(&format!("g{number}")).await.unwrap();
    }
    let mut page = done(&world, Method::GET, "/groups?pageSize=2&pageNumber=2", &Value::Null).await;
    assert_eq!(names(&page, "entities", "name"), "g2 g3");
    page["entities"] = Value::Null;
    insta::assert_snapshot!(page, @r#"{"entities":null,"pageSize":2,"pageNumber":2,"total":5,"firstUri":"/api/v2/groups?pageSize=2&pageNumber=1","selfUri":"/api/v2/groups?pageSize=2&pageNumber=2","lastUri":"/api/v2/groups?pageSize=2&pageNumber=3","pageCount":3,"nextUri":"/api/v2/groups?pageSize=2&pageNumber=3","previousUri":"/api/v2/groups?pageSize=2&pageNumber=1"}"#);
    for wrong in ["pageSize=0", "pageSize=501", "pageNumber=0", "pageSize=x"] {
        assert_eq!(
            call(&world, Method::GET, &format!("/groups?{wrong}"), &Value::Null).await.status,
            400,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_deleted_user_is_found_and_restored_by_its_state() {
    let world = admin().await;
    let id = world.user("ada@b.c").await;
    world.send(Method::DELETE, &format!("/users/{id}"), &Value::Null).await;
    let given = json!({"name": "Ada", "email": "ADA@b.c"});
    let refused = call(&world, Method::POST, "/users", &given).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("general.conflict")));
    assert_eq!(call(&world, Method::GET, &format!("/users/{id}"), &Value::Null).await.status, 404);
    let search = json!({"query": [{"fields": ["email"], "value": "ada@b.c", "type": "EXACT"},
        {"fields": ["state"], "values": ["deleted"], "type": "EXACT"}]});
    let found = done(&world, Method::POST, "/users/search", &search).await;
    assert_eq!(names(&found, "results", "state"), "deleted");
    let version = &found["results"][0]["version"];
    let path = format!("/users/{id}");
    for (body, expected) in [
        (json!({"state": "active"}), 400),
        (json!({"state": "active", "version": 99}), 409),
        (json!({"state": "active", "title": "x", "version": version}), 400),
        (json!({"title": "x", "version": version}), 404),
        (json!({"state": "active", "version": version}), 200),
    ] {
        let answer = call(&world, Method::PATCH, &path, &body).await;
        assert_eq!(answer.status, expected, "{body}: {}", answer.body);
    }
    let restored = world.get(&path).await.body;
    assert_eq!((&restored["active"], &restored["roles"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn users_are_listed_by_state_and_changed() {
    let world = admin().await;
    world.user("ada@b.c").await;
    world.post(&json!({"userName": "bob@b.c", "displayName": "Bob", "active": false})).await;
    let gone = world.user("gone@b.c").await;
    world.send(Method::DELETE, &format!("/users/{gone}"), &Value::Null).await;
    for (query, expected) in [
        ("", "ada@b.c"),
        ("?state=inactive", "bob@b.c"),
        ("?state=deleted", "gone@b.c"),
        ("?state=any", "ada@b.c bob@b.c gone@b.c"),
    ] {
        let listed = done(&world, Method::GET, &format!("/users{query}"), &Value::Null).await;
        assert_eq!(names(&listed, "entities", "email"), expected, "{query}");
    }
    let eve = done(
        &world,
        Method::POST,
        "/users",
        &json!({"name": "Eve", "email": "eve@b.c", "title": "x"}),
    )
    .await;
    let path = format!("/users/{}", eve["id"].as_str().unwrap());
    let changed = json!({"title": "Boss", "department": "R&D", "version": 1});
    let changed = done(&world, Method::PATCH, &path, &changed).await;
    assert_eq!((&changed["title"], &changed["version"]), (&json!("Boss"), &json!(2)));
    assert_eq!(world.get(&path).await.body[ENTERPRISE]["department"], "R&D");
    assert_eq!(done(&world, Method::DELETE, &path, &Value::Null).await["state"], "deleted");
}

#[tokio::test]
async fn roles_carry_permissions_and_are_granted() {
    let mut world = admin().await;
    let policies = json!([{"domain": "directory", "entityName": "group", "actionSet": ["edit"]}]);
    let role = done(
        &world,
        Method::POST,
        "/authorization/roles",
        &json!({"name": "Filler", "permissionPolicies": policies}),
    )
    .await;
    assert_eq!(role["permissions"], json!(["directory:group:edit"]));
    let wrong = json!({"name": "Wrong", "permissions": ["everything"]});
    assert_eq!(call(&world, Method::POST, "/authorization/roles", &wrong).await.status, 400);
    let (role_id, ada) = (role["id"].as_str().unwrap(), world.user("ada@b.c").await);
    let division =
        done(&world, Method::POST, "/authorization/divisions", &json!({"name": "Americas"})).await;
    let division_id = division["id"].as_str().unwrap();
    done(
        &world,
        Method::POST,
        &format!("/authorization/subjects/{ada}/divisions/{division_id}/roles/{role_id}"),
        &Value::Null,
    )
    .await;
    let subject =
        done(&world, Method::GET, &format!("/authorization/subjects/{ada}"), &Value::Null).await;
    let grants: Vec<_> = subject["grants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|grant| {
            format!(
                "{}@{}",
                grant["role"]["name"].as_str().unwrap(),
                grant["division"]["name"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(grants.join(" "), "employee@Home Filler@Americas");
    let shown = world.get(&format!("/users/{ada}")).await.body;
    assert_eq!(
        (&shown["roles"], &shown["meta"]["version"]),
        (&json!([{"value": "employee"}, {"value": "Filler"}]), &json!("2"))
    );
    // SCIM leaves the division of a role that stays.
    let roles = json!([{"op": "replace", "path": "roles", "value": [{"value": "Filler"}]}]);
    world.patch(&format!("/users/{ada}"), roles).await;
    let left = world.organisation.grants(&ada).await.unwrap();
    assert_eq!((left.len(), left[0].division.as_str()), (1, "Americas"));
    let authorization = done(&world, Method::PUT, &format!("/users/{ada}/roles"), &json!([])).await;
    assert_eq!(authorization["roles"], json!([]));
    done(&world, Method::DELETE, &format!("/authorization/roles/{role_id}"), &Value::Null).await;
    world.sign_in_with(&["SCIM Integration"], None).await;
    assert_eq!(call(&world, Method::GET, "/authorization/roles", &Value::Null).await.status, 403);
}

#[tokio::test]
async fn another_name_of_a_role_or_a_division_is_another_version_of_its_users() {
    let world = admin().await;
    let user = json!({"userName": "ada@b.c", "displayName": "A",
        "roles": [{"value": "Supervisor"}], ENTERPRISE: {"division": "EMEA"}});
    let created = world.post(&user).await.body;
    let path = format!("/users/{}", created["id"].as_str().unwrap());
    let other = format!("/users/{}", world.user("bob@b.c").await);
    let term = async |kind| {
        let terms = world.organisation.terms(kind).await.unwrap();
        let mine = terms.into_iter().find(|term| ["Supervisor", "EMEA"].contains(&&*term.name));
        mine.unwrap().id
    };
    let role = format!("/authorization/roles/{}", term(genesys::TermKind::Role).await);
    let division = format!("/authorization/divisions/{}", term(genesys::TermKind::Division).await);
    let shown = async || {
        let etag = world.get(&path).await.header("etag").to_owned();
        let user = world.get(&path).await.body;
        format!("{etag} {} {}", user["roles"], user[ENTERPRISE]["division"])
    };
    assert_eq!(shown().await, r#""1" [{"value":"Supervisor"}] "EMEA""#);
    done(&world, Method::PUT, &role, &json!({"name": "Boss"})).await;
    assert_eq!(shown().await, r#""2" [{"value":"Boss"}] "EMEA""#);
    done(&world, Method::PUT, &division, &json!({"name": "Europe"})).await;
    assert_eq!(shown().await, r#""3" [{"value":"Boss"}] "Europe""#);
    done(&world, Method::PUT, &role, &json!({"name": "Boss", "description": "x"})).await;
    assert_eq!(shown().await, r#""3" [{"value":"Boss"}] "Europe""#);
    done(&world, Method::DELETE, &role, &Value::Null).await;
    assert_eq!(shown().await, r#""4" null "Europe""#);
    assert_eq!(world.get(&other).await.header("etag"), "\"1\"");
}

#[tokio::test]
async fn skills_and_languages_are_made_before_users_have_them() {
    let world = admin().await;
    let skill = done(&world, Method::POST, "/routing/skills", &json!({"name": "billing"})).await;
    done(&world, Method::POST, "/routing/languages", &json!({"name": "English - Spoken"})).await;
    let user = json!({"userName": "ada@b.c", "displayName": "A", crate::GENESYS: {
        "routingSkills": [{"name": "billing", "proficiency": 3.5}],
        "routingLanguages": [{"name": "English - Spoken", "proficiency": 5}]}});
    let ada = world.post(&user).await.body["id"].as_str().unwrap().to_owned();
    let listed =
        done(&world, Method::GET, &format!("/users/{ada}/routingskills"), &Value::Null).await;
    assert_eq!(
        (&listed["entities"][0]["id"], &listed["entities"][0]["proficiency"]),
        (&skill["id"], &json!(3.5))
    );
    assert_eq!(
        names(
            &done(&world, Method::GET, "/routing/languages", &Value::Null).await,
            "entities",
            "name"
        ),
        "English - Spoken"
    );
    let refused = call(
        &world,
        Method::DELETE,
        &format!("/routing/skills/{}", skill["id"].as_str().unwrap()),
        &Value::Null,
    )
    .await;
    assert_eq!(refused.status, 409);
}

#[tokio::test]
async fn clients_are_made_changed_and_deleted() {
    let world = admin().await;
    let role = world.organisation.pair("SCIM Integration", None).await.unwrap().0;
    let given = |seconds: u32, roles: Value| {
        json!({"name": "Entra", "authorizedGrantType": "CLIENT-CREDENTIALS",
        "accessTokenValiditySeconds": seconds, "roleDivisions": roles})
    };
    let scim = json!([{"roleId": role, "divisionId": "*"}]);
    for (seconds, roles, expected) in [
        (299, scim.clone(), 400),
        (300, json!([]), 200),
        (172_800, json!([]), 200),
        (172_801, json!([]), 400),
        (38_880_000, scim.clone(), 200),
        (38_880_001, scim.clone(), 400),
        (300, json!([{"roleId": "nothing", "divisionId": "*"}]), 404),
    ] {
        let answer = call(&world, Method::POST, "/oauth/clients", &given(seconds, roles)).await;
        assert_eq!(answer.status, expected, "{seconds}: {}", answer.body);
    }
    let code = json!({"name": "x", "authorizedGrantType": "CODE"});
    assert_eq!(call(&world, Method::POST, "/oauth/clients", &code).await.status, 400);
    let client = done(&world, Method::POST, "/oauth/clients", &given(600, scim)).await;
    let (id, secret) = (client["id"].as_str().unwrap(), client["secret"].as_str().unwrap());
    let signs_in = async |secret: &str| {
        let request = world
            .http
            .post(format!("{}/login/oauth/token", world.origin))
            .basic_auth(id, Some(secret));
        Answer::of(request.form(&[("grant_type", "client_credentials")])).await
    };
    let token = signs_in(secret).await;
    assert_eq!(token.body["expires_in"], 600);
    let reads = async || {
        let request = world.http.get(format!("{}/api/v2/scim/v2/users", world.origin));
        Answer::of(request.bearer_auth(token.body["access_token"].as_str().unwrap())).await.status
    };
    assert_eq!(reads().await, 200);
    let path = format!("/oauth/clients/{id}");
    let read = done(&world, Method::GET, &path, &Value::Null).await;
    assert_eq!((&read["secret"], &read["state"]), (&Value::Null, &json!("active")));
    let disabled =
        done(&world, Method::PUT, &path, &json!({"name": "Entra", "state": "disabled"})).await;
    assert_eq!(
        (&disabled["state"], &disabled["accessTokenValiditySeconds"]),
        (&json!("disabled"), &json!(600))
    );
    assert_eq!((reads().await.as_u16(), signs_in(secret).await.status.as_u16()), (401, 401));
    done(&world, Method::PUT, &path, &json!({"name": "Entra", "state": "active"})).await;
    assert_eq!((reads().await.as_u16(), signs_in(secret).await.status.as_u16()), (401, 200));
    let renewed = done(&world, Method::POST, &format!("{path}/secret"), &Value::Null).await;
    assert_eq!(signs_in(secret).await.status, 401);
    assert_eq!(signs_in(renewed["secret"].as_str().unwrap()).await.status, 200);
    assert_eq!(call(&world, Method::DELETE, &path, &Value::Null).await.status, 204);
    assert_eq!(call(&world, Method::GET, &path, &Value::Null).await.status, 404);
}

#[tokio::test]
async fn a_client_ends_on_its_date() {
    let world = admin().await;
    let role = world.organisation.pair("SCIM Integration", None).await.unwrap().0;
    let given = json!({"name": "Guest", "roleIds": [role], "dateToDelete": "2026-11-23T09:00:00Z",
        "scope": ["users"], "registeredRedirectUri": ["https://a.example/back"]});
    let made = done(&world, Method::POST, "/oauth/clients", &given).await;
    let path = format!("/oauth/clients/{}", made["id"].as_str().unwrap());
    let changed = done(&world, Method::PUT, &path, &json!({"name": "Guest 2"})).await;
    for name in ["dateToDelete", "scope", "registeredRedirectUri"] {
        assert_eq!((&made[name], &changed[name]), (&given[name], &given[name]));
    }
    let past = json!({"name": "x", "dateToDelete": "2026-11-23T08:00:00Z"});
    assert_eq!(call(&world, Method::POST, "/oauth/clients", &past).await.status, 400);
    let secret = store::secret::Secret::new(made["secret"].as_str().unwrap());
    let id = made["id"].as_str().unwrap();
    let token = world.organisation.issue_token(id, &secret).await.unwrap().unwrap();
    let reads = async || {
        let request = world.http.get(format!("{}/api/v2/scim/v2/users", world.origin));
        Answer::of(request.bearer_auth(token.text.expose())).await.status.as_u16()
    };
    world.pass(3599);
    assert_eq!(reads().await, 200);
    world.pass(1);
    assert_eq!(reads().await, 401);
    assert!(world.organisation.issue_token(id, &secret).await.unwrap().is_none());
    assert_eq!(call(&world, Method::GET, &path, &Value::Null).await.status, 404);
    let listed = done(&world, Method::GET, "/oauth/clients", &Value::Null).await;
    assert!(!names(&listed, "entities", "name").contains("Guest"));
    let clients = world.organisation.clients().await.unwrap();
    let guest = clients.iter().find(|client| client.name == "Guest 2").unwrap();
    assert_eq!((guest.has_ended, guest.revoked), (true, None));
}

#[tokio::test]
async fn a_token_can_be_given_back() {
    let world = World::new().await;
    let me = done(&world, Method::GET, "/tokens/me", &Value::Null).await;
    assert_eq!(me["OAuthClient"]["id"], "test");
    assert_eq!(call(&world, Method::DELETE, "/tokens/me", &Value::Null).await.status, 204);
    assert_eq!(call(&world, Method::GET, "/tokens/me", &Value::Null).await.status, 401);
}

#[tokio::test]
async fn audits_tell_who_did_what_and_when() {
    let world = admin().await;
    let path = format!("/users/{}", world.user("ada@b.c").await);
    let patched =
        world.patch(&path, json!([{"op": "add", "path": "title", "value": "Boss"}])).await;
    let correlation_id = patched.header("inin-correlation-id").to_owned();
    world.patch(&path, json!([{"op": "add", "path": "roles", "value": [{"value": "King"}]}])).await;
    done(&world, Method::POST, "/authorization/roles", &json!({"name": "R"})).await;
    done(&world, Method::POST, "/groups/search", &json!({})).await;
    let query = |filters: Value| json!({"interval": "2026-11-23T00:00:00Z/2026-11-24T00:00:00Z", "filters": filters});
    let audits = "/audits/query/realtime";
    let all = done(&world, Method::POST, audits, &query(json!([]))).await;
    let shown: Vec<_> = all["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|audit| {
            format!(
                "{} {} {}",
                audit["action"].as_str().unwrap(),
                audit["entityType"].as_str().unwrap(),
                audit["status"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Create Role SUCCESS",
            "Update User FAILURE",
            "Update User SUCCESS",
            "Create User SUCCESS"
        ]
    );
    assert_eq!(all["entities"][0]["entity"]["name"], "R");
    let of_answer = query(json!([{"property": "CorrelationId", "value": correlation_id}]));
    let found = done(&world, Method::POST, audits, &of_answer).await;
    assert_eq!(
        found["entities"][0]["propertyChanges"],
        json!([{"property": "title", "oldValues": [], "newValues": ["Boss"]}])
    );
    let refused = query(json!([{"property": "Status", "value": "FAILURE"}]));
    assert_eq!(done(&world, Method::POST, audits, &refused).await["total"], 1);
    let mut roles = query(json!([]));
    roles["serviceName"] = json!("PeoplePermissions");
    assert_eq!(done(&world, Method::POST, audits, &roles).await["total"], 1);
    assert_eq!(call(&world, Method::POST, audits, &json!({"interval": "today"})).await.status, 400);
}

#[tokio::test]
async fn what_is_not_there_has_the_platforms_body() {
    let world = admin().await;
    for (method, path, status, code) in [
        (Method::GET, "/shoes", 404, "not.found"),
        (Method::PATCH, "/groups", 405, "method.not.allowed"),
        (Method::GET, "/groups/nobody", 404, "not.found"),
        (Method::GET, "/users/nobody", 404, "not.found"),
        (Method::POST, "/groups", 400, "bad.request"),
        (Method::GET, "/authorization/subjects/nobody", 404, "not.found"),
    ] {
        let answer = call(&world, method, path, &Value::Null).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["code"]),
            (status, &json!(code)),
            "{path}"
        );
        assert_eq!(answer.body["contextId"], answer.header("inin-correlation-id"), "{path}");
    }
}

/// The newest record of an answer, as one line: action, kind, name and changes.
async fn newest(world: &World) -> String {
    let records = world.organisation.records(0, 1000).await.unwrap();
    let record = records.last().unwrap();
    let changes = record.changes.iter().map(|change| {
        format!(
            "{} [{}] → [{}]",
            change.property,
            change.old_values.join(", "),
            change.new_values.join(", ")
        )
    });
    let name = record.name.as_deref().unwrap_or("-");
    format!(
        "{} {} {name}: {}",
        record.action.word(),
        record.resource,
        changes.collect::<Vec<_>>().join("; ")
    )
}

#[tokio::test]
async fn records_tell_what_was_changed_from_what_to_what() {
    let world = admin().await;
    let ada = world.user("ada@b.c").await;
    insta::assert_snapshot!(newest(&world).await, @"create User ada@b.c: state [] → [active]; userName [] → [ada@b.c]; displayName [] → [ada@b.c]; roles [] → [employee]; division [] → [Home]");
    let role = done(
        &world,
        Method::POST,
        "/authorization/roles",
        &json!({"name": "R", "permissions": ["directory:user:add"]}),
    )
    .await;
    insta::assert_snapshot!(newest(&world).await, @"create Role R: name [] → [R]; permissions [] → [directory:user:add]");
    let role = role["id"].as_str().unwrap();
    let path = format!("/authorization/roles/{role}");
    let permissions = json!({"permissions": ["directory:user:add", "directory:user:edit"]});
    done(&world, Method::PUT, &path, &permissions).await;
    insta::assert_snapshot!(newest(&world).await, @"update Role R: permissions [directory:user:add] → [directory:user:add, directory:user:edit]");
    let grant = format!("/authorization/subjects/{ada}/divisions/*/roles/{role}");
    done(&world, Method::POST, &grant, &Value::Null).await;
    insta::assert_snapshot!(newest(&world).await, @"create Grant ada@b.c: roles [employee: Home] → [employee: Home, R: *]");
    done(&world, Method::PUT, &format!("/users/{ada}/roles"), &json!([role])).await;
    insta::assert_snapshot!(newest(&world).await, @"update User ada@b.c: roles [employee: Home, R: *] → [R: *]");
    done(&world, Method::DELETE, &grant, &Value::Null).await;
    insta::assert_snapshot!(newest(&world).await, @"delete Grant ada@b.c: roles [R: *] → []");
    done(&world, Method::PUT, &format!("{path}/users/add"), &json!([ada])).await;
    assert_eq!(newest(&world).await, format!("update Role R: users [] → [{ada}]"));
    done(&world, Method::DELETE, &path, &Value::Null).await;
    insta::assert_snapshot!(newest(&world).await, @"delete Role R:");
    let client = world.organisation.create_client("Entra", 300).await.unwrap();
    let path = format!("/oauth/clients/{}", client.id);
    done(&world, Method::POST, &format!("{path}/secret"), &Value::Null).await;
    insta::assert_snapshot!(newest(&world).await, @"update OAuthClient Entra: secret [] → []");
    done(&world, Method::PUT, &path, &json!({"name": "Entra", "state": "disabled"})).await;
    insta::assert_snapshot!(newest(&world).await, @"update OAuthClient Entra: state [active] → [disabled]");
    done(&world, Method::DELETE, &path, &Value::Null).await;
    insta::assert_snapshot!(newest(&world).await, @"delete OAuthClient Entra:");
    world.send(Method::DELETE, &format!("/users/{ada}"), &Value::Null).await;
    insta::assert_snapshot!(newest(&world).await, @"delete User ada@b.c: state [active] → [deleted]");
}

#[tokio::test]
async fn records_tell_who_came_to_a_group_and_who_left() {
    let world = admin().await;
    let (ada, bob) = (world.user("ada@b.c").await, world.user("bob@b.c").await);
    let group = done(&world, Method::POST, "/groups", &json!({"name": "Sales"})).await;
    let path = format!("/groups/{}", group["id"].as_str().unwrap());
    let members = json!({"memberIds": [ada], "version": 1});
    call(&world, Method::POST, &format!("{path}/members"), &members).await;
    assert_eq!(newest(&world).await, format!("update Group Sales: members [] → [{ada}]"));
    done(&world, Method::PUT, &path, &json!({"name": "Buyers", "version": 2})).await;
    insta::assert_snapshot!(newest(&world).await, @"update Group Buyers: name [Sales] → [Buyers]");
    let operations = |name: &str, member: &str| {
        json!([{"op": "replace", "path": "externalId", "value": name},
            {"op": "replace", "path": "members", "value": [{"value": member}]}])
    };
    world.patch(&path, operations("g-1", &ada)).await;
    insta::assert_snapshot!(newest(&world).await, @"update Group Buyers: externalId [] → [g-1]");
    world.patch(&path, operations("g-2", &bob)).await;
    assert_eq!(
        newest(&world).await,
        format!("update Group Buyers: externalId [g-1] → [g-2]; members [{ada}] → [{bob}]")
    );
    call(&world, Method::DELETE, &format!("{path}/members?ids={bob}"), &Value::Null).await;
    assert_eq!(newest(&world).await, format!("update Group Buyers: members [{bob}] → []"));
    call(&world, Method::DELETE, &path, &Value::Null).await;
    insta::assert_snapshot!(newest(&world).await, @"delete Group Buyers: displayName [Buyers] → []");
    let refused = json!([{"op": "add", "path": "roles", "value": [{"value": "King"}]}]);
    assert_eq!(world.patch(&format!("/users/{ada}"), refused).await.status, 400);
    insta::assert_snapshot!(newest(&world).await, @"update User ada@b.c:");
}

#[tokio::test]
async fn other_systems_call_a_user_by_names_of_their_own() {
    let world = admin().await;
    let ada = world.user("ada@b.c").await;
    let path = format!("/users/{ada}/externalid");
    let given = json!({"authorityName": "https://idp.example/", "externalKey": "Ä 5/x"});
    let ids = done(&world, Method::POST, &path, &given).await;
    assert_eq!(ids, json!([given]));
    assert_eq!(
        newest(&world).await,
        "update User ada@b.c: externalIds [] → [https://idp.example/: Ä 5/x]"
    );
    let key = "https%3A%2F%2Fidp.example%2F/%C3%84%205%2Fx";
    let find = format!("/users/externalid/{key}");
    assert_eq!(done(&world, Method::GET, &find, &Value::Null).await["id"], ada.as_str());
    let shown = world.get(&format!("/users/{ada}")).await.body;
    assert_eq!(
        shown[crate::GENESYS]["externalIds"],
        json!([{"authority": "https://idp.example/", "value": "Ä 5/x"}])
    );
    let mirror = json!({"authorityName": "x-pc:scimv2:v1:test", "externalKey": "7"});
    assert_eq!(call(&world, Method::POST, &path, &mirror).await.status, 400);
    let gone = format!("{path}/{key}");
    assert_eq!(call(&world, Method::DELETE, &gone, &Value::Null).await.status, 204);
    assert_eq!(call(&world, Method::DELETE, &gone, &Value::Null).await.status, 404);
    assert_eq!(call(&world, Method::GET, &find, &Value::Null).await.status, 404);
    assert_eq!(done(&world, Method::GET, &path, &Value::Null).await, json!([]));
}

#[tokio::test]
async fn what_is_too_long_for_scim_is_refused_so_that_the_user_can_still_be_changed() {
    let world = admin().await;
    let ada = world.user("ada@b.c").await;
    let (long, longest) = ("x".repeat(1025), "x".repeat(1024));
    let path = format!("/users/{ada}/externalid");
    for (authority, key, expected) in [
        ("hr", long.as_str(), 400),
        (long.as_str(), "7", 400),
        (longest.as_str(), longest.as_str(), 200),
    ] {
        let given = json!({"authorityName": authority, "externalKey": key});
        assert_eq!(call(&world, Method::POST, &path, &given).await.status, expected);
    }
    for name in ["name", "title", "department"] {
        let given = json!({name: long, "version": 2});
        let answer = call(&world, Method::PATCH, &format!("/users/{ada}"), &given).await;
        assert_eq!(answer.status, 400, "{name}");
    }
    let leave = json!([{"op": "replace", "path": "active", "value": false}]);
    assert_eq!(world.patch(&format!("/users/{ada}"), leave).await.status, 200);
}

#[tokio::test]
async fn a_role_is_given_to_all_users_or_to_none() {
    let world = admin().await;
    let (ada, bob) = (world.user("ada@b.c").await, world.user("bob@b.c").await);
    let role = done(&world, Method::POST, "/authorization/roles", &json!({"name": "R"})).await;
    let path = format!("/authorization/roles/{}/users", role["id"].as_str().unwrap());
    let write = async |what: &str, users: Value| {
        let answer = call(&world, Method::PUT, &format!("{path}/{what}"), &users).await;
        (answer.status.as_u16(), newest(&world).await)
    };
    let none = || "update Role R: ".to_owned();
    let has = async |id: &str| {
        world.organisation.grants(id).await.unwrap().iter().any(|grant| grant.role == "R")
    };
    assert_eq!(write("add", json!([ada, "nobody"])).await, (404, none()));
    assert!(!has(&ada).await);
    let only = |change: String| (200, format!("update Role R: users {change}"));
    assert_eq!(write("add", json!([ada])).await, only(format!("[] → [{ada}]")));
    assert_eq!(write("add", json!([ada, bob, bob])).await, only(format!("[] → [{bob}]")));
    assert_eq!(write("add", json!([ada])).await, (200, none()));
    assert_eq!(write("remove", json!([ada, "nobody"])).await, (404, none()));
    assert!(has(&ada).await);
    assert_eq!(write("remove", json!([ada])).await, only(format!("[{ada}] → []")));
    assert_eq!(write("remove", json!([ada, bob])).await, only(format!("[{bob}] → []")));
}

#[tokio::test]
async fn what_changes_no_grant_is_no_other_version_of_a_user() {
    let world = admin().await;
    let ada = world.user("ada@b.c").await;
    let version =
        async || world.get(&format!("/users/{ada}")).await.body["meta"]["version"].clone();
    let role = done(&world, Method::POST, "/authorization/roles", &json!({"name": "R"})).await;
    let role = role["id"].as_str().unwrap();
    let path = format!("/authorization/subjects/{ada}");
    let grants = json!({"grants": [{"roleId": role, "divisionId": "*"}]});
    for (what, expected) in [("bulkadd", 2), ("bulkadd", 2), ("bulkreplace", 3), ("bulkreplace", 3)]
    {
        done(&world, Method::POST, &format!("{path}/{what}"), &grants).await;
        assert_eq!(version().await, expected.to_string(), "{what}");
    }
    done(&world, Method::PUT, &format!("/users/{ada}/roles"), &json!([role])).await;
    assert_eq!(version().await, "3");
    for expected in [4, 4] {
        done(&world, Method::POST, &format!("{path}/bulkremove"), &grants).await;
        assert_eq!(version().await, expected.to_string());
    }
}

#[tokio::test]
async fn a_refused_write_below_an_object_is_recorded_as_its_change() {
    let world = admin().await;
    let ada = world.user("ada@b.c").await;
    let client = world.organisation.create_client("Entra", 300).await.unwrap().id;
    let nothing = json!({});
    for (method, path, expected) in [
        (Method::DELETE, format!("/users/{ada}/externalid/x/y"), "update User"),
        (Method::POST, format!("/users/{ada}/externalid"), "update User"),
        (Method::PUT, format!("/users/{ada}/roles"), "update User"),
        (Method::POST, "/groups/nobody/members".to_owned(), "update Group"),
        (Method::DELETE, "/groups/nobody/members".to_owned(), "update Group"),
        (Method::POST, "/oauth/clients/nobody/secret".to_owned(), "update OAuthClient"),
        (Method::POST, format!("/authorization/subjects/{ada}/bulkadd"), "create Grant"),
        (Method::POST, format!("/authorization/subjects/{ada}/bulkremove"), "delete Grant"),
        (Method::POST, format!("/authorization/subjects/{ada}/bulkreplace"), "update Grant"),
        (Method::POST, "/users".to_owned(), "create User"),
        (Method::DELETE, "/users/nobody".to_owned(), "delete User"),
        (Method::PUT, format!("/oauth/clients/{client}"), "update OAuthClient"),
    ] {
        let answer = call(&world, method.clone(), &path, &nothing).await;
        assert!(answer.status.is_client_error(), "{method} {path}: {}", answer.status);
        let newest = newest(&world).await;
        assert!(newest.starts_with(expected), "{method} {path}: {newest}");
    }
}

#[tokio::test]
async fn a_client_that_was_disabled_for_a_while_has_the_lifetime_of_before() {
    let world = World::new().await;
    let organisation = &world.organisation;
    let id = organisation.create_client("Entra", 38_880_000).await.unwrap().id;
    let scim = organisation.pair("SCIM Integration", None).await.unwrap();
    organisation.regrant(&id, &[]).await.unwrap();
    for state in [genesys::ClientState::Disabled, genesys::ClientState::Active] {
        let client = organisation.set_client_state(&id, state).await.unwrap();
        assert_eq!((client.state, client.token_seconds), (state, 172_800));
    }
    organisation.grant(&id, &[scim]).await.unwrap();
    assert_eq!(organisation.client(&id).await.unwrap().token_seconds, 38_880_000);
    let nobody = organisation.set_client_state("nobody", genesys::ClientState::Active).await;
    assert!(nobody.is_err());
}
