//! All jobs, continuously: whenever the directory changed or a retry is due, the job at hand runs.
//!
//! Changes made by other processes on the same data file are noticed within [`LOOK_EVERY`]. A job
//! whose lease somebody else holds is left to them and looked at again.

use std::sync::Arc;
use std::time::Duration;

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
    let mut at_work = tokio::task::JoinSet::new();
    let mut busy = std::collections::HashSet::new();
    runner.waiting().await?;
    while !stop.is_asked() {
        while let Some(done) = at_work.try_join_next() {
            if let Ok(id) = done {
                busy.remove(&id);
            }
        }
        match runner.waiting().await {
            Ok(waiting) => {
                for id in waiting {
                    if busy.insert(id.clone()) {
                        at_work.spawn(turn(runner.clone(), observer.clone(), id, stop.clone()));
                    }
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

/// One turn of a job; its id, so that it can be given the next.
async fn turn(
    runner: Arc<Runner>,
    observer: Arc<dyn Observer>,
    id: String,
    mut stop: Stop,
) -> String {
    if let Err(error) = run_once(&runner, &observer, &id, stop.clone()).await {
        tracing::error!(job = %id, %error, "a run of the job failed");
        rest(REST_AFTER_ERROR, &mut stop).await;
    }
    id
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
