//! Lists: filters, pages by index and by cursor, order, and all kinds at once.

use scim_server::Service;
use serde_json::json;

use crate::{Fixture, Reply};

/// A service with the users ben, ada and cyd and the groups X and A.
async fn fixture() -> Fixture {
    let mut service = Service::standard("/scim/v2");
    service.flavour.page_size_max = 10;
    let fixture = Fixture::serve(service).await;
    for (name, title) in [("ben", "Dr"), ("ada", "Dr"), ("cyd", "Prof")] {
        fixture.post("/Users", json!({"userName": name, "title": title, "externalId": name})).await;
    }
    for name in ["X", "A"] {
        fixture.post("/Groups", json!({"displayName": name, "externalId": name})).await;
    }
    fixture
}

/// `totalResults startIndex itemsPerPage: names`.
fn shown(reply: &Reply, name: &str) -> String {
    if reply.status != 200 {
        return reply.outcome();
    }
    let number =
        |name: &str| reply.body[name].as_u64().map_or("-".to_owned(), |number| number.to_string());
    format!(
        "{} {} {}: {}",
        number("totalResults"),
        number("startIndex"),
        number("itemsPerPage"),
        reply.column(name)
    )
}

#[tokio::test]
async fn users_are_filtered_paged_and_sorted() {
    let fixture = fixture().await;
    for (query, expected) in [
        ("", "3 1 3: ben ada cyd"),
        ("?filter=USERNAME%20eq%20%22BEN%22", "1 1 1: ben"),
        ("?filter=title+eq+%22Dr%22&sortBy=userName", "2 1 2: ada ben"),
        ("?startIndex=2&count=1", "3 2 1: ada"),
        ("?startIndex=0", "3 1 3: ben ada cyd"),
        ("?startIndex=-5&count=1", "3 1 1: ben"),
        ("?STARTINDEX=3", "3 3 1: cyd"),
        ("?startIndex=4", "3 4 0: "),
        ("?startIndex=99999999999", "3 99999999999 0: "),
        ("?count=0", "3 1 0: "),
        ("?count=-1", "3 1 0: "),
        ("?count=9999999", "3 1 3: ben ada cyd"),
        ("?sortBy=userName", "3 1 3: ada ben cyd"),
        ("?sortBy=userName&sortOrder=descending&count=2", "3 1 2: cyd ben"),
        ("?sortBy=title&sortOrder=ascending", "3 1 3: ben ada cyd"),
        ("?sortOrder=descending", "3 1 3: ben ada cyd"),
        ("?filter=active+gt+true", "400 invalidFilter"),
        ("?filter=meta.resourceType+eq+%22User%22", "3 1 3: ben ada cyd"),
        ("?filter=meta.resourceType+eq+%22Group%22", "0 1 0: "),
        ("?filter=meta.version+eq+%22W/%5C%221%5C%22%22", "3 1 3: ben ada cyd"),
    ] {
        assert_eq!(
            shown(&fixture.get(&format!("/Users{query}")).await, "userName"),
            expected,
            "{query}"
        );
    }
    let address = format!("{}/Users/2", fixture.base);
    let found = fixture.get(&format!("/Users?filter=meta.location+eq+%22{address}%22")).await;
    assert_eq!(found.column("userName"), "ada");
}

#[tokio::test]
async fn the_same_is_asked_by_post() {
    let fixture = fixture().await;
    for (body, expected) in [
        (json!({}), "3 1 3: ben ada cyd"),
        (
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "title eq \"Dr\"", "sortBy": "userName", "attributes": ["userName"]}),
            "2 1 2: ada ben",
        ),
        (json!({"startIndex": 2, "count": 1}), "3 2 1: ada"),
        (json!({"count": "x"}), "400 invalidValue"),
        (json!({"filter": "x"}), "400 invalidFilter"),
        (json!({"filter": 1}), "400 invalidValue"),
    ] {
        let reply = fixture.post("/Users/.search", body.clone()).await;
        assert_eq!(shown(&reply, "userName"), expected, "{body}");
    }
    assert_eq!(fixture.ask("POST /Users/.search").await.outcome(), "400 invalidSyntax");
}

