//! The service behind the socket: users and groups in memory, and a token endpoint.
//!
//! Small on purpose and correct in what it has: search, paging, create, read, PATCH,
//! PUT, delete, with uniqueness that can be switched off.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use scim::filter::{Dialect, Filter};
use scim::message::{ListResponse, ScimError};
use scim::patch::{self, PatchRequest};
use scim::resource::value_of;
use scim::{Resource, ResourceSchema};
use serde_json::{Value, json};

use crate::fake::Options;
use crate::fault::Fault;
use crate::http::{Request, Response};

/// The path of the SCIM service on the fake's origin.
pub(crate) const BASE_PATH: &str = "/scim/v2";

/// The path of the token endpoint on the fake's origin.
pub(crate) const TOKEN_PATH: &str = "/oauth/token";

/// Everything the service knows.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) options: Options,
    pub(crate) users: Collection,
    pub(crate) groups: Collection,
    /// The tokens that are accepted.
    pub(crate) tokens: Vec<String>,
    tokens_issued: usize,
}

/// The resources of one type, in the order of their creation.
#[derive(Debug)]
pub(crate) struct Collection {
    name: &'static str,
    endpoint: &'static str,
    /// The attribute by which resources are told apart.
    naming: &'static str,
    pub(crate) resources: Vec<Resource>,
    /// Successful creates by the value of `naming`.
    pub(crate) creates: BTreeMap<String, usize>,
    issued: usize,
}

impl Service {
    pub(crate) fn new(options: Options) -> Self {
        let collection = |name, endpoint, naming| Collection {
            name,
            endpoint,
            naming,
            resources: Vec::new(),
            creates: BTreeMap::new(),
            issued: 0,
        };
        Self {
            tokens: vec![options.token.clone()],
            users: collection("User", "Users", "userName"),
            groups: collection("Group", "Groups", "displayName"),
            options,
            tokens_issued: 0,
        }
    }

    /// Answers a request and does what it asks for.
    pub(crate) fn answer(&mut self, request: &Request, fault: Option<&Fault>) -> Response {
        if request.path == TOKEN_PATH {
            return self.issue(request);
        }
        let authorization = request.headers.get("authorization").map(String::as_str);
        let token = authorization.and_then(|header| header.strip_prefix("Bearer "));
        if !token.is_some_and(|token| self.tokens.iter().any(|known| known == token)) {
            return refuse(&ScimError::new(401, "the token is not known"));
        }
        match self.resources(request, fault) {
            Ok((status, Some(message))) => Response::scim(status, message.to_string()),
            Ok((status, None)) => Response { status, ..Response::default() },
            Err(error) => refuse(&error),
        }
    }

    fn resources(
        &mut self,
        request: &Request,
        fault: Option<&Fault>,
    ) -> Result<(u16, Option<Value>), ScimError> {
        let unknown = || ScimError::new(404, "there is no such endpoint");
        let below = request.path.strip_prefix(BASE_PATH).ok_or_else(unknown)?;
        let (endpoint, id) = match below.trim_start_matches('/').split_once('/') {
            Some((endpoint, id)) => (endpoint, Some(id)),
            None => (below.trim_start_matches('/'), None),
        };
        let Self { options, users, groups, .. } = self;
        let groups_exist = options.groups;
        let (collection, schema, unique) = match endpoint {
            "Users" => (users, &options.user_schema, options.unique_user_names),
            "Groups" if groups_exist => (groups, &options.group_schema, options.unique_group_names),
            _ => return Err(unknown()),
        };
        match (request.method.as_str(), id) {
            ("GET", None) => collection.list(request, fault, schema, options.page_size_max),
            ("GET", Some(id)) => Ok((200, Some(shown(collection.get(id)?, request).into()))),
            ("POST", None) if collection.name == "Group" && !options.creates_groups => {
                Err(ScimError::new(405, "groups are not created here"))
            }
            ("POST", None) => collection.create(object(request)?, unique),
            ("PUT", Some(id)) => collection.replace(id, object(request)?, unique),
            ("PATCH", Some(id)) => {
                let message = serde_json::from_slice(&request.body)
                    .map_err(|error| ScimError::invalid_syntax(error.to_string()))?;
                let changed = collection.patch(id, &message, schema, unique)?;
                if options.answers_patch {
                    Ok((200, Some(changed.into())))
                } else {
                    Ok((204, None))
                }
            }
            ("DELETE", Some(id)) => collection.delete(id),
            (method, _) => Err(ScimError::new(405, format!("{method} is not possible here"))),
        }
    }

