//! The system's request to end: Ctrl-C, and SIGTERM where there is one.

/// Waits until the process is asked to end. A second request ends it at once.
pub(crate) async fn end_asked() {
    wait().await;
    tokio::spawn(async {
        wait().await;
        std::process::exit(130);
    });
}

#[cfg(unix)]
async fn wait() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return interrupted().await;
    };
    tokio::select! {
        () = interrupted() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn wait() {
    interrupted().await;
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the system's own takes effect.
        std::future::pending::<()>().await;
    }
}
