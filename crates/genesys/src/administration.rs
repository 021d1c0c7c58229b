//! Why an administrator's command was not done, on the command line and over HTTP.

use store::StoreError;

use crate::client::{TOKEN_SECONDS_MAX, TOKEN_SECONDS_MIN, TOKEN_SECONDS_ORDINARY_MAX};
use crate::permission::SCIM_ROLE;

/// The longest name of anything, in characters.
pub(crate) const NAME_LENGTH_MAX: usize = 256;

/// Why an administrator's command was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdministrationError {
    /// The name is empty or too long.
    #[error(
        "the name \"{0}\" is empty or longer than {NAME_LENGTH_MAX} characters: choose another one"
    )]
    Name(String),
    /// Something of this name exists.
    #[error("there is a {kind} \"{name}\" already: choose another name")]
    Exists {
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Nothing of this id exists.
    #[error("there is no {kind} with the id \"{id}\": list them to see which there are")]
    Missing {
        /// What it is.
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// Nothing of this name exists.
    #[error("there is no {kind} \"{name}\": list them to see which there are, or create it first")]
    Unknown {
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Users have it.
    #[error(
        "the {kind} \"{name}\" cannot be deleted: {used} users have it, or every organisation does"
    )]
    Used {
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: String,
        /// How many users.
        used: i64,
    },
    /// It is no permission.
    #[error("\"{0}\" is no permission: write it as domain:entity:action, * for any")]
    Permission(String),
    /// The lifetime of tokens is out of range.
    #[error(
        "tokens cannot live for {0} seconds: choose from {TOKEN_SECONDS_MIN} to {TOKEN_SECONDS_ORDINARY_MAX}, or to {TOKEN_SECONDS_MAX} for a client with the role \"{SCIM_ROLE}\""
    )]
    TokenSeconds(u32),
    /// The client's id or secret holds letters that a request cannot carry.
    #[error(
        "the client id or secret is empty or contains a colon, a blank or a control character: choose another one"
    )]
    Credentials,
    /// A rule of the organisation is against it.
    #[error("{0}")]
    Refused(String),
    /// The data file failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The name without the blanks around it.
pub(crate) fn checked_name(name: &str) -> Result<&str, AdministrationError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_LENGTH_MAX {
        return Err(AdministrationError::Name(name.chars().take(NAME_LENGTH_MAX).collect()));
    }
    Ok(name)
}
