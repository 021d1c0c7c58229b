//! Wrong input and a hostile world: one clear sentence, an exit code, nothing lost.

use std::path::Path;

use insta::assert_snapshot;
use testkit::{FakeTarget, Fault, When};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::USERS;
use crate::console::Console;

#[tokio::test]
async fn a_file_that_was_cut_off_is_refused_with_all_the_others() {
    let console = Console::new();
    console.write("users.json", USERS);
    console.write("groups.json", "{\"value\": [\n  {\"id\": \"g1\", \"displayName\": \"Sal");
    assert_snapshot!(console.failed(&["import", "graph", "users.json", "groups.json"]).await, @r#"2: error: file "groups.json": line 2: the file ends in the middle; it was cut off, export it again; nothing was imported"#);
    assert!(!console.path("instep-data").exists());
    console.write("users.csv", "id,userPrincipalName,displayName\nu1,ada@example.com");
    assert_snapshot!(console.failed(&["import", "csv", "users.csv"]).await, @r#"2: error: file "users.csv": line 2: the line has 2 cells instead of 3; was the file cut off?; nothing was imported"#);
    assert_snapshot!(console.failed(&["import", "graph", "nowhere.json"]).await, @r#"2: error: file "nowhere.json": it cannot be read (No such file or directory (os error 2)); nothing was imported"#);
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_shown_by_line_and_field() {
    let console = Console::new();
    console.write("users.json", "{\"value\": [\n  {\"id\": \"u1\", \"userPrincipalName\": \"a@b.c\",\n   \"accountEnabled\": \"maybe\"}]}");
    assert_snapshot!(console.failed(&["import", "graph", "users.json"]).await, @r#"2: error: file "users.json": line 3, field "accountEnabled": expected true or false, found text; correct it there or export again; nothing was imported"#);
}

#[tokio::test]
async fn a_file_that_lacks_too_many_is_refused() {
    let console = Console::with_organisation().await;
    console.write("users.json", r#"{"value": [{"id": "u1", "userPrincipalName": "ada@example.com", "displayName": "Ada"}]}"#);
    assert_snapshot!(console.failed(&["import", "graph", "users.json"]).await, @r#"2: error: file "users.json": the file lacks 2 of the 3 users that "users.json" brought before (67 %, at most 20 % may go at once), so nothing was imported; check that the export is whole, or allow it with --allow-removals"#);
    assert_snapshot!(console.done(&["import", "graph", "users.json", "--allow-removals"]).await, @"users.json: 1 user updated, 2 users put into the recycle bin");
}

#[tokio::test]
async fn two_files_never_remove_each_others_people() {
    let console = Console::new();
    console.write("one.json", USERS);
    console.write("two.json", USERS);
    assert_snapshot!(console.failed(&["import", "graph", "one.json", "two.json", "--feed", "hr"]).await, @r#"2: error: the files "one.json" and "two.json" both hold the users of feed "hr"; import them one by one with --feed names of their own"#);
}

#[tokio::test]
async fn a_slip_in_a_name_is_answered_with_near_ones() {
    let console = Console::with_organisation().await;
    assert_snapshot!(console.failed(&["user", "show", "ada@exampel.com"]).await, @r#"5: error: no user is called "ada@exampel.com"; did you mean "Ada Lovelace" (ada@example.com)?"#);
    assert_snapshot!(console.failed(&["user", "show", "Sales"]).await, @r#"2: error: "Sales" is a group, and a user is wanted here"#);
    assert_snapshot!(console.failed(&["user", "set", "u1", "jobTitel=x"]).await, @r#"2: error: no object has an attribute "jobTitel"; did you mean "jobTitle"?; correct the name, or set it all the same with --force"#);
    assert_snapshot!(console.failed(&["user", "set", "u1", "accountEnabled=maybe"]).await, @r#"2: error: attribute "accountEnabled" holds true or false, not "maybe""#);
    assert_snapshot!(console.failed(&["user", "set", "u1", "jobTitle"]).await, @r#"2: error: "jobTitle" is no value; write name=value, or name:=json"#);
    assert_snapshot!(console.failed(&["app", "show", "CMR"]).await, @r#"5: error: no application is called "CMR"; "instep app list" shows them, "instep app add" adds one"#);
    assert_snapshot!(console.failed(&["job", "start", "CRM"]).await, @r#"5: error: application "CRM" has no provisioning yet; add it from the gallery with "instep app add --template … --name "CRM"""#);
    assert_snapshot!(console.failed(&["app", "add", "--template", "sicm", "--name", "X"]).await, @r#"2: error: the gallery has no template "sicm"; it has "genesys-cloud-for-azure", "scim""#);
}

#[tokio::test]
async fn programs_get_the_complaint_as_a_document() {
    let console = Console::with_organisation().await;
    let complaint = console.failed(&["user", "show", "nobody", "--json"]).await;
    assert_snapshot!(complaint, @r#"5: {"error":{"exitCode":5,"message":"no user is called \"nobody\"; give an id, a user principal name or a display name"}}"#);
}

#[tokio::test]
async fn an_output_that_cannot_be_written_is_one_sentence() {
    let console = Console::with_organisation().await;
    let line = format!("{} user list > /dev/full", env!("CARGO_BIN_EXE_instep"));
    let ended = Command::new("bash").args(["-c", &line]).current_dir(console.path("")).output();
    let ended = ended.await.unwrap();
    assert_eq!(ended.status.code(), Some(3));
    assert_snapshot!(String::from_utf8(ended.stderr).unwrap(), @"error: the output cannot be written: No space left on device (os error 28)");
}

#[tokio::test]
async fn a_data_folder_that_is_not_there_is_no_empty_organisation() {
    let console = Console::new();
    assert_snapshot!(console.failed(&["user", "list", "--data", "elsewhere"]).await, @r#"3: error: the data folder "elsewhere" holds no organisation yet; fill it with "instep import graph", or name another one by --data"#);
    assert!(!console.path("elsewhere").exists());
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_written_is_one_sentence() {
    let console = Console::new();
    console.write("users.json", USERS);
    // Nobody, not even root, makes folders there.
    let refused =
        console.failed(&["import", "graph", "users.json", "--data", "/proc/instep"]).await;
    assert_snapshot!(refused, @r#"3: error: the data file "/proc/instep/instep.db" cannot be opened (No such file or directory (os error 2)): check that its folder exists and may be written, or choose another folder by --data"#);
    console.write("file", "");
    assert_snapshot!(console.failed(&["import", "graph", "users.json", "--data", "file"]).await, @r#"3: error: the data file "file/instep.db" cannot be opened (File exists (os error 17)): check that its folder exists and may be written, or choose another folder by --data"#);
}

#[tokio::test]
async fn a_data_file_that_is_something_else_is_left_alone() {
    let console = Console::new();
    std::fs::create_dir(console.path("instep-data")).unwrap();
    console.write(
        "instep-data/instep.db",
        "this is a diary, not a database; dear diary, today I was a file",
    );
    assert_snapshot!(console.failed(&["user", "list"]).await, @r#"3: error: the data file "./instep-data/instep.db" is not a database of this program: move it away, or choose another folder by --data"#);
    assert!(
        std::fs::read_to_string(console.path("instep-data/instep.db"))
            .unwrap()
            .starts_with("this is")
    );
}

#[tokio::test]
async fn a_port_in_use_is_one_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let console = Console::new();
    assert_snapshot!(console.failed(&["serve", "--listen", &address]).await, @"3: error: the address 127.0.0.1:[port] is in use by another process; end that one, or choose another port by --listen");
    assert_snapshot!(console.failed(&["genesys", "--listen", &address]).await, @"3: error: the address 127.0.0.1:[port] is in use by another process; end that one, or choose another port by --listen");
    assert!(!Path::new(&console.path("instep-data")).exists());
}

#[tokio::test]
async fn wrong_usage_has_its_own_exit_code() {
    let console = Console::with_organisation().await;
    for wrong in [
        &["user", "lst"][..],
        &["app", "assign", "CRM"],
        &[
            "app",
            "credentials",
            "CRM",
            "--tenant-url",
            "http://127.0.0.1/scim",
            "--secret-token",
            "a",
            "--client-secret",
            "b",
        ],
        &["app", "scope", "CRM"],
        &["user", "set", "u1"],
        &["import", "graph", "users.json", "--removal-share", "2"],
    ] {
        assert_eq!(console.run(wrong).await.code, Some(2), "{wrong:?}");
    }
    assert_snapshot!(console.failed(&["user", "list", "--log", "=loud="]).await, @r#"2: error: the log filter "=loud=" cannot be read (invalid filter directive); use error, warn, info, debug or trace"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_test_says_which_trouble_it_is() {
    let target = FakeTarget::start().await;
    let console = Console::connected_to(&target).await;
    let test = ["app", "test", "CRM"];
    target.fail(When::any().always(), Fault::Html);
    assert_snapshot!(console.failed(&test).await, @r#"4: error: application "CRM": the answer is no SCIM message but an HTML page ("Sign in"): check the path of the tenant URL; it is often "/scim" or "/scim/v2" below the service's address"#);
    target.behave();
    target.fail(When::any().always(), Fault::IgnoreFilter);
    let _ = target.add_user(serde_json::json!({"userName": "somebody@example.com"}));
    assert_snapshot!(console.failed(&test).await, @r#"4: error: application "CRM": the service found something (1) in /Users by userName for a value that nobody has: it ignores the filter; match by an attribute that the service can search by, else accounts cannot be told apart"#);
    target.behave();
    target.replace_token("another");
    assert_snapshot!(console.failed(&test).await, @r#"4: error: application "CRM": the service refused our token (401: the token is not known): obtain a new one there and save it in the credentials; the address is right; a token may have expired or belong to another organisation"#);
    let said = console.run(&["app", "test", "CRM", "--json"]).await;
    let document: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &document["problem"]["code"]), (Some(4), &"wrongToken".into()));
    target.stop().await;
    assert_snapshot!(console.failed(&test).await, @r#"4: error: application "CRM": "127.0.0.1:[port]" cannot be reached: nothing listens there (connection refused): check the port, and whether the service runs; the machine is there, but not the service on this port"#);
}

#[tokio::test]
async fn plain_http_to_other_machines_needs_permission() {
    let console = Console::with_organisation().await;
    console.done(&["app", "add", "--template", "scim", "--name", "CRM"]).await;
    let connect = |url: &'static str| {
        ["app", "credentials", "CRM", "--tenant-url", url, "--secret-token", "t"]
    };
    assert_snapshot!(console.failed(&connect("http://scim.example.com/v2")).await, @r#"2: error: application "CRM": the URL of "scim.example.com" begins with http:, which would send the credentials unencrypted: use https:, or allow plain http for this connection"#);
    assert_snapshot!(console.failed(&connect("scim.example.com")).await, @r#"2: error: application "CRM": "scim.example.com" is no URL (relative URL without a base): write it in full, for example https://api.example.com/scim/v2"#);
    assert_snapshot!(console.failed(&["app", "test", "CRM"]).await, @r#"2: error: application "CRM" has no credentials yet; set them with "instep app credentials""#);
    let empty = [
        "app",
        "credentials",
        "CRM",
        "--tenant-url",
        "https://scim.example.com/v2",
        "--secret-token-stdin",
    ];
    assert_snapshot!(console.failed(&empty).await, @"2: error: the secret token is empty; give the text that the service shows");
}
