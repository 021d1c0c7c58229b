//! The readers of a process: a few threads, each with a connection of its own.
//!
//! Reads see the last commit and never wait for the writer.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use tokio::sync::{mpsc, oneshot};

use crate::{Rows, StoreError, connection::Link, error::Failure, statement::Query};

/// Connections that read at the same time.
const READER_COUNT: usize = 4;

/// Queries that may wait in the queue; whoever comes later waits to be queued.
const QUEUE_MAX: usize = 1024;

/// Queries to run on one state of the data, and where the answer goes.
pub(crate) type Request = (Vec<Query>, oneshot::Sender<Result<Vec<Rows>, StoreError>>);

/// Starts the readers. They end when the last sender is dropped.
pub(crate) fn start(path: &Path) -> Result<mpsc::Sender<Request>, StoreError> {
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..READER_COUNT {
        let link = Link::read(path)?;
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
