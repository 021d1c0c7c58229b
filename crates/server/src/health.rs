//! `/livez` and `/readyz`, for whoever starts and watches the service.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use runner::Runner;
use runner::stop::Stop;
use serde::Serialize;

/// What a check found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

#[derive(Clone)]
struct Checks {
    runner: Arc<Runner>,
    stop: Stop,
}

/// The routes of the two checks.
pub(crate) fn routes(runner: Arc<Runner>, stop: Stop) -> Router {
    Router::new()
        .route("/livez", get(async || answer(StatusCode::OK, "live", None)))
        .route("/readyz", get(ready))
        .with_state(Checks { runner, stop })
}

async fn ready(State(checks): State<Checks>) -> Response {
    if checks.stop.is_asked() {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "stopping", Some("the service is ending"));
    }
    match checks.runner.directory.sequence().await {
        Ok(_) => answer(StatusCode::OK, "ready", None),
        Err(error) => {
            // Paths and the like are for the operator's log, not for the network.
            tracing::error!(%error, "the data file cannot be read");
            let reason = Some("the data file cannot be read; the log says why");
            answer(StatusCode::SERVICE_UNAVAILABLE, "failing", reason)
        }
    }
}

fn answer(code: StatusCode, status: &'static str, reason: Option<&'static str>) -> Response {
    let mut response = (code, Json(Health { status, reason })).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
