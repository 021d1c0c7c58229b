//! `instep import`: what files know, into the directory.
//!
//! All files are read and checked before the first is written, users before groups before
//! applications, whatever order they were named in.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use directory::{
    Import, ImportError, ImportOptions, ImportReport, REMOVAL_SHARE_MAX, Subject, read_csv,
};
use graph::export::Export;
use graph::text;
use serde_json::{Value as Json, json};

use crate::failure::{Exit, Failure};
use crate::session::{ACTOR, Session, now};
use crate::table::counted;

/// Objects of other feeds that a summary names.
const LEFT_ALONE_SHOWN: usize = 5;

pub(crate) const AFTER_HELP: &str = "\
A feed owns what it brought: it changes and removes nothing else. A file that is a whole list removes what \
it no longer holds, within --removal-share.

Example:
  instep import graph users.json groups.json genesys-app.json
  instep import csv users-download.csv";

/// The kinds of file.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Exports of Microsoft Graph: users, groups with members, applications with roles and assignments
    #[command(
        after_help = "Example:\n  instep import graph users.json groups.json genesys-app.json"
    )]
    Graph(Arguments),
    /// The user download of the Entra portal
    #[command(after_help = "Example:\n  instep import csv users-download.csv --feed users.json")]
    Csv(Arguments),
}

/// What to import, and how far it may go.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The feed that owns what the files bring [default: the file's name]
    #[arg(long, value_name = "NAME")]
    feed: Option<String>,
    /// Remove whatever a whole list no longer holds, however much that is
    #[arg(long)]
    allow_removals: bool,
    /// The share of its users or groups that a feed may remove at once
    #[arg(long, value_name = "SHARE", default_value_t = REMOVAL_SHARE_MAX, value_parser = share)]
    removal_share: f64,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<Exit, Failure> {
    let (arguments, read) = match command {
        Command::Graph(arguments) => (arguments, from_graph as Reader),
        Command::Csv(arguments) => (arguments, from_csv as Reader),
    };
    let files = read_all(&arguments, read)?;
    let directory = session.open_or_make().await?.directory;
    let options = ImportOptions {
        removal_share_max: arguments.removal_share,
        allow_removals: arguments.allow_removals,
    };
    let mut done: Vec<(String, String, ImportReport)> = Vec::new();
    for file in files {
        let imported = directory.import(&file.feed, file.records, &options, ACTOR, now()).await;
        let report = imported.map_err(|error| refused(&file.name, error, &done))?;
        done.push((file.name, file.feed, report));
    }
    let documents: Vec<Json> =
        done.iter().map(|(file, feed, report)| document(file, feed, report)).collect();
    session.output.show(&documents, || {
        done.iter().map(|(file, _, report)| report_text(file, report)).collect()
    })?;
    Ok(Exit::Done)
}

/// Makes records of a file's text; the error says line and field.
type Reader = fn(&str) -> Result<Import, String>;

/// A file that can be imported.
struct File {
    name: String,
    feed: String,
    records: Import,
}

