//! References to what another operation of the same request creates: `bulkId:qwerty`.
//!
//! They stand as a whole text (`"value": "bulkId:qwerty"`), as a segment of an address
//! (`/Users/bulkId:qwerty`) or in quotes inside a path (`members[value eq "bulkId:qwerty"]`).

use std::borrow::Cow;

use serde_json::Value;

const PREFIX: &str = "bulkId:";

/// Calls `found` with the name of each reference in `text`.
pub(super) fn in_text<'t>(text: &'t str, found: &mut dyn FnMut(&'t str)) {
    let mut rest = Some(text);
    let mut before = None;
    while let Some(here) = rest {
        let Some((start, name)) = next(here, before) else { return };
        found(name);
        let end = start + PREFIX.len() + name.len();
        before = here[..end].chars().next_back();
        rest = here.get(end..);
    }
}

/// Calls `found` with the name of each reference anywhere in `value`.
pub(super) fn in_value<'v>(value: &'v Value, found: &mut dyn FnMut(&'v str)) {
    match value {
        Value::String(text) => in_text(text, found),
        Value::Array(elements) => elements.iter().for_each(|element| in_value(element, found)),
        Value::Object(values) => values.values().for_each(|value| in_value(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a reference for which `test` holds is anywhere in `value`.
pub(super) fn any(value: &Value, test: &dyn Fn(&str) -> bool) -> bool {
    let mut holds = false;
    in_value(value, &mut |name| holds |= test(name));
    holds
}

/// The text with the ids of what the references mean; those without an id stay.
pub(super) fn resolved_text<'t>(
    text: &'t str,
    id: &dyn Fn(&str) -> Option<String>,
) -> Cow<'t, str> {
    let mut resolved = String::new();
    let mut rest = text;
    let mut before = None;
    while let Some((start, name)) = next(rest, before) {
        let end = start + PREFIX.len() + name.len();
        resolved.push_str(&rest[..start]);
        match id(name) {
            Some(id) => resolved.push_str(&id),
            None => resolved.push_str(&rest[start..end]),
        }
        before = rest[..end].chars().next_back();
        rest = &rest[end..];
    }
    if rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    resolved.push_str(rest);
    Cow::Owned(resolved)
}

/// Puts the ids of what the references mean into `value`.
pub(super) fn resolve(value: &mut Value, id: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(resolved) = resolved_text(text, id) {
                *text = resolved;
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| resolve(element, id)),
        Value::Object(values) => values.values_mut().for_each(|value| resolve(value, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The first reference in `text`: where it starts and its name. `before` is the character
/// in front of `text`, `None` where a text begins.
fn next(text: &str, before: Option<char>) -> Option<(usize, &str)> {
    let mut from = 0;
    while let Some(offset) = find_prefix(&text[from..]) {
        let start = from + offset;
        let name = &text[start + PREFIX.len()..];
        let front = text[..start].chars().next_back().or(before);
        let end = match front {
            None => Some(name.len()),
            Some('/') => Some(name.find(['/', '?', '#', '"', ']']).unwrap_or(name.len())),
            Some('"') => name.find('"'),
            Some(_) => None,
        };
        match end {
            Some(end) if end > 0 => return Some((start, &name[..end])),
            _ => from = start + PREFIX.len(),
        }
    }
    None
}

fn find_prefix(text: &str) -> Option<usize> {
    // A quick search for the colon keeps texts without references cheap.
    text.match_indices(':').find_map(|(colon, _)| {
        let start = (colon + 1).checked_sub(PREFIX.len())?;
        let candidate = text.get(start..=colon)?;
        candidate.eq_ignore_ascii_case(PREFIX).then_some(start)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(text: &str, names: &[&str], resolved: &str) {
        let mut found = Vec::new();
        in_text(text, &mut |name| found.push(name));
        assert_eq!(found, names);
        assert_eq!(resolved_text(text, &|name| Some(format!("<{name}>"))), resolved);
        assert_eq!(resolved_text(text, &|_| None), text);
    }

    #[test]
    fn a_reference_is_a_whole_text_a_segment_or_quoted() {
        check("bulkId:a", &["a"], "<a>");
        check("BULKID:a b", &["a b"], "<a b>");
        check("/Users/bulkId:a", &["a"], "/Users/<a>");
        check("https://x/Users/bulkId:a/groups", &["a"], "https://x/Users/<a>/groups");
        check(
            "members[value eq \"bulkId:a\" or value eq \"bulkId:b\"].value",
            &["a", "b"],
            "members[value eq \"<a>\" or value eq \"<b>\"].value",
        );
    }

    #[test]
    fn other_texts_are_left_alone() {
        check("no bulkId:a here", &[], "no bulkId:a here");
        check("bulkId:", &[], "bulkId:");
        check("urn:ietf:params", &[], "urn:ietf:params");
        check("é:bulkId", &[], "é:bulkId");
    }

    #[test]
    fn references_are_found_at_any_place() {
        let mut data = json!({"a": ["bulkId:x", {"b": {"$ref": "../bulkId:y"}}], "bulkId:z": 1});
        let mut found = Vec::new();
        in_value(&data, &mut |name| found.push(name.to_owned()));
        assert_eq!(found, ["x", "y"]);
        resolve(&mut data, &|name| (name == "x").then(|| "7".to_owned()));
        assert_eq!(data, json!({"a": ["7", {"b": {"$ref": "../bulkId:y"}}], "bulkId:z": 1}));
    }
}
