//! Bulk messages as JSON: read leniently, written strictly.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{
    BULK_ID_LENGTH_MAX, BulkLimits, BulkOperation, BulkRequest, BulkResponse, BulkResult, Method,
};
use crate::message::{ScimError, count_at, number_at, text_at, urn};
use crate::path::excerpt;
use crate::resource::{key_of, value_of};

impl BulkRequest {
    /// Reads a message. `schemas` may be absent, keys and methods may be in any case.
    /// Operations that make no sense are read as refused, since each one fails alone.
    ///
    /// # Errors
    /// `invalidSyntax` for what is no bulk request, 413 for more operations than `limits` has.
    pub fn from_json(message: Value, limits: BulkLimits) -> Result<Self, ScimError> {
        let Value::Object(mut message) = message else {
            return Err(ScimError::invalid_syntax(
                "the body of a bulk request is no object: send \"schemas\" and \"Operations\"",
            ));
        };
        let fail_on_errors = fail_on_errors(&message)?;
        let operations = match take(&mut message, "Operations") {
            Some(Value::Array(operations)) => operations,
            Some(Value::Object(operation)) => vec![Value::Object(operation)],
            _ => {
                return Err(ScimError::invalid_syntax(
                    "the body of a bulk request has no list \"Operations\": send one",
                ));
            }
        };
        limits.check_count(operations.len())?;
        let mut seen = HashSet::new();
        let operations =
            operations.into_iter().zip(1..).map(|(operation, number)| read(number, operation));
        let mut operations: Vec<_> = operations.collect();
        for (operation, number) in operations.iter_mut().zip(1..) {
            refuse_twin(number, operation, &mut seen);
        }
        Ok(Self { fail_on_errors, operations })
    }

    /// The message.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let operations: Vec<_> = self.operations.iter().map(BulkOperation::to_json).collect();
        let mut message = json!({"schemas": [urn::BULK_REQUEST]});
        if let Some(count) = self.fail_on_errors {
            message["failOnErrors"] = count.into();
        }
        message["Operations"] = operations.into();
        message
    }
}

impl BulkOperation {
    /// An operation without `bulkId`, version and body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let path = path.into();
        Self { method, path, bulk_id: None, version: None, data: None, refused: None }
    }

    fn to_json(&self) -> Value {
        let mut operation = json!({"method": self.method.name()});
        if let Some(bulk_id) = &self.bulk_id {
            operation["bulkId"] = bulk_id.as_str().into();
        }
        if let Some(version) = &self.version {
            operation["version"] = version.as_str().into();
        }
        operation["path"] = self.path.as_str().into();
        if let Some(data) = &self.data {
            operation["data"] = data.clone();
        }
        operation
    }
}

impl BulkResponse {
    /// Reads a message. A status may be a number, a text or an object with a `code`.
    ///
    /// # Errors
    /// `invalidSyntax` for what is no answer to a bulk request.
    pub fn from_json(message: Value) -> Result<Self, ScimError> {
        let operations = match message {
            Value::Object(mut message) => take(&mut message, "Operations"),
            _ => None,
        };
        let Some(Value::Array(operations)) = operations else {
            return Err(ScimError::invalid_syntax(
                "the answer to the bulk request has no list \"Operations\"",
            ));
        };
        let read = |operation| BulkResult::read(operation);
        Ok(Self { operations: operations.into_iter().map(read).collect::<Result<_, _>>()? })
    }

    /// The message (RFC 7644 §3.7.3).
    #[must_use]
    pub fn to_json(&self) -> Value {
        let operations: Vec<_> = self.operations.iter().map(BulkResult::to_json).collect();
        json!({"schemas": [urn::BULK_RESPONSE], "Operations": operations})
    }
}

impl BulkResult {
    fn read(operation: Value) -> Result<Self, ScimError> {
        let Value::Object(mut operation) = operation else {
            return Err(ScimError::invalid_syntax(
                "an operation in the answer to the bulk request is no object",
            ));
        };
        let status = match value_of(&operation, "status").and_then(Value::as_object) {
            Some(status) => count_at(status, "code"),
            None => count_at(&operation, "status"),
        };
        let Some(status) = status.and_then(|status| u16::try_from(status).ok()) else {
            return Err(ScimError::invalid_syntax(
                "an operation in the answer to the bulk request has no \"status\"",
            ));
        };
        Ok(Self {
            location: text_at(&operation, "location"),
            method: Method::from_name(&text_at(&operation, "method").unwrap_or_default()),
            bulk_id: text_at(&operation, "bulkId"),
            version: text_at(&operation, "version"),
            status,
            response: take(&mut operation, "response"),
        })
    }

