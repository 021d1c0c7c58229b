//! The definition of an attribute as a schema writes it (RFC 7643 §7), and what it means.
//!
//! Whatever is absent has the default of RFC 7643 §2.2, except that case counts in
//! references and binaries (§2.3.6 and §2.3.7). A write-only value is never returned,
//! whatever its definition says: "Attribute values SHALL NOT be returned" (§7).

use serde::Deserialize;

use super::{Attribute, AttributeType, Mutability, Returned, Uniqueness};

/// A definition whose characteristics have not been settled yet.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Written {
    name: String,
    #[serde(rename = "type", default)]
    attribute_type: AttributeType,
    #[serde(default)]
    multi_valued: bool,
    #[serde(default)]
    description: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    canonical_values: Vec<String>,
    case_exact: Option<bool>,
    #[serde(default)]
    mutability: Mutability,
    #[serde(default)]
    returned: Returned,
    #[serde(default)]
    uniqueness: Uniqueness,
    #[serde(default)]
    reference_types: Vec<String>,
    #[serde(default)]
    sub_attributes: Vec<Attribute>,
}

impl From<Written> for Attribute {
    fn from(written: Written) -> Self {
        let returned = match written.mutability {
            Mutability::WriteOnly => Returned::Never,
            _ => written.returned,
        };
        let is_exact_by_type =
            matches!(written.attribute_type, AttributeType::Reference | AttributeType::Binary);
        Self {
            name: written.name,
            attribute_type: written.attribute_type,
            multi_valued: written.multi_valued,
            description: written.description,
            required: written.required,
            canonical_values: written.canonical_values,
            case_exact: written.case_exact.unwrap_or(is_exact_by_type),
            mutability: written.mutability,
            returned,
            uniqueness: written.uniqueness,
            reference_types: written.reference_types,
            sub_attributes: written.sub_attributes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[track_caller]
    fn read(written: Value) -> Attribute {
        serde_json::from_value(written).unwrap()
    }

    #[test]
    fn case_counts_in_references_and_binaries_unless_the_schema_says_otherwise() {
        let is_exact = |kind: &str, more: Value| {
            let mut written = json!({"name": "a", "type": kind});
            written.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            read(written).case_exact
        };
        for (kind, by_default) in [("reference", true), ("binary", true), ("string", false)] {
            assert_eq!(is_exact(kind, json!({})), by_default, "{kind}");
            assert!(is_exact(kind, json!({"caseExact": true})), "{kind}");
            assert!(!is_exact(kind, json!({"caseExact": false})), "{kind}");
        }
    }

    #[test]
    fn what_only_clients_write_is_never_returned() {
        for returned in ["always", "default", "request", "never"] {
            let secret =
                read(json!({"name": "pin", "mutability": "writeOnly", "returned": returned}));
            assert_eq!(secret.returned, Returned::Never, "{returned}");
        }
        let parts = json!([{"name": "pin", "mutability": "writeOnly"}, {"name": "hint"}]);
        let lock = read(json!({"name": "lock", "type": "complex", "subAttributes": parts}));
        let returned: Vec<_> = lock.sub_attributes.iter().map(|part| part.returned).collect();
        assert_eq!(returned, [Returned::Never, Returned::Default]);
    }
}
