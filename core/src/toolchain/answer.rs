//! Answers `rust.toolchain`: the pieces of a toolchain, and where each is.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::hash::Sha256;

/// What `rust.toolchain` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Toolchain {
    /// The directory of a toolchain that is there already; all else is null or empty then.
    pub path: Option<String>,
    /// What was asked for, without date and host: `stable`, `1.84`.
    pub channel: Option<String>,
    /// That of rustc, `1.84.1`.
    pub version: Option<String>,
    /// That of the manifest, `2025-01-30`.
    pub date: Option<String>,
    /// What rustc was built from: the full hash where the manifest tells it, or its first digits.
    pub commit: Option<String>,
    /// The triple on which it runs.
    pub host: Option<String>,
    /// The triples that it compiles for: those with a standard library, the host's first.
    pub targets: Vec<String>,
    /// `minimal`, `default` or `complete`.
    pub profile: Option<String>,
    /// What it is made of, ordered by package and target.
    pub components: Vec<Component>,
    /// Names that were given, and what the manifest calls them now.
    pub renamed: BTreeMap<String, String>,
    /// What the profile names, or was asked for, and is not there for the host.
    pub unavailable: Vec<Unavailable>,
    /// What rustup would have passed over with a warning, or none.
    pub warnings: Vec<String>,
}

/// One piece of a toolchain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Component {
    /// What toolchain files call it, `clippy`.
    pub name: String,
    /// What the manifest calls it, `clippy-preview`.
    pub package: String,
    /// The triple that it is for; null for what is for all.
    pub target: Option<String>,
    /// Its own version: cargo's may differ from rustc's.
    pub version: String,
    /// Of the archive that every stdenv can unpack: xz before gz before zst.
    pub url: String,
    /// Its hash, as `fetchurl` takes it.
    pub hash: Sha256,
    /// All archives, by compression: `xz`, `gz`, `zst`.
    pub archives: BTreeMap<&'static str, Archive>,
}

/// An archive to fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Archive {
    /// Where it is.
    pub url: String,
    /// Its hash, as `fetchurl` takes it.
    pub hash: Sha256,
}

/// One piece that was left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unavailable {
    /// What the manifest calls it.
    pub package: String,
    /// What toolchain files call it.
    pub name: String,
    /// The triple for which it is not there; null for what would be for all.
    pub target: Option<String>,
}