/// Reads all files; the first that is wrong refuses all of them.
fn read_all(arguments: &Arguments, read: Reader) -> Result<Vec<File>, Failure> {
    let mut files: Vec<File> = Vec::new();
    for path in &arguments.files {
        let name = path.display().to_string();
        let records = read_file(path).and_then(|text| read(&text));
        let records = records.map_err(|why| {
            Failure::usage(format!("file \"{name}\": {why}; nothing was imported"))
        })?;
        let feed = match &arguments.feed {
            Some(feed) => feed.clone(),
            None => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        // The second would remove what the first brought.
        let same = |file: &&File| file.feed == feed && rank(&file.records) == rank(&records);
        if let Some(other) = files.iter().find(same).filter(|_| rank(&records) < APPLICATION_RANK) {
            return Err(Failure::usage(format!(
                "the files \"{}\" and \"{name}\" both hold the {} of feed \"{feed}\"; import them one by one with --feed names of their own",
                other.name,
                if rank(&records) == 0 { "users" } else { "groups" },
            )));
        }
        files.push(File { name, feed, records });
    }
    files.sort_by_key(|file| rank(&file.records));
    Ok(files)
}

/// The rank of applications, of which a feed may have many.
const APPLICATION_RANK: u8 = 2;

/// What has to be there before what refers to it.
fn rank(records: &Import) -> u8 {
    match records {
        Export::Users(_) => 0,
        Export::Groups(_) => 1,
        Export::Application(_) => APPLICATION_RANK,
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("it cannot be read ({error})");
    let size = fs::metadata(path).map_err(unreadable)?.len();
    let bytes = usize::try_from(size).unwrap_or(usize::MAX);
    if bytes > text::FILE_BYTES_MAX {
        return Err(text::TextError::TooLarge { bytes }.to_string());
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    let text = text::decode(&bytes).map_err(|error| error.to_string())?;
    Ok(text.into_owned())
}

fn from_graph(text: &str) -> Result<Import, String> {
    graph::export::read(text).map_err(|error| error.to_string())
}

fn from_csv(text: &str) -> Result<Import, String> {
    read_csv(text).map(Export::Users).map_err(|error| error.to_string())
}

/// Why a file was refused, and what became of those before it.
fn refused(file: &str, error: ImportError, done: &[(String, String, ImportReport)]) -> Failure {
    let mut failure = Failure::from(error).about(&format!("file \"{file}\""));
    if !done.is_empty() {
        let names: Vec<_> = done.iter().map(|(name, ..)| format!("\"{name}\"")).collect();
        let _ = write!(failure.sentence, "; {} stay imported", names.join(" and "));
    }
    failure
}

fn document(file: &str, feed: &str, report: &ImportReport) -> Json {
    let left_alone: Vec<Json> = report
        .left_alone
        .iter()
        .map(|left| {
            json!({
                "id": left.id,
                "displayName": left.display_name,
                "line": left.line,
                "feed": left.feed,
            })
        })
        .collect();
    json!({
        "file": file,
        "feed": feed,
        "holds": noun(report.subject),
        "complete": report.complete,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "restored": report.restored,
        "referencesAdded": report.edges_added,
        "referencesRemoved": report.edges_removed,
        "leftAlone": left_alone,
    })
}

fn report_text(file: &str, report: &ImportReport) -> String {
    let objects = [
        (report.created, "created"),
        (report.updated, "updated"),
        (report.restored, "restored"),
        (report.removed, "put into the recycle bin"),
        (report.unchanged, "unchanged"),
        (report.left_alone.len(), "left alone"),
    ];
    let mut parts: Vec<String> = objects
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, verb)| format!("{} {verb}", counted(*count, noun(report.subject))))
        .collect();
    let references = match report.subject {
        Subject::User => "manager",
        Subject::Group => "membership",
        Subject::Application => "assignment",
    };
    for (count, verb) in [(report.edges_added, "added"), (report.edges_removed, "removed")] {
        if count > 0 {
            parts.push(format!("{} {verb}", counted(count, references)));
        }
    }
    if parts.is_empty() {
        parts.push("nothing in it".to_owned());
    }
    let mut text = format!("{file}: {}\n", parts.join(", "));
    if !report.complete {
        text.push_str("  the file is one page of several, so nothing was removed\n");
    }
    for left in report.left_alone.iter().take(LEFT_ALONE_SHOWN) {
        let _ = writeln!(
            text,
            "  line {}: \"{}\" belongs to \"{}\"",
            left.line, left.display_name, left.feed
        );
    }
    let more = report.left_alone.len().saturating_sub(LEFT_ALONE_SHOWN);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more belong to other feeds");
    }
    text
}

fn noun(subject: Subject) -> &'static str {
    match subject {
        Subject::User => "user",
        Subject::Group => "group",
        Subject::Application => "application",
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share: Option<f64> = text.parse().ok();
    share
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "give a share between 0 and 1, such as 0.2".to_owned())
}
