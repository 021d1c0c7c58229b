//! Grants: who has which role, and for which division.
//!
//! Subjects are users, groups and OAuth clients. What a client may do is decided here,
//! from its grants and the permissions of its roles.

use std::collections::BTreeSet;

use serde::Serialize;
use store::{Row, Step, StoreError, Value};

use crate::{
    Organisation, administration::AdministrationError, permission::forms, record::COMMAND_LINE,
    term::TermKind,
};

/// The division of a grant that reaches all divisions.
pub const ALL_DIVISIONS: &str = "*";

/// The ids of a role and of the division for which it is given.
pub(crate) type Pair = (String, String);

/// A role that somebody has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The role's id.
    pub role_id: String,
    /// The role's name.
    pub role: String,
    /// The division's id, or [`ALL_DIVISIONS`].
    pub division_id: String,
    /// The division's name, or [`ALL_DIVISIONS`].
    pub division: String,
}

/// How far a permission reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nowhere: the permission is missing.
    None,
    /// To these divisions, by id.
    Divisions(Vec<String>),
    /// Everywhere.
    All,
}

impl Organisation {
    /// The roles that a user, group or OAuth client has.
    pub async fn grants(&self, subject_id: &str) -> Result<Vec<Grant>, StoreError> {
        let grants = "SELECT g.role_id, t.name, g.division_id, coalesce(d.name, '*')
            FROM role_grant g JOIN term t ON t.id = g.role_id LEFT JOIN term d ON d.id = g.division_id
            WHERE g.subject_id = $1 ORDER BY g.place, t.name_key";
        let rows = self.db.query(grants, [subject_id.into()]).await?;
        rows.iter().map(Grant::from_row).collect()
    }

    /// Gives roles, each as the ids of role and division; those that are there stay.
    pub async fn grant(&self, subject_id: &str, pairs: &[Pair]) -> Result<(), AdministrationError> {
        self.grant_all(&[subject_id.to_owned()], pairs).await.map(|_| ())
    }

    /// Gives the roles to all of the subjects, or to none; the ids of those who had not all.
    pub(crate) async fn grant_all(
        &self,
        subject_ids: &[String],
        pairs: &[Pair],
    ) -> Result<Vec<String>, AdministrationError> {
        self.check_pairs(pairs).await?;
        let (mut steps, mut changed) = (Vec::new(), Vec::new());
        for id in distinct(subject_ids) {
            let known = self.pairs(id).await?;
            if pairs.iter().any(|pair| !known.contains(pair)) {
                steps.extend([grant_step(id, pairs), self.touch(id)]);
                changed.push(id.clone());
            }
        }
        self.db.transaction(steps).await?;
        Ok(changed)
    }

    /// Takes roles away, each as the ids of role and division.
    pub async fn withdraw(&self, subject_id: &str, pairs: &[Pair]) -> Result<(), StoreError> {
        let is_meant = |pair: &Pair| pairs.contains(pair);
        self.withdraw_all(&[subject_id.to_owned()], is_meant).await.map(|_| ())
    }

    /// Takes the roles that are meant from all of the subjects; the ids of those who had any.
    pub(crate) async fn withdraw_all(
        &self,
        subject_ids: &[String],
        is_meant: impl Fn(&Pair) -> bool,
    ) -> Result<Vec<String>, StoreError> {
        let delete = "DELETE FROM role_grant
            WHERE subject_id = $1 AND role_id = $2 AND division_id = $3";
        let (mut steps, mut changed) = (Vec::new(), Vec::new());
        for id in distinct(subject_ids) {
            let known = self.pairs(id).await?;
            let gone = known.iter().filter(|pair| is_meant(pair));
            let gone: Vec<Vec<Value>> = gone
                .map(|(role, division)| vec![id.into(), role.into(), division.into()])
                .collect();
            if !gone.is_empty() {
                steps.extend([Step::Many(delete, gone), self.touch(id)]);
                changed.push(id.clone());
            }
        }
        self.db.transaction(steps).await?;
        Ok(changed)
    }

    /// Leaves exactly these roles, each as the ids of role and division.
    pub async fn regrant(
        &self,
        subject_id: &str,
        pairs: &[Pair],
    ) -> Result<(), AdministrationError> {
        self.check_pairs(pairs).await?;
        if self.pairs(subject_id).await? == pairs {
            return Ok(());
        }
        let delete = "DELETE FROM role_grant WHERE subject_id = $1";
        let steps = vec![
            Step::Execute(delete, vec![subject_id.into()]),
            grant_step(subject_id, pairs),
            self.touch(subject_id),
        ];
        self.db.transaction(steps).await?;
        Ok(())
    }

