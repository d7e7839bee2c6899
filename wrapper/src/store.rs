//! Tells what is in the Nix store and cannot change.

use std::cell::RefCell;
use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

/// The store's directory.
fn directory() -> PathBuf {
    env::var_os("NIX_STORE").map_or_else(|| PathBuf::from("/nix/store"), PathBuf::from)
}

/// Whether a path is in the Nix store.
pub fn holds(path: &Path) -> bool {
    path.starts_with(directory())
}

/// The store path that a path is in, if it is in one.
pub fn path_of(path: &Path) -> Option<PathBuf> {
    let store = directory();
    let name = path.strip_prefix(&store).ok()?.components().next()?;
    Some(store.join(name))
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

/// Variables that name what is another in another derivation of the same sources, or of the same crates: those of its outputs,
/// and what nixpkgs and crane have for the sources and the crates.
pub fn variables_of_derivation() -> Vec<OsString> {
    const SOURCES: [&str; 4] = ["src", "cargoDeps", "cargoVendorDir", "cargoArtifacts"];
    let outputs = outputs();
    let of_output = env::vars_os().filter(|(_, value)| outputs.contains(value));
    let mut names: Vec<_> = of_output.map(|(name, _)| name).collect();
    names.sort();
    names.extend(SOURCES.map(OsString::from));
    names
}

/// The paths in the store that they name.
pub fn of_derivation() -> Vec<PathBuf> {
    let values = variables_of_derivation()
        .into_iter()
        .filter_map(env::var_os);
    let paths = values.map(PathBuf::from);
    paths.filter(|path| hash(path).is_some()).collect()
}

/// The beginning of the digest in a store path, as much of it as nixpkgs makes a random seed of.
pub fn hash(path: &Path) -> Option<&[u8]> {
    let name = path.strip_prefix(directory()).ok()?.as_os_str().as_bytes();
    name.get(..10).filter(|_| !name.contains(&b'/'))
}

/// What is in the store for as long as a build lasts.
pub struct Constant {
    store: PathBuf,
    outputs: Vec<OsString>,
    /// Directories of the store, and whether they are where they seem to be.
    directories: RefCell<HashMap<PathBuf, bool>>,
}

impl Constant {
    /// That of this build.
    pub fn new() -> Self {
        Self {
            store: directory(),
            outputs: outputs(),
            directories: RefCell::default(),
        }
    }

    /// Whether what is at a path, or that there is nothing, cannot change: links in the store may lead to anywhere.
    pub fn holds(&self, path: &Path) -> bool {
        if !self.names(path) {
            return false;
        }
        match path.read_link() {
            Ok(_) => path.canonicalize().is_ok_and(|real| self.names(&real)),
            Err(_) => path.parent().is_none_or(|parent| self.is_real(parent)),
        }
    }

    /// Whether a path is one of the store's by its name.
    fn names(&self, path: &Path) -> bool {
        let has_dots = path.components().any(|part| part == Component::ParentDir);
        let is_own = |output: &OsString| path.starts_with(output);
        path.starts_with(&self.store) && !has_dots && !self.outputs.iter().any(is_own)
    }

    /// Whether a directory, or the next one above it that there is, is in the store.
    fn is_real(&self, directory: &Path) -> bool {
        if let Some(known) = self.directories.borrow().get(directory) {
            return *known;
        }
        let is_real = match directory.canonicalize() {
            Ok(real) => !self.names(directory) || self.names(&real),
            Err(_) => directory.parent().is_none_or(|parent| self.is_real(parent)),
        };
        let mut directories = self.directories.borrow_mut();
        directories.insert(directory.to_owned(), is_real);
        is_real
    }
}
