//! One organisation: its data file, and what an administrator does with it.
//!
//! All of it also works while another process serves the same data folder.

use std::path::Path;

use store::{Db, Migration, Row, Step, StoreError, Value, key};
use uuid::Uuid;

use crate::Clock;

/// The data file's name inside the data folder.
pub const FILE_NAME: &str = "genesys.db";

/// The division where users are who were given no other.
pub const HOME_DIVISION: &str = "Home";

/// The role of each new user who was given no other.
pub const DEFAULT_ROLE: &str = "employee";

/// The vendor's ready-made role of administrators.
pub const ADMIN_ROLE: &str = "Admin";

/// The longest name of anything, in characters.
pub(crate) const NAME_LENGTH_MAX: usize = 256;

const MIGRATIONS: &[Migration] = &[Migration { version: 1, sql: include_str!("tables.sql") }];

/// An open organisation. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Organisation {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
}

/// A role, division, skill or language: users refer to it by its name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Term {
    /// The GUID.
    pub id: String,
    /// The name, unique among its kind in any case.
    pub name: String,
}

/// What a [`Term`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermKind {
    /// What a user may do.
    Role,
    /// Where a user belongs.
    Division,
    /// What a user knows.
    Skill,
    /// What a user speaks.
    Language,
}

/// Why an administrator's command was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdministrationError {
    /// The name is empty or too long.
    #[error(
        "the name \"{0}\" is empty or longer than {NAME_LENGTH_MAX} characters: choose another one"
    )]
    Name(String),
    /// Something of this name exists.
    #[error("there is a {kind} \"{name}\" already: choose another name")]
    Exists {
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Nothing of this id exists.
    #[error("there is no {kind} with the id \"{id}\": list them to see which there are")]
    Missing {
        /// What it is.
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// The lifetime of tokens is out of range.
    #[error("tokens cannot live for {0} seconds: choose from {min} to {max}", min = crate::client::TOKEN_SECONDS_MIN, max = crate::client::TOKEN_SECONDS_MAX)]
    TokenSeconds(u32),
    /// The client's id or secret holds letters that a request cannot carry.
    #[error(
        "the client id or secret is empty or contains a colon, a blank or a control character: choose another one"
    )]
    Credentials,
    /// The data file failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Organisation {
    /// Opens the organisation in the folder `data`; the first time it is made, with
    /// the division *Home* and the roles *employee* and *Admin*.
    ///
    /// # Errors
    /// The sentence of [`StoreError`].
    pub async fn open(data: &Path, clock: Clock) -> Result<Self, StoreError> {
        let db = Db::open(data.join(FILE_NAME), MIGRATIONS).await?;
        let organisation = Self { db, clock };
        let ready_made = [
            (TermKind::Division, HOME_DIVISION),
            (TermKind::Role, DEFAULT_ROLE),
            (TermKind::Role, ADMIN_ROLE),
        ];
        for (kind, name) in ready_made {
            organisation.ensure(kind, name).await?;
        }
        organisation.prune_records().await?;
        Ok(organisation)
    }

    /// Makes a role, division, skill or language.
    pub async fn create_term(
        &self,
        kind: TermKind,
        name: &str,
    ) -> Result<Term, AdministrationError> {
        let name = checked_name(name)?;
        let term = Term { id: Uuid::new_v4().to_string(), name: name.to_owned() };
        let inserted = self.db.transaction(vec![self.insert_term(kind, &term)]).await?;
        match inserted.first().map(|rows| rows.affected) {
            Some(0) => Err(AdministrationError::Exists { kind: kind.word(), name: term.name }),
            _ => Ok(term),
        }
    }

    /// Makes the role, division, skill or language if there is none of that name.
    pub async fn ensure(&self, kind: TermKind, name: &str) -> Result<(), StoreError> {
        let known = self.db.query(TERM, [kind.word().into(), key::fold(name).into()]).await?;
        if known.is_empty() {
            let term = Term { id: Uuid::new_v4().to_string(), name: name.to_owned() };
            self.db.transaction(vec![self.insert_term(kind, &term)]).await?;
        }
        Ok(())
    }

    /// All roles, divisions, skills or languages, by name.
    pub async fn terms(&self, kind: TermKind) -> Result<Vec<Term>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT id, name FROM term WHERE kind = $1 ORDER BY name_key",
                [kind.word().into()],
            )
            .await?;
        rows.iter().map(Term::from_row).collect()
    }

    fn insert_term(&self, kind: TermKind, term: &Term) -> Step {
        let values: Vec<Value> = vec![
            kind.word().into(),
            key::fold(&term.name).into(),
            (&term.id).into(),
            (&term.name).into(),
            self.clock.now().into(),
        ];
        Step::Execute(
            "INSERT INTO term (kind, name_key, id, name, created) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (kind, name_key) DO NOTHING",
            values,
        )
    }
}

/// Finds a term: its kind and the key of its name.
pub(crate) const TERM: &str = "SELECT id, name FROM term WHERE kind = $1 AND name_key = $2";

impl Term {
    pub(crate) fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self { id: row.text(0)?.to_owned(), name: row.text(1)?.to_owned() })
    }
}

impl TermKind {
    /// The word for it, in the data file and in sentences.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Division => "division",
            Self::Skill => "skill",
            Self::Language => "language",
        }
    }
}

/// The name without the blanks around it.
pub(crate) fn checked_name(name: &str) -> Result<&str, AdministrationError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_LENGTH_MAX {
        return Err(AdministrationError::Name(name.chars().take(NAME_LENGTH_MAX).collect()));
    }
    Ok(name)
}
