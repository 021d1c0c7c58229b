//! The life of a user.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, ENTERPRISE, GENESYS, World, without_ids};

fn ada() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE, GENESYS],
        "userName": "Ada@Example.com", "displayName": "Ada Şen", "active": true, "title": "Agent",
        "externalId": "167844", "password": "never shown", "name": {"givenName": "Ada"},
        "emails": [{"value": "ada@work.example.com", "type": "work"}],
        "phoneNumbers": [{"value": "tel:+13175550101;ext=105", "type": "work2"},
                         {"value": "+13175550100", "type": "work", "primary": true}],
        "roles": [{"value": "employee"}, {"value": "supervisor", "display": "ignored"}],
        ENTERPRISE: {"division": "emea", "department": "Support", "employeeNumber": "7", "dateHire": "2024-01-31T00:00:00Z"},
        GENESYS: {"externalIds": [{"authority": "microsoftteams", "value": "t"}]},
    })
}

#[tokio::test]
async fn a_created_user_is_shown_as_the_vendor_does() {
    let world = World::new().await;
    let created = world.post(&ada()).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.header("content-type"), "application/scim+json");
    assert_eq!(created.header("etag"), "\"1\"");
    assert!(created.header("location").starts_with("/api/v2/scim/v2/users/"));
    insta::assert_snapshot!(without_ids(&created.body), @r###"
        {
          "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User"
          ],
          "id": "<id>",
          "active": true,
          "userName": "Ada@Example.com",
          "displayName": "Ada Şen",
          "title": "Agent",
          "emails": [
            {
              "value": "Ada@Example.com",
              "type": "other",
              "primary": true
            },
            {
              "value": "ada@work.example.com",
              "type": "work",
              "primary": false
            }
          ],
          "phoneNumbers": [
            {
              "value": "+13175550100",
              "type": "work",
              "primary": true
            },
            {
              "value": "tel:+13175550101;ext=105",
              "type": "work2",
              "primary": false
            }
          ],
          "externalId": "167844",
          "roles": [
            {
              "value": "employee"
            },
            {
              "value": "Supervisor"
            }
          ],
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "division": "EMEA",
            "department": "Support",
            "employeeNumber": "7",
            "dateHire": "2024-01-31"
          },
          "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User": {
            "externalIds": [
              {
                "authority": "x-pc:scimv2:v1:test",
                "value": "167844"
              },
              {
                "authority": "microsoftteams",
                "value": "t"
              }
            ]
          },
          "meta": {
            "resourceType": "User",
            "lastModified": "2026-11-23T08:00:00.000Z",
            "location": "/api/v2/scim/v2/users/<id>",
            "version": "1"
          }
        }
        "###);
    let read = world.get(&format!("/users/{}", created.body["id"].as_str().unwrap())).await;
    assert_eq!(read.body, created.body);
}

#[tokio::test]
async fn a_user_with_nothing_but_names_gets_the_defaults() {
    let world = World::new().await;
    let created = world.post(&json!({"userName": "a@b.c", "displayName": "A"})).await;
    assert_eq!(created.body["active"], true);
    assert_eq!(created.body["roles"], json!([{"value": "employee"}]));
    assert_eq!(created.body[ENTERPRISE], json!({"division": "Home"}));
}

