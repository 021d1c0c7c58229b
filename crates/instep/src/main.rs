//! Instep provisions accounts: from an organisation's directory into its applications, by SCIM.
//!
//! This is the command line and the wiring. [`cli`] holds the commands, one file for each noun;
//! [`session`] opens the data folder, [`output`] is the one place that prints, [`failure`] turns
//! errors into one sentence and an exit code. Every decision is made in the crates below.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod cli;
mod demo;
mod failure;
mod logging;
mod object_file;
mod output;
mod pointer;
mod progress;
mod session;
mod signal;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Arguments;
use crate::failure::{Exit, Failure};
use crate::output::Output;

/// Threads that run tasks; the data file has threads of its own.
const WORKER_COUNT: usize = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.shared.json);
    let exit = run(arguments).unwrap_or_else(|failure| {
        output.complain(&failure);
        failure.exit
    });
    exit.into()
}

fn run(arguments: Arguments) -> Result<Exit, Failure> {
    logging::start(&arguments)?;
    // Fails only if a provider is there already, and then that one serves as well.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_COUNT)
        .enable_all()
        .build()
        .map_err(|error| Failure::storage(format!("the program cannot start threads: {error}")))?;
    let exit = runtime.block_on(cli::run(arguments));
    // A task that still reads standard input must not hold up the end.
    runtime.shutdown_background();
    exit
}
