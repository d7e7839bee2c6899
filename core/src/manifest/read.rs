//! Reads what was asked for out of a manifest's text.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::show::{escaped, quoted};
use crate::source::Source;
use crate::toml_walk::{Key, Scalar, Step, Visitor, walk};

use super::date::is_date;
use super::{Compression, EVERY_TARGET, Listed, Manifest, Package, Target, Text};

impl<'a> Manifest<'a> {
    /// Reads a manifest's packages for the targets that are wanted, and for all of them.
    ///
    /// Fails on what is no TOML, on another version of the format, and on a field that is read
    /// and is not of its type, each with its place.
    pub fn read(source: Source<'a>, wanted: &[&str]) -> Result<Self, Error> {
        let mut reader = Reader {
            source,
            wanted,
            version: None,
            date: None,
            packages: BTreeMap::new(),
            renames: BTreeMap::new(),
            profiles: BTreeMap::new(),
            error: None,
        };
        walk(&source, &mut reader)?;
        if let Some(error) = reader.error {
            return Err(error);
        }
        match &reader.version {
            Some(version) if version.text == "2" => {}
            Some(version) => {
                let found = quoted(&version.text);
                return Err(source.error(
                    version.at,
                    format!("a channel manifest of version {found}: only \"2\" is known"),
                ));
            }
            None => {
                return Err(source.error(0,
                    "this is no channel manifest: it has no `manifest-version`. One is at https://static.rust-lang.org/dist/channel-rust-stable.toml",
                ));
            }
        }
        let Some(date) = reader.date else {
            return Err(source.error(0, "this channel manifest has no `date`"));
        };
        if !is_date(&date.text) {
            let found = quoted(&date.text);
            return Err(source.error(
                date.at,
                format!("{found} is no date such as \"2025-01-30\""),
            ));
        }
        Ok(Self {
            source,
            date: date.text,
            packages: reader.packages,
            renames: reader.renames,
            profiles: reader.profiles,
        })
    }

    /// The targets for which a package has an archive, in alphabetical order. For errors: it goes
    /// through the whole text again.
    #[must_use]
    pub fn available_targets(&self, package: &str) -> Vec<String> {
        let mut found = Available {
            package,
            is_true: BTreeSet::new(),
            with_url: BTreeSet::new(),
        };
        if walk(&self.source, &mut found).is_err() {
            return Vec::new();
        }
        found
            .is_true
            .intersection(&found.with_url)
            .map(ToString::to_string)
            .collect()
    }
}

struct Reader<'a, 'w> {
    source: Source<'a>,
    wanted: &'w [&'w str],
    version: Option<Text<'a>>,
    date: Option<Text<'a>>,
    packages: BTreeMap<Cow<'a, str>, Package<'a>>,
    renames: BTreeMap<Cow<'a, str>, Text<'a>>,
    profiles: BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>>,
    /// The first.
    error: Option<Error>,
}

