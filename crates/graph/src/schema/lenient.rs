//! Reading leniently: any spelling of a synchronisation schema as the one that Graph writes.
//!
//! A schema that went through an SDK, a script or a person has keys in other case, numbers in
//! quotes, names of enumerations in lower case or as numbers, and properties put aside in
//! `additionalData`. All of that is turned into Graph's form here, and told as a [`Remark`]; what
//! cannot be meant is a [`Misfit`]. Depth is bounded by the caller, who has parsed the text.

use serde_json::{Map, Number, Value};

use super::place::{self, Step};
use super::remark::{Leniency, Remarks};
use super::shape::{Object, SCHEMA, Shape};

/// A value that cannot be what its key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// Where it stands.
    pub(super) path: Vec<Step>,
    /// What should be there.
    pub(super) expected: String,
    /// What is there.
    pub(super) found: String,
    /// What may have happened.
    pub(super) hint: Option<&'static str>,
}

/// Turns a document into Graph's form.
///
/// # Errors
/// All values that cannot be what their keys hold.
pub(super) fn normal(
    document: Map<String, Value>,
    path: Vec<Step>,
    remarks: &mut Remarks,
) -> Result<Value, Vec<Misfit>> {
    let mut reader = Reader { path, remarks, misfits: Vec::new() };
    let schema = reader.object(&SCHEMA, document);
    if reader.misfits.is_empty() { Ok(schema) } else { Err(reader.misfits) }
}

/// Whether two keys are the same but for case and underscores.
pub(super) fn same_key(a: &str, b: &str) -> bool {
    fn letters(text: &str) -> impl Iterator<Item = u8> {
        text.bytes().filter(|b| *b != b'_').map(|b| b.to_ascii_lowercase())
    }
    a == b || letters(a).eq(letters(b))
}

struct Reader<'r> {
    path: Vec<Step>,
    remarks: &'r mut Remarks,
    misfits: Vec<Misfit>,
}

