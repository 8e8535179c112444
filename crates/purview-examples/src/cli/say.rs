use std::{
    fmt::Display,
    io::{self, Write},
};

/// Prints a line to stdout. Without a reader (`| head`) it is lost: the program has other work than to print, and
/// `println!` would panic in the middle of it.
pub fn say(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Prints a line to stderr, as [`say`] does to stdout.
pub fn warn(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}
