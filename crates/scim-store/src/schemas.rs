//! Kinds of resources from JSON: schemas and resource types as RFC 7643 §6 and §7 have them.
//!
//! A document is one schema or resource type, a list of them, or the answer of another
//! service to `/Schemas` or `/ResourceTypes`. Users and groups are there without it; a
//! resource type of the same name takes their place.

use std::collections::BTreeMap;

use scim::ResourceSchema;
use scim::schema::{Attribute, AttributeType, ResourceType, Schema, SchemaExtension, standard};
use scim_server::ResourceKind;
use serde_json::Value as Json;

/// The most schemas and resource types in all documents.
pub const DEFINITION_COUNT_MAX: usize = 1_000;

/// Why the kinds cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The text is no JSON.
    #[error("\"{file}\" is no JSON ({why}): correct it there")]
    NoJson {
        /// The document.
        file: String,
        /// What is wrong, and where.
        why: String,
    },
    /// The JSON is neither of the two.
    #[error(
        "\"{file}\" has a definition that is neither a schema (\"id\" and \"attributes\") nor a resource type (\"endpoint\" and \"schema\"): {why}"
    )]
    NoDefinition {
        /// The document.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// More than [`DEFINITION_COUNT_MAX`].
    #[error(
        "there are more than {DEFINITION_COUNT_MAX} schemas and resource types: leave some out"
    )]
    TooMany,
    /// A resource type names a schema that is not there.
    #[error(
        "the resource type \"{name}\" needs the schema \"{schema}\", which no file has: add it"
    )]
    MissingSchema {
        /// The resource type.
        name: String,
        /// The URN.
        schema: String,
    },
    /// A schema that no resource type names.
    #[error(
        "the schema \"{0}\" belongs to no resource type: add one that names it as \"schema\" or among its \"schemaExtensions\""
    )]
    Unused(String),
    /// Two resource types at one endpoint.
    #[error(
        "the resource types \"{one}\" and \"{other}\" have the same endpoint \"{endpoint}\": change one"
    )]
    SameEndpoint {
        /// The first.
        one: String,
        /// The second.
        other: String,
        /// The path.
        endpoint: String,
    },
    /// An endpoint that the protocol needs, or none at all.
    #[error(
        "the resource type \"{name}\" cannot be at \"{endpoint}\": give it one name that SCIM does not use, such as \"/Devices\""
    )]
    Endpoint {
        /// The resource type.
        name: String,
        /// The path.
        endpoint: String,
    },
    /// An attribute that contradicts itself.
    #[error("the attribute \"{attribute}\" of the schema \"{schema}\" {why}")]
    Attribute {
        /// The URN.
        schema: String,
        /// The attribute.
        attribute: String,
        /// What is wrong.
        why: &'static str,
    },
}

/// What the documents define.
#[derive(Default)]
struct Definitions {
    schemas: BTreeMap<String, Schema>,
    types: Vec<ResourceType>,
}

/// The kinds that the documents define, given as names and texts, beside users and groups.
///
/// # Errors
/// A document that cannot be read, or definitions that do not fit together.
pub fn kinds(documents: &[(String, String)]) -> Result<Vec<ResourceKind>, SchemaError> {
    let mut definitions = Definitions::default();
    for (file, text) in documents {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| SchemaError::NoJson { file: file.clone(), why: error.to_string() })?;
        definitions.read(file, &json)?;
    }
    let mut kinds = vec![ResourceKind::users(), ResourceKind::groups()];
    for resource_type in &definitions.types {
        let kind = definitions.kind(resource_type)?;
        match kinds.iter_mut().find(|known| known.name() == kind.name()) {
            Some(known) => *known = kind,
            None => kinds.push(kind),
        }
    }
    definitions.check_use()?;
    check_endpoints(&kinds)?;
    Ok(kinds)
}

impl Definitions {
    fn read(&mut self, file: &str, json: &Json) -> Result<(), SchemaError> {
        let list = json.get("Resources").unwrap_or(json);
        let definitions = list.as_array().map_or(std::slice::from_ref(list), Vec::as_slice);
        for definition in definitions {
            if self.schemas.len() + self.types.len() >= DEFINITION_COUNT_MAX {
                return Err(SchemaError::TooMany);
            }
            self.read_one(definition)
                .map_err(|why| SchemaError::NoDefinition { file: file.to_owned(), why })?;
        }
        self.schemas.values().try_for_each(check_schema)
    }

