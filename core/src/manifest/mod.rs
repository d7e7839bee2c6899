//! Reads channel manifests, version 2: what `channel-rust-*.toml` says of a release, or rather the
//! part of it that is asked for.
//!
//! The format is Rust's own (forge.rust-lang.org, "Channel layout"); what of it counts is what
//! rustup 1.29 reads (its `src/dist/manifest.rs`). A manifest has a megabyte, and thousands of
//! entries for targets that nobody asked for: those are passed over.

mod date;
mod read;
mod release;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::error::Error;
use crate::hash::Sha256;
use crate::show::{escaped, quoted};
use crate::source::Source;

pub(crate) use date::is_date;
pub use release::{Release, Stage};

/// The triple under which stands what is for every target.
const EVERY_TARGET: &str = "*";

/// What was read of a manifest.
#[derive(Debug)]
pub struct Manifest<'a> {
    source: Source<'a>,
    date: Cow<'a, str>,
    packages: BTreeMap<Cow<'a, str>, Package<'a>>,
    renames: BTreeMap<Cow<'a, str>, Text<'a>>,
    profiles: BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>>,
}

/// A string, and the byte where it stands.
#[derive(Clone, Debug)]
struct Text<'a> {
    text: Cow<'a, str>,
    at: usize,
}

/// A `[pkg.NAME]`.
#[derive(Debug, Default)]
struct Package<'a> {
    /// Where the name stands first.
    at: usize,
    version: Option<Text<'a>>,
    git_commit_hash: Option<Text<'a>>,
    /// Whether there are targets beside `*`, read or passed over.
    has_targets: bool,
    /// Those that were asked for, and `*`.
    targets: BTreeMap<Cow<'a, str>, Target<'a>>,
}

/// A `[pkg.NAME.target.TRIPLE]`.
#[derive(Debug, Default)]
struct Target<'a> {
    /// Where the triple stands first.
    at: usize,
    available: Option<bool>,
    archives: BTreeMap<Compression, Archive<'a>>,
    components: Vec<Listed<'a>>,
    extensions: Vec<Listed<'a>>,
}

/// The fields of one format of an archive.
#[derive(Debug, Default)]
struct Archive<'a> {
    url: Option<Text<'a>>,
    hash: Option<Text<'a>>,
}

/// An element of `components` or `extensions`.
#[derive(Debug)]
struct Listed<'a> {
    /// Which element of its list it is.
    number: usize,
    package: Option<Text<'a>>,
    target: Option<Text<'a>>,
}

/// How an archive is compressed, in the order in which Nix's builders like it best: every
/// stdenv has xz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compression {
    /// `.tar.xz`
    Xz,
    /// `.tar.gz`
    Gz,
    /// `.tar.zst`
    Zst,
}

impl Compression {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Xz, Self::Gz, Self::Zst];

    /// The ending of such a file's name, behind `.tar.`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Xz => "xz",
            Self::Gz => "gz",
            Self::Zst => "zst",
        }
    }
}

/// A package for one target, or for all: rustup's component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Component<'a> {
    /// What the manifest calls it: `clippy-preview`.
    pub package: Cow<'a, str>,
    /// The triple; none for what is for all of them, as the library's source is.
    pub target: Option<Cow<'a, str>>,
}

/// Where to fetch an archive, and what comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch<'a> {
    /// As the manifest has it.
    pub url: Cow<'a, str>,
    /// Of the file.
    pub hash: Sha256,
}

