//! What the demo tells at the end of the initial cycle: one JSON document, or a page for people.

use std::collections::BTreeMap;
use std::path::Path;

use runner::Runner;
use runner::cycle::CycleReport;
use runner::entry::Entry;
use runner::job::Job;
use runner::progress::Counts;
use serde::Serialize;
use store::log::LogQuery;

use super::Done;
use crate::failure::Failure;

/// The vendor's limit, which the demo lifts.
const VENDOR_REQUESTS_PER_MINUTE: u64 = 300;

/// Entries read for the summary.
const ENTRIES_MAX: i64 = 1_000;

/// The code of a skip because the application lacks a group, which only it may create.
const GROUP_MISSING: &str = "CreateNotAllowed";

/// The whole result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoReport {
    /// Whether everything was done and succeeded, apart from the group that is missing on purpose.
    pub ok: bool,
    /// The application.
    pub application: String,
    /// The job.
    pub job_id: String,
    /// Where the application listens.
    pub tenant_url: String,
    /// The cycles that ran, oldest first.
    pub cycles: Vec<CycleReport>,
    /// What a person should look at.
    pub attention: Vec<Attention>,
    /// Milliseconds at the vendor's limit of requests.
    pub at_vendor_limit_milliseconds: u64,
}

/// One thing a person should look at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attention {
    /// `User` or `Group`.
    pub object_type: String,
    /// Its name.
    pub name: String,
    /// The code.
    pub code: String,
    /// What is wrong and what to do.
    pub reason: String,
}

/// Puts together what the cycles and the log say.
pub(super) async fn gather(runner: &Runner, job: &Job, done: Done) -> Result<DemoReport, Failure> {
    let failures = failures(runner, job).await?;
    let skipped = entries(runner, of_status(job, "skipped")).await?;
    let missing = skipped.into_iter().filter(|entry| code(entry) == GROUP_MISSING).collect();
    let missing = still_so(runner, job, missing).await?;
    let requests: u64 = done.cycles.iter().map(|cycle| cycle.requests.total()).sum();
    let connection = job.connection.as_ref();
    Ok(DemoReport {
        ok: done.is_complete && failures.is_empty(),
        application: job.application.clone(),
        job_id: job.id.clone(),
        tenant_url: connection.map(|connection| connection.tenant_url.clone()).unwrap_or_default(),
        cycles: done.cycles,
        attention: failures.iter().chain(&missing).map(Attention::from).collect(),
        at_vendor_limit_milliseconds: requests.saturating_mul(60_000) / VENDOR_REQUESTS_PER_MINUTE,
    })
}

/// What failed and was not put right since.
pub(super) async fn failures(runner: &Runner, job: &Job) -> Result<Vec<Entry>, Failure> {
    let mut failures = Vec::new();
    for status in ["failure", "warning"] {
        failures.extend(entries(runner, of_status(job, status)).await?);
    }
    still_so(runner, job, failures).await
}

/// The reasons of the skips in these cycles, with how many objects each concerns.
pub(super) async fn skip_reasons(
    runner: &Runner,
    report: &DemoReport,
) -> Result<BTreeMap<&'static str, usize>, Failure> {
    let mut reasons = BTreeMap::new();
    for cycle in &report.cycles {
        let query = LogQuery {
            job_id: report.job_id.clone(),
            cycle_id: cycle.id.clone(),
            status: "skipped".to_owned(),
            ..LogQuery::default()
        };
        for entry in entries(runner, query).await? {
            *reasons.entry(in_short(&entry)).or_default() += 1;
        }
    }
    Ok(reasons)
}

/// Those entries that are the newest of their object: nothing happened to it since.
async fn still_so(runner: &Runner, job: &Job, of: Vec<Entry>) -> Result<Vec<Entry>, Failure> {
    let mut still_so = Vec::new();
    for entry in of {
        let query = LogQuery {
            job_id: job.id.clone(),
            source_id: entry.source_identity.id.clone().unwrap_or_default(),
            limit: 1,
            ..LogQuery::default()
        };
        if runner.log(query).await?.first().is_some_and(|newest| newest.id == entry.id) {
            still_so.push(entry);
        }
    }
    Ok(still_so)
}

fn of_status(job: &Job, status: &str) -> LogQuery {
    LogQuery { job_id: job.id.clone(), status: status.to_owned(), ..LogQuery::default() }
}

async fn entries(runner: &Runner, query: LogQuery) -> Result<Vec<Entry>, Failure> {
    Ok(runner.log(LogQuery { limit: ENTRIES_MAX, ..query }).await?)
}

