//! Identifiers in other systems.
//!
//! What a client calls `externalId` is its own: it is stored under an authority that
//! names the client, and shown to that client alone, both as `externalId` and as an
//! immutable entry of `externalIds`.

use serde::{Deserialize, Serialize};

use store::secret::hash_token;

use crate::settings::{Owner, Suffix};

/// The characters of a suffix without meaning.
const OPAQUE_LENGTH: usize = 16;

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

/// The authority of what this client calls `externalId`: the client's own, or the one that all
/// clients of the organisation share. What the vendor writes after its prefix is not known.
///
/// This is what is stored; [`shown_authority`] is what the client sees.
#[must_use]
pub(crate) fn mirror_authority(owner: Owner, client_id: &str) -> String {
    match owner {
        Owner::Client => format!("{MIRROR_PREFIX}:{client_id}"),
        Owner::Organisation => MIRROR_PREFIX.to_owned(),
    }
}

/// A stored authority as clients see it, whomever it names: any but a mirror is shown as it is.
#[must_use]
pub(crate) fn shown_authority(suffix: Suffix, stored: &str) -> String {
    let client_id = stored.strip_prefix(MIRROR_PREFIX).and_then(|rest| rest.strip_prefix(':'));
    match (client_id, suffix) {
        (Some(client_id), Suffix::Opaque) => {
            let hash = hash_token(client_id);
            format!("{MIRROR_PREFIX}:{}", hash.get(..OPAQUE_LENGTH).unwrap_or(&hash))
        }
        (Some(_), Suffix::None) => MIRROR_PREFIX.to_owned(),
        _ => stored.to_owned(),
    }
}

/// Puts identifiers in the order in which they are kept, written and shown.
pub(crate) fn sort(ids: &mut [ExternalId]) {
    ids.sort_by(|one, other| one.authority.cmp(&other.authority));
}
