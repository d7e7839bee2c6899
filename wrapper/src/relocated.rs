//! Takes the path of cargo's directory out of what rustc writes of it, and puts another build's in.
//!
//! Two things name it, and no other of what cargo asks for: the list of sources (`.d`), in which what is written stands
//! before a colon, and the news of each file that is written (`"artifact":"…"`, in rustc's JSON messages from 1.34 on).

use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use memchr::memmem;

use crate::request::{self, Request};

/// What stands in its place: no path, and no text of rustc's, has this byte in it.
const MARK: &[u8] = b"\0<target>";

/// What stands before a path in messages.
const IN_MESSAGES: &[u8] = b"\"artifact\":\"";

/// Where a path may begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// In a list of sources: at the beginning of a word.
    Sources,
    /// In messages: as an artifact's path.
    Messages,
}

/// The text with a mark in the place of the directory.
pub fn hidden<'a>(text: &'a [u8], kind: Text, directory: &Path) -> Cow<'a, [u8]> {
    let path = [directory.as_os_str().as_bytes(), b"/"].concat();
    let begins_here = |before: &[u8]| match kind {
        Text::Sources => before.last().is_none_or(u8::is_ascii_whitespace),
        Text::Messages => before.ends_with(IN_MESSAGES),
    };
    replaced(text, &path, &[MARK, b"/"].concat(), begins_here)
}

/// The text with the directory in the place of the mark.
pub fn shown<'a>(text: &'a [u8], directory: &Path) -> Cow<'a, [u8]> {
    replaced(text, MARK, directory.as_os_str().as_bytes(), |_| true)
}

/// What a build script said, with marks in the place of its request's roots.
pub fn without_roots(text: &[u8], request: &Request) -> Vec<u8> {
    let mut text = text.to_vec();
    for (number, root) in request.numbered_roots() {
        text = request::replaced(&text, root, &mark(number));
    }
    text
}

/// The text with roots in the place of their marks.
pub fn with_roots(text: &[u8], request: &Request) -> Vec<u8> {
    let mut text = text.to_vec();
    for (number, root) in request.numbered_roots() {
        text = replaced(&text, &mark(number), root, |_| true).into_owned();
    }
    text
}

/// Whether a text has what may be taken for a mark.
pub fn has_mark(text: &[u8]) -> bool {
    memmem::find(text, b"\0<").is_some()
}

fn mark(number: usize) -> Vec<u8> {
    format!("\0<root {number}>").into_bytes()
}

fn replaced<'a>(
    text: &'a [u8],
    from: &[u8],
    to: &[u8],
    counts: impl Fn(&[u8]) -> bool,
) -> Cow<'a, [u8]> {
    let mut result = Vec::new();
    let mut kept = 0;
    for at in memmem::find_iter(text, from) {
        let before = text.get(..at).unwrap_or_default();
        if counts(before) {
            result.extend_from_slice(before.get(kept..).unwrap_or_default());
            result.extend_from_slice(to);
            kept = at + from.len();
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    result.extend_from_slice(text.get(kept..).unwrap_or_default());
    Cow::Owned(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_the_directory_names_the_other() {
        for (kind, text, expected) in [
            (
                Text::Sources,
                "/t/deps/a.d: src/lib.rs /t/build/b.rs",
                "/other/deps/a.d: src/lib.rs /other/build/b.rs",
            ),
            (
                Text::Sources,
                "/x/t/deps/a.d: /t2/a.rs\n# env-dep:A=/t/b",
                "/x/t/deps/a.d: /t2/a.rs\n# env-dep:A=/t/b",
            ),
            (
                Text::Messages,
                r#"{"artifact":"/t/deps/liba.rmeta"} "/t/a""#,
                r#"{"artifact":"/other/deps/liba.rmeta"} "/t/a""#,
            ),
        ] {
            let hidden = hidden(text.as_bytes(), kind, Path::new("/t"));
            let shown = shown(&hidden, Path::new("/other"));
            assert_eq!(String::from_utf8_lossy(&shown), expected);
        }
    }
}
