//! Explaining one object: the path of a cycle up to the plan, executed by nobody.
//!
//! The target is only asked, never written to, and nothing is recorded. Without credentials, or where
//! the caller does not want it, it is not asked either, and the plan says what that leaves open.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use engine::explain::{self, Explanation, FailureExplanation, PlanExplanation};
use engine::id::SourceId;
use serde::Serialize;
use store::link;
use store::work::WorkRow;
use target::Target;

use crate::deciding::{self, Known, Loaded};
use crate::entry::RequestTrace;
use crate::error::RunError;
use crate::fault::Halt;
use crate::job::Job;
use crate::jobs::Runner;
use crate::object::Item;
use crate::reading::{self, Accounts};
use crate::run::Run;
use crate::{progress, stop};

/// Everything that is known and decided about one object in one job.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// The application.
    pub application: String,
    /// Scope, mappings, matching and plan. The plan is the one after the target was asked, if it was.
    #[serde(flatten)]
    pub explanation: Explanation,
    /// The account that is linked already.
    pub link: Option<LinkExplanation>,
    /// What the target was asked, and how it answered.
    pub requests: Vec<RequestTrace>,
    /// Why the target could not be asked although it should have been.
    pub target_problem: Option<String>,
    /// The groups of the application that the object belongs in.
    pub groups: Vec<GroupExplanation>,
}

/// The account of an object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkExplanation {
    /// Its id in the target; none while its creation is unanswered.
    pub target_id: Option<String>,
    /// Whether it was left open.
    pub open: bool,
}

/// A group that the object belongs in.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupExplanation {
    /// The group's id in the directory.
    pub id: String,
    /// Its name.
    pub display_name: String,
    /// The groups within it through which the object is a member.
    pub through: Vec<String>,
}

impl Runner {
    /// Explains an object of the directory, or one that is gone but was linked.
    ///
    /// # Errors
    /// There is no such object, or the data file fails.
    pub async fn explain(
        &self,
        job: &Job,
        id: &str,
        asks_target: bool,
    ) -> Result<Explained, RunError> {
        let row = WorkRow {
            object_id: id.to_owned(),
            priority: 0,
            rank: 0,
            cause: "explanation".to_owned(),
            sequence: 0,
            attempts: 0,
            first_failed: None,
        };
        let Loaded { mut items, accounts, .. } = deciding::load(self, job, vec![row]).await?;
        // Says in words that there is none.
        let Some(item) = items.pop() else { return Err(self.missing(id).await) };
        let default_domain = self.default_domain().await?;
        let known = Known { job, now: (self.clock)(), default_domain: default_domain.as_deref() };
        let resolve = |id: &SourceId| accounts.ids.get(id).cloned();
        let policy = reading::policy(self, job, item.object.kind);
        let case = deciding::case(job, &item);
        let explanation = explain::explain(&policy, &case, &deciding::context(&known, &resolve));
        let mut explained = Explained {
            application: job.application.clone(),
            link: item.link.as_ref().map(|link| LinkExplanation {
                target_id: link.target.as_ref().map(|id| id.0.clone()),
                open: link.open,
            }),
            requests: Vec::new(),
            target_problem: None,
            groups: self.groups_in_target(job, id).await?,
            explanation,
        };
        if explained.explanation.plan.action == "match" && asks_target {
            match self.target(job) {
                Ok(target) => self.ask(job, target, item, accounts, &mut explained).await?,
                Err(error) => explained.target_problem = Some(error.to_string()),
            }
        }
        Ok(explained)
    }

    /// Asks the target for the account, by the path of a cycle, and completes the plan.
    async fn ask(
        &self,
        job: &Job,
        target: Target,
        item: Item,
        accounts: Accounts,
        explained: &mut Explained,
    ) -> Result<(), RunError> {
        let (reporter, _watched) = progress::channel();
        let (_stopper, stop) = stop::pair();
        let run = Run {
            runner: self,
            job,
            cycle: String::new(),
            default_domain: self.default_domain().await?,
            stop,
            halted: AtomicBool::new(false),
            claims: Mutex::default(),
            tried: Mutex::default(),
            progress: &reporter,
            watcher: None,
            requests_before: target.requests(),
            target,
        };
        let rule = job.configuration.rule(item.object.kind);
        match deciding::prepare(&run, item, &accounts).await {
            Ok(Some((item, planned))) => {
                explained.requests = item.trail.requests;
                let plan = &mut explained.explanation.plan;
                let pending = std::mem::take(&mut plan.pending);
                *plan = match planned {
                    Ok(planned) => explain::planned(rule, &planned),
                    Err(fault) => PlanExplanation::refused(FailureExplanation {
                        code: fault.code,
                        sentence: fault.reason,
                    }),
                };
                plan.pending = pending;
            }
            Ok(None) => {}
            Err(Halt::Target(error)) => explained.target_problem = Some(error.to_string()),
            Err(Halt::Run(error)) => return Err(error),
        }
        Ok(())
    }

    /// The linked groups that an object belongs in, with the way.
    async fn groups_in_target(
        &self,
        job: &Job,
        id: &str,
    ) -> Result<Vec<GroupExplanation>, RunError> {
        let mut ways = self.directory.ways_to(id).await?;
        ways.retain(|way| job.settings.flatten_members || way.len() == 1);
        let query = |way: &directory::GroupPath| {
            let group = way.first().map(|group| group.id.as_str()).unwrap_or_default();
            link::of(&self.organisation, &job.id, group)
        };
        let links = self.db.snapshot(ways.iter().map(query).collect()).await?;
        let mut groups = Vec::new();
        for (way, link) in ways.into_iter().zip(links) {
            let mut names = way.into_iter();
            let (Some(group), false) = (names.next(), link.is_empty()) else { continue };
            groups.push(GroupExplanation {
                id: group.id,
                display_name: group.display_name,
                through: names.map(|group| group.display_name).collect(),
            });
        }
        Ok(groups)
    }

    async fn missing(&self, id: &str) -> RunError {
        match self.directory.object(id).await {
            Err(error) => error.into(),
            Ok(object) => RunError::Setting(format!(
                "\"{}\" cannot be read at the moment: try again",
                object.display_name
            )),
        }
    }
}
