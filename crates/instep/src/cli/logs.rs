//! `instep logs`: the provisioning log, a readable block for each entry.

use std::fmt::Write as _;
use std::time::Duration;

use clap::{Args, ValueEnum};
use runner::Runner;
use runner::entry::{Entry, EntryStep, Identity};
use runner::logs::PAGE_SIZE_MAX;
use store::log::LogQuery;

use crate::cli::job::text::time_text;
use crate::cli::values;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::signal;

/// How often `--follow` looks for new entries.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Changed attributes and members that the text of an entry lists.
const CHANGES_SHOWN: usize = 24;

pub(crate) const AFTER_HELP: &str = "\
The newest entry stands at the end.

Example:
  instep logs \"Genesys Cloud for Azure\" --status failure
  instep logs \"Genesys Cloud for Azure\" --object ada@example.com --json
  instep logs \"Genesys Cloud for Azure\" --follow";

/// Which entries to show.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The application, by its name or id
    #[arg(value_name = "APP")]
    application: String,
    /// Only entries of this status
    #[arg(long, value_enum)]
    status: Option<StatusWord>,
    /// Only entries of this action
    #[arg(long, value_enum)]
    action: Option<ActionWord>,
    /// Only entries of this user or group: id, userPrincipalName or unique display name
    #[arg(long, value_name = "REF")]
    object: Option<String>,
    /// Only entries of this cycle
    #[arg(long, value_name = "ID")]
    cycle: Option<String>,
    /// How many entries at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// One line for each entry
    #[arg(long, conflicts_with = "json")]
    brief: bool,
    /// Go on and show entries as they come, until Ctrl-C
    #[arg(long)]
    follow: bool,
}

/// The statuses of entries.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum StatusWord {
    Success,
    Skipped,
    Failure,
    Warning,
}

/// The actions of entries.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ActionWord {
    Create,
    Update,
    Disable,
    Delete,
    Other,
}

pub(crate) async fn run(arguments: &Arguments, session: &Session) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let job = runner.job(&arguments.application).await?;
    let source_id = match &arguments.object {
        Some(reference) => values::any_object(&runner.directory, reference).await?,
        None => String::new(),
    };
    let query = LogQuery {
        job_id: job.id,
        status: word(arguments.status),
        action: word(arguments.action),
        source_id,
        cycle_id: arguments.cycle.clone().unwrap_or_default(),
        ..LogQuery::default()
    };
    let entries = newest(&runner, &query, arguments.limit, "").await?;
    if entries.is_empty() && !arguments.follow {
        session.output.remark("no such entries");
    }
    let mut last = show(session, &entries, arguments.brief)?.unwrap_or_default();
    if !arguments.follow {
        return Ok(Exit::Done);
    }
    let end = signal::end_asked();
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => return Ok(Exit::Done),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let entries = newest(&runner, &query, usize::MAX, &last).await?;
        last = show(session, &entries, arguments.brief)?.unwrap_or(last);
    }
}

/// The newest entries, the oldest of them first; only those after the entry `known`.
async fn newest(
    runner: &Runner,
    query: &LogQuery,
    limit: usize,
    known: &str,
) -> Result<Vec<Entry>, Failure> {
    let mut entries: Vec<Entry> = Vec::new();
    while entries.len() < limit {
        let wanted = i64::try_from(limit - entries.len()).unwrap_or(i64::MAX).min(PAGE_SIZE_MAX);
        let before = entries.last().map(|entry| entry.id.clone()).unwrap_or_default();
        let page = runner.log(LogQuery { before, limit: wanted, ..query.clone() }).await?;
        let is_last = i64::try_from(page.len()).is_ok_and(|length| length < wanted);
        // Ids are ordered by time.
        let reached = page.iter().any(|entry| entry.id.as_str() <= known);
        entries.extend(page.into_iter().take_while(|entry| entry.id.as_str() > known));
        if is_last || reached {
            break;
        }
    }
    entries.reverse();
    Ok(entries)
}

/// Prints entries; the id of the last one.
fn show(session: &Session, entries: &[Entry], brief: bool) -> Result<Option<String>, Failure> {
    for entry in entries {
        session.output.line(entry, || if brief { in_one_line(entry) } else { text(entry) })?;
    }
    Ok(entries.last().map(|entry| entry.id.clone()))
}

/// An entry in one line: when, what, whom, and why not.
pub(crate) fn in_one_line(entry: &Entry) -> String {
    let mut text = heading(entry);
    let changed: Vec<&str> =
        entry.modified_properties.iter().map(|property| property.display_name.as_str()).collect();
    if let Some(error) = &entry.provisioning_status_info.error_information {
        let _ = write!(text, ": {}", error.reason);
    } else if !changed.is_empty() {
        let _ = write!(text, ": {}", changed.join(", "));
    }
    text
}

/// An entry as a person reads it.
fn text(entry: &Entry) -> String {
    let status = &entry.provisioning_status_info;
    let mut text = heading(entry);
    if let Some(id) = &entry.target_identity.id {
        let _ = write!(text, " → {id}");
    }
    let _ = writeln!(text, "  ({} ms)", entry.duration_in_milliseconds);
    if let Some(error) = &status.error_information {
        let _ = writeln!(text, "    {}: {}", error.error_code, error.reason);
    }
    for step in entry.provisioning_steps.iter().filter(|step| tells_why(step)) {
        let _ = writeln!(text, "    {}", step.description);
    }
    for (index, property) in entry.modified_properties.iter().enumerate() {
        if index == CHANGES_SHOWN {
            let rest = entry.modified_properties.len() - CHANGES_SHOWN;
            let _ = writeln!(text, "    … and {rest} more; --json has all");
            break;
        }
        let shown =
            |value: Option<&String>| value.map_or("–".to_owned(), |text| format!("\"{text}\""));
        let _ = writeln!(
            text,
            "    {}: {} → {}",
            property.display_name,
            shown(property.old_value.as_ref()),
            shown(property.new_value.as_ref())
        );
    }
    for request in &entry.requests {
        let answer = match (&request.status, &request.error) {
            (Some(status), _) => status.to_string(),
            (None, Some(error)) => error.clone(),
            (None, None) => "no answer".to_owned(),
        };
        let _ = writeln!(
            text,
            "    {} {} → {answer} ({} ms)",
            request.method, request.path, request.duration_ms
        );
    }
    text
}

/// Whether a step says why: import and export only repeat the heading and the reason.
fn tells_why(step: &EntryStep) -> bool {
    ["scoping", "matching", "referenceResolution"].contains(&step.provisioning_step_type.as_str())
        && step.name != "EntrySynchronizationSkip"
}

fn heading(entry: &Entry) -> String {
    format!(
        "{}  {} {}  {}",
        time_text(entry.activity_date_time),
        entry.provisioning_action,
        entry.provisioning_status_info.status,
        who(&entry.source_identity)
    )
}

fn who(identity: &Identity) -> String {
    let name = identity.display_name.as_deref().or(identity.id.as_deref()).unwrap_or_default();
    format!("{} \"{name}\"", identity.identity_type.to_lowercase())
}

fn word<W: ValueEnum>(chosen: Option<W>) -> String {
    let value = chosen.and_then(|chosen| chosen.to_possible_value());
    value.map(|value| value.get_name().to_owned()).unwrap_or_default()
}
