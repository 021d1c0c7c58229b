//! The gallery: one data file per application that we know.
//!
//! A template holds what a new application starts with: attribute definitions and
//! mappings as a synchronisation schema of Microsoft Graph, and the service's
//! profile. Adding an application is adding a file below `gallery/` and a line here.

use std::sync::OnceLock;

use graph::schema::SynchronizationSchema;
use serde::Deserialize;

use crate::profile::Profile;

/// An application as the gallery offers it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Template {
    /// The name for programs, also the prefix of job ids.
    pub id: String,
    /// The name for people.
    pub display_name: String,
    /// What it provisions, and what must be known beforehand.
    pub description: String,
    /// What the service can do and how fast it may be driven.
    pub profile: Profile,
    /// Attribute definitions and default mappings.
    pub schema: SynchronizationSchema,
}

const FILES: [&str; 2] =
    [include_str!("../gallery/genesys-cloud-for-azure.json"), include_str!("../gallery/scim.json")];

/// All templates.
///
/// # Panics
/// Never: the files are part of the program, and a test reads each of them.
#[must_use]
pub fn templates() -> &'static [Template] {
    static TEMPLATES: OnceLock<Vec<Template>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let read = |text| serde_json::from_str(text).expect("a test reads every file");
        FILES.into_iter().map(read).collect()
    })
}

/// The template with this id.
#[must_use]
pub fn template(id: &str) -> Option<&'static Template> {
    templates().iter().find(|template| template.id == id)
}

#[cfg(test)]
mod tests {
    use graph::schema::{DirectoryDefinition, ObjectDefinition, ObjectMapping};
    use scim::path::Path;

    use super::*;

    /// What a template does with one kind of object: each attribute of the target with its flags and its source.
    fn table(id: &str, kind: &str) -> String {
        let template = template(id).expect("the template exists");
        let rule = &template.schema.synchronization_rules[0];
        let mapping = mapping_of(rule, kind);
        let object =
            object_of(directory(&template.schema, rule.target_directory_name.as_deref()), mapping);
        let row = |attribute: &graph::schema::AttributeDefinition| {
            let name = attribute.name.as_deref().unwrap_or_default();
            let flags = [
                ("anchor", attribute.anchor),
                ("required", attribute.required),
                ("multivalued", attribute.multivalued),
                ("caseExact", attribute.case_exact),
            ];
            let set = flags.iter().filter(|(_, set)| *set);
            let flags: String = set.flat_map(|(flag, _)| [" ", flag]).collect();
            let mapped = mapping
                .attribute_mappings
                .iter()
                .find(|mapping| mapping.target_attribute_name.as_deref() == Some(name));
            let source = mapped.map_or_else(String::new, |mapped| {
                let source = mapped.source.as_ref().and_then(|source| source.expression.as_deref());
                let matching = match mapped.matching_priority {
                    0 => String::new(),
                    precedence => format!(" (matching {precedence})"),
                };
                format!(" <- {}{matching}", source.unwrap_or("nothing"))
            });
            format!("{name}: {:?}{flags}{source}", attribute.kind)
        };
        let head = serde_json::to_value(mapping.flow_types).expect("flags are text");
        let rows: Vec<_> = object.attributes.iter().map(row).collect();
        format!("{}\n{}", head.as_str().unwrap_or_default(), rows.join("\n"))
    }

