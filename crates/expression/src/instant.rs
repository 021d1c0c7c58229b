//! Reads dates as people and systems write them, without being told the format.
//!
//! Numbers with slashes are month first (`3/16/2020`), with a year first they are ISO. An offset is
//! applied, so the result is UTC; without one the text is taken for UTC. A time alone is no date.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, ToSpan};

/// The date that the text writes, in UTC; none if it writes none.
pub(crate) fn read(text: &str) -> Option<DateTime> {
    let mut cursor = Cursor::new(text.trim());
    if cursor.name(&WEEKDAYS).is_some() {
        cursor.skip(&[',', '.', ' ']);
    }
    let date = date(&mut cursor)?;
    let blank = cursor.skip(&[' ', ',']) || cursor.take('T') || cursor.take('t');
    let time = match cursor.peek() {
        Some(letter) if blank && letter.is_ascii_digit() => time(&mut cursor)?,
        _ => Time::midnight(),
    };
    cursor.skip(&[' ']);
    let offset = zone(&mut cursor)?;
    if !cursor.is_at_end() {
        return None;
    }
    to_utc(date.to_datetime(time), offset)
}

/// A local time and its offset in minutes as UTC; none beyond the years 1 to 9999.
pub(crate) fn to_utc(local: DateTime, offset_minutes: i64) -> Option<DateTime> {
    local.checked_sub(offset_minutes.minutes()).ok().filter(|moment| in_range(*moment))
}

/// Whether a date is within the years that .NET knows.
pub(crate) fn in_range(moment: DateTime) -> bool {
    (1..=9999).contains(&moment.year())
}

/// Time that passes from one date to another.
pub(crate) fn between(from: DateTime, to: DateTime) -> SignedDuration {
    to.duration_since(from)
}

/// `2020-03-16`, `3/16/2020`, `16 March 2020`, `Mar 16, 2020`
fn date(cursor: &mut Cursor<'_>) -> Option<Date> {
    if let Some(month) = cursor.name(&MONTHS) {
        cursor.skip(&[' ', '.']);
        let (day, _) = cursor.digits(2)?;
        cursor.skip(&[' ', ',']);
        let (year, 4) = cursor.digits(4)? else { return None };
        return civil(year, month_number(month), day);
    }
    let (first, length) = cursor.digits(4)?;
    let separator = cursor.peek()?;
    cursor.skip(&['-', '/', '.', ' ']);
    if let Some(month) = cursor.name(&MONTHS) {
        cursor.skip(&['-', '/', '.', ' ', ',']);
        let (last, last_length) = cursor.digits(4)?;
        return match (length, last_length) {
            (1 | 2, 4) => civil(last, month_number(month), first),
            (4, 1 | 2) => civil(first, month_number(month), last),
            _ => None,
        };
    }
    let (second, 1 | 2) = cursor.digits(2)? else { return None };
    if !cursor.take(separator) {
        return None;
    }
    let (third, third_length) = cursor.digits(4)?;
    match (length, third_length) {
        (4, 1 | 2) => civil(first, second, third),
        (1 | 2, 4) => civil(third, first, second),
        (1 | 2, 2) => civil(full_year(third), first, second),
        _ => None,
    }
}

/// Two-digit years up to this one belong to 2000, later ones to 1900, as in current .NET.
const SHORT_YEAR_MAX: i64 = 49;

/// The year of a century that two digits mean.
pub(crate) fn full_year(year: i64) -> i64 {
    if year <= SHORT_YEAR_MAX { 2000 + year } else { 1900 + year }
}

/// `1:45`, `01:45:30.123`, `1:45 PM`
fn time(cursor: &mut Cursor<'_>) -> Option<Time> {
    let (mut hour, _) = cursor.digits(2)?;
    let (mut minute, mut second, mut nanosecond) = (0, 0, 0);
    let mut has_minute = false;
    if cursor.take(':') {
        has_minute = true;
        minute = cursor.digits(2)?.0;
        if cursor.take(':') {
            second = cursor.digits(2)?.0;
            if cursor.take('.') || cursor.take(',') {
                nanosecond = cursor.fraction(9)?;
            }
        }
    }
    let before = cursor.position;
    cursor.skip(&[' ']);
    match cursor.name(&HALVES) {
        Some(half) if (1..=12).contains(&hour) => hour = hour % 12 + if half == 0 { 0 } else { 12 },
        None if has_minute => cursor.position = before,
        _ => return None,
    }
    clock(hour, minute, second, nanosecond)
}

/// `Z`, `GMT`, `+02:00`, `-0700`, `+2`, or nothing: the offset in minutes.
fn zone(cursor: &mut Cursor<'_>) -> Option<i64> {
    if cursor.name(&["GMT", "UTC", "Z"]).is_some() || cursor.is_at_end() {
        return Some(0);
    }
    cursor.offset(2)
}

pub(crate) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(crate) const HALVES: [&str; 2] = ["AM", "PM"];

