//! Finds the calls for a crate, and in another build those that compile the same.

use std::collections::BTreeSet;

use nix_sccache_contract::log::Outcome;
use nix_sccache_contract::record::Made;

use crate::left_logs::{Build, Call};

/// What somebody asks about.
#[derive(Debug, PartialEq, Eq)]
pub struct Wanted {
    name: String,
    version: Option<String>,
}

impl Wanted {
    /// Reads `NAME` and `NAME@VERSION`.
    pub fn read(text: &str) -> Self {
        let (name, version) = match text.rsplit_once('@') {
            Some((name, version)) if !name.is_empty() => (name, Some(version.to_owned())),
            _ => (text, None),
        };
        Self {
            name: name.to_owned(),
            version,
        }
    }

    /// The build's calls for it: for a crate or a source of that name, or else for all of a package.
    pub fn calls<'a>(&self, build: &'a Build) -> Vec<&'a Call> {
        let crate_name = self.name.replace('-', "_");
        let is_named = |call: &Call| {
            let name = &call.entry.name;
            if call.entry.language == "rust" {
                *name == crate_name
            } else {
                *name == self.name || name.ends_with(&format!("/{}", self.name))
            }
        };
        let of_package = |call: &Call| call.package() == Some(&self.name);
        let all = |is_wanted: &dyn Fn(&Call) -> bool| -> Vec<&Call> {
            let calls = build.calls.iter();
            calls
                .filter(|call| is_compilation(call) && self.fits(call) && is_wanted(call))
                .collect()
        };
        let named = all(&is_named);
        if named.is_empty() {
            all(&of_package)
        } else {
            named
        }
    }

    fn fits(&self, call: &Call) -> bool {
        self.version
            .as_deref()
            .is_none_or(|version| call.version() == Some(version))
    }
}

fn is_compilation(call: &Call) -> bool {
    call.entry.outcome != Outcome::Probe && !call.entry.name.is_empty()
}

/// By what the build's calls could be asked about.
pub fn names(build: &Build) -> Vec<String> {
    let calls = build.calls.iter().filter(|call| is_compilation(call));
    let mut names: Vec<_> = calls
        .flat_map(|call| {
            let package = call.package().map(str::to_owned);
            [Some(call.entry.name.clone()), package]
        })
        .flatten()
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The build's call that compiles what `call` does: of the package's same version, if there is one,
/// and of those the one whose key is the least different.
pub fn counterpart<'a>(call: &Call, build: &'a Build) -> Option<&'a Call> {
    build
        .calls
        .iter()
        .filter(|other| is_compilation(other) && is_like(call, other))
        .min_by_key(|other| {
            let parts = match (&call.made, &other.made) {
                (Some(one), Some(other)) => differing(one, other),
                (None, None) => 0,
                _ => usize::MAX,
            };
            (call.version() != other.version(), parts)
        })
}

fn is_like(one: &Call, other: &Call) -> bool {
    let same = (&one.entry.name, &one.entry.language, one.package())
        == (&other.entry.name, &other.entry.language, other.package());
    let made = match (&one.made, &other.made) {
        (Some(one), Some(other)) => {
            let (one, other) = (&one.unit, &other.unit);
            // A library's stem may be another.
            (&one.kinds, &one.target, one.test, one.checked)
                == (&other.kinds, &other.target, other.test, other.checked)
        }
        _ => true,
    };
    same && made
}

fn differing(one: &Made, other: &Made) -> usize {
    let known: BTreeSet<_> = other.parts.iter().collect();
    one.parts
        .iter()
        .filter(|part| !known.contains(part))
        .count()
}

/// The build's call that wrote the file of a dependency.
pub fn producer<'a>(file: &str, build: &'a Build) -> Option<&'a Call> {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let stem = stem.strip_prefix("lib").unwrap_or(stem);
    let is_its = |call: &&Call| {
        let made = call.made.as_ref();
        made.is_some_and(|made| made.unit.stem.as_deref() == Some(stem))
    };
    build.calls.iter().rev().find(is_its)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_may_be_named() {
        let read = |text: &str| {
            let wanted = Wanted::read(text);
            (wanted.name, wanted.version)
        };
        assert_eq!(read("syn"), ("syn".into(), None));
        assert_eq!(read("syn@2.0.1"), ("syn".into(), Some("2.0.1".into())));
        assert_eq!(read("@a"), ("@a".into(), None));
    }
}
