//! Identifiers in other systems.
//!
//! What a client calls `externalId` is its own: it is stored under an authority that
//! names the client, and shown to that client alone, both as `externalId` and as an
//! immutable entry of `externalIds`.

use serde::{Deserialize, Serialize};

/// What the authority of each mirror of `externalId` starts with.
pub(crate) const MIRROR_PREFIX: &str = "x-pc:scimv2:v1";

/// How one authority calls a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalId {
    /// Who calls the user so: a product, or an identity provider's URI.
    pub authority: String,
    /// The identifier.
    pub value: String,
}

/// The authority of what this client calls `externalId`.
#[must_use]
pub(crate) fn mirror_authority(client_id: &str) -> String {
    format!("{MIRROR_PREFIX}:{client_id}")
}
