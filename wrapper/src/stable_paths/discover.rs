//! Finds the roots of a build, and what is wanted of their paths.

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix_sccache_contract as contract;
use nix_sccache_contract::StablePaths as PathMode;
use toml_span::Value;
use toml_span::value::Table;

use super::manifests::{self, Profiles};
use super::mirror;
use super::root::Root;
use crate::cargo_config;
use crate::settings;

/// What is wanted of this build.
pub fn wanted() -> PathMode {
    settings::text(contract::STABLE_PATHS)
        .and_then(|name| PathMode::named(&name))
        .unwrap_or_default()
}

/// What cargo's configuration files say.
#[derive(Debug, Default)]
pub struct Cargo {
    /// The roots of the directories that it takes vendored crates from.
    pub vendored: Vec<Root>,
    /// Whether its flags for rustc have the linker optimise: then the objects are none, and the
    /// paths in them cannot be found.
    pub linker_optimises: bool,
    /// The files.
    texts: Vec<String>,
}

impl Cargo {
    /// Reads those that cargo reads in `directory`, and the variables with flags for rustc.
    pub fn read(directory: &Path) -> Self {
        let mut cargo = Self {
            linker_optimises: env::vars_os().any(|(name, value)| {
                name.as_bytes().ends_with(b"RUSTFLAGS") && optimises(value.as_bytes())
            }),
            ..Self::default()
        };
        for (text, base) in cargo_config::files(directory) {
            cargo.add(&text, &base);
        }
        cargo
    }

    /// Whether one of these profiles [singles out](manifests::singles_out) some package.
    pub fn singles_out(&self, profiles: Profiles) -> bool {
        let mut texts = self.texts.iter();
        texts.any(|text| manifests::singles_out(text, profiles))
    }

    /// Makes the stable paths of all roots exist that the files name: what was compiled before, in
    /// another derivation even, looks there for its files, whoever runs it. `inside` is a path in the
    /// directory of the build, for what is generated there.
    pub fn provide(&self, inside: &Path) {
        let mut roots = self.vendored.clone();
        roots.retain(mirror::is_of_vendored_crates);
        if roots.iter().any(Root::is_of_build) {
            roots.extend(Root::of_build(inside));
        }
        for root in &roots {
            // Where there is no room for it nothing was shown, either.
            mirror::provide(root).ok();
        }
    }

    /// Adds what one file says; paths in it are relative to `base`.
    fn add(&mut self, text: &str, base: &Path) {
        self.linker_optimises |= optimises(text.as_bytes());
        self.texts.push(text.to_owned());
        let table = toml_span::parse(text).ok();
        let sources = table
            .as_ref()
            .and_then(|table| table.pointer("/source")?.as_table());
        for source in sources.into_iter().flat_map(Table::values) {
            let directory = source.pointer("/directory").and_then(Value::as_str);
            let root = directory.and_then(|directory| Root::vendored(&base.join(directory)));
            self.vendored
                .extend(root.filter(|root| !self.vendored.contains(root)));
        }
    }
}

fn optimises(flags: &[u8]) -> bool {
    super::text::mentions(flags, &[b"linker-plugin-lto".to_vec()])
}

/// The roots whose stable paths may be in what this build has compiled, or was given: those that
/// cargo's configuration names, and those that some call of this build has used.
pub fn used(cargo: &Cargo) -> Vec<Root> {
    let mut roots = mirror::claimed();
    // Where two have the same stable path, it stands for the one that has claimed it.
    for root in &cargo.vendored {
        if mirror::is_of_vendored_crates(root)
            && roots.iter().all(|other| other.stable != root.stable)
        {
            roots.push(root.clone());
        }
    }
    roots
}

/// The variables that a compiler is to see otherwise, with their values.
pub fn variables(roots: &[Root]) -> Vec<(OsString, OsString)> {
    use super::text::{Direction, replaced};
    use std::os::unix::ffi::OsStringExt;
    env::vars_os()
        .filter(|(name, value)| is_for_compilers(name.as_bytes(), value.as_bytes(), roots))
        .filter_map(|(name, value)| {
            let stable = replaced(value.as_bytes(), roots, Direction::Normalize)?;
            Some((name, OsString::from_vec(stable)))
        })
        .collect()
}

/// Whether a variable may be part of a crate: cargo's own, and those of a build script, whose
/// whole value is a path.
fn is_for_compilers(name: &[u8], value: &[u8], roots: &[Root]) -> bool {
    const LEFT_ALONE: [&[u8]; 10] = [
        b"HOME",
        b"LD_LIBRARY_PATH",
        b"OLDPWD",
        b"PATH",
        b"PWD",
        b"SHELL",
        b"TEMP",
        b"TEMPDIR",
        b"TMP",
        b"TMPDIR",
    ];
    if LEFT_ALONE.contains(&name) || name.starts_with(b"NIX_") || name.starts_with(b"SCCACHE_") {
        return false;
    }
    name.starts_with(b"CARGO") || roots.iter().any(|root| value.starts_with(&root.real))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendored_crates_are_where_cargo_is_told() {
        let mut cargo = Cargo::default();
        let text = "[source.crates-io]\nreplace-with = \"a\"\n\
            [source.a]\ndirectory = \"/nix/store/0123456789abcdfghijklmnpqrsvwxyz-deps/1\"\n\
            [source.b]\ndirectory = \"/nix/store/0123456789abcdfghijklmnpqrsvwxyz-deps/2\"\n\
            [source.c]\ndirectory = \"program-1.0-vendor\"\n\
            [source.d]\ndirectory = \"/build/source/vendor\"\n";
        cargo.add(text, Path::new("/build"));
        let real: Vec<_> = cargo.vendored.iter().map(Root::real).collect();
        assert_eq!(
            real,
            [
                Path::new("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-deps"),
                Path::new("/build/program-1.0-vendor")
            ]
        );
        assert!(!cargo.linker_optimises);
        cargo.add("not = [toml", Path::new("/build"));
        cargo.add(
            "[build]\nrustflags = \"-Clinker-plugin-lto\"",
            Path::new("/build"),
        );
        assert!(cargo.linker_optimises);
        assert_eq!(cargo.vendored.len(), 2);
    }

    #[test]
    fn only_what_may_be_in_a_crate_is_rewritten() {
        let roots = [Root::vendored(Path::new("/build/a-1.0.0-vendor")).unwrap()];
        let real = b"/build/a-1.0.0-vendor/b";
        for (name, value, expected) in [
            (&b"CARGO_MANIFEST_DIR"[..], &real[..], true),
            (b"CARGO_BUILD_RUSTFLAGS", b"--x /build/a-1.0.0-vendor", true),
            (b"OUT_DIR", real, true),
            (b"SET_BY_A_BUILD_SCRIPT", real, true),
            (b"NOTES", b"see /build/a-1.0.0-vendor", false),
            (b"PWD", real, false),
            (b"NIX_BUILD_TOP", real, false),
        ] {
            assert_eq!(is_for_compilers(name, value, &roots), expected, "{name:?}");
        }
    }
}
