//! Cursors as clients see them: opaque, and good for one query only (RFC 9865).
//!
//! What a store gives as a cursor is sealed: text in the unreserved characters of a URL
//! that holds the store's words, when it was made and a code that only this process can
//! compute. So a store can trust what comes back, and a cursor for one kind, filter or
//! order is refused with another. The key lives as long as the process.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use scim::ScimError;
use tokio::time::Instant;

/// The longest cursor that is looked at, in bytes.
const CURSOR_LENGTH_MAX: usize = 8_192;
/// How many bytes of the code are kept: too many to guess.
const CODE_SIZE: usize = 16;
const TIME_SIZE: usize = size_of::<u64>();

/// Makes and opens cursors.
pub(crate) struct Cursors {
    key: hmac::Key,
    /// Times in cursors count from here.
    start: Instant,
    timeout: Option<Duration>,
}

impl Cursors {
    pub(crate) fn new(timeout: Option<Duration>) -> Self {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &aws_lc_rs::rand::SystemRandom::new())
            .expect("the system has random numbers");
        Self { key, start: Instant::now(), timeout }
    }

    /// The cursor that a client gets for the store's `cursor`. `query` is all that must be
    /// the same when it comes back.
    pub(crate) fn seal(&self, cursor: &str, query: &str) -> String {
        let mut sealed = self.start.elapsed().as_secs().to_be_bytes().to_vec();
        sealed.extend_from_slice(cursor.as_bytes());
        let code = self.code(&sealed, query);
        sealed.extend_from_slice(&code.as_ref()[..CODE_SIZE]);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The store's cursor in the one that a client sent.
    ///
    /// # Errors
    /// `invalidCursor` for one that was not given for this query, `expiredCursor` for one
    /// that was given too long ago.
    pub(crate) fn open(&self, cursor: &str, query: &str) -> Result<String, ScimError> {
        let bytes = Some(cursor).filter(|cursor| cursor.len() <= CURSOR_LENGTH_MAX);
        let bytes = bytes.and_then(|cursor| URL_SAFE_NO_PAD.decode(cursor).ok());
        let opened = bytes.as_deref().and_then(|bytes| self.opened(bytes, query));
        let Some((age, cursor)) = opened else {
            return Err(ScimError::invalid_cursor(
                "the cursor is none that was given for this query: send an empty one for the first page, then \"nextCursor\" with all else unchanged",
            ));
        };
        match self.timeout {
            Some(timeout) if age > timeout => Err(ScimError::expired_cursor(format!(
                "the cursor is older than {} s: begin again with an empty one",
                timeout.as_secs()
            ))),
            _ => Ok(cursor),
        }
    }

    /// The age and the store's cursor, if the code fits.
    fn opened(&self, bytes: &[u8], query: &str) -> Option<(Duration, String)> {
        let (sealed, code) = bytes.split_at_checked(bytes.len().checked_sub(CODE_SIZE)?)?;
        let expected = self.code(sealed, query);
        aws_lc_rs::constant_time::verify_slices_are_equal(code, &expected.as_ref()[..CODE_SIZE])
            .ok()?;
        let (time, cursor) = sealed.split_at_checked(TIME_SIZE)?;
        let time = Duration::from_secs(u64::from_be_bytes(time.try_into().ok()?));
        let age = self.start.elapsed().saturating_sub(time);
        Some((age, String::from_utf8(cursor.to_vec()).ok()?))
    }

    fn code(&self, sealed: &[u8], query: &str) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        // The length in front keeps what is sealed apart from the query.
        context.update(&(sealed.len() as u64).to_be_bytes());
        context.update(sealed);
        context.update(query.as_bytes());
        context.sign()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_for_its_query_only() {
        let cursors = Cursors::new(None);
        let sealed = cursors.seal("ä|7", "User filter");
        assert_eq!(cursors.open(&sealed, "User filter").unwrap(), "ä|7");
        let other = cursors.open(&sealed, "User other").unwrap_err();
        insta::assert_snapshot!(other, @r#"the cursor is none that was given for this query: send an empty one for the first page, then "nextCursor" with all else unchanged (400 invalidCursor)"#);
        assert!(Cursors::new(None).open(&sealed, "User filter").is_err(), "another key");
    }

    #[test]
    fn a_cursor_is_url_safe_and_any_change_spoils_it() {
        let cursors = Cursors::new(None);
        let sealed = cursors.seal("7", "");
        assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        for index in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(cursors.open(&changed, "").is_err(), "{index}");
        }
        for other in ["", "A", "!", &sealed[1..], &"A".repeat(CURSOR_LENGTH_MAX + 1)] {
            assert!(cursors.open(other, "").is_err(), "{other}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_cursor_expires_after_its_time() {
        let cursors = Cursors::new(Some(Duration::from_mins(10)));
        let sealed = cursors.seal("7", "");
        tokio::time::advance(Duration::from_mins(10)).await;
        assert_eq!(cursors.open(&sealed, "").unwrap(), "7");
        tokio::time::advance(Duration::from_secs(1)).await;
        insta::assert_snapshot!(cursors.open(&sealed, "").unwrap_err(), @"the cursor is older than 600 s: begin again with an empty one (400 expiredCursor)");
    }
}
