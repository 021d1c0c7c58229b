//! What cannot change once it has a value (RFC 7643 §7, `immutable`), however it is written:
//! by its own path, with the value around it, or by removing that.

use serde_json::Value;

use super::write::Write;
use crate::message::ScimError;
use crate::path::excerpt;
use crate::resource::value_of;
use crate::schema::{Attribute, Mutability};

impl Write<'_> {
    /// An immutable attribute or part of it may be given a value once (RFC 7643 §7).
    pub(super) fn check_immutable(
        &self,
        definition: &Attribute,
        there: Option<&Value>,
        given: Option<&Value>,
    ) -> Result<(), ScimError> {
        let there = there.filter(|value| !value.is_null());
        if definition.mutability != Mutability::Immutable || there.is_none() || there == given {
            return Ok(());
        }
        let way_out = if self.attribute.multi_valued {
            "remove and add the whole element"
        } else {
            "leave it as it is"
        };
        Err(ScimError::mutability(format!(
            "the attribute \"{}\" cannot change once it has a value: {way_out}",
            self.path_of(definition)
        )))
    }

    /// The path of what is written or of a part of it, for an error.
    pub(super) fn path_of(&self, definition: &Attribute) -> String {
        let is_part =
            !std::ptr::eq(definition, self.attribute) && self.path.sub_attribute.is_none();
        let mut path = self.path.clone();
        if is_part {
            path = path.with_sub_attribute(&definition.name);
        }
        excerpt(&path.to_string())
    }

    /// Whether elements have parts that cannot change; those of references are never written.
    pub(super) fn has_immutable_parts(&self) -> bool {
        let mut parts = self.attribute.sub_attributes.iter();
        !self.attribute.is_reference_list()
            && parts.any(|part| part.mutability == Mutability::Immutable)
    }

    /// Refuses to complete a value by `given` if that changes an immutable part.
    pub(super) fn check_merged(&self, there: &Value, given: &Value) -> Result<(), ScimError> {
        for part in &self.attribute.sub_attributes {
            let given = given.as_object().and_then(|values| value_of(values, &part.name));
            if given.is_some() {
                let there = there.as_object().and_then(|values| value_of(values, &part.name));
                self.check_immutable(part, there, given)?;
            }
        }
        Ok(())
    }

    /// Refuses to clear a single value that has an immutable part: a new one could differ.
    pub(super) fn check_cleared(&self, there: &Value) -> Result<(), ScimError> {
        let Some(values) = there.as_object() else { return Ok(()) };
        self.attribute
            .sub_attributes
            .iter()
            .try_for_each(|part| self.check_immutable(part, value_of(values, &part.name), None))
    }
}

/// Whether a part stays though the element around it is replaced.
pub(super) fn is_kept(part: &Attribute) -> bool {
    matches!(part.mutability, Mutability::ReadOnly | Mutability::Immutable)
}
