//! Why a request was not done: the client's fault, or ours.

use scim::ScimError;
use store::StoreError;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The client can do something about it.
    Client(ScimError),
    /// There is nothing with the id that the client named.
    Missing {
        /// What it would be.
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// The data file failed.
    Store(StoreError),
}

impl From<ScimError> for Refusal {
    fn from(error: ScimError) -> Self {
        Self::Client(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for ScimError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Client(error) => error,
            Refusal::Missing { kind, id } => Self::not_found(kind, &id),
            Refusal::Store(error) => {
                // The sentence names files of the operator, so it is not for the client.
                tracing::error!(%error, "a request failed");
                let status = if error.is_locked() { 503 } else { 500 };
                Self::new(
                    status,
                    "the service cannot read or write its data at the moment: try again later",
                )
            }
        }
    }
}
