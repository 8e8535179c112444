//! The tests beside this are the crate. Each is for the features it names.
#![forbid(unsafe_code)]
