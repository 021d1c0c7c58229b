//! What differs between two schemas, in the words of an administrator.
//!
//! Entries are told apart by their names (a mapping by its target attribute), so a moved entry is
//! no difference. The ids and version texts of the documents are none either.

mod definition;
mod filter;
mod mapping;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{KeyValue, SynchronizationRule, SynchronizationSchema};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Where, such as `User mapping, target attribute "title"`.
    pub place: String,
    /// Whether it came, went or changed.
    pub change: Change,
    /// What came, went or changed there, such as `expression`.
    pub what: String,
    /// What stood there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What stands there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// How something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Changed,
}

/// What differs in `new` from `old`; empty exactly if a job does the same with both.
#[must_use]
pub fn difference(old: &SynchronizationSchema, new: &SynchronizationSchema) -> Vec<Difference> {
    let mut found = Differences::default();
    let name = |rule: &SynchronizationRule| shown(rule.name.as_ref());
    for (old, new) in pairs(&old.synchronization_rules, &new.synchronization_rules, name) {
        rule(&mut found, old, new);
    }
    definition::directories(&mut found, &old.directories, &new.directories);
    found.extra("schema", &old.extra, &new.extra);
    found.0
}

fn rule(
    found: &mut Differences,
    old: Option<&SynchronizationRule>,
    new: Option<&SynchronizationRule>,
) {
    let place = format!("rule \"{}\"", shown(old.or(new).and_then(|rule| rule.name.as_ref())));
    let counted =
        |rule: &SynchronizationRule| format!("{} object mappings", rule.object_mappings.len());
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (old, new) => return found.whole(&place, "rule", old.map(counted), new.map(counted)),
    };
    let text = |value: &Option<String>| value.clone();
    found.field(
        &place,
        "source directory",
        text(&old.source_directory_name),
        text(&new.source_directory_name),
    );
    found.field(
        &place,
        "target directory",
        text(&old.target_directory_name),
        text(&new.target_directory_name),
    );
    found.field(&place, "priority", old.priority.to_string(), new.priority.to_string());
    found.field(&place, "editable", yes_no(old.editable), yes_no(new.editable));
    let json =
        |value: &Option<Value>| value.as_ref().filter(|v| !v.is_null()).map(Value::to_string);
    found.field(
        &place,
        "container filter",
        json(&old.container_filter),
        json(&new.container_filter),
    );
    found.field(&place, "group filter", json(&old.group_filter), json(&new.group_filter));
    found.settings(&place, &old.metadata, &new.metadata);
    found.extra(&place, &old.extra, &new.extra);
    mapping::object_mappings(found, &old.object_mappings, &new.object_mappings);
}

/// The differences so far.
#[derive(Default)]
struct Differences(Vec<Difference>);

impl Differences {
    /// Notes that something came or went as a whole.
    fn whole(&mut self, place: &str, what: &str, before: Option<String>, after: Option<String>) {
        let change = match (&before, &after) {
            (None, Some(_)) => Change::Added,
            (Some(_), None) => Change::Removed,
            _ => Change::Changed,
        };
        let (place, what) = (place.to_owned(), what.to_owned());
        self.0.push(Difference { place, change, what, before, after });
    }

    /// Notes a field whose value differs.
    fn field(
        &mut self,
        place: &str,
        what: &str,
        before: impl Into<Option<String>>,
        after: impl Into<Option<String>>,
    ) {
        let (before, after) = (before.into(), after.into());
        if before != after {
            self.whole(place, what, before, after);
        }
    }

    /// Notes settings (`metadata`) that differ.
    fn settings(&mut self, place: &str, old: &[KeyValue], new: &[KeyValue]) {
        let key = |setting: &KeyValue| shown(setting.key.as_ref());
        for (old, new) in pairs(old, new, key) {
            let what = format!("setting {}", old.or(new).map(key).unwrap_or_default());
            let value = |setting: Option<&KeyValue>| {
                setting.map(|setting| setting.value.clone().unwrap_or_default())
            };
            self.field(place, &what, value(old), value(new));
            if let (Some(old), Some(new)) = (old, new) {
                self.extra(&format!("{place}, {what}"), &old.extra, &new.extra);
            }
        }
    }

    /// Notes keys that this version does not know and that differ.
    fn extra(&mut self, place: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let added = new.keys().filter(|key| !old.contains_key(*key));
        for key in old.keys().chain(added).filter(|key| !key.contains("@odata.")) {
            let value = |map: &Map<String, Value>| map.get(key).map(Value::to_string);
            self.field(place, &format!("\"{key}\""), value(old), value(new));
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, what, before, after, change } = self;
        let word = match change {
            Change::Added => "added",
            Change::Removed => "removed",
            Change::Changed => "changed",
        };
        write!(f, "{place}: {what} {word}")?;
        if let Some(before) = before {
            write!(f, "\n  - {}", indented(before))?;
        }
        if let Some(after) = after {
            write!(f, "\n  + {}", indented(after))?;
        }
        Ok(())
    }
}

fn indented(text: &str) -> String {
    if text.is_empty() { "\"\"".to_owned() } else { text.replace('\n', "\n    ") }
}

/// The entries of two lists that belong together: those with the same name, and of several with
/// the same name the first with the first. In the old order, then what is new.
fn pairs<'s, T>(
    old: &'s [T],
    new: &'s [T],
    name: impl Fn(&T) -> String,
) -> Vec<(Option<&'s T>, Option<&'s T>)> {
    let mut waiting: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, entry) in new.iter().enumerate().rev() {
        waiting.entry(name(entry)).or_default().push(index);
    }
    let mut taken = vec![false; new.len()];
    let mut pairs = Vec::with_capacity(old.len().max(new.len()));
    for entry in old {
        let index = waiting.get_mut(&name(entry)).and_then(Vec::pop);
        if let Some(index) = index {
            taken[index] = true;
        }
        pairs.push((Some(entry), index.map(|index| &new[index])));
    }
    let added = new.iter().zip(taken).filter(|(_, taken)| !taken);
    pairs.extend(added.map(|(entry, _)| (None, Some(entry))));
    pairs
}

fn shown(name: Option<&String>) -> String {
    name.cloned().unwrap_or_default()
}

fn yes_no(flag: bool) -> String {
    if flag { "yes" } else { "no" }.to_owned()
}

#[cfg(test)]
mod tests;
