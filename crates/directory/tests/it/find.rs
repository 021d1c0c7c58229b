//! Whom a person means by a name.

use directory::{ListQuery, ObjectKind};

use super::*;

async fn organisation() -> Organisation {
    let organisation = Organisation::new().await;
    let people = [
        json!({"id": "1", "userPrincipalName": "ada.byron@contoso.example", "displayName": "Ada Byron", "mail": "ada@contoso.example"}),
        json!({"id": "2", "userPrincipalName": "jo1@contoso.example", "displayName": "Jo Smith"}),
        json!({"id": "3", "userPrincipalName": "jo2@contoso.example", "displayName": "Jo Smith"}),
        json!({"id": "4", "userPrincipalName": "gone@contoso.example", "displayName": "Gone"}),
    ];
    organisation.import("u", &users(&people)).await.unwrap();
    organisation.directory.delete("4", ACTOR, NOW).await.unwrap();
    let teams = [
        json!({"id": "5", "displayName": "Sales", "members": []}),
        json!({"id": "6", "displayName": "100%_x", "members": []}),
    ];
    organisation.import("g", &groups(&teams)).await.unwrap();
    organisation
}

#[tokio::test]
async fn ids_and_names_find_in_any_case() {
    let organisation = organisation().await;
    for (reference, id) in [
        ("1", "1"),
        ("ADA.Byron@contoso.example", "1"),
        ("ada byron", "1"),
        ("ada@contoso.example", "1"),
        ("jo2@contoso.example", "3"),
        ("sales", "5"),
        ("gone@contoso.example", "4"),
        ("gone", "4"),
    ] {
        assert_eq!(
            organisation.directory.find(reference, None).await.unwrap().id,
            id,
            "{reference}"
        );
    }
}

#[tokio::test]
async fn a_name_that_several_have_lists_them() {
    insta::assert_snapshot!(sentence(organisation().await.directory.find("Jo Smith", None).await),
        @r#""Jo Smith" is the name of several: "Jo Smith" (jo1@contoso.example), "Jo Smith" (jo2@contoso.example); use an id or a user principal name"#);
}

#[tokio::test]
async fn a_name_that_nobody_has_lists_similar_ones() {
    let organisation = organisation().await;
    let user = Some(ObjectKind::User);
    insta::assert_snapshot!(sentence(organisation.directory.find("ada.biron@contoso.example", user).await),
        @r#"no user is called "ada.biron@contoso.example"; did you mean "Ada Byron" (ada.byron@contoso.example)?"#);
    insta::assert_snapshot!(sentence(organisation.directory.find("zzz", user).await),
        @r#"no user is called "zzz"; give an id, a user principal name or a display name"#);
}

#[tokio::test]
async fn a_group_is_no_user() {
    insta::assert_snapshot!(sentence(organisation().await.directory.find("Sales", Some(ObjectKind::User)).await),
        @r#""Sales" is a group, and a user is wanted here"#);
}

#[tokio::test]
async fn lists_can_be_searched() {
    let organisation = organisation().await;
    let search = async |kind: ObjectKind, text: &str, deleted: bool| {
        let query =
            ListQuery { search: Some(text.to_owned()), deleted, limit: 10, ..ListQuery::default() };
        let found = organisation.directory.list(kind, &query).await.unwrap();
        found.into_iter().map(|object| object.id).collect::<Vec<_>>()
    };
    assert_eq!(search(ObjectKind::User, "JO", false).await, ["2", "3"]);
    assert_eq!(search(ObjectKind::User, "@contoso", true).await, ["4"]);
    assert_eq!(search(ObjectKind::Group, "%_", false).await, ["6"]);
    assert_eq!(organisation.directory.count(ObjectKind::User, false).await.unwrap(), 3);
}

#[tokio::test]
async fn a_walk_visits_everyone_who_is_there_once() {
    let organisation = organisation().await;
    let mut visited = Vec::new();
    let mut after = String::new();
    loop {
        let page = organisation.directory.walk(None, &after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        visited.extend(page.into_iter().map(|object| object.id));
    }
    assert_eq!(visited, ["1", "2", "3", "5", "6"]);
}
