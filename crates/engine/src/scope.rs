//! Scope: which source objects a job may provision, and why.
//!
//! With *assigned*, an object is in scope when it is assigned to the application itself or, for
//! users, when a group they are an immediate member of is. With *all*, every object is. The
//! verdict is kept apart from the state of the object: a disabled person may well be in scope,
//! and it is [`Verdict::is_soft_deleted`] that deprovisioning looks at.

use serde::{Deserialize, Serialize};

use crate::object::{Presence, SourceObject};

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
    /// Why the account is to be closed although there may be one; empty when it is to be open.
    pub closed_by: Vec<Closed>,
}

/// In or out of scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// In scope, because of this.
    In(Admission),
    /// Nothing brings the object into scope.
    Out,
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
    setting: ScopeSetting,
    object: &SourceObject,
    entitlements: &[Entitlement],
) -> Verdict {
    let scope = match setting {
        ScopeSetting::All => Scope::In(Admission::Everyone),
        ScopeSetting::Assigned if entitlements.is_empty() => Scope::Out,
        ScopeSetting::Assigned => Scope::In(Admission::Assigned(direct_first(entitlements))),
    };
    let mut closed_by = Vec::new();
    match object.presence {
        Presence::Present => {}
        Presence::SoftDeleted => closed_by.push(Closed::SoftDeleted),
        Presence::Purged => closed_by.push(Closed::Purged),
    }
    if !object.enabled && object.presence == Presence::Present {
        closed_by.push(Closed::Disabled);
    }
    if scope == Scope::Out {
        closed_by.push(Closed::Unassigned);
    }
    Verdict { scope, closed_by }
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
            Scope::Out => "out of scope, not assigned to the application".to_owned(),
        };
        let state = self.closed_by.iter().filter_map(|closed| closed.state());
        state.fold(scope, |sentence, state| format!("{sentence}; {state}"))
    }
}

impl Closed {
    /// What the source says of the object's state; none for its scope.
    fn state(self) -> Option<&'static str> {
        match self {
            Self::Unassigned => None,
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
    use crate::fixture::{ada, assigned};

    #[track_caller]
    fn check(
        setting: ScopeSetting,
        object: &SourceObject,
        entitlements: &[Entitlement],
        expected: &str,
    ) {
        assert_eq!(evaluate(setting, object, entitlements).sentence(), expected);
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
        let verdict = evaluate(ScopeSetting::All, &object, &[]);
        assert!(verdict.is_soft_deleted());
        assert_eq!(
            verdict.sentence(),
            "in scope, the job provisions everyone; disabled in the source"
        );
    }
}
