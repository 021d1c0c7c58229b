//! The attributes that source objects have, as far as they are known when a schema is compiled.

use std::collections::BTreeMap;

use graph::names::{self, Holds};
use graph::schema::{AttributeType, ObjectDefinition};

use crate::nearest::nearest;

/// The source attribute that refers to a user's manager.
pub const MANAGER: &str = "manager";

/// The source attribute that refers to a group's members.
pub const MEMBERS: &str = "members";

/// The computed attribute that says whether the account is to be closed.
pub const IS_SOFT_DELETED: &str = "IsSoftDeleted";

/// The computed attribute that holds the app roles.
pub const APP_ROLE_ASSIGNMENTS: &str = "appRoleAssignments";

/// How attributes of the manager begin: `manager.displayName`.
pub const MANAGER_PREFIX: &str = "manager.";

/// The known attributes that hold dates.
const DATES: [&str; 3] = ["createdDateTime", "employeeHireDate", "employeeLeaveDateTime"];

/// The source attributes of one kind of object.
#[derive(Debug, Clone, Default)]
pub struct SourceAttributes {
    defined: BTreeMap<String, SourceAttribute>,
}

/// What is known of a source attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceAttribute {
    /// The type of its values.
    pub kind: AttributeType,
    /// Whether it holds several.
    pub multivalued: bool,
}

impl SourceAttributes {
    /// The attributes of an object definition, if the schema has one, beside those that every
    /// directory has.
    #[must_use]
    pub fn of(definition: Option<&ObjectDefinition>) -> Self {
        let attributes = definition.into_iter().flat_map(|definition| &definition.attributes);
        let defined = attributes.filter_map(|attribute| {
            let known =
                SourceAttribute { kind: attribute.kind, multivalued: attribute.multivalued };
            Some((attribute.name.clone()?, known))
        });
        Self { defined: defined.collect() }
    }

    /// What is known of the attribute of this name; none if nothing is.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<SourceAttribute> {
        let name = name.strip_prefix(MANAGER_PREFIX).unwrap_or(name);
        if let Some(defined) = self.defined.get(name) {
            return Some(*defined);
        }
        let one = |kind| Some(SourceAttribute { kind, multivalued: false });
        match name {
            IS_SOFT_DELETED => return one(AttributeType::Boolean),
            MANAGER => return one(AttributeType::Reference),
            MEMBERS | APP_ROLE_ASSIGNMENTS => {
                let kind = AttributeType::Reference;
                return Some(SourceAttribute { kind, multivalued: true });
            }
            _ => {}
        }
        match names::known(name).map(|known| known.holds) {
            Some(Holds::Boolean) => one(AttributeType::Boolean),
            Some(Holds::Text) if DATES.contains(&name) => one(AttributeType::DateTime),
            Some(Holds::Text) => one(AttributeType::String),
            Some(Holds::Texts) => {
                Some(SourceAttribute { kind: AttributeType::String, multivalued: true })
            }
            None if name.starts_with(names::DIRECTORY_EXTENSION) => one(AttributeType::String),
            None => None,
        }
    }

    /// The known name most similar to one that is not known.
    #[must_use]
    pub fn near(&self, name: &str) -> Option<&str> {
        nearest(name, self.names())
    }

    /// All names that are known.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let everywhere = names::NAMES.iter().map(|name| name.source);
        let computed = names::COMPUTED.iter().chain(&names::RELATIONS).copied();
        self.defined.keys().map(String::as_str).chain(everywhere).chain(computed)
    }
}
