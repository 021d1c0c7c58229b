//! A terminal in a folder of its own, in which the built binary runs.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value as Json;
use tempfile::TempDir;
use testkit::FakeTarget;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::{APPLICATION, GROUPS, USERS};

/// How long one command may take before the test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// Environment variables that the binary reads.
const VARIABLES: [&str; 6] = [
    "INSTEP_DATA",
    "INSTEP_LOG",
    "INSTEP_LISTEN",
    "INSTEP_GENESYS_CLIENT",
    "INSTEP_SCIM_LISTEN",
    "INSTEP_SCIM_TOKEN",
];

/// The terminal.
pub(crate) struct Console {
    folder: TempDir,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A command that goes on.
pub(crate) struct Running {
    pub(crate) child: Child,
    /// The first line that it printed.
    pub(crate) first_line: String,
}

impl Console {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder whose organisation was imported.
    pub(crate) async fn with_organisation() -> Self {
        let console = Self::new();
        console.write("users.json", USERS);
        console.write("groups.json", GROUPS);
        console.write("crm.json", APPLICATION);
        console.done(&["import", "graph", "users.json", "groups.json", "crm.json"]).await;
        console
    }

    /// The same with an application that provisions into `target`.
    pub(crate) async fn connected_to(target: &FakeTarget) -> Self {
        let console = Self::with_organisation().await;
        console.done(&["app", "add", "--template", "scim", "--name", "CRM"]).await;
        console.write("token.txt", &target.token());
        let url = target.base_url();
        let connect =
            ["app", "credentials", "CRM", "--tenant-url", &url, "--secret-token-file", "token.txt"];
        console.done(&connect).await;
        console
    }

    /// Where the folder is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, "").await
    }

    /// Runs a command to its end, with this on its standard input.
    pub(crate) async fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that does not read has closed its end.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let ended = tokio::time::timeout(PATIENCE, child.wait_with_output());
        let ended = ended.await.expect("the command ends").unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { code: ended.status.code(), out: text(ended.stdout), err: text(ended.stderr) }
    }

    /// Runs a command that has to succeed without a word on standard error.
    pub(crate) async fn done(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments).await;
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments:?}: {}", said.out);
        redacted(&said.out)
    }

    /// The document that a command prints with `--json`.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Json {
        let said = self.run(&[arguments, &["--json"]].concat()).await;
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    }

    /// Exit code and complaint of a command that fails without a result.
    pub(crate) async fn failed(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments).await;
        assert_eq!(said.out, "", "{arguments:?}");
        said.complaint()
    }

    /// Starts a command that goes on, and waits for its first line.
    pub(crate) async fn start(&self, arguments: &[&str]) -> Running {
        self.start_before(arguments, std::future::ready(())).await
    }

    /// Starts a command that goes on, does something beside it, and waits for its first line.
    pub(crate) async fn start_before<F: Future>(&self, arguments: &[&str], cause: F) -> Running {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        cause.await;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("a line comes");
        Running { child, first_line: line.unwrap().unwrap_or_default() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_instep"));
        command.args(arguments).current_dir(self.folder.path()).kill_on_drop(true);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        for variable in VARIABLES {
            command.env_remove(variable);
        }
        command
    }
}

impl Said {
    /// Exit code and complaint.
    pub(crate) fn complaint(&self) -> String {
        format!("{}: {}", self.code.unwrap(), redacted(self.err.trim_end()))
    }
}

impl Running {
    /// Asks the command to end and waits for it; its exit code.
    pub(crate) async fn end(mut self) -> Option<i32> {
        let id = self.child.id().unwrap().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
        assert!(asked.success());
        self.ended().await
    }

    /// Waits until the command has ended; its exit code.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap().code()
    }
}

/// The text without what differs from run to run: ids, times, durations, ports.
pub(crate) fn redacted(text: &str) -> String {
    // `x` stands for a hexadecimal digit, `9` for a digit.
    const SHAPES: [(&str, &str); 2] =
        [("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "[id]"), ("9999-99-99 99:99:99Z", "[time]")];
    let mut redacted = String::new();
    let mut rest = text;
    'text: while let Some(first) = rest.chars().next() {
        for (shape, name) in SHAPES {
            if has_shape(rest, shape) {
                redacted.push_str(name);
                rest = &rest[shape.len()..];
                continue 'text;
            }
        }
        let digits =
            rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        if digits > 0 {
            let (number, after) = rest.split_at(digits);
            let unit = ["ms", "s"].into_iter().find(|unit| {
                let tail = after.strip_prefix(' ').and_then(|tail| tail.strip_prefix(unit));
                tail.is_some_and(|tail| !tail.starts_with(char::is_alphanumeric))
            });
            match unit {
                Some(unit) => {
                    redacted.push_str("[duration]");
                    rest = &after[1 + unit.len()..];
                }
                None if redacted.ends_with("127.0.0.1:") => {
                    redacted.push_str("[port]");
                    rest = after;
                }
                None => {
                    redacted.push_str(number);
                    rest = after;
                }
            }
            continue;
        }
        redacted.push(first);
        rest = &rest[first.len_utf8()..];
    }
    redacted
}

fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(shape, found): (u8, u8)| match shape {
        b'x' => found.is_ascii_hexdigit(),
        b'9' => found.is_ascii_digit(),
        literal => literal == found,
    };
    text.len() >= shape.len() && shape.bytes().zip(text.bytes()).all(fits)
}
