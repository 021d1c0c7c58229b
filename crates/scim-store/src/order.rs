//! The orders in which an index gives resources.

use scim::Sort;
use store::Value;

use crate::condition::Equality;
use crate::cursor::Cursor;
use crate::index::Index;
use crate::kind::Kind;

/// An order and its direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order<'k> {
    by: By<'k>,
    descending: bool,
}

#[derive(Debug, Clone, Copy)]
enum By<'k> {
    /// The order of creation.
    Number,
    Id,
    Modified,
    Index(&'k Index),
    /// The order of creation, of those with one value.
    Equal(&'k Equality),
}

const RESOURCES: &str = " FROM resource r WHERE r.kind = ?";

/// The sign keeps the index of kinds away, so that the one of ids gives the order.
const RESOURCES_BY_ID: &str = " FROM resource r WHERE +r.kind = ?";

const UNIQUE: &str = " FROM unique_value v CROSS JOIN resource r ON r.number = v.resource
     WHERE r.kind = ? AND v.attribute = ? AND v.sorting";

const INDEXED: &str = " FROM indexed_value v CROSS JOIN resource r ON r.number = v.resource
     WHERE r.kind = ? AND v.attribute = ? AND v.sorting";

const UNIQUE_EQUAL: &str = " FROM unique_value v CROSS JOIN resource r ON r.number = v.resource
     WHERE v.attribute = ? AND v.value = ?";

const INDEXED_EQUAL: &str = " FROM indexed_value v CROSS JOIN resource r ON r.number = v.resource
     WHERE v.attribute = ? AND v.value = ?";

impl<'k> Order<'k> {
    /// The order of creation, of those with one value.
    pub(crate) fn of_equal(equality: &'k Equality) -> Self {
        Self { by: By::Equal(equality), descending: false }
    }

    /// The order for a wish; `None` if no index has it.
    pub(crate) fn of(sort: Option<&Sort>, kind: &'k Kind) -> Option<Self> {
        let Some(sort) = sort else { return Some(Self { by: By::Number, descending: false }) };
        // With URN or without, in any case: the index knows an attribute by one name.
        let target = kind.schema.resolve(&sort.path).filter(|target| target.extension.is_none())?;
        let names = [target.attribute, target.sub_attribute].into_iter().flatten();
        let names: Vec<String> = names.map(|part| part.name.to_lowercase()).collect();
        let by = match names.join(".").as_str() {
            "id" => By::Id,
            "meta.lastmodified" => By::Modified,
            name => By::Index(kind.index(name).filter(|index| index.is_sortable)?),
        };
        Some(Self { by, descending: sort.descending })
    }

    /// Whether it is the order of creation, of all.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.by, By::Number)
    }

    /// The query of these columns without its end, and its values.
    pub(crate) fn select(
        &self,
        kind: &Kind,
        columns: &'static str,
    ) -> (Vec<&'static str>, Vec<Value>) {
        let kind = Value::from(kind.number);
        let (from, values) = match self.by {
            By::Index(index) => {
                let text = if index.is_unique { UNIQUE } else { INDEXED };
                (text, vec![kind, index.number.into()])
            }
            By::Equal(Equality { is_unique, attribute, value }) => {
                let text = if *is_unique { UNIQUE_EQUAL } else { INDEXED_EQUAL };
                (text, vec![(*attribute).into(), value.clone()])
            }
            By::Id => (RESOURCES_BY_ID, vec![kind]),
            By::Number | By::Modified => (RESOURCES, vec![kind]),
        };
        (vec!["SELECT ", columns, from], values)
    }

    /// The condition for what comes after the cursor.
    pub(crate) fn after(&self, cursor: &Cursor) -> (&'static str, Vec<Value>) {
        let text = match (self.by, self.descending) {
            (By::Number, _) => return (" AND r.number > ?", vec![cursor.number.into()]),
            (By::Equal(_), _) => return (" AND v.resource > ?", vec![cursor.number.into()]),
            (By::Id, false) => " AND (r.id, r.number) > (?, ?)",
            (By::Id, true) => " AND (r.id, r.number) < (?, ?)",
            (By::Modified, false) => " AND (r.modified, r.number) > (?, ?)",
            (By::Modified, true) => " AND (r.modified, r.number) < (?, ?)",
            (By::Index(_), false) => " AND (v.value, v.resource) > (?, ?)",
            (By::Index(_), true) => " AND (v.value, v.resource) < (?, ?)",
        };
        (text, vec![cursor.value(), cursor.number.into()])
    }

    /// The end of the query.
    pub(crate) fn by(&self) -> &'static str {
        match (self.by, self.descending) {
            (By::Number, _) => " ORDER BY r.number",
            (By::Equal(_), _) => " ORDER BY v.resource",
            (By::Id, false) => " ORDER BY r.id, r.number",
            (By::Id, true) => " ORDER BY r.id DESC, r.number DESC",
            (By::Modified, false) => " ORDER BY r.modified, r.number",
            (By::Modified, true) => " ORDER BY r.modified DESC, r.number DESC",
            (By::Index(_), false) => " ORDER BY v.value, v.resource",
            (By::Index(_), true) => " ORDER BY v.value DESC, v.resource DESC",
        }
    }
}
