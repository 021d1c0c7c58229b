//! Lists: whatever way a page is found, it is what looking at every resource would give.

use proptest::prelude::*;
use scim::sort::Sort;
use scim::{Filter, Projection, Resource, ResourceSchema};
use scim_server::{Position, Query, ResourceKind, ResourceStore as _};
use scim_store::{Access, Clock, ScimStore};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

/// More than any test has.
const EVERYTHING: usize = 1_000;

async fn store(folder: &TempDir, users: Vec<Value>) -> ScimStore {
    let kinds = [ResourceKind::users(), ResourceKind::groups()];
    let store = ScimStore::open(folder.path(), &kinds, Clock::system()).await.unwrap();
    let users = users.into_iter().map(|user| serde_json::from_value(user).unwrap());
    store.load("User", users.collect()).await.unwrap();
    store.with_access(Access::everybody())
}

fn query(filter: Option<&str>, sort: Option<(&str, bool)>, schema: &ResourceSchema) -> Query {
    Query {
        filter: filter.map(|text| Filter::parse(text).unwrap()),
        sort: sort.map(|(by, descending)| Sort::parse(by, descending, schema).unwrap()),
        position: Position::Index(1),
        count: EVERYTHING,
        count_given: true,
        wanted: Projection::default(),
    }
}

/// What the query would give if there were no index: all resources, looked at one by one.
async fn naive(store: &ScimStore, kind: &ResourceKind, asked: &Query) -> Vec<Resource> {
    let every = query(None, None, &kind.schema);
    let mut all = store.list(&(), kind, &every).await.unwrap().resources;
    if let Some(filter) = &asked.filter {
        all.retain(|resource| filter.matches(resource, &kind.schema));
    }
    if let Some(sort) = &asked.sort {
        if sort.descending {
            all.reverse();
        }
        all.sort_by(|a, b| scim::sort::compare(a, b, sort, &kind.schema));
    }
    all
}

/// All pages by cursors, each of a few resources.
async fn by_cursors(store: &ScimStore, kind: &ResourceKind, asked: &Query) -> Vec<Resource> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let asked = Query { position: Position::Cursor(cursor), count: 3, ..asked.clone() };
        let page = store.list(&(), kind, &asked).await.unwrap();
        all.extend(page.resources);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return all;
        }
    }
}

async fn check(store: &ScimStore, kind: &ResourceKind, asked: &Query) {
    let expected = naive(store, kind, asked).await;
    let page = store.list(&(), kind, asked).await.unwrap();
    assert_eq!(page.total_results, expected.len(), "{asked:?}");
    assert_eq!(page.resources, expected, "{asked:?}");
    assert_eq!(by_cursors(store, kind, asked).await, expected, "by cursors: {asked:?}");
    let second = Query { position: Position::Index(2), count: 2, ..asked.clone() };
    let page = store.list(&(), kind, &second).await.unwrap();
    assert_eq!(page.total_results, expected.len(), "{second:?}");
    let shown: Vec<_> = expected.into_iter().skip(1).take(2).collect();
    assert_eq!(page.resources, shown, "{second:?}");
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[abAB]{0,3}",
        Just("ŞEN".to_owned()),
        Just("şen".to_owned()),
        Just("a_%\"'\\".to_owned()),
        Just("b".repeat(3_000)),
        Just("\u{10ffff}a".to_owned()),
    ]
}

const TYPES: [&str; 2] = ["work", "home"];

fn user(place: usize) -> impl Strategy<Value = Value> {
    let words = proptest::collection::vec(proptest::option::of(word()), 6);
    (words, proptest::option::of(any::<bool>())).prop_map(move |(words, active)| {
        let mut user = json!({"userName": format!("{}{place}", words[0].as_deref().unwrap_or("u").chars().take(9).collect::<String>())});
        let mut set = |name: &str, value: Option<Value>| {
            user.as_object_mut().unwrap().extend(value.map(|value| (name.to_owned(), value)));
        };
        set("displayName", words[1].clone().map(Value::from));
        set("name", words[2].clone().map(|word| json!({"familyName": word, "givenName": words[3]})));
        set("externalId", words[3].clone().map(Value::from));
        set("title", words[4].clone().map(Value::from));
        set("active", active.map(Value::from));
        let emails = [&words[5], &words[1]].into_iter().flatten().enumerate();
        let emails: Vec<_> = emails
            .map(|(place, word)| json!({"value": word, "type": TYPES[place], "primary": place == 1}))
            .collect();
        set("emails", (!emails.is_empty()).then(|| emails.into()));
        user
    })
}

