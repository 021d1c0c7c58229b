//! The router: whom a request comes from, within which limits it is worked on, and what
//! answers it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Method, Request, Response};
use futures_util::FutureExt as _;
use scim::message::SearchRequest;
use scim::{Resource, ScimError};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::answer::{Answer, media_type};
use crate::condition::Condition;
use crate::cursor::Cursors;
use crate::discovery;
use crate::endpoint::{Endpoint, nothing_here};
use crate::exchange::Exchange;
use crate::layout::Layouts;
use crate::request::{object, read_body, search, wanted};
use crate::service::{Flavour, ResourceKind, Service};
use crate::store::ResourceStore;
use crate::writer::Writer;

/// The router of a service over a store, to be nested at [`Service::base_path`]. Layers
/// around it may authenticate and limit; the same store may serve several routers.
pub fn router<S: ResourceStore>(service: Service, store: Arc<S>) -> Router {
    serving(service, store, String::new())
}

/// The same for the whole of a host: what is at [`Service::base_path`] is answered, with
/// or without a slash at the end, and nothing is anywhere else.
pub fn host<S: ResourceStore>(service: Service, store: Arc<S>) -> Router {
    let prefix = service.base_path.clone();
    serving(service, store, prefix)
}

fn serving<S: ResourceStore>(service: Service, store: Arc<S>, prefix: String) -> Router {
    let flavour = &service.flavour;
    let cursors = Cursors::new(flavour.cursor.as_ref().and_then(|cursor| cursor.timeout));
    let slots = Semaphore::new(flavour.concurrency_max.min(Semaphore::MAX_PERMITS));
    let server =
        Arc::new(Server { layouts: Layouts::of(&service), service, store, prefix, cursors, slots });
    Router::new().fallback(serve::<S>).with_state(server)
}

/// A service that runs.
pub(crate) struct Server<S> {
    pub(crate) service: Service,
    pub(crate) store: Arc<S>,
    /// What stands in front of the endpoints in the address of a request.
    prefix: String,
    pub(crate) cursors: Cursors,
    layouts: Layouts,
    /// One for each request that is worked on.
    slots: Semaphore,
}

async fn serve<S: ResourceStore>(
    State(server): State<Arc<Server<S>>>,
    request: Request<Body>,
) -> Response<Body> {
    let (request, body) = request.into_parts();
    let media_type = media_type(&request.headers);
    let flavour = &server.service.flavour;
    // One request may fail without the process.
    let answer = AssertUnwindSafe(server.admit(&request, body)).catch_unwind().await;
    let answer = answer.unwrap_or_else(|_| {
        Err(ScimError::new(500, "the service failed: tell who runs it, the log says more"))
    });
    let answer = answer.unwrap_or_else(|error| Answer::error(&error, flavour, &request.headers));
    answer.into_response(media_type, flavour)
}

impl<S: ResourceStore> Server<S> {
    /// Answers a request if there is room for it.
    async fn admit(&self, request: &Parts, body: Body) -> Result<Answer, ScimError> {
        let flavour = &self.service.flavour;
        let Ok(_slot) = self.slots.try_acquire() else {
            return Err(ScimError::new(
                429,
                format!(
                    "the service works on {} requests already: send this one again in a moment",
                    flavour.concurrency_max
                ),
            ));
        };
        let endpoint = self.endpoint(request.uri.path());
        let writer = Writer::new(&self.service, &self.layouts, request);
        if matches!(endpoint, Ok(Endpoint::Configuration))
            && Endpoint::Configuration.methods().contains(&request.method)
        {
            // RFC 7643 §5: how to sign in can be read by whoever has not yet.
            return discovery::configuration(&self.service, &writer, request);
        }
        let caller = self.store.caller(request)?;
        let endpoint = endpoint?;
        let allowed = endpoint.methods();
        if !allowed.contains(&request.method) {
            return Ok(Answer::not_allowed(&request.method, &allowed));
        }
        let body = self.body(&endpoint, request, body).await?;
        let exchange = Exchange { server: self, caller: &caller, writer: &writer };
        let is_bulk = matches!(endpoint, Endpoint::Bulk);
        let answer = exchange.respond(endpoint, request, body);
        if is_bulk {
            // Each of its operations has the time of a request of its own.
            return answer.await;
        }
        let answer = tokio::time::timeout(flavour.request_time_max, answer).await;
        answer.unwrap_or_else(|_| Err(overdue(flavour)))
    }

