//! The change feed: what happened to the directory, in the order of commits.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::directory as statements;
use store::directory::ChangeRow;

use crate::error::DirectoryError;
use crate::{Directory, limited};

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Its number. Numbers have no gaps and follow the order of commits.
    pub sequence: i64,
    /// When it happened.
    pub time: Timestamp,
    /// Who did it.
    pub actor: String,
    /// What happened.
    pub kind: ChangeKind,
    /// The object or application; of an edge, its beginning.
    pub object_id: String,
    /// Of an edge, its end.
    pub other_id: Option<String>,
    /// What `object_id` is.
    pub subject: Subject,
    /// The name of `object_id` after the change.
    pub display_name: String,
    /// Whether the object came into being.
    pub created: bool,
    /// The attributes that changed. `deleted` is the moment at which an object was put into the
    /// recycle bin, and `appRoles` stands for the roles of an application.
    pub attributes: Vec<AttributeChange>,
    /// Which edge came or went.
    pub edge: Option<EdgeKind>,
    /// Of an assignment, the app role's id.
    pub label: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// An object or application was created or changed, deleted or restored.
    Object,
    /// An edge came.
    EdgeAdded,
    /// An edge went.
    EdgeRemoved,
    /// An object is gone for good.
    Purged,
}

/// What an edge means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EdgeKind {
    /// From a group to a member.
    Member,
    /// From a user to the manager.
    Manager,
    /// From an application to who is assigned.
    Assignment,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// A user.
    User,
    /// A group.
    Group,
    /// An application.
    Application,
}

/// One attribute, before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributeChange {
    /// The attribute's source name.
    pub name: String,
    /// Its value before; none if it had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// Its value after; none if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// The name under which the recycle bin appears among changed attributes.
pub(crate) const DELETED: &str = "deleted";

/// The name under which an application's roles appear among changed attributes.
pub(crate) const APP_ROLES: &str = "appRoles";

/// What the columns of a change do not hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    subject: Subject,
    display_name: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    created: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<AttributeChange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edge: Option<EdgeKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
}

impl Directory {
    /// The changes behind the number `after`, oldest first, at most `limit` of them.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn changes(&self, after: i64, limit: usize) -> Result<Vec<Change>, DirectoryError> {
        let rows = self.one(statements::changes(&self.organisation, after, limited(limit))).await?;
        rows.iter().map(|row| Change::from_row(ChangeRow::read(row)?)).collect()
    }
}

impl Change {
    pub(crate) fn into_row(self) -> ChangeRow {
        let detail = Detail {
            subject: self.subject,
            display_name: self.display_name,
            created: self.created,
            attributes: self.attributes,
            edge: self.edge,
            label: self.label.filter(|label| !label.is_empty()),
        };
        ChangeRow {
            sequence: self.sequence,
            time: self.time,
            actor: self.actor,
            kind: self.kind.as_stored().to_owned(),
            object_id: self.object_id,
            other_id: self.other_id,
            detail: serde_json::to_string(&detail).expect("a change consists of texts and JSON"),
        }
    }

    fn from_row(row: ChangeRow) -> Result<Self, DirectoryError> {
        let unreadable =
            || DirectoryError::Unreadable { what: "change", id: row.sequence.to_string() };
        let kind = ChangeKind::from_stored(&row.kind).ok_or_else(unreadable)?;
        let detail: Detail = serde_json::from_str(&row.detail).map_err(|_| unreadable())?;
        Ok(Self {
            sequence: row.sequence,
            time: row.time,
            actor: row.actor,
            kind,
            object_id: row.object_id,
            other_id: row.other_id,
            subject: detail.subject,
            display_name: detail.display_name,
            created: detail.created,
            attributes: detail.attributes,
            edge: detail.edge,
            label: detail.label,
        })
    }
}

impl ChangeKind {
    const ALL: [Self; 4] = [Self::Object, Self::EdgeAdded, Self::EdgeRemoved, Self::Purged];

    /// The name that is stored.
    #[must_use]
    pub fn as_stored(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::EdgeAdded => "edge-added",
            Self::EdgeRemoved => "edge-removed",
            Self::Purged => "purged",
        }
    }

    fn from_stored(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_stored() == name)
    }
}

impl EdgeKind {
    const ALL: [Self; 3] = [Self::Member, Self::Manager, Self::Assignment];

    /// The name that is stored.
    #[must_use]
    pub fn as_stored(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Manager => "manager",
            Self::Assignment => "assignment",
        }
    }

    pub(crate) fn from_stored(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_stored() == name)
    }
}
