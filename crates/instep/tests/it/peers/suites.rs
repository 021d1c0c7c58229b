//! Independent suites against `instep scim`, with users, groups and two resource types of their own kind.

#[path = "../../../../../tests/entra/mod.rs"]
mod entra;

use std::fs::File;
use std::process::Command;

use entra::Needs;
use serde_json::Value;

use super::{installed, output, printed};
use crate::console::{Console, Running};

const TOKEN: &str = "a-token";
const RESOURCE_TYPES: [&str; 4] = ["Agent", "AgenticApplication", "Group", "User"];

/// The service with its address.
struct Service {
    _running: Running,
    console: Console,
    url: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn scim2_tester_finds_nothing() {
    let service = serve().await;
    let mut tester = installed::python();
    tester.args(["scim2_tester_run.py", &service.url, TOKEN]);
    let report = document(&printed(&output(tester).await));
    assert_eq!(report["failed"], serde_json::json!([]), "{:#}", report["failed"]);
    assert_eq!(report["resourceTypes"], serde_json::json!(RESOURCE_TYPES));
}

#[tokio::test(flavor = "multi_thread")]
async fn scim_sanity_finds_nothing_in_its_strict_mode() {
    let service = serve().await;
    let mut probe = installed::python();
    probe.args(["-m", "scim_sanity", "probe", &service.url, "--token", TOKEN]);
    probe.args(["--strict", "--json-output", "--i-accept-side-effects"]);
    let report = document(&printed(&output(probe).await));
    let results = report["results"].as_array().unwrap();
    let others: Vec<_> = results.iter().filter(|result| result["status"] != "pass").collect();
    assert!(others.is_empty(), "{others:#?}");
    assert_eq!(results.len(), 45, "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn scim2_cli_gets_what_it_asks_for() {
    let service = serve().await;
    let ada = service.resource(&["create", "user", "--user-name", "ada@example.com"]).await;
    let id = ada["id"].as_str().unwrap();
    assert_eq!(service.resource(&["query", "user", id]).await, ada);
    let found = ["query", "user", "--filter", "userName eq \"ADA@example.com\"", "--count", "1"];
    assert_eq!(service.resource(&found).await["totalResults"], 1);
    let found =
        ["search", "user", "--filter", "userName pr", "--sort-by", "userName", "--cursor", ""];
    assert_eq!(service.resource(&found).await["Resources"][0], ada);
    let replaced = ["replace", "user", "--id", id, "--user-name", "ada", "--title", "Countess"];
    assert_eq!(service.resource(&replaced).await["title"], "Countess");
    let emails = r#"[{"value": "ada@work.example", "type": "work"}]"#;
    let modified = ["modify", "user", id, "replace", "title", "Analyst", "add", "emails", emails];
    let modified = service.resource(&modified).await;
    assert_eq!(
        (&modified["title"], &modified["emails"][0]["type"]),
        (&"Analyst".into(), &"work".into())
    );
    printed(&output(service.scim2(&["delete", "user", id])).await);
    assert_eq!(service.resource(&["query", "user"]).await["totalResults"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn scim2_cli_does_many_things_in_one_request() {
    let service = serve().await;
    let request = r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "G", "members": [{"value": "bulkId:u"}]}},
        {"method": "POST", "path": "/Users", "bulkId": "u", "data": {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@example.com"}}]}"#;
    service.console.write("bulk.json", request);
    let mut bulk = service.scim2(&["bulk"]);
    bulk.stdin(File::open(service.console.path("bulk.json")).unwrap());
    let answer = document(&printed(&output(bulk).await));
    let statuses = answer["Operations"].as_array().unwrap().iter().map(|done| &done["status"]);
    assert!(statuses.eq([&Value::from("201"), &Value::from("201")]), "{answer:#}");
    let groups = service.resource(&["query", "group"]).await;
    let users = service.resource(&["query", "user"]).await;
    assert_eq!(groups["Resources"][0]["members"][0]["value"], users["Resources"][0]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn scim2_cli_s_own_test_is_passed() {
    let service = serve().await;
    printed(&output(service.scim2(&["test"])).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_provisioning_clients_is_answered_durably() {
    let service = serve().await;
    let client = entra::Client::new(&service.url, TOKEN);
    let failures = entra::failures(&client, &[Needs::Store, Needs::Token]).await;
    assert!(failures.is_empty(), "{} shapes:\n{}", failures.len(), failures.join("\n"));
}

async fn serve() -> Service {
    let console = Console::new();
    let schemas = installed::script("resource_types.json");
    let arguments = ["scim", "--listen", "127.0.0.1:0", "--json", "--token", TOKEN, "--schemas"];
    let running = console.start(&[&arguments[..], &[schemas.to_str().unwrap()]].concat()).await;
    let url = document(&running.first_line)["url"].as_str().unwrap().to_owned();
    Service { _running: running, console, url }
}

impl Service {
    /// The command line of scim2-cli.
    fn scim2(&self, arguments: &[&str]) -> Command {
        let mut command = installed::python();
        command.args(["-c", "import scim2_cli; scim2_cli.cli()", "--url", &self.url]);
        command.args(["--header", &format!("Authorization: Bearer {TOKEN}")]).args(arguments);
        command
    }

    async fn resource(&self, arguments: &[&str]) -> Value {
        document(&printed(&output(self.scim2(arguments)).await))
    }
}

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
