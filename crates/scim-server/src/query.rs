//! What a client asks a list for, and the page that a store gives (RFC 7644 §3.4.2, RFC 9865).

use scim::sort::Sort;
use scim::{Filter, Projection, Resource, ResourceSchema, ScimError};

use crate::stored::Stored;

/// What a client asks a list for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Which resources; `None` for all.
    pub filter: Option<Filter>,
    /// In which order; `None` for the store's own, which stays the same from page to page.
    pub sort: Option<Sort>,
    /// Where the page begins.
    pub position: Position,
    /// How many at most: the client's wish or the default, within the limit. 0 asks only
    /// how many match.
    pub count: usize,
    /// Whether the client said how many.
    pub count_given: bool,
    /// What of each resource the answer shows.
    pub wanted: Projection,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// At the resource with this position, from 1.
    Index(usize),
    /// Where a [`Page::next_cursor`] or [`Page::previous_cursor`] of this store says; `None`
    /// for the first page. The server lets through only what the store gave for the same
    /// kind, filter and order, so a store can trust what it reads here.
    Cursor(Option<String>),
}

/// One page of resources: of values, or of what is [to be shown](crate::Stored).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<R = Resource> {
    /// How many match in all.
    pub total_results: usize,
    /// Those of this page, at most as many as were asked for.
    pub resources: Vec<R>,
    /// Where the next page begins, in words of the store's own; `None` if this is the last
    /// one. Asked for only with [`Position::Cursor`]. A key such as the last one's id
    /// serves better than a number, which shifts when resources come and go.
    pub next_cursor: Option<String>,
    /// Where the page before begins; a store need not tell.
    pub previous_cursor: Option<String>,
}

impl<R> Default for Page<R> {
    fn default() -> Self {
        Self { total_results: 0, resources: Vec::new(), next_cursor: None, previous_cursor: None }
    }
}

impl Page {
    /// The same, to be shown.
    pub(crate) fn into_stored(self) -> Page<Stored> {
        Page {
            total_results: self.total_results,
            resources: self.resources.into_iter().map(Stored::Values).collect(),
            next_cursor: self.next_cursor,
            previous_cursor: self.previous_cursor,
        }
    }
}

impl Page<Stored> {
    /// The same as values.
    ///
    /// # Errors
    /// As for [`Stored::into_values`].
    pub fn into_values(self) -> Result<Page, ScimError> {
        let values: Result<Vec<Resource>, ScimError> =
            self.resources.into_iter().map(Stored::into_values).collect();
        Ok(Page {
            total_results: self.total_results,
            resources: values?,
            next_cursor: self.next_cursor,
            previous_cursor: self.previous_cursor,
        })
    }
}

impl Query {
    /// How many resources are before the page. For stores whose service offers no cursors
    /// ([`crate::Flavour::cursor`]), or which take numbers as cursors.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.position.offset()
    }
}

impl Position {
    /// How many resources are before the page, if cursors are numbers.
    pub(crate) fn offset(&self) -> usize {
        match self {
            Self::Index(index) => index.saturating_sub(1),
            Self::Cursor(cursor) => {
                cursor.as_ref().and_then(|cursor| cursor.parse().ok()).unwrap_or_default()
            }
        }
    }
}

/// Picks a page from all resources by evaluating the filter on each and sorting what matches:
/// linear, for stores without an index. Its cursors are numbers.
pub fn select(
    resources: impl IntoIterator<Item = Resource>,
    query: &Query,
    schema: &ResourceSchema,
) -> Page {
    let matches = |resource: &Resource| {
        query.filter.as_ref().is_none_or(|filter| filter.matches(resource, schema))
    };
    let mut matching: Vec<Resource> = resources.into_iter().filter(matches).collect();
    if let Some(sort) = &query.sort {
        matching = sorted(matching, sort, schema);
    }
    let (total_results, offset) = (matching.len(), query.offset());
    let end = offset.saturating_add(query.count);
    let by_cursor = matches!(query.position, Position::Cursor(_));
    Page {
        total_results,
        resources: matching.into_iter().skip(offset).take(query.count).collect(),
        next_cursor: (by_cursor && end < total_results).then(|| end.to_string()),
        previous_cursor: (by_cursor && offset > 0)
            .then(|| offset.saturating_sub(query.count).to_string()),
    }
}

/// The resources in order, each value read once; equal ones stay as they were.
fn sorted(resources: Vec<Resource>, sort: &Sort, schema: &ResourceSchema) -> Vec<Resource> {
    let with_key = |resource: Resource| (sort.key(&resource, schema), resource);
    let mut keyed: Vec<_> = resources.into_iter().map(with_key).collect();
    keyed.sort_by(|(a, _), (b, _)| sort.compare_keys(a.as_ref(), b.as_ref()));
    keyed.into_iter().map(|(_, resource)| resource).collect()
}
