//! The fake target: a socket, the service behind it, the faults and the record.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use scim::schema::standard;
use scim::{Resource, ResourceSchema};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::certificate::{self, Tls};
use crate::connection::{Recorded, State, serve};
use crate::fault::{Fault, Rule, When};
use crate::service::{BASE_PATH, Service, TOKEN_PATH};

/// How the service is when it behaves.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Options {
    /// The static token.
    pub token: String,
    /// Identifier and secret of the OAuth client.
    pub client: (String, String),
    /// `expires_in` of issued tokens; `None` leaves it out.
    pub token_life_s: Option<u64>,
    /// Whether a second user with a `userName` is refused, whatever its case.
    pub unique_user_names: bool,
    /// Whether a second group with a `displayName` is refused.
    pub unique_group_names: bool,
    /// Whether there are groups at all.
    pub groups: bool,
    /// Whether groups can be created.
    pub creates_groups: bool,
    /// Whether a PATCH is answered with the resource (200) or without (204).
    pub answers_patch: bool,
    /// The largest page.
    pub page_size_max: usize,
    /// What a user consists of.
    pub user_schema: ResourceSchema,
    /// What a group consists of.
    pub group_schema: ResourceSchema,
    /// Whether and how the fake speaks TLS.
    pub tls: Option<Tls>,
}

/// A SCIM service on a socket of this machine. It ends when it is dropped.
#[derive(Debug)]
pub struct FakeTarget {
    address: SocketAddr,
    encrypted: bool,
    authority: String,
    state: Arc<Mutex<State>>,
    listening: JoinHandle<()>,
}

impl FakeTarget {
    /// Starts a service that behaves.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// Starts a service.
    ///
    /// # Panics
    /// If this machine has no free port.
    pub async fn start_with(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("the listener is bound");
        let (acceptor, authority) = options.tls.map(certificate::acceptor).unzip();
        let state = State {
            service: Service::new(options),
            rules: Vec::new(),
            recorded: Vec::new(),
            connections: 0,
            under_way: 0,
            under_way_most: 0,
        };
        let state = Arc::new(Mutex::new(state));
        let encrypted = acceptor.is_some();
        let serving = Arc::clone(&state);
        let listening = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                serving.lock().unwrap_or_else(PoisonError::into_inner).connections += 1;
                let (state, acceptor) = (Arc::clone(&serving), acceptor.clone());
                connections.spawn(async move {
                    match acceptor {
                        None => serve(stream, state).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, state).await;
                            }
                        }
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
        let authority = authority.unwrap_or_default();
        Self { address, encrypted, authority, state, listening }
    }

    /// Commits `fault` with the requests that `when` says.
    pub fn fail(&self, when: When, fault: Fault) {
        self.state().rules.push(Rule::new(when, fault));
    }

    /// Behaves again.
    pub fn behave(&self) {
        self.state().rules.clear();
    }

    /// All requests so far, token requests included.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.state().recorded.clone()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.state().recorded.clear();
    }

    /// The requests so far as `GET /Users?filter=… → 200`, one a line; a lost answer is `→ nothing`.
    #[must_use]
    pub fn transcript(&self) -> String {
        let lines: Vec<_> = self.state().recorded.iter().map(Recorded::line).collect();
        lines.join("\n")
    }

    /// How many connections were made so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// The most requests that were under way at one time.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.state().under_way_most
    }

    /// Ends the service: from now on its address refuses connections.
    pub async fn stop(mut self) {
        self.listening.abort();
        // The port is free when the task is gone.
        let _ = (&mut self.listening).await;
    }

    /// All users, in the order of their creation.
    #[must_use]
    pub fn users(&self) -> Vec<Resource> {
        self.state().service.users.resources.clone()
    }

    /// All groups, in the order of their creation.
    #[must_use]
    pub fn groups(&self) -> Vec<Resource> {
        self.state().service.groups.resources.clone()
    }

    /// The first user with this `userName`, in any case.
    #[must_use]
    pub fn user(&self, user_name: &str) -> Option<Resource> {
        named(&self.state().service.users.resources, "userName", user_name)
    }

    /// The first group with this `displayName`, in any case.
    #[must_use]
    pub fn group(&self, display_name: &str) -> Option<Resource> {
        named(&self.state().service.groups.resources, "displayName", display_name)
    }

    /// Successful creates of users by `userName`, whatever became of them later.
    #[must_use]
    pub fn creates(&self) -> BTreeMap<String, usize> {
        self.state().service.users.creates.clone()
    }

    /// Successful creates of groups by `displayName`.
    #[must_use]
    pub fn group_creates(&self) -> BTreeMap<String, usize> {
        self.state().service.groups.creates.clone()
    }

    /// Adds a user from outside, and gives its id.
    #[must_use = "the id is how the user is found again"]
    pub fn add_user(&self, user: Value) -> String {
        self.state().service.users.add(object(user))
    }

    /// Adds a group from outside, and gives its id.
    #[must_use = "the id is how the group is found again"]
    pub fn add_group(&self, group: Value) -> String {
        self.state().service.groups.add(object(group))
    }

    /// Removes a user or group from outside; `false` if there was none.
    #[must_use = "it may not have been there"]
    pub fn remove(&self, id: &str) -> bool {
        let mut state = self.state();
        let Service { users, groups, .. } = &mut state.service;
        let mut removed = false;
        for collection in [users, groups] {
            let before = collection.resources.len();
            collection.resources.retain(|resource| resource["id"] != id);
            removed |= collection.resources.len() < before;
        }
        removed
    }

    /// Accepts only this token from now on.
    pub fn replace_token(&self, token: &str) {
        self.state().service.tokens = vec![token.to_owned()];
    }

    /// Whether a second user with a `userName` is refused.
    pub fn set_unique_user_names(&self, unique: bool) {
        self.state().service.options.unique_user_names = unique;
    }

    /// The tenant URL.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("{}{BASE_PATH}", self.origin())
    }

    /// The OAuth token endpoint.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("{}{TOKEN_PATH}", self.origin())
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = if self.encrypted { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The static token.
    #[must_use]
    pub fn token(&self) -> String {
        self.state().service.options.token.clone()
    }

    /// The certificate (PEM) to trust for [`Tls::Good`]; empty without TLS.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            token: "a-secret-token".to_owned(),
            client: ("a-client".to_owned(), "a-client-secret".to_owned()),
            token_life_s: Some(3600),
            unique_user_names: true,
            unique_group_names: true,
            groups: true,
            creates_groups: true,
            answers_patch: true,
            page_size_max: 100,
            user_schema: standard::users(),
            group_schema: standard::groups(),
            tls: None,
        }
    }
}

impl Drop for FakeTarget {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn named(resources: &[Resource], attribute: &str, name: &str) -> Option<Resource> {
    let is_it = |resource: &&Resource| {
        let value = resource.get(attribute).and_then(Value::as_str).unwrap_or_default();
        value.to_lowercase() == name.to_lowercase()
    };
    resources.iter().find(is_it).cloned()
}

fn object(value: Value) -> Resource {
    match value {
        Value::Object(object) => object,
        other => panic!("a resource is an object, not {other}"),
    }
}
