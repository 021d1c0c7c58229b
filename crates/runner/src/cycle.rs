//! A cycle: everything that is due for one job, in order, until nothing is.
//!
//! Work comes from the change feed and, in an initial cycle, from the walk; it is drained by
//! urgency and, within that, users before groups before references. Whatever is found is durable
//! before it is worked, and what was worked is durable before the next: a killed cycle goes on
//! where it was, under its own id.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use store::work::{self, WorkRow};
use store::{StoreError, job as statements};
use target::{RequestCounts, TargetError};
use tokio::time::Instant;
use uuid::Uuid;

use crate::batch;
use crate::entry::Entry;
use crate::error::RunError;
use crate::fault::Halt;
use crate::feed::priority;
use crate::job::{Job, JobState, Quarantine};
use crate::jobs::Runner;
use crate::lease::Lease;
use crate::progress::{Counts, Progress, Reporter};
use crate::run::Run;
use crate::stop::Stop;
use crate::walk;

/// Most objects that are read, decided and sent in one go.
const BATCH_SIZE_MAX: u32 = 100;

/// Seconds that a batch may take where the target allows only so many requests: whoever leaves
/// meanwhile waits no longer.
const BATCH_SECONDS: u32 = 2;

/// How often the start of a run is tried again when somebody restarts the job meanwhile.
const TAKE_UP_ATTEMPTS: usize = 5;

/// The outcome of a cycle that goes on with the next run.
const STOPPED: &str = "stopped";

/// The outcome of a cycle that a restart ended.
const RESTARTED: &str = "restarted";

/// What a run did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CycleReport {
    /// The cycle's id.
    pub id: String,
    /// `initial` or `incremental`.
    pub kind: String,
    /// `succeeded`, `entryLevelErrors`, `failed`, `stopped` or `restarted`.
    pub outcome: String,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Entries by action, then by status.
    pub counts: Counts,
    /// The same by kind of object.
    pub counts_by_type: HashMap<String, Counts>,
    /// Requests sent, by method.
    pub requests: RequestCounts,
    /// Milliseconds at work.
    pub milliseconds: u64,
}

/// Who looks on while a run goes on.
#[derive(Clone, Copy)]
pub struct Watch<'w> {
    /// Gets the progress.
    pub progress: &'w Reporter,
    /// Gets each log entry as it is written.
    pub entries: Option<&'w (dyn Fn(&Entry) + Send + Sync)>,
}

impl Runner {
    /// Does everything that is due for `job`, in one cycle; none if nothing was due.
    /// The caller holds the job's lease.
    ///
    /// # Errors
    /// The job cannot be read or has no credentials; the data file fails. A failing target is no
    /// error: the cycle ends as failed and the job goes into quarantine.
    pub async fn run(
        &self,
        _lease: &Lease,
        job: &Job,
        watch: Watch<'_>,
        stop: Stop,
    ) -> Result<Option<CycleReport>, RunError> {
        let job = self.take_up(job).await?;
        let Some(cycle) = self.begin_cycle(&job).await? else {
            if job.quarantine.is_some() {
                self.lift_quarantine(&job).await?;
            }
            return Ok(None);
        };
        let target = self.target(&job)?;
        let run = Run {
            runner: self,
            job: &job,
            cycle: cycle.id.clone(),
            default_domain: self.default_domain().await?,
            stop,
            halted: AtomicBool::new(false),
            claims: Mutex::default(),
            tried: Mutex::default(),
            progress: watch.progress,
            watcher: watch.entries,
            requests_before: target.requests(),
            target,
        };
        run.work(cycle).await.map(Some)
    }

    /// Starts the walk of a job without a watermark, and turns what changed since into work.
    async fn take_up(&self, job: &Job) -> Result<Job, RunError> {
        let mut job = job.clone();
        for _ in 0..TAKE_UP_ATTEMPTS {
            match self.start_walk(&mut job).await {
                Err(RunError::Store(StoreError::Conflict { .. })) => {
                    job = self.reread(&job).await?;
                }
                Err(error) => return Err(error),
                Ok(()) => break,
            }
        }
        Ok(job)
    }

    async fn start_walk(&self, job: &mut Job) -> Result<(), RunError> {
        if job.watermark.is_none() {
            let now = (self.clock)().as_microsecond();
            let step = statements::end_cut_cycles(&self.organisation, &job.id, RESTARTED, now);
            self.db.transaction(vec![step]).await?;
            let sequence = self.directory.sequence().await?;
            job.walk = Some(walk::start());
            self.move_watermark(job, sequence).await?;
        }
        self.expand_changes(job).await.map(|_| ())
    }

