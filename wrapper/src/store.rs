//! Tells what is in the Nix store and cannot change.

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The store's directory.
fn directory() -> PathBuf {
    env::var_os("NIX_STORE").map_or_else(|| PathBuf::from("/nix/store"), PathBuf::from)
}

/// Whether a path is in the Nix store.
pub fn holds(path: &Path) -> bool {
    path.starts_with(directory())
}

/// The paths of the derivation's outputs, which change while it is built.
pub fn outputs() -> Vec<OsString> {
    // With structured attributes there is no such list, and stdenv exports each all the same.
    let names = env::var("outputs").unwrap_or_else(|_| "out".to_owned());
    names
        .split_whitespace()
        .filter_map(env::var_os)
        .filter(|path| path.as_bytes().starts_with(b"/"))
        .collect()
}

/// What is in the store for as long as a build lasts.
pub struct Constant {
    store: PathBuf,
    outputs: Vec<OsString>,
}

impl Constant {
    /// That of this build.
    pub fn new() -> Self {
        Self {
            store: directory(),
            outputs: outputs(),
        }
    }

    /// Whether what is at a path, or that there is nothing, cannot change.
    pub fn holds(&self, path: &Path) -> bool {
        path.starts_with(&self.store)
            && !self.outputs.iter().any(|output| path.starts_with(output))
            && !path
                .as_os_str()
                .as_bytes()
                .windows(4)
                .any(|part| part == b"/../")
    }
}
