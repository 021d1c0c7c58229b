//! Applications with their job, as an administrator handles them. The console, the HTTP API and the
//! command line all stand on these functions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use directory::{Application, Directory, DirectoryError};
use engine::object::ObjectKind;
use engine::scope::{AppRole, Entitlement, ScopeSetting};
use graph::schema::{AttributeMapping, AttributeMappingSource, SynchronizationSchema};
use store::job::{self as statements, JobRow};
use store::secret::{Keyring, Secret};
use store::work;
use store::{Db, Step, link, schema};
use target::gallery::{self, Template};
use target::{Connection, ConnectionProblem, Credentials, MatchProbe, Target, TestReport};
use uuid::Uuid;

use crate::Clock;
use crate::error::RunError;
use crate::job::{ConnectionSettings, Job, JobState, Settings, SignIn};
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
    keyring: Keyring,
    folder: PathBuf,
    targets: Mutex<HashMap<String, (String, Target)>>,
}

/// The connection of a job, as an administrator gives it.
#[derive(Debug)]
pub struct NewConnection {
    /// Where and how.
    pub settings: ConnectionSettings,
    /// The secret token or the client secret.
    pub secret: Secret,
}

/// How a restart begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// A new initial cycle; links stay.
    Watermark,
    /// A new initial cycle, and everything is matched anew.
    Full,
}

impl Runner {
    /// Opens the data folder, makes it when it is new.
    ///
    /// # Errors
    /// The folder or the data file cannot be used, in one sentence.
    pub async fn open(folder: &Path, clock: Clock) -> Result<Self, RunError> {
        let db = Db::open(folder.join(schema::FILE_NAME), schema::MIGRATIONS).await?;
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
        };
        self.db.transaction(vec![statements::add_job(&self.organisation, &row)]).await?;
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

    /// Sets where the target is and how to sign in. The secret is stored encrypted.
    ///
    /// # Errors
    /// An address that cannot be used; the reason says what to do.
    pub async fn set_connection(&self, job: &Job, new: NewConnection) -> Result<(), RunError> {
        let secret = self.keyring.encrypt(&new.secret, &associated(&job.id))?;
        connect(job, &new.settings, new.secret)?;
        let text = crate::record::json(&new.settings);
        let now = (self.clock)().as_microsecond();
        let step = statements::set_connection(&self.organisation, &job.id, text, secret, now);
        self.db.transaction(vec![step]).await?;
        Ok(())
    }

    /// Sets the tenant URL alone; how to sign in stays.
    ///
    /// # Errors
    /// There are no credentials yet, or the address cannot be used.
    pub async fn move_connection(&self, job: &Job, tenant_url: &str) -> Result<Job, RunError> {
        let (Some(settings), Some(encrypted)) = (&job.connection, &job.secret) else {
            return Err(RunError::NoCredentials(job.application.clone()));
        };
        let mut settings = settings.clone();
        tenant_url.clone_into(&mut settings.tenant_url);
        let secret = self.keyring.decrypt(encrypted, &associated(&job.id))?;
        connect(job, &settings, secret)?;
        let text = crate::record::json(&settings);
        let now = (self.clock)().as_microsecond();
        let step =
            statements::set_connection(&self.organisation, &job.id, text, encrypted.clone(), now);
        self.db.transaction(vec![step]).await?;
        self.reread(job).await
    }

