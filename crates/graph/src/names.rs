//! What Graph's properties are called in mappings and filters.
//!
//! Exports use Graph's names, mappings and filters use Entra's source names, the portal's download
//! has columns of its own. Inside there is one name: the source name.

use std::borrow::Cow;

/// What an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// One text.
    Text,
    /// True or false.
    Boolean,
    /// Several texts.
    Texts,
}

/// One attribute, by its three names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    /// The source name, as mappings and filters use it.
    pub source: &'static str,
    /// The property in Graph's JSON.
    pub graph: &'static str,
    /// The column in the portal's download.
    pub column: &'static str,
    /// What it holds.
    pub holds: Holds,
}

/// The source name of the object's id.
pub const OBJECT_ID: &str = "objectId";
/// The source name of the sign-in name; a guest's is converted to the address that it stands for.
pub const USER_PRINCIPAL_NAME: &str = "userPrincipalName";
/// The source name of the sign-in name as stored.
pub const ORIGINAL_USER_PRINCIPAL_NAME: &str = "originalUserPrincipalName";
/// The source name of the name that people read.
pub const DISPLAY_NAME: &str = "displayName";
/// The source name of the mail address.
pub const MAIL: &str = "mail";
/// The source name of the flag that an administrator disables a user by.
pub const ACCOUNT_ENABLED: &str = "accountEnabled";
/// The source name of the first business phone.
pub const TELEPHONE_NUMBER: &str = "telephoneNumber";
/// The source name of all business phones.
pub const BUSINESS_PHONES: &str = "businessPhones";
/// Graph's property that holds the fifteen extension attributes.
pub const EXTENSION_ATTRIBUTES: &str = "onPremisesExtensionAttributes";

/// Source names that no feed and no administrator writes: they are computed.
pub const COMPUTED: [&str; 3] = [OBJECT_ID, "IsSoftDeleted", "appRoleAssignments"];

/// Source names of relations between objects.
pub const RELATIONS: [&str; 2] = ["manager", "members"];

/// How directory extensions begin: `extension_{application id}_{name}`.
pub const DIRECTORY_EXTENSION: &str = "extension_";

const fn name(
    source: &'static str,
    graph: &'static str,
    column: &'static str,
    holds: Holds,
) -> Name {
    Name { source, graph, column, holds }
}

const fn same(name: &'static str, holds: Holds) -> Name {
    Name { source: name, graph: name, column: name, holds }
}

/// Every attribute that is known by name. A name that differs from Graph's stands before one that
/// does not, so that a source name is found first.
pub const NAMES: &[Name] = &[
    name(OBJECT_ID, "id", "id", Holds::Text),
    name(TELEPHONE_NUMBER, TELEPHONE_NUMBER, TELEPHONE_NUMBER, Holds::Text),
    name("mobile", "mobilePhone", "mobilePhone", Holds::Text),
    name("facsimileTelephoneNumber", "faxNumber", "faxNumber", Holds::Text),
    name("physicalDeliveryOfficeName", "officeLocation", "officeLocation", Holds::Text),
    name("otherMails", "otherMails", "alternateEmailAddress", Holds::Texts),
    same(BUSINESS_PHONES, Holds::Texts),
    same("proxyAddresses", Holds::Texts),
    same("imAddresses", Holds::Texts),
    same("groupTypes", Holds::Texts),
    same(ACCOUNT_ENABLED, Holds::Boolean),
    same("mailEnabled", Holds::Boolean),
    same("securityEnabled", Holds::Boolean),
    same("onPremisesSyncEnabled", Holds::Boolean),
    same("showInAddressList", Holds::Boolean),
    same(USER_PRINCIPAL_NAME, Holds::Text),
    same(ORIGINAL_USER_PRINCIPAL_NAME, Holds::Text),
    same(DISPLAY_NAME, Holds::Text),
    same("description", Holds::Text),
    same("givenName", Holds::Text),
    same("surname", Holds::Text),
    same(MAIL, Holds::Text),
    same("mailNickname", Holds::Text),
    same("jobTitle", Holds::Text),
    same("department", Holds::Text),
    same("companyName", Holds::Text),
    same("employeeId", Holds::Text),
    same("employeeType", Holds::Text),
    same("employeeHireDate", Holds::Text),
    same("employeeLeaveDateTime", Holds::Text),
    same("city", Holds::Text),
    same("state", Holds::Text),
    same("country", Holds::Text),
    same("postalCode", Holds::Text),
    same("streetAddress", Holds::Text),
    same("preferredLanguage", Holds::Text),
    same("usageLocation", Holds::Text),
    same("userType", Holds::Text),
    same("createdDateTime", Holds::Text),
    same("onPremisesDistinguishedName", Holds::Text),
    same("onPremisesDomainName", Holds::Text),
    same("onPremisesImmutableId", Holds::Text),
    same("onPremisesSamAccountName", Holds::Text),
    same("onPremisesSecurityIdentifier", Holds::Text),
    same("onPremisesUserPrincipalName", Holds::Text),
    same("extensionAttribute1", Holds::Text),
    same("extensionAttribute2", Holds::Text),
    same("extensionAttribute3", Holds::Text),
    same("extensionAttribute4", Holds::Text),
    same("extensionAttribute5", Holds::Text),
    same("extensionAttribute6", Holds::Text),
    same("extensionAttribute7", Holds::Text),
    same("extensionAttribute8", Holds::Text),
    same("extensionAttribute9", Holds::Text),
    same("extensionAttribute10", Holds::Text),
    same("extensionAttribute11", Holds::Text),
    same("extensionAttribute12", Holds::Text),
    same("extensionAttribute13", Holds::Text),
    same("extensionAttribute14", Holds::Text),
    same("extensionAttribute15", Holds::Text),
];

