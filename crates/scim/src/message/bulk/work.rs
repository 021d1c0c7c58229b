//! The order of work in a bulk request (RFC 7644 §3.7.1 and §3.7.2).
//!
//! The client's order is kept, except that an operation waits for those it refers to.
//! Operations on one resource never overtake each other. Where creates refer to each
//! other in a circle, one of them is created without the reference, which follows in a
//! PATCH once the other exists. An operation fails with 409 if one that it refers to failed,
//! and a create that fails after the resource was made is taken back by a DELETE.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, VecDeque};

use serde_json::Value;

use super::circle::{self, Circle};
use super::slot::{Kind, Need, Slot, State};
use super::{BulkRequest, BulkResponse, BulkResult, Method, REFERENCE_COUNT_MAX, reference};
use crate::message::ScimError;
use crate::path::excerpt;

/// What is left to do of a bulk request: the service asks for a [`Task`], does it, tells
/// the [`Outcome`], until there is none left.
///
/// A service that keeps the order of what it began may ask for further tasks before it
/// has finished earlier ones; the end is reached when there is no task and none is open.
#[derive(Debug)]
pub struct Work {
    pub(super) slots: Vec<Slot>,
    pub(super) names: HashMap<String, usize>,
    /// Operations that wait for nothing, the first of the client first.
    pub(super) ready: BinaryHeap<Reverse<usize>>,
    pub(super) circles: Vec<Circle>,
    /// Creates that failed after the resource was made, which has to go.
    pub(super) spoilt: VecDeque<usize>,
    open: usize,
    /// Every operation before this one is settled.
    pub(super) settled_until: usize,
    fail_on_errors: Option<usize>,
    pub(super) error_count: usize,
}

/// One request that the service has to carry out now, without references to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Which operation it belongs to, from 0 in the client's order.
    pub number: usize,
    /// What happens: what the operation says, a PATCH that completes a create, or a DELETE
    /// that takes it back; never [`Method::Other`].
    pub method: Method,
    /// Where, such as `/Users/7`.
    pub path: String,
    /// The version that the resource must have.
    pub version: Option<String>,
    /// The body.
    pub data: Option<Value>,
}

/// What became of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The HTTP status.
    pub status: u16,
    /// The id of the resource, if the task succeeded; others may refer to it.
    pub id: Option<String>,
    /// The address of the resource.
    pub location: Option<String>,
    /// The version of the resource.
    pub version: Option<String>,
    /// The body of the answer: the error if it failed.
    pub response: Option<Value>,
}

impl Work {
    /// Looks at who refers to whom.
    ///
    /// # Errors
    /// 413 for more than [`REFERENCE_COUNT_MAX`] references.
    pub fn new(request: BulkRequest) -> Result<Self, ScimError> {
        let slots: Vec<Slot> = request.operations.into_iter().map(Slot::new).collect();
        let mut work = Self {
            names: names(&slots),
            slots,
            ready: BinaryHeap::new(),
            circles: Vec::new(),
            spoilt: VecDeque::new(),
            open: 0,
            settled_until: 0,
            fail_on_errors: request.fail_on_errors,
            error_count: 0,
        };
        work.link()?;
        let ready = work.slots.iter().enumerate().filter(|(_, slot)| slot.waits == 0);
        work.ready = ready.map(|(number, _)| Reverse(number)).collect();
        Ok(work)
    }

    /// What to do next; `None` if there is nothing to do now.
    pub fn next_task(&mut self) -> Option<Task> {
        loop {
            if self.open > 0 && self.fail_on_errors.is_some() {
                return None;
            }
            if let Some(number) = self.spoilt.pop_front() {
                self.open += 1;
                self.slots[number].state = State::Undoing;
                return Some(self.slots[number].undoing(number));
            }
            if self.is_stopped() {
                if !self.abandon() {
                    return None;
                }
            } else if let Some(Reverse(number)) = self.ready.pop() {
                if let Some(task) = self.begin(number) {
                    self.open += 1;
                    return Some(task);
                }
            } else if self.open > 0 || !self.break_circle() {
                return None;
            }
        }
    }

