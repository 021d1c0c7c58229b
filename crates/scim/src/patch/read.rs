//! Reading a PATCH request as clients send it.

use serde_json::{Map, Value};

use super::{OPERATION_COUNT_MAX, Op, Operation, PatchRequest, Tolerance};
use crate::filter::Dialect;
use crate::message::{ScimError, urn};
use crate::path::{Path, excerpt};
use crate::resource::{elements, value_of};

impl PatchRequest {
    /// Reads a message. Capital names, a missing `schemas` and a single operation
    /// without a list are taken; the answer tells which of these occurred.
    ///
    /// # Errors
    /// `invalidSyntax` for what is no request, `invalidPath` for a path that cannot be
    /// read, `noTarget` for a remove without path, `invalidValue` for an add or replace
    /// without value, 413 for more than [`OPERATION_COUNT_MAX`] operations.
    pub fn from_json(message: &Value) -> Result<(Self, Vec<Tolerance>), ScimError> {
        Self::from_json_with(message, Dialect::default())
    }

    /// Reads a message whose paths have brackets in a service's dialect.
    ///
    /// # Errors
    /// As for [`PatchRequest::from_json`].
    pub fn from_json_with(
        message: &Value,
        dialect: Dialect,
    ) -> Result<(Self, Vec<Tolerance>), ScimError> {
        let Some(message) = message.as_object() else {
            return Err(ScimError::invalid_syntax(
                "the body of a PATCH is no object: send \"schemas\" and \"Operations\"",
            ));
        };
        let mut tolerances = Vec::new();
        if !has_schema(message) {
            tolerances.push(Tolerance::NoPatchSchema);
        }
        let operations = field(message, "Operations", &mut tolerances).ok_or_else(|| {
            ScimError::invalid_syntax(
                "the body of a PATCH has no \"Operations\": send a list with at least one",
            )
        })?;
        if !operations.is_array() {
            tolerances.push(Tolerance::SingleOperation);
        }
        let operations = elements(operations);
        if operations.is_empty() {
            return Err(ScimError::invalid_syntax(
                "\"Operations\" is empty: send at least one operation",
            ));
        }
        if operations.len() > OPERATION_COUNT_MAX {
            return Err(ScimError::new(
                413,
                format!(
                    "the request has {} operations, the most is {OPERATION_COUNT_MAX}: send several requests",
                    operations.len()
                ),
            ));
        }
        let operations: Result<_, _> = (1..)
            .zip(operations)
            .map(|(number, operation)| read(number, operation, dialect, &mut tolerances))
            .collect();
        tolerances.sort_unstable();
        tolerances.dedup();
        Ok((Self { operations: operations? }, tolerances))
    }
}

/// Reads operation `number`, counted from 1.
fn read(
    number: usize,
    operation: &Value,
    dialect: Dialect,
    tolerances: &mut Vec<Tolerance>,
) -> Result<Operation, ScimError> {
    let Some(operation) = operation.as_object() else {
        return Err(ScimError::invalid_syntax(format!(
            "operation {number} is no object: send \"op\", \"path\" and \"value\""
        )));
    };
    let op = read_op(number, operation, tolerances)?;
    let path = match field(operation, "path", tolerances) {
        None => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => Some(
            Path::parse_with(text, dialect)
                .map_err(|error| ScimError::invalid_path(format!("operation {number}: {error}")))?,
        ),
        Some(_) => {
            return Err(ScimError::invalid_path(format!(
                "the path of operation {number} is no text"
            )));
        }
    };
    let value = given_value(operation, tolerances);
    match op {
        Op::Remove if path.is_none() => Err(ScimError::no_target(format!(
            "operation {number} removes nothing in particular: give it a \"path\""
        ))),
        Op::Add | Op::Replace if value.is_none() => Err(ScimError::invalid_value(format!(
            "operation {number} has no \"value\": give one, or remove the attribute with \"op\": \"remove\""
        ))),
        Op::Add | Op::Replace
            if path.is_none() && !value.as_ref().is_some_and(Value::is_object) =>
        {
            Err(ScimError::invalid_value(format!(
                "operation {number} has neither a \"path\" nor an object as its \"value\": give one of them"
            )))
        }
        _ => Ok(Operation { op, path, value }),
    }
}

