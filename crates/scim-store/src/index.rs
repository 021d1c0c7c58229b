//! The index: which attributes have one, and which values a resource has in it.
//!
//! An attribute has an index if its values must be unique, or if clients commonly ask for
//! it. Texts are folded unless they are case exact, so the index compares as a filter does.

use std::collections::BTreeSet;

use scim::schema::{Attribute, AttributeType, Returned, Uniqueness};
use scim::sort::Key;
use scim::{Path, Resource, ResourceSchema, ScimError, Sort, fold, instant, resource};
use serde_json::{Number, Value as Json};
use store::Value;

/// What clients commonly ask for, beside what must be unique.
const COMMON: [&str; 9] = [
    "externalId",
    "displayName",
    "name.familyName",
    "name.givenName",
    "emails.value",
    "phoneNumbers.value",
    "active",
    "employeeNumber",
    "manager.value",
];

/// The longest value in the index in bytes. Longer ones are cut, and a filter that asks
/// for one is evaluated on the resources themselves.
pub(crate) const VALUE_LENGTH_MAX: usize = 1024;

/// How values get into the index; a file that was written by another rule is indexed anew.
const RULE_VERSION: u32 = 1;

/// The index of one attribute.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    /// The key of the attribute in the tables.
    pub(crate) number: i64,
    /// The attribute as filters name it, in lower case.
    pub(crate) name: String,
    /// No two resources may have the same value.
    pub(crate) is_unique: bool,
    /// Every resource has one value to be sorted by, be it that it has none.
    pub(crate) is_sortable: bool,
    case_exact: bool,
    attribute_type: AttributeType,
    sort: Sort,
}

/// One row of the index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// Which [`Index`], by its place in the list.
    pub(crate) index: usize,
    pub(crate) value: Indexed,
    pub(crate) is_sorting: bool,
}

/// A value as the index compares it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Indexed {
    Boolean(bool),
    Text(String),
    /// No value; after all others.
    Nothing,
}

/// The indexes of a kind of resource, with numbers that are still to be given.
pub(crate) fn of_schema(schema: &ResourceSchema) -> Vec<Index> {
    let common = COMMON.iter().filter_map(|text| Path::parse(text).ok());
    let mut indexes: Vec<Index> = Vec::new();
    for path in unique_paths(schema).into_iter().chain(common) {
        if let Some(index) = Index::new(path, schema)
            && !indexes.iter().any(|known| known.name == index.name)
        {
            indexes.push(index);
        }
    }
    indexes
}

/// The attributes whose values must be unique; `id` is no value of the index.
fn unique_paths(schema: &ResourceSchema) -> Vec<Path> {
    let core = schema.core.attributes.iter().map(|attribute| (None, attribute));
    let extensions = schema.extensions.iter().flat_map(|extension| {
        extension.attributes.iter().map(|attribute| (Some(extension.id.as_str()), attribute))
    });
    let mut paths = Vec::new();
    for (urn, attribute) in core.chain(extensions).filter(|(_, attribute)| attribute.name != "id") {
        let path = Path { schema: urn.map(str::to_owned), ..Path::attribute(&attribute.name) };
        if is_unique(attribute) {
            paths.push(path.clone());
        }
        let parts = attribute.sub_attributes.iter().filter(|part| is_unique(part));
        paths.extend(parts.map(|part| path.clone().with_sub_attribute(&part.name)));
    }
    paths
}

fn is_unique(attribute: &Attribute) -> bool {
    attribute.uniqueness != Uniqueness::None
        && attribute.attribute_type != AttributeType::Complex
        && attribute.returned != Returned::Never
}

/// Whether an index of such values answers filters. One of numbers or times only keeps them
/// unique: their texts have another order than they.
fn is_asked_for(attribute_type: AttributeType) -> bool {
    matches!(
        attribute_type,
        AttributeType::String | AttributeType::Reference | AttributeType::Boolean
    )
}

impl Index {
    /// The index of what `path` names, if values of its type can be indexed.
    fn new(path: Path, schema: &ResourceSchema) -> Option<Self> {
        let target = schema.resolve(&path)?;
        let attribute = target.attribute?;
        let leaf = target.sub_attribute.unwrap_or(attribute);
        let is_unique = is_unique(leaf);
        let is_asked_for = is_asked_for(leaf.attribute_type);
        if !is_unique && !is_asked_for || leaf.returned == Returned::Never {
            return None;
        }
        let path = Path { schema: target.extension.map(|schema| schema.id.clone()), ..path };
        Some(Self {
            number: 0,
            name: path.to_string().to_lowercase(),
            is_unique,
            is_sortable: is_asked_for
                && path.schema.is_none()
                && !attribute.multi_valued
                && (!is_unique || leaf.required),
            case_exact: leaf.case_exact,
            attribute_type: leaf.attribute_type,
            sort: Sort { path, descending: false },
        })
    }

