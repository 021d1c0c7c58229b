//! Quarantine: a job whose target fails as a whole is tried ever more rarely, and blames nobody.

use jiff::SignedDuration;

/// The waits before a target is tried again, after the first, second, … failure in a row; the last
/// one repeats.
const WAITS: [SignedDuration; 7] = [
    SignedDuration::from_secs(10),
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(40),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(24),
];

/// The wait after so many failures in a row (counted from 1), but at least what the target asked for.
#[must_use]
pub fn wait_after(failures: u32, asked: Option<SignedDuration>) -> SignedDuration {
    let index = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    WAITS[index.min(WAITS.len() - 1)].max(asked.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_are_never_shorter_than_asked() {
        assert_eq!(wait_after(1, None), SignedDuration::from_secs(10));
        assert_eq!(wait_after(100, None), SignedDuration::from_hours(24));
        let asked = SignedDuration::from_mins(5);
        assert_eq!(wait_after(1, Some(asked)), asked);
    }
}
