//! The schemas of RFC 7643 §8.7, embedded as JSON.

use std::sync::LazyLock;

use super::{Attribute, ResourceSchema, Schema};

macro_rules! embedded {
    ($($(#[$doc:meta])* $vis:vis $name:ident = $file:literal;)*) => {$(
        $(#[$doc])*
        #[must_use]
        $vis fn $name() -> &'static Schema {
            static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
                serde_json::from_str(include_str!(concat!("../../schemas/", $file)))
                    .expect("the embedded schemas are tested")
            });
            &SCHEMA
        }
    )*};
}

embedded! {
    /// Users.
    pub user = "user.json";
    /// Groups.
    pub group = "group.json";
    /// What an employer knows about a user.
    pub enterprise_user = "enterprise-user.json";
    /// The shape of `/ServiceProviderConfig`.
    pub service_provider_config = "service-provider-config.json";
    /// The shape of `/ResourceTypes`.
    pub resource_type = "resource-type.json";
    /// The shape of `/Schemas`.
    pub schema = "schema.json";
    /// What every resource has.
    every_resource = "common.json";
}

/// The attributes that every resource has without a schema saying so: `schemas`,
/// `id`, `externalId` and `meta` (RFC 7643 §3.1).
#[must_use]
pub fn common() -> &'static [Attribute] {
    &every_resource().attributes
}

/// A user with the enterprise extension.
#[must_use]
pub fn users() -> ResourceSchema {
    ResourceSchema { core: user().clone(), extensions: vec![enterprise_user().clone()] }
}

/// A group without extensions.
#[must_use]
pub fn groups() -> ResourceSchema {
    ResourceSchema { core: group().clone(), extensions: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::urn;

    #[test]
    fn every_embedded_schema_can_be_read() {
        let all = [
            user(),
            group(),
            enterprise_user(),
            service_provider_config(),
            resource_type(),
            schema(),
        ];
        assert_eq!(all.map(|schema| schema.id.as_str()), urn::STANDARD);
        assert_eq!(common().len(), 4);
    }

    #[test]
    fn the_user_has_the_attributes_of_the_rfc() {
        let names: Vec<_> = user().attributes.iter().map(|a| a.name.as_str()).collect();
        insta::assert_snapshot!(names.join(" "), @"userName name displayName nickName profileUrl title userType preferredLanguage locale timezone active password emails phoneNumbers ims photos addresses groups entitlements roles x509Certificates");
    }
}
