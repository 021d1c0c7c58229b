//! The server over a real socket, with a store in memory behind it.
#![allow(clippy::unwrap_used)]

mod bulk;
mod discovery;
mod entra;
mod limits;
mod listen;
mod lists;
mod memory;
mod rules;
mod standard;
mod vendor;

use std::sync::Arc;

use reqwest::{Method, Response};
use scim_server::{Service, host};
use serde_json::Value;

use memory::Memory;

/// A running server and a client for it.
struct Fixture {
    base: String,
    client: reqwest::Client,
}

/// What came back.
struct Reply {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Fixture {
    /// Serves `service` below its base path.
    async fn serve(service: Service) -> Self {
        Self::serve_from(service, Memory::default()).await
    }

    async fn serve_from(service: Service, store: Memory) -> Self {
        let base_path = service.base_path.clone();
        Self::listen(&base_path, host(service, Arc::new(store))).await
    }

    async fn listen(base_path: &str, app: axum::Router) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}{base_path}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, client: reqwest::Client::new() }
    }

    /// Sends a request written in parts between ` | `: `METHOD /path`, headers as
    /// `name: value`, a body that is anything else.
    async fn ask(&self, request: &str) -> Reply {
        let mut parts = request.split(" | ");
        let (method, path) = parts.next().unwrap().split_once(' ').unwrap();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        for part in parts {
            request = match part.split_once(": ").filter(|_| !part.starts_with(['{', '['])) {
                Some((name, value)) => request.header(name, value),
                None => request.body(part.to_owned()),
            };
        }
        Reply::of(request.send().await.unwrap()).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], None).await
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    async fn patch(&self, path: &str, operations: Value) -> Reply {
        let body = serde_json::json!({"schemas": [scim::message::urn::PATCH_OP], "Operations": operations});
        self.send(Method::PATCH, path, &[], Some(body)).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Reply {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/scim+json; charset=utf-8")
                .body(body.to_string());
        }
        Reply::of(request.send().await.unwrap()).await
    }

    /// A body of any kind.
    async fn send_text(&self, path: &str, media_type: &str, body: String) -> Reply {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("content-type", media_type)
            .body(body);
        Reply::of(request.send().await.unwrap()).await
    }

    /// Creates a user and gives its id.
    async fn user(&self, name: &str) -> String {
        let reply = self.post("/Users", serde_json::json!({"userName": name})).await;
        reply.body["id"].as_str().unwrap().to_owned()
    }
}

impl Reply {
    async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        Self { status, headers, body }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The status and the kind of error.
    fn outcome(&self) -> String {
        match self.body["scimType"].as_str() {
            Some(scim_type) => format!("{} {scim_type}", self.status),
            None => self.status.to_string(),
        }
    }

    /// The values of one attribute in a list.
    fn column(&self, name: &str) -> String {
        let resources = self.body["Resources"].as_array().unwrap();
        let values = resources.iter().map(|resource| resource[name].as_str().unwrap_or("-"));
        values.collect::<Vec<_>>().join(" ")
    }

    /// The body without the port of this run.
    fn shown(&self, fixture: &Fixture) -> String {
        let origin = fixture.base.trim_end_matches("/scim/v2");
        serde_json::to_string_pretty(&self.body).unwrap().replace(origin, "http://host")
    }
}
