//! Functions over dates. All dates are in UTC.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Span as Duration, ToSpan};

use crate::arguments::Arguments;
use crate::catalogue::ParameterType::{Any, Choice, DateFormat, DateTime as Moment, Integer, Text};
use crate::catalogue::{Function, ResultType, entra, optional, required};
use crate::date_format::{self, Part, Zone};
use crate::date_read::{self, DEFAULT_STYLES, Styles};
use crate::instant;
use crate::problem::{EvaluationError, Problem};
use crate::value::{Value, quoted};

type Result<T = Value> = std::result::Result<T, EvaluationError>;

pub(crate) static FUNCTIONS: [Function; 6] = [
    entra("CDate", &[required("expression", Moment)], ResultType::DateTime, cdate),
    entra(
        "DateAdd",
        &[
            required("interval", Choice(INTERVALS)),
            required("value", Integer),
            required("dateTime", Moment),
        ],
        ResultType::DateTime,
        date_add,
    ),
    entra(
        "DateDiff",
        &[
            required("interval", Choice(INTERVALS)),
            required("date1", Moment),
            required("date2", Moment),
        ],
        ResultType::Integer,
        date_diff,
    ),
    entra("DateFromNum", &[required("value", Integer)], ResultType::DateTime, date_from_num),
    entra(
        "FormatDateTime",
        &[
            required("source", Any),
            optional("dateTimeStyles", Text),
            optional("inputFormat", DateFormat),
            optional("outputFormat", DateFormat),
        ],
        ResultType::Text,
        format_date_time,
    ),
    entra("NumFromDate", &[required("value", Moment)], ResultType::Integer, num_from_date),
];

/// The names of the intervals.
const INTERVALS: &[&str] = &["yyyy", "m", "ww", "d", "h", "n", "s"];

/// What `DateAdd` and `DateDiff` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interval {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

fn cdate(arguments: &mut Arguments<'_, '_>) -> Result {
    Ok(arguments.date(0)?.map_or(Value::Null, Value::DateTime))
}

/// The date so many intervals later; a day that the month does not have becomes its last.
fn date_add(arguments: &mut Arguments<'_, '_>) -> Result {
    let interval = interval(arguments)?;
    let count = arguments.integer(1)?;
    let (Some(count), Some(moment)) = (count, arguments.date(2)?) else { return Ok(Value::Null) };
    match span(interval, count).and_then(|span| moment.checked_add(span)) {
        Ok(moved) if instant::in_range(moved) => Ok(Value::DateTime(moved)),
        _ => Err(arguments.error(Problem::DateOutOfRange { function: "DateAdd" })),
    }
}

fn span(interval: Interval, count: i64) -> std::result::Result<Duration, jiff::Error> {
    let none = 0.seconds();
    match interval {
        Interval::Year => none.try_years(count),
        Interval::Month => none.try_months(count),
        Interval::Week => none.try_weeks(count),
        Interval::Day => none.try_days(count),
        Interval::Hour => none.try_hours(count),
        Interval::Minute => none.try_minutes(count),
        Interval::Second => none.try_seconds(count),
    }
}

/// How many intervals lie from the first date to the second. Years, months and weeks count the borders
/// that are passed, a week beginning on Sunday; the others count whole units.
fn date_diff(arguments: &mut Arguments<'_, '_>) -> Result {
    let interval = interval(arguments)?;
    let from = arguments.date(1)?;
    let (Some(from), Some(to)) = (from, arguments.date(2)?) else { return Ok(Value::Null) };
    let passed = instant::between(from, to).as_secs();
    let years = i64::from(to.year()) - i64::from(from.year());
    Ok(Value::Integer(match interval {
        Interval::Year => years,
        Interval::Month => years * 12 + i64::from(to.month()) - i64::from(from.month()),
        Interval::Week => (days_to_sunday(to.date()) - days_to_sunday(from.date())) / 7,
        Interval::Day => passed / 86_400,
        Interval::Hour => passed / 3_600,
        Interval::Minute => passed / 60,
        Interval::Second => passed,
    }))
}

/// Days from a fixed Sunday to the Sunday on or before a date.
fn days_to_sunday(date: Date) -> i64 {
    const SUNDAY: Date = jiff::civil::date(1, 1, 7);
    let days = date.duration_since(SUNDAY).as_secs() / 86_400;
    days - days.rem_euclid(7)
}

fn interval(arguments: &mut Arguments<'_, '_>) -> Result<Interval> {
    let written = arguments.text(0)?.unwrap_or_default();
    match written.to_ascii_lowercase().as_str() {
        "yyyy" => Ok(Interval::Year),
        "m" => Ok(Interval::Month),
        "ww" => Ok(Interval::Week),
        "d" => Ok(Interval::Day),
        "h" => Ok(Interval::Hour),
        "n" => Ok(Interval::Minute),
        "s" => Ok(Interval::Second),
        _ => Err(arguments.error_at(
            0,
            Problem::UnknownChoice {
                function: arguments.function().name,
                what: "interval",
                got: quoted(&written),
                choices: "yyyy, m, ww, d, h, n or s",
            },
        )),
    }
}

