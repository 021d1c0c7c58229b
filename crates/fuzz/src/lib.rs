//! What has to hold for any bytes that arrive from outside.
//!
//! One module is one target: its `check` takes bytes and panics if a law is broken.
//! `scripts/fuzz [SECONDS]` looks for such bytes; what it starts from lies below
//! `corpus/`, a folder for each target, and the ordinary tests check every file there.
//! A file that a fuzzer found is checked alone by `cargo run -p fuzz --bin fuzz-filter FILE`;
//! once mended, it belongs into the corpus.
//!
//! A new target is a module here, a line in [`TARGETS`], a file in `src/bin`, a `[[bin]]`
//! in `Cargo.toml` and a folder in `corpus`.

#![allow(clippy::missing_panics_doc)] // a panic is how a target says that a law is broken

pub mod expression;
pub mod filter;
pub mod message;
pub mod patch;
pub mod path;

/// A law about bytes: panics if it is broken.
pub type Check = fn(&[u8]);

/// Every target by the name of its corpus.
pub const TARGETS: [(&str, Check); 5] = [
    ("expression", expression::check),
    ("filter", filter::check),
    ("message", message::check),
    ("patch", patch::check),
    ("path", path::check),
];

/// Makes a program of a target: a fuzzer, or else one that checks the files it is given.
#[macro_export]
macro_rules! program {
    ($check:path) => {
        #[cfg(feature = "fuzzer")]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $check(data));

        #[cfg(not(feature = "fuzzer"))]
        fn main() -> std::io::Result<()> {
            for file in std::env::args_os().skip(1) {
                $check(&std::fs::read(file)?);
            }
            Ok(())
        }
    };
}
