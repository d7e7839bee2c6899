//! Reads what a build of rustc itself tells a compiler's call by variables.
//!
//! There cargo runs a program of bootstrap's, `build/bootstrap/debug/rustc`: it takes what to run,
//! and flags to add, from variables. Where the cache stands in front of that program, as by
//! `build.ccache` from 1.89 on and by `RUSTC_WRAPPER` in 1.63, it sees none of it. The variables
//! are those of `src/bootstrap/bin/rustc.rs` in 1.63 and `src/bootstrap/src/bin/rustc.rs` in 1.85.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::digest;
use crate::invocation::Rustc;
use crate::session::Session;

/// The compiler for what has a `--target`. Nobody but bootstrap sets it.
const REAL: &str = "RUSTC_REAL";

/// The compiler for build scripts and procedural macros, and what they are made of.
const SNAPSHOT: &str = "RUSTC_SNAPSHOT";

/// Where the standard library is that a crate with a `--target` is compiled against.
const SYSROOT: &str = "RUSTC_SYSROOT";

/// What changes messages, and whom cargo calls, and no crate.
const OF_NO_ACCOUNT: [&str; 8] = [
    "RUSTC_BACKTRACE_ON_ICE",
    "RUSTC_BREAK_ON_ICE",
    "RUSTC_ON_FAIL",
    "RUSTC_PRINT_STEP_RUSAGE",
    "RUSTC_PRINT_STEP_TIMINGS",
    "RUSTC_VERBOSE",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
];

/// Whether the call makes one of bootstrap's own programs, which `x.py` builds first: they stand in front of
/// rustc and rustdoc, and install nothing of themselves.
pub fn is_its_program(call: &Rustc) -> bool {
    let folder = env::var_os("CARGO_MANIFEST_DIR");
    call.crate_types().eq(["bin"])
        && env::var_os("CARGO_PKG_NAME").is_some_and(|name| name == "bootstrap")
        && folder.is_some_and(|folder| Path::new(&folder).ends_with("src/bootstrap"))
}

/// The compiler that bootstrap's program runs, if this is a build of rustc.
fn compiler(has_target: bool) -> Option<PathBuf> {
    let real = env::var_os(REAL)?;
    let named = if has_target {
        Some(real)
    } else {
        env::var_os(SNAPSHOT)
    };
    named.map(PathBuf::from)
}

/// Whether the call is of a compiler that this very build has made. Sccache knows a compiler by
/// the libraries that it is made of, and would be shown those of another one.
pub fn compiles_with_its_own(has_target: bool) -> bool {
    compiler(has_target).is_some_and(|compiler| is_of_later_stage(&compiler))
}

/// `build/TRIPLE/stage1/bin/rustc`; what is downloaded goes to `stage0`.
fn is_of_later_stage(compiler: &Path) -> bool {
    compiler.components().any(|part| {
        let part = part.as_os_str().as_bytes();
        part.strip_prefix(b"stage").is_some_and(|rest| {
            rest.first()
                .is_some_and(|digit| digit.is_ascii_digit() && *digit != b'0')
        })
    })
}

/// What goes into a crate and is not in the call's arguments, by name.
pub fn implicit_inputs(has_target: bool) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let Some(compiler) = compiler(has_target) else {
        return Ok(Vec::new());
    };
    let mut parts: Vec<_> = env::vars_os()
        .filter(|(name, _)| is_implicit(name))
        .map(|(name, value)| (name.into_vec(), value.into_vec()))
        .collect();
    parts.sort();
    parts.push((
        b"compiler of bootstrap".to_vec(),
        digest::of_program(&compiler)?,
    ));
    if let Some(sysroot) = env::var_os(SYSROOT).filter(|_| has_target) {
        parts.push((
            b"libraries of bootstrap".to_vec(),
            libraries(Path::new(&sysroot))?,
        ));
    }
    Ok(parts)
}

fn is_implicit(name: &OsStr) -> bool {
    let is_bootstraps = name.as_bytes().starts_with(b"RUSTC_") || name == "MAGIC_EXTRA_RUSTFLAGS";
    is_bootstraps && OF_NO_ACCOUNT.iter().all(|other| name != *other)
}

/// The standard library that bootstrap has put into the sysroot: another one does not fit what was
/// compiled against this one, and is not named in the arguments. Empty before it is built.
fn libraries(sysroot: &Path) -> io::Result<Vec<u8>> {
    let folders = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.flatten().map(|entry| entry.path()).collect()
    };
    let mut files: Vec<_> = folders(&sysroot.join("lib/rustlib"))
        .iter()
        .flat_map(|target| folders(&target.join("lib")))
        .filter(|file| is_library(file))
        .collect();
    files.sort();
    // It is a hundred megabytes and more, for each call.
    let digest = || digest::of_files(&files).ok();
    let session = Session::current();
    let remembered =
        session.and_then(|session| session.remember(b"libraries of bootstrap", &files, digest));
    remembered.map_or_else(|| digest::of_files(&files), Ok)
}

fn is_library(file: &Path) -> bool {
    ["rlib", "rmeta", "so", "dylib"]
        .iter()
        .any(|ending| file.extension() == Some(OsStr::new(ending)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compilers_of_this_build_are_known_by_their_folder() {
        for (compiler, expected) in [
            ("/build/source/build/x/stage1/bin/rustc", true),
            ("/build/source/build/x/stage2/bin/rustc", true),
            ("/build/source/build/x/stage0/bin/rustc", false),
            ("/build/source/build/x/stage0-sysroot/bin/rustc", false),
            ("/nix/store/x-rust-1.85.0/bin/rustc", false),
            ("/nix/store/x-stage/bin/rustc", false),
            ("/usr/bin/rustc", false),
        ] {
            assert_eq!(
                is_of_later_stage(Path::new(compiler)),
                expected,
                "{compiler}"
            );
        }
    }

    #[test]
    fn what_bootstrap_adds_is_implicit() {
        for name in ["RUSTC_LINT_FLAGS", "RUSTC_STAGE", "MAGIC_EXTRA_RUSTFLAGS"] {
            assert!(is_implicit(OsStr::new(name)), "{name}");
        }
        for name in [
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTC_VERBOSE",
            "RUSTFLAGS",
            "PATH",
        ] {
            assert!(!is_implicit(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn another_standard_library_is_another_part() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("lib/rustlib/x/lib");
        let none = libraries(folder.path()).unwrap();
        fs::create_dir_all(&library).unwrap();
        fs::write(library.join(".stamp"), "1").unwrap();
        assert_eq!(libraries(folder.path()).unwrap(), none);
        fs::write(library.join("libstd-1.rlib"), "1").unwrap();
        let one = libraries(folder.path()).unwrap();
        assert_ne!(one, none);
        fs::write(library.join("libstd-1.rlib"), "2").unwrap();
        assert_ne!(libraries(folder.path()).unwrap(), one);
    }
}
