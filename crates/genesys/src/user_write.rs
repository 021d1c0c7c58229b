//! Writing users: create, revive, update, delete.
//!
//! Names of roles and divisions become ids on the way in. Each write and its record are
//! one transaction, conditional on the version that was read.

use std::collections::BTreeMap;

use scim::{ScimError, ScimType};
use store::{Step, StoreError, Value, key};
use uuid::Uuid;

use crate::{
    Organisation,
    profile::Profile,
    record::{Action, Change, Entry},
    reference::{Resolved, state},
    refusal::Refusal,
    user::{State, User},
    user_change::changes,
    user_row::{belongings, columns},
    writer::Writer,
};

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
            Err(Refusal::Client(taken))
                if taken.scim_type == Some(ScimType::Uniqueness) && self.settings.revive =>
            {
                self.revive_user(writer, profile, taken).await
            }
            created => created,
        }
    }

    /// Writes `profile` over `before`, if that still has its version. `None` means that
    /// it has another one by now. A deleted user is restored by it. A profile that does not
    /// say whether the user may sign in leaves that as it is.
    pub(crate) async fn update_user(
        &self,
        writer: Writer<'_>,
        before: &User,
        profile: Profile,
    ) -> Result<Option<User>, Refusal> {
        let mut mirrors = before.mirrors.clone();
        match &profile.external_id {
            Some(value) => mirrors.insert(writer.mirror.to_owned(), value.clone()),
            None => mirrors.remove(writer.mirror),
        };
        self.overwrite(writer, before, profile, mirrors).await
    }

    /// The same, with what all clients call the user from now on.
    pub(crate) async fn overwrite(
        &self,
        writer: Writer<'_>,
        before: &User,
        profile: Profile,
        mirrors: BTreeMap<String, String>,
    ) -> Result<Option<User>, Refusal> {
        writer.check_reach(before.division_id.as_str())?;
        let has_password = profile.password.is_some();
        let profile = Profile { active: profile.active.or(before.profile.active), ..profile };
        let former = before.profile.roles.clone().unwrap_or_default();
        let resolved = self.resolve(profile, Some(&former)).await?;
        writer.check_reach(&resolved.division.id)?;
        let after = User {
            state: state(&resolved.profile),
            mirrors,
            version: before.version + 1,
            modified: self.clock.now(),
            profile: resolved.stored(),
            division_id: resolved.division.id.clone(),
            ..before.clone()
        };
        self.check_assignments(writer, Some(before), &after).await?;
        let changes = changes(Some(before), &after, has_password, self.settings.external_id_suffix);
        if changes.is_empty() {
            return Ok(Some(before.clone()));
        }
        let grant_division = self.grant_division(&after);
        let steps =
            update_steps(Some(before), &(after.clone(), resolved), before.version, &grant_division);
        match self.write(writer, steps, Some(before), after, 200, &changes).await {
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
        writer.check_reach(&user.division_id)?;
        let now = self.clock.now();
        let id = || Value::from(&user.id);
        let mut steps = vec![Step::Expect(
            "UPDATE person SET state = 'deleted', manager_id = NULL, version = version + 1, modified = $3
             WHERE id = $1 AND version = $2 AND state <> 'deleted'",
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
        steps.push(Step::Execute("DELETE FROM role_grant WHERE subject_id = $1", vec![id()]));
        let gone = Profile { roles: Some(Vec::new()), manager: None, ..user.profile.clone() };
        let deleted =
            User { state: State::Deleted, profile: gone, groups: Vec::new(), ..user.clone() };
        let changes = changes(Some(user), &deleted, false, self.settings.external_id_suffix);
        match self.write(writer, steps, Some(user), deleted, 204, &changes).await {
            Err(Refusal::Store(StoreError::Conflict { .. })) => Ok(false),
            written => written.map(|_| true),
        }
    }

    /// Creates a user; a taken name is refused, a deleted user's too.
    pub(crate) async fn insert_user(
        &self,
        writer: Writer<'_>,
        profile: Profile,
    ) -> Result<User, Refusal> {
        let id = Uuid::new_v4().to_string();
        let has_password = profile.password.is_some();
        let (user, resolved) = self.fresh(writer, id, 1, profile, None).await?;
        let insert = Step::Execute(
            "INSERT INTO person (id, state, user_name, name_key, display_name, division_id, manager_id,
               work_email, work_email_key, employee_number, details, version, modified)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            columns(&user),
        );
        let mut steps = vec![insert];
        steps.extend(belongings(None, &user, &resolved, &self.grant_division(&user)));
        let changes = changes(None, &user, has_password, self.settings.external_id_suffix);
        self.write(writer, steps, None, user, 201, &changes).await
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
        let has_password = profile.password.is_some();
        let after = self.fresh(writer, id, version + 1, profile, Some(&[])).await?;
        // What clients called the deleted user is forgotten with it.
        let forget = Step::Execute(
            "DELETE FROM external_id WHERE owner_id = $1",
            vec![(&after.0.id).into()],
        );
        let mut steps = vec![forget];
        let grant_division = self.grant_division(&after.0);
        steps.extend(update_steps(None, &after, version, &grant_division));
        let changes = changes(None, &after.0, has_password, self.settings.external_id_suffix);
        match self.write(writer, steps, None, after.0, 201, &changes).await {
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
        former: Option<&[String]>,
    ) -> Result<(User, Resolved), Refusal> {
        let resolved = self.resolve(profile, former).await?;
        writer.check_reach(&resolved.division.id)?;
        let external_id = resolved.profile.external_id.iter();
        let user = User {
            id,
            state: state(&resolved.profile),
            mirrors: external_id.map(|value| (writer.mirror.to_owned(), value.clone())).collect(),
            profile: resolved.stored(),
            division_id: resolved.division.id.clone(),
            groups: Vec::new(),
            version,
            modified: self.clock.now(),
        };
        self.check_assignments(writer, None, &user).await?;
        Ok((user, resolved))
    }

    /// Runs the steps and records the write in the same transaction.
    async fn write(
        &self,
        writer: Writer<'_>,
        mut steps: Vec<Step>,
        before: Option<&User>,
        user: User,
        status: u16,
        changes: &[Change],
    ) -> Result<User, Refusal> {
        let guard = self.identifier_guard(before, &user);
        let guard = guard.map(|guard| {
            steps.push(guard);
            steps.len() - 1
        });
        steps.push(self.record(&Entry {
            client_id: writer.client_id,
            method: writer.method,
            action: match status {
                201 => Action::Create,
                204 => Action::Delete,
                _ => Action::Update,
            },
            resource: "User",
            resource_id: Some(&user.id),
            name: Some(&user.profile.user_name),
            status,
            correlation_id: Some(writer.correlation_id).filter(|id| !id.is_empty()),
            changes,
        }));
        match self.db.transaction(steps).await {
            Ok(_) => {
                self.keep_image(&user.id, before);
                Ok(user)
            }
            Err(StoreError::Conflict { step, .. }) if Some(step) == guard => {
                Err(self.identifier_taken(before, &user).await?)
            }
            Err(StoreError::Unique { key }) if key == "person.name_key" => {
                Err(name_taken(&user.profile.user_name))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The steps that write `after` over the version that was read.
fn update_steps(
    before: Option<&User>,
    after: &(User, Resolved),
    version: i64,
    grant_division: &str,
) -> Vec<Step> {
    let (user, resolved) = after;
    let mut values = columns(user);
    values.push(version.into());
    let update = Step::Expect(
        "UPDATE person SET state = $2, user_name = $3, name_key = $4, display_name = $5,
           division_id = $6, manager_id = $7, work_email = $8, work_email_key = $9,
           employee_number = $10, details = $11, version = $12, modified = $13
         WHERE id = $1 AND version = $14",
        values,
        1,
    );
    std::iter::once(update).chain(belongings(before, user, resolved, grant_division)).collect()
}

fn name_taken(user_name: &str) -> Refusal {
    ScimError::uniqueness(format!(
        "userName \"{user_name}\" belongs to another user, active or not: change that user, or choose another name"
    ))
    .into()
}

impl User {
    /// Whether the user is deleted.
    pub(crate) fn is_deleted(&self) -> bool {
        self.state == State::Deleted
    }
}