    /// Takes note of what became of the task with this number.
    pub fn finish(&mut self, number: usize, outcome: Outcome) {
        let Some(slot) = self.slots.get_mut(number) else { return };
        match slot.state {
            State::Open | State::Completing => {}
            State::Undoing => {
                self.open -= 1;
                slot.note_undone(&outcome);
                slot.state = State::Settled;
                self.leave_circle(number);
                return;
            }
            _ => return,
        }
        self.open -= 1;
        let exists = slot.state == State::Open && outcome.id.is_some();
        slot.note(outcome);
        if exists && !slot.left_out.is_empty() {
            slot.state = State::Incomplete;
            let is_complete = slot.waits_later == 0;
            let waiting = std::mem::take(&mut slot.after_created);
            if is_complete {
                self.ready.push(Reverse(number));
            }
            for waiting in waiting {
                self.release(waiting, number);
            }
        } else {
            self.settle(number);
        }
    }

    /// The answers to all operations that were looked at, in the client's order. `base` is
    /// the address of the service, which stands in front of paths.
    #[must_use]
    pub fn into_response(self, base: &str) -> BulkResponse {
        let results = self.slots.into_iter().filter_map(|slot| {
            let mut result = slot.result?;
            let is_half_done = matches!(
                slot.state,
                State::Incomplete | State::Completing | State::Spoilt | State::Undoing
            );
            if is_half_done {
                let error = ScimError::new(
                    409,
                    "the resource was created, but the work ended before it got its references: add them, or delete it",
                );
                result.status = error.status;
                result.response = Some(error.to_json());
            }
            if result.location.is_none() && result.method != Method::Post {
                let path = slot.operation.path;
                result.location = Some(format!("{}{path}", base.trim_end_matches('/')));
            }
            Some(result)
        });
        BulkResponse { operations: results.collect() }
    }

    /// Finds for each operation those it refers to and the one before it on the same resource.
    fn link(&mut self) -> Result<(), ScimError> {
        let mut last_at: HashMap<String, usize> = HashMap::new();
        let mut count = 0;
        for number in 0..self.slots.len() {
            let mut needs = self.references(number);
            let operation = &self.slots[number].operation;
            if operation.method != Method::Post {
                let path = operation.path.trim_matches('/').to_owned();
                if let Some(before) = last_at.insert(path, number) {
                    needs.push(Need { number: before, kind: Kind::Order });
                }
            }
            count += needs.len();
            if count > REFERENCE_COUNT_MAX {
                return Err(ScimError::new(
                    413,
                    format!(
                        "the bulk request has more than {REFERENCE_COUNT_MAX} references between its operations: send several requests"
                    ),
                ));
            }
            self.slots[number].waits = needs.len();
            self.slots[number].needs = needs;
        }
        self.circles = circle::find(&mut self.slots);
        for number in 0..self.slots.len() {
            for index in 0..self.slots[number].needs.len() {
                let (need, circle) = (self.slots[number].needs[index], self.slots[number].circle);
                let needed = &mut self.slots[need.number];
                match need.kind {
                    _ if needed.circle != circle => needed.after_closed.push(number),
                    Kind::Body => needed.after_created.push(number),
                    Kind::Address | Kind::Order => needed.after_settled.push(number),
                }
            }
        }
        Ok(())
    }

