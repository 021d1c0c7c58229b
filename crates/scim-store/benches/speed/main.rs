//! How fast the plain service answers over HTTP, from a durable file, with its load beside it.
//!
//! `cargo bench -p scim-store -- --users 1000,100000,1000000` fills a store for each number
//! of users, serves it by a process of its own, asks it over keep-alive connections, and
//! prints a table. Everything runs on this computer, so the load takes its part of the cores.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark may panic")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its table is its result")]
#![allow(missing_docs, reason = "nobody calls it")]

mod load;
mod seed;
mod server;
mod table;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use crate::load::{Load, Task};
use crate::server::Server;
use crate::table::Line;

/// Measures the plain SCIM service.
#[derive(Debug, Clone, Parser)]
struct Arguments {
    /// How many users there are, one run for each number
    #[arg(long, value_delimiter = ',', default_value = "1000,100000")]
    users: Vec<usize>,
    /// How long each operation is measured
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How many connections ask at the same time
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// How many threads ask
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// The folder for the files, which go in the end; on a disk that is meant to be measured
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    folder: PathBuf,
    /// Only operations whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Serve the store in this folder and do nothing else
    #[arg(long, hide = true)]
    serve: Option<PathBuf>,
    /// What `cargo bench` says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let arguments = Arguments::parse();
    if let Some(folder) = &arguments.serve {
        return Runtime::new().unwrap().block_on(server::serve(folder));
    }
    let runtime =
        Builder::new_multi_thread().worker_threads(arguments.threads).enable_all().build();
    runtime.unwrap().block_on(async { tokio::spawn(measure(arguments)).await.unwrap() });
}

async fn measure(arguments: Arguments) {
    table::head(arguments.connections);
    for users in &arguments.users {
        let folder = tempfile::tempdir_in(&arguments.folder).unwrap();
        let seeded = seed::fill(folder.path(), *users).await;
        let server = Server::start(folder.path()).await;
        let load = Load::new(&server, seeded, arguments.connections);
        let time = Duration::from_secs(arguments.seconds);
        for task in Task::ALL.into_iter().filter(|task| task.name().contains(&arguments.only)) {
            let measured = load.run(&server, task, time).await;
            Line { task, users: *users, measured }.print();
        }
        table::memory(*users, server.memory_mib());
    }
}
