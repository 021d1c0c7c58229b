//! The service as a process: health, work, and its end.

use std::time::Duration;

use insta::assert_snapshot;
use testkit::FakeTarget;

use crate::console::{Console, redacted};

/// How long a change may take until it has arrived.
const ARRIVAL_MAX: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn the_service_is_live_and_ready_and_ends_when_asked() {
    let console = Console::new();
    let running = console.start(&["serve", "--listen", "127.0.0.1:0", "--json"]).await;
    let line: serde_json::Value = serde_json::from_str(&running.first_line).unwrap();
    let url = line["url"].as_str().unwrap();
    for (path, expected) in
        [("/livez", r#"{"status":"live"}"#), ("/readyz", r#"{"status":"ready"}"#)]
    {
        let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.text().await.unwrap().as_str()),
            (200, expected)
        );
    }
    assert_eq!(reqwest::get(format!("{url}/elsewhere")).await.unwrap().status(), 404);
    assert_eq!(running.end().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_started_job_is_worked_on_and_other_commands_go_on_working() {
    let target = FakeTarget::start().await;
    let console = Console::connected_to(&target).await;
    let running = console.start(&["serve", "--listen", "127.0.0.1:0"]).await;
    assert_snapshot!(redacted(&running.first_line), @"instep serves on http://127.0.0.1:[port]; Ctrl-C ends it");
    console.done(&["job", "start", "CRM"]).await;
    until(|| target.user("ada@example.com").is_some()).await;
    console.done(&["user", "set", "ada@example.com", "jobTitle=Countess"]).await;
    until(|| target.user("ada@example.com").is_some_and(|user| user["title"] == "Countess")).await;
    console.done(&["job", "pause", "CRM"]).await;
    assert_eq!(running.end().await, Some(0));
}

/// Waits until something has arrived.
async fn until(arrived: impl Fn() -> bool) {
    let arriving = async {
        while !arrived() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(ARRIVAL_MAX, arriving).await.expect("it arrives");
}
