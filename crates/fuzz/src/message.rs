//! Messages: bytes are read as any reader of JSON reads them, or refused; the JSON is read
//! or refused as a list, a search, an error and a bulk request, whose work comes to an end.

use scim::message::bulk::{BulkLimits, BulkRequest, BulkResponse, Method, Outcome, Work};
use scim::{ListResponse, ScimError, SearchRequest};
use serde_json::Value;

/// Checks one body.
pub fn check(data: &[u8]) {
    let Ok(body) = scim::json::parse(data, data.len()) else { return };
    let plain = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data);
    let read: Value = serde_json::from_slice(plain).expect("what is taken is JSON");
    assert_eq!(read, body);
    if let Ok(list) = ListResponse::from_json(body.clone()) {
        assert_eq!(ListResponse::from_json(list.to_json()), Ok(list));
    }
    if let Ok(search) = SearchRequest::from_json(&body) {
        assert_eq!(SearchRequest::from_json(&search.to_json()), Ok(search));
    }
    let _ = ScimError::from_json(&body, 400);
    if let Ok(response) = BulkResponse::from_json(body.clone()) {
        let _ = response.to_json();
    }
    if let Ok(request) = BulkRequest::from_json(body, BulkLimits::default()) {
        work(request);
    }
}

/// Does all work of a request, with a service to which every third task fails.
fn work(request: BulkRequest) {
    let count = request.operations.len();
    let stops = request.fail_on_errors.is_some();
    let Ok(mut work) = Work::new(request) else { return };
    let mut done = 0;
    while let Some(task) = work.next_task() {
        assert!(!matches!(task.method, Method::Other(_)), "{task:?}");
        done += 1;
        assert!(done <= 2 * count, "an operation is done at most twice");
        let fails = done % 3 == 0;
        work.finish(
            task.number,
            Outcome {
                status: if fails { 400 } else { 200 },
                id: (!fails).then(|| done.to_string()),
                ..Outcome::default()
            },
        );
    }
    let answers = work.into_response("").operations.len();
    assert!(answers == count || stops && answers < count, "{answers} answers to {count}");
}
