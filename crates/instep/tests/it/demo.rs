//! The demo from end to end: two real processes, real sockets, real files, and what is left of it all
//! after deaths at any moment.

mod accounts;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use genesys::{Clock, Organisation, Record};
use insta::assert_snapshot;
use serde_json::{Value as Json, json};
use tokio::process::{Child, Command};

use self::accounts::{Application, Export};
use crate::console::{Console, Running};

const NAME: &str = "Genesys Cloud for Azure";
const KAREN: &str = "karen.lewis@brightwater.example";
const MEHDIYE: &str = "mehdiye.akcay@brightwater.example";
const REBECCA: &str = "rebecca.hunt@brightwater.example";

/// How long anything awaited may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the application may live on without its parent.
const ORPHANED_MAX: Duration = Duration::from_secs(5);

/// How long the demo may take to end when asked.
const ENDING_MAX: Duration = Duration::from_secs(5);

/// How often a test looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Deaths while everything is set up, and the longest such life.
const DEATHS_IN_SETUP: u64 = 6;
const SETUP_MS: u64 = 900;

/// Deaths while accounts are created, and how many accounts come between two of them.
const DEATHS_AT_WORK: u64 = 10;
const CREATED_BETWEEN: u64 = 26;

/// Records read at once; the demo makes some hundreds.
const RECORDS_MAX: usize = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_is_assigned_and_enabled_gets_an_account() {
    let console = Console::new();
    let report = once(&console).await;
    let cycle = &report["cycles"][0];
    assert_eq!(report["cycles"].as_array().unwrap().len(), 1, "{report:#}");
    let counts = json!({
        "create": { "success": 277 }, "update": { "success": 1 }, "other": { "skipped": 16 },
    });
    assert_eq!(cycle["counts"], counts);
    assert_eq!(cycle["requests"]["post"], 277);
    assert!(cycle["requests"]["get"].as_u64().unwrap() <= 5, "{cycle:#}");
    let attention = report["attention"].as_array().unwrap();
    let names: Vec<_> = attention.iter().map(|entry| &entry["name"]).collect();
    assert_eq!(names, ["Genesys Supervisors"]);
    check_accounts(&console).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_sends_nothing() {
    let console = Console::new();
    once(&console).await;
    let before = records(&console).await.len();
    assert_eq!(once(&console).await["cycles"], json!([]));
    assert_eq!(records(&console).await.len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn deaths_at_any_moment_change_nothing_and_nobody_is_created_twice() {
    let console = Console::new();
    for (number, moment) in moments(20_260_612).into_iter().enumerate() {
        let mut demo = spawn(&console, &["--once"]);
        moment.come(&console, &mut demo).await;
        kill(&mut demo).await;
        // Every other time the next one starts while the application may still be there.
        if number % 2 == 0 {
            let gone = || async { applications(&console.path("data")).is_empty() };
            until(ORPHANED_MAX, "the application ends with its parent", gone).await;
        }
    }
    assert_eq!(once(&console).await["ok"], true);
    check_accounts(&console).await;
    let mut created = BTreeMap::<Option<String>, usize>::new();
    for record in records(&console).await.into_iter().filter(is_creation) {
        *created.entry(record.name).or_default() += 1;
    }
    created.retain(|_, count| *count > 1);
    assert_eq!(created, BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_arrive_while_it_goes_on_until_ctrl_c() {
    let console = Console::new();
    let mut demo = spawn(&console, &[]);
    until(PATIENCE, "the demo invites", || async { said(&console).contains("Ctrl-C stops") }).await;
    let application = sign_in(&console, &remembered(&console)).await;

    command(&console, &["user", "set", KAREN, "jobTitle=Team Lead"]).await;
    command(&console, &["app", "assign", NAME, "--user", MEHDIYE, "--role", "Admin"]).await;
    command(&console, &["user", "delete", REBECCA]).await;
    let has = async |name, attribute: &str, value: Json| {
        application.user(name).await.is_some_and(|user| user[attribute] == value)
    };
    until(PATIENCE, "the title", || has(KAREN, "title", json!("Team Lead"))).await;
    until(PATIENCE, "the account", || has(MEHDIYE, "active", json!(true))).await;
    until(PATIENCE, "the end of the account", || has(REBECCA, "active", json!(false))).await;
    for shown in [
        format!("update success  user \"{KAREN}\": title"),
        format!("create success  user \"{MEHDIYE}\""),
        format!("disable success  user \"{REBECCA}\": active"),
    ] {
        until(PATIENCE, &shown, || async { said(&console).contains(&shown) }).await;
    }

    signal(&demo, "-INT").await;
    let ended = tokio::time::timeout(ENDING_MAX, demo.wait()).await.expect("it ends").unwrap();
    assert_eq!(ended.code(), Some(0));
    assert!(
        said(&console)
            .ends_with("Stopped. Everything is kept; \"instep demo\" goes on from here.\n")
    );
    assert_eq!(applications(&console.path("data")), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_missing_group_gets_its_members_once_it_exists() {
    let console = Console::new();
    let mut demo = spawn(&console, &[]);
    until(PATIENCE, "the demo invites", || async { said(&console).contains("Ctrl-C stops") }).await;
    let group = ["genesys", "group", "create", "--name", "Genesys Supervisors"];
    console.done(&[&group[..], &["--data", "data/genesys"]].concat()).await;
    command(&console, &["job", "run", NAME]).await;
    let application = sign_in(&console, &remembered(&console)).await;
    let group = "Genesys Supervisors";
    assert_eq!(application.members(group).await, Export::read().members(group));
    kill(&mut demo).await;
    assert_eq!(once(&console).await["attention"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_demo_on_the_same_folder_is_refused() {
    let console = Console::new();
    let mut demo = spawn(&console, &[]);
    until(PATIENCE, "the demo invites", || async { said(&console).contains("Ctrl-C stops") }).await;
    assert_snapshot!(console.failed(&["demo", "--data", "data", "--once"]).await, @r#"3: error: another demo runs on the data folder "data"; end that one, or choose another folder by --data"#);
    kill(&mut demo).await;
    once(&console).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_said_before_anything_is_done() {
    let console = Console::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let demo = ["demo", "--data", "data"];
    assert_snapshot!(console.failed(&[&demo[..], &["--listen", &address]].concat()).await, @"3: error: the address 127.0.0.1:[port] is in use by another process; end that one, or choose another port by --listen");
    assert_snapshot!(console.failed(&[&demo[..], &["--genesys-listen", &address]].concat()).await, @"3: error: the application cannot listen at 127.0.0.1:[port] (another process listens there); choose another address by --genesys-listen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_is_asked_to_stop_is_not_done() {
    let console = Console::new();
    let mut demo = spawn(&console, &["--once"]);
    // From then on it obeys; before, the signal would just kill it.
    until(PATIENCE, "it listens", || async { said(&console).contains("listens at") }).await;
    signal(&demo, "-TERM").await;
    let ended = tokio::time::timeout(ENDING_MAX, demo.wait()).await.expect("it ends").unwrap();
    assert_eq!(ended.code(), Some(1));
    once(&console).await;
}

/// When a demo is killed.
#[derive(Debug)]
enum Moment {
    /// So long after its start.
    Age(Duration),
    /// When the application has recorded so many creations.
    Created(u64),
}

/// Moments that spread over the whole scenario, the same for the same seed.
fn moments(seed: u64) -> Vec<Moment> {
    let mut state = seed;
    let mut below = |limit: u64| {
        // Knuth's linear congruential generator; its upper half is random enough.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 32) % limit
    };
    let mut moments = Vec::new();
    for _ in 0..DEATHS_IN_SETUP {
        moments.push(Moment::Age(Duration::from_millis(below(SETUP_MS))));
    }
    for death in 0..DEATHS_AT_WORK {
        moments.push(Moment::Created(death * CREATED_BETWEEN + below(CREATED_BETWEEN)));
    }
    moments
}

impl Moment {
    /// Waits for it, or for the end of the demo if that comes first.
    async fn come(&self, console: &Console, demo: &mut Child) {
        match self {
            Self::Age(age) => {
                let _ = tokio::time::timeout(*age, demo.wait()).await;
            }
            Self::Created(count) => {
                let organisation = organisation(console).await;
                let created = async || {
                    let records = organisation.records(0, RECORDS_MAX).await.unwrap();
                    records.iter().filter(|record| is_creation(record)).count() as u64
                };
                while created().await <= *count && demo.try_wait().unwrap().is_none() {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
            }
        }
    }
}

/// Compares the application with the export, person by person.
async fn check_accounts(console: &Console) {
    let export = Export::read();
    let expected = export.accounts();
    assert_eq!(expected.len(), 277);
    let (served, application) = serve(console).await;
    let accounts = application.accounts().await;
    for (name, account) in &expected {
        assert_eq!(accounts.get(name), Some(account), "{name}");
    }
    let strangers: Vec<_> = accounts.keys().filter(|name| !expected.contains_key(*name)).collect();
    assert_eq!(strangers, Vec::<&String>::new());
    let group = "Genesys Agents";
    assert_eq!(application.members(group).await, export.members(group));
    assert_eq!(served.end().await, Some(0));
}

/// Runs the demo to its end; its report.
async fn once(console: &Console) -> Json {
    let said = console.run(&["demo", "--data", "data", "--once", "--json"]).await;
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    serde_json::from_str(&said.out).unwrap()
}

/// Starts the demo; what it says goes into a file.
fn spawn(console: &Console, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_instep"));
    command.args(["demo", "--data", "data"]).args(arguments).current_dir(console.path(""));
    let said = File::create(console.path("said.txt")).unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
    command.kill_on_drop(true).spawn().unwrap()
}

fn said(console: &Console) -> String {
    fs::read_to_string(console.path("said.txt")).unwrap()
}

/// Runs a command on the demo's data folder.
async fn command(console: &Console, arguments: &[&str]) {
    console.done(&[arguments, &["--data", "data"]].concat()).await;
}

/// Starts the application without the demo.
async fn serve(console: &Console) -> (Running, Application) {
    let arguments = ["genesys", "--data", "data/genesys", "--listen", "127.0.0.1:0", "--json"];
    let running = console.start(&[&arguments[..], &["--rate-limit", "off"]].concat()).await;
    let line: Json = serde_json::from_str(&running.first_line).unwrap();
    let application = sign_in(console, line["apiUrl"].as_str().unwrap()).await;
    (running, application)
}

async fn sign_in(console: &Console, api_url: &str) -> Application {
    let create = ["genesys", "client", "create", "--data", "data/genesys", "--name", "Reader"];
    Application::sign_in(api_url, &console.json(&create).await).await
}

/// Where the demo's application listens.
fn remembered(console: &Console) -> String {
    let text = fs::read(console.path("data/genesys/listen.json")).unwrap();
    let remembered: Json = serde_json::from_slice(&text).unwrap();
    format!("http://{}", remembered["listen"].as_str().unwrap())
}

async fn organisation(console: &Console) -> Organisation {
    Organisation::open(&console.path("data/genesys"), Clock::system()).await.unwrap()
}

async fn records(console: &Console) -> Vec<Record> {
    organisation(console).await.records(0, RECORDS_MAX).await.unwrap()
}

fn is_creation(record: &Record) -> bool {
    (record.method.as_str(), record.resource.as_str(), record.status) == ("POST", "User", 201)
}

/// The command lines of the applications that work on `data`. Only Linux tells; elsewhere there are none.
fn applications(data: &Path) -> Vec<String> {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = folders.filter_map(|folder| {
        let here = fs::read_link(folder.path().join("cwd")).ok()?;
        let line = fs::read(folder.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        (here == data.parent()? && line.contains("--end-with-stdin")).then_some(line)
    });
    lines.collect()
}

/// Kills the demo, which may have ended by itself.
async fn kill(demo: &mut Child) {
    let _ = demo.start_kill();
    demo.wait().await.unwrap();
}

async fn signal(child: &Child, signal: &str) {
    let id = child.id().unwrap().to_string();
    let sent = Command::new("kill").args([signal, &id]).status().await.unwrap();
    assert!(sent.success());
}

/// Waits until something is so.
async fn until<F: Future<Output = bool>>(patience: Duration, what: &str, is_so: impl Fn() -> F) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(patience, waiting).await.unwrap_or_else(|_| panic!("waited for: {what}"));
}
