//! Writing: every change of a resource, its index and its members is one transaction.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use scim::{Resource, ScimError};
use store::{Step, StoreError, Value};
use uuid::Uuid;

use crate::ScimStore;
use crate::error::refusal;
use crate::index::{self, Entry, Indexed};
use crate::kind::Kind;
use crate::membership::{self, Change};
use crate::record::{Groups, Record};

/// How often a write is tried again because another one came in between.
pub(crate) const ATTEMPT_COUNT_MAX: usize = 20;

const CREATE: &str =
    "INSERT INTO resource (number, kind, id, version, created, modified, display, data)
    VALUES ($1, $2, $3, 1, $4, $4, $5, $6)";

const COUNT: &str = "UPDATE kind SET resources = resources + $2 WHERE number = $1";

const UPDATE: &str =
    "UPDATE resource SET version = version + 1, modified = $3, display = $4, data = $5
    WHERE number = $1 AND version = $2";

const TOUCH: &str = "UPDATE resource SET version = version + 1, modified = $2
    WHERE number = $1 RETURNING version";

const TOUCH_IF: &str = "UPDATE resource SET version = version + 1, modified = $2
    WHERE number = $1 AND version = $3";

const TOUCH_GROUPS: &str = "UPDATE resource SET version = version + 1, modified = $2
    WHERE number IN (SELECT parent FROM membership WHERE child = $1)";

const DELETE: &str = "DELETE FROM resource WHERE number = $1 AND version = $2";

const ADD_UNIQUE: &str =
    "INSERT INTO unique_value (attribute, value, resource, sorting) VALUES ($1, $2, $3, $4)";

const ADD_INDEXED: &str =
    "INSERT INTO indexed_value (attribute, value, resource, sorting) VALUES ($1, $2, $3, $4)";

const REMOVE_UNIQUE: &str =
    "DELETE FROM unique_value WHERE attribute = $1 AND value = $2 AND resource = $3";

const REMOVE_INDEXED: &str =
    "DELETE FROM indexed_value WHERE attribute = $1 AND value = $2 AND resource = $3";

const TAKEN: &str =
    "SELECT 1 FROM unique_value WHERE attribute = $1 AND value = $2 AND resource <> $3";

/// A resource as it is to be.
pub(crate) struct Wanted {
    pub(crate) data: Resource,
    pub(crate) members: Vec<Change>,
    /// Whether it is good for the version that was read, and for no other. New data
    /// always is.
    pub(crate) is_of_version: bool,
}

/// What became of a write.
pub(crate) enum Outcome {
    Done(Record),
    /// Nothing was written: the resource is another one meanwhile.
    OtherVersion,
}

/// Rows to write for new resources, collected for one transaction.
#[derive(Default)]
struct Rows {
    resources: Vec<Vec<Value>>,
    unique: Vec<Vec<Value>>,
    indexed: Vec<Vec<Value>>,
}

impl ScimStore {
    /// Keeps a new resource.
    pub(crate) async fn insert(
        &self,
        kind: &Kind,
        resource: Resource,
    ) -> Result<Record, ScimError> {
        let members = if kind.has_members() { membership::ids(&resource)? } else { Vec::new() };
        let data = kind.data(resource);
        let entries = index::entries(&kind.indexes, &data, &kind.schema)?;
        for _ in 0..ATTEMPT_COUNT_MAX {
            let record = self.new_record(data.clone());
            let mut rows = Rows::default();
            rows.add(kind, &record, &entries);
            let mut steps = rows.into_steps(kind);
            if !members.is_empty() {
                let group = (record.number, record.id.as_str());
                let changes = [Change::Add(members.clone())];
                steps.extend(self.membership_steps(kind, group, &changes).await?);
            }
            match self.db.transaction(steps).await {
                Ok(_) => return Ok(record),
                Err(error) => self.explain(kind, &entries, record.number, &error)?,
            }
        }
        Err(busy(kind, "new"))
    }

