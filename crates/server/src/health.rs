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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use runner::stop;
    use tokio::net::TcpListener;

    use super::*;

    /// The answers of both checks, one a line.
    async fn answers(address: &str) -> String {
        let mut answers = Vec::new();
        for path in ["livez", "readyz"] {
            let answer = reqwest::get(format!("http://{address}/{path}")).await.unwrap();
            let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
            answers.push(format!("{path}: {status} {text}"));
        }
        answers.join("\n")
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_service_that_is_asked_to_stop_lives_but_takes_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let runner = Runner::open(folder.path(), Arc::new(|| Timestamp::UNIX_EPOCH)).await.unwrap();
        let (stopper, stop) = stop::pair();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        // The routes alone, without the service's own end.
        let served = axum::serve(listener, crate::router(Arc::new(runner), stop)).into_future();
        let serving = tokio::spawn(served);
        insta::assert_snapshot!(answers(&address).await, @r#"
        livez: 200 {"status":"live"}
        readyz: 200 {"status":"ready"}
        "#);
        stopper.stop();
        insta::assert_snapshot!(answers(&address).await, @r#"
        livez: 200 {"status":"live"}
        readyz: 503 {"status":"stopping","reason":"the service is ending"}
        "#);
        serving.abort();
    }
}
