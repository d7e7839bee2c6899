//! What the manifests of a build say of all of it.
//!
//! Whether it makes libraries that show by which paths their crates were compiled: a `dylib` has its
//! metadata in it, and the hashes of all crates that it was made of, which depend on the paths that
//! those were compiled by; a `staticlib` has their symbols, which rustc strips from what it links
//! alone. And whether a profile has some crates optimised otherwise than those that use them.

use std::fs;
use std::path::Path;

use crate::session::Session;

/// How many folders a package is below the build's directory, at most.
const DEPTH: usize = 6;

/// Whether a package in the build's directory makes such a kind of library. What the first call of a
/// session finds holds for the others.
pub fn make(session: &Session, kind: &str) -> bool {
    let names = [format!("\"{kind}\""), format!("'{kind}'")];
    any(session, &format!("makes-{kind}"), &|manifest| {
        names.iter().any(|name| manifest.contains(name))
    })
}

/// Whether a profile in the build's directory [singles out](singles_out) some package.
pub fn single_out(session: &Session) -> bool {
    any(session, "singles-out", &singles_out)
}

/// Whether a manifest, or a configuration of cargo's, has some package compiled without
/// optimisation, or as one module, in a profile that has others optimised. What is generic in that
/// package is compiled in the others.
pub fn singles_out(text: &str) -> bool {
    let table: toml::Table = text.parse().unwrap_or_default();
    let profiles = table.get("profile").and_then(toml::Value::as_table);
    let optimising = profiles
        .into_iter()
        .flatten()
        .filter(|(name, _)| !["dev", "test"].contains(&name.as_str()));
    let mut packages = optimising
        .filter_map(|(_, profile)| profile.get("package")?.as_table())
        .flat_map(toml::Table::values);
    packages.any(|package| {
        let is = |option: &str, number: i64| {
            package.get(option).is_some_and(|value| {
                value.as_integer() == Some(number) || value.as_str() == Some(&number.to_string())
            })
        };
        is("opt-level", 0) || is("codegen-units", 1)
    })
}

/// Whether this is true of a manifest of a package in the build's directory; by this name that is
/// remembered.
fn any(session: &Session, name: &str, is_so: &dyn Fn(&str) -> bool) -> bool {
    let note = session.file(name);
    if let Ok(text) = fs::read_to_string(&note) {
        return text == "yes";
    }
    let found = any_in(Path::new("/build"), is_so, DEPTH);
    fs::write(note, if found { "yes" } else { "no" }).ok();
    found
}

/// The same of a folder. Vendored packages, which cargo knows by a file with checksums, do not leave
/// the build, and their profiles are none.
fn any_in(folder: &Path, is_so: &dyn Fn(&str) -> bool, depth: usize) -> bool {
    if folder.join(".cargo-checksum.json").exists() {
        return false;
    }
    let manifest = fs::read_to_string(folder.join("Cargo.toml"));
    if manifest.is_ok_and(|text| is_so(&text)) {
        return true;
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    depth > 0
        && entries
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter(|entry| {
                let name = entry.file_name();
                name != "target" && name != "src" && !name.as_encoded_bytes().starts_with(b".")
            })
            .any(|entry| any_in(&entry.path(), is_so, depth - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_tell() {
        for (text, expected) in [
            ("[profile.release]\nopt-level = 0\ncodegen-units = 1", false),
            ("[profile.release.package.a]\nopt-level = 3", false),
            ("[profile.release.package.a]\nopt-level = 0", true),
            ("[profile.release.package.a]\nopt-level = \"0\"", true),
            ("[profile.release.package.\"*\"]\ncodegen-units = 1", true),
            ("[profile.dist]\npackage.a.codegen-units = 1", true),
            ("[profile.dev.package.\"*\"]\ncodegen-units = 1", false),
            ("[profile.release.build-override]\nopt-level = 0", false),
            ("[package]\nprofile = 1", false),
            ("not [toml", false),
        ] {
            assert_eq!(singles_out(text), expected, "{text}");
        }
    }

    #[test]
    fn manifests_tell() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let with = "[lib]\ncrate-type = [\"lib\", \"dylib\"]";
        write("source/Cargo.toml", "[lib]\ncrate-type = [\"cdylib\"]");
        write("vendor/a/Cargo.toml", with);
        write("vendor/a/.cargo-checksum.json", "{}");
        write("source/target/package/a/Cargo.toml", with);
        let makes = |kind: &str, depth| any_in(folder.path(), &|text| text.contains(kind), depth);
        assert!(!makes("\"dylib\"", DEPTH));
        write("source/crates/b/Cargo.toml", with);
        assert!(makes("\"dylib\"", DEPTH));
        assert!(!makes("\"dylib\"", 1));
        assert!(!makes("\"staticlib\"", DEPTH));
    }
}
