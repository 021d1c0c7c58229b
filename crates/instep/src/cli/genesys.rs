//! `instep genesys`: the Genesys-Cloud-compatible organisation, served and administered.

mod administration;
mod catalogue;
mod client;
mod record;
mod setting;
mod user;

use std::io::Read as _;
use std::net::SocketAddr;

use clap::Args;
use genesys::{Clock, Listen, Options, ServeError};
use serde_json::json;
use store::secret::Secret;
use tokio::sync::oneshot;

use crate::cli::serve::listen;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::signal;

pub(crate) const AFTER_HELP: &str = "\
The organisation keeps its own file in the data folder. Its tenant URL is {API URL}/api/v2/scim/v2; \
a token comes from {API URL}/oauth/token by client credentials. Its administration also works over HTTP, \
as at the vendor, for clients with the role Admin.

Example:
  instep genesys client create --data genesys-data --name Instep
  instep genesys group create --data genesys-data --name Sales
  instep genesys --data genesys-data --listen 127.0.0.1:8081 --set rate-limit=off
  instep genesys settings";

/// Without a subcommand the organisation is served.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    serving: Serving,
    #[command(subcommand)]
    command: Option<administration::Command>,
}

/// How it is served.
#[derive(Debug, Args)]
struct Serving {
    /// Where clients connect; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// Requests a minute that each client may send, or "off" [default: 300]
    #[arg(long, value_name = "N", value_parser = rate_limit)]
    rate_limit: Option<RateLimit>,
    #[command(flatten)]
    settings: setting::Given,
    /// An OAuth client that is to exist, for automation
    #[arg(long, value_name = "ID:SECRET", env = "INSTEP_GENESYS_CLIENT", hide_env_values = true, value_parser = client)]
    ensure_client: Option<EnsuredClient>,
    /// A role of that client, instead of "SCIM Integration"; may be repeated
    #[arg(long, value_name = "NAME", requires = "ensure_client")]
    ensure_client_role: Vec<String>,
    /// End when standard input closes, and so with the process that started this one
    #[arg(long)]
    end_with_stdin: bool,
}

/// Requests a minute; none: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RateLimit(Option<u32>);

/// An OAuth client by id and secret.
#[derive(Debug, Clone)]
struct EnsuredClient {
    id: String,
    secret: Secret,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Exit, Failure> {
    match arguments.command {
        Some(command) => administration::run(command, session).await,
        None => serve(arguments.serving, session).await,
    }
}

async fn serve(serving: Serving, session: &Session) -> Result<Exit, Failure> {
    let mut settings = serving.settings.read()?;
    if let Some(RateLimit(limit)) = serving.rate_limit {
        settings.rate_limit = limit;
    }
    let (listener, address) = listen(serving.listen).await?;
    let options = Options {
        data: session.data.clone(),
        listen: Listen::Socket(listener),
        settings,
        client_roles: serving.ensure_client_role,
        client: serving.ensure_client.map(|client| (client.id, client.secret)),
        clock: Clock::system(),
    };
    // The data file has to be good before anybody is told where to connect.
    administration::open(session).await?;
    let parent_gone = parent_gone(serving.end_with_stdin);
    let shutdown = async {
        tokio::select! {
            () = signal::end_asked() => {}
            () = parent_gone => {}
        }
    };
    let api_url = format!("http://{address}");
    session.output.line(&json!({ "apiUrl": api_url }), || {
        format!("the organisation is at {api_url} (SCIM: {api_url}/api/v2/scim/v2); Ctrl-C ends it")
    })?;
    genesys::serve(options, shutdown).await?;
    Ok(Exit::Done)
}

/// Waits until standard input closes, which it does however the parent ends; forever if not asked to.
pub(crate) async fn parent_gone(asked: bool) {
    if !asked {
        return std::future::pending().await;
    }
    let (gone, wait) = oneshot::channel();
    // A thread of its own: a read of standard input cannot be called off.
    std::thread::spawn(move || {
        let mut rest = [0; 256];
        let mut input = std::io::stdin().lock();
        while input.read(&mut rest).is_ok_and(|count| count > 0) {}
        let _ = gone.send(());
    });
    // An error means that the thread is gone, and then the input is as good as closed.
    let _ = wait.await;
}

fn rate_limit(text: &str) -> Result<RateLimit, String> {
    match text {
        "off" => Ok(RateLimit(None)),
        number => number
            .parse()
            .ok()
            .filter(|number| *number > 0)
            .map(|number| RateLimit(Some(number)))
            .ok_or_else(|| "give a number above 0, or \"off\"".to_owned()),
    }
}

fn client(text: &str) -> Result<EnsuredClient, String> {
    // The complaint must not repeat the text, which is a secret.
    let (id, secret) = text.split_once(':').ok_or("write it as ID:SECRET")?;
    Ok(EnsuredClient { id: id.to_owned(), secret: Secret::new(secret) })
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Store(error) => error.into(),
            ServeError::Client(error) => error.into(),
            error => Self::storage(error.to_string()),
        }
    }
}
