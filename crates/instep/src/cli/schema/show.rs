//! Looking at schemas: export, differences, mistakes, versions.

use std::fmt::Write as _;
use std::path::Path;

use engine::finding::Finding;
use graph::schema::{Change, Difference, SynchronizationSchema, difference};
use jiff::tz::TimeZone;
use runner::schema::{SchemaVersion, findings};
use runner::source_tree::with_texts;
use serde_json::json;

use super::document;
use crate::cli::finding;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::session::Session;
use crate::table::{Table, counted};

pub(super) async fn export(
    session: &Session,
    application: &str,
    out: Option<&Path>,
    version: Option<i64>,
) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let stored = runner.schema(application).await?;
    let version = version.unwrap_or(stored.version);
    let schema = if version == stored.version {
        stored.schema.clone()
    } else {
        runner.schema_of_version(&stored, version).await?
    };
    let document = stored.exported(&schema, version).to_json();
    let Some(path) = out else {
        // The document is the result, whoever reads it.
        Output::new(true).show(&document, String::new)?;
        return Ok(Exit::Done);
    };
    document::write(path, &format!("{document:#}\n"))?;
    let name = document::name_of(path);
    let value = json!({ "application": stored.application, "version": version, "file": path });
    session.output.show(&value, || {
        format!("the schema of \"{}\", version {version}, is in {name}", stored.application)
    })?;
    Ok(Exit::Done)
}

pub(super) async fn diff(
    session: &Session,
    application: &str,
    file: Option<&Path>,
    versions: &[i64],
) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let stored = runner.schema(application).await?;
    let (differences, adoptions) = match (file, versions) {
        (Some(file), _) => {
            let proposal = stored.propose(document::read(file)?.schema);
            (proposal.differences, proposal.adoptions)
        }
        (None, [version]) => {
            let before = runner.schema_of_version(&stored, *version).await?;
            (difference(&before, &stored.schema), Vec::new())
        }
        (None, [from, to]) => {
            let before = runner.schema_of_version(&stored, *from).await?;
            let after = runner.schema_of_version(&stored, *to).await?;
            (difference(&before, &after), Vec::new())
        }
        (None, _) => return Err(Failure::usage("name a file, one --version or two")),
    };
    let adopted: Vec<_> = adoptions.iter().map(ToString::to_string).collect();
    let value = json!({
        "application": stored.application,
        "differences": differences,
        "adopted": adopted,
    });
    session.output.show(&value, || differences_text(&differences))?;
    Ok(if differences.is_empty() { Exit::Done } else { Exit::SomeFailed })
}

/// The differences, a paragraph for each; many definitions that came or went together are counted.
pub(super) fn differences_text(differences: &[Difference]) -> String {
    if differences.is_empty() {
        return "nothing differs".to_owned();
    }
    let alike = |a: &Difference, b: &Difference| {
        definition_of(a).is_some_and(|of| definition_of(b) == Some(of))
    };
    let mut text = String::new();
    for group in differences.chunk_by(alike) {
        if group.len() > DEFINITIONS_SHOWN {
            let _ = writeln!(text, "{}", counted_definitions(&group[0], group.len()));
            continue;
        }
        for difference in group {
            let _ = writeln!(text, "{difference}");
        }
    }
    text
}

/// Most definitions of one object that are told one by one.
const DEFINITIONS_SHOWN: usize = 40;

/// The object that a definition came to or went from.
fn definition_of(difference: &Difference) -> Option<(&str, Change)> {
    let object = difference.place.rsplit_once(ATTRIBUTE)?.0;
    (difference.what == "definition").then_some((object, difference.change))
}

const ATTRIBUTE: &str = ", attribute ";

fn counted_definitions(first: &Difference, count: usize) -> String {
    let (object, name) = first.place.rsplit_once(ATTRIBUTE).unwrap_or((&first.place, ""));
    let change = if first.change == Change::Added { "added" } else { "removed" };
    format!("{object}: {count} definitions {change}, the first is {name}")
}

pub(super) async fn check(session: &Session, subject: &str, strict: bool) -> Result<Exit, Failure> {
    let (name, schema, findings) = subject_of(session, subject).await?;
    let value = json!({ "subject": name, "findings": finding::documents(&schema, &findings) });
    session.output.show(&value, || finding::report(&name, &schema, &findings))?;
    Ok(finding::exit(&findings, strict))
}

/// What is to be checked: a file if there is one of that name, else an application.
async fn subject_of(
    session: &Session,
    subject: &str,
) -> Result<(String, SynchronizationSchema, Vec<Finding>), Failure> {
    let path = Path::new(subject);
    if subject == "-" || path.is_file() {
        let schema = with_texts(document::read(path)?.schema);
        // Which lookup tables there will be is not known.
        let findings = findings(&schema, None);
        return Ok((document::name_of(path), schema, findings));
    }
    let looks_like_file =
        path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if looks_like_file || subject.contains(['/', '\\']) {
        return Err(Failure::usage(format!("there is no file \"{subject}\"")));
    }
    let stored = session.open().await?.schema(subject).await?;
    let findings = stored.findings(&stored.schema);
    Ok((format!("\"{}\"", stored.application), stored.schema, findings))
}

pub(super) async fn versions(session: &Session, application: &str) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let stored = runner.schema(application).await?;
    let versions = runner.schema_versions(&stored).await?;
    session.output.show(&versions, || versions_text(&versions))?;
    Ok(Exit::Done)
}

fn versions_text(versions: &[SchemaVersion]) -> String {
    let mut table = Table::with_headings(["VERSION", "WHEN", "WHO", "HOW", "CHANGES", "WHY"]);
    for version in versions {
        let time = version.time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%SZ");
        table.row([
            version.version.to_string(),
            time.to_string(),
            version.actor.clone(),
            version.cause.as_stored().to_owned(),
            version.changes.to_string(),
            version.reason.clone().unwrap_or_default(),
        ]);
    }
    table.text(0)
}

/// `3 differences`.
pub(super) fn counted_differences(differences: &[Difference]) -> String {
    counted(differences.len(), "difference")
}