    /// Keeps many new resources in one transaction; members are not looked at.
    pub(crate) async fn insert_many(
        &self,
        kind: &Kind,
        resources: Vec<Resource>,
    ) -> Result<Vec<Record>, ScimError> {
        let mut rows = Rows::default();
        let mut records = Vec::with_capacity(resources.len());
        for resource in resources {
            let record = self.new_record(kind.data(resource));
            let entries = index::entries(&kind.indexes, &record.data, &kind.schema)?;
            rows.add(kind, &record, &entries);
            records.push(record);
        }
        match self.db.transaction(rows.into_steps(kind)).await {
            Ok(_) => Ok(records),
            Err(StoreError::Unique { .. }) => {
                Err(ScimError::uniqueness("one of the resources has a value that is taken"))
            }
            Err(error) => Err(refusal(&error)),
        }
    }

    /// Writes what a resource is to be.
    pub(crate) async fn update(
        &self,
        kind: &Kind,
        mut record: Record,
        wanted: Wanted,
    ) -> Result<Outcome, ScimError> {
        let group = (record.number, record.id.as_str());
        let members = self.membership_steps(kind, group, &wanted.members).await?;
        let has_new_data = wanted.data != record.data;
        if members.is_empty() && !has_new_data {
            return Ok(Outcome::Done(record));
        }
        let modified = self.clock.now().max(record.modified);
        let entries = index::entries(&kind.indexes, &wanted.data, &kind.schema)?;
        let mut steps = Vec::new();
        if has_new_data {
            steps.push(update_step(&record, &wanted.data, modified));
            steps.extend(difference(kind, &record, &entries)?);
        } else if wanted.is_of_version {
            let values = vec![record.number.into(), modified.into(), record.version.into()];
            steps.push(Step::Expect(TOUCH_IF, values, 1));
        } else {
            steps.push(Step::Query(TOUCH, vec![record.number.into(), modified.into()]));
        }
        steps.extend(members);
        match self.db.transaction(steps).await {
            Ok(answers) => {
                let touched = answers.first().and_then(store::Rows::first);
                record.version = match touched {
                    Some(row) => row.integer(0).map_err(|error| refusal(&error))?,
                    None if has_new_data || wanted.is_of_version => record.version + 1,
                    None => return Ok(Outcome::OtherVersion),
                };
                record.modified = modified;
                record.data = wanted.data;
                Ok(Outcome::Done(record))
            }
            Err(StoreError::Conflict { .. }) => Ok(Outcome::OtherVersion),
            Err(error) => {
                self.explain(kind, &entries, record.number, &error)?;
                Ok(Outcome::OtherVersion)
            }
        }
    }

    /// Removes a resource of this version, and with it its memberships.
    pub(crate) async fn remove(&self, kind: &Kind, record: &Record) -> Result<bool, ScimError> {
        let entries = index::entries(&kind.indexes, &record.data, &kind.schema)?;
        let mut steps = vec![
            Step::Execute(TOUCH_GROUPS, vec![record.number.into(), self.clock.now().into()]),
            Step::Expect(DELETE, vec![record.number.into(), record.version.into()], 1),
            Step::Execute(COUNT, vec![kind.number.into(), (-1_i64).into()]),
        ];
        let rows = |is_unique| {
            let of_table = |entry: &&Entry| kind.indexes[entry.index].is_unique == is_unique;
            entries.iter().filter(of_table).map(|entry| key(kind, entry, record.number)).collect()
        };
        steps.push(Step::Many(REMOVE_UNIQUE, rows(true)));
        steps.push(Step::Many(REMOVE_INDEXED, rows(false)));
        match self.db.transaction(steps).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(refusal(&error)),
        }
    }

    fn new_record(&self, data: Resource) -> Record {
        let now = self.clock.now();
        Record {
            number: self.next_number.fetch_add(1, Ordering::Relaxed),
            // Ids that grow with time keep their index dense.
            id: Uuid::now_v7().to_string(),
            version: 1,
            created: now,
            modified: now,
            data,
            groups: Groups::None,
        }
    }

    /// Turns a refusal of the data file into one of SCIM; `Ok` if another attempt may do.
    fn explain(
        &self,
        kind: &Kind,
        entries: &[Entry],
        number: i64,
        error: &StoreError,
    ) -> Result<(), ScimError> {
        match error {
            StoreError::Unique { key } if key.contains("unique_value") => {
                self.explain_taken(kind, entries, number)
            }
            // Another process has used the number.
            StoreError::Unique { key } if key.contains("resource.number") => {
                self.read_next_number().map_err(|error| refusal(&error))
            }
            // A member was removed after it had been found.
            StoreError::Reference => Ok(()),
            error => Err(refusal(error)),
        }
    }

    fn explain_taken(&self, kind: &Kind, entries: &[Entry], number: i64) -> Result<(), ScimError> {
        for entry in entries.iter().filter(|entry| kind.indexes[entry.index].is_unique) {
            let index = &kind.indexes[entry.index];
            let values = [index.number.into(), Value::from(&entry.value), number.into()];
            let rows = self.db.lookup(TAKEN, values).map_err(|error| refusal(&error))?;
            if !rows.is_empty() {
                return Err(taken(kind, &index.label(), &entry.value));
            }
        }
        Ok(())
    }
}

