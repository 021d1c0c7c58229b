//! The server over a real socket, with a store in memory behind it.
#![allow(clippy::unwrap_used)]

mod entra;
mod memory;
mod standard;
mod vendor;

use std::sync::Arc;

use reqwest::{Method, Response};
use scim_server::{Service, router};
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
        let base_path = service.base_path.clone();
        let app =
            axum::Router::new().nest(&base_path, router(service, Arc::new(Memory::default())));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}{base_path}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, client: reqwest::Client::new() }
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

    /// The body without the port of this run.
    fn shown(&self, fixture: &Fixture) -> String {
        let origin = fixture.base.trim_end_matches("/scim/v2");
        serde_json::to_string_pretty(&self.body).unwrap().replace(origin, "http://host")
    }
}
