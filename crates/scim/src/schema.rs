//! Schemas: what attributes a resource has and which rules each one follows.
//!
//! The types read and write the JSON of RFC 7643 §7, so a schema is data: the
//! [`standard`] ones are embedded, a service's extensions are loaded the same way.
//! Reading takes the defaults of RFC 7643 §2.2 for what is absent.

pub mod standard;
mod written;

use serde::{Deserialize, Serialize};

use crate::path::Path;

/// URNs of the schemas that RFC 7643 defines.
pub mod urn {
    /// The core schema of users.
    pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
    /// The core schema of groups.
    pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
    /// The extension of users by what an employer knows.
    pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    /// The schema of `/ServiceProviderConfig`.
    pub const SERVICE_PROVIDER_CONFIG: &str =
        "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
    /// The schema of `/ResourceTypes`.
    pub const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
    /// The schema of `/Schemas`.
    pub const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

    pub(crate) const STANDARD: [&str; 6] =
        [USER, GROUP, ENTERPRISE_USER, SERVICE_PROVIDER_CONFIG, RESOURCE_TYPE, SCHEMA];

    /// Whether attributes of the schema `urn` stand at the top of a resource.
    #[must_use]
    pub fn is_core(urn: &str) -> bool {
        const CORE: &str = "urn:ietf:params:scim:schemas:core:";
        urn.get(..CORE.len()).is_some_and(|start| start.eq_ignore_ascii_case(CORE))
    }
}

/// What a resource type consists of: its core schema and the extensions it may carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceSchema {
    /// The schema whose attributes stand at the top of the resource.
    pub core: Schema,
    /// The schemas whose attributes stand below their URN.
    pub extensions: Vec<Schema>,
}

/// One schema (RFC 7643 §7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// The URN.
    pub id: String,
    /// The name for people.
    #[serde(default)]
    pub name: String,
    /// The description for people.
    #[serde(default)]
    pub description: String,
    /// The attributes, in the order in which they are shown.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

/// The definition of one attribute or sub-attribute (RFC 7643 §2.2 and §7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "written::Written", rename_all = "camelCase")]
pub struct Attribute {
    /// The name as it is written; it is read in any case.
    pub name: String,
    /// The kind of value.
    #[serde(rename = "type")]
    pub attribute_type: AttributeType,
    /// Whether the value is a list.
    pub multi_valued: bool,
    /// The description for people.
    pub description: String,
    /// Whether a resource must have it.
    pub required: bool,
    /// Values that are suggested; others are not refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub canonical_values: Vec<String>,
    /// Whether upper and lower case differ.
    pub case_exact: bool,
    /// Who may write it, and when.
    pub mutability: Mutability,
    /// When it is returned; a definition that is read never has a write-only one shown.
    pub returned: Returned,
    /// Among what it must be unique.
    pub uniqueness: Uniqueness,
    /// What a reference may point to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reference_types: Vec<String>,
    /// The parts of a complex attribute.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sub_attributes: Vec<Attribute>,
}

/// The kind of value (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeType {
    /// Text.
    #[default]
    String,
    /// `true` or `false`.
    Boolean,
    /// A number that may have a fraction.
    Decimal,
    /// A number without a fraction.
    Integer,
    /// A time in the form of RFC 3339.
    DateTime,
    /// A URI, or the id of another resource.
    Reference,
    /// Several named values.
    Complex,
    /// Bytes in Base64.
    Binary,
}

/// Who may write an attribute, and when (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// Only the service.
    ReadOnly,
    /// Clients, at any time.
    #[default]
    ReadWrite,
    /// Clients, while it has no value.
    Immutable,
    /// Clients; it is never returned.
    WriteOnly,
}

/// When an attribute is returned (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// Whatever the request asks for.
    Always,
    /// Not at all.
    Never,
    /// Unless excluded, or not among the attributes asked for.
    #[default]
    Default,
    /// Only if asked for.
    Request,
}

