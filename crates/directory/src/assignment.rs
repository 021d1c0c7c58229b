//! Who is assigned to an application: directly, or through a group.

use std::collections::HashMap;

use graph::export::DEFAULT_ROLE;
use jiff::Timestamp;
use store::directory as statements;
use store::directory::{EdgeRow, EffectiveRow};

use crate::application::{Role, is_default_role};
use crate::change::EdgeKind;
use crate::draft::Beginning;
use crate::error::DirectoryError;
use crate::relation::edge;
use crate::{API_FEED, Directory, Edit, limited};

/// One direct assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The user or group.
    pub principal_id: String,
    /// The app role's id; the zero id for access without a role.
    pub role_id: String,
    /// The feed that owns it.
    pub feed: String,
}

/// One assignment that counts for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveAssignment {
    /// The role; none for access without one.
    pub role: Option<Role>,
    /// The groups that it comes through, from the assigned one down to the one that the object is
    /// an immediate member of; none when it is direct.
    pub through: GroupPath,
}

/// How far an assigned group reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// To its immediate members.
    #[default]
    Immediate,
    /// To the people in all groups within it, however deep; cycles end where they began.
    Nested,
}

/// Groups one within the other, the outermost first.
pub type GroupPath = Vec<GroupName>;

/// A group, by id and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupName {
    /// The group's id.
    pub id: String,
    /// The name that people know it by.
    pub display_name: String,
}

impl Directory {
    /// Assigns a user or group to an application, with a role (by id, value or name) or without one.
    ///
    /// # Errors
    /// No such application, role or object, the role is disabled, the object is in the recycle bin.
    pub async fn assign(
        &self,
        application: &str,
        principal: &str,
        role: Option<&str>,
        actor: &str,
        now: Timestamp,
    ) -> Result<Edit, DirectoryError> {
        self.write(actor, now, |mut draft| {
            Box::pin(async move {
                let application = self.application(application).await?;
                let object = self.present(principal).await?;
                let label = match role.filter(|role| !is_default_role(role)) {
                    None => DEFAULT_ROLE.to_owned(),
                    Some(role) => match self.role(&application, role).await? {
                        Role { enabled: false, display_name, .. } => {
                            let application = application.display_name;
                            return Err(DirectoryError::RoleDisabled {
                                application,
                                role: display_name,
                            });
                        }
                        role => role.id,
                    },
                };
                let changed = self
                    .edge(EdgeKind::Assignment, &application.id, &object.id, &label)
                    .await?
                    .is_none();
                if changed {
                    let edge =
                        edge(EdgeKind::Assignment, &application.id, &object.id, &label, API_FEED);
                    draft.add_edge(edge, &Beginning::of_application(&application));
                }
                Ok((draft, Edit { object, changed }))
            })
        })
        .await
    }

    /// Takes an assignment of a user or group away: that of one role, or all of them.
    ///
    /// # Errors
    /// No such application, role or object.
    pub async fn unassign(
        &self,
        application: &str,
        principal: &str,
        role: Option<&str>,
        actor: &str,
        now: Timestamp,
    ) -> Result<Edit, DirectoryError> {
        self.write(actor, now, |mut draft| {
            Box::pin(async move {
                let application = self.application(application).await?;
                let object = self.object(principal).await?;
                let wanted = match role {
                    None => None,
                    Some(role) if is_default_role(role) => Some(DEFAULT_ROLE.to_owned()),
                    Some(role) => Some(self.role(&application, role).await?.id),
                };
                let from = Beginning::of_application(&application);
                for edge in self.direct(&application.id, &object.id).await? {
                    if wanted.as_ref().is_none_or(|wanted| *wanted == edge.label) {
                        draft.remove_edge(edge, &from);
                    }
                }
                let changed = !draft.is_empty();
                Ok((draft, Edit { object, changed }))
            })
        })
        .await
    }

    /// The direct assignments of an application, by principal and role, behind `after`.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn assignments(
        &self,
        application: &str,
        after: Option<&Assignment>,
        limit: usize,
    ) -> Result<Vec<Assignment>, DirectoryError> {
        let after = after.map_or(("", ""), |after| (&after.principal_id, &after.role_id));
        let kind = EdgeKind::Assignment.as_stored();
        let query = statements::edges_from_page(
            &self.organisation,
            kind,
            application,
            after,
            limited(limit),
        );
        let rows = self.one(query).await?;
        rows.iter()
            .map(|row| {
                let EdgeRow { to_id, label, feed, .. } = EdgeRow::read(row)?;
                Ok(Assignment { principal_id: to_id, role_id: label, feed })
            })
            .collect()
    }

    /// Ids of the objects outside the recycle bin that an application is assigned to, directly or, for
    /// users, through an assigned group that reaches them; behind the id `after`.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn assigned(
        &self,
        application: &str,
        reach: Reach,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, DirectoryError> {
        let statement = match reach {
            Reach::Immediate => statements::assigned,
            Reach::Nested => statements::assigned_nested,
        };
        let query = statement(&self.organisation, application, after, limited(limit));
        self.one(query).await?.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }

    /// The assignments of an application that count for objects, by their ids: direct ones first, and
    /// for the others the groups that they come through. Objects without one are left out.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn assignments_of(
        &self,
        application: &str,
        reach: Reach,
        ids: &[String],
    ) -> Result<HashMap<String, Vec<EffectiveAssignment>>, DirectoryError> {
        let roles: HashMap<String, Role> = self
            .roles(application)
            .await?
            .into_iter()
            .map(|role| (role.id.clone(), role))
            .collect();
        let mut nested = match reach {
            Reach::Immediate => HashMap::new(),
            Reach::Nested => self.nested_assignments(application, ids).await?,
        };
        let queries = ids
            .iter()
            .map(|id| statements::assignments_of(&self.organisation, application, id))
            .collect();
        let mut assignments = HashMap::new();
        for (id, rows) in ids.iter().zip(self.many(queries).await?) {
            let mut effective = Vec::with_capacity(rows.len());
            for row in &rows {
                let EffectiveRow { role_id, through } = EffectiveRow::read(row)?;
                // What comes through groups is told whole by the walk through all of them.
                if through.is_some() && reach == Reach::Nested {
                    continue;
                }
                let through = through.map(|(id, display_name)| GroupName { id, display_name });
                effective.push((role_id, through.into_iter().collect::<Vec<_>>()));
            }
            effective.extend(nested.remove(id).unwrap_or_default());
            let with_role = |(role_id, through)| {
                let role = roles.get::<String>(&role_id).cloned();
                EffectiveAssignment { role, through }
            };
            let mut effective: Vec<_> = effective.into_iter().map(with_role).collect();
            effective.sort_by(|a, b| key(a).cmp(&key(b)));
            if !effective.is_empty() {
                assignments.insert(id.clone(), effective);
            }
        }
        Ok(assignments)
    }

    /// The direct assignments of one principal.
    async fn direct(
        &self,
        application: &str,
        principal: &str,
    ) -> Result<Vec<EdgeRow>, DirectoryError> {
        let kind = EdgeKind::Assignment.as_stored();
        let rows = self
            .one(statements::edges_between(&self.organisation, kind, application, principal))
            .await?;
        rows.iter().map(|row| Ok(EdgeRow::read(row)?)).collect()
    }
}

fn key(assignment: &EffectiveAssignment) -> (usize, &[GroupName], Option<(&str, &str)>) {
    (
        assignment.through.len(),
        &assignment.through,
        assignment.role.as_ref().map(|role| (role.value.as_str(), role.id.as_str())),
    )
}
