//! Applications, roles, and who is assigned.

use directory::Reach;

use super::*;

const ROLES: &str = r#"[{"id":"r1","value":"employee","displayName":"Employee"},{"id":"r2","value":"admin","displayName":"Admin"},{"id":"r3","value":"old","displayName":"Old","isEnabled":false}]"#;

fn application(roles: &str, assignments: &[(&str, &str)]) -> String {
    let assignments: Vec<Value> = assignments
        .iter()
        .map(|(to, role)| json!({"principalId": to, "appRoleId": role}))
        .collect();
    format!(
        "{{\"displayName\":\"App\",\n\"appRoles\":{roles},\n\"appRoleAssignedTo\":{}}}",
        Value::Array(assignments)
    )
}

async fn organisation() -> Organisation {
    let organisation = Organisation::new().await;
    organisation.import("u", &users(&[user("a"), user("b"), user("c")])).await.unwrap();
    organisation
        .import("g", &groups(&[group("g", &["a", "b", "h"]), group("h", &["c"])]))
        .await
        .unwrap();
    organisation.import("app", &application(ROLES, &[("g", "r1"), ("a", "r2")])).await.unwrap();
    organisation
}

impl Organisation {
    async fn id(&self) -> String {
        self.directory.application("app").await.unwrap().id
    }

    /// Who is assigned, with what, through what.
    async fn effective(&self, id: &str) -> String {
        self.effective_by(Reach::Immediate, id).await
    }

    async fn effective_by(&self, reach: Reach, id: &str) -> String {
        let application = self.id().await;
        let all =
            self.directory.assignments_of(&application, reach, &[id.to_owned()]).await.unwrap();
        let each = all.get(id).into_iter().flatten().map(|one| {
            let role = one.role.as_ref().map_or("-", |role| &role.value);
            let groups = one.through.iter().map(|group| format!(" through {}", group.display_name));
            format!("{role}{}", groups.collect::<String>())
        });
        each.collect::<Vec<_>>().join(", ")
    }
}

#[tokio::test]
async fn assignments_reach_immediate_members_only() {
    let organisation = organisation().await;
    for (id, expected) in [
        ("a", "admin, employee through G"),
        ("b", "employee through G"),
        ("c", ""),
        ("g", "employee"),
        ("h", ""),
    ] {
        assert_eq!(organisation.effective(id).await, expected, "{id}");
    }
    let application = organisation.id().await;
    assert_eq!(
        organisation.directory.assigned(&application, Reach::Immediate, "", 10).await.unwrap(),
        ["a", "b", "g"]
    );
    assert_eq!(
        organisation.directory.assigned(&application, Reach::Immediate, "a", 1).await.unwrap(),
        ["b"]
    );
}

#[tokio::test]
async fn nested_groups_reach_people_at_any_depth_and_say_by_which_way() {
    let organisation = organisation().await;
    organisation.directory.add_member("h", "g", ACTOR, NOW).await.unwrap();
    for (id, expected) in [
        ("a", "admin, employee through G"),
        ("b", "employee through G"),
        ("c", "employee through G through H"),
        ("g", "employee"),
        ("h", ""),
    ] {
        assert_eq!(organisation.effective_by(Reach::Nested, id).await, expected, "{id}");
    }
    let application = organisation.id().await;
    let directory = &organisation.directory;
    let assigned = directory.assigned(&application, Reach::Nested, "", 10).await.unwrap();
    assert_eq!(assigned, ["a", "b", "c", "g"]);
    assert_eq!(directory.groups_within("g").await.unwrap(), ["g", "h"]);
    assert_eq!(directory.groups_within("a").await.unwrap(), [""; 0]);
    assert_eq!(directory.groups_above("c").await.unwrap(), ["h", "g"]);
    directory.delete("h", ACTOR, NOW).await.unwrap();
    assert_eq!(organisation.effective_by(Reach::Nested, "c").await, "");
}

#[tokio::test]
async fn a_deleted_group_assigns_nobody() {
    let organisation = organisation().await;
    organisation.directory.delete("g", ACTOR, NOW).await.unwrap();
    assert_eq!(organisation.effective("b").await, "");
    assert_eq!(
        organisation
            .directory
            .assigned(&organisation.id().await, Reach::Immediate, "", 10)
            .await
            .unwrap(),
        ["a"]
    );
    organisation.directory.restore("g", ACTOR, NOW).await.unwrap();
    assert_eq!(organisation.effective("b").await, "employee through G");
}

