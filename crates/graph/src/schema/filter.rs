//! Who is in scope, as Graph writes it (`filter`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::null_is_default;

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
