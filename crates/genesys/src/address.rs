//! Addresses: which of the vendor's services a path means, in both families of SCIM, in any
//! case, and behind whatever prefix a gateway of the client's own puts in front.
//! Pure: no clock, no database, no network.

use axum::http::Uri;
use scim::schema::urn;
use url::form_urlencoded;

/// The base of the vendor's first family of addresses.
pub(crate) const OLD_BASE: &str = "/api/v2/scim";

/// The base of the family in use today.
pub(crate) const V2_BASE: &str = "/api/v2/scim/v2";

/// What all addresses of the vendor's API begin with.
const API_BASE: &str = "/api/v2/";

/// Where tokens are given.
const TOKEN_PATH: &str = "/oauth/token";

/// What stands in a SCIM address behind its base.
const ENDPOINTS: [&str; 5] =
    ["users", "groups", "serviceproviderconfig", "resourcetypes", "schemas"];

/// What a path means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// The token endpoint.
    Token,
    /// SCIM, in one of its two families.
    Scim(ScimAddress),
    /// Another of the vendor's services: the path from `/api/v2/` on.
    Platform(String),
}

/// An address behind one of the two bases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScimAddress {
    pub(crate) is_v2: bool,
    /// What follows the base, with its slash in front.
    pub(crate) rest: String,
}

impl Address {
    /// Splits a path. `None` if nothing is there.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let path = path.replace("//", "/");
        if path.ends_with(TOKEN_PATH) {
            return Some(Self::Token);
        }
        let start = path.to_ascii_lowercase().find(API_BASE)?;
        let path = &path[start..];
        match strip_base(path, OLD_BASE) {
            Some(rest) => ScimAddress::of(rest).map(Self::Scim),
            None => Some(Self::Platform(path.to_owned())),
        }
    }
}

impl ScimAddress {
    /// Splits what follows the first family's base.
    fn of(rest: &str) -> Option<Self> {
        let (is_v2, rest) = match strip_base(rest, "/v2") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let address = Self { is_v2, rest: rest.to_owned() };
        let is_known = ENDPOINTS.iter().any(|known| known.eq_ignore_ascii_case(address.endpoint()));
        is_known.then_some(address)
    }

    /// The first segment behind the base.
    pub(crate) fn endpoint(&self) -> &str {
        self.segments().next().unwrap_or_default()
    }

    /// The id behind the endpoint.
    pub(crate) fn id(&self) -> Option<&str> {
        self.segments().nth(1)
    }

    /// The address as the SCIM server sees it.
    pub(crate) fn uri(&self, query: Option<&str>) -> Uri {
        let text = match query {
            Some(query) => format!("{}?{}", self.rest, with_meta(query)),
            None => self.rest.clone(),
        };
        // A path that arrived as one is one still.
        text.parse().unwrap_or_default()
    }

    fn segments(&self) -> impl Iterator<Item = &str> {
        self.rest.split('/').filter(|segment| !segment.is_empty())
    }
}

/// The vendor shows `meta` whatever the client asks for: its SDKs read the version there.
fn with_meta(query: &str) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
        let value = if name.eq_ignore_ascii_case("attributes") && !value.trim().is_empty() {
            format!("{value},meta")
        } else if name.eq_ignore_ascii_case("excludedAttributes") {
            let names = value.split(',').filter(|name| !is_meta(name));
            names.collect::<Vec<_>>().join(",")
        } else {
            value.into_owned()
        };
        (name.into_owned(), value)
    });
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Whether the name is `meta` or a part of it, with the URN of users or groups or without.
fn is_meta(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    let bare = [urn::USER, urn::GROUP].iter().find_map(|urn| {
        name.strip_prefix(&urn.to_ascii_lowercase()).and_then(|rest| rest.strip_prefix(':'))
    });
    let bare = bare.unwrap_or(&name);
    bare == "meta" || bare.starts_with("meta.")
}

/// What follows `base`, if the path begins with its segments in any case.
fn strip_base<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    let (start, rest) = path.split_at_checked(base.len())?;
    let ends_there = rest.is_empty() || rest.starts_with('/');
    (ends_there && start.eq_ignore_ascii_case(base)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Option<(bool, &str)>) {
        let address = match Address::of(path) {
            Some(Address::Scim(address)) => Some(address),
            _ => None,
        };
        let address = address.as_ref().map(|address| (address.is_v2, address.rest.as_str()));
        assert_eq!(address, expected, "{path}");
    }

    #[test]
    fn both_families_are_read_in_any_case() {
        check("/api/v2/scim/v2/users", Some((true, "/users")));
        check("/api/v2/scim/v2/Users/1", Some((true, "/Users/1")));
        check("/API/v2/SCIM/V2/groups", Some((true, "/groups")));
        check("/api/v2/scim/users", Some((false, "/users")));
        check("/api/v2/scim/Schemas/urn%3Aietf", Some((false, "/Schemas/urn%3Aietf")));
    }

    #[test]
    fn a_prefix_of_a_gateway_is_ignored() {
        check("/genesys/api/v2/scim/v2/users", Some((true, "/users")));
        check("//api/v2/scim/users", Some((false, "/users")));
        assert_eq!(Address::of("/login/oauth/token"), Some(Address::Token));
        assert_eq!(Address::of("/oauth/token"), Some(Address::Token));
        assert_eq!(
            Address::of("/x/api/v2/groups"),
            Some(Address::Platform("/api/v2/groups".to_owned()))
        );
    }

    #[test]
    fn nothing_else_is_an_address() {
        for path in [
            "/",
            "/api/v2/scim",
            "/api/v2/scim/v2",
            "/api/v2/scim/v2/Bulk",
            "/oauth/authorize",
            "/api/v2/scim/v2users",
            "/äpi/v2/scim/v2/users",
            "/scim/v2/Users",
        ] {
            assert_eq!(Address::of(path), None, "{path}");
        }
    }

    #[test]
    fn meta_is_always_shown() {
        assert_eq!(with_meta("attributes=userName"), "attributes=userName%2Cmeta");
        assert_eq!(
            with_meta("excludedAttributes=meta,meta.version,roles"),
            "excludedAttributes=roles"
        );
        for name in ["User:meta", "User:meta.version", "Group:meta", "Group:META.lastModified"] {
            let query = format!(
                "excludedAttributes=urn:ietf:params:scim:schemas:core:2.0:{name},metal, meta"
            );
            assert_eq!(with_meta(&query), "excludedAttributes=metal", "{name}");
        }
        assert_eq!(with_meta("filter=a+eq+%22b%22&count=1"), "filter=a+eq+%22b%22&count=1");
    }
}
