//! Serving a store over HTTP until the shutdown comes.

use std::future::Future;
use std::sync::Arc;

use scim_server::{Limits, Service, host, listen};
use tokio::net::TcpListener;

use crate::ScimStore;

/// Serves the store at the listener until `shutdown` is ready and the requests under way
/// are answered.
pub async fn serve(
    store: ScimStore,
    service: Service,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) {
    listen(listener, host(service, Arc::new(store)), Limits::default(), shutdown).await;
}
