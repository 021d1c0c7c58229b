//! What the tests start from: an organisation, a target, and a job between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use directory::{Import, ImportOptions, SetOptions};
use engine::scope::ScopeSetting;
use jiff::Timestamp;
use runner::Runner;
use runner::connection::NewConnection;
use runner::cycle::{CycleReport, Watch};
use runner::entry::Entry;
use runner::job::{ConnectionSettings, Job, SignIn};
use runner::progress;
use runner::stop;
use serde_json::{Value, json};
use store::log::LogQuery;
use store::secret::{KEY_FILE_NAME, Secret};
use tempfile::TempDir;
use testkit::{FakeTarget, Options};

pub(crate) const APP: &str = "Contoso";
pub(crate) const ACTOR: &str = "test";

/// One organisation with one application and its target.
pub(crate) struct World {
    pub(crate) target: FakeTarget,
    pub(crate) runner: Runner,
    clock: Arc<AtomicI64>,
    folder: TempDir,
}

impl World {
    /// An organisation without anybody, in scope as `scope` says.
    pub(crate) async fn new(template: &str, scope: ScopeSetting) -> Self {
        Self::with(template, scope, Options::default()).await
    }

    pub(crate) async fn with(template: &str, scope: ScopeSetting, options: Options) -> Self {
        let target = FakeTarget::start_with(options).await;
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000_000));
        let runner = open(&folder, &clock).await;
        let world = Self { target, runner, clock, folder };
        let job = world.runner.add_application(template, APP, ACTOR).await.unwrap();
        world.runner.set_scope(&job, scope).await.unwrap();
        let settings = ConnectionSettings {
            tenant_url: world.target.base_url(),
            allow_plain_http: false,
            sign_in: SignIn::SecretToken,
        };
        let secret = Secret::from(world.target.token());
        world.runner.set_connection(&job, NewConnection { settings, secret }).await.unwrap();
        world.runner.start(&world.job().await).await.unwrap();
        world
    }

    /// The same data folder, as a process that starts again finds it.
    pub(crate) async fn reopened(self) -> Self {
        let Self { target, runner, clock, folder } = self;
        drop(runner);
        let runner = open(&folder, &clock).await;
        Self { target, runner, clock, folder }
    }

    /// What a process says that starts again after the key file was lost.
    pub(crate) async fn reopened_without_key(&self) -> (String, bool) {
        let key = self.folder.path().join(KEY_FILE_NAME);
        std::fs::remove_file(&key).unwrap();
        let error =
            Runner::open(self.folder.path(), self.runner.clock.clone()).await.err().unwrap();
        (error.to_string(), key.exists())
    }

    pub(crate) async fn job(&self) -> Job {
        self.runner.job(APP).await.unwrap()
    }

    /// Imports users, each with a name and what else is to be said.
    pub(crate) async fn users(&self, users: &[(&str, Value)]) {
        let user = |(name, extra): &(&str, Value)| {
            let mut user = json!({
                "id": *name, "userPrincipalName": format!("{name}@example.com"), "displayName": *name,
                "mail": format!("{name}@example.com"), "accountEnabled": true,
            });
            user.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            user
        };
        let value: Vec<Value> = users.iter().map(user).collect();
        self.import("users.json", &json!({"@odata.context": "…#users", "value": value})).await;
    }

    /// Imports groups with their members.
    pub(crate) async fn groups(&self, groups: &[(&str, &[&str])]) {
        let group = |(name, members): &(&str, &[&str])| {
            let member = |id: &&str| json!({"@odata.type": "#microsoft.graph.user", "id": *id});
            json!({
                "id": format!("group-{name}"), "displayName": *name, "securityEnabled": true, "mailEnabled": false,
                "groupTypes": [], "members": members.iter().map(member).collect::<Vec<_>>(),
            })
        };
        let value: Vec<Value> = groups.iter().map(group).collect();
        self.import("groups.json", &json!({"@odata.context": "…#groups", "value": value})).await;
    }

    async fn import(&self, feed: &str, export: &Value) {
        let export = graph::export::read(&export.to_string()).unwrap();
        let options = ImportOptions { allow_removals: true, ..ImportOptions::default() };
        let now = (self.runner.clock)();
        self.runner
            .directory
            .import(feed, Import::from(export), &options, ACTOR, now)
            .await
            .unwrap();
    }

    /// Does everything that is due.
    pub(crate) async fn run(&self) -> Vec<CycleReport> {
        let (_stopper, stop) = stop::pair();
        self.run_until(stop).await
    }

    pub(crate) async fn run_until(&self, stop: stop::Stop) -> Vec<CycleReport> {
        let mut reports = Vec::new();
        let lease = self.runner.lease(&self.job().await, Duration::from_secs(5)).await.unwrap();
        let (reporter, _watched) = progress::channel();
        loop {
            let watch = Watch { progress: &reporter, entries: None };
            let job = self.job().await;
            let Some(report) = self.runner.run(&lease, &job, watch, stop.clone()).await.unwrap()
            else {
                break;
            };
            let ended = report.error.is_some() || report.outcome == "stopped";
            reports.push(report);
            if ended {
                break;
            }
        }
        reports
    }

    /// Lets time pass, so that retries are due.
    pub(crate) fn wait(&self, duration: jiff::SignedDuration) {
        let micros = i64::try_from(duration.as_micros()).unwrap();
        self.clock.fetch_add(micros, Ordering::SeqCst);
    }

    /// The newest entries, as `action status code name`, oldest first.
    pub(crate) async fn log(&self) -> Vec<String> {
        let mut entries: Vec<String> = self.entries().await.iter().map(line).collect();
        entries.reverse();
        entries
    }

    pub(crate) async fn entries(&self) -> Vec<Entry> {
        self.runner.log(LogQuery { limit: 1_000, ..LogQuery::default() }).await.unwrap()
    }

    /// Whether the user's account exists and is open.
    pub(crate) fn is_open(&self, name: &str) -> Option<bool> {
        let user = self.target.user(&format!("{name}@example.com"))?;
        Some(user.get("active") == Some(&json!(true)))
    }

    /// The accounts that were created more than once.
    pub(crate) fn twins(&self) -> Vec<String> {
        self.target
            .creates()
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .map(|(name, _)| name)
            .collect()
    }

    /// Asserts that nothing is left to do: a run sends no request at all.
    pub(crate) async fn assert_in_step(&self) {
        self.target.forget_requests();
        let reports = self.run().await;
        assert!(reports.is_empty(), "{reports:?}");
        assert_eq!(self.target.transcript(), "");
    }

    pub(crate) async fn disable(&self, name: &str) {
        let changes = [("accountEnabled".to_owned(), Some(json!(false)))].into();
        self.runner
            .directory
            .set(name, changes, SetOptions::default(), ACTOR, (self.runner.clock)())
            .await
            .unwrap();
    }

    pub(crate) async fn enable(&self, name: &str) {
        let changes = [("accountEnabled".to_owned(), Some(json!(true)))].into();
        self.runner
            .directory
            .set(name, changes, SetOptions::default(), ACTOR, (self.runner.clock)())
            .await
            .unwrap();
    }

    pub(crate) async fn set(&self, name: &str, attribute: &str, value: &str) {
        let changes = [(attribute.to_owned(), Some(json!(value)))].into();
        self.runner
            .directory
            .set(name, changes, SetOptions::default(), ACTOR, (self.runner.clock)())
            .await
            .unwrap();
    }
}

async fn open(folder: &TempDir, clock: &Arc<AtomicI64>) -> Runner {
    let clock = clock.clone();
    // Every look at the clock moves it a little, so that no two instants are the same.
    let now = move || Timestamp::from_microsecond(clock.fetch_add(10, Ordering::SeqCst)).unwrap();
    Runner::open(folder.path(), Arc::new(now)).await.unwrap()
}

fn line(entry: &Entry) -> String {
    let status = &entry.provisioning_status_info;
    let code = status
        .error_information
        .as_ref()
        .map(|error| format!(" {}", error.error_code))
        .unwrap_or_default();
    let name = entry.source_identity.display_name.clone().unwrap_or_default();
    format!("{} {}{code} {name}", entry.provisioning_action, status.status)
}
