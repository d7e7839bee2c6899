//! Holds a request: the fields of its key, and what the compiler may read and write unasked.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use memchr::memmem;
use nix_sccache_cache::digest::Digest;
use nix_sccache_cache::places::Places;
use nix_sccache_cache::request::KeyHasher;
use nix_sccache_contract::part::Kind;

/// With which the names begin that stand in the place of roots.
pub const ROOT: &[u8] = b"<root ";

/// One field of a request key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is.
    pub kind: Kind,
    /// Its name: an option, a variable.
    pub name: String,
    /// Its value.
    pub value: Vec<u8>,
}

/// What the cache is asked for.
#[derive(Debug, Default)]
pub struct Request {
    /// What its key is made of, in order.
    pub fields: Vec<Field>,
    /// How files are named.
    pub places: Places,
    /// Directories that are taken to be of no matter, though they may be in what is made.
    pub roots: Vec<PathBuf>,
    /// Directories in which the compiler may leave files.
    pub writable: Vec<PathBuf>,
    /// Directories of caches of the compiler's own.
    pub scratch: Vec<PathBuf>,
    /// Directories whose lists are of no matter where rustc looks for crates.
    pub unlisted: Vec<PathBuf>,
    /// Whether the first place is one of rustc's.
    pub has_target: bool,
    /// Whether what it links is linked anew on a hit: the linker is in no key then.
    pub relinks: bool,
    /// What of the derivation the linker may put into what it makes, where that is stored as it made it: the lengths of its outputs,
    /// which are the last places, and the paths that are put right when it is linked.
    pub whole: Option<Vec<u8>>,
    /// Whether it makes a [stripped](crate::stripped) build script, of which an entry may have more than files.
    pub strips_script: bool,
    /// Whether the random seed that nixpkgs gives compilers may be in what is made.
    pub has_seed: bool,
    /// Whether such a seed was given, and is in no field.
    pub forgets_seed: bool,
    /// Whether the compiler makes the directory that it writes to, where that is missing.
    pub makes_directory: bool,
    /// The directory that a build script leaves its files in: it was empty, and whatever is there is what it made.
    pub out_dir: Option<PathBuf>,
    /// Whether a failure may be stored: it is a question to the compiler, and not part of a build.
    pub is_probe: bool,
}

impl Request {
    /// A text with names in the place of the roots.
    pub fn without_roots<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let places = places_of(text, self.numbered_roots().map(|(_, root)| root));
        let mut named = Cow::Borrowed(text);
        for (number, root) in self.numbered_roots() {
            if places.iter().any(|place| place.starts_with(root)) {
                let name = [ROOT, number.to_string().as_bytes(), b">"].concat();
                named = Cow::Owned(replaced(&named, root, &name));
            }
        }
        named
    }

    /// The roots with their numbers, those first that are in others.
    pub fn numbered_roots(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let mut roots: Vec<_> = (1..)
            .zip(self.roots.iter().map(|root| root.as_os_str().as_bytes()))
            .collect();
        roots.sort_by_key(|(_, root)| std::cmp::Reverse(root.len()));
        roots.into_iter()
    }

    /// A list of paths, each as it is named by a place.
    pub fn named(&self, paths: &OsStr) -> OsString {
        let named = paths.as_bytes().split(|byte| *byte == b':').map(|path| {
            let (place, rest) = self.places.name(path);
            [&[b'<', b'0' + place, b'>'], rest].concat()
        });
        OsString::from_vec(named.collect::<Vec<_>>().join(&b':'))
    }

    /// Adds a field.
    pub fn add(&mut self, kind: Kind, name: impl Into<String>, value: &[u8]) {
        self.fields.push(Field {
            kind,
            name: name.into(),
            value: value.to_vec(),
        });
    }

    /// The same, for what is linked as the linker made it.
    pub fn into_whole(mut self, outputs: &[OsString], roots: &OsStr) -> Self {
        let lengths = outputs.iter().map(|path| path.len().to_string());
        let lengths = lengths.collect::<Vec<_>>().join(" ");
        let outputs = outputs.iter().map(PathBuf::from);
        self.places.extend(outputs);
        self.relinks = false;
        self.whole = Some([lengths.as_bytes(), b"\n", roots.as_bytes()].concat());
        self
    }

    /// The directory of cargo's in whose place another may stand, where that is in what rustc writes.
    pub fn target(&self) -> Option<&Path> {
        self.has_target
            .then(|| self.places.directories().next())
            .flatten()
    }

    /// How many directories its entry may have files for: where it is whole, each a second time, for files with
    /// [marks](crate::own_outputs) in them.
    pub fn directories(&self) -> usize {
        let own = self.writable.len();
        let with_marks = if self.whole.is_some() { own } else { 0 };
        own + with_marks + usize::from(self.relinks || self.strips_script)
    }

    /// The digest of all fields.
    pub fn digest(&self) -> Digest {
        let mut key = KeyHasher::new(if self.whole.is_some() {
            "whole"
        } else {
            "request"
        });
        if let Some(whole) = &self.whole {
            key.field("derivation", whole);
        }
        for field in &self.fields {
            key.field(field.kind.name(), field.name.as_bytes());
            key.field("value", &field.value);
        }
        key.digest()
    }
}

/// The places in a text at which one of these absolute paths may begin: a program of many megabytes is searched once for all
/// that begin alike.
fn places_of<'a, 'b>(text: &'a [u8], paths: impl Iterator<Item = &'b [u8]>) -> Vec<&'a [u8]> {
    let starts: BTreeSet<_> = paths
        .map(|path| {
            let mut slashes = memchr::memchr_iter(b'/', path);
            path.get(..slashes.nth(1).unwrap_or(path.len()))
                .unwrap_or(path)
        })
        .collect();
    let places = starts
        .into_iter()
        .flat_map(|start| memmem::find_iter(text, start));
    places.filter_map(|at| text.get(at..)).collect()
}

/// An absolute path, as a string.
pub fn absolute(path: &Path, directory: &Path) -> PathBuf {
    directory.join(path).components().collect()
}

/// A text in which this path, and all that is in it, is called otherwise.
pub fn replaced(text: &[u8], path: &[u8], name: &[u8]) -> Vec<u8> {
    let (mut named, mut rest) = (Vec::new(), text);
    while let Some(at) = memmem::find(rest, path) {
        let (before, found) = rest.split_at(at);
        let behind = found.get(path.len()..).unwrap_or_default();
        let is_whole = !behind.first().copied().is_some_and(is_part_of_name);
        named.extend_from_slice(before);
        named.extend_from_slice(if is_whole { name } else { path });
        rest = behind;
    }
    named.extend_from_slice(rest);
    named
}

/// Whether a name goes on with this byte.
fn is_part_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.+~@%".contains(&byte) || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_named_wherever_they_are() {
        let roots = ["/build/a", "/build", "/nix/store/b-c"];
        let request = Request {
            roots: roots.map(PathBuf::from).into(),
            ..Request::default()
        };
        for (text, expected) in [
            (
                "/build/build/a/x:/build/a/x",
                "<root 2><root 1>/x:<root 1>/x",
            ),
            ("/builds/nix/store/b-c", "/builds<root 3>"),
            ("/nix/store/b /buil", "/nix/store/b /buil"),
        ] {
            let named = request.without_roots(text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&named), expected);
        }
    }
}
