//! Prints lines. `eprintln!` and `println!` panic where nobody reads any more; a build goes on without a reader.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// Prints a line on standard error, in one piece. Nobody is left to tell of a failure.
pub fn tell(line: impl Display) {
    io::stderr().write_all(format!("{line}\n").as_bytes()).ok();
}

/// Prints a line on standard output. A reader who has heard enough is no error; anything else
/// that keeps it from being written is.
pub fn print(line: impl Display) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(format!("{line}\n").as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// The exit code of a command that has done what it was to do, or has this to say for why not.
pub fn ended(said: Result<(), String>) -> ExitCode {
    match said {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tell(format_args!("nix-sccache: {why}"));
            ExitCode::FAILURE
        }
    }
}
