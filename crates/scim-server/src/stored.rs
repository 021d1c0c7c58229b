//! Resources as stores give them to be shown: as values, or as the text that a store keeps.
//!
//! A store that keeps resources as text need not read it for an answer that shows them whole:
//! the server copies it and adds what is its own.

use std::borrow::Cow;
use std::fmt::Display;

use scim::{Resource, ScimError};
use serde_json::{Map, Value};

/// A resource to be shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// As values, with its `id` and `meta`.
    Values(Resource),
    /// As text.
    Text(Box<StoredText>),
}

/// A resource whose attributes are text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredText {
    /// `id`.
    pub id: String,
    /// `meta.version`, in words of the store's own, without quotes.
    pub version: String,
    /// `meta.created`.
    pub created: String,
    /// `meta.lastModified`.
    pub last_modified: String,
    /// An object of JSON with all other attributes, but for those in `references`. Names are
    /// as the schema writes them, and no name comes twice.
    pub attributes: String,
    /// Attributes that are lists of references, such as `members`; none is empty.
    pub references: Vec<(&'static str, Vec<Reference>)>,
}

/// One element of a list of references (RFC 7643 §2.4), without the `$ref`, which is the
/// server's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reference {
    /// `value`: the id of what it refers to.
    pub value: String,
    /// `display`.
    pub display: Option<String>,
    /// `type`.
    pub kind: Option<Cow<'static, str>>,
}

impl Stored {
    /// The resource as values.
    ///
    /// # Errors
    /// 500 if the text is no object of JSON.
    pub fn into_values(self) -> Result<Resource, ScimError> {
        match self {
            Self::Values(resource) => Ok(resource),
            Self::Text(text) => text.into_values(),
        }
    }

    /// The id that the store gave it.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Values(resource) => crate::writer::id_of(resource),
            Self::Text(text) => &text.id,
        }
    }

    /// Its version, if its store keeps versions.
    pub(crate) fn version(&self) -> Option<&str> {
        match self {
            Self::Values(resource) => crate::condition::version_of(resource),
            Self::Text(text) => Some(&text.version),
        }
    }
}

impl From<Resource> for Stored {
    fn from(resource: Resource) -> Self {
        Self::Values(resource)
    }
}

impl StoredText {
    fn into_values(self) -> Result<Resource, ScimError> {
        let mut resource: Resource =
            serde_json::from_str(&self.attributes).map_err(|error| unreadable(&error))?;
        resource.shift_insert(0, "id".to_owned(), self.id.into());
        for (name, references) in self.references {
            let elements: Vec<Value> = references.into_iter().map(Value::from).collect();
            resource.insert(name.to_owned(), elements.into());
        }
        let mut meta = Map::with_capacity(3);
        meta.insert("created".to_owned(), self.created.into());
        meta.insert("lastModified".to_owned(), self.last_modified.into());
        meta.insert("version".to_owned(), self.version.into());
        resource.insert("meta".to_owned(), meta.into());
        Ok(resource)
    }
}

impl From<Reference> for Value {
    fn from(reference: Reference) -> Self {
        let mut element = Map::with_capacity(4);
        element.insert("value".to_owned(), reference.value.into());
        if let Some(display) = reference.display {
            element.insert("display".to_owned(), display.into());
        }
        if let Some(kind) = reference.kind {
            element.insert("type".to_owned(), kind.into_owned().into());
        }
        element.into()
    }
}

/// 500: what a store keeps cannot be read.
pub(crate) fn unreadable(error: &impl Display) -> ScimError {
    tracing::error!(%error, "a stored resource is no JSON");
    ScimError::new(
        500,
        "a resource in the store is damaged: ask who runs the service to look at its log",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_has_the_values_that_it_says() {
        let text = StoredText {
            id: "7".to_owned(),
            version: "3".to_owned(),
            created: "c".to_owned(),
            last_modified: "m".to_owned(),
            attributes: r#"{"userName":"ada","emails":[{"value":"a@x"}]}"#.to_owned(),
            references: vec![(
                "groups",
                vec![Reference {
                    value: "9".to_owned(),
                    display: Some("G".to_owned()),
                    kind: Some("direct".into()),
                }],
            )],
        };
        let values = Stored::Text(Box::new(text)).into_values().unwrap();
        let expected = json!({"id": "7", "userName": "ada", "emails": [{"value": "a@x"}],
            "groups": [{"value": "9", "display": "G", "type": "direct"}],
            "meta": {"created": "c", "lastModified": "m", "version": "3"}});
        assert_eq!(Value::Object(values), expected);
    }

    #[test]
    fn what_is_no_object_is_an_error_and_no_panic() {
        for attributes in ["", "[]", "{", "{\"a\":}", "{\"a\":1}x", "7"] {
            let text = StoredText { attributes: attributes.to_owned(), ..StoredText::default() };
            let stored = Stored::Text(Box::new(text));
            assert_eq!(stored.into_values().unwrap_err().status, 500, "{attributes}");
        }
    }
}
