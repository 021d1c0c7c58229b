//! Roles: a name, and the permissions that whoever has the role gets.

use store::{Row, Step, StoreError};

use crate::{
    Organisation,
    administration::AdministrationError,
    permission::is_permission,
    term::{Term, TermKind, permit},
};

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// The GUID.
    pub id: String,
    /// The name, by which SCIM gives it.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it allows, as `domain:entity:action`.
    pub permissions: Vec<String>,
    /// How many users have it.
    pub user_count: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.name, t.description,
               (SELECT json_group_array(p.permission ORDER BY p.permission)
                  FROM role_permission p WHERE p.role_id = t.id),
               (SELECT count(DISTINCT g.subject_id) FROM role_grant g
                  JOIN person p ON p.id = g.subject_id WHERE g.role_id = t.id)
             FROM term t WHERE t.kind = 'role' ",
            $rest
        )
    };
}

impl Organisation {
    /// Makes a role that allows `permissions`.
    pub async fn create_role(
        &self,
        name: &str,
        description: Option<&str>,
        permissions: &[String],
    ) -> Result<Role, AdministrationError> {
        check(permissions)?;
        let term =
            self.create_described_term(TermKind::Role, name, description, permissions).await?;
        self.role(&term.id).await
    }

    /// All roles, by name.
    pub async fn roles(&self) -> Result<Vec<Role>, StoreError> {
        let rows = self.db.query(select!("ORDER BY t.name_key"), []).await?;
        rows.iter().map(Role::from_row).collect()
    }

    /// The role with this id.
    pub async fn role(&self, id: &str) -> Result<Role, AdministrationError> {
        let rows = self.db.query(select!("AND t.id = $1"), [id.into()]).await?;
        match rows.first() {
            Some(row) => Ok(Role::from_row(row)?),
            None => Err(AdministrationError::Missing { kind: "role", id: id.to_owned() }),
        }
    }

    /// Gives a role another name, description and permissions.
    pub(crate) async fn change_role(&self, role: &Role) -> Result<Role, AdministrationError> {
        check(&role.permissions)?;
        let term = Term {
            id: role.id.clone(),
            name: role.name.clone(),
            description: role.description.clone(),
        };
        self.rename_term(TermKind::Role, &term).await?;
        let forbid = "DELETE FROM role_permission WHERE role_id = $1";
        let steps = vec![
            Step::Execute(forbid, vec![(&role.id).into()]),
            permit(&role.id, &role.permissions),
        ];
        self.db.transaction(steps).await?;
        self.role(&role.id).await
    }
}

fn check(permissions: &[String]) -> Result<(), AdministrationError> {
    match permissions.iter().find(|permission| !is_permission(permission)) {
        Some(wrong) => Err(AdministrationError::Permission(wrong.clone())),
        None => Ok(()),
    }
}

impl Role {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?.to_owned(),
            name: row.text(1)?.to_owned(),
            description: row.optional_text(2)?.map(str::to_owned),
            permissions: row.json(3)?,
            user_count: row.integer(4)?,
        })
    }
}
