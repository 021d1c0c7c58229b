//! What a PATCH makes of a user: this crate and scim-patch.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use scim::Resource;
use scim::patch::{self, PatchRequest};
use scim::schema::{standard, urn};
use serde_json::{Value, json};

use super::case::{any_user, kind, word};
use super::{Departure, ask, cases, explain};
use crate::arbitrary::alike;

const CASE_COUNT: usize = 2_000;

/// A single operation, the user before it, and what either side made of it; none: it refused.
struct Case {
    operation: Value,
    before: Resource,
    ours: Option<Resource>,
    theirs: Option<Resource>,
}

const DEPARTURES: [Departure<Case>; 13] = [
    Departure {
        name: "what is left empty",
        reason: "an empty list and an empty object are no value (RFC 7643 §2.5) and are not kept; the peer keeps them",
        explains: |case| case.theirs.as_ref().is_some_and(|theirs| case.made(theirs)),
    },
    Departure {
        name: "nothing there to remove",
        reason: "what is to be gone is gone: a repeated removal changes nothing; the peer refuses it",
        explains: |case| case.is("remove") && case.theirs.is_none() && case.made(&case.before),
    },
    Departure {
        name: "an element without its value",
        reason: "an element of which only what the filter names and its mark are left says nothing, and goes; the peer keeps it",
        explains: |case| {
            let theirs = emails(case.theirs.as_ref());
            let with_value = theirs.into_iter().filter(|email| email.get("value").is_some());
            case.is("remove")
                && case.path().ends_with("].value")
                && case.made(&with_emails(&case.before, with_value.collect()))
        },
    },
    Departure {
        name: "backslashes",
        reason: "a value is a JSON text, so `\\\\` is one backslash; the peer doubles it",
        explains: |case| case.path().contains('\\'),
    },
    Departure {
        name: "letters in a selection",
        reason: "an e-mail is the same in any case (RFC 7643 §8.7.1, caseExact false); to the peer it is another one",
        explains: |case| case.path().to_lowercase().contains("value eq \"ada\""),
    },
    Departure {
        name: "an element that is not there yet",
        reason: "clients expect `emails[type eq \"work\"].value` to appear; the peer makes it only for one condition and a named part",
        explains: |case| {
            let (before, ours) = (emails(Some(&case.before)), emails(case.ours.as_ref()));
            let refused = case.theirs.is_none() || case.theirs.as_ref() == Some(&case.before);
            !case.is("remove")
                && refused
                && ours.len() <= before.len() + 1
                && known(&before).is_subset(&known(&ours))
        },
    },
    Departure {
        name: "equal elements",
        reason: "no two elements have the same type and value (RFC 7643 §2.4), so what is there already is not added again, and what is sent twice or becomes equal is one; the peer compares every part and keeps both",
        explains: |case| {
            let (ours, theirs) = (emails(case.ours.as_ref()), emails(case.theirs.as_ref()));
            known(&ours).len() == ours.len()
                && known(&theirs).len() < theirs.len()
                && known(&ours) == known(&theirs)
        },
    },
    Departure {
        name: "an extension as a member",
        reason: "without a path, a member named by an extension's URN is that extension (RFC 7644 §3.5.2.1); the peer splits the URN at the point of 2.0",
        explains: |case| case.merges(urn::ENTERPRISE_USER),
    },
    Departure {
        name: "parts that are not named",
        reason: "parts of a complex attribute that are not specified are left unchanged (RFC 7644 §3.5.2.3); without a path the peer drops them",
        explains: |case| case.merges("name"),
    },
    Departure {
        name: "a single value for a list",
        reason: "replacing a list by one value leaves one value; the peer merges the value into each element",
        explains: |case| {
            let value = case.operation["value"].clone();
            case.is("replace")
                && case.path() == "emails"
                && case.made(&with_emails(&case.before, vec![value]))
        },
    },
    Departure {
        name: "a first value as an object",
        reason: "a multi-valued attribute is a list, also when its first value comes alone; the peer stores an object",
        explains: |case| {
            let value = case.operation["value"].clone();
            !case.before.contains_key("emails")
                && case.made(&with_emails(&case.before, vec![value]))
        },
    },
    Departure {
        name: "at most one primary",
        reason: "a new primary value takes the mark from the old one (RFC 7644 §3.5.2); the peer leaves two",
        explains: |case| {
            let marked =
                emails(case.ours.as_ref()).iter().filter(|email| email["primary"] == true).count();
            marked <= 1 && unmarked(case.ours.as_ref()) == unmarked(case.theirs.as_ref())
        },
    },
    Departure {
        name: "a value described by its type and value",
        reason: "a removal by value means the elements of that value and type, whatever their other parts; the peer wants them alike in every part",
        explains: |case| {
            let given = case.operation["value"].as_array().cloned().unwrap_or_default();
            let is_given =
                |email: &Value| given.iter().any(|given| known_by(given) == known_by(email));
            let rest =
                emails(Some(&case.before)).into_iter().filter(|email| !is_given(email)).collect();
            case.is("remove") && case.made(&with_emails(&case.before, rest))
        },
    },
];

