//! The organisation over a real socket.
#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "a test may panic, and shows whole answers"
)]

mod administration;
mod families;
mod gateway;
mod groups;
mod lists;
mod permissions;
mod platform;
mod settings;
mod sign_in;
mod users;

use std::sync::{Arc, Mutex};

use genesys::{
    ClientSpecification, ClientState, Clock, Listen, Options, Organisation, Settings,
    TOKEN_SECONDS_DEFAULT, TermKind, serve,
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use store::secret::Secret;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GENESYS: &str = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";

/// A served organisation, a client that has signed in, and the clock of both.
struct World {
    organisation: Organisation,
    folder: tempfile::TempDir,
    origin: String,
    token: String,
    http: reqwest::Client,
    now: Arc<Mutex<Timestamp>>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

/// An answer, read to its end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl World {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    /// A world whose organisation has these settings, without a rate limit unless they say so.
    async fn with(assignments: &[&str]) -> Self {
        let mut settings = Settings { rate_limit: None, ..Settings::default() };
        for assignment in assignments {
            settings.set(assignment).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let now = Arc::new(Mutex::new("2026-11-23T08:00:00Z".parse::<Timestamp>().unwrap()));
        let clock = Clock::new({
            let now = Arc::clone(&now);
            move || *now.lock().unwrap()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let options = Options {
            data: folder.path().to_owned(),
            listen: Listen::Socket(listener),
            settings,
            client_roles: Vec::new(),
            client: Some(("test".to_owned(), Secret::new("s3cret"))),
            clock: clock.clone(),
        };
        // As an administrator's process beside the one that serves.
        let organisation = Organisation::open(folder.path(), clock).await.unwrap();
        organisation.create_term(TermKind::Role, "Supervisor").await.unwrap();
        organisation.create_term(TermKind::Division, "EMEA").await.unwrap();
        organisation
            .ensure_client("test", &Secret::new("s3cret"), "Test", TOKEN_SECONDS_DEFAULT)
            .await
            .unwrap();
        let token =
            organisation.issue_token("test", &Secret::new("s3cret")).await.unwrap().unwrap();
        let server = tokio::spawn(async move {
            serve(options, async { drop(stopped.await) }).await.unwrap();
        });
        // Once it answers, it has made sure of its client.
        let http = reqwest::Client::new();
        http.get(&origin).send().await.unwrap();
        Self {
            organisation,
            folder,
            origin,
            token: token.text.expose().to_owned(),
            http,
            now,
            stop: Some(stop),
            server,
        }
    }

    /// Signs in as a client with these roles for one division, or for all.
    async fn sign_in_with(&mut self, roles: &[&str], division: Option<&str>) -> String {
        let mut grants = Vec::new();
        for role in roles {
            grants.push(self.organisation.pair(role, division).await.unwrap());
        }
        let specification = ClientSpecification {
            name: "another".to_owned(),
            description: None,
            token_seconds: TOKEN_SECONDS_DEFAULT,
            state: ClientState::Active,
            ends: None,
            scopes: Vec::new(),
            redirect_uris: Vec::new(),
            grants,
        };
        let client = self.organisation.create_specified_client(&specification).await.unwrap();
        let token =
            self.organisation.issue_token(&client.id, &client.secret).await.unwrap().unwrap();
        token.text.expose().clone_into(&mut self.token);
        client.id
    }

    /// Ends the process that serves, and serves the same folder by another one.
    async fn restart(&mut self, assignments: &[&str]) {
        self.stop.take().unwrap().send(()).unwrap();
        (&mut self.server).await.unwrap();
        let mut settings = Settings { rate_limit: None, ..Settings::default() };
        for assignment in assignments {
            settings.set(assignment).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.origin = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let now = Arc::clone(&self.now);
        let options = Options {
            data: self.folder.path().to_owned(),
            listen: Listen::Socket(listener),
            settings,
            client_roles: Vec::new(),
            client: None,
            clock: Clock::new(move || *now.lock().unwrap()),
        };
        self.stop = Some(stop);
        self.server = tokio::spawn(async move {
            serve(options, async { drop(stopped.await) }).await.unwrap();
        });
    }

    fn pass(&self, seconds: i64) {
        *self.now.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let path = if path.starts_with("/api") || path.starts_with("/oauth") {
            path.to_owned()
        } else {
            format!("/api/v2/scim/v2{path}")
        };
        self.http.request(method, format!("{}{path}", self.origin)).bearer_auth(&self.token)
    }

    async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(method, path).json(body)).await
    }

    async fn post(&self, body: &Value) -> Answer {
        self.send(Method::POST, "/Users", body).await
    }

    async fn patch(&self, path: &str, operations: Value) -> Answer {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
        self.send(Method::PATCH, path, &body).await
    }

    /// Creates a user with nothing but a name, and gives the id.
    async fn user(&self, name: &str) -> String {
        let answer = self.post(&json!({"userName": name, "displayName": name})).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["id"].as_str().unwrap().to_owned()
    }
}

impl Answer {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        Self { status, headers, body }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// `status scimType: detail`, for a refusal of SCIM.
    fn refusal(&self) -> String {
        let text = |name: &str| self.body[name].as_str().unwrap_or("-").to_owned();
        format!("{} {}: {}", self.status.as_u16(), text("scimType"), text("detail"))
    }
}

/// The body with the ids of users and groups replaced.
fn without_ids(body: &Value) -> String {
    let text = serde_json::to_string_pretty(body).unwrap();
    let is_id = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
    let mut shown = String::new();
    for part in text.split_inclusive(['"', '/']) {
        let word = part.trim_end_matches(['"', '/']);
        shown.push_str(&if is_id(word) { part.replace(word, "<id>") } else { part.to_owned() });
    }
    shown
}
