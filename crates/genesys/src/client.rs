//! OAuth clients: who may sign in, with which roles, and for how long.

use jiff::Timestamp;
use serde::Serialize;
use store::{Row, StoreError, key, secret::Secret};

use crate::{
    Organisation, administration::AdministrationError, grant::Grant, permission::SCIM_ROLE,
};

/// The shortest lifetime of a token.
pub const TOKEN_SECONDS_MIN: u32 = 300;

/// The longest lifetime of a token of an ordinary client: the vendor's two days.
pub const TOKEN_SECONDS_ORDINARY_MAX: u32 = 172_800;

/// The longest lifetime of a token: the vendor's 450 days, for SCIM clients that are
/// given one token by hand.
pub const TOKEN_SECONDS_MAX: u32 = 38_880_000;

/// The lifetime of a token unless the client says otherwise: one day.
pub const TOKEN_SECONDS_DEFAULT: u32 = 86_400;

/// An OAuth client, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// The id, by which it signs in.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How long its new tokens live.
    pub token_seconds: u32,
    /// Whether it may sign in.
    pub state: ClientState,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
    /// When it was revoked: such a client stays, so that the records name it.
    pub revoked: Option<Timestamp>,
    /// When it ends, if that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
    /// Whether it has reached that date; it is as good as revoked then.
    pub has_ended: bool,
    /// What its users would have to consent to; of no effect for client credentials.
    #[serde(skip)]
    pub scopes: Vec<String>,
    /// Where its users would come back to; of no effect for client credentials.
    #[serde(skip)]
    pub redirect_uris: Vec<String>,
    /// Its roles, and how far they reach.
    pub grants: Vec<Grant>,
}

/// The vendor's three states of a client; only an active one may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientState {
    /// May sign in.
    Active,
    /// May not, because an administrator says so.
    Disabled,
    /// May not, because nobody used it.
    Inactive,
}

/// What a client is to be.
#[derive(Debug, Clone)]
pub struct ClientSpecification {
    /// The name for people.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// How long its tokens live.
    pub token_seconds: u32,
    /// Whether it may sign in.
    pub state: ClientState,
    /// When it ends; `None`: when it is revoked.
    pub ends: Option<Timestamp>,
    /// What its users would have to consent to.
    pub scopes: Vec<String>,
    /// Where its users would come back to.
    pub redirect_uris: Vec<String>,
    /// Its roles, each as the ids of role and division.
    pub grants: Vec<(String, String)>,
}

/// A new client, with the only copy of its secret.
#[derive(Debug)]
pub struct NewClient {
    /// The id, by which it signs in.
    pub id: String,
    /// The secret; nobody can show it again.
    pub secret: Secret,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, token_seconds, created, revoked, state, description,
               coalesce(modified, created), ends, scopes, redirect_uris FROM client ",
            $rest
        )
    };
}

impl Organisation {
    /// All clients, the oldest first; revoked ones too.
    pub async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        let rows = self.db.query(select!("ORDER BY created, id"), []).await?;
        let mut clients = Vec::with_capacity(rows.len());
        for row in &rows {
            let grants = self.grants(row.text(0)?).await?;
            clients.push(Client::from_row(row, grants, self.clock.now())?);
        }
        Ok(clients)
    }

    /// The client with this id that was not revoked and has not ended.
    pub async fn client(&self, id: &str) -> Result<Client, AdministrationError> {
        let found = select!("WHERE id = $1 AND revoked IS NULL");
        let rows = self.db.query(found, [id.into()]).await?;
        let Some(row) = rows.first() else { return Err(missing(id)) };
        let client = Client::from_row(row, self.grants(id).await?, self.clock.now())?;
        if client.is_gone() { Err(missing(id)) } else { Ok(client) }
    }
}

/// How long new tokens live of a client that is to have `seconds`: the longest lifetimes are for
/// SCIM, and end when the role for it is withdrawn.
pub(crate) fn possible_seconds(seconds: u32, is_for_scim: bool) -> u32 {
    if is_for_scim { seconds } else { seconds.min(TOKEN_SECONDS_ORDINARY_MAX) }
}

pub(crate) fn missing(id: &str) -> AdministrationError {
    AdministrationError::Missing { kind: "OAuth client", id: id.to_owned() }
}

impl Client {
    /// What the client is.
    #[must_use]
    pub fn specification(&self) -> ClientSpecification {
        let grants = self.grants.iter();
        ClientSpecification {
            name: self.name.clone(),
            description: self.description.clone(),
            token_seconds: self.token_seconds,
            state: self.state,
            ends: self.ends,
            scopes: self.scopes.clone(),
            redirect_uris: self.redirect_uris.clone(),
            grants: grants
                .map(|grant| (grant.role_id.clone(), grant.division_id.clone()))
                .collect(),
        }
    }

    /// Whether it was revoked or has ended.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.revoked.is_some() || self.has_ended
    }

    fn from_row(row: &Row, grants: Vec<Grant>, now: Timestamp) -> Result<Self, StoreError> {
        let is_for_scim = grants.iter().any(|grant| key::fold(&grant.role) == key::fold(SCIM_ROLE));
        let seconds = u32::try_from(row.integer(2)?).unwrap_or(TOKEN_SECONDS_DEFAULT);
        let ends = row.optional_timestamp(8)?;
        Ok(Self {
            id: row.text(0)?.to_owned(),
            name: row.text(1)?.to_owned(),
            token_seconds: possible_seconds(seconds, is_for_scim),
            created: row.timestamp(3)?,
            revoked: row.optional_timestamp(4)?,
            ends,
            has_ended: ends.is_some_and(|ends| ends <= now),
            scopes: row.optional_json(9)?.unwrap_or_default(),
            redirect_uris: row.optional_json(10)?.unwrap_or_default(),
            state: ClientState::from_word(row.text(5)?),
            description: row.optional_text(6)?.map(str::to_owned),
            modified: row.timestamp(7)?,
            grants,
        })
    }
}

impl ClientState {
    /// The word, in the data file and on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Inactive => "inactive",
        }
    }

    /// The state of this word; what is unknown is not active.
    pub(crate) fn from_word(word: &str) -> Self {
        match word {
            "active" => Self::Active,
            "inactive" => Self::Inactive,
            _ => Self::Disabled,
        }
    }
}