#[test]
fn a_patch_leads_where_another_implementation_leads() {
    let cases = cases((any_operation(), any_user()), CASE_COUNT);
    let question = |(operation, user): &(Value, Resource)| json!({"operations": [operation], "resource": user});
    let asked: Vec<_> = cases.iter().map(question).collect();
    let mut differences = Vec::new();
    for ((operation, before), answer) in cases.into_iter().zip(ask(&asked)) {
        let ours = applied(&operation, &before);
        let theirs = answer["resource"].as_object().cloned();
        let same = match (&ours, &theirs) {
            (Some(ours), Some(theirs)) => alike(ours, theirs),
            (None, None) => true,
            _ => false,
        };
        if !same {
            let shown = format!(
                "{operation}\n  {}\n  ours   {}\n  theirs {answer}",
                json!(before),
                json!(ours)
            );
            differences.push((Case { operation, before, ours, theirs }, shown));
        }
    }
    explain(&differences, &DEPARTURES);
}

fn applied(operation: &Value, before: &Resource) -> Option<Resource> {
    let message = json!({"schemas": [scim::message::urn::PATCH_OP], "Operations": [operation]});
    let (request, _) = PatchRequest::from_json(&message).ok()?;
    let mut resource = before.clone();
    patch::apply(&mut resource, &request, &standard::users()).ok()?;
    Some(resource)
}

