//! A job's synchronisation schema as a document: its versions, and how a new one comes to be.
//!
//! Nothing here needs the stored schema to compile, so that one that no longer does can be replaced.
//! Who saves says what was read before; if somebody else saved meanwhile, nothing is written.

use std::collections::BTreeSet;

use engine::configuration::Configuration;
use engine::finding::Finding;
use graph::schema::{
    Adoption, Change, Complaint, Difference, SynchronizationSchema, adopt, difference, inspect,
};
use jiff::Timestamp;
use serde::Serialize;
use store::job::{self, JobRow};
use store::job_schema::{self as statements, VersionRow};
use store::{Step, StoreError};

use crate::error::RunError;
use crate::jobs::Runner;
use crate::source_tree;
use crate::tables::Tables;

/// How many versions of a schema are kept; older ones go.
pub const SCHEMA_VERSIONS_MAX: i64 = 200;

/// The schema of a job as it is stored now.
#[derive(Debug, Clone)]
pub struct StoredSchema {
    /// The application's name, for messages.
    pub application: String,
    /// The application's id.
    pub application_id: String,
    /// The job's id.
    pub job_id: String,
    /// The number of this version.
    pub version: i64,
    /// The document.
    pub schema: SynchronizationSchema,
    text: String,
    /// The names of the job's lookup tables.
    tables: BTreeSet<String>,
}

/// A version of a schema, without its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SchemaVersion {
    /// Its number, counted from 1.
    pub version: i64,
    /// When it was made.
    pub time: Timestamp,
    /// Who made it.
    pub actor: String,
    /// How it came to be.
    pub cause: Cause,
    /// Why, in that person's words.
    pub reason: Option<String>,
    /// How many differences there were to the version before.
    pub changes: i64,
}

/// How a version came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// It came with the template.
    Template,
    /// It was imported.
    Import,
    /// A single mapping was set.
    Mapping,
    /// Attributes were discovered at the target.
    Discovery,
    /// An older version was put back.
    Rollback,
}

/// Who changes a schema, how and why.
#[derive(Debug, Clone)]
pub struct SchemaEdit {
    /// Who.
    pub actor: String,
    /// How.
    pub cause: Cause,
    /// Why, in that person's words.
    pub reason: Option<String>,
}

/// What a schema from elsewhere would mean for a job.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The schema as it would be stored.
    pub schema: SynchronizationSchema,
    /// What gave way to the application's own.
    pub adoptions: Vec<Adoption>,
    /// What differs from the schema of now.
    pub differences: Vec<Difference>,
    /// What is wrong with it; errors keep it from being stored.
    pub findings: Vec<Finding>,
}

/// What saving a schema did.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The number of the version that counts now.
    pub version: i64,
    /// Whether anything was stored; the same schema again is not.
    pub is_new: bool,
    /// Whether the next cycle looks at everybody.
    pub restarts: bool,
}

impl Runner {
    /// The schema of an application's job.
    ///
    /// # Errors
    /// No such application, or nothing provisions it.
    pub async fn schema(&self, application: &str) -> Result<StoredSchema, RunError> {
        let found = self.application(application).await?;
        let (sql, values) = job::job_of_application(&self.organisation, &found.id);
        let row = self.db.query(sql, values).await?.first().map(job::read_job).transpose()?;
        let row = row.ok_or_else(|| RunError::NoJob(found.display_name.clone()))?;
        self.stored_schema(row, found.display_name).await
    }

    async fn stored_schema(
        &self,
        row: JobRow,
        application: String,
    ) -> Result<StoredSchema, RunError> {
        let schema = serde_json::from_str(&row.schema)
            .map_err(|error| RunError::Stored { what: "schema", why: error.to_string() })?;
        let tables: Tables = serde_json::from_str(&row.tables)
            .map_err(|error| RunError::Stored { what: "tables", why: error.to_string() })?;
        let newest = self.version_rows(&row.id, 1).await?;
        Ok(StoredSchema {
            application,
            application_id: row.application_id,
            job_id: row.id,
            version: newest.first().map_or(0, |version| version.version),
            schema,
            text: row.schema,
            tables: tables.into_keys().collect(),
        })
    }

