//! Whether a build makes libraries that show by which paths their crates were compiled.
//!
//! A `dylib` has its metadata in it, and the hashes of all crates that it was made of, which depend
//! on the paths that those were compiled by. A `staticlib` has their symbols, which rustc strips from
//! what it links alone.

use std::fs;
use std::path::Path;

use crate::session::Session;

/// How many folders a package is below the build's directory, at most.
const DEPTH: usize = 6;

/// Whether a package in the build's directory makes such a kind of library. What the first call of a
/// session finds holds for the others.
pub fn are_made(session: &Session, kind: &str) -> bool {
    let note = session.file(&format!("makes-{kind}"));
    if let Ok(text) = fs::read_to_string(&note) {
        return text == "yes";
    }
    let found = is_made_in(Path::new("/build"), kind, DEPTH);
    fs::write(note, if found { "yes" } else { "no" }).ok();
    found
}

/// Whether a package in a folder makes such a kind; vendored ones, which cargo knows by a file with
/// checksums, do not leave the build.
fn is_made_in(folder: &Path, kind: &str, depth: usize) -> bool {
    if folder.join(".cargo-checksum.json").exists() {
        return false;
    }
    let manifest = fs::read_to_string(folder.join("Cargo.toml"));
    let names = [format!("\"{kind}\""), format!("'{kind}'")];
    if manifest.is_ok_and(|text| names.iter().any(|name| text.contains(name))) {
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
            .any(|entry| is_made_in(&entry.path(), kind, depth - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(!is_made_in(folder.path(), "dylib", DEPTH));
        write("source/crates/b/Cargo.toml", with);
        assert!(is_made_in(folder.path(), "dylib", DEPTH));
        assert!(!is_made_in(folder.path(), "dylib", 1));
        assert!(!is_made_in(folder.path(), "staticlib", DEPTH));
    }
}
