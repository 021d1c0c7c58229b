//! Files with a schema: read within bounds, written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use graph::schema::{Reading, SCHEMA_BYTES_MAX, read as read_schema};

use crate::failure::Failure;

/// The name that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Reads a schema from a file, or from standard input.
///
/// # Errors
/// The file cannot be read, or is no schema; the sentence names it.
pub(super) fn read(path: &Path) -> Result<Reading, Failure> {
    let name = name_of(path);
    let bytes = bytes(path).map_err(|error| {
        Failure::usage(match error.kind() {
            io::ErrorKind::NotFound => {
                format!("there is no {name}; name a file that holds an exported schema")
            }
            _ => format!("{name} cannot be read ({error})"),
        })
    })?;
    read_schema(&bytes).map_err(|error| Failure::usage(format!("{name}: {error}")))
}

/// Writes a document beside `path` and then puts it there, so that no half file is left.
///
/// # Errors
/// The folder does not take it.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed =
        |error: io::Error| Failure::usage(format!("{} cannot be written ({error})", name_of(path)));
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let mut file = File::create(&beside).map_err(failed)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.and_then(|()| fs::rename(&beside, path)).map_err(|error| {
        // What is left is of no use to anybody.
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}

/// How the file is called in sentences.
pub(super) fn name_of(path: &Path) -> String {
    if path.as_os_str() == STANDARD_INPUT {
        return "standard input".to_owned();
    }
    format!("file \"{}\"", path.display())
}

/// At most one byte more than a schema may have, so that the reader can say that it is too large.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let most = SCHEMA_BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    if path.as_os_str() == STANDARD_INPUT {
        io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
