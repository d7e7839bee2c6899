//! Answers what sccache asks rustc about itself, before each call.
//!
//! In client-side mode it is a new process each time, which asks for rustc's version and for its
//! sysroot, and digests the shared libraries there: 150 MB and more. All of it stays the same while
//! a session lasts, so rustc is asked once, and for the libraries, which sccache looks for in the
//! sysroot, stands one small file with a digest of them. The questions are those of 0.16 to 0.19;
//! one that is asked otherwise goes to rustc.

use std::env;
use std::env::consts::DLL_EXTENSION;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix_sccache_contract::hex;

use crate::digest;
use crate::invocation::{Invocation, Rustc};
use crate::real_sccache;
use crate::session::{Session, write_whole};

/// The answer to what sccache asks, where it is such a question: what rustc, called by this command
/// with these arguments, prints to standard output.
pub fn answer(session: &Session, asked: &Invocation, command: &mut Command) -> Option<Vec<u8>> {
    let compiler = &asked.compiler;
    let arguments: Vec<_> = asked.arguments.iter().map(OsString::as_os_str).collect();
    let asks_sysroot = match arguments.as_slice() {
        [only] if *only == "-vV" => false,
        [first, rest @ ..]
            if *first == "--print=sysroot"
                && rest.iter().all(|other| *other == "--print=target-libdir") =>
        {
            true
        }
        _ => return None,
    };
    if !real_sccache::is_client_side() || !answers_always_so(session, &compiler.path) {
        return None;
    }
    let files: Vec<_> = compiler
        .programs()
        .into_iter()
        .map(Path::to_owned)
        .collect();
    let said = session.remember(&question(&arguments), &files, || {
        let output = command.output().ok();
        output
            .filter(|output| output.status.success())
            .map(|output| output.stdout)
    })?;
    if asks_sysroot {
        with_small_sysroot(session, &said)
    } else {
        Some(said)
    }
}

/// The names of a library's files, which sccache asks rustc for before each call: they are known by the
/// arguments, as the [seal](crate::entry_checksum) knows them. Those of other kinds of crate depend on the target.
pub fn file_names(call: &Rustc) -> Option<Vec<u8>> {
    let is_asked = call.arguments.values("--print").eq(["file-names"]);
    let mut others = call
        .crate_types()
        .filter(|kind| !["lib", "rlib"].contains(kind));
    let is_library = call.makes(&["lib", "rlib"]) && others.next().is_none();
    if !is_asked || !is_library || call.is_test() || call.arguments.has("-o") {
        return None;
    }
    Some(format!("lib{}.rlib\n", call.output_stem()?).into_bytes())
}

/// Whether a compiler is what it was as long as its file is: in a store, or in the sysroot that it
/// tells of. rustup's program and others like it run one that is elsewhere, by the folder that they
/// are called in.
fn answers_always_so(session: &Session, compiler: &Path) -> bool {
    let Ok(real) = compiler.canonicalize() else {
        return false;
    };
    if digest::is_in_store(&real) {
        return true;
    }
    let is_its_own = || {
        let output = Command::new(compiler)
            .arg("--print=sysroot")
            .output()
            .ok()?;
        let sysroot = output.stdout.split(|byte| *byte == b'\n').next()?;
        let own = Path::new(OsStr::from_bytes(sysroot)).join("bin/rustc");
        let is_own = own.canonicalize().is_ok_and(|own| own == real);
        Some(vec![u8::from(is_own)])
    };
    let files = [compiler.to_owned()];
    session.remember(b"is in its sysroot", &files, is_its_own) == Some(vec![1])
}

/// A question, with all that the answer may depend on beside the compiler's file: bootstrap's
/// program and nixpkgs' wrapper look into variables.
fn question(arguments: &[&OsStr]) -> Vec<u8> {
    let decides = |name: &OsStr| {
        let starts = |start: &&str| name.as_bytes().starts_with(start.as_bytes());
        ["PATH", "LD_", "DYLD_", "RUST", "SYSROOT", "NIX_RUST"]
            .iter()
            .any(starts)
    };
    let mut variables: Vec<_> = env::vars_os().filter(|(name, _)| decides(name)).collect();
    variables.sort();
    let mut question = Vec::new();
    let pairs = variables
        .into_iter()
        .flat_map(|(name, value)| [name, value]);
    for part in arguments.iter().map(OsString::from).chain(pairs) {
        question.extend(part.into_vec());
        question.push(0);
    }
    question
}

/// An answer with another sysroot in its first line.
fn with_small_sysroot(session: &Session, said: &[u8]) -> Option<Vec<u8>> {
    let end = said.iter().position(|byte| *byte == b'\n')?;
    let (sysroot, rest) = said.split_at(end);
    let libraries = shared_libraries(Path::new(OsStr::from_bytes(sysroot)))?;
    let digest = session.remember(b"shared libraries", &libraries, || {
        digest::of_files(&libraries).ok()
    })?;
    let digest = hex(&digest);
    let small = session.file("sysroots").join(&digest);
    let library = small
        .join("lib")
        .join(format!("librustc_driver.{DLL_EXTENSION}"));
    if !library.exists() {
        write_whole(&library, digest.as_bytes()).ok()?;
    }
    Some([small.as_os_str().as_bytes(), rest].concat())
}

/// What sccache digests: files in the sysroot's `lib`.
fn shared_libraries(sysroot: &Path) -> Option<Vec<PathBuf>> {
    let files = fs::read_dir(sysroot.join("lib")).ok()?;
    let mut libraries: Vec<_> = files
        .flatten()
        .map(|file| file.path())
        .filter(|path| path.extension() == Some(OsStr::new(DLL_EXTENSION)) && path.is_file())
        .collect();
    libraries.sort();
    Some(libraries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::words;

    /// Rustc itself says the same.
    #[test]
    fn names_of_files_are_rustcs() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("a.rs");
        fs::write(&source, "#![crate_type = \"staticlib\"]\n").unwrap();
        for line in [
            "--crate-name a --crate-type lib --emit dep-info,metadata,link --out-dir out",
            "--crate-name a --crate-type rlib --crate-type lib -C extra-filename=-1f --emit metadata",
        ] {
            let line = format!("{line} --print file-names");
            let mut arguments = vec![source.clone().into_os_string()];
            arguments.extend(words(&line));
            let said = Command::new("rustc").args(&arguments).output().unwrap();
            assert_eq!(
                file_names(&Rustc::read(&arguments)),
                Some(said.stdout),
                "{line}"
            );
        }
        for line in [
            "a.rs --crate-name a --crate-type lib",
            "a.rs --crate-name a --crate-type staticlib --print file-names",
            "a.rs --crate-name a --print file-names",
            "a.rs --crate-type lib --print file-names",
        ] {
            assert_eq!(file_names(&Rustc::read(&words(line))), None, "{line}");
        }
    }
}
