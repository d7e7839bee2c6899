//! Shows in an error a string that was given: on one line, and no longer than anybody reads.

/// How many characters of a string are shown.
const SHOWN: usize = 100;

/// And of a file's name.
const SHOWN_OF_FILE: usize = 400;

/// The string in quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// The string as it stands between quotes.
pub(crate) fn escaped(text: &str) -> String {
    escaped_to(SHOWN, text)
}

/// The name of a file as it stands before a place in it: people follow it, so longer than other
/// strings.
pub(crate) fn file_name(name: &str) -> String {
    escaped_to(SHOWN_OF_FILE, name)
}

fn escaped_to(most: usize, text: &str) -> String {
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(most).collect();
    let quoted = format!("{start:?}");
    let mut shown = quoted[1..quoted.len() - 1].to_owned();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_on_one_line_and_ends() {
        assert_eq!(quoted("it's"), r#""it's""#);
        assert_eq!(escaped("a\"b\r\n\u{1b}"), r#"a\"b\r\n\u{1b}"#);
        assert_eq!(escaped(&"a".repeat(100)), "a".repeat(100));
        assert_eq!(escaped(&"a".repeat(1 << 20)), "a".repeat(100) + "…");
    }
}
