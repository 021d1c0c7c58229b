//! The demo's configuration: what an administrator would do by hand, following the tutorial.

use directory::{Import, ImportOptions, ImportReport};
use engine::object::ObjectKind;
use runner::Runner;
use runner::connection::NewConnection;
use runner::job::{ConnectionSettings, Job, Settings, SignIn};
use store::secret::Secret;

use crate::failure::Failure;

/// The application's name, as the gallery and the import have it.
pub(super) const APPLICATION: &str = "Genesys Cloud for Azure";

/// The template in the gallery.
const TEMPLATE: &str = "genesys-cloud-for-azure";

/// Who the audit says it was.
pub(super) const ACTOR: &str = "instep demo";

/// The organisation, as Microsoft Graph exported it.
const EXPORTS: [(&str, &str); 3] = [
    ("users.json", include_str!("../../demo/users.json")),
    ("groups.json", include_str!("../../demo/groups.json")),
    ("application.json", include_str!("../../demo/application.json")),
];

/// Strips blanks, brackets and hyphens, then turns an extension into a `tel:` URI (RFC 3966).
const WORK_PHONE: &str = r#"Replace(Replace([telephoneNumber], , "[()\\s-]+", , "", , ), , "^(?<number>\\+\\d+)x(?<extension>\\d+)$", , "tel:${number};ext=${extension}", , )"#;

const EXTERNAL_IDS: &str =
    "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:externalIds";

/// The mappings that this organisation adds to the template's.
fn mappings() -> Vec<(String, String)> {
    let division = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division";
    let external_id =
        |authority: &str| format!("{EXTERNAL_IDS}[authority eq \"{authority}\"].value");
    vec![
        ("phoneNumbers[type eq \"work\"].value".to_owned(), WORK_PHONE.to_owned()),
        (division.to_owned(), "[extensionAttribute1]".to_owned()),
        (external_id("microsoftteams"), "[extensionAttribute2]".to_owned()),
        (external_id("ringcentral"), "[extensionAttribute3]".to_owned()),
        (external_id("zoomphone"), "[extensionAttribute4]".to_owned()),
    ]
}

/// Imports the organisation.
pub(super) async fn import(runner: &Runner) -> Result<Vec<ImportReport>, Failure> {
    let mut reports = Vec::new();
    for (feed, text) in EXPORTS {
        let export = graph::export::read(text)?;
        let now = (runner.clock)();
        let report = runner
            .directory
            .import(feed, Import::from(export), &ImportOptions::default(), ACTOR, now)
            .await?;
        reports.push(report);
    }
    Ok(reports)
}

/// Adds the application from the gallery and maps what this organisation has.
pub(super) async fn add_application(runner: &Runner) -> Result<Job, Failure> {
    let job = match runner.job(APPLICATION).await {
        Ok(job) => job,
        Err(_) => runner.add_application(TEMPLATE, APPLICATION, ACTOR).await?,
    };
    runner.set_mappings(&job, ObjectKind::User, &mappings(), ACTOR).await?;
    // The application's own limit is lifted for the demo, and so is our pace.
    runner
        .set_settings(
            &job,
            &Settings {
                requests_per_minute: Some(0),
                concurrency: Some(16),
                // What this application wrote, it shows at once.
                read_after_write_ms: Some(0),
                ..Settings::default()
            },
        )
        .await?;
    Ok(runner.reread(&job).await?)
}

/// Sets Tenant URL and Secret Token, and tests the connection.
pub(super) async fn connect(
    runner: &Runner,
    job: &Job,
    tenant_url: &str,
    token: Secret,
) -> Result<Job, Failure> {
    let settings = ConnectionSettings {
        tenant_url: tenant_url.to_owned(),
        allow_plain_http: false,
        sign_in: SignIn::SecretToken,
    };
    runner.set_connection(job, NewConnection { settings, secret: token }).await?;
    let job = runner.reread(job).await?;
    runner.test_connection(&job).await??;
    Ok(job)
}
