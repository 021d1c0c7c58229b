//! What a request asks of one kind of resource: create, read, replace, patch, delete
//! (RFC 7644 §3.3 to §3.6), by itself or within a bulk request.

use axum::http::{StatusCode, header};
use scim::patch::PatchRequest;
use scim::{Projection, Resource, ScimError};
use serde_json::Value;

use crate::answer::Answer;
use crate::condition::{Condition, other_version, version_of};
use crate::router::Server;
use crate::service::ResourceKind;
use crate::store::{ATTEMPT_COUNT_MAX, ResourceStore, contended};
use crate::stored::Stored;
use crate::writer::Writer;

/// The size of an answer that needs no second allocation.
const TEXT_SIZE_USUAL: usize = 2_048;

/// What all requests of one caller at one moment have in common.
pub(crate) struct Exchange<'e, S: ResourceStore> {
    pub(crate) server: &'e Server<S>,
    pub(crate) caller: &'e S::Caller,
    pub(crate) writer: &'e Writer<'e>,
}

/// What was done.
#[derive(Debug)]
pub(crate) enum Done {
    /// The resource is there, as it now is.
    Created(Stored),
    /// This is the resource, as it now is.
    Is(Stored),
    /// The client has this version of the resource already.
    Known(Stored),
    /// The resource was modified and has this version now; what it is, is not shown.
    Unshown(String),
    /// The resource is gone.
    Deleted,
}

impl<S: ResourceStore> Exchange<'_, S> {
    pub(crate) async fn create(
        &self,
        kind: &ResourceKind,
        given: &Resource,
    ) -> Result<Done, ScimError> {
        let validated = kind.creation(given)?;
        tracing::debug!(kind = kind.name(), tolerances = ?validated.tolerances, "create");
        let created = self.server.store.create(self.caller, kind, validated.resource).await?;
        Ok(Done::Created(created.into()))
    }

    pub(crate) async fn read(
        &self,
        kind: &ResourceKind,
        id: &str,
        condition: Option<&Condition>,
        wanted: &Projection,
    ) -> Result<Done, ScimError> {
        let resource = self.server.store.show(self.caller, kind, id, wanted).await?;
        let Some(condition) = condition else { return Ok(Done::Is(resource)) };
        let version = resource.version().unwrap_or_default();
        if !condition.is_wanted(version) {
            return Err(other_version());
        }
        Ok(if condition.is_unwanted(version) { Done::Known(resource) } else { Done::Is(resource) })
    }

    pub(crate) async fn replace(
        &self,
        kind: &ResourceKind,
        id: &str,
        given: &Resource,
        condition: Option<&Condition>,
        wanted: &Projection,
    ) -> Result<Done, ScimError> {
        let store = &self.server.store;
        let replaced = store.replace(self.caller, kind, id, given, condition, wanted).await?;
        Ok(Done::Is(replaced.into()))
    }

    pub(crate) async fn patch(
        &self,
        kind: &ResourceKind,
        id: &str,
        request: &PatchRequest,
        condition: Option<&Condition>,
        wanted: &Projection,
    ) -> Result<Done, ScimError> {
        let store = &self.server.store;
        if !wanted.names_attributes()
            && let Some(version) =
                store.patch_unshown(self.caller, kind, id, request, condition).await?
        {
            return Ok(Done::Unshown(version));
        }
        let patched = store.patch(self.caller, kind, id, request, condition, wanted).await?;
        Ok(Done::Is(patched.into()))
    }

    /// The message of a PATCH.
    ///
    /// # Errors
    /// What [`PatchRequest::from_json`] refuses, and paths with addresses that say no id.
    pub(crate) fn patch_request(
        &self,
        kind: &ResourceKind,
        message: Resource,
    ) -> Result<PatchRequest, ScimError> {
        let (mut request, tolerances) = PatchRequest::from_json_with(
            &Value::Object(message),
            self.server.service.flavour.filter,
        )?;
        let address_of = |name: &str| self.writer.address_of(name);
        self.writer.addresses(kind, &address_of).in_patch(&mut request, &kind.schema)?;
        tracing::debug!(kind = kind.name(), ?tolerances, "patch");
        Ok(request)
    }

    pub(crate) async fn delete(
        &self,
        kind: &ResourceKind,
        id: &str,
        condition: Option<&Condition>,
    ) -> Result<Done, ScimError> {
        let store = &self.server.store;
        let Some(condition) = condition else {
            let is_done = store.delete(self.caller, kind, id, None).await?;
            return if is_done { Ok(Done::Deleted) } else { Err(other_version()) };
        };
        for _ in 0..ATTEMPT_COUNT_MAX {
            let resource = store.read(self.caller, kind, id, &only_meta(kind)).await?;
            let version = version_of(&resource);
            condition.check(version.unwrap_or_default())?;
            if store.delete(self.caller, kind, id, version).await? {
                return Ok(Done::Deleted);
            }
            // Another change came in between, which the condition may admit as well.
        }
        Err(contended(kind, id))
    }

    /// What was done, as the answer to a request of its own.
    ///
    /// # Errors
    /// 500 if the store's text is no object of JSON.
    pub(crate) fn answer(
        &self,
        done: Done,
        kind: &ResourceKind,
        wanted: &Projection,
    ) -> Result<Answer, ScimError> {
        let (status, resource) = match done {
            Done::Created(resource) => (StatusCode::CREATED, resource),
            Done::Is(resource) => (StatusCode::OK, resource),
            Done::Known(resource) => {
                let etag = self.writer.tag(resource.version().unwrap_or_default());
                return Ok(Answer::empty(StatusCode::NOT_MODIFIED).header(header::ETAG, &etag));
            }
            Done::Unshown(version) => {
                let etag = self.writer.tag(&version);
                return Ok(Answer::empty(StatusCode::NO_CONTENT).header(header::ETAG, &etag));
            }
            Done::Deleted => return Ok(Answer::empty(StatusCode::NO_CONTENT)),
        };
        let etag = resource.version().map(|version| self.writer.tag(version));
        let location = self.writer.location(kind, resource.id());
        let mut text = Vec::with_capacity(TEXT_SIZE_USUAL);
        self.writer.write(&mut text, kind, resource, wanted)?;
        let mut answer = Answer::json(status, text).header(header::CONTENT_LOCATION, &location);
        if status == StatusCode::CREATED {
            answer = answer.header(header::LOCATION, &location);
        }
        Ok(match etag {
            Some(etag) => answer.header(header::ETAG, &etag),
            None => answer,
        })
    }
}

/// A projection for those who only want to know the version.
pub(crate) fn only_meta(kind: &ResourceKind) -> Projection {
    Projection::parse("meta", "", &kind.schema).unwrap_or_default()
}
