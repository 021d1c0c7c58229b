//! Joining operations on one list of references.
//!
//! Clients remove members one operation at a time. Done one by one, a thousand of them
//! would look at each member of a large group a thousand times; joined, once.

use std::borrow::Cow;
use std::collections::VecDeque;

use serde_json::{Value, json};

use super::{Op, Operation};
use crate::path::Path;
use crate::schema::ResourceSchema;

/// The operations, with neighbours joined that add to or remove from the same list of
/// references. The outcome is the same: elements are told apart by their value alone.
pub(super) fn joined<'o>(
    operations: &'o [Operation],
    schema: &ResourceSchema,
) -> Vec<Cow<'o, Operation>> {
    let mut joined = Vec::new();
    let mut rest: VecDeque<_> =
        operations.iter().map(|operation| (operation, Step::of(operation, schema))).collect();
    while let Some((operation, step)) = rest.pop_front() {
        let mut run = step;
        let mut length = 1;
        while let (Some(run), Some((_, Some(next)))) = (&mut run, rest.front_mut()) {
            if run.op != next.op || run.path != next.path {
                break;
            }
            run.elements.append(&mut next.elements);
            rest.pop_front();
            length += 1;
        }
        joined.push(match run {
            Some(run) if length > 1 => Cow::Owned(run.into_operation()),
            _ => Cow::Borrowed(operation),
        });
    }
    joined
}

/// An operation that names elements of a list of references.
struct Step {
    op: Op,
    /// The list.
    path: Path,
    elements: Vec<Value>,
}

impl Step {
    fn of(operation: &Operation, schema: &ResourceSchema) -> Option<Self> {
        let path = operation.path.as_ref().filter(|path| path.sub_attribute.is_none())?;
        if !schema.attribute(path)?.is_reference_list() {
            return None;
        }
        let elements = match (operation.op, &path.filter, &operation.value) {
            (Op::Add | Op::Remove, None, Some(Value::Array(elements))) => elements.clone(),
            (Op::Remove, Some(filter), None) => match filter.constants()?.as_slice() {
                [(name, value @ Value::String(_))] if name.eq_ignore_ascii_case("value") => {
                    vec![json!({"value": value})]
                }
                _ => return None,
            },
            _ => return None,
        };
        Some(Self { op: operation.op, path: Path { filter: None, ..path.clone() }, elements })
    }

    fn into_operation(self) -> Operation {
        Operation { op: self.op, path: Some(self.path), value: Some(Value::Array(self.elements)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch::PatchRequest;
    use crate::schema::standard;

    /// How many operations are left of those given.
    #[track_caller]
    fn check(operations: Value, expected: usize) {
        let (request, _) = PatchRequest::from_json(&json!({"Operations": operations})).unwrap();
        assert_eq!(joined(&request.operations, &standard::groups()).len(), expected);
    }

    #[test]
    fn only_neighbours_of_one_kind_are_joined() {
        let add = json!({"op": "add", "path": "members", "value": [{"value": "1"}]});
        let remove = json!({"op": "remove", "path": "members[value eq \"1\"]"});
        let remove_with_value =
            json!({"op": "remove", "path": "members", "value": [{"value": "2"}]});
        let rename = json!({"op": "replace", "path": "displayName", "value": "G"});
        check(json!([add, add, remove, remove_with_value, remove]), 2);
        check(json!([add, rename, add, remove, add]), 5);
        check(json!([rename, rename]), 2);
    }
}
