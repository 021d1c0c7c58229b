//! The vendor's schemas: the core user and group with the attributes that the
//! vendor has, its own `division` and `dateHire` in the enterprise extension, and
//! its own extension. What is not here (`name`, `addresses`, …) is ignored.

use std::sync::LazyLock;

use scim::schema::{ResourceSchema, Schema};

/// The URN of the vendor's extension of users.
pub(crate) const GENESYS_USER: &str =
    "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";

/// Users with both extensions.
pub(crate) static USER: LazyLock<ResourceSchema> = LazyLock::new(|| ResourceSchema {
    core: read(include_str!("../schemas/user.json")),
    extensions: vec![
        read(include_str!("../schemas/enterprise-user.json")),
        read(include_str!("../schemas/genesys-user.json")),
    ],
});

/// Groups.
pub(crate) static GROUP: LazyLock<ResourceSchema> = LazyLock::new(|| ResourceSchema {
    core: read(include_str!("../schemas/group.json")),
    extensions: Vec::new(),
});

fn read(text: &str) -> Schema {
    serde_json::from_str(text).expect("the embedded schemas are tested")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_schemas_can_be_read() {
        let ids = |schema: &ResourceSchema| {
            let extensions = schema.extensions.iter().map(|schema| schema.id.clone());
            std::iter::once(schema.core.id.clone()).chain(extensions).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(ids(&USER), @"
        urn:ietf:params:scim:schemas:core:2.0:User
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User
        urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User
        ");
        insta::assert_snapshot!(ids(&GROUP), @"urn:ietf:params:scim:schemas:core:2.0:Group");
    }
}
