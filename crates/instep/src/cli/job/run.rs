//! `instep job run`: one cycle and the follow-up it causes, in the foreground.

use std::fmt::Write as _;
use std::time::Duration;

use runner::control::Restart;
use runner::cycle::{CycleReport, Watch};
use runner::entry::Status;
use runner::job::Job;
use runner::lease::Lease;
use runner::stop::{self, Stop};
use runner::{RunError, Runner, progress};
use serde::Serialize;
use store::log::LogQuery;

use crate::cli::job::text::cycle_text;
use crate::failure::{Exit, Failure};
use crate::progress::Bar;
use crate::session::Session;
use crate::signal;

/// How long `run` waits for another process that works on the job.
const PATIENCE: Duration = Duration::from_mins(10);

/// How long it waits without a word.
const UNTOLD: Duration = Duration::from_secs(1);

/// Failures that `run` names; the log has all.
const FAILURES_SHOWN: usize = 5;

/// What `run` did, for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RunResult<'r> {
    application: &'r str,
    cycles: &'r [CycleReport],
    failures: &'r [FailureLine],
}

/// An object that could not be provisioned.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FailureLine {
    object: String,
    reason: String,
}

pub(super) async fn run_now(
    session: &Session,
    runner: &Runner,
    job: &Job,
    full: bool,
) -> Result<Exit, Failure> {
    let lease = lease(session, runner, job).await?;
    if full {
        runner.restart(job, Restart::Watermark).await?;
    }
    runner.look_again(job).await?;
    let (stopper, stop) = stop::pair();
    tokio::spawn(async move {
        signal::end_asked().await;
        stopper.stop();
    });
    let (reporter, _receiver) = progress::channel();
    let bar = Bar::follow(&reporter, session.output);
    let watch = Watch { progress: &reporter, entries: None };
    let mut cycles = Vec::new();
    loop {
        let job = runner.reread(job).await?;
        let Some(cycle) = runner.run(&lease, &job, watch, Stop::clone(&stop)).await? else { break };
        let goes_on = !matches!(cycle.outcome.as_str(), "failed" | "stopped");
        cycles.push(cycle);
        if !goes_on {
            break;
        }
    }
    drop(bar);
    let failures = failures(runner, job, &cycles).await?;
    let result = RunResult { application: &job.application, cycles: &cycles, failures: &failures };
    session.output.show(&result, || run_text(&result))?;
    ended(&cycles)
}

/// The job's lease; a person who has to wait for it is told why.
async fn lease(session: &Session, runner: &Runner, job: &Job) -> Result<Lease, Failure> {
    match runner.lease(job, UNTOLD).await {
        Err(RunError::Busy { .. }) => {
            session.output.remark("another process works on this job; waiting for it");
            Ok(runner.lease(job, PATIENCE).await?)
        }
        lease => Ok(lease?),
    }
}

/// The exit code that the last cycle and all failures amount to.
fn ended(cycles: &[CycleReport]) -> Result<Exit, Failure> {
    match cycles.last() {
        Some(CycleReport { error: Some(error), .. }) => Err(Failure::target(error.as_str())),
        Some(last) if last.outcome == "stopped" => Ok(Exit::SomeFailed),
        _ if cycles.iter().any(|cycle| cycle.outcome == "entryLevelErrors") => Ok(Exit::SomeFailed),
        _ => Ok(Exit::Done),
    }
}

async fn failures(
    runner: &Runner,
    job: &Job,
    cycles: &[CycleReport],
) -> Result<Vec<FailureLine>, Failure> {
    let mut lines = Vec::new();
    for cycle in cycles {
        for status in [Status::Failure, Status::Warning] {
            let query = LogQuery {
                job_id: job.id.clone(),
                cycle_id: cycle.id.clone(),
                status: status.as_str().to_owned(),
                limit: runner::logs::PAGE_SIZE_MAX,
                ..LogQuery::default()
            };
            lines.extend(runner.log(query).await?.into_iter().rev().map(|entry| {
                FailureLine {
                    object: entry.source_identity.display_name.unwrap_or_default(),
                    reason: entry
                        .provisioning_status_info
                        .error_information
                        .map(|error| error.reason)
                        .unwrap_or_default(),
                }
            }));
        }
    }
    Ok(lines)
}

fn run_text(result: &RunResult<'_>) -> String {
    let mut text = String::new();
    if result.cycles.is_empty() {
        return format!("\"{}\": nothing to do\n", result.application);
    }
    for cycle in result.cycles {
        text.push_str(&cycle_text(cycle));
    }
    if !result.failures.is_empty() {
        text.push_str("\nnot done:\n");
        for failure in result.failures.iter().take(FAILURES_SHOWN) {
            let _ = writeln!(text, "  \"{}\": {}", failure.object, failure.reason);
        }
        let more = result.failures.len().saturating_sub(FAILURES_SHOWN);
        if more > 0 {
            let _ = writeln!(text, "  and {more} more");
        }
        let _ = writeln!(text, "each step: instep logs {:?} --status failure", result.application);
    }
    text
}
