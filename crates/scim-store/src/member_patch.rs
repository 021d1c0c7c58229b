//! What of a PATCH concerns the members, told apart from the rest.
//!
//! Changes of single members are rows of their own, so a request that names them needs
//! not one of the others. What has another form is applied to the whole list.

use scim::filter::Comparison;
use scim::patch::{Op, Operation, PatchRequest};
use scim::schema::urn;
use scim::{Filter, Path, resource};
use serde_json::Value as Json;

use crate::kind::MEMBERS;
use crate::membership::Change;

/// A request in two parts, which may be applied one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) members: Vec<Change>,
    pub(crate) rest: PatchRequest,
}

/// Tells the parts apart; `None` if an operation needs the list of members as it is.
pub(crate) fn split(request: &PatchRequest) -> Option<Parts> {
    let mut parts = Parts { members: Vec::new(), rest: PatchRequest::default() };
    for operation in &request.operations {
        match &operation.path {
            Some(path) if is_members(path) => {
                parts.members.push(change(operation.op, path, operation.value.as_ref())?);
            }
            Some(_) => parts.rest.operations.push(operation.clone()),
            None => split_keys(operation, &mut parts)?,
        }
    }
    Some(parts)
}

/// An operation without a path, whose value names the attributes.
fn split_keys(operation: &Operation, parts: &mut Parts) -> Option<()> {
    let mut rest = operation.clone();
    if let Some(Json::Object(values)) = &mut rest.value {
        let keys = values.keys().filter(|key| Path::parse(key).is_ok_and(|path| is_members(&path)));
        for key in keys.cloned().collect::<Vec<_>>() {
            let value = values.shift_remove(&key);
            let path = Path::parse(&key).ok()?;
            parts.members.push(change(operation.op, &path, value.as_ref())?);
        }
        if values.is_empty() {
            return Some(());
        }
    }
    parts.rest.operations.push(rest);
    Some(())
}

fn is_members(path: &Path) -> bool {
    path.attribute.eq_ignore_ascii_case(MEMBERS) && path.schema.as_deref().is_none_or(urn::is_core)
}

fn change(op: Op, path: &Path, value: Option<&Json>) -> Option<Change> {
    if path.sub_attribute.is_some() {
        return None;
    }
    let value = value.filter(|value| !value.is_null());
    match (op, &path.filter, value) {
        (Op::Remove | Op::Replace, None, None) => Some(Change::Set(Vec::new())),
        (Op::Add, None, Some(value)) => ids(value).map(Change::Add),
        (Op::Replace, None, Some(value)) => ids(value).map(Change::Set),
        (Op::Remove, None, Some(value)) => ids(value).map(Change::Remove),
        (Op::Remove, Some(filter), None) => {
            let mut named = Vec::new();
            named_by(filter, &mut named)?;
            Some(Change::Remove(named))
        }
        _ => None,
    }
}

fn is_value(path: &Path) -> bool {
    path.attribute.eq_ignore_ascii_case("value")
        && path.schema.is_none()
        && path.filter.is_none()
        && path.sub_attribute.is_none()
}

/// The ids in `[{"value": "…"}]`, or in the shorter forms that clients send.
fn ids(value: &Json) -> Option<Vec<String>> {
    match value {
        Json::Array(elements) => elements.iter().map(id).collect(),
        single => id(single).map(|id| vec![id]),
    }
}

fn id(element: &Json) -> Option<String> {
    let value = match element {
        Json::Object(parts) => resource::value_of(parts, "value")?,
        simple => simple,
    };
    // JSON within a text is for the reader that knows all dialects.
    value.as_str().filter(|id| !id.trim_start().starts_with('{')).map(str::to_owned)
}

/// The ids that `value eq "…" or value eq "…"` names.
fn named_by(filter: &Filter, named: &mut Vec<String>) -> Option<()> {
    match filter {
        Filter::Compare { path, comparison: Comparison::Equal, value: Json::String(id) }
            if is_value(path) =>
        {
            named.push(id.clone());
            Some(())
        }
        Filter::Or(filters) => filters.iter().try_for_each(|filter| named_by(filter, named)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parts(operations: &Json) -> Option<Parts> {
        let message = json!({"Operations": operations});
        split(&PatchRequest::from_json(&message).unwrap().0)
    }

    #[track_caller]
    fn check(operations: &Json, members: &[Change], rest: &Json) {
        let parts = parts(operations).unwrap();
        assert_eq!(parts.members, members);
        assert_eq!(&parts.rest.to_json()["Operations"], rest);
    }

    fn named(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn members_are_named_in_many_forms() {
        check(
            &json!([{"op": "add", "path": "members", "value": [{"value": "1"}, {"value": "2"}]}]),
            &[Change::Add(named(&["1", "2"]))],
            &json!([]),
        );
        check(
            &json!([{"op": "Add", "path": "Members", "value": {"value": "1", "display": "x"}},
                    {"op": "remove", "path": "members[value eq \"1\"]"},
                    {"op": "remove", "path": "members[value eq \"1\" or value eq \"2\"]"},
                    {"op": "Remove", "path": "members", "value": [{"value": "3"}]}]),
            &[
                Change::Add(named(&["1"])),
                Change::Remove(named(&["1"])),
                Change::Remove(named(&["1", "2"])),
                Change::Remove(named(&["3"])),
            ],
            &json!([]),
        );
        check(
            &json!([{"op": "replace", "path": "members", "value": [{"value": "1"}]}, {"op": "remove", "path": "members"}]),
            &[Change::Set(named(&["1"])), Change::Set(Vec::new())],
            &json!([]),
        );
    }

    #[test]
    fn the_rest_stays_in_its_order() {
        check(
            &json!([{"op": "replace", "value": {"displayName": "A", "members": [{"value": "1"}]}},
                    {"op": "add", "path": "externalId", "value": "x"},
                    {"op": "add", "value": {"urn:ietf:params:scim:schemas:core:2.0:Group:members": [{"value": "2"}]}}]),
            &[Change::Set(named(&["1"])), Change::Add(named(&["2"]))],
            &json!([{"op": "replace", "value": {"displayName": "A"}}, {"op": "add", "path": "externalId", "value": "x"}]),
        );
    }

    #[test]
    fn other_forms_need_the_whole_list() {
        for operation in [
            json!({"op": "remove", "path": "members[type eq \"Group\"]"}),
            json!({"op": "replace", "path": "members[value eq \"1\"].display", "value": "x"}),
            json!({"op": "add", "path": "members", "value": [{"display": "x"}]}),
        ] {
            assert_eq!(parts(&json!([operation])), None, "{operation}");
        }
    }
}
