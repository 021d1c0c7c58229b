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
    NAME    STATE   TOKENS LIVE FOR  ID
    Instep  active  [duration]           [id]
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
