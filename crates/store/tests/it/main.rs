//! The store at its edge: one file, several handles.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod file;
mod plans;
mod transactions;

use store::{Db, Migration, Step};

/// Tables that stand for any.
const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    sql: "CREATE TABLE counter (id TEXT NOT NULL PRIMARY KEY, sequence BIGINT NOT NULL);
          INSERT INTO counter VALUES ('one', 0);
          CREATE TABLE note (sequence BIGINT NOT NULL PRIMARY KEY, author TEXT NOT NULL, round BIGINT NOT NULL);",
}];

async fn open(folder: &tempfile::TempDir) -> Db {
    Db::open(folder.path().join("test.db"), MIGRATIONS).await.unwrap()
}

/// A note that takes its number from the counter, as changes of the directory do.
fn note(author: &str, round: i64) -> Vec<Step> {
    vec![
        Step::Expect(
            "UPDATE counter SET sequence = sequence + $2 WHERE id = $1",
            vec!["one".into(), 1_i64.into()],
            1,
        ),
        Step::Execute(
            "INSERT INTO note (author, round, sequence)
             VALUES ($2, $3, (SELECT sequence FROM counter WHERE id = $1))",
            vec!["one".into(), author.into(), round.into()],
        ),
    ]
}