impl Reader<'_> {
    fn object(&mut self, object: &'static Object, members: Map<String, Value>) -> Value {
        let mut normal = Map::with_capacity(members.len());
        for (key, value) in self.put_back(members) {
            let known = object.0.iter().find(|(name, _)| same_key(name, &key));
            let Some((name, shape)) = known else {
                normal.insert(key, value);
                continue;
            };
            let other_spelling = *name != key;
            self.path.push(Step::Key(key));
            if other_spelling {
                self.remark(Leniency::KeySpelling);
            }
            let value = self.value(shape, value);
            self.path.pop();
            // The same key in two spellings: what Graph itself would read counts.
            if !other_spelling || !normal.contains_key(*name) {
                normal.insert((*name).to_owned(), value);
            }
        }
        Value::Object(normal)
    }

    /// The members with what SDKs put aside in its place again.
    fn put_back(&mut self, members: Map<String, Value>) -> Map<String, Value> {
        let is_sdks = |key: &str| SDK_KEYS.iter().any(|known| same_key(known, key));
        if !members.keys().any(|key| is_sdks(key)) {
            return members;
        }
        let (aside, mut members): (Map<_, _>, Map<_, _>) =
            members.into_iter().partition(|(key, _)| is_sdks(key));
        for (key, value) in aside {
            match value {
                Value::Object(more) if !same_key(&key, BACKING_STORE) => {
                    if !more.is_empty() {
                        self.path.push(Step::Key(key));
                        self.remark(Leniency::PutAside);
                        self.path.pop();
                    }
                    for (key, value) in more {
                        members.entry(key).or_insert(value);
                    }
                }
                Value::String(name) if same_key(&key, ODATA_TYPE) => {
                    members.entry("@odata.type").or_insert(Value::String(name));
                }
                _ => {}
            }
        }
        members
    }

    fn value(&mut self, shape: &'static Shape, value: Value) -> Value {
        if value.is_null() {
            return value;
        }
        match shape {
            Shape::Any => value,
            Shape::Text => self.text(value),
            Shape::JsonText => self.json_text(value),
            Shape::Flag => self.flag(value),
            Shape::Number => self.number(&value),
            Shape::Name(names) => self.name(names, value),
            Shape::Names(names) => self.names(names, &value),
            Shape::Object(object) => match value {
                Value::Object(members) => self.object(object, members),
                value => self.misfit("an object", &value),
            },
            Shape::List(item) => self.list(item, value),
        }
    }

    fn list(&mut self, item: &'static Shape, value: Value) -> Value {
        let items = match (item, value) {
            (_, Value::Array(items)) => items,
            // What scripts make of an empty list.
            (Shape::Object(_), Value::Object(members)) if members.is_empty() => Vec::new(),
            (Shape::Object(_), value @ Value::Object(_))
            | (Shape::Text, value @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
                self.remark(Leniency::SingleForList);
                vec![value]
            }
            (_, value) => return self.misfit("a list", &value),
        };
        let mut normal = Vec::with_capacity(items.len());
        for (index, value) in items.into_iter().enumerate() {
            // An entry that is nothing says nothing.
            if value.is_null() {
                continue;
            }
            self.path.push(Step::Index(index));
            normal.push(self.value(item, value));
            self.path.pop();
        }
        Value::Array(normal)
    }

    fn text(&mut self, value: Value) -> Value {
        match value {
            Value::String(_) => value,
            Value::Number(_) | Value::Bool(_) => {
                self.remark(Leniency::TextAsValue);
                Value::String(value.to_string())
            }
            value => self.misfit("a text", &value),
        }
    }

    fn json_text(&mut self, value: Value) -> Value {
        if let Value::String(_) = value {
            return value;
        }
        self.remark(Leniency::TextAsValue);
        Value::String(value.to_string())
    }

    fn flag(&mut self, value: Value) -> Value {
        let word = match &value {
            Value::Bool(_) => return value,
            Value::String(text) => text.trim().to_ascii_lowercase(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let flag = match word.as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => return self.misfit("true or false", &value),
        };
        self.remark(Leniency::FlagAsText);
        Value::Bool(flag)
    }

    fn number(&mut self, value: &Value) -> Value {
        let number = match value {
            Value::Number(number) => whole(number),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let Some(number) = number.and_then(|number: i64| i32::try_from(number).ok()) else {
            return self.misfit("a whole number", value);
        };
        if value.is_string() {
            self.remark(Leniency::NumberAsText);
        }
        Value::from(number)
    }

    fn name(&mut self, names: &'static [&'static str], value: Value) -> Value {
        let known = match &value {
            Value::String(text) => names.iter().find(|name| same_key(name, text.trim())),
            Value::Number(number) => {
                whole(number).and_then(|place| names.get(usize::try_from(place).ok()?))
            }
            _ => None,
        };
        match (known, &value) {
            (Some(name), Value::String(text)) if name == text => value,
            (Some(name), _) => {
                self.remark(Leniency::NameSpelling);
                Value::from(*name)
            }
            (None, Value::String(text)) if text.trim().is_empty() || same_key(text, FUTURE) => {
                self.remark(Leniency::FutureValue);
                Value::Null
            }
            (None, _) => self.misfit(&format!("one of {}", names.join(", ")), &value),
        }
    }

    fn names(&mut self, names: &'static [&'static str], value: &Value) -> Value {
        let all = match value {
            Value::String(text) => text.clone(),
            // The bits of an enumeration.
            Value::Number(number) => match whole(number) {
                Some(bits @ 0..) if bits < 1 << names.len() => {
                    let set = names.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
                    set.map(|(_, name)| *name).collect::<Vec<_>>().join(",")
                }
                _ => number.to_string(),
            },
            Value::Array(names) if names.iter().all(Value::is_string) => {
                names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
            }
            _ => return self.misfit(&format!("some of {}", names.join(",")), value),
        };
        let mut known = Vec::new();
        for word in all.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match names.iter().find(|name| same_key(name, word)) {
                Some(name) => known.push(*name),
                None if same_key(word, "None") => {}
                None => return self.misfit(&format!("some of {}", names.join(",")), value),
            }
        }
        let normal = if known.is_empty() { "None".to_owned() } else { known.join(",") };
        // Blanks after the commas are Graph's own habit of former years.
        if value.as_str().is_none_or(|text| text.replace(' ', "") != normal) {
            self.remark(Leniency::NameSpelling);
        }
        Value::String(normal)
    }

    fn remark(&mut self, kind: Leniency) {
        self.remarks.add(kind, || place::written(&self.path));
    }

    /// Notes what does not fit; the null that stands for it is never looked at.
    fn misfit(&mut self, expected: &str, value: &Value) -> Value {
        let (found, hint) = match value {
            Value::String(text) => (format!("the text {:?}", shortened(text)), cut_off(text)),
            Value::Array(items) => (format!("a list of {}", items.len()), None),
            Value::Object(_) => ("an object".to_owned(), None),
            value => (value.to_string(), None),
        };
        if self.misfits.len() < MISFITS_MAX {
            let path = self.path.clone();
            self.misfits.push(Misfit { path, expected: expected.to_owned(), found, hint });
        }
        Value::Null
    }
}

/// Most values that one error names.
const MISFITS_MAX: usize = 20;

/// Most characters of a wrong text that are repeated.
const SHOWN_MAX: usize = 40;

const ADDITIONAL_DATA: &str = "additionalData";
const ADDITIONAL_PROPERTIES: &str = "additionalProperties";
const BACKING_STORE: &str = "backingStore";
const ODATA_TYPE: &str = "odataType";
const FUTURE: &str = "unknownFutureValue";

/// Keys that SDKs add to every object.
const SDK_KEYS: [&str; 4] = [ADDITIONAL_DATA, ADDITIONAL_PROPERTIES, BACKING_STORE, ODATA_TYPE];

fn whole(number: &Number) -> Option<i64> {
    let whole = number.as_i64();
    #[expect(clippy::cast_possible_truncation, reason = "compared with the original")]
    whole
        .or_else(|| number.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 1e9).map(|n| n as i64))
}

/// What PowerShell writes for what lies deeper than it was told to go.
fn cut_off(text: &str) -> Option<&'static str> {
    let stands_for = ["@{", "System.", "Microsoft.Graph"];
    stands_for
        .iter()
        .any(|start| text.starts_with(start))
        .then_some("ConvertTo-Json cut it off; export again with \"ConvertTo-Json -Depth 50\"")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
