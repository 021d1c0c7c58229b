//! One application: its roles and assignments, compared with what its feed brought before.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use graph::export::{ApplicationRecord, RoleRecord};
use store::directory as statements;
use store::directory::RoleRow;

use super::{ImportError, ImportReport, LeftAlone};
use crate::Directory;
use crate::application::{Application, differences, is_default_role, role_differences};
use crate::change::{EdgeKind, Subject};
use crate::draft::{Beginning, Draft};
use crate::error::DirectoryError;
use crate::relation::edge;

impl Directory {
    pub(super) async fn import_application(
        &self,
        mut draft: Draft,
        feed: &str,
        record: &ApplicationRecord,
        new_id: &str,
    ) -> Result<(Draft, ImportReport), ImportError> {
        let mut report = ImportReport::new(Subject::Application, record.assignments_complete);
        let before = self.known_application(record).await?;
        let mut after = before.clone().unwrap_or_else(|| Application {
            id: record.id.clone().unwrap_or_else(|| new_id.to_owned()),
            display_name: String::new(),
            feed: feed.to_owned(),
            template_id: None,
        });
        if after.feed == feed {
            record.display_name.trim().clone_into(&mut after.display_name);
        }
        let roles_before = self.role_rows(&after.id).await?;
        let roles = merge(&roles_before, record.roles.as_deref(), feed, &mut report);
        let mut changes = differences(before.as_ref(), &after);
        changes.extend(role_differences(&roles_before, &roles));
        match (&before, changes.is_empty()) {
            (None, _) => report.created = 1,
            (Some(_), false) => report.updated = 1,
            (Some(_), true) => report.unchanged = 1,
        }
        if before.is_none() || !changes.is_empty() {
            let kept: HashSet<&str> = roles.iter().map(|role| role.id.as_str()).collect();
            let gone = roles_before
                .iter()
                .map(|role| role.id.clone())
                .filter(|id| !kept.contains(id.as_str()));
            let steps = vec![
                self.put_application(&after, draft.now()),
                statements::remove_roles(&self.organisation, &after.id, gone.collect()),
                statements::put_roles(&self.organisation, &after.id, &roles),
            ];
            draft.application(&after.id, &after.display_name, before.is_none(), changes, steps);
        }
        self.import_assignments(&mut draft, &mut report, feed, record, &after, &roles).await?;
        if !draft.is_empty() {
            draft.also(statements::note_feed(&self.organisation, feed, "Application", draft.now()));
        }
        Ok((draft, report))
    }

    async fn known_application(
        &self,
        record: &ApplicationRecord,
    ) -> Result<Option<Application>, ImportError> {
        if let Some(id) = &record.id {
            match self.application(id).await {
                Ok(application) => return Ok(Some(application)),
                Err(DirectoryError::NoApplication { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.application_by_name(&record.display_name).await?)
    }

    async fn import_assignments(
        &self,
        draft: &mut Draft,
        report: &mut ImportReport,
        feed: &str,
        record: &ApplicationRecord,
        application: &Application,
        roles: &[RoleRow],
    ) -> Result<(), ImportError> {
        let Some(assignments) = &record.assignments else { return Ok(()) };
        let known: HashSet<&str> = roles.iter().map(|role| role.id.as_str()).collect();
        if let Some(stray) = assignments
            .iter()
            .find(|one| !is_default_role(&one.role_id) && !known.contains(one.role_id.as_str()))
        {
            return Err(ImportError::UnknownRole {
                line: stray.line,
                role: stray.role_id.clone(),
                application: application.display_name.clone(),
            });
        }
        let desired: BTreeSet<(&str, &str)> = assignments
            .iter()
            .map(|one| (one.principal_id.as_str(), one.role_id.as_str()))
            .collect();
        let from = Beginning::of_application(application);
        let there = self.edges_from(EdgeKind::Assignment, &application.id).await?;
        let is_desired = |to: &str, label: &str| desired.contains(&(to, label));
        for old in &there {
            if record.assignments_complete
                && old.feed == feed
                && !is_desired(&old.to_id, &old.label)
            {
                draft.remove_edge(old.clone(), &from);
                report.edges_removed += 1;
            }
        }
        let present: HashSet<(&str, &str)> =
            there.iter().map(|edge| (edge.to_id.as_str(), edge.label.as_str())).collect();
        for (to, label) in desired.difference(&present.into_iter().collect()) {
            draft.add_edge(edge(EdgeKind::Assignment, &application.id, to, label, feed), &from);
            report.edges_added += 1;
        }
        Ok(())
    }
}

/// The roles afterwards: those of the file, and those that other feeds own.
fn merge(
    before: &[RoleRow],
    records: Option<&[RoleRecord]>,
    feed: &str,
    report: &mut ImportReport,
) -> Vec<RoleRow> {
    let Some(records) = records else { return before.to_vec() };
    let foreign = before.iter().filter(|role| role.feed != feed);
    let mut roles: BTreeMap<&str, RoleRow> =
        foreign.map(|role| (role.id.as_str(), role.clone())).collect();
    for record in records {
        let role = RoleRow {
            id: record.id.clone(),
            value: record.value.clone(),
            display_name: record.display_name.clone(),
            enabled: record.enabled,
            feed: feed.to_owned(),
        };
        match roles.get(record.id.as_str()) {
            Some(other) => report.left_alone.push(LeftAlone {
                id: role.id,
                display_name: role.display_name,
                line: record.line,
                feed: other.feed.clone(),
            }),
            None => {
                roles.insert(&record.id, role);
            }
        }
    }
    roles.into_values().collect()
}
