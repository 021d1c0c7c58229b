//! The organisation as a store of resources for the SCIM server.

use axum::http::request::Parts;
use scim::{
    Path, Projection, Resource, ScimError,
    patch::{PatchRequest, apply_with},
    resource::value_of,
    schema::urn,
    validation,
};
use scim_server::{Condition, Page, Query, ResourceKind, ResourceStore, Written};
use serde_json::Value;

use crate::{
    Organisation,
    group::{Group, GroupSearch},
    group_patch::GroupEdit,
    profile::Profile,
    refusal::Refusal,
    user_filter::Search,
    user_write::Writer,
};

/// How often a write is tried again because another one came in between.
const ATTEMPT_COUNT_MAX: usize = 10;

/// The organisation, seen by the SCIM server.
pub(crate) struct ScimStore {
    pub(crate) organisation: Organisation,
}

/// The OAuth client that sends a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) client_id: String,
}

/// What a request changes, when, and what its answer shows.
#[derive(Clone, Copy)]
struct Target<'t> {
    kind: &'t ResourceKind,
    id: &'t str,
    if_match: Option<&'t Condition>,
    wanted: &'t Projection,
}

impl Caller {
    fn writer(&self, method: &'static str) -> Writer<'_> {
        Writer { client_id: &self.client_id, method }
    }
}

impl ResourceStore for ScimStore {
    type Caller = Caller;

    fn caller(&self, request: &Parts) -> Result<Caller, ScimError> {
        // The gateway lets nobody pass without one.
        request
            .extensions
            .get::<Caller>()
            .cloned()
            .ok_or_else(|| ScimError::new(401, "sign in first"))
    }

    async fn create(
        &self,
        caller: &Caller,
        kind: &ResourceKind,
        resource: Resource,
    ) -> Result<Resource, ScimError> {
        if is_group(kind) {
            return Err(ScimError::new(405, "groups are created in the organisation, not by SCIM"));
        }
        let user =
            self.organisation.create_user(caller.writer("POST"), Profile::read(&resource)?).await?;
        Ok(user.resource(&caller.client_id))
    }

    async fn read(
        &self,
        caller: &Caller,
        kind: &ResourceKind,
        id: &str,
        wanted: &Projection,
    ) -> Result<Resource, ScimError> {
        if is_group(kind) {
            let group = self.organisation.group(id).await?;
            return Ok(self.shown(caller, kind, &group, wanted).await?);
        }
        Ok(self.organisation.present_user(id).await?.resource(&caller.client_id))
    }

    async fn list(
        &self,
        caller: &Caller,
        kind: &ResourceKind,
        query: &Query,
    ) -> Result<Page, ScimError> {
        let (filter, offset) = (query.filter.as_ref(), query.offset());
        if is_group(kind) {
            let search = GroupSearch::new(filter, &caller.client_id)?;
            let page = self
                .organisation
                .groups(&search, offset, query.count)
                .await
                .map_err(Refusal::from)?;
            let mut resources = Vec::with_capacity(page.groups.len());
            for group in &page.groups {
                resources.push(self.shown(caller, kind, group, &query.wanted).await?);
            }
            return Ok(Page { total_results: page.total, resources, ..Page::default() });
        }
        let search = Search::new(filter, &caller.client_id)?;
        let page =
            self.organisation.users(&search, offset, query.count).await.map_err(Refusal::from)?;
        let resources = page.users.iter().map(|user| user.resource(&caller.client_id)).collect();
        Ok(Page { total_results: page.total, resources, ..Page::default() })
    }

    async fn replace_if(
        &self,
        caller: &Caller,
        kind: &ResourceKind,
        id: &str,
        resource: Resource,
        version: &str,
    ) -> Result<Written, ScimError> {
        let writer = caller.writer("PUT");
        if is_group(kind) {
            let group = self.organisation.group(id).await?;
            let edit = GroupEdit::replacement(&resource)?;
            if version != group.version.to_string()
                || !self.organisation.edit_group(writer, &group, &edit, Some(group.version)).await?
            {
                return Ok(Written::OtherVersion);
            }
            let group = self.organisation.group(id).await?;
            return Ok(Written::Done(
                self.shown(caller, kind, &group, &Projection::default()).await?,
            ));
        }
        let user = self.organisation.present_user(id).await?;
        if version != user.version.to_string() {
            return Ok(Written::OtherVersion);
        }
        let written =
            self.organisation.update_user(writer, &user, Profile::read(&resource)?).await?;
        Ok(written
            .map_or(Written::OtherVersion, |user| Written::Done(user.resource(&caller.client_id))))
    }

    async fn delete(
        &self,
        caller: &Caller,
        kind: &ResourceKind,
        id: &str,
        version: Option<&str>,
    ) -> Result<bool, ScimError> {
        if is_group(kind) {
            return Err(ScimError::new(405, "groups are deleted in the organisation, not by SCIM"));
        }
        for _ in 0..ATTEMPT_COUNT_MAX {
            let user = self.organisation.present_user(id).await?;
            if version.is_some_and(|version| version != user.version.to_string()) {
                return Ok(false);
            }
            if self.organisation.delete_user(caller.writer("DELETE"), &user).await? {
                return Ok(true);
            }
        }
        Err(contended(kind, id))
    }

