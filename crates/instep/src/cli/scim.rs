//! `instep scim`: a plain SCIM service on this computer, for tests and for developers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use scim_server::{ResourceKind, Service};
use scim_store::{Access, Clock, ScimStore, schemas};
use serde_json::json;
use store::secret::Secret;

use crate::cli::genesys::parent_gone;
use crate::cli::serve::listen;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::signal;

pub(crate) const AFTER_HELP: &str = "\
Users, groups and whatever --schemas defines are kept in one file of the data folder. Without a token the \
service makes one at its first start and prints it once. Ctrl-C or SIGTERM end it; nothing that was \
answered is lost, however it ends.

Example:
  instep scim
  instep scim --data /var/lib/scim --listen 0.0.0.0:8082 --token-file tokens.txt
  instep scim --data scim-data --schemas device.json --no-auth --json";

/// How many bytes a file of schemas may have.
const SCHEMA_FILE_SIZE_MAX: u64 = 16 << 20;

/// How the service runs.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Where clients connect; port 0 takes a free one
    #[arg(long, value_name = "ADDR", env = "INSTEP_SCIM_LISTEN", default_value = "127.0.0.1:8082")]
    listen: SocketAddr,
    /// A token that clients may send, for each time this is given; other users of this computer can see it
    #[arg(long = "token", value_name = "TOKEN", env = "INSTEP_SCIM_TOKEN", hide_env_values = true)]
    tokens: Vec<Secret>,
    /// A file with tokens that clients may send, one a line
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Make another token in place of the one that was made at the first start
    #[arg(long, conflicts_with_all = ["tokens", "token_file", "no_auth"])]
    new_token: bool,
    /// Let everybody in; only on an address that no other computer reaches
    #[arg(long, conflicts_with_all = ["tokens", "token_file"])]
    no_auth: bool,
    /// Schemas and resource types as JSON: a file, or a folder of *.json; may be given several times
    #[arg(long, value_name = "PATH")]
    schemas: Vec<PathBuf>,
    /// Refuse members of groups that do not exist, instead of keeping them as they are named
    #[arg(long)]
    check_members: bool,
    /// The path below which everything is
    #[arg(long, value_name = "PATH", default_value = "/scim/v2", value_parser = base_path)]
    base_path: String,
    /// Resources in a page if the client does not say
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = page_size)]
    page_size: usize,
    /// The most resources in a page, whatever the client says
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = page_size)]
    page_size_max: usize,
    /// Take filters whose values have no quotes
    #[arg(long)]
    unquoted_filters: bool,
    /// End when standard input closes, and so with the process that started this one
    #[arg(long)]
    end_with_stdin: bool,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Exit, Failure> {
    if arguments.no_auth && !arguments.listen.ip().is_loopback() {
        return Err(Failure::usage(format!(
            "--no-auth would let everybody who reaches {} read and write; listen on 127.0.0.1, or give a token",
            arguments.listen
        )));
    }
    let kinds = kinds(&arguments.schemas)?;
    let given = tokens(&arguments)?;
    let (listener, address) = listen(arguments.listen).await?;
    let store = ScimStore::open(&session.data, &kinds, Clock::system()).await?;
    let store = if arguments.check_members { store.with_checked_members() } else { store };
    let (store, new_token) = if arguments.no_auth {
        (store.with_access(Access::everybody()), None)
    } else if given.is_empty() {
        store.with_own_token(arguments.new_token).await?
    } else {
        let access = given.iter().fold(Access::nobody(), Access::with_token);
        (store.with_access(access), None)
    };
    announce(address, &arguments, new_token.as_ref(), session)?;
    let parent_gone = parent_gone(arguments.end_with_stdin);
    let shutdown = async {
        tokio::select! {
            () = signal::end_asked() => {}
            () = parent_gone => {}
        }
    };
    scim_store::serve(store, service(&arguments, kinds), listener, shutdown).await;
    Ok(Exit::Done)
}

