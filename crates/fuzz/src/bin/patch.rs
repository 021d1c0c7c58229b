//! See [`fuzz::patch`].
#![cfg_attr(feature = "fuzzer", no_main)]

fuzz::program!(fuzz::patch::check);
