//! Several writers, in one process and in two.

use std::collections::BTreeMap;

use directory::SetOptions;

use super::*;

const ROUNDS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_interleaved_writers_lose_no_update_and_leave_no_gap() {
    let organisation = Organisation::new().await;
    organisation.import("u", &users(&[user("a")])).await.unwrap();
    // A second handle on the same file stands for a second process.
    let other = open(&organisation.folder).await;
    let writers = [
        ("one", organisation.directory.clone()),
        ("two", organisation.directory.clone()),
        ("three", other),
    ];
    let tasks = writers.map(|(name, directory)| {
        tokio::spawn(async move {
            for round in 0..ROUNDS {
                let values =
                    BTreeMap::from([(format!("extension_{name}_{round}"), Some(json!(round)))]);
                directory.set("a", values, SetOptions::default(), name, NOW).await.unwrap();
            }
        })
    });
    for task in tasks {
        task.await.unwrap();
    }
    let changes = organisation.changes(1).await;
    assert_eq!(changes.lines().count(), 3 * ROUNDS);
    let attributes = organisation.object("a").await.attributes;
    assert_eq!(attributes.keys().filter(|name| name.starts_with("extension_")).count(), 3 * ROUNDS);
}

#[tokio::test]
async fn an_organisation_never_sees_anothers_objects() {
    let organisation = Organisation::new().await;
    organisation.import("u", &users(&[user("a")])).await.unwrap();
    let db = Db::open(organisation.folder.path().join(schema::FILE_NAME), schema::MIGRATIONS)
        .await
        .unwrap();
    let other = Directory::open(db, "other", NOW).await.unwrap();
    assert!(other.walk(None, "", 10).await.unwrap().is_empty());
    assert!(other.object("a").await.is_err());
    assert!(other.changes(0, 10).await.unwrap().is_empty());
    let export = graph::export::read(&users(&[user("a")])).unwrap();
    let report = other.import("x", export, &ImportOptions::default(), ACTOR, NOW).await.unwrap();
    assert_eq!(report.created, 1);
    assert_eq!(organisation.object("a").await.feed, "u");
}

#[tokio::test]
async fn what_was_written_is_there_after_opening_again() {
    let organisation = Organisation::new().await;
    organisation.import("u", &users(&[user("a")])).await.unwrap();
    let again = open(&organisation.folder).await;
    assert_eq!(again.object("a").await.unwrap(), organisation.object("a").await);
    assert_eq!(again.sequence().await.unwrap(), 1);
}
