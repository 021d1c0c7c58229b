//! See [`fuzz::path`].
#![cfg_attr(feature = "fuzzer", no_main)]

fuzz::program!(fuzz::path::check);
