//! Bringing a file to the kinds and indexes that the schemas ask for.
//!
//! Schemas may change between two starts. What an attribute's index needs is written down
//! beside its values, so an index that was made by another rule is made anew.

use std::collections::{HashMap, HashSet};

use scim::ScimError;
use store::{Step, StoreError, Value};

use crate::ScimStore;
use crate::index::{self, Entry};
use crate::kind::Kind;
use crate::record::{Text, columns};

/// Resources that are indexed in one transaction.
const BATCH_COUNT: i64 = 1_000;

const KINDS: &str = "SELECT number, name FROM kind";

const ADD_KIND: &str = "INSERT INTO kind (number, name, resources)
    VALUES ((SELECT coalesce(max(number), 0) + 1 FROM kind), $1, 0) ON CONFLICT (name) DO NOTHING";

const FORGET_STRANGERS: &str = "DELETE FROM resource WHERE kind = 0
    AND NOT EXISTS (SELECT 1 FROM membership WHERE child = resource.number)";

const ATTRIBUTES: &str = "SELECT number, path, rule FROM attribute WHERE kind = $1";

const ADD_ATTRIBUTE: &str = "INSERT INTO attribute (number, kind, path, rule)
    VALUES ((SELECT coalesce(max(number), 0) + 1 FROM attribute), $1, $2, $3)
    ON CONFLICT (kind, path) DO UPDATE SET rule = excluded.rule";

const CLEAR: [&str; 3] = [
    "DELETE FROM unique_value WHERE attribute = $1",
    "DELETE FROM indexed_value WHERE attribute = $1",
    "DELETE FROM attribute WHERE number = $1",
];

const BATCH: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM resource r WHERE r.kind = $1 AND r.number > $2 ORDER BY r.number LIMIT $3"
);

const FILL_UNIQUE: &str =
    "INSERT INTO unique_value (attribute, value, resource, sorting) VALUES ($1, $2, $3, $4)";

/// For values that only have to be unique: those that the file has twice already stay, and the
/// later resource is left out until its value changes.
const FILL_UNIQUE_LATE: &str =
    "INSERT INTO unique_value (attribute, value, resource, sorting) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING";

const FILL_INDEXED: &str = "INSERT INTO indexed_value (attribute, value, resource, sorting)
    VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

/// The rule of an index that is being filled: whoever dies meanwhile begins again.
const UNFINISHED: &str = "unfinished";

impl ScimStore {
    /// Numbers the kinds and their indexes, and fills the indexes that are new.
    pub(crate) async fn prepare(&mut self) -> Result<(), StoreError> {
        let add = |kind: &Kind| Step::Execute(ADD_KIND, vec![kind.name.as_str().into()]);
        self.db.transaction(self.kinds.iter().map(add).collect()).await?;
        for row in &self.db.query(KINDS, []).await? {
            self.names.insert(row.integer(0)?, row.text(1)?.to_owned());
        }
        self.db.transaction(vec![Step::Execute(FORGET_STRANGERS, Vec::new())]).await?;
        let mut kinds = std::mem::take(&mut self.kinds);
        for kind in &mut kinds {
            let number = self.names.iter().find(|(_, name)| **name == kind.name);
            kind.number = number.map_or(0, |(number, _)| *number);
            self.prepare_indexes(kind).await?;
        }
        self.kinds = kinds;
        Ok(())
    }

    async fn prepare_indexes(&self, kind: &mut Kind) -> Result<(), StoreError> {
        let known = self.attributes(kind).await?;
        let wanted: HashSet<String> = kind.indexes.iter().map(|index| index.name.clone()).collect();
        let is_good =
            |name: &str, rule: &str| kind.index(name).is_some_and(|index| index.rule() == rule);
        let mut steps = Vec::new();
        for (name, (number, rule)) in &known {
            if !is_good(name, rule) {
                steps.extend(CLEAR.map(|sql| Step::Execute(sql, vec![(*number).into()])));
            }
        }
        let is_new = |name: &&String| known.get(*name).is_none_or(|(_, rule)| !is_good(name, rule));
        let new: HashSet<String> = wanted.iter().filter(is_new).cloned().collect();
        let values =
            |name: &String, rule: &str| vec![kind.number.into(), name.as_str().into(), rule.into()];
        steps.extend(new.iter().map(|name| Step::Execute(ADD_ATTRIBUTE, values(name, UNFINISHED))));
        if !steps.is_empty() {
            self.db.transaction(steps).await?;
        }
        let known = self.attributes(kind).await?;
        for index in &mut kind.indexes {
            index.number = known.get(&index.name).map_or(0, |(number, _)| *number);
        }
        if new.is_empty() {
            return Ok(());
        }
        self.fill(kind, &new).await?;
        let done = kind.indexes.iter().filter(|index| new.contains(&index.name)).map(|index| {
            let values = vec![kind.number.into(), index.name.as_str().into(), index.rule().into()];
            Step::Execute(ADD_ATTRIBUTE, values)
        });
        self.db.transaction(done.collect()).await.map(|_| ())
    }

    async fn attributes(&self, kind: &Kind) -> Result<HashMap<String, (i64, String)>, StoreError> {
        let rows = self.db.query(ATTRIBUTES, [kind.number.into()]).await?;
        let attribute = |row: &store::Row| {
            Ok((row.text(1)?.to_owned(), (row.integer(0)?, row.text(2)?.to_owned())))
        };
        rows.iter().map(attribute).collect()
    }

    /// Writes the values of all resources into new indexes.
    async fn fill(&self, kind: &Kind, new: &HashSet<String>) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let values = [kind.number.into(), Value::from(after), BATCH_COUNT.into()];
            let rows = self.db.query(BATCH, values).await?;
            let Some(last) = rows.iter().last() else { return Ok(()) };
            after = last.integer(0)?;
            let (mut unique, mut late, mut indexed) = (Vec::new(), Vec::new(), Vec::new());
            for row in &rows {
                let record = Text::read(row)?.parsed()?;
                let entries = index::entries(&kind.indexes, &record.data, &kind.schema);
                for entry in entries.map_err(|error| unusable(&error))? {
                    let index = &kind.indexes[entry.index];
                    if new.contains(&index.name) {
                        let table = match (index.is_unique, index.is_asked_for()) {
                            (true, true) => &mut unique,
                            (true, false) => &mut late,
                            (false, _) => &mut indexed,
                        };
                        table.push(values_of(index.number, &entry, record.number));
                    }
                }
            }
            let late_count = late.len();
            let steps = vec![
                Step::Many(FILL_UNIQUE_LATE, late),
                Step::Many(FILL_UNIQUE, unique),
                Step::Many(FILL_INDEXED, indexed),
            ];
            let answers = self.db.transaction(steps).await?;
            let left_out = answers.first().map_or(0, |rows| late_count - rows.affected);
            if left_out > 0 {
                tracing::warn!(
                    kind = %kind.name,
                    left_out,
                    "the file has equal values where the schema asks for unique ones: they stay, and no more are taken"
                );
            }
        }
    }
}

fn values_of(attribute: i64, entry: &Entry, number: i64) -> Vec<Value> {
    vec![attribute.into(), Value::from(&entry.value), number.into(), entry.is_sorting.into()]
}

fn unusable(error: &ScimError) -> StoreError {
    StoreError::Statement(format!("a stored resource does not fit the schema: {}", error.detail))
}
