//! What importing files does, and what it does not.

use directory::{ListQuery, ObjectKind, read_csv};

use super::*;

#[tokio::test]
async fn the_first_import_creates_and_tells_the_feed() {
    let organisation = Organisation::new().await;
    let text = users(&[user("a"), with(user("b"), json!({"manager": {"id": "a"}}))]);
    let report = organisation.import("users.json", &text).await.unwrap();
    assert_eq!((report.created, report.edges_added, report.changed()), (2, 1, true));
    insta::assert_snapshot!(organisation.changes(0).await, @r"
    1 User a created
    2 User b created
    3 +Manager b > a
    ");
}

#[tokio::test]
async fn the_same_file_again_writes_nothing() {
    let organisation = Organisation::new().await;
    let people = users(&[
        with(user("a"), json!({"manager": {"id": "b"}, "businessPhones": ["1"]})),
        user("b"),
    ]);
    let teams = groups(&[group("g", &["a", "b", "absent"])]);
    let app = r#"{"displayName":"App","appRoles":[{"id":"r","value":"x"}],"appRoleAssignedTo":[{"principalId":"g","appRoleId":"r"}]}"#;
    for (feed, text) in [("u", &people), ("g", &teams), ("a", &app.to_owned())] {
        organisation.import(feed, text).await.unwrap();
        let sequence = organisation.directory.sequence().await.unwrap();
        let again = organisation.import(feed, text).await.unwrap();
        assert!(!again.changed(), "{again:?}");
        assert_eq!(organisation.directory.sequence().await.unwrap(), sequence);
    }
}

#[tokio::test]
async fn a_later_file_updates_what_differs() {
    let organisation = Organisation::new().await;
    let before =
        with(user("a"), json!({"city": "Rome", "jobTitle": "Clerk", "accountEnabled": true}));
    organisation.import("u", &users(&[before])).await.unwrap();
    let after =
        with(user("a"), json!({"city": "Milan", "jobTitle": null, "accountEnabled": false}));
    insta::assert_snapshot!(organisation.changes_by("u", &users(&[after])).await,
        @r#"2 User a: accountEnabled true -> false, city "Rome" -> "Milan", jobTitle "Clerk" -> -"#);
    assert!(!organisation.object("a").await.enabled);
}

#[tokio::test]
async fn an_absent_property_keeps_its_value() {
    let organisation = Organisation::new().await;
    organisation.import("u", &users(&[with(user("a"), json!({"city": "Rome"}))])).await.unwrap();
    organisation.import("u", &users(&[user("a")])).await.unwrap();
    assert_eq!(organisation.object("a").await.text("city"), Some("Rome"));
}

#[tokio::test]
async fn whoever_a_complete_file_has_no_more_is_deleted_and_comes_back_restored() {
    let organisation = Organisation::new().await;
    let both = users(&[user("a"), user("b")]);
    organisation.import("u", &both).await.unwrap();
    organisation.import("g", &groups(&[group("g", &["b"])])).await.unwrap();
    insta::assert_snapshot!(organisation.changes_by("u", &users(&[user("a")])).await,
        @r#"5 User b: deleted - -> "2027-01-15T08:00:00Z""#);
    insta::assert_snapshot!(organisation.changes_by("u", &both).await,
        @r#"6 User b: deleted "2027-01-15T08:00:00Z" -> -"#);
    assert_eq!(organisation.directory.groups_of("b", "", 10).await.unwrap(), ["g"]);
}

#[tokio::test]
async fn a_page_removes_nobody() {
    let organisation = Organisation::new().await;
    organisation.import("u", &users(&[user("a"), user("b")])).await.unwrap();
    let page = users(&[user("a")]).replacen('{', "{\"@odata.nextLink\":\"x\",", 1);
    let report = organisation.import("u", &page).await.unwrap();
    assert!(!report.changed() && !report.complete);
}

#[tokio::test]
async fn a_file_that_lacks_too_many_is_refused_unless_told_otherwise() {
    let organisation = Organisation::new().await;
    let everyone: Vec<Value> = (0..10).map(|number| user(&format!("u{number}"))).collect();
    organisation.import("u", &users(&everyone)).await.unwrap();
    insta::assert_snapshot!(organisation.refused("u", &users(&everyone[..7])).await,
        @r#"the file lacks 3 of the 10 users that "u" brought before (30 %, at most 20 % may go at once), so nothing was imported; check that the export is whole, or allow it with --allow-removals"#);
    let allowed = ImportOptions { allow_removals: true, ..ImportOptions::default() };
    let report = organisation.import_with("u", &users(&everyone[..7]), allowed).await.unwrap();
    assert_eq!((report.removed, report.unchanged), (3, 7));
}

#[tokio::test]
async fn the_guards_share_and_a_single_object_may_go() {
    let organisation = Organisation::new().await;
    let everyone: Vec<Value> = (0..10).map(|number| user(&format!("u{number}"))).collect();
    organisation.import("u", &users(&everyone)).await.unwrap();
    assert_eq!(organisation.import("u", &users(&everyone[..8])).await.unwrap().removed, 2);
    organisation.import("one", &users(&[user("x")])).await.unwrap();
    assert_eq!(organisation.import("one", &users(&[])).await.unwrap().removed, 1);
}

#[tokio::test]
async fn one_feed_never_touches_what_another_brought() {
    let organisation = Organisation::new().await;
    organisation.import("one", &users(&[user("a"), user("b")])).await.unwrap();
    let other =
        users(&[with(user("a"), json!({"city": "Rome", "manager": {"id": "c"}})), user("c")]);
    let report = organisation.import("two", &other).await.unwrap();
    assert_eq!((report.created, report.removed, report.edges_added), (1, 0, 0));
    insta::assert_debug_snapshot!(report.left_alone, @r#"
    [
        LeftAlone {
            id: "a",
            display_name: "A",
            line: 2,
            feed: "one",
        },
    ]
    "#);
    assert_eq!(organisation.object("a").await.text("city"), None);
}

#[tokio::test]
async fn members_follow_the_file_and_those_added_by_hand_stay() {
    let organisation = Organisation::new().await;
    organisation.import("u", &users(&[user("a"), user("b"), user("c")])).await.unwrap();
    organisation.import("g", &groups(&[group("g", &["a", "b"])])).await.unwrap();
    assert!(organisation.directory.add_member("g", "c", ACTOR, NOW).await.unwrap());
    insta::assert_snapshot!(organisation.changes_by("g", &groups(&[group("g", &["b", "later"])])).await, @r"
    8 -Member g > a
    9 +Member g > later
    ");
    assert_eq!(organisation.directory.members("g", "", 10).await.unwrap(), ["b", "c", "later"]);
    assert_eq!(organisation.directory.members("g", "b", 1).await.unwrap(), ["c"]);
}

#[tokio::test]
async fn members_that_are_not_all_or_not_mentioned_stay() {
    let organisation = Organisation::new().await;
    organisation.import("g", &groups(&[group("g", &["a", "b"])])).await.unwrap();
    let part = with(group("g", &["c"]), json!({"members@odata.nextLink": "x"}));
    organisation.import("g", &groups(&[part])).await.unwrap();
    organisation.import("g", &groups(&[json!({"id": "g", "displayName": "G"})])).await.unwrap();
    assert_eq!(organisation.directory.members("g", "", 10).await.unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_user_has_one_manager() {
    let organisation = Organisation::new().await;
    let managed =
        |manager: Value| users(&[with(user("a"), json!({ "manager": manager })), user("b")]);
    organisation.import("u", &managed(json!({"id": "b"}))).await.unwrap();
    insta::assert_snapshot!(organisation.changes_by("u", &managed(json!({"id": "c"}))).await, @r"
    4 -Manager a > b
    5 +Manager a > c
    ");
    insta::assert_snapshot!(organisation.changes_by("u", &managed(json!(null))).await, @"6 -Manager a > c");
}

#[tokio::test]
async fn two_users_with_one_sign_in_name_are_refused_with_both_lines() {
    let organisation = Organisation::new().await;
    let twin = with(user("b"), json!({"userPrincipalName": "A@Contoso.Example"}));
    insta::assert_snapshot!(organisation.refused("u", &users(&[user("a"), twin])).await,
        @r#"lines 2 and 3 have the same userPrincipalName "A@Contoso.Example"; correct one of the two"#);
}

#[tokio::test]
async fn a_sign_in_name_of_another_feeds_user_is_refused() {
    let organisation = Organisation::new().await;
    organisation.import("one", &users(&[user("a")])).await.unwrap();
    let twin = with(user("b"), json!({"userPrincipalName": "a@contoso.example"}));
    insta::assert_snapshot!(organisation.refused("two", &users(&[twin])).await,
        @r#"line 2: the userPrincipalName "a@contoso.example" belongs to user "a" of "one" already; rename or delete that user first"#);
}

#[tokio::test]
async fn two_users_can_exchange_their_sign_in_names() {
    let organisation = Organisation::new().await;
    organisation.import("u", &users(&[user("a"), user("b")])).await.unwrap();
    let renamed = |id: &str, name: &str| {
        with(user(id), json!({"userPrincipalName": format!("{name}@contoso.example")}))
    };
    let report =
        organisation.import("u", &users(&[renamed("a", "b"), renamed("b", "a")])).await.unwrap();
    assert_eq!(report.updated, 2);
    let found = organisation.directory.find("a@contoso.example", None).await.unwrap();
    assert_eq!(found.id, "b");
}

#[tokio::test]
async fn a_newcomer_can_take_the_name_of_a_leaver() {
    let organisation = Organisation::new().await;
    organisation.import("u", &users(&[user("a"), user("z")])).await.unwrap();
    let newcomer = with(user("b"), json!({"userPrincipalName": "a@contoso.example"}));
    let report = organisation.import("u", &users(&[newcomer, user("z")])).await.unwrap();
    assert_eq!((report.created, report.removed), (1, 1));
    // Whoever left cannot come back under the name that is taken.
    insta::assert_snapshot!(sentence(organisation.directory.restore("a", ACTOR, NOW).await),
        @r#"the userPrincipalName "a@contoso.example" belongs to user "b" already; rename or delete that user first"#);
}

#[tokio::test]
async fn an_id_of_another_kind_is_refused() {
    let organisation = Organisation::new().await;
    organisation.import("u", &users(&[user("a")])).await.unwrap();
    insta::assert_snapshot!(organisation.refused("g", &groups(&[group("a", &[])])).await,
        @r#"line 2: the id "a" belongs to a user already; correct it there"#);
}

#[tokio::test]
async fn an_import_needs_a_name_of_its_own() {
    let organisation = Organisation::new().await;
    insta::assert_snapshot!(organisation.refused("api", &users(&[user("a")])).await,
        @r#"an import cannot own objects as "api"; give the feed a name of its own"#);
}

#[tokio::test]
async fn the_portals_download_is_imported_and_clears_by_empty_cells() {
    let organisation = Organisation::new().await;
    let import = async |text: &str| {
        let export = directory::Import::Users(read_csv(text).unwrap());
        organisation
            .directory
            .import("csv", export, &ImportOptions::default(), ACTOR, NOW)
            .await
            .unwrap()
    };
    let header = "\u{feff}userPrincipalName,displayName,id,accountEnabled,telephoneNumber";
    import(&format!("{header}\r\na_b.example#EXT#@t.example,Ada,a,True,1\r\n")).await;
    let ada = organisation.object("a").await;
    insta::assert_json_snapshot!(ada.attributes, @r#"
    {
      "accountEnabled": true,
      "businessPhones": [
        "1"
      ],
      "displayName": "Ada",
      "originalUserPrincipalName": "a_b.example#EXT#@t.example",
      "telephoneNumber": "1",
      "userPrincipalName": "a@b.example"
    }
    "#);
    let report = import(&format!("{header}\r\na_b.example#EXT#@t.example,Ada,a,FALSE,\r\n")).await;
    assert_eq!(report.updated, 1);
    assert!(!organisation.object("a").await.enabled);
    assert_eq!(organisation.object("a").await.text("telephoneNumber"), None);
}

#[tokio::test]
async fn names_of_all_scripts_are_kept_and_listed_by_page() {
    let organisation = Organisation::new().await;
    let names = ["Çağrı", "山田 太郎", "Straße \"quoted\", (x) [y] \\z", "O'Brien"];
    let people = names.iter().enumerate();
    let people: Vec<Value> = people
        .map(|(id, name)| with(user(&format!("u{id}")), json!({ "displayName": name })))
        .collect();
    organisation.import("u", &users(&people)).await.unwrap();
    let mut listed = Vec::new();
    let mut query = ListQuery { limit: 2, ..ListQuery::default() };
    loop {
        let page = organisation.directory.list(ObjectKind::User, &query).await.unwrap();
        let Some(last) = page.last() else { break };
        query.after = Some(directory::ListKey::of(last));
        listed.extend(page.into_iter().map(|object| object.display_name));
    }
    assert_eq!(listed, ["O'Brien", "Straße \"quoted\", (x) [y] \\z", "Çağrı", "山田 太郎"]);
}
