//! What is a filter, and how it is read: this crate and the crate `scim_v2`.
//!
//! Every case is a printed filter or path, or one that a small change has spoilt. Both must accept it and
//! read the same tree, or both must refuse it.

use proptest::prelude::*;
use proptest::sample::Index;
use scim::filter::Comparison;
use scim::{Filter, Path};
use scim_v2::filter as theirs;
use serde_json::Value;

use super::{Departure, cases, explain};
use crate::arbitrary::{any_filter, any_path};

const CASE_COUNT: usize = 1_000;

/// What a filter may hold as well as a path.
const BOTH: [Departure<String>; 4] = [
    Departure {
        name: "signs in a URN",
        reason: "a URN has to be one that is announced, so it is taken as it comes; the peer refuses signs that no URN has",
        explains: |text| {
            names(text)
                .any(|name| name.starts_with("urn:") && name.contains(|sign| !is_plain(sign)))
        },
    },
    Departure {
        name: "blanks",
        reason: "`not(` is the grammar's own form (RFC 7644 §3.4.2.2), and the end of a text or a parenthesis shows as well as a blank where a word ends; the peer wants blanks there, and takes one before a bracket",
        explains: |text| spaced(text) != *text,
    },
    Departure {
        name: "names that begin with a sign",
        reason: "`$ref` is an attribute (RFC 7643 §2.4), so names may begin with a sign; the peer wants a letter",
        explains: |text| {
            names(text)
                .any(|name| name.split([':', '.']).any(|part| part.starts_with(['_', '$', '-'])))
        },
    },
    Departure {
        name: "other URIs than URNs",
        reason: "schemas are named by URNs (RFC 7643 §3.3, §10.2); the peer takes any URI in front of an attribute",
        explains: |text| names(text).any(|name| name.contains(':') && !name.starts_with("urn:")),
    },
];

/// What only a path holds.
const PATHS: [Departure<String>; 2] = [
    Departure {
        name: "a part before brackets",
        reason: "brackets stand behind an attribute (RFC 7644 §3.5.2), not behind a part of one; the peer loses the part",
        explains: |text| {
            names(text)
                .next()
                .is_some_and(|name| name.rsplit(':').next().unwrap_or(name).contains('.'))
        },
    },
    Departure {
        name: "a schema without an attribute",
        reason: "what follows a version in a URN is a schema's name, so the path means the whole extension and brackets select nothing; the peer takes it for an attribute",
        explains: |text| text.contains(":2.0:User"),
    },
];

#[test]
fn a_filter_is_read_as_by_another_implementation() {
    let read = |text: &str| text.parse::<theirs::Filter>().ok().map(filter);
    let any_text = any_filter().prop_map(|filter| of_the_rfc(filter).to_string());
    let texts = cases((any_text, any_spoiling()), CASE_COUNT);
    let ours = |text: &str| {
        Filter::parse(text).ok().filter(|filter| of_the_rfc(filter.clone()) == *filter)
    };
    check(texts, |text| ours(text).map(plain), |text| read(text).map(plain), &BOTH);
}

#[test]
fn a_path_is_read_as_by_another_implementation() {
    let read = |text: &str| text.parse::<theirs::PatchPath>().ok().map(path);
    let texts = cases((any_path().prop_map(|path| path.to_string()), any_spoiling()), CASE_COUNT);
    check(
        texts,
        |text| Path::parse(text).ok().map(plain_path),
        |text| read(text).map(plain_path),
        &[BOTH.to_vec(), PATHS.to_vec()].concat(),
    );
}

fn check<T: PartialEq + std::fmt::Debug>(
    texts: Vec<(String, Spoiling)>,
    ours: impl Fn(&str) -> Option<T>,
    theirs: impl Fn(&str) -> Option<T>,
    departures: &[Departure<String>],
) {
    let texts = texts.into_iter().map(|(text, spoiling)| spoiling.of(&text));
    let differences = texts.filter_map(|text| {
        let (ours, theirs) = (ours(&text), theirs(&text));
        let shown = format!("{text}\n  ours   {ours:?}\n  theirs {theirs:?}");
        (ours != theirs).then_some((text, shown))
    });
    explain(&differences.collect::<Vec<_>>(), departures);
}

/// A small change to a text.
#[derive(Debug, Clone)]
enum Spoiling {
    None,
    Without(Index),
    Twice(Index),
    With(Index, char),
}

fn any_spoiling() -> impl Strategy<Value = Spoiling> {
    let signs: Vec<char> = "()[]\".:,'\\ -_$%&1aN\t\u{e9}".chars().collect();
    prop_oneof![
        1 => Just(Spoiling::None),
        1 => any::<Index>().prop_map(Spoiling::Without),
        1 => any::<Index>().prop_map(Spoiling::Twice),
        2 => (any::<Index>(), proptest::sample::select(signs)).prop_map(|(at, sign)| Spoiling::With(at, sign)),
    ]
}

impl Spoiling {
    fn of(&self, text: &str) -> String {
        let mut signs: Vec<char> = text.chars().collect();
        match self {
            Self::None => {}
            Self::Without(at) => {
                signs.remove(at.index(signs.len()));
            }
            Self::Twice(at) => {
                let at = at.index(signs.len());
                signs.insert(at, signs[at]);
            }
            Self::With(at, sign) => signs.insert(at.index(signs.len() + 1), *sign),
        }
        signs.into_iter().collect()
    }
}

