//! One organisation: its data file, its clock and its settings.
//!
//! All of it also works while another process serves the same data folder.

use std::{path::Path, sync::Arc};

use store::{Db, Migration, StoreError};

use crate::{
    Clock,
    access::Idleness,
    permission::{ADMIN_PERMISSIONS, SCIM_PERMISSIONS, SCIM_ROLE},
    settings::Settings,
    term::{ADMIN_ROLE, DEFAULT_ROLE, HOME_DIVISION, TermKind},
    trail::Trail,
};

/// The data file's name inside the data folder.
pub const FILE_NAME: &str = "genesys.db";

const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("tables.sql") },
    Migration { version: 2, sql: include_str!("tables-2.sql") },
    Migration { version: 3, sql: include_str!("tables-3.sql") },
    Migration { version: 4, sql: include_str!("tables-4.sql") },
    Migration { version: 5, sql: include_str!("tables-5.sql") },
];

/// An open organisation. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Organisation {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) settings: Arc<Settings>,
    pub(crate) home_division_id: Arc<str>,
    pub(crate) idleness: Idleness,
    pub(crate) trail: Trail,
}

impl Organisation {
    /// Opens the organisation in the folder `data`; the first time it is made, with
    /// the division *Home* and the roles *employee*, *Admin* and *SCIM Integration*.
    ///
    /// # Errors
    /// The sentence of [`StoreError`].
    pub async fn open(data: &Path, clock: Clock) -> Result<Self, StoreError> {
        let db = Db::open(data.join(FILE_NAME), MIGRATIONS).await?;
        let mut organisation = Self {
            db,
            clock,
            settings: Arc::default(),
            home_division_id: Arc::from(""),
            idleness: Idleness::default(),
            trail: Trail::default(),
        };
        organisation.ensure(TermKind::Division, HOME_DIVISION).await?;
        organisation.ensure(TermKind::Role, DEFAULT_ROLE).await?;
        for (role, permissions) in [(ADMIN_ROLE, ADMIN_PERMISSIONS), (SCIM_ROLE, SCIM_PERMISSIONS)]
        {
            organisation.ensure_permitted(TermKind::Role, role, permissions).await?;
        }
        if let Some(home) = organisation.term(TermKind::Division, HOME_DIVISION).await? {
            organisation.home_division_id = Arc::from(home.id);
        }
        Ok(organisation)
    }

    /// The same organisation, behaving as `settings` say.
    #[must_use]
    pub fn with_settings(self, settings: Settings) -> Self {
        Self { settings: Arc::new(settings), ..self }
    }

    /// How the organisation behaves.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

#[cfg(test)]
mod tests {
    use store::Step;

    use super::*;
    use crate::{record::Action, record_search::RecordSearch};

    #[tokio::test]
    async fn a_file_of_before_opens_with_all_that_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let old = Db::open(folder.path().join(FILE_NAME), &MIGRATIONS[..2]).await.unwrap();
        let records = ["POST", "PATCH", "DELETE"].map(|method| {
            Step::Execute(
                "INSERT INTO record (time, client_id, method, resource, status)
                 VALUES (0, 'c', $1, 'User', 200)",
                vec![method.into()],
            )
        });
        let mut steps = Vec::from(records);
        steps.push(Step::Execute(
            "INSERT INTO client (id, name, secret_hash, token_seconds, created)
             VALUES ('c', 'Entra', '', 300, 0)",
            vec![],
        ));
        old.transaction(steps).await.unwrap();
        drop(old);
        let organisation = Organisation::open(folder.path(), Clock::system()).await.unwrap();
        let client = organisation.client("c").await.unwrap();
        assert_eq!((client.ends, client.scopes.len()), (None, 0));
        let records = organisation.records(0, 10).await.unwrap();
        let actions = records.iter().map(|record| record.action.word());
        assert_eq!(actions.collect::<Vec<_>>(), ["create", "update", "delete"]);
        let created = RecordSearch { action: Some(Action::Create), ..RecordSearch::default() };
        assert_eq!(organisation.find_records(&created, 0, 10).await.unwrap().total, 1);
    }
}
