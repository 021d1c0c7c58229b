//! Secrets: in memory, at rest, and as hashes.
//!
//! At rest a secret is encrypted by AES-256-GCM under the key of a [`Keyring`].
//! Each record says which key it needs, and is bound to its place (a job's
//! credentials, say), so that a record copied elsewhere does not open there.
//! What only has to be recognised, a token, is kept as its hash.

use aws_lc_rs::{aead, constant_time, digest, rand};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use zeroize::Zeroizing;

mod keyring;

pub use keyring::{KEY_FILE_NAME, Keyring};

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Bytes of a tag, which proves that nobody changed the record.
const TAG_BYTES: usize = 16;

/// What each record starts with: the first form of a record.
const FORM: &str = "v1";

/// A text that must not be seen: it prints as `[redacted]` and its memory is
/// wiped when it is dropped. Compares in constant time.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// Why a key or a secret could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The key file cannot be read or made.
    #[error(
        "the key file \"{path}\" cannot be used ({why}): let only this user read it, or restore it from a backup"
    )]
    KeyFile {
        /// The key file.
        path: String,
        /// What the system says.
        why: String,
    },
    /// The text is no key.
    #[error(
        "the encryption key is not 32 bytes in base64: use the text of the key file, unchanged"
    )]
    NotAKey,
    /// The record was encrypted under another key.
    #[error(
        "a stored secret needs the key {needed}, but the key here is {here}: restore the key file from a backup, or enter the secret again"
    )]
    OtherKey {
        /// The key that encrypted it.
        needed: String,
        /// The key of this keyring.
        here: String,
    },
    /// The record is damaged, or was moved from another place.
    #[error("a stored secret is damaged: enter it again")]
    Damaged,
    /// The system gave no random numbers, or refused to encrypt.
    #[error("the system's cryptography refused to work: restart the program")]
    Cryptography,
}

/// The SHA-256 of a token, in hexadecimal digits: what is stored in its place.
/// Sound for random tokens alone; a password needs a slow hash.
#[must_use]
pub fn hash_token(token: &str) -> String {
    hexadecimal(digest::digest(&digest::SHA256, token.as_bytes()).as_ref())
}

/// A new token of this many random bytes, in letters that a URL may hold.
///
/// # Errors
/// [`SecretError::Cryptography`] if the system gives no random numbers.
pub fn random_token(bytes: usize) -> Result<Secret, SecretError> {
    let mut random = Zeroizing::new(vec![0; bytes]);
    rand::fill(&mut random).map_err(|_| SecretError::Cryptography)?;
    Ok(Secret::new(BASE64.encode(&*random)))
}

impl Secret {
    /// Takes the text in; whoever gave it should not keep a copy.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Look at every call of this before a release.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }
}

impl Eq for Secret {}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[redacted]")
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[redacted]")
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 0xF)]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_redacted() {
        let secret = Secret::new("hunter2");
        assert_eq!(
            format!("{secret} {secret:?} {:?}", Some(&secret)),
            "[redacted] [redacted] Some([redacted])"
        );
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn a_token_is_kept_as_its_sha_256() {
        assert_eq!(
            hash_token("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn random_tokens_differ_and_fit_into_a_url() {
        let (one, two) = (random_token(32).unwrap(), random_token(32).unwrap());
        assert_ne!(one, two);
        assert_eq!(one.expose().len(), 43);
        assert!(
            one.expose().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
    }
}
