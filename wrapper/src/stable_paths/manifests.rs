//! Reads what the manifests of a build say of all of it.
//!
//! Whether it makes libraries that show by which paths their crates were compiled: a `dylib` has its
//! metadata in it, and the hashes of all crates that it was made of, which depend on the paths that
//! those were compiled by; a `staticlib` has their symbols, which rustc strips from what it links
//! alone. And whether a profile has some crates optimised otherwise than those that use them.

use std::env;
use std::fs;
use std::path::Path;

use nix_sccache_contract as contract;
use toml_span::Value;
use toml_span::value::Table;

use crate::session::Session;

/// Whether a package in the build's directory makes such a kind of library, or [`contract::MAKES`]
/// says so. What the first call of a session finds in manifests holds for the others.
pub fn make(session: &Session, kind: &str) -> bool {
    let told = env::var(contract::MAKES).unwrap_or_default();
    let names = [format!("\"{kind}\""), format!("'{kind}'")];
    told.split(',').any(|name| name == kind)
        || any(session, &format!("makes-{kind}"), &|manifest| {
            names.iter().any(|name| manifest.contains(name))
        })
}

/// Whether a profile of these in the build's directory [singles out](singles_out) some package.
pub fn single_out(session: &Session, profiles: Profiles) -> bool {
    any(session, &format!("singles-out-{profiles:?}"), &|manifest| {
        singles_out(manifest, profiles)
    })
}

/// Which profiles a build may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profiles {
    /// `dev` and `test`.
    Debug,
    /// `release` and `bench`, and what they inherit from.
    Release,
    /// Any.
    Any,
}

impl Profiles {
    /// Those of a call whose output goes to a directory: cargo names one after the profile.
    pub fn of(directory: Option<&Path>) -> Self {
        let ends = |end: &str| directory.is_some_and(|directory| directory.ends_with(end));
        if ends("debug/deps") {
            Self::Debug
        } else if ends("release/deps") {
            Self::Release
        } else {
            Self::Any
        }
    }

    fn have(self, name: &str) -> bool {
        match self {
            Self::Debug => ["dev", "test"].contains(&name),
            Self::Release => ["release", "bench"].contains(&name),
            Self::Any => true,
        }
    }
}

/// Whether a manifest, or a configuration of cargo's, has some package optimised otherwise than
/// others, or compiled as another number of modules: what is generic in a crate is compiled in those
/// that use it.
pub fn singles_out(text: &str, profiles: Profiles) -> bool {
    let Ok(table) = toml_span::parse(text) else {
        // It has no dates (toml-span 0.7), which cargo takes in a manifest: then the words count.
        let mut options = ["opt-level", "codegen-units"].iter();
        return text.contains("profile") && options.any(|option| text.contains(option));
    };
    let all = table.pointer("/profile").and_then(Value::as_table);
    let wanted = all
        .into_iter()
        .flatten()
        .filter(|(name, _)| profiles.have(&name.name));
    let mut packages = wanted
        .filter_map(|(_, profile)| profile.pointer("/package")?.as_table())
        .flat_map(Table::values);
    packages.any(|package| package.has_key("opt-level") || package.has_key("codegen-units"))
}

/// Whether this is true of a manifest of a package in the build's directory; by this name that is
/// remembered.
fn any(session: &Session, name: &str, is_so: &dyn Fn(&str) -> bool) -> bool {
    let look = || Some(vec![u8::from(any_in(Path::new("/build"), is_so))]);
    session.remember(name.as_bytes(), &[], look) == Some(vec![1])
}

/// The same of a directory. Vendored packages, which cargo knows by a file with checksums, do not leave
/// the build, and their profiles are none; and what cargo makes is nobody's source.
fn any_in(directory: &Path, is_so: &dyn Fn(&str) -> bool) -> bool {
    const NONE_OF_IT: [&str; 3] = [".cargo-checksum.json", ".rustc_info.json", "CACHEDIR.TAG"];
    if NONE_OF_IT.iter().any(|name| directory.join(name).exists()) || directory.ends_with(".git") {
        return false;
    }
    let manifest = fs::read_to_string(directory.join("Cargo.toml"));
    if manifest.is_ok_and(|text| is_so(&text)) {
        return true;
    }
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .any(|entry| any_in(&entry.path(), is_so))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_tell() {
        use Profiles::{Any, Debug, Release};
        for (text, profiles, expected) in [
            ("[profile.release]\nopt-level = 0", Release, false),
            ("[profile.release.package.a]\nopt-level = 3", Release, true),
            ("[profile.release.package.a]\nopt-level = 3", Debug, false),
            ("[profile.release.package.a]\nopt-level = \"s\"", Any, true),
            (
                "[profile.bench.package.\"*\"]\ncodegen-units = 1",
                Release,
                true,
            ),
            ("[profile.release.package.a]\ndebug = 1", Release, false),
            ("[profile.dist]\npackage.a.codegen-units = 1", Any, true),
            ("[profile.dev.package.\"*\"]\nopt-level = 3", Release, false),
            ("[profile.dev.package.\"*\"]\nopt-level = 3", Debug, true),
            (
                "[profile.release.build-override]\nopt-level = 0",
                Any,
                false,
            ),
            ("[package]\nprofile = 1", Any, false),
            ("not [toml", Any, false),
            (
                "[package.metadata]\nreleased = 2026-01-01\n[profile.release.package.a]\nopt-level = 3",
                Release,
                true,
            ),
            ("[package.metadata]\nreleased = 2026-01-01", Any, false),
        ] {
            assert_eq!(singles_out(text, profiles), expected, "{text}");
        }
        for (directory, expected) in [
            ("/build/source/target/release/deps", Release),
            (
                "/build/source/target/x86_64-unknown-linux-gnu/release/deps",
                Release,
            ),
            ("target/debug/deps", Debug),
            ("target/dist/deps", Any),
            ("out", Any),
        ] {
            assert_eq!(
                Profiles::of(Some(Path::new(directory))),
                expected,
                "{directory}"
            );
        }
    }

    #[test]
    fn manifests_tell() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let with = "[lib]\ncrate-type = [\"lib\", \"dylib\"]";
        write("source/Cargo.toml", "[lib]\ncrate-type = [\"cdylib\"]");
        write("vendor/a/Cargo.toml", with);
        write("vendor/a/.cargo-checksum.json", "{}");
        write("source/target/CACHEDIR.TAG", "");
        write("source/target/package/a/Cargo.toml", with);
        write("source/.git/a/Cargo.toml", with);
        let makes = |kind: &str| any_in(directory.path(), &|text| text.contains(kind));
        assert!(!makes("\"dylib\""));
        for name in [
            "other/target/b",
            "source/.hidden/b",
            "source/1/2/3/4/5/6/7/8",
        ] {
            write(&format!("{name}/Cargo.toml"), with);
            assert!(makes("\"dylib\""), "{name}");
            fs::remove_dir_all(directory.path().join(name)).unwrap();
            assert!(!makes("\"dylib\""), "{name}");
        }
    }
}
