//! What a refusal of the data file means to a client.

use scim::ScimError;
use store::StoreError;

/// The answer when the data file fails: it says to try again where that may help, and
/// leaves the rest to the log of the service.
pub(crate) fn refusal(error: &StoreError) -> ScimError {
    if error.is_locked() || matches!(error, StoreError::Closed) {
        return ScimError::new(
            503,
            "the service cannot write its data at the moment: try again later",
        );
    }
    tracing::error!(%error, "the data file failed");
    ScimError::new(
        500,
        "the service cannot read or write its data: ask who runs it to look at its log",
    )
}
