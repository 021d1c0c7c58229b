//! The synchronisation schema: which objects and attributes flow from a source to a target.
//!
//! This is the document that administrators export from and import into Entra ID
//! (`synchronizationSchema`). Reading is lenient ([`read()`]): an absent or null value gets Graph's
//! default, other spellings are understood, unknown keys are kept in `extra` and written again.
//! Writing is strict: every property appears, in Graph's case, as SDKs expect it.
//! Pure: no clock, no database, no network.

mod adopt;
mod definition;
mod difference;
mod discovered;
mod filter;
mod flags;
mod inspect;
mod lenient;
mod place;
mod read;
mod refusal;
mod remark;
mod shape;
mod source;
mod stranger;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use adopt::{Adoption, OWN_DIRECTORY_NAMES, adopt, is_own_directory};
pub use definition::{
    AttributeDefinition, AttributeType, DirectoryDefinition, Mutability, ObjectDefinition,
    ReferencedObject,
};
pub use difference::{Change, Difference, difference};
pub use discovered::{Discovered, add_definitions};
pub use filter::{Filter, FilterClause, FilterGroup, FilterOperand};
pub use flags::{Discoverabilities, Discoverability, FlowTypes, UnknownFlag};
pub use inspect::{Complaint, inspect};
pub use place::Place;
pub use read::{
    OBJECT_COUNT_MAX, OBJECT_MAPPING_COUNT_MAX, RULE_COUNT_MAX, Reading, SCHEMA_BYTES_MAX,
    SCHEMA_DEPTH_MAX, parse, read,
};
pub use refusal::{Misplaced, SchemaError};
pub use remark::Remark;
pub use source::{
    AttributeMappingSource, SOURCE_DEPTH_MAX, SourceError, SourceParameter, SourceType,
};
pub use stranger::Stranger;

/// The whole document (`synchronizationSchema`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SynchronizationSchema {
    /// The id of the job or template that it belongs to.
    pub id: Option<String>,
    /// Changes with every modification.
    pub version: Option<String>,
    /// The attributes that source and target have.
    #[serde(deserialize_with = "null_is_default")]
    pub directories: Vec<DirectoryDefinition>,
    /// Which objects flow, and how.
    #[serde(deserialize_with = "null_is_default")]
    pub synchronization_rules: Vec<SynchronizationRule>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What flows between one pair of directories (`synchronizationRule`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SynchronizationRule {
    /// The rule's id.
    pub id: Option<String>,
    /// The rule's name.
    pub name: Option<String>,
    /// Whether an administrator may change it.
    #[serde(deserialize_with = "null_is_true")]
    pub editable: bool,
    /// Rules with lower numbers run first.
    #[serde(deserialize_with = "null_is_default")]
    pub priority: i32,
    /// The name of a [`DirectoryDefinition`].
    pub source_directory_name: Option<String>,
    /// The name of a [`DirectoryDefinition`].
    pub target_directory_name: Option<String>,
    /// Which containers are read; `{"includedContainers": [..]}`.
    pub container_filter: Option<Value>,
    /// Which groups are read; `{"includedGroups": [..]}`.
    pub group_filter: Option<Value>,
    /// One for each pair of object types.
    #[serde(deserialize_with = "null_is_default")]
    pub object_mappings: Vec<ObjectMapping>,
    /// Settings of the rule.
    #[serde(deserialize_with = "null_is_default")]
    pub metadata: Vec<KeyValue>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// How one type of object flows (`objectMapping`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMapping {
    /// The name that an administrator sees.
    pub name: Option<String>,
    /// Whether the mapping is used at all.
    #[serde(deserialize_with = "null_is_true")]
    pub enabled: bool,
    /// Which operations are allowed; all three when absent.
    #[serde(deserialize_with = "null_is_default")]
    pub flow_types: FlowTypes,
    /// The object's name in the source directory, such as `User`.
    pub source_object_name: Option<String>,
    /// The object's name in the target directory: for SCIM, the URN of a schema.
    pub target_object_name: Option<String>,
    /// Who is in scope; none admits everyone.
    pub scope: Option<Filter>,
    /// How attributes get their values.
    #[serde(deserialize_with = "null_is_default")]
    pub attribute_mappings: Vec<AttributeMapping>,
    /// Settings such as `Disposition`; the values are JSON texts.
    #[serde(deserialize_with = "null_is_default")]
    pub metadata: Vec<KeyValue>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// How one target attribute gets its value (`attributeMapping`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttributeMapping {
    /// The target attribute: for SCIM, a path such as `emails[type eq "work"].value`.
    pub target_attribute_name: Option<String>,
    /// Where the value comes from; none leaves only the default value.
    pub source: Option<AttributeMappingSource>,
    /// The value when the source gives none; used only when an account is created.
    pub default_value: Option<String>,
    /// Whether the value flows when nothing changed.
    #[serde(deserialize_with = "null_is_default")]
    pub flow_behavior: AttributeFlowBehavior,
    /// When the mapping applies.
    #[serde(deserialize_with = "null_is_default")]
    pub flow_type: AttributeFlowType,
    /// Matching precedence, counted from 1; 0 for an attribute that is not matched by.
    #[serde(deserialize_with = "null_is_default")]
    pub matching_priority: i32,
    /// Whether references to objects that do not exist are exported.
    #[serde(deserialize_with = "null_is_default")]
    pub export_missing_references: bool,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A setting: metadata of rules, object mappings, objects and attributes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeyValue {
    /// The setting's name.
    pub key: Option<String>,
    /// Its value, often a JSON text inside the string: `"\"Normal\""`.
    pub value: Option<String>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Whether a value flows when nothing changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttributeFlowBehavior {
    /// Only when its source changed.
    #[default]
    FlowWhenChanged,
    /// With every update.
    FlowAlways,
}

/// When an attribute mapping applies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttributeFlowType {
    /// On creation and on update.
    #[default]
    Always,
    /// Only when the account is created.
    ObjectAddOnly,
    /// Values are added to a multi-valued attribute, never removed.
    MultiValueAddOnly,
    /// A value is added where there is none.
    ValueAddOnly,
    /// The attribute is added where there is none.
    AttributeAddOnly,
}

impl SynchronizationSchema {
    /// The JSON document as Graph writes it.
    ///
    /// # Panics
    /// Never: a schema consists of what JSON can hold.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("a schema consists of text, numbers and flags")
    }
}

impl Default for SynchronizationRule {
    fn default() -> Self {
        Self {
            id: None,
            name: None,
            editable: true,
            priority: 0,
            source_directory_name: None,
            target_directory_name: None,
            container_filter: None,
            group_filter: None,
            object_mappings: Vec::new(),
            metadata: Vec::new(),
            extra: Map::new(),
        }
    }
}

impl Default for ObjectMapping {
    fn default() -> Self {
        Self {
            name: None,
            enabled: true,
            flow_types: FlowTypes::default(),
            source_object_name: None,
            target_object_name: None,
            scope: None,
            attribute_mappings: Vec::new(),
            metadata: Vec::new(),
            extra: Map::new(),
        }
    }
}

/// Graph's documents write null for what has its default.
fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn null_is_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(true))
}

#[cfg(test)]
mod tests;
