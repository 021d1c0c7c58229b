//! Lists of one kind of resource, by GET or by POST to `.search` (RFC 7644 §3.4.2 and
//! §3.4.3), page by page by index or by cursor (RFC 9865).

use axum::http::StatusCode;
use scim::message::{SearchRequest, urn};
use scim::sort::Sort;
use scim::{Filter, ScimError};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::computed::{Resolved, resolve};
use crate::cursor::Cursors;
use crate::exchange::Exchange;
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
    /// What must be the same when a cursor comes back.
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
                match resolve(filter, kind, &self.writer.location(kind, "")) {
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
        let mut head = json!({
            "schemas": [urn::LIST_RESPONSE],
            "totalResults": page.total_results,
        });
        match frame.position {
            Position::Index(index) => {
                head["startIndex"] = index.into();
                head["itemsPerPage"] = shown.into();
            }
            Position::Cursor(_) => {
                head["itemsPerPage"] = shown.into();
                let mut put = |name: &str, cursor: &Option<String>| {
                    if let Some(cursor) = cursor {
                        head[name] = self.server.cursors.seal(cursor, &frame.query).into();
                    }
                };
                put("previousCursor", &page.previous_cursor);
                put("nextCursor", &page.next_cursor);
            }
        }
        let mut text = Vec::with_capacity((shown + 1) * TEXT_SIZE_USUAL);
        write(&mut text, &head);
        text.pop();
        text.extend_from_slice(b",\"Resources\":[");
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
        let query = fingerprint(search, list);
        let count_given = search.count.is_some();
        let position = match &search.cursor {
            Some(cursor) if flavour.cursor.is_some() => {
                check_cursor_paging(search, flavour.page_size_max)?;
                let cursor = Some(cursor.trim()).filter(|cursor| !cursor.is_empty());
                Position::Cursor(cursor.map(|cursor| cursors.open(cursor, &query)).transpose()?)
            }
            _ => Position::Index(at_least_zero(search.start_index.unwrap_or(1)).max(1)),
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

/// Puts a comma between resources.
pub(crate) fn separate(text: &mut Vec<u8>, index: usize) {
    if index > 0 {
        text.push(b',');
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

fn write(text: &mut Vec<u8>, value: &Value) {
    serde_json::to_writer(text, value).expect("writing JSON values to memory cannot fail");
}
