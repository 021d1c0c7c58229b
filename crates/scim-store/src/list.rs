//! Lists: the page that a client asks for, by the index where it can tell.
//!
//! The store's own order is that of creation. Pages are found by the key of the last
//! resource before them; an index such as `startIndex=5000` walks the index up to there.

use std::cmp::Ordering;

use scim::sort::Key;
use scim::{Filter, Resource, ScimError, Sort};
use scim_server::{Page, Position, Query};
use store::{Sql, StoreError, Value};

use crate::ScimStore;
use crate::condition::{Condition, Equality, looks_at_lists};
use crate::cursor::{Cursor, CursorKey};
use crate::error::refusal;
use crate::kind::Kind;
use crate::order::Order;
use crate::record::{Record, columns};

/// Resources that are evaluated before other work gets its turn.
const SCAN_COUNT: usize = 250;

/// The most resources that are sorted without an index.
pub(crate) const SORTED_COUNT_MAX: usize = 250_000;

/// Above this, what the filter admits is not sorted but found in the order of the index.
const SORTED_HERE_MAX: usize = 1_000;

const COUNT: &str = "SELECT count(*) FROM resource r WHERE r.kind = ?";

const COUNT_EQUAL: &str = "SELECT count(*) FROM indexed_value WHERE attribute = $1 AND value = $2";

const COUNT_OF_KIND: &str = "SELECT resources FROM kind WHERE number = $1";

/// How many numbers a block has, as the tables count them.
const BLOCK_SIZE: i64 = 2_048;

const BLOCK: &str = "SELECT block, before FROM (
        SELECT block, resources, sum(resources) OVER (ORDER BY block) - resources AS before
        FROM block WHERE kind = $1)
    WHERE before + resources > $2 ORDER BY block LIMIT 1";

const SCAN: &str =
    concat!("SELECT ", columns!(), " FROM resource r WHERE r.number > ? AND r.kind = ?");

const BY_NUMBER: &str = concat!("SELECT ", columns!(), " FROM resource r WHERE r.number = $1");

/// Where a page begins and how long it is.
struct Window {
    cursor: Option<Cursor>,
    offset: usize,
    count: usize,
    by_cursor: bool,
}

/// The records of a page, and whether more follow.
struct Found {
    records: Vec<(Option<Key>, Record)>,
    total: usize,
    has_more: bool,
}

impl ScimStore {
    pub(crate) async fn page(&self, kind: &Kind, query: &Query) -> Result<Page, ScimError> {
        let window = Window::of(query)?;
        let condition = Condition::of(query.filter.as_ref(), kind);
        let order = match &condition.equality {
            Some(equality) if query.sort.is_none() => Some(Order::of_equal(equality)),
            _ => Order::of(query.sort.as_ref(), kind),
        };
        let found = match order {
            Some(order) if condition.is_exact => {
                self.by_index(kind, query, &condition, &order, &window).await?
            }
            _ => self.by_scan(kind, query, &condition, &window).await?,
        };
        let next_cursor = found.records.last().filter(|_| window.by_cursor && found.has_more);
        let next_cursor = next_cursor.map(|(key, record)| {
            let key = key.clone().map(CursorKey::from);
            Cursor { total: found.total, number: record.number, key }.write()
        });
        let mut page = Page { total_results: found.total, next_cursor, ..Page::default() };
        for (_, record) in found.records {
            page.resources.push(self.shown(kind, record, &query.wanted).await?);
        }
        Ok(page)
    }

    /// A page that the index gives as it is.
    async fn by_index(
        &self,
        kind: &Kind,
        query: &Query,
        condition: &Condition,
        order: &Order<'_>,
        window: &Window,
    ) -> Result<Found, ScimError> {
        let mut total = match &window.cursor {
            Some(cursor) => Some(cursor.total),
            None if condition.is_every() => Some(self.count_of_kind(kind).await?),
            None => None,
        };
        if query.sort.is_some() && !condition.is_every() && window.cursor.is_none() {
            let count = self.count(kind, condition).await?;
            if count <= SORTED_HERE_MAX {
                return self.by_scan(kind, query, condition, window).await;
            }
            total = Some(count);
        }
        let records = self.index_rows(kind, query.sort.as_ref(), condition, order, window).await?;
        let has_more = records.len() > window.count;
        let total = match total {
            Some(total) => total,
            // All of it is here, so nobody has to count.
            None if window.offset == 0 && !has_more => records.len(),
            None => self.count(kind, condition).await?,
        };
        let records = records.into_iter().take(window.count).collect();
        Ok(Found { records, total, has_more })
    }

