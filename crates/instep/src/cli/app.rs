//! `instep app`: applications, how they are connected, and who is assigned to them.

mod connect;
mod groups;
mod pace;
mod tables;
mod view;

use clap::{Args, Subcommand};
use directory::{API_FEED, Edit, ObjectKind};
use engine::scope::ScopeSetting;
use runner::Runner;
use serde_json::json;

use crate::cli::job::text::scope_word;
use crate::cli::object::title;
use crate::cli::values::Principal;
use crate::failure::{Exit, Failure};
use crate::session::{ACTOR, Session, now};

pub(crate) const AFTER_HELP: &str = "\
Example:
  instep app add --template scim --name CRM
  instep app assign CRM --group Sales --role employee";

/// What can be done with applications; one is named by its name or id.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the applications
    #[command(after_help = "Example:\n  instep app list --json")]
    List,
    /// Show an application: connection, roles, mappings
    #[command(after_help = "Example:\n  instep app show CRM")]
    Show(Application),
    /// List the templates of the gallery
    #[command(after_help = "Example:\n  instep app templates")]
    Templates,
    /// Add an application from the gallery; an imported one of that name gets the job
    #[command(after_help = "Example:\n  instep app add --template scim --name CRM")]
    Add {
        /// The template; "instep app templates" lists them
        #[arg(long, value_name = "ID")]
        template: String,
        /// The application's name
        #[arg(long)]
        name: String,
    },
    /// Set where the application is and how to sign in there
    #[command(after_help = connect::AFTER_HELP)]
    Credentials(connect::Arguments),
    /// Test the connection
    #[command(after_help = "Example:\n  instep app test CRM")]
    Test(Application),
    /// Assign a user or a group to the application
    #[command(
        after_help = "Example:\n  instep app assign CRM --user ada@example.com --role Supervisor"
    )]
    Assign(Assignment),
    /// Take an assignment back
    #[command(after_help = "Example:\n  instep app unassign CRM --group Sales --role employee")]
    Unassign(Assignment),
    /// Set who is provisioned
    #[command(
        after_help = "Example:\n  instep app scope CRM --assigned\n  instep app scope CRM --keep-leavers on"
    )]
    Scope(Scope),
    /// Map a target attribute from an expression
    #[command(
        after_help = "Example:\n  instep app map CRM --target title --expression \"[jobTitle]\""
    )]
    Map {
        /// The application
        #[arg(value_name = "APP")]
        application: String,
        /// The attribute of groups, not of users
        #[arg(long)]
        groups: bool,
        /// The target attribute
        #[arg(long, value_name = "ATTRIBUTE")]
        target: String,
        /// The expression that gives its value
        #[arg(long)]
        expression: String,
    },
    /// Set how fast the application may be driven
    #[command(
        after_help = "Example:\n  instep app set CRM --requests-per-minute 300 --concurrency 4"
    )]
    Set(pace::Arguments),
    /// Set what groups within groups count for
    #[command(after_help = groups::AFTER_HELP)]
    Groups(groups::Arguments),
    /// Named tables that expressions look values up in
    #[command(subcommand, after_help = tables::AFTER_HELP)]
    Table(tables::Command),
}

/// An application.
#[derive(Debug, Args)]
pub(crate) struct Application {
    /// The application
    #[arg(value_name = "APP")]
    application: String,
}

/// Who is assigned, and as what.
#[derive(Debug, Args)]
pub(crate) struct Assignment {
    /// The application
    #[arg(value_name = "APP")]
    application: String,
    #[command(flatten)]
    principal: Principal,
    /// The role, by its value, display name or id [default: the default access]
    #[arg(long)]
    role: Option<String>,
}

