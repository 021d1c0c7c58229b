//! The key that encrypts secrets at rest, and where it comes from.

use std::{fs, io, io::Write as _, path::Path};

use super::{
    BASE64, Engine as _, FORM, KEY_BYTES, Secret, SecretError, TAG_BYTES, Zeroizing, aead, digest,
    hexadecimal, rand, random_token,
};

/// The key file's name inside the data folder.
pub const KEY_FILE_NAME: &str = "instep.key";

/// The key of one data folder.
pub struct Keyring {
    key: aead::LessSafeKey,
    id: String,
}

impl Keyring {
    /// Takes the key from the key file in `folder`. The first start makes the
    /// file, which only its owner may read.
    ///
    /// # Errors
    /// [`SecretError::KeyFile`] if it can neither be read nor made,
    /// [`SecretError::NotAKey`] if it holds something else.
    pub fn open(folder: &Path) -> Result<Self, SecretError> {
        let path = folder.join(KEY_FILE_NAME);
        let key = read_or_make(folder, &path).map_err(|error| SecretError::KeyFile {
            path: path.display().to_string(),
            why: error.to_string(),
        })?;
        Self::from_text(&key)
    }

    /// Takes the key from its text: 32 bytes in base64, as in the key file.
    ///
    /// # Errors
    /// [`SecretError::NotAKey`].
    pub fn from_text(text: &Secret) -> Result<Self, SecretError> {
        // A key made by other tools may be padded, or use the other alphabet.
        let text = Zeroizing::new(
            text.expose().trim().trim_end_matches('=').replace('+', "-").replace('/', "_"),
        );
        let bytes = Zeroizing::new(BASE64.decode(&*text).map_err(|_| SecretError::NotAKey)?);
        if bytes.len() != KEY_BYTES {
            return Err(SecretError::NotAKey);
        }
        let key =
            aead::UnboundKey::new(&aead::AES_256_GCM, &bytes).map_err(|_| SecretError::NotAKey)?;
        let id = hexadecimal(&digest::digest(&digest::SHA256, &bytes).as_ref()[..4]);
        Ok(Self { key: aead::LessSafeKey::new(key), id })
    }

    /// Encrypts the secret for one place: only [`Keyring::decrypt`] with the same `place` opens it.
    ///
    /// # Errors
    /// [`SecretError::Cryptography`].
    pub fn encrypt(&self, secret: &Secret, place: &str) -> Result<String, SecretError> {
        let mut nonce = [0; aead::NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| SecretError::Cryptography)?;
        let mut sealed = secret.expose().as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(
                aead::Nonce::assume_unique_for_key(nonce),
                self.bound_to(place),
                &mut sealed,
            )
            .map_err(|_| SecretError::Cryptography)?;
        Ok(format!("{FORM}.{}.{}", self.id, BASE64.encode([&nonce, sealed.as_slice()].concat())))
    }

    /// Opens what [`Keyring::encrypt`] made for the same `place`.
    ///
    /// # Errors
    /// [`SecretError::OtherKey`], or [`SecretError::Damaged`] if the record was
    /// changed or belongs to another place.
    pub fn decrypt(&self, record: &str, place: &str) -> Result<Secret, SecretError> {
        let mut parts = record.splitn(3, '.');
        let (Some(FORM), Some(id), Some(sealed)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(SecretError::Damaged);
        };
        if id != self.id {
            return Err(SecretError::OtherKey { needed: id.to_owned(), here: self.id.clone() });
        }
        let sealed = BASE64.decode(sealed).map_err(|_| SecretError::Damaged)?;
        let Some((nonce, sealed)) = sealed.split_first_chunk::<{ aead::NONCE_LEN }>() else {
            return Err(SecretError::Damaged);
        };
        let mut text = Zeroizing::new(sealed.to_vec());
        let nonce = aead::Nonce::assume_unique_for_key(*nonce);
        self.key
            .open_in_place(nonce, self.bound_to(place), &mut text)
            .map_err(|_| SecretError::Damaged)?;
        let length = text.len().saturating_sub(TAG_BYTES);
        let text = std::str::from_utf8(&text[..length]).map_err(|_| SecretError::Damaged)?;
        Ok(Secret::new(text))
    }

