//! The router: from a path to what answers it.
//!
//! Paths are matched here and not by patterns, since endpoints come with the service
//! and clients write them in any case.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Request, Response};
use axum::routing::any;
use scim::ScimError;

use crate::answer::{Answer, Writer};
use crate::discovery;
use crate::request::{Parameters, segments};
use crate::resources::Exchange;
use crate::service::Service;
use crate::store::ResourceStore;

/// The router of a service over a store, to be nested at [`Service::base_path`]. Layers
/// around it authenticate and limit; the same store may serve several routers.
pub fn router<S: ResourceStore>(service: Service, store: Arc<S>) -> Router {
    let server = Arc::new(Server { service, store });
    Router::new().route("/", any(serve::<S>)).route("/{*path}", any(serve::<S>)).with_state(server)
}

struct Server<S> {
    service: Service,
    store: Arc<S>,
}

async fn serve<S: ResourceStore>(
    State(server): State<Arc<Server<S>>>,
    request: Request<Body>,
) -> Response<Body> {
    let (request, body) = request.into_parts();
    let writer = Writer::new(&server.service, &request);
    let answer = server.answer(&writer, &request, body).await;
    writer.send(answer)
}

impl<S: ResourceStore> Server<S> {
    async fn answer(
        &self,
        writer: &Writer<'_>,
        request: &Parts,
        body: Body,
    ) -> Result<Answer, ScimError> {
        let caller = self.store.caller(request)?;
        let segments = segments(request.uri.path());
        let parameters = Parameters::of(request);
        if let Some(answer) =
            discovery::answer(&self.service, writer, &request.method, &segments, &parameters)
        {
            return answer;
        }
        if is_not_implemented(&segments) {
            return Err(ScimError::new(
                501,
                "the service does not have this: see /ServiceProviderConfig",
            ));
        }
        let kind = segments.first().and_then(|endpoint| self.service.kind_at(endpoint));
        let (Some(kind), [_] | [_, _]) = (kind, segments.as_slice()) else {
            return Err(ScimError::new(
                404,
                "there is nothing at this address: see /ResourceTypes for the endpoints",
            ));
        };
        let exchange = Exchange {
            store: &*self.store,
            caller: &caller,
            service: &self.service,
            kind,
            writer,
            request,
        };
        exchange.answer(segments.get(1).map(String::as_str), body).await
    }
}

/// `/Me`, `/Bulk` and `.search`: the RFC has them, this service does not (RFC 7644 §3.12).
fn is_not_implemented(segments: &[String]) -> bool {
    let first = segments.first().map(|segment| segment.to_ascii_lowercase());
    matches!(first.as_deref(), Some("me" | "bulk"))
        || segments.last().is_some_and(|last| last == ".search")
}