fn read_op(
    number: usize,
    operation: &Map<String, Value>,
    tolerances: &mut Vec<Tolerance>,
) -> Result<Op, ScimError> {
    let name = field(operation, "op", tolerances).and_then(Value::as_str).unwrap_or_default();
    let op = [Op::Add, Op::Replace, Op::Remove]
        .into_iter()
        .find(|op| op.name().eq_ignore_ascii_case(name));
    let Some(op) = op else {
        return Err(ScimError::invalid_syntax(format!(
            "operation {number} has the op \"{}\": send \"add\", \"replace\" or \"remove\"",
            excerpt(name)
        )));
    };
    if op.name() != name {
        tolerances.push(Tolerance::CapitalOp);
    }
    Ok(op)
}

/// The value, where an explicit null is one: `replace` with null clears.
fn given_value(operation: &Map<String, Value>, tolerances: &mut Vec<Tolerance>) -> Option<Value> {
    let value = field(operation, "value", tolerances).cloned();
    value.or_else(|| operation.get("value").map(|_| Value::Null))
}

fn field<'m>(
    message: &'m Map<String, Value>,
    name: &str,
    tolerances: &mut Vec<Tolerance>,
) -> Option<&'m Value> {
    let value = value_of(message, name)?;
    if !message.contains_key(name) {
        tolerances.push(Tolerance::KeyCase);
    }
    Some(value)
}

fn has_schema(message: &Map<String, Value>) -> bool {
    value_of(message, "schemas").is_some_and(|schemas| {
        elements(schemas).iter().any(|schema| {
            schema.as_str().is_some_and(|name| name.eq_ignore_ascii_case(urn::PATCH_OP))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(message: Value, expected: Value, tolerances: &[Tolerance]) {
        let (request, used) = PatchRequest::from_json(&message).unwrap();
        assert_eq!(request.to_json()["Operations"], expected);
        assert_eq!(used, tolerances);
    }

    #[track_caller]
    fn check_error(operations: Value) -> String {
        let message = json!({"schemas": [urn::PATCH_OP], "Operations": operations});
        PatchRequest::from_json(&message).unwrap_err().to_string()
    }

    #[test]
    fn a_request_is_read_and_written_back() {
        let operations = json!([{"op": "add", "path": "emails[type eq \"work\"].value", "value": "a"}, {"op": "remove", "path": "title"}]);
        check(json!({"schemas": [urn::PATCH_OP], "Operations": operations}), operations, &[]);
    }

    #[test]
    fn dialects_are_read_and_reported() {
        check(
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "operations": {"op": "Replace", "Path": "active", "value": null}}),
            json!([{"op": "replace", "path": "active", "value": null}]),
            &[
                Tolerance::NoPatchSchema,
                Tolerance::CapitalOp,
                Tolerance::KeyCase,
                Tolerance::SingleOperation,
            ],
        );
        check(
            json!({"schemas": urn::PATCH_OP, "Operations": [{"op": "add", "path": "", "value": {"a": 1}}]}),
            json!([{"op": "add", "value": {"a": 1}}]),
            &[],
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        insta::assert_snapshot!(check_error(json!([])), @r#""Operations" is empty: send at least one operation (400 invalidSyntax)"#);
        insta::assert_snapshot!(check_error(json!([{"op": "move"}])), @r#"operation 1 has the op "move": send "add", "replace" or "remove" (400 invalidSyntax)"#);
        insta::assert_snapshot!(check_error(json!([{"op": "remove"}])), @r#"operation 1 removes nothing in particular: give it a "path" (400 noTarget)"#);
        insta::assert_snapshot!(check_error(json!([{"op": "add", "path": "a"}])), @r#"operation 1 has no "value": give one, or remove the attribute with "op": "remove" (400 invalidValue)"#);
        insta::assert_snapshot!(check_error(json!([{"op": "add", "value": 1}])), @r#"operation 1 has neither a "path" nor an object as its "value": give one of them (400 invalidValue)"#);
        insta::assert_snapshot!(check_error(json!([{"op": "add", "path": "a b", "value": 1}])), @r#"operation 1: the attribute path "a b" cannot be read: expected the end at character 3, found "b" (400 invalidPath)"#);
        insta::assert_snapshot!(check_error(json!(vec![json!({"op": "remove", "path": "a"}); 1_001])), @"the request has 1001 operations, the most is 1000: send several requests (413)");
    }
}
