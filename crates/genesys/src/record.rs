//! The records: who asked for which write, and what became of it.
//!
//! A write that was done is recorded in the same transaction, so the records tell all
//! that ever happened and nothing that did not. A million are kept; the oldest go.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Row, Step, StoreError};

use crate::{Organisation, users::whole};

/// One write that a client asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Counts up in the order of the writes.
    pub number: i64,
    /// When.
    pub time: Timestamp,
    /// The OAuth client, or `command line`.
    pub client_id: String,
    /// POST, PUT, PATCH or DELETE.
    pub method: String,
    /// What that did to what it is about.
    pub action: Action,
    /// `User`, `Group`, or what else was written: `Role`, `Division`, `OAuthClient`, …
    pub resource: String,
    /// The id; `None` if a creation was refused.
    pub resource_id: Option<String>,
    /// The userName or displayName, as far as it is known.
    pub name: Option<String>,
    /// The HTTP status of the answer.
    pub status: u16,
    /// What the answer carries as `ININ-Correlation-Id`.
    pub correlation_id: Option<String>,
    /// What was changed; nothing if the write was refused.
    pub changes: Vec<Change>,
}

/// What a write does to what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is there from now on.
    Create,
    /// It is another one from now on: members that come and go change their group.
    Update,
    /// It is gone from now on.
    Delete,
}

/// One attribute that a write changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The attribute.
    pub property: String,
    /// Its values before.
    pub old_values: Vec<String>,
    /// Its values after.
    pub new_values: Vec<String>,
}

/// The client of what was done on the command line.
pub const COMMAND_LINE: &str = "command line";

/// What anything with an id is called.
const NAME: &str = "SELECT user_name FROM person WHERE id = $1
    UNION ALL SELECT display_name FROM team WHERE id = $1
    UNION ALL SELECT name FROM client WHERE id = $1
    UNION ALL SELECT name FROM term WHERE id = $1";

/// A write that is about to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'e> {
    pub(crate) client_id: &'e str,
    pub(crate) method: &'static str,
    pub(crate) action: Action,
    pub(crate) resource: &'static str,
    pub(crate) resource_id: Option<&'e str>,
    pub(crate) name: Option<&'e str>,
    pub(crate) status: u16,
    pub(crate) correlation_id: Option<&'e str>,
    pub(crate) changes: &'e [Change],
}

impl Organisation {
    /// The records after the one numbered `after`, the oldest first, at most `limit`.
    pub async fn records(&self, after: i64, limit: usize) -> Result<Vec<Record>, StoreError> {
        let page = "SELECT number, time, client_id, method, resource, resource_id, name, status,
              correlation_id, changes, action FROM record WHERE number > $1 ORDER BY number LIMIT $2";
        let rows = self.db.query(page, [after.into(), whole(limit)]).await?;
        rows.iter().map(Record::from_row).collect()
    }

    /// What the user, group, client, role, division, skill or language with this id is called.
    pub async fn name_of(&self, id: &str) -> Result<Option<String>, StoreError> {
        let rows = self.db.query(NAME, [id.into()]).await?;
        Ok(rows.first().map(|row| row.text(0)).transpose()?.map(str::to_owned))
    }

    /// Records what was done on the command line, with the method that does as much over HTTP.
    pub async fn record_command(
        &self,
        action: Action,
        resource: &'static str,
        id: &str,
        name: &str,
    ) -> Result<(), StoreError> {
        let entry = Entry {
            client_id: COMMAND_LINE,
            method: action.method(),
            action,
            resource,
            resource_id: Some(id),
            name: Some(name),
            status: 200,
            correlation_id: None,
            changes: &[],
        };
        self.db.transaction(vec![self.record(&entry)]).await.map(|_| ())
    }

    /// The step that records a write.
    pub(crate) fn record(&self, entry: &Entry<'_>) -> Step {
        let changes = (!entry.changes.is_empty())
            .then(|| serde_json::to_string(entry.changes).expect("texts are JSON"));
        Step::Execute(
            "INSERT INTO record (time, client_id, method, resource, resource_id, name, status,
               correlation_id, changes, action)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            vec![
                self.clock.now().into(),
                entry.client_id.into(),
                entry.method.into(),
                entry.resource.into(),
                entry.resource_id.into(),
                entry.name.into(),
                i64::from(entry.status).into(),
                entry.correlation_id.into(),
                changes.into(),
                entry.action.word().into(),
            ],
        )
    }
}

impl Record {
    pub(crate) fn from_row(row: &Row) -> Result<Self, StoreError> {
        let text = |column| Ok::<_, StoreError>(row.optional_text(column)?.map(str::to_owned));
        Ok(Self {
            number: row.integer(0)?,
            time: row.timestamp(1)?,
            client_id: row.text(2)?.to_owned(),
            method: row.text(3)?.to_owned(),
            resource: row.text(4)?.to_owned(),
            resource_id: text(5)?,
            name: text(6)?,
            status: u16::try_from(row.integer(7)?).unwrap_or_default(),
            correlation_id: text(8)?,
            changes: row.optional_json(9)?.unwrap_or_default(),
            action: Action::from_word(row.text(10)?),
        })
    }
}

impl Action {
    /// What the method does where nothing else is said.
    pub(crate) fn of(method: &str) -> Self {
        match method {
            "POST" => Self::Create,
            "DELETE" => Self::Delete,
            _ => Self::Update,
        }
    }

    /// The method that does it where nothing else is said.
    fn method(self) -> &'static str {
        match self {
            Self::Create => "POST",
            Self::Update => "PUT",
            Self::Delete => "DELETE",
        }
    }

    /// The word, in the data file and for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    fn from_word(word: &str) -> Self {
        match word {
            "create" => Self::Create,
            "delete" => Self::Delete,
            _ => Self::Update,
        }
    }
}

impl Change {
    /// A change of what nobody may read.
    pub(crate) fn hidden(property: &str) -> Self {
        Self { property: property.to_owned(), old_values: Vec::new(), new_values: Vec::new() }
    }

    /// A change of `property` from these values to those; `None` if they are the same.
    pub(crate) fn of(property: &str, old: Vec<String>, new: Vec<String>) -> Option<Self> {
        (old != new).then(|| Self {
            property: property.to_owned(),
            old_values: old,
            new_values: new,
        })
    }
}
