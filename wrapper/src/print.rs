//! Prints on standard error. `eprintln!` panics where nobody reads that any more; a build goes on without a
//! reader.

use std::fmt::Display;
use std::io::{self, Write};

/// Prints a line on standard error, in one piece. Nobody is left to tell of a failure.
pub fn print_error(line: impl Display) {
    io::stderr().write_all(format!("{line}\n").as_bytes()).ok();
}
