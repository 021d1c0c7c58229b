//! Named tables that expressions look values up in, from CSV files.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use graph::text;
use runner::tables::Table;
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::table::counted;

pub(crate) const AFTER_HELP: &str = "\
An expression finds a value with Lookup: Lookup(\"cost centres\", [department]); letter case counts.

Example:
  instep app table set CRM \"cost centres\" cost-centres.csv
  instep app table list CRM";

/// What can be done with tables.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Put a table in place from a CSV file with two columns: key, value
    #[command(
        after_help = "Example:\n  instep app table set CRM \"cost centres\" cost-centres.csv --heading"
    )]
    Set {
        #[command(flatten)]
        named: Named,
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The first line is a heading
        #[arg(long)]
        heading: bool,
    },
    /// List the tables
    #[command(after_help = "Example:\n  instep app table list CRM --json")]
    List {
        /// The application
        #[arg(value_name = "APP")]
        application: String,
    },
    /// Show a table
    #[command(after_help = "Example:\n  instep app table show CRM \"cost centres\"")]
    Show(Named),
    /// Remove a table
    #[command(after_help = "Example:\n  instep app table remove CRM \"cost centres\"")]
    Remove(Named),
}

/// A table of an application.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The application
    #[arg(value_name = "APP")]
    application: String,
    /// The table's name
    #[arg(value_name = "NAME")]
    name: String,
}

pub(super) async fn run(command: Command, session: &Session) -> Result<Exit, Failure> {
    match command {
        Command::Set { named, file, heading } => set(session, named, &file, heading).await,
        Command::List { application } => list(session, &application).await,
        Command::Show(named) => show(session, &named).await,
        Command::Remove(named) => remove(session, &named).await,
    }
}

async fn set(
    session: &Session,
    Named { application, name }: Named,
    file: &Path,
    heading: bool,
) -> Result<Exit, Failure> {
    let table = read(file, heading)?;
    let runner = session.open().await?;
    let job = runner.job(&application).await?;
    let rows = table.len();
    runner.set_table(&job, &name, table).await?;
    let value = json!({ "application": job.application, "table": name, "rows": rows });
    session.output.show(&value, || {
        format!(
            "table \"{name}\" of \"{}\" has {}; the next cycle looks at everybody",
            job.application,
            counted(rows, "row")
        )
    })?;
    Ok(Exit::Done)
}

async fn list(session: &Session, application: &str) -> Result<Exit, Failure> {
    let job = session.open().await?.job(application).await?;
    let documents: Vec<_> = job
        .tables
        .iter()
        .map(|(name, table)| json!({ "name": name, "rows": table.len() }))
        .collect();
    session.output.show(&documents, || {
        let line =
            |(name, table): (&String, &Table)| format!("{name}  {}", counted(table.len(), "row"));
        job.tables.iter().map(line).collect::<Vec<_>>().join("\n")
    })?;
    Ok(Exit::Done)
}

async fn show(session: &Session, named: &Named) -> Result<Exit, Failure> {
    let job = session.open().await?.job(&named.application).await?;
    let Some(table) = job.tables.get(&named.name) else {
        return Err(Failure {
            exit: Exit::NotFound,
            sentence: format!(
                "\"{}\" has no table \"{}\"; \"instep app table list\" shows them",
                job.application, named.name
            ),
        });
    };
    session.output.show(table, || {
        let line = |(key, value): (&String, &String)| format!("{key}  {value}");
        table.iter().map(line).collect::<Vec<_>>().join("\n")
    })?;
    Ok(Exit::Done)
}

async fn remove(session: &Session, named: &Named) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let job = runner.job(&named.application).await?;
    runner.remove_table(&job, &named.name).await?;
    let value = json!({ "application": job.application, "table": named.name, "removed": true });
    session
        .output
        .show(&value, || format!("table \"{}\" of \"{}\" removed", named.name, job.application))?;
    Ok(Exit::Done)
}

/// Reads two columns. A key that comes twice would hide one of its values, so it is refused.
fn read(file: &Path, heading: bool) -> Result<Table, Failure> {
    let shown = file.display();
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::usage(format!("\"{shown}\" cannot be read: {error}")))?;
    let text =
        text::decode(&bytes).map_err(|error| Failure::usage(format!("\"{shown}\": {error}")))?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(heading)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut table = Table::new();
    for record in reader.records() {
        let record = record.map_err(|error| Failure::usage(format!("\"{shown}\": {error}")))?;
        let line = record.position().map_or(0, csv::Position::line);
        let (Some(key), Some(value), 2) = (record.get(0), record.get(1), record.len()) else {
            return Err(Failure::usage(format!(
                "\"{shown}\", line {line}: {} instead of two, a key and its value; put a text that holds a comma in quotes",
                counted(record.len(), "column")
            )));
        };
        if table.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::usage(format!(
                "\"{shown}\", line {line}: the key \"{key}\" comes twice; keep one of the two lines"
            )));
        }
    }
    // More likely a failed export than a wish: every value that is looked up would go.
    if table.is_empty() {
        return Err(Failure::usage(format!(
            "\"{shown}\" holds no rows; to take a table away, use \"instep app table remove\""
        )));
    }
    Ok(table)
}
