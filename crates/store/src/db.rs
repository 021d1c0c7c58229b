//! The handle to one data file.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::{mpsc, oneshot};

use crate::{Migration, Query, Rows, Step, StoreError, Value, reader, writer};

/// One data file, open. Cloning is cheap and shares the writer and the readers.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    writer: mpsc::Sender<writer::Request>,
    readers: mpsc::Sender<reader::Request>,
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
        let path = path.as_ref().to_owned();
        let opening = tokio::task::spawn_blocking(move || {
            let writer = writer::start(&path, migrations)?;
            let readers = reader::start(&path)?;
            Ok(Self { inner: Arc::new(Inner { path, writer, readers }) })
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
        self.write(writer::Request::Transaction(steps, answer)).await?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Runs one query on the last commit, without waiting for the writer.
    pub async fn query(
        &self,
        sql: &'static str,
        values: impl Into<Vec<Value>>,
    ) -> Result<Rows, StoreError> {
        let mut answers = self.snapshot(vec![(sql, values.into())]).await?;
        answers.pop().ok_or(StoreError::Closed)
    }

    /// Runs the queries on one and the same commit and returns one [`Rows`] for each.
    pub async fn snapshot(&self, queries: Vec<Query>) -> Result<Vec<Rows>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.inner.readers.send((queries, answer)).await.map_err(|_| StoreError::Closed)?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// A number that differs from the last one if another process (or another
    /// handle that was opened by itself) has committed meanwhile. Cheap: no table is read.
    pub async fn change_version(&self) -> Result<i64, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.write(writer::Request::ChangeVersion(answer)).await?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Where the data file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    async fn write(&self, request: writer::Request) -> Result<(), StoreError> {
        self.inner.writer.send(request).await.map_err(|_| StoreError::Closed)
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Db").field("path", &self.inner.path).finish_non_exhaustive()
    }
}
