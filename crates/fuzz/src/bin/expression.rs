//! See [`fuzz::expression`].
#![cfg_attr(feature = "fuzzer", no_main)]

fuzz::program!(fuzz::expression::check);
