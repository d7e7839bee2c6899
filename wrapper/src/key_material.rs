//! Collects key material that sccache does not see: an invocation's implicit inputs.
//!
//! nixpkgs' compiler wrappers, and cargo2nix's, add what they find in the environment
//! behind sccache's back, and what is written in them. And where we stand in front of the
//! compiler, sccache knows our digest and not the compiler's. So does rustc's bootstrap with a
//! program of its own.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use blake3::Hasher;
use nix_sccache_contract::hex;
use nix_sccache_contract::hidden;
use nix_sccache_contract::{self as contract, Language};

use crate::bootstrap;
use crate::digest;
use crate::entry_checksum;
use crate::invocation::{Invocation, Options, Rustc};
use crate::kept;
use crate::static_libraries;

/// The part that tells the compiler from every other.
pub const COMPILER: &str = "compiler";

/// The part that tells the workspace wrapper from every other.
pub const WRAPPER: &str = "wrapper";

/// The part that is the names by which a crate calls those that it uses.
pub const RENAMES: &str = "names of dependencies";

/// The part that is the description of a target that rustc does not know by itself.
pub const TARGET: &str = "target specification";

/// The part that is the option which names a profile.
pub const PROFILE: &str = "profile";

/// The part that is the name of a source: an object has it in it.
pub const SOURCE: &str = "name of the source";

/// With which the name of the part that is a static library begins.
pub const LIBRARY: &str = "static library";

/// What goes into the key, by name: variables, and what is named above and in [`bootstrap`]. Fails where
/// something of it cannot be read.
pub fn parts(invocation: &Invocation) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let (language, compiler) = (invocation.language(), &invocation.compiler);
    let mut parts: Vec<(Vec<u8>, Vec<u8>)> = hidden_variables(language)
        .into_iter()
        .map(|(name, value)| (name.into_vec(), value.into_vec()))
        .collect();
    parts.push((COMPILER.into(), digest::of_program(&compiler.path)?));
    if let Some(wrapper) = &compiler.wrapper {
        parts.push((WRAPPER.into(), digest::of_program(wrapper)?));
    }
    if let Some((name, value)) = kept::deciding() {
        parts.push((name.into(), value.into_vec()));
    }
    match &invocation.options {
        Options::Rustc(call) => {
            parts.extend(bootstrap::implicit_inputs(call.target().is_some())?);
            parts.extend(libraries(call)?);
            parts.extend(renames(call).map(|names| (RENAMES.into(), names)));
            parts.extend(target(call)?.map(|digest| (TARGET.into(), digest)));
            // By its path, too, which is in the crate's hash; its contents sccache sees.
            parts.extend(
                call.profile()
                    .map(|given| (PROFILE.into(), given.into_bytes())),
            );
        }
        Options::Cc(_) => {
            let source = invocation.sources().first().and_then(|it| it.file_name());
            parts.extend(source.map(|name| (SOURCE.into(), name.as_bytes().to_vec())));
        }
    }
    let variable = variable(language);
    if let Some(own) = env::var_os(variable) {
        parts.push((variable.into(), own.into_vec()));
    }
    Ok(parts)
}

/// Static libraries that sccache passes over, by their names, and what is in them.
fn libraries(call: &Rustc) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let here = env::current_dir().unwrap_or_default();
    static_libraries::of(call, &here)
        .into_iter()
        .filter(|library| !library.is_known)
        .map(|library| {
            let name = format!("{LIBRARY} {}", library.name);
            Ok((name.into_bytes(), digest::of_file(&library.file)?))
        })
        .collect()
}

/// The names of a crate's dependencies, each in the place that its file has in sccache's key. That has
/// the files in the order of their paths, and not the names.
fn renames(call: &Rustc) -> Option<Vec<u8>> {
    let mut externs: Vec<_> = call
        .arguments
        .values("--extern")
        .filter_map(|given| given.split_once('='))
        .map(|(name, file)| (Path::new(file), name))
        .collect();
    externs.sort_unstable();
    let names: Vec<_> = externs.into_iter().map(|(_, name)| name).collect();
    (!names.is_empty()).then(|| names.join("\n").into_bytes())
}

/// The digest of the file that describes a target, where rustc finds one by the target's name. One that
/// is named by its path sccache reads itself.
fn target(call: &Rustc) -> io::Result<Option<Vec<u8>>> {
    let (Some(target), Some(folders)) = (call.target(), env::var_os("RUST_TARGET_PATH")) else {
        return Ok(None);
    };
    let mut files = env::split_paths(&folders).map(|folder| folder.join(format!("{target}.json")));
    let found = files.find(|file| file.is_file());
    found.map(|file| digest::of_files(&[file])).transpose()
}

fn variable(language: Language) -> &'static str {
    if language == Language::Rust {
        contract::RUST_KEY
    } else {
        contract::C_KEY
    }
}

/// The variable to give to sccache, so that all this is in the key; and whether the entry is
/// [sealed](seal), since one that is not would be taken for a damaged one.
pub fn key_variable(invocation: &Invocation, sealed: bool) -> io::Result<(&'static str, OsString)> {
    let mut parts = parts(invocation)?;
    if sealed {
        parts.push((b"seal".to_vec(), entry_checksum::FORM.into()));
    }
    let mut hash = Hasher::new();
    for part in parts.iter().flat_map(|(name, value)| [name, value]) {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    Ok((
        variable(invocation.language()),
        hex(hash.finalize().as_bytes()).into(),
    ))
}

fn is_hidden_from(language: Language, name: &OsStr) -> bool {
    hidden::of(language)
        .iter()
        .any(|start| name.as_bytes().starts_with(start.as_bytes()))
}

fn hidden_variables(language: Language) -> Vec<(OsString, OsString)> {
    let mut variables: Vec<_> = env::vars_os()
        .filter(|(name, value)| is_hidden_from(language, name) && !value.is_empty())
        .collect();
    variables.sort();
    variables
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::{self, words};

    /// Two crates that trade their names are other dependencies.
    #[test]
    fn dependencies_have_their_names() {
        let names = |line: &str| renames(&Rustc::read(&words(line)));
        let one = names("--extern one=a.rlib --extern priv:two=b.rlib");
        assert_eq!(one.as_deref(), Some(&b"one\npriv:two"[..]));
        assert_eq!(one, names("--extern priv:two=b.rlib --extern one=a.rlib"));
        assert_ne!(one, names("--extern one=b.rlib --extern priv:two=a.rlib"));
        assert_ne!(one, names("--extern one=a.rlib --extern two=b.rlib"));
        assert_eq!(names("-L a"), None);
    }

    /// Nor are the entries of a shim that does not know of seals.
    #[test]
    fn sealed_entries_are_others() {
        let folder = tempfile::tempdir().unwrap();
        let compiler = folder.path().join("rustc");
        let key = |sealed| {
            let invocation = invocation::read(&compiler.display().to_string());
            key_variable(&invocation, sealed).map_err(|error| error.kind())
        };
        assert_eq!(key(true), Err(io::ErrorKind::NotFound));
        std::fs::write(&compiler, "").unwrap();
        assert_ne!(key(true), key(false));
        assert_eq!(key(true), key(true));
    }
}
