//! What a transaction promises.

use store::{Db, Sql, Step, StoreError};

use crate::{note, open};

async fn count(db: &Db) -> i64 {
    let rows = db.query("SELECT count(*) FROM note", []).await.unwrap();
    rows.first().unwrap().integer(0).unwrap()
}

#[tokio::test]
async fn what_was_committed_is_read_by_the_next_query() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    db.transaction(note("a", 1)).await.unwrap();
    let rows = db.query("SELECT author FROM note WHERE round = $1", [1_i64.into()]).await.unwrap();
    assert_eq!(rows.first().unwrap().text(0).unwrap(), "a");
}

#[tokio::test]
async fn a_failed_expectation_undoes_the_whole_transaction_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    let mut failing = note("a", 1);
    failing.push(Step::Expect("DELETE FROM note WHERE author = $1", vec!["nobody".into()], 1));
    let (failed, kept) = tokio::join!(db.transaction(failing), db.transaction(note("b", 1)));
    assert_eq!(failed.unwrap_err(), StoreError::Conflict { step: 2, expected: 1, found: 0 });
    kept.unwrap();
    let rows = db.query("SELECT author, sequence FROM note", []).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows.first().unwrap().text(0).unwrap(), "b");
    assert_eq!(rows.first().unwrap().integer(1).unwrap(), 1);
}

#[tokio::test]
async fn a_second_row_of_the_same_key_names_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    let insert =
        || Step::Execute("INSERT INTO note VALUES (7, $1, $2)", vec!["a".into(), 1_i64.into()]);
    let error = db.transaction(vec![insert(), insert()]).await.unwrap_err();
    assert_eq!(error, StoreError::Unique { key: "note.sequence".to_owned() });
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn parameters_are_bound_by_number_and_not_by_appearance() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    let rows = db.query("SELECT $2, $1, $2", ["first".into(), "second".into()]).await.unwrap();
    let row = rows.first().unwrap();
    assert_eq!((row.text(0).unwrap(), row.text(1).unwrap()), ("second", "first"));
}

#[tokio::test]
async fn many_counts_all_rows_and_returning_gives_them_back() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    let many = (0..1000_i64).map(|number| vec![number.into(), "a".into(), 0_i64.into()]).collect();
    let answers = db
        .transaction(vec![
            Step::Many("INSERT INTO note VALUES ($1, $2, $3)", many),
            Step::Query(
                "DELETE FROM note WHERE sequence < $1 RETURNING sequence",
                vec![2_i64.into()],
            ),
        ])
        .await
        .unwrap();
    assert_eq!(answers[0].affected, 1000);
    assert_eq!(answers[1].len(), 2);
    assert_eq!(count(&db).await, 998);
}

#[tokio::test]
async fn a_wrong_number_of_values_is_an_error_and_nothing_is_bound_to_null() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    let error = db.query("SELECT $1, $2", ["a".into()]).await.unwrap_err();
    assert!(matches!(error, StoreError::Statement(_)), "{error}");
}

/// Two handles stand for two processes: each has its own writer and its own lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_writers_of_one_file_number_their_rows_in_commit_order() {
    const ROUNDS: i64 = 50;
    let folder = tempfile::tempdir().unwrap();
    let (left, right) = (open(&folder).await, open(&folder).await);
    let write = |db: Db, author: &'static str| async move {
        for round in 0..ROUNDS {
            db.transaction(note(author, round)).await.unwrap();
            // What this writer has just committed has the newest number it can see.
            let newest = "SELECT author FROM note WHERE round = $1 AND author = $2";
            assert_eq!(db.query(newest, [round.into(), author.into()]).await.unwrap().len(), 1);
        }
    };
    let (one, two) =
        (tokio::spawn(write(left.clone(), "left")), tokio::spawn(write(right, "right")));
    // A watermark that only ever moves forward must never miss a row.
    let (mut watermark, mut seen) = (0, 0);
    while seen < 2 * ROUNDS {
        let rows = left
            .query(
                "SELECT sequence FROM note WHERE sequence > $1 ORDER BY sequence",
                [watermark.into()],
            )
            .await
            .unwrap();
        for row in rows {
            assert_eq!(row.integer(0).unwrap(), watermark + 1, "a number came late");
            watermark += 1;
            seen += 1;
        }
    }
    one.await.unwrap();
    two.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_one_of_many_writers_is_answered_and_stored() {
    const WRITERS: i64 = 200;
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|round| {
            let db = db.clone();
            tokio::spawn(async move { db.transaction(note("a", round)).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    assert_eq!(count(&db).await, WRITERS);
}

#[tokio::test]
async fn the_change_version_tells_of_others_and_not_of_oneself() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (open(&folder).await, open(&folder).await);
    let before = here.change_version().await.unwrap();
    here.transaction(note("here", 1)).await.unwrap();
    assert_eq!(here.change_version().await.unwrap(), before);
    there.transaction(note("there", 1)).await.unwrap();
    assert_ne!(here.change_version().await.unwrap(), before);
}

#[tokio::test]
async fn a_snapshot_sees_one_state() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    db.transaction(note("a", 1)).await.unwrap();
    let answers = db
        .snapshot(vec![
            ("SELECT sequence FROM counter", vec![]),
            ("SELECT max(sequence) FROM note", vec![]),
        ])
        .await
        .unwrap();
    assert_eq!(answers[0].first(), answers[1].first());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lookups_run_side_by_side_with_writes_and_see_what_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    let asking: Vec<_> = (0..64_i64)
        .map(|round| {
            let db = db.clone();
            tokio::spawn(async move {
                db.transaction(note("a", round)).await?;
                db.lookup("SELECT author FROM note WHERE round = $1", [round.into()])
            })
        })
        .collect();
    for asked in asking {
        assert_eq!(asked.await.unwrap().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_composed_query_takes_its_values_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    db.transaction(note("a", 7)).await.unwrap();
    let sql = Sql::compose(["SELECT author FROM note WHERE ", "round = ?", " AND ", "author = ?"]);
    let values = [7_i64.into(), "a".into()];
    assert_eq!(db.lookup(sql.clone(), &values).unwrap().len(), 1);
    assert_eq!(db.query(sql, values).await.unwrap().len(), 1);
}
