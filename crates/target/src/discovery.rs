//! Discovery: which attributes a service says it has (`/Schemas` and `/ResourceTypes`, RFC 7644 §4).
//!
//! What is read is bounded: a service that lists without end, or the same page again and again, ends
//! the reading instead of us. `/ResourceTypes` is optional; without it, extensions are told from
//! their names.

use graph::schema::AttributeDefinition;
use scim::schema::{ResourceType, Schema, urn};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::Target;
use crate::definition;
use crate::error::TargetError;

/// Most schemas or resource types that are read.
pub const SCHEMAS_MAX: usize = 500;

/// Most pages that are read.
pub const DISCOVERY_PAGES_MAX: usize = 50;

/// Most attributes of users, and of groups, that are taken.
pub const DEFINITIONS_MAX: usize = 5_000;

/// What a service says that its users and groups have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Discovery {
    /// Attributes of users.
    pub users: Vec<AttributeDefinition>,
    /// Attributes of groups.
    pub groups: Vec<AttributeDefinition>,
    /// What could not be used, in sentences.
    pub remarks: Vec<String>,
}

impl Target {
    /// Asks the service which attributes it has.
    ///
    /// # Errors
    /// The service cannot be reached, or has no `/Schemas`.
    pub async fn discover(&self) -> Result<Discovery, TargetError> {
        let mut remarks = Vec::new();
        let schemas: Vec<Schema> = self.described("Schemas", &mut remarks).await?;
        let types: Vec<ResourceType> = match self.described("ResourceTypes", &mut remarks).await {
            Ok(types) => types,
            Err(
                TargetError::NotFound { .. }
                | TargetError::Refused { .. }
                | TargetError::NotScim { .. },
            ) => Vec::new(),
            Err(error) => return Err(error),
        };
        let (users, groups) = (&self.profile().user_endpoint, &self.profile().group_endpoint);
        let users = attributes(&schemas, &types, users, urn::USER);
        let groups = attributes(&schemas, &types, groups, urn::GROUP);
        if users.is_empty() {
            remarks.push("the service describes no schema of users".to_owned());
        }
        Ok(Discovery { users, groups, remarks })
    }

    /// All that `endpoint` lists, as far as it can be read.
    async fn described<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        remarks: &mut Vec<String>,
    ) -> Result<Vec<T>, TargetError> {
        let mut seen: Vec<Value> = Vec::new();
        for _ in 0..DISCOVERY_PAGES_MAX {
            let page = self.list(endpoint, seen.len()).await?;
            let (total, before) = (page.total_results, seen.len());
            for resource in page.resources.into_iter().map(Value::Object) {
                if !seen.contains(&resource) && seen.len() < SCHEMAS_MAX {
                    seen.push(resource);
                }
            }
            if seen.len() >= total || seen.len() == before {
                break;
            }
        }
        let mut read = Vec::with_capacity(seen.len());
        for resource in seen {
            let name = resource["id"].as_str().or(resource["name"].as_str());
            let name = name.unwrap_or("without a name").to_owned();
            match serde_json::from_value(resource) {
                Ok(described) => read.push(described),
                Err(error) => {
                    remarks.push(format!("/{endpoint} \"{name}\" cannot be read ({error})"));
                }
            }
        }
        Ok(read)
    }
}

/// The attributes of what lives at `endpoint`: those of its core schema, then of its extensions.
fn attributes(
    schemas: &[Schema],
    types: &[ResourceType],
    endpoint: &str,
    core: &str,
) -> Vec<AttributeDefinition> {
    let at_endpoint = |found: &&ResourceType| {
        found.endpoint.trim_matches('/').eq_ignore_ascii_case(endpoint.trim_matches('/'))
    };
    let (core, extensions): (&str, Vec<&str>) = match types.iter().find(at_endpoint) {
        Some(found) => {
            let extensions =
                found.schema_extensions.iter().map(|extension| extension.schema.as_str());
            (&found.schema, extensions.collect())
        }
        None => (
            core,
            schemas
                .iter()
                .map(|schema| schema.id.as_str())
                .filter(|id| extends(id, core))
                .collect(),
        ),
    };
    let find = |urn: &str| schemas.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn));
    let mut definitions: Vec<AttributeDefinition> =
        find(core).into_iter().flat_map(|schema| definition::definitions(schema, None)).collect();
    for schema in extensions.into_iter().filter_map(find) {
        definitions.extend(definition::definitions(schema, Some(&schema.id)));
    }
    definitions.truncate(DEFINITIONS_MAX);
    definitions
}

/// Whether a URN names an extension of what `core` is the schema of.
fn extends(id: &str, core: &str) -> bool {
    let kind = core.rsplit(':').next().unwrap_or_default();
    let same_kind = id.rsplit(':').next().is_some_and(|last| last.eq_ignore_ascii_case(kind));
    same_kind && !urn::is_core(id)
}
