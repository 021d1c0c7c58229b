//! What a service says of its attributes, as attribute definitions that can be mapped.
//!
//! A mapping fills one value, so a complex attribute becomes one definition for each part:
//! `name.givenName`, and for each type of a multi-valued one `emails[type eq "work"].value`. An
//! attribute that refers to users or groups is one definition of the type Reference.

use graph::schema::{AttributeDefinition, AttributeType, Mutability, ReferencedObject};
use scim::schema::{self, Attribute, Schema};

/// Attributes that are never mapped: the service's own ones, and credentials.
const NEVER_MAPPED: [&str; 4] = ["id", "meta", "schemas", "password"];

/// Parts of a multi-valued attribute that say what an element is, and are no values.
const NO_VALUES: [&str; 4] = ["type", "primary", "display", "$ref"];

/// Most types of one multi-valued attribute.
const TYPES_MAX: usize = 50;

/// The definitions of a schema's attributes; those of an extension begin with its URN.
pub(crate) fn definitions(schema: &Schema, extension: Option<&str>) -> Vec<AttributeDefinition> {
    let mapped = schema.attributes.iter().filter(|attribute| {
        !NEVER_MAPPED.iter().any(|never| never.eq_ignore_ascii_case(&attribute.name))
    });
    mapped
        .flat_map(|attribute| {
            let name = match extension {
                Some(urn) => format!("{urn}:{}", attribute.name),
                None => attribute.name.clone(),
            };
            of_attribute(attribute, &name)
        })
        .collect()
}

fn of_attribute(attribute: &Attribute, name: &str) -> Vec<AttributeDefinition> {
    if attribute.attribute_type != schema::AttributeType::Complex {
        return vec![simple(attribute, name, attribute.multi_valued)];
    }
    let refers_to = referenced(attribute);
    if !refers_to.is_empty() {
        let references = AttributeDefinition {
            kind: AttributeType::Reference,
            referenced_objects: refers_to,
            ..simple(attribute, name, attribute.multi_valued)
        };
        return vec![references];
    }
    if !attribute.multi_valued {
        let parts = attribute.sub_attributes.iter();
        return parts
            .filter_map(|part| sub(attribute, part, &format!("{name}.{}", part.name)))
            .collect();
    }
    let types = attribute.sub_attribute("type").map(|kind| kind.canonical_values.as_slice());
    match types.unwrap_or_default() {
        // Nothing tells elements apart, so only the attribute as a whole can be filled.
        [] => {
            let whole = simple(attribute, name, true);
            vec![AttributeDefinition { kind: AttributeType::String, ..whole }]
        }
        types => {
            types.iter().take(TYPES_MAX).flat_map(|kind| of_type(attribute, name, kind)).collect()
        }
    }
}

/// The parts of the element of one type.
fn of_type(attribute: &Attribute, name: &str, kind: &str) -> Vec<AttributeDefinition> {
    let quoted = serde_json::Value::from(kind).to_string();
    let values = attribute
        .sub_attributes
        .iter()
        .filter(|part| !NO_VALUES.iter().any(|not| not.eq_ignore_ascii_case(&part.name)));
    values
        .filter_map(|part| sub(attribute, part, &format!("{name}[type eq {quoted}].{}", part.name)))
        .collect()
}

fn sub(attribute: &Attribute, part: &Attribute, name: &str) -> Option<AttributeDefinition> {
    // Nothing in SCIM lies deeper.
    if part.attribute_type == schema::AttributeType::Complex {
        return None;
    }
    let mut definition = simple(part, name, part.multi_valued);
    definition.required = attribute.required && part.required && !attribute.multi_valued;
    if attribute.mutability == schema::Mutability::ReadOnly {
        definition.mutability = Mutability::ReadOnly;
    }
    Some(definition)
}

fn simple(attribute: &Attribute, name: &str, multivalued: bool) -> AttributeDefinition {
    AttributeDefinition {
        name: Some(name.to_owned()),
        kind: match attribute.attribute_type {
            schema::AttributeType::Boolean => AttributeType::Boolean,
            schema::AttributeType::Integer => AttributeType::Integer,
            schema::AttributeType::DateTime => AttributeType::DateTime,
            schema::AttributeType::Binary => AttributeType::Binary,
            // A reference by itself is a URI, such as profileUrl: a text.
            _ => AttributeType::String,
        },
        case_exact: attribute.case_exact,
        multivalued,
        mutability: match attribute.mutability {
            schema::Mutability::ReadOnly => Mutability::ReadOnly,
            schema::Mutability::ReadWrite => Mutability::ReadWrite,
            schema::Mutability::Immutable => Mutability::Immutable,
            schema::Mutability::WriteOnly => Mutability::WriteOnly,
        },
        required: attribute.required,
        ..AttributeDefinition::default()
    }
}

