//! Knows what bootstrap's config can hold: sections, and keys with their types and releases.

mod keys;
mod types;

use super::release::{Change, Happened};
use types::is_there;

pub use types::{Instead, Key, Kind, One, Text, Word};

/// A part of the config.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its name; empty for what stands before the first one.
    pub name: &'static str,
    /// What can stand in it.
    pub keys: &'static [Key],
    /// When it came.
    pub came: Option<Change>,
    /// Whether there is one for each target triple.
    pub per_target: bool,
}

/// What stands before the first section.
pub const TOP: Section = section("", keys::TOP);

/// The sections, in the order of the text. `bootstrap.py` looks for `build`, `rustc` and `cargo`
/// in the whole of it and takes the first, so `[build]` comes first.
pub const SECTIONS: &[Section] = &[
    section("build", keys::BUILD),
    section("install", keys::INSTALL),
    section("llvm", keys::LLVM),
    section("rust", keys::RUST),
    Section {
        per_target: true,
        ..section("target", keys::TARGET)
    },
    section("dist", keys::DIST),
    Section {
        came: Some(Change { before: 85, by: 88 }),
        ..section("gcc", keys::GCC)
    },
    Section {
        came: Some(Change { before: 98, by: 99 }),
        ..section("pgo", keys::PGO)
    },
];

const fn section(name: &'static str, keys: &'static [Key]) -> Section {
    Section {
        name,
        keys,
        came: None,
        per_target: false,
    }
}

impl Section {
    /// The key of this name, of whatever release.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The section of this name, of whatever release.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        SECTIONS.iter().find(|section| section.name == name)
    }

    /// Whether a release, 1.`minor`, has it.
    #[must_use]
    pub fn is_known(&self, minor: u32) -> Happened {
        is_there(self.came, None, minor)
    }

    /// The names of the keys that a release has, or perhaps has.
    pub(super) fn known_names(&self, minor: u32) -> Vec<&'static str> {
        self.keys
            .iter()
            .filter(|key| key.is_known(minor) != Happened::No)
            .map(|key| key.name)
            .collect()
    }

    /// A key as its section and its name say it, `target.*.cc` for those of a target.
    pub(super) fn full_name(&self, key: &str) -> String {
        match (self.name, self.per_target) {
            ("", _) => key.to_owned(),
            (name, true) => format!("{name}.*.{key}"),
            (name, false) => format!("{name}.{key}"),
        }
    }
}

/// All keys with their sections.
pub(super) fn all() -> impl Iterator<Item = (&'static Section, &'static Key)> {
    std::iter::once(&TOP)
        .chain(SECTIONS)
        .flat_map(|section| section.keys.iter().map(move |key| (section, key)))
}
