//! Changing schemas: import, roll back, discovery. All three say first what differs.

use std::fmt::Write as _;
use std::path::Path;

use runner::Runner;
use runner::schema::{Cause, Proposal, Saved, SchemaEdit, StoredSchema, restarts};
use serde_json::json;

use super::{Edit, document, show};
use crate::cli::finding;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::table::counted;

/// A change as it is about to be made.
struct Change {
    stored: StoredSchema,
    proposal: Proposal,
    /// What else was noticed, such as how the file was read.
    remarks: Vec<String>,
    cause: Cause,
}

pub(super) async fn import(
    session: &Session,
    application: &str,
    file: &Path,
    force: bool,
    edit: &Edit,
) -> Result<Exit, Failure> {
    let reading = document::read(file)?;
    let runner = session.open().await?;
    let stored = runner.schema(application).await?;
    if !force {
        refuse_stale(&runner, &stored, stored.exported_version(&reading.schema)).await?;
    }
    let remarks = reading.remarks.iter().map(ToString::to_string).collect();
    let proposal = stored.propose(reading.schema);
    make(session, &runner, Change { stored, proposal, remarks, cause: Cause::Import }, edit).await
}

/// Refuses a file that was exported before somebody else changed the schema.
async fn refuse_stale(
    runner: &Runner,
    stored: &StoredSchema,
    exported: Option<i64>,
) -> Result<(), Failure> {
    let Some(exported) = exported.filter(|exported| *exported < stored.version) else {
        return Ok(());
    };
    let newest = runner.schema_versions(stored).await?.into_iter().next();
    let by = newest.map(|newest| format!(" by {} ({})", newest.actor, newest.cause.as_stored()));
    Err(Failure::usage(format!(
        "the file was exported as version {exported}, and version {} was saved since{}; see \"instep schema diff {:?} --version {exported}\", \
         take those changes into the file, or import it all the same with --force",
        stored.version,
        by.unwrap_or_default(),
        stored.application,
    )))
}

pub(super) async fn rollback(
    session: &Session,
    application: &str,
    version: i64,
    edit: &Edit,
) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let stored = runner.schema(application).await?;
    let proposal = stored.propose(runner.schema_of_version(&stored, version).await?);
    let remarks = vec![format!("version {version} is put back")];
    make(session, &runner, Change { stored, proposal, remarks, cause: Cause::Rollback }, edit).await
}

pub(super) async fn discover(
    session: &Session,
    application: &str,
    edit: &Edit,
) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let job = runner.job(application).await?;
    let (stored, discovered) = runner.discover_schema(&job).await?;
    let proposal = stored.propose(discovered.schema);
    let change = Change { stored, proposal, remarks: discovered.remarks, cause: Cause::Discovery };
    make(session, &runner, change, edit).await
}

/// Makes a change, or says what it would be.
async fn make(
    session: &Session,
    runner: &Runner,
    change: Change,
    edit: &Edit,
) -> Result<Exit, Failure> {
    let Change { stored, proposal, remarks, cause } = change;
    let errors = proposal.findings.iter().filter(|finding| finding.is_error()).count();
    let saved = if edit.dry_run || errors > 0 {
        None
    } else {
        let edit = SchemaEdit { actor: edit.actor(), cause, reason: edit.reason.clone() };
        Some(runner.save_schema(&stored, proposal.schema.clone(), edit).await?)
    };
    let adopted: Vec<String> = proposal.adoptions.iter().map(ToString::to_string).collect();
    let value = json!({
        "application": stored.application,
        "dryRun": edit.dry_run,
        "stored": saved.as_ref().is_some_and(|saved| saved.is_new),
        "version": saved.as_ref().map_or(stored.version, |saved| saved.version),
        "restarts": saved.as_ref().is_some_and(|saved| saved.restarts),
        "remarks": remarks,
        "adopted": adopted,
        "differences": proposal.differences,
        "findings": finding::documents(&proposal.schema, &proposal.findings),
    });
    session.output.show(&value, || {
        let mut text = noted(&remarks, &adopted);
        text.push_str(&finding::list(&proposal.schema, &proposal.findings));
        if errors > 0 {
            return text;
        }
        if !proposal.differences.is_empty() {
            text.push_str(&show::differences_text(&proposal.differences));
        }
        let _ = writeln!(text, "{}", outcome(&stored, &proposal, saved.as_ref()));
        text
    })?;
    if errors > 0 {
        let errors = counted(errors, "error");
        return Err(Failure::usage(format!("the schema has {errors}; nothing was changed")));
    }
    Ok(Exit::Done)
}

fn noted(remarks: &[String], adopted: &[String]) -> String {
    let mut text = String::new();
    for remark in remarks.iter().chain(adopted) {
        let _ = writeln!(text, "note: {remark}");
    }
    text
}

/// What became of the change, and what follows.
fn outcome(stored: &StoredSchema, proposal: &Proposal, saved: Option<&Saved>) -> String {
    let name = &stored.application;
    match saved {
        None if proposal.differences.is_empty() => {
            format!("\"{name}\" has this schema already (version {})", stored.version)
        }
        None => {
            let follows =
                if restarts(&proposal.differences) { "; a full cycle would follow" } else { "" };
            format!(
                "\"{name}\": {}, nothing stored{follows}",
                show::counted_differences(&proposal.differences)
            )
        }
        Some(saved) if !saved.is_new => {
            format!("\"{name}\" has this schema already (version {})", saved.version)
        }
        Some(saved) if saved.restarts => format!(
            "\"{name}\" has version {} of its schema; the next cycle looks at everybody, accounts stay linked, and what failed is tried again",
            saved.version
        ),
        Some(saved) => format!(
            "\"{name}\" has version {} of its schema; nobody is looked at again for it",
            saved.version
        ),
    }
}
