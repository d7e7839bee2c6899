//! Finds a path in what a program made, in whichever way it is written there: as it is, with other signs between its parts,
//! escaped, in other letters, as numbers.
//!
//! A digest of a path, or one that is compressed, cannot be found.

use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use memchr::memmem;

/// A path, as it may be written.
pub struct Written {
    /// As it is.
    path: Vec<u8>,
    /// What remains of it in a text's letters and digits, in various ways to write it.
    ways: Vec<Vec<u8>>,
    /// Its parts that are no common words.
    parts: Vec<Vec<u8>>,
}

/// A text, with its letters and digits alone, and all of them small.
pub struct Text<'a> {
    text: &'a [u8],
    letters: Vec<u8>,
}

impl<'a> Text<'a> {
    /// That of these bytes.
    pub fn of(text: &'a [u8]) -> Self {
        let letters = letters(text);
        Self { text, letters }
    }
}

/// How a byte may be written as a number, without what stands before it but is neither a letter nor a digit.
const NUMBERS: [fn(u8) -> String; 6] = [
    |byte| format!("{byte:02x}"),
    |byte| format!("x{byte:02x}"),
    |byte| format!("0x{byte:02x}"),
    |byte| format!("u00{byte:02x}"),
    |byte| format!("{byte:03o}"),
    |byte| format!("{byte}"),
];

/// Fewer letters are found in any text.
const FEWEST: usize = 10;

impl Written {
    /// A path, in all ways; one that is too short to be told from other texts only as it is.
    pub fn of(path: &Path) -> Self {
        let bytes = path.as_os_str().as_bytes();
        let names = path.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.as_bytes()),
            _ => None,
        });
        let names: Vec<_> = names.collect();
        let mut ways = Vec::new();
        let plain = letters(bytes);
        if names.len() > 1 && plain.len() >= FEWEST {
            let inner = bytes.strip_prefix(b"/").unwrap_or(bytes);
            for number in NUMBERS {
                let written = |stays: fn(u8) -> bool| {
                    let bytes = inner.iter().map(|byte| {
                        if stays(*byte) {
                            letters(&[*byte])
                        } else {
                            number(*byte).into_bytes()
                        }
                    });
                    bytes.collect::<Vec<_>>().concat()
                };
                ways.push(written(|byte| byte != b'/'));
                ways.push(written(|byte| byte.is_ascii_alphanumeric()));
                ways.push(written(|_| false));
            }
            ways.push(plain);
            ways.sort_unstable();
            ways.dedup();
        }
        let is_rare = |name: &&[u8]| {
            name.len() >= FEWEST
                && name.iter().any(u8::is_ascii_digit)
                && name.iter().any(u8::is_ascii_alphabetic)
        };
        Self {
            path: bytes.to_vec(),
            ways,
            parts: names
                .into_iter()
                .filter(is_rare)
                .flat_map(|name| [name.to_vec(), name.to_ascii_uppercase()])
                .collect(),
        }
    }

    /// Whether it is in a text.
    pub fn is_in(&self, text: &Text) -> bool {
        let finds = |text: &[u8], what: &Vec<u8>| memmem::find(text, what).is_some();
        finds(text.text, &self.path)
            || self.ways.iter().any(|way| finds(&text.letters, way))
            || self.parts.iter().any(|part| finds(text.text, part))
    }
}

/// The letters and digits, in small letters.
fn letters(text: &[u8]) -> Vec<u8> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let letters = text.iter().filter(|byte| is_letter(byte));
    letters.map(u8::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_however_it_is_written() {
        let named = "/build/my-source/target/release";
        let written = Written::of(Path::new(named));
        let is_in = |text: &str| written.is_in(&Text::of(text.as_bytes()));
        let join = |each: fn(u8) -> String| named.bytes().map(each).collect::<String>();
        for text in [
            named.to_owned(),
            named.to_uppercase(),
            named.replace('/', "\\/"),
            named.replace('/', "%2F"),
            named.replace('/', "%2f").replace('-', "%2D"),
            named.replace(['/', '-'], "_"),
            named.replace('/', "\", \""),
            named.replace('/', "\\u002f"),
            join(|byte| format!("{}\0", char::from(byte))),
            join(|byte| format!("'{}', ", char::from(byte))),
            join(|byte| format!("{byte}, ")),
            join(|byte| format!("0x{byte:02X}, ")),
            join(|byte| format!("\\x{byte:02x}")),
            join(|byte| format!("{byte:02X}")),
            join(|byte| format!("\\{byte:03o}")),
        ] {
            assert!(is_in(&format!("before {text} behind")), "{text}");
        }
        assert!(!is_in("the target of a release build is in my source"));
        let written = Written::of(Path::new("/tmp/nix-build-a.drv-0/source"));
        for (text, expected) in [
            ("nix-build-a.drv-0", true),
            ("NIX-BUILD-A.DRV-0", true),
            ("nix-build-b.drv-0", false),
            ("source", false),
        ] {
            assert_eq!(written.is_in(&Text::of(text.as_bytes())), expected);
        }
        let short = Written::of(Path::new("/build"));
        assert!(!short.is_in(&Text::of(b"build")));
        assert!(short.is_in(&Text::of(b"-I/build/include")));
    }
}
