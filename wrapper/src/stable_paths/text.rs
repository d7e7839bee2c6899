//! Puts one path in another's place: in arguments, variables, messages and compiled files.

use memchr::memmem;

use super::root::Root;

/// Which of a root's two paths is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The stable path in place of the real one, where that stands alone or begins a path: a
    /// user's directory may have a name that begins like it.
    Normalize,
    /// The real path in place of the stable one, wherever that is: nothing else has such a name.
    Restore,
}

/// The bytes with each root's path replaced; nothing where there is none.
pub fn replaced(bytes: &[u8], roots: &[Root], direction: Direction) -> Option<Vec<u8>> {
    let mut result: Option<Vec<u8>> = None;
    for root in roots {
        let (from, to) = match direction {
            Direction::Normalize => (&root.real, &root.stable),
            Direction::Restore => (&root.stable, &root.real),
        };
        let current = result.as_deref().unwrap_or(bytes);
        let places: Vec<usize> = memmem::find_iter(current, from)
            .filter(|at| direction == Direction::Restore || is_path(current, *at, at + from.len()))
            .collect();
        if places.is_empty() {
            continue;
        }
        // Of the same length: nothing moves.
        let mut changed = current.to_vec();
        for at in places {
            if let Some(place) = changed.get_mut(at..at + to.len()) {
                place.copy_from_slice(to);
            }
        }
        result = Some(changed);
    }
    result
}

/// Whether one of the roots' paths is in the bytes.
pub fn mentions(bytes: &[u8], paths: &[Vec<u8>]) -> bool {
    paths.iter().any(|path| memmem::find(bytes, path).is_some())
}

/// The bytes with one text in another's place, of whatever length.
pub fn with(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(bytes.len());
    let mut end = 0;
    for at in memmem::find_iter(bytes, from) {
        result.extend(bytes.get(end..at).unwrap_or_default());
        result.extend(to);
        end = at + from.len();
    }
    result.extend(bytes.get(end..).unwrap_or_default());
    result
}

/// Whether what is from `start` to `end` is a whole path or the beginning of one.
fn is_path(bytes: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| bytes.get(at));
    let after = bytes.get(end);
    before.is_none_or(|byte| !is_in_name(*byte) && *byte != b'/')
        && after.is_none_or(|byte| !is_in_name(*byte))
}

/// Whether a byte goes on with the name of a file; an `=` stands between two paths.
fn is_in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-+~".contains(&byte) || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn root() -> Root {
        Root::vendored(Path::new("/build/a-1.0.0-vendor")).unwrap()
    }

    fn stable(text: &str) -> String {
        let bytes = replaced(text.as_bytes(), &[root()], Direction::Normalize);
        String::from_utf8(bytes.unwrap_or_else(|| text.into())).unwrap()
    }

    #[test]
    fn paths_are_replaced_where_they_are_whole() {
        let shown = String::from_utf8(root().stable).unwrap();
        for (text, expected) in [
            ("/build/a-1.0.0-vendor", "S"),
            ("/build/a-1.0.0-vendor/b/src/lib.rs", "S/b/src/lib.rs"),
            (
                "--remap-path-prefix=/build/a-1.0.0-vendor=/x",
                "--remap-path-prefix=S=/x",
            ),
            (
                "-I /build/a-1.0.0-vendor -L/build/a-1.0.0-vendor/b",
                "-I S -L/build/a-1.0.0-vendor/b",
            ),
            ("/build/a-1.0.0-vendored", "/build/a-1.0.0-vendored"),
            ("/x/build/a-1.0.0-vendor", "/x/build/a-1.0.0-vendor"),
            ("//build/a-1.0.0-vendor", "//build/a-1.0.0-vendor"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(stable(text), expected.replace('S', &shown), "{text}");
        }
    }

    #[test]
    fn texts_of_other_lengths_are_replaced() {
        for (text, expected) in [("abcab", "xxcxx"), ("c", "c"), ("ab", "xx"), ("", "")] {
            assert_eq!(with(text.as_bytes(), b"ab", b"xx"), expected.as_bytes());
        }
        assert_eq!(with(b"a/b/c", b"/b", b""), b"a/c");
    }

    #[test]
    fn compiled_paths_are_replaced_wherever_they_are() {
        let root = root();
        let bytes = [b"\0ab", root.stable.as_slice(), b"-x", &root.stable].concat();
        let expected = [b"\0ab", root.real.as_slice(), b"-x", &root.real].concat();
        assert_eq!(
            replaced(&bytes, std::slice::from_ref(&root), Direction::Restore),
            Some(expected.clone())
        );
        assert_eq!(
            replaced(&expected, std::slice::from_ref(&root), Direction::Restore),
            None
        );
        assert!(mentions(&expected, &[root.real]));
        assert!(!mentions(&expected, &[root.stable]));
    }
}