    async fn patch(
        &self,
        caller: &Caller,
        kind: &ResourceKind,
        id: &str,
        request: &PatchRequest,
        if_match: Option<&Condition>,
        wanted: &Projection,
    ) -> Result<Resource, ScimError> {
        if is_group(kind) {
            let edit = GroupEdit::new(request)?;
            let target = Target { kind, id, if_match, wanted };
            return self.edit(caller, "PATCH", &target, &edit).await;
        }
        self.modify_user(caller.writer("PATCH"), kind, id, if_match, |resource| {
            let mut patched = resource.clone();
            apply_with(&mut patched, request, &kind.schema, kind.unknown)?;
            Ok(patched)
        })
        .await
    }

    async fn replace(
        &self,
        caller: &Caller,
        kind: &ResourceKind,
        id: &str,
        given: &Resource,
        if_match: Option<&Condition>,
        wanted: &Projection,
    ) -> Result<Resource, ScimError> {
        if is_group(kind) {
            let edit = GroupEdit::replacement(given)?;
            let target = Target { kind, id, if_match, wanted };
            return self.edit(caller, "PUT", &target, &edit).await;
        }
        self.modify_user(caller.writer("PUT"), kind, id, if_match, |resource| {
            let given = with_kept(given, resource);
            Ok(validation::replacement(resource, &given, &kind.schema)?.resource)
        })
        .await
    }
}

impl ScimStore {
    /// Reads, changes and writes a user until no other write comes in between.
    async fn modify_user(
        &self,
        writer: Writer<'_>,
        kind: &ResourceKind,
        id: &str,
        if_match: Option<&Condition>,
        change: impl Fn(&Resource) -> Result<Resource, ScimError> + Send,
    ) -> Result<Resource, ScimError> {
        for _ in 0..ATTEMPT_COUNT_MAX {
            let user = self.organisation.present_user(id).await?;
            admit(if_match, user.version)?;
            let profile = Profile::read(&change(&user.resource(writer.client_id))?)?;
            if let Some(written) = self.organisation.update_user(writer, &user, profile).await? {
                return Ok(written.resource(writer.client_id));
            }
        }
        Err(contended(kind, id))
    }

    /// Edits a group; only an edit with `If-Match` minds other writes in between.
    async fn edit(
        &self,
        caller: &Caller,
        method: &'static str,
        target: &Target<'_>,
        edit: &GroupEdit,
    ) -> Result<Resource, ScimError> {
        let Target { kind, id, if_match, wanted } = *target;
        for _ in 0..ATTEMPT_COUNT_MAX {
            let group = self.organisation.group(id).await?;
            admit(if_match, group.version)?;
            let version = if_match.map(|_| group.version);
            if self.organisation.edit_group(caller.writer(method), &group, edit, version).await? {
                let group = self.organisation.group(id).await?;
                return Ok(self.shown(caller, kind, &group, wanted).await?);
            }
        }
        Err(contended(kind, id))
    }

    /// The group as a resource; its members are read only if they are wanted.
    async fn shown(
        &self,
        caller: &Caller,
        kind: &ResourceKind,
        group: &Group,
        wanted: &Projection,
    ) -> Result<Resource, Refusal> {
        let members = if wanted.wants(&Path::attribute("members"), &kind.schema) {
            Some(self.organisation.members(&group.id).await?)
        } else {
            None
        };
        Ok(group.resource(&caller.client_id, members.as_deref()))
    }
}

/// What a PUT sends, with what it may leave out. The vendor does not say what becomes of
/// absent attributes: here they are cleared, except those whose loss would lock a user
/// out: `active`, `roles` and the division.
fn with_kept(given: &Resource, current: &Resource) -> Resource {
    let mut kept = given.clone();
    for name in ["active", "roles"] {
        if let (None, Some(value)) = (value_of(given, name), value_of(current, name)) {
            kept.insert(name.to_owned(), value.clone());
        }
    }
    let Some(division) = value_of(current, urn::ENTERPRISE_USER)
        .and_then(Value::as_object)
        .and_then(|enterprise| value_of(enterprise, "division"))
    else {
        return kept;
    };
    let key = kept.keys().find(|key| key.eq_ignore_ascii_case(urn::ENTERPRISE_USER)).cloned();
    let key = key.unwrap_or_else(|| urn::ENTERPRISE_USER.to_owned());
    let enterprise = kept.entry(key).or_insert_with(|| Value::Object(Resource::new()));
    if let Value::Object(enterprise) = enterprise
        && value_of(enterprise, "division").is_none()
    {
        enterprise.insert("division".to_owned(), division.clone());
    }
    kept
}

fn is_group(kind: &ResourceKind) -> bool {
    kind.name() == "Group"
}

fn admit(if_match: Option<&Condition>, version: i64) -> Result<(), ScimError> {
    match if_match {
        Some(condition) if !condition.admits(&version.to_string()) => {
            Err(ScimError::precondition_failed(format!(
                "the resource has the version {version} and not the one of If-Match: read it again and repeat the change"
            )))
        }
        _ => Ok(()),
    }
}

fn contended(kind: &ResourceKind, id: &str) -> ScimError {
    let kind = kind.name();
    ScimError::new(
        409,
        format!("the {kind} \"{id}\" is being changed by others all the time: try again later"),
    )
}