/// A date of the years 1 to 9999; none if there is no such day.
pub(crate) fn civil(year: i64, month: i64, day: i64) -> Option<Date> {
    let year = i16::try_from(year).ok().filter(|year| (1..=9999).contains(year))?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// A time of day; none if there is no such time.
pub(crate) fn clock(hour: i64, minute: i64, second: i64, nanosecond: i64) -> Option<Time> {
    let part = |number: i64| i8::try_from(number).ok();
    Time::new(part(hour)?, part(minute)?, part(second)?, i32::try_from(nanosecond).ok()?).ok()
}

/// The month from 1 on of a place in [`MONTHS`].
pub(crate) fn month_number(index: usize) -> i64 {
    i64::try_from(index + 1).unwrap_or(0)
}

/// Walks over the text of a date.
pub(crate) struct Cursor<'t> {
    text: &'t str,
    pub(crate) position: usize,
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Cursor { text, position: 0 }
    }

    pub(crate) fn rest(&self) -> &'t str {
        &self.text[self.position..]
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.position == self.text.len()
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn take(&mut self, sign: char) -> bool {
        let found = self.peek() == Some(sign);
        if found {
            self.position += sign.len_utf8();
        }
        found
    }

    /// Passes over any of these signs; whether there was one.
    pub(crate) fn skip(&mut self, signs: &[char]) -> bool {
        let before = self.position;
        while self.peek().is_some_and(|sign| signs.contains(&sign)) {
            self.position += self.peek().map_or(0, char::len_utf8);
        }
        self.position > before
    }

    /// A number of one digit or more and how many digits it has; none if there are more than `most`.
    pub(crate) fn digits(&mut self, most: usize) -> Option<(i64, usize)> {
        let length = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 || length > most {
            return None;
        }
        self.number(length).map(|number| (number, length))
    }

    /// A number of exactly so many digits.
    pub(crate) fn number(&mut self, length: usize) -> Option<i64> {
        let digits = self
            .rest()
            .get(..length)
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        let number = digits.parse().ok()?;
        self.position += length;
        Some(number)
    }

    /// The digits after a decimal point as nanoseconds; further digits than `most` are not taken.
    pub(crate) fn fraction(&mut self, most: usize) -> Option<i64> {
        let length = self.rest().bytes().take(most).take_while(u8::is_ascii_digit).count();
        let number = if length == 0 { None } else { self.number(length) }?;
        let zeros = u32::try_from(9 - length).ok()?;
        Some(number * 10_i64.pow(zeros))
    }

    /// The place of the name that comes next, whole or by its first three letters, in any case.
    pub(crate) fn name(&mut self, names: &[&str]) -> Option<usize> {
        let length = self.rest().bytes().take_while(u8::is_ascii_alphabetic).count();
        let word = &self.rest()[..length];
        let is_it = |name: &&str| {
            name.eq_ignore_ascii_case(word)
                || name.get(..3).is_some_and(|short| short.eq_ignore_ascii_case(word))
        };
        let found = names.iter().position(is_it)?;
        self.position += length;
        Some(found)
    }

    /// `+02:00`, `-0700`, `+2`: an offset in minutes, whose hours have `hour_digits` digits or fewer.
    pub(crate) fn offset(&mut self, hour_digits: usize) -> Option<i64> {
        let sign = match self.peek()? {
            '+' => 1,
            '-' => -1,
            _ => return None,
        };
        self.position += 1;
        let length = self.rest().bytes().take(hour_digits).take_while(u8::is_ascii_digit).count();
        let hours = if length == 0 { None } else { self.number(length) }?;
        let colon = self.take(':');
        let minutes = match self.number(2) {
            Some(minutes) => minutes,
            None if colon => return None,
            None => 0,
        };
        (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(
            read(text).map_or("no date".to_owned(), |moment| moment.to_string()),
            expected,
            "{text}"
        );
    }

    #[test]
    fn iso_dates_apply_their_offset() {
        check("2020-03-16", "2020-03-16T00:00:00");
        check("2020-03-16-07:00", "2020-03-16T07:00:00");
        check("2009-06-15T01:45:30-07:00", "2009-06-15T08:45:30");
        check("2015-01-23T10:53:47.123Z", "2015-01-23T10:53:47.123");
        check("2020-12-31 23:59:59-08:00", "2021-01-01T07:59:59");
        check("9999-12-31", "9999-12-31T00:00:00");
    }

    #[test]
    fn slashes_mean_month_first() {
        check("8/25/2021 5:41:18 PM", "2021-08-25T17:41:18");
        check("3/16/2020 12:00:00 AM", "2020-03-16T00:00:00");
        check("2021/08/25", "2021-08-25T00:00:00");
        check("3/16/20", "2020-03-16T00:00:00");
        check("3/16/75 1:00 PM", "1975-03-16T13:00:00");
        check("25/8/2021", "no date");
    }

    #[test]
    fn months_may_be_named() {
        check("March 16, 2020", "2020-03-16T00:00:00");
        check("16-Mar-2020 10:00", "2020-03-16T10:00:00");
        check("Mon, 16 Mar 2020 07:00:00 GMT", "2020-03-16T07:00:00");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "x",
            "12:30",
            "2020",
            "2020-02-30",
            "2020-03-16T25:00",
            "2020-03-16 x",
            "99999999999",
        ] {
            check(text, "no date");
        }
    }
}