    /// Goes on with the cycle that was cut off, or begins one if anything is due.
    async fn begin_cycle(&self, job: &Job) -> Result<Option<Begun>, RunError> {
        let (sql, values) = statements::cycles(&self.organisation, &job.id, 1);
        if let Some(row) = self.db.query(sql, values).await?.first() {
            let last = statements::read_cycle(row)?;
            if last.ended.is_none() {
                let requests = serde_json::from_str(&last.requests).unwrap_or_default();
                return Ok(Some(Begun {
                    id: last.id,
                    kind: last.kind,
                    requests,
                    before_ms: last.duration_ms,
                }));
            }
        }
        let (due, _) = self.outstanding(job).await?;
        if job.walk.is_none() && due == 0 {
            return Ok(None);
        }
        let id = Uuid::now_v7().to_string();
        let kind = if job.walk.is_some() { "initial" } else { "incremental" };
        let now = (self.clock)().as_microsecond();
        let step = statements::begin_cycle(&self.organisation, &id, &job.id, kind, now);
        self.db.transaction(vec![step]).await?;
        Ok(Some(Begun {
            id,
            kind: kind.to_owned(),
            requests: RequestCounts::default(),
            before_ms: 0,
        }))
    }

    /// Work that is due, and when the rest will be, microseconds.
    pub(crate) async fn outstanding(&self, job: &Job) -> Result<(i64, Option<i64>), RunError> {
        let now = (self.clock)().as_microsecond();
        let (sql, values) = work::outstanding(&self.organisation, &job.id, now);
        let rows = self.db.query(sql, values).await?;
        let Some(row) = rows.first() else { return Ok((0, None)) };
        Ok((row.integer(0)?, row.optional_integer(1)?))
    }
}

/// A cycle that was begun, now or before a restart.
struct Begun {
    id: String,
    kind: String,
    requests: RequestCounts,
    before_ms: i64,
}

