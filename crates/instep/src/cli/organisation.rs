//! `instep organisation`: what the whole organisation has one of.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::session::Session;

pub(crate) const AFTER_HELP: &str = "\
Example:
  instep organisation set --default-domain brightwater.example
  instep organisation show";

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the organisation
    #[command(after_help = "Example:\n  instep organisation show --json")]
    Show,
    /// Set what the organisation has one of
    #[command(
        after_help = "Example:\n  instep organisation set --default-domain brightwater.example"
    )]
    Set(Arguments),
}

/// What to set.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What `DefaultDomain()` answers in expressions; "" takes it away
    #[arg(long, value_name = "DOMAIN", value_parser = domain)]
    default_domain: String,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<Exit, Failure> {
    let runner = session.open_or_make().await?;
    if let Command::Set(Arguments { default_domain }) = command {
        let domain = Some(default_domain.as_str()).filter(|domain| !domain.is_empty());
        runner.set_default_domain(domain).await?;
    }
    let domain = runner.default_domain().await?;
    let value = json!({ "id": runner.organisation, "defaultDomain": domain });
    session.output.show(&value, || {
        let shown = domain.as_deref().unwrap_or("none");
        format!("organisation {}\ndefault domain  {shown}", runner.organisation)
    })?;
    Ok(Exit::Done)
}

/// Reads a domain: labels of letters, digits and hyphens, joined by dots.
fn domain(text: &str) -> Result<String, String> {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    if text.is_empty() || (text.len() <= 253 && text.split('.').all(is_label)) {
        return Ok(text.to_owned());
    }
    Err("give a domain such as brightwater.example".to_owned())
}
