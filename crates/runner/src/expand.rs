//! Turning the changes since a job's watermark into work, in bounded pages.
//!
//! A page of changes becomes work in the transaction that moves the watermark over it. Only what a
//! change of a whole group reaches is written before, page by page: written twice, after a death in
//! between, it is only looked at again.

use std::collections::BTreeMap;

use directory::Change;
use store::job as statements;
use store::work::{self, WorkRow};

use crate::error::RunError;
use crate::feed::{self, Reach, Reached};
use crate::job::Job;
use crate::jobs::Runner;
use crate::walk::PAGE_SIZE;

/// What asks for an object, when several changes of a page do: the most urgent one is named.
struct Asked {
    priority: i64,
    cause: &'static str,
    sequence: i64,
}

impl Runner {
    /// Expands one page of changes behind the job's watermark. Whether there were any.
    ///
    /// # Errors
    /// The data file fails.
    pub(crate) async fn expand_changes(&self, job: &mut Job) -> Result<bool, RunError> {
        let Some(watermark) = job.watermark else { return Ok(false) };
        let changes = self.directory.changes(watermark, PAGE_SIZE).await?;
        let Some(last) = changes.last().map(|change| change.sequence) else { return Ok(false) };
        let mut asked: BTreeMap<String, Asked> = BTreeMap::new();
        for change in &changes {
            for reached in feed::reached(change, &job.application_id) {
                for id in self.immediate(job, &reached.reach).await? {
                    ask(&mut asked, &id, &reached, change);
                }
                self.add_pages(job, change, &reached).await?;
            }
        }
        let rows = self.asked_rows(asked).await?;
        let now = (self.clock)().as_microsecond();
        let walk = job.walk.as_ref().map(crate::record::json);
        let steps = vec![
            work::add(&self.organisation, &job.id, &rows, now),
            statements::set_progress(&self.organisation, &job.id, job.watermark, Some(last), walk),
        ];
        self.db.transaction(steps).await?;
        job.watermark = Some(last);
        Ok(true)
    }

    async fn asked_rows(&self, asked: BTreeMap<String, Asked>) -> Result<Vec<WorkRow>, RunError> {
        let ids: Vec<String> = asked.keys().cloned().collect();
        let mut rows = self.rows(&ids, feed::priority::CHANGE, "", 0).await?;
        for row in &mut rows {
            if let Some(asked) = asked.get(&row.object_id) {
                row.priority = asked.priority;
                asked.cause.clone_into(&mut row.cause);
                row.sequence = asked.sequence;
            }
        }
        Ok(rows)
    }

    /// Those whom a change reaches one by one; they are few.
    async fn immediate(&self, job: &Job, reach: &Reach) -> Result<Vec<String>, RunError> {
        Ok(match reach {
            Reach::Object(id) | Reach::Group(id) => vec![id.clone()],
            Reach::Above(id) if job.settings.flatten_members => {
                self.directory.groups_above(id).await?
            }
            Reach::Above(_)
            | Reach::Within(_)
            | Reach::Named(_)
            | Reach::Reports(_)
            | Reach::Assigned => Vec::new(),
        })
    }

    /// Adds whom a change reaches many at once, page by page.
    async fn add_pages(
        &self,
        job: &Job,
        change: &Change,
        reached: &Reached,
    ) -> Result<(), RunError> {
        let many = match &reached.reach {
            Reach::Group(id) if job.follows_nesting() => self.members_within(id).await?,
            Reach::Group(id) => vec![Many::Members(id.clone())],
            Reach::Within(id) if job.follows_nesting() => self.members_within(id).await?,
            Reach::Named(id) if job.asks_for_groups() => self.members_within(id).await?,
            Reach::Reports(id) if job.reads_managers() => vec![Many::Reports(id.clone())],
            Reach::Assigned => vec![Many::Assigned],
            Reach::Object(_)
            | Reach::Above(_)
            | Reach::Within(_)
            | Reach::Named(_)
            | Reach::Reports(_) => Vec::new(),
        };
        for many in many {
            let mut after = String::new();
            loop {
                let ids = self.page_of(job, &many, &after).await?;
                let Some(last) = ids.last() else { break };
                after.clone_from(last);
                let rows =
                    self.rows(&ids, reached.priority, reached.cause, change.sequence).await?;
                let now = (self.clock)().as_microsecond();
                let step = work::add(&self.organisation, &job.id, &rows, now);
                self.db.transaction(vec![step]).await?;
            }
        }
        Ok(())
    }

    async fn members_within(&self, group: &str) -> Result<Vec<Many>, RunError> {
        let within = self.directory.groups_within(group).await?;
        Ok(within.into_iter().map(Many::Members).collect())
    }

    async fn page_of(&self, job: &Job, many: &Many, after: &str) -> Result<Vec<String>, RunError> {
        let directory = &self.directory;
        Ok(match many {
            Many::Members(group) => directory.members(group, after, PAGE_SIZE).await?,
            Many::Reports(manager) => directory.reports_of(manager, after, PAGE_SIZE).await?,
            Many::Assigned => {
                directory.assigned(&job.application_id, job.reach(), after, PAGE_SIZE).await?
            }
        })
    }
}

/// Many objects that a change reaches, to be read in pages.
enum Many {
    /// The immediate members of a group.
    Members(String),
    /// The people whose manager this is.
    Reports(String),
    /// Everybody assigned.
    Assigned,
}

fn ask(asked: &mut BTreeMap<String, Asked>, id: &str, reached: &Reached, change: &Change) {
    let new = Asked { priority: reached.priority, cause: reached.cause, sequence: change.sequence };
    match asked.get_mut(id) {
        None => {
            asked.insert(id.to_owned(), new);
        }
        Some(known) if new.priority < known.priority => *known = new,
        Some(known) => known.sequence = new.sequence,
    }
}
