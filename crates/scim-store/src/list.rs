//! Lists: the page that a client asks for, by the index where it can tell.
//!
//! The store's own order is that of creation. Pages are found by the key of the last
//! resource before them; an index such as `startIndex=5000` walks the index up to there.

use std::cmp::Ordering;

use scim::sort::Key;
use scim::{Filter, Projection, Resource, ScimError, Sort};
use scim_server::{Page, Position, Query, Stored};
use store::{Sql, StoreError, Value};

use crate::ScimStore;
use crate::condition::{Condition, Equality, looks_at_lists};
use crate::cursor::{Cursor, CursorKey};
use crate::error::refusal;
use crate::kind::Kind;
use crate::order::Order;
use crate::record::{Text, columns, shown_columns};

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
    records: Vec<Text>,
    /// What the last one of them is sorted by.
    last_key: Option<Key>,
    total: usize,
    has_more: bool,
}

impl ScimStore {
    pub(crate) async fn page(&self, kind: &Kind, query: &Query) -> Result<Page<Stored>, ScimError> {
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
        let last = found.records.last().filter(|_| window.by_cursor && found.has_more);
        let next_cursor = last.map(|record| {
            let key = found.last_key.map(CursorKey::from);
            Cursor { total: found.total, number: record.number, key }.write()
        });
        let resources = self.all_stored(kind, found.records, &query.wanted).await?;
        Ok(Page { total_results: found.total, resources, next_cursor, previous_cursor: None })
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
            None if condition.is_every() => Some(self.count_of_kind(kind)?),
            None => None,
        };
        if query.sort.is_some() && !condition.is_every() && window.cursor.is_none() {
            let count = self.count(kind, condition).await?;
            if count <= SORTED_HERE_MAX {
                return self.by_scan(kind, query, condition, window).await;
            }
            total = Some(count);
        }
        let sort = query.sort.as_ref();
        let mut records = self.index_rows(kind, query, condition, order, window).await?;
        let has_more = records.len() > window.count;
        let total = match total {
            Some(total) => total,
            // All of it is here, so nobody has to count.
            None if window.offset == 0 && !has_more => records.len(),
            None => self.count(kind, condition).await?,
        };
        records.truncate(window.count);
        let last = records.last().filter(|_| window.by_cursor);
        let last_key = match sort.zip(last) {
            Some((sort, record)) => sort.key(&values(record)?, &kind.schema),
            None => None,
        };
        Ok(Found { records, last_key, total, has_more })
    }

    /// The records of the page, and one more if there is one.
    async fn index_rows(
        &self,
        kind: &Kind,
        query: &Query,
        condition: &Condition,
        order: &Order<'_>,
        window: &Window,
    ) -> Result<Vec<Text>, ScimError> {
        let (mut sql, mut values) = order.select(kind, shown_columns(kind, &query.wanted));
        let is_said = query.sort.is_none() && condition.equality.is_some();
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
            let (first, before) = self.block_before(kind, offset)?;
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
            self.db.lookup(Sql::compose(sql), values)
        } else {
            self.db.query(Sql::compose(sql), values).await
        };
        texts(rows)
    }

    /// The number at which the block of the place `offset` begins, and how many resources
    /// stand before it. Behind the last one: where nothing is.
    fn block_before(&self, kind: &Kind, offset: i64) -> Result<(i64, i64), ScimError> {
        let rows = self.db.lookup(BLOCK, [kind.number.into(), offset.into()]);
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
                    records.push(record);
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
        Ok(Found { records, last_key: None, total, has_more })
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
                    keys.push((sort.key(&values(&record)?, &kind.schema), record.number));
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
        let (mut records, mut last_key) = (Vec::new(), None);
        for (key, number) in keys.get(start..end).unwrap_or_default() {
            // Whoever was removed meanwhile is missing.
            if let Some(record) = self.text_numbered(*number)? {
                records.push(record);
                last_key.clone_from(key);
            }
        }
        Ok(Found { records, last_key, total, has_more: end < keys.len() })
    }

    /// The next records that the condition admits, in their own order.
    async fn chunk(
        &self,
        kind: &Kind,
        condition: &Condition,
        after: i64,
    ) -> Result<Vec<Text>, ScimError> {
        let mut sql = vec![SCAN];
        let mut values = vec![after.into(), kind.number.into()];
        if !condition.is_every() {
            sql.push(" AND ");
            sql.extend(&condition.sql);
            values.extend(condition.values.iter().cloned());
        }
        sql.push(" ORDER BY r.number LIMIT ?");
        values.push(whole(SCAN_COUNT));
        texts(self.db.query(Sql::compose(sql), values).await)
    }

    async fn admits(
        &self,
        kind: &Kind,
        filter: Option<&Filter>,
        record: &Text,
    ) -> Result<bool, ScimError> {
        let Some(filter) = filter else { return Ok(true) };
        let resource = if looks_at_lists(filter) {
            let record = record.parsed().map_err(|error| refusal(&error))?;
            self.shown(kind, record, &Projection::default()).await?
        } else {
            values(record)?
        };
        Ok(filter.matches(&resource, &kind.schema))
    }

    fn text_numbered(&self, number: i64) -> Result<Option<Text>, ScimError> {
        let rows = self.db.lookup(BY_NUMBER, [number.into()]).map_err(|error| refusal(&error))?;
        rows.first().map(Text::read).transpose().map_err(|error| refusal(&error))
    }

    fn count_of_kind(&self, kind: &Kind) -> Result<usize, ScimError> {
        first_count(self.db.lookup(COUNT_OF_KIND, [kind.number.into()]))
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

/// The values of a resource, without its lists.
fn values(record: &Text) -> Result<Resource, ScimError> {
    let record = record.parsed().map_err(|error| refusal(&error))?;
    Ok(record.into_resource())
}

fn texts(rows: Result<store::Rows, StoreError>) -> Result<Vec<Text>, ScimError> {
    let texts = rows.and_then(|rows| rows.iter().map(Text::read).collect());
    texts.map_err(|error| refusal(&error))
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
