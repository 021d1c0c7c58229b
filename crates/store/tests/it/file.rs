//! What is said about a data file that cannot be used.

use store::{Db, Migration, StoreError};

use crate::{MIGRATIONS, note, open};

/// The sentence for the file that `prepare` left behind, without its folder.
async fn sentence(prepare: impl FnOnce(&std::path::Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    prepare(&path);
    let error = Db::open(&path, MIGRATIONS).await.unwrap_err();
    error.to_string().replace(&folder.path().display().to_string(), "")
}

#[tokio::test]
async fn another_kind_of_file_is_not_overwritten() {
    let text = sentence(|path| std::fs::write(path, "a,b\n".repeat(1000)).unwrap()).await;
    insta::assert_snapshot!(text, @r#"the data file "/test.db" is not a database of this program: move it away, or choose another folder by --data"#);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let path = std::path::Path::new("/dev/null/data/test.db");
    let error = Db::open(path, MIGRATIONS).await.unwrap_err();
    insta::assert_snapshot!(error, @r#"the data file "/dev/null/data/test.db" cannot be opened (Not a directory (os error 20)): check that its folder exists and may be written, or choose another folder by --data"#);
}

#[tokio::test]
async fn a_folder_in_place_of_the_file_is_named() {
    let text = sentence(|path| std::fs::create_dir(path).unwrap()).await;
    insta::assert_snapshot!(text, @r#"the data file "/test.db" cannot be opened (unable to open database file): check that its folder exists and may be written, or choose another folder by --data"#);
}

#[tokio::test]
async fn tables_of_a_newer_program_are_left_alone() {
    const NEWER: &[Migration] =
        &[MIGRATIONS[0], Migration { version: 2, sql: "CREATE TABLE later (id TEXT)" }];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    Db::open(&path, NEWER).await.unwrap();
    let error = Db::open(&path, MIGRATIONS).await.unwrap_err();
    let text = error.to_string().replace(&folder.path().display().to_string(), "");
    insta::assert_snapshot!(text, @r#"the data file "/test.db" was written by a newer version of this program (tables 2, this program knows 1): install the newer version"#);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_old_tables() {
    const BROKEN: &[Migration] = &[
        MIGRATIONS[0],
        Migration { version: 2, sql: "CREATE TABLE later (id TEXT); CREATE TABLE later (id TEXT)" },
    ];
    let folder = tempfile::tempdir().unwrap();
    open(&folder).await.transaction(note("a", 1)).await.unwrap();
    let error = Db::open(folder.path().join("test.db"), BROKEN).await.unwrap_err();
    assert!(matches!(error, StoreError::Statement(_)), "{error}");
    assert_eq!(open(&folder).await.query("SELECT * FROM note", []).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_that_opens_again_still_holds_everything() {
    let folder = tempfile::tempdir().unwrap();
    open(&folder).await.transaction(note("a", 1)).await.unwrap();
    assert_eq!(open(&folder).await.query("SELECT * FROM note", []).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_together_migrate_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let opening: Vec<_> =
        (0..8).map(|_| tokio::spawn(Db::open(path.clone(), MIGRATIONS))).collect();
    for handle in opening {
        handle.await.unwrap().unwrap();
    }
    let db = open(&folder).await;
    assert_eq!(db.query("SELECT * FROM counter", []).await.unwrap().len(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    open(&folder).await.transaction(note("a", 1)).await.unwrap();
    let mode = std::fs::metadata(folder.path().join("test.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
