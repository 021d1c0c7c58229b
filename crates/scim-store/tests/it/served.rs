//! A service on a real socket over a file of its own.

use reqwest::{Client, Method, StatusCode};
use scim_server::{ResourceKind, Service};
use scim_store::{Access, Clock, ScimStore, serve};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What is where clients connect.
pub(crate) struct Served {
    url: String,
    client: Client,
    end: Option<oneshot::Sender<()>>,
    ended: JoinHandle<()>,
}

impl Served {
    /// Starts a service over the file in the folder.
    pub(crate) async fn start(folder: &TempDir) -> Self {
        Self::start_with(folder, |store| store).await
    }

    pub(crate) async fn start_with(
        folder: &TempDir,
        change: impl FnOnce(ScimStore) -> ScimStore,
    ) -> Self {
        let kinds = [ResourceKind::users(), ResourceKind::groups()];
        let store = ScimStore::open(folder.path(), &kinds, Clock::system()).await.unwrap();
        let store = change(store.with_access(Access::nobody().with_token(&"T".into())));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/scim/v2", listener.local_addr().unwrap());
        let (end, asked) = oneshot::channel();
        let shutdown = async {
            let _ = asked.await;
        };
        let serving = serve(store, Service::standard("/scim/v2"), listener, shutdown);
        let ended = tokio::spawn(serving);
        Self { url, client: Client::new(), end: Some(end), ended }
    }

    /// Ends the service and waits until it has.
    pub(crate) async fn end(mut self) {
        drop(self.client);
        self.end.take().unwrap().send(()).unwrap();
        self.ended.await.unwrap();
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth("T");
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    pub(crate) async fn create(&self, endpoint: &str, resource: &Value) -> Value {
        let (status, body) = self.send(Method::POST, endpoint, Some(resource)).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body
    }

    /// Makes a user and gives its id.
    pub(crate) async fn user(&self, user_name: &str) -> String {
        id(&self.create("/Users", &json!({"userName": user_name})).await)
    }

    /// Makes a group with members and gives its id.
    pub(crate) async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        id(&self.create("/Groups", &json!({"displayName": name, "members": members})).await)
    }

    pub(crate) async fn patch(&self, path: &str, operations: &Value) -> (StatusCode, Value) {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        });
        self.send(Method::PATCH, path, Some(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> StatusCode {
        self.send(Method::DELETE, path, None).await.0
    }
}

pub(crate) fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap().to_owned()
}

/// The values of an attribute of several elements, in order.
pub(crate) fn values(list: &Value, name: &str) -> Vec<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|element| element[name].as_str().unwrap_or_default().to_owned()).collect()
}
