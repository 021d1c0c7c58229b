//! One page of the answer to a query (RFC 7644 §3.4.2), found by index or by cursor
//! (RFC 9865).

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{count_at, text_at, urn};
use crate::resource::{Resource, key_of};

/// One page of the answer to a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListResponse {
    /// How many resources match in all.
    pub total_results: usize,
    /// The position of the first resource of this page, from 1; 0 for a page that was
    /// found by a cursor and has no position.
    pub start_index: usize,
    /// The resources of this page.
    pub resources: Vec<Resource>,
    /// Asks for the next page; `None` on the last one, or if pages are found by index.
    pub next_cursor: Option<String>,
    /// Asks for the page before, if the service tells.
    pub previous_cursor: Option<String>,
}

impl ListResponse {
    /// The message. It can also be serialised as it is, without a copy of the resources.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!(self)
    }

    /// Reads a message. A service may leave out everything but the resources or their number.
    ///
    /// # Errors
    /// What has neither `totalResults` nor `Resources`, or resources that are no objects.
    pub fn from_json(message: Value) -> Result<Self, MessageError> {
        let Value::Object(mut message) = message else { return Err(MessageError::NotAList) };
        let total = count_at(&message, "totalResults");
        let resources = take_resources(&mut message)?;
        if total.is_none() && resources.is_none() {
            return Err(MessageError::NotAList);
        }
        let resources = resources.unwrap_or_default();
        let cursor = |name: &str| text_at(&message, name).filter(|cursor| !cursor.is_empty());
        let next_cursor = cursor("nextCursor");
        let previous_cursor = cursor("previousCursor");
        let by_cursor = next_cursor.is_some() || previous_cursor.is_some();
        let first = usize::from(!by_cursor);
        Ok(Self {
            total_results: total.unwrap_or(resources.len()),
            start_index: count_at(&message, "startIndex").unwrap_or(first).max(first),
            resources,
            next_cursor,
            previous_cursor,
        })
    }
}

impl Serialize for ListResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_map(None)?;
        message.serialize_entry("schemas", &[urn::LIST_RESPONSE])?;
        message.serialize_entry("totalResults", &self.total_results)?;
        if self.start_index > 0 {
            message.serialize_entry("startIndex", &self.start_index)?;
        }
        message.serialize_entry("itemsPerPage", &self.resources.len())?;
        if let Some(cursor) = &self.previous_cursor {
            message.serialize_entry("previousCursor", cursor)?;
        }
        if let Some(cursor) = &self.next_cursor {
            message.serialize_entry("nextCursor", cursor)?;
        }
        message.serialize_entry("Resources", &self.resources)?;
        message.end()
    }
}

/// Why a document is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Neither `totalResults` nor a list `Resources`.
    #[error(
        "the answer is no list of SCIM: it has neither \"totalResults\" nor a list \"Resources\""
    )]
    NotAList,
    /// Something in `Resources` is no object.
    #[error(
        "the list holds something that is no resource: every item of \"Resources\" must be an object"
    )]
    NotAResource,
}

/// The list `Resources`; null is an empty one.
fn take_resources(message: &mut Map<String, Value>) -> Result<Option<Vec<Resource>>, MessageError> {
    let Some(key) = key_of(message, "Resources").map(str::to_owned) else { return Ok(None) };
    let resources = match message.shift_remove(&key) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(resources)) => resources,
        Some(_) => return Err(MessageError::NotAList),
    };
    let resources = resources.into_iter().map(|resource| match resource {
        Value::Object(resource) => Ok(resource),
        _ => Err(MessageError::NotAResource),
    });
    resources.collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_list(message: Value, expected: Result<(usize, usize, usize), MessageError>) {
        let actual = ListResponse::from_json(message);
        assert_eq!(
            actual.map(|list| (list.total_results, list.start_index, list.resources.len())),
            expected
        );
    }

    #[test]
    fn a_list_is_written_and_read() {
        let by_index = ListResponse {
            total_results: 7,
            start_index: 3,
            resources: vec![Resource::new()],
            ..ListResponse::default()
        };
        assert_eq!(ListResponse::from_json(by_index.to_json()).unwrap(), by_index);
        let by_cursor = ListResponse {
            start_index: 0,
            next_cursor: Some("n".to_owned()),
            previous_cursor: Some("p".to_owned()),
            ..by_index
        };
        assert_eq!(ListResponse::from_json(by_cursor.to_json()).unwrap(), by_cursor);
        insta::assert_snapshot!(by_cursor.to_json(), @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":7,"itemsPerPage":1,"previousCursor":"p","nextCursor":"n","Resources":[{}]}"#);
    }

    #[test]
    fn lists_are_read_leniently() {
        check_list(json!({"totalResults": "0"}), Ok((0, 1, 0)));
        check_list(json!({"resources": [{}, {}]}), Ok((2, 1, 2)));
        check_list(json!({"totalResults": 0, "Resources": null}), Ok((0, 1, 0)));
        check_list(json!({"Resources": [{}], "startIndex": 0}), Ok((1, 1, 1)));
        check_list(json!({"Resources": [{}], "nextCursor": "x"}), Ok((1, 0, 1)));
        check_list(json!({"Resources": [{}], "nextCursor": ""}), Ok((1, 1, 1)));
        check_list(json!({"hello": 1}), Err(MessageError::NotAList));
        check_list(json!([]), Err(MessageError::NotAList));
        check_list(json!({"Resources": [1]}), Err(MessageError::NotAResource));
    }
}
