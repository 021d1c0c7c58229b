//! Starting, pausing and restarting a job.

use store::job as statements;
use store::work;
use store::{Step, link};

use crate::error::RunError;
use crate::job::{Job, JobState};
use crate::jobs::Runner;

/// How a restart begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// A new initial cycle; links stay.
    Watermark,
    /// A new initial cycle, and everything is matched anew.
    Full,
}

impl Runner {
    /// Starts the job; it goes on where it was.
    ///
    /// # Errors
    /// There are no credentials yet.
    pub async fn start(&self, job: &Job) -> Result<(), RunError> {
        if job.connection.is_none() {
            return Err(RunError::NoCredentials(job.application.clone()));
        }
        self.set_state(job, JobState::Active).await
    }

    /// Pauses the job, between two objects.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn pause(&self, job: &Job) -> Result<(), RunError> {
        self.set_state(job, JobState::Paused).await
    }

    async fn set_state(&self, job: &Job, state: JobState) -> Result<(), RunError> {
        let now = (self.clock)().as_microsecond();
        let step = statements::set_state(&self.organisation, &job.id, state.as_stored(), None, now);
        self.db.transaction(vec![step]).await?;
        Ok(())
    }

    /// Makes the next cycle an initial one. Failures are forgotten and tried at once.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn restart(&self, job: &Job, restart: Restart) -> Result<(), RunError> {
        let now = (self.clock)().as_microsecond();
        let mut steps: Vec<Step> = vec![
            statements::reset_progress(&self.organisation, &job.id),
            statements::lift_quarantine(&self.organisation, &job.id, now),
            work::make_due(&self.organisation, &job.id, now),
        ];
        if restart == Restart::Full {
            steps.extend(link::forget_all(&self.organisation, &job.id));
        }
        self.db.transaction(steps).await?;
        Ok(())
    }

    pub(crate) async fn lift_quarantine(&self, job: &Job) -> Result<(), RunError> {
        let now = (self.clock)().as_microsecond();
        let step = statements::lift_quarantine(&self.organisation, &job.id, now);
        self.db.transaction(vec![step]).await?;
        Ok(())
    }

    /// Makes everything that waits for a retry due now.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn look_again(&self, job: &Job) -> Result<(), RunError> {
        let now = (self.clock)().as_microsecond();
        self.db.transaction(vec![work::make_due(&self.organisation, &job.id, now)]).await?;
        Ok(())
    }
}