fn code(entry: &Entry) -> &str {
    let error = entry.provisioning_status_info.error_information.as_ref();
    error.map(|error| error.error_code.as_str()).unwrap_or_default()
}

/// A skip's reason, the same for all whom it concerns.
fn in_short(entry: &Entry) -> &'static str {
    match code(entry) {
        "NotEffectivelyEntitled" => "disabled in the directory, so no account is made",
        "UnableToResolveReferenceAttributeValue" => {
            "created without a manager, who has no account here; written as soon as there is one"
        }
        GROUP_MISSING => "group missing in the application, see below",
        "RedundantExport" => "already in step",
        _ => "other reasons, see the log",
    }
}

/// The page for people.
pub(super) fn page(
    report: &DemoReport,
    reasons: &BTreeMap<&'static str, usize>,
    data: &Path,
) -> String {
    let mut lines = Vec::new();
    if report.cycles.is_empty() && report.ok {
        lines.push(
            "\nEverything is in step already: nothing was due, no request was sent.".to_owned(),
        );
    }
    for cycle in &report.cycles {
        lines.extend(cycle_lines(cycle));
    }
    if !reasons.is_empty() {
        lines.push("\nSkipped, with reasons".to_owned());
        lines.extend(reasons.iter().map(|(reason, count)| format!("  {count:>5}  {reason}")));
    }
    if report.at_vendor_limit_milliseconds > 0 {
        lines.push(format!(
            "\nThis demo lifts the vendor's limit of {VENDOR_REQUESTS_PER_MINUTE} requests a minute; with it, the same work takes about {}.",
            seconds(report.at_vendor_limit_milliseconds)
        ));
    }
    if !report.attention.is_empty() {
        lines.push("\nNeeds your attention".to_owned());
        lines
            .extend(report.attention.iter().flat_map(|entry| attention_lines(entry, report, data)));
    }
    lines.join("\n")
}

fn cycle_lines(cycle: &CycleReport) -> Vec<String> {
    let mut lines = vec![format!(
        "\n{} cycle {}, {}",
        capitalised(&cycle.kind),
        outcome(&cycle.outcome),
        seconds(cycle.milliseconds)
    )];
    for (action, statuses) in &cycle.counts {
        for (status, count) in statuses.iter().filter(|(status, _)| *status != "skipped") {
            lines.push(format!("  {count:>5}  {}", did(action, status)));
        }
    }
    lines.push(format!("  {:>5}  skipped", total(&cycle.counts, "skipped")));
    let requests = &cycle.requests;
    lines.push(format!(
        "  {:>5}  requests sent: {} POST, {} GET, {} PATCH, {} DELETE",
        requests.total(),
        requests.post,
        requests.get,
        requests.patch,
        requests.delete
    ));
    lines.extend(cycle.error.iter().map(|error| format!("         {error}")));
    lines
}

fn attention_lines(entry: &Attention, report: &DemoReport, data: &Path) -> Vec<String> {
    let Attention { object_type, name, code, reason } = entry;
    let mut lines = vec![format!("  {} \"{name}\": {reason}", object_type.to_lowercase())];
    if code == GROUP_MISSING {
        let (data, application) = (data.display(), &report.application);
        lines.extend([
            format!("    instep genesys group create --data {data}/genesys --name {name:?}"),
            format!("    instep job run {application:?} --data {data}"),
        ]);
    }
    lines
}

impl From<&Entry> for Attention {
    fn from(entry: &Entry) -> Self {
        let error = entry.provisioning_status_info.error_information.as_ref();
        Self {
            object_type: entry.source_identity.identity_type.clone(),
            name: entry.source_identity.display_name.clone().unwrap_or_default(),
            code: code(entry).to_owned(),
            reason: error.map(|error| error.reason.clone()).unwrap_or_default(),
        }
    }
}

/// Seconds for people, minutes where there are many.
fn seconds(milliseconds: u64) -> String {
    match milliseconds {
        0..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

fn total(counts: &Counts, status: &str) -> u64 {
    counts.values().filter_map(|statuses| statuses.get(status)).sum()
}

fn did(action: &str, status: &str) -> String {
    let did = match action {
        "create" => "created",
        "update" => "updated",
        "disable" => "disabled",
        "delete" => "deleted",
        _ => "linked to accounts that agreed already",
    };
    match status {
        "success" => did.to_owned(),
        status => format!("not {did}: {status}"),
    }
}

fn outcome(outcome: &str) -> &str {
    match outcome {
        "succeeded" => "complete",
        "entryLevelErrors" => "complete, with failures",
        other => other,
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}
