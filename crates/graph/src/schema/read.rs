//! From a file's bytes to a synchronisation schema, of any age and by whatever way it came.
//!
//! The text is decoded, checked for size and depth, parsed, taken out of what it is wrapped in and
//! turned into Graph's form. A file that is something else is recognised by what it is, since
//! "not a schema" helps nobody who picked the wrong one of four downloads.

use serde_json::{Map, Value};

use super::SynchronizationSchema;
use super::lenient::{self, same_key};
use super::place::{self, Place, Step};
use super::refusal::{Misplaced, SchemaError};
use super::remark::{Remark, Remarks};
use super::stranger;
use crate::text;

/// Most bytes of a file with a schema; the largest known ones have 2.3 MB.
pub const SCHEMA_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How deep objects and lists may lie inside each other: Graph itself does not write deeper ones.
pub const SCHEMA_DEPTH_MAX: usize = 120;

/// Most synchronisation rules; real schemas have one or two.
pub const RULE_COUNT_MAX: usize = 100;

/// Most object mappings of all rules.
pub const OBJECT_MAPPING_COUNT_MAX: usize = 1_000;

/// Most object definitions of all directories.
pub const OBJECT_COUNT_MAX: usize = 2_000;

/// How many wrappers a schema may lie in.
const WRAPPERS_MAX: usize = 4;

/// A schema with what was read leniently in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The schema, in Graph's form.
    pub schema: SynchronizationSchema,
    /// What Graph would have written otherwise.
    pub remarks: Vec<Remark>,
}

/// Reads a file.
///
/// # Errors
/// What the file is instead, or which of its values do not fit, with line and column.
pub fn read(bytes: &[u8]) -> Result<Reading, SchemaError> {
    if bytes.len() > SCHEMA_BYTES_MAX {
        return Err(SchemaError::TooLarge { bytes: bytes.len() });
    }
    let text = text::decode(bytes)?;
    let text = text.trim_end_matches('\0');
    let document = json(text)?;
    let mut remarks = Remarks::default();
    let (members, path) = unwrapped(document, &mut remarks)?;
    let normal = lenient::normal(members, path, &mut remarks).map_err(|misfits| {
        SchemaError::Misfits(
            misfits.into_iter().map(|misfit| Misplaced::new(misfit, text)).collect(),
        )
    })?;
    let schema = serde_json::from_value(normal)
        .map_err(|error| SchemaError::Shape { why: error.to_string() })?;
    within_bounds(&schema)?;
    Ok(Reading { schema, remarks: remarks.0 })
}

/// What is compared with each other later must be few.
fn within_bounds(schema: &SynchronizationSchema) -> Result<(), SchemaError> {
    let (rules, directories) = (&schema.synchronization_rules, &schema.directories);
    let mappings = rules.iter().map(|rule| rule.object_mappings.len()).sum();
    let objects = directories.iter().map(|directory| directory.objects.len()).sum();
    let counts = [
        ("synchronisation rules", rules.len(), RULE_COUNT_MAX),
        ("directories", directories.len(), RULE_COUNT_MAX),
        ("object mappings", mappings, OBJECT_MAPPING_COUNT_MAX),
        ("object definitions", objects, OBJECT_COUNT_MAX),
    ];
    match counts.into_iter().find(|(_, count, most)| count > most) {
        Some((what, count, most)) => Err(SchemaError::TooMany { what, count, most }),
        None => Ok(()),
    }
}

/// Reads a schema from its text, see [`read`].
///
/// # Errors
/// As for [`read`].
pub fn parse(text: &str) -> Result<SynchronizationSchema, SchemaError> {
    read(text.as_bytes()).map(|reading| reading.schema)
}

fn json(text: &str) -> Result<Value, SchemaError> {
    if let Some(stranger) = stranger::of_text(text) {
        return Err(SchemaError::Stranger(stranger));
    }
    if let Some(offset) = too_deep(text) {
        return Err(SchemaError::TooDeep { place: place::at(text, offset) });
    }
    serde_json::from_str(text).map_err(|error| {
        let offset = place::offset(text, error.line(), error.column());
        let place = place::at(text, offset);
        if error.is_eof() {
            SchemaError::Truncated { place }
        } else {
            not_json(text, offset, place, &error)
        }
    })
}

fn not_json(text: &str, offset: usize, place: Place, error: &serde_json::Error) -> SchemaError {
    let message = error.to_string();
    // The place is told by us, in characters.
    let why = message.rsplit_once(" at line ").map_or(message.as_str(), |(why, _)| why).to_owned();
    let near = text[offset..].chars().next().unwrap_or_default();
    let hint = match near {
        _ if why.starts_with("trailing comma") => "remove the comma before the bracket",
        '“' | '”' | '„' | '‘' | '’' => {
            "replace the typographic quotes by straight ones (\")"
        }
        '\'' => "JSON needs double quotes (\")",
        '/' | '#' => "JSON has no comments; remove them",
        _ if why.starts_with("trailing characters") => {
            "the document ends before this; remove what follows, or save each document in a file of its own"
        }
        _ => "export it again, or correct it there",
    };
    SchemaError::NotJson { place, why, hint }
}

/// The byte at which brackets are nested too deep.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > SCHEMA_DEPTH_MAX {
                    return Some(offset);
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The schema inside whatever it is wrapped in, and the way to it.
fn unwrapped(
    document: Value,
    remarks: &mut Remarks,
) -> Result<(Map<String, Value>, Vec<Step>), SchemaError> {
    let mut value = document;
    let mut path = Vec::new();
    for _ in 0..=WRAPPERS_MAX {
        match value {
            Value::Object(members) if is_schema(&members) => return Ok((members, path)),
            Value::Object(mut members) => {
                if let Some(stranger) = stranger::of_object(&members) {
                    return Err(SchemaError::Stranger(stranger));
                }
                let inside = members.keys().find(|key| is_wrapper(key, &members[*key])).cloned();
                let Some(key) = inside else {
                    return Err(SchemaError::Stranger(stranger::unknown(&members)));
                };
                value = members.remove(&key).unwrap_or_default();
                remarks.wrapper(&format!("\"{key}\""));
                path.push(Step::Key(key));
            }
            Value::Array(mut items) if items.len() == 1 => {
                value = items.remove(0);
                remarks.wrapper("a list of one");
                path.push(Step::Index(0));
            }
            Value::Array(items) => return Err(SchemaError::Stranger(stranger::of_list(&items))),
            Value::String(text) if text.trim_start().starts_with('{') => {
                value = json(&text)?;
                remarks.json_in_text();
            }
            other => return Err(SchemaError::Stranger(stranger::of_scalar(&other))),
        }
    }
    Err(SchemaError::Wrapped)
}

fn is_schema(members: &Map<String, Value>) -> bool {
    let has = |name: &str| members.keys().any(|key| same_key(key, name));
    has("synchronizationRules") || (has("directories") && !has("templateId"))
}

/// Keys below which Graph, the portal, SDKs and scripts put a schema.
const WRAPPERS: [&str; 6] = ["schema", "synchronizationSchema", "value", "body", "content", "data"];

fn is_wrapper(key: &str, value: &Value) -> bool {
    let holds = matches!(value, Value::Object(_) | Value::Array(_) | Value::String(_));
    holds && WRAPPERS.iter().any(|wrapper| same_key(wrapper, key))
}
