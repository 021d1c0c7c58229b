//! `instep demo`: both halves on this machine, from a directory's export to accounts.
//!
//! Each step is one that an administrator would take, and each is taken only if it was not before: a
//! second demo on the same folder goes on where the first one stopped.

mod application;
mod report;
mod setup;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use runner::Runner;
use runner::cycle::{CycleReport, Watch};
use runner::entry::Entry;
use runner::job::{Job, JobState};
use runner::lease::Lease;
use runner::progress::{self, Reporter};
use runner::scheduler::{self, Observer};
use runner::stop::{self, Stop};
use tokio::net::TcpListener;

use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::session::Session;

/// How long another process may keep the job.
const LEASE_PATIENCE: Duration = Duration::from_mins(10);

/// The lock of the one demo on a data folder.
const LOCK: &str = "demo";

/// How often the progress bar is drawn anew.
const DRAW_EVERY: Duration = Duration::from_millis(100);

pub(crate) const AFTER_HELP: &str = "\
A second demo on the same folder goes on where the first one stopped. Ctrl-C ends it; everything is kept.

Example:
  instep demo
  instep demo --once --json
  instep demo --data /tmp/demo";

/// How the demo runs.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// End when the initial cycle and what followed from it are done
    #[arg(long)]
    once: bool,
    /// Where the provisioning service answers /livez and /readyz; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where the application listens [default: a free port, and the same one again next time]
    #[arg(long, value_name = "ADDR")]
    genesys_listen: Option<SocketAddr>,
}

/// Runs the demo.
///
/// # Errors
/// The folder or a port cannot be used, or the application does not start.
pub(crate) async fn run(arguments: &Arguments, session: &Session) -> Result<Exit, Failure> {
    if session.output.is_json() && !arguments.once {
        return Err(Failure::usage("--json prints one document at the end, so it needs --once"));
    }
    let (output, data) = (session.output, session.data.as_path());
    let (stopper, stop) = stop::pair();
    tokio::spawn(async move {
        crate::signal::end_asked().await;
        stopper.stop();
    });
    let folder = data.join("genesys");
    std::fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
    let _alone = alone(data)?;
    // A port that is taken is said at once, not after the initial cycle.
    let health = if arguments.once {
        None
    } else {
        Some(crate::cli::serve::listen(arguments.listen).await?.0)
    };
    let runner = Arc::new(session.open_or_make().await?);
    let (job, _application) = prepare(&runner, &folder, arguments, session).await?;
    let done = catch_up(&runner, &job, output, &stop).await?;
    let report = report::gather(&runner, &job, done).await?;
    let reasons = report::skip_reasons(&runner, &report).await?;
    output.show(&report, || report::page(&report, &reasons, data))?;
    if let Some(health) = health {
        if !stop.is_asked() {
            output.remark(&invitation(data));
            go_on(runner, health, output, stop).await?;
        }
        output.remark("Stopped. Everything is kept; \"instep demo\" goes on from here.");
        return Ok(Exit::Done);
    }
    Ok(if report.ok { Exit::Done } else { Exit::SomeFailed })
}

/// Makes sure that this is the only demo on the folder: a second one would move the application to
/// another port under the first one's feet.
fn alone(data: &Path) -> Result<Lease, Failure> {
    Lease::try_take(data, LOCK)?.ok_or_else(|| {
        Failure::storage(format!(
            "another demo runs on the data folder \"{}\"; end that one, or choose another folder by --data",
            data.display()
        ))
    })
}

/// Starts the application and sets everything up that is not yet.
async fn prepare(
    runner: &Arc<Runner>,
    folder: &Path,
    arguments: &Arguments,
    session: &Session,
) -> Result<(Job, application::Application), Failure> {
    let output = session.output;
    let known = runner.job(setup::APPLICATION).await.ok().filter(|job| job.connection.is_some());
    let client = match &known {
        Some(_) => None,
        None => Some(application::prepare(folder).await?),
    };
    let application = application::start(folder, arguments.genesys_listen).await?;
    output.remark(&format!(
        "The application listens at {} (its own process and data file)",
        application.api_url
    ));
    let tenant_url = format!("{}/api/v2/scim/v2", application.api_url);
    let job = match (known, client) {
        (Some(job), _) => {
            output.remark(&format!("Going on with what is in \"{}\"", session.data.display()));
            runner.move_connection(&job, &tenant_url).await?
        }
        (None, client) => {
            let reports = setup::import(runner).await?;
            let counts: Vec<_> = reports.iter().map(|report| report.created).collect();
            output.remark(&format!(
                "Imported {} users and {} groups from Microsoft Graph exports",
                counts.first().unwrap_or(&0),
                counts.get(1).unwrap_or(&0)
            ));
            let job = setup::add_application(runner).await?;
            let (id, secret) =
                client.ok_or_else(|| Failure::storage("the application has no OAuth client"))?;
            let token = application::token(&application.api_url, &id, &secret).await?;
            let job = setup::connect(runner, &job, &tenant_url, token).await?;
            output.remark(&format!(
                "Added \"{}\", Tenant URL {tenant_url}; the connection test succeeded",
                job.application
            ));
            job
        }
    };
    if job.state == JobState::Paused && job.watermark.is_none() {
        runner.start(&job).await?;
    }
    Ok((runner.reread(&job).await?, application))
}