    /// What an address means.
    fn endpoint<'a>(&'a self, path: &'a str) -> Result<Endpoint<'a>, ScimError> {
        match path.strip_prefix(self.prefix.as_str()) {
            Some(path) if path.is_empty() || path.starts_with('/') => {
                Endpoint::of(&self.service, path)
            }
            _ => Err(nothing_here()),
        }
    }

    /// The body of a request that has one, as an object of JSON.
    async fn body(
        &self,
        endpoint: &Endpoint<'_>,
        request: &Parts,
        body: Body,
    ) -> Result<Resource, ScimError> {
        if !matches!(request.method, Method::POST | Method::PUT | Method::PATCH) {
            return Ok(Resource::new());
        }
        let flavour = &self.service.flavour;
        let limits = flavour.bulk.filter(|_| matches!(endpoint, Endpoint::Bulk));
        let (size_max, limit) = match limits {
            Some(limits) => (limits.payload_bytes, " (maxPayloadSize)"),
            None => (flavour.body_size_max, ""),
        };
        let mut error =
            match read_body(&request.headers, body, size_max, flavour.request_time_max).await {
                Ok(body) => return object(&body),
                Err(error) => error,
            };
        if error.status == 413 {
            error.detail.push_str(limit);
        }
        Err(error)
    }
}

impl<S: ResourceStore> Exchange<'_, S> {
    /// Does what the request asks for at an endpoint that admits its method.
    async fn respond(
        &self,
        endpoint: Endpoint<'_>,
        request: &Parts,
        body: Resource,
    ) -> Result<Answer, ScimError> {
        let service = &self.server.service;
        match endpoint {
            Endpoint::Configuration => discovery::configuration(service, self.writer, request),
            Endpoint::ResourceTypes(id) => {
                discovery::resource_types(service, self.writer, request, id.as_deref())
            }
            Endpoint::Schemas(id) => {
                discovery::schemas(service, self.writer, request, id.as_deref())
            }
            Endpoint::Base => self.list_all(&search(request)?).await,
            Endpoint::BaseSearch => {
                self.list_all(&SearchRequest::from_json(&Value::Object(body))?).await
            }
            Endpoint::List(kind) if request.method == Method::POST => {
                let wanted = wanted(request, &kind.schema)?.with_given(&body, &kind.schema);
                self.answer(self.create(kind, &body).await?, kind, &wanted)
            }
            Endpoint::List(kind) => self.list(kind, &search(request)?).await,
            Endpoint::Search(kind) => {
                self.list(kind, &SearchRequest::from_json(&Value::Object(body))?).await
            }
            Endpoint::Resource(kind, id) => self.respond_on(kind, &id, request, body).await,
            Endpoint::Me(kind) => {
                let id = self.server.store.me(self.caller).await?;
                self.respond_on(kind, &id, request, body).await
            }
            Endpoint::Bulk => self.bulk(body, service.flavour.bulk.unwrap_or_default()).await,
        }
    }

    /// Does what the request asks for with one resource.
    async fn respond_on(
        &self,
        kind: &ResourceKind,
        id: &str,
        request: &Parts,
        body: Resource,
    ) -> Result<Answer, ScimError> {
        let mut wanted = wanted(request, &kind.schema)?;
        let condition = Condition::of(&request.headers);
        let condition = condition.as_ref();
        let done = match request.method {
            Method::PUT => {
                wanted = wanted.with_given(&body, &kind.schema);
                self.replace(kind, id, &body, condition, &wanted).await?
            }
            Method::PATCH => {
                let request = self.patch_request(kind, body)?;
                wanted = wanted.with_patch(&request, &kind.schema);
                self.patch(kind, id, &request, condition, &wanted).await?
            }
            Method::DELETE => self.delete(kind, id, condition).await?,
            _ => self.read(kind, id, condition, &wanted).await?,
        };
        self.answer(done, kind, &wanted)
    }
}

/// 503: the work took too long.
pub(crate) fn overdue(flavour: &Flavour) -> ScimError {
    ScimError::new(
        503,
        format!(
            "the work took longer than {} s and was given up: see what became of it before you send it again",
            flavour.request_time_max.as_secs()
        ),
    )
}
