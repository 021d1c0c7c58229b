//! Secrets from the command line, a file or standard input.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use store::secret::Secret;

use crate::failure::Failure;

/// Most bytes of a secret; what is longer is another file.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// Where a secret comes from; at most one of the three is given.
#[derive(Debug)]
pub(crate) struct Source {
    /// What the secret is called in complaints.
    pub(crate) name: &'static str,
    /// The secret itself.
    pub(crate) text: Option<Secret>,
    /// A file that holds it.
    pub(crate) file: Option<PathBuf>,
    /// Whether it comes from standard input.
    pub(crate) stdin: bool,
}

impl Source {
    /// Reads the secret, without the line end that editors and `echo` add.
    ///
    /// # Errors
    /// The source cannot be read, holds no text, or nothing.
    pub(crate) fn read(self) -> Result<Secret, Failure> {
        let name = self.name;
        let secret = match (self.text, self.file) {
            (Some(secret), _) => secret,
            (None, Some(path)) => from_file(name, &path)?,
            (None, None) if self.stdin => from(std::io::stdin().lock()).map_err(|why| {
                Failure::usage(format!("the {name} cannot be read from standard input: {why}"))
            })?,
            (None, None) => return Err(Failure::usage(format!("no {name} was given"))),
        };
        if secret.expose().is_empty() {
            return Err(Failure::usage(format!(
                "the {name} is empty; give the text that the service shows"
            )));
        }
        Ok(secret)
    }
}

fn from_file(name: &str, path: &Path) -> Result<Secret, Failure> {
    let read = std::fs::File::open(path).and_then(from);
    read.map_err(|why| {
        Failure::usage(format!(
            "the {name} cannot be read from the file \"{}\": {why}",
            path.display()
        ))
    })
}

fn from(source: impl std::io::Read) -> std::io::Result<Secret> {
    let mut text = String::new();
    source.take(SECRET_BYTES_MAX).read_to_string(&mut text)?;
    Ok(Secret::new(text.trim()))
}
