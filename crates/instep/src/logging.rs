//! What goes on inside, on standard error, for operators.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use crate::cli::{Arguments, LogFormat};
use crate::failure::Failure;

/// Starts logging as the command line says.
///
/// # Errors
/// A filter that cannot be read.
pub(crate) fn start(arguments: &Arguments) -> Result<(), Failure> {
    let text = match &arguments.shared.log {
        Some(text) => text.as_str(),
        None => arguments.command.log_default(),
    };
    let filter = EnvFilter::try_new(text).map_err(|error| {
        Failure::usage(format!(
            "the log filter \"{text}\" cannot be read ({error}); use error, warn, info, debug or trace"
        ))
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match arguments.shared.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}
