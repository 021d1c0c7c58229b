//! The synchronisation schema: which objects and attributes flow from a source to a target.
//!
//! This is the document that administrators export from and import into Entra ID
//! (`synchronizationSchema`). Reading is lenient: an absent or null value gets Graph's default,
//! blanks in flags are accepted, unknown keys are kept in `extra` and written again. Writing is
//! strict: every property appears, in Graph's case, as SDKs expect it.
//! Pure: no clock, no database, no network.

mod definition;
mod flags;
mod source;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use definition::{
    AttributeDefinition, AttributeType, DirectoryDefinition, Mutability, ObjectDefinition,
    ReferencedObject,
};
pub use flags::{Discoverabilities, Discoverability, FlowTypes, UnknownFlag};
pub use source::{
    AttributeMappingSource, SOURCE_DEPTH_MAX, SourceError, SourceParameter, SourceType,
};

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

/// Who is in scope (`filter`): clauses in a group are joined by AND, groups by OR.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Filter {
    /// The normal filter; who leaves it is deprovisioned.
    #[serde(deserialize_with = "null_is_default")]
    pub groups: Vec<FilterGroup>,
    /// Drops objects while reading; leaving it does not deprovision.
    #[serde(deserialize_with = "null_is_default")]
    pub input_filter_groups: Vec<FilterGroup>,
    /// Decides which object mapping an object belongs to.
    #[serde(deserialize_with = "null_is_default")]
    pub category_filter_groups: Vec<FilterGroup>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Clauses that must all hold (`filterGroup`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FilterGroup {
    /// The title that an administrator sees.
    pub name: Option<String>,
    /// The tests.
    #[serde(deserialize_with = "null_is_default")]
    pub clauses: Vec<FilterClause>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One test of one source attribute (`filterClause`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FilterClause {
    /// The source attribute.
    pub source_operand_name: Option<String>,
    /// The operator as Entra ID writes it: `EQUALS`, `IS NOT NULL`, `Greater_Than`.
    pub operator_name: Option<String>,
    /// What the attribute is compared with; none for an operator without a value.
    pub target_operand: Option<FilterOperand>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The values of a clause (`filterOperand`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FilterOperand {
    /// Usually exactly one.
    #[serde(deserialize_with = "null_is_default")]
    pub values: Vec<String>,
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

/// Reads a schema from its JSON text; a byte order mark is accepted.
///
/// # Errors
/// What is not JSON, or not of the schema's shape, with line and column.
pub fn parse(text: &str) -> Result<SynchronizationSchema, SchemaError> {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(SchemaError)
}

/// Why a text is no synchronisation schema.
#[derive(Debug, thiserror::Error)]
#[error("this is not a synchronisation schema: {0}; export it again or correct it there")]
pub struct SchemaError(#[source] serde_json::Error);

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
mod tests {
    use serde_json::json;

    use super::*;

    /// The generic template, written by hand in the shape that Graph answers with.
    const SEED: &str = include_str!("../tests/schema.json");

    #[track_caller]
    fn check_kept(document: &Value) {
        let schema = parse(&document.to_string()).unwrap();
        assert_eq!(schema.to_json(), *document);
    }

    #[test]
    fn a_complete_document_is_written_as_it_was_read() {
        check_kept(&serde_json::from_str(SEED).unwrap());
    }

    #[test]
    fn unknown_keys_are_kept_at_every_level() {
        let mut document: Value = serde_json::from_str(SEED).unwrap();
        document["directories@odata.context"] = json!("x");
        document["synchronizationRules"][0]["new"] = json!(1);
        document["synchronizationRules"][0]["objectMappings"][0]["new"] = json!([true]);
        document["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"][0]["new"] =
            json!({"a": null});
        document["directories"][0]["objects"][0]["attributes"][0]["new"] = json!("y");
        check_kept(&document);
    }

    #[test]
    fn absent_and_null_values_get_graphs_defaults() {
        let schema = parse(
            r#"{"synchronizationRules":[{"priority":null,"objectMappings":[
            {"name":null,"sourceObjectName":"","attributeMappings":null},
            {"flowTypes":"Add, Update","attributeMappings":[{"targetAttributeName":"userName","source":{"name":"mail"}}]}]}]}"#,
        )
        .unwrap();
        let rule = &schema.synchronization_rules[0];
        assert!(rule.editable && rule.object_mappings[0].enabled);
        assert_eq!(rule.object_mappings[0].flow_types, FlowTypes::default());
        assert_eq!(
            rule.object_mappings[1].flow_types,
            FlowTypes { add: true, update: true, delete: false }
        );
        let mapping = &rule.object_mappings[1].attribute_mappings[0];
        assert_eq!(mapping.flow_type, AttributeFlowType::Always);
        assert_eq!(mapping.source.as_ref().unwrap().kind, SourceType::Attribute);
    }

    #[test]
    fn a_byte_order_mark_is_no_error() {
        assert!(parse("\u{feff}{}").is_ok());
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        insta::assert_snapshot!(parse("{\"id\": \"a\",\n}").unwrap_err(),
            @"this is not a synchronisation schema: trailing comma at line 2 column 1; export it again or correct it there");
    }
}