    /// What the operation refers to, each once. It is refused for a name that nobody has.
    fn references(&mut self, number: usize) -> Vec<Need> {
        let operation = &self.slots[number].operation;
        if operation.refused.is_some() {
            return Vec::new();
        }
        let (mut body, mut address) = (BTreeSet::new(), BTreeSet::new());
        let mut unknown = None;
        let mut note = |name: &str, into: &mut BTreeSet<usize>| match self.names.get(name) {
            Some(number) => drop(into.insert(*number)),
            None => unknown = Some(excerpt(name)),
        };
        reference::in_text(&operation.path, &mut |name| note(name, &mut address));
        if let Some(data) = &operation.data {
            reference::in_value(data, &mut |name| note(name, &mut body));
        }
        if let Some(name) = unknown {
            self.slots[number].operation.refused = Some(ScimError::invalid_value(format!(
                "operation {} refers to \"bulkId:{name}\", but no operation has that \"bulkId\"",
                number + 1
            )));
            return Vec::new();
        }
        let of_body = body.difference(&address).map(|&number| Need { number, kind: Kind::Body });
        let of_address = address.iter().map(|&number| Need { number, kind: Kind::Address });
        of_address.chain(of_body).collect()
    }

    fn is_stopped(&self) -> bool {
        self.fail_on_errors.is_some_and(|most| self.error_count >= most)
    }

    /// The task of a ready operation; `None` if it fails by itself.
    fn begin(&mut self, number: usize) -> Option<Task> {
        let slot = &self.slots[number];
        let completes = slot.state == State::Incomplete;
        if !completes && slot.state != State::Waiting {
            return None; // it failed together with its circle
        }
        let needed: Vec<usize> = if completes {
            slot.put_off.iter().copied().collect()
        } else {
            let by_id = slot.needs.iter().filter(|need| need.kind != Kind::Order);
            by_id.map(|need| need.number).filter(|need| !slot.put_off.contains(need)).collect()
        };
        let missing = needed.into_iter().find(|need| !self.slots[*need].is_there());
        if let Some(error) = slot.operation.refused.clone().or_else(|| missing.map(unresolved)) {
            self.fail(number, &error);
            return None;
        }
        let id = |name: &str| self.names.get(name).and_then(|named| self.slots[*named].id.clone());
        let task =
            if completes { slot.completion(number, &id) } else { slot.creation(number, &id) };
        let slot = &mut self.slots[number];
        slot.state = if completes { State::Completing } else { State::Open };
        Some(task)
    }

    /// Settles the operation with an error of our own.
    pub(super) fn fail(&mut self, number: usize, error: &ScimError) {
        self.slots[number].note(Outcome::failed(error));
        self.settle(number);
    }

    fn settle(&mut self, number: usize) {
        let slot = &mut self.slots[number];
        slot.state = State::Settled;
        self.error_count += usize::from(slot.result.as_ref().is_some_and(BulkResult::is_error));
        let created = std::mem::take(&mut slot.after_created);
        let settled = std::mem::take(&mut slot.after_settled);
        for waiting in created.into_iter().chain(settled) {
            self.release(waiting, number);
        }
        self.leave_circle(number);
    }

    /// Tells `waiting` that `number` is there, or failed.
    pub(super) fn release(&mut self, waiting: usize, number: usize) {
        let slot = &mut self.slots[waiting];
        let is_ready = if slot.put_off.contains(&number) {
            slot.waits_later -= 1;
            slot.waits_later == 0 && slot.state == State::Incomplete
        } else {
            slot.waits -= 1;
            slot.waits == 0 && slot.state == State::Waiting
        };
        if is_ready {
            self.ready.push(Reverse(waiting));
        }
    }
}

impl Outcome {
    pub(super) fn failed(error: &ScimError) -> Self {
        Self { status: error.status, response: Some(error.to_json()), ..Self::default() }
    }
}

/// Who has which name; a create comes before others of the same name.
fn names(slots: &[Slot]) -> HashMap<String, usize> {
    let mut names = HashMap::new();
    for creates in [true, false] {
        for (number, slot) in slots.iter().enumerate() {
            let is_create = slot.operation.method == Method::Post;
            if let Some(name) = slot.operation.bulk_id.as_ref().filter(|_| is_create == creates) {
                names.entry(name.clone()).or_insert(number);
            }
        }
    }
    names
}

