//! How long one user's whole mapping to Genesys Cloud takes, beside the time to parse and check it.
//!
//! `cargo bench -p expression` prints microseconds for one core. The mapping is that of the gallery with the
//! additions of the demonstration: divisions, three external ids, and a work phone cleaned by patterns.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark speaks to who runs it")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use expression::{Context, Expression, Surroundings, Value, check_with};

/// The sources of the attributes of a user, one an expression.
const MAPPING: [&str; 15] = [
    "[userPrincipalName]",
    r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#,
    "[displayName]",
    "[mail]",
    "[jobTitle]",
    "[mobile]",
    r#"IIF(InStr([telephoneNumber], " x") > 0, Replace(Replace([telephoneNumber], , "[()\\s-]+", , "", , ), , "^(?<number>\\+[0-9]+)x(?<ext>[0-9]+)$", , "tel:${number};ext=${ext}", , ), Replace([telephoneNumber], , "[()\\s-]+", , "", , ))"#,
    "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])",
    "[department]",
    "[manager]",
    "[employeeId]",
    "[extensionAttribute1]",
    "[extensionAttribute2]",
    "[extensionAttribute3]",
    "[extensionAttribute4]",
];

fn main() {
    let expressions: Vec<Expression> =
        MAPPING.iter().map(|text| Expression::parse(text).unwrap()).collect();
    let user = user();
    let context = Context {
        attributes: &user,
        now: jiff::Timestamp::UNIX_EPOCH,
        tables: None,
        default_domain: Some("contoso.com"),
        seed: 1,
    };
    report("evaluate the mapping of one user", || {
        for expression in &expressions {
            black_box(expression.evaluate(&context).unwrap());
        }
    });
    report("evaluate the phone alone", || {
        black_box(expressions[6].evaluate(&context).unwrap());
    });
    report("explain the mapping of one user", || {
        for expression in &expressions {
            black_box(expression.trace(&context));
        }
    });
    report("parse and check the mapping", || {
        for text in MAPPING {
            black_box(Expression::parse(text).unwrap());
            black_box(check_with(text, &Surroundings::default()));
        }
    });
    nastiest();
}

/// Patterns that step back for ever, read too much, or match everywhere; and how long each keeps an evaluation busy
/// when an expression of the full length is made of them.
fn nastiest() {
    let long = "a".repeat(expression::SUBJECT_BYTES_MAX);
    let user = BTreeMap::from([("a".to_owned(), Value::from(long.as_str()))]);
    let context = Context {
        attributes: &user,
        now: jiff::Timestamp::UNIX_EPOCH,
        tables: None,
        default_domain: None,
        seed: 1,
    };
    for pattern in [
        r"(?:a(?=[\\s\\S]*x)|a)*b",
        r"(.*?)(?=(?:.*?)x)b",
        r"(a*)*\\1b",
        r"(?:a|(?<=b.*)a)*c",
        r"(?:[a-z]{0,100}){0,10}x",
        r"(?=(?:a{0,100}){10}x)a",
        r"(?!.*a)x",
        r"(?=(a*))\\1b",
        "a",
        "",
    ] {
        let part = format!(r#"RegexMatch(Replace([a], , "{pattern}x?", , "", , ), "{pattern}")"#);
        let count = expression::LENGTH_MAX / (part.len() + 40) - 1;
        let text = format!("Coalesce({})", vec![format!("IIF({part}, , )"); count].join(","));
        let expression = Expression::parse(&text).unwrap();
        let start = Instant::now();
        let result = expression.evaluate(&context);
        let end = result.map_or_else(|error| error.to_string(), |value| value.to_text());
        println!("{pattern} {count} times: {:.0} ms, {end}", start.elapsed().as_secs_f64() * 1e3);
    }
}

/// How long each series of calls lasts, and how many series are measured; the fastest counts.
const SERIES: Duration = Duration::from_millis(200);
const SERIES_COUNT: usize = 5;

fn report(what: &str, mut work: impl FnMut()) {
    let mut fastest = f64::INFINITY;
    for _ in 0..SERIES_COUNT {
        let (start, mut calls) = (Instant::now(), 0.0);
        while start.elapsed() < SERIES {
            work();
            calls += 1.0;
        }
        fastest = fastest.min(start.elapsed().as_secs_f64() / calls);
    }
    println!("{what}: {:.2} µs", fastest * 1e6);
}

fn user() -> BTreeMap<String, Value> {
    let texts = [
        ("userPrincipalName", "amara.okafor@contoso.com"),
        ("displayName", "Amara Okafor"),
        ("mail", "amara.okafor@contoso.com"),
        ("jobTitle", "Contact Centre Supervisor"),
        ("mobile", "+13175559876"),
        ("telephoneNumber", "+1 (317) 555-1234 x789"),
        ("department", "Contact Centre"),
        ("manager", "5f2c8a34-6b1e-4d55-9a0e-1c7b7f0f6f11"),
        ("employeeId", "100482"),
        ("extensionAttribute1", "EMEA"),
        ("extensionAttribute2", "amara.okafor@contoso.com"),
        ("extensionAttribute3", "62641880"),
    ];
    let role = |value: &str| {
        Value::Object(vec![
            ("id".into(), "06b07648-ecfe-589f-9d2f-6325724a46ee".into()),
            ("value".into(), value.into()),
            ("displayName".into(), value.into()),
        ])
    };
    let mut user: BTreeMap<String, Value> =
        texts.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
    user.insert("IsSoftDeleted".into(), Value::Boolean(false));
    user.insert(
        "appRoleAssignments".into(),
        Value::List(vec![role("employee"), role("Supervisor")]),
    );
    user
}
