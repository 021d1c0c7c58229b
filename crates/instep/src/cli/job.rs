//! `instep job`: starting, pausing, running and looking at provisioning jobs.

pub(crate) mod run;
pub(crate) mod text;

use clap::Subcommand;
use runner::Runner;
use runner::control::Restart;
use runner::job::Job;
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::session::Session;
use text::{status_text, statuses_text};

/// Cycles that `status` shows.
const CYCLES_SHOWN: i64 = 5;

pub(crate) const AFTER_HELP: &str = "\
Example:
  instep job start \"Genesys Cloud for Azure\"
  instep job status \"Genesys Cloud for Azure\"";

/// What can be done with a job; an application is named by its name or id.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Let the service work on the job
    #[command(after_help = "Example:\n  instep job start \"Genesys Cloud for Azure\"")]
    Start {
        /// The application
        #[arg(value_name = "APP")]
        application: String,
    },
    /// Stop working on the job, between two objects
    #[command(after_help = "Example:\n  instep job pause \"Genesys Cloud for Azure\"")]
    Pause {
        /// The application
        #[arg(value_name = "APP")]
        application: String,
    },
    /// Look at everybody again with the next cycle, and retry failures at once
    #[command(after_help = "Example:\n  instep job restart \"Genesys Cloud for Azure\" --full")]
    Restart {
        /// The application
        #[arg(value_name = "APP")]
        application: String,
        /// Also forget which account belongs to whom, and match everybody anew
        #[arg(long)]
        full: bool,
    },
    /// Show what the job is at, its accounts and its last cycles
    #[command(
        after_help = "Example:\n  instep job status \"Genesys Cloud for Azure\"\n  instep job status --json"
    )]
    Status {
        /// The application; all when none is named
        #[arg(value_name = "APP")]
        application: Option<String>,
    },
    /// Run one cycle and the follow-up it causes, here and now
    #[command(
        after_help = "Works for a paused job too. While another process works on the job, this one waits.\n\nExample:\n  instep job run \"Genesys Cloud for Azure\""
    )]
    Run {
        /// The application
        #[arg(value_name = "APP")]
        application: String,
        /// Look at everybody, not only at what has changed
        #[arg(long)]
        full: bool,
    },
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    match command {
        Command::Start { application } => {
            let job = runner.job(&application).await?;
            runner.start(&job).await?;
            say(session, &runner, &job, "started; \"instep serve\" works on it").await
        }
        Command::Pause { application } => {
            let job = runner.job(&application).await?;
            runner.pause(&job).await?;
            say(session, &runner, &job, "paused").await
        }
        Command::Restart { application, full } => {
            let job = runner.job(&application).await?;
            runner.restart(&job, if full { Restart::Full } else { Restart::Watermark }).await?;
            let done = if full {
                "restarted; the next cycle matches everybody anew"
            } else {
                "restarted; the next cycle looks at everybody"
            };
            say(session, &runner, &job, done).await
        }
        Command::Status { application } => status(session, &runner, application.as_deref()).await,
        Command::Run { application, full } => {
            let job = runner.job(&application).await?;
            run::run_now(session, &runner, &job, full).await
        }
    }
}

async fn say(session: &Session, runner: &Runner, job: &Job, done: &str) -> Result<Exit, Failure> {
    let job = runner.reread(job).await?;
    let value = json!({ "id": job.id, "application": job.application, "state": job.state });
    session.output.show(&value, || format!("job \"{}\" {done}", job.application))?;
    Ok(Exit::Done)
}

async fn status(
    session: &Session,
    runner: &Runner,
    application: Option<&str>,
) -> Result<Exit, Failure> {
    if let Some(application) = application {
        let job = runner.job(application).await?;
        let status = runner.status(&job, CYCLES_SHOWN).await?;
        session.output.show(&status, || status_text(&status))?;
        return Ok(Exit::Done);
    }
    let mut all = Vec::new();
    for job in runner.jobs().await? {
        all.push(runner.status(&job, 1).await?);
    }
    if all.is_empty() {
        session
            .output
            .remark("there are no jobs yet; \"instep app add\" adds an application with one");
    }
    session.output.show(&all, || statuses_text(&all))?;
    Ok(Exit::Done)
}
