//! Reading the provisioning log.

use store::log::{self, LogQuery, LogRow};

use crate::entry::Entry;
use crate::error::RunError;
use crate::jobs::Runner;

/// The largest page of entries.
pub const PAGE_SIZE_MAX: i64 = 1_000;

impl Runner {
    /// Entries, newest first, at most [`PAGE_SIZE_MAX`].
    ///
    /// # Errors
    /// The data file fails, or was written by a newer version.
    pub async fn log(&self, mut query: LogQuery) -> Result<Vec<Entry>, RunError> {
        query.limit = query.limit.clamp(1, PAGE_SIZE_MAX);
        let (sql, values) = log::entries(&self.organisation, &query);
        let mut entries = Vec::new();
        for row in &self.db.query(sql, values).await? {
            let LogRow { entry, .. } = log::read(row)?;
            let entry = serde_json::from_str(&entry)
                .map_err(|error| RunError::Stored { what: "log entry", why: error.to_string() })?;
            entries.push(entry);
        }
        Ok(entries)
    }
}
