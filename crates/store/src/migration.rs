//! Migrations: how the tables of a data file come to be what the program expects.

use rusqlite::Connection;

use crate::error::{Failure, StoreError};

/// One numbered change of the tables. Versions count 1, 2, 3, … without gaps.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The version that the data file has afterwards.
    pub version: u32,
    /// The statements, separated by semicolons.
    pub sql: &'static str,
}

/// Brings the data file to the newest version, in one transaction, so that a
/// process that dies half-way leaves the old version and not a mixture.
pub(crate) fn migrate(
    connection: &Connection,
    migrations: &[Migration],
    path: &str,
) -> Result<(), StoreError> {
    let newest = migrations.last().map_or(0, |migration| migration.version);
    let failed = |error: rusqlite::Error| StoreError::from_sqlite(&error, path);
    if version(connection).map_err(failed)? == newest {
        return Ok(());
    }
    connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
    // Asked again under the lock: another process may have migrated meanwhile.
    let applied = version(connection).map_err(failed).and_then(|found| {
        if found > newest {
            return Err(Failure::NewerVersion { found, known: newest }.at(path));
        }
        apply(connection, migrations, found).map_err(failed)
    });
    let ended = if applied.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = connection.execute_batch(ended).map_err(failed);
    applied.and(ended)
}

fn apply(connection: &Connection, migrations: &[Migration], found: u32) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)",
    )?;
    for migration in migrations.iter().filter(|migration| migration.version > found) {
        connection.execute_batch(migration.sql)?;
        connection
            .execute("INSERT INTO schema_version (version) VALUES (?1)", [migration.version])?;
    }
    Ok(())
}

/// The version of the data file; 0 if it has no tables yet.
fn version(connection: &Connection) -> rusqlite::Result<u32> {
    let known =
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'";
    if connection.query_row(known, [], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(0);
    }
    connection
        .query_row("SELECT coalesce(max(version), 0) FROM schema_version", [], |row| row.get(0))
}