/// The kinds of resource that a complex attribute refers to.
fn referenced(attribute: &Attribute) -> Vec<ReferencedObject> {
    let types = attribute.sub_attributes.iter().flat_map(|part| &part.reference_types);
    let mut names: Vec<&String> =
        types.filter(|name| ["User", "Group"].contains(&name.as_str())).collect();
    names.dedup();
    let referenced = |name: &String| ReferencedObject {
        referenced_object_name: Some(name.clone()),
        ..ReferencedObject::default()
    };
    names.into_iter().map(referenced).collect()
}

#[cfg(test)]
mod tests {
    use scim::schema::standard;

    use super::*;

    fn told(schema: &Schema, extension: Option<&str>) -> String {
        let line = |definition: &AttributeDefinition| {
            let flags = [
                ("required", definition.required),
                ("multivalued", definition.multivalued),
                ("caseExact", definition.case_exact),
                ("read only", definition.mutability == Mutability::ReadOnly),
            ];
            let set: String =
                flags.iter().filter(|(_, set)| *set).flat_map(|(flag, _)| [" ", flag]).collect();
            format!(
                "{}: {:?}{set}",
                definition.name.as_deref().unwrap_or_default(),
                definition.kind
            )
        };
        definitions(schema, extension).iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_attributes_of_users_are_those_that_can_be_mapped() {
        insta::assert_snapshot!(told(&standard::users().core, None), @r#"
        userName: String required
        name.formatted: String
        name.familyName: String
        name.givenName: String
        name.middleName: String
        name.honorificPrefix: String
        name.honorificSuffix: String
        displayName: String
        nickName: String
        profileUrl: String caseExact
        title: String
        userType: String
        preferredLanguage: String
        locale: String
        timezone: String
        active: Boolean
        emails[type eq "work"].value: String
        emails[type eq "home"].value: String
        emails[type eq "other"].value: String
        phoneNumbers[type eq "work"].value: String
        phoneNumbers[type eq "home"].value: String
        phoneNumbers[type eq "mobile"].value: String
        phoneNumbers[type eq "fax"].value: String
        phoneNumbers[type eq "pager"].value: String
        phoneNumbers[type eq "other"].value: String
        ims[type eq "aim"].value: String
        ims[type eq "gtalk"].value: String
        ims[type eq "icq"].value: String
        ims[type eq "xmpp"].value: String
        ims[type eq "msn"].value: String
        ims[type eq "skype"].value: String
        ims[type eq "qq"].value: String
        ims[type eq "yahoo"].value: String
        photos[type eq "photo"].value: String caseExact
        photos[type eq "thumbnail"].value: String caseExact
        addresses[type eq "work"].formatted: String
        addresses[type eq "work"].streetAddress: String
        addresses[type eq "work"].locality: String
        addresses[type eq "work"].region: String
        addresses[type eq "work"].postalCode: String
        addresses[type eq "work"].country: String
        addresses[type eq "home"].formatted: String
        addresses[type eq "home"].streetAddress: String
        addresses[type eq "home"].locality: String
        addresses[type eq "home"].region: String
        addresses[type eq "home"].postalCode: String
        addresses[type eq "home"].country: String
        addresses[type eq "other"].formatted: String
        addresses[type eq "other"].streetAddress: String
        addresses[type eq "other"].locality: String
        addresses[type eq "other"].region: String
        addresses[type eq "other"].postalCode: String
        addresses[type eq "other"].country: String
        groups: Reference multivalued read only
        entitlements: String multivalued
        roles: String multivalued
        x509Certificates: String multivalued
        "#);
    }

    #[test]
    fn attributes_of_an_extension_begin_with_its_urn() {
        let schema = &standard::users().extensions[0];
        insta::assert_snapshot!(told(schema, Some(&schema.id)), @"
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber: String
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter: String
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization: String
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division: String
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department: String
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager: Reference
        ");
    }

    #[test]
    fn members_of_groups_are_references() {
        insta::assert_snapshot!(told(&standard::groups().core, None), @"
        displayName: String required
        members: Reference multivalued
        ");
    }
}
