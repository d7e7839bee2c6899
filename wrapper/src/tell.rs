//! Printing. `eprintln!` panics where nobody reads standard error any more, and `println!`
//! likewise; a build goes on without a reader.

use std::fmt::Display;
use std::io::{self, Write};

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

/// How many characters of a value are shown.
const SHOWN: usize = 160;

/// A name or a value as it stands in a line: no longer than anybody reads, and without what a terminal
/// would take for orders. Anybody may have written it.
pub fn shown(text: &str) -> String {
    let mut characters = text.chars();
    let mut line = String::new();
    for character in characters.by_ref().take(SHOWN) {
        let is_order = character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if is_order {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    if characters.next().is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_lines() {
        assert_eq!(shown("a\u{1b}[2Jb\né\u{202e}"), "a\\u{1b}[2Jb\\né\\u{202e}");
        assert_eq!(shown(&"é".repeat(200)), "é".repeat(160) + "…");
    }
}
