//! Retries: what may be sent again by itself, and when.
//!
//! A question may always be asked again. Anything else only if it was certainly
//! not applied: it never arrived, or the service asked to slow down.

use std::time::Duration;

use reqwest::Method;

use crate::error::TargetError;
use crate::pace::REST_WAITED_MAX;

/// How often a request is sent in all while the service asks to slow down.
pub const THROTTLED_ATTEMPTS_MAX: u32 = 10;

/// The longest pause between two attempts of one request.
pub const PAUSE_MAX: Duration = Duration::from_secs(8);

const PAUSE_FIRST: Duration = Duration::from_millis(250);

/// The first rest after a 429 that does not say how long; it doubles with each further one.
const UNSPECIFIED_REST_FIRST: Duration = Duration::from_secs(1);

/// How often one request was sent already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Attempts {
    pub(crate) failed: u32,
    pub(crate) throttled: u32,
}

/// What comes after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Send again after this pause, shortened by up to a half at random.
    Again(Duration),
    /// Send again when the target's rest is over, which lasts for so long for everybody.
    AfterRest(Duration),
    /// Hand the error on.
    GiveUp,
}

/// Decides what follows `error`, and counts it. `attempts_max` bounds the attempts that failed.
pub(crate) fn next(
    method: &Method,
    error: &TargetError,
    attempts: &mut Attempts,
    attempts_max: u32,
) -> Next {
    match error {
        TargetError::Throttled { retry_after } => {
            attempts.throttled += 1;
            let rest = retry_after.unwrap_or_else(|| {
                doubled(UNSPECIFIED_REST_FIRST, attempts.throttled, REST_WAITED_MAX)
            });
            if attempts.throttled < THROTTLED_ATTEMPTS_MAX && rest <= REST_WAITED_MAX {
                Next::AfterRest(rest)
            } else {
                Next::GiveUp
            }
        }
        // Questions end as unreachable when their answer is lost, writes as ambiguous.
        TargetError::Unreachable { .. } => again(attempts, attempts_max),
        TargetError::Server { .. } if *method == Method::GET => again(attempts, attempts_max),
        _ => Next::GiveUp,
    }
}

/// Shortens `pause` by up to a half, so that those who failed together do not return together.
pub(crate) fn jittered(pause: Duration, random: u32) -> Duration {
    let share = f64::from(random) / f64::from(u32::MAX);
    pause.mul_f64(0.5 + share / 2.0)
}

fn again(attempts: &mut Attempts, attempts_max: u32) -> Next {
    attempts.failed += 1;
    if attempts.failed < attempts_max {
        Next::Again(doubled(PAUSE_FIRST, attempts.failed, PAUSE_MAX))
    } else {
        Next::GiveUp
    }
}

/// `first` doubled with each time after the first, `max` at most.
fn doubled(first: Duration, times: u32, max: Duration) -> Duration {
    let factor = 1_u32.checked_shl(times - 1).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::NetworkProblem;

    /// What follows each of `errors`, one after the other, for one request that may be sent three times.
    #[track_caller]
    fn check(method: &Method, errors: &[TargetError], expected: &[Next]) {
        let mut attempts = Attempts::default();
        let actual: Vec<_> =
            errors.iter().map(|error| next(method, error, &mut attempts, 3)).collect();
        assert_eq!(actual, expected);
    }

    const AGAIN: Next = Next::Again(Duration::from_millis(250));

    #[test]
    fn what_never_arrived_is_sent_again_with_growing_pauses() {
        let refused =
            TargetError::Unreachable { host: "h".to_owned(), problem: NetworkProblem::Refused };
        check(
            &Method::POST,
            &[refused.clone(), refused.clone(), refused],
            &[AGAIN, Next::Again(Duration::from_millis(500)), Next::GiveUp],
        );
    }

    #[test]
    fn a_failing_service_is_asked_again_but_a_write_is_not_repeated() {
        let failed = TargetError::Server { status: 500, detail: String::new() };
        check(&Method::GET, std::slice::from_ref(&failed), &[AGAIN]);
        check(&Method::PATCH, std::slice::from_ref(&failed), &[Next::GiveUp]);
        check(&Method::DELETE, &[failed], &[Next::GiveUp]);
    }

    #[test]
    fn an_ambiguous_write_is_never_repeated() {
        let lost = TargetError::Ambiguous { why: NetworkProblem::ConnectionLost };
        check(&Method::POST, &[lost], &[Next::GiveUp]);
    }

    #[test]
    fn a_throttled_request_waits_as_long_as_the_service_wants() {
        let rest = Duration::from_secs(5);
        let throttled = TargetError::Throttled { retry_after: Some(rest) };
        check(&Method::POST, &[throttled.clone(), throttled], &[Next::AfterRest(rest); 2]);
    }

    #[test]
    fn without_a_retry_after_the_rest_doubles() {
        let throttled = TargetError::Throttled { retry_after: None };
        check(
            &Method::POST,
            &[throttled.clone(), throttled],
            &[Next::AfterRest(Duration::from_secs(1)), Next::AfterRest(Duration::from_secs(2))],
        );
    }

    #[test]
    fn a_rest_of_an_hour_is_the_callers_business() {
        let throttled = TargetError::Throttled { retry_after: Some(Duration::from_hours(1)) };
        check(&Method::GET, &[throttled], &[Next::GiveUp]);
    }

    #[test]
    fn a_service_that_throttles_for_ever_ends_the_request() {
        let throttled = TargetError::Throttled { retry_after: Some(Duration::ZERO) };
        let mut attempts = Attempts::default();
        let sent = (1..=100)
            .find(|_| next(&Method::GET, &throttled, &mut attempts, 3) == Next::GiveUp)
            .unwrap();
        assert_eq!(sent, THROTTLED_ATTEMPTS_MAX);
    }

    #[test]
    fn what_the_service_refused_is_refused() {
        let refused = TargetError::Refused { status: 400, scim_type: None, detail: String::new() };
        check(&Method::GET, &[refused], &[Next::GiveUp]);
    }

    #[test]
    fn jitter_shortens_a_pause_by_up_to_a_half() {
        let pause = Duration::from_secs(2);
        assert_eq!(jittered(pause, 0), Duration::from_secs(1));
        assert_eq!(jittered(pause, u32::MAX), pause);
    }
}
