//! The command line: what can be said, one file for each noun.

pub(crate) mod app;
pub(crate) mod check;
pub(crate) mod explain;
pub(crate) mod expression;
pub(crate) mod filter;
pub(crate) mod finding;
pub(crate) mod genesys;
pub(crate) mod group;
pub(crate) mod import;
pub(crate) mod job;
pub(crate) mod logs;
pub(crate) mod object;
pub(crate) mod organisation;
pub(crate) mod schema;
pub(crate) mod scim;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod user;
pub(crate) mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::demo;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::session::Session;

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  done, but some objects failed, or stopped before the end
  2  wrong usage or input; nothing was done
  3  the data folder, its file or the port cannot be used
  4  the target refused, or cannot be reached
  5  what was named does not exist

Example:
  instep import graph users.json groups.json genesys-app.json
  instep app add --template genesys-cloud-for-azure \\
    --name \"Genesys Cloud for Azure\"
  instep app credentials \"Genesys Cloud for Azure\" \\
    --tenant-url https://api.example.com/api/v2/scim/v2 \\
    --secret-token-file token.txt
  instep app test \"Genesys Cloud for Azure\"
  instep job run \"Genesys Cloud for Azure\"
  instep logs \"Genesys Cloud for Azure\" --status failure";

/// Provisions accounts from an organisation's directory into its applications, by SCIM.
#[derive(Debug, Parser)]
#[command(name = "instep", version, after_help = AFTER_HELP, infer_subcommands = false)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Shared {
    /// The data folder [default: ./instep-data, demo: ./instep-demo, scim: ./instep-scim]
    #[arg(long, global = true, value_name = "DIR", env = "INSTEP_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What to log to standard error: error, warn, info, debug, trace, or `module=level,…` [default: warn; serve: info, job: error]
    #[arg(long, global = true, value_name = "FILTER", env = "INSTEP_LOG", hide_short_help = true)]
    pub(crate) log: Option<String>,
    /// How to write the log
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        hide_short_help = true
    )]
    pub(crate) log_format: LogFormat,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// The nouns.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Import users, groups and applications from files
    #[command(subcommand, after_help = import::AFTER_HELP)]
    Import(import::Command),
    /// People of the organisation
    #[command(subcommand, after_help = user::AFTER_HELP)]
    User(user::Command),
    /// Groups of the organisation
    #[command(subcommand, after_help = group::AFTER_HELP)]
    Group(group::Command),
    /// Applications, and how they are connected
    #[command(subcommand, after_help = app::AFTER_HELP)]
    App(app::Command),
    /// Attribute mappings, scoping filters and attribute lists, in and out of Microsoft Graph's form
    #[command(subcommand, after_help = schema::AFTER_HELP)]
    Schema(schema::Command),
    /// Look for mistakes in an application's whole configuration, without touching its target
    #[command(after_help = check::AFTER_HELP)]
    Check(check::Arguments),
    /// Provisioning jobs of applications
    #[command(subcommand, after_help = job::AFTER_HELP)]
    Job(job::Command),
    /// The provisioning log of an application
    #[command(after_help = logs::AFTER_HELP)]
    Logs(logs::Arguments),
    /// Why somebody has the account they have: scope, mappings, match and plan
    #[command(after_help = explain::AFTER_HELP)]
    Explain(explain::Arguments),
    /// Try, check and lay out expressions of attribute mappings
    #[command(subcommand, after_help = expression::AFTER_HELP)]
    Expression(expression::Command),
    /// Try scoping filters
    #[command(subcommand, after_help = filter::AFTER_HELP)]
    Filter(filter::Command),
    /// What the whole organisation has one of
    #[command(subcommand, after_help = organisation::AFTER_HELP)]
    Organisation(organisation::Command),
    /// Run the service: all started jobs, continuously
    #[command(after_help = serve::AFTER_HELP)]
    Serve(serve::Arguments),
    /// A Genesys-Cloud-compatible organisation to provision into
    #[command(after_help = genesys::AFTER_HELP)]
    Genesys(genesys::Arguments),
    /// A plain SCIM service, for tests and for developers
    #[command(after_help = scim::AFTER_HELP)]
    Scim(scim::Arguments),
    /// The whole scenario on this machine: 1,012 people, an application, and the provisioning between them
    #[command(after_help = demo::AFTER_HELP)]
    Demo(demo::Arguments),
}

impl Command {
    /// What is logged unless the command line says otherwise.
    pub(crate) fn log_default(&self) -> &'static str {
        match self {
            Self::Serve(_) => "info",
            // What would be a warning to an operator is part of what this command reports.
            Self::Job(_) => "error",
            _ => "warn",
        }
    }

    /// The data folder unless the command line names one.
    fn data_default(&self) -> &'static str {
        match self {
            Self::Demo(_) => "./instep-demo",
            Self::Scim(_) => "./instep-scim",
            _ => "./instep-data",
        }
    }
}

/// Runs a command.
///
/// # Errors
/// It could not be done; the failure says why and which exit code that is.
pub(crate) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { shared, command } = arguments;
    let data = shared.data.unwrap_or_else(|| command.data_default().into());
    let session = Session { data, output: Output::new(shared.json) };
    match command {
        Command::Import(command) => import::run(command, &session).await,
        Command::User(command) => user::run(command, &session).await,
        Command::Group(command) => group::run(command, &session).await,
        Command::App(command) => app::run(command, &session).await,
        Command::Check(arguments) => check::run(&arguments, &session).await,
        Command::Schema(command) => schema::run(command, &session).await,
        Command::Job(command) => job::run(command, &session).await,
        Command::Logs(arguments) => logs::run(&arguments, &session).await,
        Command::Explain(arguments) => explain::run(&arguments, &session).await,
        Command::Expression(command) => expression::run(command, &session).await,
        Command::Filter(command) => filter::run(command, &session).await,
        Command::Organisation(command) => organisation::run(command, &session).await,
        Command::Serve(arguments) => serve::run(&arguments, &session).await,
        Command::Genesys(arguments) => genesys::run(arguments, &session).await,
        Command::Scim(arguments) => scim::run(arguments, &session).await,
        Command::Demo(arguments) => demo::run(&arguments, &session).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_help_has_an_example() {
        let mut without = Vec::new();
        let root = Arguments::command();
        let mut open = vec![(root.get_name().to_owned(), root)];
        while let Some((name, command)) = open.pop() {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            if !(after.contains("Example") && after.contains(":\n  instep ")) {
                without.push(name.clone());
            }
            let inner = command.get_subcommands();
            open.extend(inner.map(|inner| (format!("{name} {}", inner.get_name()), inner.clone())));
        }
        assert_eq!(without, Vec::<String>::new());
    }
}
