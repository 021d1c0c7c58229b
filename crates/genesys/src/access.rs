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

/// The step that gives a token to a client; it was used at a time only if idleness counts.
const INSERT: &str =
    "INSERT INTO token (hash, client_id, expires, issued, used) VALUES ($1, $2, $3, $4, $5)";

/// Whoever holds a living token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) client_id: String,
    pub(crate) token_hash: String,
}

/// The part of the idle timeout by which the stored last use may lie behind the last one, so
/// that not every request writes.
const IDLE_STEPS: i64 = 10;

/// When each token was last used, as far as this process has seen and the data file does not
/// say. Bounded by the tokens that are alive.
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
            FROM client WHERE id = $1 AND revoked IS NULL AND state = 'active'
              AND (ends IS NULL OR ends > $3)";
        let now = self.clock.now();
        let found =
            self.db.query(client, [id.into(), key::fold(SCIM_ROLE).into(), now.into()]).await?;
        let Some(row) = found.first() else { return Ok(None) };
        if Secret::new(row.text(1)?) != Secret::new(hash_token(secret.expose())) {
            return Ok(None);
        }
        let seconds = u32::try_from(row.integer(0)?).unwrap_or(TOKEN_SECONDS_DEFAULT);
        let seconds = possible_seconds(seconds, row.boolean(2)?);
        let text = random_token(SECRET_BYTES)?;
        let expires = now
            .checked_add(SignedDuration::from_secs(i64::from(seconds)))
            .unwrap_or(Timestamp::MAX);
        let used = self.settings.idle_timeout.map(|_| now);
        let hash = hash_token(text.expose());
        let values = vec![hash.into(), id.into(), expires.into(), now.into(), used.into()];
        let prune = "DELETE FROM token WHERE expires <= $1";
        let steps = vec![Step::Execute(prune, vec![now.into()]), Step::Execute(INSERT, values)];
        self.db.transaction(steps).await?;
        Ok(Some(Token { text, seconds }))
    }

    /// Begins to count how long tokens are idle, or ends that. A token whose last use was not
    /// noted counts as used now: nobody knows how long it has been idle.
    pub(crate) async fn begin_idleness(&self) -> Result<(), StoreError> {
        let begin = match self.settings.idle_timeout {
            Some(_) => {
                let now = self.clock.now().into();
                Step::Execute("UPDATE token SET used = $1 WHERE used IS NULL", vec![now])
            }
            // From here on uses are not noted, so the noted ones are soon not the last.
            None => Step::Execute("UPDATE token SET used = NULL WHERE used IS NOT NULL", vec![]),
        };
        self.db.transaction(vec![begin]).await.map(|_| ())
    }

    /// Whoever holds this token, if it is alive.
    pub(crate) async fn token_holder(&self, token: &str) -> Result<Option<Holder>, StoreError> {
        let holder = "SELECT t.client_id, coalesce(t.used, t.issued)
            FROM token t JOIN client c ON c.id = t.client_id
            WHERE t.hash = $1 AND t.expires > $2 AND c.revoked IS NULL AND c.state = 'active'
              AND (c.ends IS NULL OR c.ends > $2)";
        let (hash, now) = (hash_token(token), self.clock.now());
        let rows = self.db.query(holder, [(&hash).into(), now.into()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let holder = Holder { client_id: row.text(0)?.to_owned(), token_hash: hash };
        if let Some(timeout) = self.settings.idle_timeout {
            let stored = row.optional_timestamp(1)?;
            return self.unless_idle(holder, stored, now, timeout).await;
        }
        Ok(Some(holder))
    }

    /// The holder, whose token is used now, unless nobody had used it for `timeout` seconds.
    /// `stored` is the last use that the data file knows of; that of a token which was never
    /// used is its issue.
    async fn unless_idle(
        &self,
        holder: Holder,
        stored: Option<Timestamp>,
        now: Timestamp,
        timeout: u32,
    ) -> Result<Option<Holder>, StoreError> {
        let timeout = SignedDuration::from_secs(i64::from(timeout));
        let hash = holder.token_hash.as_str();
        let last = self.idleness.last_use(hash, now, timeout).max(stored);
        if last.is_some_and(|last| now.duration_since(last) >= timeout) {
            self.revoke_token(hash).await?;
            return Ok(None);
        }
        self.idleness.used(hash, now);
        let step_ms = timeout.as_millis() / i128::from(IDLE_STEPS);
        if stored.is_none_or(|stored| now.duration_since(stored).as_millis() >= step_ms) {
            let values = vec![hash.into(), now.into()];
            let update = Step::Execute("UPDATE token SET used = $2 WHERE hash = $1", values);
            self.db.transaction(vec![update]).await?;
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
    /// The last use of a token that this process has seen. What lies behind by the timeout is
    /// forgotten: the data file says as much.
    fn last_use(&self, hash: &str, now: Timestamp, timeout: SignedDuration) -> Option<Timestamp> {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, last| now.duration_since(*last) < timeout);
        used.get(hash).copied()
    }

    /// Notes that a token is used now.
    fn used(&self, hash: &str, now: Timestamp) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(hash.to_owned(), now);
    }
}
