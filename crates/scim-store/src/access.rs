//! Who may ask: those with a token, or everybody.
//!
//! A token is known by its hash alone, so neither the file nor the memory tells one.

use axum::http::HeaderMap;
use scim::ScimError;
use scim_server::bearer;
use store::secret::{Secret, hash_token};

/// Who may ask.
#[derive(Debug)]
pub struct Access(Rule);

#[derive(Debug)]
enum Rule {
    Everybody,
    /// The bearers of the tokens with these hashes.
    Bearers(Vec<Secret>),
}

impl Access {
    /// Everybody may ask and write. For a service that only this computer reaches.
    #[must_use]
    pub fn everybody() -> Self {
        Self(Rule::Everybody)
    }

    /// Nobody may ask.
    #[must_use]
    pub fn nobody() -> Self {
        Self(Rule::Bearers(Vec::new()))
    }

    /// Also whoever has this token.
    #[must_use]
    pub fn with_token(self, token: &Secret) -> Self {
        self.with_hash(&hash_token(token.expose()))
    }

    /// Also whoever has the token with this hash.
    pub(crate) fn with_hash(self, hash: &str) -> Self {
        match self.0 {
            Rule::Everybody => Self(Rule::Everybody),
            Rule::Bearers(mut hashes) => {
                hashes.push(Secret::new(hash));
                Self(Rule::Bearers(hashes))
            }
        }
    }

    /// Whether the request may pass.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), ScimError> {
        let Rule::Bearers(hashes) = &self.0 else { return Ok(()) };
        let given = Secret::new(hash_token(bearer::token(headers)?));
        // All are compared, so that the time does not tell which one it was.
        if hashes.iter().filter(|hash| **hash == given).count() > 0 {
            return Ok(());
        }
        Err(bearer::unknown())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    #[track_caller]
    fn check(authorization: Option<&str>, expected: Option<&str>) {
        let access = Access::nobody().with_token(&"one".into()).with_token(&"two".into());
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        let refused = access.check(&headers).err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), expected, "{authorization:?}");
    }

    #[test]
    fn whoever_has_a_token_may_pass_and_nobody_else() {
        let none =
            "the request has no bearer token: send \"Authorization: Bearer\" and a token (401)";
        let unknown = "the bearer token is unknown: ask who runs the service for one (401)";
        check(Some("Bearer one"), None);
        check(Some("bearer  two "), None);
        check(None, Some(none));
        check(Some("one"), Some(none));
        check(Some("Basic one"), Some(none));
        check(Some("Bearer three"), Some(unknown));
        check(Some("Bearer "), Some(none));
        assert!(Access::nobody().check(&HeaderMap::new()).is_err());
        assert!(Access::everybody().check(&HeaderMap::new()).is_ok());
    }
}