    /// The rule by which values get into the index, as it is kept in the file.
    pub(crate) fn rule(&self) -> String {
        let Self { is_unique, is_sortable, case_exact, .. } = self;
        format!("{RULE_VERSION} unique={is_unique} sortable={is_sortable} exact={case_exact}")
    }

    /// Whether it answers filters.
    pub(crate) fn is_asked_for(&self) -> bool {
        is_asked_for(self.attribute_type)
    }

    /// Whether its values are true or false.
    pub(crate) fn is_boolean(&self) -> bool {
        self.attribute_type == AttributeType::Boolean
    }

    fn text(&self, text: &str) -> Indexed {
        let folded = if self.case_exact { text.into() } else { fold(text) };
        Indexed::Text(cut(&folded).to_owned())
    }

    fn indexed(&self, value: &Json) -> Option<Indexed> {
        match value {
            Json::Bool(truth) => Some(Indexed::Boolean(*truth)),
            Json::String(text) if self.attribute_type == AttributeType::DateTime => {
                let instant = instant::read(text).map(|instant| instant.to_string());
                Some(Indexed::Text(instant.unwrap_or_else(|| text.clone())))
            }
            Json::String(text) => Some(self.text(text)),
            Json::Number(number) => Some(Indexed::Text(same_for_equal(number))),
            _ => None,
        }
    }

    /// All values of the resource that a filter for this attribute would look at.
    fn values(&self, resource: &Resource) -> BTreeSet<Indexed> {
        let path = Path { sub_attribute: None, ..self.sort.path.clone() };
        let Some(whole) = resource::get(resource, &path) else { return BTreeSet::new() };
        let elements = match whole {
            Json::Array(elements) => elements.as_slice(),
            single => std::slice::from_ref(single),
        };
        let part = self.sort.path.sub_attribute.as_deref();
        let leaves = elements.iter().filter_map(|element| match element {
            Json::Object(parts) => resource::value_of(parts, part.unwrap_or("value")),
            simple => Some(simple).filter(|_| part.is_none()),
        });
        leaves.filter_map(|value| self.indexed(value)).collect()
    }

    /// The value that the resource is sorted by.
    fn sorting(&self, resource: &Resource, schema: &ResourceSchema) -> Indexed {
        match self.sort.key(resource, schema) {
            Some(Key::Boolean(truth)) => Indexed::Boolean(truth),
            // Folded by the key already; folding it again changes nothing.
            Some(Key::Text(text)) => self.text(&text),
            _ => Indexed::Nothing,
        }
    }
}

/// The rows of a resource in the indexes of its kind, in order and each once.
///
/// # Errors
/// `invalidValue` for a unique value that is too long for the index.
pub(crate) fn entries(
    indexes: &[Index],
    resource: &Resource,
    schema: &ResourceSchema,
) -> Result<Vec<Entry>, ScimError> {
    let mut entries = Vec::new();
    for (place, index) in indexes.iter().enumerate() {
        let values = index.values(resource);
        if index.is_unique {
            check_length(index, &values)?;
        }
        let sorting = index.is_sortable.then(|| index.sorting(resource, schema));
        let has_none = sorting == Some(Indexed::Nothing) && !index.is_unique;
        entries.extend(values.into_iter().map(|value| Entry {
            index: place,
            is_sorting: sorting.as_ref() == Some(&value),
            value,
        }));
        if has_none {
            entries.push(Entry { index: place, value: Indexed::Nothing, is_sorting: true });
        }
    }
    Ok(entries)
}

/// A text that is the same for all ways to write a number: `1`, `1.0`, `10e-1`.
fn same_for_equal(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        // Whole numbers stay exact beyond what a float can tell apart.
        _ => number.to_string(),
    }
}

/// The text as far as the index has it.
pub(crate) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(VALUE_LENGTH_MAX)]
}

fn check_length(index: &Index, values: &BTreeSet<Indexed>) -> Result<(), ScimError> {
    let is_long =
        |value: &Indexed| matches!(value, Indexed::Text(text) if text.len() + 4 > VALUE_LENGTH_MAX);
    if values.iter().any(is_long) {
        return Err(ScimError::invalid_value(format!(
            "the attribute \"{}\" must be unique and takes at most {} bytes: shorten it",
            index.sort.path,
            VALUE_LENGTH_MAX - 4
        )));
    }
    Ok(())
}

impl Index {
    /// The attribute as people read it.
    pub(crate) fn label(&self) -> String {
        self.sort.path.to_string()
    }
}

impl From<&Indexed> for Value {
    fn from(value: &Indexed) -> Self {
        match value {
            Indexed::Boolean(truth) => Self::Boolean(*truth),
            Indexed::Text(text) => Self::Text(text.clone()),
            Indexed::Nothing => Self::Blob(Vec::new()),
        }
    }
}
