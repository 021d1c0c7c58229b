//! What groups within groups count for.

use clap::{Args, ValueEnum};
use runner::settings::Nesting;
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::session::Session;

pub(crate) const AFTER_HELP: &str = "\
Nested groups on: people in a group within an assigned group are in scope, however deep, and get its role. \
Flatten on: a group has in the application all these people as its own members, and no groups.

Example:
  instep app groups CRM --nested on --flatten on
  instep app groups CRM";

/// What to set; without an option the setting is shown.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The application
    #[arg(value_name = "APP")]
    application: String,
    /// Whether assigned groups reach the people in groups within them [default: off]
    #[arg(long, value_name = "ON|OFF", hide_possible_values = true)]
    nested: Option<Switch>,
    /// Whether all people within a group are its members in the application [default: off]
    #[arg(long, value_name = "ON|OFF", hide_possible_values = true)]
    flatten: Option<Switch>,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
}

pub(super) async fn set(session: &Session, arguments: &Arguments) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let before = runner.job(&arguments.application).await?;
    let is_on = |switch: Option<Switch>| switch.map(|switch| switch == Switch::On);
    let nesting = Nesting {
        nested_groups: is_on(arguments.nested),
        flatten_members: is_on(arguments.flatten),
    };
    runner.set_nesting(&before, nesting).await?;
    let job = runner.reread(&before).await?;
    let settings = &job.settings;
    let value = json!({
        "application": job.application,
        "nestedGroups": settings.nested_groups,
        "flattenMembers": settings.flatten_members,
    });
    session.output.show(&value, || {
        let reach = if settings.nested_groups {
            "people in groups within assigned groups too"
        } else {
            "the immediate members of assigned groups"
        };
        let members = if settings.flatten_members {
            "all people within them as members"
        } else {
            "their immediate members"
        };
        let next = if job.settings == before.settings {
            ""
        } else {
            "; the next cycle looks at everybody"
        };
        format!("\"{}\" provisions {reach}; groups get {members}{next}", job.application)
    })?;
    Ok(Exit::Done)
}
