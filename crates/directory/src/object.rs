//! One user or group, and how it is stored.

use engine::object::ObjectKind;
use graph::names;
use jiff::Timestamp;
use serde_json::{Map, Value};
use store::directory::ObjectRow;
use store::key::fold;

use crate::error::DirectoryError;

/// One user or group.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// The object's id.
    pub id: String,
    /// User or group.
    pub kind: ObjectKind,
    /// The feed that owns it: only that feed changes and removes it.
    pub feed: String,
    /// The name that people know it by; the id if it has none.
    pub display_name: String,
    /// Whether it is enabled: everything whose `accountEnabled` is not false.
    pub enabled: bool,
    /// When it was put into the recycle bin.
    pub deleted: Option<Timestamp>,
    /// Its attributes, by source name. Those without a value are absent.
    pub attributes: Map<String, Value>,
    /// The number of its newest change.
    pub sequence: i64,
}

impl Object {
    /// A user's sign-in name.
    #[must_use]
    pub fn user_principal_name(&self) -> Option<&str> {
        self.text(names::USER_PRINCIPAL_NAME)
    }

    /// An attribute's value, if it is one text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).and_then(Value::as_str)
    }

    /// The object that these attributes make.
    pub(crate) fn new(id: &str, kind: ObjectKind, feed: &str) -> Self {
        Self {
            id: id.to_owned(),
            kind,
            feed: feed.to_owned(),
            display_name: String::new(),
            enabled: true,
            deleted: None,
            attributes: Map::new(),
            sequence: 0,
        }
    }

    /// Derives from the attributes what is stored beside them.
    pub(crate) fn settle(&mut self) {
        let name = self.text(names::DISPLAY_NAME).or_else(|| self.user_principal_name());
        self.display_name = name.unwrap_or(&self.id).to_owned();
        self.enabled = self.attributes.get(names::ACCOUNT_ENABLED) != Some(&Value::Bool(false));
    }

    /// The folded sign-in name, which only one user outside the recycle bin can have.
    pub(crate) fn principal_key(&self) -> Option<String> {
        (self.kind == ObjectKind::User).then(|| self.user_principal_name().map(fold)).flatten()
    }

    pub(crate) fn into_row(self) -> ObjectRow {
        ObjectRow {
            name_key: fold(&self.display_name),
            principal_key: self.principal_key(),
            mail_key: self.text(names::MAIL).map(fold),
            kind: self.kind.as_str().to_owned(),
            attributes: Value::Object(self.attributes).to_string(),
            id: self.id,
            feed: self.feed,
            display_name: self.display_name,
            enabled: self.enabled,
            deleted: self.deleted,
            sequence: self.sequence,
        }
    }

    pub(crate) fn from_row(row: ObjectRow) -> Result<Self, DirectoryError> {
        let unreadable = || DirectoryError::Unreadable { what: "object", id: row.id.clone() };
        let kind = kind_of(&row.kind).ok_or_else(unreadable)?;
        let attributes = serde_json::from_str(&row.attributes).map_err(|_| unreadable())?;
        Ok(Self {
            id: row.id,
            kind,
            feed: row.feed,
            display_name: row.display_name,
            enabled: row.enabled,
            deleted: row.deleted,
            attributes,
            sequence: row.sequence,
        })
    }
}

/// The kind that a stored name stands for.
pub(crate) fn kind_of(name: &str) -> Option<ObjectKind> {
    [ObjectKind::User, ObjectKind::Group].into_iter().find(|kind| kind.as_str() == name)
}
