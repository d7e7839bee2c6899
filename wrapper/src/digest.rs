//! Computes digests of programs and files, by which keys tell them apart.

use std::env;
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use blake3::Hasher;

/// What tells a program from every other: its path, if that is in a Nix store, which holds
/// one thing under one name; else its contents. A script's own arguments for the compiler
/// behind it are in either.
pub fn of_program(program: &Path) -> io::Result<Vec<u8>> {
    let real = program.canonicalize()?;
    if is_in_store(&real) {
        return Ok(real.into_os_string().into_vec());
    }
    of_file(&real)
}

/// The digest of a file's contents.
pub fn of_file(file: &Path) -> io::Result<Vec<u8>> {
    let mut hash = Hasher::new();
    let copied = File::open(file).and_then(|mut file| io::copy(&mut file, &mut hash));
    // The system does not say which file it is.
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.display()));
    copied
        .map(|_| hash.finalize().as_bytes().to_vec())
        .map_err(named)
}

/// Whether a path is in a Nix store.
pub fn is_in_store(real: &Path) -> bool {
    let store = env::var_os("NIX_STORE").unwrap_or_else(|| "/nix/store".into());
    real.starts_with(store)
}

/// The digest of files, by their names and their contents.
pub fn of_files(files: &[PathBuf]) -> io::Result<Vec<u8>> {
    let mut all = Hasher::new();
    for file in files {
        all.update(file.file_name().unwrap_or_default().as_bytes());
        all.update(&[0]);
        all.update(&of_file(file)?);
    }
    Ok(all.finalize().as_bytes().to_vec())
}