/// The attribute that goes by this source name or Graph name, in any case.
#[must_use]
pub fn known(name: &str) -> Option<&'static Name> {
    let by_source = NAMES.iter().find(|known| known.source.eq_ignore_ascii_case(name));
    by_source.or_else(|| NAMES.iter().find(|known| known.graph.eq_ignore_ascii_case(name)))
}

/// The source name of a Graph property; an unknown one keeps its name.
#[must_use]
pub fn to_source(graph: &str) -> Cow<'_, str> {
    known(graph).map_or(Cow::Borrowed(graph), |known| Cow::Borrowed(known.source))
}

/// The Graph property of a source name; an unknown one keeps its name.
#[must_use]
pub fn to_graph(source: &str) -> Cow<'_, str> {
    let known = NAMES.iter().find(|known| known.source.eq_ignore_ascii_case(source));
    known.map_or(Cow::Borrowed(source), |known| Cow::Borrowed(known.graph))
}

/// The source name of a column of the portal's download; an unknown one keeps its name.
#[must_use]
pub fn from_csv_column(column: &str) -> Cow<'_, str> {
    let known = NAMES.iter().find(|known| known.column.eq_ignore_ascii_case(column));
    known.map_or_else(|| to_source(column), |known| Cow::Borrowed(known.source))
}

/// The source names of the fifteen extension attributes.
pub fn extension_attributes() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|known| known.source).filter(|source| source.starts_with("extensionAttribute"))
}

/// The sign-in name that mappings see: a guest's, stored as `alias_domain#EXT#@tenant`, stands for
/// `alias@domain`; any other stays.
#[must_use]
pub fn user_principal_name(stored: &str) -> Cow<'_, str> {
    // Graph writes #EXT#; an export that went through other tools may not.
    let marker = stored.char_indices().find(|(at, _)| {
        stored
            .get(*at..*at + GUEST_MARKER.len())
            .is_some_and(|part| part.eq_ignore_ascii_case(GUEST_MARKER))
    });
    let guest = marker.map(|(at, _)| &stored[..at]);
    // A domain has no underscore, so the last one separates.
    match guest.and_then(|guest| guest.rsplit_once('_')) {
        Some((alias, domain)) if !alias.is_empty() && !domain.is_empty() => {
            Cow::Owned(format!("{alias}@{domain}"))
        }
        _ => Cow::Borrowed(stored),
    }
}

const GUEST_MARKER: &str = "#EXT#";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphs_names_become_source_names_and_back() {
        for (graph, source) in [
            ("id", "objectId"),
            ("mobilePhone", "mobile"),
            ("faxNumber", "facsimileTelephoneNumber"),
            ("officeLocation", "physicalDeliveryOfficeName"),
            ("jobTitle", "jobTitle"),
            ("extension_0a_costCentre", "extension_0a_costCentre"),
        ] {
            assert_eq!(to_source(graph), source);
            assert_eq!(to_graph(source), graph);
        }
    }

    #[test]
    fn the_portals_columns_become_source_names() {
        for (column, source) in [
            ("id", "objectId"),
            ("telephoneNumber", "telephoneNumber"),
            ("mobilePhone", "mobile"),
            ("alternateEmailAddress", "otherMails"),
            ("accountEnabled", "accountEnabled"),
            ("Something new", "Something new"),
        ] {
            assert_eq!(from_csv_column(column), source);
        }
    }

    #[test]
    fn no_name_stands_for_two_attributes() {
        let mut sources: Vec<String> =
            NAMES.iter().map(|name| name.source.to_lowercase()).collect();
        sources.sort();
        sources.dedup();
        assert_eq!(sources.len(), NAMES.len());
        assert_eq!(extension_attributes().count(), 15);
    }

    #[track_caller]
    fn check_guest(stored: &str, seen: &str) {
        assert_eq!(user_principal_name(stored), seen);
    }

    #[test]
    fn a_guest_is_seen_under_the_address_it_stands_for() {
        check_guest("ada_vendor.example#EXT#@contoso.example", "ada@vendor.example");
        check_guest("ada_b_vendor.example#ext#@contoso.example", "ada_b@vendor.example");
    }

    #[test]
    fn any_other_sign_in_name_stays() {
        check_guest("ada_b@contoso.example", "ada_b@contoso.example");
        check_guest("ş_#EXT#@contoso.example", "ş_#EXT#@contoso.example");
        check_guest("", "");
    }
}