    /// The token endpoint: each request gives a new token, and all stay valid.
    fn issue(&mut self, request: &Request) -> Response {
        let form: BTreeMap<String, String> =
            url::form_urlencoded::parse(&request.body).into_owned().collect();
        let field = |name: &str| form.get(name).cloned();
        let in_form = field("client_id").zip(field("client_secret"));
        let client = basic(request).or(in_form);
        let grant = field("grant_type");
        if client.as_ref() != Some(&self.options.client)
            || grant.as_deref() != Some("client_credentials")
        {
            let error =
                json!({"error": "invalid_client", "error_description": "the client is not known"});
            return Response { status: 401, body: error.to_string(), ..Response::default() };
        }
        self.tokens_issued += 1;
        let token = format!("issued-{}", self.tokens_issued);
        self.tokens.push(token.clone());
        let life = self.options.token_life_s;
        let body = json!({"access_token": token, "token_type": "bearer", "expires_in": life});
        Response { status: 200, body: body.to_string(), ..Response::default() }
    }
}

impl Collection {
    /// Adds a resource as if it had always been there, and gives its id.
    pub(crate) fn add(&mut self, mut resource: Resource) -> String {
        self.issued += 1;
        let id = format!("{}-{}", self.name.to_ascii_lowercase(), self.issued);
        resource.insert("id".to_owned(), id.clone().into());
        self.stamp(&mut resource, 1);
        self.resources.push(resource);
        id
    }

    fn list(
        &self,
        request: &Request,
        fault: Option<&Fault>,
        schema: &ResourceSchema,
        page_size_max: usize,
    ) -> Result<(u16, Option<Value>), ScimError> {
        let filter = request.query.get("filter").filter(|_| fault != Some(&Fault::IgnoreFilter));
        let filter = filter
            .map(|text| Filter::parse_with(text, Dialect::default()))
            .transpose()
            .map_err(|error| ScimError::invalid_filter(error.to_string()))?;
        let holds = |resource: &&Resource| {
            fault != Some(&Fault::FindNothing)
                && filter.as_ref().is_none_or(|filter| filter.matches(resource, schema))
        };
        let found: Vec<_> = self.resources.iter().filter(holds).collect();
        let number =
            |name: &str| request.query.get(name).and_then(|text| text.parse::<usize>().ok());
        let start_index = number("startIndex").unwrap_or(1).max(1);
        let count = number("count").unwrap_or(page_size_max).min(page_size_max);
        let page = found.iter().skip(start_index - 1).take(count);
        let list = ListResponse {
            total_results: found.len(),
            start_index,
            resources: page.map(|resource| shown(resource, request)).collect(),
            ..ListResponse::default()
        };
        Ok((200, Some(list.to_json())))
    }

    fn create(
        &mut self,
        resource: Resource,
        unique: bool,
    ) -> Result<(u16, Option<Value>), ScimError> {
        let name = self.check_name(&resource, None, unique)?;
        *self.creates.entry(name).or_default() += 1;
        let id = self.add(resource);
        Ok((201, Some(self.get(&id)?.clone().into())))
    }

