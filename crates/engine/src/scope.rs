//! Scope: which source objects a job may provision, and why.
//!
//! With *assigned*, an object is in scope when it is assigned to the application itself or, for
//! users, when a group they are an immediate member of is. With *all*, every object is. The
//! scoping filter of the object mapping restricts either. The verdict is kept apart from the state
//! of the object: a disabled person may well be in scope, and it is [`Verdict::is_soft_deleted`]
//! that deprovisioning looks at.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::filter::{self, List, ScopingFilter};
use crate::object::{Presence, SourceObject};

/// What decides about the scope of a job's objects of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// The job's setting *Scope*.
    pub setting: ScopeSetting,
    /// The scoping filter of the object mapping; none where the kind is switched off.
    pub filter: Option<&'a ScopingFilter>,
    /// The job's flag `SkipOutOfScopeDeletions`: whoever leaves the scope keeps the account as it
    /// is. Who is disabled or deleted in the source loses it all the same.
    pub ignores_leaving: bool,
    /// The time, for filters that ask for the day.
    pub now: Timestamp,
}

/// The job's setting *Scope*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScopeSetting {
    /// Sync only assigned users and groups.
    Assigned,
    /// Sync all users and groups.
    All,
}

/// An app role, as an assignment grants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRole {
    /// The role's id in the application.
    pub id: String,
    /// The value that is provisioned.
    pub value: String,
    /// The name that administrators read.
    pub display_name: String,
}

/// One assignment that counts for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// The role; none for the default access.
    pub role: Option<AppRole>,
    /// The groups through which it reaches the object, from the assigned one down to the one that
    /// the object is an immediate member of; none when it is direct.
    pub through: Vec<String>,
}

/// The decision, with the evidence an administrator will ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the object is in scope.
    pub scope: Scope,
    /// What the scoping filter says; none where it was not asked.
    pub filter: Option<filter::Verdict>,
    /// Why the account is to be closed although there may be one; empty when it is to be open.
    pub closed_by: Vec<Closed>,
}

/// In or out of scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// In scope, because of this.
    In(Admission),
    /// Out of scope, because of this.
    Out(Exclusion),
}

/// What keeps an object out of scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclusion {
    /// Not assigned to the application.
    Unassigned,
    /// Not admitted by the scoping filter.
    Filtered,
    /// Not admitted by a filter whose leaving closes nothing: the job has nothing to do with the
    /// object, whatever became of it.
    Foreign,
}

/// What brought an object into scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// The job provisions everyone.
    Everyone,
    /// Assignments, direct ones first.
    Assigned(Vec<Entitlement>),
}

/// One cause of `IsSoftDeleted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Not assigned to the application.
    Unassigned,
    /// Not admitted by the scoping filter.
    Filtered,
    /// Soft-deleted in the source.
    SoftDeleted,
    /// `accountEnabled` is false in the source.
    Disabled,
    /// Purged from the source.
    Purged,
}

/// Decides whether `object` is in scope. Cannot fail.
#[must_use]
pub fn evaluate(
    policy: &Policy<'_>,
    object: &SourceObject,
    entitlements: &[Entitlement],
) -> Verdict {
    // Nothing is left of a purged object that a filter could look at.
    let filter = policy
        .filter
        .filter(|filter| object.presence != Presence::Purged && !filter.is_empty())
        .map(|filter| filter::evaluate(filter, object, policy.now));
    let scope = match (&filter, policy.setting) {
        (Some(filter::Verdict::Fails { list, .. }), _) if *list != List::Groups => {
            Scope::Out(Exclusion::Foreign)
        }
        (_, ScopeSetting::Assigned) if entitlements.is_empty() => Scope::Out(Exclusion::Unassigned),
        (Some(filter::Verdict::Fails { .. }), _) => Scope::Out(Exclusion::Filtered),
        (_, ScopeSetting::All) => Scope::In(Admission::Everyone),
        (_, ScopeSetting::Assigned) => Scope::In(Admission::Assigned(direct_first(entitlements))),
    };
    let closed_by = closed_by(policy, &scope, object);
    Verdict { scope, filter, closed_by }
}

fn closed_by(policy: &Policy<'_>, scope: &Scope, object: &SourceObject) -> Vec<Closed> {
    let mut closed_by = Vec::new();
    match object.presence {
        Presence::Present if !object.enabled => closed_by.push(Closed::Disabled),
        Presence::Present => {}
        Presence::SoftDeleted => closed_by.push(Closed::SoftDeleted),
        Presence::Purged => closed_by.push(Closed::Purged),
    }
    match scope {
        Scope::Out(Exclusion::Unassigned) if !policy.ignores_leaving => {
            closed_by.push(Closed::Unassigned);
        }
        Scope::Out(Exclusion::Filtered) if !policy.ignores_leaving => {
            closed_by.push(Closed::Filtered);
        }
        _ => {}
    }
    closed_by
}

impl Verdict {
    /// The computed source attribute `IsSoftDeleted`.
    #[must_use]
    pub fn is_soft_deleted(&self) -> bool {
        !self.closed_by.is_empty()
    }

    /// The verdict in one sentence, for logs and explanations.
    #[must_use]
    pub fn sentence(&self) -> String {
        let scope = match &self.scope {
            Scope::In(Admission::Everyone) => "in scope, the job provisions everyone".to_owned(),
            Scope::In(Admission::Assigned(by)) => format!("in scope, {}", assignments(by)),
            Scope::Out(Exclusion::Unassigned) => {
                "out of scope, not assigned to the application".to_owned()
            }
            Scope::Out(_) => "out of scope".to_owned(),
        };
        let filter = self.filter.as_ref().and_then(filter::Verdict::sentence);
        let scope = filter.into_iter().fold(scope, |scope, filter| format!("{scope}, {filter}"));
        let state = self.closed_by.iter().filter_map(|closed| closed.state());
        state.fold(scope, |sentence, state| format!("{sentence}; {state}"))
    }
}

