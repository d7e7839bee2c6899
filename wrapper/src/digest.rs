//! Computes digests of programs and files, by which keys tell them apart.

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// What tells a program from every other: its path, if that is in a Nix store, which holds
/// one thing under one name; else its contents. A script's own arguments for the compiler
/// behind it are in either.
pub fn of_program(program: &Path) -> Vec<u8> {
    let real = program
        .canonicalize()
        .unwrap_or_else(|_| program.to_owned());
    if is_in_store(&real) {
        return real.into_os_string().into_vec();
    }
    fs::read(&real)
        .map(|contents| Sha256::digest(contents).to_vec())
        .unwrap_or_default()
}

/// Whether a path is in a Nix store.
pub fn is_in_store(real: &Path) -> bool {
    let store = env::var_os("NIX_STORE").unwrap_or_else(|| "/nix/store".into());
    real.starts_with(store)
}

/// The digest of files, by their names and their contents.
pub fn of_files(files: &[PathBuf]) -> Vec<u8> {
    let mut all = Sha256::new();
    for file in files {
        all.update(file.file_name().unwrap_or_default().as_bytes());
        all.update([0]);
        let mut one = Sha256::new();
        // What cannot be read is told from what is empty.
        if let Err(error) = File::open(file).and_then(|mut file| io::copy(&mut file, &mut one)) {
            one.update(error.to_string());
        }
        all.update(one.finalize());
    }
    all.finalize().to_vec()
}