    /// The ids of role and division behind names; no division means all.
    pub async fn pair(
        &self,
        role: &str,
        division: Option<&str>,
    ) -> Result<(String, String), AdministrationError> {
        let named = async |kind: TermKind, name: &str| {
            let term = self.term(kind, name).await?;
            let unknown = AdministrationError::Unknown { kind: kind.word(), name: name.to_owned() };
            term.map(|term| term.id).ok_or(unknown)
        };
        let division = match division {
            None | Some(ALL_DIVISIONS) => ALL_DIVISIONS.to_owned(),
            Some(name) => named(TermKind::Division, name).await?,
        };
        Ok((named(TermKind::Role, role).await?, division))
    }

    /// How far the client reaches with any of the permissions.
    pub(crate) async fn reach(
        &self,
        client_id: &str,
        needed: &[&str],
    ) -> Result<Reach, StoreError> {
        let forms: serde_json::Value = forms(needed).into_iter().collect();
        let divisions = "SELECT DISTINCT g.division_id
            FROM role_grant g JOIN role_permission p ON p.role_id = g.role_id
            WHERE g.subject_id = $1 AND p.permission IN (SELECT value FROM json_each($2))";
        let rows = self.db.query(divisions, [client_id.into(), Value::from(&forms)]).await?;
        let divisions = rows.iter().map(|row| row.text(0).map(str::to_owned));
        let divisions = divisions.collect::<Result<Vec<_>, _>>()?;
        Ok(if divisions.is_empty() {
            Reach::None
        } else if divisions.iter().any(|division| division == ALL_DIVISIONS) {
            Reach::All
        } else {
            Reach::Divisions(divisions)
        })
    }

    /// Whether a client has the permission anywhere, or needs none. The command line may all.
    pub(crate) async fn may(&self, client_id: &str, permission: &str) -> Result<bool, StoreError> {
        let is_free = !self.settings.permissions || client_id == COMMAND_LINE;
        Ok(is_free || self.reach(client_id, &[permission]).await? != Reach::None)
    }

    /// The ids of role and division of each grant.
    async fn pairs(&self, subject_id: &str) -> Result<Vec<Pair>, StoreError> {
        let grants = self.grants(subject_id).await?.into_iter();
        Ok(grants.map(|grant| (grant.role_id, grant.division_id)).collect())
    }

    async fn check_pairs(&self, pairs: &[Pair]) -> Result<(), AdministrationError> {
        for (role, division) in pairs {
            self.term_with_id(TermKind::Role, role).await?;
            if division != ALL_DIVISIONS {
                self.term_with_id(TermKind::Division, division).await?;
            }
        }
        Ok(())
    }

    /// A user shows its roles, so its version counts what is given and taken.
    fn touch(&self, subject_id: &str) -> Step {
        Step::Execute(
            "UPDATE person SET version = version + 1, modified = $2 WHERE id = $1",
            vec![subject_id.into(), self.clock.now().into()],
        )
    }
}

/// The step that gives roles after those that are there.
pub(crate) fn grant_step(subject_id: &str, pairs: &[Pair]) -> Step {
    let given = pairs.iter();
    Step::Many(
        "INSERT INTO role_grant (subject_id, role_id, division_id, place)
         SELECT $1, $2, $3, (SELECT count(*) FROM role_grant WHERE subject_id = $1)
         WHERE TRUE ON CONFLICT DO NOTHING",
        given
            .map(|(role, division)| vec![subject_id.into(), role.into(), division.into()])
            .collect(),
    )
}

/// Each id once, in the order in which they were given.
fn distinct(ids: &[String]) -> impl Iterator<Item = &String> {
    let mut seen = BTreeSet::new();
    ids.iter().filter(move |id| seen.insert(id.as_str()))
}

impl Reach {
    /// Whether it reaches the division with this id.
    pub(crate) fn covers(&self, division_id: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Divisions(divisions) => divisions.iter().any(|division| division == division_id),
        }
    }
}

impl Grant {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            role_id: row.text(0)?.to_owned(),
            role: row.text(1)?.to_owned(),
            division_id: row.text(2)?.to_owned(),
            division: row.text(3)?.to_owned(),
        })
    }
}
