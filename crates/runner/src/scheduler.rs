//! All jobs, continuously: whenever the directory changed or a retry is due, the job at hand runs.
//!
//! Changes made by other processes on the same data file are noticed within [`LOOK_EVERY`]. A job
//! whose lease somebody else holds is left to them and looked at again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{self, JoinSet};
use tokio::time::Instant;

use crate::cycle::{CycleReport, Watch, may_run};
use crate::entry::Entry;
use crate::error::RunError;
use crate::job::Job;
use crate::jobs::Runner;
use crate::lease::Lease;
use crate::progress::Reporter;
use crate::stop::Stop;

/// How often a job is looked at.
pub const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long a job rests after our own side failed, so that a full disk is not hammered.
const REST_AFTER_ERROR: Duration = Duration::from_secs(5);

/// How often old log entries are removed.
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// What a scheduler tells whoever watches.
pub trait Observer: Send + Sync {
    /// The progress of a job's cycle.
    fn reporter(&self, job: &Job) -> Reporter;
    /// A log entry was written.
    fn entry(&self, job: &Job, entry: &Entry);
    /// A cycle ended.
    fn ended(&self, job: &Job, report: &CycleReport);
}

/// Runs all jobs until somebody asks to stop.
///
/// # Errors
/// The data file cannot be read at the start.
pub async fn serve(
    runner: Arc<Runner>,
    observer: Arc<dyn Observer>,
    mut stop: Stop,
) -> Result<(), RunError> {
    let mut at_work = JoinSet::new();
    let mut jobs: HashMap<task::Id, String> = HashMap::new();
    let mut forgotten: Option<Instant> = None;
    runner.waiting().await?;
    while !stop.is_asked() {
        while let Some(done) = at_work.try_join_next_with_id() {
            let id = match &done {
                Ok((id, ())) => *id,
                Err(error) => error.id(),
            };
            let job = jobs.remove(&id);
            if let Err(error) = done {
                tracing::error!(job, %error, "a turn of the job broke off");
            }
        }
        if forgotten.is_none_or(|last| last.elapsed() >= FORGET_EVERY) {
            forgotten = Some(Instant::now());
            forget(&runner).await;
        }
        match runner.waiting().await {
            Ok(waiting) => {
                let busy: HashSet<String> = jobs.values().cloned().collect();
                for id in waiting.into_iter().filter(|id| !busy.contains(id)) {
                    let turn = turn(runner.clone(), observer.clone(), id.clone(), stop.clone());
                    jobs.insert(at_work.spawn(turn).id(), id);
                }
            }
            Err(error) => {
                tracing::error!(%error, "the jobs cannot be read");
                rest(REST_AFTER_ERROR, &mut stop).await;
            }
        }
        rest(LOOK_EVERY, &mut stop).await;
    }
    while at_work.join_next().await.is_some() {}
    Ok(())
}

/// Removes what is older than its retention.
async fn forget(runner: &Runner) {
    if let Err(error) = runner.forget_old().await {
        tracing::error!(%error, "old log entries cannot be removed");
    }
}

/// One turn of a job.
async fn turn(runner: Arc<Runner>, observer: Arc<dyn Observer>, id: String, mut stop: Stop) {
    if let Err(error) = run_once(&runner, &observer, &id, stop.clone()).await {
        tracing::error!(job = %id, %error, "a run of the job failed");
        rest(REST_AFTER_ERROR, &mut stop).await;
    }
}

async fn run_once(
    runner: &Runner,
    observer: &Arc<dyn Observer>,
    id: &str,
    stop: Stop,
) -> Result<(), RunError> {
    let Some(lease) = Lease::try_take(runner.folder(), id)? else { return Ok(()) };
    let Some(job) = runner.job_by_id(id).await? else { return Ok(()) };
    if !may_run(&job, (runner.clock)()) {
        return Ok(());
    }
    let reporter = observer.reporter(&job);
    let tell = |entry: &Entry| observer.entry(&job, entry);
    let watch = Watch { progress: &reporter, entries: Some(&tell) };
    if let Some(report) = runner.run(&lease, &job, watch, stop).await? {
        observer.ended(&job, &report);
    }
    Ok(())
}

async fn rest(duration: Duration, stop: &mut Stop) {
    tokio::select! {
        () = tokio::time::sleep(duration) => {}
        () = stop.asked() => {}
    }
}
