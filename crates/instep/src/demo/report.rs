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

use crate::failure::Failure;

/// The vendor's limit, which the demo lifts.
const VENDOR_REQUESTS_PER_MINUTE: u64 = 300;

/// Entries read for the summary.
const ENTRIES_MAX: i64 = 1_000;

/// The whole result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoReport {
    /// Whether everything succeeded, apart from the group that is missing on purpose.
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
pub(super) async fn gather(runner: &Runner, job: &Job, cycles: Vec<CycleReport>) -> Result<DemoReport, Failure> {
    let mut attention = Vec::new();
    for status in ["failure", "warning"] {
        attention.extend(entries(runner, job, status).await?.iter().map(Attention::from));
    }
    let missing = entries(runner, job, "skipped").await?;
    let missing = missing.iter().map(Attention::from).filter(|entry| entry.code == "CreateNotAllowed");
    let failed = !attention.is_empty() || cycles.iter().any(|cycle| cycle.error.is_some());
    attention.extend(missing);
    let requests: u64 = cycles.iter().map(|cycle| cycle.requests.total()).sum();
    Ok(DemoReport {
        ok: !failed,
        application: job.application.clone(),
        job_id: job.id.clone(),
        tenant_url: job.connection.as_ref().map(|connection| connection.tenant_url.clone()).unwrap_or_default(),
        cycles,
        attention,
        at_vendor_limit_milliseconds: requests.saturating_mul(60_000) / VENDOR_REQUESTS_PER_MINUTE,
    })
}

/// The reasons of the skips, with how many objects each concerns.
pub(super) async fn skip_reasons(runner: &Runner, job: &Job) -> Result<BTreeMap<String, usize>, Failure> {
    let mut reasons = BTreeMap::new();
    for entry in entries(runner, job, "skipped").await? {
        *reasons.entry(in_short(&entry)).or_default() += 1;
    }
    Ok(reasons)
}

async fn entries(runner: &Runner, job: &Job, status: &str) -> Result<Vec<Entry>, Failure> {
    let query = LogQuery {
        job_id: job.id.clone(),
        status: status.to_owned(),
        limit: ENTRIES_MAX,
        ..LogQuery::default()
    };
    Ok(runner.log(query).await?)
}

/// A skip's reason, the same for all whom it concerns.
fn in_short(entry: &Entry) -> String {
    let code = entry.provisioning_status_info.error_information.as_ref().map(|error| error.error_code.as_str());
    match code {
        Some("NotEffectivelyEntitled") => "disabled in the directory, so no account is made",
        Some("UnableToResolveReferenceAttributeValue") => {
            "created without a manager, who has no account here; written as soon as there is one"
        }
        Some("CreateNotAllowed") => "group missing in the application, see below",
        Some("RedundantExport") => "already in step",
        _ => "other reasons, see the log",
    }
    .to_owned()
}

/// The page for people.
pub(super) fn page(report: &DemoReport, reasons: &BTreeMap<String, usize>, data: &Path) -> String {
    let data = data.display();
    let mut lines = Vec::new();
    for cycle in &report.cycles {
        lines.push(String::new());
        let seconds = seconds(cycle.milliseconds);
        lines.push(format!("{} cycle {}, {seconds}", capitalised(&cycle.kind), outcome(&cycle.outcome)));
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
    }
    if !reasons.is_empty() {
        lines.extend([String::new(), "Skipped, with reasons".to_owned()]);
        lines.extend(reasons.iter().map(|(reason, count)| format!("  {count:>5}  {reason}")));
    }
    lines.extend([
        String::new(),
        format!(
            "This demo lifts the vendor's limit of {VENDOR_REQUESTS_PER_MINUTE} requests a minute; with it, the same work takes about {}.",
            seconds(report.at_vendor_limit_milliseconds)
        ),
    ]);
    if !report.attention.is_empty() {
        lines.extend([String::new(), "Needs your attention".to_owned()]);
        for entry in &report.attention {
            lines.push(format!("  {} \"{}\": {}", entry.object_type.to_lowercase(), entry.name, entry.reason));
            if entry.code == "CreateNotAllowed" {
                lines.push(format!("    instep genesys group create --data {data}/genesys --name {:?}", entry.name));
                lines.push(format!("    instep job run {:?} --data {data}", report.application));
            }
        }
    }
    lines.join("\n")
}

impl From<&Entry> for Attention {
    fn from(entry: &Entry) -> Self {
        let error = entry.provisioning_status_info.error_information.clone();
        let (code, reason) = error.map(|error| (error.error_code, error.reason)).unwrap_or_default();
        Self {
            object_type: entry.source_identity.identity_type.clone(),
            name: entry.source_identity.display_name.clone().unwrap_or_default(),
            code,
            reason,
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
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
