//! `instep filter`: try a scoping filter on one object.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use engine::filter::{self, Examined, ScopingFilter, Verdict};
use engine::finding::Finding;
use engine::source::SourceAttributes;
use graph::schema::Filter;
use serde_json::{Value as Json, json};

use crate::failure::{Exit, Failure};
use crate::object_file;
use crate::session::{Session, now};

pub(crate) const AFTER_HELP: &str = "\
Example:
  instep filter eval --filter-file scope.json --object-file ada.json";

const EVAL_HELP: &str = "\
The filter file holds what a synchronisation schema has under \"scope\": {\"groups\": [{\"name\": …, \"clauses\": [{\"sourceOperandName\": \
\"department\", \"operatorName\": \"EQUALS\", \"targetOperand\": {\"values\": [\"Sales\"]}}]}]}. A list of groups will do, and so will one group.

Example:
  instep filter eval --filter-file scope.json --object-file ada.json
  instep filter eval --filter-file scope.json --object ada@example.com --json";

/// The lists of groups that a filter may have.
const LISTS: [&str; 3] = ["groups", "inputFilterGroups", "categoryFilterGroups"];

/// What can be done with a filter.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say whether a filter admits an object, and which clause does not
    #[command(after_help = EVAL_HELP)]
    Eval(Evaluation),
}

/// Which filter, and on whom.
#[derive(Debug, Args)]
pub(crate) struct Evaluation {
    /// The file with the filter
    #[arg(long, value_name = "FILE")]
    filter_file: PathBuf,
    /// A user or group of the directory: id, userPrincipalName or unique display name
    #[arg(
        long,
        value_name = "USER",
        required_unless_present = "object_file",
        conflicts_with = "object_file"
    )]
    object: Option<String>,
    /// A JSON file with one object: an export of Microsoft Graph, or attributes by name
    #[arg(long, value_name = "FILE")]
    object_file: Option<PathBuf>,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<Exit, Failure> {
    let Command::Eval(evaluation) = command;
    let (filter, warnings) = read(&evaluation.filter_file)?;
    let object = match (&evaluation.object_file, &evaluation.object) {
        (Some(file), _) => object_file::read(file)?.object,
        (None, Some(reference)) => {
            let runner = session.open().await?;
            let found = runner.directory.find(reference, None).await?;
            runner.source_object(None, &found.id).await?.0
        }
        (None, None) => return Err(Failure::usage("name an --object or an --object-file")),
    };
    let now = now();
    let verdict = filter::evaluate(&filter, &object, now);
    let examined = filter::examine(&filter, &object, now);
    for warning in &warnings {
        session.output.remark(&format!("warning: {warning}"));
    }
    let document = json!({
        "inScope": verdict.passes(),
        "verdict": verdict,
        "groups": examined,
        "warnings": warnings,
    });
    session.output.show(&document, || text(&verdict, &examined))?;
    Ok(Exit::Done)
}

/// Reads a filter with what is doubtful about it.
fn read(path: &Path) -> Result<(ScopingFilter, Vec<Finding>), Failure> {
    let shown = path.display();
    let json = scope(object_file::read_json(path)?);
    // A document of another kind would pass for a filter without groups, which admits everybody.
    if LISTS.iter().all(|list| json.get(list).is_none()) {
        return Err(Failure::usage(format!(
            "\"{shown}\" holds no scoping filter: it has no \"groups\""
        )));
    }
    let filter: Filter = serde_json::from_value(json)
        .map_err(|error| Failure::usage(format!("\"{shown}\" holds no scoping filter: {error}")))?;
    let (filter, findings) =
        ScopingFilter::compile(&filter, &SourceAttributes::default(), "the filter");
    if let Some(filter) = filter {
        return Ok((filter, findings));
    }
    let errors = findings.iter().filter(|finding| finding.is_error());
    let lines: Vec<String> = errors.map(ToString::to_string).collect();
    Err(Failure::usage(format!("\"{shown}\": {}", lines.join("\n"))))
}

/// What a schema has under `scope`, from the forms in which people cut it out.
fn scope(json: Json) -> Json {
    match json {
        Json::Array(groups) => json!({ "groups": groups }),
        Json::Object(mut members) => {
            if let Some(scope) = members.remove("scope").filter(Json::is_object) {
                return scope;
            }
            if members.contains_key("clauses") {
                return json!({ "groups": [members] });
            }
            if members.contains_key("sourceOperandName") {
                return json!({ "groups": [{ "clauses": [members] }] });
            }
            Json::Object(members)
        }
        other => other,
    }
}

fn text(verdict: &Verdict, examined: &[Examined]) -> String {
    let mut lines = vec![if verdict.passes() { "in scope" } else { "out of scope" }.to_owned()];
    lines.extend(verdict.sentence());
    for group in examined {
        let holds = if group.holds { "holds" } else { "does not hold" };
        lines.push(format!("  {} \"{}\" {holds}", group.list.name(), group.group));
        for clause in &group.clauses {
            let mark = if clause.holds { "yes" } else { "no " };
            let value = clause.value.as_deref().unwrap_or("no value");
            let note = clause.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
            lines.push(format!("    {mark}  {}  with {value}{note}", clause.clause));
        }
    }
    lines.join("\n")
}
