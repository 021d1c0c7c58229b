//! Operations that wait for each other in a circle, and how one of them gets out of it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::Method;
use super::slot::{Kind, Need, Slot, State, leave_out};
use super::work::Work;
use crate::message::ScimError;

impl Work {
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

    /// The first operation that this one still waits for.
    fn waits_for(&self, number: usize) -> Option<usize> {
        let slot = &self.slots[number];
        if slot.state == State::Incomplete {
            return slot.put_off.iter().copied().find(|need| !self.exists(*need));
        }
        slot.needs.iter().find(|need| self.is_waited_for(slot, **need)).map(|need| need.number)
    }

    fn is_waited_for(&self, slot: &Slot, need: Need) -> bool {
        match need.kind {
            Kind::Body => !slot.put_off.contains(&need.number) && !self.exists(need.number),
            Kind::Address | Kind::Order => self.slots[need.number].state != State::Settled,
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
