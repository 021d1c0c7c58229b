//! Turning the changes since a job's watermark into work, in bounded pages.
//!
//! The watermark moves in the transaction that makes the last page of a change durable. A page that
//! is written twice, after a death between two of them, changes nothing.

use directory::Change;
use store::work;

use crate::error::RunError;
use crate::feed::{self, Reach, Reached};
use crate::job::Job;
use crate::jobs::Runner;
use crate::walk::PAGE_SIZE;

impl Runner {
    /// Expands one page of changes behind the job's watermark. Whether there were any.
    ///
    /// # Errors
    /// The data file fails.
    pub(crate) async fn expand_changes(&self, job: &mut Job) -> Result<bool, RunError> {
        let Some(watermark) = job.watermark else { return Ok(false) };
        let changes = self.directory.changes(watermark, PAGE_SIZE).await?;
        let Some(last) = changes.last() else { return Ok(false) };
        let last = last.sequence;
        for change in &changes {
            for reached in feed::reached(change, &job.application_id) {
                self.expand(job, change, &reached).await?;
            }
        }
        self.move_watermark(job, last).await?;
        Ok(true)
    }

    async fn expand(&self, job: &Job, change: &Change, reached: &Reached) -> Result<(), RunError> {
        match &reached.reach {
            Reach::Object(id) => {
                self.add_work(job, change, reached, std::slice::from_ref(id)).await
            }
            Reach::Group(id) => {
                self.add_work(job, change, reached, std::slice::from_ref(id)).await?;
                self.add_pages(job, change, reached, Some(id)).await
            }
            Reach::Assigned => self.add_pages(job, change, reached, None).await,
        }
    }

    /// Adds the members of a group, or everybody assigned, page by page.
    async fn add_pages(
        &self,
        job: &Job,
        change: &Change,
        reached: &Reached,
        group: Option<&String>,
    ) -> Result<(), RunError> {
        let mut after = String::new();
        loop {
            let ids = match group {
                Some(group) => self.directory.members(group, &after, PAGE_SIZE).await?,
                None => self.directory.assigned(&job.application_id, &after, PAGE_SIZE).await?,
            };
            let Some(last) = ids.last() else { return Ok(()) };
            after.clone_from(last);
            self.add_work(job, change, reached, &ids).await?;
        }
    }

    async fn add_work(
        &self,
        job: &Job,
        change: &Change,
        reached: &Reached,
        ids: &[String],
    ) -> Result<(), RunError> {
        let rows = self.rows(ids, reached.priority, reached.cause, change.sequence).await?;
        let now = (self.clock)().as_microsecond();
        self.db.transaction(vec![work::add(&self.organisation, &job.id, &rows, now)]).await?;
        Ok(())
    }
}