#[tokio::test]
async fn what_does_not_exist_is_named_in_the_refusal() {
    let world = World::new().await;
    let refused = async |path: &str, value: Value| {
        let mut user = json!({"userName": "a@b.c", "displayName": "A"});
        match path.split_once('|') {
            None => user[path] = value,
            Some((urn, name)) => user[urn] = json!({name: value}),
        }
        world.post(&user).await.refusal()
    };
    insta::assert_snapshot!(refused("roles", json!([{"value": "Superviser"}])).await, @r#"400 invalidValue: roles names "Superviser", but there is no role of that name in the organisation: create it there, or send another one"#);
    insta::assert_snapshot!(refused(&format!("{ENTERPRISE}|division"), json!("Mars")).await, @r#"400 invalidValue: division names "Mars", but there is no division of that name in the organisation: create it there, or send another one"#);
    insta::assert_snapshot!(refused(&format!("{ENTERPRISE}|manager"), json!({"value": "nobody"})).await, @r#"400 invalidValue: manager names "nobody", but there is no user of that id in the organisation: create it there, or send another one"#);
    insta::assert_snapshot!(refused("phoneNumbers", json!([{"type": "work", "value": "317-555"}])).await, @r#"400 invalidValue: phoneNumbers[type eq "work"].value must be E.164 such as +13175550100, or tel:+13175550100;ext=105, not "317-555""#);
    insta::assert_snapshot!(refused("phoneNumbers", json!([{"type": "pager", "value": "+1317"}])).await, @r#"400 invalidValue: phoneNumbers.type must be one of work, work2, work3, work4, home, mobile, other, microsoftteams, zoomphone, eightbyeight, ringcentral, not "pager""#);
    insta::assert_snapshot!(refused(&format!("{GENESYS}|routingSkills"), json!([{"name": "billing", "proficiency": 3}])).await, @r#"400 invalidValue: routingSkills names "billing", but there is no skill of that name in the organisation: create it there, or send another one"#);
    insta::assert_snapshot!(refused("displayName", json!("")).await, @r#"400 invalidValue: the attribute "displayName" is required: give it a value"#);
}

#[tokio::test]
async fn a_name_belongs_to_one_user_in_any_case_active_or_not() {
    let world = World::new().await;
    world.post(&json!({"userName": "ada@b.c", "displayName": "A", "active": false})).await;
    let again = world.post(&json!({"userName": "ADA@B.C", "displayName": "A"})).await;
    insta::assert_snapshot!(again.refusal(), @r#"409 uniqueness: userName "ADA@B.C" belongs to another user, active or not: change that user, or choose another name"#);
    let other = world.user("bob@b.c").await;
    let renamed = world
        .patch(
            &format!("/users/{other}"),
            json!([{"op": "replace", "path": "userName", "value": "ada@b.c"}]),
        )
        .await;
    assert_eq!(renamed.status, 409);
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let world = World::new().await;
    let created = world.post(&ada()).await;
    let path = format!("/users/{}", created.body["id"].as_str().unwrap());
    let manager = world.user("boss@b.c").await;
    let patched = world
        .patch(
            &path,
            json!([
                {"op": "Replace", "path": "active", "value": "False"},
                {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+4989123456"},
                {"op": "Replace", "path": "phoneNumbers[type eq \"work\"].value", "value": "+13175550199"},
                {"op": "Remove", "path": "title"},
                {"op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": manager},
                {"op": "Replace", "path": format!("{ENTERPRISE}:division"), "value": "Home"},
                {"op": "Add", "path": format!("{GENESYS}:externalIds[authority eq \"ringcentral\"].value"), "value": "r"},
                {"op": "Add", "path": "name.givenName", "value": "ignored"},
                {"op": "Replace", "path": "roles", "value": [{"value": "Supervisor"}]},
            ]),
        )
        .await;
    assert_eq!(patched.status, 200, "{}", patched.body);
    insta::assert_snapshot!(without_ids(&patched.body), @r###"
        {
          "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User"
          ],
          "id": "<id>",
          "active": false,
          "userName": "Ada@Example.com",
          "displayName": "Ada Şen",
          "emails": [
            {
              "value": "Ada@Example.com",
              "type": "other",
              "primary": true
            },
            {
              "value": "ada@work.example.com",
              "type": "work",
              "primary": false
            }
          ],
          "phoneNumbers": [
            {
              "value": "+13175550199",
              "type": "work",
              "primary": true
            },
            {
              "value": "tel:+13175550101;ext=105",
              "type": "work2",
              "primary": false
            },
            {
              "value": "+4989123456",
              "type": "mobile",
              "primary": false
            }
          ],
          "externalId": "167844",
          "roles": [
            {
              "value": "Supervisor"
            }
          ],
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "division": "Home",
            "department": "Support",
            "employeeNumber": "7",
            "dateHire": "2024-01-31",
            "manager": {
              "value": "<id>",
              "$ref": "/api/v2/scim/v2/users/<id>"
            }
          },
          "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User": {
            "externalIds": [
              {
                "authority": "x-pc:scimv2:v1:test",
                "value": "167844"
              },
              {
                "authority": "microsoftteams",
                "value": "t"
              },
              {
                "authority": "ringcentral",
                "value": "r"
              }
            ]
          },
          "meta": {
            "resourceType": "User",
            "lastModified": "2026-11-23T08:00:00.000Z",
            "location": "/api/v2/scim/v2/users/<id>",
            "version": "2"
          }
        }
        "###);
    assert_eq!(world.get(&path).await.body, patched.body);
}

#[tokio::test]
async fn a_patch_that_changes_nothing_keeps_the_version() {
    let world = World::new().await;
    let created = world.post(&ada()).await;
    let path = format!("/users/{}", created.body["id"].as_str().unwrap());
    let patched =
        world.patch(&path, json!([{"op": "replace", "path": "title", "value": "Agent"}])).await;
    assert_eq!(patched.body, created.body);
}

#[tokio::test]
async fn a_refused_operation_undoes_the_others() {
    let world = World::new().await;
    let path = format!("/users/{}", world.user("a@b.c").await);
    let operations = json!([{"op": "replace", "path": "title", "value": "Boss"},
        {"op": "replace", "path": "roles", "value": [{"value": "King"}]}]);
    assert_eq!(world.patch(&path, operations).await.status, 400);
    assert_eq!(world.get(&path).await.body["title"], Value::Null);
}

#[tokio::test]
async fn what_was_read_can_be_put_back() {
    let world = World::new().await;
    let created = world.post(&ada()).await;
    let path = format!("/users/{}", created.body["id"].as_str().unwrap());
    let put = world.send(Method::PUT, &path, &created.body).await;
    assert_eq!((put.status.as_u16(), &put.body), (200, &created.body));
    let mut less = created.body.clone();
    less.as_object_mut()
        .unwrap()
        .retain(|name, _| ["userName", "displayName"].contains(&name.as_str()));
    let put = world.send(Method::PUT, &path, &less).await;
    assert_eq!(put.body["roles"], created.body["roles"]);
    assert_eq!(put.body[ENTERPRISE], json!({"division": "EMEA"}));
    assert_eq!(put.body["phoneNumbers"], Value::Null);
}

#[tokio::test]
async fn identifiers_in_another_order_are_no_change() {
    let world = World::new().await;
    let ids = json!([{"authority": "z", "value": "1"}, {"authority": "a", "value": "2"}]);
    let user = json!({"userName": "a@b.c", "displayName": "A", GENESYS: {"externalIds": ids}});
    let created = world.post(&user).await;
    let path = format!("/users/{}", created.body["id"].as_str().unwrap());
    assert_eq!(world.get(&path).await.body, created.body);
    for _ in 0..2 {
        let put = world.send(Method::PUT, &path, &user).await;
        assert_eq!(put.body, created.body);
    }
    assert_eq!(world.organisation.records(0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn meta_is_shown_whatever_is_left_out() {
    let world = World::new().await;
    let id = world.user("a@b.c").await;
    for name in ["meta", "urn:ietf:params:scim:schemas:core:2.0:User:meta", "META.version"] {
        let shown = world.get(&format!("/users/{id}?excludedAttributes={name},title")).await;
        assert_eq!(shown.body["meta"]["version"], "1", "{name}");
    }
    let urn = "urn:ietf:params:scim:schemas:core:2.0:User:meta.version";
    let listed = world.get(&format!("/users?excludedAttributes={urn}")).await;
    assert_eq!(listed.body["Resources"][0]["meta"]["version"], "1");
}

#[tokio::test]
async fn deactivation_keeps_roles_and_deletion_drops_them() {
    let world = World::new().await;
    let created = world.post(&ada()).await;
    let path = format!("/users/{}", created.body["id"].as_str().unwrap());
    let inactive = world.patch(&path, json!([{"op": "replace", "value": {"active": false}}])).await;
    assert_eq!(
        (&inactive.body["active"], &inactive.body["roles"]),
        (&json!(false), &created.body["roles"])
    );
    assert_eq!(world.send(Method::DELETE, &path, &Value::Null).await.status, 204);
    assert_eq!(world.get(&path).await.status, 404);
    assert_eq!(world.send(Method::DELETE, &path, &Value::Null).await.status, 404);
    assert_eq!(
        world.get("/users?filter=userName+eq+ada@example.com").await.body["totalResults"],
        0
    );

    let again =
        world.post(&json!({"userName": "ada@example.com", "displayName": "Ada again"})).await;
    assert_eq!(again.status, 201);
    assert_eq!(again.body["id"], created.body["id"]);
    assert_eq!(again.body["roles"], Value::Null);
    assert_eq!(again.body["externalId"], Value::Null);
    assert_eq!(again.body["meta"]["version"], "4");
}

#[tokio::test]
async fn a_deactivated_user_stays_so_until_a_client_says_true() {
    let world = World::new().await;
    let user = json!({"userName": "a@b.c", "displayName": "A", "active": false});
    let created = world.post(&user).await;
    let path = format!("/users/{}", created.body["id"].as_str().unwrap());
    for operation in [
        json!({"op": "remove", "path": "active"}),
        json!({"op": "replace", "path": "active", "value": null}),
        json!({"op": "replace", "path": "active", "value": ""}),
        json!({"op": "replace", "value": {"active": null}}),
        json!({"op": "replace", "value": {"active": "", "title": "x"}}),
    ] {
        let patched = world.patch(&path, json!([operation])).await;
        assert_eq!(patched.body["active"], false, "{operation}: {}", patched.body);
    }
    for active in [json!(""), json!(null)] {
        let mut user = user.clone();
        user["active"] = active;
        let put = world.send(Method::PUT, &path, &user).await;
        assert_eq!((put.status.as_u16(), &put.body["active"]), (200, &json!(false)));
    }
    let patched =
        world.patch(&path, json!([{"op": "replace", "path": "active", "value": "True"}])).await;
    assert_eq!(patched.body["active"], true);
}

#[tokio::test]
async fn a_deleted_manager_leaves_the_reports() {
    let world = World::new().await;
    let boss = world.user("boss@b.c").await;
    let report =
        json!({"userName": "a@b.c", "displayName": "A", ENTERPRISE: {"manager": {"value": boss}}});
    let report = world.post(&report).await;
    let path = format!("/users/{}", report.body["id"].as_str().unwrap());
    assert_eq!(report.body[ENTERPRISE]["manager"]["$ref"], format!("/api/v2/scim/v2/users/{boss}"));
    world.send(Method::DELETE, &format!("/users/{boss}"), &Value::Null).await;
    let left = world.get(&path).await;
    assert_eq!(left.body[ENTERPRISE]["manager"], Value::Null);
    assert_eq!(left.body["meta"]["version"], "2");
}

#[tokio::test]
async fn another_version_is_refused_as_invalid_vers() {
    let world = World::new().await;
    let path = format!("/users/{}", world.user("a@b.c").await);
    let body = json!({"Operations": [{"op": "replace", "path": "title", "value": "x"}]});
    let with = async |version: &str| {
        Answer::of(world.request(Method::PATCH, &path).header("If-Match", version).json(&body))
            .await
    };
    insta::assert_snapshot!(with("\"7\"").await.refusal(), @"400 invalidVers: the resource has another version than If-Match says: read it again and repeat the change");
    assert_eq!(with("\"1\"").await.body["meta"]["version"], "2");
    let read = world.request(Method::GET, &path).header("If-None-Match", "\"2\"");
    assert_eq!(Answer::of(read).await.status, 304);
    let unwanted = world.request(Method::PATCH, &path).header("If-None-Match", "\"2\"");
    insta::assert_snapshot!(Answer::of(unwanted.json(&body)).await.refusal(), @"400 invalidVers: the resource has a version that If-None-Match rules out: leave the header out to change it all the same");
    let delete = world.request(Method::DELETE, &path).header("If-Match", "\"1\"");
    assert_eq!(Answer::of(delete).await.status, 400);
}

#[tokio::test]
async fn each_client_has_an_external_id_of_its_own() {
    let mut world = World::new().await;
    let created = world.post(&ada()).await;
    let path = format!("/users/{}", created.body["id"].as_str().unwrap());
    let other = world.organisation.create_client("Other", 300).await.unwrap();
    let token = world.organisation.issue_token(&other.id, &other.secret).await.unwrap().unwrap();
    let first = std::mem::replace(&mut world.token, token.text.expose().to_owned());
    assert_eq!(world.get(&path).await.body["externalId"], Value::Null);
    world.patch(&path, json!([{"op": "add", "path": "externalId", "value": "mine"}])).await;
    assert_eq!(world.get("/users?filter=externalId+eq+%22mine%22").await.body["totalResults"], 1);
    assert_eq!(world.get("/users?filter=externalId+eq+167844").await.body["totalResults"], 0);
    world.token = first;
    assert_eq!(world.get(&path).await.body["externalId"], "167844");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_creations_of_one_person_one_succeeds() {
    let world = std::sync::Arc::new(World::new().await);
    let creations: Vec<_> = (0..20)
        .map(|_| {
            let world = std::sync::Arc::clone(&world);
            tokio::spawn(async move { world.post(&ada()).await.status.as_u16() })
        })
        .collect();
    let mut created = 0;
    for creation in creations {
        match creation.await.unwrap() {
            201 => created += 1,
            status => assert_eq!(status, 409),
        }
    }
    assert_eq!(created, 1);
    let records = world.organisation.records(0, 100).await.unwrap();
    assert_eq!(records.iter().filter(|record| record.status == 201).count(), 1);
    assert_eq!(records.iter().filter(|record| record.status == 409).count(), 19);
}

#[tokio::test]
async fn an_identifier_is_found_by_exactly_what_was_sent() {
    let world = World::new().await;
    world.post(&json!({"userName": "a@b.c", "displayName": "A", "externalId": " 5x "})).await;
    let found = async |value: &str| {
        let request = world
            .request(Method::GET, "/users")
            .query(&[("filter", format!("externalId eq \"{value}\""))]);
        Answer::of(request).await.body["totalResults"].clone()
    };
    assert_eq!((found(" 5x ").await, found("5x").await), (json!(1), json!(0)));
}
