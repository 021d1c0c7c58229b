//! `instep serve`: the service itself, all started jobs and its health over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use runner::cycle::CycleReport;
use runner::entry::Entry;
use runner::job::Job;
use runner::progress::{self, Reporter};
use runner::scheduler::{self, Observer};
use runner::stop;
use serde_json::json;
use tokio::net::TcpListener;

use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::signal;

pub(crate) const AFTER_HELP: &str = "\
Every other command works beside it, on the same data folder. Ctrl-C or SIGTERM end it between two objects.

Example:
  instep serve --data /var/lib/instep --log-format json";

/// How the service runs.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Where /livez and /readyz answer; port 0 takes a free one
    #[arg(long, value_name = "ADDR", env = "INSTEP_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

pub(crate) async fn run(arguments: &Arguments, session: &Session) -> Result<Exit, Failure> {
    let (listener, address) = listen(arguments.listen).await?;
    let runner = Arc::new(session.open_or_make().await?);
    let (stopper, stop) = stop::pair();
    let health = tokio::spawn(server::serve(listener, Arc::clone(&runner), stop.clone()));
    tokio::spawn(async move {
        signal::end_asked().await;
        stopper.stop();
    });
    let url = format!("http://{address}");
    session
        .output
        .line(&json!({ "url": url }), || format!("instep serves on {url}; Ctrl-C ends it"))?;
    scheduler::serve(runner, Arc::new(Journal), stop).await?;
    match health.await {
        Ok(Err(error)) => Err(Failure::storage(format!("the HTTP service failed: {error}"))),
        Ok(Ok(())) | Err(_) => Ok(Exit::Done),
    }
}

/// Takes the address; the one that was really taken comes back with it.
///
/// # Errors
/// It is taken already, or not ours to take.
pub(crate) async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let refused = |error: std::io::Error| Failure::storage(listen_sentence(address, &error));
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let taken = listener.local_addr().map_err(refused)?;
    Ok((listener, taken))
}

/// Why an address cannot be taken.
pub(crate) fn listen_sentence(address: SocketAddr, error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::AddrInUse => format!(
            "the address {address} is in use by another process; end that one, or choose another port by --listen"
        ),
        ErrorKind::PermissionDenied => {
            format!("this user may not listen on {address}; choose a port above 1023 by --listen")
        }
        _ => format!(
            "the address {address} cannot be used ({error}); choose another one by --listen"
        ),
    }
}

/// Tells the operators' log what the jobs do.
struct Journal;

impl Observer for Journal {
    fn reporter(&self, _job: &Job) -> Reporter {
        progress::channel().0
    }

    fn entry(&self, job: &Job, entry: &Entry) {
        let status = &entry.provisioning_status_info;
        tracing::debug!(
            application = %job.application,
            action = %entry.provisioning_action,
            status = %status.status,
            object = entry.source_identity.id.as_deref().unwrap_or_default(),
            reason = status.error_information.as_ref().map(|error| error.reason.as_str()),
            "provisioned"
        );
    }

    fn ended(&self, job: &Job, report: &CycleReport) {
        let objects: u64 = report.counts.values().flat_map(|by_status| by_status.values()).sum();
        tracing::info!(
            application = %job.application,
            cycle = %report.id,
            kind = %report.kind,
            outcome = %report.outcome,
            error = report.error.as_deref(),
            objects,
            requests = report.requests.total(),
            milliseconds = report.milliseconds,
            "cycle ended"
        );
    }
}