/// Among what a value must be unique (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// It need not be.
    #[default]
    None,
    /// Among the resources of this service.
    Server,
    /// Everywhere.
    Global,
}

/// One kind of resource and where it is found (RFC 7643 §6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceType {
    /// The id, by custom equal to the name.
    #[serde(default)]
    pub id: String,
    /// The name, such as `User`; it is also `meta.resourceType`.
    pub name: String,
    /// The description for people.
    #[serde(default)]
    pub description: String,
    /// The path below the base address, such as `/Users`.
    pub endpoint: String,
    /// The URN of the core schema.
    pub schema: String,
    /// The extensions.
    #[serde(default)]
    pub schema_extensions: Vec<SchemaExtension>,
}

/// One extension of a resource type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaExtension {
    /// The URN of the extension.
    pub schema: String,
    /// Whether every resource must have it.
    #[serde(default)]
    pub required: bool,
}

/// What a path means in a [`ResourceSchema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'s> {
    /// The extension below whose URN the attribute stands; `None` at the top.
    pub extension: Option<&'s Schema>,
    /// The attribute; `None` if the path names the whole extension.
    pub attribute: Option<&'s Attribute>,
    /// The sub-attribute, if the path names one.
    pub sub_attribute: Option<&'s Attribute>,
}

impl ResourceSchema {
    /// Finds what `path` names. Names are taken in any case. A name without URN that
    /// the core schema lacks is looked for in the extensions: clients write `manager`.
    /// `None` if no schema defines it.
    #[must_use]
    pub fn resolve(&self, path: &Path) -> Option<Target<'_>> {
        let target = self.locate(path.schema.as_deref(), &path.attribute)?;
        let Some(sub) = &path.sub_attribute else { return Some(target) };
        let sub_attribute = target.attribute?.sub_attribute(sub)?;
        Some(Target { sub_attribute: Some(sub_attribute), ..target })
    }

    /// The definition of the attribute or sub-attribute that `path` ends in.
    #[must_use]
    pub fn attribute(&self, path: &Path) -> Option<&Attribute> {
        let target = self.resolve(path)?;
        target.sub_attribute.or(target.attribute)
    }

    /// The extension with this URN, in any case.
    #[must_use]
    pub fn extension(&self, urn: &str) -> Option<&Schema> {
        self.extensions.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// The attributes at the top of a resource: those that every resource has
    /// (RFC 7643 §3.1), then those of the core schema. A core schema may define one of
    /// the former anew, for example to have `meta` always returned.
    pub fn top_attributes(&self) -> impl Iterator<Item = &Attribute> {
        let common = standard::common().iter();
        let common = common.filter(|attribute| self.core.attribute(&attribute.name).is_none());
        common.chain(&self.core.attributes)
    }

    /// The definition of the attribute `name` at the top of a resource.
    #[must_use]
    pub fn top_attribute(&self, name: &str) -> Option<&Attribute> {
        self.core.attribute(name).or_else(|| find(standard::common(), name))
    }

    /// Finds the attribute `name` of the schema `urn`, or of any schema.
    pub(crate) fn locate(&self, urn: Option<&str>, name: &str) -> Option<Target<'_>> {
        match urn {
            None => self.resolve_bare(name),
            Some(urn) => self.resolve_prefixed(urn, name),
        }
    }

    fn resolve_bare(&self, name: &str) -> Option<Target<'_>> {
        if let Some(attribute) = self.top_attribute(name) {
            return Some(Target {
                extension: None,
                attribute: Some(attribute),
                sub_attribute: None,
            });
        }
        self.extensions.iter().find_map(|schema| {
            let attribute = Some(schema.attribute(name)?);
            Some(Target { extension: Some(schema), attribute, sub_attribute: None })
        })
    }

    fn resolve_prefixed(&self, urn: &str, name: &str) -> Option<Target<'_>> {
        if self.core.id.eq_ignore_ascii_case(urn) {
            let attribute = Some(self.top_attribute(name)?);
            return Some(Target { extension: None, attribute, sub_attribute: None });
        }
        if let Some(schema) = self.extension(urn) {
            let attribute = if name.is_empty() { None } else { Some(schema.attribute(name)?) };
            return Some(Target { extension: Some(schema), attribute, sub_attribute: None });
        }
        // `urn:example:thing` was split at its last colon, yet is an extension's whole name.
        let schema = self.extension(&format!("{urn}:{name}"))?;
        Some(Target { extension: Some(schema), attribute: None, sub_attribute: None })
    }
}

