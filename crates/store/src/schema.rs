//! The tables of the organisation's data file, version by version.

use crate::Migration;

/// The file's name inside the data folder.
pub const FILE_NAME: &str = "instep.db";

/// All migrations of the organisation's data file. A published one never
/// changes; a new version is a new entry at the end.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("directory.sql") },
    Migration { version: 2, sql: include_str!("job.sql") },
    Migration { version: 3, sql: include_str!("job_schema.sql") },
    Migration { version: 4, sql: include_str!("nesting.sql") },
];