    fn bound_to(&self, place: &str) -> aead::Aad<String> {
        aead::Aad::from(format!("{FORM}.{}.{place}", self.id))
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Keyring").field("id", &self.id).finish_non_exhaustive()
    }
}

fn read_or_make(folder: &Path, path: &Path) -> io::Result<Secret> {
    match fs::read_to_string(path) {
        Ok(text) => return Ok(Secret::new(text)),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Err(_) => fs::create_dir_all(folder)?,
    }
    make(folder, path)?;
    fs::read_to_string(path).map(Secret::new)
}

/// Writes a new key beside its place and links it there. A link never replaces a
/// file, so of two processes that start together the first one's key stays.
fn make(folder: &Path, path: &Path) -> io::Result<()> {
    let (key, mark) = random_token(KEY_BYTES)
        .and_then(|key| Ok((key, random_token(6)?)))
        .map_err(io::Error::other)?;
    let draft = folder.join(format!("{KEY_FILE_NAME}.{}", mark.expose()));
    let linked = write(&draft, &key).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&draft);
    linked.and(removed)?;
    // The name too must survive a loss of power: what it encrypts will.
    fs::File::open(folder)?.sync_all()
}

fn write(path: &Path, key: &Secret) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", key.expose())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring() -> Keyring {
        Keyring::from_text(&random_token(KEY_BYTES).unwrap()).unwrap()
    }

    #[test]
    fn what_was_encrypted_opens_in_the_same_place_only() {
        let keyring = keyring();
        let secret = Secret::new("p\u{e4}ssword");
        let record = keyring.encrypt(&secret, "job 1").unwrap();
        assert!(!record.contains("ssword"));
        assert_eq!(keyring.decrypt(&record, "job 1").unwrap(), secret);
        assert_eq!(keyring.decrypt(&record, "job 2").unwrap_err(), SecretError::Damaged);
    }

    #[test]
    fn the_same_secret_never_looks_the_same() {
        let keyring = keyring();
        let record = || keyring.encrypt(&Secret::new("a"), "job 1").unwrap();
        assert_ne!(record(), record());
    }

    #[test]
    fn a_record_of_another_key_says_which_key_it_needs() {
        let record = keyring().encrypt(&Secret::new("a"), "job 1").unwrap();
        let error = keyring().decrypt(&record, "job 1").unwrap_err();
        assert!(matches!(error, SecretError::OtherKey { .. }), "{error}");
    }

    #[test]
    fn a_damaged_record_is_an_error_and_no_panic() {
        let keyring = keyring();
        let record = keyring.encrypt(&Secret::new("a"), "").unwrap();
        for end in 0..record.len() {
            keyring.decrypt(&record[..end], "").unwrap_err();
        }
    }

    #[test]
    fn the_first_start_makes_the_key_and_the_next_finds_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let record = Keyring::open(&data).unwrap().encrypt(&Secret::new("a"), "").unwrap();
        assert_eq!(Keyring::open(&data).unwrap().decrypt(&record, "").unwrap().expose(), "a");
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(data.join(KEY_FILE_NAME)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_key_file_with_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(KEY_FILE_NAME), "too short").unwrap();
        insta::assert_snapshot!(Keyring::open(folder.path()).unwrap_err(), @"the encryption key is not 32 bytes in base64: use the text of the key file, unchanged");
    }

    #[test]
    fn a_key_from_other_tools_may_be_padded() {
        let text = Secret::new("+/+/".repeat(10) + "AAA=");
        Keyring::from_text(&text).unwrap();
    }
}
