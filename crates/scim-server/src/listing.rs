//! Lists of one kind of resource, by GET or by POST to `.search` (RFC 7644 §3.4.2 and
//! §3.4.3), page by page by index or by cursor (RFC 9865).

use axum::http::StatusCode;
use scim::message::{SearchRequest, urn};
use scim::sort::Sort;
use scim::{Filter, ScimError};
use serde_json::json;

use crate::answer::Answer;
use crate::computed::{Resolved, resolve};
use crate::cursor::Cursors;
use crate::exchange::Exchange;
use crate::json_text::{key, known_key, put, put_text, separate};
use crate::query::{Page, Position, Query};
use crate::request::projection;
use crate::service::{Flavour, ResourceKind};
use crate::store::ResourceStore;

/// Which part of the list is asked for.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) position: Position,
    pub(crate) count: usize,
    count_given: bool,
    /// What must be the same when a cursor comes back; empty if there is none.
    query: String,
}

impl<S: ResourceStore> Exchange<'_, S> {
    /// A page of one kind of resource.
    pub(crate) async fn list(
        &self,
        kind: &ResourceKind,
        search: &SearchRequest,
    ) -> Result<Answer, ScimError> {
        let flavour = &self.server.service.flavour;
        let frame = Frame::of(search, kind.name(), flavour, &self.server.cursors)?;
        let (page, wanted) = match self.query(kind, search, &frame)? {
            Some(query) => {
                (self.server.store.show_list(self.caller, kind, &query).await?, query.wanted)
            }
            None => Default::default(),
        };
        let shown = page.resources.len().min(frame.count);
        let mut text = self.begin(&frame, &page, shown);
        for (index, resource) in page.resources.into_iter().take(shown).enumerate() {
            separate(&mut text, index);
            self.writer.write(&mut text, kind, resource, &wanted)?;
        }
        Ok(end(text))
    }

    /// What the store is asked for; `None` if nothing of this kind can match.
    ///
    /// # Errors
    /// A filter, order or projection that cannot be read.
    pub(crate) fn query(
        &self,
        kind: &ResourceKind,
        search: &SearchRequest,
        frame: &Frame,
    ) -> Result<Option<Query>, ScimError> {
        let flavour = &self.server.service.flavour;
        let wanted = projection(search, &kind.schema)?;
        let sort = match &search.sort_by {
            Some(by) if flavour.sort => Some(Sort::parse(by, search.descending, &kind.schema)?),
            _ => None,
        };
        let filter = match &search.filter {
            None => None,
            Some(text) => {
                let filter = Filter::parse_with(text, flavour.filter).map_err(|error| {
                    ScimError::invalid_filter(format!("the filter cannot be used: {error}"))
                })?;
                filter.check(&kind.schema)?;
                let address_of = |name: &str| self.writer.address_of(name);
                match resolve(filter, kind, &self.writer.addresses(kind, &address_of))? {
                    Resolved::All => None,
                    Resolved::None => return Ok(None),
                    Resolved::Some(filter) => Some(filter),
                }
            }
        };
        let Frame { position, count, count_given, .. } = frame;
        let position = position.clone();
        Ok(Some(Query { filter, sort, position, count: *count, count_given: *count_given, wanted }))
    }

    /// The beginning of the answer, up to the resources.
    pub(crate) fn begin<R>(&self, frame: &Frame, page: &Page<R>, shown: usize) -> Vec<u8> {
        let mut text = Vec::with_capacity((shown + 1) * TEXT_SIZE_USUAL);
        known_key(&mut text, "{\"schemas\":[");
        put_text(&mut text, urn::LIST_RESPONSE);
        text.push(b']');
        known_key(&mut text, "\"totalResults\":");
        put(&mut text, &page.total_results);
        if let Position::Index(index) = frame.position {
            known_key(&mut text, "\"startIndex\":");
            put(&mut text, &index);
        }
        known_key(&mut text, "\"itemsPerPage\":");
        put(&mut text, &shown);
        let cursors =
            [("previousCursor", &page.previous_cursor), ("nextCursor", &page.next_cursor)];
        for (name, cursor) in cursors {
            if let (Some(cursor), Position::Cursor(_)) = (cursor, &frame.position) {
                key(&mut text, name);
                put_text(&mut text, &self.server.cursors.seal(cursor, &frame.query));
            }
        }
        known_key(&mut text, "\"Resources\":[");
        text
    }
}

/// The text of a resource in a list, so that a page needs few allocations.
const TEXT_SIZE_USUAL: usize = 1_024;

impl Frame {
    /// Reads which part is asked for of the list with this name.
    ///
    /// # Errors
    /// `invalidCursor`, `expiredCursor`, `invalidCount`, or both ways of paging at once.
    pub(crate) fn of(
        search: &SearchRequest,
        list: &str,
        flavour: &Flavour,
        cursors: &Cursors,
    ) -> Result<Self, ScimError> {
        let count_given = search.count.is_some();
        let (position, query) = match &search.cursor {
            Some(cursor) if flavour.cursor.is_some() => {
                check_cursor_paging(search, flavour.page_size_max)?;
                let query = fingerprint(search, list);
                let cursor = Some(cursor.trim()).filter(|cursor| !cursor.is_empty());
                let cursor = cursor.map(|cursor| cursors.open(cursor, &query)).transpose()?;
                (Position::Cursor(cursor), query)
            }
            _ => {
                let index = at_least_zero(search.start_index.unwrap_or(1)).max(1);
                (Position::Index(index), String::new())
            }
        };
        let count = search.count.map_or(flavour.page_size_default, at_least_zero);
        Ok(Self { position, count: count.min(flavour.page_size_max), count_given, query })
    }

    /// The same with another part of the list.
    pub(crate) fn at(&self, index: usize, count: usize) -> Self {
        let query = String::new();
        Self { position: Position::Index(index), count, count_given: self.count_given, query }
    }
}

/// The answer with the resources that were written behind the beginning.
pub(crate) fn end(mut text: Vec<u8>) -> Answer {
    text.extend_from_slice(b"]}");
    Answer::json(StatusCode::OK, text)
}

/// RFC 9865 §2: a page has at least one resource, and its position is the cursor alone.
fn check_cursor_paging(search: &SearchRequest, page_size_max: usize) -> Result<(), ScimError> {
    if search.start_index.is_some() {
        return Err(ScimError::invalid_value(
            "a page is found by \"cursor\" or by \"startIndex\": leave out one of them",
        ));
    }
    match search.count {
        Some(count) if count < 1 || at_least_zero(count) > page_size_max => {
            Err(ScimError::invalid_count(format!(
                "a page found by \"cursor\" has between 1 and {page_size_max} resources, not {count}: change \"count\" or leave it out"
            )))
        }
        _ => Ok(()),
    }
}

/// What of a search decides which resources come in which order.
fn fingerprint(search: &SearchRequest, list: &str) -> String {
    json!([list, search.filter, search.sort_by, search.descending]).to_string()
}

/// A number; one below zero counts as zero (RFC 7644 §3.4.2.4).
fn at_least_zero(number: i64) -> usize {
    usize::try_from(number.max(0)).unwrap_or(usize::MAX)
}
