//! Access tokens: given to clients, kept as hashes, alive until their time is over, until
//! they are revoked, or until their client is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use store::{
    Step, StoreError, key,
    secret::{Secret, hash_token, random_token},
};

use crate::{
    Organisation,
    client::{TOKEN_SECONDS_DEFAULT, possible_seconds},
    client_write::end_tokens,
    permission::SCIM_ROLE,
};

/// Random bytes of a secret and of a token.
pub(crate) const SECRET_BYTES: usize = 32;

/// A token, as the token endpoint gives it out.
#[derive(Debug)]
pub struct Token {
    /// The text after `Bearer`.
    pub text: Secret,
    /// How long it lives from now on.
    pub seconds: u32,
}

/// Whoever holds a living token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) client_id: String,
    pub(crate) token_hash: String,
}

/// When each token was last used, as far as this process has seen. Bounded by the tokens
/// that are alive.
#[derive(Debug, Clone, Default)]
pub(crate) struct Idleness(Arc<Mutex<HashMap<String, Timestamp>>>);

impl Organisation {
    /// Gives a token to the client with this id and secret; `None` if there is none.
    pub async fn issue_token(
        &self,
        id: &str,
        secret: &Secret,
    ) -> Result<Option<Token>, StoreError> {
        let client = "SELECT token_seconds, secret_hash,
              EXISTS (SELECT 1 FROM role_grant g JOIN term t ON t.id = g.role_id
                      WHERE g.subject_id = client.id AND t.kind = 'role' AND t.name_key = $2)
            FROM client WHERE id = $1 AND revoked IS NULL AND state = 'active'";
        let found = self.db.query(client, [id.into(), key::fold(SCIM_ROLE).into()]).await?;
        let Some(row) = found.first() else { return Ok(None) };
        if Secret::new(row.text(1)?) != Secret::new(hash_token(secret.expose())) {
            return Ok(None);
        }
        let seconds = u32::try_from(row.integer(0)?).unwrap_or(TOKEN_SECONDS_DEFAULT);
        let seconds = possible_seconds(seconds, row.boolean(2)?);
        let text = random_token(SECRET_BYTES)?;
        let now = self.clock.now();
        let expires = now
            .checked_add(SignedDuration::from_secs(i64::from(seconds)))
            .unwrap_or(Timestamp::MAX);
        let insert = "INSERT INTO token (hash, client_id, expires, issued) VALUES ($1, $2, $3, $4)";
        let values = vec![hash_token(text.expose()).into(), id.into(), expires.into(), now.into()];
        let prune = "DELETE FROM token WHERE expires <= $1";
        let steps = vec![Step::Execute(prune, vec![now.into()]), Step::Execute(insert, values)];
        self.db.transaction(steps).await?;
        Ok(Some(Token { text, seconds }))
    }

    /// Whoever holds this token, if it is alive.
    pub(crate) async fn token_holder(&self, token: &str) -> Result<Option<Holder>, StoreError> {
        let holder = "SELECT t.client_id FROM token t JOIN client c ON c.id = t.client_id
            WHERE t.hash = $1 AND t.expires > $2 AND c.revoked IS NULL AND c.state = 'active'";
        let (hash, now) = (hash_token(token), self.clock.now());
        let rows = self.db.query(holder, [(&hash).into(), now.into()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let holder = Holder { client_id: row.text(0)?.to_owned(), token_hash: hash };
        if self.idleness.is_over(&holder.token_hash, now, self.settings.idle_timeout) {
            self.revoke_token(&holder.token_hash).await?;
            return Ok(None);
        }
        Ok(Some(holder))
    }

    /// Ends one token, named by its hash.
    pub(crate) async fn revoke_token(&self, hash: &str) -> Result<(), StoreError> {
        let delete = Step::Execute("DELETE FROM token WHERE hash = $1", vec![hash.into()]);
        self.db.transaction(vec![delete]).await.map(|_| ())
    }

    /// Ends all tokens of a client, which may get new ones.
    pub async fn revoke_tokens(&self, client_id: &str) -> Result<(), StoreError> {
        self.db.transaction(vec![end_tokens(client_id)]).await.map(|_| ())
    }
}

impl Idleness {
    /// Whether the token was left alone for too long; if not, it is used now.
    fn is_over(&self, hash: &str, now: Timestamp, timeout: Option<u32>) -> bool {
        let Some(timeout) = timeout else { return false };
        let timeout = SignedDuration::from_secs(i64::from(timeout));
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|known, last| known == hash || now.duration_since(*last) < timeout);
        let last = used.insert(hash.to_owned(), now);
        let is_over = last.is_some_and(|last| now.duration_since(last) >= timeout);
        if is_over {
            used.remove(hash);
        }
        is_over
    }
}
