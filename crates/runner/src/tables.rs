//! The named tables of a job, in which `Lookup` finds values: cost centres by department, say.

use std::collections::BTreeMap;

use store::job as statements;

use crate::error::RunError;
use crate::job::Job;
use crate::jobs::Runner;

/// Values by key, by the table's name.
pub type Tables = BTreeMap<String, Table>;

/// Values by key. Letter case counts.
pub type Table = BTreeMap<String, String>;

/// Most tables of one job.
pub const TABLE_COUNT_MAX: usize = 100;

/// Most rows of one table.
pub const ROW_COUNT_MAX: usize = 50_000;

/// Most characters of a table's name.
pub const NAME_CHARS_MAX: usize = 100;

/// Most bytes of all tables of a job as they are stored: they are in memory while the job works.
pub const BYTES_MAX: usize = 8 * 1024 * 1024;

impl Runner {
    /// Puts a table in place, new or not. The next cycle looks at everybody.
    ///
    /// # Errors
    /// Too many tables or rows; or somebody changed the tables meanwhile.
    pub async fn set_table(&self, job: &Job, name: &str, table: Table) -> Result<(), RunError> {
        let wrong = |sentence: String| Err(RunError::Setting(sentence));
        if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return wrong(format!("a table needs a name of 1 to {NAME_CHARS_MAX} characters"));
        }
        if table.len() > ROW_COUNT_MAX {
            return wrong(format!(
                "the table \"{name}\" has {} rows, the most is {ROW_COUNT_MAX}: keep an attribute in the directory instead",
                table.len()
            ));
        }
        self.change_tables(job, |tables| {
            tables.insert(name.to_owned(), table);
            if tables.len() > TABLE_COUNT_MAX {
                return Err(RunError::Setting(format!(
                    "\"{}\" has {TABLE_COUNT_MAX} tables already, which is the most: remove one",
                    job.application
                )));
            }
            Ok(())
        })
        .await
    }

    /// Removes a table. The next cycle looks at everybody.
    ///
    /// # Errors
    /// There is none of that name, or somebody changed the tables meanwhile.
    pub async fn remove_table(&self, job: &Job, name: &str) -> Result<(), RunError> {
        self.change_tables(job, |tables| {
            if tables.remove(name).is_some() {
                return Ok(());
            }
            let known: Vec<String> = tables.keys().map(|known| format!("\"{known}\"")).collect();
            Err(RunError::NoTable { name: name.to_owned(), known: known.join(", ") })
        })
        .await
    }

    async fn change_tables(
        &self,
        job: &Job,
        change: impl FnOnce(&mut Tables) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let (sql, values) = statements::job(&self.organisation, &job.id);
        let rows = self.db.query(sql, values).await?;
        let row = rows.first().map(statements::read_job).transpose()?;
        let before = row.ok_or_else(|| RunError::NoJob(job.application.clone()))?.tables;
        let mut tables: Tables = crate::job::stored("tables", &before)?;
        change(&mut tables)?;
        let text = crate::record::json(&tables);
        if text.len() > BYTES_MAX {
            return Err(RunError::Setting(format!(
                "the tables would take {} bytes together, the most is {BYTES_MAX}: make them smaller",
                text.len()
            )));
        }
        let now = (self.clock)().as_microsecond();
        let step = statements::set_tables(&self.organisation, &job.id, &before, text, now);
        self.db.transaction(vec![step]).await?;
        Ok(())
    }
}
