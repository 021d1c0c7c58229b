//! Files that are taken for a synchronisation schema, recognised by what they are.

use serde_json::{Map, Value};

use super::lenient::same_key;

/// A file that is something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is {what}, not a synchronisation schema; {hint}")]
pub struct Stranger {
    /// What it is.
    pub what: String,
    /// What to do instead.
    pub hint: String,
}

/// Where the right document is found.
const EXPORT: &str = "export the schema itself: \"GET …/synchronization/jobs/{id}/schema\", or \"Review your schema here\" and \"Download\" in the portal";

/// What a text is that cannot be JSON at all.
pub(super) fn of_text(text: &str) -> Option<Stranger> {
    let start = text.trim_start();
    let lower: String = start.chars().take(64).collect::<String>().to_ascii_lowercase();
    if start.is_empty() {
        return Some(stranger("an empty file", EXPORT));
    }
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        let title = between(start, "<title>", "</title>").map(|title| format!(" (\"{title}\")"));
        let hint = "the download was answered by a sign-in or error page; sign in and export again";
        return Some(stranger(format!("a web page{}", title.unwrap_or_default()), hint));
    }
    if lower.starts_with('<') {
        return Some(stranger("XML", EXPORT));
    }
    if lower.starts_with("pk\u{3}\u{4}") {
        return Some(stranger("a ZIP archive", "unpack it and take the JSON file inside"));
    }
    let first_line = start.lines().next().unwrap_or_default();
    if first_line.to_ascii_lowercase().contains("userprincipalname")
        && first_line.contains(',')
        && !first_line.contains(['{', '['])
    {
        return Some(stranger(
            "a CSV download of users",
            "take people in with \"instep import csv\"; for the schema, export it as JSON",
        ));
    }
    // A name alone, such as the id of a template or a job.
    let is_id = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if start.trim_end().chars().all(is_id)
        && start.starts_with(|c: char| c.is_ascii_alphabetic())
        && !matches!(start.trim_end(), "null" | "true" | "false")
    {
        return Some(stranger(
            format!(
                "the name \"{}\" alone, perhaps the id of a template or a job",
                start.trim_end()
            ),
            EXPORT,
        ));
    }
    None
}

/// What an object is that we know and that no schema lies in.
pub(super) fn of_object(members: &Map<String, Value>) -> Option<Stranger> {
    if let Some(Value::Object(error)) = member(members, "error") {
        let part = |name| member(error, name).and_then(Value::as_str).unwrap_or_default();
        let what = format!("an error that Graph answered: {} {}", part("code"), part("message"));
        return Some(stranger(
            what.trim_end_matches(['.', ' ']),
            "sign in with Synchronization.Read.All and export again",
        ));
    }
    let list = match member(members, "value") {
        Some(Value::Array(items)) => items.as_slice(),
        _ => &[],
    };
    match (list, list.first().and_then(Value::as_object)) {
        ([], _) if member(members, "value").is_some_and(Value::is_array) => {
            return Some(stranger("a list without entries", EXPORT));
        }
        // A single entry may be a template or a job with its schema.
        ([_], Some(only)) if has_schema(only) => return None,
        (_, Some(first)) => {
            if let Some(kind) = kind(first) {
                return Some(several(kind, list.len()));
            }
        }
        _ => {}
    }
    if has_schema(members) {
        return None;
    }
    kind(members).map(|kind| stranger(kind.one, kind.hint))
}

/// What a list is.
pub(super) fn of_list(items: &[Value]) -> Stranger {
    let first = items.first().and_then(Value::as_object);
    match (items, first.and_then(kind)) {
        ([], _) => stranger("an empty list", EXPORT),
        (_, Some(kind)) => several(kind, items.len()),
        (_, None) if first.is_some_and(has_schema) => stranger(
            format!("a list of {} schemas", items.len()),
            "save the one that you mean in a file of its own",
        ),
        (_, None) => stranger(format!("a list of {}", items.len()), EXPORT),
    }
}

