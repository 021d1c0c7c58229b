//! Where an application is, how to sign in there, and whether that works.

use std::path::PathBuf;

use clap::Args;
use runner::connection::NewConnection;
use runner::job::{ConnectionSettings, SignIn};
use serde_json::json;
use store::secret::Secret;

use crate::cli::secret::Source;
use crate::failure::{Exit, Failure};
use crate::session::Session;

pub(super) const AFTER_HELP: &str = "\
A secret in the arguments can be seen by other users of this machine, and stays in the shell's history: \
a file or standard input is better. It is stored encrypted.

Example:
  instep app credentials \"Genesys Cloud for Azure\" \\
    --tenant-url https://api.example.com/api/v2/scim/v2 \\
    --secret-token-file token.txt
  instep app credentials CRM --tenant-url https://crm.example.com/scim/v2 \\
    --token-url https://crm.example.com/oauth/token \\
    --client-id instep --client-secret-stdin < secret.txt";

/// Where and how to connect.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The application
    #[arg(value_name = "APP")]
    application: String,
    /// The SCIM endpoint, as the application shows it
    #[arg(long, value_name = "URL")]
    tenant_url: String,
    /// Allow http: to other machines than this one
    #[arg(long)]
    allow_plain_http: bool,
    #[command(flatten)]
    token: TokenArguments,
    #[command(flatten)]
    client: ClientArguments,
}

/// A long-lived token.
#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "the names are those of the options")]
#[command(next_help_heading = "Sign in by a secret token")]
struct TokenArguments {
    /// The token itself; better use one of the next two
    #[arg(long, value_name = "TOKEN", group = "token", conflicts_with = "client")]
    secret_token: Option<Secret>,
    /// A file that holds the token
    #[arg(long, value_name = "FILE", group = "token", conflicts_with = "client")]
    secret_token_file: Option<PathBuf>,
    /// Read the token from standard input
    #[arg(long, group = "token", conflicts_with = "client")]
    secret_token_stdin: bool,
}

/// OAuth 2.0 client credentials.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sign in by OAuth client credentials")]
struct ClientArguments {
    /// The token endpoint
    #[arg(long, value_name = "URL", requires_all = ["client_id", "client"])]
    token_url: Option<String>,
    /// The client's id
    #[arg(long, value_name = "ID", requires = "token_url")]
    client_id: Option<String>,
    /// Scopes separated by blanks, if the endpoint wants any
    #[arg(long, requires = "token_url")]
    scope: Option<String>,
    /// The client's secret itself; better use one of the next two
    #[arg(long, value_name = "SECRET", group = "client", requires = "token_url")]
    client_secret: Option<Secret>,
    /// A file that holds the client's secret
    #[arg(long, value_name = "FILE", group = "client", requires = "token_url")]
    client_secret_file: Option<PathBuf>,
    /// Read the client's secret from standard input
    #[arg(long, group = "client", requires = "token_url")]
    client_secret_stdin: bool,
}

pub(super) async fn set(session: &Session, arguments: Arguments) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let job = runner.job(&arguments.application).await?;
    let (sign_in, source) = sign_in(arguments.token, arguments.client)?;
    let settings = ConnectionSettings {
        tenant_url: arguments.tenant_url,
        allow_plain_http: arguments.allow_plain_http,
        sign_in,
    };
    let value = json!({ "application": job.application, "connection": settings });
    runner.set_connection(&job, NewConnection { settings, secret: source.read()? }).await?;
    session.output.show(&value, || {
        format!(
            "the credentials of \"{name}\" are stored, the secret encrypted; next: instep app test {name:?}",
            name = job.application
        )
    })?;
    Ok(Exit::Done)
}

/// How to sign in, and where the secret for it comes from.
fn sign_in(token: TokenArguments, client: ClientArguments) -> Result<(SignIn, Source), Failure> {
    if let (Some(token_url), Some(client_id)) = (client.token_url, client.client_id) {
        let source = Source {
            name: "client secret",
            text: client.client_secret,
            file: client.client_secret_file,
            stdin: client.client_secret_stdin,
        };
        let scope = client.scope;
        return Ok((SignIn::ClientCredentials { token_url, client_id, scope }, source));
    }
    let source = Source {
        name: "secret token",
        text: token.secret_token,
        file: token.secret_token_file,
        stdin: token.secret_token_stdin,
    };
    if source.text.is_none() && source.file.is_none() && !source.stdin {
        return Err(Failure::usage(
            "no way to sign in was given; use --secret-token-file, or --token-url with --client-id and --client-secret-file",
        ));
    }
    Ok((SignIn::SecretToken, source))
}

pub(super) async fn test(session: &Session, application: &str) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let job = runner.job(application).await?;
    match runner.test_connection(&job).await? {
        Ok(report) => {
            let value = json!({ "ok": true, "application": job.application, "report": report });
            session.output.show(&value, || {
                let mut text = format!("\"{}\" is reached at {}\n", job.application, report.url);
                for search in &report.searches {
                    text.push_str("  found nobody, as it must: ");
                    text.push_str(search);
                    text.push('\n');
                }
                text
            })?;
            Ok(Exit::Done)
        }
        Err(problem) => {
            if session.output.is_json() {
                let value =
                    json!({ "ok": false, "application": job.application, "problem": problem });
                session.output.show(&value, String::new)?;
            }
            Err(Failure::from(problem).about(&format!("application \"{}\"", job.application)))
        }
    }
}
