//! Finds places in a text that somebody wrote, a toolchain file or a manifest say.

use serde::Deserialize;

use crate::error::Error;
use crate::show::file_name;

/// Where in the text beside a request one of the texts is that it is about: the prelude puts
/// them behind each other, and this in place of each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextRef {
    /// What to call it in errors: a path, or words such as `the text given as manifest`.
    name: String,
    /// Where it begins, in bytes.
    start: usize,
    /// How many bytes it has.
    length: usize,
}

impl TextRef {
    /// The text itself, out of all that came beside the request. Fails where it is not UTF-8.
    pub fn find<'a>(&'a self, texts: &'a [u8]) -> Result<Source<'a>, Error> {
        let bytes = self
            .start
            .checked_add(self.length)
            .and_then(|end| texts.get(self.start..end))
            .ok_or_else(|| {
                Error::new("the texts of the request are not those that the prelude sends")
            })?;
        Source::new(&self.name, bytes)
    }
}

/// A text with the name of the file that it is from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    name: &'a str,
    text: &'a str,
}

impl<'a> Source<'a> {
    /// The text of a file of this name. Fails, with the place, on what is not UTF-8.
    pub fn new(name: &'a str, bytes: &'a [u8]) -> Result<Self, Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, text }),
            Err(error) => {
                let (valid, _) = bytes.split_at(error.valid_up_to());
                let text = std::str::from_utf8(valid).unwrap_or_default();
                let readable = Self { name, text };
                Err(readable.error(text.len(), "this is not UTF-8"))
            }
        }
    }

    /// What the file is called.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// An error at a byte of the text: `FILE:LINE:COLUMN: MESSAGE`, as compilers write it. Lines
    /// and columns are counted from 1, columns in characters.
    #[must_use]
    pub fn error(&self, at: usize, message: impl AsRef<str>) -> Error {
        let (line, column) = self.place(at);
        let (name, message) = (file_name(self.name), message.as_ref());
        Error::new(format!("{name}:{line}:{column}: {message}"))
    }

    /// An error about a part of the text that was borrowed from it; about the start of all where
    /// it was not.
    pub(crate) fn error_at(&self, part: &str, message: impl AsRef<str>) -> Error {
        self.error(self.offset_of(part).unwrap_or_default(), message)
    }

    /// The byte at which a part of the text begins that was borrowed from it.
    pub(crate) fn offset_of(&self, part: &str) -> Option<usize> {
        let start = part
            .as_ptr()
            .addr()
            .checked_sub(self.text.as_ptr().addr())?;
        let end = start.checked_add(part.len())?;
        (end <= self.text.len()).then_some(start)
    }

    /// The line and the column of a byte, counted from 1.
    #[must_use]
    pub fn place(&self, at: usize) -> (usize, usize) {
        let before = match self.text.get(..at) {
            Some(before) => before,
            None => self.text,
        };
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (line, before[start..].chars().count() + 1)
    }

    /// The byte at which a line and a column begin, both counted from 1, the column in bytes, as
    /// other parsers tell them.
    #[must_use]
    pub fn byte_at(&self, line: usize, column: usize) -> usize {
        let start = self
            .text
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum::<usize>();
        (start + column.saturating_sub(1)).min(self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_that_an_editor_shows() {
        let source = Source::new("a.toml", "ä = 1\r\nb = 2\n".as_bytes()).unwrap();
        assert_eq!(source.place(0), (1, 1));
        assert_eq!(source.place(2), (1, 2));
        assert_eq!(source.place(8), (2, 1));
        assert_eq!(source.place(100), (3, 1));
        assert_eq!(source.byte_at(2, 1), 8);
        assert_eq!(source.error(8, "no").to_string(), "a.toml:2:1: no");
    }

    #[test]
    fn parts_of_the_text_have_a_place() {
        let text = String::from("a = 1\nb = 2\n");
        let source = Source::new("a.toml", text.as_bytes()).unwrap();
        let part = source.text().lines().nth(1).unwrap();
        assert_eq!(source.offset_of(part), Some(6));
        assert_eq!(source.error_at(part, "no").to_string(), "a.toml:2:1: no");
        let copy = part.to_owned();
        assert_eq!(source.offset_of(&copy), None);
        assert_eq!(source.error_at(&copy, "no").to_string(), "a.toml:1:1: no");
    }

    #[test]
    fn what_is_not_utf_8_has_a_place() {
        let error = Source::new("latin", b"a = 1\nb = \"caf\xe9\"\n").unwrap_err();
        assert_eq!(error.to_string(), "latin:2:9: this is not UTF-8");
    }

    #[test]
    fn texts_are_found_where_the_request_says() {
        let found = |start, length| {
            let text = TextRef {
                name: "x".into(),
                start,
                length,
            };
            text.find(b"onetwo").map(|source| source.text().to_owned())
        };
        assert_eq!(found(3, 3), Ok("two".into()));
        assert!(found(3, 4).is_err());
        assert!(found(usize::MAX, 2).is_err());
    }
}
