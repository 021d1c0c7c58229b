//! A store in memory, as small as a store can be.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Mutex;

use axum::http::request::Parts;
use scim::patch::PatchRequest;
use scim::{Projection, Resource, ScimError};
use scim_server::{Condition, Page, Query, ResourceKind, ResourceStore, Written, bearer, select};
use serde_json::{Value, json};

#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) kept: Mutex<Kept>,
    /// Who may ask, as which user; without any, everybody may, as nobody.
    pub(crate) tokens: Option<BTreeMap<String, String>>,
}

#[derive(Default)]
pub(crate) struct Kept {
    last_id: u32,
    resources: BTreeMap<(String, u32), Resource>,
}

impl ResourceStore for Memory {
    /// The id of a user.
    type Caller = Option<String>;

    fn caller(&self, request: &Parts) -> Result<Self::Caller, ScimError> {
        match &self.tokens {
            Some(tokens) => {
                let user = tokens.get(bearer::token(&request.headers)?);
                user.cloned().map(Some).ok_or_else(bearer::unknown)
            }
            None => Ok(None),
        }
    }

    async fn create(
        &self,
        _: &Self::Caller,
        kind: &ResourceKind,
        mut resource: Resource,
    ) -> Result<Resource, ScimError> {
        // Some names make it misbehave.
        match resource.get("displayName").and_then(Value::as_str) {
            Some("panic") => panic!("a bug in the store"),
            Some("never") => pending::<()>().await,
            _ => {}
        }
        let mut kept = self.kept.lock().unwrap();
        let name =
            resource.get("userName").and_then(Value::as_str).unwrap_or_default().to_lowercase();
        let is_taken = |other: &Resource| {
            !name.is_empty()
                && other
                    .get("userName")
                    .and_then(Value::as_str)
                    .is_some_and(|other| other.to_lowercase() == name)
        };
        if kept.resources.values().any(is_taken) {
            return Err(ScimError::uniqueness(format!("the userName \"{name}\" is taken")));
        }
        kept.last_id += 1;
        let id = kept.last_id;
        resource.insert("id".into(), id.to_string().into());
        resource.insert("meta".into(), json!({"version": "1"}));
        kept.resources.insert((kind.name().to_owned(), id), resource.clone());
        Ok(resource)
    }

    async fn read(
        &self,
        _: &Self::Caller,
        kind: &ResourceKind,
        id: &str,
        _: &Projection,
    ) -> Result<Resource, ScimError> {
        let kept = self.kept.lock().unwrap();
        let found = kept.resources.get(&key(kind, id)?);
        found.cloned().ok_or_else(|| ScimError::not_found(kind.name(), id))
    }

    async fn list(
        &self,
        _: &Self::Caller,
        kind: &ResourceKind,
        query: &Query,
    ) -> Result<Page, ScimError> {
        let kept = self.kept.lock().unwrap();
        let of_kind = kept.resources.iter().filter(|((name, _), _)| name == kind.name());
        Ok(select(of_kind.map(|(_, resource)| resource.clone()), query, &kind.schema))
    }

    async fn replace_if(
        &self,
        _: &Self::Caller,
        kind: &ResourceKind,
        id: &str,
        mut resource: Resource,
        version: &str,
    ) -> Result<Written, ScimError> {
        let mut kept = self.kept.lock().unwrap();
        let there = kept.resources.get_mut(&key(kind, id)?);
        let there = there.ok_or_else(|| ScimError::not_found(kind.name(), id))?;
        if there["meta"]["version"] != version {
            return Ok(Written::OtherVersion);
        }
        let next: u32 = version.parse::<u32>().unwrap() + 1;
        resource.insert("meta".into(), json!({"version": next.to_string()}));
        there.clone_from(&resource);
        Ok(Written::Done(resource))
    }

    async fn delete(
        &self,
        _: &Self::Caller,
        kind: &ResourceKind,
        id: &str,
        version: Option<&str>,
    ) -> Result<bool, ScimError> {
        let mut kept = self.kept.lock().unwrap();
        let key = key(kind, id)?;
        let there =
            kept.resources.get(&key).ok_or_else(|| ScimError::not_found(kind.name(), id))?;
        if version.is_some_and(|version| there["meta"]["version"] != version) {
            return Ok(false);
        }
        kept.resources.remove(&key);
        Ok(true)
    }

    /// Some are too large to be shown after a change.
    async fn patch_unshown(
        &self,
        caller: &Self::Caller,
        kind: &ResourceKind,
        id: &str,
        request: &PatchRequest,
        if_match: Option<&Condition>,
    ) -> Result<Option<String>, ScimError> {
        let all = Projection::default();
        let group = self.read(caller, kind, id, &all).await?;
        if group.get("externalId").and_then(Value::as_str) != Some("large") {
            return Ok(None);
        }
        let patched = self.patch(caller, kind, id, request, if_match, &all).await?;
        Ok(patched["meta"]["version"].as_str().map(str::to_owned))
    }

    async fn me(&self, caller: &Self::Caller) -> Result<String, ScimError> {
        caller.clone().ok_or_else(|| ScimError::new(501, "nobody in particular asks"))
    }
}

fn key(kind: &ResourceKind, id: &str) -> Result<(String, u32), ScimError> {
    let number = id.parse().map_err(|_| ScimError::not_found(kind.name(), id))?;
    Ok((kind.name().to_owned(), number))
}
