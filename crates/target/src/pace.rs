//! Pacing: how many requests go out at once and in a minute, and the rest that a service asks for.
//!
//! All requests of a target pass here, one by one, in the order in which they
//! came. Waiting uses tokio's clock, so that tests do not wait.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

use crate::profile::Profile;

/// The longest rest that a request waits out; a longer one is handed to the caller.
pub const REST_WAITED_MAX: Duration = Duration::from_mins(2);

/// The part of a minute's requests that may go out at once. Small, so that urgent
/// work (a leaver's account) finds its turn at any time of the minute.
const BURST_DIVISOR: u32 = 10;

/// Who may send now.
#[derive(Debug)]
pub(crate) struct Pace {
    slots: Semaphore,
    rate: Option<Rate>,
    state: Mutex<State>,
}

/// A token bucket: `burst` requests at once, then one each `interval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rate {
    interval: Duration,
    burst: u32,
}

#[derive(Debug)]
struct State {
    /// When the bucket will be full again.
    full_at: Instant,
    /// Nobody sends before.
    rest_until: Instant,
}

/// The service wants to be left alone for longer than [`REST_WAITED_MAX`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resting(pub(crate) Duration);

impl Pace {
    pub(crate) fn new(profile: &Profile) -> Self {
        let now = Instant::now();
        Self {
            slots: Semaphore::new(profile.concurrency.max(1) as usize),
            rate: profile.requests_per_minute.map(Rate::per_minute),
            state: Mutex::new(State { full_at: now, rest_until: now }),
        }
    }

    /// Waits until one request may be sent; it is under way as long as the permit lives.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Resting> {
        let permit = self.slots.acquire().await.expect("the semaphore is never closed");
        self.rest().await?;
        if let Some(rate) = self.rate {
            let turn = self.state().take(rate, Instant::now());
            sleep_until(turn).await;
            self.rest().await?;
        }
        Ok(permit)
    }

    /// Nobody sends for this long: the service asked for it.
    pub(crate) fn rest_for(&self, wait: Duration) {
        let now = Instant::now();
        let until = now.checked_add(wait).unwrap_or(now + REST_WAITED_MAX * 2);
        let mut state = self.state();
        state.rest_until = state.rest_until.max(until);
    }

    async fn rest(&self) -> Result<(), Resting> {
        loop {
            let (now, until) = (Instant::now(), self.state().rest_until);
            match until.saturating_duration_since(now) {
                Duration::ZERO => return Ok(()),
                wait if wait > REST_WAITED_MAX => return Err(Resting(wait)),
                _ => sleep_until(until).await, // another answer may have prolonged it meanwhile
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rate {
    /// What goes out at once and what follows at even intervals are together no
    /// more than `limit` in any minute, wherever the service lets its minute begin.
    fn per_minute(limit: u32) -> Self {
        let limit = limit.max(1);
        let burst = (limit / BURST_DIVISOR).max(1);
        let steady = (limit - burst).max(1);
        Self { interval: Duration::from_mins(1) / steady, burst }
    }
}

impl State {
    /// Takes one request out of the bucket and says when it may go.
    fn take(&mut self, rate: Rate, now: Instant) -> Instant {
        let full_at = self.full_at.max(now);
        self.full_at = full_at + rate.interval;
        let slack = rate.interval * (rate.burst - 1);
        full_at.checked_sub(slack).map_or(now, |turn| turn.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The milliseconds at which `count` requests go out that all want to go at once.
    async fn turns(profile: Profile, count: usize) -> Vec<u128> {
        let (pace, start) = (Pace::new(&profile), Instant::now());
        let mut turns = Vec::new();
        for _ in 0..count {
            drop(pace.turn().await.unwrap());
            turns.push(start.elapsed().as_millis());
        }
        turns
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_nobody_waits() {
        assert_eq!(turns(Profile::default(), 5).await, [0; 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_small_burst_goes_out_and_the_rest_at_even_intervals() {
        let profile = Profile { requests_per_minute: Some(30), ..Profile::default() };
        let turns = turns(profile, 6).await;
        assert_eq!(turns[..3], [0, 0, 0]);
        assert!((2222..2230).contains(&turns[3]), "{turns:?}");
        assert!((6666..6680).contains(&turns[5]), "{turns:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_minute_sees_more_requests_than_the_limit() {
        for limit in [1_u32, 2, 7, 60, 300] {
            let profile = Profile { requests_per_minute: Some(limit), ..Profile::default() };
            let turns = turns(profile, 3 * limit as usize).await;
            for (index, end) in turns.iter().enumerate().skip(limit as usize) {
                let span = end - turns[index - limit as usize];
                assert!(span >= 59_999 || limit == 1, "{limit} a minute: {span} ms");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn while_the_service_wants_rest_everybody_waits() {
        let (pace, start) = (Pace::new(&Profile::default()), Instant::now());
        pace.rest_for(Duration::from_secs(7));
        pace.rest_for(Duration::from_secs(3));
        drop(pace.turn().await.unwrap());
        assert!((7000..7010).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_too_long_to_wait_for_is_handed_on_at_once() {
        let (pace, start) = (Pace::new(&Profile::default()), Instant::now());
        pace.rest_for(Duration::from_hours(1));
        assert_eq!(pace.turn().await.unwrap_err(), Resting(Duration::from_hours(1)));
        pace.rest_for(Duration::MAX);
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_requests_are_under_way_than_the_profile_allows() {
        let pace = Pace::new(&Profile { concurrency: 2, ..Profile::default() });
        let (first, _second) = (pace.turn().await.unwrap(), pace.turn().await.unwrap());
        let mut third = Box::pin(pace.turn());
        assert!(futures_util::poll!(&mut third).is_pending());
        drop(first);
        assert!(third.await.is_ok());
    }
}
