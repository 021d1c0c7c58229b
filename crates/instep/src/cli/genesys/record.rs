//! Who did what: the records of the organisation, the newest first.

use clap::Args;
use genesys::{Organisation, Record, RecordSearch};
use jiff::Timestamp;

use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::table::{Table, counted};

/// Records shown unless more are asked for.
const LIMIT_DEFAULT: usize = 50;

/// Which records.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// Only those of this OAuth client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Only those about this user, group or other object
    #[arg(long, value_name = "ID")]
    object: Option<String>,
    /// Only those about this kind, such as User, Group, Role, Division or Grant
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only the one whose answer carried this ININ-Correlation-Id
    #[arg(long, value_name = "ID")]
    correlation_id: Option<String>,
    /// Only those since this time, such as 2026-01-31T00:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Only what was refused
    #[arg(long)]
    refused: bool,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = LIMIT_DEFAULT)]
    limit: usize,
}

pub(super) async fn list(
    session: &Session,
    organisation: &Organisation,
    wanted: Wanted,
) -> Result<Exit, Failure> {
    let search = RecordSearch {
        from: wanted.since,
        resources: wanted.kind.map(|kind| vec![kind]),
        resource_id: wanted.object,
        client_id: wanted.client,
        is_done: wanted.refused.then_some(false),
        correlation_id: wanted.correlation_id,
        ..RecordSearch::default()
    };
    let page = organisation.find_records(&search, 0, wanted.limit).await?;
    session.output.show(&page.records, || text(&page.records, page.total))?;
    Ok(Exit::Done)
}

fn text(records: &[Record], total: usize) -> String {
    let mut table = Table::with_headings([
        "TIME",
        "CLIENT",
        "METHOD",
        "KIND",
        "NAME",
        "STATUS",
        "CHANGED",
        "CORRELATION ID",
    ]);
    for record in records {
        let changed = record.changes.iter().map(|change| change.property.as_str());
        let name = record.name.as_ref().or(record.resource_id.as_ref());
        table.row([
            record.time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            record.client_id.clone(),
            record.method.clone(),
            record.resource.clone(),
            name.cloned().unwrap_or_default(),
            record.status.to_string(),
            changed.collect::<Vec<_>>().join(", "),
            record.correlation_id.clone().unwrap_or_default(),
        ]);
    }
    let shown = records.len();
    let of_all = if shown < total { format!("the newest {shown} of ") } else { String::new() };
    format!("{}{of_all}{}\n", table.text(0), counted(total, "record"))
}
