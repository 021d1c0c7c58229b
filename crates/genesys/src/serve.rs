//! Serving an organisation over HTTP until the shutdown comes.

use std::{future::Future, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Response, StatusCode},
    routing::any,
};
use scim::{filter::Dialect, patch::Unknown};
use scim_server::{
    Flavour, Limits, Locations, Methods, ResourceKind, Service, VersionMismatch, VersionStyle,
    listen,
};
use store::{StoreError, secret::Secret};
use tokio::net::TcpListener;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};
use uuid::Uuid;

use crate::{
    Clock, Organisation, TOKEN_SECONDS_DEFAULT,
    address::{OLD_BASE, V2_BASE},
    administration::AdministrationError,
    gateway::{self, Gateway},
    limit::Limiter,
    platform::{self, PlatformError},
    schema,
    scim_store::ScimStore,
    settings::{Endpoint, Settings},
};

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

/// What is served, and how.
#[derive(Debug)]
pub struct Options {
    /// The data folder.
    pub data: PathBuf,
    /// Where clients connect.
    pub listen: Listen,
    /// How the organisation behaves.
    pub settings: Settings,
    /// An OAuth client, as id and secret, that is to exist.
    pub client: Option<(String, Secret)>,
    /// Names of roles that this client has, in all divisions; none: the ready-made one for SCIM.
    pub client_roles: Vec<String>,
    /// What time it is.
    pub clock: Clock,
}

/// Where clients connect.
#[derive(Debug)]
pub enum Listen {
    /// At this address.
    Address(SocketAddr),
    /// At a socket that is open already.
    Socket(TcpListener),
}

/// Why the organisation is not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The data file cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The OAuth client cannot be made.
    #[error(transparent)]
    Client(#[from] AdministrationError),
    /// The address cannot be listened at.
    #[error("cannot listen at {address} ({error}): choose another address, or end what uses it")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
}

/// Serves the organisation until `shutdown` is ready and the requests under way are
/// answered.
///
/// # Errors
/// A data file, a client or an address that cannot be used.
pub async fn serve(
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let organisation = Organisation::open(&options.data, options.clock).await?;
    let organisation = organisation.with_settings(options.settings);
    if let Some((id, secret)) = &options.client {
        organisation.ensure_client(id, secret, id, TOKEN_SECONDS_DEFAULT).await?;
        let mut roles = Vec::with_capacity(options.client_roles.len());
        for role in &options.client_roles {
            roles.push(organisation.pair(role, None).await?);
        }
        organisation.grant(id, &roles).await?;
    }
    organisation.begin_idleness().await?;
    let listener = options.listen.socket().await?;
    listen(listener, router(organisation), Limits::default(), shutdown).await;
    Ok(())
}

/// All that the organisation answers.
fn router(organisation: Organisation) -> Router {
    let store = Arc::new(ScimStore { organisation: organisation.clone() });
    let settings = organisation.settings();
    let gateway = Gateway {
        limiter: settings.rate_limit.map(Limiter::new),
        old: scim_server::router(service(OLD_BASE, settings), Arc::clone(&store)),
        v2: scim_server::router(service(V2_BASE, settings), store),
        platform: platform::router(organisation.clone()),
        organisation,
    };
    Router::new()
        .fallback_service(any(gateway::answer).with_state(Arc::new(gateway)))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, REQUEST_TIMEOUT))
        .layer(CatchPanicLayer::custom(panicked))
}

/// How the vendor speaks SCIM.
fn service(base: &str, settings: &Settings) -> Service {
    let user = ResourceKind::new("User", "Users", schema::USER.clone());
    let group = ResourceKind::new("Group", "Groups", schema::GROUP.clone());
    let of_groups = Methods {
        create: settings.group_create == Endpoint::Allowed,
        delete: settings.group_delete == Endpoint::Allowed,
        ..Methods::ALL
    };
    let mut service = Service::standard(base);
    service.kinds = vec![
        ResourceKind { unknown: Unknown::Ignore, ..user },
        ResourceKind { unknown: Unknown::Ignore, methods: of_groups, ..group },
    ];
    service.authentication_schemes = vec![scim_server::bearer_token()];
    service.flavour = Flavour {
        locations: Locations::Relative,
        lower_case_locations: true,
        versions: VersionStyle::Bare,
        version_mismatch: VersionMismatch::InvalidVers,
        filter: Dialect { unquoted_values: true },
        page_size_default: settings.page_size_default as usize,
        page_size_max: settings.page_size_max as usize,
        sort: false,
        cursor: None,
        search: false,
        bulk: None,
        me: false,
        ..Flavour::default()
    };
    service
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response<Body> {
    PlatformError::internal().response(&Uuid::new_v4().to_string())
}

impl Listen {
    async fn socket(self) -> Result<TcpListener, ServeError> {
        match self {
            Self::Socket(listener) => Ok(listener),
            Self::Address(address) => TcpListener::bind(address)
                .await
                .map_err(|error| ServeError::Listen { address, error }),
        }
    }
}
