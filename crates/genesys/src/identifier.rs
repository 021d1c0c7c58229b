//! Identifiers belong to one active user: nobody could say who is meant by one otherwise.
//!
//! The vendor does not say what becomes of an identifier that two users are to have; a setting
//! chooses. Whoever is not active holds none: a leaver is deactivated without being emptied, and
//! the number passes on. To be active again, such a user needs identifiers that are free.

use scim::ScimError;
use serde_json::{Value, json};
use store::{Step, StoreError};

use crate::{
    Organisation,
    external_id::MIRROR_PREFIX,
    refusal::Refusal,
    settings::Duplicate,
    user::{State, User},
    user_row::identifiers,
};

/// Changes nothing, and no row if another active user has one of the identifiers, a JSON object by
/// authority.
const GUARD: &str = "UPDATE person SET version = version WHERE id = $1 AND NOT EXISTS (
      SELECT 1 FROM json_each($2) mine
      CROSS JOIN external_id other ON other.authority = mine.key AND other.value = mine.value
      CROSS JOIN person p ON p.id = other.owner_id
      WHERE other.owner_id <> $1 AND p.state = 'active')";

/// Those of the identifiers, a JSON object by authority, that another active user has.
const TAKEN: &str = "SELECT other.authority, other.value, p.user_name FROM json_each($2) mine
    CROSS JOIN external_id other ON other.authority = mine.key AND other.value = mine.value
    CROSS JOIN person p ON p.id = other.owner_id
    WHERE other.owner_id <> $1 AND p.state = 'active'";

impl Organisation {
    /// The step that undoes a write of `user` if it took another user's identifier; none if
    /// it takes none anew.
    pub(crate) fn identifier_guard(&self, before: Option<&User>, user: &User) -> Option<Step> {
        let taken = taken(before, user);
        let is_guarded = taken != json!({}) && self.settings.duplicate_ids == Duplicate::Refused;
        is_guarded.then(|| Step::Expect(GUARD, vec![(&user.id).into(), taken.into()], 1))
    }

    /// The identifiers of a deleted user that another active user has by now.
    pub(crate) async fn passed_on(&self, user: &User) -> Result<Vec<(String, String)>, StoreError> {
        let all: Value = identifiers(user).into_iter().collect();
        let rows = self.db.query(TAKEN, [(&user.id).into(), all.into()]).await?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))).collect()
    }

    /// The refusal of a write that [`Self::identifier_guard`] undid.
    pub(crate) async fn identifier_taken(
        &self,
        before: Option<&User>,
        user: &User,
    ) -> Result<Refusal, StoreError> {
        let taken = taken(before, user);
        let rows = self.db.query(TAKEN, [(&user.id).into(), taken.into()]).await?;
        let Some(row) = rows.first() else {
            let detail = "an identifier belonged to another active user until now: try again";
            return Ok(ScimError::uniqueness(detail).into());
        };
        let (authority, value, holder) = (row.text(0)?, row.text(1)?, row.text(2)?);
        let which = if authority.starts_with(MIRROR_PREFIX) {
            format!("externalId \"{value}\"")
        } else {
            format!("\"{value}\" of the authority \"{authority}\"")
        };
        let detail = format!(
            "{which} belongs to the active user \"{holder}\": take it away there, or send another one"
        );
        Ok(ScimError::uniqueness(detail).into())
    }
}

/// The identifiers that a write of `user` takes, by authority; all of a user who becomes active.
/// What the user has already is not among them, even if another one has it, too: whoever shares
/// an identifier from an older file can still be changed, above all so that it is given up.
fn taken(before: Option<&User>, user: &User) -> Value {
    if user.is_deleted() {
        return json!({});
    }
    let has_some = |before: &&User| before.state == State::Active || user.state != State::Active;
    let old = before.filter(has_some).map(identifiers).unwrap_or_default();
    let new = identifiers(user).into_iter();
    new.filter(|(authority, value)| old.get(authority) != Some(value)).collect()
}
