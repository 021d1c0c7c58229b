//! Reading the provisioning log.

use jiff::{SignedDuration, Timestamp};
use store::log::{self, LogQuery, LogRow};

use crate::entry::Entry;
use crate::error::RunError;
use crate::jobs::Runner;

/// The largest page of entries.
pub const PAGE_SIZE_MAX: i64 = 1_000;

/// How long entries are kept.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Runner {
    /// Removes entries, cycles and their counts that are older than [`RETENTION`].
    ///
    /// # Errors
    /// The data file fails.
    pub async fn forget_old(&self) -> Result<(), RunError> {
        let before =
            (self.clock)().checked_sub(RETENTION).unwrap_or(Timestamp::MIN).as_microsecond();
        self.db.transaction(log::forget_before(&self.organisation, before)).await?;
        Ok(())
    }

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
