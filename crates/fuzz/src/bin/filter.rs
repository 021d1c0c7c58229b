//! See [`fuzz::filter`].
#![cfg_attr(feature = "fuzzer", no_main)]

fuzz::program!(fuzz::filter::check);
