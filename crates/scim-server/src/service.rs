//! What a service offers and how it speaks.
//!
//! Services that follow the RFC differ in details such as page sizes; known services
//! depart from it. Both are settings here, so that there is one server.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use scim::filter::Dialect;
use scim::message::bulk::BulkLimits;
use scim::patch::{PatchRequest, Unknown, apply_with};
use scim::schema::{ResourceType, SchemaExtension, standard};
use scim::validation::{self, Validated};
use scim::{Resource, ResourceSchema, ScimError};
use serde_json::Value;

/// The largest body that is read unless [`Flavour::body_size_max`] says otherwise.
pub const BODY_SIZE_MAX: usize = 16 * 1024 * 1024;

/// How many requests are worked on at one time unless [`Flavour::concurrency_max`] says
/// otherwise.
pub const CONCURRENCY_MAX: usize = 512;

/// How long the work for one request may take unless [`Flavour::request_time_max`] says
/// otherwise.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);

/// A description of one SCIM service.
#[derive(Debug, Clone)]
pub struct Service {
    /// The kinds of resources, in the order of discovery.
    pub kinds: Vec<ResourceKind>,
    /// The path under which clients reach the router, without a slash at the end, such
    /// as `/scim/v2`; it becomes part of locations.
    pub base_path: String,
    /// Where the documentation is, for clients' authors.
    pub documentation_uri: Option<String>,
    /// The `authenticationSchemes` of the service provider configuration.
    pub authentication_schemes: Vec<Value>,
    /// How the service speaks.
    pub flavour: Flavour,
}

/// One kind of resource.
#[derive(Debug, Clone)]
pub struct ResourceKind {
    /// The name, the endpoint and the schemas' URNs.
    pub resource_type: ResourceType,
    /// The schemas.
    pub schema: ResourceSchema,
    /// What clients may do besides reading.
    pub methods: Methods,
    /// What becomes of a PATCH path that no schema defines.
    pub unknown: Unknown,
}

/// What clients may do with a kind of resource besides reading.
#[expect(clippy::struct_excessive_bools, reason = "each is one method, independent of the others")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Methods {
    /// POST.
    pub create: bool,
    /// PUT.
    pub replace: bool,
    /// PATCH.
    pub patch: bool,
    /// DELETE.
    pub delete: bool,
}

/// How a service speaks. The default follows the RFC.
#[expect(clippy::struct_excessive_bools, reason = "each is one ability, independent of the others")]
#[derive(Debug, Clone)]
pub struct Flavour {
    /// The form of `meta.location` and `$ref`.
    pub locations: Locations,
    /// Whether endpoints are written in lower case in locations; they are read in any case.
    pub lower_case_locations: bool,
    /// The form of `meta.version` and the `ETag` header.
    pub versions: VersionStyle,
    /// The answer when a version does not match.
    pub version_mismatch: VersionMismatch,
    /// What filters may look like.
    pub filter: Dialect,
    /// How many resources a page has if the client does not say.
    pub page_size_default: usize,
    /// The most resources in a page, whatever the client says.
    pub page_size_max: usize,
    /// The largest body in bytes.
    pub body_size_max: usize,
    /// Headers on every answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether the configuration announces that passwords can be changed.
    pub change_password: bool,
    /// Whether lists can be sorted; without it, `sortBy` is ignored.
    pub sort: bool,
    /// Paging by cursors (RFC 9865), if there is.
    pub cursor: Option<CursorPaging>,
    /// Whether lists can be asked for by POST to `.search`, and at the base path for all
    /// kinds of resources at once (RFC 7644 §3.4.2.1 and §3.4.3).
    pub search: bool,
    /// Several requests in one (RFC 7644 §3.7), if there are.
    pub bulk: Option<BulkLimits>,
    /// Whether `/Me` means the user that asks, if the store knows it.
    pub me: bool,
    /// How many requests are worked on at one time; 429 for those above.
    pub concurrency_max: usize,
    /// How long the work for one request may take; 503 if it takes longer.
    pub request_time_max: Duration,
}

/// Paging by cursors (RFC 9865).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CursorPaging {
    /// How long a cursor is good; without it, as long as the process lives.
    pub timeout: Option<Duration>,
}

/// The form of locations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locations {
    /// Absolute, with the `Host` that the client asked for; the scheme is `http`, or
    /// what `X-Forwarded-Proto` says.
    FromHost,
    /// Absolute, with this origin, such as `https://scim.example.com`.
    Origin(String),
    /// Only the path.
    Relative,
}

/// The form of `meta.version` and the `ETag` header for the store's version `56`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionStyle {
    /// `W/"56"` in both.
    Weak,
    /// `56` in `meta`, `"56"` in the header.
    Bare,
}

/// The answer when `If-Match` names another version than the resource has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionMismatch {
    /// 412, as RFC 7644 §3.14 has it.
    PreconditionFailed,
    /// 400 with `scimType` `invalidVers`.
    InvalidVers,
}