impl Run<'_> {
    async fn work(&self, begun: Begun) -> Result<CycleReport, RunError> {
        let started = Instant::now();
        self.progress.send_modify(|progress| {
            *progress = Progress { kind: begun.kind.clone(), ..Progress::default() }
        });
        let ended = self.drain(&begun, started).await;
        self.note(&begun, started).await?;
        let (outcome, error) = match ended {
            Ok(Drained::Everything) => (self.outcome().await?, None),
            Ok(Drained::Stopped) => (STOPPED, None),
            Ok(Drained::Restarted)
            | Err(Halt::Run(RunError::Store(StoreError::Conflict { .. }))) => (RESTARTED, None),
            Err(Halt::Target(error)) => ("failed", Some(error)),
            Err(Halt::Run(error)) => return Err(error),
        };
        self.end(outcome, error.as_ref()).await?;
        self.report(&begun, outcome, error, started).await
    }

    /// Works until nothing is due, somebody asks to stop, or the target fails as a whole.
    async fn drain(&self, begun: &Begun, started: Instant) -> Result<Drained, Halt> {
        let mut job = self.job.clone();
        loop {
            if let Some(drained) = self.interruption().await.map_err(Halt::Run)? {
                return Ok(drained);
            }
            let walking = job.walk.is_some();
            if walking {
                self.runner.walk_page(&mut job).await.map_err(Halt::Run)?;
            }
            let expanded = self.runner.expand_changes(&mut job).await.map_err(Halt::Run)?;
            let batch = self.next_batch(job.walk.is_some()).await.map_err(Halt::Run)?;
            let idle = batch.is_empty();
            if !idle {
                batch::process(self, batch).await?;
                self.note(begun, started).await.map_err(Halt::Run)?;
            }
            if idle && !walking && !expanded {
                return Ok(Drained::Everything);
            }
        }
    }

    /// Whether the run has to end between two objects: somebody asked, paused or restarted the job.
    async fn interruption(&self) -> Result<Option<Drained>, RunError> {
        if self.stop.is_asked() {
            return Ok(Some(Drained::Stopped));
        }
        let (sql, values) = statements::job(&self.runner.organisation, &self.job.id);
        let rows = self.runner.db.query(sql, values).await?;
        let Some(row) = rows.first().map(statements::read_job).transpose()? else {
            return Ok(Some(Drained::Restarted));
        };
        let is_paused =
            row.state == JobState::Paused.as_stored() && self.job.state != JobState::Paused;
        let is_reconnected =
            row.connection != self.job.stored_connection || row.secret != self.job.secret;
        Ok(match row.watermark {
            None => Some(Drained::Restarted),
            Some(_) if is_paused || is_reconnected => Some(Drained::Stopped),
            Some(_) => None,
        })
    }

    /// The next objects of one urgency and rank. While the walk is still being written down, only
    /// what is more urgent than it.
    async fn next_batch(&self, walking: bool) -> Result<Vec<WorkRow>, RunError> {
        let (sql, values) =
            work::next(&self.runner.organisation, &self.job.id, self.now(), self.batch_size());
        let rows = self.runner.db.query(sql, values).await?;
        let mut batch: Vec<WorkRow> = rows.iter().map(work::read).collect::<Result<_, _>>()?;
        if let Some(first) = batch.first() {
            let together = (first.priority, first.rank);
            if walking && first.priority >= priority::INITIAL {
                return Ok(Vec::new());
            }
            batch.retain(|row| (row.priority, row.rank) == together);
        }
        let (due, _) = self.runner.outstanding(self.job).await?;
        self.progress.send_modify(|progress| {
            progress.total = progress.done + u64::try_from(due).unwrap_or_default();
        });
        Ok(batch)
    }

    /// Keeps the cycle's figures, so that a killed cycle goes on counting where it was.
    async fn note(&self, begun: &Begun, started: Instant) -> Result<(), RunError> {
        let requests = self.requests(begun);
        let ms = begun
            .before_ms
            .saturating_add(i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX));
        let text = crate::record::json(&requests);
        let step = statements::note_cycle(&self.runner.organisation, &self.cycle, text, ms);
        self.runner.db.transaction(vec![step]).await?;
        self.progress.send_modify(|progress| progress.requests = requests);
        Ok(())
    }

    fn requests(&self, begun: &Begun) -> RequestCounts {
        begun.requests.plus(&self.target.requests().since(&self.requests_before))
    }

    async fn outcome(&self) -> Result<&'static str, RunError> {
        let (sql, values) = statements::counts(&self.runner.organisation, &self.cycle);
        let rows = self.runner.db.query(sql, values).await?;
        for row in &rows {
            if matches!(statements::read_count(row)?.status.as_str(), "failure" | "warning") {
                return Ok("entryLevelErrors");
            }
        }
        Ok("succeeded")
    }

    /// Ends the cycle and, when the target failed, puts the job into quarantine; otherwise lifts it.
    async fn end(&self, outcome: &str, error: Option<&TargetError>) -> Result<(), RunError> {
        let now = (self.runner.clock)();
        let micros = now.as_microsecond();
        let organisation = &self.runner.organisation;
        let mut steps = Vec::new();
        if outcome != STOPPED {
            let text = error.map(ToString::to_string);
            steps.push(statements::end_cycle(organisation, &self.cycle, micros, outcome, text));
        }
        match error {
            Some(error) => {
                let quarantine = quarantine(self.job.quarantine.as_ref(), error, now);
                tracing::warn!(job = %self.job.id, reason = %quarantine.reason, next = %quarantine.next_attempt, "job in quarantine");
                let text = crate::record::json(&quarantine);
                steps.push(statements::quarantine(
                    organisation,
                    &self.job.id,
                    text,
                    quarantine.next_attempt.as_microsecond(),
                    micros,
                ));
            }
            None if outcome != STOPPED && self.job.quarantine.is_some() => {
                steps.push(statements::lift_quarantine(organisation, &self.job.id, micros));
            }
            None => {}
        }
        self.runner.db.transaction(steps).await?;
        Ok(())
    }

    async fn report(
        &self,
        begun: &Begun,
        outcome: &str,
        error: Option<TargetError>,
        started: Instant,
    ) -> Result<CycleReport, RunError> {
        let (sql, values) = statements::counts(&self.runner.organisation, &self.cycle);
        let (mut counts, mut by_type) = (Counts::new(), HashMap::<String, Counts>::new());
        for row in &self.runner.db.query(sql, values).await? {
            let row = statements::read_count(row)?;
            let entries = u64::try_from(row.entries).unwrap_or_default();
            let of_type = by_type.entry(row.kind).or_default();
            for counts in [&mut counts, of_type] {
                *counts
                    .entry(row.action.clone())
                    .or_default()
                    .entry(row.status.clone())
                    .or_default() += entries;
            }
        }
        let now_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(CycleReport {
            id: self.cycle.clone(),
            kind: begun.kind.clone(),
            outcome: outcome.to_owned(),
            error: error.map(|error| error.to_string()),
            counts,
            counts_by_type: by_type,
            requests: self.requests(begun),
            milliseconds: u64::try_from(begun.before_ms).unwrap_or_default().saturating_add(now_ms),
        })
    }

    /// How many objects make a batch.
    fn batch_size(&self) -> i64 {
        let in_time = |limit: u32| (limit / 60 * BATCH_SECONDS).clamp(5, BATCH_SIZE_MAX);
        i64::from(self.job.profile.requests_per_minute.map_or(BATCH_SIZE_MAX, in_time))
    }
}

/// How draining ended.
enum Drained {
    Everything,
    /// The cycle goes on with the next run.
    Stopped,
    /// The job was restarted: the cycle is over, a new one begins.
    Restarted,
}

/// The next quarantine after `before`.
fn quarantine(before: Option<&Quarantine>, error: &TargetError, now: Timestamp) -> Quarantine {
    let count = before.map_or(0, |quarantine| quarantine.series_count).saturating_add(1);
    let asked = match error {
        TargetError::Throttled { retry_after: Some(wait) } => SignedDuration::try_from(*wait).ok(),
        _ => None,
    };
    let wait = engine::quarantine::wait_after(count, asked);
    Quarantine {
        reason: error.to_string(),
        series_began: before.map_or(now, |quarantine| quarantine.series_began),
        series_count: count,
        next_attempt: now.checked_add(wait).unwrap_or(Timestamp::MAX),
    }
}

/// Whether a job may run by itself now.
#[must_use]
pub fn may_run(job: &Job, now: Timestamp) -> bool {
    match job.state {
        JobState::Paused => false,
        JobState::Active => true,
        JobState::Quarantine => {
            job.quarantine.as_ref().is_none_or(|quarantine| quarantine.next_attempt <= now)
        }
    }
}
