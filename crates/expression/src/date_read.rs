//! Reads a date by a .NET format. The text must follow the format exactly, apart from blanks where the
//! styles admit them.

use jiff::civil::{Date, DateTime, Weekday};

use crate::date_format::{Part, Zone};
use crate::instant::{
    Cursor, HALVES, MONTHS, WEEKDAYS, civil, clock, full_year, month_number, to_utc,
};

/// Where blanks are admitted beyond those of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Styles {
    pub(crate) leading: bool,
    pub(crate) trailing: bool,
    pub(crate) inner: bool,
}

/// The styles when none are given.
pub(crate) const DEFAULT_STYLES: Styles = Styles { leading: true, trailing: true, inner: false };

/// The parts of a date found so far.
#[derive(Debug, Default)]
struct Found {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    hour: Option<i64>,
    minute: i64,
    second: i64,
    nanosecond: i64,
    /// 0 for the morning, 1 for the afternoon.
    half: Option<usize>,
    weekday: Option<usize>,
    /// The offset in minutes, and whether it was written as `Z`.
    offset: Option<(i64, Zone)>,
}

/// The date in UTC; none if the text does not follow the format. What the format leaves out comes from
/// `today`: its year, or for a time alone the whole date.
pub(crate) fn read(
    text: &str,
    parts: &[Part],
    styles: Styles,
    today: Date,
) -> Option<(DateTime, Zone)> {
    let text = if styles.leading { text.trim_start() } else { text };
    let text = if styles.trailing { text.trim_end() } else { text };
    let mut cursor = Cursor::new(text);
    let mut found = Found::default();
    for (index, part) in parts.iter().enumerate() {
        if styles.inner {
            cursor.skip(&[' ', '\t']);
            if *part == Part::Literal(' ') {
                continue;
            }
        }
        if *part == Part::Literal('.')
            && matches!(parts.get(index + 1), Some(Part::ShortFraction(_)))
        {
            // The point belongs to digits that may be absent.
            cursor.take('.');
            continue;
        }
        found.part(*part, &mut cursor)?;
    }
    if cursor.is_at_end() { found.date(today) } else { None }
}

impl Found {
    fn part(&mut self, part: Part, cursor: &mut Cursor<'_>) -> Option<()> {
        match part {
            Part::Year(width @ 1..=2) => {
                let year = short_or_padded(cursor, width)?;
                self.year = Some(full_year(year));
            }
            Part::Year(3) => {
                self.year = Some(cursor.digits(4).filter(|(_, digits)| *digits >= 3)?.0);
            }
            Part::Year(width) => self.year = Some(cursor.number(width)?),
            Part::Month(3..) => self.month = Some(month_number(cursor.name(&MONTHS)?)),
            Part::Month(width) => self.month = Some(short_or_padded(cursor, width)?),
            Part::Day(3..) => self.weekday = Some(cursor.name(&WEEKDAYS)?),
            Part::Day(width) => self.day = Some(short_or_padded(cursor, width)?),
            Part::Hour12(width) => {
                self.hour =
                    Some(short_or_padded(cursor, width).filter(|hour| (1..=12).contains(hour))?);
                self.half = self.half.or(Some(0));
            }
            Part::Hour24(width) => self.hour = Some(short_or_padded(cursor, width)?),
            Part::Minute(width) => self.minute = short_or_padded(cursor, width)?,
            Part::Second(width) => self.second = short_or_padded(cursor, width)?,
            Part::Fraction(digits) => {
                let before = cursor.position;
                self.nanosecond =
                    cursor.fraction(digits).filter(|_| cursor.position == before + digits)?;
            }
            Part::ShortFraction(digits) => self.nanosecond = cursor.fraction(digits).unwrap_or(0),
            Part::Half(1) => {
                let letter = cursor.peek()?;
                self.half = Some(
                    HALVES.iter().position(|half| half.starts_with(letter.to_ascii_uppercase()))?,
                );
                cursor.take(letter);
            }
            Part::Half(_) => self.half = Some(cursor.name(&HALVES)?),
            Part::Era => drop(["A.D.", "AD"].into_iter().find(|era| take_text(cursor, era))?),
            Part::Offset(_) => self.offset = Some((cursor.offset(2)?, Zone::Applied)),
            Part::Zone if cursor.take('Z') => self.offset = Some((0, Zone::Utc)),
            Part::Zone => self.offset = cursor.offset(2).map(|minutes| (minutes, Zone::Applied)),
            Part::Literal('Z') => {
                self.offset = Some((0, Zone::Utc));
                return cursor.take('Z').then_some(());
            }
            Part::Literal(letter) => return cursor.take(letter).then_some(()),
        }
        Some(())
    }

