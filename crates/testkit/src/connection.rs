//! One connection: read a request, do what it asks for, answer or misbehave.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::fault::{self, Fault, Rule};
use crate::http::{self, Request, Response};
use crate::service::{BASE_PATH, Service};

/// A request that came, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The method, in capitals.
    pub method: String,
    /// The path, decoded, without query.
    pub path: String,
    /// The query, decoded.
    pub query: BTreeMap<String, String>,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, if it was JSON.
    pub body: Option<Value>,
    /// The status of the answer; `None` if there was no answer.
    pub status: Option<u16>,
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) service: Service,
    pub(crate) rules: Vec<Rule>,
    pub(crate) recorded: Vec<Recorded>,
    pub(crate) connections: usize,
    /// Requests that have come and are not answered yet.
    pub(crate) under_way: usize,
    pub(crate) under_way_most: usize,
}

/// Serves one connection until either side ends it.
pub(crate) async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    state: Arc<Mutex<State>>,
) {
    let mut rest = Vec::new();
    loop {
        let request = match http::read(&mut stream, &mut rest).await {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(_) => {
                let refusal = Response { status: 400, ..Response::default() };
                let _ = http::write(&mut stream, &refusal).await;
                return;
            }
        };
        let (fault, response) = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let fault = fault::choose(&mut state.rules, &request);
            let response = respond(&mut state.service, &request, fault.as_ref());
            state.under_way += 1;
            state.under_way_most = state.under_way_most.max(state.under_way);
            state.recorded.push(recorded(&request, fault.as_ref(), &response));
            (fault, response)
        };
        if let Some(Fault::Slow(wait)) = fault {
            tokio::time::sleep(wait).await;
        }
        // Before the answer, for the client may send the next request right after it.
        state.lock().unwrap_or_else(PoisonError::into_inner).under_way -= 1;
        if !send(&mut stream, fault.as_ref(), &response).await {
            return;
        }
    }
}

/// Sends an answer, or what the fault leaves of it; `false` when the connection is to end.
async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    fault: Option<&Fault>,
    response: &Response,
) -> bool {
    match fault {
        Some(Fault::DropRequest | Fault::DropAnswer) => false,
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::CutAnswer) => {
            let _ = http::write_half(stream, response).await;
            false
        }
        _ => http::write(stream, response).await.is_ok(),
    }
}

/// The answer to a request, which is applied unless the fault says otherwise.
fn respond(service: &mut Service, request: &Request, fault: Option<&Fault>) -> Response {
    let refusal = |status, text: &str| Response::scim(status, text.to_owned());
    let later = |status, retry_after: &Option<String>| Response {
        status,
        headers: retry_after.iter().map(|wait| ("retry-after", wait.clone())).collect(),
        body: String::new(),
    };
    match fault {
        Some(Fault::Throttle { retry_after }) => later(429, retry_after),
        Some(Fault::Unavailable { retry_after }) => later(503, retry_after),
        Some(Fault::ServerError) => refusal(500, r#"{"detail":"out of order"}"#),
        Some(Fault::Unauthorized) => refusal(401, r#"{"detail":"the token is not known"}"#),
        Some(Fault::Forbidden) => refusal(403, r#"{"detail":"a permission is missing"}"#),
        Some(Fault::DropRequest) => Response::default(),
        Some(Fault::Html) => Response {
            status: 200,
            headers: vec![("content-type", "text/html".to_owned())],
            body: "<!DOCTYPE html><html><head><title>Sign in</title></head></html>".to_owned(),
        },
        Some(Fault::Redirect { location }) => Response {
            status: 302,
            headers: vec![("location", location.clone())],
            body: String::new(),
        },
        Some(Fault::Answer { status, body }) => refusal(*status, body),
        Some(Fault::ServerErrorAfterWrite) => {
            service.answer(request, fault);
            refusal(500, r#"{"detail":"out of order"}"#)
        }
        None
        | Some(
            Fault::DropAnswer
            | Fault::CutAnswer
            | Fault::Hang
            | Fault::Slow(_)
            | Fault::IgnoreFilter
            | Fault::FindNothing,
        ) => service.answer(request, fault),
    }
}

fn recorded(request: &Request, fault: Option<&Fault>, response: &Response) -> Recorded {
    let silent = matches!(
        fault,
        Some(Fault::DropRequest | Fault::DropAnswer | Fault::CutAnswer | Fault::Hang)
    );
    Recorded {
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        headers: request.headers.clone(),
        body: serde_json::from_slice(&request.body).ok(),
        status: (!silent).then_some(response.status),
    }
}

impl Recorded {
    /// The request and its answer in one line.
    pub(crate) fn line(&self) -> String {
        let path = self.path.strip_prefix(BASE_PATH).unwrap_or(&self.path);
        let query: Vec<_> =
            self.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let status = self.status.map_or_else(|| "nothing".to_owned(), |status| status.to_string());
        format!("{} {path}{mark}{} → {status}", self.method, query.join("&"))
    }
}
