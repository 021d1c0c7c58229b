//! What is known of a target attribute: what the schema defines, or else what SCIM does.

use graph::schema::{
    AttributeDefinition, AttributeType, Mutability, ObjectDefinition, SynchronizationSchema,
};
use scim::path::Path;
use scim::schema::{Attribute, AttributeType as ScimType, ResourceSchema, standard};

use super::TargetAttribute;
use crate::nearest::nearest;
use crate::object::ObjectKind;

/// The definitions of one kind of target object.
pub(super) struct TargetDefinitions<'s> {
    defined: Option<&'s ObjectDefinition>,
    standard: ResourceSchema,
}

/// A target attribute with what else its definition says.
pub(super) struct Defined {
    pub(super) attribute: TargetAttribute,
    pub(super) anchor: bool,
    pub(super) mutability: Mutability,
    /// Whether anything defines it.
    pub(super) is_known: bool,
}

impl<'s> TargetDefinitions<'s> {
    pub(super) fn new(defined: Option<&'s ObjectDefinition>, kind: ObjectKind) -> Self {
        let standard = match kind {
            ObjectKind::User => standard::users(),
            ObjectKind::Group => standard::groups(),
        };
        Self { defined, standard }
    }

    /// What is known of the attribute at `path`.
    pub(super) fn attribute(&self, name: &str, path: Path) -> Defined {
        if let Some(definition) = self.definition(name) {
            return Defined {
                attribute: from_definition(name, path, definition),
                anchor: definition.anchor,
                mutability: definition.mutability,
                is_known: true,
            };
        }
        let standard = self.standard.attribute(&path);
        Defined {
            attribute: from_standard(name, path, standard),
            anchor: false,
            mutability: Mutability::ReadWrite,
            is_known: standard.is_some(),
        }
    }

    /// The defined name most similar to one that is not defined.
    pub(super) fn near(&self, name: &str) -> Option<&str> {
        nearest(name, self.definitions().filter_map(|definition| definition.name.as_deref()))
    }

    /// The names of the attributes that an object cannot be created without.
    pub(super) fn required(&self) -> impl Iterator<Item = &str> {
        let needed = |definition: &&AttributeDefinition| {
            let is_writable = definition.mutability != Mutability::ReadOnly;
            definition.required && !definition.anchor && is_writable
        };
        self.definitions().filter(needed).filter_map(|definition| definition.name.as_deref())
    }

    /// The definition of that name, in the same letter case if there are several.
    fn definition(&self, name: &str) -> Option<&AttributeDefinition> {
        let called = |definition: &&AttributeDefinition| definition.name.as_deref() == Some(name);
        let alike = |definition: &&AttributeDefinition| {
            definition.name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name))
        };
        self.definitions().find(called).or_else(|| self.definitions().find(alike))
    }

    fn definitions(&self) -> impl Iterator<Item = &AttributeDefinition> {
        self.defined.into_iter().flat_map(|object| &object.attributes)
    }
}

/// The definition of an object type in a directory of the schema, both by name in any case.
pub(super) fn object_definition<'s>(
    schema: &'s SynchronizationSchema,
    directory: Option<&str>,
    object: Option<&str>,
) -> Option<&'s ObjectDefinition> {
    let (directory, object) = (directory?, object?);
    let is_called = |name: &Option<String>, wanted: &str| {
        name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(wanted))
    };
    let mut directories = schema.directories.iter();
    let found = directories.find(|candidate| is_called(&candidate.name, directory))?;
    found.objects.iter().find(|candidate| is_called(&candidate.name, object))
}

fn from_definition(name: &str, path: Path, definition: &AttributeDefinition) -> TargetAttribute {
    TargetAttribute {
        name: name.to_owned(),
        path,
        kind: definition.kind,
        multivalued: definition.multivalued,
        case_exact: definition.case_exact,
        required: definition.required,
    }
}

/// An attribute that only SCIM defines, or nobody: then it is one text.
fn from_standard(name: &str, path: Path, standard: Option<&Attribute>) -> TargetAttribute {
    let is_whole = path.filter.is_none() && path.sub_attribute.is_none();
    let is_reference = is_whole && ["manager", "members"].contains(&path.attribute.as_str());
    let kind = match standard.map(|attribute| attribute.attribute_type) {
        _ if is_reference => AttributeType::Reference,
        Some(ScimType::Boolean) => AttributeType::Boolean,
        Some(ScimType::Integer) => AttributeType::Integer,
        Some(ScimType::DateTime) => AttributeType::DateTime,
        Some(ScimType::Binary) => AttributeType::Binary,
        _ => AttributeType::String,
    };
    TargetAttribute {
        name: name.to_owned(),
        kind,
        multivalued: is_whole && standard.is_some_and(|attribute| attribute.multi_valued),
        case_exact: standard.is_some_and(|attribute| attribute.case_exact),
        required: standard.is_some_and(|attribute| attribute.required),
        path,
    }
}
