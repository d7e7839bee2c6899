//! Finds the wrapper of rustc that the project itself asks cargo for: `build.rustc-wrapper` in its
//! configuration, or the variable of that name. `RUSTC_WRAPPER`, by which cargo finds us, hides it. We
//! stand aside for it: the project builds as cargo alone would build it.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix_sccache_contract as contract;
use rustix::process::getppid;

use crate::cargo_config;
use crate::process;

/// The project's wrapper, if it has one that is neither sccache nor us. Cargo, whose configuration
/// counts, is the process that has called us.
pub fn find() -> Option<PathBuf> {
    // It calls sccache itself.
    if env::var_os(contract::STOOD_ASIDE).is_some() {
        return None;
    }
    let here = folder_of_parent().or_else(|| env::current_dir().ok())?;
    let (wrapper, base) = named(&here)?;
    let path = Path::new(&wrapper);
    // As cargo has it: a bare name is one on `PATH`.
    let path = if path.components().count() > 1 {
        base.join(path)
    } else {
        path.to_owned()
    };
    let is_ours = path.file_name() == Some(OsStr::new("sccache"))
        || process::on_path(path.as_os_str())
            .next()
            .is_some_and(|found| process::is_shim(&found));
    (!wrapper.is_empty() && !is_ours).then_some(path)
}

/// What is named, and by which folder a relative path goes, in cargo's order: its command line, the
/// environment, the files from `here` upwards, and those of the user.
fn named(here: &Path) -> Option<(String, PathBuf)> {
    for given in given_to_parent() {
        let found = match of_text(&given) {
            Some(found) => Some(found),
            None => fs::read_to_string(here.join(&given))
                .ok()
                .and_then(|text| of_text(&text)),
        };
        if let Some(found) = found {
            return Some((found, here.to_owned()));
        }
    }
    if let Ok(wrapper) = env::var("CARGO_BUILD_RUSTC_WRAPPER") {
        return Some((wrapper, here.to_owned()));
    }
    cargo_config::files(here).find_map(|(text, base)| Some((of_text(&text)?, base)))
}

/// `build.rustc-wrapper` of a TOML text.
fn of_text(text: &str) -> Option<String> {
    let table = toml_span::parse(text).ok()?;
    let wrapper = table.pointer("/build/rustc-wrapper")?;
    Some(wrapper.as_str()?.to_owned())
}

/// The directory of the process that has called us, where the system tells.
fn folder_of_parent() -> Option<PathBuf> {
    let parent = getppid()?.as_raw_nonzero();
    fs::read_link(format!("/proc/{parent}/cwd")).ok()
}

/// What it was told by `--config`, the last first.
fn given_to_parent() -> Vec<String> {
    let line = getppid()
        .and_then(|parent| fs::read(format!("/proc/{}/cmdline", parent.as_raw_nonzero())).ok());
    let line = line.unwrap_or_default();
    let mut words = line
        .split(|byte| *byte == 0)
        .map(|word| OsStr::from_bytes(word).to_string_lossy().into_owned())
        // What is behind `--` is for another program.
        .take_while(|word| word != "--");
    let mut given = Vec::new();
    while let Some(word) = words.next() {
        if word == "--config" {
            given.extend(words.next());
        } else if let Some(value) = word.strip_prefix("--config=") {
            given.push(value.to_owned());
        }
    }
    given.reverse();
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_name_none_are_none() {
        assert_eq!(of_text("build.rustc-wrapper=\"a\"").as_deref(), Some("a"));
        for text in ["", "/path/to/config.toml", "[build]\njobs = 1", "build = 1"] {
            assert_eq!(of_text(text), None, "{text}");
        }
    }
}
