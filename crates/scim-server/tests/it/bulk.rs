//! Several requests in one (RFC 7644 §3.7).

use scim_server::Service;
use serde_json::{Value, json};

use crate::{Fixture, Reply};

async fn fixture() -> Fixture {
    Fixture::serve(Service::standard("/scim/v2")).await
}

fn bulk(operations: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations})
}

/// A line for each answer: method, name, status, place, version and what went wrong.
fn results(reply: &Reply, fixture: &Fixture) -> String {
    let line = |done: &Value| {
        let text = |name: &str| done[name].as_str().unwrap_or("-").replace(&fixture.base, "");
        let parts = ["method", "bulkId", "status", "location", "version"].map(text);
        let detail = done["response"]["detail"].as_str().unwrap_or_default();
        format!("{} {detail}", parts.join(" ")).trim_end().to_owned()
    };
    reply.body["Operations"].as_array().unwrap().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn operations_are_carried_out_and_answered_one_by_one() {
    let fixture = fixture().await;
    fixture.user("old").await;
    fixture.user("gone").await;
    let reply = fixture
        .post("/Bulk", bulk(&json!([
            {"method": "POST", "path": "/Users", "bulkId": "q", "data": {"userName": "ada"}},
            {"method": "PUT", "path": "/Users/1", "version": "W/\"1\"", "data": {"userName": "new"}},
            {"method": "patch", "path": "/Users/1", "data": {"Operations": [{"op": "add", "path": "title", "value": "Dr"}]}},
            {"method": "DELETE", "path": "/Users/2"},
            {"method": "DELETE", "path": "/Users/2"},
            {"method": "PUT", "path": "/Users/1", "version": "W/\"1\"", "data": {"userName": "stale"}},
            {"method": "POST", "path": "/Users/1", "bulkId": "r", "data": {"userName": "x"}},
            {"method": "POST", "path": "/Schemas", "bulkId": "s", "data": {"userName": "x"}},
            {"method": "POST", "path": "/Users", "bulkId": "t", "data": {"userName": "ADA"}},
        ])))
        .await;
    assert_eq!(reply.status, 200);
    insta::assert_snapshot!(results(&reply, &fixture), @r#"
    POST q 201 /Users/3 W/"1"
    PUT - 200 /Users/1 W/"2"
    PATCH - 200 /Users/1 W/"3"
    DELETE - 204 /Users/2 -
    DELETE - 404 /Users/2 - there is no User with the id "2"
    PUT - 412 /Users/1 - the resource has another version than If-Match says: read it again and repeat the change
    POST r 405 - - POST is not possible at this address: use GET, HEAD, PUT, PATCH, DELETE
    POST s 405 - - POST is not possible at this address: use GET, HEAD
    POST t 409 - - the userName "ada" is taken
    "#);
    assert_eq!(fixture.get("/Users?sortBy=userName").await.column("userName"), "ada new");
}

#[tokio::test]
async fn operations_refer_to_what_others_create() {
    let fixture = fixture().await;
    let reply = fixture
        .post("/Bulk", bulk(&json!([
            {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"displayName": "G", "members": [{"value": "bulkId:u"}, {"value": "bulkId:h", "type": "Group"}]}},
            {"method": "POST", "path": "/Groups", "bulkId": "h", "data": {"displayName": "H", "members": [{"value": "bulkId:g", "type": "Group"}]}},
            {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"userName": "ada"}},
            {"method": "PATCH", "path": "/Users/bulkId:u", "data": {"Operations": [{"op": "add", "path": "title", "value": "Dr"}]}},
        ])))
        .await;
    let statuses: Vec<_> = reply.body["Operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|done| done["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["201", "201", "201", "200"], "{}", reply.body);
    let groups = fixture.get("/Groups?sortBy=displayName").await.body;
    let users = fixture.get("/Users").await.body;
    let (ada, g, h) = (&users["Resources"][0], &groups["Resources"][0], &groups["Resources"][1]);
    assert_eq!(ada["title"], "Dr");
    assert_eq!((&g["members"][0]["value"], &g["members"][1]["value"]), (&ada["id"], &h["id"]));
    assert_eq!(h["members"][0]["value"], g["id"]);
}

#[tokio::test]
async fn a_client_says_after_how_many_errors_to_stop() {
    let fixture = fixture().await;
    let mut request = bulk(&json!([
        {"method": "DELETE", "path": "/Users/7"},
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "ada"}},
        {"method": "DELETE", "path": "/Users/8"},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"userName": "ben"}},
    ]));
    request["failOnErrors"] = json!(2);
    let reply = fixture.post("/Bulk", request).await;
    assert_eq!((reply.status, reply.body["Operations"].as_array().unwrap().len()), (200, 3));
    assert_eq!(fixture.get("/Users").await.column("userName"), "ada");
}

#[tokio::test]
async fn what_is_no_bulk_request_is_refused() {
    let fixture = fixture().await;
    for body in
        [json!({}), json!({"Operations": "x"}), json!({"Operations": [], "failOnErrors": "x"})]
    {
        let reply = fixture.post("/Bulk", body.clone()).await;
        assert_eq!(reply.status, 400, "{body}");
    }
    assert_eq!(fixture.post("/Bulk", bulk(&json!([]))).await.body["Operations"], json!([]));
}

#[tokio::test]
async fn of_a_circle_that_fails_nothing_is_left() {
    let fixture = fixture().await;
    fixture.user("taken").await;
    let urn = scim::schema::urn::ENTERPRISE_USER;
    let user = |name: &str, manager: &str| json!({"userName": name, urn: {"manager": {"value": format!("bulkId:{manager}")}}});
    let asked = bulk(&json!([
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": user("ada", "b")},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": user("TAKEN", "a")},
        {"method": "POST", "path": "/Users", "bulkId": "c", "data": {"userName": "eve"}},
    ]));
    let statuses = |reply: &Reply| {
        let operations = reply.body["Operations"].as_array().unwrap();
        let of = |done: &Value| (done["status"].clone(), done.get("location").is_some());
        operations.iter().map(of).collect::<Vec<_>>()
    };
    let reply = fixture.post("/Bulk", asked).await;
    let refused = (json!("409"), false);
    assert_eq!(
        statuses(&reply),
        [refused.clone(), refused, (json!("201"), true)],
        "{}",
        reply.body
    );
    assert_eq!(fixture.get("/Users?sortBy=userName").await.column("userName"), "eve taken");
    // What was said can be followed: both again, with another name.
    let again = bulk(&json!([
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": user("ada", "b")},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": user("bob", "a")},
    ]));
    let done = (json!("201"), true);
    assert_eq!(statuses(&fixture.post("/Bulk", again).await), [done.clone(), done]);
}
