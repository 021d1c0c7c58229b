//! Bearer tokens (RFC 6750): who may ask, for stores that have nothing better.
//!
//! Tokens are kept as hashes and compared in constant time, so neither a dump of the
//! memory nor the time of an answer tells one.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};
use axum::http::{HeaderMap, header};
use scim::ScimError;

/// The tokens of a service, each with what its bearer may be.
#[derive(Clone, Default)]
pub struct BearerTokens<H> {
    holders: Vec<(Digest, H)>,
}

impl<H> BearerTokens<H> {
    /// No token: nobody may ask.
    #[must_use]
    pub fn new() -> Self {
        Self { holders: Vec::new() }
    }

    /// Also `token`, which belongs to `holder`.
    #[must_use]
    pub fn with(mut self, token: &str, holder: H) -> Self {
        self.holders.push((digest(&SHA256, token.as_bytes()), holder));
        self
    }

    /// The holder of the token in the `Authorization` header.
    ///
    /// # Errors
    /// 401 without a token or with an unknown one.
    pub fn holder(&self, headers: &HeaderMap) -> Result<&H, ScimError> {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| value.trim().split_once(' '));
        let Some((_, token)) = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        else {
            return Err(ScimError::new(
                401,
                "the request has no bearer token: send \"Authorization: Bearer\" and a token",
            ));
        };
        let given = digest(&SHA256, token.trim().as_bytes());
        // All are compared, so that the time does not tell which one came close.
        let mut found = None;
        for (known, holder) in &self.holders {
            if verify_slices_are_equal(known.as_ref(), given.as_ref()).is_ok() {
                found = Some(holder);
            }
        }
        found.ok_or_else(|| {
            ScimError::new(401, "the bearer token is unknown: ask who runs the service for one")
        })
    }
}

impl<H> fmt::Debug for BearerTokens<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BearerTokens([redacted; {}])", self.holders.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[track_caller]
    fn check(authorization: Option<&str>, expected: Result<u32, &str>) {
        let tokens = BearerTokens::new().with("one", 1).with("two", 2);
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        let actual = tokens.holder(&headers).copied().map_err(|error| error.to_string());
        assert_eq!(actual, expected.map_err(str::to_owned), "{authorization:?}");
    }

    const NONE: &str =
        "the request has no bearer token: send \"Authorization: Bearer\" and a token (401)";
    const UNKNOWN: &str = "the bearer token is unknown: ask who runs the service for one (401)";

    #[test]
    fn a_known_token_tells_its_holder() {
        check(Some("Bearer one"), Ok(1));
        check(Some("bearer  two "), Ok(2));
    }

    #[test]
    fn everything_else_is_refused() {
        check(None, Err(NONE));
        check(Some("one"), Err(NONE));
        check(Some("Basic one"), Err(NONE));
        check(Some("Bearer three"), Err(UNKNOWN));
        check(Some("Bearer "), Err(NONE));
        check(Some("Bearer on"), Err(UNKNOWN));
    }

    #[test]
    fn tokens_are_not_shown() {
        let tokens = BearerTokens::new().with("one", 1);
        assert_eq!(format!("{tokens:?}"), "BearerTokens([redacted; 1])");
    }
}