impl Rows {
    fn add(&mut self, kind: &Kind, record: &Record, entries: &[Entry]) {
        self.resources.push(vec![
            record.number.into(),
            kind.number.into(),
            record.id.as_str().into(),
            record.created.into(),
            Record::display(&record.data).into(),
            text(&record.data),
        ]);
        for entry in entries {
            let table = if kind.indexes[entry.index].is_unique {
                &mut self.unique
            } else {
                &mut self.indexed
            };
            table.push(row(kind, entry, record.number));
        }
    }

    fn into_steps(self, kind: &Kind) -> Vec<Step> {
        let count = i64::try_from(self.resources.len()).unwrap_or(i64::MAX);
        vec![
            Step::Many(CREATE, self.resources),
            Step::Many(ADD_UNIQUE, self.unique),
            Step::Many(ADD_INDEXED, self.indexed),
            Step::Execute(COUNT, vec![kind.number.into(), count.into()]),
        ]
    }
}

fn update_step(record: &Record, data: &Resource, modified: Timestamp) -> Step {
    let values = vec![
        record.number.into(),
        record.version.into(),
        modified.into(),
        Record::display(data).into(),
        text(data),
    ];
    Step::Expect(UPDATE, values, 1)
}

/// The steps that bring the index from the record as it is to the new entries.
fn difference(kind: &Kind, record: &Record, entries: &[Entry]) -> Result<Vec<Step>, ScimError> {
    let before: BTreeSet<Entry> =
        index::entries(&kind.indexes, &record.data, &kind.schema)?.into_iter().collect();
    let after: BTreeSet<Entry> = entries.iter().cloned().collect();
    let rows = |from: &BTreeSet<Entry>, but: &BTreeSet<Entry>, is_unique, with_sorting| {
        let of_table = |entry: &&Entry| kind.indexes[entry.index].is_unique == is_unique;
        let make = if with_sorting { row } else { key };
        let rows = from.difference(but).filter(of_table);
        rows.map(|entry| make(kind, entry, record.number)).collect::<Vec<_>>()
    };
    let steps = [
        (REMOVE_UNIQUE, rows(&before, &after, true, false)),
        (REMOVE_INDEXED, rows(&before, &after, false, false)),
        (ADD_UNIQUE, rows(&after, &before, true, true)),
        (ADD_INDEXED, rows(&after, &before, false, true)),
    ];
    let steps = steps.into_iter().filter(|(_, rows)| !rows.is_empty());
    Ok(steps.map(|(sql, rows)| Step::Many(sql, rows)).collect())
}

fn key(kind: &Kind, entry: &Entry, number: i64) -> Vec<Value> {
    vec![kind.indexes[entry.index].number.into(), Value::from(&entry.value), number.into()]
}

fn row(kind: &Kind, entry: &Entry, number: i64) -> Vec<Value> {
    let mut row = key(kind, entry, number);
    row.push(entry.is_sorting.into());
    row
}

fn text(data: &Resource) -> Value {
    Value::Text(serde_json::to_string(data).expect("a map of JSON values is JSON"))
}

fn taken(kind: &Kind, attribute: &str, value: &Indexed) -> ScimError {
    let value = match value {
        Indexed::Text(text) => text.as_str(),
        Indexed::Boolean(true) => "true",
        Indexed::Boolean(false) => "false",
        Indexed::Nothing => "",
    };
    ScimError::uniqueness(format!(
        "another {} has the {attribute} \"{value}\" already: choose another one",
        kind.name
    ))
}

/// The refusal of a write that others come before again and again.
pub(crate) fn busy(kind: &Kind, id: &str) -> ScimError {
    ScimError::new(
        409,
        format!(
            "the {} \"{id}\" is being changed by others all the time: try again later",
            kind.name
        ),
    )
}
