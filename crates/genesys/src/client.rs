//! OAuth clients and their tokens.
//!
//! A client's secret is shown once and kept as its hash, tokens likewise. A token
//! ends by its lifetime, or at once when its client is revoked.

use jiff::{SignedDuration, Timestamp};
use store::{
    Row, Step, StoreError, Value,
    secret::{Secret, hash_token, random_token},
};
use uuid::Uuid;

use crate::{
    Organisation,
    organisation::{AdministrationError, checked_name},
};

/// The shortest lifetime of a token.
pub const TOKEN_SECONDS_MIN: u32 = 300;

/// The longest lifetime of a token: the vendor's 450 days, for SCIM clients that are
/// given one token by hand.
pub const TOKEN_SECONDS_MAX: u32 = 38_880_000;

/// The lifetime of a token unless the client says otherwise: one day.
pub const TOKEN_SECONDS_DEFAULT: u32 = 86_400;

/// Random bytes of a secret and of a token.
const SECRET_BYTES: usize = 32;

/// An OAuth client, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// The id, by which it signs in.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// How long its tokens live.
    pub token_seconds: u32,
    /// When it was made.
    pub created: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// A new client, with the only copy of its secret.
#[derive(Debug)]
pub struct NewClient {
    /// The id, by which it signs in.
    pub id: String,
    /// The secret; nobody can show it again.
    pub secret: Secret,
}

/// A token, as the token endpoint gives it out.
#[derive(Debug)]
pub struct Token {
    /// The text after `Bearer`.
    pub text: Secret,
    /// How long it lives from now on.
    pub seconds: u32,
}

impl Organisation {
    /// Makes an OAuth client whose tokens live for `token_seconds`.
    pub async fn create_client(
        &self,
        name: &str,
        token_seconds: u32,
    ) -> Result<NewClient, AdministrationError> {
        let client = NewClient {
            id: Uuid::new_v4().to_string(),
            secret: random_token(SECRET_BYTES).map_err(StoreError::from)?,
        };
        self.ensure_client(&client.id, &client.secret, name, token_seconds).await?;
        Ok(client)
    }

    /// Makes sure that a client with this id and secret exists; one that has the id
    /// already gets the secret, the name and the lifetime, and is no longer revoked.
    pub async fn ensure_client(
        &self,
        id: &str,
        secret: &Secret,
        name: &str,
        token_seconds: u32,
    ) -> Result<(), AdministrationError> {
        let name = checked_name(name)?;
        if !(TOKEN_SECONDS_MIN..=TOKEN_SECONDS_MAX).contains(&token_seconds) {
            return Err(AdministrationError::TokenSeconds(token_seconds));
        }
        let sendable =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !sendable(id) || id.contains(':') || !sendable(secret.expose()) {
            return Err(AdministrationError::Credentials);
        }
        let values: Vec<Value> = vec![
            id.into(),
            name.into(),
            hash_token(secret.expose()).into(),
            token_seconds.into(),
            self.clock.now().into(),
        ];
        let insert = "INSERT INTO client (id, name, secret_hash, token_seconds, created)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, secret_hash = excluded.secret_hash,
              token_seconds = excluded.token_seconds, revoked = NULL";
        self.db.transaction(vec![Step::Execute(insert, values)]).await?;
        Ok(())
    }

    /// All clients, the oldest first; revoked ones too.
    pub async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        let all =
            "SELECT id, name, token_seconds, created, revoked FROM client ORDER BY created, id";
        self.db.query(all, []).await?.iter().map(Client::from_row).collect()
    }

    /// Revokes a client: its tokens end at once, and it gets no new ones.
    pub async fn revoke_client(&self, id: &str) -> Result<(), AdministrationError> {
        let revoked = self
            .db
            .transaction(vec![
                Step::Execute(
                    "UPDATE client SET revoked = coalesce(revoked, $2) WHERE id = $1",
                    vec![id.into(), self.clock.now().into()],
                ),
                Step::Execute("DELETE FROM token WHERE client_id = $1", vec![id.into()]),
            ])
            .await?;
        match revoked.first().map(|rows| rows.affected) {
            Some(0) => {
                Err(AdministrationError::Missing { kind: "OAuth client", id: id.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Gives a token to the client with this id and secret; `None` if there is none.
    pub async fn issue_token(
        &self,
        id: &str,
        secret: &Secret,
    ) -> Result<Option<Token>, StoreError> {
        let client =
            "SELECT token_seconds, secret_hash FROM client WHERE id = $1 AND revoked IS NULL";
        let found = self.db.query(client, [id.into()]).await?;
        let Some(row) = found.first() else { return Ok(None) };
        if Secret::new(row.text(1)?) != Secret::new(hash_token(secret.expose())) {
            return Ok(None);
        }
        let seconds = u32::try_from(row.integer(0)?).unwrap_or(TOKEN_SECONDS_DEFAULT);
        let text = random_token(SECRET_BYTES)?;
        let now = self.clock.now();
        let expires = now
            .checked_add(SignedDuration::from_secs(i64::from(seconds)))
            .unwrap_or(Timestamp::MAX);
        self.db
            .transaction(vec![
                Step::Execute("DELETE FROM token WHERE expires <= $1", vec![now.into()]),
                Step::Execute(
                    "INSERT INTO token (hash, client_id, expires) VALUES ($1, $2, $3)",
                    vec![hash_token(text.expose()).into(), id.into(), expires.into()],
                ),
            ])
            .await?;
        Ok(Some(Token { text, seconds }))
    }

    /// The id of the client that holds this token, if it is alive.
    pub(crate) async fn token_holder(&self, token: &str) -> Result<Option<String>, StoreError> {
        let holder = "SELECT t.client_id FROM token t JOIN client c ON c.id = t.client_id
            WHERE t.hash = $1 AND t.expires > $2 AND c.revoked IS NULL";
        let values = [hash_token(token).into(), self.clock.now().into()];
        let rows = self.db.query(holder, values).await?;
        rows.first().map(|row| row.text(0).map(str::to_owned)).transpose()
    }
}

impl Client {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?.to_owned(),
            name: row.text(1)?.to_owned(),
            token_seconds: u32::try_from(row.integer(2)?).unwrap_or(TOKEN_SECONDS_DEFAULT),
            created: row.timestamp(3)?,
            revoked: row.optional_timestamp(4)?,
        })
    }
}