/// Who is in scope.
#[derive(Debug, Args)]
pub(crate) struct Scope {
    /// The application
    #[arg(value_name = "APP")]
    application: String,
    /// All users and groups
    #[arg(long, required_unless_present_any = ["assigned", "keep_leavers"], conflicts_with = "assigned")]
    all: bool,
    /// Only assigned users and groups
    #[arg(long)]
    assigned: bool,
    /// Whether accounts of those who leave the scope stay as they are (`SkipOutOfScopeDeletions`) [default: off]
    #[arg(long, value_name = "ON|OFF", hide_possible_values = true)]
    keep_leavers: Option<groups::Switch>,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<Exit, Failure> {
    match command {
        Command::List => view::list(session).await,
        Command::Show(Application { application }) => view::show(session, &application).await,
        Command::Templates => view::templates(session),
        Command::Add { template, name } => add(session, &template, &name).await,
        Command::Credentials(arguments) => connect::set(session, arguments).await,
        Command::Test(Application { application }) => connect::test(session, &application).await,
        Command::Assign(assignment) => assign(session, &assignment).await,
        Command::Unassign(assignment) => unassign(session, &assignment).await,
        Command::Scope(scope) => set_scope(session, &scope).await,
        Command::Map { application, groups, target, expression } => {
            let kind = if groups { ObjectKind::Group } else { ObjectKind::User };
            map(session, &application, kind, (target, expression)).await
        }
        Command::Set(arguments) => pace::set(session, &arguments).await,
        Command::Groups(arguments) => groups::set(session, &arguments).await,
        Command::Table(command) => tables::run(command, session).await,
    }
}

async fn add(session: &Session, template: &str, name: &str) -> Result<Exit, Failure> {
    let runner = session.open_or_make().await?;
    let job = runner.add_application(template, name, ACTOR).await?;
    let value = json!({
        "id": job.application_id,
        "displayName": job.application,
        "templateId": job.template_id,
        "jobId": job.id,
    });
    session.output.show(&value, || {
        format!(
            "application \"{name}\" added, its job is paused; next: instep app credentials {name:?} …",
            name = job.application
        )
    })?;
    remark_on_namesakes(session, &runner, &job.application_id).await?;
    Ok(Exit::Done)
}

/// Imported assignments count for the application of the same name alone, which is easily missed.
async fn remark_on_namesakes(
    session: &Session,
    runner: &Runner,
    added: &str,
) -> Result<(), Failure> {
    let jobs = runner.jobs().await?;
    let applications = runner.directory.applications().await?;
    let has_job = |id: &str| jobs.iter().any(|job| job.application_id == id);
    if applications
        .iter()
        .any(|application| application.id == added && application.feed != API_FEED)
    {
        return Ok(());
    }
    for other in applications.iter().filter(|other| !has_job(&other.id)) {
        session.output.remark(&format!(
            "the imported application \"{}\" is another one; to provision whom it is assigned to, add it by that name",
            other.display_name
        ));
    }
    Ok(())
}

async fn assign(session: &Session, assignment: &Assignment) -> Result<Exit, Failure> {
    let directory = session.open().await?.directory;
    let application = directory.application(&assignment.application).await?;
    let principal = assignment.principal.find(&directory).await?;
    let role = assignment.role.as_deref();
    let edit = directory.assign(&application.id, &principal.id, role, ACTOR, now()).await?;
    let said = if edit.changed { "is now assigned to" } else { "was assigned already to" };
    told(session, &application.display_name, &edit, said)
}

async fn unassign(session: &Session, assignment: &Assignment) -> Result<Exit, Failure> {
    let directory = session.open().await?.directory;
    let application = directory.application(&assignment.application).await?;
    let principal = assignment.principal.find(&directory).await?;
    let role = assignment.role.as_deref();
    let edit = directory.unassign(&application.id, &principal.id, role, ACTOR, now()).await?;
    let said = if edit.changed { "is no longer assigned to" } else { "was not assigned to" };
    told(session, &application.display_name, &edit, said)
}

fn told(session: &Session, application: &str, edit: &Edit, said: &str) -> Result<Exit, Failure> {
    let value = json!({
        "application": application,
        "principal": { "id": edit.object.id, "displayName": edit.object.display_name },
        "changed": edit.changed,
    });
    session.output.show(&value, || format!("{} {said} \"{application}\"", title(&edit.object)))?;
    Ok(Exit::Done)
}

async fn set_scope(session: &Session, scope: &Scope) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let job = runner.job(&scope.application).await?;
    if scope.all || scope.assigned {
        let setting = if scope.all { ScopeSetting::All } else { ScopeSetting::Assigned };
        runner.set_scope(&job, setting).await?;
    }
    if let Some(switch) = scope.keep_leavers {
        let keep = switch == groups::Switch::On;
        runner.set_skip_out_of_scope_deletions(&job, keep).await?;
    }
    let job = runner.reread(&job).await?;
    let keeps = job.settings.skip_out_of_scope_deletions;
    let value = json!({
        "application": job.application,
        "scope": job.scope,
        "skipOutOfScopeDeletions": keeps,
    });
    session.output.show(&value, || {
        let leavers = if keeps { ", and leaves the accounts of leavers as they are" } else { "" };
        format!(
            "\"{}\" provisions {}{leavers}; the next cycle looks at everybody",
            job.application,
            scope_word(job.scope)
        )
    })?;
    Ok(Exit::Done)
}

async fn map(
    session: &Session,
    application: &str,
    kind: ObjectKind,
    mapping: (String, String),
) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let job = runner.job(application).await?;
    runner.set_mappings(&job, kind, std::slice::from_ref(&mapping), ACTOR).await?;
    let (target, expression) = mapping;
    let value =
        json!({ "application": job.application, "target": target, "expression": expression });
    session.output.show(&value, || {
        format!(
            "\"{}\" maps {target} from {expression}; the next cycle looks at everybody",
            job.application
        )
    })?;
    Ok(Exit::Done)
}
