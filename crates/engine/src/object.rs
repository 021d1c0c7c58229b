//! The source object as the decisions see it: complete, with what the job computed for it.
//!
//! Mappings are always evaluated against the full object, never against the attributes that
//! happened to change: a partial object gives wrong nulls.

use std::borrow::Cow;

use expression::{Attributes, Value};
use graph::names;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::id::SourceId;
use crate::scope::Entitlement;
use crate::source::{APP_ROLE_ASSIGNMENTS, IS_SOFT_DELETED, MANAGER, MANAGER_PREFIX};

/// The kinds of object that provisioning knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ObjectKind {
    /// A person's account.
    User,
    /// A group of users and groups.
    Group,
}

impl ObjectKind {
    /// The name that schemas and logs use: `User` or `Group`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }
}

/// Whether the directory still holds the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is there.
    Present,
    /// It is in the recycle bin and may come back.
    SoftDeleted,
    /// It is gone for good; only links remember it.
    Purged,
}

/// One object of the directory, as a job sees it.
#[derive(Debug, Clone)]
pub struct SourceObject {
    /// Its id in the directory.
    pub id: SourceId,
    /// User or group.
    pub kind: ObjectKind,
    /// The name that people know it by.
    pub display_name: String,
    /// `accountEnabled`; groups are always enabled.
    pub enabled: bool,
    /// Present, in the recycle bin or gone.
    pub presence: Presence,
    /// All attributes, by their source names.
    pub attributes: Map<String, Json>,
    /// The manager's id, users only.
    pub manager: Option<SourceId>,
    /// The manager's attributes, where the configuration asks for any.
    pub manager_attributes: Map<String, Json>,
    /// The groups that hold the object, directly and through others, where the configuration asks
    /// for them.
    pub groups: Vec<GroupName>,
}

/// A group that holds an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupName {
    /// Its id in the directory.
    pub id: SourceId,
    /// The name that people know it by.
    pub display_name: String,
}

/// The object with the attributes that are computed for one job: `objectId`, `IsSoftDeleted`
/// and `appRoleAssignments`.
#[derive(Debug, Clone, Copy)]
pub struct MappingInput<'a> {
    /// The object itself.
    pub object: &'a SourceObject,
    /// `IsSoftDeleted`: out of scope, deleted or disabled in the source.
    pub is_soft_deleted: bool,
    /// The app roles the object holds, from `appRoleAssignments`.
    pub entitlements: &'a [Entitlement],
}

impl SourceObject {
    /// The value of a source attribute; null when there is none. `manager` is the manager's id, and
    /// `manager.department` an attribute of the manager.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Cow<'_, Json> {
        let id = |id: &SourceId| Cow::Owned(Json::from(id.as_str()));
        let manager = || self.manager.as_ref().map_or(Cow::Owned(Json::Null), id);
        match name {
            names::OBJECT_ID => id(&self.id),
            MANAGER => manager(),
            _ => match name.strip_prefix(MANAGER_PREFIX) {
                Some(names::OBJECT_ID) => manager(),
                Some(name) => stored(&self.manager_attributes, name),
                None => stored(&self.attributes, name),
            },
        }
    }
}

/// A stored attribute. A schema may use Graph's name or another letter case for one that is known.
fn stored<'a>(attributes: &'a Map<String, Json>, name: &str) -> Cow<'a, Json> {
    let by_source_name = || attributes.get(names::known(name)?.source);
    attributes.get(name).or_else(by_source_name).map_or(Cow::Owned(Json::Null), Cow::Borrowed)
}

impl Attributes for MappingInput<'_> {
    fn attribute(&self, name: &str) -> Value {
        match name {
            IS_SOFT_DELETED => Value::Boolean(self.is_soft_deleted),
            APP_ROLE_ASSIGNMENTS => roles(self.entitlements),
            _ => from_json(&self.object.attribute(name)),
        }
    }
}

/// Each role once, in the order of the role's value, so that an unchanged set of roles stays
/// an unchanged value.
fn roles(entitlements: &[Entitlement]) -> Value {
    let mut roles: Vec<_> = entitlements.iter().filter_map(|e| e.role.as_ref()).collect();
    roles.sort_by(|a, b| (&a.value, &a.id).cmp(&(&b.value, &b.id)));
    roles.dedup_by(|a, b| a.id == b.id);
    let object = |role: &crate::scope::AppRole| {
        Value::Object(vec![
            ("id".to_owned(), Value::Text(role.id.clone())),
            ("value".to_owned(), Value::Text(role.value.clone())),
            ("displayName".to_owned(), Value::Text(role.display_name.clone())),
        ])
    };
    Value::List(roles.into_iter().map(object).collect())
}

/// Reads a stored attribute as an expression's value. Nesting is bounded by the JSON parser
/// that read the export.
#[must_use]
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::Integer(integer),
            None => number.as_f64().map_or(Value::Null, Value::Decimal),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(values) => Value::List(values.iter().map(from_json).collect()),
        Json::Object(members) => Value::Object(
            members.iter().map(|(key, value)| (key.clone(), from_json(value))).collect(),
        ),
    }
}
