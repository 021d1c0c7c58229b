//! Whoever sends a request: an OAuth client, with how far it reaches.

use axum::http::{HeaderMap, header};

use crate::{
    Organisation,
    access::Holder,
    external_id::{mirror_authority, shown_authority},
    grant::Reach,
    platform::PlatformError,
    writer::Writer,
};

/// The OAuth client that sends a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) client_id: String,
    pub(crate) token_hash: String,
    /// The authority of what the client calls `externalId`.
    pub(crate) mirror: String,
    /// The same as the client sees it.
    pub(crate) shown_mirror: String,
    /// The divisions whose users the client may write.
    pub(crate) reach: Reach,
    /// What the answer carries as `ININ-Correlation-Id`.
    pub(crate) correlation_id: String,
}

impl Organisation {
    /// The client whose token the request carries; what it may do is not asked yet.
    pub(crate) async fn caller(
        &self,
        headers: &HeaderMap,
        correlation_id: &str,
    ) -> Result<Caller, PlatformError> {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| value.trim().split_once(' '));
        let Some((_, token)) = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        else {
            return Err(PlatformError::no_token());
        };
        let holder = self.token_holder(token.trim()).await?;
        let Holder { client_id, token_hash } = holder.ok_or_else(PlatformError::bad_token)?;
        let mirror = self.mirror(&client_id);
        Ok(Caller {
            shown_mirror: shown_authority(self.settings.external_id_suffix, &mirror),
            mirror,
            client_id,
            token_hash,
            reach: Reach::All,
            correlation_id: correlation_id.to_owned(),
        })
    }

    /// The authority of what this client calls `externalId`.
    #[must_use]
    pub fn mirror(&self, client_id: &str) -> String {
        mirror_authority(self.settings.external_id_owner, client_id)
    }

    /// The caller with its reach, if it has one of the permissions; none are needed for
    /// an empty list.
    pub(crate) async fn admitted(
        &self,
        caller: Caller,
        needed: &[&str],
    ) -> Result<Caller, PlatformError> {
        if needed.is_empty() || !self.settings.permissions {
            return Ok(caller);
        }
        match self.reach(&caller.client_id, needed).await? {
            Reach::None => Err(PlatformError::not_permitted(needed)),
            Reach::Divisions(_) if !self.settings.division_scope => Ok(caller),
            reach => Ok(Caller { reach, ..caller }),
        }
    }
}

impl Caller {
    /// The authority as it is stored that the client calls so.
    pub(crate) fn stored_authority(&self, called: String) -> String {
        if called == self.shown_mirror { self.mirror.clone() } else { called }
    }

    pub(crate) fn writer(&self, method: &'static str) -> Writer<'_> {
        Writer {
            client_id: &self.client_id,
            mirror: &self.mirror,
            reach: &self.reach,
            method,
            correlation_id: &self.correlation_id,
        }
    }
}
