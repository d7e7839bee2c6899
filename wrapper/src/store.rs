//! Tells what is in the Nix store and cannot change.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The store's directory.
fn directory() -> PathBuf {
    env::var_os("NIX_STORE").map_or_else(|| PathBuf::from("/nix/store"), PathBuf::from)
}

/// Whether a path is in the Nix store.
pub fn holds(path: &Path) -> bool {
    path.starts_with(directory())
}

/// The paths of the derivation's outputs, which change while it is built: Nix tells a builder of each by a variable, or,
/// with structured attributes, in a file.
pub fn outputs() -> Vec<OsString> {
    let structured = env::var_os("NIX_ATTRS_JSON_FILE").and_then(|file| {
        let attributes: Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        let paths = attributes.get("outputs")?.as_object()?.values();
        Some(
            paths
                .filter_map(|path| Some(path.as_str()?.into()))
                .collect(),
        )
    });
    let paths: Vec<OsString> = structured.unwrap_or_else(|| {
        let names = env::var("outputs").unwrap_or_else(|_| "out".to_owned());
        names.split_whitespace().filter_map(env::var_os).collect()
    });
    let is_whole = |path: &OsString| path.as_bytes().starts_with(b"/");
    paths.into_iter().filter(is_whole).collect()
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
