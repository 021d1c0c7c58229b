//! A store in memory, as small as a store can be.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::http::request::Parts;
use scim::{Projection, Resource, ScimError};
use scim_server::{Page, Query, ResourceKind, ResourceStore, Written, select};
use serde_json::{Value, json};

#[derive(Default)]
pub(crate) struct Memory {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    last_id: u32,
    resources: BTreeMap<(String, String), Resource>,
}

impl ResourceStore for Memory {
    type Caller = ();

    fn caller(&self, request: &Parts) -> Result<(), ScimError> {
        match request.headers.get("x-refuse") {
            Some(_) => Err(ScimError::new(401, "the token is unknown: sign in again")),
            None => Ok(()),
        }
    }

    async fn create(
        &self,
        (): &(),
        kind: &ResourceKind,
        mut resource: Resource,
    ) -> Result<Resource, ScimError> {
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
        let id = kept.last_id.to_string();
        resource.insert("id".into(), id.clone().into());
        resource.insert("meta".into(), json!({"version": "1"}));
        kept.resources.insert((kind.name().to_owned(), id), resource.clone());
        Ok(resource)
    }

    async fn read(
        &self,
        (): &(),
        kind: &ResourceKind,
        id: &str,
        _: &Projection,
    ) -> Result<Resource, ScimError> {
        let kept = self.kept.lock().unwrap();
        let found = kept.resources.get(&(kind.name().to_owned(), id.to_owned()));
        found.cloned().ok_or_else(|| ScimError::not_found(kind.name(), id))
    }

    async fn list(&self, (): &(), kind: &ResourceKind, query: &Query) -> Result<Page, ScimError> {
        let kept = self.kept.lock().unwrap();
        let of_kind = kept.resources.iter().filter(|((name, _), _)| name == kind.name());
        Ok(select(of_kind.map(|(_, resource)| resource.clone()), query, &kind.schema))
    }

    async fn replace_if(
        &self,
        (): &(),
        kind: &ResourceKind,
        id: &str,
        mut resource: Resource,
        version: &str,
    ) -> Result<Written, ScimError> {
        let mut kept = self.kept.lock().unwrap();
        let there = kept.resources.get_mut(&(kind.name().to_owned(), id.to_owned()));
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
        (): &(),
        kind: &ResourceKind,
        id: &str,
        version: Option<&str>,
    ) -> Result<bool, ScimError> {
        let mut kept = self.kept.lock().unwrap();
        let key = (kind.name().to_owned(), id.to_owned());
        let there =
            kept.resources.get(&key).ok_or_else(|| ScimError::not_found(kind.name(), id))?;
        if version.is_some_and(|version| there["meta"]["version"] != version) {
            return Ok(false);
        }
        kept.resources.remove(&key);
        Ok(true)
    }
}
