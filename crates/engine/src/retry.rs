//! When a failed object is tried again: soon at first, then ever more rarely, for four weeks.

use jiff::SignedDuration;

/// The waits after the first, second, … failure; the last one repeats.
const WAITS: [SignedDuration; 8] = [
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(40),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
    SignedDuration::from_hours(24),
];

/// How long a failing object is retried before it waits for a change or a person.
pub const RETRY_FOR: SignedDuration = SignedDuration::from_hours(28 * 24);

/// The wait before the next attempt; none once the object has failed for [`RETRY_FOR`].
/// `failures` counts from 1, `failing_for` is the time since the first of them.
#[must_use]
pub fn wait_after(failures: u32, failing_for: SignedDuration) -> Option<SignedDuration> {
    if failing_for >= RETRY_FOR {
        return None;
    }
    let index = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    Some(WAITS[index.min(WAITS.len() - 1)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(failures: u32, failing_for_hours: i64, expected_minutes: Option<i64>) {
        let wait = wait_after(failures, SignedDuration::from_hours(failing_for_hours));
        assert_eq!(wait.map(|wait| wait.as_secs() / 60), expected_minutes);
    }

    #[test]
    fn waits_grow_and_then_stay_at_a_day() {
        check(2, 0, Some(2));
        check(4, 1, Some(40));
        check(8, 48, Some(24 * 60));
        check(u32::MAX, 600, Some(24 * 60));
    }

    #[test]
    fn after_four_weeks_a_person_is_waited_for() {
        check(30, 28 * 24, None);
    }
}
