//! A job as it works: stored rows turned into types that cannot be wrong.

use std::sync::Arc;

use directory::Reach;
use engine::configuration::Configuration;
use engine::scope::ScopeSetting;
use graph::schema::SynchronizationSchema;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::job::JobRow;
use target::Profile;
use target::gallery;

use crate::error::RunError;
use crate::tables::Tables;

/// A job with its compiled configuration.
#[derive(Debug, Clone)]
pub struct Job {
    /// The job's id.
    pub id: String,
    /// The application's id.
    pub application_id: String,
    /// The application's name, for messages.
    pub application: String,
    /// The template it was made from.
    pub template_id: String,
    /// Paused, active or in quarantine.
    pub state: JobState,
    /// Who is in scope.
    pub scope: ScopeSetting,
    /// What to do with users and groups.
    pub configuration: Arc<Configuration>,
    /// How the target may be driven: the template's profile with the job's own settings.
    pub profile: Profile,
    /// The settings.
    pub settings: Settings,
    /// The named tables that expressions look values up in.
    pub tables: Arc<Tables>,
    /// Where the target is.
    pub connection: Option<ConnectionSettings>,
    /// The connection as it is stored, to notice when it changes.
    pub(crate) stored_connection: Option<String>,
    /// The encrypted secret of the connection.
    pub secret: Option<String>,
    /// Up to which change work was derived; none while an initial cycle is due.
    pub watermark: Option<i64>,
    /// Where the initial walk is.
    pub walk: Option<Walk>,
    /// Why and since when it is in quarantine.
    pub quarantine: Option<Quarantine>,
}

/// The state an administrator sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum JobState {
    /// Stopped by an administrator, or never started.
    Paused,
    /// At work.
    Active,
    /// The target as a whole failed; tried again ever more rarely.
    Quarantine,
}

/// What an administrator can set besides mappings and scope.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Requests a minute, instead of the profile's; 0 lifts the limit.
    pub requests_per_minute: Option<u32>,
    /// Requests under way at once, instead of the profile's.
    pub concurrency: Option<u32>,
    /// How long a write may stay invisible to searches, instead of the profile's, milliseconds.
    pub read_after_write_ms: Option<u64>,
    /// Whether people in the groups within an assigned group are in scope, however deep.
    pub nested_groups: bool,
    /// Whether a group has in the target all people of the groups within it as its own members;
    /// otherwise it has its immediate members, groups among them.
    pub flatten_members: bool,
    /// Whether the accounts of those who leave the scope stay as they are. Who is disabled or
    /// deleted in the source loses the account all the same.
    pub skip_out_of_scope_deletions: bool,
}

/// Where the target is and how to sign in there. The secret is kept apart, encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionSettings {
    /// The tenant URL.
    pub tenant_url: String,
    /// Whether plain http may go to other hosts than this one.
    #[serde(default)]
    pub allow_plain_http: bool,
    /// How to sign in.
    pub sign_in: SignIn,
}

/// How to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "method")]
pub enum SignIn {
    /// A long-lived bearer token.
    SecretToken,
    /// OAuth 2.0 client credentials.
    #[serde(rename_all = "camelCase")]
    ClientCredentials {
        /// The token endpoint.
        token_url: String,
        /// The client's id.
        client_id: String,
        /// The scopes, if the endpoint wants any.
        scope: Option<String>,
    },
}

/// Where an initial walk is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Walk {
    /// What is walked now.
    pub through: WalkPhase,
    /// The last id whose work is stored.
    pub after: String,
}

/// The two halves of an initial walk: their union is everything the job may have to do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WalkPhase {
    /// The objects in scope.
    Scope,
    /// The links, whose objects may have left the scope or vanished.
    Links,
}

/// Why a job is in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quarantine {
    /// What happened, in one sentence.
    pub reason: String,
    /// When it began.
    pub series_began: Timestamp,
    /// How often the target failed in a row.
    pub series_count: u32,
    /// When it is tried next.
    pub next_attempt: Timestamp,
}

impl Job {
    /// Reads a stored job.
    pub(crate) fn from_row(row: JobRow, application: String) -> Result<Self, RunError> {
        let schema: SynchronizationSchema = stored("schema", &row.schema)?;
        let (configuration, findings) = Configuration::compile(&schema);
        let refused = || RunError::Schema { application: application.clone(), findings };
        let configuration = configuration.ok_or_else(refused)?;
        let settings: Settings = stored("settings", &row.settings)?;
        let template = gallery::template(&row.template_id);
        let profile =
            settings.applied(template.map(|template| template.profile.clone()).unwrap_or_default());
        Ok(Self {
            id: row.id,
            application_id: row.application_id,
            application,
            template_id: row.template_id,
            state: JobState::from_stored(&row.state),
            scope: if row.scope == "all" { ScopeSetting::All } else { ScopeSetting::Assigned },
            configuration: Arc::new(configuration),
            profile,
            settings,
            tables: Arc::new(stored("tables", &row.tables)?),
            connection: row
                .connection
                .as_deref()
                .map(|text| stored("connection", text))
                .transpose()?,
            stored_connection: row.connection,
            secret: row.secret,
            watermark: row.watermark,
            walk: row.walk.map(|text| stored("walk", &text)).transpose()?,
            quarantine: row.quarantine.map(|text| stored("quarantine", &text)).transpose()?,
        })
    }

    /// How far an assigned group reaches.
    #[must_use]
    pub fn reach(&self) -> Reach {
        if self.settings.nested_groups { Reach::Nested } else { Reach::Immediate }
    }

    /// Whether a change of a group concerns the people in the groups within it.
    #[must_use]
    pub fn follows_nesting(&self) -> bool {
        self.settings.nested_groups || self.settings.flatten_members || self.asks_for_groups()
    }

    /// Whether a mapping reads attributes of the manager.
    #[must_use]
    pub fn reads_managers(&self) -> bool {
        !self.configuration.depends_on().manager_attributes.is_empty()
    }

    /// Whether a filter asks for the groups that hold an object.
    #[must_use]
    pub fn asks_for_groups(&self) -> bool {
        self.configuration.depends_on().groups
    }

    /// Whether an initial cycle is due or under way.
    #[must_use]
    pub fn is_initial(&self) -> bool {
        self.watermark.is_none() || self.walk.is_some()
    }
}

impl JobState {
    /// The word in the database.
    #[must_use]
    pub fn as_stored(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Active => "active",
            Self::Quarantine => "quarantine",
        }
    }

    fn from_stored(word: &str) -> Self {
        match word {
            "active" => Self::Active,
            "quarantine" => Self::Quarantine,
            _ => Self::Paused,
        }
    }
}

impl Settings {
    fn applied(&self, mut profile: Profile) -> Profile {
        match self.requests_per_minute {
            Some(0) => profile.requests_per_minute = None,
            Some(limit) => profile.requests_per_minute = Some(limit),
            None => {}
        }
        if let Some(concurrency) = self.concurrency {
            profile.concurrency = concurrency;
        }
        if let Some(delay) = self.read_after_write_ms {
            profile.read_after_write_ms = delay;
        }
        profile
    }
}

pub(crate) fn stored<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, RunError> {
    serde_json::from_str(text).map_err(|error| RunError::Stored { what, why: error.to_string() })
}
