//! Which filters on groups the vendor takes: `eq` on `id`, `displayName` or `externalId`.
//! Pure: no clock, no database, no network.

use scim::{Filter, ScimError, filter::Comparison, schema::urn};
use store::key;

use crate::user_filter::{is, set, text};

/// What a list of groups is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupSearch {
    /// The id.
    pub id: Option<String>,
    /// The folded displayName.
    pub name_key: Option<String>,
    /// An authority, and how it calls the group.
    pub external_id: Option<(String, String)>,
}

impl GroupSearch {
    /// Reads the filter of a list: `eq` on `id`, `displayName` or `externalId`.
    ///
    /// # Errors
    /// `invalidFilter`, which says what is supported.
    pub fn new(filter: Option<&Filter>, mirror: &str) -> Result<Self, ScimError> {
        let mut search = Self::default();
        let parts = match filter {
            None => &[],
            Some(Filter::And(parts)) => parts.as_slice(),
            Some(single) => std::slice::from_ref(single),
        };
        for part in parts {
            let Filter::Compare { path, comparison: Comparison::Equal, value } = part else {
                return Err(unsupported(part));
            };
            let text = text(value).ok_or_else(|| unsupported(part))?;
            if is(path, urn::GROUP, "id") {
                set(&mut search.id, text, part)?;
            } else if is(path, urn::GROUP, "displayName") {
                set(&mut search.name_key, key::fold(&text), part)?;
            } else if is(path, urn::GROUP, "externalId") {
                set(&mut search.external_id, (mirror.to_owned(), text), part)?;
            } else {
                return Err(unsupported(part));
            }
        }
        Ok(search)
    }
}

fn unsupported(part: &Filter) -> ScimError {
    ScimError::invalid_filter(format!(
        "the filter \"{part}\" is not supported: use eq on id, displayName or externalId, joined by and"
    ))
}
