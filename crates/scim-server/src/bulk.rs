//! Bulk: several requests in one (RFC 7644 §3.7). What comes when is [`Work`]'s decision;
//! here each operation is carried out like a request of its own.
//!
//! Creates that follow each other are carried out side by side, so that a store can write
//! them together; everything else waits for what came before.

use axum::http::{self, StatusCode};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use scim::message::bulk::{BulkLimits, BulkRequest, Method, Outcome, Task, Work};
use scim::{Resource, ScimError};
use serde_json::Value;

use crate::answer::{Answer, as_the_service_says, not_possible};
use crate::condition::Condition;
use crate::endpoint::Endpoint;
use crate::exchange::{Done, Exchange, only_meta};
use crate::router::overdue;
use crate::service::ResourceKind;
use crate::store::ResourceStore;

/// How many creates are carried out side by side.
const CREATE_COUNT_MAX: usize = 32;

impl<S: ResourceStore> Exchange<'_, S> {
    /// Carries out a bulk request.
    pub(crate) async fn bulk(
        &self,
        message: Resource,
        limits: BulkLimits,
    ) -> Result<Answer, ScimError> {
        let request = BulkRequest::from_json(Value::Object(message), limits)?;
        let mut work = Work::new(request)?;
        let mut open = FuturesUnordered::new();
        // What waits until all that is open is done.
        let mut held: Option<Task> = None;
        loop {
            while open.len() < CREATE_COUNT_MAX
                && let Some(task) = held.take().or_else(|| work.next_task())
            {
                let is_create = task.method == Method::Post;
                if !is_create && !open.is_empty() {
                    held = Some(task);
                    break;
                }
                open.push(self.carry_out(task));
                if !is_create {
                    break;
                }
            }
            let Some((number, outcome)) = open.next().await else { break };
            work.finish(number, outcome);
        }
        let response = work.into_response(self.writer.base());
        Ok(Answer::json(StatusCode::OK, response.to_json().to_string()))
    }

    /// Carries out one operation, within the time of a request of its own.
    async fn carry_out(&self, task: Task) -> (usize, Outcome) {
        let flavour = &self.server.service.flavour;
        let number = task.number;
        let done = tokio::time::timeout(flavour.request_time_max, self.perform(task)).await;
        let done = done.unwrap_or_else(|_| Err(overdue(flavour)));
        let outcome = done.unwrap_or_else(|error| {
            let error = as_the_service_says(error, flavour);
            Outcome { status: error.status, response: Some(error.to_json()), ..Outcome::default() }
        });
        (number, outcome)
    }

    async fn perform(&self, task: Task) -> Result<Outcome, ScimError> {
        let Task { method, path, version, data, .. } = task;
        let path = path.split('?').next().unwrap_or_default();
        let endpoint = Endpoint::of(&self.server.service, path)?;
        let method = http::Method::from_bytes(method.name().as_bytes()).unwrap_or_default();
        let allowed = endpoint.methods();
        if !allowed.contains(&method) {
            return Err(not_possible(&method, &allowed));
        }
        let condition = version.as_deref().map(Condition::parse);
        let given = match data {
            Some(Value::Object(given)) => given,
            _ => Resource::new(),
        };
        let (kind, id, done) = match (&endpoint, method.as_str()) {
            (Endpoint::List(kind), _) => (*kind, "", self.create(kind, &given).await?),
            (Endpoint::Resource(kind, id), method) => {
                let (condition, wanted) = (condition.as_ref(), only_meta(kind));
                let done = match method {
                    "PUT" => self.replace(kind, id, &given, condition, &wanted).await?,
                    "PATCH" => {
                        let request = self.patch_request(kind, given)?;
                        self.patch(kind, id, &request, condition, &wanted).await?
                    }
                    _ => self.delete(kind, id, condition).await?,
                };
                (*kind, id.as_ref(), done)
            }
            _ => {
                return Err(ScimError::invalid_path(format!(
                    "the path \"{path}\" is no place of a resource: use one such as \"/Users\" or \"/Users/7\""
                )));
            }
        };
        Ok(self.outcome(kind, id, &done))
    }

    fn outcome(&self, kind: &ResourceKind, id: &str, done: &Done) -> Outcome {
        let (status, id, version) = match done {
            Done::Created(resource) => (201, resource.id(), resource.version()),
            Done::Is(resource) | Done::Known(resource) => (200, id, resource.version()),
            Done::Unshown(version) => (204, id, Some(version.as_str())),
            Done::Deleted => (204, id, None),
        };
        Outcome {
            status,
            id: Some(id.to_owned()),
            location: Some(self.writer.location(kind, id)),
            version: version.map(|version| self.writer.version(version)),
            response: None,
        }
    }
}
