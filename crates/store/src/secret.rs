//! Secrets: in memory, at rest, and as hashes.

/// Why a key or a secret could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {}
