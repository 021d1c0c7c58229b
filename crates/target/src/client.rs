//! The SCIM client of one target: search, create, read, update, delete.
//!
//! What is sent goes through a [`Channel`], and answers are read strictly enough
//! that a caller may decide on them ([`crate::answer`]). One pool of connections
//! serves all clones of a [`Target`].

use std::sync::Arc;

use reqwest::Method;
use scim::patch::PatchRequest;
use scim::path::Path;
use scim::resource::schemas_of;
use scim::schema::urn;
use scim::{Filter, ListResponse, Resource};
use serde_json::Value;
use url::Url;

use crate::address::{BaseUrl, CompatibilityFlags};
use crate::answer::{self, Answer, id_of};
use crate::channel::{self, Call, Channel};
use crate::connection::Connection;
use crate::counts::RequestCounts;
use crate::error::TargetError;
use crate::profile::Profile;
use crate::sign_in::SignIn;

/// The most resources that a search for one object may find.
pub const MATCHES_MAX: usize = 100;

/// A service that we provision to. Clones share connections, pace and counts.
#[derive(Debug, Clone)]
pub struct Target {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    base: BaseUrl,
    channel: Channel,
    profile: Profile,
}

impl Target {
    /// Searches `endpoint` for the resources whose `path` equals `value`. Attributes in
    /// `excluded` need not be returned. The filter is the service's to apply: whether
    /// what was found really has the value is for the caller to check.
    pub async fn find(
        &self,
        endpoint: &str,
        path: &Path,
        value: &str,
        excluded: &[&str],
    ) -> Result<Vec<Resource>, TargetError> {
        let filter = Filter::eq(path, value);
        let mut found: Vec<Resource> = Vec::new();
        loop {
            let start_index = (!found.is_empty()).then_some(found.len() + 1);
            let page = self.page(endpoint, &filter, excluded, start_index).await?;
            let (total, before) = (page.total_results, found.len());
            add_new(&mut found, page.resources)?;
            if found.len() > MATCHES_MAX {
                let total = total.max(found.len());
                return Err(TargetError::TooManyMatches { total, limit: MATCHES_MAX });
            }
            // A page that brings nothing new is the last one, whatever the service has counted.
            if found.len() >= total || found.len() == before {
                return Ok(found);
            }
        }
    }

    /// Creates a resource. `schemas` is added if it is missing.
    pub async fn create(&self, endpoint: &str, resource: &Resource) -> Result<Answer, TargetError> {
        let resource = self.with_schemas(endpoint, resource);
        self.change(Method::POST, endpoint, None, Some(&resource.into())).await
    }

    /// Reads one resource.
    pub async fn read(&self, endpoint: &str, id: &str) -> Result<Answer, TargetError> {
        self.change(Method::GET, endpoint, Some(id), None).await
    }

    /// Changes a resource by PATCH.
    pub async fn patch(
        &self,
        endpoint: &str,
        id: &str,
        request: &PatchRequest,
    ) -> Result<Answer, TargetError> {
        self.change(Method::PATCH, endpoint, Some(id), Some(&request.to_json())).await
    }

    /// Replaces a resource by PUT, for services that have nothing else.
    pub async fn replace(
        &self,
        endpoint: &str,
        id: &str,
        resource: &Resource,
    ) -> Result<Answer, TargetError> {
        let resource = self.with_schemas(endpoint, resource);
        self.change(Method::PUT, endpoint, Some(id), Some(&resource.into())).await
    }

    /// Deletes a resource.
    pub async fn delete(&self, endpoint: &str, id: &str) -> Result<Answer, TargetError> {
        self.change(Method::DELETE, endpoint, Some(id), None).await
    }

    /// The SCIM requests sent so far, by all clones.
    #[must_use]
    pub fn requests(&self) -> RequestCounts {
        self.inner.channel.requests()
    }

    /// The token requests sent so far, by all clones.
    #[must_use]
    pub fn token_requests(&self) -> u64 {
        self.inner.channel.token_requests()
    }

    /// The profile that the target was made with.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.inner.profile
    }

    /// The compatibility flags that stood in the tenant URL.
    #[must_use]
    pub fn compatibility_flags(&self) -> CompatibilityFlags {
        self.inner.base.flags()
    }

    pub(crate) fn channel(&self) -> &Channel {
        &self.inner.channel
    }

    pub(crate) fn base_url(&self) -> &Url {
        self.inner.base.url()
    }
}

