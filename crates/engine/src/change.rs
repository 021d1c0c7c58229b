//! From values to requests: what differs between two states of an account, the PATCH that mends it,
//! and the body that makes a new one.

use scim::patch::{Op, Operation as PatchOperation, PatchRequest};
use scim::path::Path;
use scim::{Resource, resource, schema};
use serde_json::Value as Json;

use crate::configuration::{Applies, Mapping, Rule};
use crate::mapping::{Desired, Values, missing, same};
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

/// What differs between two states of an account, the requests that mend it, and what is known of
/// the account afterwards.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    pub(crate) changes: Vec<Change>,
    pub(crate) requests: Vec<PatchRequest>,
    pub(crate) values: Values,
}

/// What becomes of one attribute.
enum Next {
    /// It has this value already.
    Same(Json),
    /// It gets this value.
    Set(Json),
    /// These values join those that are there.
    Add { more: Json, all: Json },
    /// It loses its value.
    Clear,
}

/// Compares what is known of an account with what is desired.
pub(crate) fn difference(rule: &Rule, before: &Values, desired: &Desired) -> Difference {
    let mut difference = Difference::default();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    let mut unchanged = Vec::new();
    for mapping in &rule.mappings {
        let Some(next) = next(rule, mapping, before, desired) else { continue };
        let name = &mapping.target.name;
        let path = &mapping.target.path;
        let old = known(before, name);
        let (operation, new) = match next {
            Next::Same(value) => {
                let again = (Op::Replace, path.clone(), Some(value.clone()));
                unchanged.extend(mapping.flows_always.then_some(again));
                difference.values.insert(name.clone(), value);
                continue;
            }
            Next::Set(value) if is_empty(&value) => ((Op::Remove, path.clone(), None), Some(value)),
            Next::Set(value) => {
                let op = if value.is_array() || old.is_some() { Op::Replace } else { Op::Add };
                ((op, path.clone(), Some(value.clone())), Some(value))
            }
            Next::Add { more, all } => ((Op::Add, path.clone(), Some(more)), Some(all)),
            Next::Clear => {
                let path = removed_path(rule, mapping, before, desired);
                ((Op::Remove, path, None), None)
            }
        };
        if name == ACTIVE { &mut first } else { &mut rest }.push(operation);
        difference.values.extend(new.clone().map(|new| (name.clone(), new)));
        difference.changes.push(Change { attribute: name.clone(), old: old.cloned(), new });
    }
    // What always flows travels along, and causes no request of its own.
    if !difference.changes.is_empty() {
        rest.extend(unchanged);
    }
    let requests = [first, rest].into_iter().filter(|operations| !operations.is_empty());
    difference.requests = requests.map(request).collect();
    difference
}

/// What becomes of the attribute of one mapping; none where it is left alone.
fn next(rule: &Rule, mapping: &Mapping, before: &Values, desired: &Desired) -> Option<Next> {
    let target = &mapping.target;
    let old = known(before, &target.name);
    if let Some(value) = desired.filling.get(&target.name) {
        let is_free = match mapping.applies {
            Applies::WithoutAttribute => !has_attribute(rule, before, &target.path),
            _ => old.is_none(),
        };
        // What the target has of its own is known from now on, and stays.
        return if is_free { Some(Next::Set(value.clone())) } else { old.cloned().map(Next::Same) };
    }
    match (desired.always.get(&target.name), old) {
        (Some(new), Some(old)) if mapping.applies == Applies::AddingValues => {
            let more = missing(target, new, old);
            if more.is_empty() {
                return Some(Next::Same(old.clone()));
            }
            let mut all = old.as_array().cloned().unwrap_or_else(|| vec![old.clone()]);
            all.extend(more.clone());
            Some(Next::Add { more: Json::Array(more), all: Json::Array(all) })
        }
        (Some(new), None) if mapping.applies == Applies::AddingValues && !is_empty(new) => {
            Some(Next::Add { more: new.clone(), all: new.clone() })
        }
        (Some(new), Some(old)) if same(target, old, new) => Some(Next::Same(new.clone())),
        (Some(new), None) if is_empty(new) => Some(Next::Same(new.clone())),
        (Some(new), _) => Some(Next::Set(new.clone())),
        (None, Some(old)) if desired.cleared.contains(&target.name) => {
            // The default of the creation is what an empty source came to.
            let default = desired.on_create.get(&target.name);
            let is_default = default.is_some_and(|default| same(target, default, old));
            (!is_default).then_some(Next::Clear)
        }
        (None, _) => None,
    }
}

/// A value of which something is known: what is unknown since an answer was lost is null.
fn known<'v>(values: &'v Values, name: &str) -> Option<&'v Json> {
    values.get(name).filter(|value| !value.is_null())
}

/// Whether anything is known of the whole attribute that a path leads into.
fn has_attribute(rule: &Rule, before: &Values, path: &Path) -> bool {
    let beside = |mapping: &&Mapping| {
        let other = &mapping.target.path;
        other.schema == path.schema && other.attribute.eq_ignore_ascii_case(&path.attribute)
    };
    rule.mappings.iter().filter(beside).any(|mapping| known(before, &mapping.target.name).is_some())
}

/// What a removal names: the part, or the whole element where no other part of it has a value.
fn removed_path(rule: &Rule, mapping: &Mapping, before: &Values, desired: &Desired) -> Path {
    let path = &mapping.target.path;
    let stays = |other: &Mapping| {
        let name = &other.target.name;
        let is_cleared = desired.cleared.contains(name) && !desired.always.contains_key(name);
        let is_wanted = desired.always.contains_key(name) || desired.filling.contains_key(name);
        is_wanted || (known(before, name).is_some() && !is_cleared)
    };
    let is_sibling = |other: &Mapping| {
        let (name, other) = (&other.target.name, &other.target.path);
        *name != mapping.target.name
            && other.schema == path.schema
            && other.attribute == path.attribute
            && other.filter == path.filter
    };
    let is_last = !rule.mappings.iter().any(|other| is_sibling(other) && stays(other));
    match path.filter {
        Some(_) if is_last => Path { sub_attribute: None, ..path.clone() },
        _ => path.clone(),
    }
}

fn request(operations: Vec<(Op, Path, Option<Json>)>) -> PatchRequest {
    let mut request = PatchRequest { operations: Vec::with_capacity(operations.len()) };
    for (op, path, value) in operations {
        let operation = PatchOperation { op, path: Some(path), value };
        // Two parts of one element that both go are one removal.
        if !request.operations.contains(&operation) {
            request.operations.push(operation);
        }
    }
    request
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

#[cfg(test)]
mod tests;
