//! `instep check`: look for mistakes in what an application, or all of them, will do, without touching a target.

use clap::Args;
use runner::Runner;
use runner::check::Checked;
use serde_json::{Value as Json, json};

use crate::cli::finding;
use crate::failure::{Exit, Failure};
use crate::session::Session;

pub(crate) const AFTER_HELP: &str = "\
Checked are mappings, filters and attribute lists, the connection's settings, who is in scope, roles, \
and whether the directory has the attributes that are asked for. Nothing is sent. The exit code is 2 \
if there is an error, with --strict also for a warning.

Example:
  instep check CRM";

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The application [default: all that are provisioned]
    #[arg(value_name = "APP")]
    application: Option<String>,
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
}

pub(crate) async fn run(arguments: &Arguments, session: &Session) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let names = match &arguments.application {
        Some(name) => vec![name.clone()],
        None => provisioned(&runner).await?,
    };
    let mut checked = Vec::with_capacity(names.len());
    for name in &names {
        checked.push(runner.check(name).await?);
    }
    let documents: Vec<Json> = checked.iter().map(document).collect();
    session.output.show(&documents, || {
        if checked.is_empty() {
            return "no application is provisioned; \"instep app add\" adds one".to_owned();
        }
        let report = |one: &Checked| {
            let name = format!("\"{}\"", one.application);
            finding::report(&name, &one.schema, &one.findings)
        };
        checked.iter().map(report).collect::<Vec<_>>().join("\n")
    })?;
    let findings: Vec<_> = checked.into_iter().flat_map(|one| one.findings).collect();
    Ok(finding::exit(&findings, arguments.strict))
}

/// The applications that have a job, by id: a job that cannot be loaded is to be checked all the same.
async fn provisioned(runner: &Runner) -> Result<Vec<String>, Failure> {
    let mut provisioned = Vec::new();
    for application in runner.directory.applications().await? {
        match runner.schema(&application.id).await {
            Ok(stored) => provisioned.push(stored.application_id),
            Err(runner::RunError::NoJob(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(provisioned)
}

fn document(checked: &Checked) -> Json {
    json!({
        "application": checked.application,
        "findings": finding::documents(&checked.schema, &checked.findings),
    })
}
