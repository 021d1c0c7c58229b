//! Suites, SDKs and implementations by others, as the lock files beside this file pin them.
//!
//! The first test that asks has them installed into the target directory (`scripts/peers`); a
//! machine that cannot install them fails the test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Python with the packages of `python/requirements.txt`; the first argument is a script of `python/`
/// or an option of Python.
#[allow(dead_code, reason = "not every test binary runs Python")]
pub(crate) fn python() -> Command {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    let packages = INSTALLED.get_or_init(|| installed("python"));
    let mut command = at_home("python3");
    command
        .env("PYTHONPATH", packages)
        .env("PYTHONIOENCODING", "utf-8")
        .current_dir(script("python"));
    command
}

/// Node in the folder of the packages of `node/package-lock.json`.
#[allow(dead_code, reason = "not every test binary runs Node")]
pub(crate) fn node() -> Command {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    let mut command = at_home("node");
    command.current_dir(INSTALLED.get_or_init(|| installed("node")));
    command
}

/// A script of this folder, such as `node/oracle.mjs`.
pub(crate) fn script(name: &str) -> PathBuf {
    workspace().join("tests/peers").join(name)
}

fn installed(kind: &str) -> PathBuf {
    let script = workspace().join("scripts/peers");
    let into = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    let output = Command::new(&script).arg(kind).arg(into).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the packages of tests/peers/{kind} are needed: {complaint}");
    String::from_utf8(output.stdout).unwrap().trim_end().into()
}

/// `program` without a home whose settings it could read, and without a proxy.
fn at_home(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("HOME", env!("CARGO_TARGET_TMPDIR")).env("NO_PROXY", "127.0.0.1");
    command.env("NO_COLOR", "1");
    command
}

fn workspace() -> &'static Path {
    let member = Path::new(env!("CARGO_MANIFEST_DIR"));
    member.ancestors().nth(2).expect("a crate lies in crates/NAME of the workspace")
}
