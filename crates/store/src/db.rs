//! The handle to one data file.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::{mpsc, oneshot};

use crate::reader::{self, LookupLinks};
use crate::{Migration, Query, Rows, Sql, Step, StoreError, Value, writer};

/// One data file, open. Cloning is cheap and shares the writer and the readers.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    writer: writer::Queue,
    readers: mpsc::Sender<reader::Request>,
    lookups: LookupLinks,
}

/// How much memory and log a data file may use. The default suits a process with little
/// traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// The writer's page cache in KiB.
    pub writer_cache_kib: i64,
    /// The page cache of each connection for lookups in KiB; there are as many as lookups
    /// run at the same time.
    pub lookup_cache_kib: i64,
    /// How many pages the write-ahead log may have before it is written back.
    pub log_pages: i64,
    /// How much of the file readers see in the system's own cache, in bytes, instead of
    /// copying pages from there into a cache of theirs, which any commit makes useless. A disk
    /// that fails to read then ends the process; what was committed stays.
    pub mapped_bytes: i64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { writer_cache_kib: 2048, lookup_cache_kib: 2048, log_pages: 1000, mapped_bytes: 0 }
    }
}

impl Db {
    /// Opens the data file at `path`, makes it and its folder if need be, and
    /// brings its tables to the newest of `migrations`.
    ///
    /// # Errors
    /// [`StoreError::File`], whose sentence says what is wrong with the file.
    pub async fn open(
        path: impl AsRef<Path>,
        migrations: &'static [Migration],
    ) -> Result<Self, StoreError> {
        Self::open_with(path, migrations, Tuning::default()).await
    }

    /// Opens the data file like [`Db::open`], with caches of another size.
    ///
    /// # Errors
    /// As for [`Db::open`].
    pub async fn open_with(
        path: impl AsRef<Path>,
        migrations: &'static [Migration],
        tuning: Tuning,
    ) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let opening = tokio::task::spawn_blocking(move || {
            let writer = writer::start(&path, migrations, tuning)?;
            let readers = reader::start(&path, tuning)?;
            let lookups = LookupLinks::new(&path, tuning);
            Ok(Self { inner: Arc::new(Inner { path, writer, readers, lookups }) })
        });
        opening.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Runs the steps as one transaction and returns one [`Rows`] for each. When
    /// it returns, the transaction is on the disk. If a step fails, none of them
    /// has happened.
    ///
    /// The transaction runs to its end also when the caller stops waiting.
    pub async fn transaction(&self, steps: Vec<Step>) -> Result<Vec<Rows>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.inner.writer.send(writer::Request::Transaction(steps, answer)).await?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Runs one query on the last commit, without waiting for the writer.
    pub async fn query(
        &self,
        sql: impl Into<Sql>,
        values: impl Into<Vec<Value>>,
    ) -> Result<Rows, StoreError> {
        let mut answers = self.read(vec![(sql.into(), values.into())]).await?;
        answers.pop().ok_or(StoreError::Closed)
    }

    /// Runs the queries on one and the same commit and returns one [`Rows`] for each.
    pub async fn snapshot(&self, queries: Vec<Query>) -> Result<Vec<Rows>, StoreError> {
        self.read(queries.into_iter().map(|(sql, values)| (sql.into(), values)).collect()).await
    }

    /// Runs one query like [`Db::query`], but on the thread that asks. For queries that
    /// find a few rows by a key, which takes some microseconds; whatever may read much
    /// would hold up all other work of that thread.
    pub fn lookup(
        &self,
        sql: impl Into<Sql>,
        values: impl AsRef<[Value]>,
    ) -> Result<Rows, StoreError> {
        self.inner.lookups.run(&sql.into(), values.as_ref())
    }

    /// A number that differs from the last one if another process (or another
    /// handle that was opened by itself) has committed meanwhile. Cheap: no table is read.
    pub async fn change_version(&self) -> Result<i64, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.inner.writer.send(writer::Request::ChangeVersion(answer)).await?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Where the data file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    async fn read(&self, queries: Vec<(Sql, Vec<Value>)>) -> Result<Vec<Rows>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.inner.readers.send((queries, answer)).await.map_err(|_| StoreError::Closed)?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Db").field("path", &self.inner.path).finish_non_exhaustive()
    }
}
