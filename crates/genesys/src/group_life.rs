//! Groups come and go: made and deleted by an administrator, or by SCIM if that is allowed.

use std::collections::BTreeMap;

use scim::ScimError;
use store::{Step, StoreError, key};
use uuid::Uuid;

use crate::{
    Organisation,
    administration::{AdministrationError, checked_name},
    external_id::MIRROR_PREFIX,
    group::Group,
    group_patch::GroupEdit,
    record::{Action, Change, Entry},
    refusal::Refusal,
    writer::Writer,
};

/// The vendor's kinds of groups and who may see them; the first is the default.
pub(crate) const KINDS: [&str; 2] = ["official", "social"];
pub(crate) const VISIBILITIES: [&str; 3] = ["public", "owners", "members"];

impl Organisation {
    /// Makes an empty group.
    pub async fn create_group(&self, name: &str) -> Result<Group, AdministrationError> {
        let group = self.new_group(checked_name(name)?);
        self.insert_group(group, None).await
    }

    /// A group that is not stored yet.
    pub(crate) fn new_group(&self, name: &str) -> Group {
        Group {
            id: Uuid::new_v4().to_string(),
            display_name: name.to_owned(),
            description: None,
            kind: KINDS[0].to_owned(),
            visibility: VISIBILITIES[0].to_owned(),
            rules_visible: true,
            made_by_scim: false,
            version: 1,
            modified: self.clock.now(),
            mirrors: BTreeMap::new(),
        }
    }

    /// Stores a new group; with a writer, recorded.
    pub(crate) async fn insert_group(
        &self,
        group: Group,
        writer: Option<Writer<'_>>,
    ) -> Result<Group, AdministrationError> {
        let name = checked_name(&group.display_name)?;
        let insert = Step::Execute(
            "INSERT INTO team (id, display_name, name_key, version, modified, description, type,
               visibility, rules_visible, made_by_scim)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            vec![
                (&group.id).into(),
                name.into(),
                key::fold(name).into(),
                group.version.into(),
                group.modified.into(),
                group.description.as_ref().into(),
                (&group.kind).into(),
                (&group.visibility).into(),
                group.rules_visible.into(),
                group.made_by_scim.into(),
            ],
        );
        let mut steps = vec![insert];
        steps.extend(writer.map(|writer| self.group_record(writer, &group, 201)));
        match self.db.transaction(steps).await {
            Ok(_) => Ok(group),
            Err(StoreError::Unique { .. }) => {
                Err(AdministrationError::Exists { kind: "group", name: name.to_owned() })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Changes what an administrator says about a group, if it still has its version:
    /// `false` means another one.
    pub(crate) async fn describe_group(&self, group: &Group) -> Result<bool, AdministrationError> {
        let name = checked_name(&group.display_name)?;
        let update = Step::Expect(
            "UPDATE team SET display_name = $2, name_key = $3, description = $4, visibility = $5,
               rules_visible = $6, version = version + 1, modified = $7
             WHERE id = $1 AND version = $8",
            vec![
                (&group.id).into(),
                name.into(),
                key::fold(name).into(),
                group.description.as_ref().into(),
                (&group.visibility).into(),
                group.rules_visible.into(),
                self.clock.now().into(),
                group.version.into(),
            ],
            1,
        );
        match self.db.transaction(vec![update]).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(StoreError::Unique { .. }) => {
                Err(AdministrationError::Exists { kind: "group", name: name.to_owned() })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a group with its memberships and roles; with a writer, recorded.
    pub(crate) async fn remove_group(
        &self,
        group: &Group,
        writer: Option<Writer<'_>>,
    ) -> Result<(), StoreError> {
        let id = || vec![(&group.id).into()];
        let mut steps = vec![
            Step::Execute("DELETE FROM member WHERE team_id = $1 OR member_id = $1", id()),
            Step::Execute("DELETE FROM role_grant WHERE subject_id = $1", id()),
            Step::Execute("DELETE FROM external_id WHERE owner_id = $1", id()),
            Step::Execute("DELETE FROM team WHERE id = $1", id()),
        ];
        steps.extend(writer.map(|writer| self.group_record(writer, group, 204)));
        self.db.transaction(steps).await.map(|_| ())
    }

    /// Deletes the group with this id.
    pub async fn delete_group(&self, id: &str) -> Result<Group, AdministrationError> {
        match self.group(id).await {
            Ok(group) => {
                self.remove_group(&group, None).await?;
                Ok(group)
            }
            Err(Refusal::Store(error)) => Err(error.into()),
            Err(Refusal::Client(_) | Refusal::Missing { .. }) => {
                Err(AdministrationError::Missing { kind: "group", id: id.to_owned() })
            }
        }
    }

    /// Makes the group that a SCIM client posted, with its members. It has an externalId in
    /// any case: by that the vendor once knew the groups that SCIM had made.
    pub(crate) async fn create_scim_group(
        &self,
        writer: Writer<'_>,
        mut edit: GroupEdit,
    ) -> Result<String, Refusal> {
        let name = edit.display_name.clone().unwrap_or_default();
        let group = Group { made_by_scim: true, ..self.new_group(&name) };
        let id = group.id.clone();
        edit.name_by_default(&id);
        self.membership(&id, &edit).await?;
        let group = self.insert_group(group, Some(writer)).await.map_err(refusal)?;
        self.edit_group(writer, &group, &edit, None).await?;
        Ok(id)
    }

    /// Deletes a group that SCIM made; the others are the organisation's own.
    pub(crate) async fn delete_scim_group(
        &self,
        writer: Writer<'_>,
        group: &Group,
    ) -> Result<(), Refusal> {
        let has_external_id = group.mirrors.keys().any(|key| key.starts_with(MIRROR_PREFIX));
        if !group.made_by_scim || !has_external_id {
            return Err(ScimError::mutability(format!(
                "the group \"{}\" was not made by SCIM: delete it in the organisation",
                group.display_name
            ))
            .into());
        }
        Ok(self.remove_group(group, Some(writer)).await?)
    }

    fn group_record(&self, writer: Writer<'_>, group: &Group, status: u16) -> Step {
        let action = if status == 204 { Action::Delete } else { Action::Create };
        let (name, nothing) = (vec![group.display_name.clone()], Vec::new());
        let change = match action {
            Action::Delete => Change::of("displayName", name, nothing),
            Action::Create | Action::Update => Change::of("displayName", nothing, name),
        };
        self.record(&Entry {
            client_id: writer.client_id,
            method: writer.method,
            action,
            resource: "Group",
            resource_id: Some(&group.id),
            name: Some(&group.display_name),
            status,
            correlation_id: Some(writer.correlation_id),
            changes: change.as_slice(),
        })
    }
}

/// An administrator's refusal, as a SCIM client learns of it.
fn refusal(error: AdministrationError) -> Refusal {
    match error {
        AdministrationError::Store(error) => error.into(),
        AdministrationError::Exists { .. } => ScimError::uniqueness(error.to_string()).into(),
        other => ScimError::invalid_value(other.to_string()).into(),
    }
}
