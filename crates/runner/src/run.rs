//! A run in progress: what every module on an object's path needs of it.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use engine::id::{ScimId, SourceId};
use engine::object::ObjectKind;
use store::work::{self, WorkRow};
use store::{Step, link};
use target::{RequestCounts, Target};

use crate::deciding::Known;
use crate::entry::Entry;
use crate::error::RunError;
use crate::fault::Halt;
use crate::job::Job;
use crate::jobs::Runner;
use crate::progress::Reporter;
use crate::stop::Stop;

/// A run in progress: what every module on an object's path needs.
pub struct Run<'r> {
    /// The service.
    pub runner: &'r Runner,
    /// The job.
    pub job: &'r Job,
    /// The target.
    pub target: Target,
    /// The cycle's id.
    pub cycle: String,
    /// What `DefaultDomain` answers.
    pub default_domain: Option<String>,
    pub(crate) stop: Stop,
    pub(crate) halted: AtomicBool,
    pub(crate) claims: Mutex<HashMap<(ObjectKind, ScimId), SourceId>>,
    /// The unique values that objects of this batch try: kind, attribute, folded value.
    pub(crate) tried: Mutex<HashSet<(ObjectKind, String, String)>>,
    pub(crate) requests_before: RequestCounts,
    pub(crate) progress: &'r Reporter,
    pub(crate) watcher: Option<&'r (dyn Fn(&Entry) + Send + Sync)>,
}

impl Run<'_> {
    /// What a decision of this run knows besides the object.
    pub(crate) fn known(&self) -> Known<'_> {
        let default_domain = self.default_domain.as_deref();
        Known { job: self.job, now: (self.runner.clock)(), default_domain }
    }

    /// The endpoint of a kind of object.
    #[must_use]
    pub fn endpoint(&self, kind: ObjectKind) -> &str {
        match kind {
            ObjectKind::User => &self.job.profile.user_endpoint,
            ObjectKind::Group => &self.job.profile.group_endpoint,
        }
    }

    /// How many objects are on their way side by side.
    #[must_use]
    pub fn width(&self) -> usize {
        usize::try_from(self.job.profile.concurrency).unwrap_or(1).clamp(1, 64) * 2
    }

    /// Whether no further object may start.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stop.is_asked() || self.halted.load(Ordering::Relaxed)
    }

    /// Notes that the target failed as a whole, so that no further object starts.
    pub fn guarded<T>(&self, result: Result<T, Halt>) -> Result<T, Halt> {
        if result.is_err() {
            self.halted.store(true, Ordering::Relaxed);
        }
        result
    }

    /// Claims an account for an object; the owner, if another object has it, here or in this run.
    pub(crate) async fn claim(
        &self,
        kind: ObjectKind,
        id: &ScimId,
        asking: &SourceId,
    ) -> Result<Option<SourceId>, RunError> {
        let first = {
            let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
            claims.entry((kind, id.clone())).or_insert_with(|| asking.clone()).clone()
        };
        if first != *asking {
            return Ok(Some(first));
        }
        let (sql, values) =
            link::owner(&self.runner.organisation, &self.job.id, kind.as_str(), id.as_str());
        let rows = self.runner.db.query(sql, values).await?;
        Ok(rows.first().map(|row| row.text(0).map(SourceId::from)).transpose()?)
    }

    /// Claims an account that was made just now.
    pub(crate) fn claim_new(&self, kind: ObjectKind, id: &ScimId, owner: &SourceId) {
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        claims.insert((kind, id.clone()), owner.clone());
    }

    /// Claims a unique value; false if another object of the batch tries it already.
    pub(crate) fn claim_value(&self, kind: ObjectKind, attribute: &str, value: &str) -> bool {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.insert((kind, attribute.to_owned(), value.to_lowercase()))
    }

    /// Forgets the claims of a batch: its links are durable now.
    pub(crate) fn forget_claims(&self) {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.claims.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The step that removes work.
    #[must_use]
    pub fn work_done(&self, row: &WorkRow) -> Step {
        work::done(&self.runner.organisation, &self.job.id, &row.object_id, row.sequence)
    }

    /// The time, microseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        (self.runner.clock)().as_microsecond()
    }

    pub(crate) fn looked_at(&self) {
        self.progress.send_modify(|progress| progress.done += 1);
    }

    pub(crate) fn found_more(&self, count: usize) {
        self.progress
            .send_modify(|progress| progress.total += u64::try_from(count).unwrap_or_default());
    }

    pub(crate) fn counted(&self, action: &str, status: &str) {
        self.progress
            .send_modify(|progress| crate::progress::count(&mut progress.counts, action, status));
    }

    pub(crate) fn tell(&self, entry: &Entry) {
        if let Some(watcher) = self.watcher {
            watcher(entry);
        }
    }
}