    fn read_one(&mut self, definition: &Json) -> Result<(), String> {
        let read_error = |error: serde_json::Error| error.to_string();
        if definition.get("attributes").is_some() {
            let schema: Schema = serde_json::from_value(definition.clone()).map_err(read_error)?;
            self.schemas.insert(schema.id.clone(), schema);
        } else if definition.get("endpoint").is_some() {
            self.types.push(serde_json::from_value(definition.clone()).map_err(read_error)?);
        } else {
            return Err("it has neither \"attributes\" nor \"endpoint\"".to_owned());
        }
        Ok(())
    }

    fn kind(&self, resource_type: &ResourceType) -> Result<ResourceKind, SchemaError> {
        let schema = |urn: &String| {
            let known = self.schemas.get(urn).cloned().or_else(|| standard(urn));
            known.ok_or_else(|| SchemaError::MissingSchema {
                name: resource_type.name.clone(),
                schema: urn.clone(),
            })
        };
        let extension = |extension: &SchemaExtension| schema(&extension.schema);
        let extensions: Result<Vec<Schema>, SchemaError> =
            resource_type.schema_extensions.iter().map(extension).collect();
        let schema =
            ResourceSchema { core: schema(&resource_type.schema)?, extensions: extensions? };
        let endpoint = resource_type.endpoint.trim_matches('/');
        let mut kind = ResourceKind::new(&resource_type.name, endpoint, schema);
        kind.resource_type.schema_extensions.clone_from(&resource_type.schema_extensions);
        if !resource_type.description.is_empty() {
            kind.resource_type.description.clone_from(&resource_type.description);
        }
        Ok(kind)
    }

    /// Each schema has a resource type, unless it describes the protocol itself.
    fn check_use(&self) -> Result<(), SchemaError> {
        let of_types = |urn: &str| {
            self.types.iter().any(|resource_type| {
                resource_type.schema == urn
                    || resource_type
                        .schema_extensions
                        .iter()
                        .any(|extension| extension.schema == urn)
            })
        };
        let unused = self.schemas.keys().find(|urn| !of_types(urn) && standard(urn).is_none());
        match unused {
            Some(urn) => Err(SchemaError::Unused(urn.clone())),
            None => Ok(()),
        }
    }
}

/// The schemas that are known without a document.
fn standard(urn: &str) -> Option<Schema> {
    let known = [
        standard::user(),
        standard::group(),
        standard::enterprise_user(),
        standard::service_provider_config(),
        standard::resource_type(),
        standard::schema(),
    ];
    known.into_iter().find(|schema| schema.id == urn).cloned()
}

fn check_endpoints(kinds: &[ResourceKind]) -> Result<(), SchemaError> {
    const RESERVED: [&str; 6] =
        ["Me", "Bulk", "Schemas", "ResourceTypes", "ServiceProviderConfig", ".search"];
    for (place, kind) in kinds.iter().enumerate() {
        let endpoint = kind.endpoint();
        let is_reserved = RESERVED.iter().any(|known| known.eq_ignore_ascii_case(endpoint));
        if is_reserved || endpoint.is_empty() || endpoint.contains(['/', '?', '#', '%', ' ']) {
            return Err(SchemaError::Endpoint {
                name: kind.name().to_owned(),
                endpoint: endpoint.to_owned(),
            });
        }
        let before =
            kinds[..place].iter().find(|known| known.endpoint().eq_ignore_ascii_case(endpoint));
        if let Some(before) = before {
            return Err(SchemaError::SameEndpoint {
                one: before.name().to_owned(),
                other: kind.name().to_owned(),
                endpoint: endpoint.to_owned(),
            });
        }
    }
    Ok(())
}

