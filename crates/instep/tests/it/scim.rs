//! The plain SCIM service as a process: its token, its files, its death.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use insta::assert_snapshot;
use reqwest::{Client, StatusCode};
use serde_json::{Value as Json, json};
use tokio::sync::Notify;

use crate::console::{Console, Running};

/// Users that are written before the process is killed.
const WRITTEN_COUNT: usize = 150;

/// Clients that write at the same time.
const CLIENT_COUNT: usize = 8;

fn first_document(running: &Running) -> Json {
    serde_json::from_str(&running.first_line).unwrap()
}

fn text<'d>(document: &'d Json, name: &str) -> &'d str {
    document[name].as_str().unwrap_or_default()
}

async fn users(url: &str, token: &str) -> (StatusCode, Json) {
    let asked = Client::new().get(format!("{url}/Users")).bearer_auth(token).send().await.unwrap();
    let status = asked.status();
    (status, asked.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_once_and_stays_good_until_another_is_made() {
    let console = Console::new();
    let serve = ["scim", "--listen", "127.0.0.1:0", "--json"];
    let running = console.start(&serve).await;
    let first = first_document(&running);
    let token = text(&first, "token").to_owned();
    assert_eq!(users(text(&first, "url"), &token).await.0, StatusCode::OK);
    assert_eq!(running.end().await, Some(0));

    let running = console.start(&serve).await;
    let again = first_document(&running);
    assert_eq!(again["token"], Json::Null, "it is shown once");
    assert_eq!(users(text(&again, "url"), &token).await.0, StatusCode::OK);
    assert_eq!(running.end().await, Some(0));

    let running = console.start(&[&serve[..], &["--new-token"]].concat()).await;
    let other = first_document(&running);
    assert_eq!(users(text(&other, "url"), &token).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(users(text(&other, "url"), text(&other, "token")).await.0, StatusCode::OK);
    assert_eq!(running.end().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_come_from_the_command_line_and_from_a_file() {
    let console = Console::new();
    console.write("tokens.txt", "three\n\n four \n");
    let serve = ["scim", "--listen", "127.0.0.1:0", "--json", "--token", "one", "--token", "two"];
    let running = console.start(&[&serve[..], &["--token-file", "tokens.txt"]].concat()).await;
    let url = first_document(&running)["url"].as_str().unwrap().to_owned();
    for token in ["one", "two", "three", "four"] {
        assert_eq!(users(&url, token).await.0, StatusCode::OK, "{token}");
    }
    assert_eq!(users(&url, "five").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(running.end().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_has_lost_nothing_that_it_answered() {
    let console = Console::new();
    let serve = ["scim", "--listen", "127.0.0.1:0", "--json", "--token", "T"];
    let mut running = console.start(&serve).await;
    let url = first_document(&running)["url"].as_str().unwrap().to_owned();
    let written = Arc::new(AtomicUsize::new(0));
    let enough = Arc::new(Notify::new());
    let writing: Vec<_> = (0..CLIENT_COUNT)
        .map(|client| {
            let (url, written, enough) = (url.clone(), Arc::clone(&written), Arc::clone(&enough));
            tokio::spawn(async move { write(client, &url, &written, &enough).await })
        })
        .collect();
    enough.notified().await;
    running.child.kill().await.unwrap();
    let mut acknowledged = Vec::new();
    for writer in writing {
        acknowledged.extend(writer.await.unwrap());
    }
    assert!(acknowledged.len() >= WRITTEN_COUNT);

    let running = console.start(&serve).await;
    let url = first_document(&running)["url"].as_str().unwrap().to_owned();
    let client = Client::new();
    for (id, name) in &acknowledged {
        let asked = client.get(format!("{url}/Users/{id}")).bearer_auth("T").send().await.unwrap();
        let user: Json = asked.json().await.unwrap();
        assert_eq!(text(&user, "userName"), name);
    }
    // At most one request of each client was under way.
    let total = users(&url, "T").await.1["totalResults"].as_u64().unwrap();
    let most = u64::try_from(acknowledged.len() + CLIENT_COUNT).unwrap();
    assert!((most - CLIENT_COUNT as u64..=most).contains(&total), "{total} of {most}");
    assert_eq!(running.end().await, Some(0));
}

/// Writes users until the service is gone; ids and names of those that it acknowledged.
async fn write(
    client: usize,
    url: &str,
    written: &AtomicUsize,
    enough: &Notify,
) -> Vec<(String, String)> {
    let http = Client::new();
    let mut acknowledged = Vec::new();
    for place in 0.. {
        let name = format!("user-{client}-{place}");
        let body = json!({"userName": name, "emails": [{"value": name}]});
        let Ok(answer) =
            http.post(format!("{url}/Users")).bearer_auth("T").json(&body).send().await
        else {
            break;
        };
        let Ok(user) = answer.json::<Json>().await else { break };
        acknowledged.push((text(&user, "id").to_owned(), name));
        if written.fetch_add(1, Ordering::Relaxed) + 1 == WRITTEN_COUNT {
            enough.notify_one();
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_of_a_schema_from_a_file_are_served() {
    let console = Console::new();
    let urn = "urn:example:params:scim:schemas:Device";
    let schema = json!([
        {"id": urn, "name": "Device", "attributes": [{"name": "serial", "required": true, "uniqueness": "server"}]},
        {"name": "Device", "endpoint": "/Devices", "schema": urn},
    ]);
    std::fs::create_dir(console.path("schemas")).unwrap();
    console.write("schemas/device.json", &schema.to_string());
    let serve = ["scim", "--listen", "127.0.0.1:0", "--json", "--no-auth", "--schemas", "schemas"];
    let running = console.start(&serve).await;
    let url = first_document(&running)["url"].as_str().unwrap().to_owned();
    let body = json!({"schemas": [urn], "serial": "X1"});
    let post = || Client::new().post(format!("{url}/Devices")).json(&body).send();
    assert_eq!(post().await.unwrap().status(), StatusCode::CREATED);
    assert_eq!(post().await.unwrap().status(), StatusCode::CONFLICT);
    assert_eq!(running.end().await, Some(0));
}

#[tokio::test]
async fn what_cannot_be_served_is_said_in_a_sentence() {
    let console = Console::new();
    assert_snapshot!(console.failed(&["scim", "--listen", "0.0.0.0:0", "--no-auth"]).await, @"2: error: --no-auth would let everybody who reaches 0.0.0.0:0 read and write; listen on 127.0.0.1, or give a token");
    assert_snapshot!(console.failed(&["scim", "--token", ""]).await, @"2: error: a token is empty: give another one, or none for one that is made");
    console.write("empty.txt", "\n");
    assert_snapshot!(console.failed(&["scim", "--token-file", "empty.txt"]).await, @r#"2: error: the file "empty.txt" has no token: write one a line"#);
    assert_snapshot!(console.failed(&["scim", "--schemas", "none.json"]).await, @r#"2: error: "none.json" cannot be read (No such file or directory (os error 2)): check its name and who may read it"#);
    console.write("wrong.json", "{");
    assert_snapshot!(console.failed(&["scim", "--schemas", "wrong.json"]).await, @r#"2: error: "wrong.json" is no JSON (EOF while parsing an object at line 1 column 1): correct it there"#);
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_snapshot!(console.failed(&["scim", "--listen", &address]).await, @"3: error: the address 127.0.0.1:[port] is in use by another process; end that one, or choose another port by --listen");
    console.write("file", "");
    assert_snapshot!(console.failed(&["scim", "--data", "file", "--listen", "127.0.0.1:0"]).await, @r#"3: error: the data file "file/scim.db" cannot be opened (File exists (os error 17)): check that its folder exists and may be written, or choose another folder by --data"#);
}
