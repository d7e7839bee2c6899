//! Damages an entry: a ZIP archive whose files are compressed by themselves.

use std::fs;
use std::path::Path;

/// Changes one bit in the middle of a file of the archive.
pub fn flip(entry: &Path, name: &str) {
    let mut bytes = fs::read(entry).unwrap_or_else(|error| panic!("{}: {error}", entry.display()));
    let header = header_of(&bytes, name);
    let number = |at: usize, length: usize| {
        let bytes = bytes[at..at + length].iter().rev();
        bytes.fold(0, |number, byte| number << 8 | usize::from(*byte))
    };
    let data = header + 30 + number(header + 26, 2) + number(header + 28, 2);
    let middle = data + number(header + 18, 4) / 2;
    bytes[middle] ^= 0x10;
    fs::write(entry, bytes).unwrap_or_else(|error| panic!("{}: {error}", entry.display()));
}

/// Gives a file of the archive another name, under which nobody looks for it.
pub fn lose(entry: &Path, name: &str) {
    let mut bytes = fs::read(entry).unwrap_or_else(|error| panic!("{}: {error}", entry.display()));
    let places = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(name.as_bytes()));
    let places: Vec<_> = places.collect();
    assert!(!places.is_empty(), "no {name}");
    for place in places {
        bytes[place] = b'_';
    }
    fs::write(entry, bytes).unwrap_or_else(|error| panic!("{}: {error}", entry.display()));
}

/// Leaves the first half of it.
pub fn cut(entry: &Path) {
    let bytes = fs::read(entry).unwrap_or_else(|error| panic!("{}: {error}", entry.display()));
    fs::write(entry, &bytes[..bytes.len() / 2])
        .unwrap_or_else(|error| panic!("{}: {error}", entry.display()));
}

/// Where the header of a file begins.
fn header_of(bytes: &[u8], name: &str) -> usize {
    let place = (0..bytes.len()).find(|at| {
        bytes[*at..].starts_with(b"PK\x03\x04") && bytes[at + 30..].starts_with(name.as_bytes())
    });
    place.unwrap_or_else(|| panic!("no {name}"))
}