    /// The records of the page, and one more if there is one.
    async fn index_rows(
        &self,
        kind: &Kind,
        sort: Option<&Sort>,
        condition: &Condition,
        order: &Order<'_>,
        window: &Window,
    ) -> Result<Vec<(Option<Key>, Record)>, ScimError> {
        let (mut sql, mut values) = order.select(kind);
        let is_said = sort.is_none() && condition.equality.is_some();
        if !condition.is_every() && !is_said {
            sql.push(" AND ");
            sql.extend(&condition.sql);
            values.extend(condition.values.iter().cloned());
        }
        if let Some(cursor) = &window.cursor {
            let (text, after) = order.after(cursor);
            sql.push(text);
            values.extend(after);
        }
        let mut offset = whole_number(window.offset);
        if offset >= BLOCK_SIZE && order.is_own() && condition.is_every() {
            let (first, before) = self.block_before(kind, offset).await?;
            sql.push(" AND r.number >= ?");
            values.push(first.into());
            offset -= before;
        }
        sql.push(order.by());
        sql.push(" LIMIT ? OFFSET ?");
        values.push(whole(window.count.saturating_add(1)));
        values.push(offset.into());
        // An equality leads to the first resource of the page, and there are no more of them.
        let is_near = condition.is_narrow || is_said && window.offset == 0;
        let rows = if is_near {
            self.db.lookup(Sql::compose(sql), values).await
        } else {
            self.db.query(Sql::compose(sql), values).await
        };
        let read = |row: &store::Row| {
            let record = Record::read(row)?;
            let key = sort.and_then(|sort| sort.key(&record.resource(), &kind.schema));
            Ok((key, record))
        };
        let rows = rows.map_err(|error| refusal(&error))?;
        let records: Result<Vec<_>, StoreError> = rows.iter().map(read).collect();
        records.map_err(|error| refusal(&error))
    }

    /// The number at which the block of the place `offset` begins, and how many resources
    /// stand before it. Behind the last one: where nothing is.
    async fn block_before(&self, kind: &Kind, offset: i64) -> Result<(i64, i64), ScimError> {
        let rows = self.db.lookup(BLOCK, [kind.number.into(), offset.into()]).await;
        let rows = rows.map_err(|error| refusal(&error))?;
        let Some(row) = rows.first() else { return Ok((i64::MAX, offset)) };
        let read = || Ok((row.integer(0)? * BLOCK_SIZE, row.integer(1)?));
        read().map_err(|error: StoreError| refusal(&error))
    }

    /// A page for which each resource that may match is looked at.
    async fn by_scan(
        &self,
        kind: &Kind,
        query: &Query,
        condition: &Condition,
        window: &Window,
    ) -> Result<Found, ScimError> {
        let filter = query.filter.as_ref().filter(|_| !condition.is_exact);
        match &query.sort {
            None => self.in_own_order(kind, filter, condition, window).await,
            Some(sort) => self.in_order(kind, filter, condition, sort, window).await,
        }
    }

    async fn in_own_order(
        &self,
        kind: &Kind,
        filter: Option<&Filter>,
        condition: &Condition,
        window: &Window,
    ) -> Result<Found, ScimError> {
        let mut after = window.cursor.as_ref().map_or(0, |cursor| cursor.number);
        let mut records = Vec::new();
        let mut seen = 0;
        loop {
            let chunk = self.chunk(kind, condition, after).await?;
            let Some(last) = chunk.last() else { break };
            after = last.number;
            for record in chunk {
                if !self.admits(kind, filter, &record).await? {
                    continue;
                }
                if seen >= window.offset && records.len() < window.count {
                    records.push((None, record));
                }
                seen += 1;
            }
            // A cursor brings the total along, so that the rest need not be looked at.
            if window.cursor.is_some() && seen > window.count {
                break;
            }
        }
        let has_more = seen > window.offset.saturating_add(records.len());
        let total = window.cursor.as_ref().map_or(seen, |cursor| cursor.total);
        Ok(Found { records, total, has_more })
    }

