//! Applications, as they are shown.

use std::fmt::Write as _;

use engine::configuration::{Applies, Configuration, Mapping, Source};
use engine::object::ObjectKind;
use runner::RunError;
use runner::job::{Job, SignIn};
use serde_json::{Value as Json, json};
use target::gallery;

use crate::cli::app::pace::pace_text;
use crate::cli::job::text::{scope_word, state_word};
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::table::Table;

pub(super) fn templates(session: &Session) -> Result<Exit, Failure> {
    let documents: Vec<Json> = gallery::templates()
        .iter()
        .map(|template| {
            json!({
                "id": template.id,
                "displayName": template.display_name,
                "description": template.description,
            })
        })
        .collect();
    session.output.show(&documents, || {
        let mut text = String::new();
        for template in gallery::templates() {
            let _ = writeln!(text, "{}\n  {}", template.id, template.display_name);
            let _ = writeln!(text, "  {}", template.description);
        }
        text
    })?;
    Ok(Exit::Done)
}

pub(super) async fn list(session: &Session) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let jobs = runner.jobs().await?;
    let job_of = |id: &str| jobs.iter().find(|job| job.application_id == id);
    let applications = runner.directory.applications().await?;
    let documents: Vec<Json> = applications
        .iter()
        .map(|application| {
            let job = job_of(&application.id);
            json!({
                "id": application.id,
                "displayName": application.display_name,
                "feed": application.feed,
                "templateId": application.template_id,
                "jobId": job.map(|job| &job.id),
                "state": job.map(|job| job.state),
            })
        })
        .collect();
    session.output.show(&documents, || {
        let mut table = Table::with_headings(["NAME", "TEMPLATE", "JOB", "ID"]);
        for application in &applications {
            let state = job_of(&application.id).map_or("none", |job| state_word(job.state));
            table.row([
                application.display_name.clone(),
                application.template_id.clone().unwrap_or_default(),
                state.to_owned(),
                application.id.clone(),
            ]);
        }
        table.text(0)
    })?;
    Ok(Exit::Done)
}

pub(super) async fn show(session: &Session, reference: &str) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let application = runner.directory.application(reference).await?;
    let roles = runner.directory.roles(&application.id).await?;
    let job = match runner.job(&application.id).await {
        Ok(job) => Some(job),
        Err(RunError::NoJob(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let role_documents: Vec<Json> = roles
        .iter()
        .map(|role| {
            json!({
                "id": role.id,
                "value": role.value,
                "displayName": role.display_name,
                "isEnabled": role.enabled,
            })
        })
        .collect();
    let document = json!({
        "id": application.id,
        "displayName": application.display_name,
        "feed": application.feed,
        "templateId": application.template_id,
        "appRoles": role_documents,
        "job": job.as_ref().map(job_document),
    });
    session.output.show(&document, || {
        let mut table = Table::default();
        let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
        row("id", application.id.clone());
        row("feed", application.feed.clone());
        for (index, role) in roles.iter().enumerate() {
            let name = if index == 0 { "roles" } else { "" };
            row(name, format!("{} ({})", role.display_name, role.value));
        }
        match &job {
            Some(job) => job_rows(job, &mut table),
            None => table.row([
                "job".to_owned(),
                "none; \"instep app add\" with this name adds it".to_owned(),
            ]),
        }
        let mappings = job.as_ref().map(mappings_text).unwrap_or_default();
        format!("application \"{}\"\n{}{mappings}", application.display_name, table.text(2))
    })?;
    Ok(Exit::Done)
}

fn job_document(job: &Job) -> Json {
    let mappings: Vec<Json> = mappings(&job.configuration)
        .map(|(kind, mapping)| {
            json!({
                "objectType": kind.as_str(),
                "target": mapping.target.name,
                "source": source_text(mapping),
                "matchingPrecedence": mapping.matching,
                "onlyOnCreate": mapping.applies == Applies::OnCreate,
            })
        })
        .collect();
    json!({
        "id": job.id,
        "state": job.state,
        "scope": job.scope,
        "connection": job.connection,
        "requestsPerMinute": job.profile.requests_per_minute,
        "concurrency": job.profile.concurrency,
        "mappings": mappings,
    })
}

/// What the job adds to its application's table.
fn job_rows(job: &Job, table: &mut Table) {
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("template", job.template_id.clone());
    row("job", state_word(job.state).to_owned());
    row("scope", scope_word(job.scope).to_owned());
    match &job.connection {
        None => row("tenant URL", "not set".to_owned()),
        Some(connection) => {
            row("tenant URL", connection.tenant_url.clone());
            let sign_in = match &connection.sign_in {
                SignIn::SecretToken => "secret token".to_owned(),
                SignIn::ClientCredentials { token_url, client_id, .. } => {
                    format!("OAuth client \"{client_id}\" at {token_url}")
                }
            };
            row("sign-in", sign_in);
        }
    }
    row("pace", pace_text(&job.profile));
}

fn mappings_text(job: &Job) -> String {
    let mut text = String::new();
    for kind in [ObjectKind::User, ObjectKind::Group] {
        let mut table = Table::default();
        for (_, mapping) in mappings(&job.configuration).filter(|(of, _)| *of == kind) {
            let matching = match mapping.matching {
                Some(precedence) => format!("  (matching {precedence})"),
                None => String::new(),
            };
            let source = format!("← {}{matching}", source_text(mapping));
            table.row([mapping.target.name.clone(), source]);
        }
        let _ = write!(text, "{} mappings\n{}", kind.as_str().to_lowercase(), table.text(2));
    }
    text
}

fn mappings(configuration: &Configuration) -> impl Iterator<Item = (ObjectKind, &Mapping)> {
    configuration.kinds().flat_map(|kind| {
        let rule = configuration.rule(kind).into_iter();
        rule.flat_map(|rule| &rule.mappings).map(move |mapping| (kind, mapping))
    })
}

fn source_text(mapping: &Mapping) -> String {
    match &mapping.source {
        Source::DefaultOnly => format!("\"{}\"", mapping.default.as_deref().unwrap_or_default()),
        Source::Expression(expression) => expression.to_string(),
        Source::Reference(attribute) => format!("[{attribute}]"),
    }
}
