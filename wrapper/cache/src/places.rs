//! Names files by places: directories that are elsewhere in every build, and of no matter to what is made.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The place of what is named by its whole path.
pub const ABSOLUTE: u8 = 0;

/// The places of an invocation, by number from 1 on. By default there are none.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<PathBuf>);

impl Places {
    /// These directories, each by its whole path.
    #[must_use]
    pub fn new(directories: Vec<PathBuf>) -> Self {
        Self(directories)
    }

    /// Adds directories.
    pub fn extend(&mut self, directories: impl Iterator<Item = PathBuf>) {
        self.0.extend(directories);
    }

    /// A path as it is named: the place, and the rest of the path. Of nested places it is the innermost.
    #[must_use]
    pub fn name<'a>(&self, path: &'a [u8]) -> (u8, &'a [u8]) {
        let named = (1..).zip(&self.0).filter_map(|(place, directory)| {
            let directory = directory.as_os_str().as_bytes();
            let rest = path.strip_prefix(directory)?;
            let rest = if rest.is_empty() {
                rest
            } else {
                rest.strip_prefix(b"/")?
            };
            Some((directory.len(), place, rest))
        });
        named
            .max_by_key(|(length, ..)| *length)
            .map_or((ABSOLUTE, path), |(_, place, rest)| (place, rest))
    }

    /// The path of what is so named; nothing where there is no such place.
    #[must_use]
    pub fn path(&self, place: u8, name: &[u8]) -> Option<PathBuf> {
        let name = Path::new(OsStr::from_bytes(name));
        if place == ABSOLUTE {
            return Some(name.to_owned());
        }
        let directory = self.0.get(usize::from(place) - 1)?;
        // `join` would end in a slash.
        Some(if name.as_os_str().is_empty() {
            directory.clone()
        } else {
            directory.join(name)
        })
    }

    /// The directories.
    pub fn directories(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(PathBuf::as_path)
    }
}

/// A path without `.`, empty components and, where no link can be in between, `..`: as a string, without a look at the
/// file system. `..` behind anything else stays.
#[must_use]
pub fn plain(path: &[u8]) -> Vec<u8> {
    let mut plain = PathBuf::new();
    plain.extend(Path::new(OsStr::from_bytes(path)).components());
    plain.into_os_string().into_vec()
}
