//! Damage to what the cache has stored: entries, the parts of long ones, and manifests.

use std::fs;
use std::path::{Path, PathBuf};

/// What a file of a storage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// What a run has made, or the beginning of that.
    Entry,
    /// A part of a long entry.
    Part,
    /// What runs have looked at.
    Manifest,
    /// What a session has asked for.
    Plan,
}

/// Where something is damaged.
#[derive(Clone, Copy, Debug)]
pub enum Spot {
    /// At what an entry's header is checked by.
    Seal,
    /// In the header of an entry.
    Header,
    /// In what the compiler said.
    Messages,
    /// In the last of the files, or in the last name of a manifest.
    End,
}

/// What a file is.
pub fn what(file: &Path) -> Stored {
    let bytes = bytes_of(file);
    match bytes.get(..8) {
        Some(b"nscentry") => Stored::Entry,
        Some(b"nscnames") => Stored::Manifest,
        Some(b"nscplan\0") => Stored::Plan,
        _ => Stored::Part,
    }
}

/// Those of a kind.
pub fn those(files: Vec<PathBuf>, kind: Stored) -> Vec<PathBuf> {
    files
        .into_iter()
        .filter(|file| what(file) == kind)
        .collect()
}

/// Changes one bit.
pub fn flip(file: &Path, spot: Spot) {
    /// The magic bytes, the time that the run took, and the seal.
    const SEAL: usize = 9 + 8;
    const HEADER: usize = SEAL + 32;
    let mut bytes = bytes_of(file);
    let at = match spot {
        Spot::Seal => SEAL + 3,
        // Behind its length.
        Spot::Header => HEADER + 10,
        Spot::Messages => {
            let (mut length, mut at) = (0, HEADER);
            for shift in (0..).step_by(7) {
                let byte = usize::from(bytes[at]);
                (length, at) = (length | (byte & 0x7f) << shift, at + 1);
                if byte < 0x80 {
                    break;
                }
            }
            at + length + 5
        }
        // A long entry's last part may be shorter.
        Spot::End => bytes.len().saturating_sub(40),
    };
    bytes[at] ^= 0x10;
    write(file, &bytes);
}

/// Leaves the first half of it.
pub fn cut(file: &Path) {
    let bytes = bytes_of(file);
    write(file, &bytes[..bytes.len() / 2]);
}

fn bytes_of(file: &Path) -> Vec<u8> {
    fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn write(file: &Path, bytes: &[u8]) {
    fs::write(file, bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}
