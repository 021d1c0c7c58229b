//! The client against a service on a real socket that misbehaves.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod connecting;
mod discovering;
mod encryption;
mod limits;
mod signing_in;
mod writing;

use scim::path::Path;
use scim::{Resource, patch};
use serde_json::{Value, json};
use store::secret::Secret;
use target::{Connection, Credentials, MatchProbe, Profile, Target};
use testkit::FakeTarget;

/// A target that sends what may be sent again only once more, and does not wait long.
fn profile() -> Profile {
    Profile { attempts_max: 2, request_timeout_ms: 5_000, ..Profile::default() }
}

fn connection(base_url: String, token: &str) -> Connection {
    Connection {
        base_url,
        credentials: Credentials::Token(Secret::from(token)),
        allow_plain_http: false,
        profile: profile(),
    }
}

fn target(fake: &FakeTarget) -> Target {
    target_with(fake, profile())
}

fn target_with(fake: &FakeTarget, profile: Profile) -> Target {
    Target::new(Connection { profile, ..connection(fake.base_url(), &fake.token()) }).unwrap()
}

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn probe() -> MatchProbe {
    MatchProbe { user: path("userName"), group: Some(path("displayName")) }
}

fn resource(value: Value) -> Resource {
    serde_json::from_value(value).unwrap()
}

fn ada() -> Resource {
    resource(json!({"userName": "ada@example.com", "displayName": "Ada"}))
}

fn rename(name: &str) -> patch::PatchRequest {
    let operation = patch::Operation::replace(path("displayName"), name);
    patch::PatchRequest { operations: vec![operation] }
}