    fn to_json(&self) -> Value {
        let mut operation = Map::new();
        let mut put = |name: &str, value: Value| operation.insert(name.to_owned(), value);
        if let Some(location) = &self.location {
            put("location", location.as_str().into());
        }
        put("method", self.method.name().into());
        if let Some(bulk_id) = &self.bulk_id {
            put("bulkId", bulk_id.as_str().into());
        }
        if let Some(version) = &self.version {
            put("version", version.as_str().into());
        }
        put("status", self.status.to_string().into());
        if let Some(response) = &self.response {
            put("response", response.clone());
        }
        Value::Object(operation)
    }
}

fn fail_on_errors(message: &Map<String, Value>) -> Result<Option<usize>, ScimError> {
    if value_of(message, "failOnErrors").is_none() {
        return Ok(None);
    }
    // No error at all cannot be accepted: the first one ends the work, as with 1.
    match number_at(message, "failOnErrors").map(usize::try_from) {
        Some(Ok(count)) => Ok(Some(count.max(1))),
        _ => Err(ScimError::invalid_value(
            "\"failOnErrors\" is no number of errors: send a whole number, or leave it out",
        )),
    }
}

/// Reads operation `number`, counted from 1.
fn read(number: usize, operation: Value) -> BulkOperation {
    let Value::Object(mut operation) = operation else {
        let refused = format!("operation {number} is no object: send \"method\" and \"path\"");
        let refused = Some(ScimError::invalid_syntax(refused));
        let empty = BulkOperation::new(Method::Other(String::new()), String::new());
        return BulkOperation { refused, ..empty };
    };
    let method = Method::from_name(&text_at(&operation, "method").unwrap_or_default());
    let path = text_at(&operation, "path").unwrap_or_default();
    let path = path.trim().trim_start_matches('/');
    let mut read = BulkOperation {
        method,
        bulk_id: text_at(&operation, "bulkId").filter(|id| !id.is_empty()),
        version: text_at(&operation, "version"),
        path: if path.is_empty() { String::new() } else { format!("/{path}") },
        data: take(&mut operation, "data"),
        refused: None,
    };
    read.refused =
        refusal(&read).map(|why| ScimError::invalid_syntax(format!("operation {number} {why}")));
    read
}

/// Why an operation makes no sense.
fn refusal(operation: &BulkOperation) -> Option<String> {
    match &operation.method {
        Method::Other(name) if name.is_empty() => {
            return Some("has no \"method\": send POST, PUT, PATCH or DELETE".to_owned());
        }
        Method::Other(name) => {
            let name = excerpt(name);
            return Some(format!("has the method \"{name}\": send POST, PUT, PATCH or DELETE"));
        }
        Method::Post if operation.bulk_id.is_none() => {
            return Some("creates a resource without a \"bulkId\": give it one".to_owned());
        }
        _ => {}
    }
    if operation.path.is_empty() {
        return Some("has no \"path\": send one such as \"/Users\"".to_owned());
    }
    if operation.method != Method::Delete && !operation.data.as_ref().is_some_and(Value::is_object)
    {
        return Some("has no object as its \"data\": send the body of the request".to_owned());
    }
    let length = operation.bulk_id.as_ref().map_or(0, String::len);
    (length > BULK_ID_LENGTH_MAX)
        .then(|| format!("has a \"bulkId\" with {length} bytes, the most is {BULK_ID_LENGTH_MAX}"))
}

/// Two creates of one name cannot be told apart by those that refer to them.
fn refuse_twin(number: usize, operation: &mut BulkOperation, seen: &mut HashSet<String>) {
    let Some(bulk_id) = operation.bulk_id.clone().filter(|_| operation.method == Method::Post)
    else {
        return;
    };
    if !seen.insert(bulk_id.clone()) && operation.refused.is_none() {
        let bulk_id = excerpt(&bulk_id);
        operation.refused = Some(ScimError::invalid_value(format!(
            "operation {number} has the \"bulkId\" \"{bulk_id}\" that an operation before it has: give each its own"
        )));
    }
}

