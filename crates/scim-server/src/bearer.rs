//! Bearer tokens in requests (RFC 6750 §2.1). Which tokens are known, a store knows.

use axum::http::{HeaderMap, header};
use scim::ScimError;

/// The token in the `Authorization` header.
///
/// # Errors
/// 401 without one.
pub fn token(headers: &HeaderMap) -> Result<&str, ScimError> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match value.and_then(|value| value.trim().split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(ScimError::new(
            401,
            "the request has no bearer token: send \"Authorization: Bearer\" and a token",
        )),
    }
}

/// The refusal of a token that nobody knows.
#[must_use]
pub fn unknown() -> ScimError {
    ScimError::new(401, "the bearer token is unknown: ask who runs the service for one")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(authorization: Option<&str>, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        assert_eq!(token(&headers).ok(), expected, "{authorization:?}");
    }

    #[test]
    fn a_token_stands_behind_its_scheme_in_any_case() {
        check(Some("Bearer one"), Some("one"));
        check(Some("bearer  two "), Some("two"));
        check(None, None);
        check(Some("one"), None);
        check(Some("Basic one"), None);
        check(Some("Bearer "), None);
    }
}
