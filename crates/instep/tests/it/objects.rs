//! Importing, and what is done with users and groups.

use insta::assert_snapshot;
use tokio::process::Command;

use crate::console::{Console, redacted};
use crate::{APPLICATION, GROUPS, USERS};

#[tokio::test]
async fn files_are_imported_in_the_order_in_which_they_need_each_other() {
    let console = Console::new();
    console.write("users.json", USERS);
    console.write("groups.json", GROUPS);
    console.write("crm.json", APPLICATION);
    let import = ["import", "graph", "crm.json", "groups.json", "users.json"];
    assert_snapshot!(console.done(&import).await, @"
    users.json: 3 users created, 1 manager added
    groups.json: 1 group created, 2 memberships added
    crm.json: 1 application created, 1 assignment added
    ");
    assert_snapshot!(console.done(&import).await, @"
    users.json: 3 users unchanged
    groups.json: 1 group unchanged
    crm.json: 1 application unchanged
    ");
}

#[tokio::test]
async fn the_portals_download_is_imported_too() {
    let console = Console::new();
    let csv = "\u{feff}id,userPrincipalName,displayName,jobTitle\nu1,ada@example.com,Ada Lovelace,Analyst\n";
    console.write("users.csv", csv);
    assert_snapshot!(console.done(&["import", "csv", "users.csv"]).await, @"users.csv: 1 user created");
    assert_snapshot!(console.done(&["user", "show", "ada@example.com"]).await, @r#"
    user "Ada Lovelace"
      id                         u1
      is                         enabled
      feed                       users.csv
      displayName                Ada Lovelace
      jobTitle                   Analyst
      originalUserPrincipalName  ada@example.com
      userPrincipalName          ada@example.com
    "#);
}

#[tokio::test]
async fn what_another_feed_owns_is_left_alone() {
    let console = Console::with_organisation().await;
    assert_snapshot!(console.done(&["import", "graph", "users.json", "--feed", "hr"]).await, @r#"
    users.json: 3 users left alone
      line 3: "Ada Lovelace" belongs to "users.json"
      line 5: "Grace Hopper" belongs to "users.json"
      line 6: "Şükrü Öz" belongs to "users.json"
    "#);
}

#[tokio::test]
async fn programs_get_the_report_of_an_import_as_a_document() {
    let console = Console::new();
    console.write("users.json", USERS);
    let report = console.json(&["import", "graph", "users.json", "--feed", "hr"]).await;
    assert_snapshot!(report, @r#"[{"file":"users.json","feed":"hr","holds":"user","complete":true,"created":3,"updated":0,"unchanged":0,"removed":0,"restored":0,"referencesAdded":1,"referencesRemoved":0,"leftAlone":[]}]"#);
}

#[tokio::test]
async fn a_list_shows_names_and_whether_they_are_enabled() {
    let console = Console::with_organisation().await;
    assert_snapshot!(console.done(&["user", "list"]).await, @"
    NAME          SIGN-IN NAME       STATE     FEED        ID
    Ada Lovelace  ada@example.com    enabled   users.json  u1
    Grace Hopper  grace@example.com  enabled   users.json  u2
    Şükrü Öz      sukru@example.com  disabled  users.json  u3
    3 users
    ");
    assert_snapshot!(console.done(&["user", "list", "--search", "ŞÜK"]).await, @"
    NAME      SIGN-IN NAME       STATE     FEED        ID
    Şükrü Öz  sukru@example.com  disabled  users.json  u3
    1 user
    ");
    assert_snapshot!(console.done(&["group", "list"]).await, @"
    NAME   STATE    FEED         ID
    Sales  enabled  groups.json  g1
    1 group
    ");
}

#[tokio::test]
async fn a_list_goes_on_behind_the_last_one_shown() {
    let console = Console::with_organisation().await;
    let first = console.json(&["user", "list", "--limit", "1"]).await;
    assert_eq!(first[0]["id"], "u1");
    let rest = console.json(&["user", "list", "--after", "u1"]).await;
    let ids: Vec<_> =
        rest.as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["u2", "u3"]);
}

#[tokio::test]
async fn show_tells_all_about_one_person_or_group() {
    let console = Console::with_organisation().await;
    assert_snapshot!(console.done(&["user", "show", "Ada Lovelace"]).await, @r#"
    user "Ada Lovelace"
      id                         u1
      is                         enabled
      feed                       users.json
      accountEnabled             true
      department                 Research
      displayName                Ada Lovelace
      jobTitle                   Analyst
      mail                       ada@example.com
      originalUserPrincipalName  ada@example.com
      userPrincipalName          ada@example.com
      manager                    Grace Hopper
      groups                     Sales
    "#);
    assert_snapshot!(console.done(&["group", "show", "sales"]).await, @r#"
    group "Sales"
      id           g1
      is           enabled
      feed         groups.json
      displayName  Sales
      members      Ada Lovelace
                   Şükrü Öz
    "#);
    let document = console.json(&["user", "show", "u1"]).await;
    assert_eq!(document["attributes"]["department"], "Research");
    assert_eq!(document["manager"]["displayName"], "Grace Hopper");
}

#[tokio::test]
async fn values_are_set_and_cleared() {
    let console = Console::with_organisation().await;
    let set = [
        "user",
        "set",
        "ada@example.com",
        "jobTitle=Team lead",
        "accountEnabled=FALSE",
        "department=",
        "otherMails:=[\"a@b.c\"]",
        "--clear",
        "mail",
        "--no-manager",
    ];
    assert_snapshot!(console.done(&set).await, @r#"user "Ada Lovelace" (ada@example.com) changed"#);
    assert_snapshot!(console.done(&set).await, @r#"user "Ada Lovelace" (ada@example.com) is so already"#);
    assert_snapshot!(console.done(&["user", "show", "ada@example.com"]).await, @r#"
    user "Ada Lovelace"
      id                         u1
      is                         disabled
      feed                       users.json
      accountEnabled             false
      displayName                Ada Lovelace
      jobTitle                   Team lead
      originalUserPrincipalName  ada@example.com
      userPrincipalName          ada@example.com
      otherMails                 ["a@b.c"]
      groups                     Sales
    "#);
}

#[tokio::test]
async fn a_person_comes_goes_and_comes_back() {
    let console = Console::with_organisation().await;
    let create = [
        "user",
        "create",
        "userPrincipalName=alan@example.com",
        "displayName=Alan Turing",
        "--manager",
        "u2",
    ];
    assert_snapshot!(console.done(&create).await, @r#"user "Alan Turing" (alan@example.com) created"#);
    assert_snapshot!(console.done(&["user", "delete", "alan@example.com"]).await, @r#"user "Alan Turing" (alan@example.com) is in the recycle bin"#);
    assert_snapshot!(console.done(&["user", "list", "--deleted"]).await, @"
    NAME         SIGN-IN NAME      STATE    FEED  ID
    Alan Turing  alan@example.com  deleted  api   [id]
    1 user
    ");
    assert_snapshot!(console.done(&["user", "restore", "alan@example.com"]).await, @r#"user "Alan Turing" (alan@example.com) is back"#);
    assert_snapshot!(console.done(&["user", "delete", "alan@example.com", "--purge"]).await, @r#"user "Alan Turing" (alan@example.com) is gone for good"#);
    assert_snapshot!(console.failed(&["user", "show", "alan@example.com"]).await, @r#"5: error: no user is called "alan@example.com"; did you mean "Ada Lovelace" (ada@example.com), "Grace Hopper" (grace@example.com)?"#);
}

#[tokio::test]
async fn members_come_and_go() {
    let console = Console::with_organisation().await;
    assert_snapshot!(console.done(&["group", "create", "displayName=Tea, \"milk\" & [co]\\"]).await, @r#"group "Tea, "milk" & [co]\" ([id]) created"#);
    let group = "Tea, \"milk\" & [co]\\";
    assert_snapshot!(console.done(&["group", "add-member", group, "--user", "u2"]).await, @r#"user "Grace Hopper" (grace@example.com) is now a member of group "Tea, "milk" & [co]\" ([id])"#);
    assert_snapshot!(console.done(&["group", "add-member", group, "--group", "Sales"]).await, @r#"group "Sales" (g1) is now a member of group "Tea, "milk" & [co]\" ([id])"#);
    assert_snapshot!(console.done(&["group", "remove-member", group, "--user", "u2"]).await, @r#"user "Grace Hopper" (grace@example.com) is no longer a member of group "Tea, "milk" & [co]\" ([id])"#);
    assert_snapshot!(console.done(&["group", "remove-member", group, "--user", "u2"]).await, @r#"user "Grace Hopper" (grace@example.com) was no member of group "Tea, "milk" & [co]\" ([id])"#);
    assert_snapshot!(console.done(&["group", "set", group, "description=Break"]).await, @r#"group "Tea, "milk" & [co]\" ([id]) changed"#);
    assert_snapshot!(console.done(&["group", "show", group]).await, @r#"
    group "Tea, "milk" & [co]\"
      id           [id]
      is           enabled
      feed         api
      displayName  Tea, "milk" & [co]\
      description  Break
      members      Sales
    "#);
}

#[tokio::test]
async fn a_reader_that_goes_is_no_error() {
    let console = Console::with_organisation().await;
    let line =
        format!("{} user list | true; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_instep"));
    let ended = Command::new("bash").args(["-c", &line]).current_dir(console.path("")).output();
    let ended = ended.await.unwrap();
    let text = |bytes: Vec<u8>| redacted(&String::from_utf8(bytes).unwrap());
    assert_eq!((text(ended.stdout).as_str(), text(ended.stderr).as_str()), ("0\n", ""));
}
