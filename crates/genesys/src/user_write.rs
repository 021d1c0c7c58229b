//! Writing users: create, revive, update, delete.
//!
//! Names of roles and divisions become ids on the way in. Each write and its record are
//! one transaction, conditional on the version that was read.

use scim::{ScimError, ScimType};
use store::{Step, StoreError, Value, key};
use uuid::Uuid;

use crate::{
    Organisation,
    external_id::mirror_authority,
    organisation::DEFAULT_ROLE,
    profile::Profile,
    record::Entry,
    reference::{Resolved, state},
    refusal::Refusal,
    user::{Details, User},
};

/// Who writes, and how the write is recorded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer<'w> {
    pub(crate) client_id: &'w str,
    pub(crate) method: &'static str,
}

impl Organisation {
    /// Creates a user. The name of a deleted user gives that user back: the id and the
    /// posted attributes, without the roles it once had.
    pub(crate) async fn create_user(
        &self,
        writer: Writer<'_>,
        profile: Profile,
    ) -> Result<User, Refusal> {
        match self.insert_user(writer, profile.clone()).await {
            // The name is taken; if by a deleted user, that one comes back.
            Err(Refusal::Client(taken)) if taken.scim_type == Some(ScimType::Uniqueness) => {
                self.revive_user(writer, profile, taken).await
            }
            created => created,
        }
    }

    /// Writes `profile` over `before`, if that still has its version. `None` means that
    /// it has another one by now.
    pub(crate) async fn update_user(
        &self,
        writer: Writer<'_>,
        before: &User,
        profile: Profile,
    ) -> Result<Option<User>, Refusal> {
        let resolved = self.resolve(profile, None).await?;
        let mut mirrors = before.mirrors.clone();
        let mirror = mirror_authority(writer.client_id);
        match &resolved.profile.external_id {
            Some(value) => mirrors.insert(mirror, value.clone()),
            None => mirrors.remove(&mirror),
        };
        let after = User {
            state: state(&resolved.profile),
            mirrors,
            version: before.version + 1,
            modified: self.clock.now(),
            profile: resolved.stored(),
            ..before.clone()
        };
        if after.profile == before.profile && after.mirrors == before.mirrors {
            return Ok(Some(before.clone()));
        }
        let steps = update_steps(Some(before), &(after.clone(), resolved), before.version);
        match self.write(writer, steps, after, 200).await {
            Err(Refusal::Store(StoreError::Conflict { .. })) => Ok(None),
            written => written.map(Some),
        }
    }

    /// Deletes a user: the record remains, roles and memberships go. `false` means that
    /// the user has another version by now.
    pub(crate) async fn delete_user(
        &self,
        writer: Writer<'_>,
        user: &User,
    ) -> Result<bool, Refusal> {
        let now = self.clock.now();
        let id = || Value::from(&user.id);
        let mut steps = vec![Step::Expect(
            "UPDATE person SET state = 'deleted', manager_id = NULL, version = version + 1, modified = $3
             WHERE id = $1 AND version = $2",
            vec![id(), user.version.into(), now.into()],
            1,
        )];
        let cleaning = [
            "UPDATE team SET version = version + 1, modified = $2
             WHERE id IN (SELECT team_id FROM member WHERE member_id = $1)",
            "UPDATE person SET manager_id = NULL, version = version + 1, modified = $2
             WHERE manager_id = $1",
        ];
        steps.extend(cleaning.map(|sql| Step::Execute(sql, vec![id(), now.into()])));
        steps.push(Step::Execute("DELETE FROM member WHERE member_id = $1", vec![id()]));
        steps.push(Step::Execute("DELETE FROM granted WHERE person_id = $1", vec![id()]));
        match self.write(writer, steps, user.clone(), 204).await {
            Err(Refusal::Store(StoreError::Conflict { .. })) => Ok(false),
            written => written.map(|_| true),
        }
    }

