//! The service's HTTP. For now it says whether the service lives and is ready to work.
//!
//! `/livez` answers as long as the process does. `/readyz` also reads the data file, so a service
//! that lost its disk or is about to end gets no traffic. Neither shows anything of the organisation.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod health;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use runner::Runner;
use runner::stop::Stop;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Largest body of a request.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// How long requests that are under way may take once the service is asked to stop.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// Answers on `listener` until somebody asks to stop and the requests under way are answered.
///
/// # Errors
/// The listener fails.
pub async fn serve(listener: TcpListener, runner: Arc<Runner>, stop: Stop) -> io::Result<()> {
    let routes = router(runner, stop.clone());
    let (mut graceful, mut hasty) = (stop.clone(), stop);
    let serving = axum::serve(listener, routes)
        .with_graceful_shutdown(async move { graceful.asked().await })
        .into_future();
    let overdue = async {
        hasty.asked().await;
        tokio::time::sleep(DRAIN_MAX).await;
    };
    tokio::select! {
        served = serving => served,
        () = overdue => Ok(()),
    }
}

/// All routes.
pub fn router(runner: Arc<Runner>, stop: Stop) -> Router {
    Router::new()
        .merge(health::routes(runner, stop))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(CatchPanicLayer::new())
}
