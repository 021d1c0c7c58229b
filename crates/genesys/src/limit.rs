//! The rate limit: so many requests a minute for each OAuth client.
//!
//! The minute of a client begins with its first request and is followed by the next
//! minute. Pure but for the lock: the time is an argument.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// How long a count lasts.
const WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// Counts the requests of each client.
#[derive(Debug)]
pub(crate) struct Limiter {
    allowed: u32,
    windows: Mutex<HashMap<String, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began: Timestamp,
    count: u32,
}

/// Where a client stands, for the headers of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Requests in this minute, this one included.
    pub(crate) count: u32,
    /// The most that are answered.
    pub(crate) allowed: u32,
    /// Seconds until the next minute begins, at least 1.
    pub(crate) reset_s: u64,
}

impl Limiter {
    pub(crate) fn new(allowed: u32) -> Self {
        Self { allowed, windows: Mutex::default() }
    }

    /// Counts a request of the client. There are as many windows as clients, which an
    /// administrator makes by hand.
    pub(crate) fn count(&self, client_id: &str, now: Timestamp) -> Standing {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Window { began: now, count: 0 };
        let window = windows.entry(client_id.to_owned()).or_insert(fresh);
        if now.duration_since(window.began) >= WINDOW || now < window.began {
            *window = fresh;
        }
        window.count = window.count.saturating_add(1);
        let left = WINDOW - now.duration_since(window.began);
        let whole_seconds =
            left.as_millis().div_euclid(1000) + i128::from(left.as_millis() % 1000 > 0);
        let reset_s = u64::try_from(whole_seconds).unwrap_or(1).max(1);
        Standing { count: window.count, allowed: self.allowed, reset_s }
    }
}

impl Standing {
    /// Whether the request is one too many.
    pub(crate) fn is_exceeded(self) -> bool {
        self.count > self.allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    #[test]
    fn the_request_after_the_last_allowed_one_is_one_too_many() {
        let limiter = Limiter::new(2);
        assert!(!limiter.count("a", at(0)).is_exceeded());
        assert!(!limiter.count("a", at(1)).is_exceeded());
        let standing = limiter.count("a", at(10_500));
        assert_eq!(standing, Standing { count: 3, allowed: 2, reset_s: 50 });
        assert!(standing.is_exceeded());
    }

    #[test]
    fn clients_are_counted_apart() {
        let limiter = Limiter::new(1);
        limiter.count("a", at(0));
        assert!(!limiter.count("b", at(0)).is_exceeded());
    }

    #[test]
    fn the_next_minute_begins_anew() {
        let limiter = Limiter::new(1);
        limiter.count("a", at(0));
        assert!(limiter.count("a", at(59_999)).is_exceeded());
        assert_eq!(limiter.count("a", at(60_000)), Standing { count: 1, allowed: 1, reset_s: 60 });
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let limiter = Limiter::new(1);
        limiter.count("a", at(1_000_000));
        assert!(!limiter.count("a", at(0)).is_exceeded());
    }
}
