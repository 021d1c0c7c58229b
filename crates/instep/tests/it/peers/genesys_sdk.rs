//! The vendor's own SDKs against `instep genesys`: every SCIM operation of both path families.

use std::collections::BTreeMap;
use std::process::Command;

use super::{installed, output, printed};
use crate::console::{Console, Running};

/// The SDKs' SCIM operations: 15 in each of the two path families.
const OPERATION_COUNT: usize = 30;

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_works_as_against_the_vendor() {
    let mut command = installed::python();
    command.arg("genesys_sdk.py");
    check(command).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_javascript_sdk_works_as_against_the_vendor() {
    let mut command = installed::node();
    command.arg(installed::script("node/genesys_sdk.mjs"));
    check(command).await;
}

/// Drives a fresh organisation with the SDK.
async fn check(mut sdk: Command) {
    let console = Console::new();
    console.done(&["genesys", "group", "create", "--name", "Genesys Agents"]).await;
    console.done(&["genesys", "role", "create", "--name", "Supervisor"]).await;
    let organisation = serve(&console).await;
    let line: serde_json::Value = serde_json::from_str(&organisation.first_line).unwrap();
    let api_url = line["apiUrl"].as_str().unwrap();
    sdk.args([api_url, "an-id", "a-secret", "Genesys Agents", "Supervisor"]);
    let report = printed(&output(sdk).await);
    let report: BTreeMap<String, String> = serde_json::from_str(&report).unwrap();
    let failed: Vec<_> = report.iter().filter(|(_, outcome)| *outcome != "ok").collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(report.len(), OPERATION_COUNT, "{report:#?}");
}

async fn serve(console: &Console) -> Running {
    let arguments = [
        "genesys",
        "--listen",
        "127.0.0.1:0",
        "--json",
        "--rate-limit",
        "off",
        "--ensure-client",
        "an-id:a-secret",
    ];
    console.start(&arguments).await
}
