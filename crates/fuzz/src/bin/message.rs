//! See [`fuzz::message`].
#![cfg_attr(feature = "fuzzer", no_main)]

fuzz::program!(fuzz::message::check);