fn check_schema(schema: &Schema) -> Result<(), SchemaError> {
    let refuse = |attribute: &str, why| {
        Err(SchemaError::Attribute {
            schema: schema.id.clone(),
            attribute: attribute.to_owned(),
            why,
        })
    };
    for (place, attribute) in schema.attributes.iter().enumerate() {
        if !is_name(&attribute.name) {
            return refuse(
                &attribute.name,
                "has no name of letters, digits, \"-\", \"_\" and \"$\": rename it",
            );
        }
        let is_same = |other: &Attribute| other.name.eq_ignore_ascii_case(&attribute.name);
        if schema.attributes[..place].iter().any(is_same) {
            return refuse(&attribute.name, "is there twice: remove one");
        }
        let is_complex = attribute.attribute_type == AttributeType::Complex;
        if is_complex == attribute.sub_attributes.is_empty() {
            return refuse(
                &attribute.name,
                "must have \"subAttributes\" exactly if its type is \"complex\": correct either",
            );
        }
        if attribute.sub_attributes.iter().any(|part| part.attribute_type == AttributeType::Complex)
        {
            return refuse(
                &attribute.name,
                "has a complex sub-attribute, which SCIM does not allow: make it simple",
            );
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '$')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || ['-', '_', '$'].contains(&c))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DEVICE: &str = "urn:example:params:scim:schemas:Device";

    fn device() -> Json {
        json!({"id": DEVICE, "name": "Device", "attributes": [{"name": "serial", "uniqueness": "server"}]})
    }

    fn device_type() -> Json {
        json!({"name": "Device", "endpoint": "/Devices", "schema": DEVICE})
    }

    #[track_caller]
    fn check(documents: &[Json], expected: &str) {
        let documents: Vec<_> =
            documents.iter().map(|json| ("file.json".to_owned(), json.to_string())).collect();
        let kinds = match kinds(&documents) {
            Ok(kinds) => kinds
                .iter()
                .map(|kind| format!("{}={}", kind.endpoint(), kind.schema.extensions.len()))
                .collect::<Vec<_>>()
                .join(" "),
            Err(error) => error.to_string(),
        };
        assert_eq!(kinds, expected);
    }

    #[test]
    fn users_and_groups_are_there_without_documents() {
        check(&[], "Users=1 Groups=0");
    }

    #[test]
    fn definitions_come_alone_in_lists_and_as_answers() {
        check(&[device(), device_type()], "Users=1 Groups=0 Devices=0");
        check(&[json!([device_type(), device()])], "Users=1 Groups=0 Devices=0");
        check(
            &[json!({"totalResults": 1, "Resources": [device_type()]}), device()],
            "Users=1 Groups=0 Devices=0",
        );
    }

    #[test]
    fn a_type_of_the_same_name_takes_the_place_of_users() {
        let user = scim::schema::urn::USER;
        let own = json!({"name": "User", "endpoint": "/Users", "schema": user,
            "schemaExtensions": [{"schema": DEVICE, "required": false}]});
        check(&[own, device()], "Users=1 Groups=0");
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        check(
            &[device()],
            "the schema \"urn:example:params:scim:schemas:Device\" belongs to no resource type: add one that names it as \"schema\" or among its \"schemaExtensions\"",
        );
        check(
            &[device_type()],
            "the resource type \"Device\" needs the schema \"urn:example:params:scim:schemas:Device\", which no file has: add it",
        );
        check(
            &[json!({"a": 1})],
            "\"file.json\" has a definition that is neither a schema (\"id\" and \"attributes\") nor a resource type (\"endpoint\" and \"schema\"): it has neither \"attributes\" nor \"endpoint\"",
        );
        let at = |endpoint: &str| json!({"name": "Device", "endpoint": endpoint, "schema": DEVICE});
        check(
            &[device(), at("/users")],
            "the resource types \"User\" and \"Device\" have the same endpoint \"users\": change one",
        );
        check(
            &[device(), at("/Bulk")],
            "the resource type \"Device\" cannot be at \"Bulk\": give it one name that SCIM does not use, such as \"/Devices\"",
        );
        let twice = json!({"id": DEVICE, "attributes": [{"name": "a"}, {"name": "A"}]});
        check(
            &[twice, device_type()],
            "the attribute \"A\" of the schema \"urn:example:params:scim:schemas:Device\" is there twice: remove one",
        );
    }
}
