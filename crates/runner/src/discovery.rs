//! Asking a job's target which attributes it has.

use engine::object::ObjectKind;
use graph::schema::{SynchronizationSchema, add_definitions};

use crate::error::RunError;
use crate::job::Job;
use crate::jobs::Runner;
use crate::schema::StoredSchema;

/// The schema with what the target says it has.
#[derive(Debug, Clone)]
pub struct DiscoveredSchema {
    /// The schema of now with the new attributes.
    pub schema: SynchronizationSchema,
    /// What the target says otherwise, or what could not be read.
    pub remarks: Vec<String>,
}

impl Runner {
    /// Asks the job's target for its attributes and adds those that are new; nothing is stored.
    ///
    /// # Errors
    /// There are no credentials yet, or the target does not describe itself.
    pub async fn discover_schema(
        &self,
        job: &Job,
    ) -> Result<(StoredSchema, DiscoveredSchema), RunError> {
        let stored = self.schema(&job.application_id).await?;
        let found = self
            .target(job)?
            .discover()
            .await
            .map_err(|error| RunError::Target { application: job.application.clone(), error })?;
        let mut schema = stored.schema.clone();
        let mut remarks = found.remarks;
        for (kind, definitions) in
            [(ObjectKind::User, &found.users), (ObjectKind::Group, &found.groups)]
        {
            remarks.extend(add_definitions(&mut schema, kind.as_str(), definitions).remarks);
        }
        Ok((stored, DiscoveredSchema { schema, remarks }))
    }
}