impl<'a> Manifest<'a> {
    /// The file that it was read from.
    #[must_use]
    pub fn source(&self) -> &Source<'a> {
        &self.source
    }

    /// The day on which it was made, `YYYY-MM-DD`.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// The release that it is of, by the version of the package `rust`.
    pub fn release(&self) -> Result<Release, Error> {
        let version = self.version("rust")?;
        Release::parse(&version.text).ok_or_else(|| {
            let found = quoted(&version.text);
            let message = format!(
                "{found} is no version of Rust's, such as \"1.84.1 (e71f9a9a9 2025-01-27)\""
            );
            self.source.error(version.at, message)
        })
    }

    /// The full hash of the commit that the package `rustc` was built from, or `rust`, where the
    /// manifest says it: rustup's copies of manifests have only the digits in the version.
    #[must_use]
    pub fn commit(&self) -> Option<&str> {
        let hash = |name| self.packages.get(name)?.git_commit_hash.as_ref();
        let hash = hash("rustc").or_else(|| hash("rust"))?;
        Some(&hash.text)
    }

    /// A package's own version: the first word of the field.
    pub fn package_version(&self, package: &str) -> Result<&str, Error> {
        let version = &self.version(package)?.text;
        Ok(version.split(' ').next().unwrap_or(version))
    }

    fn version(&self, package: &str) -> Result<&Text<'a>, Error> {
        let found = self.package(package)?;
        found.version.as_ref().ok_or_else(|| {
            let message = format!("`[pkg.{}]` has no `version`", escaped(package));
            self.source.error(found.at, message)
        })
    }

    fn package(&self, name: &str) -> Result<&Package<'a>, Error> {
        self.packages.get(name).ok_or_else(|| {
            let name = escaped(name);
            self.source.error(
                0,
                format!(
                    "there is no `[pkg.{name}]`, so this is no channel manifest that can be used"
                ),
            )
        })
    }

    /// Whether it has a package of this name.
    #[must_use]
    pub fn has_package(&self, name: &str) -> bool {
        self.packages.contains_key(name)
    }

    /// What a component of this name is called now, if it was renamed.
    #[must_use]
    pub fn renamed(&self, name: &str) -> Option<&Cow<'a, str>> {
        self.renames.get(name).map(|to| &to.text)
    }

    /// What people call a package: the name that was renamed to it, or its own. Of several, the
    /// last in the alphabet, as rustup takes it.
    #[must_use]
    pub fn short_name<'n>(&'n self, package: &'n str) -> &'n str {
        self.renames
            .iter()
            .rev()
            .find(|(_, to)| to.text == package)
            .map_or(package, |(from, _)| from)
    }

    /// The names of the profiles; none in manifests from before 1.34.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(AsRef::as_ref)
    }

    /// The packages of a profile.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&[Cow<'a, str>]> {
        self.profiles.get(name).map(Vec::as_slice)
    }

    /// Whether `rust` is there for this host.
    #[must_use]
    pub fn has_host(&self, host: &str) -> bool {
        self.target("rust", Some(host)).is_some()
    }

    /// What `rust` is made of on a host: first the components that every installation has, then
    /// the extensions.
    pub fn components_of_rust(
        &self,
        host: &str,
    ) -> Result<(Vec<Component<'a>>, Vec<Component<'a>>), Error> {
        let Some(target) = self.target("rust", Some(host)) else {
            return Ok((Vec::new(), Vec::new()));
        };
        let read = |listed: &[Listed<'a>]| {
            listed
                .iter()
                .map(|listed| self.listed(listed, target.at))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok((read(&target.components)?, read(&target.extensions)?))
    }

    fn listed(&self, listed: &Listed<'a>, at: usize) -> Result<Component<'a>, Error> {
        let Some(package) = &listed.package else {
            let at = listed.target.as_ref().map_or(at, |target| target.at);
            return Err(self
                .source
                .error(at, "a component without `pkg`, its package"));
        };
        let target = listed.target.as_ref().map(|target| target.text.clone());
        Ok(Component {
            package: package.text.clone(),
            target: target.filter(|target| target != EVERY_TARGET),
        })
    }

    /// The archives of a component: none where it is not to be had.
    pub fn archives(
        &self,
        component: &Component<'_>,
    ) -> Result<BTreeMap<Compression, Fetch<'a>>, Error> {
        let Some(target) = self.target(&component.package, component.target.as_deref()) else {
            return Ok(BTreeMap::new());
        };
        let Some(available) = target.available else {
            return Err(self
                .source
                .error(target.at, "this target has no `available`, true or false"));
        };
        if !available {
            return Ok(BTreeMap::new());
        }
        let mut fetches = BTreeMap::new();
        for (compression, archive) in &target.archives {
            if let (Some(url), Some(hash)) = (&archive.url, &archive.hash) {
                let hash = Sha256::from_hex(&hash.text).ok_or_else(|| {
                    let message = format!(
                        "{} is no SHA-256: it must be 64 hexadecimal digits",
                        quoted(&hash.text)
                    );
                    self.source.error(hash.at, message)
                })?;
                let url = url.text.clone();
                fetches.insert(*compression, Fetch { url, hash });
            }
        }
        Ok(fetches)
    }

    /// A package's entry for a target: that for all of them, if it has no other.
    fn target(&self, package: &str, triple: Option<&str>) -> Option<&Target<'a>> {
        let package = self.packages.get(package)?;
        if package.has_targets {
            package.targets.get(triple?)
        } else {
            package.targets.get(EVERY_TARGET)
        }
    }
}
