//! Operations that wait for each other in a circle: how one of them gets out of it, and
//! how all of them come to an end together.
//!
//! A circle succeeds as a whole. If one operation in it fails, those that refer to it fail
//! too, and what was created meanwhile is deleted again, since a failed create leaves
//! nothing (RFC 7644 §3.7.3). Whatever is outside waits until that is decided.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::Method;
use super::slot::{Kind, Need, Slot, State, leave_out};
use super::work::{Outcome, Work, unresolved};
use crate::message::ScimError;

/// Operations of which each one waits for every other; mostly a single one.
#[derive(Debug)]
pub(super) struct Circle {
    /// Its operations, in the client's order.
    members: Vec<usize>,
    /// How many of them are not at their end; none if the circle is closed.
    open: usize,
}

/// Finds the circles of the operations, and tells each operation which one is its own.
pub(super) fn find(slots: &mut [Slot]) -> Vec<Circle> {
    const UNSEEN: usize = usize::MAX;
    let mut circles: Vec<Circle> = Vec::new();
    // Tarjan's algorithm: when an operation was met first, and the earliest that it leads to.
    let (mut met, mut earliest) = (vec![UNSEEN; slots.len()], vec![UNSEEN; slots.len()]);
    let (mut undecided, mut is_decided) = (Vec::new(), vec![false; slots.len()]);
    let (mut way, mut count) = (Vec::new(), 0);
    for start in 0..slots.len() {
        if met[start] == UNSEEN {
            way.push((start, 0));
        }
        while let Some((number, next)) = way.last_mut() {
            let number = *number;
            if met[number] == UNSEEN {
                (met[number], earliest[number]) = (count, count);
                count += 1;
                undecided.push(number);
            }
            if let Some(need) = slots[number].needs.get(*next) {
                *next += 1;
                if met[need.number] == UNSEEN {
                    way.push((need.number, 0));
                } else if !is_decided[need.number] {
                    earliest[number] = earliest[number].min(met[need.number]);
                }
                continue;
            }
            way.pop();
            if let Some((before, _)) = way.last() {
                earliest[*before] = earliest[*before].min(earliest[number]);
            }
            if earliest[number] == met[number] {
                let first = undecided.iter().rposition(|it| *it == number).unwrap_or_default();
                let mut members = undecided.split_off(first);
                members.sort_unstable();
                for member in &members {
                    is_decided[*member] = true;
                    slots[*member].circle = circles.len();
                }
                circles.push(Circle { open: members.len(), members });
            }
        }
    }
    circles
}

impl Work {
    /// Takes note that an operation is at its end; the last one closes the circle.
    pub(super) fn leave_circle(&mut self, number: usize) {
        let circle = self.slots[number].circle;
        self.circles[circle].open -= 1;
        if self.circles[circle].open == 0 {
            self.close(circle);
        }
    }

    /// Ends everything that was begun, once the client wants no more to be done. `false` if
    /// there is nothing to take back.
    pub(super) fn abandon(&mut self) -> bool {
        let error = ScimError::new(
            409,
            "the work ended before the resource got its references: send the operation again",
        );
        for slot in self.slots.iter_mut().filter(|slot| slot.state == State::Incomplete) {
            slot.note(Outcome::failed(&error));
            slot.state = State::Settled;
        }
        for circle in 0..self.circles.len() {
            if self.circles[circle].open > 0 {
                self.close(circle);
            }
        }
        !self.spoilt.is_empty()
    }

    /// Decides what stays of a circle in which nothing is left to do; if everything does,
    /// or is taken back, the others may go on.
    fn close(&mut self, circle: usize) {
        self.fail_with_others(circle);
        let members = self.circles[circle].members.clone();
        let left: Vec<usize> =
            members.iter().copied().filter(|it| self.slots[*it].has_left_something()).collect();
        self.circles[circle].open = left.len();
        if left.is_empty() {
            for member in members {
                for waiting in std::mem::take(&mut self.slots[member].after_closed) {
                    self.release(waiting, member);
                }
            }
            return;
        }
        // What was created last refers to what was created first, and goes before it.
        for number in left.into_iter().rev() {
            self.slots[number].state = State::Spoilt;
            self.spoilt.push_back(number);
        }
    }

    /// Has those operations of a circle fail that refer to one that failed.
    fn fail_with_others(&mut self, circle: usize) {
        let members = &self.circles[circle].members;
        let mut failed: Vec<usize> =
            members.iter().copied().filter(|it| self.slots[*it].has_failed()).collect();
        if failed.is_empty() || members.len() == 1 {
            return;
        }
        let mut referring: HashMap<usize, Vec<usize>> = HashMap::new();
        for member in members {
            let needs = self.slots[*member].needs.iter().filter(|it| it.kind != Kind::Order);
            needs.for_each(|need| referring.entry(need.number).or_default().push(*member));
        }
        while let Some(number) = failed.pop() {
            for other in referring.remove(&number).unwrap_or_default() {
                let slot = &mut self.slots[other];
                if slot.result.is_some() && !slot.has_failed() {
                    let is_create = slot.operation.method == Method::Post;
                    let error = if is_create { unresolved(number) } else { taken_back(number) };
                    slot.note(Outcome::failed(&error));
                    self.error_count += 1;
                    failed.push(other);
                }
            }
        }
    }

