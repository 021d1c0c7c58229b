//! Finding records: who did what, when, to whom.

use jiff::Timestamp;
use serde_json::Value as Json;
use store::{StoreError, Value};

use crate::{
    Organisation,
    record::{Action, Record},
    users::whole,
};

/// Which records are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordSearch {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// What was written: `User`, `Group`, …
    pub resources: Option<Vec<String>>,
    /// The id of what was written.
    pub resource_id: Option<String>,
    /// Who wrote it.
    pub client_id: Option<String>,
    /// What it did.
    pub action: Option<Action>,
    /// Whether it was done, or refused.
    pub is_done: Option<bool>,
    /// The correlation id of the answer.
    pub correlation_id: Option<String>,
}

/// A page of records, and how many match in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPage {
    /// How many match.
    pub total: usize,
    /// Those of this page, the newest first.
    pub records: Vec<Record>,
}

macro_rules! conditions {
    () => {
        "FROM record WHERE ($1 IS NULL OR time >= $1) AND ($2 IS NULL OR time < $2)
         AND ($3 IS NULL OR resource IN (SELECT value FROM json_each($3)))
         AND ($4 IS NULL OR resource_id = $4) AND ($5 IS NULL OR client_id = $5)
         AND ($6 IS NULL OR action = $6)
         AND ($7 IS NULL OR (status < 400) = $7) AND ($8 IS NULL OR correlation_id = $8)"
    };
}

impl Organisation {
    /// The records that `search` means, from the one at `offset` (counted from 0), at most
    /// `limit` of them. Reads all records of the interval.
    pub async fn find_records(
        &self,
        search: &RecordSearch,
        offset: usize,
        limit: usize,
    ) -> Result<RecordPage, StoreError> {
        let page = concat!(
            "SELECT number, time, client_id, method, resource, resource_id, name, status,
               correlation_id, changes, action ",
            conditions!(),
            " ORDER BY number DESC LIMIT $9 OFFSET $10"
        );
        let conditions = search.values();
        let values = [conditions.clone(), vec![whole(limit), whole(offset)]].concat();
        let count = concat!("SELECT count(*) ", conditions!());
        let mut answers =
            self.db.snapshot(vec![(count, conditions), (page, values)]).await?.into_iter();
        let (Some(count), Some(rows)) = (answers.next(), answers.next()) else {
            return Err(StoreError::Closed);
        };
        let total = count.first().map(|row| row.integer(0)).transpose()?.unwrap_or_default();
        let records = rows.iter().map(Record::from_row).collect::<Result<_, _>>()?;
        Ok(RecordPage { total: usize::try_from(total).unwrap_or_default(), records })
    }
}

impl RecordSearch {
    /// `$1` to `$8` of the conditions.
    fn values(&self) -> Vec<Value> {
        let time = |time: Option<Timestamp>| time.map_or(Value::Null, Value::from);
        let list = |list: &Option<Vec<String>>| {
            list.as_ref().map(|list| list.iter().map(String::as_str).collect::<Json>().to_string())
        };
        vec![
            time(self.from),
            time(self.until),
            list(&self.resources).into(),
            self.resource_id.as_ref().into(),
            self.client_id.as_ref().into(),
            self.action.map(Action::word).into(),
            self.is_done.into(),
            self.correlation_id.as_ref().into(),
        ]
    }
}
