//! One operation of a bulk request: how far it is, and the requests that it takes.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::work::{Outcome, Task};
use super::{BulkOperation, BulkResult, Method, reference};
use crate::message::{ScimError, urn};
use crate::resource::is_urn;

/// One operation and how far it is.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) operation: BulkOperation,
    pub(super) state: State,
    /// The operations that must come before it.
    pub(super) needs: Vec<Need>,
    /// Which circle it is part of; most are alone in theirs.
    pub(super) circle: usize,
    /// How many of its needs it still waits for.
    pub(super) waits: usize,
    /// The operations whose ids are put in once they exist, because of a circle.
    pub(super) put_off: BTreeSet<usize>,
    /// How many of those it still waits for.
    pub(super) waits_later: usize,
    /// The attributes that the create leaves out for that reason, each with its path.
    pub(super) left_out: Vec<(String, Value)>,
    /// Those of its circle that wait until the resource exists.
    pub(super) after_created: Vec<usize>,
    /// Those of its circle that wait until nothing more happens to the resource.
    pub(super) after_settled: Vec<usize>,
    /// The others that wait for it: until its whole circle is closed.
    pub(super) after_closed: Vec<usize>,
    pub(super) id: Option<String>,
    pub(super) result: Option<BulkResult>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It waits for others, or is ready.
    Waiting,
    /// It is being carried out.
    Open,
    /// The resource exists, and waits for others so that a PATCH can complete it.
    Incomplete,
    /// The PATCH that completes it is being carried out.
    Completing,
    /// Its result is known.
    Settled,
    /// It failed after the resource was created, and waits for the DELETE that takes it back.
    Spoilt,
    /// That DELETE is being carried out.
    Undoing,
}

/// That one operation comes after another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    pub(super) number: usize,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The body names the resource.
    Body,
    /// The address names the resource.
    Address,
    /// Both are about one resource.
    Order,
}

impl Slot {
    pub(super) fn new(operation: BulkOperation) -> Self {
        Self {
            operation,
            state: State::Waiting,
            needs: Vec::new(),
            circle: 0,
            waits: 0,
            put_off: BTreeSet::new(),
            waits_later: 0,
            left_out: Vec::new(),
            after_created: Vec::new(),
            after_settled: Vec::new(),
            after_closed: Vec::new(),
            id: None,
            result: None,
        }
    }

    /// The operation itself.
    pub(super) fn creation(&self, number: usize, id: &dyn Fn(&str) -> Option<String>) -> Task {
        let operation = &self.operation;
        let mut data = operation.data.clone();
        if let Some(data) = &mut data {
            reference::resolve(data, id);
        }
        Task {
            number,
            method: operation.method.clone(),
            path: reference::resolved_text(&operation.path, id).into_owned(),
            version: operation.version.clone(),
            data,
        }
    }

    /// The PATCH that puts in what the create left out.
    pub(super) fn completion(&self, number: usize, id: &dyn Fn(&str) -> Option<String>) -> Task {
        let operations = self.left_out.iter().map(|(path, value)| {
            let mut value = value.clone();
            reference::resolve(&mut value, id);
            json!({"op": "add", "path": path, "value": value})
        });
        let operations: Vec<Value> = operations.collect();
        let data = json!({"schemas": [urn::PATCH_OP], "Operations": operations});
        self.own(number, Method::Patch, Some(data))
    }

    /// The DELETE that takes back what the create made.
    pub(super) fn undoing(&self, number: usize) -> Task {
        self.own(number, Method::Delete, None)
    }

    /// A task on what the create made.
    fn own(&self, number: usize, method: Method, data: Option<Value>) -> Task {
        let own = self.id.as_deref().unwrap_or_default();
        let list = self.operation.path.split('?').next().unwrap_or_default();
        let path = format!("{}/{own}", list.trim_end_matches('/'));
        Task { number, method, path, version: None, data }
    }

    /// Whether the resource that the operation names can be referred to.
    pub(super) fn is_there(&self) -> bool {
        self.id.is_some() && !self.has_failed()
    }

    pub(super) fn has_failed(&self) -> bool {
        self.result.as_ref().is_some_and(BulkResult::is_error)
    }

    /// Whether the operation created what has to be taken back.
    pub(super) fn has_left_something(&self) -> bool {
        self.operation.method == Method::Post && self.id.is_some() && self.has_failed()
    }

    /// Takes note of what became of taking back what the create made.
    pub(super) fn note_undone(&mut self, outcome: &Outcome) {
        const GONE: [u16; 2] = [404, 410];
        self.id = None;
        let Some(result) = &mut self.result else { return };
        if (200..300).contains(&outcome.status) || GONE.contains(&outcome.status) {
            result.location = None;
            result.version = None;
            return;
        }
        let why = result.response.as_ref().and_then(|error| error["detail"].as_str());
        let detail = format!(
            "{}; the resource was created all the same and could not be taken back: delete it",
            why.unwrap_or("the operation failed")
        );
        match result.response.as_mut().and_then(Value::as_object_mut) {
            Some(error) => drop(error.insert("detail".to_owned(), detail.into())),
            None => result.response = Some(ScimError::new(result.status, detail).to_json()),
        }
    }

    /// Takes note of an outcome; what completes a create leaves its status, unless it fails.
    pub(super) fn note(&mut self, outcome: Outcome) {
        let is_error = !(200..400).contains(&outcome.status);
        let result = self.result.get_or_insert_with(|| BulkResult {
            location: None,
            method: self.operation.method.clone(),
            bulk_id: self.operation.bulk_id.clone(),
            version: None,
            status: outcome.status,
            response: None,
        });
        if is_error {
            result.status = outcome.status;
        } else if self.id.is_none() {
            self.id = outcome.id;
        }
        result.location = outcome.location.or(result.location.take());
        result.version = outcome.version.or(result.version.take());
        result.response = outcome.response.or(result.response.take());
    }
}

/// Takes the attributes with references that are put off out of a resource: of a list only
/// the elements concerned. Gives them with their paths.
pub(super) fn leave_out(
    values: &mut Map<String, Value>,
    is_put_off: &dyn Fn(&str) -> bool,
) -> Vec<(String, Value)> {
    let mut left_out = Vec::new();
    take_out(values, "", is_put_off, &mut left_out);
    for (urn, value) in values.iter_mut().filter(|(key, _)| is_urn(key)) {
        if let Value::Object(below) = value {
            take_out(below, &format!("{urn}:"), is_put_off, &mut left_out);
        }
    }
    values.retain(|key, value| !is_urn(key) || !value.as_object().is_some_and(Map::is_empty));
    left_out
}

fn take_out(
    values: &mut Map<String, Value>,
    prefix: &str,
    is_put_off: &dyn Fn(&str) -> bool,
    left_out: &mut Vec<(String, Value)>,
) {
    values.retain(|name, value| {
        let is_extension = prefix.is_empty() && is_urn(name) && value.is_object();
        if is_extension || !reference::any(value, is_put_off) {
            return true;
        }
        let path = format!("{prefix}{name}");
        if let Value::Array(elements) = value {
            let whole = std::mem::take(elements);
            let (out, stay) =
                whole.into_iter().partition(|element| reference::any(element, is_put_off));
            *elements = stay;
            left_out.push((path, Value::Array(out)));
            return !elements.is_empty();
        }
        left_out.push((path, value.take()));
        false
    });
}