    async fn in_order(
        &self,
        kind: &Kind,
        filter: Option<&Filter>,
        condition: &Condition,
        sort: &Sort,
        window: &Window,
    ) -> Result<Found, ScimError> {
        let mut keys: Vec<(Option<Key>, i64)> = Vec::new();
        let mut after = 0;
        loop {
            let chunk = self.chunk(kind, condition, after).await?;
            let Some(last) = chunk.last() else { break };
            after = last.number;
            for record in chunk {
                if self.admits(kind, filter, &record).await? {
                    keys.push((sort.key(&record.resource(), &kind.schema), record.number));
                }
            }
            if keys.len() > SORTED_COUNT_MAX {
                return Err(too_many(sort));
            }
        }
        let order = |a: &(Option<Key>, i64), b: &(Option<Key>, i64)| {
            let by_key = sort.compare_keys(a.0.as_ref(), b.0.as_ref());
            by_key.then_with(|| if sort.descending { b.1.cmp(&a.1) } else { a.1.cmp(&b.1) })
        };
        keys.sort_by(order);
        let start = window.cursor.as_ref().map_or(window.offset, |cursor| {
            let last = (cursor.key.clone().map(Key::from), cursor.number);
            keys.partition_point(|key| order(key, &last) != Ordering::Greater)
        });
        let total = window.cursor.as_ref().map_or(keys.len(), |cursor| cursor.total);
        let end = start.saturating_add(window.count).min(keys.len());
        let mut records = Vec::new();
        for (key, number) in keys.get(start..end).unwrap_or_default() {
            // Whoever was removed meanwhile is missing.
            if let Some(record) = self.record_numbered(*number).await? {
                records.push((key.clone(), record));
            }
        }
        Ok(Found { records, total, has_more: end < keys.len() })
    }

    /// The next records that the condition admits, in their own order.
    async fn chunk(
        &self,
        kind: &Kind,
        condition: &Condition,
        after: i64,
    ) -> Result<Vec<Record>, ScimError> {
        let mut sql = vec![SCAN];
        let mut values = vec![after.into(), kind.number.into()];
        if !condition.is_every() {
            sql.push(" AND ");
            sql.extend(&condition.sql);
            values.extend(condition.values.iter().cloned());
        }
        sql.push(" ORDER BY r.number LIMIT ?");
        values.push(whole(SCAN_COUNT));
        let rows = self.db.query(Sql::compose(sql), values).await.map_err(|e| refusal(&e))?;
        let records: Result<Vec<Record>, StoreError> = rows.iter().map(Record::read).collect();
        records.map_err(|error| refusal(&error))
    }

    async fn admits(
        &self,
        kind: &Kind,
        filter: Option<&Filter>,
        record: &Record,
    ) -> Result<bool, ScimError> {
        let Some(filter) = filter else { return Ok(true) };
        if !looks_at_lists(filter) {
            return Ok(filter.matches(&record.resource(), &kind.schema));
        }
        let resource: Resource =
            self.shown(kind, record.clone(), &scim::Projection::default()).await?;
        Ok(filter.matches(&resource, &kind.schema))
    }

    async fn record_numbered(&self, number: i64) -> Result<Option<Record>, ScimError> {
        let rows = self.db.lookup(BY_NUMBER, [number.into()]).await;
        let rows = rows.map_err(|error| refusal(&error))?;
        rows.first().map(Record::read).transpose().map_err(|error| refusal(&error))
    }

    async fn count_of_kind(&self, kind: &Kind) -> Result<usize, ScimError> {
        let rows = self.db.lookup(COUNT_OF_KIND, [kind.number.into()]).await;
        first_count(rows)
    }

    async fn count(&self, kind: &Kind, condition: &Condition) -> Result<usize, ScimError> {
        if let Some(Equality { is_unique: false, attribute, value }) = &condition.equality {
            let values = [(*attribute).into(), value.clone()];
            return first_count(self.db.query(COUNT_EQUAL, values).await);
        }
        let mut sql = vec![COUNT, " AND "];
        sql.extend(&condition.sql);
        let mut values = vec![kind.number.into()];
        values.extend(condition.values.iter().cloned());
        first_count(self.db.query(Sql::compose(sql), values).await)
    }
}

impl Window {
    fn of(query: &Query) -> Result<Self, ScimError> {
        let (cursor, offset, by_cursor) = match &query.position {
            Position::Index(index) => (None, index.saturating_sub(1), false),
            Position::Cursor(None) => (None, 0, true),
            Position::Cursor(Some(text)) => {
                let cursor = Cursor::read(text).ok_or_else(|| {
                    ScimError::bad_request(
                        scim::ScimType::InvalidCursor,
                        "the cursor is none that this service gave: begin again without one",
                    )
                })?;
                (Some(cursor), 0, true)
            }
        };
        Ok(Self { cursor, offset, count: query.count, by_cursor })
    }
}

fn first_count(rows: Result<store::Rows, StoreError>) -> Result<usize, ScimError> {
    let count = rows.and_then(|rows| rows.first().map_or(Ok(0), |row| row.integer(0)));
    let count = count.map_err(|error| refusal(&error))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

fn whole(number: usize) -> Value {
    whole_number(number).into()
}

fn whole_number(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn too_many(sort: &Sort) -> ScimError {
    ScimError::too_many(format!(
        "more than {SORTED_COUNT_MAX} resources would have to be sorted by \"{}\", which has no index: \
         use a narrower filter, or sort by userName, displayName or meta.lastModified",
        sort.path
    ))
}
