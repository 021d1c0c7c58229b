//! Endpoints: what an address below the base path means, and what may be done there
//! (RFC 7644 §3.2).
//!
//! Endpoints come with the service and clients write them in any case, with or without a
//! slash at the end; so addresses are read here and not matched by fixed patterns.

use std::borrow::Cow;

use axum::http::Method;
use percent_encoding::percent_decode_str;
use scim::ScimError;

use crate::service::{Methods, ResourceKind, Service};

/// What an address means.
#[derive(Debug, Clone)]
pub(crate) enum Endpoint<'a> {
    /// The base path: resources of all kinds.
    Base,
    /// `/.search`: the same, by POST.
    BaseSearch,
    /// `/Users`.
    List(&'a ResourceKind),
    /// `/Users/.search`.
    Search(&'a ResourceKind),
    /// `/Users/7`.
    Resource(&'a ResourceKind, Cow<'a, str>),
    /// `/Me`, with what may be done with a user.
    Me(&'a ResourceKind),
    /// `/Bulk`.
    Bulk,
    /// `/ServiceProviderConfig`.
    Configuration,
    /// `/ResourceTypes`, or one of them.
    ResourceTypes(Option<Cow<'a, str>>),
    /// `/Schemas`, or one of them.
    Schemas(Option<Cow<'a, str>>),
}

impl<'a> Endpoint<'a> {
    /// Reads a path below the base path.
    ///
    /// # Errors
    /// 404 for what is no endpoint, 501 for one of the RFC that the service does without.
    pub(crate) fn of(service: &'a Service, path: &'a str) -> Result<Self, ScimError> {
        let mut segments = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy());
        let (first, second) = (segments.next(), segments.next());
        if segments.next().is_some() {
            return Err(nothing_here());
        }
        let Some(first) = first else { return Self::Base.if_offered(service.flavour.search) };
        if let Some(kind) = service.kind_at(&first) {
            return match second {
                None => Ok(Self::List(kind)),
                Some(id) if is_search(&id) => Self::Search(kind).if_offered(service.flavour.search),
                Some(id) => Ok(Self::Resource(kind, id)),
            };
        }
        Self::of_service(service, &first, second)
    }

    /// An endpoint that is about the service and not about one kind of resource.
    fn of_service(
        service: &'a Service,
        first: &str,
        second: Option<Cow<'a, str>>,
    ) -> Result<Self, ScimError> {
        let flavour = &service.flavour;
        match (first.to_ascii_lowercase().as_str(), second) {
            ("resourcetypes", id) => Ok(Self::ResourceTypes(id)),
            ("schemas", id) => Ok(Self::Schemas(id)),
            // The plural is SCIM 1.1's; clients that ask for both exist.
            ("serviceproviderconfig" | "serviceproviderconfigs", None) => Ok(Self::Configuration),
            (".search", None) => Self::BaseSearch.if_offered(flavour.search),
            ("bulk", None) => Self::Bulk.if_offered(flavour.bulk.is_some()),
            ("me", None) => match service.kind("User") {
                Some(users) => Self::Me(users).if_offered(flavour.me),
                None => Err(not_offered()),
            },
            _ => Err(nothing_here()),
        }
    }

    /// The methods that are possible here.
    pub(crate) fn methods(&self) -> Vec<Method> {
        match self {
            Self::Base | Self::Configuration | Self::ResourceTypes(_) | Self::Schemas(_) => {
                vec![Method::GET, Method::HEAD]
            }
            Self::BaseSearch | Self::Search(_) | Self::Bulk => vec![Method::POST],
            Self::List(kind) => {
                [(true, Method::GET), (true, Method::HEAD), (kind.methods.create, Method::POST)]
                    .into_iter()
                    .filter_map(|(possible, method)| possible.then_some(method))
                    .collect()
            }
            Self::Resource(kind, _) | Self::Me(kind) => of_resource(kind.methods),
        }
    }

    fn if_offered(self, offered: bool) -> Result<Self, ScimError> {
        if offered { Ok(self) } else { Err(not_offered()) }
    }
}

fn of_resource(methods: Methods) -> Vec<Method> {
    let possible = [
        (true, Method::GET),
        (true, Method::HEAD),
        (methods.replace, Method::PUT),
        (methods.patch, Method::PATCH),
        (methods.delete, Method::DELETE),
    ];
    possible.into_iter().filter_map(|(possible, method)| possible.then_some(method)).collect()
}

fn is_search(segment: &str) -> bool {
    segment.eq_ignore_ascii_case(".search")
}

/// 404: the address is no endpoint.
pub(crate) fn nothing_here() -> ScimError {
    ScimError::new(404, "there is nothing at this address: see /ResourceTypes for the endpoints")
}

fn not_offered() -> ScimError {
    ScimError::new(501, "the service does not have this: see /ServiceProviderConfig")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The endpoint, or the status of the refusal; then the methods.
    #[track_caller]
    fn check(service: &Service, path: &str, expected: &str) {
        let shown = match Endpoint::of(service, path) {
            Err(error) => error.status.to_string(),
            Ok(endpoint) => {
                let name = match &endpoint {
                    Endpoint::Base => "base".to_owned(),
                    Endpoint::BaseSearch => "search".to_owned(),
                    Endpoint::List(kind) => format!("list of {}", kind.name()),
                    Endpoint::Search(kind) => format!("search of {}", kind.name()),
                    Endpoint::Resource(kind, id) => format!("{} {id}", kind.name()),
                    Endpoint::Me(_) => "me".to_owned(),
                    Endpoint::Bulk => "bulk".to_owned(),
                    Endpoint::Configuration => "configuration".to_owned(),
                    Endpoint::ResourceTypes(id) => format!("type {id:?}"),
                    Endpoint::Schemas(id) => format!("schema {id:?}"),
                };
                let methods: Vec<_> = endpoint.methods().iter().map(Method::to_string).collect();
                format!("{name}: {}", methods.join(" "))
            }
        };
        assert_eq!(shown, expected, "{path}");
    }

    #[test]
    fn addresses_are_read_in_any_case_and_with_any_slashes() {
        let service = Service::standard("/scim");
        check(&service, "/Users", "list of User: GET HEAD POST");
        check(&service, "/users/", "list of User: GET HEAD POST");
        check(&service, "//GROUPS//7", "Group 7: GET HEAD PUT PATCH DELETE");
        check(&service, "/Users/a%2Fb%20c", "User a/b c: GET HEAD PUT PATCH DELETE");
        check(&service, "/Users/.search", "search of User: POST");
        check(&service, "/", "base: GET HEAD");
        check(&service, "/.Search/", "search: POST");
        check(&service, "/Me", "me: GET HEAD PUT PATCH DELETE");
        check(&service, "/bulk", "bulk: POST");
        check(&service, "/ServiceProviderConfig/", "configuration: GET HEAD");
        check(&service, "/serviceproviderconfigs", "configuration: GET HEAD");
        check(&service, "/ResourceTypes/User", "type Some(\"User\"): GET HEAD");
        check(&service, "/schemas/urn%3Aietf:x", "schema Some(\"urn:ietf:x\"): GET HEAD");
    }

    #[test]
    fn other_addresses_are_nothing() {
        let service = Service::standard("/scim");
        for path in [
            "/Robots",
            "/Users/1/2",
            "/Me/1",
            "/Bulk/1",
            "/.search/1",
            "/Schemas/a/b",
            "/ServiceProviderConfig/1",
        ] {
            check(&service, path, "404");
        }
    }

    #[test]
    fn what_the_service_does_without_is_not_implemented() {
        let mut service = Service::standard("/scim");
        service.flavour.search = false;
        service.flavour.bulk = None;
        service.flavour.me = false;
        for path in ["/", "/.search", "/Users/.search", "/Bulk", "/Me"] {
            check(&service, path, "501");
        }
        service.flavour.me = true;
        service.kinds.remove(0);
        check(&service, "/Me", "501");
    }
}
