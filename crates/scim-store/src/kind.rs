//! What the store knows about one kind of resources.

use scim::schema::{Attribute, Mutability, Returned};
use scim::{Path, Projection, Resource, ResourceSchema};
use scim_server::ResourceKind;
use serde_json::{Map, Value as Json};

use crate::index::{self, Index};

/// The list of those who belong to a resource.
pub(crate) const MEMBERS: &str = "members";

/// The list of what a resource belongs to.
pub(crate) const GROUPS: &str = "groups";

/// The parts of a member that the store knows without the client's words.
const MEMBER_PARTS: [&str; 4] = ["value", "$ref", "type", "display"];

/// One kind of resources.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The key in the tables.
    pub(crate) number: i64,
    pub(crate) name: String,
    pub(crate) schema: ResourceSchema,
    pub(crate) indexes: Vec<Index>,
    /// Kinds that may be members, in lower case; empty: any. `None` if there are no members.
    pub(crate) member_kinds: Option<Vec<String>>,
    /// Whether a resource shows what it belongs to.
    pub(crate) shows_groups: bool,
}

impl Kind {
    pub(crate) fn new(kind: &ResourceKind) -> Self {
        let schema = kind.schema.clone();
        let members = schema.core.attribute(MEMBERS).filter(|members| is_membership(members));
        let groups = schema.core.attribute(GROUPS);
        Self {
            number: 0,
            name: kind.name().to_owned(),
            member_kinds: members.map(referred),
            shows_groups: groups.is_some_and(|groups| groups.mutability == Mutability::ReadOnly),
            indexes: index::of_schema(&schema),
            schema,
        }
    }

    pub(crate) fn has_members(&self) -> bool {
        self.member_kinds.is_some()
    }

    /// Whether the answer shows the list, be it members or groups.
    pub(crate) fn wants(&self, wanted: &Projection, list: &str) -> bool {
        if *wanted == Projection::default() {
            // Most requests name nothing: what shows then needs no path.
            let returned = self.schema.core.attribute(list).map(|attribute| attribute.returned);
            return !matches!(returned, Some(Returned::Never | Returned::Request));
        }
        wanted.wants(&Path::attribute(list), &self.schema)
    }

    /// The index of the attribute with this name, in lower case.
    pub(crate) fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// What of a resource is kept as its data: not what has a column or rows of its own,
    /// and not what is never shown. A password is thus checked, and then forgotten.
    pub(crate) fn data(&self, mut resource: Resource) -> Resource {
        for name in ["id", "meta", "schemas"] {
            resource.shift_remove(name);
        }
        if self.has_members() {
            resource.shift_remove(MEMBERS);
        }
        if self.shows_groups {
            resource.shift_remove(GROUPS);
        }
        forget(&self.schema.core.attributes, &mut resource);
        for extension in &self.schema.extensions {
            if let Some(Json::Object(values)) = resource.get_mut(&extension.id) {
                forget(&extension.attributes, values);
            }
        }
        resource
    }
}

/// Takes out what is never shown, also within complex attributes.
fn forget(attributes: &[Attribute], values: &mut Map<String, Json>) {
    for attribute in attributes {
        if attribute.returned == Returned::Never {
            values.shift_remove(&attribute.name);
        } else if attribute.sub_attributes.iter().any(|part| part.returned == Returned::Never) {
            let is_left = match values.get_mut(&attribute.name) {
                Some(Json::Object(parts)) => is_left(&attribute.sub_attributes, parts),
                Some(Json::Array(elements)) => {
                    elements.retain_mut(|element| match element {
                        Json::Object(parts) => is_left(&attribute.sub_attributes, parts),
                        _ => true,
                    });
                    !elements.is_empty()
                }
                _ => true,
            };
            if !is_left {
                values.shift_remove(&attribute.name);
            }
        }
    }
}

/// Whether something is left of parts when the secrets among them are taken out.
fn is_left(attributes: &[Attribute], parts: &mut Map<String, Json>) -> bool {
    forget(attributes, parts);
    !parts.is_empty()
}

/// Whether the list is one of references that the store can keep by itself.
fn is_membership(members: &Attribute) -> bool {
    let is_known = |part: &Attribute| {
        MEMBER_PARTS.iter().any(|known| part.name.eq_ignore_ascii_case(known))
            || part.mutability == Mutability::ReadOnly
    };
    members.multi_valued
        && members.sub_attribute("value").is_some()
        && members.sub_attributes.iter().all(is_known)
}

/// What kinds the members may be of.
fn referred(members: &Attribute) -> Vec<String> {
    let types = members.sub_attribute("$ref").map(|part| part.reference_types.as_slice());
    types.unwrap_or_default().iter().map(|name| name.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use scim::ResourceSchema;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_never_shown_is_not_kept() {
        let secret = json!({"name": "secret", "returned": "never"});
        let parts = json!([secret, {"name": "hint"}]);
        let core = json!({"id": "urn:example:Thing", "name": "Thing", "attributes": [
            secret, {"name": "key"},
            {"name": "one", "type": "complex", "subAttributes": parts},
            {"name": "many", "type": "complex", "multiValued": true, "subAttributes": parts}]});
        let extension = json!({"id": "urn:example:More", "name": "More", "attributes": [secret]});
        let schema = ResourceSchema {
            core: serde_json::from_value(core).unwrap(),
            extensions: vec![serde_json::from_value(extension).unwrap()],
        };
        let kind = Kind::new(&ResourceKind::new("Thing", "Things", schema));
        let given = json!({"id": "1", "schemas": [], "key": "k", "secret": "x",
            "one": {"secret": "x", "hint": "h"}, "many": [{"hint": "h"}, {"secret": "x"}],
            "urn:example:More": {"secret": "x"}});
        let data = kind.data(serde_json::from_value(given).unwrap());
        assert_eq!(
            Json::Object(data),
            json!({"key": "k", "one": {"hint": "h"}, "many": [{"hint": "h"}], "urn:example:More": {}})
        );
    }
}