/// Where Windows file times begin; they count units of 100 ns.
const FILE_TIME_ZERO: DateTime = jiff::civil::datetime(1601, 1, 1, 0, 0, 0, 0);
const UNITS_PER_SECOND: i64 = 10_000_000;
const UNIT_NS: i32 = 100;

fn date_from_num(arguments: &mut Arguments<'_, '_>) -> Result {
    let Some(units) = arguments.integer(0)? else { return Ok(Value::Null) };
    let nanoseconds = i32::try_from(units % UNITS_PER_SECOND).unwrap_or(0) * UNIT_NS;
    let passed = SignedDuration::new(units / UNITS_PER_SECOND, nanoseconds);
    match FILE_TIME_ZERO.checked_add(passed) {
        Ok(moment) if instant::in_range(moment) => Ok(Value::DateTime(moment)),
        _ => Err(arguments.error(Problem::DateOutOfRange { function: "DateFromNum" })),
    }
}

fn num_from_date(arguments: &mut Arguments<'_, '_>) -> Result {
    let Some(moment) = arguments.date(0)? else { return Ok(Value::Null) };
    let passed = instant::between(FILE_TIME_ZERO, moment);
    Ok(Value::Integer(
        passed.as_secs() * UNITS_PER_SECOND + i64::from(passed.subsec_nanos() / UNIT_NS),
    ))
}

/// A date in another format. With three parameters these are source, input format and output format.
/// Without an input format the source is a date value, or a text that reads as a date.
fn format_date_time(arguments: &mut Arguments<'_, '_>) -> Result {
    let (input, output) = if arguments.len() == 3 { (1, 2) } else { (2, 3) };
    let styles = if arguments.len() == 3 { DEFAULT_STYLES } else { styles(arguments)? };
    let Some(output) = format(arguments, output)? else {
        let problem = Problem::BadFormat {
            format: "\"\"".into(),
            why: "the outputFormat is not given".into(),
        };
        return Err(arguments.error(problem));
    };
    let source = arguments.value(0)?;
    if source.is_null_or_empty() {
        return Ok(Value::Null);
    }
    let (moment, zone) = match (source, format(arguments, input)?) {
        (Value::DateTime(moment), _) => (moment, Zone::Utc),
        (source, Some(format)) => {
            let text = arguments.element_text(0, &source)?;
            let today = arguments.evaluation.context.now_utc().date();
            match date_read::read(&text, &format, styles, today) {
                Some(read) => read,
                None => return Err(not_of_format(arguments, &text, input)?),
            }
        }
        (source, None) => {
            let text = arguments.element_text(0, &source)?;
            let moment =
                instant::read(&text).ok_or_else(|| arguments.wrong(0, "a date", &source))?;
            (moment, Zone::Utc)
        }
    };
    arguments.result(date_format::print(&output, moment, zone))
}

/// The date format at a place; none if it is left out.
fn format<'e>(arguments: &mut Arguments<'e, '_>, index: usize) -> Result<Option<Cow<'e, [Part]>>> {
    if let Some(parts) = arguments.format(index) {
        arguments.skip(index);
        return Ok(Some(Cow::Borrowed(parts)));
    }
    let Some(text) = arguments.text(index)?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let parts = date_format::parts(&text)
        .map_err(|why| arguments.error(Problem::BadFormat { format: quoted(&text), why }))?;
    Ok(Some(Cow::Owned(parts)))
}

fn not_of_format(
    arguments: &mut Arguments<'_, '_>,
    text: &str,
    format: usize,
) -> Result<EvaluationError> {
    let format = arguments.text(format)?.unwrap_or_default();
    let problem = Problem::DateFormat { text: quoted(text), format: quoted(&format) };
    Ok(arguments.error_at(0, problem))
}

/// The .NET names of styles, separated by commas. Those that concern zones change nothing in UTC.
fn styles(arguments: &mut Arguments<'_, '_>) -> Result<Styles> {
    let Some(written) = arguments.text(1)?.filter(|text| !text.trim().is_empty()) else {
        return Ok(DEFAULT_STYLES);
    };
    let mut styles = Styles { leading: false, trailing: false, inner: false };
    for name in written.split([',', '|']).map(str::trim) {
        match name.to_ascii_lowercase().as_str() {
            "allowleadingwhite" => styles.leading = true,
            "allowtrailingwhite" => styles.trailing = true,
            "allowinnerwhite" => styles.inner = true,
            "allowwhitespaces" => styles = Styles { leading: true, trailing: true, inner: true },
            "none" | "roundtripkind" | "adjusttouniversal" | "assumeuniversal" | "assumelocal" => {}
            _ => {
                let problem = Problem::UnknownChoice {
                    function: "FormatDateTime",
                    what: "dateTimeStyles",
                    got: quoted(name),
                    choices: "a DateTimeStyles name such as AllowWhiteSpaces, or none",
                };
                return Err(arguments.error_at(1, problem));
            }
        }
    }
    Ok(styles)
}
