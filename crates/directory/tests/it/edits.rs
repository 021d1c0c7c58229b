//! What administrators do by hand.

use std::collections::BTreeMap;

use directory::{API_FEED, Edit, SetOptions};

use super::*;

type Values = BTreeMap<String, Option<Value>>;

fn values(values: Value) -> Values {
    let Value::Object(values) = values else { panic!("no object") };
    values
        .into_iter()
        .map(|(name, value)| (name, Some(value).filter(|value| !value.is_null())))
        .collect()
}

async fn organisation() -> Organisation {
    let organisation = Organisation::new().await;
    organisation.import("u", &users(&[user("a"), user("b")])).await.unwrap();
    organisation.import("g", &groups(&[group("g", &["a"])])).await.unwrap();
    organisation
}

impl Organisation {
    async fn set(&self, id: &str, json: Value) -> Result<Edit, DirectoryError> {
        self.directory.set(id, values(json), SetOptions::default(), ACTOR, NOW).await
    }

    /// What has changed since the organisation was made.
    async fn news(&self) -> String {
        self.changes(4).await
    }
}

#[tokio::test]
async fn attributes_are_set_by_either_name_and_typed() {
    let organisation = organisation().await;
    let edit = organisation
        .set("a", json!({"mobilePhone": "1", "telephoneNumber": "2", "accountEnabled": "false"}))
        .await
        .unwrap();
    assert!(edit.changed && !edit.object.enabled);
    insta::assert_snapshot!(organisation.news().await,
        @r#"5 User a: accountEnabled - -> false, businessPhones - -> ["2"], mobile - -> "1", telephoneNumber - -> "2""#);
}

#[tokio::test]
async fn setting_what_is_there_changes_nothing() {
    let organisation = organisation().await;
    assert!(
        !organisation.set("a", json!({"displayName": "A", "city": null})).await.unwrap().changed
    );
    assert_eq!(organisation.news().await, "");
}

#[tokio::test]
async fn a_sign_in_name_belongs_to_one_user() {
    let organisation = organisation().await;
    insta::assert_snapshot!(sentence(organisation.set("a", json!({"userPrincipalName": "B@contoso.example"})).await),
        @r#"the userPrincipalName "B@contoso.example" belongs to user "b" already; rename or delete that user first"#);
}

#[tokio::test]
async fn a_user_cannot_lose_its_names() {
    let organisation = organisation().await;
    insta::assert_snapshot!(sentence(organisation.set("a", json!({"displayName": ""})).await),
        @r#"a user needs the attribute "displayName"; give it a value"#);
}

#[tokio::test]
async fn an_attribute_that_nothing_has_is_refused_unless_forced() {
    let organisation = organisation().await;
    insta::assert_snapshot!(sentence(organisation.set("a", json!({"departmant": "x"})).await),
        @r#"no object has an attribute "departmant"; did you mean "department"?; correct the name, or set it all the same with --force"#);
    assert!(organisation.set("a", json!({"extension_0a_level": "x"})).await.unwrap().changed);
    let force = SetOptions { force: true };
    let forced = values(json!({"shoeSize": 42}));
    assert!(organisation.directory.set("a", forced, force, ACTOR, NOW).await.unwrap().changed);
    // Now that an object has it, it is an attribute like any other.
    assert!(organisation.set("b", json!({"shoeSize": 43})).await.unwrap().changed);
}

#[tokio::test]
async fn whoever_is_deleted_keeps_memberships_until_purged() {
    let organisation = organisation().await;
    insta::assert_snapshot!(sentence(organisation.directory.purge("a", ACTOR, NOW).await),
        @r#""A" is not in the recycle bin; delete it first, then purge it"#);
    assert!(organisation.directory.delete("a", ACTOR, NOW).await.unwrap().changed);
    assert!(!organisation.directory.delete("a", ACTOR, NOW).await.unwrap().changed);
    insta::assert_snapshot!(sentence(organisation.set("a", json!({"city": "x"})).await),
        @r#""A" is in the recycle bin; restore it first"#);
    assert!(organisation.directory.restore("a", ACTOR, NOW).await.unwrap().changed);
    assert_eq!(organisation.directory.groups_of("a", "", 9).await.unwrap(), ["g"]);
    organisation.directory.delete("a", ACTOR, NOW).await.unwrap();
    organisation.directory.purge("a", ACTOR, NOW).await.unwrap();
    insta::assert_snapshot!(organisation.news().await, @r#"
    5 User a: deleted - -> "2027-01-15T08:00:00Z"
    6 User a: deleted "2027-01-15T08:00:00Z" -> -
    7 User a: deleted - -> "2027-01-15T08:00:00Z"
    8 -Member g > a
    9 User a purged
    "#);
    insta::assert_snapshot!(sentence(organisation.directory.object("a").await),
        @r#"no user or group is called "a"; give an id, a user principal name or a display name"#);
}

#[tokio::test]
async fn what_is_made_by_hand_no_import_removes() {
    let organisation = organisation().await;
    let new = values(json!({"userPrincipalName": "n@contoso.example", "displayName": "New"}));
    let user = organisation.directory.create_user(new, ACTOR, NOW).await.unwrap();
    assert_eq!((user.feed.as_str(), user.sequence), (API_FEED, 5));
    let group = values(json!({"displayName": "Team"}));
    let group = organisation.directory.create_group(group, ACTOR, NOW).await.unwrap();
    assert!(organisation.directory.add_member(&group.id, &user.id, ACTOR, NOW).await.unwrap());
    let report =
        organisation.import("u", &users(&[super::user("a"), super::user("b")])).await.unwrap();
    assert!(!report.changed());
    insta::assert_snapshot!(
        sentence(organisation.directory.create_user(values(json!({"displayName": "x"})), ACTOR, NOW).await),
        @r#"a user needs the attribute "userPrincipalName"; give it a value"#);
}

#[tokio::test]
async fn members_and_managers_come_and_go() {
    let organisation = organisation().await;
    let directory = &organisation.directory;
    assert!(directory.add_member("g", "b", ACTOR, NOW).await.unwrap());
    assert!(!directory.add_member("g", "b", ACTOR, NOW).await.unwrap());
    assert!(directory.remove_member("g", "a", ACTOR, NOW).await.unwrap());
    assert!(!directory.remove_member("g", "a", ACTOR, NOW).await.unwrap());
    assert!(directory.set_manager("a", Some("b"), ACTOR, NOW).await.unwrap());
    assert!(!directory.set_manager("a", Some("b"), ACTOR, NOW).await.unwrap());
    assert_eq!(directory.reports_of("b", "", 9).await.unwrap(), ["a"]);
    assert_eq!(directory.managers(&["a".to_owned(), "b".to_owned()]).await.unwrap()["a"], "b");
    assert!(directory.set_manager("a", None, ACTOR, NOW).await.unwrap());
    insta::assert_snapshot!(organisation.news().await, @r"
    5 +Member g > b
    6 -Member g > a
    7 +Manager a > b
    8 -Manager a > b
    ");
    insta::assert_snapshot!(sentence(directory.set_manager("a", Some("a"), ACTOR, NOW).await),
        @r#""A" cannot be its own manager"#);
    insta::assert_snapshot!(sentence(directory.add_member("a", "b", ACTOR, NOW).await),
        @r#""A" is a user, and a group is wanted here"#);
}

#[tokio::test]
async fn a_manager_set_by_hand_gives_way_to_the_users_feed() {
    let organisation = organisation().await;
    organisation.directory.set_manager("a", Some("b"), ACTOR, NOW).await.unwrap();
    let people =
        users(&[with(super::user("a"), json!({"manager": {"id": "c"}})), super::user("b")]);
    insta::assert_snapshot!(organisation.changes_by("u", &people).await, @r"
    6 -Manager a > b
    7 +Manager a > c
    ");
}