impl Target {
    /// Prepares a target; sends nothing.
    pub fn new(connection: Connection) -> Result<Self, TargetError> {
        Self::trusting(connection, &[])
    }

    /// Like [`Target::new`]; trusts the certificates of `authorities` (PEM) beside those of this machine.
    pub fn trusting(connection: Connection, authorities: &[&str]) -> Result<Self, TargetError> {
        let Connection { base_url, credentials, allow_plain_http, profile } = connection;
        let base = BaseUrl::parse(&base_url, allow_plain_http)?;
        let sign_in = SignIn::new(credentials, allow_plain_http, channel::timeout(&profile))?;
        let channel = Channel::new(base.url(), sign_in, &profile, authorities)?;
        let inner = Inner { base, channel, profile };
        Ok(Self { inner: Arc::new(inner) })
    }

    async fn page(
        &self,
        endpoint: &str,
        filter: &Filter,
        excluded: &[&str],
        start_index: Option<usize>,
    ) -> Result<ListResponse, TargetError> {
        let call = self.search(endpoint, filter, excluded, start_index)?;
        let raw = self.inner.channel.send(&call).await?;
        answer::list(&call.asked(), &raw)
    }

    /// A page of all that `endpoint` lists, after the first `seen`.
    pub(crate) async fn list(
        &self,
        endpoint: &str,
        seen: usize,
    ) -> Result<ListResponse, TargetError> {
        let mut call = self.call(Method::GET, endpoint, None, None)?;
        if seen > 0 {
            call.url.query_pairs_mut().append_pair("startIndex", &(seen + 1).to_string());
        }
        let raw = self.inner.channel.send(&call).await?;
        answer::list(&call.asked(), &raw)
    }

    /// A search of `endpoint`.
    pub(crate) fn search(
        &self,
        endpoint: &str,
        filter: &Filter,
        excluded: &[&str],
        start_index: Option<usize>,
    ) -> Result<Call, TargetError> {
        let mut call = self.call(Method::GET, endpoint, None, None)?;
        {
            let mut query = call.url.query_pairs_mut();
            query.append_pair("filter", &filter.to_string());
            if !excluded.is_empty() {
                query.append_pair("excludedAttributes", &excluded.join(","));
            }
            if let Some(start_index) = start_index {
                query.append_pair("startIndex", &start_index.to_string());
                query.append_pair("count", &self.inner.profile.page_size_max.to_string());
            }
        }
        // A plus means a blank only to those who read queries as forms; %20 means it to all.
        let query = call.url.query().map(|query| query.replace('+', "%20"));
        call.url.set_query(query.as_deref());
        Ok(call)
    }

    /// Sends a request about one resource.
    async fn change(
        &self,
        method: Method,
        endpoint: &str,
        id: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer, TargetError> {
        let call = self.call(method, endpoint, id, body)?;
        let raw = self.inner.channel.send(&call).await?;
        answer::resource(&call.asked(), raw)
    }

    fn call(
        &self,
        method: Method,
        endpoint: &str,
        id: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Call, TargetError> {
        let url = self
            .inner
            .base
            .join(endpoint, id)
            .ok_or_else(|| TargetError::UnusableId { id: id.unwrap_or_default().to_owned() })?;
        Ok(Call { method, url, body: body.map(|body| body.to_string().into_bytes()) })
    }

    fn with_schemas(&self, endpoint: &str, resource: &Resource) -> Resource {
        if scim::resource::value_of(resource, "schemas").is_some() {
            return resource.clone();
        }
        let core =
            if endpoint == self.inner.profile.group_endpoint { urn::GROUP } else { urn::USER };
        let mut with_schemas = Resource::new();
        with_schemas.insert("schemas".to_owned(), schemas_of(resource, core).into());
        with_schemas.extend(resource.clone());
        with_schemas
    }
}

/// Adds the resources whose id was not there yet: pages shift while others write.
fn add_new(found: &mut Vec<Resource>, resources: Vec<Resource>) -> Result<(), TargetError> {
    for resource in resources {
        let Some(id) = id_of(&resource) else {
            let what = "a list of resources without \"id\"".to_owned();
            return Err(TargetError::NotScim { what });
        };
        if !found.iter().any(|known| id_of(known).as_deref() == Some(&id)) {
            found.push(resource);
        }
    }
    Ok(())
}
