//! Reading requests: parameters and JSON bodies, each within its limit.

use axum::{
    body::to_bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::PlatformError;
use crate::profile::{TEXT_LENGTH_MAX, is_too_long};

/// The largest body that is read.
const BODY_SIZE_MAX: usize = 4 * 1024 * 1024;

/// The most elements of a list in a body.
const LIST_LENGTH_MAX: usize = 50_000;

/// The parameters of a query.
#[derive(Debug, Clone)]
pub(super) struct Parameters(Vec<(String, String)>);

/// A JSON body.
#[derive(Debug, Clone)]
pub(super) struct Given(pub(super) Value);

impl Parameters {
    /// The parameter, if it has a value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.trim().is_empty())
    }

    /// All values of a parameter, repeated or separated by commas.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let given = self.0.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        let values = given.flat_map(|(_, value)| value.split(','));
        values.map(str::trim).filter(|value| !value.is_empty()).collect()
    }
}

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = PlatformError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PlatformError> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl Given {
    /// The body's attributes; none if it is no object.
    pub(super) fn object(&self) -> Result<&Map<String, Value>, PlatformError> {
        self.0.as_object().ok_or_else(|| PlatformError::bad_request("the body is no JSON object"))
    }

    /// A text of the body; an empty one counts as none. It is no longer than one that SCIM
    /// takes: what is written here is read again there with each change of the user.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, PlatformError> {
        match self.object()?.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if is_too_long(text) => {
                Err(misfit(name, &format!("a text of at most {TEXT_LENGTH_MAX} characters")))
            }
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            Some(_) => Err(misfit(name, "a text")),
        }
    }

    /// A text that has to be there, with the blanks around it.
    pub(super) fn exact(&self, name: &str) -> Result<&str, PlatformError> {
        self.required(name)?;
        Ok(self.object()?.get(name).and_then(Value::as_str).unwrap_or_default())
    }

    /// A text that has to be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, PlatformError> {
        self.text(name)?.ok_or_else(|| misfit(name, "a text that is not empty"))
    }

    /// A whole number of the body.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, PlatformError> {
        match self.object()?.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| misfit(name, "a whole number")),
        }
    }

    /// A truth value of the body.
    pub(super) fn truth(&self, name: &str) -> Result<Option<bool>, PlatformError> {
        match self.object()?.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_bool().map(Some).ok_or_else(|| misfit(name, "true or false")),
        }
    }

    /// A list of texts of the body.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, PlatformError> {
        match self.object()?.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(list) => texts(list).ok_or_else(|| misfit(name, "a list of texts")),
        }
    }

    /// A list of objects of the body.
    pub(super) fn objects(&self, name: &str) -> Result<Vec<Given>, PlatformError> {
        match self.object()?.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(list)) if list.len() <= LIST_LENGTH_MAX => {
                Ok(list.iter().cloned().map(Given).collect())
            }
            Some(_) => Err(misfit(name, "a list of objects")),
        }
    }

    /// The body as a list of texts.
    pub(super) fn list(&self) -> Result<Vec<String>, PlatformError> {
        texts(&self.0).ok_or_else(|| PlatformError::bad_request("the body is no list of texts"))
    }
}

impl<S: Sync> FromRequest<S> for Given {
    type Rejection = PlatformError;

    async fn from_request(request: Request, _: &S) -> Result<Self, PlatformError> {
        let body = to_bytes(request.into_body(), BODY_SIZE_MAX).await.map_err(|_| {
            PlatformError::bad_request(format!("the body is larger than {BODY_SIZE_MAX} bytes"))
        })?;
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| PlatformError::bad_request(format!("the body is no JSON: {error}")))
    }
}

pub(super) fn misfit(name: &str, expected: &str) -> PlatformError {
    PlatformError::bad_request(format!("\"{name}\" must be {expected}"))
}

fn texts(list: &Value) -> Option<Vec<String>> {
    let list = list.as_array().filter(|list| list.len() <= LIST_LENGTH_MAX)?;
    list.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}