fn users() -> impl Strategy<Value = Vec<Value>> {
    (0_usize..12).prop_flat_map(|count| (0..count).map(user).collect::<Vec<_>>())
}

fn comparison() -> impl Strategy<Value = String> {
    let attribute = proptest::sample::select(vec![
        "userName",
        "displayName",
        "name.familyName",
        "NAME.givenName",
        "externalId",
        "title",
        "emails",
        "emails.value",
        "emails.type",
        "urn:ietf:params:scim:schemas:core:2.0:User:userName",
        "employeeNumber",
    ]);
    let operator =
        proptest::sample::select(vec!["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]);
    let texts = (attribute.clone(), operator, word()).prop_map(|(attribute, operator, word)| {
        format!("{attribute} {operator} {}", scim::filter::quote(&word))
    });
    let others = proptest::sample::select(vec![
        "active eq true",
        "active eq false",
        "active eq \"True\"",
        "active pr",
        "active ne true",
        "userName pr",
        "displayName pr",
        "displayName eq null",
        "emails[type eq \"work\" and value co \"a\"]",
        "emails[type eq \"home\"].value sw \"b\"",
        "emails[primary eq true]",
        "meta.lastModified gt \"2020-01-01T00:00:00Z\"",
        "meta.lastModified lt \"2020-01-01T00:00:00.123456789+01:00\"",
        "meta.created ge \"2020-01-01\"",
        "groups pr",
        "not (active eq true)",
    ]);
    prop_oneof![4 => texts, 1 => attribute.prop_map(|name| format!("{name} pr")), 2 => others.prop_map(str::to_owned)]
}

fn filter() -> impl Strategy<Value = String> {
    comparison().prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) or ({b})")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    })
}

fn sort() -> impl Strategy<Value = Option<(&'static str, bool)>> {
    let by = proptest::sample::select(vec![
        "userName",
        "displayName",
        "name.familyName",
        "externalId",
        "title",
        "emails",
        "active",
        "id",
        "meta.lastModified",
        "meta.created",
    ]);
    proptest::option::of((by, any::<bool>()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_list_is_what_looking_at_all_resources_gives(
        users in users(),
        asked in proptest::collection::vec((proptest::option::of(filter()), sort()), 8),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempdir().unwrap();
            let store = store(&folder, users).await;
            let kind = ResourceKind::users();
            for (filter, sort) in asked {
                check(&store, &kind, &query(filter.as_deref(), sort, &kind.schema)).await;
            }
        });
    }
}

#[tokio::test]
async fn a_large_store_is_walked_by_its_index_in_both_directions() {
    let folder = tempdir().unwrap();
    let users = (0..2_500).map(|place| {
        json!({"userName": format!("u{place}"), "displayName": format!("{}", place % 7), "active": place % 2 == 0})
    });
    let store = store(&folder, users.collect()).await;
    let kind = ResourceKind::users();
    for (filter, by, descending) in [
        (None, "displayName", true),
        (Some("active eq true"), "displayName", false),
        (Some("active eq true"), "meta.lastModified", true),
        (Some("userName sw \"u1\" or active eq false"), "userName", true),
    ] {
        let asked = query(filter, Some((by, descending)), &kind.schema);
        let all = Query { count: 10_000, ..asked.clone() };
        let expected = store.list(&(), &kind, &all).await.unwrap();
        assert_eq!(expected.total_results, expected.resources.len());
        let mut cursor = None;
        let mut seen = Vec::new();
        loop {
            let position = Position::Cursor(cursor);
            let page = Query { position, count: 400, ..asked.clone() };
            let page = store.list(&(), &kind, &page).await.unwrap();
            assert_eq!(page.total_results, expected.total_results);
            seen.extend(page.resources);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected.resources, "{filter:?}");
    }
}

#[tokio::test]
async fn pages_by_cursor_do_not_shift_when_resources_come_and_go() {
    let folder = tempdir().unwrap();
    let users = (0..20).map(|place| json!({"userName": format!("u{place:02}"), "title": "x"}));
    let store = store(&folder, users.collect()).await;
    let kind = ResourceKind::users();
    for asked in [
        query(None, None, &kind.schema),
        query(Some("title eq \"x\""), None, &kind.schema),
        query(None, Some(("userName", false)), &kind.schema),
        query(Some("title eq \"x\""), Some(("title", false)), &kind.schema),
    ] {
        let before = store.list(&(), &kind, &asked).await.unwrap().resources;
        let first = Query { position: Position::Cursor(None), count: 10, ..asked.clone() };
        let page = store.list(&(), &kind, &first).await.unwrap();
        let gone = page.resources[3]["id"].as_str().unwrap();
        assert!(store.delete(&(), &kind, gone, None).await.unwrap());
        let new = json!({"userName": format!("u00{gone}"), "title": "x"});
        let new = store.create(&(), &kind, serde_json::from_value(new).unwrap()).await.unwrap();
        let rest = Query { position: Position::Cursor(page.next_cursor), count: 100, ..asked };
        let mut rest = store.list(&(), &kind, &rest).await.unwrap().resources;
        // The new one may be among the rest, as in the order of creation it is.
        rest.retain(|resource| resource["id"] != new["id"]);
        assert_eq!(rest, before[10..]);
    }
}

#[tokio::test]
async fn an_index_that_a_new_schema_asks_for_is_filled() {
    let folder = tempdir().unwrap();
    let users = (0..5)
        .map(|place| json!({"userName": format!("u{place}"), "nickName": format!("n{place}")}));
    drop(store(&folder, users.collect()).await);
    let mut kind = ResourceKind::users();
    for attribute in &mut kind.schema.core.attributes {
        if attribute.name == "nickName" {
            attribute.uniqueness = scim::schema::Uniqueness::Server;
        }
    }
    let kinds = [kind.clone()];
    let store = ScimStore::open(folder.path(), &kinds, Clock::system()).await.unwrap();
    check(&store, &kind, &query(Some("nickName eq \"N3\""), None, &kind.schema)).await;
    let taken = json!({"userName": "new", "nickName": "N3"});
    let refused = store.create(&(), &kind, serde_json::from_value(taken).unwrap()).await;
    insta::assert_snapshot!(refused.unwrap_err(), @r#"another User has the nickName "n3" already: choose another one (409 uniqueness)"#);
}

#[tokio::test]
async fn a_place_far_down_is_found_whoever_was_deleted_before_it() {
    let folder = tempdir().unwrap();
    let users: Vec<Value> = (0..4_500).map(|at| json!({"userName": format!("u{at:04}")})).collect();
    let store = store(&folder, users).await;
    let kind = ResourceKind::users();
    let page = async |start: usize, count| {
        let asked = query(None, None, &kind.schema);
        let asked = Query { position: Position::Index(start), count, ..asked };
        let page = store.list(&(), &kind, &asked).await.unwrap();
        let names = page.resources.iter().map(|user| user["userName"].as_str().unwrap().to_owned());
        (page.total_results, names.collect::<Vec<_>>())
    };
    let of = |total: usize, names: &[&str]| {
        (total, names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(page(4_100, 2).await, of(4_500, &["u4099", "u4100"]));
    let asked = query(None, None, &kind.schema);
    let some = store.list(&(), &kind, &asked).await.unwrap().resources;
    for user in some.iter().take(10) {
        let id = user["id"].as_str().unwrap();
        assert!(store.delete(&(), &kind, id, None).await.unwrap());
    }
    assert_eq!(page(4_100, 2).await, of(4_490, &["u4109", "u4110"]));
    assert_eq!(page(2_039, 1).await, of(4_490, &["u2048"]));
    assert_eq!(page(2_049, 1).await, of(4_490, &["u2058"]));
    assert_eq!(page(4_490, 5).await, of(4_490, &["u4499"]));
    assert_eq!(page(4_491, 5).await, of(4_490, &[]));
    assert_eq!(page(9_999, 5).await, of(4_490, &[]));
}