    /// The client of a job's target; connections are kept while the settings stay.
    ///
    /// # Errors
    /// There are no credentials yet, or they cannot be read.
    pub fn target(&self, job: &Job) -> Result<Target, RunError> {
        let (Some(settings), Some(encrypted)) = (&job.connection, &job.secret) else {
            return Err(RunError::NoCredentials(job.application.clone()));
        };
        let fingerprint = format!(
            "{}{}{encrypted}",
            crate::record::json(settings),
            crate::record::json(&job.profile)
        );
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, target)) = targets.get(&job.id)
            && *known == fingerprint
        {
            return Ok(target.clone());
        }
        let secret = self.keyring.decrypt(encrypted, &associated(&job.id))?;
        let target = connect(job, settings, secret)?;
        targets.insert(job.id.clone(), (fingerprint, target.clone()));
        Ok(target)
    }

    /// Tests the connection: whether the target is there, is a SCIM service, lets us in, filters.
    ///
    /// # Errors
    /// Our own side fails. What is wrong with the target is the inner result.
    pub async fn test_connection(
        &self,
        job: &Job,
    ) -> Result<Result<TestReport, ConnectionProblem>, RunError> {
        let target = self.target(job)?;
        let matching = |kind: ObjectKind| {
            let rule = job.configuration.rule(kind)?;
            rule.matching().first().map(|mapping| mapping.target.path.clone())
        };
        let user = matching(ObjectKind::User).unwrap_or_else(|| scim::Path::attribute("userName"));
        let probe = MatchProbe { user, group: matching(ObjectKind::Group) };
        Ok(target.test_connection(&probe).await)
    }

    /// Sets who is in scope; the next cycle looks at everybody.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn set_scope(&self, job: &Job, scope: ScopeSetting) -> Result<(), RunError> {
        let word = match scope {
            ScopeSetting::Assigned => "assigned",
            ScopeSetting::All => "all",
        };
        let now = (self.clock)().as_microsecond();
        self.db
            .transaction(vec![statements::set_scope(&self.organisation, &job.id, word, now)])
            .await?;
        Ok(())
    }

    /// Sets the settings.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn set_settings(&self, job: &Job, settings: &Settings) -> Result<(), RunError> {
        let text = crate::record::json(settings);
        let now = (self.clock)().as_microsecond();
        self.db
            .transaction(vec![statements::set_settings(&self.organisation, &job.id, text, now)])
            .await?;
        Ok(())
    }

    /// Maps target attributes, each from an expression as text; a mapping that exists is replaced.
    /// The next cycle looks at everybody.
    ///
    /// # Errors
    /// An expression or a target attribute is wrong; nothing is changed then.
    pub async fn set_mappings(
        &self,
        job: &Job,
        kind: ObjectKind,
        mappings: &[(String, String)],
    ) -> Result<(), RunError> {
        let (sql, values) = statements::job(&self.organisation, &job.id);
        let rows = self.db.query(sql, values).await?;
        let row = rows.first().map(statements::read_job).transpose()?;
        let before = row.ok_or_else(|| RunError::NoJob(job.application.clone()))?.schema;
        let mut schema: SynchronizationSchema = serde_json::from_str(&before)
            .map_err(|error| RunError::Stored { what: "schema", why: error.to_string() })?;
        for (target, expression) in mappings {
            set_mapping(&mut schema, kind, target, expression)?;
        }
        engine::configuration::Configuration::compile(&schema).map_err(|findings| {
            RunError::Schema { application: job.application.clone(), findings }
        })?;
        let text = crate::record::json(&schema);
        let now = (self.clock)().as_microsecond();
        let step = statements::set_schema(&self.organisation, &job.id, &before, text, now);
        self.db.transaction(vec![step]).await?;
        Ok(())
    }

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

    /// Moves the watermark of `job`, and its walk as it stands there.
    pub(crate) async fn move_watermark(
        &self,
        job: &mut Job,
        watermark: i64,
    ) -> Result<(), RunError> {
        let walk = job.walk.as_ref().map(crate::record::json);
        let step = statements::set_progress(
            &self.organisation,
            &job.id,
            job.watermark,
            Some(watermark),
            walk,
        );
        self.db.transaction(vec![step]).await?;
        job.watermark = Some(watermark);
        Ok(())
    }

    /// The assignments that count for each object, in the engine's words.
    pub(crate) async fn entitlements(
        &self,
        application: &str,
        ids: &[String],
    ) -> Result<HashMap<String, Vec<Entitlement>>, RunError> {
        let assignments = self.directory.assignments_of(application, ids).await?;
        let entitlement = |assignment: directory::EffectiveAssignment| Entitlement {
            role: assignment.role.map(|role| AppRole {
                id: role.id,
                value: role.value,
                display_name: role.display_name,
            }),
            through: assignment.through.map(|group| group.display_name),
        };
        let each = assignments.into_iter();
        Ok(each.map(|(id, list)| (id, list.into_iter().map(entitlement).collect())).collect())
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

/// What a job's secret is bound to, so that it cannot be moved to another row.
fn associated(job: &str) -> String {
    format!("job/{job}/secret")
}

fn connect(job: &Job, settings: &ConnectionSettings, secret: Secret) -> Result<Target, RunError> {
    let credentials = match &settings.sign_in {
        SignIn::SecretToken => Credentials::Token(secret),
        SignIn::ClientCredentials { token_url, client_id, scope } => {
            Credentials::ClientCredentials {
                token_url: token_url.clone(),
                client_id: client_id.clone(),
                client_secret: secret,
                scope: scope.clone(),
                client_authentication: target::ClientAuthentication::Header,
            }
        }
    };
    let connection = Connection {
        base_url: settings.tenant_url.clone(),
        credentials,
        allow_plain_http: settings.allow_plain_http,
        profile: job.profile.clone(),
    };
    Target::new(connection)
        .map_err(|error| RunError::Target { application: job.application.clone(), error })
}

fn set_mapping(
    schema: &mut SynchronizationSchema,
    kind: ObjectKind,
    target: &str,
    expression: &str,
) -> Result<(), RunError> {
    let rules = schema.synchronization_rules.iter_mut();
    let mut mappings = rules.flat_map(|rule| rule.object_mappings.iter_mut());
    let of_kind = |mapping: &&mut graph::schema::ObjectMapping| {
        mapping
            .source_object_name
            .as_deref()
            .is_some_and(|name| name.eq_ignore_ascii_case(kind.as_str()))
    };
    let Some(object_mapping) = mappings.find(of_kind) else {
        return Err(RunError::Setting(format!(
            "this job has no mapping for {}s",
            kind.as_str().to_lowercase()
        )));
    };
    let source = Some(AttributeMappingSource::from_text(expression));
    let existing = object_mapping
        .attribute_mappings
        .iter_mut()
        .find(|mapping| mapping.target_attribute_name.as_deref() == Some(target));
    match existing {
        Some(mapping) => mapping.source = source,
        None => object_mapping.attribute_mappings.push(AttributeMapping {
            target_attribute_name: Some(target.to_owned()),
            source,
            ..AttributeMapping::default()
        }),
    }
    Ok(())
}