impl Closed {
    /// What the source says of the object's state; none for its scope.
    fn state(self) -> Option<&'static str> {
        match self {
            Self::Unassigned | Self::Filtered => None,
            Self::SoftDeleted => Some("deleted in the source"),
            Self::Disabled => Some("disabled in the source"),
            Self::Purged => Some("purged from the source"),
        }
    }
}

fn direct_first(entitlements: &[Entitlement]) -> Vec<Entitlement> {
    let mut sorted = entitlements.to_vec();
    sorted.sort_by_key(|entitlement| entitlement.through.len());
    sorted
}

fn assignments(by: &[Entitlement]) -> String {
    let one = |entitlement: &Entitlement| {
        let role = match &entitlement.role {
            Some(role) => format!(" as \"{}\"", role.display_name),
            None => String::new(),
        };
        if entitlement.through.is_empty() {
            return format!("assigned{role} directly");
        }
        let groups = entitlement.through.iter().map(|group| format!("through group \"{group}\""));
        format!("assigned{role} {}", groups.collect::<Vec<_>>().join(", "))
    };
    by.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture::{ada, assigned, policy, sales_only};

    #[track_caller]
    fn check(
        setting: ScopeSetting,
        object: &SourceObject,
        entitlements: &[Entitlement],
        expected: &str,
    ) {
        assert_eq!(evaluate(&policy(setting), object, entitlements).sentence(), expected);
    }

    #[test]
    fn an_assignment_brings_into_scope_and_is_named() {
        let through = Entitlement { role: None, through: vec!["Agents".to_owned()] };
        let entitlements = [through, assigned("Admin").remove(0)];
        let expected = r#"in scope, assigned as "Admin" directly, assigned through group "Agents""#;
        check(ScopeSetting::Assigned, &ada(json!({})), &entitlements, expected);
    }

    #[test]
    fn every_group_on_the_way_is_named() {
        let through = vec!["Contact centre".to_owned(), "Dept - Field Service".to_owned()];
        let entitlements = [Entitlement { role: None, through }];
        let expected = r#"in scope, assigned through group "Contact centre", through group "Dept - Field Service""#;
        check(ScopeSetting::Assigned, &ada(json!({})), &entitlements, expected);
    }

    #[test]
    fn nobody_is_in_scope_without_an_assignment_unless_all_are() {
        check(
            ScopeSetting::Assigned,
            &ada(json!({})),
            &[],
            "out of scope, not assigned to the application",
        );
        check(ScopeSetting::All, &ada(json!({})), &[], "in scope, the job provisions everyone");
    }

    #[test]
    fn being_disabled_leaves_the_scope_as_it_is_and_closes_the_account() {
        let object = SourceObject { enabled: false, ..ada(json!({})) };
        let verdict = evaluate(&policy(ScopeSetting::All), &object, &[]);
        assert!(verdict.is_soft_deleted());
        assert_eq!(
            verdict.sentence(),
            "in scope, the job provisions everyone; disabled in the source"
        );
    }

    /// The verdict on somebody of a department, under a filter that admits Sales.
    fn filtered(department: &str, list: List, ignores_leaving: bool) -> Verdict {
        let filter = sales_only(list);
        let policy =
            Policy { filter: Some(&filter), ignores_leaving, ..policy(ScopeSetting::Assigned) };
        evaluate(&policy, &ada(json!({"department": department})), &assigned("Admin"))
    }

    #[test]
    fn a_filter_restricts_the_assigned_and_says_by_which_clause() {
        let verdict = filtered("Sales", List::Groups, false);
        assert_eq!(
            verdict.sentence(),
            r#"in scope, assigned as "Admin" directly, admitted by "Sales" of the scoping filter"#
        );
        let verdict = filtered("HR", List::Groups, false);
        assert_eq!(verdict.closed_by, [Closed::Filtered]);
        assert_eq!(
            verdict.sentence(),
            r#"out of scope, not admitted by the scoping filter: in "Sales", department EQUALS "Sales" does not hold for "HR""#
        );
    }

    #[test]
    fn leaving_is_ignored_where_the_job_says_so_and_by_the_filters_that_close_nothing() {
        assert!(!filtered("HR", List::Groups, true).is_soft_deleted());
        for list in [List::InputFilterGroups, List::CategoryFilterGroups] {
            let verdict = filtered("HR", list, false);
            assert_eq!(verdict.scope, Scope::Out(Exclusion::Foreign));
            assert!(!verdict.is_soft_deleted());
        }
    }

    #[test]
    fn ignoring_who_leaves_keeps_no_leavers_account_open() {
        let policy = Policy { ignores_leaving: true, ..policy(ScopeSetting::Assigned) };
        let disabled = SourceObject { enabled: false, ..ada(json!({})) };
        assert_eq!(evaluate(&policy, &disabled, &[]).closed_by, [Closed::Disabled]);
        assert!(!evaluate(&policy, &ada(json!({})), &[]).is_soft_deleted());
    }

    #[test]
    fn a_purged_object_is_not_filtered() {
        let purged = SourceObject { presence: Presence::Purged, ..ada(json!({})) };
        let filter = sales_only(List::InputFilterGroups);
        let policy = Policy { filter: Some(&filter), ..policy(ScopeSetting::All) };
        assert_eq!(evaluate(&policy, &purged, &[]).closed_by, [Closed::Purged]);
    }
}
