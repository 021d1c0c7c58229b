//! Clients and suites that others wrote, in pinned versions, against the served organisation and service.

#[path = "../../../../tests/peers/mod.rs"]
mod installed;

mod genesys_sdk;
mod suites;

use std::process::{Command, Output};

/// Runs to its end without holding up the runtime.
async fn output(mut command: Command) -> Output {
    let ended = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    ended.unwrap_or_else(|error| panic!("the peer starts: {error}"))
}

/// What it printed, once it has succeeded.
#[track_caller]
fn printed(output: &Output) -> String {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    out
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