/// What was done until nothing was due any more.
struct Done {
    cycles: Vec<CycleReport>,
    /// Whether it came so far; otherwise somebody asked to stop, or the application failed.
    is_complete: bool,
}

/// Runs the job until nothing is due: the initial cycle and what follows from it.
async fn catch_up(
    runner: &Runner,
    job: &Job,
    output: Output,
    stop: &Stop,
) -> Result<Done, Failure> {
    let mut done = Done { cycles: Vec::new(), is_complete: false };
    let mut stopped = stop.clone();
    let lease = tokio::select! {
        lease = runner.lease(job, LEASE_PATIENCE) => lease?,
        () = stopped.asked() => return Ok(done),
    };
    if !report::failures(runner, job).await?.is_empty() {
        // Whoever starts the demo again may have removed the cause.
        runner.look_again(job).await?;
    }
    let (reporter, watched) = progress::channel();
    let bar = (!output.is_json()).then(|| tokio::spawn(draw(watched)));
    let result = run_cycles(runner, &lease, job, &reporter, stop, &mut done).await;
    drop(reporter);
    if let Some(bar) = bar {
        bar.await.map_err(|error| Failure::storage(error.to_string()))?;
    }
    result.map(|()| done)
}

async fn run_cycles(
    runner: &Runner,
    lease: &Lease,
    job: &Job,
    progress: &Reporter,
    stop: &Stop,
    done: &mut Done,
) -> Result<(), Failure> {
    while !stop.is_asked() {
        let job = runner.reread(job).await?;
        let watch = Watch { progress, entries: None };
        let Some(cycle) = runner.run(lease, &job, watch, stop.clone()).await? else {
            done.is_complete = true;
            break;
        };
        let is_over = cycle.error.is_some() || cycle.outcome == "stopped";
        done.cycles.push(cycle);
        if is_over {
            break;
        }
    }
    Ok(())
}

/// Draws a live progress bar until the run ends.
async fn draw(mut watched: tokio::sync::watch::Receiver<progress::Progress>) {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{msg:>20} [{bar:40}] {pos}/{len} objects, {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    while watched.changed().await.is_ok() {
        let progress = watched.borrow_and_update().clone();
        bar.set_message(format!("{} cycle", progress.kind));
        bar.set_length(progress.total.max(progress.done));
        bar.set_position(progress.done);
        tokio::time::sleep(DRAW_EVERY).await;
    }
    bar.finish_and_clear();
}

/// Goes on with incremental work until Ctrl-C, and shows what reaches the application.
async fn go_on(
    runner: Arc<Runner>,
    health: TcpListener,
    output: Output,
    stop: Stop,
) -> Result<(), Failure> {
    let observer: Arc<dyn Observer> = Arc::new(Shown { output });
    let answering = tokio::spawn(server::serve(health, runner.clone(), stop.clone()));
    scheduler::serve(runner, observer, stop).await?;
    answering
        .await
        .map_err(|error| Failure::storage(error.to_string()))?
        .map_err(|error| Failure::storage(error.to_string()))
}

/// Shows each entry of the log as it is written.
struct Shown {
    output: Output,
}

impl Observer for Shown {
    fn reporter(&self, _job: &Job) -> Reporter {
        progress::channel().0
    }

    fn entry(&self, _job: &Job, entry: &Entry) {
        self.output.remark(&crate::cli::logs::in_one_line(entry));
    }

    fn ended(&self, _job: &Job, report: &CycleReport) {
        if let Some(error) = &report.error {
            self.output.remark(&format!("{error}; tried again by itself"));
        }
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::storage(format!(
        "\"{}\" cannot be written ({error}); choose another folder by --data",
        path.display()
    ))
}

fn invitation(data: &Path) -> String {
    let data = data.display();
    let application = setup::APPLICATION;
    format!(
        "\nNow change something from a second terminal and watch it arrive here:\n  \
         instep user set karen.lewis@brightwater.example jobTitle=\"Team Lead\" --data {data}\n  \
         instep app assign {application:?} --user mehdiye.akcay@brightwater.example --role Admin --data {data}\n  \
         instep user delete rebecca.hunt@brightwater.example --data {data}\n\
         Look closer:\n  \
         instep job status {application:?} --data {data}\n  \
         instep logs {application:?} --status skipped --data {data}\n  \
         instep genesys user list --data {data}/genesys\n\
         Ctrl-C stops; everything is kept.\n"
    )
}
