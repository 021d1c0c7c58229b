//! Applications and their app roles.

use graph::export::DEFAULT_ROLE;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::directory as statements;
use store::directory::{ApplicationRow, RoleRow};
use store::key::fold;
use uuid::Uuid;

use crate::change::{APP_ROLES, AttributeChange};
use crate::error::DirectoryError;
use crate::find::nearest;
use crate::{API_FEED, Directory};

/// One application (a service principal).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The application's id.
    pub id: String,
    /// The name that people know it by.
    pub display_name: String,
    /// The feed that made it.
    pub feed: String,
    /// The gallery template that it was added from.
    pub template_id: Option<String>,
}

/// One app role of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The role's id.
    pub id: String,
    /// The value that is provisioned; empty if it has none.
    pub value: String,
    /// The name that administrators read.
    pub display_name: String,
    /// Whether it may be assigned.
    pub enabled: bool,
}

impl Directory {
    /// Adds an application. One that an import brought under that name is adopted, with its roles
    /// and assignments.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn add_application(
        &self,
        display_name: &str,
        template_id: Option<&str>,
        actor: &str,
        now: Timestamp,
    ) -> Result<Application, DirectoryError> {
        let new_id = Uuid::new_v4().to_string();
        let new_id = new_id.as_str();
        self.write(actor, now, |mut draft| {
            Box::pin(async move {
                let before = self.application_by_name(display_name).await?;
                let mut after = before.clone().unwrap_or_else(|| Application {
                    id: new_id.to_owned(),
                    display_name: display_name.trim().to_owned(),
                    feed: API_FEED.to_owned(),
                    template_id: None,
                });
                after.template_id = template_id.map(str::to_owned).or(after.template_id);
                if before.as_ref() != Some(&after) {
                    let step = self.put_application(&after, now);
                    let changes = differences(before.as_ref(), &after);
                    draft.application(
                        &after.id,
                        &after.display_name,
                        before.is_none(),
                        changes,
                        vec![step],
                    );
                }
                Ok((draft, after))
            })
        })
        .await
    }

    /// The application that a person means by an id or a name.
    ///
    /// # Errors
    /// There is none; the error names similar ones.
    pub async fn application(&self, reference: &str) -> Result<Application, DirectoryError> {
        let queries =
            statements::application(&self.organisation, reference.trim(), &fold(reference.trim()));
        for query in queries {
            if let Some(row) = self.one(query).await?.first() {
                return Ok(ApplicationRow::read(row)?.into());
            }
        }
        let names =
            self.applications().await?.into_iter().map(|application| application.display_name);
        Err(DirectoryError::NoApplication {
            reference: reference.to_owned(),
            near: nearest(reference, names),
        })
    }

    /// All applications, by name.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn applications(&self) -> Result<Vec<Application>, DirectoryError> {
        let rows = self.one(statements::applications(&self.organisation)).await?;
        rows.iter().map(|row| Ok(ApplicationRow::read(row)?.into())).collect()
    }

    /// The roles of an application, by name.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn roles(&self, application: &str) -> Result<Vec<Role>, DirectoryError> {
        Ok(self.role_rows(application).await?.into_iter().map(Role::from).collect())
    }

    /// The role that a person means by an id, a value or a name.
    pub(crate) async fn role(
        &self,
        application: &Application,
        reference: &str,
    ) -> Result<Role, DirectoryError> {
        let roles = self.roles(&application.id).await?;
        let key = fold(reference.trim());
        let fits: [fn(&Role) -> &str; 3] =
            [|role| &role.id, |role| &role.value, |role| &role.display_name];
        let found =
            fits.into_iter().find_map(|name| roles.iter().find(|role| fold(name(role)) == key));
        found.cloned().ok_or_else(|| DirectoryError::NoRole {
            application: application.display_name.clone(),
            role: reference.to_owned(),
            roles: roles.iter().map(|role| role.display_name.clone()).collect(),
        })
    }

    pub(crate) async fn role_rows(
        &self,
        application: &str,
    ) -> Result<Vec<RoleRow>, DirectoryError> {
        let rows = self.one(statements::roles(&self.organisation, application)).await?;
        rows.iter().map(|row| Ok(RoleRow::read(row)?)).collect()
    }

    pub(crate) async fn application_by_name(
        &self,
        name: &str,
    ) -> Result<Option<Application>, DirectoryError> {
        let [_, by_name] = statements::application(&self.organisation, "", &fold(name.trim()));
        Ok(self
            .one(by_name)
            .await?
            .first()
            .map(ApplicationRow::read)
            .transpose()?
            .map(Application::from))
    }

    pub(crate) fn put_application(&self, application: &Application, now: Timestamp) -> store::Step {
        let row = ApplicationRow {
            id: application.id.clone(),
            display_name: application.display_name.clone(),
            feed: application.feed.clone(),
            template_id: application.template_id.clone(),
        };
        statements::put_application(&self.organisation, &row, &fold(&row.display_name), now)
    }
}

/// What differs between two states of an application.
pub(crate) fn differences(
    before: Option<&Application>,
    after: &Application,
) -> Vec<AttributeChange> {
    let text = |text: &str| Value::String(text.to_owned());
    let names = (before.map(|app| text(&app.display_name)), Some(text(&after.display_name)));
    let template = |app: &Application| app.template_id.as_deref().map(text);
    let templates = (before.and_then(template), template(after));
    [("displayName", names), ("applicationTemplateId", templates)]
        .into_iter()
        .filter(|(_, (before, after))| before != after)
        .map(|(name, (before, after))| AttributeChange { name: name.to_owned(), before, after })
        .collect()
}

/// What differs between two states of an application's roles.
pub(crate) fn role_differences(before: &[RoleRow], after: &[RoleRow]) -> Option<AttributeChange> {
    let listed = |roles: &[RoleRow]| {
        let mut roles: Vec<&RoleRow> = roles.iter().collect();
        roles.sort_by(|a, b| a.id.cmp(&b.id));
        let role = |role: &&RoleRow| {
            let RoleRow { id, value, display_name, enabled, .. } = *role;
            json!({"id": id, "value": value, "displayName": display_name, "isEnabled": enabled})
        };
        Some(Value::Array(roles.iter().map(role).collect())).filter(|_| !roles.is_empty())
    };
    let (before, after) = (listed(before), listed(after));
    (before != after).then(|| AttributeChange { name: APP_ROLES.to_owned(), before, after })
}

/// Whether a role id stands for access without a role.
pub(crate) fn is_default_role(id: &str) -> bool {
    id.is_empty() || id == DEFAULT_ROLE
}

impl From<ApplicationRow> for Application {
    fn from(row: ApplicationRow) -> Self {
        Self {
            id: row.id,
            display_name: row.display_name,
            feed: row.feed,
            template_id: row.template_id,
        }
    }
}

impl From<RoleRow> for Role {
    fn from(row: RoleRow) -> Self {
        Self { id: row.id, value: row.value, display_name: row.display_name, enabled: row.enabled }
    }
}
