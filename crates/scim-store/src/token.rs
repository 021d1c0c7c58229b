//! The token that the store makes when nobody gives one.

use store::secret::{Secret, hash_token, random_token};
use store::{Step, StoreError};

use crate::{Access, ScimStore};

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

const KEEP: &str = "INSERT INTO token (hash, created) VALUES ($1, $2)";

impl ScimStore {
    /// Lets the bearer of the store's own token in. Gives the token if it is a new one:
    /// the first, or one that takes the place of those before (`renew`). Only its hash is
    /// kept, so nobody can be told again.
    ///
    /// # Errors
    /// The data file cannot be used, or there is no randomness.
    pub async fn with_own_token(self, renew: bool) -> Result<(Self, Option<Secret>), StoreError> {
        let rows = self.db.query("SELECT hash FROM token", []).await?;
        if !rows.is_empty() && !renew {
            let mut access = Access::nobody();
            for row in &rows {
                access = access.with_hash(row.text(0)?);
            }
            return Ok((self.with_access(access), None));
        }
        let token = random_token(TOKEN_BYTES)?;
        let kept = vec![hash_token(token.expose()).into(), self.clock.now().into()];
        let steps = vec![Step::Execute("DELETE FROM token", Vec::new()), Step::Execute(KEEP, kept)];
        self.db.transaction(steps).await?;
        let access = Access::nobody().with_token(&token);
        Ok((self.with_access(access), Some(token)))
    }
}
