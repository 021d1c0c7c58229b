//! Functions over dates: the published examples, and the edges of months, years and formats.

use crate::check;

#[test]
fn dates_are_converted_to_utc() {
    check("CDate([d])", &[("d", "2020-03-16-07:00")], "3/16/2020 7:00:00 AM");
    check(r#"CDate("2021-06-30+08:00")"#, &[], "6/29/2021 4:00:00 PM");
    check(r#"CDate("2009-06-15T01:45:30-07:00")"#, &[], "6/15/2009 8:45:30 AM");
    check("CDate([d])", &[], "null");
    check("Now()", &[], "11/23/2026 10:11:12 AM");
}

#[test]
fn intervals_are_added() {
    let date = &[("d", "2012-03-16-07:00")][..];
    check(r#"DateAdd("d", 7, CDate([d]))"#, date, "3/23/2012 7:00:00 AM");
    check(r#"DateAdd("d", -10, CDate([d]))"#, date, "3/6/2012 7:00:00 AM");
    check(r#"DateAdd("ww", 2, CDate([d]))"#, date, "3/30/2012 7:00:00 AM");
    check(r#"DateAdd("m", 10, CDate([d]))"#, date, "1/16/2013 7:00:00 AM");
    check(r#"DateAdd("yyyy", 2, CDate([d]))"#, date, "3/16/2014 7:00:00 AM");
    check(r#"DateAdd("m", 1, CDate("2023-01-31"))"#, &[], "2/28/2023 12:00:00 AM");
    check(
        r#"DateAdd("yyyy", 9, CDate("9999-12-31"))"#,
        &[],
        "error: DateAdd leaves the years 1 to 9999: check the date and the number added",
    );
}

#[test]
fn differences_count_borders_or_whole_units() {
    let days = &[("a", "2021-08-18+08:00"), ("b", "2021-08-31+08:00")][..];
    check(r#"DateDiff("d", CDate([a]), CDate([b]))"#, days, "13");
    let past = &[("a", "8/25/2021 5:41:18 PM"), ("b", "2012-03-16-07:00")][..];
    check(r#"DateDiff("d", CDate([a]), CDate([b]))"#, past, "-3449");
    check(r#"DateDiff("ww", CDate([a]), CDate([b]))"#, past, "-493");
    check(r#"DateDiff("m", CDate([a]), CDate([b]))"#, past, "-113");
    check(r#"DateDiff("yyyy", CDate([a]), CDate([b]))"#, past, "-9");
    let day = &[("a", "2021-08-24"), ("b", "2021-08-25")][..];
    check(r#"DateDiff("h", [a], [b])"#, day, "24");
    check(r#"DateDiff("n", [a], [b])"#, day, "1440");
    check(r#"DateDiff("s", [a], [b])"#, day, "86400");
}

#[test]
fn an_account_opens_five_days_before_the_hire() {
    let text = r#"Switch([Active], , "1", IIF(DateDiff("d", Now(), CDate([hired])) > 5, "False","True"), "0","False")"#;
    check(text, &[("Active", "1"), ("hired", "2026-11-26")], "True");
    check(text, &[("Active", "1"), ("hired", "2026-12-26")], "False");
    check(text, &[("Active", "0")], "False");
}

#[test]
fn file_times_count_from_1601() {
    check("DateFromNum(129699324000000000)", &[], "1/1/2012 11:00:00 PM");
    let end_of_day = r#"NumFromDate(Join("", FormatDateTime([d], ,"yyyy-MM-ddzzz","yyyy-MM-dd"), " 23:59:59-08:00"))"#;
    check(end_of_day, &[("d", "2020-12-31-08:00")], "132539615990000000");
    check(r#"NumFromDate("9999-12-31T23:59:59Z")"#, &[], "2650467743990000000");
}

#[test]
fn formats_read_and_write() {
    check(
        r#"FormatDateTime([x], , "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")"#,
        &[("x", "20150123105347.1Z")],
        "2015-01-23",
    );
    check(
        r#"FormatDateTime([x], "yyyy-MM-dd", "dd.MM.yyyy")"#,
        &[("x", "2015-01-23")],
        "23.01.2015",
    );
    check(r#"FormatDateTime(CDate([x]), , , "yyyy")"#, &[("x", "2015-01-23")], "2015");
    check(r#"FormatDateTime(Now(), , "yyyyMMdd")"#, &[], "20261123");
    check(r#"FormatDateTime([x], , "yyyy-MM-dd", "yyyy")"#, &[], "null");
    check(
        r#"FormatDateTime("x", , "yyyy-MM-dd", "yyyy")"#,
        &[],
        "error: the text \"x\" is not a date of the format \"yyyy-MM-dd\": check the source attribute, or the format",
    );
}

#[test]
fn dates_compare_with_texts_that_are_dates() {
    check(r#"IIF(CDate([d]) > "2020-01-01", "a", "b")"#, &[("d", "2020-03-16")], "a");
    check("IIF(Now() < CDate([d]), 1, 2)", &[("d", "9999-12-31")], "1");
}