    /// The versions of a schema, newest first.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn schema_versions(
        &self,
        stored: &StoredSchema,
    ) -> Result<Vec<SchemaVersion>, RunError> {
        let rows = self.version_rows(&stored.job_id, SCHEMA_VERSIONS_MAX).await?;
        rows.into_iter().map(SchemaVersion::from_row).collect()
    }

    /// The document of a version.
    ///
    /// # Errors
    /// There is none of that number.
    pub async fn schema_of_version(
        &self,
        stored: &StoredSchema,
        version: i64,
    ) -> Result<SynchronizationSchema, RunError> {
        let (sql, values) = statements::document(&self.organisation, &stored.job_id, version);
        let rows = self.db.query(sql, values).await?;
        let Some(row) = rows.first() else {
            let application = stored.application.clone();
            return Err(RunError::NoSchemaVersion { application, version, newest: stored.version });
        };
        serde_json::from_str(row.text(0)?)
            .map_err(|error| RunError::Stored { what: "schema", why: error.to_string() })
    }

    /// Stores a schema as the newest version, unless it is what is stored already.
    ///
    /// # Errors
    /// The schema cannot be used, or somebody saved another one since `stored` was read; nothing
    /// is written then.
    pub async fn save_schema(
        &self,
        stored: &StoredSchema,
        mut schema: SynchronizationSchema,
        edit: SchemaEdit,
    ) -> Result<Saved, RunError> {
        schema.id.clone_from(&stored.schema.id);
        schema.version.clone_from(&stored.schema.version);
        if source_tree::completed(schema.clone()) == source_tree::completed(stored.schema.clone()) {
            return Ok(Saved { version: stored.version, is_new: false, restarts: false });
        }
        let application = stored.application.clone();
        let findings = stored.findings(&schema);
        if findings.iter().any(Finding::is_error) {
            return Err(RunError::Schema { application, findings });
        }
        let version = stored.version + 1;
        schema.id = Some(stored.job_id.clone());
        schema.version = Some(version_text(version));
        let differences = difference(&stored.schema, &schema);
        let restarts = restarts(&differences);
        match self.write_schema(stored, &schema, edit, (version, differences.len(), restarts)).await
        {
            Err(StoreError::Conflict { .. } | StoreError::Unique { .. }) => {
                Err(RunError::SchemaChanged { application })
            }
            written => {
                written?;
                Ok(Saved { version, is_new: true, restarts })
            }
        }
    }

    async fn write_schema(
        &self,
        stored: &StoredSchema,
        schema: &SynchronizationSchema,
        edit: SchemaEdit,
        (version, changes, restarts): (i64, usize, bool),
    ) -> Result<(), StoreError> {
        let (organisation, job) = (&self.organisation, &stored.job_id);
        let text = crate::record::json(schema);
        let now = (self.clock)().as_microsecond();
        let mut steps = statements::replace(organisation, job, &stored.text, &text, restarts, now);
        let row = VersionRow {
            version,
            time: now,
            actor: edit.actor,
            cause: edit.cause.as_stored().to_owned(),
            reason: edit.reason,
            changes: i64::try_from(changes).unwrap_or(i64::MAX),
        };
        steps.push(statements::add(organisation, job, &row, &text));
        steps.push(statements::drop_until(organisation, job, version - SCHEMA_VERSIONS_MAX));
        self.db.transaction(steps).await.map(drop)
    }

    async fn version_rows(&self, job: &str, limit: i64) -> Result<Vec<VersionRow>, RunError> {
        let (sql, values) = statements::versions(&self.organisation, job, limit);
        let rows = self.db.query(sql, values).await?;
        Ok(rows.iter().map(statements::read).collect::<Result<_, _>>()?)
    }
}

