//! Identifiers belong to one user: nobody could say whom a lookup by one means otherwise.
//!
//! The vendor does not say what becomes of an identifier that two users are to have; a setting
//! chooses. Deleted users have given theirs up.

use scim::ScimError;
use serde_json::{Value, json};
use store::{Step, StoreError};

use crate::{
    Organisation, external_id::MIRROR_PREFIX, refusal::Refusal, settings::Duplicate, user::User,
    user_row::identifiers,
};

/// Changes nothing, and no row if another user has one of the identifiers, a JSON object by
/// authority.
const GUARD: &str = "UPDATE person SET version = version WHERE id = $1 AND NOT EXISTS (
      SELECT 1 FROM json_each($2) mine
      CROSS JOIN external_id other ON other.authority = mine.key AND other.value = mine.value
      CROSS JOIN person p ON p.id = other.owner_id
      WHERE other.owner_id <> $1 AND p.state <> 'deleted')";

/// The first of the identifiers, a JSON object by authority, that another user has.
const TAKEN: &str = "SELECT other.authority, other.value FROM json_each($2) mine
    CROSS JOIN external_id other ON other.authority = mine.key AND other.value = mine.value
    CROSS JOIN person p ON p.id = other.owner_id
    WHERE other.owner_id <> $1 AND p.state <> 'deleted' LIMIT 1";

impl Organisation {
    /// The step that undoes a write of `user` if it took another user's identifier; none if
    /// it takes none anew.
    pub(crate) fn identifier_guard(&self, before: Option<&User>, user: &User) -> Option<Step> {
        let taken = taken(before, user);
        let is_guarded = taken != json!({}) && self.settings.duplicate_ids == Duplicate::Refused;
        is_guarded.then(|| Step::Expect(GUARD, vec![(&user.id).into(), taken.into()], 1))
    }

    /// The refusal of a write that [`Self::identifier_guard`] undid.
    pub(crate) async fn identifier_taken(
        &self,
        before: Option<&User>,
        user: &User,
    ) -> Result<Refusal, StoreError> {
        let taken = taken(before, user);
        let rows = self.db.query(TAKEN, [(&user.id).into(), taken.into()]).await?;
        let which = match rows.first() {
            Some(row) if row.text(0)?.starts_with(MIRROR_PREFIX) => {
                format!("externalId \"{}\"", row.text(1)?)
            }
            Some(row) => format!("\"{}\" of the authority \"{}\"", row.text(1)?, row.text(0)?),
            // Given up in between.
            None => "an identifier".to_owned(),
        };
        let detail = format!(
            "{which} belongs to another user, active or not: take it away there, or send another one"
        );
        Ok(ScimError::uniqueness(detail).into())
    }
}

/// The identifiers that a write of `user` takes, by authority. What the user has already is not
/// among them, even if another one has it, too: whoever shares an identifier from an older file
/// can still be changed, above all so that it is given up.
fn taken(before: Option<&User>, user: &User) -> Value {
    if user.is_deleted() {
        return json!({});
    }
    let old = before.filter(|before| !before.is_deleted()).map(identifiers).unwrap_or_default();
    let new = identifiers(user).into_iter();
    new.filter(|(authority, value)| old.get(authority) != Some(value)).collect()
}
