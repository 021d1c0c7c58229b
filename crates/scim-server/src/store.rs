//! What the server asks of a store of resources.
//!
//! # Resources
//! A store keeps resources as [`scim::validation`] leaves them: names as the schema
//! writes them, values fitted to their types. A resource that a store gives holds `id`
//! and `meta` with at least `version` (any text of the store's own, without quotes) and,
//! if it keeps them, `created` and `lastModified`. The server adds `schemas`,
//! `meta.resourceType`, `meta.location`, the `$ref` of references, and takes away what
//! the client does not want to see. Values such as `groups` of a user, which only the
//! service writes, are the store's. Attributes that are never returned, such as `password`,
//! need not be in what a store gives: without one, a write leaves the old one as it is.
//!
//! # Uniqueness and references
//! Only a store can keep them, since only it sees all resources at one moment: a taken
//! `userName` is [`ScimError::uniqueness`], a member that does not exist
//! [`ScimError::invalid_value`].
//!
//! # Concurrency
//! [`ResourceStore::replace_if`] and [`ResourceStore::delete`] compare the version and
//! write in one step; everything else about `If-Match` and repeated attempts is here.

use std::future::{Future, ready};

use axum::http::request::Parts;
use scim::patch::PatchRequest;
use scim::{Projection, Resource, ScimError};

use crate::condition::{Condition, version_of};
use crate::query::{Page, Query};
use crate::service::ResourceKind;
use crate::stored::Stored;

/// How often a modification is tried again because another one came in between.
pub const ATTEMPT_COUNT_MAX: usize = 10;

