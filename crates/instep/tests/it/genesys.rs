//! The Genesys-Cloud-compatible organisation from the command line.

use insta::assert_snapshot;

use crate::console::{Console, Running, redacted};

#[tokio::test]
async fn clients_roles_divisions_and_groups_are_administered() {
    let console = Console::new();
    let client = console
        .json(&["genesys", "client", "create", "--name", "Instep", "--token-hours", "2"])
        .await;
    assert_eq!((&client["name"], &client["tokenSeconds"]), (&"Instep".into(), &7200.into()));
    assert_snapshot!(console.done(&["genesys", "client", "list"]).await, @"
    NAME    STATE   ENDS   TOKENS LIVE FOR  ROLES             ID
    Instep  active  never  [duration]           SCIM Integration  [id]
    ");
    let id = client["id"].as_str().unwrap();
    assert_snapshot!(console.done(&["genesys", "client", "revoke", id]).await, @r#"OAuth client "[id]" is revoked"#);
    assert_snapshot!(console.failed(&["genesys", "client", "revoke", "nobody"]).await, @r#"5: error: there is no OAuth client with the id "nobody": list them to see which there are"#);
    assert_snapshot!(console.done(&["genesys", "role", "create", "--name", "Supervisor"]).await, @r#"role "Supervisor" created ([id])"#);
    let roles = console.json(&["genesys", "role", "list"]).await;
    assert!(roles.as_array().unwrap().iter().any(|role| role["name"] == "Supervisor"), "{roles}");
    assert_snapshot!(console.done(&["genesys", "division", "create", "--name", "EMEA"]).await, @r#"division "EMEA" created ([id])"#);
    assert_snapshot!(console.done(&["genesys", "division", "list"]).await, @"
    NAME  ID
    EMEA  [id]
    Home  [id]
    ");
    assert_snapshot!(console.done(&["genesys", "group", "create", "--name", "Sales"]).await, @r#"group "Sales" created ([id])"#);
    assert_snapshot!(console.failed(&["genesys", "group", "create", "--name", "sales"]).await, @r#"2: error: there is a group "sales" already: choose another name"#);
    assert_snapshot!(console.done(&["genesys", "group", "list"]).await, @"
    NAME   MEMBERS  ID
    Sales  0        [id]
    ");
    assert_snapshot!(console.done(&["genesys", "user", "list"]).await, @"
    USER NAME  NAME  STATE  DIVISION  ROLES  ID
    0 users
    ");
}

#[tokio::test]
async fn clients_get_roles_and_lose_their_tokens() {
    let console = Console::new();
    console.done(&["genesys", "division", "create", "--name", "EMEA"]).await;
    let role = ["genesys", "role", "create", "--name", "Filler", "--permission"];
    console.done(&[&role[..], &["directory:group:edit"]].concat()).await;
    assert_snapshot!(console.failed(&[&role[..], &["everything"]].concat()).await, @r#"2: error: "everything" is no permission: write it as domain:entity:action, * for any"#);
    let create = ["genesys", "client", "create", "--name", "CRM", "--role", "Filler"];
    let client = console.json(&[&create[..], &["--division", "EMEA"]].concat()).await;
    assert_snapshot!(console.failed(&[&create[..], &["--token-seconds", "200000"]].concat()).await, @r#"2: error: tokens cannot live for 200000 seconds: choose from 300 to 172800, or to 38880000 for a client with the role "SCIM Integration""#);
    assert_snapshot!(console.failed(&["genesys", "client", "create", "--name", "x", "--role", "King"]).await, @r#"5: error: there is no role "King": list them to see which there are, or create it first"#);
    let id = client["id"].as_str().unwrap();
    assert_snapshot!(console.done(&["genesys", "client", "disable", id]).await, @r#"OAuth client "[id]" is disabled"#);
    assert_snapshot!(console.done(&["genesys", "client", "list"]).await, @"
    NAME  STATE     ENDS   TOKENS LIVE FOR  ROLES          ID
    CRM   disabled  never  [duration]          Filler (EMEA)  [id]
    ");
    assert_snapshot!(console.done(&["genesys", "client", "enable", id]).await, @r#"OAuth client "[id]" is active"#);
    let renewed = console.json(&["genesys", "client", "secret", id]).await;
    assert_ne!(renewed["secret"], client["secret"]);
    assert_snapshot!(console.done(&["genesys", "client", "end-tokens", id]).await, @r#"OAuth client "[id]" is without tokens"#);
    let records = console.json(&["genesys", "records", "--kind", "OAuthClient"]).await;
    let said = |name: &str| {
        let records = records.as_array().unwrap().iter();
        records.map(|record| record[name].as_str().unwrap()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(said("action"), "update update update update create");
    assert_eq!(said("method"), "PUT PUT PUT PUT POST");
}

#[tokio::test]
async fn skills_are_made_and_groups_deleted() {
    let console = Console::new();
    for kind in ["skill", "language", "group"] {
        let made = console.json(&["genesys", kind, "create", "--name", "x"]).await;
        let id = made["id"].as_str().unwrap();
        assert_eq!(console.json(&["genesys", kind, "list"]).await[0]["id"], id);
        let deleted = console.done(&["genesys", kind, "delete", id]).await;
        assert_eq!(deleted.trim(), format!("{kind} \"x\" deleted"));
        assert_eq!(console.json(&["genesys", kind, "list"]).await, serde_json::json!([]));
    }
}

#[tokio::test]
async fn settings_are_listed_and_a_wrong_one_is_refused() {
    let console = Console::new();
    console.write("strict.txt", "# as at the vendor\nlarge-pages = refused\n");
    let arguments = ["genesys", "settings", "--settings", "strict.txt", "--set", "list-lag=3"];
    let settings = console.json(&arguments).await;
    let value = |name: &str| {
        let setting = settings.as_array().unwrap().iter().find(|setting| setting["name"] == name);
        setting.unwrap()["value"].as_str().unwrap().to_owned()
    };
    assert_eq!((value("large-pages"), value("list-lag")), ("refused".to_owned(), "3".to_owned()));
    assert_eq!((value("rate-limit"), value("revive")), ("300".to_owned(), "on".to_owned()));
    assert_snapshot!(console.failed(&["genesys", "--set", "revive=perhaps"]).await, @r#"2: error: the setting "revive" cannot be "perhaps": choose on or off"#);
    assert_snapshot!(console.failed(&["genesys", "--set", "speed=1"]).await, @r#"2: error: there is no setting "speed": "instep genesys settings" lists them"#);
    assert_snapshot!(console.failed(&["genesys", "--settings", "none.txt"]).await, @r#"2: error: the settings file "none.txt" cannot be read: No such file or directory (os error 2)"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_arrive_in_the_organisation_by_another_process() {
    let console = Console::with_organisation().await;
    console.done(&["genesys", "group", "create", "--name", "Sales"]).await;
    console.done(&["genesys", "role", "create", "--name", "agent"]).await;
    let serve = [
        "genesys",
        "--listen",
        "127.0.0.1:0",
        "--json",
        "--end-with-stdin",
        "--ensure-client",
        "an-id:a-secret",
    ];
    let mut running = console.start(&serve).await;
    let url = api_url(&running);
    let said = console
        .run(&["app", "add", "--template", "genesys-cloud-for-azure", "--name", "CRM"])
        .await;
    assert_eq!(said.code, Some(0));
    let (tenant_url, token_url) = (format!("{url}/api/v2/scim/v2"), format!("{url}/oauth/token"));
    let connect = [
        "app",
        "credentials",
        "CRM",
        "--tenant-url",
        &tenant_url,
        "--token-url",
        &token_url,
        "--client-id",
        "an-id",
        "--client-secret",
        "a-secret",
    ];
    console.done(&connect).await;
    assert_snapshot!(console.done(&["job", "run", "CRM"]).await, @"
    initial cycle done: 3 requests (1 GET, 1 POST, 1 PATCH) in [duration]
      create  success  1
      other   skipped  2
      update  success  1
    ");
    assert_snapshot!(redacted(&console.done(&["genesys", "user", "list"]).await), @"
    USER NAME        NAME          STATE   DIVISION  ROLES  ID
    ada@example.com  Ada Lovelace  active  Home      agent  [id]
    1 user
    ");
    // Its parent ends, and so does it.
    drop(running.child.stdin.take());
    assert_eq!(running.ended().await, Some(0));
}

fn api_url(running: &Running) -> String {
    let line: serde_json::Value = serde_json::from_str(&running.first_line).unwrap();
    line["apiUrl"].as_str().unwrap().to_owned()
}
