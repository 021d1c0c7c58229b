//! Why nothing was done, and why something could not be done, in codes and in sentences.
//!
//! The codes are the ones that administrators know from Entra's provisioning log where it has
//! one; ours are named in the same style. A sentence says what happened, to whom and what now.

use crate::id::{ScimId, SourceId};

/// A decision not to act. Nothing is wrong with the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skip {
    /// Out of scope and never linked: an account there, if any, is a stranger's.
    NotEntitled,
    /// Not admitted by a filter: never linked, or the filter is one whose leaving closes nothing.
    FilteredOut {
        /// The filter's verdict.
        why: String,
    },
    /// Out of scope, and the job ignores leaving.
    LeavingIgnored {
        /// Why it is out of scope.
        why: String,
    },
    /// In scope, but closed in the source (disabled or deleted), and without an account.
    ClosedInSource,
    /// Both sides already agree.
    Redundant,
    /// The account is closed already.
    AlreadyDisabled,
    /// The mapping writes no attribute from `IsSoftDeleted`, which is how "do nothing" is said.
    NoDisableMapping,
    /// No resource in the target matches, and this job may not create any.
    NoTargetMayNotCreate {
        /// The matching attribute and its value.
        attribute: String,
        /// The value looked for.
        value: String,
    },
    /// The job may not update.
    MayNotUpdate,
    /// The job may not delete.
    MayNotDelete,
    /// No matching attribute has a value, so that no account could be recognised.
    MatchingValueMissing {
        /// The matching attributes' names.
        attributes: Vec<String>,
    },
    /// A manager or member has no account yet.
    UnresolvedReference {
        /// The target attribute.
        attribute: String,
        /// The object it refers to.
        referenced: SourceId,
        /// Its name.
        name: String,
    },
    /// The object type is switched off in this job.
    ObjectTypeDisabled,
}

impl Skip {
    /// The code of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotEntitled | Self::ClosedInSource => "NotEffectivelyEntitled",
            Self::FilteredOut { .. } => "OutOfScope",
            Self::LeavingIgnored { .. } => "SkipOutOfScopeDeletions",
            Self::Redundant => "RedundantExport",
            Self::AlreadyDisabled => "AlreadyDisabled",
            Self::NoDisableMapping => "NoDisableMapping",
            Self::NoTargetMayNotCreate { .. } => "CreateNotAllowed",
            Self::MayNotUpdate => "UpdateNotAllowed",
            Self::MayNotDelete => "DeleteNotAllowed",
            Self::MatchingValueMissing { .. } => "ImportSkipped",
            Self::UnresolvedReference { .. } => "UnableToResolveReferenceAttributeValue",
            Self::ObjectTypeDisabled => "ObjectTypeDisabled",
        }
    }

    /// Whether an administrator should look at it, rather than only be able to.
    #[must_use]
    pub fn wants_attention(&self) -> bool {
        matches!(self, Self::NoTargetMayNotCreate { .. } | Self::MatchingValueMissing { .. })
    }

    /// The reason in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::NotEntitled => {
                "not assigned to the application, and this job never made an account: \
                whatever exists in the target under this name is left alone"
                    .to_owned()
            }
            Self::FilteredOut { why } => {
                format!("{why}; whatever exists in the target is left as it is")
            }
            Self::LeavingIgnored { why } => format!(
                "{why}; the job ignores who leaves its scope (SkipOutOfScopeDeletions), so the account stays as it is"
            ),
            Self::ClosedInSource => "disabled or deleted in the source, so no account is created; \
                enable or restore the user in the directory to have one"
                .to_owned(),
            Self::Redundant => "source and target already agree".to_owned(),
            Self::AlreadyDisabled => "the account is disabled already".to_owned(),
            Self::NoDisableMapping => {
                "no attribute is mapped from IsSoftDeleted, so leaving the scope \
                changes nothing in the target; map it to \"active\" to have accounts disabled"
                    .to_owned()
            }
            Self::NoTargetMayNotCreate { attribute, value } => format!(
                "the target has nothing whose {attribute} is \"{value}\", and this job may not create it; \
                 create it in the application under exactly this name, and it is taken up at the next look"
            ),
            Self::MayNotUpdate => "updates are switched off for this object type".to_owned(),
            Self::MayNotDelete => "deletions are switched off for this object type".to_owned(),
            Self::MatchingValueMissing { attributes } => format!(
                "no matching attribute has a value ({}), so its account could not be recognised; \
                 fill the attribute in the directory",
                attributes.join(", ")
            ),
            Self::UnresolvedReference { attribute, name, .. } => format!(
                "{attribute} refers to \"{name}\", who has no account made or linked by this job; \
                 it is written as soon as there is one"
            ),
            Self::ObjectTypeDisabled => "this object type is switched off in the job".to_owned(),
        }
    }
}

