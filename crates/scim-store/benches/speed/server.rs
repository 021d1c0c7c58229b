//! The service under measurement, as a process of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use scim_server::Service;
use scim_store::{Access, Clock, ScimStore, serve as serve_store};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::seed::kinds;

/// The token of the load.
pub(crate) const TOKEN: &str = "token-of-the-load";

/// A running service; it ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

/// Serves until standard input closes. The first line tells the address.
pub(crate) async fn serve(folder: &Path) {
    let store = ScimStore::open(folder, &kinds(), Clock::system()).await.unwrap();
    let store = store.with_access(Access::nobody().with_token(&TOKEN.into()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let shutdown = async {
        let _ = tokio::io::stdin().read_u8().await;
    };
    serve_store(store, Service::standard("/scim/v2"), listener, shutdown).await;
}

impl Server {
    pub(crate) async fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("--serve")
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.next_line().await.unwrap().expect("the service tells its address");
        Self { child, address }
    }

    /// The time that the processors have worked for the process.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id()?)).ok()?;
        // The first number is the time on a processor, in nanoseconds.
        let time_of = |thread: std::io::Result<std::fs::DirEntry>| {
            let times = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            times.split(' ').next()?.parse().ok().map(Duration::from_nanos)
        };
        threads.map(time_of).sum()
    }

    /// The resident memory that is the process's own, without what is mapped from files.
    pub(crate) fn memory_mib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
        Some(kib / 1024)
    }
}
