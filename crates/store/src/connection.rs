//! One connection to the data file, and how each step runs on it.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig, types::ToSqlOutput, types::ValueRef};

use crate::{Row, Rows, Sql, Step, StoreError, Tuning, Value, error::Failure, statement::Texts};

/// How long a writer waits for other processes that write to the same file.
pub(crate) const BUSY_TIMEOUT_S: u64 = 10;

/// Prepared statements kept per connection.
const STATEMENT_CACHE_MAX: usize = 256;

/// The write-ahead log shrinks back to this size after a large transaction.
const WAL_SIZE_MAX_BYTES: i64 = 16 << 20;

/// A connection with its statements.
pub(crate) struct Link {
    connection: Connection,
    texts: Texts,
    path: String,
}

impl Link {
    /// Opens the file for writing, and makes it (and its folder) if need be.
    pub(crate) fn write(path: &Path, tuning: Tuning) -> Result<Self, StoreError> {
        create(path).map_err(|error| cannot_open(path, &error))?;
        let link = Self::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        link.pragma("journal_mode", "WAL")?;
        // FULL: what was answered is on the disk, also after a loss of power.
        link.pragma("synchronous", "FULL")?;
        link.pragma("foreign_keys", "ON")?;
        link.pragma("journal_size_limit", WAL_SIZE_MAX_BYTES)?;
        link.pragma("wal_autocheckpoint", tuning.log_pages)?;
        // Negative: kibibytes instead of pages.
        link.pragma("cache_size", -tuning.writer_cache_kib)?;
        Ok(link)
    }

    /// Opens the file for reading only, with a page cache of this size, beside what of the
    /// file is mapped.
    pub(crate) fn read(path: &Path, cache_kib: i64, mapped_bytes: i64) -> Result<Self, StoreError> {
        let link = Self::open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        link.pragma("cache_size", -cache_kib)?;
        link.pragma("mmap_size", mapped_bytes)?;
        Ok(link)
    }

    fn open(path: &Path, access: OpenFlags) -> Result<Self, StoreError> {
        let name = path.display().to_string();
        let connection =
            Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                .map_err(|error| StoreError::from_sqlite(&error, &name))?;
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE_MAX);
        // Without it, a plan may depend on the value of a parameter such as LIMIT, and the
        // statement is prepared anew whenever one is bound.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(|error| StoreError::from_sqlite(&error, &name))?;
        let link = Self { connection, texts: Texts::default(), path: name };
        let waiting = link.connection.busy_timeout(Duration::from_secs(BUSY_TIMEOUT_S));
        waiting.map_err(|error| link.error(&error))?;
        Ok(link)
    }

    fn pragma(&self, name: &str, value: impl rusqlite::ToSql) -> Result<(), StoreError> {
        self.connection.pragma_update_and_check(None, name, value, |_| Ok(())).or_else(|error| {
            match error {
                rusqlite::Error::QueryReturnedNoRows => Ok(()),
                error => Err(self.error(&error)),
            }
        })
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// A number that differs once another connection has committed.
    pub(crate) fn data_version(&mut self) -> Result<i64, StoreError> {
        self.query(&"PRAGMA data_version".into(), &[])?
            .first()
            .ok_or(StoreError::Closed)
            .and_then(|row| row.integer(0))
    }

    /// Runs a statement of this module that takes and returns nothing.
    pub(crate) fn run(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.execute(&sql.into(), &[]).map(|_| ())
    }

    /// Whether no transaction is open; `SQLite` ends one by itself when the disk is full.
    pub(crate) fn is_idle(&self) -> bool {
        self.connection.is_autocommit()
    }

    /// Runs one step of a transaction; `index` is its place, counted from 0.
    pub(crate) fn step(&mut self, index: usize, step: &Step) -> Result<Rows, StoreError> {
        match step {
            Step::Execute(sql, values) => self.execute(&(*sql).into(), values).map(Rows::changed),
            Step::Query(sql, values) => self.query(&(*sql).into(), values),
            Step::Expect(sql, values, expected) => match self.execute(&(*sql).into(), values)? {
                found if found == *expected => Ok(Rows::changed(found)),
                found => Err(StoreError::Conflict { step: index, expected: *expected, found }),
            },
            Step::Many(sql, lists) => {
                let sql = Sql::from(*sql);
                let counts = lists.iter().map(|values| self.execute(&sql, values));
                Ok(Rows::changed(counts.sum::<Result<usize, StoreError>>()?))
            }
        }
    }

    /// Runs the queries in one transaction, so that they see the same state.
    pub(crate) fn snapshot(
        &mut self,
        queries: &[(Sql, Vec<Value>)],
    ) -> Result<Vec<Rows>, StoreError> {
        if let [(sql, values)] = queries {
            return Ok(vec![self.query(sql, values)?]);
        }
        self.run("BEGIN")?;
        let answers = queries.iter().map(|(sql, values)| self.query(sql, values)).collect();
        // A failing disk may have ended the transaction already.
        if !self.is_idle() {
            self.run("COMMIT")?;
        }
        answers
    }

    fn execute(&mut self, sql: &Sql, values: &[Value]) -> Result<usize, StoreError> {
        let mut run = || {
            let mut statement = self.connection.prepare_cached(self.texts.of(sql))?;
            bind(&mut statement, values)?;
            statement.raw_execute()
        };
        run().map_err(|error| StoreError::from_sqlite(&error, &self.path))
    }

    pub(crate) fn query(&mut self, sql: &Sql, values: &[Value]) -> Result<Rows, StoreError> {
        let mut run = || {
            let mut statement = self.connection.prepare_cached(self.texts.of(sql))?;
            bind(&mut statement, values)?;
            let width = statement.column_count();
            let mut found = statement.raw_query();
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                let columns = (0..width).map(|column| Ok(owned(row.get_ref(column)?)));
                rows.push(Row::from(columns.collect::<rusqlite::Result<Vec<Value>>>()?));
            }
            Ok(Rows::returned(rows))
        };
        run().map_err(|error| StoreError::from_sqlite(&error, &self.path))
    }

    fn error(&self, error: &rusqlite::Error) -> StoreError {
        StoreError::from_sqlite(error, &self.path)
    }
}

/// Makes the folder and an empty file that only its owner may read; `SQLite` gives
/// the files beside it the same mode.
fn create(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn cannot_open(path: &Path, error: &std::io::Error) -> StoreError {
    let failure = match error.kind() {
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
            Failure::ReadOnly
        }
        std::io::ErrorKind::StorageFull => Failure::DiskFull,
        _ => Failure::CannotOpen(error.to_string()),
    };
    failure.at(&path.display().to_string())
}

fn bind(statement: &mut rusqlite::Statement<'_>, values: &[Value]) -> rusqlite::Result<()> {
    let expected = statement.parameter_count();
    if expected != values.len() {
        return Err(rusqlite::Error::InvalidParameterCount(values.len(), expected));
    }
    for (index, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, value)?;
    }
    Ok(())
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Boolean(truth) => ValueRef::Integer(i64::from(*truth)),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        // No column of ours is REAL; whoever computes one gets its text.
        ValueRef::Real(number) => Value::Text(number.to_string()),
        ValueRef::Text(bytes) => Value::Text(match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        }),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}
