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