    fn replace(
        &mut self,
        id: &str,
        mut resource: Resource,
        unique: bool,
    ) -> Result<(u16, Option<Value>), ScimError> {
        let position = self.position(id)?;
        self.check_name(&resource, Some(position), unique)?;
        resource.insert("id".to_owned(), id.into());
        let resource = self.put(position, resource);
        Ok((200, Some(resource.into())))
    }

    fn patch(
        &mut self,
        id: &str,
        message: &Value,
        schema: &ResourceSchema,
        unique: bool,
    ) -> Result<Resource, ScimError> {
        let position = self.position(id)?;
        let (request, _) = PatchRequest::from_json(message)?;
        let mut resource = self.resources[position].clone();
        patch::apply(&mut resource, &request, schema)?;
        self.check_name(&resource, Some(position), unique)?;
        Ok(self.put(position, resource))
    }

    fn delete(&mut self, id: &str) -> Result<(u16, Option<Value>), ScimError> {
        let position = self.position(id)?;
        self.resources.remove(position);
        Ok((204, None))
    }

    pub(crate) fn get(&self, id: &str) -> Result<&Resource, ScimError> {
        Ok(&self.resources[self.position(id)?])
    }

    fn position(&self, id: &str) -> Result<usize, ScimError> {
        let is_it =
            |resource: &Resource| value_of(resource, "id").and_then(Value::as_str) == Some(id);
        self.resources.iter().position(is_it).ok_or_else(|| ScimError::not_found(self.name, id))
    }

    fn put(&mut self, position: usize, mut resource: Resource) -> Resource {
        let before = &self.resources[position];
        let version = before["meta"]["version"].as_str().and_then(|version| version.parse().ok());
        self.stamp(&mut resource, version.unwrap_or(0) + 1);
        self.resources[position].clone_from(&resource);
        resource
    }

    fn stamp(&self, resource: &mut Resource, version: usize) {
        let id = value_of(resource, "id").and_then(Value::as_str).unwrap_or_default();
        let location = format!("{BASE_PATH}/{}/{id}", self.endpoint);
        let version = version.to_string();
        let meta = json!({"resourceType": self.name, "version": version, "location": location});
        resource.insert("meta".to_owned(), meta);
    }

    /// The resource's name, if it has one that no other resource than the one at `own` has.
    fn check_name(
        &self,
        resource: &Resource,
        own: Option<usize>,
        unique: bool,
    ) -> Result<String, ScimError> {
        let name = value_of(resource, self.naming).and_then(Value::as_str).unwrap_or_default();
        if name.is_empty() {
            return Err(ScimError::invalid_value(format!("\"{}\" is required", self.naming)));
        }
        let folded = name.to_lowercase();
        let has_it = |(position, other): (usize, &Resource)| {
            let other = value_of(other, self.naming).and_then(Value::as_str).unwrap_or_default();
            Some(position) != own && other.to_lowercase() == folded
        };
        if unique && self.resources.iter().enumerate().any(has_it) {
            return Err(ScimError::uniqueness(format!("{} \"{name}\" is taken", self.naming)));
        }
        Ok(name.to_owned())
    }
}

/// The resource without what the request excludes.
fn shown(resource: &Resource, request: &Request) -> Resource {
    let excluded = request.query.get("excludedAttributes").map(String::as_str).unwrap_or_default();
    let mut shown = resource.clone();
    for name in excluded.split(',').filter(|name| *name != "id") {
        shown.shift_remove(name);
    }
    shown
}

/// Identifier and secret from a Basic header (RFC 6749 §2.3.1: both form-encoded).
fn basic(request: &Request) -> Option<(String, String)> {
    let encoded = request.headers.get("authorization")?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let form = format!("{id}={secret}");
    url::form_urlencoded::parse(form.as_bytes()).into_owned().next()
}

fn object(request: &Request) -> Result<Resource, ScimError> {
    serde_json::from_slice(&request.body)
        .map_err(|error| ScimError::invalid_syntax(error.to_string()))
}

fn refuse(error: &ScimError) -> Response {
    Response::scim(error.status, error.to_json().to_string())
}
