//! The requests on resources: create, read, list, replace, patch, delete (RFC 7644 §3).

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use scim::patch::PatchRequest;
use scim::{ListResponse, Projection, Resource, ScimError, validation};
use serde_json::Value;

use crate::answer::{Answer, Writer, id_of};
use crate::condition::{check, other_version, version_of};
use crate::request::{Parameters, condition, read_object};
use crate::service::{ResourceKind, Service};
use crate::store::ResourceStore;

/// One request on one kind of resource.
pub(crate) struct Exchange<'e, S: ResourceStore> {
    pub(crate) store: &'e S,
    pub(crate) caller: &'e S::Caller,
    pub(crate) service: &'e Service,
    pub(crate) kind: &'e ResourceKind,
    pub(crate) writer: &'e Writer<'e>,
    pub(crate) request: &'e Parts,
}

impl<S: ResourceStore> Exchange<'_, S> {
    /// Answers a request for the kind's endpoint, or for the resource `id` below it.
    pub(crate) async fn answer(&self, id: Option<&str>, body: Body) -> Result<Answer, ScimError> {
        let methods = self.kind.methods;
        let parameters = Parameters::of(self.request);
        let wanted = parameters.projection(&self.kind.schema)?;
        match (&self.request.method, id) {
            (&Method::GET | &Method::HEAD, None) => self.list(&parameters).await,
            (&Method::POST, None) if methods.create => self.create(&wanted, body).await,
            (&Method::GET | &Method::HEAD, Some(id)) => self.read(id, &wanted).await,
            (&Method::PUT, Some(id)) if methods.replace => self.replace(id, &wanted, body).await,
            (&Method::PATCH, Some(id)) if methods.patch => self.patch(id, &wanted, body).await,
            (&Method::DELETE, Some(id)) if methods.delete => self.delete(id).await,
            (method, _) => Ok(self.not_allowed(method, id)),
        }
    }

    async fn list(&self, parameters: &Parameters) -> Result<Answer, ScimError> {
        let query = parameters.query(&self.service.flavour, &self.kind.schema)?;
        let page = self.store.list(self.caller, self.kind, &query).await?;
        let shown = page.resources.into_iter().take(query.count);
        let resources = shown
            .map(|resource| self.writer.resource(self.kind, resource, &query.wanted))
            .collect();
        let list = ListResponse {
            total_results: page.total_results,
            start_index: query.offset() + 1,
            resources,
            ..ListResponse::default()
        };
        Ok(Answer::new(StatusCode::OK, list.to_json()))
    }

    async fn create(&self, wanted: &Projection, body: Body) -> Result<Answer, ScimError> {
        let given = self.body(body).await?;
        let validated = validation::validate(&given, &self.kind.schema)?;
        tracing::debug!(kind = self.kind.name(), tolerances = ?validated.tolerances, "create");
        let created = self.store.create(self.caller, self.kind, validated.resource).await?;
        let location = self.writer.location(self.kind, id_of(&created));
        Ok(self.shown(StatusCode::CREATED, created, wanted).header(header::LOCATION, location))
    }

    async fn read(&self, id: &str, wanted: &Projection) -> Result<Answer, ScimError> {
        let resource = self.store.read(self.caller, self.kind, id, wanted).await?;
        let known = condition(&self.request.headers, header::IF_NONE_MATCH);
        let is_known = known.is_some_and(|known| {
            version_of(&resource).is_some_and(|version| known.admits(version))
        });
        if !is_known {
            return Ok(self.shown(StatusCode::OK, resource, wanted));
        }
        let etag = self.writer.etag(&resource).unwrap_or_default();
        Ok(Answer::empty(StatusCode::NOT_MODIFIED).header(header::ETAG, etag))
    }

    async fn replace(
        &self,
        id: &str,
        wanted: &Projection,
        body: Body,
    ) -> Result<Answer, ScimError> {
        let given = self.body(body).await?;
        let if_match = condition(&self.request.headers, header::IF_MATCH);
        let replaced = self
            .store
            .replace(self.caller, self.kind, id, &given, if_match.as_ref(), wanted)
            .await?;
        Ok(self.shown(StatusCode::OK, replaced, wanted))
    }

    async fn patch(&self, id: &str, wanted: &Projection, body: Body) -> Result<Answer, ScimError> {
        let message = Value::Object(self.body(body).await?);
        let (request, tolerances) = PatchRequest::from_json(&message)?;
        tracing::debug!(kind = self.kind.name(), id, ?tolerances, "patch");
        let if_match = condition(&self.request.headers, header::IF_MATCH);
        let patched = self
            .store
            .patch(self.caller, self.kind, id, &request, if_match.as_ref(), wanted)
            .await?;
        Ok(self.shown(StatusCode::OK, patched, wanted))
    }

    async fn delete(&self, id: &str) -> Result<Answer, ScimError> {
        let if_match = condition(&self.request.headers, header::IF_MATCH);
        let mut version = None;
        if if_match.is_some() {
            let resource =
                self.store.read(self.caller, self.kind, id, &Projection::default()).await?;
            check(if_match.as_ref(), &resource)?;
            version = version_of(&resource).map(str::to_owned);
        }
        if self.store.delete(self.caller, self.kind, id, version.as_deref()).await? {
            return Ok(Answer::empty(StatusCode::NO_CONTENT));
        }
        Err(other_version())
    }

    async fn body(&self, body: Body) -> Result<Resource, ScimError> {
        read_object(&self.request.headers, body, self.service.flavour.body_size_max).await
    }

    fn shown(&self, status: StatusCode, resource: Resource, wanted: &Projection) -> Answer {
        let etag = self.writer.etag(&resource);
        let location = self.writer.location(self.kind, id_of(&resource));
        let answer = Answer::new(status, self.writer.resource(self.kind, resource, wanted).into())
            .header(header::CONTENT_LOCATION, location);
        match etag {
            Some(etag) => answer.header(header::ETAG, etag),
            None => answer,
        }
    }

    fn not_allowed(&self, method: &Method, id: Option<&str>) -> Answer {
        let methods = self.kind.methods;
        let (place, possible) = match id {
            None => ("the list", vec![("POST", methods.create)]),
            Some(_) => (
                "a resource",
                vec![
                    ("PUT", methods.replace),
                    ("PATCH", methods.patch),
                    ("DELETE", methods.delete),
                ],
            ),
        };
        let possible = possible.into_iter().filter(|(_, possible)| *possible).map(|(name, _)| name);
        let allow = ["GET", "HEAD"].into_iter().chain(possible).collect::<Vec<_>>().join(", ");
        let kind = self.kind.name();
        let error = ScimError::new(
            405,
            format!("{method} is not possible on {place} of the kind {kind}: use {allow}"),
        );
        Answer::new(StatusCode::METHOD_NOT_ALLOWED, error.to_json()).header(header::ALLOW, allow)
    }
}
