//! The lease of a job on one machine: a locked file, which ends with its process however that
//! ends. Who holds it may send requests for the job; everybody else waits.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::error::RunError;

/// How often a waiting process looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The lease; it ends when this is dropped.
#[derive(Debug)]
pub struct Lease {
    _file: File,
}

impl Lease {
    /// Takes the lease if nobody has it.
    ///
    /// # Errors
    /// The lock file cannot be made.
    pub fn try_take(folder: &Path, job: &str) -> Result<Option<Self>, RunError> {
        let path = folder.join(format!("{}.lock", file_name(job)));
        let failed = |error: std::io::Error| RunError::Lease {
            path: path.display().to_string(),
            why: error.to_string(),
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Takes the lease, waiting for its holder to finish for at most `patience`.
    ///
    /// # Errors
    /// The lock file cannot be made, or the holder did not finish in time.
    pub async fn take(folder: &Path, job: &str, patience: Duration) -> Result<Self, RunError> {
        let waiting = async {
            loop {
                if let Some(lease) = Self::try_take(folder, job)? {
                    return Ok(lease);
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(patience, waiting)
            .await
            .unwrap_or(Err(RunError::Busy { waited_s: patience.as_secs() }))
    }
}

/// A job id as the name of a file: ids are ours, yet nothing that means a path gets through.
fn file_name(job: &str) -> String {
    job.chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '_' })
        .collect()
}
