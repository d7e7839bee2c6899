//! Prints lines. `eprintln!` and `println!` panic where nobody reads any more; a build goes on without a reader.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use nix_sccache_contract::text::shown_up_to;
use ratatui::text::Span;

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

/// How many columns a terminal has a text in.
pub fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// A name of anybody's in so many columns of a terminal, cut where it is longer.
pub fn fit(text: &str, columns: usize) -> String {
    let mut text = shown_up_to(text, columns);
    if width(&text) > columns {
        while width(&text) >= columns && text.pop().is_some() {}
        text.push('…');
    }
    text
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
