//! Lists at the base path: resources of all kinds at once (RFC 7644 §3.4.2.1).
//!
//! The kinds follow each other in the order of the service, unless the client wants the
//! resources sorted: then the first ones of each kind are merged in memory.

use scim::message::SearchRequest;
use scim::sort::Sort;
use scim::{Path, ScimError};

use crate::answer::Answer;
use crate::exchange::Exchange;
use crate::json_text::separate;
use crate::listing::{Frame, end};
use crate::query::{Page, Query};
use crate::request::projection;
use crate::service::ResourceKind;
use crate::store::ResourceStore;
use crate::stored::Stored;

/// How far into the sorted resources of all kinds a page may reach, since those before it
/// have to be read as well.
pub const MERGED_COUNT_MAX: usize = 10_000;

/// Resources of several kinds, and how many match in all.
type Found<'e> = (usize, Vec<(&'e ResourceKind, Stored)>);

impl<'e, S: ResourceStore> Exchange<'e, S> {
    /// A page of all kinds of resources.
    pub(crate) async fn list_all(&self, search: &SearchRequest) -> Result<Answer, ScimError> {
        let flavour = &self.server.service.flavour;
        let frame = Frame::of(search, "", flavour, &self.server.cursors)?;
        let is_sorted = flavour.sort && search.sort_by.is_some();
        let offset = frame.position.offset();
        let (total_results, found) = if is_sorted {
            self.merged(search, &frame, offset).await?
        } else {
            self.one_after_the_other(search, &frame, offset).await?
        };
        let next = offset + found.len();
        let has_next = next < total_results && !found.is_empty();
        let next_cursor = has_next.then(|| next.to_string());
        let page: Page = Page { total_results, next_cursor, ..Page::default() };
        let mut text = self.begin(&frame, &page, found.len());
        for (index, (kind, resource)) in found.into_iter().enumerate() {
            separate(&mut text, index);
            let wanted = projection(search, &kind.schema)?;
            self.writer.write(&mut text, kind, resource, &wanted)?;
        }
        Ok(end(text))
    }

    async fn one_after_the_other(
        &self,
        search: &SearchRequest,
        frame: &Frame,
        offset: usize,
    ) -> Result<Found<'e>, ScimError> {
        let (mut total, mut found) = (0, Vec::new());
        for kind in &self.server.service.kinds {
            let index = offset.saturating_sub(total).saturating_add(1);
            let part = frame.at(index, frame.count - found.len());
            let Some(query) = self.query(kind, search, &part)? else { continue };
            let page = self.server.store.show_list(self.caller, kind, &query).await?;
            total += page.total_results;
            let resources = page.resources.into_iter().take(query.count);
            found.extend(resources.map(|resource| (kind, resource)));
        }
        Ok((total, found))
    }

    async fn merged(
        &self,
        search: &SearchRequest,
        frame: &Frame,
        offset: usize,
    ) -> Result<Found<'e>, ScimError> {
        let reach = offset.saturating_add(frame.count);
        if reach > MERGED_COUNT_MAX {
            return Err(ScimError::too_many(format!(
                "the page reaches to the resource {reach} of a sorted list of all kinds, the most is {MERGED_COUNT_MAX}: ask for one kind, such as /Users, or narrow the filter"
            )));
        }
        let part = frame.at(1, reach);
        let (mut total, mut keyed) = (0, Vec::new());
        for (kind, query) in self.sorted_queries(search, &part)? {
            let page = self.server.store.list(self.caller, kind, &query).await?;
            total += page.total_results;
            for resource in page.resources.into_iter().take(query.count) {
                let key = query.sort.as_ref().and_then(|sort| sort.key(&resource, &kind.schema));
                keyed.push((key, kind, resource));
            }
        }
        // The keys were read already: of the order only its direction counts.
        let order = Sort { path: Path::attribute("id"), descending: search.descending };
        keyed.sort_by(|(a, ..), (b, ..)| order.compare_keys(a.as_ref(), b.as_ref()));
        let page = keyed.into_iter().skip(offset).take(frame.count);
        Ok((total, page.map(|(_, kind, resource)| (kind, resource.into())).collect()))
    }

    /// One query for each kind. A kind without the attribute is not sorted and counts as
    /// without a value; one kind has to have it.
    fn sorted_queries(
        &self,
        search: &SearchRequest,
        part: &Frame,
    ) -> Result<Vec<(&'e ResourceKind, Query)>, ScimError> {
        let by = search.sort_by.as_deref().unwrap_or_default();
        let kinds = &self.server.service.kinds;
        let sorts: Vec<_> =
            kinds.iter().map(|kind| Sort::parse(by, search.descending, &kind.schema)).collect();
        if let (Some(Err(error)), true) = (sorts.first(), sorts.iter().all(Result::is_err)) {
            return Err(error.clone());
        }
        let unsorted = SearchRequest { sort_by: None, ..search.clone() };
        let mut queries = Vec::new();
        for (kind, sort) in kinds.iter().zip(sorts) {
            if let Some(query) = self.query(kind, &unsorted, part)? {
                queries.push((kind, Query { sort: sort.ok(), ..query }));
            }
        }
        Ok(queries)
    }
}
