//! Serving over HTTP/1.1: connections within limits until the shutdown comes, then only the
//! requests under way.
//!
//! What a request may cost is the router's to limit. Here it is how many connections there
//! are, and how long one may say or take nothing: else a few clients that send half a request
//! or read no answer would keep all others out.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutWriter;

/// How many connections there are at one time unless [`Limits::connection_count_max`] says
/// otherwise: with what a store needs, below the 1,024 open files that many systems allow.
const CONNECTION_COUNT_MAX: usize = 900;

/// How long a connection may stay without the whole head of a request unless
/// [`Limits::head_time_max`] says otherwise.
const HEAD_TIME_MAX: Duration = Duration::from_mins(1);

/// How long a client may take nothing of its answer unless [`Limits::write_time_max`] says
/// otherwise.
const WRITE_TIME_MAX: Duration = Duration::from_secs(30);

/// How long requests under way may take unless [`Limits::shutdown_time_max`] says otherwise.
const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(10);

/// How long to wait when the system has no connection to give, for want of files say.
const PAUSE: Duration = Duration::from_millis(200);

/// What connections may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many there are at one time; more wait in the system's queue.
    pub connection_count_max: usize,
    /// How long one may stay without the whole head of a request, be it that the client is
    /// slow or that it asks nothing. It is closed then.
    pub head_time_max: Duration,
    /// How long a client may take nothing of its answer. The connection is closed then.
    pub write_time_max: Duration,
    /// How long requests under way may take once the shutdown has come.
    pub shutdown_time_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connection_count_max: CONNECTION_COUNT_MAX,
            head_time_max: HEAD_TIME_MAX,
            write_time_max: WRITE_TIME_MAX,
            shutdown_time_max: SHUTDOWN_TIME_MAX,
        }
    }
}

/// Serves a router at a listener until `shutdown` is ready and the requests under way are
/// answered.
pub async fn listen(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits.connection_count_max));
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_time_max);
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, place) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            connection = next(&listener, &places) => connection,
        };
        let service = TowerToHyperService::new(router.clone());
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(limits.write_time_max));
        let io = TokioIo::new(Box::pin(stream));
        let connection = graceful.watch(http.serve_connection(io, service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended before its time");
            }
            drop(place);
        });
    }
    drop(listener);
    // Whoever takes longer is cut off.
    let _ = tokio::time::timeout(limits.shutdown_time_max, graceful.shutdown()).await;
}

/// The next connection, and its place among those that may be.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, OwnedSemaphorePermit) {
    let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Without it, small answers wait for the acknowledgement of the one before.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection stays slow");
                }
                return (stream, place);
            }
            Err(error) if is_of_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken: does the system allow enough open files?");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whether the client went away before it was its turn.
fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