    fn mapping_of<'s>(
        rule: &'s graph::schema::SynchronizationRule,
        kind: &str,
    ) -> &'s ObjectMapping {
        let is_it = |mapping: &&ObjectMapping| mapping.source_object_name.as_deref() == Some(kind);
        rule.object_mappings.iter().find(is_it).expect("both kinds are mapped")
    }

    fn directory<'s>(
        schema: &'s SynchronizationSchema,
        name: Option<&str>,
    ) -> &'s DirectoryDefinition {
        let is_it = |directory: &&DirectoryDefinition| directory.name.as_deref() == name;
        schema.directories.iter().find(is_it).expect("the rule names its directories")
    }

    fn object_of<'s>(
        directory: &'s DirectoryDefinition,
        mapping: &ObjectMapping,
    ) -> &'s ObjectDefinition {
        let is_it = |object: &&ObjectDefinition| object.name == mapping.target_object_name;
        directory.objects.iter().find(is_it).expect("the mapping names its object")
    }

    #[test]
    fn genesys_users_have_the_twenty_attributes_of_the_tutorial() {
        insta::assert_snapshot!(table("genesys-cloud-for-azure", "User"), @r###"
        Add,Update,Delete
        id: String anchor
        userName: String required <- [userPrincipalName] (matching 1)
        active: Boolean required <- Switch([IsSoftDeleted], , "False", "True", "True", "False")
        displayName: String required <- [displayName]
        emails[type eq "work"].value: String <- [mail]
        title: String <- [jobTitle]
        phoneNumbers[type eq "mobile"].value: String <- [mobile]
        phoneNumbers[type eq "work"].value: String <- [telephoneNumber]
        phoneNumbers[type eq "work2"].value: String
        phoneNumbers[type eq "work3"].value: String
        phoneNumbers[type eq "work4"].value: String
        phoneNumbers[type eq "home"].value: String
        phoneNumbers[type eq "microsoftteams"].value: String
        roles: String multivalued <- AssertiveAppRoleAssignmentsComplex([appRoleAssignments])
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department: String <- [department]
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager: Reference <- [manager]
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber: String <- [employeeId]
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division: String
        urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:externalIds[authority eq "microsoftteams"].value: String
        urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:externalIds[authority eq "ringcentral"].value: String
        urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:externalIds[authority eq "zoomphone"].value: String
        "###);
    }

    #[test]
    fn genesys_groups_are_only_updated() {
        insta::assert_snapshot!(table("genesys-cloud-for-azure", "Group"), @r###"
        Update
        id: String anchor
        displayName: String required <- [displayName] (matching 1)
        externalId: String caseExact <- [objectId]
        members: Reference multivalued <- [members]
        "###);
    }

    #[test]
    fn the_generic_template_maps_what_scim_defines() {
        insta::assert_snapshot!(table("scim", "User"), @r###"
        Add,Update,Delete
        id: String anchor
        userName: String required <- [userPrincipalName] (matching 1)
        active: Boolean <- Switch([IsSoftDeleted], , "False", "True", "True", "False")
        displayName: String <- [displayName]
        title: String <- [jobTitle]
        emails[type eq "work"].value: String <- [mail]
        preferredLanguage: String <- [preferredLanguage]
        name.givenName: String <- [givenName]
        name.familyName: String <- [surname]
        name.formatted: String <- Join(" ", [givenName], [surname])
        addresses[type eq "work"].formatted: String <- [physicalDeliveryOfficeName]
        addresses[type eq "work"].streetAddress: String <- [streetAddress]
        addresses[type eq "work"].locality: String <- [city]
        addresses[type eq "work"].region: String <- [state]
        addresses[type eq "work"].postalCode: String <- [postalCode]
        addresses[type eq "work"].country: String <- [country]
        phoneNumbers[type eq "work"].value: String <- [telephoneNumber]
        phoneNumbers[type eq "mobile"].value: String <- [mobile]
        phoneNumbers[type eq "fax"].value: String <- [facsimileTelephoneNumber]
        externalId: String caseExact <- [mailNickname]
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber: String <- [employeeId]
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department: String <- [department]
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager: Reference <- [manager]
        "###);
        insta::assert_snapshot!(table("scim", "Group"), @r###"
        Add,Update,Delete
        id: String anchor
        displayName: String required <- [displayName] (matching 1)
        externalId: String caseExact <- [objectId]
        members: Reference multivalued <- [members]
        "###);
    }

    #[test]
    fn genesys_is_driven_as_its_vendor_allows() {
        let profile = &template("genesys-cloud-for-azure").unwrap().profile;
        assert_eq!(profile.requests_per_minute, Some(300));
        assert_eq!(profile.page_size_max, 25);
        assert_eq!(profile.unique_attributes, ["userName"]);
        assert_eq!(profile.filterable_attributes.user, ["userName"]);
        assert_eq!(profile.filterable_attributes.group, ["displayName"]);
    }

    #[test]
    fn nothing_is_claimed_of_a_service_that_nobody_knows() {
        assert_eq!(template("scim").unwrap().profile, Profile::default());
    }

    #[test]
    fn every_template_is_consistent() {
        for template in templates() {
            let id = &template.id;
            assert!(template.schema.extra.is_empty(), "{id}: {:?}", template.schema.extra);
            for rule in &template.schema.synchronization_rules {
                let source = directory(&template.schema, rule.source_directory_name.as_deref());
                let target = directory(&template.schema, rule.target_directory_name.as_deref());
                for mapping in &rule.object_mappings {
                    let object = object_of(target, mapping);
                    let anchors = object.attributes.iter().filter(|attribute| attribute.anchor);
                    assert_eq!(anchors.count(), 1, "{id}: one anchor");
                    assert!(
                        source
                            .objects
                            .iter()
                            .any(|object| object.name == mapping.source_object_name)
                    );
                    for mapped in &mapping.attribute_mappings {
                        let name = mapped.target_attribute_name.as_deref().unwrap();
                        let path = Path::parse(name).unwrap();
                        assert_eq!(path.to_string(), name, "{id}: the path prints as it stands");
                        assert!(
                            object
                                .attributes
                                .iter()
                                .any(|known| known.name.as_deref() == Some(name)),
                            "{id}: {name} is defined"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn an_unknown_template_is_none() {
        assert!(template("nonesuch").is_none());
    }
}
