//! What users refer to by name: roles, divisions, routing skills and languages.

use store::{Row, Step, StoreError, Value, key};
use uuid::Uuid;

use crate::{
    Organisation,
    administration::{AdministrationError, checked_name},
};

/// The division where users are who were given no other.
pub const HOME_DIVISION: &str = "Home";

/// The role of each new user who was given no other.
pub const DEFAULT_ROLE: &str = "employee";

/// The vendor's ready-made role of administrators.
pub const ADMIN_ROLE: &str = "Admin";

/// A role, division, skill or language: users refer to it by its name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Term {
    /// The GUID.
    pub id: String,
    /// The name, unique among its kind in any case.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
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

impl Organisation {
    /// Makes a role, division, skill or language.
    pub async fn create_term(
        &self,
        kind: TermKind,
        name: &str,
    ) -> Result<Term, AdministrationError> {
        self.create_described_term(kind, name, None, &[]).await
    }

    /// Makes a role, division, skill or language; `permissions` are those of a role.
    pub(crate) async fn create_described_term(
        &self,
        kind: TermKind,
        name: &str,
        description: Option<&str>,
        permissions: &[String],
    ) -> Result<Term, AdministrationError> {
        let term = Term {
            id: Uuid::new_v4().to_string(),
            name: checked_name(name)?.to_owned(),
            description: description.map(str::to_owned),
        };
        let steps = vec![self.insert_term(kind, &term), permit(&term.id, permissions)];
        match self.db.transaction(steps).await {
            Ok(_) => Ok(term),
            Err(StoreError::Unique { .. }) => {
                Err(AdministrationError::Exists { kind: kind.word(), name: term.name })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the role, division, skill or language if there is none of that name.
    pub async fn ensure(&self, kind: TermKind, name: &str) -> Result<(), StoreError> {
        self.ensure_permitted(kind, name, &[]).await
    }

    /// Makes the role if there is none of that name, with these permissions.
    pub(crate) async fn ensure_permitted(
        &self,
        kind: TermKind,
        name: &str,
        permissions: &[&str],
    ) -> Result<(), StoreError> {
        if self.term(kind, name).await?.is_some() {
            return Ok(());
        }
        let permissions: Vec<String> = permissions.iter().map(ToString::to_string).collect();
        match self.create_described_term(kind, name, None, &permissions).await {
            Err(AdministrationError::Store(error)) => Err(error),
            // Another process was quicker.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// All roles, divisions, skills or languages, by name.
    pub async fn terms(&self, kind: TermKind) -> Result<Vec<Term>, StoreError> {
        let all = "SELECT id, name, description FROM term WHERE kind = $1 ORDER BY name_key";
        let rows = self.db.query(all, [kind.word().into()]).await?;
        rows.iter().map(Term::from_row).collect()
    }

    /// The one of this name, in any case.
    pub(crate) async fn term(
        &self,
        kind: TermKind,
        name: &str,
    ) -> Result<Option<Term>, StoreError> {
        let rows = self.db.query(TERM, [kind.word().into(), key::fold(name).into()]).await?;
        rows.first().map(Term::from_row).transpose()
    }

    /// The one with this id.
    pub async fn term_with_id(
        &self,
        kind: TermKind,
        id: &str,
    ) -> Result<Term, AdministrationError> {
        let one = "SELECT id, name, description FROM term WHERE kind = $1 AND id = $2";
        let rows = self.db.query(one, [kind.word().into(), id.into()]).await?;
        match rows.first() {
            Some(row) => Ok(Term::from_row(row)?),
            None => Err(AdministrationError::Missing { kind: kind.word(), id: id.to_owned() }),
        }
    }

    /// Gives a role, division, skill or language another name and description.
    pub(crate) async fn rename_term(
        &self,
        kind: TermKind,
        term: &Term,
    ) -> Result<(), AdministrationError> {
        let name = checked_name(&term.name)?;
        let values: Vec<Value> = vec![
            (&term.id).into(),
            kind.word().into(),
            name.into(),
            key::fold(name).into(),
            term.description.as_ref().into(),
        ];
        let update = "UPDATE term SET name = $3, name_key = $4, description = $5
            WHERE id = $1 AND kind = $2";
        let shown = match kind {
            TermKind::Role => Some(TOUCH_RENAMED_ROLE),
            TermKind::Division => Some(TOUCH_RENAMED_DIVISION),
            TermKind::Skill | TermKind::Language => None,
        };
        let touched = vec![(&term.id).into(), self.clock.now().into(), name.into()];
        let mut steps: Vec<Step> =
            shown.map(|touch| Step::Execute(touch, touched)).into_iter().collect();
        steps.push(Step::Expect(update, values, 1));
        match self.db.transaction(steps).await {
            Ok(_) => Ok(()),
            Err(StoreError::Unique { .. }) => {
                Err(AdministrationError::Exists { kind: kind.word(), name: name.to_owned() })
            }
            Err(StoreError::Conflict { .. }) => {
                Err(AdministrationError::Missing { kind: kind.word(), id: term.id.clone() })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a role, division, skill or language away. Roles leave whoever has them; a
    /// division, skill or language that users have stays.
    pub async fn delete_term(&self, kind: TermKind, id: &str) -> Result<Term, AdministrationError> {
        let term = self.term_with_id(kind, id).await?;
        let used = match kind {
            TermKind::Role => 0,
            TermKind::Division => self.count(IN_DIVISION, id).await?,
            TermKind::Skill => self.count(WITH_SKILL, &term.name).await?,
            TermKind::Language => self.count(WITH_LANGUAGE, &term.name).await?,
        };
        if used > 0 || (kind == TermKind::Division && term.is_home()) {
            return Err(AdministrationError::Used { kind: kind.word(), name: term.name, used });
        }
        let of_id = || vec![id.into()];
        let steps = vec![
            Step::Execute(TOUCH_GRANTED, vec![id.into(), self.clock.now().into()]),
            Step::Execute("DELETE FROM role_grant WHERE role_id = $1 OR division_id = $1", of_id()),
            Step::Execute("DELETE FROM role_permission WHERE role_id = $1", of_id()),
            Step::Execute("DELETE FROM term WHERE id = $1", of_id()),
        ];
        self.db.transaction(steps).await?;
        Ok(term)
    }

    async fn count(&self, sql: &'static str, value: &str) -> Result<i64, StoreError> {
        let rows = self.db.query(sql, [value.into()]).await?;
        Ok(rows.first().map(|row| row.integer(0)).transpose()?.unwrap_or_default())
    }

    fn insert_term(&self, kind: TermKind, term: &Term) -> Step {
        let values: Vec<Value> = vec![
            kind.word().into(),
            key::fold(&term.name).into(),
            (&term.id).into(),
            (&term.name).into(),
            self.clock.now().into(),
            term.description.as_ref().into(),
        ];
        Step::Execute(
            "INSERT INTO term (kind, name_key, id, name, created, description)
             VALUES ($1, $2, $3, $4, $5, $6)",
            values,
        )
    }
}

/// Finds a term: its kind and the key of its name.
pub(crate) const TERM: &str =
    "SELECT id, name, description FROM term WHERE kind = $1 AND name_key = $2";

/// Users show the names of their roles and of their division, so their versions count it when
/// those get other names.
const TOUCH_RENAMED_ROLE: &str = "UPDATE person SET version = version + 1, modified = $2
    WHERE id IN (SELECT subject_id FROM role_grant WHERE role_id = $1)
      AND EXISTS (SELECT 1 FROM term WHERE id = $1 AND name <> $3)";

const TOUCH_RENAMED_DIVISION: &str = "UPDATE person SET version = version + 1, modified = $2
    WHERE division_id = $1 AND EXISTS (SELECT 1 FROM term WHERE id = $1 AND name <> $3)";

/// The same for whoever has the role, or has roles for the division, before these go.
const TOUCH_GRANTED: &str = "UPDATE person SET version = version + 1, modified = $2
    WHERE id IN (SELECT subject_id FROM role_grant WHERE role_id = $1 OR division_id = $1)";

const IN_DIVISION: &str = "SELECT count(*) FROM person WHERE division_id = $1";

const WITH_SKILL: &str = "SELECT count(*) FROM person p
    WHERE EXISTS (SELECT 1 FROM json_each(p.details, '$.routingSkills') s
                  WHERE json_extract(s.value, '$.name') = $1)";

const WITH_LANGUAGE: &str = "SELECT count(*) FROM person p
    WHERE EXISTS (SELECT 1 FROM json_each(p.details, '$.routingLanguages') s
                  WHERE json_extract(s.value, '$.name') = $1)";

/// The step that gives a role its permissions.
pub(crate) fn permit(role_id: &str, permissions: &[String]) -> Step {
    Step::Many(
        "INSERT INTO role_permission (role_id, permission) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        permissions.iter().map(|permission| vec![role_id.into(), permission.into()]).collect(),
    )
}

impl Term {
    /// Whether it is the division that every organisation has.
    pub(crate) fn is_home(&self) -> bool {
        key::fold(&self.name) == key::fold(HOME_DIVISION)
    }

    pub(crate) fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?.to_owned(),
            name: row.text(1)?.to_owned(),
            description: row.optional_text(2)?.map(str::to_owned),
        })
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