    fn date(&self, today: Date) -> Option<(DateTime, Zone)> {
        let date = match (self.year, self.month, self.day) {
            (None, None, None) => today,
            (year, month, day) => civil(
                year.unwrap_or(i64::from(today.year())),
                month.unwrap_or(1),
                day.unwrap_or(1),
            )?,
        };
        if self.weekday.is_some_and(|weekday| weekday != days_from_sunday(date.weekday())) {
            return None;
        }
        let hour = match (self.hour.unwrap_or(0), self.half) {
            (hour @ 0..=12, Some(half)) => hour % 12 + if half == 1 { 12 } else { 0 },
            // An hour beyond noon and a half of the day may agree.
            (hour, Some(0)) if hour > 12 => return None,
            (hour, _) => hour,
        };
        let time = clock(hour, self.minute, self.second, self.nanosecond)?;
        let (minutes, zone) = self.offset.unwrap_or((0, Zone::Unspecified));
        to_utc(date.to_datetime(time), minutes).map(|moment| (moment, zone))
    }
}

/// One or two digits for a single letter, exactly two for a double one.
fn short_or_padded(cursor: &mut Cursor<'_>, width: usize) -> Option<i64> {
    if width == 2 {
        return cursor.number(2);
    }
    let length = cursor.rest().bytes().take(2).take_while(u8::is_ascii_digit).count();
    if length == 0 { None } else { cursor.number(length) }
}

fn take_text(cursor: &mut Cursor<'_>, text: &str) -> bool {
    let found = cursor.rest().starts_with(text);
    if found {
        cursor.position += text.len();
    }
    found
}

fn days_from_sunday(weekday: Weekday) -> usize {
    usize::from(weekday.to_sunday_zero_offset().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date_format::parts;

    #[track_caller]
    fn check(text: &str, format: &str, expected: &str) {
        let today = jiff::civil::date(2026, 11, 23);
        let read = read(text, &parts(format).unwrap(), DEFAULT_STYLES, today);
        assert_eq!(
            read.map_or("no date".to_owned(), |(moment, _)| moment.to_string()),
            expected,
            "{text} by {format}"
        );
    }

    #[test]
    fn the_text_follows_the_format_exactly() {
        check("20150123105347.1Z", "yyyyMMddHHmmss.fZ", "2015-01-23T10:53:47.1");
        check("2020-12-31-08:00", "yyyy-MM-ddzzz", "2020-12-31T08:00:00");
        check(" 1/2/2020 ", "M/d/yyyy", "2020-01-02T00:00:00");
        check("1/2/2020", "MM/dd/yyyy", "no date");
        check("2020-01-02x", "yyyy-MM-dd", "no date");
    }

    #[test]
    fn names_and_halves_of_the_day_are_read() {
        check("Sat, 03 Jan 2015 03:04 PM", "ddd, dd MMM yyyy hh:mm tt", "2015-01-03T15:04:00");
        check("Sun, 03 Jan 2015 03:04 PM", "ddd, dd MMM yyyy hh:mm tt", "no date");
        check("3 AM", "h tt", "2026-11-23T03:00:00");
    }

    #[test]
    fn short_years_belong_to_the_nearer_century() {
        check("31/12/49", "dd/MM/yy", "2049-12-31T00:00:00");
        check("31/12/50", "dd/MM/yy", "1950-12-31T00:00:00");
    }

    #[test]
    fn digits_after_the_point_may_be_absent() {
        check("10:11:12", "HH:mm:ss.FFF", "2026-11-23T10:11:12");
        check("10:11:12.5", "HH:mm:ss.FFF", "2026-11-23T10:11:12.5");
        check("10:11:12.5", "HH:mm:ss.fff", "no date");
    }
}
