//! How fast an application may be driven.

use clap::Args;
use runner::job::Settings;
use serde_json::json;
use target::Profile;

use crate::failure::{Exit, Failure};
use crate::session::Session;

/// Most requests under way at once that can be set.
const CONCURRENCY_MAX: u32 = 64;

/// What to set.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The application
    #[arg(value_name = "APP")]
    application: String,
    /// Requests a minute at most; "off" lifts the limit, "default" is the template's
    #[arg(long, value_name = "N", value_parser = rate, required_unless_present = "concurrency")]
    requests_per_minute: Option<Limit>,
    /// Requests under way at once; "default" is the template's
    #[arg(long, value_name = "N", value_parser = width)]
    concurrency: Option<Limit>,
}

/// A limit as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// What the template says.
    Default,
    /// So many.
    Is(u32),
}

pub(super) async fn set(session: &Session, arguments: &Arguments) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let job = runner.job(&arguments.application).await?;
    let chosen = |limit: Option<Limit>, before: Option<u32>| match limit {
        None => before,
        Some(Limit::Default) => None,
        Some(Limit::Is(number)) => Some(number),
    };
    let settings = Settings {
        requests_per_minute: chosen(
            arguments.requests_per_minute,
            job.settings.requests_per_minute,
        ),
        concurrency: chosen(arguments.concurrency, job.settings.concurrency),
        ..job.settings
    };
    runner.set_settings(&job, &settings).await?;
    let job = runner.reread(&job).await?;
    let value = json!({ "application": job.application, "settings": settings });
    session.output.show(&value, || {
        format!("\"{}\" takes {} from the next cycle on", job.application, pace_text(&job.profile))
    })?;
    Ok(Exit::Done)
}

/// How fast a target is driven.
pub(super) fn pace_text(profile: &Profile) -> String {
    let rate = match profile.requests_per_minute {
        None => "requests without a limit".to_owned(),
        Some(limit) => format!("{limit} requests a minute"),
    };
    format!("{rate}, {} at once", profile.concurrency)
}

/// Reads `--requests-per-minute`; 0 is how the settings lift the limit.
fn rate(text: &str) -> Result<Limit, String> {
    match text {
        "default" => Ok(Limit::Default),
        "off" => Ok(Limit::Is(0)),
        number => number
            .parse()
            .ok()
            .filter(|number| *number > 0)
            .map(Limit::Is)
            .ok_or_else(|| "give a number above 0, \"off\" or \"default\"".to_owned()),
    }
}

/// Reads `--concurrency`.
fn width(text: &str) -> Result<Limit, String> {
    match text {
        "default" => Ok(Limit::Default),
        number => number
            .parse()
            .ok()
            .filter(|number| (1..=CONCURRENCY_MAX).contains(number))
            .map(Limit::Is)
            .ok_or_else(|| format!("give a number from 1 to {CONCURRENCY_MAX}, or \"default\"")),
    }
}
