//! Applications with their job, as an administrator handles them. The console, the HTTP API and the
//! command line all stand on these functions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use directory::{Application, Directory, DirectoryError};
use store::job::{self as statements, JobRow};
use store::secret::{KEY_FILE_NAME, Keyring};
use store::{Db, schema};
use target::Target;
use target::gallery::{self, Template};
use uuid::Uuid;

use crate::Clock;
use crate::error::RunError;
use crate::job::{Job, JobState, Settings};
use crate::lease::Lease;

/// The provisioning service of one organisation: its directory, its jobs, its data folder.
pub struct Runner {
    /// The data file.
    pub db: Db,
    /// The organisation's directory.
    pub directory: Directory,
    /// The organisation's id.
    pub organisation: String,
    /// Where the time comes from.
    pub clock: Clock,
    pub(crate) keyring: Keyring,
    pub(crate) folder: PathBuf,
    pub(crate) targets: Mutex<HashMap<String, (String, Target)>>,
}

impl Runner {
    /// Opens the data folder, makes it when it is new.
    ///
    /// # Errors
    /// The folder or the data file cannot be used, in one sentence.
    pub async fn open(folder: &Path, clock: Clock) -> Result<Self, RunError> {
        let db = Db::open(folder.join(schema::FILE_NAME), schema::MIGRATIONS).await?;
        let has_key = folder.join(KEY_FILE_NAME).try_exists().unwrap_or(true);
        if !has_key && statements::has_secrets(&db).await? {
            return Err(RunError::KeyMissing {
                path: folder.join(KEY_FILE_NAME).display().to_string(),
            });
        }
        let keyring = Keyring::open(folder)?;
        let organisation = match store::organisation::first(&db).await? {
            Some(id) => id,
            None => Uuid::new_v4().to_string(),
        };
        let mut directory = Directory::open(db.clone(), &organisation, clock()).await?;
        // Of two processes that make a new folder at once, the first one's organisation is the one.
        let first = store::organisation::first(&db).await?.unwrap_or(organisation);
        if directory.organisation() != first {
            directory = Directory::open(db.clone(), &first, clock()).await?;
        }
        let organisation = first;
        Ok(Self {
            db,
            directory,
            organisation,
            clock,
            keyring,
            folder: folder.to_owned(),
            targets: Mutex::default(),
        })
    }

    /// Where the leases of jobs are taken.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes the job's lease, waiting for whoever has it.
    ///
    /// # Errors
    /// Its holder is not done in time.
    pub async fn lease(&self, job: &Job, patience: std::time::Duration) -> Result<Lease, RunError> {
        Lease::take(&self.folder, &job.id, patience).await
    }

    /// Adds an application from the gallery, with a paused job. An application of that name which an
    /// import brought gets the job; its roles and assignments stay.
    ///
    /// # Errors
    /// No such template, or the application has a job already.
    pub async fn add_application(
        &self,
        template: &str,
        name: &str,
        actor: &str,
    ) -> Result<Job, RunError> {
        let template = find_template(template)?;
        let now = (self.clock)();
        if let Ok(existing) = self.directory.application(name).await
            && self.job_of(&existing).await?.is_some()
        {
            return Err(RunError::JobExists(existing.display_name));
        }
        let application =
            self.directory.add_application(name, Some(&template.id), actor, now).await?;
        let tenant = self.organisation.replace('-', "");
        let row = JobRow {
            id: format!("{}.{tenant}.{}", template.id, Uuid::new_v4()),
            application_id: application.id.clone(),
            template_id: template.id.clone(),
            state: JobState::Paused.as_stored().to_owned(),
            scope: "assigned".to_owned(),
            schema: crate::record::json(&template.schema),
            settings: crate::record::json(&Settings::default()),
            connection: None,
            secret: None,
            watermark: None,
            walk: None,
            quarantine: None,
            created: now.as_microsecond(),
            tables: "{}".to_owned(),
        };
        let steps = vec![
            statements::add_job(&self.organisation, &row),
            crate::schema::first_version(&self.organisation, &row, actor),
        ];
        self.db.transaction(steps).await?;
        self.job(&application.display_name).await
    }

    /// The job of an application, by the application's name or id.
    ///
    /// # Errors
    /// No such application, or nothing provisions it.
    pub async fn job(&self, application: &str) -> Result<Job, RunError> {
        let found = self.application(application).await?;
        match self.job_of(&found).await? {
            Some(row) => Job::from_row(row, found.display_name),
            None => Err(RunError::NoJob(found.display_name)),
        }
    }

    /// An application, by its name or id.
    ///
    /// # Errors
    /// There is none.
    pub async fn application(&self, reference: &str) -> Result<Application, RunError> {
        match self.directory.application(reference).await {
            Err(DirectoryError::NoApplication { .. }) => {
                Err(RunError::NoApplication(reference.to_owned()))
            }
            found => Ok(found?),
        }
    }

    /// The same job, read again.
    ///
    /// # Errors
    /// It was removed meanwhile.
    pub async fn reread(&self, job: &Job) -> Result<Job, RunError> {
        let (sql, values) = statements::job(&self.organisation, &job.id);
        match self.db.query(sql, values).await?.first() {
            Some(row) => Job::from_row(statements::read_job(row)?, job.application.clone()),
            None => Err(RunError::NoJob(job.application.clone())),
        }
    }

    /// The ids of the jobs that are not paused and have something to do now.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn waiting(&self) -> Result<Vec<String>, RunError> {
        let (sql, values) =
            statements::waiting(&self.organisation, (self.clock)().as_microsecond());
        let rows = self.db.query(sql, values).await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }

    /// A job by its own id; none if it was removed.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn job_by_id(&self, id: &str) -> Result<Option<Job>, RunError> {
        let (sql, values) = statements::job(&self.organisation, id);
        let rows = self.db.query(sql, values).await?;
        let Some(row) = rows.first().map(statements::read_job).transpose()? else {
            return Ok(None);
        };
        let application = self.application(&row.application_id).await?;
        Ok(Some(Job::from_row(row, application.display_name)?))
    }

    /// All jobs, oldest first.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn jobs(&self) -> Result<Vec<Job>, RunError> {
        let names: HashMap<String, String> = self
            .directory
            .applications()
            .await?
            .into_iter()
            .map(|app| (app.id, app.display_name))
            .collect();
        let (sql, values) = statements::jobs(&self.organisation);
        let mut jobs = Vec::new();
        for row in &self.db.query(sql, values).await? {
            let row = statements::read_job(row)?;
            let name = names
                .get(&row.application_id)
                .cloned()
                .unwrap_or_else(|| row.application_id.clone());
            jobs.push(Job::from_row(row, name)?);
        }
        Ok(jobs)
    }

    async fn job_of(&self, application: &Application) -> Result<Option<JobRow>, RunError> {
        let (sql, values) = statements::job_of_application(&self.organisation, &application.id);
        Ok(self.db.query(sql, values).await?.first().map(statements::read_job).transpose()?)
    }
}

fn find_template(name: &str) -> Result<&'static Template, RunError> {
    let known = || {
        gallery::templates()
            .iter()
            .map(|template| format!("\"{}\"", template.id))
            .collect::<Vec<_>>()
    };
    gallery::template(name)
        .ok_or_else(|| RunError::NoTemplate { name: name.to_owned(), known: known().join(", ") })
}
