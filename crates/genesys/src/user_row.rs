//! The steps that write what a user has: its row, its roles, its identifiers.

use std::collections::BTreeMap;

use store::{Step, Value, key};

use crate::{
    Organisation,
    grant::ALL_DIVISIONS,
    reference::Resolved,
    settings::GrantDivision,
    user::{Details, User},
};

impl Organisation {
    /// The division for which SCIM gives this user roles.
    pub(crate) fn grant_division(&self, user: &User) -> String {
        match self.settings.grant_division {
            GrantDivision::Home => self.home_division_id.to_string(),
            GrantDivision::User => user.division_id.clone(),
            GrantDivision::All => ALL_DIVISIONS.to_owned(),
        }
    }
}

/// `$1` to `$13` of the statements that write a user.
pub(crate) fn columns(user: &User) -> Vec<Value> {
    let profile = &user.profile;
    let details = serde_json::to_string(&Details::of(profile)).expect("texts and numbers are JSON");
    vec![
        (&user.id).into(),
        user.state.word().into(),
        (&profile.user_name).into(),
        key::fold(&profile.user_name).into(),
        (&profile.display_name).into(),
        (&user.division_id).into(),
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
pub(crate) fn belongings(
    before: Option<&User>,
    after: &User,
    resolved: &Resolved,
    grant_division: &str,
) -> Vec<Step> {
    let mut steps = Vec::new();
    if before.is_none_or(|before| before.profile.roles != after.profile.roles) {
        steps.extend(role_steps(before.is_some(), after, resolved, grant_division));
    }
    let (old, new) = (before.map(identifiers).unwrap_or_default(), identifiers(after));
    let id = || Value::from(&after.id);
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

/// A role that stays keeps the divisions for which an administrator gave it.
fn role_steps(
    has_roles: bool,
    after: &User,
    resolved: &Resolved,
    grant_division: &str,
) -> Vec<Step> {
    let id = || Value::from(&after.id);
    let mut steps = Vec::new();
    let roles = (0_i64..).zip(&resolved.roles);
    if has_roles {
        let kept: serde_json::Value = resolved.roles.iter().map(|role| role.id.as_str()).collect();
        steps.push(Step::Execute(
            "DELETE FROM role_grant WHERE subject_id = $1
             AND role_id NOT IN (SELECT value FROM json_each($2))",
            vec![id(), kept.into()],
        ));
        steps.push(Step::Many(
            "UPDATE role_grant SET place = $3 WHERE subject_id = $1 AND role_id = $2",
            roles
                .clone()
                .map(|(place, role)| vec![id(), (&role.id).into(), place.into()])
                .collect(),
        ));
    }
    let given = roles
        .map(|(place, role)| vec![id(), (&role.id).into(), grant_division.into(), place.into()]);
    steps.push(Step::Many(
        "INSERT INTO role_grant (subject_id, role_id, division_id, place) SELECT $1, $2, $3, $4
         WHERE NOT EXISTS (SELECT 1 FROM role_grant WHERE subject_id = $1 AND role_id = $2)",
        given.collect(),
    ));
    steps
}

/// All identifiers of the user, by authority.
pub(crate) fn identifiers(user: &User) -> BTreeMap<String, String> {
    let others = user.profile.external_ids.iter();
    let others = others.map(|id| (id.authority.clone(), id.value.clone()));
    others.chain(user.mirrors.clone()).collect()
}