fn take(message: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = key_of(message, name)?.to_owned();
    message.shift_remove(&key).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BulkLimits = BulkLimits { operations: 3, payload_bytes: 100 };

    /// Why each operation was refused, or nothing.
    #[track_caller]
    fn check(operations: Value, expected: &[&str]) {
        let request = BulkRequest::from_json(json!({"Operations": operations}), LIMITS).unwrap();
        let refused = request.operations.iter().map(|operation| {
            operation.refused.as_ref().map(ToString::to_string).unwrap_or_default()
        });
        assert_eq!(refused.collect::<Vec<_>>(), expected);
    }

    #[track_caller]
    fn check_error(message: Value) -> String {
        BulkRequest::from_json(message, LIMITS).unwrap_err().to_string()
    }

    #[test]
    fn a_request_is_read_and_written_back() {
        let message = json!({"schemas": [urn::BULK_REQUEST], "failOnErrors": 1, "Operations": [
            {"method": "POST", "bulkId": "a", "path": "/Users", "data": {"userName": "ada"}},
            {"method": "DELETE", "version": "W/\"1\"", "path": "/Users/7"},
        ]});
        let request = BulkRequest::from_json(message.clone(), LIMITS).unwrap();
        assert_eq!(request.to_json(), message);
    }

    #[test]
    fn a_request_is_read_leniently() {
        let request = BulkRequest::from_json(
            json!({"operations": {"Method": "put", "PATH": "Users/7", "data": {}, "bulkId": ""}, "failonerrors": "5"}),
            LIMITS,
        );
        insta::assert_snapshot!(request.unwrap().to_json(), @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":5,"Operations":[{"method":"PUT","path":"/Users/7","data":{}}]}"#);
    }

    #[test]
    fn an_operation_that_makes_no_sense_is_refused_alone() {
        check(
            json!([1, {"path": "/Users"}, {"method": "POST", "path": "/Users", "data": {}}]),
            &[
                "operation 1 is no object: send \"method\" and \"path\" (400 invalidSyntax)",
                "operation 2 has no \"method\": send POST, PUT, PATCH or DELETE (400 invalidSyntax)",
                "operation 3 creates a resource without a \"bulkId\": give it one (400 invalidSyntax)",
            ],
        );
        check(
            json!([{"method": "DELETE"}, {"method": "PUT", "path": "/Users/7"}, {"method": "DELETE", "path": "/Users/7"}]),
            &[
                "operation 1 has no \"path\": send one such as \"/Users\" (400 invalidSyntax)",
                "operation 2 has no object as its \"data\": send the body of the request (400 invalidSyntax)",
                "",
            ],
        );
        let twin = json!({"method": "POST", "path": "/Users", "bulkId": "a", "data": {}});
        check(
            json!([twin, twin]),
            &[
                "",
                "operation 2 has the \"bulkId\" \"a\" that an operation before it has: give each its own (400 invalidValue)",
            ],
        );
    }

    #[test]
    fn a_request_that_makes_no_sense_is_refused_whole() {
        insta::assert_snapshot!(check_error(json!([])), @r#"the body of a bulk request is no object: send "schemas" and "Operations" (400 invalidSyntax)"#);
        insta::assert_snapshot!(check_error(json!({})), @r#"the body of a bulk request has no list "Operations": send one (400 invalidSyntax)"#);
        insta::assert_snapshot!(check_error(json!({"Operations": [], "failOnErrors": -1})), @r#""failOnErrors" is no number of errors: send a whole number, or leave it out (400 invalidValue)"#);
        insta::assert_snapshot!(check_error(json!({"Operations": [1, 2, 3, 4]})), @"the bulk request has 4 operations, the most is 3 (maxOperations): send several requests (413)");
        insta::assert_snapshot!(LIMITS.check_payload(101).unwrap_err(), @"the bulk request has 101 bytes, the most is 100 (maxPayloadSize): send several requests (413)");
    }

    #[test]
    fn an_answer_is_written_strictly_and_read_leniently() {
        let result = BulkResult {
            location: Some("https://x/Users/7".to_owned()),
            method: Method::Post,
            bulk_id: Some("a".to_owned()),
            version: Some("W/\"1\"".to_owned()),
            status: 201,
            response: None,
        };
        let response = BulkResponse { operations: vec![result] };
        insta::assert_snapshot!(response.to_json(), @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[{"location":"https://x/Users/7","method":"POST","bulkId":"a","version":"W/\"1\"","status":"201"}]}"#);
        assert_eq!(BulkResponse::from_json(response.to_json()).unwrap(), response);
        let older = json!({"operations": [{"method": "DELETE", "status": {"code": "204"}}]});
        assert_eq!(BulkResponse::from_json(older).unwrap().operations[0].status, 204);
    }
}