/// Something that could not be decided or done for one object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A mapping's expression failed.
    #[error("attribute \"{attribute}\" could not be computed: {why}")]
    Mapping {
        /// The target attribute.
        attribute: String,
        /// The evaluator's sentence.
        why: String,
    },
    /// Several values for a single-valued attribute.
    #[error(
        "attribute \"{attribute}\" takes one value, the mapping gave {count}; map a single-valued source, or Item([…], 1)"
    )]
    SeveralValues {
        /// The target attribute.
        attribute: String,
        /// How many values came.
        count: usize,
    },
    /// A value that its attribute's type does not admit.
    #[error(
        "attribute \"{attribute}\" is of type {wanted}, \"{value}\" is none; correct the source or the mapping"
    )]
    WrongType {
        /// The target attribute.
        attribute: String,
        /// The type of its definition.
        wanted: &'static str,
        /// The value.
        value: String,
    },
    /// Required attributes without a value.
    #[error(
        "the target requires {}, for which the source has no value; fill it in the directory or give the mapping a default",
        quoted(attributes)
    )]
    MissingRequired {
        /// Their names.
        attributes: Vec<String>,
    },
    /// Several resources match.
    #[error(
        "{} resources in the target have {attribute} \"{value}\" ({}); remove all but one, or match by another attribute",
        candidates.len(), listed(candidates)
    )]
    DuplicateTargets {
        /// The matching attribute.
        attribute: String,
        /// The value.
        value: String,
        /// The ids of the candidates.
        candidates: Vec<ScimId>,
    },
    /// The matching resource belongs to another source object.
    #[error(
        "the account with {attribute} \"{value}\" (id \"{target}\") already belongs to source object \"{owner}\"; \
         give one of the two another {attribute}"
    )]
    TargetAlreadyLinked {
        /// The matching attribute.
        attribute: String,
        /// The value.
        value: String,
        /// The id of the account.
        target: ScimId,
        /// The object it is linked to.
        owner: SourceId,
    },
    /// The target says that something is taken, yet finds nobody who has the matching value.
    #[error(
        "the target refused a creation as conflicting ({detail}), yet shows no account with {attribute} \"{value}\"; \
         look there for another account with one of the values, or for a deleted or hidden one"
    )]
    ConflictWithHidden {
        /// The matching attribute.
        attribute: String,
        /// The value.
        value: String,
        /// The target's own words.
        detail: String,
    },
    /// Every candidate for an attribute that has to be unique is taken.
    #[error(
        "every candidate for attribute \"{attribute}\" is taken in the target, the last was \"{value}\"; \
         add another rule to SelectUniqueValue, or free one of the values there"
    )]
    NoUniqueValue {
        /// The target attribute.
        attribute: String,
        /// The candidate that was tried last.
        value: String,
    },
    /// Two source objects would have the same account.
    #[error(
        "source object \"{other}\" has the same {attribute} \"{value}\", and both would have one account; \
         give one of the two another {attribute}"
    )]
    DuplicateSources {
        /// The matching attribute.
        attribute: String,
        /// The value.
        value: String,
        /// The other source object.
        other: SourceId,
    },
}

impl Failure {
    /// The code of the failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Mapping { .. } => "AttributeMappingFailed",
            Self::SeveralValues { .. } => "SchemaPropertyCanOnlyAcceptValue",
            Self::WrongType { .. } => "InvalidAttributeValue",
            Self::MissingRequired { .. } => "MandatoryFieldsMissing",
            Self::DuplicateTargets { .. } => "DuplicateTargetEntries",
            Self::TargetAlreadyLinked { .. } => "TargetAlreadyLinked",
            Self::ConflictWithHidden { .. } => "EntryConflict",
            Self::NoUniqueValue { .. } => "NoUniqueValue",
            Self::DuplicateSources { .. } => "DuplicateSourceEntries",
        }
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

fn listed(ids: &[ScimId]) -> String {
    ids.iter().map(ScimId::as_str).collect::<Vec<_>>().join(", ")
}