/// A store of resources of one or more kinds. Methods may be written as `async fn`.
pub trait ResourceStore: Send + Sync + 'static {
    /// Whoever sends a request: what an authentication layer put into its extensions.
    type Caller: Send + Sync;

    /// Tells the caller from a request. A store without callers gives `Ok(())`.
    ///
    /// # Errors
    /// 401 or 403, if the layer in front should have refused the request.
    fn caller(&self, request: &Parts) -> Result<Self::Caller, ScimError>;

    /// Keeps a new resource and gives it with its `id` and `meta`.
    fn create(
        &self,
        caller: &Self::Caller,
        kind: &ResourceKind,
        resource: Resource,
    ) -> impl Future<Output = Result<Resource, ScimError>> + Send;

    /// Gives one resource. What `wanted` does not show need not be there.
    ///
    /// `wanted` is everything when the answer is about to be modified.
    ///
    /// # Errors
    /// [`ScimError::not_found`].
    fn read(
        &self,
        caller: &Self::Caller,
        kind: &ResourceKind,
        id: &str,
        wanted: &Projection,
    ) -> impl Future<Output = Result<Resource, ScimError>> + Send;

    /// Gives one resource for an answer. Provided: as [`Self::read`] gives it. A store that
    /// keeps text overrides it.
    ///
    /// # Errors
    /// As for [`Self::read`].
    fn show(
        &self,
        caller: &Self::Caller,
        kind: &ResourceKind,
        id: &str,
        wanted: &Projection,
    ) -> impl Future<Output = Result<Stored, ScimError>> + Send {
        async move { self.read(caller, kind, id, wanted).await.map(Stored::Values) }
    }

    /// Gives one page of the resources that match, in an order that stays the same from
    /// page to page. A store without an index for the filter may use [`crate::select`].
    fn list(
        &self,
        caller: &Self::Caller,
        kind: &ResourceKind,
        query: &Query,
    ) -> impl Future<Output = Result<Page, ScimError>> + Send;

    /// Gives one page for an answer. Provided: as [`Self::list`] gives it. A store that keeps
    /// text overrides it.
    fn show_list(
        &self,
        caller: &Self::Caller,
        kind: &ResourceKind,
        query: &Query,
    ) -> impl Future<Output = Result<Page<Stored>, ScimError>> + Send {
        async move { self.list(caller, kind, query).await.map(Page::into_stored) }
    }

    /// Puts `resource` in place of the one with this `id` if that has the version
    /// `version` still, in one step, and gives it with its new `meta`. `id` and `meta`
    /// within `resource` are those that were read.
    ///
    /// # Errors
    /// [`ScimError::not_found`], or what the store refuses.
    fn replace_if(
        &self,
        caller: &Self::Caller,
        kind: &ResourceKind,
        id: &str,
        resource: Resource,
        version: &str,
    ) -> impl Future<Output = Result<Written, ScimError>> + Send;

    /// Deletes a resource; if `version` is given, only while it has that version, in one step.
    /// Gives whether it was so: `false` means another version.
    ///
    /// # Errors
    /// [`ScimError::not_found`], or what the store refuses.
    fn delete(
        &self,
        caller: &Self::Caller,
        kind: &ResourceKind,
        id: &str,
        version: Option<&str>,
    ) -> impl Future<Output = Result<bool, ScimError>> + Send;

    /// Modifies a resource and gives it as it then is; what `wanted` does not show need not
    /// be there. Provided: reads the resource, applies the request and writes it with
    /// [`Self::replace_if`], again if another modification came in between. This is linear
    /// in the resource's size; a store that can add one member to a large group without
    /// reading the others overrides it.
    ///
    /// # Errors
    /// What [`scim::patch::apply`] refuses; [`ScimError::precondition_failed`] if `condition`
    /// does not admit the version.
    fn patch(
        &self,
        caller: &Self::Caller,
        kind: &ResourceKind,
        id: &str,
        request: &PatchRequest,
        condition: Option<&Condition>,
        _wanted: &Projection,
    ) -> impl Future<Output = Result<Resource, ScimError>> + Send {
        modify(self, caller, kind, id, condition, |resource| kind.patched(resource, request))
    }

    /// Modifies a resource without giving it, where that would cost much more than the
    /// change, as with one member of a large group: the answer is 204 then. Gives the new
    /// version, or `None` if nothing was done and [`Self::patch`] has to do it. Asked
    /// first, if the client named no attributes (RFC 7644 §3.5.2). Provided: `None`.
    ///
    /// # Errors
    /// As for [`Self::patch`].
    fn patch_unshown(
        &self,
        _caller: &Self::Caller,
        _kind: &ResourceKind,
        _id: &str,
        _request: &PatchRequest,
        _condition: Option<&Condition>,
    ) -> impl Future<Output = Result<Option<String>, ScimError>> + Send {
        ready(Ok(None))
    }

    /// Replaces a resource by what a client sent and gives it as it then is. Provided, like
    /// [`Self::patch`], with [`ResourceKind::replacement`].
    ///
    /// # Errors
    /// As for [`Self::patch`].
    fn replace(
        &self,
        caller: &Self::Caller,
        kind: &ResourceKind,
        id: &str,
        given: &Resource,
        condition: Option<&Condition>,
        _wanted: &Projection,
    ) -> impl Future<Output = Result<Resource, ScimError>> + Send {
        modify(self, caller, kind, id, condition, |resource| {
            let validated = kind.replacement(resource, given)?;
            Ok((validated.resource != *resource).then_some(validated.resource))
        })
    }

    /// The id of the user that `/Me` means for the caller (RFC 7644 §3.11). Provided: no
    /// caller is a user.
    ///
    /// # Errors
    /// 501 if callers are no users; [`ScimError::not_found`] if this one is none.
    fn me(&self, _caller: &Self::Caller) -> impl Future<Output = Result<String, ScimError>> + Send {
        ready(Err(ScimError::new(501, "whoever asks here is no user: use /Users instead of /Me")))
    }
}

/// What became of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It was written; the resource as it now is.
    Done(Resource),
    /// The resource had another version; nothing was written.
    OtherVersion,
}

/// Reads, changes and writes a resource until no other modification comes in between.
/// `change` gives `None` if there is nothing to write.
async fn modify<S: ResourceStore + ?Sized>(
    store: &S,
    caller: &S::Caller,
    kind: &ResourceKind,
    id: &str,
    condition: Option<&Condition>,
    change: impl Fn(&Resource) -> Result<Option<Resource>, ScimError> + Send,
) -> Result<Resource, ScimError> {
    for _ in 0..ATTEMPT_COUNT_MAX {
        let resource = store.read(caller, kind, id, &Projection::default()).await?;
        let version = version_of(&resource).unwrap_or_default();
        if let Some(condition) = condition {
            condition.check(version)?;
        }
        let Some(changed) = change(&resource)? else { return Ok(resource) };
        if let Written::Done(written) = store.replace_if(caller, kind, id, changed, version).await?
        {
            return Ok(written);
        }
    }
    Err(contended(kind, id))
}

/// 409: others came in between again and again.
pub(crate) fn contended(kind: &ResourceKind, id: &str) -> ScimError {
    ScimError::new(
        409,
        format!(
            "the {} \"{id}\" is being changed by others all the time: try again later",
            kind.name()
        ),
    )
}
