//! Writes names and values of others into one line of text.

/// How many characters of a value are shown.
const SHOWN: usize = 160;

/// A name or a value as it stands in a line: no longer than anybody reads, and without what a terminal
/// would take for orders. Anybody may have written it.
#[must_use]
pub fn shown(text: &str) -> String {
    shown_up_to(text, SHOWN)
}

/// The same of a text of this many characters.
#[must_use]
pub fn shown_up_to(text: &str, length: usize) -> String {
    let mut characters = text.chars();
    let mut line = String::new();
    for character in characters.by_ref().take(length) {
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
