//! The readers of a process: connections of their own, in two ways.
//!
//! A query that may read much runs on one of a few threads, so that nobody else waits
//! for it. A lookup, which reads a few rows by a key, runs on the thread that asks: the
//! way to another thread and back would cost several times the lookup itself.
//!
//! Reads see the last commit and never wait for the writer.

use std::{
    num::NonZero,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use tokio::sync::{mpsc, oneshot};

use crate::{Rows, Sql, StoreError, Tuning, Value, connection::Link, error::Failure};

/// Threads that run queries at the same time.
const READER_COUNT: usize = 4;

/// Connections for lookups that are kept, besides one for each processor. A thread takes one
/// at a time, so there are never more than threads that ask.
const IDLE_COUNT_SPARE: usize = 4;

/// The page cache of each thread.
const QUERY_CACHE_KIB: i64 = 2048;

/// Queries that may wait in the queue; whoever comes later waits to be queued.
const QUEUE_MAX: usize = 1024;

/// Queries to run on one state of the data, and where the answer goes.
pub(crate) type Request = (Vec<(Sql, Vec<Value>)>, oneshot::Sender<Result<Vec<Rows>, StoreError>>);

/// The connections for lookups, opened when they are needed first.
pub(crate) struct LookupLinks {
    path: PathBuf,
    tuning: Tuning,
    idle: Mutex<Vec<Link>>,
    idle_count_max: usize,
}

impl LookupLinks {
    pub(crate) fn new(path: &Path, tuning: Tuning) -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let idle_count_max = processors + IDLE_COUNT_SPARE;
        Self { path: path.to_owned(), tuning, idle: Mutex::default(), idle_count_max }
    }

    /// Runs the query here and now.
    pub(crate) fn run(&self, sql: &Sql, values: &[Value]) -> Result<Rows, StoreError> {
        let idle = self.idle().pop();
        let mut link = match idle {
            Some(link) => link,
            None => Link::read(&self.path, self.tuning.lookup_cache_kib, self.tuning.mapped_bytes)?,
        };
        let answer = link.query(sql, values);
        let mut idle = self.idle();
        if idle.len() < self.idle_count_max {
            idle.push(link);
        }
        answer
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Link>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the readers. They end when the last sender is dropped.
pub(crate) fn start(path: &Path, tuning: Tuning) -> Result<mpsc::Sender<Request>, StoreError> {
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..READER_COUNT {
        let link = Link::read(path, QUERY_CACHE_KIB, tuning.mapped_bytes)?;
        let queue = Arc::clone(&receiver);
        thread::Builder::new()
            .name("store-reader".to_owned())
            .spawn(move || serve(link, &queue))
            .map_err(|error| {
                Failure::CannotOpen(error.to_string()).at(&path.display().to_string())
            })?;
    }
    Ok(sender)
}

fn serve(mut link: Link, queue: &Mutex<mpsc::Receiver<Request>>) {
    // One reader waits for the next request and holds the lock meanwhile; the
    // others wait for the lock.
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
    while let Some((queries, answer)) = next() {
        // Whoever stopped waiting, a closed HTTP connection say, costs nothing.
        if !answer.is_closed() {
            let _ = answer.send(link.snapshot(&queries));
        }
    }
}
