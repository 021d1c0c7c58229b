//! Entries of the provisioning log, in the shape of Graph's `provisioningObjectSummary`.
//!
//! An entry is the record of one object's path: each step with what it found, what changed from
//! what to what, the requests with their answers, and the reason where nothing was done. Values of
//! secrets never get here: they are in no resource that is mapped.

use std::time::Duration;

use engine::object::ObjectKind;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

/// Most changed attributes, steps or members that one entry lists.
pub const LISTED_MAX: usize = 200;

/// One entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The entry's id, ordered by time.
    pub id: String,
    /// When.
    pub activity_date_time: Timestamp,
    /// The job.
    pub job_id: String,
    /// The cycle.
    pub cycle_id: String,
    /// One for all entries of one object in one cycle.
    pub change_id: String,
    /// `create`, `update`, `disable`, `delete` or `other`.
    pub provisioning_action: String,
    /// Milliseconds from reading the object to the last answer.
    pub duration_in_milliseconds: u64,
    /// What became of it.
    pub provisioning_status_info: StatusInfo,
    /// The path of the object.
    pub provisioning_steps: Vec<EntryStep>,
    /// What changed.
    pub modified_properties: Vec<ModifiedProperty>,
    /// The source object.
    pub source_identity: Identity,
    /// The target resource, once there is one.
    pub target_identity: Identity,
    /// The application.
    pub service_principal: Named,
    /// What asked for the look: a change, a retry, the initial walk.
    pub cause: String,
    /// The requests that were sent.
    pub requests: Vec<RequestTrace>,
}

/// What became of an entry's object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusInfo {
    /// `success`, `skipped`, `failure` or `warning`.
    pub status: String,
    /// Why, unless it succeeded.
    pub error_information: Option<ErrorInformation>,
}

/// The reason of a skip or a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorInformation {
    /// The code.
    pub error_code: String,
    /// The sentence.
    pub reason: String,
}

/// One step of the path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryStep {
    /// The name that Entra gives the step.
    pub name: String,
    /// `import`, `scoping`, `matching`, `processing`, `referenceResolution` or `export`.
    pub provisioning_step_type: String,
    /// `success`, `skipped`, `failure` or `warning`.
    pub status: String,
    /// What the step found.
    pub description: String,
    /// Names and values.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Json>,
}

/// One changed attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModifiedProperty {
    /// The target attribute.
    pub display_name: String,
    /// Before.
    pub old_value: Option<String>,
    /// After.
    pub new_value: Option<String>,
}

/// One side's object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Its id there.
    pub id: Option<String>,
    /// Its name.
    pub display_name: Option<String>,
    /// `User` or `Group`.
    pub identity_type: String,
}

/// Something with an id and a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    /// The id.
    pub id: String,
    /// The name.
    pub display_name: String,
}

/// One request with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestTrace {
    /// The method.
    pub method: String,
    /// The path below the tenant URL.
    pub path: String,
    /// The status of the answer; none when there was no answer.
    pub status: Option<u16>,
    /// What went wrong, in the client's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Milliseconds until the answer.
    pub duration_ms: u64,
}

/// The status of an entry or a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Success,
    /// Decided not to act.
    Skipped,
    /// Could not be done.
    Failure,
    /// Done in part.
    Warning,
}

impl Status {
    /// The word that the log uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Skipped => "skipped",
            Self::Failure => "failure",
            Self::Warning => "warning",
        }
    }
}

/// The steps and requests of an object while it is on its way.
#[derive(Debug)]
pub struct Trail {
    /// One for all entries of the object in this cycle.
    pub change_id: String,
    /// The steps so far.
    pub steps: Vec<EntryStep>,
    /// The requests so far.
    pub requests: Vec<RequestTrace>,
    started: tokio::time::Instant,
}

impl Trail {
    /// Begins with the object's reading.
    #[must_use]
    pub fn begin() -> Self {
        Self {
            change_id: Uuid::now_v7().to_string(),
            steps: Vec::new(),
            requests: Vec::new(),
            started: tokio::time::Instant::now(),
        }
    }

    /// Adds a step.
    pub fn step(&mut self, name: &str, kind: &str, status: Status, description: String) {
        if self.steps.len() < LISTED_MAX {
            self.steps.push(EntryStep {
                name: name.to_owned(),
                provisioning_step_type: kind.to_owned(),
                status: status.as_str().to_owned(),
                description,
                details: Map::new(),
            });
        }
    }

    /// Adds a request.
    pub fn request(&mut self, request: RequestTrace) {
        if self.requests.len() < LISTED_MAX {
            self.requests.push(request);
        }
    }

    /// The time since the object was read.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A value as the log shows it: text as it is, everything else as JSON.
#[must_use]
pub fn shown(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The identity of a source object.
#[must_use]
pub fn identity(id: &str, name: &str, kind: ObjectKind) -> Identity {
    Identity {
        id: Some(id.to_owned()),
        display_name: Some(name.to_owned()),
        identity_type: kind.as_str().to_owned(),
    }
}

/// A duration in whole milliseconds.
#[must_use]
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
