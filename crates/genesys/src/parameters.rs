//! Which parameters of a query the vendor takes, where settings make it strict.
//! Pure: no clock, no database, no network.

use axum::http::Method;
use scim::{Path, ResourceSchema, ScimError};
use url::form_urlencoded;

use crate::{
    address::ScimAddress,
    schema,
    settings::{Named, Settings},
};

/// What the vendor documents as a name that is shown in any case, whatever the kind.
const ALWAYS: [&str; 4] = ["id", "active", "schemas", "meta"];

/// Refuses a read whose parameters the settings do not admit.
///
/// # Errors
/// `invalidFilter` or `invalidPath`, which name the parameter.
pub(crate) fn check(
    settings: &Settings,
    address: &ScimAddress,
    method: &Method,
    query: Option<&str>,
) -> Result<(), ScimError> {
    if method != Method::GET && method != Method::HEAD {
        return Ok(());
    }
    let schema = match address.endpoint().to_ascii_lowercase().as_str() {
        "users" => &*schema::USER,
        "groups" => &*schema::GROUP,
        _ => return Ok(()),
    };
    let is_group_list = address.id().is_none() && address.endpoint().eq_ignore_ascii_case("groups");
    let query = query.unwrap_or_default();
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let is_filtered =
        pairs.iter().any(|(name, value)| name.eq_ignore_ascii_case("filter") && !value.is_empty());
    if settings.group_filter && address.is_v2 && is_group_list && !is_filtered {
        return Err(ScimError::invalid_filter(
            "this list needs a filter: send one such as displayName eq \"Sales\"",
        ));
    }
    let lists = pairs.iter().filter(|(name, _)| {
        name.eq_ignore_ascii_case("attributes") || name.eq_ignore_ascii_case("excludedAttributes")
    });
    let mut names = lists.flat_map(|(_, list)| list.split(',')).map(str::trim);
    match names.find(|name| settings.unknown_attribute == Named::Refused && !is_known(name, schema))
    {
        Some(name) => Err(ScimError::invalid_path(format!(
            "no schema has the attribute \"{name}\": see /schemas for those that there are"
        ))),
        None => Ok(()),
    }
}

fn is_known(name: &str, schema: &ResourceSchema) -> bool {
    name.is_empty()
        || ALWAYS.iter().any(|known| name.eq_ignore_ascii_case(known))
        || Path::parse(name).is_ok_and(|path| schema.resolve(&path).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    #[track_caller]
    fn verdict(path: &str, query: &str) -> String {
        let mut settings = Settings::default();
        settings.set("unknown-attribute=refused").unwrap();
        settings.set("group-filter-required=on").unwrap();
        let Some(Address::Scim(address)) = Address::of(path) else { panic!("{path}") };
        match check(&settings, &address, &Method::GET, Some(query)) {
            Ok(()) => "taken".to_owned(),
            Err(error) => error.detail,
        }
    }

    #[test]
    fn the_list_of_groups_needs_a_filter_in_the_v2_family() {
        assert_eq!(verdict("/api/v2/scim/groups", ""), "taken");
        assert_eq!(verdict("/api/v2/scim/v2/groups/1", ""), "taken");
        assert_eq!(verdict("/api/v2/scim/v2/users", ""), "taken");
        assert_eq!(verdict("/api/v2/scim/v2/Groups", "filter=id+eq+1"), "taken");
        insta::assert_snapshot!(verdict("/api/v2/scim/v2/groups", "count=1"), @r#"this list needs a filter: send one such as displayName eq "Sales""#);
    }

    #[test]
    fn every_documented_attribute_is_known() {
        const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
        const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        const GENESYS: &str = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";
        let users = "id userName displayName title active externalId phoneNumbers emails groups roles meta \
            meta.version meta.lastModified";
        for name in users.split_whitespace() {
            assert_eq!(
                verdict("/api/v2/scim/v2/users", &format!("attributes={name}")),
                "taken",
                "{name}"
            );
            let full = format!("excludedAttributes={USER}:{name}");
            assert_eq!(verdict("/api/v2/scim/v2/users", &full), "taken", "{name}");
        }
        for name in [
            "",
            ":division",
            ":department",
            ":manager",
            ":manager.value",
            ":employeeNumber",
            ":dateHire",
        ] {
            let query = format!("attributes={ENTERPRISE}{name}");
            assert_eq!(verdict("/api/v2/scim/users", &query), "taken", "{name}");
        }
        for name in ["", ":routingSkills", ":routingLanguages", ":externalIds"] {
            let query = format!("attributes={GENESYS}{name}");
            assert_eq!(verdict("/api/v2/scim/users", &query), "taken", "{name}");
        }
        for name in ["id", "displayName", "members", "externalId", "meta", "meta.version", "active"]
        {
            let query = format!("attributes={name}");
            assert_eq!(verdict("/api/v2/scim/groups", &query), "taken", "{name}");
        }
        insta::assert_snapshot!(verdict("/api/v2/scim/users", "attributes=id,shoeSize"), @r#"no schema has the attribute "shoeSize": see /schemas for those that there are"#);
    }
}
