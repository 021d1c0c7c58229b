//! Text of JSON, written piece by piece.

use serde::Serialize;
use serde_json::Value;

/// Puts a comma between elements of a list.
pub(crate) fn separate(text: &mut Vec<u8>, index: usize) {
    if index > 0 {
        text.push(b',');
    }
}

/// Begins a pair of an object.
pub(crate) fn key(text: &mut Vec<u8>, name: &str) {
    if text.last() != Some(&b'{') {
        text.push(b',');
    }
    put(text, name);
    text.push(b':');
}

/// Begins a pair of an object, of whose text this is the beginning.
pub(crate) fn known_key(text: &mut Vec<u8>, key: &str) {
    if !matches!(text.last(), None | Some(b'{')) {
        text.push(b',');
    }
    text.extend_from_slice(key.as_bytes());
}

/// Writes a text, most of which have nothing in them that JSON escapes.
pub(crate) fn put_text(text: &mut Vec<u8>, value: &str) {
    if has_escapes(value) {
        return put(text, value);
    }
    text.push(b'"');
    text.extend_from_slice(value.as_bytes());
    text.push(b'"');
}

/// Looks at every byte, which is quicker than to stop at the first: few have any.
fn has_escapes(text: &str) -> bool {
    let is_escaped = |byte: u8| matches!(byte, 0..b' ' | b'"' | b'\\');
    text.bytes().filter(|byte| is_escaped(*byte)).count() > 0
}

/// Writes a value.
pub(crate) fn put(text: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(text, value).expect("writing JSON values to memory cannot fail");
}

/// A text of JSON without its quotes.
pub(crate) fn escaped(text: &str) -> String {
    if !has_escapes(text) {
        return text.to_owned();
    }
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
