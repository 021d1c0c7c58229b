//! Lists of users that trail behind writes: the vendor's search learns of a write only after a
//! while. Lists of groups do not trail: to show the members of before, every change of a group
//! would have to keep all of them.
//!
//! While the setting `list-lag` is on, the state before each write over HTTP is kept here for
//! that long, and lists show it instead of the newest one. It is kept in memory: after
//! a start all lists have caught up.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::{Organisation, user::User};

/// The most images; beyond them the oldest catch up early.
const IMAGE_COUNT_MAX: usize = 50_000;

/// States of users before their last writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail(Arc<Mutex<VecDeque<Image>>>);

#[derive(Debug)]
struct Image {
    until: Timestamp,
    id: String,
    /// `None` if the user was not there.
    before: Option<User>,
}

impl Organisation {
    /// Keeps the state before a write, if lists are to trail.
    pub(crate) fn keep_image(&self, id: &str, before: Option<&User>) {
        let lag = self.settings.list_lag.0;
        if lag == 0 {
            return;
        }
        let lag = SignedDuration::from_secs(i64::from(lag));
        let until = self.clock.now().checked_add(lag).unwrap_or(Timestamp::MAX);
        let image = Image { until, id: id.to_owned(), before: before.cloned() };
        self.trail.keep(image);
    }

    /// The users whose last writes lists do not know of yet, as lists know them.
    pub(crate) fn images(&self) -> HashMap<String, Option<User>> {
        if self.settings.list_lag.0 == 0 {
            return HashMap::new();
        }
        self.trail.images(self.clock.now())
    }
}

impl Trail {
    fn keep(&self, image: Image) {
        let mut images = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if images.len() >= IMAGE_COUNT_MAX {
            images.pop_front();
        }
        images.push_back(image);
    }

    /// The oldest image of each user that is not over.
    fn images(&self, now: Timestamp) -> HashMap<String, Option<User>> {
        let mut images = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while images.front().is_some_and(|image| image.until <= now) {
            images.pop_front();
        }
        let mut oldest = HashMap::new();
        for image in images.iter() {
            oldest.entry(image.id.clone()).or_insert_with(|| image.before.clone());
        }
        oldest
    }
}
