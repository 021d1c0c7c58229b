//! How one resource is written, piece by piece.

use scim::{Resource, ScimError};
use serde_json::{Map, Value};

use super::{Layout, Layouts, Special};
use crate::json_text::{key, known_key, put, put_text, separate};
use crate::pairs::{Pair, pairs};
use crate::stored::{StoredText, unreadable};
use crate::writer::{Writer, id_of, segment};

/// A value: read, or the text that a store keeps.
#[derive(Clone, Copy)]
enum Piece<'v> {
    Value(&'v Value),
    Text(&'v Pair<'v>),
}

impl Piece<'_> {
    fn is_object(self) -> bool {
        match self {
            Self::Value(value) => value.is_object(),
            Self::Text(pair) => pair.value.starts_with('{'),
        }
    }

    /// Whether it is an object without pairs.
    fn is_empty(self) -> bool {
        match self {
            Self::Value(value) => value.as_object().is_some_and(Map::is_empty),
            Self::Text(pair) => {
                let inside = pair.value.strip_prefix('{').and_then(|raw| raw.strip_suffix('}'));
                inside.is_some_and(|inside| inside.trim_ascii().is_empty())
            }
        }
    }
}

/// What writes one resource.
#[derive(Clone, Copy)]
pub(super) struct Pen<'p> {
    pub(super) layouts: &'p Layouts,
    pub(super) writer: &'p Writer<'p>,
}

