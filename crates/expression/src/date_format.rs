//! The date formats of .NET: what a format consists of, and how a date prints by it.
//!
//! Custom formats (`yyyy-MM-dd`), quoted and escaped text, and the standard one-letter formats with the
//! names and orders of en-US. A date is in UTC, so its offset prints as zero.

use std::fmt::Write as _;

use jiff::civil::DateTime;

use crate::instant::{HALVES, MONTHS, WEEKDAYS};

/// Most characters of a format.
const FORMAT_CHARS_MAX: usize = 200;

/// One part of a format. The number is how often its letter stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Year(usize),
    Month(usize),
    Day(usize),
    Hour12(usize),
    Hour24(usize),
    Minute(usize),
    Second(usize),
    /// `f`: so many digits.
    Fraction(usize),
    /// `F`: so many digits at most, zeros at the end left out.
    ShortFraction(usize),
    Half(usize),
    Era,
    Offset(usize),
    /// `K`: `Z`, an offset, or nothing.
    Zone,
    Literal(char),
}

/// What is known about the zone of a date that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    /// The text had none.
    Unspecified,
    /// The text was in UTC.
    Utc,
    /// The text had an offset, which was applied.
    Applied,
}

/// The parts of a format.
pub(crate) fn parts(format: &str) -> Result<Vec<Part>, String> {
    if format.chars().count() > FORMAT_CHARS_MAX {
        return Err(format!("it is longer than {FORMAT_CHARS_MAX} characters"));
    }
    let format = if format.chars().count() == 1 { standard(format)? } else { format };
    let letters: Vec<char> = format.chars().collect();
    let mut parts = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        let count = letters[at..].iter().take_while(|next| **next == letter).count();
        match letter {
            '\'' | '"' => {
                let length = letters[at + 1..].iter().position(|next| *next == letter);
                let length = length.ok_or_else(|| format!("the quote {letter} is not closed"))?;
                parts.extend(letters[at + 1..][..length].iter().copied().map(Part::Literal));
                at += length + 2;
            }
            '\\' => {
                let escaped = letters.get(at + 1).ok_or("a backslash ends it")?;
                parts.push(Part::Literal(*escaped));
                at += 2;
            }
            '%' if letters.get(at + 1).is_some_and(|next| *next != '%') => at += 1,
            _ => {
                let part = part(letter, count)?;
                parts.push(part.unwrap_or(Part::Literal(letter)));
                at += if part.is_some() { count } else { 1 };
            }
        }
    }
    Ok(parts)
}

/// The part that a repeated letter means; none if it stands for itself.
fn part(letter: char, count: usize) -> Result<Option<Part>, String> {
    let longest = match letter {
        'f' | 'F' => 7,
        'y' => 5,
        _ => usize::MAX,
    };
    if count > longest {
        return Err(format!("{letter} stands there {count} times, the most is {longest}"));
    }
    Ok(Some(match letter {
        'y' => Part::Year(count),
        'M' => Part::Month(count.min(4)),
        'd' => Part::Day(count.min(4)),
        'h' => Part::Hour12(count.min(2)),
        'H' => Part::Hour24(count.min(2)),
        'm' => Part::Minute(count.min(2)),
        's' => Part::Second(count.min(2)),
        'f' => Part::Fraction(count),
        'F' => Part::ShortFraction(count),
        't' => Part::Half(count.min(2)),
        'g' => Part::Era,
        'z' => Part::Offset(count.min(3)),
        'K' if count == 1 => Part::Zone,
        _ => return Ok(None),
    }))
}

/// The custom format that a standard one-letter format stands for.
fn standard(letter: &str) -> Result<&'static str, String> {
    Ok(match letter {
        "d" => "M/d/yyyy",
        "D" => "dddd, MMMM d, yyyy",
        "f" => "dddd, MMMM d, yyyy h:mm tt",
        "F" | "U" => "dddd, MMMM d, yyyy h:mm:ss tt",
        "g" => "M/d/yyyy h:mm tt",
        "G" => "M/d/yyyy h:mm:ss tt",
        "m" | "M" => "MMMM d",
        "o" | "O" => "yyyy-MM-ddTHH:mm:ss.fffffffK",
        "r" | "R" => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        "s" => "yyyy-MM-ddTHH:mm:ss",
        "t" => "h:mm tt",
        "T" => "h:mm:ss tt",
        "u" => "yyyy-MM-dd HH:mm:ss'Z'",
        "y" | "Y" => "MMMM yyyy",
        _ => {
            return Err(
                "a single letter must be one of the standard formats, such as d, G, o, s".into()
            );
        }
    })
}

