//! Jobs and cycles, as a person reads them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use engine::scope::ScopeSetting;
use jiff::Timestamp;
use runner::cycle::CycleReport;
use runner::job::JobState;
use runner::progress::Counts;
use runner::status::JobStatus;
use target::RequestCounts;

use crate::table::{Table, counted};

/// Jobs in a table; nothing if there are none.
pub(super) fn statuses_text(all: &[JobStatus]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut table = Table::with_headings(["APPLICATION", "STATE", "DUE", "ACCOUNTS", "LAST CYCLE"]);
    for status in all {
        let last = status.cycles.first();
        table.row([
            status.application.clone(),
            state_word(status.state).to_owned(),
            status.due.to_string(),
            accounts_text(&status.accounts),
            last.and_then(|cycle| cycle.outcome.as_deref()).map_or("", outcome_words).to_owned(),
        ]);
    }
    table.text(0)
}

/// A job with its last cycles.
pub(super) fn status_text(status: &JobStatus) -> String {
    let mut table = Table::default();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("state", state_word(status.state).to_owned());
    row("template", status.template_id.clone());
    row("scope", scope_word(status.scope).to_owned());
    row("tenant URL", status.tenant_url.clone().unwrap_or_else(|| "not set".to_owned()));
    if let Some(quarantine) = &status.quarantine {
        row("quarantine", quarantine.reason.clone());
        row("next attempt", time_text(quarantine.next_attempt));
    }
    let next = if status.initial { "initial cycle" } else { "incremental cycle" };
    row("next", next.to_owned());
    row("due now", counted(usize::try_from(status.due).unwrap_or_default(), "object"));
    if let Some(retry) = status.next_retry {
        row("next retry", time_text(retry));
    }
    row("accounts", accounts_text(&status.accounts));
    let mut text = format!("job \"{}\"\n{}", status.application, table.text(2));
    for cycle in &status.cycles {
        let requests = serde_json::from_value::<RequestCounts>(cycle.requests.clone());
        let _ = write!(
            text,
            "\n{} cycle {}: {} in {}\n{}",
            cycle.kind,
            cycle.outcome.as_deref().map_or("under way", outcome_words),
            requests_text(&requests.unwrap_or_default()),
            duration_text(u64::try_from(cycle.milliseconds).unwrap_or_default()),
            counts_text(&cycle.counts)
        );
        if let Some(error) = &cycle.error {
            let _ = writeln!(text, "  {error}");
        }
    }
    text
}

fn accounts_text(accounts: &BTreeMap<String, BTreeMap<String, i64>>) -> String {
    let each = accounts.iter().flat_map(|(kind, by_state)| {
        by_state.iter().map(move |(state, count)| {
            let count = usize::try_from(*count).unwrap_or_default();
            counted(count, &format!("{state} {}", kind.to_lowercase()))
        })
    });
    let each: Vec<String> = each.collect();
    if each.is_empty() { "none".to_owned() } else { each.join(", ") }
}

/// The state of a job.
pub(crate) fn state_word(state: JobState) -> &'static str {
    match state {
        JobState::Paused => "paused",
        JobState::Active => "active",
        JobState::Quarantine => "quarantine",
    }
}

/// Who is in scope.
pub(crate) fn scope_word(scope: ScopeSetting) -> &'static str {
    match scope {
        ScopeSetting::Assigned => "assigned users and groups",
        ScopeSetting::All => "all users and groups",
    }
}

/// A cycle as a heading with its counts below.
pub(crate) fn cycle_text(cycle: &CycleReport) -> String {
    let mut text = format!(
        "{} cycle {}: {} in {}\n",
        cycle.kind,
        outcome_words(&cycle.outcome),
        requests_text(&cycle.requests),
        duration_text(cycle.milliseconds)
    );
    text.push_str(&counts_text(&cycle.counts));
    text
}

/// Counts by action and status, one a line.
pub(crate) fn counts_text(counts: &Counts) -> String {
    let mut table = Table::default();
    for (action, by_status) in counts {
        for (status, count) in by_status {
            table.row([action.clone(), status.clone(), count.to_string()]);
        }
    }
    table.text(2)
}

/// Requests in all and by method.
pub(crate) fn requests_text(requests: &RequestCounts) -> String {
    let methods = [
        ("GET", requests.get),
        ("POST", requests.post),
        ("PUT", requests.put),
        ("PATCH", requests.patch),
        ("DELETE", requests.delete),
    ];
    let sent: Vec<String> = methods
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(method, count)| format!("{count} {method}"))
        .collect();
    let total = usize::try_from(requests.total()).unwrap_or(usize::MAX);
    if sent.is_empty() {
        return "no requests".to_owned();
    }
    format!("{} ({})", counted(total, "request"), sent.join(", "))
}

/// A duration as a person reads it.
pub(crate) fn duration_text(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

/// A moment as a person reads it.
pub(crate) fn time_text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

fn outcome_words(outcome: &str) -> &str {
    match outcome {
        "entryLevelErrors" => "done with failures",
        "succeeded" => "done",
        "stopped" => "stopped before the end; the next run goes on",
        "restarted" => "ended by a restart",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_naturally() {
        let shown = [0, 999, 1_000, 2_350, 61_000].map(duration_text);
        assert_eq!(shown, ["0 ms", "999 ms", "1.0 s", "2.3 s", "1 min 1 s"]);
    }

    #[test]
    fn requests_are_counted_by_method() {
        let requests = RequestCounts { get: 2, post: 1, ..RequestCounts::default() };
        assert_eq!(requests_text(&requests), "3 requests (2 GET, 1 POST)");
        assert_eq!(requests_text(&RequestCounts::default()), "no requests");
    }
}