/// The peer's filter in this crate's words.
fn filter(theirs: theirs::Filter) -> Filter {
    match theirs {
        theirs::Filter::Attr(expression) => condition(expression),
        theirs::Filter::ValuePath(path) => Filter::ValuePath {
            path: attribute(path.attr),
            filter: Box::new(element(*path.filter)),
        },
        theirs::Filter::Not(inner) => Filter::Not(Box::new(filter(*inner))),
        theirs::Filter::And(parts) => Filter::And(parts.into_iter().map(filter).collect()),
        theirs::Filter::Or(parts) => Filter::Or(parts.into_iter().map(filter).collect()),
    }
}

fn element(theirs: theirs::ValFilter) -> Filter {
    match theirs {
        theirs::ValFilter::Attr(expression) => condition(expression),
        theirs::ValFilter::Not(inner) => Filter::Not(Box::new(element(*inner))),
        theirs::ValFilter::And(parts) => Filter::And(parts.into_iter().map(element).collect()),
        theirs::ValFilter::Or(parts) => Filter::Or(parts.into_iter().map(element).collect()),
    }
}

fn condition(theirs: theirs::AttrExp) -> Filter {
    match theirs {
        theirs::AttrExp::Present(path) => Filter::Present(attribute(path)),
        theirs::AttrExp::Comparison(path, operator, value) => {
            let operator = operator.to_string();
            let comparison = Comparison::ALL.into_iter().find(|known| known.operator() == operator);
            let value = match value {
                theirs::CompValue::False => Value::Bool(false),
                theirs::CompValue::True => Value::Bool(true),
                theirs::CompValue::Null => Value::Null,
                theirs::CompValue::Number(number) => Value::Number(number),
                theirs::CompValue::Str(text) => Value::String(text),
            };
            Filter::Compare {
                path: attribute(path),
                comparison: comparison.expect("the nine"),
                value,
            }
        }
    }
}

fn path(theirs: theirs::PatchPath) -> Path {
    match theirs {
        theirs::PatchPath::Attr(path) => attribute(path),
        theirs::PatchPath::Value(path) => Path {
            filter: Some(Box::new(element(path.filter))),
            sub_attribute: path.sub_attr,
            ..attribute(path.attr)
        },
    }
}

fn attribute(theirs: theirs::AttrPath) -> Path {
    Path {
        schema: theirs.uri,
        attribute: theirs.name,
        filter: None,
        sub_attribute: theirs.sub_attr,
    }
}

/// The filter without sub-attributes after brackets: `emails[type eq "work"].value eq "x"` is everywhere but in the
/// RFC, and the peer knows only the RFC.
fn of_the_rfc(filter: Filter) -> Filter {
    let bare = |path: Path| Path { filter: None, ..path };
    each(filter, &|leaf| match leaf {
        Filter::Compare { path, comparison, value } => {
            Filter::Compare { path: bare(path), comparison, value }
        }
        Filter::Present(path) => Filter::Present(bare(path)),
        other => other,
    })
}

/// The filter without parentheses that change nothing, and with decimals as far as they are exact.
fn plain(filter: Filter) -> Filter {
    let flat = |filters: Vec<Filter>, is_and: bool| {
        let parts = filters.into_iter().map(plain).flat_map(|part| match part {
            Filter::And(inner) if is_and => inner,
            Filter::Or(inner) if !is_and => inner,
            other => vec![other],
        });
        parts.collect()
    };
    match filter {
        Filter::And(filters) => Filter::And(flat(filters, true)),
        Filter::Or(filters) => Filter::Or(flat(filters, false)),
        Filter::Not(inner) => Filter::Not(Box::new(plain(*inner))),
        Filter::ValuePath { path, filter } => {
            Filter::ValuePath { path, filter: Box::new(plain(*filter)) }
        }
        Filter::Compare { path, comparison, value } => {
            Filter::Compare { path, comparison, value: rounded(value) }
        }
        present @ Filter::Present(_) => present,
    }
}

fn plain_path(path: Path) -> Path {
    Path { filter: path.filter.map(|filter| Box::new(plain(*filter))), ..path }
}

fn rounded(value: Value) -> Value {
    match value.as_f64() {
        Some(number) if value.is_f64() => Value::String(format!("{number:.12e}")),
        _ => value,
    }
}

/// The filter with `change` made to each condition.
fn each(filter: Filter, change: &impl Fn(Filter) -> Filter) -> Filter {
    let all =
        |filters: Vec<Filter>| filters.into_iter().map(|filter| each(filter, change)).collect();
    match filter {
        Filter::And(filters) => Filter::And(all(filters)),
        Filter::Or(filters) => Filter::Or(all(filters)),
        Filter::Not(inner) => Filter::Not(Box::new(each(*inner, change))),
        leaf => change(leaf),
    }
}

/// What stands between blanks, parentheses and brackets, texts left aside.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let outside = text.split('"').step_by(2);
    outside.flat_map(|part| part.split([' ', '(', ')', '[', ']']))
}

/// Whether a URN has such a sign.
fn is_plain(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || ":.-_".contains(sign)
}

/// The text with one blank wherever there may be one, and none elsewhere.
fn spaced(text: &str) -> String {
    let parts = text.split('"').enumerate().map(|(index, part)| match index % 2 {
        0 => part
            .replace('\t', " ")
            .replace('(', " ( ")
            .replace(')', " ) ")
            .replace('[', " [ ")
            .replace(']', " ] "),
        _ => format!(" \"{part}\" "),
    });
    let text: String = parts.collect();
    let text = text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    text.replace("( ", "(")
        .replace(" )", ")")
        .replace(" [ ", "[")
        .replace(" ]", "]")
        .replace("] .", "].")
}