#[tokio::test]
async fn all_kinds_are_asked_at_the_base_path() {
    let fixture = fixture().await;
    for (query, expected) in [
        ("", "5 1 5: ben ada cyd X A"),
        ("?count=2", "5 1 2: ben ada"),
        ("?startIndex=3&count=2", "5 3 2: cyd X"),
        ("?startIndex=5&count=2", "5 5 1: A"),
        ("?startIndex=9", "5 9 0: "),
        ("?count=0", "5 1 0: "),
        ("?filter=externalId+eq+%22X%22", "1 1 1: X"),
        ("?filter=userName+eq+%22ada%22+or+displayName+eq+%22A%22", "2 1 2: ada A"),
        ("?filter=meta.resourceType+eq+%22Group%22", "2 1 2: X A"),
        ("?sortBy=externalId", "5 1 5: A X ada ben cyd"),
        ("?sortBy=externalId&sortOrder=descending&count=2&startIndex=2", "5 2 2: ben ada"),
        ("?sortBy=userName&sortOrder=ascending&count=4", "5 1 4: ada ben cyd X"),
        ("?sortBy=colour", "400 invalidPath"),
        ("?sortBy=id&startIndex=10001", "400 tooMany"),
    ] {
        assert_eq!(
            shown(&fixture.get(&format!("/{query}")).await, "externalId"),
            expected,
            "{query}"
        );
    }
    let body = json!({"attributes": ["displayName", "userName"], "filter": "externalId sw \"a\""});
    let found = fixture.post("/.search", body).await;
    let location = |index: usize| {
        found.body["Resources"][index].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(
        (found.status, location(0)),
        (200, vec!["schemas".into(), "userName".into(), "id".into()])
    );
}

/// Reads all pages and gives the names and the number of pages.
async fn walk(fixture: &Fixture, query: &str, name: &str) -> (String, usize) {
    let (mut names, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let reply = fixture.get(&format!("/{query}&cursor={cursor}")).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert!(reply.body.get("startIndex").is_none());
        names.push(reply.column(name));
        pages += 1;
        match reply.body["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return (names.join(" "), pages),
        }
    }
}

#[tokio::test]
async fn pages_follow_each_other_by_cursor() {
    let fixture = fixture().await;
    for (query, expected, pages) in [
        ("Users?count=2", "ben ada cyd", 2),
        ("Users?count=3", "ben ada cyd", 1),
        ("Users?count=1&sortBy=userName", "ada ben cyd", 3),
        ("Users?filter=title+eq+%22Dr%22&count=1", "ben ada", 2),
        ("Users?filter=title+eq+%22none%22", "", 1),
        ("?count=2", "ben ada cyd X A", 3),
        ("?count=3&sortBy=externalId", "A X ada ben cyd", 2),
    ] {
        assert_eq!(
            walk(&fixture, query, "externalId").await,
            (expected.to_owned(), pages),
            "{query}"
        );
    }
    let first = fixture.get("/Users?cursor&count=2").await;
    let next = first.body["nextCursor"].as_str().unwrap();
    assert!(first.body.get("previousCursor").is_none());
    let second = fixture.post("/Users/.search", json!({"cursor": next, "count": 2})).await;
    assert_eq!(second.column("userName"), "cyd");
    let previous = second.body["previousCursor"].as_str().unwrap();
    let back = fixture.get(&format!("/Users?cursor={previous}&count=2")).await;
    assert_eq!(back.column("userName"), "ben ada");
}

#[tokio::test]
async fn a_cursor_is_good_for_its_query_alone() {
    let fixture = fixture().await;
    let first = fixture.get("/Users?cursor&count=1").await;
    let cursor = first.body["nextCursor"].as_str().unwrap();
    for (path, expected) in [
        ("Users?count=2", "200"),
        ("Users?attributes=userName", "200"),
        ("Users?filter=title+pr", "400 invalidCursor"),
        ("Users?sortBy=userName", "400 invalidCursor"),
        ("Groups?count=1", "400 invalidCursor"),
        ("?count=1", "400 invalidCursor"),
        ("Users?startIndex=1", "400 invalidValue"),
        ("Users?count=0", "400 invalidCount"),
        ("Users?count=-1", "400 invalidCount"),
        ("Users?count=11", "400 invalidCount"),
    ] {
        let reply = fixture.get(&format!("/{path}&cursor={cursor}")).await;
        assert_eq!(reply.outcome(), expected, "{path}");
    }
    assert_eq!(fixture.get("/Users?cursor=made-up").await.outcome(), "400 invalidCursor");
    assert_eq!(
        fixture.get(&format!("/Users?cursor={}", &cursor[1..])).await.outcome(),
        "400 invalidCursor"
    );
}
