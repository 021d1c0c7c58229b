//! What can be wrong with a question to the directory or a change of it.

use std::fmt;

use engine::object::ObjectKind;
use store::StoreError;

/// Why the directory could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The data file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing goes by this id or name.
    #[error("no {} is called \"{reference}\"{}", word(*kind), hint(near))]
    NotFound {
        /// What was looked for; none for either.
        kind: Option<ObjectKind>,
        /// The id or name.
        reference: String,
        /// What has a similar name.
        near: Vec<Candidate>,
    },
    /// Several go by this name.
    #[error(
        "\"{reference}\" is the name of several: {}; use an id or a user principal name",
        listed(candidates)
    )]
    Ambiguous {
        /// The name.
        reference: String,
        /// Who goes by it.
        candidates: Vec<Candidate>,
    },
    /// It is a user where a group is wanted, or the other way round.
    #[error("\"{display_name}\" is a {}, and a {} is wanted here", word(Some(*found)), word(Some(*wanted)))]
    WrongKind {
        /// Whom.
        display_name: String,
        /// What it is.
        found: ObjectKind,
        /// What it should be.
        wanted: ObjectKind,
    },
    /// Somebody has that sign-in name already.
    #[error(
        "the userPrincipalName \"{user_principal_name}\" belongs to user \"{holder}\" already; rename or delete that user first"
    )]
    PrincipalTaken {
        /// The sign-in name.
        user_principal_name: String,
        /// The id of who has it.
        holder: String,
    },
    /// An attribute that nobody writes.
    #[error("\"{name}\" is computed by the service and cannot be set; {}", instead_of(name))]
    Computed {
        /// The attribute.
        name: String,
    },
    /// A relation, which is no attribute.
    #[error(
        "\"{name}\" refers to other objects and is changed by a command of its own, not set as a value"
    )]
    Relation {
        /// The relation.
        name: String,
    },
    /// An attribute that nothing has.
    #[error(
        "no object has an attribute \"{name}\"{}; correct the name, or set it all the same with --force",
        did_you_mean(near)
    )]
    UnknownAttribute {
        /// The attribute.
        name: String,
        /// Attributes with similar names.
        near: Vec<String>,
    },
    /// A value that an attribute cannot hold.
    #[error("attribute \"{name}\" holds {expected}, not {found}")]
    WrongValue {
        /// The attribute.
        name: String,
        /// What it holds.
        expected: &'static str,
        /// What it was to be set to, as JSON.
        found: String,
    },
    /// An attribute without which the object cannot be.
    #[error("a {} needs the attribute \"{name}\"; give it a value", word(Some(*kind)))]
    Missing {
        /// User or group.
        kind: ObjectKind,
        /// The attribute.
        name: &'static str,
    },
    /// Only what is in the recycle bin can be purged.
    #[error("\"{display_name}\" is not in the recycle bin; delete it first, then purge it")]
    NotDeleted {
        /// Whom.
        display_name: String,
    },
    /// What is in the recycle bin cannot be changed.
    #[error("\"{display_name}\" is in the recycle bin; restore it first")]
    Deleted {
        /// Whom.
        display_name: String,
    },
    /// An object that refers to itself.
    #[error("\"{display_name}\" cannot be its own {relation}")]
    Itself {
        /// Whom.
        display_name: String,
        /// Member or manager.
        relation: &'static str,
    },
    /// No such application.
    #[error("no application is called \"{reference}\"{}", did_you_mean(near))]
    NoApplication {
        /// The id or name.
        reference: String,
        /// Applications with similar names.
        near: Vec<String>,
    },
    /// No such role.
    #[error("application \"{application}\" has no role \"{role}\"; {}", has_roles(roles))]
    NoRole {
        /// The application's name.
        application: String,
        /// The role's id, value or name.
        role: String,
        /// The roles that there are.
        roles: Vec<String>,
    },
    /// A role that may not be assigned.
    #[error(
        "role \"{role}\" of application \"{application}\" is disabled; enable it, or assign another one"
    )]
    RoleDisabled {
        /// The application's name.
        application: String,
        /// The role's name.
        role: String,
    },
    /// Others wrote all the time.
    #[error("others changed the directory {0} times while this change was decided; try again")]
    Contended(usize),
    /// A stored row that only a newer version could have written.
    #[error("the stored {what} \"{id}\" cannot be read; was it written by a newer version?")]
    Unreadable {
        /// What kind of row.
        what: &'static str,
        /// Which one.
        id: String,
    },
}

/// An object by its names, for a person to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The object's id.
    pub id: String,
    /// User or group.
    pub kind: ObjectKind,
    /// The name that people know it by.
    pub display_name: String,
    /// A user's sign-in name.
    pub user_principal_name: Option<String>,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}\" ({})",
            self.display_name,
            self.user_principal_name.as_ref().unwrap_or(&self.id)
        )
    }
}

pub(crate) fn word(kind: Option<ObjectKind>) -> &'static str {
    match kind {
        Some(ObjectKind::User) => "user",
        Some(ObjectKind::Group) => "group",
        None => "user or group",
    }
}

fn hint(near: &[Candidate]) -> String {
    if near.is_empty() {
        return "; give an id, a user principal name or a display name".to_owned();
    }
    format!("; did you mean {}?", listed(near))
}

fn listed(candidates: &[Candidate]) -> String {
    candidates.iter().map(Candidate::to_string).collect::<Vec<_>>().join(", ")
}

fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", quoted(near)) }
}

fn has_roles(roles: &[String]) -> String {
    if roles.is_empty() {
        "it has none, assign it without a role".to_owned()
    } else {
        format!("it has {}", quoted(roles))
    }
}

pub(crate) fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

fn instead_of(name: &str) -> &'static str {
    match name {
        "IsSoftDeleted" => "delete or disable the user instead",
        "appRoleAssignments" => "assign the application instead",
        _ => "an object keeps its id for life",
    }
}
