//! The application's half of the demo: a Genesys-Cloud-compatible organisation in a process, a port and
//! a file of its own. It ends when its standard input closes, which happens however its parent ends.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use genesys::{AdministrationError, Clock, Organisation, TOKEN_SECONDS_MAX, TermKind};
use serde::{Deserialize, Serialize};
use store::secret::Secret;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::failure::Failure;

/// The group that exists beforehand, as the tutorial wants it. The second one is missing on purpose.
const GROUP: &str = "Genesys Agents";

/// The roles and divisions that the organisation uses.
const ROLES: [&str; 3] = ["employee", "Supervisor", "Admin"];
const DIVISIONS: [&str; 3] = ["Home", "EMEA", "Americas"];

/// How long the process may take to listen.
const START_PATIENCE: Duration = Duration::from_secs(20);

/// How long an earlier process may take to let go of its port.
const PORT_PATIENCE: Duration = Duration::from_secs(2);

/// How often such a port is looked at.
const PORT_LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The running application.
#[derive(Debug)]
pub(super) struct Application {
    /// Its API URL.
    pub api_url: String,
    _child: Child,
}

/// What the process prints once it listens.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listening {
    api_url: String,
}

/// Where the application listened last, so that the tenant URL stays.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Remembered {
    listen: SocketAddr,
}

/// Prepares the organisation as its administrator would: roles, divisions, the one group, and an OAuth
/// client for the tutorial's token. The client's id and secret.
pub(super) async fn prepare(folder: &Path) -> Result<(String, Secret), Failure> {
    let organisation = Organisation::open(folder, Clock::system()).await?;
    for role in ROLES {
        organisation.ensure(TermKind::Role, role).await?;
    }
    for division in DIVISIONS {
        organisation.ensure(TermKind::Division, division).await?;
    }
    match organisation.create_group(GROUP).await {
        Ok(_) | Err(AdministrationError::Exists { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let client = organisation.create_client("Instep", TOKEN_SECONDS_MAX).await?;
    Ok((client.id, client.secret))
}

/// Starts the process and waits until it listens.
pub(super) async fn start(
    folder: &Path,
    wished: Option<SocketAddr>,
) -> Result<Application, Failure> {
    let memory = folder.join("listen.json");
    let remembered = std::fs::read(&memory)
        .ok()
        .and_then(|text| serde_json::from_slice::<Remembered>(&text).ok());
    let listen = match (wished, remembered) {
        (Some(wished), _) => free_again(wished).await.map_err(|error| occupied(wished, &error))?,
        // Any free port serves as well.
        (None, Some(Remembered { listen })) => {
            free_again(listen).await.unwrap_or(SocketAddr::new(listen.ip(), 0))
        }
        (None, None) => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
    };
    let application = spawn(folder, listen).await?;
    if let Some(listen) = address(&application.api_url) {
        let text = serde_json::to_vec(&Remembered { listen }).map_err(failed)?;
        std::fs::write(&memory, text).map_err(|error| super::unusable(&memory, &error))?;
    }
    Ok(application)
}

async fn spawn(folder: &Path, listen: SocketAddr) -> Result<Application, Failure> {
    let program = std::env::current_exe().map_err(failed)?;
    let mut child = Command::new(program)
        .args(["genesys", "--json", "--end-with-stdin", "--rate-limit", "off"])
        .arg("--data")
        .arg(folder)
        .args(["--listen", &listen.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        // Ctrl-C is for the parent, which ends the child when its own work is finished.
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    let output = child.stdout.take().map(BufReader::new);
    let mut lines = output
        .ok_or_else(|| Failure::storage("the application could not be started: it has no output"))?
        .lines();
    let line = tokio::time::timeout(START_PATIENCE, lines.next_line()).await;
    let line = match line {
        Ok(Ok(Some(line))) => line,
        Ok(_) => {
            return Err(Failure::storage(
                "the application could not be started: it ended before it listened; its message stands above",
            ));
        }
        Err(_) => {
            return Err(Failure::storage(
                "the application could not be started: it did not listen in time",
            ));
        }
    };
    let Listening { api_url } = serde_json::from_str(&line).map_err(failed)?;
    Ok(Application { api_url, _child: child })
}

/// Obtains the tutorial's secret token from the token endpoint.
pub(super) async fn token(api_url: &str, client: &str, secret: &Secret) -> Result<Secret, Failure> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
    }
    let request = reqwest::Client::new()
        .post(format!("{api_url}/oauth/token"))
        .basic_auth(client, Some(secret.expose()))
        .form(&[("grant_type", "client_credentials")]);
    let answer =
        request.send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
    let Answer { access_token } = answer.json().await.map_err(failed)?;
    Ok(Secret::from(access_token))
}

/// The address once an earlier process let go of it; why it cannot be used if it does not.
async fn free_again(listen: SocketAddr) -> std::io::Result<SocketAddr> {
    let patience = Instant::now() + PORT_PATIENCE;
    loop {
        match TcpListener::bind(listen) {
            Ok(_) => return Ok(listen),
            Err(error) if Instant::now() > patience => return Err(error),
            Err(_) => tokio::time::sleep(PORT_LOOK_AGAIN).await,
        }
    }
}

fn occupied(listen: SocketAddr, error: &std::io::Error) -> Failure {
    let why = match error.kind() {
        ErrorKind::AddrInUse => "another process listens there".to_owned(),
        _ => error.to_string(),
    };
    Failure::storage(format!(
        "the application cannot listen at {listen} ({why}); choose another address by --genesys-listen"
    ))
}

fn address(api_url: &str) -> Option<SocketAddr> {
    api_url.split_once("://").and_then(|(_, rest)| rest.trim_end_matches('/').parse().ok())
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::storage(format!("the application could not be started: {error}"))
}
