//! From values to requests: what differs between two states of an account, the PATCH that mends it,
//! and the body that makes a new one.

use scim::patch::{Op, Operation as PatchOperation, PatchRequest};
use scim::path::Path;
use scim::{Resource, resource, schema};
use serde_json::Value as Json;

use crate::configuration::Rule;
use crate::mapping::{Desired, Values, same};
use crate::object::ObjectKind;

/// One changed attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The target attribute.
    pub attribute: String,
    /// The value before, as far as it is known.
    pub old: Option<Json>,
    /// The value after; none when it is removed.
    pub new: Option<Json>,
}

/// The attribute whose change travels alone.
const ACTIVE: &str = "active";

/// What the target shows of the mapped attributes.
#[must_use]
pub fn shown(rule: &Rule, account: &Resource) -> Values {
    let shown = rule.mappings.iter().filter_map(|mapping| {
        let value = resource::get(account, &mapping.target.path)?;
        (!value.is_null()).then(|| (mapping.target.name.clone(), value.clone()))
    });
    shown.collect()
}

/// The values that the target shows differently from what was sent, for the record.
#[must_use]
pub fn reformatted(rule: &Rule, sent: &Values, account: &Resource) -> Values {
    let mut shown = shown(rule, account);
    shown.retain(|name, value| {
        let mapping = rule.mapping(name);
        sent.get(name)
            .zip(mapping)
            .is_some_and(|(sent, mapping)| !same(&mapping.target, sent, value))
    });
    shown
}

pub(crate) fn agreeing(rule: &Rule, before: &Values, desired: &Desired) -> Values {
    let mut values = desired.always.clone();
    values.retain(|name, value| {
        let shown = before.get(name).zip(rule.mapping(name));
        shown.is_some_and(|(shown, mapping)| same(&mapping.target, shown, value))
    });
    values
}

/// What differs between `before` and `desired`, and the requests that mend it.
pub(crate) fn difference(
    rule: &Rule,
    before: &Values,
    desired: &Desired,
) -> (Vec<Change>, Vec<PatchRequest>) {
    let mut changes = Vec::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for mapping in &rule.mappings {
        let name = &mapping.target.name;
        let old = before.get(name);
        let new = match desired.always.get(name) {
            Some(new) if old.is_some_and(|old| same(&mapping.target, old, new)) => continue,
            Some(new) if old.is_none() && is_empty(new) => continue,
            Some(new) => Some(new.clone()),
            None if old.is_some() && desired.cleared.contains(name) => None,
            None => continue,
        };
        let operations = if name == ACTIVE { &mut first } else { &mut rest };
        operations.push(operation(&mapping.target.path, old, new.as_ref()));
        changes.push(Change { attribute: name.clone(), old: old.cloned(), new });
    }
    let requests = [first, rest].into_iter().filter(|operations| !operations.is_empty());
    (changes, requests.map(|operations| PatchRequest { operations }).collect())
}

/// `add` where there was no value, `replace` where there was, `remove` where none remains.
fn operation(path: &Path, old: Option<&Json>, new: Option<&Json>) -> PatchOperation {
    let (op, value) = match new {
        None => (Op::Remove, None),
        Some(new) if is_empty(new) => (Op::Remove, None),
        Some(new) if new.is_array() || old.is_some() => (Op::Replace, Some(new.clone())),
        Some(new) => (Op::Add, Some(new.clone())),
    };
    PatchOperation { op, path: Some(path.clone()), value }
}

/// The body of a create: the values in their places, and the schemas they belong to.
pub(crate) fn body(rule: &Rule, kind: ObjectKind, values: &Values) -> Resource {
    let paths: Vec<(Path, Json)> = rule
        .mappings
        .iter()
        .filter_map(|mapping| {
            Some((mapping.target.path.clone(), values.get(&mapping.target.name)?.clone()))
        })
        .collect();
    let attributes = resource::assemble(&paths);
    let core = match kind {
        ObjectKind::User => schema::urn::USER,
        ObjectKind::Group => schema::urn::GROUP,
    };
    let extensions =
        attributes.keys().filter(|key| key.starts_with("urn:")).map(|key| Json::from(key.as_str()));
    let schemas: Vec<Json> = std::iter::once(Json::from(core)).chain(extensions).collect();
    let mut body = Resource::new();
    body.insert("schemas".to_owned(), Json::Array(schemas));
    body.extend(attributes);
    body
}

fn is_empty(value: &Json) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}