impl<'a> Visitor<'a> for Reader<'a, '_> {
    fn value(&mut self, path: &[Step<'a>], value: Scalar<'a>) {
        if self.error.is_none() {
            self.error = self.read(path, value).err();
        }
    }
}

impl<'a> Reader<'a, '_> {
    fn read(&mut self, path: &[Step<'a>], value: Scalar<'a>) -> Result<(), Error> {
        let source = self.source;
        let Some((Step::Key(root), path)) = path.split_first() else {
            return Ok(());
        };
        match (root.name.as_ref(), path) {
            ("pkg", [Step::Key(package), Step::Key(field), rest @ ..]) => {
                self.package(package, field, rest, value)
            }
            ("manifest-version", []) => put(&source, &mut self.version, root, value),
            ("date", []) => put(&source, &mut self.date, root, value),
            ("renames", [Step::Key(from), Step::Key(to)]) if to.name == "to" => {
                let text = string(&source, to, value)?;
                self.renames.insert(from.name.clone(), text);
                Ok(())
            }
            ("profiles", [Step::Key(profile), Step::Element(_)]) => {
                let text = string(&source, profile, value)?.text;
                self.profiles
                    .entry(profile.name.clone())
                    .or_default()
                    .push(text);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A value below `[pkg.NAME]`.
    fn package(
        &mut self,
        name: &Key<'a>,
        field: &Key<'a>,
        rest: &[Step<'a>],
        value: Scalar<'a>,
    ) -> Result<(), Error> {
        let source = self.source;
        let package = self
            .packages
            .entry(name.name.clone())
            .or_insert_with(|| Package {
                at: name.at,
                ..Package::default()
            });
        match (field.name.as_ref(), rest) {
            ("version", []) => put(&source, &mut package.version, field, value),
            ("git_commit_hash", []) => put(&source, &mut package.git_commit_hash, field, value),
            ("target", [Step::Key(triple), Step::Key(field), rest @ ..]) => {
                let is_every = triple.name == EVERY_TARGET;
                package.has_targets |= !is_every;
                if !is_every && !self.wanted.contains(&triple.name.as_ref()) {
                    return Ok(());
                }
                let target = package
                    .targets
                    .entry(triple.name.clone())
                    .or_insert_with(|| Target {
                        at: triple.at,
                        ..Target::default()
                    });
                target.read(&source, field, rest, value)
            }
            _ => Ok(()),
        }
    }
}

impl<'a> Target<'a> {
    /// A value below `[pkg.NAME.target.TRIPLE]`.
    fn read(
        &mut self,
        source: &Source<'a>,
        field: &Key<'a>,
        rest: &[Step<'a>],
        value: Scalar<'a>,
    ) -> Result<(), Error> {
        match (field.name.as_ref(), rest) {
            ("available", []) => {
                let at = value.at;
                let available = value
                    .boolean()
                    .map_err(|kind| wrong_type(source, at, field, "true or false", kind))?;
                if self.available.replace(available).is_some() {
                    return Err(twice(source, field));
                }
                Ok(())
            }
            ("components", [Step::Element(number), Step::Key(part)]) => {
                listed(source, &mut self.components, *number, part, value)
            }
            ("extensions", [Step::Element(number), Step::Key(part)]) => {
                listed(source, &mut self.extensions, *number, part, value)
            }
            (name, []) => {
                let Some((compression, is_url)) = archive_field(name) else {
                    return Ok(());
                };
                let archive = self.archives.entry(compression).or_default();
                let slot = if is_url {
                    &mut archive.url
                } else {
                    &mut archive.hash
                };
                put(source, slot, field, value)
            }
            _ => Ok(()),
        }
    }
}

/// Of which archive a field is, and whether it is the URL or else the hash.
fn archive_field(name: &str) -> Option<(Compression, bool)> {
    match name {
        "url" => Some((Compression::Gz, true)),
        "hash" => Some((Compression::Gz, false)),
        "xz_url" => Some((Compression::Xz, true)),
        "xz_hash" => Some((Compression::Xz, false)),
        "zst_url" => Some((Compression::Zst, true)),
        "zst_hash" => Some((Compression::Zst, false)),
        _ => None,
    }
}

/// One field of an element of `components` or `extensions`.
fn listed<'a>(
    source: &Source<'a>,
    list: &mut Vec<Listed<'a>>,
    number: usize,
    field: &Key<'a>,
    value: Scalar<'a>,
) -> Result<(), Error> {
    if list.last().is_none_or(|last| last.number != number) {
        list.push(Listed {
            number,
            package: None,
            target: None,
        });
    }
    match (field.name.as_ref(), list.last_mut()) {
        ("pkg", Some(last)) => put(source, &mut last.package, field, value),
        ("target", Some(last)) => put(source, &mut last.target, field, value),
        _ => Ok(()),
    }
}

/// Puts a string where nothing may be yet.
fn put<'a>(
    source: &Source<'a>,
    slot: &mut Option<Text<'a>>,
    field: &Key<'a>,
    value: Scalar<'a>,
) -> Result<(), Error> {
    let text = string(source, field, value)?;
    if slot.replace(text).is_some() {
        return Err(twice(source, field));
    }
    Ok(())
}

fn string<'a>(source: &Source<'a>, field: &Key<'a>, value: Scalar<'a>) -> Result<Text<'a>, Error> {
    let at = value.at;
    match value.string() {
        Ok(text) => Ok(Text { text, at }),
        Err(kind) => Err(wrong_type(source, at, field, "a string", kind)),
    }
}

fn wrong_type(source: &Source<'_>, at: usize, field: &Key<'_>, wanted: &str, found: &str) -> Error {
    let field = escaped(&field.name);
    source.error(
        at,
        format!("`{field}` must be {wanted}, and this is of TOML's type {found}"),
    )
}

fn twice(source: &Source<'_>, field: &Key<'_>) -> Error {
    source.error(
        field.at,
        format!("`{}` stands here for the second time", escaped(&field.name)),
    )
}

/// For which targets a package is available, and for which it has an address.
struct Available<'a, 'p> {
    package: &'p str,
    is_true: BTreeSet<Cow<'a, str>>,
    with_url: BTreeSet<Cow<'a, str>>,
}

impl<'a> Visitor<'a> for Available<'a, '_> {
    fn value(&mut self, path: &[Step<'a>], value: Scalar<'a>) {
        let [
            Step::Key(root),
            Step::Key(package),
            Step::Key(target),
            Step::Key(triple),
            Step::Key(field),
        ] = path
        else {
            return;
        };
        if root.name != "pkg" || package.name != self.package || target.name != "target" {
            return;
        }
        if field.name == "available" && value.boolean() == Ok(true) {
            self.is_true.insert(triple.name.clone());
        } else if archive_field(&field.name).is_some_and(|(_, is_url)| is_url) {
            self.with_url.insert(triple.name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Component, Release};
    use super::*;

    /// Small, and with every way to write a list.
    const MANIFEST: &str = r#"
manifest-version = "2"
date = "2025-01-30"
[pkg.rust]
version = "1.84.1 (e71f9a9a9 2025-01-27)"
git_commit_hash = "e71f9a9a98b0faf423844bf0ba7438f29dc27d58"
[pkg.rust.target.x86_64-unknown-linux-gnu]
available = true
url = "https://static.rust-lang.org/dist/2025-01-30/rust-1.84.1-x86_64-unknown-linux-gnu.tar.gz"
hash = "0000000000000000000000000000000000000000000000000000000000000000"
components = [ { pkg = "rustc", target = "x86_64-unknown-linux-gnu" }, { pkg = "rust-mingw" } ]
[[pkg.rust.target.x86_64-unknown-linux-gnu.extensions]]
pkg = "rust-src"
target = "*"
[[pkg.rust.target.x86_64-unknown-linux-gnu.extensions]]
target = "wasm32-unknown-unknown"
pkg = "rust-std"
[pkg.rust.target.aarch64-unknown-linux-gnu]
available = 1
[pkg.rustc]
version = "1.84.1"
target.x86_64-unknown-linux-gnu = { available = true, xz_url = "https://a/dist/x.tar.xz", xz_hash = "1111111111111111111111111111111111111111111111111111111111111111" }
target.aarch64-unknown-linux-gnu.available = false
[pkg.rust-src]
version = "1.84.1"
[pkg.rust-src.target."*"]
available = true
[renames.rust-analyzer]
to = "rust-analyzer-preview"
[profiles]
minimal = ["rustc", "rust-mingw"]
"#;

    const HOST: &str = "x86_64-unknown-linux-gnu";

    fn read(text: &str) -> Result<Manifest<'_>, String> {
        let source = Source::new("m.toml", text.as_bytes()).unwrap();
        Manifest::read(source, &[HOST]).map_err(|error| error.to_string())
    }

    fn component<'a>(package: &'a str, target: Option<&'a str>) -> Component<'a> {
        Component {
            package: package.into(),
            target: target.map(Into::into),
        }
    }

    #[test]
    fn what_is_asked_for_is_read() {
        let manifest = read(MANIFEST).unwrap();
        assert_eq!(manifest.date(), "2025-01-30");
        let release = Release::parse("1.84.1 (e71f9a9a9 2025-01-27)");
        assert_eq!(manifest.release().ok(), release);
        assert_eq!(
            manifest.commit(),
            Some("e71f9a9a98b0faf423844bf0ba7438f29dc27d58")
        );
        assert_eq!(
            manifest.profile("minimal").unwrap(),
            ["rustc", "rust-mingw"]
        );
        assert_eq!(
            manifest.short_name("rust-analyzer-preview"),
            "rust-analyzer"
        );
        let (components, extensions) = manifest.components_of_rust(HOST).unwrap();
        assert_eq!(
            components,
            [
                component("rustc", Some(HOST)),
                component("rust-mingw", None)
            ]
        );
        assert_eq!(
            extensions,
            [
                component("rust-src", None),
                component("rust-std", Some("wasm32-unknown-unknown"))
            ]
        );
        let archives = manifest.archives(&component("rustc", Some(HOST))).unwrap();
        assert_eq!(archives.keys().collect::<Vec<_>>(), [&Compression::Xz]);
        assert_eq!(archives[&Compression::Xz].url, "https://a/dist/x.tar.xz");
        let aarch64 = component("rustc", Some("aarch64-unknown-linux-gnu"));
        assert_eq!(manifest.archives(&aarch64).unwrap().len(), 0);
        // Available, but nowhere.
        assert_eq!(
            manifest
                .archives(&component("rust-src", None))
                .unwrap()
                .len(),
            0
        );
        assert_eq!(manifest.available_targets("rustc"), [HOST]);
        assert_eq!(manifest.available_targets("rust-src"), [""; 0]);
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        for (from, to, error) in [
            (
                r#"manifest-version = "2""#,
                "",
                "m.toml:1:1: this is no channel manifest: it has no `manifest-version`.",
            ),
            (
                r#"manifest-version = "2""#,
                r#"manifest-version = "1""#,
                r#"m.toml:2:20: a channel manifest of version "1": only "2" is known"#,
            ),
            (
                r#"date = "2025-01-30""#,
                "",
                "m.toml:1:1: this channel manifest has no `date`",
            ),
            (
                r#"date = "2025-01-30""#,
                "date = 2025-01-30",
                "m.toml:3:8: `date` must be a string, and this is of TOML's type date-time",
            ),
            (
                r#"date = "2025-01-30""#,
                r#"date = "today""#,
                r#"m.toml:3:8: "today" is no date such as "2025-01-30""#,
            ),
            (
                "available = true",
                r#"available = "yes""#,
                "m.toml:8:13: `available` must be true or false, and this is of TOML's type string",
            ),
            (
                "available = true",
                "available = true\navailable = true",
                "m.toml:9:1: `available` stands here for the second time",
            ),
            (
                "[pkg.rustc]",
                "[pkg.rustc",
                "m.toml:20:11: this is not TOML: ",
            ),
        ] {
            let text = MANIFEST.replacen(from, to, 1);
            let found = read(&text).unwrap_err();
            assert!(found.starts_with(error), "{found}");
        }
    }

    #[test]
    fn what_is_used_is_checked() {
        let wrong_hash = MANIFEST.replace(r#""1111"#, r#""x111"#);
        let manifest = read(&wrong_hash).unwrap();
        let error = manifest
            .archives(&component("rustc", Some(HOST)))
            .unwrap_err();
        assert!(
            error.to_string().starts_with("m.toml:22:101: \"x111"),
            "{error}"
        );
        let no_package = MANIFEST.replace(r#"pkg = "rust-std""#, "");
        let manifest = read(&no_package).unwrap();
        let error = manifest.components_of_rust(HOST).unwrap_err();
        assert_eq!(
            error.to_string(),
            "m.toml:16:10: a component without `pkg`, its package"
        );
        let no_version = MANIFEST.replacen(r#"version = "1.84.1 (e71f9a9a9 2025-01-27)""#, "", 1);
        let manifest = read(&no_version).unwrap();
        let error = manifest.release().unwrap_err();
        assert_eq!(
            error.to_string(),
            "m.toml:4:6: `[pkg.rust]` has no `version`"
        );
    }
}
