//! Every file of the corpus holds.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

#[test]
fn every_file_of_the_corpus_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, check) in fuzz::TARGETS {
        let files: Vec<_> = fs::read_dir(corpus.join(name)).unwrap().collect();
        assert!(!files.is_empty(), "the target \"{name}\" has a corpus");
        for file in files {
            check(&fs::read(file.unwrap().path()).unwrap());
        }
    }
}