#[tokio::test]
async fn a_file_unassigns_what_it_assigned_and_nothing_else() {
    let organisation = organisation().await;
    let application_id = organisation.id().await;
    organisation.directory.assign("App", "c", Some("Admin"), ACTOR, NOW).await.unwrap();
    let file = application(ROLES, &[("g", "r1"), ("b", "r2")]);
    let changes = organisation.changes_by("app", &file).await.replace(&application_id, "APP");
    insta::assert_snapshot!(changes, @r"
    14 -Assignment APP > a (r2)
    15 +Assignment APP > b (r2)
    ");
}

#[tokio::test]
async fn a_renamed_role_is_a_change_of_the_application() {
    let organisation = organisation().await;
    let application_id = organisation.id().await;
    let file = application(&ROLES.replace("\"admin\"", "\"root\""), &[("g", "r1"), ("a", "r2")]);
    let changes = organisation.changes_by("app", &file).await.replace(&application_id, "APP");
    assert!(
        changes.starts_with("13 Application APP: appRoles [") && changes.contains("\"root\""),
        "{changes}"
    );
    assert_eq!(organisation.effective("a").await, "root, employee through G");
}

#[tokio::test]
async fn an_assignment_with_an_unknown_role_is_refused() {
    let organisation = organisation().await;
    insta::assert_snapshot!(organisation.refused("app", &application(ROLES, &[("a", "r9")])).await,
        @r#"line 3: the assignment has the role "r9", which "App" does not have; export its appRoles too"#);
}

#[tokio::test]
async fn assigning_takes_a_roles_id_value_or_name() {
    let organisation = organisation().await;
    for (role, changed) in [
        (Some("ADMIN"), true),
        (Some("r2"), false),
        (Some("Admin"), false),
        (None, true),
        (None, false),
    ] {
        let edit = organisation.directory.assign("app", "b", role, ACTOR, NOW).await.unwrap();
        assert_eq!(edit.changed, changed, "{role:?}");
    }
    assert_eq!(organisation.effective("b").await, "-, admin, employee through G");
    assert!(
        organisation
            .directory
            .unassign("app", "b", Some("admin"), ACTOR, NOW)
            .await
            .unwrap()
            .changed
    );
    assert!(organisation.directory.unassign("app", "b", None, ACTOR, NOW).await.unwrap().changed);
    assert!(!organisation.directory.unassign("app", "b", None, ACTOR, NOW).await.unwrap().changed);
    assert_eq!(organisation.effective("b").await, "employee through G");
}

#[tokio::test]
async fn roles_that_are_not_there_or_disabled_are_refused() {
    let organisation = organisation().await;
    let directory = &organisation.directory;
    insta::assert_snapshot!(sentence(directory.assign("app", "b", Some("boss"), ACTOR, NOW).await),
        @r#"application "App" has no role "boss"; it has "Admin", "Employee", "Old""#);
    insta::assert_snapshot!(sentence(directory.assign("app", "b", Some("old"), ACTOR, NOW).await),
        @r#"role "Old" of application "App" is disabled; enable it, or assign another one"#);
    insta::assert_snapshot!(sentence(directory.assign("ap", "b", None, ACTOR, NOW).await),
        @r#"no application is called "ap"; did you mean "App"?"#);
}

#[tokio::test]
async fn an_application_from_the_gallery_adopts_the_imported_one() {
    let organisation = organisation().await;
    let imported = organisation.id().await;
    let before = organisation.directory.sequence().await.unwrap();
    let adopted =
        organisation.directory.add_application(" APP ", Some("scim"), ACTOR, NOW).await.unwrap();
    assert_eq!((adopted.id.as_str(), adopted.display_name.as_str()), (imported.as_str(), "App"));
    insta::assert_snapshot!(organisation.changes(before).await.replace(&imported, "APP"),
        @r#"13 Application APP: applicationTemplateId - -> "scim""#);
    assert!(
        !organisation
            .import("app", &application(ROLES, &[("g", "r1"), ("a", "r2")]))
            .await
            .unwrap()
            .changed()
    );
    assert_eq!(organisation.directory.roles(&imported).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_file_brings_roles_to_an_application_made_before() {
    let organisation = Organisation::new().await;
    let made =
        organisation.directory.add_application("App", Some("scim"), ACTOR, NOW).await.unwrap();
    let report = organisation.import("app", &application(ROLES, &[("later", "r1")])).await.unwrap();
    assert_eq!((report.updated, report.edges_added), (1, 1));
    assert_eq!(organisation.id().await, made.id);
    // Whoever comes later is assigned from then on.
    organisation.import("u", &users(&[user("later")])).await.unwrap();
    assert_eq!(organisation.effective("later").await, "employee");
}

#[tokio::test]
async fn assignments_are_listed_by_page() {
    let organisation = organisation().await;
    let application = organisation.id().await;
    let first = organisation.directory.assignments(&application, None, 1).await.unwrap();
    assert_eq!(first[0].principal_id, "a");
    let rest = organisation.directory.assignments(&application, first.last(), 10).await.unwrap();
    assert_eq!(
        (rest.len(), rest[0].principal_id.as_str(), rest[0].role_id.as_str()),
        (1, "g", "r1")
    );
}

#[tokio::test]
async fn a_purged_group_takes_its_assignment_with_it() {
    let organisation = organisation().await;
    let application = organisation.id().await;
    organisation.directory.delete("g", ACTOR, NOW).await.unwrap();
    let before = organisation.directory.sequence().await.unwrap();
    organisation.directory.purge("g", ACTOR, NOW).await.unwrap();
    insta::assert_snapshot!(organisation.changes(before).await.replace(&application, "APP"), @r"
    14 -Member g > a
    15 -Member g > b
    16 -Member g > h
    17 -Assignment APP > g (r1)
    18 Group g purged
    ");
}
