//! OAuth clients come and go.
//!
//! A client's secret is shown once and kept as its hash. A client that is not active, or
//! was deleted, is out at once: its tokens end with it.

use store::{
    Step, StoreError, Value,
    secret::{Secret, hash_token, random_token},
};
use uuid::Uuid;

use crate::{
    Organisation,
    access::SECRET_BYTES,
    administration::{AdministrationError, checked_name},
    client::{
        Client, ClientSpecification, ClientState, NewClient, TOKEN_SECONDS_MAX, TOKEN_SECONDS_MIN,
        TOKEN_SECONDS_ORDINARY_MAX, missing, possible_seconds,
    },
    grant::{ALL_DIVISIONS, grant_step},
    permission::SCIM_ROLE,
    term::TermKind,
};

impl Organisation {
    /// Makes an OAuth client with the role [`SCIM_ROLE`] in all divisions, whose tokens
    /// live for `token_seconds`.
    pub async fn create_client(
        &self,
        name: &str,
        token_seconds: u32,
    ) -> Result<NewClient, AdministrationError> {
        let specification = ClientSpecification {
            name: name.to_owned(),
            description: None,
            token_seconds,
            state: ClientState::Active,
            ends: None,
            scopes: Vec::new(),
            redirect_uris: Vec::new(),
            grants: vec![self.pair(SCIM_ROLE, None).await?],
        };
        self.create_specified_client(&specification).await
    }

    /// Makes an OAuth client.
    pub async fn create_specified_client(
        &self,
        specification: &ClientSpecification,
    ) -> Result<NewClient, AdministrationError> {
        let client = NewClient {
            id: Uuid::new_v4().to_string(),
            secret: random_token(SECRET_BYTES).map_err(StoreError::from)?,
        };
        self.write_client(&client.id, &client.secret, specification).await?;
        Ok(client)
    }

    /// Makes sure that a client with this id and secret exists; one that has the id
    /// already gets the secret, the name and the lifetime, is active, and keeps its roles.
    pub async fn ensure_client(
        &self,
        id: &str,
        secret: &Secret,
        name: &str,
        token_seconds: u32,
    ) -> Result<(), AdministrationError> {
        let known = self.grants(id).await?;
        let specification = ClientSpecification {
            name: name.to_owned(),
            description: None,
            token_seconds,
            state: ClientState::Active,
            ends: None,
            scopes: Vec::new(),
            redirect_uris: Vec::new(),
            grants: if known.is_empty() {
                vec![self.pair(SCIM_ROLE, None).await?]
            } else {
                known.into_iter().map(|grant| (grant.role_id, grant.division_id)).collect()
            },
        };
        self.write_client(id, secret, &specification).await
    }

    /// Changes a client that is there, but not its secret.
    pub async fn change_client(
        &self,
        id: &str,
        specification: &ClientSpecification,
    ) -> Result<Client, AdministrationError> {
        let name = self.check(specification).await?;
        let update =
            "UPDATE client SET name = $2, description = $3, token_seconds = $4, state = $5,
              modified = $6, ends = $7, scopes = $8, redirect_uris = $9
            WHERE id = $1 AND revoked IS NULL";
        let values: Vec<Value> = vec![
            id.into(),
            name.into(),
            specification.description.as_ref().into(),
            specification.token_seconds.into(),
            specification.state.word().into(),
            self.clock.now().into(),
            specification.ends.into(),
            list(&specification.scopes),
            list(&specification.redirect_uris),
        ];
        let mut steps = vec![
            Step::Expect(update, values, 1),
            Step::Execute("DELETE FROM role_grant WHERE subject_id = $1", vec![id.into()]),
            grant_step(id, &specification.grants),
        ];
        if specification.state != ClientState::Active {
            steps.push(end_tokens(id));
        }
        self.of_client(id, steps).await?;
        self.client(id).await
    }

    /// Lets a client sign in or not, and leaves the rest of it.
    pub async fn set_client_state(
        &self,
        id: &str,
        state: ClientState,
    ) -> Result<Client, AdministrationError> {
        let update = "UPDATE client SET state = $2, modified = $3
            WHERE id = $1 AND revoked IS NULL AND (ends IS NULL OR ends > $3)";
        let values = vec![id.into(), state.word().into(), self.clock.now().into()];
        let mut steps = vec![Step::Expect(update, values, 1)];
        if state != ClientState::Active {
            steps.push(end_tokens(id));
        }
        self.of_client(id, steps).await?;
        self.client(id).await
    }