/// Says where clients connect, and tells a new token this once.
fn announce(
    address: SocketAddr,
    arguments: &Arguments,
    new_token: Option<&Secret>,
    session: &Session,
) -> Result<(), Failure> {
    let url = format!("http://{address}{}", arguments.base_path);
    let token = new_token.map(Secret::expose);
    let mut document = json!({ "url": url });
    if let Some(token) = token {
        document["token"] = token.into();
    }
    session.output.line(&document, || {
        let token = token.map(|token| format!("\nits token, shown this once: {token}"));
        format!("the SCIM service is at {url}; Ctrl-C ends it{}", token.unwrap_or_default())
    })
}

fn service(arguments: &Arguments, kinds: Vec<ResourceKind>) -> Service {
    let mut service = Service::standard(&arguments.base_path);
    service.kinds = kinds;
    if !arguments.no_auth {
        service.authentication_schemes = vec![scim_server::bearer_token()];
    }
    service.flavour.page_size_max = arguments.page_size_max;
    service.flavour.page_size_default = arguments.page_size.min(arguments.page_size_max);
    service.flavour.filter.unquoted_values = arguments.unquoted_filters;
    service
}

/// All tokens that the command line names.
fn tokens(arguments: &Arguments) -> Result<Vec<Secret>, Failure> {
    let mut tokens = arguments.tokens.clone();
    if let Some(path) = &arguments.token_file {
        let text = read(path)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        tokens.extend(lines.map(Secret::new));
        if tokens.is_empty() {
            return Err(Failure::usage(format!(
                "the file \"{}\" has no token: write one a line",
                path.display()
            )));
        }
    }
    if tokens.iter().any(|token| token.expose().trim().is_empty()) {
        return Err(Failure::usage(
            "a token is empty: give another one, or none for one that is made",
        ));
    }
    Ok(tokens)
}

/// The kinds of resources that the files define, beside users and groups.
fn kinds(paths: &[PathBuf]) -> Result<Vec<ResourceKind>, Failure> {
    let mut documents = Vec::new();
    for path in paths {
        for file in schema_files(path)? {
            documents.push((file.display().to_string(), read(&file)?));
        }
    }
    schemas::kinds(&documents).map_err(|error| Failure::usage(error.to_string()))
}

/// The file, or the `*.json` files of the folder by name.
fn schema_files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    let entries: std::io::Result<Vec<PathBuf>> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut files = entries.map_err(|error| unreadable(path, &error))?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    if files.is_empty() {
        return Err(Failure::usage(format!(
            "the folder \"{}\" has no file that ends in .json",
            path.display()
        )));
    }
    Ok(files)
}

fn read(path: &Path) -> Result<String, Failure> {
    let size = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    if size > SCHEMA_FILE_SIZE_MAX {
        return Err(Failure::usage(format!(
            "the file \"{}\" has {size} bytes, the most is {SCHEMA_FILE_SIZE_MAX}",
            path.display()
        )));
    }
    std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!(
        "\"{}\" cannot be read ({error}): check its name and who may read it",
        path.display()
    ))
}

fn base_path(text: &str) -> Result<String, String> {
    let path = text.trim_end_matches('/');
    let is_path = path.is_empty()
        || path.starts_with('/')
            && path.chars().all(|c| c.is_ascii_alphanumeric() || "/-._~".contains(c))
            && !path.contains("//");
    is_path.then(|| path.to_owned()).ok_or_else(|| {
        "write it as /scim/v2, of letters, digits, \"-\", \".\", \"_\" and \"~\"".to_owned()
    })
}

fn page_size(text: &str) -> Result<usize, String> {
    const PAGE_SIZE_MAX: usize = 10_000;
    text.parse()
        .ok()
        .filter(|size| (1..=PAGE_SIZE_MAX).contains(size))
        .ok_or_else(|| format!("give a number from 1 to {PAGE_SIZE_MAX}"))
}
