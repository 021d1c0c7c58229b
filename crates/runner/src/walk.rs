//! The initial walk: the union of everything in scope and everything linked, written down as work
//! in pages, so that what vanished while the job slept is deprovisioned too.

use std::collections::HashMap;

use engine::object::ObjectKind;
use engine::scope::ScopeSetting;
use store::work::{self, WorkRow};
use store::{job as statements, link};

use crate::error::RunError;
use crate::feed::priority;
use crate::job::{Job, Walk, WalkPhase};
use crate::jobs::Runner;

/// Objects in one page of the walk or of an expansion.
pub(crate) const PAGE_SIZE: usize = 500;

/// The longest chain of managers that order follows; cycles end here too.
const MANAGER_DEPTH_MAX: i64 = 32;

/// The rank of groups: after all users.
const GROUP_RANK: i64 = 1_000;

const _: () = assert!(MANAGER_DEPTH_MAX < GROUP_RANK);

/// Where a walk starts.
#[must_use]
pub fn start() -> Walk {
    Walk { through: WalkPhase::Scope, after: String::new() }
}

impl Runner {
    /// Moves the watermark of `job`, and its walk as it stands there.
    pub(crate) async fn move_watermark(
        &self,
        job: &mut Job,
        watermark: i64,
    ) -> Result<(), RunError> {
        let walk = job.walk.as_ref().map(crate::record::json);
        let step = statements::set_progress(
            &self.organisation,
            &job.id,
            job.watermark,
            Some(watermark),
            walk,
        );
        self.db.transaction(vec![step]).await?;
        job.watermark = Some(watermark);
        Ok(())
    }

    /// Writes down one page of the walk and moves its place, in one transaction.
    ///
    /// # Errors
    /// The data file fails.
    pub(crate) async fn walk_page(&self, job: &mut Job) -> Result<(), RunError> {
        let Some(walk) = job.walk.clone() else { return Ok(()) };
        let ids = match walk.through {
            WalkPhase::Scope => self.scope_page(job, &walk.after).await?,
            WalkPhase::Links => self.link_page(job, &walk.after).await?,
        };
        job.walk = match (ids.last(), walk.through) {
            (Some(last), through) => Some(Walk { through, after: last.clone() }),
            (None, WalkPhase::Scope) => {
                Some(Walk { through: WalkPhase::Links, after: String::new() })
            }
            (None, WalkPhase::Links) => None,
        };
        let sequence = job.watermark.unwrap_or_default();
        let mut steps = Vec::new();
        if !ids.is_empty() {
            let rows = self.rows(&ids, priority::INITIAL, "initial cycle", sequence).await?;
            steps.push(work::add(
                &self.organisation,
                &job.id,
                &rows,
                (self.clock)().as_microsecond(),
            ));
        }
        let walk = job.walk.as_ref().map(crate::record::json);
        steps.push(statements::set_progress(
            &self.organisation,
            &job.id,
            job.watermark,
            job.watermark,
            walk,
        ));
        self.db.transaction(steps).await?;
        Ok(())
    }

    async fn scope_page(&self, job: &Job, after: &str) -> Result<Vec<String>, RunError> {
        Ok(match job.scope {
            ScopeSetting::Assigned => {
                self.directory.assigned(&job.application_id, job.reach(), after, PAGE_SIZE).await?
            }
            ScopeSetting::All => {
                let page = self.directory.walk(None, after, PAGE_SIZE).await?;
                page.into_iter().map(|object| object.id).collect()
            }
        })
    }

    async fn link_page(&self, job: &Job, after: &str) -> Result<Vec<String>, RunError> {
        let limit = i64::try_from(PAGE_SIZE).unwrap_or(i64::MAX);
        let (sql, values) = link::page(&self.organisation, &job.id, after, limit);
        let rows = self.db.query(sql, values).await?;
        rows.iter().map(|row| Ok(link::read(row)?.source_id)).collect()
    }

    /// Rows of work for objects: users ranked by their depth below the top, so that a manager's
    /// account exists before those of the reports and travels in their creation.
    pub(crate) async fn rows(
        &self,
        ids: &[String],
        priority: i64,
        cause: &str,
        sequence: i64,
    ) -> Result<Vec<WorkRow>, RunError> {
        let depths = self.manager_depths(ids).await?;
        let kinds: HashMap<String, ObjectKind> = self
            .directory
            .objects(ids)
            .await?
            .into_iter()
            .map(|object| (object.id, object.kind))
            .collect();
        let row = |id: &String| WorkRow {
            object_id: id.clone(),
            priority,
            rank: match kinds.get(id) {
                Some(ObjectKind::Group) => GROUP_RANK,
                _ => depths.get(id).copied().unwrap_or_default(),
            },
            cause: cause.to_owned(),
            sequence,
            attempts: 0,
            first_failed: None,
        };
        Ok(ids.iter().map(row).collect())
    }

    /// How many managers stand above each object, counted up the chain level by level.
    async fn manager_depths(&self, ids: &[String]) -> Result<HashMap<String, i64>, RunError> {
        let mut depths: HashMap<String, i64> = ids.iter().map(|id| (id.clone(), 0)).collect();
        let mut above: HashMap<String, Vec<String>> =
            ids.iter().map(|id| (id.clone(), vec![id.clone()])).collect();
        for depth in 1..=MANAGER_DEPTH_MAX {
            let here: Vec<String> = above.keys().cloned().collect();
            let managers = self.directory.managers(&here).await?;
            let mut next: HashMap<String, Vec<String>> = HashMap::new();
            for (person, below) in above {
                let Some(manager) = managers.get(&person) else { continue };
                for report in &below {
                    depths.insert(report.clone(), depth);
                }
                next.entry(manager.clone()).or_default().extend(below);
            }
            if next.is_empty() {
                break;
            }
            above = next;
        }
        Ok(depths)
    }
}
