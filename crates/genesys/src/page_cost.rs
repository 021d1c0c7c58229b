//! Pages that cost too much: the vendor looks some attributes up by requests of its own, and
//! refuses to do that for more than a few resources.

use scim::{Path, Projection, ScimError};
use scim_server::{Query, ResourceKind};

use crate::{Organisation, schema::GENESYS_USER, scim_store::is_group, settings::LargePages};

/// The most resources in a page whose attributes are expensive to look up: the vendor's number.
const EXPENSIVE_PAGE_SIZE_MAX: usize = 25;

/// The status by which a page that is too large is told to the gateway, which answers 429 in
/// the platform's form; a 429 of the SCIM server itself means that waiting helps.
pub(crate) const PAGE_TOO_LARGE: u16 = 422;

impl Organisation {
    /// The query with a smaller count, if large pages are cut for whoever does not say what it
    /// wants to see.
    pub(crate) fn cut_page(&self, query: &Query) -> Query {
        let mut query = query.clone();
        let is_cut = self.settings.large_pages == LargePages::Cut
            && query.count_given
            && query.wanted == Projection::default();
        if is_cut {
            query.count = query.count.min(EXPENSIVE_PAGE_SIZE_MAX);
        }
        query
    }

    /// Refuses a page of `size` resources that is too expensive, if the setting is `rule`.
    pub(crate) fn admit_page(
        &self,
        kind: &ResourceKind,
        query: &Query,
        size: usize,
        rule: LargePages,
    ) -> Result<(), ScimError> {
        let is_large = query.count_given && size > EXPENSIVE_PAGE_SIZE_MAX;
        let is_expensive =
            || expensive(kind).iter().any(|path| query.wanted.wants(path, &kind.schema));
        if self.settings.large_pages == rule && is_large && is_expensive() {
            return Err(ScimError::new(PAGE_TOO_LARGE, "the page is too large for what it shows"));
        }
        Ok(())
    }
}

/// What the vendor looks up by requests of its own.
fn expensive(kind: &ResourceKind) -> Vec<Path> {
    if is_group(kind) {
        return vec![Path::attribute("externalId")];
    }
    let of_genesys =
        |name: &str| Path { schema: Some(GENESYS_USER.to_owned()), ..Path::attribute(name) };
    vec![
        Path::attribute("externalId"),
        Path::attribute("roles"),
        of_genesys("routingSkills"),
        of_genesys("routingLanguages"),
    ]
}