    /// Gives a client another secret; its tokens go on.
    pub async fn renew_secret(&self, id: &str) -> Result<NewClient, AdministrationError> {
        let secret = random_token(SECRET_BYTES).map_err(StoreError::from)?;
        let update = "UPDATE client SET secret_hash = $2, modified = $3
            WHERE id = $1 AND revoked IS NULL AND (ends IS NULL OR ends > $3)";
        let values = vec![id.into(), hash_token(secret.expose()).into(), self.clock.now().into()];
        self.of_client(id, vec![Step::Expect(update, values, 1)]).await?;
        Ok(NewClient { id: id.to_owned(), secret })
    }

    /// Revokes a client: its tokens end at once, and it gets no new ones.
    pub async fn revoke_client(&self, id: &str) -> Result<(), AdministrationError> {
        let revoke = "UPDATE client SET revoked = coalesce(revoked, $2) WHERE id = $1";
        let values = vec![id.into(), self.clock.now().into()];
        self.of_client(id, vec![Step::Expect(revoke, values, 1), end_tokens(id)]).await
    }

    async fn write_client(
        &self,
        id: &str,
        secret: &Secret,
        specification: &ClientSpecification,
    ) -> Result<(), AdministrationError> {
        let name = self.check(specification).await?;
        let sendable =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !sendable(id) || id.contains(':') || !sendable(secret.expose()) {
            return Err(AdministrationError::Credentials);
        }
        let values: Vec<Value> = vec![
            id.into(),
            name.into(),
            hash_token(secret.expose()).into(),
            specification.token_seconds.into(),
            self.clock.now().into(),
            specification.description.as_ref().into(),
            specification.state.word().into(),
            specification.ends.into(),
            list(&specification.scopes),
            list(&specification.redirect_uris),
        ];
        let insert =
            "INSERT INTO client (id, name, secret_hash, token_seconds, created, description, state,
              ends, scopes, redirect_uris)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, secret_hash = excluded.secret_hash,
              token_seconds = excluded.token_seconds, state = excluded.state, ends = excluded.ends,
              revoked = NULL";
        let steps = vec![Step::Execute(insert, values), grant_step(id, &specification.grants)];
        self.db.transaction(steps).await?;
        Ok(())
    }

    /// The name, if all of the specification can be.
    async fn check<'s>(
        &self,
        specification: &'s ClientSpecification,
    ) -> Result<&'s str, AdministrationError> {
        let name = checked_name(&specification.name)?;
        for (role, division) in &specification.grants {
            self.term_with_id(TermKind::Role, role).await?;
            if division != ALL_DIVISIONS {
                self.term_with_id(TermKind::Division, division).await?;
            }
        }
        let seconds = specification.token_seconds;
        let is_ordinary = (TOKEN_SECONDS_MIN..=TOKEN_SECONDS_ORDINARY_MAX).contains(&seconds);
        let is_long = (TOKEN_SECONDS_MIN..=TOKEN_SECONDS_MAX).contains(&seconds);
        if is_ordinary || is_long && self.is_for_scim(specification).await? {
            Ok(name)
        } else {
            Err(AdministrationError::TokenSeconds(seconds))
        }
    }

    /// The lifetime of the specification, or the longest one that its roles allow.
    pub(crate) async fn fitting_seconds(
        &self,
        specification: &ClientSpecification,
    ) -> Result<u32, StoreError> {
        let is_for_scim = self.is_for_scim(specification).await?;
        Ok(possible_seconds(specification.token_seconds, is_for_scim))
    }

    async fn is_for_scim(&self, specification: &ClientSpecification) -> Result<bool, StoreError> {
        let role = self.term(TermKind::Role, SCIM_ROLE).await?;
        Ok(role.is_some_and(|role| specification.grants.iter().any(|(id, _)| *id == role.id)))
    }

    async fn of_client(&self, id: &str, steps: Vec<Step>) -> Result<(), AdministrationError> {
        match self.db.transaction(steps).await {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict { .. }) => Err(missing(id)),
            Err(error) => Err(error.into()),
        }
    }
}

fn list(texts: &[String]) -> Value {
    texts.iter().map(String::as_str).collect::<serde_json::Value>().into()
}

/// The step that ends all tokens of a client.
pub(crate) fn end_tokens(id: &str) -> Step {
    Step::Execute("DELETE FROM token WHERE client_id = $1", vec![id.into()])
}