impl Pen<'_> {
    /// A resource that is values.
    pub(super) fn values(
        self,
        layout: &Layout,
        resource: &Resource,
        text: &mut Vec<u8>,
    ) -> Result<(), ScimError> {
        let pairs = resource.iter().map(|(name, value)| (name.as_str(), Piece::Value(value)));
        schemas(layout, pairs.clone(), text);
        for (name, piece) in pairs.filter(|(name, _)| *name != "schemas") {
            match piece {
                Piece::Value(Value::Object(meta)) if name == "meta" => {
                    self.meta_of_values(layout, id_of(resource), meta, text);
                }
                piece => self.top(layout, name, piece, text)?,
            }
        }
        text.push(b'}');
        Ok(())
    }

    /// A resource whose attributes are text.
    pub(super) fn text(
        self,
        layout: &Layout,
        stored: &StoredText,
        text: &mut Vec<u8>,
    ) -> Result<(), ScimError> {
        let pairs = pairs(&stored.attributes).map_err(|error| unreadable(&error))?;
        schemas(layout, pairs.iter().map(|pair| (pair.name(), Piece::Text(pair))), text);
        known_key(text, "\"id\":");
        put_text(text, &stored.id);
        for pair in &pairs {
            self.top(layout, &pair.name(), Piece::Text(pair), text)?;
        }
        for (name, references) in &stored.references {
            self.references(layout, name, references, text);
        }
        self.meta_of_text(layout, stored, text);
        text.push(b'}');
        Ok(())
    }

    fn meta_of_values(
        self,
        layout: &Layout,
        id: &str,
        meta: &Map<String, Value>,
        text: &mut Vec<u8>,
    ) {
        let is_own = |name: &str| matches!(name, "version" | "resourceType" | "location");
        let version = meta.get("version").and_then(Value::as_str);
        self.meta(layout, id, version, text, |text| {
            for (name, value) in meta.iter().filter(|(name, _)| !is_own(name)) {
                key(text, name);
                put(text, value);
            }
        });
    }

    fn meta_of_text(self, layout: &Layout, stored: &StoredText, text: &mut Vec<u8>) {
        self.meta(layout, &stored.id, Some(&stored.version), text, |text| {
            known_key(text, "\"created\":");
            put_text(text, &stored.created);
            known_key(text, "\"lastModified\":");
            put_text(text, &stored.last_modified);
        });
    }

    fn meta(
        self,
        layout: &Layout,
        id: &str,
        version: Option<&str>,
        text: &mut Vec<u8>,
        own: impl FnOnce(&mut Vec<u8>),
    ) {
        known_key(text, "\"meta\":{\"resourceType\":");
        put_text(text, &layout.name);
        own(text);
        known_key(text, "\"location\":");
        self.location(layout, id, text);
        if let Some(version) = version {
            known_key(text, "\"version\":");
            put_text(text, &self.writer.version(version));
        }
        text.push(b'}');
    }

    /// An attribute at the top, or an extension.
    fn top(
        self,
        layout: &Layout,
        name: &str,
        piece: Piece<'_>,
        text: &mut Vec<u8>,
    ) -> Result<(), ScimError> {
        if !is_urn(name) || !piece.is_object() {
            return self.attribute(name, piece, &layout.top, text);
        }
        match (layout.below(name), piece) {
            (specials, Piece::Value(Value::Object(values))) => {
                let pairs = values.iter().map(|(name, value)| (name.as_str(), Piece::Value(value)));
                self.extension(name, pairs, specials, text)
            }
            (specials, Piece::Text(pair)) if !specials.is_empty() => {
                let pairs = pairs(pair.value).map_err(|error| unreadable(&error))?;
                let pairs = pairs.iter().map(|pair| (pair.name(), Piece::Text(pair)));
                self.extension(name, pairs, specials, text)
            }
            (_, piece) if piece.is_empty() => Ok(()),
            (_, piece) => self.attribute(name, piece, &[], text),
        }
    }

    fn extension<'v>(
        self,
        urn: &str,
        pairs: impl Iterator<Item = (impl AsRef<str>, Piece<'v>)>,
        specials: &[Special],
        text: &mut Vec<u8>,
    ) -> Result<(), ScimError> {
        let start = text.len();
        key(text, urn);
        text.push(b'{');
        let empty = text.len();
        for (name, piece) in pairs {
            self.attribute(name.as_ref(), piece, specials, text)?;
        }
        if text.len() == empty {
            // All of it is hidden.
            text.truncate(start);
        } else {
            text.push(b'}');
        }
        Ok(())
    }

    fn attribute(
        self,
        name: &str,
        piece: Piece<'_>,
        specials: &[Special],
        text: &mut Vec<u8>,
    ) -> Result<(), ScimError> {
        let special = special_of(specials, name);
        if special.is_some_and(|special| special.is_hidden) {
            return Ok(());
        }
        match (special, piece) {
            (None, Piece::Text(pair)) => known_key(text, pair.whole),
            (None, Piece::Value(value)) => {
                key(text, name);
                put(text, value);
            }
            (Some(special), Piece::Value(value)) => self.special(name, value, special, text),
            (Some(special), Piece::Text(pair)) => {
                let value: Value =
                    serde_json::from_str(pair.value).map_err(|error| unreadable(&error))?;
                self.special(name, &value, special, text);
            }
        }
        Ok(())
    }

    /// Of what is hidden as a whole nothing is left, be it an element or the attribute.
    fn special(self, name: &str, value: &Value, special: &Special, text: &mut Vec<u8>) {
        let start = text.len();
        key(text, name);
        let shows = match value {
            Value::Array(elements) => self.elements(elements, special, text),
            Value::Object(parts) => self.parts(parts, special, text),
            simple => {
                put(text, simple);
                true
            }
        };
        if !shows {
            text.truncate(start);
        }
    }

    /// Whether something of the elements shows, or there are none.
    fn elements(self, elements: &[Value], special: &Special, text: &mut Vec<u8>) -> bool {
        text.push(b'[');
        let mut count = 0;
        for element in elements {
            let start = text.len();
            separate(text, count);
            let shows = match element {
                Value::Object(parts) => self.parts(parts, special, text),
                simple => {
                    put(text, simple);
                    true
                }
            };
            if shows {
                count += 1;
            } else {
                text.truncate(start);
            }
        }
        text.push(b']');
        count > 0 || elements.is_empty()
    }

    /// Whether one of the parts shows, or there are none.
    fn parts(self, parts: &Map<String, Value>, special: &Special, text: &mut Vec<u8>) -> bool {
        let part = |name: &str| parts.get(name).and_then(Value::as_str);
        let target = self.layout_of(part("type"), special).zip(part("value"));
        text.push(b'{');
        for (name, part) in parts.iter().filter(|(name, _)| special.shows(name)) {
            if target.is_none() || name != "$ref" {
                key(text, name);
                put(text, part);
            }
        }
        if let Some((layout, id)) = target.filter(|_| special.shows("$ref")) {
            known_key(text, "\"$ref\":");
            self.location(layout, id, text);
        }
        let shows = text.last() != Some(&b'{') || parts.is_empty();
        text.push(b'}');
        shows
    }

    pub(super) fn location(self, layout: &Layout, id: &str, text: &mut Vec<u8>) {
        text.push(b'"');
        text.extend_from_slice(self.writer.escaped_base().as_bytes());
        text.extend_from_slice(layout.endpoint.as_bytes());
        text.extend_from_slice(segment(id).as_bytes());
        text.push(b'"');
    }
}

/// Begins a resource with its schemas: the core, and each extension that has values.
fn schemas<'v>(
    layout: &Layout,
    pairs: impl Iterator<Item = (impl AsRef<str>, Piece<'v>)>,
    text: &mut Vec<u8>,
) {
    text.extend_from_slice(b"{\"schemas\":[");
    put_text(text, &layout.core);
    for (name, piece) in pairs {
        let name = name.as_ref();
        if is_urn(name) && piece.is_object() && !piece.is_empty() {
            text.push(b',');
            match piece {
                Piece::Value(_) => put_text(text, name),
                Piece::Text(pair) => text.extend_from_slice(pair.quoted_name.as_bytes()),
            }
        }
    }
    text.push(b']');
}

pub(super) fn special_of<'s>(specials: &'s [Special], name: &str) -> Option<&'s Special> {
    specials.iter().find(|special| special.name.eq_ignore_ascii_case(name))
}

fn is_urn(name: &str) -> bool {
    name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}