/// What a value is that is neither object nor list.
pub(super) fn of_scalar(value: &Value) -> Stranger {
    let what = match value {
        Value::String(text) => {
            format!("the text {:?} alone", text.chars().take(60).collect::<String>())
        }
        value => format!("the value {value} alone"),
    };
    stranger(what, EXPORT)
}

/// An object that we do not know, by its keys.
pub(super) fn unknown(members: &Map<String, Value>) -> Stranger {
    const SHOWN_MAX: usize = 6;
    let keys: Vec<String> = members.keys().take(SHOWN_MAX).map(|key| format!("{key:?}")).collect();
    let what = if keys.is_empty() {
        "an empty document".to_owned()
    } else {
        format!(
            "a document with {}{}",
            keys.join(", "),
            if members.len() > SHOWN_MAX { ", …" } else { "" }
        )
    };
    stranger(what, format!("a schema has \"synchronizationRules\" and \"directories\"; {EXPORT}"))
}

/// A kind of document that Graph exports.
struct Kind {
    /// The key that gives it away.
    key: &'static str,
    one: &'static str,
    many: &'static str,
    hint: &'static str,
}

const IMPORT: &str = "take it in with \"instep import graph\"";
const PART: &str = "it is a part of one; export the whole schema";

const KINDS: [Kind; 12] = [
    Kind { key: "userPrincipalName", one: "a user", many: "users", hint: IMPORT },
    Kind { key: "servicePrincipalType", one: "an application", many: "applications", hint: IMPORT },
    Kind { key: "appRoles", one: "an application", many: "applications", hint: IMPORT },
    Kind { key: "securityEnabled", one: "a group", many: "groups", hint: IMPORT },
    Kind { key: "groupTypes", one: "a group", many: "groups", hint: IMPORT },
    Kind {
        key: "appRoleId",
        one: "a role assignment",
        many: "role assignments",
        hint: "it comes with its application: \"instep import graph\"",
    },
    Kind {
        key: "provisioningSteps",
        one: "an entry of the provisioning log",
        many: "entries of the provisioning log",
        hint: EXPORT,
    },
    Kind {
        key: "factoryTag",
        one: "a template without its schema",
        many: "templates",
        hint: EXPORT,
    },
    Kind { key: "templateId", one: "a job without its schema", many: "jobs", hint: EXPORT },
    Kind {
        key: "objectMappings",
        one: "one synchronisation rule",
        many: "synchronisation rules",
        hint: PART,
    },
    Kind {
        key: "attributeMappings",
        one: "one object mapping",
        many: "object mappings",
        hint: PART,
    },
    Kind {
        key: "targetAttributeName",
        one: "one attribute mapping",
        many: "attribute mappings",
        hint: PART,
    },
];

fn kind(members: &Map<String, Value>) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| member(members, kind.key).is_some())
}

fn several(kind: &Kind, count: usize) -> Stranger {
    let what =
        if count == 1 { kind.one.to_owned() } else { format!("a list of {count} {}", kind.many) };
    stranger(what, kind.hint)
}

fn has_schema(members: &Map<String, Value>) -> bool {
    ["schema", "synchronizationSchema", "synchronizationRules"]
        .iter()
        .any(|name| member(members, name).is_some_and(|value| !value.is_null()))
}

fn member<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    members
        .get(name)
        .or_else(|| members.iter().find(|(key, _)| same_key(key, name)).map(|(_, value)| value))
}

fn between<'t>(text: &'t str, open: &str, close: &str) -> Option<&'t str> {
    let at = text.find(open)? + open.len();
    let end = text[at..].find(close)?;
    Some(text[at..at + end].trim()).filter(|title| !title.is_empty() && title.len() <= 120)
}

fn stranger(what: impl Into<String>, hint: impl Into<String>) -> Stranger {
    Stranger { what: what.into(), hint: hint.into() }
}
