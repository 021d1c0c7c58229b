//! The elements of a multi-valued attribute: which are the same, what is added and
//! what removed.
//!
//! Elements are the same if `value` and `type` agree (RFC 7643 §2.4), or if there is no
//! `type`, `value` and what else tells them apart; references such as members if `value`
//! alone does; elements without a `value` if everything but `primary` does. All work is
//! linear in the number of elements there plus those given.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::Tolerance;
use crate::coerce::Fitting;
use crate::fold::fold;
use crate::message::ScimError;
use crate::resource::{entry, value_of};
use crate::schema::{Attribute, Mutability, Returned};

/// The most elements without a `value` that one remove may describe.
const DESCRIPTION_COUNT_MAX: usize = 100;

/// Adds what is not there yet and completes what is. Gives the positions written to.
pub(crate) fn add(list: &mut Vec<Value>, given: Vec<Value>, definition: &Attribute) -> Vec<usize> {
    let mut wanted: HashMap<String, Value> = HashMap::with_capacity(given.len());
    let mut order = Vec::with_capacity(given.len());
    for element in given {
        let identity = identity(&element, definition, Scope::Full).into_owned();
        if let Some(twin) = wanted.get_mut(&identity) {
            merge(twin, element);
            continue;
        }
        wanted.insert(identity.clone(), element);
        order.push(identity);
    }
    let mut written = Vec::new();
    for (index, element) in list.iter_mut().enumerate() {
        let found = wanted
            .remove(identity(element, definition, Scope::Full).as_ref())
            .or_else(|| untyped(&mut wanted, element, definition));
        if let Some(given) = found
            && !definition.is_reference_list()
        {
            merge(element, given);
            written.push(index);
        }
    }
    for identity in order {
        if let Some(element) = wanted.remove(&identity) {
            written.push(list.len());
            list.push(element);
        }
    }
    written
}

/// Makes one of elements that have become the same (RFC 7643 §2.4).
pub(crate) fn unite(list: &mut Vec<Value>, definition: &Attribute) {
    if are_distinct(list, definition) {
        return;
    }
    let given = std::mem::take(list);
    add(list, given, definition);
}

fn are_distinct(list: &[Value], definition: &Attribute) -> bool {
    let mut seen = HashSet::with_capacity(list.len());
    list.iter().all(|element| seen.insert(identity(element, definition, Scope::Full)))
}

/// Removes the elements that agree with one of those given.
pub(crate) fn remove(
    list: &mut Vec<Value>,
    given: &[Value],
    definition: &Attribute,
) -> Result<(), ScimError> {
    let with_value = |element: &&Value| part(element, "value").is_some() || !element.is_object();
    let (precise, bare): (Vec<&Value>, Vec<&Value>) =
        given.iter().filter(with_value).partition(|element| is_precise(element, definition));
    let identities = |elements: Vec<&'_ Value>, scope| -> HashSet<String> {
        elements
            .into_iter()
            .map(|element| identity(element, definition, scope).into_owned())
            .collect()
    };
    let (precise, bare) = (identities(precise, Scope::Full), identities(bare, Scope::Value));
    let described: Vec<&Value> = given.iter().filter(|element| !with_value(element)).collect();
    if described.len() > DESCRIPTION_COUNT_MAX {
        return Err(ScimError::too_many(format!(
            "the remove of \"{}\" describes {} elements without a \"value\", the most is {DESCRIPTION_COUNT_MAX}: name them by their value",
            definition.name,
            described.len()
        )));
    }
    list.retain(|element| {
        let is_named = !bare.is_empty()
            && bare.contains(identity(element, definition, Scope::Value).as_ref())
            || !precise.is_empty()
                && precise.contains(identity(element, definition, Scope::Full).as_ref());
        !is_named && !described.iter().any(|description| agrees(element, description, definition))
    });
    Ok(())
}

/// Puts the given elements in place of the list. References that stay keep what the
/// service knows about them.
pub(crate) fn replace(list: &mut Vec<Value>, given: Vec<Value>, definition: &Attribute) {
    if !definition.is_reference_list() {
        list.clear();
        add(list, given, definition);
        return;
    }
    let there = std::mem::take(list);
    let mut there: HashMap<String, Value> = there
        .into_iter()
        .map(|element| (identity(&element, definition, Scope::Full).into_owned(), element))
        .collect();
    let mut seen = HashSet::with_capacity(given.len());
    for element in given {
        let identity = identity(&element, definition, Scope::Full).into_owned();
        let known = there.remove(&identity);
        if seen.insert(identity) {
            list.push(known.unwrap_or(element));
        }
    }
}