fn any_operation() -> impl Strategy<Value = Value> {
    let op = || prop_oneof![Just("add"), Just("replace"), Just("Add"), Just("Replace")];
    let enterprise = |rest: &str| format!("{}:{rest}", urn::ENTERPRISE_USER);
    let simple = vec![
        "title".to_owned(),
        "nickName".to_owned(),
        "displayName".to_owned(),
        "name.givenName".to_owned(),
        "name.familyName".to_owned(),
        enterprise("department"),
        enterprise("costCenter"),
    ];
    let simple = || proptest::sample::select(simple.clone());
    let selector = || {
        prop_oneof![
            kind().prop_map(|kind| format!("emails[type eq \"{kind}\"]")),
            word().prop_map(|word| format!("emails[value eq {}]", json!(word))),
            Just("emails[primary eq true]".to_owned()),
            (kind(), word()).prop_map(|(kind, word)| format!(
                "emails[type eq \"{kind}\" and value eq {}]",
                json!(word)
            )),
        ]
    };
    let email = || {
        (kind(), word(), option::of(any::<bool>())).prop_map(|(kind, value, primary)| match primary
        {
            Some(primary) => json!({"type": kind, "value": value, "primary": primary}),
            None => json!({"type": kind, "value": value}),
        })
    };
    let write = |op: &'static str, path: String, value: Value| json!({"op": op, "path": path, "value": value});
    prop_oneof![
        3 => (op(), simple(), word()).prop_map(move |(op, path, value)| write(op, path, value.into())),
        1 => (op(), any::<bool>()).prop_map(move |(op, value)| write(op, "active".into(), value.into())),
        3 => (op(), selector(), word()).prop_map(move |(op, path, value)| write(op, format!("{path}.value"), value.into())),
        1 => (op(), selector(), word()).prop_map(move |(op, path, value)| write(op, format!("{path}.display"), value.into())),
        2 => (op(), vec(email(), 0..3)).prop_map(move |(op, emails)| write(op, "emails".into(), emails.into())),
        1 => (op(), email()).prop_map(move |(op, email)| write(op, "emails".into(), email)),
        1 => (op(), selector(), email()).prop_map(move |(op, path, email)| write(op, path, email)),
        1 => (op(), word(), word()).prop_map(move |(op, given, family)| write(op, "name".into(), json!({"givenName": given, "familyName": family}))),
        1 => (op(), word()).prop_map(move |(op, given)| write(op, "name".into(), json!({"givenName": given}))),
        2 => (op(), word(), word()).prop_map(|(op, title, given)| json!({"op": op, "value": {"title": title, "name.givenName": given}})),
        1 => (op(), vec(email(), 1..3)).prop_map(|(op, emails)| json!({"op": op, "value": {"emails": emails}})),
        1 => (op(), word()).prop_map(|(op, given)| json!({"op": op, "value": {"name": {"givenName": given}}})),
        1 => (op(), word()).prop_map(move |(op, department)| json!({"op": op, "value": {urn::ENTERPRISE_USER: {"department": department}}})),
        3 => (prop_oneof![Just("remove"), Just("Remove")], simple()).prop_map(|(op, path)| json!({"op": op, "path": path})),
        2 => selector().prop_map(|path| json!({"op": "remove", "path": path})),
        1 => selector().prop_map(|path| json!({"op": "remove", "path": format!("{path}.value")})),
        1 => Just(json!({"op": "remove", "path": "emails"})),
        1 => Just(json!({"op": "remove", "path": "name"})),
        1 => vec(email(), 1..3).prop_map(|emails| json!({"op": "remove", "path": "emails", "value": emails})),
    ]
}

impl Case {
    fn is(&self, op: &str) -> bool {
        self.operation["op"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(op))
    }

    fn path(&self) -> &str {
        self.operation["path"].as_str().unwrap_or_default()
    }

    /// Whether this crate's answer is `expected`.
    fn made(&self, expected: &Resource) -> bool {
        self.ours.as_ref().is_some_and(|ours| alike(ours, &without_empty(expected)))
    }

    /// Whether this crate put the parts that are given for `attribute` beside those that were there.
    fn merges(&self, attribute: &str) -> bool {
        let Some(Value::Object(given)) = self.operation["value"].get(attribute) else {
            return false;
        };
        let mut expected = self.before.clone();
        let place = expected.entry(attribute).or_insert_with(|| json!({}));
        place.as_object_mut().expect("a complex attribute").extend(given.clone());
        self.made(&expected)
    }
}

fn emails(user: Option<&Resource>) -> Vec<Value> {
    let emails = user.and_then(|user| user.get("emails"));
    emails.and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The e-mails without their marks.
fn unmarked(user: Option<&Resource>) -> Vec<Value> {
    let unmark = |mut email: Value| {
        email.as_object_mut().expect("an e-mail is an object").shift_remove("primary");
        email
    };
    emails(user).into_iter().map(unmark).collect()
}

fn with_emails(user: &Resource, emails: Vec<Value>) -> Resource {
    let mut user = user.clone();
    user.insert("emails".into(), emails.into());
    user
}

fn known(emails: &[Value]) -> BTreeSet<String> {
    emails.iter().map(known_by).collect()
}

/// What tells e-mails apart.
fn known_by(email: &Value) -> String {
    format!("{} {}", email["type"], email["value"]).to_lowercase()
}

/// A user without lists and objects that hold nothing.
fn without_empty(user: &Resource) -> Resource {
    let is_empty = |value: &Value| *value == json!({}) || *value == json!([]);
    user.iter()
        .filter(|(_, value)| !is_empty(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