impl StoredSchema {
    /// What a schema from elsewhere would mean.
    #[must_use]
    pub fn propose(&self, imported: SynchronizationSchema) -> Proposal {
        let (schema, adoptions) = adopt(source_tree::with_texts(imported), &self.schema);
        let differences = difference(&self.schema, &schema);
        let findings = self.findings(&schema);
        Proposal { schema, adoptions, differences, findings }
    }

    /// What is wrong with a schema for this job.
    #[must_use]
    pub fn findings(&self, schema: &SynchronizationSchema) -> Vec<Finding> {
        findings(schema, Some(&self.tables))
    }

    /// The number of the version that a document was exported as, if it is an export of this very
    /// schema.
    #[must_use]
    pub fn exported_version(&self, document: &SynchronizationSchema) -> Option<i64> {
        let is_ours = document.id.as_deref() == Some(self.job_id.as_str());
        let number = document.version.as_deref()?.strip_prefix(VERSION_PREFIX)?;
        number.parse().ok().filter(|_| is_ours)
    }

    /// The document as Graph gives it out.
    #[must_use]
    pub fn exported(&self, schema: &SynchronizationSchema, version: i64) -> SynchronizationSchema {
        let mut exported = source_tree::completed(schema.clone());
        exported.id = Some(self.job_id.clone());
        exported.version = Some(version_text(version));
        exported
    }
}

/// The version that a new job begins with.
pub(crate) fn first_version(organisation: &str, job: &JobRow, actor: &str) -> Step {
    let row = VersionRow {
        version: 1,
        time: job.created,
        actor: actor.to_owned(),
        cause: Cause::Template.as_stored().to_owned(),
        reason: None,
        changes: 0,
    };
    statements::add(organisation, &job.id, &row, &job.schema)
}

/// What is wrong with a schema: as a document, and as a configuration whose expressions may look
/// values up in these tables; in any if they are not known.
#[must_use]
pub fn findings(schema: &SynchronizationSchema, tables: Option<&BTreeSet<String>>) -> Vec<Finding> {
    let complaints = inspect(schema);
    let finding = |complaint: &Complaint| {
        let kind = if complaint.is_error { Finding::error } else { Finding::warning };
        kind(&complaint.place, complaint.sentence.clone(), &complaint.hint)
    };
    let mut findings: Vec<Finding> = complaints.iter().map(finding).collect();
    // What flows elsewhere has no mapping worth looking at.
    if !findings.iter().any(Finding::is_error) {
        findings.extend(Configuration::compile_with_tables(schema, tables).1);
    }
    findings
}

/// Whether a change of schema asks for a look at everybody: new attribute definitions alone do not.
#[must_use]
pub fn restarts(differences: &[Difference]) -> bool {
    let defines = |found: &Difference| {
        found.change == Change::Added && ["definition", "object"].contains(&found.what.as_str())
    };
    !differences.iter().all(defines)
}

/// How the version of a document is written.
const VERSION_PREFIX: &str = "v";

fn version_text(version: i64) -> String {
    format!("{VERSION_PREFIX}{version}")
}

impl SchemaVersion {
    fn from_row(row: VersionRow) -> Result<Self, RunError> {
        let time = Timestamp::from_microsecond(row.time)
            .map_err(|error| RunError::Stored { what: "schema version", why: error.to_string() })?;
        Ok(Self {
            version: row.version,
            time,
            actor: row.actor,
            cause: Cause::from_stored(&row.cause),
            reason: row.reason,
            changes: row.changes,
        })
    }
}

impl Cause {
    /// The word in the database and for people.
    #[must_use]
    pub fn as_stored(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Import => "import",
            Self::Mapping => "mapping",
            Self::Discovery => "discovery",
            Self::Rollback => "rollback",
        }
    }

    fn from_stored(word: &str) -> Self {
        match word {
            "import" => Self::Import,
            "mapping" => Self::Mapping,
            "discovery" => Self::Discovery,
            "rollback" => Self::Rollback,
            _ => Self::Template,
        }
    }
}