    async fn insert_user(&self, writer: Writer<'_>, profile: Profile) -> Result<User, Refusal> {
        let id = Uuid::new_v4().to_string();
        let after = self.fresh(writer, id, 1, profile, Some(DEFAULT_ROLE)).await?;
        let insert = Step::Execute(
            "INSERT INTO person (id, state, user_name, name_key, display_name, division_id, manager_id,
               work_email, work_email_key, employee_number, details, version, modified)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            columns(&after.0, &after.1),
        );
        let mut steps = vec![insert];
        steps.extend(belongings(None, &after.0, &after.1));
        self.write(writer, steps, after.0, 201).await
    }

    /// Gives a deleted user back, or refuses with `taken` if the user is not deleted.
    async fn revive_user(
        &self,
        writer: Writer<'_>,
        profile: Profile,
        taken: ScimError,
    ) -> Result<User, Refusal> {
        let deleted = "SELECT id, version FROM person WHERE name_key = $1 AND state = 'deleted'";
        let deleted = self.db.query(deleted, [key::fold(&profile.user_name).into()]).await?;
        let Some(row) = deleted.first() else { return Err(taken.into()) };
        let (id, version) = (row.text(0)?.to_owned(), row.integer(1)?);
        let after = self.fresh(writer, id, version + 1, profile, None).await?;
        // What clients called the deleted user is forgotten with it.
        let forget = Step::Execute(
            "DELETE FROM external_id WHERE owner_id = $1",
            vec![(&after.0.id).into()],
        );
        let mut steps = vec![forget];
        steps.extend(update_steps(None, &after, version));
        match self.write(writer, steps, after.0, 201).await {
            // Another request was quicker to revive the user.
            Err(Refusal::Store(StoreError::Conflict { .. })) => Err(taken.into()),
            written => written,
        }
    }

    /// A user that has nothing but the profile.
    async fn fresh(
        &self,
        writer: Writer<'_>,
        id: String,
        version: i64,
        profile: Profile,
        default_role: Option<&str>,
    ) -> Result<(User, Resolved), Refusal> {
        let resolved = self.resolve(profile, default_role).await?;
        let mirror = mirror_authority(writer.client_id);
        let user = User {
            id,
            state: state(&resolved.profile),
            mirrors: resolved
                .profile
                .external_id
                .iter()
                .map(|value| (mirror.clone(), value.clone()))
                .collect(),
            profile: resolved.stored(),
            groups: Vec::new(),
            version,
            modified: self.clock.now(),
        };
        Ok((user, resolved))
    }

    /// Runs the steps and records the write in the same transaction.
    async fn write(
        &self,
        writer: Writer<'_>,
        mut steps: Vec<Step>,
        user: User,
        status: u16,
    ) -> Result<User, Refusal> {
        steps.push(self.record(&Entry {
            client_id: writer.client_id,
            method: writer.method,
            resource: "User",
            resource_id: Some(&user.id),
            name: Some(&user.profile.user_name),
            status,
        }));
        match self.db.transaction(steps).await {
            Ok(_) => Ok(user),
            Err(StoreError::Unique { key }) if key == "person.name_key" => {
                Err(name_taken(&user.profile.user_name))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The steps that write `after` over the version that was read.
fn update_steps(before: Option<&User>, after: &(User, Resolved), version: i64) -> Vec<Step> {
    let (user, resolved) = after;
    let mut values = columns(user, resolved);
    values.push(version.into());
    let update = Step::Expect(
        "UPDATE person SET state = $2, user_name = $3, name_key = $4, display_name = $5,
           division_id = $6, manager_id = $7, work_email = $8, work_email_key = $9,
           employee_number = $10, details = $11, version = $12, modified = $13
         WHERE id = $1 AND version = $14",
        values,
        1,
    );
    std::iter::once(update).chain(belongings(before, user, resolved)).collect()
}

/// `$1` to `$13` of the statements that write a user.
fn columns(user: &User, resolved: &Resolved) -> Vec<Value> {
    let profile = &user.profile;
    let details = serde_json::to_string(&Details::of(profile)).expect("texts and numbers are JSON");
    vec![
        (&user.id).into(),
        user.state.word().into(),
        (&profile.user_name).into(),
        key::fold(&profile.user_name).into(),
        (&profile.display_name).into(),
        (&resolved.division.id).into(),
        profile.manager.as_ref().into(),
        profile.work_email.as_ref().into(),
        profile.work_email.as_deref().map(key::fold).into(),
        profile.employee_number.as_ref().into(),
        details.into(),
        user.version.into(),
        user.modified.into(),
    ]
}

/// The steps that write roles and identifiers, where they differ.
fn belongings(before: Option<&User>, after: &User, resolved: &Resolved) -> Vec<Step> {
    let id = || Value::from(&after.id);
    let mut steps = Vec::new();
    if before.is_none_or(|before| before.profile.roles != after.profile.roles) {
        let roles = (0_i64..).zip(&resolved.roles);
        if before.is_some() {
            steps.push(Step::Execute("DELETE FROM granted WHERE person_id = $1", vec![id()]));
        }
        steps.push(Step::Many(
            "INSERT INTO granted (person_id, role_id, place) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            roles.map(|(place, role)| vec![id(), (&role.id).into(), place.into()]).collect(),
        ));
    }
    let identifiers = |user: &User| {
        let others = user.profile.external_ids.iter();
        let others = others.map(|id| (id.authority.clone(), id.value.clone()));
        others.chain(user.mirrors.clone()).collect::<std::collections::BTreeMap<_, _>>()
    };
    let (old, new) = (before.map(identifiers).unwrap_or_default(), identifiers(after));
    let gone = old.keys().filter(|authority| !new.contains_key(*authority));
    let gone: Vec<_> = gone.map(|authority| vec![id(), authority.into()]).collect();
    let changed = new.iter().filter(|(authority, value)| old.get(*authority) != Some(value));
    let changed: Vec<_> =
        changed.map(|(authority, value)| vec![id(), authority.into(), value.into()]).collect();
    if !gone.is_empty() {
        steps.push(Step::Many(
            "DELETE FROM external_id WHERE owner_id = $1 AND authority = $2",
            gone,
        ));
    }
    if !changed.is_empty() {
        steps.push(Step::Many(
            "INSERT INTO external_id (owner_id, authority, value) VALUES ($1, $2, $3)
             ON CONFLICT (owner_id, authority) DO UPDATE SET value = excluded.value",
            changed,
        ));
    }
    steps
}

fn name_taken(user_name: &str) -> Refusal {
    ScimError::uniqueness(format!(
        "userName \"{user_name}\" belongs to another user, active or not: change that user, or choose another name"
    ))
    .into()
}
