//! How references to other resources are written, with the `$ref` that is the server's.

use super::pen::{Pen, special_of};
use super::{Layout, Special};
use crate::json_text::{key, known_key, put_text, separate};
use crate::stored::Reference;

impl<'p> Pen<'p> {
    /// A list of references that a store gives apart from the text.
    pub(super) fn references(
        self,
        layout: &Layout,
        name: &str,
        references: &[Reference],
        text: &mut Vec<u8>,
    ) {
        let special = special_of(&layout.top, name);
        if special.is_some_and(|special| special.is_hidden) {
            return;
        }
        key(text, name);
        text.push(b'[');
        for (index, reference) in references.iter().enumerate() {
            separate(text, index);
            self.reference(reference, special, text);
        }
        text.push(b']');
    }

    fn reference(self, reference: &Reference, special: Option<&Special>, text: &mut Vec<u8>) {
        let shows = |name: &str| special.is_none_or(|special| special.shows(name));
        let kind = reference.kind.as_deref();
        let parts = [
            ("value", "\"value\":", Some(reference.value.as_str())),
            ("display", "\"display\":", reference.display.as_deref()),
            ("type", "\"type\":", kind),
        ];
        text.push(b'{');
        for (name, key, part) in parts {
            if let Some(part) = part.filter(|_| shows(name)) {
                known_key(text, key);
                put_text(text, part);
            }
        }
        let target = special.and_then(|special| self.layout_of(kind, special));
        if let Some(layout) = target.filter(|_| shows("$ref")) {
            known_key(text, "\"$ref\":");
            self.location(layout, &reference.value, text);
        }
        text.push(b'}');
    }

    /// What a reference leads to: its type says which of the possible kinds it is.
    pub(super) fn layout_of(self, kind: Option<&str>, special: &Special) -> Option<&'p Layout> {
        if !special.is_reference {
            return None;
        }
        let named = kind.and_then(|name| self.layouts.named(name));
        named.or_else(|| self.layouts.named(special.refers_to.as_deref()?))
    }
}
