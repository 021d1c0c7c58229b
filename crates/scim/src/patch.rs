//! PATCH: modifying a resource by operations (RFC 7644 §3.5.2).
//!
//! [`apply`] executes a request all or nothing; [`diff`] is the other direction, from
//! two states to the smallest request between them. [`PatchRequest::from_json`] takes
//! the dialects of deployed clients. Whatever was taken beyond the RFC is a
//! [`Tolerance`] in the answer.

mod apply;
mod diff;
pub(crate) mod elements;
mod immutable;
mod joined;
mod read;
mod unseen;
mod write;

use serde_json::{Map, Value, json};

pub use apply::{Applied, Unknown, apply, apply_with};
pub use diff::diff;

use crate::message::urn;
use crate::path::Path;

/// The most operations in one request.
pub const OPERATION_COUNT_MAX: usize = 1_000;

/// A modification: operations that apply in order, all or none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PatchRequest {
    /// The operations.
    pub operations: Vec<Operation>,
}

/// One step of a modification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What happens.
    pub op: Op,
    /// Where; `None` means the resource itself, and the value names the attributes.
    pub path: Option<Path>,
    /// With what; `None` only for [`Op::Remove`].
    pub value: Option<Value>,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Gives a value, or more elements.
    Add,
    /// Gives a value in place of what is there.
    Replace,
    /// Takes the value away.
    Remove,
}

/// Something that was accepted though the RFC does not have it. Named so that a
/// service can tell its client's author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tolerance {
    /// `schemas` does not list `PatchOp`, or is absent.
    NoPatchSchema,
    /// The operation's name is not in lower case: `Add`.
    CapitalOp,
    /// A key is in another case: `operations`, `Path`.
    KeyCase,
    /// One operation stands where a list of them belongs.
    SingleOperation,
    /// `Remove` names the elements in its value: exactly those are removed, never all.
    RemoveWithValue,
    /// A text such as `"False"` stands for a boolean.
    BooleanAsText,
    /// A text stands for a number.
    NumberAsText,
    /// A number or boolean stands for a text.
    TextAsOther,
    /// A time lacks its hour, its seconds or what separates them: a date stands for its
    /// beginning in UTC. It is kept as a whole xsd:dateTime.
    IncompleteTime,
    /// A bare text stands for a complex value with that `value`: `manager`, members.
    BareValue,
    /// An object with a `value` stands for that value.
    ObjectForSimple,
    /// A list of one element stands for that one, as a single value.
    ListForSingle,
    /// A single value stands for a list.
    SingleForList,
    /// An object stands in a text, as JSON: Entra's roles.
    JsonInText,
    /// An empty text clears what is no text: manager, a boolean, a time.
    EmptyClears,
    /// The filter of a path admits no element, so one was made from it.
    ElementMade,
    /// A key of a value without path is itself a path: `name.givenName`.
    PathAsKey,
    /// A read-only attribute in a value without path was left out.
    ReadOnlyIgnored,
    /// An attribute that no schema defines was left out.
    UnknownIgnored,
    /// Several new elements are primary: the first is.
    SeveralPrimaries,
}

impl PatchRequest {
    /// The message.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let operations: Vec<_> = self.operations.iter().map(Operation::to_json).collect();
        json!({"schemas": [urn::PATCH_OP], "Operations": operations})
    }
}

impl Operation {
    /// Gives `value` to `path`.
    #[must_use]
    pub fn add(path: Path, value: impl Into<Value>) -> Self {
        Self { op: Op::Add, path: Some(path), value: Some(value.into()) }
    }

    /// Gives `value` to `path` in place of what is there.
    #[must_use]
    pub fn replace(path: Path, value: impl Into<Value>) -> Self {
        Self { op: Op::Replace, path: Some(path), value: Some(value.into()) }
    }

    /// Takes the value at `path` away.
    #[must_use]
    pub fn remove(path: Path) -> Self {
        Self { op: Op::Remove, path: Some(path), value: None }
    }

    fn to_json(&self) -> Value {
        let mut operation = Map::new();
        operation.insert("op".to_owned(), self.op.name().into());
        if let Some(path) = &self.path {
            operation.insert("path".to_owned(), path.to_string().into());
        }
        if let Some(value) = &self.value {
            operation.insert("value".to_owned(), value.clone());
        }
        Value::Object(operation)
    }
}

impl Op {
    /// The name as it is written, such as `add`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
        }
    }
}