    /// Makes an operation ready that waits in a circle. `false` if nothing is left to do.
    pub(super) fn break_circle(&mut self) -> bool {
        let is_settled = |slot: &Slot| slot.state == State::Settled;
        while self.slots.get(self.settled_until).is_some_and(is_settled) {
            self.settled_until += 1;
        }
        if self.settled_until == self.slots.len() {
            return false;
        }
        let circle = self.circle_from(self.settled_until);
        let breakable = circle.iter().copied().find(|number| self.may_be_put_off(*number));
        if let Some(number) = breakable {
            self.put_off(number);
            return true;
        }
        let error = ScimError::new(
            409,
            "the operation refers to others that in turn wait for it: send it in another request",
        );
        for number in circle {
            self.fail(number, &error);
        }
        true
    }

    /// The circle that one gets to from a waiting operation.
    fn circle_from(&self, start: usize) -> Vec<usize> {
        let mut way = vec![start];
        let mut places = HashMap::from([(start, 0)]);
        loop {
            let last = way[way.len() - 1];
            let Some(next) = self.waits_for(last) else { return way.split_off(way.len() - 1) };
            if let Some(place) = places.get(&next) {
                return way.split_off(*place);
            }
            places.insert(next, way.len());
            way.push(next);
        }
    }

    /// The first operation that this one still waits for: outside of its circle, if there
    /// is one, so that the circle at the end of the way waits for nothing but itself.
    fn waits_for(&self, number: usize) -> Option<usize> {
        let slot = &self.slots[number];
        match slot.state {
            State::Incomplete => slot.put_off.iter().copied().find(|need| !self.exists(*need)),
            // Who waits for it waits for the others in its circle.
            State::Settled => {
                let mut members = self.circles[slot.circle].members.iter().copied();
                members.find(|member| self.slots[*member].state != State::Settled)
            }
            _ => {
                let waited = || slot.needs.iter().filter(|need| self.is_waited_for(slot, **need));
                let outside = waited().find(|need| self.slots[need.number].circle != slot.circle);
                outside.or_else(|| waited().next()).map(|need| need.number)
            }
        }
    }

    fn is_waited_for(&self, slot: &Slot, need: Need) -> bool {
        let needed = &self.slots[need.number];
        if needed.circle != slot.circle {
            return self.circles[needed.circle].open > 0;
        }
        match need.kind {
            Kind::Body => !slot.put_off.contains(&need.number) && !self.exists(need.number),
            Kind::Address | Kind::Order => needed.state != State::Settled,
        }
    }

    fn exists(&self, number: usize) -> bool {
        !matches!(self.slots[number].state, State::Waiting | State::Open)
    }

    /// Whether everything that a create waits for can be put in later.
    fn may_be_put_off(&self, number: usize) -> bool {
        let slot = &self.slots[number];
        slot.state == State::Waiting
            && slot.operation.method == Method::Post
            && slot
                .needs
                .iter()
                .all(|need| need.kind == Kind::Body || !self.is_waited_for(slot, *need))
    }

    /// Lets a create go on without what it waits for.
    fn put_off(&mut self, number: usize) {
        let slot = &self.slots[number];
        let waited = slot.needs.iter().filter(|need| self.is_waited_for(slot, **need));
        let put_off: BTreeSet<usize> = waited.map(|need| need.number).collect();
        let is_put_off =
            |name: &str| self.names.get(name).is_some_and(|number| put_off.contains(number));
        let mut data = self.slots[number].operation.data.clone();
        let left_out = match data.as_mut().and_then(Value::as_object_mut) {
            Some(values) => leave_out(values, &is_put_off),
            None => Vec::new(),
        };
        let slot = &mut self.slots[number];
        slot.operation.data = data;
        slot.left_out = left_out;
        slot.waits -= put_off.len();
        slot.waits_later = put_off.len();
        slot.put_off = put_off;
        self.ready.push(Reverse(number));
    }
}

/// 409: the operation was carried out, but not with what it refers to.
fn taken_back(needed: usize) -> ScimError {
    ScimError::new(
        409,
        format!(
            "the operation was carried out, but what operation {} made, to which it refers, was taken back since another one failed: mend that one and send all of them again",
            needed + 1
        ),
    )
}
