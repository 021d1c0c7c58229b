//! What goes wrong on an object's way: a fault concerns the object alone, a halt the whole run.

use engine::reason::Failure;
use target::TargetError;

use crate::error::RunError;

/// A failure with its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The code of the log.
    pub code: &'static str,
    /// What happened and what to do.
    pub reason: String,
}

/// A problem of the target as a whole: it ends the run, and no object is to blame.
#[derive(Debug)]
pub enum Halt {
    /// The target cannot be used.
    Target(TargetError),
    /// Our own side failed.
    Run(RunError),
}

/// Tells a problem of one object from one of the target as a whole.
pub(crate) fn fault_or_halt(error: TargetError) -> Result<Fault, Halt> {
    match error {
        TargetError::Unauthorized { .. }
        | TargetError::Unreachable { .. }
        | TargetError::NotScim { .. }
        | TargetError::Certificate { .. }
        | TargetError::Redirected { .. }
        | TargetError::SignIn { .. }
        | TargetError::Address(_)
        | TargetError::Setup(_)
        | TargetError::Throttled { .. } => Err(Halt::Target(error)),
        error => Ok(Fault::from(&error)),
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self { code: failure.code(), reason: failure.to_string() }
    }
}

impl From<&TargetError> for Fault {
    fn from(error: &TargetError) -> Self {
        let code = match error {
            TargetError::Forbidden { .. } => "InsufficientRights",
            TargetError::NotFound { .. } => "InvalidAnchor",
            TargetError::Conflict { .. } => "EntryConflict",
            TargetError::Refused { status: 422, .. } => "UnprocessableEntity",
            TargetError::Refused { status: 405 | 501, .. } => "MethodNotAllowed",
            TargetError::Refused { .. } => "InvalidAttributeValue",
            TargetError::Ambiguous { .. } => "Timeout",
            TargetError::Server { .. } => "InternalServerError",
            TargetError::TooManyMatches { .. } => "DuplicateTargetEntries",
            _ => "WebExceptionProtocolError",
        };
        Self { code, reason: error.to_string() }
    }
}
