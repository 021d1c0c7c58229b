//! Points in time as clients write them (RFC 7643 §2.3.5).
//!
//! Texts that [`read`] reads alike mean one point in time, whatever their zone and
//! precision: comparisons, order and uniqueness are of what it gives, never of texts.

use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// The point in time that `text` means: RFC 3339 with any offset and precision. A missing
/// zone means UTC and a missing time of day midnight, as clients leave them out. `None` for
/// what is no time.
///
/// What is later than [`Timestamp::MAX`], such as the `9999-12-31T23:59:59Z` of accounts that
/// never expire, is read as that: later than every other time, and equal to its like.
#[must_use]
pub fn read(text: &str) -> Option<Timestamp> {
    // Years have four digits: a cheap look keeps most other texts from the parsers.
    if !text.as_bytes().first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-') {
        return None;
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let utc = in_utc(text)?;
    match Offset::UTC.to_timestamp(utc) {
        Ok(instant) => Some(instant),
        Err(_) if utc.year() > 0 => Some(Timestamp::MAX),
        Err(_) => None,
    }
}

/// A time as a whole xsd:dateTime in UTC. For texts that [`read`] reads.
pub(crate) fn completed(text: &str) -> Option<String> {
    in_utc(text).map(|utc| format!("{utc}Z"))
}

/// Date and time in UTC: those of the calendar's first or last moment, if it lies beyond.
fn in_utc(text: &str) -> Option<DateTime> {
    let pieces = Pieces::parse(text).ok()?;
    let local = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
    let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
    Some(local.saturating_sub(SignedDuration::from_secs(offset.seconds().into())))
}

/// Whether a time is written as a service answers it: a whole xsd:dateTime with a date and a
/// time, to the second at least (RFC 7643 §2.3.5). For texts that [`read`] reads.
pub(crate) fn is_complete(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = |text: &str, separator, lengths: &[usize]| {
        text.split(separator).map(str::len).eq(lengths.iter().copied())
            && text.split(separator).all(digits)
    };
    let Some((date, time)) = text.split_once('T') else { return false };
    let end = time.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(time.len());
    let (time, rest) = time.split_at(end);
    let zone = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
    };
    let is_zone = |zone: &str| {
        zone.strip_prefix(['+', '-']).is_some_and(|offset| parts(offset, ':', &[2, 2]))
    };
    parts(date, '-', &[4, 2, 2])
        && parts(time, ':', &[2, 2, 2])
        && (zone.is_empty() || zone == "Z" || is_zone(zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(read(text).map(|instant| instant.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn offsets_and_precisions_mean_one_point_in_time() {
        check("2024-03-01T10:00:00+01:00", Some("2024-03-01T09:00:00Z"));
        check("2024-03-01T09:00:00.000Z", Some("2024-03-01T09:00:00Z"));
        check("2024-03-01T09:00:00.123456789Z", Some("2024-03-01T09:00:00.123456789Z"));
        check("2024-03-01t09:00:00z", Some("2024-03-01T09:00:00Z"));
        check("2024-03-01T09:00:00-00:00", Some("2024-03-01T09:00:00Z"));
    }

    #[test]
    fn what_is_missing_is_utc_and_midnight() {
        check("2024-03-01T09:00:00", Some("2024-03-01T09:00:00Z"));
        check("2024-03-01", Some("2024-03-01T00:00:00Z"));
    }

    #[test]
    fn what_never_comes_is_later_than_every_other_time() {
        let greatest = Timestamp::MAX.to_string();
        for text in [
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59.9999999Z",
            "9999-12-31T23:59:59+00:00",
            "9999-12-31T23:59:59-05:00",
            "9999-12-31T23:59:59",
            "9999-12-31",
        ] {
            check(text, Some(&greatest));
        }
        check("9999-12-30T22:00:00Z", Some("9999-12-30T22:00:00Z"));
        check("9999-12-31T01:00:00+05:00", Some("9999-12-30T20:00:00Z"));
    }

    #[test]
    fn what_is_completed_means_the_same_time() {
        for (text, whole) in [
            ("2024-03-01", "2024-03-01T00:00:00Z"),
            ("2024-03-01T10", "2024-03-01T10:00:00Z"),
            ("2024-03-01 10:00:00.5+01", "2024-03-01T09:00:00.5Z"),
            ("2024-03-01T10:00:00+01:00[Europe/Berlin]", "2024-03-01T09:00:00Z"),
            ("9999-12-31", "9999-12-31T00:00:00Z"),
            ("9999-12-31T23:59Z", "9999-12-31T23:59:00Z"),
            ("9999-12-31 23:59-01", "9999-12-31T23:59:59.999999999Z"),
        ] {
            assert_eq!(completed(text).as_deref(), Some(whole), "{text}");
            assert_eq!(read(whole), read(text), "{text}");
            assert!(is_complete(whole), "{whole}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        check("9999-12-32T00:00:00Z", None);
        check("-009999-01-01T00:00:00Z", None);
        check("12:00:00Z", None);
        check("soon", None);
        check("2024-13-01T00:00:00Z", None);
        check("", None);
        check("9999-99-99", None);
    }

    #[test]
    fn a_complete_time_has_all_that_a_date_and_a_time_have() {
        for text in [
            "2024-03-01T10:00:00Z",
            "2024-03-01T10:00:00",
            "2024-03-01T10:00:00.123456789Z",
            "2024-03-01T10:00:00.5-05:30",
        ] {
            assert!(read(text).is_some() && is_complete(text), "{text}");
        }
        for text in [
            "2024-03-01",
            "2024-03-01T10",
            "2024-03-01T10:00Z",
            "2024-03-01 10:00:00Z",
            "2024-03-01t10:00:00z",
            "20240301T100000Z",
            "2024-03-01T10:00:00,5Z",
            "2024-03-01T10:00:00+01",
            "2024-03-01T10:00:00+01:00[Europe/Berlin]",
        ] {
            assert!(read(text).is_some() && !is_complete(text), "{text}");
        }
        for text in ["", "T", "2024-03-01T10:00:00.Z", "é-Té:"] {
            assert!(!is_complete(text), "{text}");
        }
    }
}