/// Leaves at most one element primary: one of those just written wins over the
/// others (RFC 7644 §3.5.2).
pub(crate) fn settle_primary(
    list: &mut [Value],
    written: &[usize],
    definition: &Attribute,
    fitting: &mut Fitting,
) {
    if definition.sub_attribute("primary").is_none() {
        return;
    }
    let mut primaries =
        written.iter().copied().filter(|index| list.get(*index).is_some_and(is_primary));
    let Some(first) = primaries.next() else { return };
    if primaries.next().is_some() {
        fitting.note(Tolerance::SeveralPrimaries);
    }
    for (index, element) in list.iter_mut().enumerate() {
        if index != first
            && is_primary(element)
            && let Some(values) = element.as_object_mut()
        {
            *entry(values, "primary") = Value::Bool(false);
        }
    }
}

/// Gives `element` the sub-attributes of `given`.
pub(crate) fn merge(element: &mut Value, given: Value) {
    match (element, given) {
        (Value::Object(values), Value::Object(given)) => {
            for (name, value) in given {
                *entry(values, &name) = value;
            }
        }
        (element, given) => *element = given,
    }
}

pub(crate) fn is_primary(element: &Value) -> bool {
    part(element, "primary") == Some(&Value::Bool(true))
}

/// What of an element tells it apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything that does.
    Full,
    /// `value` alone, where there is one.
    Value,
}

/// A text that two elements share exactly if they are the same.
pub(crate) fn identity<'e>(
    element: &'e Value,
    definition: &Attribute,
    scope: Scope,
) -> Cow<'e, str> {
    let Some(values) = element.as_object() else { return key(element, definition.case_exact) };
    let Some(value) = value_of(values, "value") else { return canonical(values).into() };
    let value = key(value, definition.sub_attribute("value").is_some_and(|part| part.case_exact));
    if scope == Scope::Value || definition.is_reference_list() {
        return value;
    }
    let mut identity = value.into_owned();
    identity.push('\0');
    for part in distinguishing(definition) {
        if let Some(there) = value_of(values, &part.name) {
            identity.push_str(&key(there, part.case_exact));
        }
        if !part.name.eq_ignore_ascii_case("type") {
            identity.push('\0');
        }
    }
    identity.into()
}

/// The parts beside `value` that tell elements apart: `type`; without it, whatever is no
/// description, such as the `authority` of an external id. What is never shown tells nothing
/// apart: a store may have forgotten it.
fn distinguishing(definition: &Attribute) -> impl Iterator<Item = &Attribute> {
    const DESCRIBING: [&str; 4] = ["value", "display", "primary", "$ref"];
    let has_type = definition.sub_attribute("type").is_some();
    definition.sub_attributes.iter().filter(move |part| {
        if has_type {
            return part.name.eq_ignore_ascii_case("type");
        }
        part.mutability != Mutability::ReadOnly
            && part.returned != Returned::Never
            && !DESCRIBING.iter().any(|name| part.name.eq_ignore_ascii_case(name))
    })
}

/// Whether the element names more than its value.
fn is_precise(element: &Value, definition: &Attribute) -> bool {
    !definition.is_reference_list()
        && distinguishing(definition).any(|other| part(element, &other.name).is_some())
}

/// The given element that names the value of `element` and no type.
fn untyped(
    wanted: &mut HashMap<String, Value>,
    element: &Value,
    definition: &Attribute,
) -> Option<Value> {
    if definition.is_reference_list()
        || part(element, "value").is_none()
        || part(element, "type").is_none()
    {
        return None;
    }
    wanted.remove(&format!("{}\0", identity(element, definition, Scope::Value)))
}

fn agrees(element: &Value, description: &Value, definition: &Attribute) -> bool {
    let Some(parts) = description.as_object() else { return false };
    parts.iter().all(|(name, wanted)| {
        let case_exact = definition.sub_attribute(name).is_some_and(|part| part.case_exact);
        part(element, name).is_some_and(|there| key(there, case_exact) == key(wanted, case_exact))
    })
}

fn part<'v>(element: &'v Value, name: &str) -> Option<&'v Value> {
    value_of(element.as_object()?, name)
}

fn key(value: &Value, case_exact: bool) -> Cow<'_, str> {
    match value {
        Value::String(text) if case_exact => text.into(),
        Value::String(text) => fold(text),
        other => other.to_string().into(),
    }
}

/// The element as a text that depends neither on order nor on `primary`.
fn canonical(values: &Map<String, Value>) -> String {
    let mut parts: Vec<_> = values
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("primary"))
        .map(|(name, value)| {
            format!("{}\0{}", name.to_ascii_lowercase(), value.to_string().to_lowercase())
        })
        .collect();
    parts.sort_unstable();
    format!("\0{}", parts.join("\0"))
}
