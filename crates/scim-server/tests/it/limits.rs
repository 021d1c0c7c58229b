//! Limits: size, time and number of requests, and failures of the store.

use std::time::Duration;

use scim_server::Service;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Fixture;

async fn fixture(change: impl FnOnce(&mut scim_server::Flavour)) -> Fixture {
    let mut service = Service::standard("/scim/v2");
    change(&mut service.flavour);
    Fixture::serve(service).await
}

/// A connection of its own, for requests that no client sends.
async fn socket(fixture: &Fixture) -> TcpStream {
    let service = fixture.base.trim_start_matches("http://").split('/').next().unwrap();
    TcpStream::connect(service).await.unwrap()
}

async fn status(socket: &mut TcpStream) -> String {
    let mut start = [0; 12];
    socket.read_exact(&mut start).await.unwrap();
    String::from_utf8_lossy(&start[9..]).into_owned()
}

#[tokio::test]
async fn a_body_is_limited_whether_it_tells_its_length_or_not() {
    let fixture = fixture(|flavour| flavour.body_size_max = 100_000).await;
    let told = fixture.send_text("/Users", "application/json", "x".repeat(100_001)).await;
    assert_eq!(
        told.body["detail"],
        "the body is larger than 100000 bytes: send less in one request"
    );
    assert_eq!(told.status, 413);
    let mut socket = socket(&fixture).await;
    let chunk = format!("{:x}\r\n{}\r\n", 60_000, "x".repeat(60_000));
    let request = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nhost: h\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{chunk}{chunk}"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(status(&mut socket).await, "413");
}

#[tokio::test]
async fn deep_bodies_are_refused() {
    let fixture = fixture(|_| {}).await;
    let reply = fixture.send_text("/Users", "application/json", "[".repeat(90_000)).await;
    assert_eq!(reply.outcome(), "400 invalidSyntax");
    let reply = fixture.send_text("/Users", "application/json", "{\"a\":".repeat(90_000)).await;
    assert_eq!(reply.outcome(), "400 invalidSyntax");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let fixture = fixture(|flavour| flavour.request_time_max = Duration::from_millis(50)).await;
    let mut socket = socket(&fixture).await;
    let request =
        "POST /scim/v2/Users HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\n{\"userName\":";
    socket.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(status(&mut socket).await, "408");
}

#[tokio::test]
async fn work_that_does_not_end_is_given_up() {
    let fixture = fixture(|flavour| flavour.request_time_max = Duration::from_millis(50)).await;
    let reply = fixture.post("/Groups", json!({"displayName": "never"})).await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, "1"));
    assert_eq!(reply.body["status"], "503");
    let bulk = json!({"Operations": [
        {"method": "POST", "path": "/Groups", "bulkId": "a", "data": {"displayName": "never"}},
        {"method": "POST", "path": "/Groups", "bulkId": "b", "data": {"displayName": "G"}},
    ]});
    let reply = fixture.post("/Bulk", bulk).await;
    let statuses = [&reply.body["Operations"][0]["status"], &reply.body["Operations"][1]["status"]];
    assert_eq!((reply.status, statuses), (200, [&json!("503"), &json!("201")]));
}

#[tokio::test]
async fn more_requests_than_the_service_works_on_are_turned_away() {
    let fixture = fixture(|flavour| flavour.concurrency_max = 1).await;
    let mut first = socket(&fixture).await;
    // Only a part of the body: the request stays open.
    let request = "POST /scim/v2/Users HTTP/1.1\r\nhost: h\r\ncontent-length: 18\r\nexpect: 100-continue\r\n\r\n";
    first.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(status(&mut first).await, "100", "the service reads the body");
    let refused = fixture.get("/Users").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    first.write_all(b"{\"userName\":\"ada\"}").await.unwrap();
    let mut rest_of_continue = [0; 13];
    first.read_exact(&mut rest_of_continue).await.unwrap();
    assert_eq!(status(&mut first).await, "201");
    assert_eq!(fixture.get("/Users").await.status, 200);
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    let fixture = fixture(|_| {}).await;
    let reply = fixture.post("/Groups", json!({"displayName": "panic"})).await;
    assert_eq!(
        reply.body,
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": "500",
            "detail": "the service failed: tell who runs it, the log says more",
        })
    );
    assert_eq!(fixture.get("/Users").await.status, 200);
}

#[tokio::test]
async fn a_bulk_request_is_limited_in_size_and_number() {
    let fixture = fixture(|flavour| {
        flavour.bulk = Some(scim_server::BulkLimits { operations: 2, payload_bytes: 1_000 });
    })
    .await;
    let operation = json!({"method": "DELETE", "path": "/Users/1"});
    let many =
        fixture.post("/Bulk", json!({"Operations": [operation, operation, operation]})).await;
    insta::assert_snapshot!(format!("{} {}", many.status, many.body["detail"]), @r#"413 "the bulk request has 3 operations, the most is 2 (maxOperations): send several requests""#);
    let large = fixture.post("/Bulk", json!({"Operations": [], "x": "y".repeat(1_000)})).await;
    insta::assert_snapshot!(format!("{} {}", large.status, large.body["detail"]), @r#"413 "the body is larger than 1000 bytes: send less in one request (maxPayloadSize)""#);
}
