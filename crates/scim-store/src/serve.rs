//! Serving a store over HTTP until the shutdown comes.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use scim_server::Service;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::ScimStore;

/// How long requests that are under way may take once the shutdown has come.
const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(10);

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
#[error("the server stopped ({0}): start it again")]
pub struct ServeError(#[from] std::io::Error);

/// Serves the store at the listener until `shutdown` is ready and the requests under way
/// are answered.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    store: ScimStore,
    service: Service,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let (closing, mut closed) = watch::channel(false);
    let shutdown = async move {
        shutdown.await;
        // Whoever waits for this is the function itself.
        let _ = closing.send(true);
    };
    let listener = listener.tap_io(|stream| {
        // Without it, small answers wait for the acknowledgement of the one before.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays slow");
        }
    });
    let router = scim_server::host(service, Arc::new(store));
    let serving = axum::serve(listener, router).with_graceful_shutdown(shutdown).into_future();
    let overdue = async {
        // An error means that the sender is gone, and so is the server.
        if closed.wait_for(|is_closing| *is_closing).await.is_ok() {
            tokio::time::sleep(SHUTDOWN_TIME_MAX).await;
        }
    };
    tokio::select! {
        served = serving => served.map_err(ServeError),
        () = overdue => Ok(()),
    }
}
