//! A job's connection: where its target is, how to sign in, whether it works.

use std::sync::PoisonError;

use engine::object::ObjectKind;
use store::job as statements;
use store::secret::Secret;
use target::{
    ClientAuthentication, Connection, ConnectionProblem, Credentials, MatchProbe, Target,
    TestReport,
};

use crate::error::RunError;
use crate::job::{ConnectionSettings, Job, SignIn};
use crate::jobs::Runner;

/// The connection of a job, as an administrator gives it.
#[derive(Debug)]
pub struct NewConnection {
    /// Where and how.
    pub settings: ConnectionSettings,
    /// The secret token or the client secret.
    pub secret: Secret,
}

impl Runner {
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
                client_authentication: ClientAuthentication::Header,
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
