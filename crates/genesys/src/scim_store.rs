//! The organisation as a store of resources for the SCIM server.

use std::borrow::Cow;

use axum::http::request::Parts;
use scim::{Path, Projection, Resource, ScimError, patch::PatchRequest};
use scim_server::{Condition, Page, Query, ResourceKind, ResourceStore, Written};

use crate::{
    Organisation,
    absence::{refill, with_kept, without_empty},
    bare_path,
    caller::Caller,
    group::Group,
    group_filter::GroupSearch,
    group_patch::GroupEdit,
    profile::{Phones, Profile},
    refusal::Refusal,
    settings::{Absent, LargePages},
    user::{State, User},
    user_filter::Search,
};

/// How often a write is tried again because another one came in between.
const ATTEMPT_COUNT_MAX: usize = 10;

/// The organisation, seen by the SCIM server.
pub(crate) struct ScimStore {
    pub(crate) organisation: Organisation,
}

/// What a request changes, when, and what its answer shows.
#[derive(Clone, Copy)]
struct Target<'t> {
    kind: &'t ResourceKind,
    id: &'t str,
    if_match: Option<&'t Condition>,
    wanted: &'t Projection,
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
        let writer = caller.writer("POST");
        if is_group(kind) {
            let edit = GroupEdit::replacement(&resource, Absent::Cleared, Absent::Cleared)?;
            let id = self.organisation.create_scim_group(writer, edit).await?;
            let group = self.organisation.group(&id).await?;
            return Ok(self.shown(caller, kind, &group, &Projection::default(), None).await?);
        }
        let user = self.organisation.create_user(writer, self.profile(&resource, None)?).await?;
        Ok(user.resource_for(&caller.mirror, &caller.shown_mirror))
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
            return Ok(self.shown(caller, kind, &group, wanted, None).await?);
        }
        let is_shown = self.organisation.settings.deleted_shown;
        Ok(self.user(id, is_shown).await?.resource_for(&caller.mirror, &caller.shown_mirror))
    }

    async fn list(
        &self,
        caller: &Caller,
        kind: &ResourceKind,
        query: &Query,
    ) -> Result<Page, ScimError> {
        let query = &self.organisation.cut_page(query);
        self.organisation.admit_page(kind, query, query.count, LargePages::Refused)?;
        let page = if is_group(kind) {
            self.groups(caller, kind, query).await?
        } else {
            self.users(caller, query).await?
        };
        self.organisation.admit_page(kind, query, page.resources.len(), LargePages::Limited)?;
        Ok(page)
    }

    async fn replace_if(
        &self,
        _: &Caller,
        _: &ResourceKind,
        _: &str,
        _: Resource,
        _: &str,
    ) -> Result<Written, ScimError> {
        // Writes are done whole by `patch` and `replace` below.
        Err(ScimError::new(501, "this is done by PATCH or PUT"))
    }

    async fn delete(
        &self,
        caller: &Caller,
        kind: &ResourceKind,
        id: &str,
        version: Option<&str>,
    ) -> Result<bool, ScimError> {
        let writer = caller.writer("DELETE");
        if is_group(kind) {
            let group = self.organisation.group(id).await?;
            if version.is_some_and(|version| version != group.version.to_string()) {
                return Ok(false);
            }
            self.organisation.delete_scim_group(writer, &group).await?;
            return Ok(true);
        }
        for _ in 0..ATTEMPT_COUNT_MAX {
            let user = self.user(id, false).await?;
            if version.is_some_and(|version| version != user.version.to_string()) {
                return Ok(false);
            }
            if self.organisation.delete_user(writer, &user).await? {
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
        let target = Target { kind, id, if_match, wanted };
        let settings = &self.organisation.settings;
        let request = match settings.empty_values {
            Absent::Cleared => Cow::Borrowed(request),
            Absent::Kept => Cow::Owned(without_empty(request)),
        };
        if is_group(kind) {
            let edit = GroupEdit::new(&request)?;
            return self.edit(caller, "PATCH", &target, &edit).await;
        }
        let request = bare_path::admitted(&request, &kind.schema, settings.bare_path)?;
        self.modify_user(caller, "PATCH", &target, |resource| {
            Ok(kind.patched(resource, &request)?.unwrap_or_else(|| resource.clone()))
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
        let target = Target { kind, id, if_match, wanted };
        let settings = &self.organisation.settings;
        let (absent, empty) = (settings.put_absent, settings.empty_values);
        if is_group(kind) {
            let edit = GroupEdit::replacement(given, absent, empty)?;
            return self.edit(caller, "PUT", &target, &edit).await;
        }
        self.modify_user(caller, "PUT", &target, |resource| {
            let mut given = with_kept(given, resource, absent);
            if empty == Absent::Kept {
                refill(&mut given, resource);
            }
            Ok(kind.replacement(resource, &given)?.resource)
        })
        .await
    }
}

impl ScimStore {
    async fn users(&self, caller: &Caller, query: &Query) -> Result<Page, ScimError> {
        let mut search = Search::new(query.filter.as_ref(), &caller.mirror)?;
        if let Some((authority, value)) = search.external_id.take() {
            search.external_id = Some((caller.stored_authority(authority), value));
        }
        if !self.organisation.settings.inactive_found {
            search.state = search.state.or(Some(State::Active));
        }
        search.with_deleted = self.organisation.settings.deleted_shown && search.state.is_none();
        let page = self
            .organisation
            .users(&search, query.offset(), query.count)
            .await
            .map_err(Refusal::from)?;
        let resources = page
            .users
            .iter()
            .map(|user| user.resource_for(&caller.mirror, &caller.shown_mirror))
            .collect();
        Ok(Page { total_results: page.total, resources, ..Page::default() })
    }

    async fn groups(
        &self,
        caller: &Caller,
        kind: &ResourceKind,
        query: &Query,
    ) -> Result<Page, ScimError> {
        let search = GroupSearch::new(query.filter.as_ref(), &caller.mirror)?;
        let page = self
            .organisation
            .groups(&search, query.offset(), query.count)
            .await
            .map_err(Refusal::from)?;
        let mut resources = Vec::with_capacity(page.groups.len());
        for group in &page.groups {
            resources.push(self.shown(caller, kind, group, &query.wanted, None).await?);
        }
        Ok(Page { total_results: page.total, resources, ..Page::default() })
    }

    /// What the resource says of a user who is stored as `before`, or not at all.
    fn profile(&self, resource: &Resource, before: Option<&User>) -> Result<Profile, ScimError> {
        let bad_phone = self.organisation.settings.bad_phone;
        match before {
            Some(before) => Profile::read(resource, bad_phone, &before.profile.phones),
            None => Profile::read(resource, bad_phone, &Phones::new()),
        }
    }

    /// The user with this id; a deleted one only if that is asked for.
    async fn user(&self, id: &str, with_deleted: bool) -> Result<User, ScimError> {
        let user = self.organisation.user(id).await.map_err(Refusal::from)?;
        user.filter(|user| with_deleted || user.state != State::Deleted)
            .ok_or_else(|| ScimError::not_found("User", id))
    }

    /// Reads, changes and writes a user until no other write comes in between.
    async fn modify_user(
        &self,
        caller: &Caller,
        method: &'static str,
        target: &Target<'_>,
        change: impl Fn(&Resource) -> Result<Resource, ScimError> + Send,
    ) -> Result<Resource, ScimError> {
        let settings = &self.organisation.settings;
        for _ in 0..ATTEMPT_COUNT_MAX {
            let user = self.user(target.id, settings.restore_by_id).await?;
            admit(target.if_match, user.version)?;
            let before = user.resource_for(&caller.mirror, &caller.shown_mirror);
            let mut after = change(&before)?;
            let is_reactivated = user.state == State::Inactive
                && self.profile(&after, Some(&user))?.active.unwrap_or_default();
            if is_reactivated && settings.reactivated_roles == Absent::Cleared {
                // The roles that the write itself brings stay.
                let mut bare = before.clone();
                bare.shift_remove("roles");
                after = change(&bare)?;
            }
            if settings.empty_values == Absent::Kept {
                refill(&mut after, &before);
            }
            let profile = self.profile(&after, Some(&user))?;
            if user.state == State::Deleted && profile.active != Some(true) {
                return Err(ScimError::not_found("User", target.id));
            }
            let writer = caller.writer(method);
            if let Some(written) = self.organisation.update_user(writer, &user, profile).await? {
                return Ok(written.resource_for(&caller.mirror, &caller.shown_mirror));
            }
        }
        Err(contended(target.kind, target.id))
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
        let answered_max = self.organisation.settings.answered_members;
        for _ in 0..ATTEMPT_COUNT_MAX {
            let group = self.organisation.group(id).await?;
            admit(if_match, group.version)?;
            let version = if_match.map(|_| group.version);
            if self.organisation.edit_group(caller.writer(method), &group, edit, version).await? {
                let group = self.organisation.group(id).await?;
                return Ok(self.shown(caller, kind, &group, wanted, answered_max).await?);
            }
        }
        Err(contended(kind, id))
    }

    /// The group as a resource; its members are read only if they are wanted, and shown
    /// only if there are not more than `members_max`.
    async fn shown(
        &self,
        caller: &Caller,
        kind: &ResourceKind,
        group: &Group,
        wanted: &Projection,
        members_max: Option<u32>,
    ) -> Result<Resource, Refusal> {
        if !wanted.wants(&Path::attribute("members"), &kind.schema) {
            return Ok(group.resource(&caller.mirror, None));
        }
        let members = match members_max.map(|max| max as usize) {
            None => Some(self.organisation.members(&group.id).await?),
            Some(max) => {
                let some = self.organisation.members_after(&group.id, "", max + 1).await?;
                (some.len() <= max).then_some(some)
            }
        };
        Ok(group.resource(&caller.mirror, members.as_deref()))
    }
}

pub(crate) fn is_group(kind: &ResourceKind) -> bool {
    kind.name() == "Group"
}

fn admit(if_match: Option<&Condition>, version: i64) -> Result<(), ScimError> {
    match if_match {
        Some(condition) => condition.check(&version.to_string()),
        None => Ok(()),
    }
}

fn contended(kind: &ResourceKind, id: &str) -> ScimError {
    let kind = kind.name();
    ScimError::new(
        409,
        format!("the {kind} \"{id}\" is being changed by others all the time: try again later"),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::{Clock, grant::Reach, phone::PhoneType, schema, settings::Settings};

    /// Status of a PATCH of a user whose stored number was taken under an older rule, and the
    /// number afterwards.
    async fn patched(settings: &str, operation: Value) -> (u16, Value) {
        let folder = tempfile::tempdir().unwrap();
        let organisation = Organisation::open(folder.path(), Clock::system()).await.unwrap();
        let mut given = Settings { permissions: false, ..Settings::default() };
        given.read(settings).unwrap();
        let store = ScimStore { organisation: organisation.with_settings(given) };
        let caller = Caller {
            client_id: "c".to_owned(),
            token_hash: String::new(),
            mirror: "m".to_owned(),
            shown_mirror: "m".to_owned(),
            reach: Reach::All,
            correlation_id: String::new(),
        };
        let profile = Profile {
            user_name: "a@b.c".to_owned(),
            display_name: "A".to_owned(),
            active: Some(true),
            phones: BTreeMap::from([(PhoneType::Work, "+49".to_owned())]),
            ..Profile::default()
        };
        let user = store.organisation.create_user(caller.writer("POST"), profile).await.unwrap();
        let body = json!({"Operations": [operation]});
        let (request, _) = PatchRequest::from_json(&body).unwrap();
        let kind = ResourceKind::new("User", "Users", schema::USER.clone());
        let wanted = Projection::default();
        let answer = store.patch(&caller, &kind, &user.id, &request, None, &wanted).await;
        let status = answer.map_or_else(|refusal| refusal.status, |_| 200);
        let user = store.organisation.user(&user.id).await.unwrap().unwrap();
        (status, json!(user.profile.phones.get(&PhoneType::Work)))
    }

    #[tokio::test]
    async fn a_stored_number_stays_whatever_the_rule_is_now() {
        for settings in ["", "bad-phone=ignored"] {
            let leave = json!({"op": "replace", "path": "active", "value": false});
            assert_eq!(patched(settings, leave).await, (200, json!("+49")), "{settings}");
        }
        let number = |value| json!({"op": "replace", "path": "phoneNumbers[type eq \"work\"].value", "value": value});
        assert_eq!(patched("", number("+48")).await, (400, json!("+49")));
        assert_eq!(patched("", number("+4989")).await, (200, json!("+4989")));
    }
}
