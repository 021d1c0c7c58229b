//! Random filters and requests for changes, answered by this crate and by implementations of others.
//!
//! Where two answers differ, one of them is wrong or the RFC leaves it open. Every difference must be one
//! of a list of known departures, each with its reason; a departure that never occurs is stale. Both
//! fail the test. The cases are random but the same in every run.

mod case;
mod filter;
mod grammar;
mod patch;
#[path = "../../../../tests/peers/mod.rs"]
mod peers;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;

use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::Value;

/// A known way in which a peer answers otherwise than this crate.
#[derive(Clone)]
struct Departure<C> {
    /// What differs, as the documentation names it.
    name: &'static str,
    /// Why this crate answers as it does.
    reason: &'static str,
    /// Whether it can explain a difference in this case.
    explains: fn(&C) -> bool,
}

/// As many cases of `strategy`, the same ones in every run.
fn cases<S: Strategy>(strategy: S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a case").current()).collect()
}

/// The answers of the implementations that run in Node, in the order of what is asked.
fn ask(asked: &[Value]) -> Vec<Value> {
    let mut node = peers::node();
    node.arg(peers::script("node/oracle.mjs")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = node.spawn().expect("node runs");
    let mut input = child.stdin.take().expect("its input is a pipe");
    let lines = asked.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    // Both pipes are full at some time, so that one has to be written while the other is read.
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("node ends");
    writer.join().expect("the writer does not panic").expect("node reads all");
    let answers = String::from_utf8(output.stdout).expect("node answers in UTF-8");
    let answers: Vec<_> = answers
        .lines()
        .map(|line| serde_json::from_str(line).expect("an answer is JSON"))
        .collect();
    assert_eq!(answers.len(), asked.len(), "an answer for each question");
    answers
}

/// Checks that each of `differences` is one of the known `departures`, and each departure occurs.
fn explain<C>(differences: &[(C, String)], departures: &[Departure<C>]) {
    let mut counts: BTreeMap<&str, usize> =
        departures.iter().map(|known| (known.name, 0)).collect();
    let mut unexplained = Vec::new();
    for (case, shown) in differences {
        match departures.iter().find(|known| (known.explains)(case)) {
            Some(known) => *counts.entry(known.name).or_default() += 1,
            None => unexplained.push(shown.as_str()),
        }
    }
    assert!(
        unexplained.is_empty(),
        "{} differences without a reason:\n{}",
        unexplained.len(),
        unexplained.iter().take(25).copied().collect::<Vec<_>>().join("\n")
    );
    let stale: Vec<_> = departures
        .iter()
        .filter(|known| counts[known.name] == 0)
        .map(|known| format!("{} ({})", known.name, known.reason))
        .collect();
    assert!(stale.is_empty(), "departures that never occur: {stale:#?}");
}