/// 409: what the operation refers to does not exist.
pub(super) fn unresolved(needed: usize) -> ScimError {
    ScimError::new(
        409,
        format!(
            "the operation refers to what operation {} should have made, which failed: mend that one and send both again",
            needed + 1
        ),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::message::bulk::BulkLimits;

    /// Does the work with a service that numbers what it creates, refuses what has the name
    /// "bad" or adds what is "bad", and deletes no locks. Gives the tasks and the answers, a
    /// line each.
    fn run(request: Value) -> (Vec<String>, Vec<String>) {
        let request = BulkRequest::from_json(request, BulkLimits::default()).unwrap();
        let mut work = Work::new(request).unwrap();
        let (mut tasks, mut count) = (Vec::new(), 0);
        while let Some(task) = work.next_task() {
            let data = task.data.clone().unwrap_or_default();
            let shown = data.get("Operations").unwrap_or(&data);
            tasks.push(format!("{} {} {shown}", task.method, task.path));
            let refuses = data["name"] == "bad" || shown[0]["path"] == "bad";
            let keeps = task.method == Method::Delete && task.path.starts_with("/Locks");
            let outcome = if refuses || keeps {
                Outcome { status: 400, ..Outcome::default() }
            } else if task.method == Method::Post {
                count += 1;
                let location = Some(format!("https://x{}/{count}", task.path));
                Outcome { status: 201, id: Some(count.to_string()), location, ..Outcome::default() }
            } else {
                Outcome { status: 200, id: Some("old".to_owned()), ..Outcome::default() }
            };
            work.finish(task.number, outcome);
        }
        let results = work.into_response("https://x/").operations.into_iter().map(|result| {
            let detail = result.response.as_ref().map(|error| format!(" {}", error["detail"]));
            let location = result.location.unwrap_or_default();
            format!("{} {} {location}{}", result.status, result.method, detail.unwrap_or_default())
        });
        (tasks, results.collect())
    }

    #[track_caller]
    fn check(operations: Value, tasks: &[&str], results: &[&str]) {
        let actual = run(json!({"Operations": operations}));
        assert_eq!(actual.0, tasks);
        assert_eq!(actual.1, results);
    }

    fn post(path: &str, bulk_id: &str, data: Value) -> Value {
        json!({"method": "POST", "path": path, "bulkId": bulk_id, "data": data})
    }

    #[test]
    fn operations_are_done_in_the_clients_order() {
        check(
            json!([
                post("/Users", "a", json!({"name": "a"})),
                {"method": "patch", "path": "Users/9", "data": {"name": "p"}},
                {"method": "DELETE", "path": "/Users/9"},
            ]),
            &[
                r#"POST /Users {"name":"a"}"#,
                r#"PATCH /Users/9 {"name":"p"}"#,
                "DELETE /Users/9 null",
            ],
            &[
                "201 POST https://x/Users/1",
                "200 PATCH https://x/Users/9",
                "200 DELETE https://x/Users/9",
            ],
        );
    }

    #[test]
    fn a_reference_waits_for_what_it_refers_to() {
        check(
            json!([
                post("/Groups", "g", json!({"members": [{"value": "bulkId:u", "$ref": "/Users/bulkId:u"}]})),
                {"method": "PUT", "path": "/Groups/bulkId:g", "data": {"name": "p"}},
                post("/Users", "u", json!({"name": "u"})),
            ]),
            &[
                r#"POST /Users {"name":"u"}"#,
                r#"POST /Groups {"members":[{"value":"1","$ref":"/Users/1"}]}"#,
                r#"PUT /Groups/2 {"name":"p"}"#,
            ],
            &[
                "201 POST https://x/Groups/2",
                "200 PUT https://x/Groups/bulkId:g",
                "201 POST https://x/Users/1",
            ],
        );
    }

    #[test]
    fn a_circle_is_created_without_a_reference_that_follows_in_a_patch() {
        check(
            json!([
                post("/Groups", "a", json!({"members": [{"value": "bulkId:b"}, {"value": "7"}]})),
                post("/Groups", "b", json!({"members": [{"value": "bulkId:a"}]})),
            ]),
            &[
                r#"POST /Groups {"members":[{"value":"7"}]}"#,
                r#"POST /Groups {"members":[{"value":"1"}]}"#,
                r#"PATCH /Groups/1 [{"op":"add","path":"members","value":[{"value":"2"}]}]"#,
            ],
            &["201 POST https://x/Groups/1", "201 POST https://x/Groups/2"],
        );
    }

    #[test]
    fn who_is_their_own_manager_is_a_circle_too() {
        check(
            json!([post(
                "/Users",
                "a",
                json!({"urn:x:User": {"manager": {"value": "bulkId:a"}}, "name": "a"})
            )]),
            &[
                r#"POST /Users {"name":"a"}"#,
                r#"PATCH /Users/1 [{"op":"add","path":"urn:x:User:manager","value":{"value":"1"}}]"#,
            ],
            &["201 POST https://x/Users/1"],
        );
    }

    #[test]
    fn what_comes_after_a_circle_waits_until_it_is_complete() {
        check(
            json!([
                post("/Groups", "c", json!({"members": [{"value": "bulkId:a"}]})),
                post("/Groups", "a", json!({"members": [{"value": "bulkId:b"}]})),
                {"method": "DELETE", "path": "/Groups/bulkId:a"},
                post("/Groups", "b", json!({"members": [{"value": "bulkId:a"}]})),
            ]),
            &[
                r"POST /Groups {}",
                r#"POST /Groups {"members":[{"value":"1"}]}"#,
                r#"PATCH /Groups/1 [{"op":"add","path":"members","value":[{"value":"2"}]}]"#,
                r#"POST /Groups {"members":[{"value":"1"}]}"#,
                "DELETE /Groups/1 null",
            ],
            &[
                "201 POST https://x/Groups/3",
                "201 POST https://x/Groups/1",
                "200 DELETE https://x/Groups/bulkId:a",
                "201 POST https://x/Groups/2",
            ],
        );
    }

    #[test]
    fn operations_on_one_resource_do_not_overtake_each_other() {
        check(
            json!([
                {"method": "PATCH", "path": "/Groups/9", "data": {"value": "bulkId:u"}},
                {"method": "DELETE", "path": "/Groups/9/"},
                post("/Users", "u", json!({})),
            ]),
            &["POST /Users {}", r#"PATCH /Groups/9 {"value":"1"}"#, "DELETE /Groups/9/ null"],
            &[
                "200 PATCH https://x/Groups/9",
                "200 DELETE https://x/Groups/9/",
                "201 POST https://x/Users/1",
            ],
        );
    }

    #[test]
    fn one_failure_takes_along_only_what_refers_to_it() {
        check(
            json!([
                post("/Users", "a", json!({"name": "bad"})),
                post("/Groups", "b", json!({"v": "bulkId:a"})),
                post("/Users", "c", json!({"v": "bulkId:nobody"})),
                {"method": "GET", "path": "/Users"},
                post("/Users", "d", json!({})),
            ]),
            &[r#"POST /Users {"name":"bad"}"#, "POST /Users {}"],
            &[
                "400 POST ",
                "409 POST  \"the operation refers to what operation 1 should have made, which failed: mend that one and send both again\"",
                "400 POST  \"operation 3 refers to \\\"bulkId:nobody\\\", but no operation has that \\\"bulkId\\\"\"",
                "400 GET https://x/Users \"operation 4 has the method \\\"GET\\\": send POST, PUT, PATCH or DELETE\"",
                "201 POST https://x/Users/1",
            ],
        );
    }

    #[test]
    fn after_so_many_errors_the_work_ends() {
        let bad = |id: &str| post("/Users", id, json!({"name": "bad"}));
        let operations = json!([bad("a"), post("/Users", "b", json!({})), bad("c"), bad("d")]);
        let (tasks, results) = run(json!({"failOnErrors": 2, "Operations": operations.clone()}));
        assert_eq!((tasks.len(), results.len()), (3, 3));
        let (tasks, _) = run(json!({"failOnErrors": "0", "Operations": operations.clone()}));
        assert_eq!(tasks.len(), 1);
        let (tasks, _) = run(json!({"Operations": operations}));
        assert_eq!(tasks.len(), 4);
    }

    #[test]
    fn a_circle_that_no_create_can_break_fails() {
        let (tasks, results) = run(json!({"Operations": [
            {"method": "PUT", "path": "/Users/bulkId:a", "bulkId": "a", "data": {}},
            {"method": "DELETE", "path": "/Users/1"},
        ]}));
        assert_eq!(tasks, ["DELETE /Users/1 null"]);
        assert!(results[0].starts_with("409 PUT"), "{results:?}");
    }

    #[test]
    fn a_create_whose_reference_fails_is_taken_back() {
        check(
            json!([
                post("/Groups", "a", json!({"v": "bulkId:b"})),
                post("/Groups", "b", json!({"v": "bulkId:a", "name": "bad"})),
                post("/Groups", "c", json!({"v": "bulkId:a"})),
                post("/Groups", "d", json!({})),
            ]),
            &[
                "POST /Groups {}",
                "POST /Groups {}",
                r#"POST /Groups {"v":"2","name":"bad"}"#,
                "DELETE /Groups/2 null",
            ],
            &[
                "409 POST  \"the operation refers to what operation 2 should have made, which failed: mend that one and send both again\"",
                "400 POST ",
                "409 POST  \"the operation refers to what operation 1 should have made, which failed: mend that one and send both again\"",
                "201 POST https://x/Groups/1",
            ],
        );
    }

    #[test]
    fn a_create_that_cannot_be_completed_is_taken_back() {
        check(
            json!([post("/Groups?x=/", "a", json!({"bad": "bulkId:a"}))]),
            &[
                "POST /Groups?x=/ {}",
                r#"PATCH /Groups/1 [{"op":"add","path":"bad","value":"1"}]"#,
                "DELETE /Groups/1 null",
            ],
            &["400 POST "],
        );
    }

    #[test]
    fn a_circle_fails_as_a_whole() {
        check(
            json!([
                post("/Groups", "a", json!({"bad": "bulkId:b"})),
                post("/Groups", "b", json!({"v": "bulkId:p"})),
                {"method": "PATCH", "path": "/Groups/9", "bulkId": "p", "data": {"v": "bulkId:c"}},
                post("/Groups", "c", json!({"v": "bulkId:a"})),
                post("/Groups", "d", json!({"v": "bulkId:c"})),
            ]),
            &[
                "POST /Groups {}",
                r#"POST /Groups {"v":"1"}"#,
                r#"PATCH /Groups/9 {"v":"2"}"#,
                r#"POST /Groups {"v":"old"}"#,
                r#"PATCH /Groups/1 [{"op":"add","path":"bad","value":"3"}]"#,
                "DELETE /Groups/2 null",
                "DELETE /Groups/3 null",
                "DELETE /Groups/1 null",
            ],
            &[
                "400 POST ",
                "409 POST  \"the operation refers to what operation 3 should have made, which failed: mend that one and send both again\"",
                "409 PATCH https://x/Groups/9 \"the operation was carried out, but what operation 4 made, to which it refers, was taken back since another one failed: mend that one and send all of them again\"",
                "409 POST  \"the operation refers to what operation 1 should have made, which failed: mend that one and send both again\"",
                "409 POST  \"the operation refers to what operation 4 should have made, which failed: mend that one and send both again\"",
            ],
        );
    }

    #[test]
    fn what_cannot_be_taken_back_is_told() {
        check(
            json!([
                post("/Locks", "a", json!({"v": ["bulkId:a", "bulkId:b"]})),
                post("/Locks", "b", json!({"v": "bulkId:a", "name": "bad"}))
            ]),
            &["POST /Locks {}", r#"POST /Locks {"v":"1","name":"bad"}"#, "DELETE /Locks/1 null"],
            &[
                "409 POST https://x/Locks/1 \"the operation refers to what operation 2 should have made, which failed: mend that one and send both again; the resource was created all the same and could not be taken back: delete it\"",
                "400 POST ",
            ],
        );
    }

    #[test]
    fn what_is_half_done_when_the_work_ends_is_taken_back() {
        let operations = json!([
            post("/Groups", "a", json!({"v": "bulkId:b"})),
            post("/Groups", "b", json!({"v": "bulkId:a", "name": "bad"})),
            post("/Groups", "c", json!({"v": "bulkId:a"})),
        ]);
        let (tasks, results) = run(json!({"failOnErrors": 1, "Operations": operations}));
        assert_eq!(
            tasks,
            ["POST /Groups {}", r#"POST /Groups {"v":"1","name":"bad"}"#, "DELETE /Groups/1 null"]
        );
        assert_eq!(
            results,
            [
                "409 POST  \"the work ended before the resource got its references: send the operation again\"",
                "400 POST ",
            ]
        );
    }

    #[test]
    fn independent_work_may_be_done_side_by_side() {
        let operations = json!([
            post("/Users", "a", json!({})),
            post("/Users", "b", json!({})),
            post("/Groups", "c", json!({"v": "bulkId:b"}))
        ]);
        let request =
            BulkRequest::from_json(json!({"Operations": operations}), BulkLimits::default());
        let mut work = Work::new(request.unwrap()).unwrap();
        let open = [work.next_task(), work.next_task(), work.next_task()];
        assert_eq!(open.map(|task| task.map(|task| task.number)), [Some(0), Some(1), None]);
        work.finish(1, Outcome { status: 201, id: Some("7".to_owned()), ..Outcome::default() });
        assert_eq!(work.next_task().unwrap().data, Some(json!({"v": "7"})));
    }

    proptest::proptest! {
        /// Whoever refers to whom, and whatever fails: the work ends, each operation is answered
        /// once, no task is left with a reference, and just those creates exist that say so.
        #[test]
        fn all_work_ends(
            links in proptest::collection::vec((0..5_u8, proptest::collection::vec(0..8_usize, 0..4)), 1..8),
            bad in proptest::collection::vec(proptest::bool::weighted(0.2), 8),
            stop in proptest::option::of(1..3_usize),
        ) {
            let operations: Vec<Value> = links.iter().enumerate().map(|(number, (kind, needs))| {
                let references: Vec<String> = needs.iter().filter(|need| **need < links.len()).map(|need| format!("bulkId:{need}")).collect();
                let name = if bad[number] { "bad" } else { "good" };
                match kind {
                    0 => json!({"method": "PUT", "path": format!("/Users/bulkId:{}", needs.first().copied().unwrap_or(number).min(links.len() - 1)), "bulkId": number.to_string(), "data": {"v": references, "name": name}}),
                    1 => json!({"method": "PATCH", "path": "/Users/9", "bulkId": number.to_string(), "data": {"v": references, "name": name}}),
                    2 => post("/Users", &number.to_string(), json!({"bad": references, "name": name})),
                    _ => post("/Users", &number.to_string(), json!({"v": references, "name": name})),
                }
            }).collect();
            let (tasks, results) = run(json!({"Operations": operations, "failOnErrors": stop}));
            if stop.is_none() {
                proptest::prop_assert_eq!(results.len(), links.len());
            }
            proptest::prop_assert!(tasks.len() <= 3 * links.len());
            proptest::prop_assert!(tasks.iter().all(|task| !task.contains("bulkId:")), "{:?}", tasks);
            let made = tasks.iter().filter(|task| task.starts_with("POST") && !task.contains("\"bad\"}")).count();
            let unmade = tasks.iter().filter(|task| task.starts_with("DELETE")).count();
            let told = results.iter().filter(|result| result.starts_with("201")).count();
            proptest::prop_assert_eq!(made - unmade, told, "{:?} {:?}", tasks, results);
        }
    }
}