impl Schema {
    /// The definition of the attribute `name`, in any case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }
}

impl Attribute {
    /// The definition of the sub-attribute `name`, in any case.
    #[must_use]
    pub fn sub_attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.sub_attributes, name)
    }

    /// Whether this is a list of references to other resources, such as `members`:
    /// its elements are told apart by their unchangeable `value` alone.
    #[must_use]
    pub fn is_reference_list(&self) -> bool {
        self.multi_valued
            && self
                .sub_attribute("value")
                .is_some_and(|value| value.mutability == Mutability::Immutable)
    }
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition found, as `extension|attribute|sub-attribute`.
    #[track_caller]
    fn check(path: &str, expected: Option<&str>) {
        let schema = ResourceSchema {
            core: standard::user().clone(),
            extensions: vec![
                standard::enterprise_user().clone(),
                Schema {
                    id: "urn:example:thing".into(),
                    name: String::new(),
                    description: String::new(),
                    attributes: vec![],
                },
            ],
        };
        let actual = schema.resolve(&Path::parse(path).unwrap()).map(|target| {
            let name = |attribute: Option<&Attribute>| {
                attribute.map(|a| a.name.clone()).unwrap_or_default()
            };
            let extension = target.extension.map(|schema| schema.name.clone()).unwrap_or_default();
            format!("{extension}|{}|{}", name(target.attribute), name(target.sub_attribute))
        });
        assert_eq!(actual.as_deref(), expected, "{path}");
    }

    #[test]
    fn names_are_found_in_any_case() {
        check("USERNAME", Some("|userName|"));
        check("Name.givenname", Some("|name|givenName"));
        check("meta.lastModified", Some("|meta|lastModified"));
        check("urn:IETF:params:scim:schemas:core:2.0:User:title", Some("|title|"));
    }

    #[test]
    fn extensions_are_found_by_urn_and_by_bare_name() {
        check(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            Some("EnterpriseUser|manager|value"),
        );
        check("manager", Some("EnterpriseUser|manager|"));
        check(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            Some("EnterpriseUser||"),
        );
        check("urn:example:thing", Some("||"));
    }

    #[test]
    fn what_no_schema_defines_is_not_found() {
        check("colour", None);
        check("name.colour", None);
        check("userName.value", None);
        check("urn:example:other:userName", None);
    }

    #[test]
    fn a_core_schema_may_define_a_common_attribute_anew() {
        let mut schema = standard::groups();
        let meta = schema.top_attribute("meta").unwrap().clone();
        schema.core.attributes.push(Attribute { returned: Returned::Always, ..meta });
        let found: Vec<_> =
            schema.top_attributes().filter(|attribute| attribute.name == "meta").collect();
        assert_eq!(found.iter().map(|meta| meta.returned).collect::<Vec<_>>(), [Returned::Always]);
    }

    #[test]
    fn a_schema_is_read_with_the_defaults_of_the_rfc_and_written_back() {
        let schema: Schema =
            serde_json::from_str(r#"{"id":"urn:x","attributes":[{"name":"a"}]}"#).unwrap();
        assert_eq!(schema.attributes[0].attribute_type, AttributeType::String);
        let again: Schema = serde_json::from_value(serde_json::to_value(&schema).unwrap()).unwrap();
        assert_eq!(again, schema);
    }
}
