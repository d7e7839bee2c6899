//! Finds the static libraries that a call of rustc's names: they become a part of the crate.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::invocation::Rustc;

/// A static library that is there.
#[derive(Debug, PartialEq, Eq)]
pub struct StaticLibrary {
    /// Its name, without `lib` and an ending.
    pub name: String,
    /// Where it is.
    pub file: PathBuf,
    /// Whether sccache 0.19 has its contents in the key. It takes `static=name` for one, and neither
    /// `static:+whole-archive=name` nor `static=name:other` (`LinkLibrary` in its
    /// `src/compiler/rust.rs`).
    pub is_known: bool,
}

impl StaticLibrary {
    /// Whether it only names its members, whose contents are then in no key.
    pub fn is_thin(&self) -> bool {
        const THIN: &[u8] = b"!<thin>\n";
        let mut begin = Vec::new();
        File::open(&self.file)
            .and_then(|file| file.take(THIN.len() as u64).read_to_end(&mut begin))
            .is_ok_and(|_| begin == THIN)
    }
}

/// Those of a call in this directory. One that is not there is for the compiler to complain of.
pub fn of(call: &Rustc, here: &Path) -> Vec<StaticLibrary> {
    let folders: Vec<_> = call
        .arguments
        .values("-L")
        .filter_map(|value| match value.split_once('=') {
            Some(("native" | "all", folder)) => Some(here.join(folder)),
            Some(_) => None,
            None => Some(here.join(value)),
        })
        .collect();
    call.arguments
        .values("-l")
        .filter_map(|value| library(value, &folders))
        .collect()
}

/// `static[:modifiers]=name[:other]`.
fn library(value: &str, folders: &[PathBuf]) -> Option<StaticLibrary> {
    let (kind, full) = value.split_once('=')?;
    let (kind, modifiers) = kind.split_once(':').unwrap_or((kind, ""));
    if kind != "static" {
        return None;
    }
    let name = full.split_once(':').map_or(full, |(name, _)| name);
    let files = if modifiers.split(',').any(|modifier| modifier == "+verbatim") {
        vec![name.to_owned()]
    } else {
        vec![
            format!("lib{name}.a"),
            format!("{name}.lib"),
            format!("{name}.a"),
        ]
    };
    let file = folders
        .iter()
        .flat_map(|folder| files.iter().map(|file| folder.join(file)))
        .find(|file| file.exists())?;
    Some(StaticLibrary {
        name: name.to_owned(),
        file,
        is_known: modifiers.is_empty() && name == full,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::invocation::words;

    #[test]
    fn libraries_are_found_where_rustc_looks() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["libn.a", "own.o"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        for (line, expected) in [
            ("-L native=. -l static=n", Some(("n", true))),
            ("-L . -lstatic=n", Some(("n", true))),
            ("-L all=. -l static:+whole-archive=n", Some(("n", false))),
            ("-L . -l static=n:other", Some(("n", false))),
            ("-L . -l static:+verbatim=own.o", Some(("own.o", false))),
            ("-L dependency=. -l static=n", None),
            ("-L . -l dylib=n", None),
            ("-L . -l n", None),
            ("-L . -l static=absent", None),
            ("-l static=n", None),
            ("-l", None),
        ] {
            let found = of(&Rustc::read(&words(line)), folder.path());
            let found = found.first().map(|it| (it.name.as_str(), it.is_known));
            assert_eq!(found, expected, "{line}");
        }
    }
}
