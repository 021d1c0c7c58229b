//! What a directory has: its objects and their attributes (`directoryDefinition`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Discoverabilities, KeyValue, null_is_default};

/// One side of a rule: a directory with its object types (`directoryDefinition`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DirectoryDefinition {
    /// The directory's id.
    pub id: Option<String>,
    /// The name that rules refer to.
    pub name: Option<String>,
    /// Changes with every modification.
    pub version: Option<String>,
    /// Whether nothing is written to it.
    #[serde(deserialize_with = "null_is_default")]
    pub read_only: bool,
    /// What can be asked of the directory itself.
    #[serde(deserialize_with = "null_is_default")]
    pub discoverabilities: Discoverabilities,
    /// When the directory was last asked, as written.
    pub discovery_date_time: Option<String>,
    /// The object types.
    #[serde(deserialize_with = "null_is_default")]
    pub objects: Vec<ObjectDefinition>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One type of object (`objectDefinition`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectDefinition {
    /// The name that object mappings refer to.
    pub name: Option<String>,
    /// The attributes that can be mapped.
    #[serde(deserialize_with = "null_is_default")]
    pub attributes: Vec<AttributeDefinition>,
    /// Settings such as `PropertyNameSoftDeleted`.
    #[serde(deserialize_with = "null_is_default")]
    pub metadata: Vec<KeyValue>,
    /// Names of interfaces; empty in practice.
    #[serde(deserialize_with = "null_is_default")]
    pub supported_apis: Vec<String>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One attribute (`attributeDefinition`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "the shape is Graph's")]
pub struct AttributeDefinition {
    /// The attribute's name: for SCIM, a path.
    pub name: Option<String>,
    /// The type of its values.
    #[serde(rename = "type", deserialize_with = "null_is_default")]
    pub kind: AttributeType,
    /// Whether it is the primary key.
    #[serde(deserialize_with = "null_is_default")]
    pub anchor: bool,
    /// Whether values that differ only in case are different.
    #[serde(deserialize_with = "null_is_default")]
    pub case_exact: bool,
    /// The value when no mapping gives one.
    pub default_value: Option<String>,
    /// Whether an empty source clears the target.
    #[serde(deserialize_with = "null_is_default")]
    pub flow_null_values: bool,
    /// Whether it holds several values.
    #[serde(deserialize_with = "null_is_default")]
    pub multivalued: bool,
    /// Whether it can be written, and when.
    #[serde(deserialize_with = "null_is_default")]
    pub mutability: Mutability,
    /// Whether an object cannot be created without it.
    #[serde(deserialize_with = "null_is_default")]
    pub required: bool,
    /// Paths for connectors that need them.
    #[serde(deserialize_with = "null_is_default")]
    pub api_expressions: Vec<KeyValue>,
    /// Settings such as `MaximumLength`.
    #[serde(deserialize_with = "null_is_default")]
    pub metadata: Vec<KeyValue>,
    /// What a reference points to.
    #[serde(deserialize_with = "null_is_default")]
    pub referenced_objects: Vec<ReferencedObject>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What a reference points to (`referencedObject`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReferencedObject {
    /// The name of an [`ObjectDefinition`].
    pub referenced_object_name: Option<String>,
    /// The property of that object; none for its id.
    pub referenced_property: Option<String>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The type of an attribute's values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttributeType {
    /// Text.
    #[default]
    String,
    /// A whole number.
    Integer,
    /// Another object, by its id.
    Reference,
    /// Bytes, as base64.
    Binary,
    /// True or false.
    Boolean,
    /// A moment.
    DateTime,
}

/// Whether an attribute can be written, and when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mutability {
    /// Always.
    #[default]
    ReadWrite,
    /// Never.
    ReadOnly,
    /// On creation only.
    Immutable,
    /// Always, but it cannot be read.
    WriteOnly,
}
