//! Tells whether a file would be part of what is built: in an output of the derivation, or in the Nix store.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The outputs of the derivation whose variables these are, and the Nix store. An output need not be there yet.
pub fn outputs(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let names = variable("outputs").and_then(|names| names.into_string().ok());
    let names = names.unwrap_or_else(|| "out".to_owned());
    let outputs = names.split_whitespace().filter_map(&variable);
    let store = variable("NIX_STORE").unwrap_or_else(|| "/nix/store".into());
    // An empty path would be a part of every other.
    outputs
        .chain([store])
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .collect()
}

/// Fails where an absolute path of a file is in an output, with what to say. `real` resolves the links of a
/// path, as far as it is there.
pub fn refuse_inside(
    file: &Path,
    outputs: &[PathBuf],
    real: impl Fn(&Path) -> PathBuf,
) -> Result<(), String> {
    let directory = real(file.parent().unwrap_or(file));
    let written = directory.join(file.file_name().unwrap_or_default());
    let holds = |output: &&PathBuf| {
        let there = real(output);
        [file, &written]
            .iter()
            .any(|file| file.starts_with(output) || file.starts_with(&there))
    };
    match outputs.iter().find(holds) {
        None => Ok(()),
        Some(output) => Err(format!(
            "this is in {}, and what the cache did must not be part of what is built",
            output.display()
        )),
    }
}