impl Service {
    /// A service of users and groups as the RFC describes them, reached under `base_path`.
    #[must_use]
    pub fn standard(base_path: &str) -> Self {
        Self {
            kinds: vec![ResourceKind::users(), ResourceKind::groups()],
            base_path: base_path.trim_end_matches('/').to_owned(),
            documentation_uri: None,
            authentication_schemes: Vec::new(),
            flavour: Flavour::default(),
        }
    }

    /// The kind with this name, such as `User`.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&ResourceKind> {
        self.kinds.iter().find(|kind| kind.resource_type.name.eq_ignore_ascii_case(name))
    }

    /// The kind at this endpoint, given without slashes and in any case.
    #[must_use]
    pub fn kind_at(&self, endpoint: &str) -> Option<&ResourceKind> {
        self.kinds.iter().find(|kind| kind.endpoint().eq_ignore_ascii_case(endpoint))
    }
}

impl ResourceKind {
    /// A kind with the name, the endpoint without slashes, and all methods.
    #[must_use]
    pub fn new(name: &str, endpoint: &str, schema: ResourceSchema) -> Self {
        let extension = |extension: &scim::schema::Schema| SchemaExtension {
            schema: extension.id.clone(),
            required: false,
        };
        let resource_type = ResourceType {
            id: name.to_owned(),
            name: name.to_owned(),
            description: schema.core.description.clone(),
            endpoint: format!("/{endpoint}"),
            schema: schema.core.id.clone(),
            schema_extensions: schema.extensions.iter().map(extension).collect(),
        };
        Self { resource_type, schema, methods: Methods::ALL, unknown: Unknown::Refuse }
    }

    /// Users with the enterprise extension.
    #[must_use]
    pub fn users() -> Self {
        Self::new("User", "Users", standard::users())
    }

    /// Groups.
    #[must_use]
    pub fn groups() -> Self {
        Self::new("Group", "Groups", standard::groups())
    }

    /// The name, such as `User`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.resource_type.name
    }

    /// What a client sent to be created, as a store keeps it.
    ///
    /// # Errors
    /// What [`validation::validate`] refuses, and a required extension that is missing.
    pub fn creation(&self, given: &Resource) -> Result<Validated, ScimError> {
        let validated = validation::validate(given, &self.schema)?;
        validation::check_extensions(&validated.resource, &self.resource_type)?;
        Ok(validated)
    }

    /// What a client sent in place of a resource, as a store keeps it.
    ///
    /// # Errors
    /// What [`validation::replacement`] refuses, and a required extension that is missing.
    pub fn replacement(
        &self,
        resource: &Resource,
        given: &Resource,
    ) -> Result<Validated, ScimError> {
        let validated = validation::replacement(resource, given, &self.schema)?;
        validation::check_extensions(&validated.resource, &self.resource_type)?;
        Ok(validated)
    }

    /// A resource as a PATCH leaves it; `None` if that changes nothing.
    ///
    /// # Errors
    /// What [`scim::patch::apply`] refuses, and a required extension that it takes away.
    pub fn patched(
        &self,
        resource: &Resource,
        request: &PatchRequest,
    ) -> Result<Option<Resource>, ScimError> {
        let mut patched = resource.clone();
        let applied = apply_with(&mut patched, request, &self.schema, self.unknown)?;
        validation::check_extensions_stay(Some(resource), &patched, &self.resource_type)?;
        Ok(applied.changed.then_some(patched))
    }

    /// The endpoint without slashes, such as `Users`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.resource_type.endpoint.trim_matches('/')
    }
}

impl Methods {
    /// Everything.
    pub const ALL: Self = Self { create: true, replace: true, patch: true, delete: true };
}

impl Default for Flavour {
    fn default() -> Self {
        Self {
            locations: Locations::FromHost,
            lower_case_locations: false,
            versions: VersionStyle::Weak,
            version_mismatch: VersionMismatch::PreconditionFailed,
            filter: Dialect::default(),
            page_size_default: 100,
            page_size_max: 1_000,
            body_size_max: BODY_SIZE_MAX,
            headers: Vec::new(),
            change_password: true,
            sort: true,
            cursor: Some(CursorPaging::default()),
            search: true,
            bulk: Some(BulkLimits::default()),
            me: true,
            concurrency_max: CONCURRENCY_MAX,
            request_time_max: REQUEST_TIME_MAX,
        }
    }
}

/// A bearer token as one of [`Service::authentication_schemes`].
#[must_use]
pub fn bearer_token() -> Value {
    serde_json::json!({
        "type": "oauthbearertoken",
        "name": "OAuth bearer token",
        "description": "A token in the Authorization header",
        "specUri": "https://www.rfc-editor.org/info/rfc6750",
        "primary": true,
    })
}