/// The date as text.
pub(crate) fn print(parts: &[Part], moment: DateTime, zone: Zone) -> String {
    let mut text = String::new();
    for part in parts {
        // Writing to a String cannot fail.
        let _ = print_part(*part, moment, zone, &mut text);
    }
    text
}

fn print_part(part: Part, moment: DateTime, zone: Zone, text: &mut String) -> std::fmt::Result {
    let weekday =
        WEEKDAYS[usize::from(moment.weekday().to_sunday_zero_offset().unsigned_abs()) % 7];
    let month = MONTHS[usize::from(moment.month().unsigned_abs()).saturating_sub(1) % 12];
    let half = HALVES[usize::from(moment.hour() >= 12)];
    match part {
        Part::Year(width @ 1..=2) => write!(text, "{:0width$}", moment.year() % 100),
        Part::Year(width) => write!(text, "{:0width$}", moment.year()),
        Part::Month(3) => text.write_str(&month[..3]),
        Part::Month(4) => text.write_str(month),
        Part::Month(width) => write!(text, "{:0width$}", moment.month()),
        Part::Day(3) => text.write_str(&weekday[..3]),
        Part::Day(4) => text.write_str(weekday),
        Part::Day(width) => write!(text, "{:0width$}", moment.day()),
        Part::Hour12(width) => write!(text, "{:0width$}", (moment.hour() + 11) % 12 + 1),
        Part::Hour24(width) => write!(text, "{:0width$}", moment.hour()),
        Part::Minute(width) => write!(text, "{:0width$}", moment.minute()),
        Part::Second(width) => write!(text, "{:0width$}", moment.second()),
        Part::Fraction(digits) => text.write_str(&fraction(moment, digits)),
        Part::ShortFraction(digits) => {
            let shown = fraction(moment, digits);
            let shown = shown.trim_end_matches('0');
            if shown.is_empty() && text.ends_with('.') {
                text.pop();
            }
            text.write_str(shown)
        }
        Part::Half(width) => text.write_str(&half[..width]),
        Part::Era => text.write_str("A.D."),
        Part::Offset(1) => text.write_str("+0"),
        Part::Offset(2) => text.write_str("+00"),
        Part::Offset(_) => text.write_str("+00:00"),
        Part::Zone => text.write_str(match zone {
            Zone::Unspecified => "",
            Zone::Utc => "Z",
            Zone::Applied => "+00:00",
        }),
        Part::Literal(letter) => text.write_char(letter),
    }
}

fn fraction(moment: DateTime, digits: usize) -> String {
    let mut shown = format!("{:09}", moment.subsec_nanosecond());
    shown.truncate(digits);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: &str, expected: &str) {
        let moment = jiff::civil::datetime(2015, 1, 3, 15, 4, 5, 120_000_000);
        let actual = parts(format).map_or_else(|why| why, |parts| print(&parts, moment, Zone::Utc));
        assert_eq!(actual, expected, "{format}");
    }

    #[test]
    fn a_repeated_letter_means_a_part() {
        check("yyyy-MM-dd", "2015-01-03");
        check("yy y M d h H m s", "15 15 1 3 3 15 4 5");
        check("dddd ddd MMMM MMM tt t", "Saturday Sat January Jan PM P");
        check("HH:mm:ss.fffffff", "15:04:05.1200000");
        check("ss.FFFF zzz zz z K", "05.12 +00:00 +00 +0 Z");
    }

    #[test]
    fn quoted_and_escaped_letters_stand_for_themselves() {
        check("'day' d \"of\" M \\d %d", "day 3 of 1 d 3");
        check("yyyyMMddHHmmss.fZ", "20150103150405.1Z");
    }

    #[test]
    fn a_single_letter_is_a_standard_format() {
        check("o", "2015-01-03T15:04:05.1200000Z");
        check("s", "2015-01-03T15:04:05");
        check("G", "1/3/2015 3:04:05 PM");
        check("R", "Sat, 03 Jan 2015 15:04:05 GMT");
    }

    #[test]
    fn what_is_no_format_says_why() {
        check("'x", "the quote ' is not closed");
        check("ffffffff", "f stands there 8 times, the most is 7");
        check("q", "a single letter must be one of the standard formats, such as d, G, o, s");
    }
}
