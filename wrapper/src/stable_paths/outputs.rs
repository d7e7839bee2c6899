//! The files that a call writes.

use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::archive;
use super::options::Options;
use super::root::Root;
use super::text::{Direction, mentions, replaced};
use crate::arguments::RustcCall;
use crate::temporary::TemporaryFile;

/// Where rustc puts what it makes of a crate.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    folder: PathBuf,
    /// The crate's name, with what `-C extra-filename` adds.
    name: String,
    /// What is to be written.
    emit: Vec<String>,
}

/// What `--emit` may have rustc write that is text, or in which a path is such, by its ending. A path
/// in bitcode need not begin with a byte.
const EMITTED: [(&str, &str); 4] = [
    ("asm", "s"),
    ("llvm-ir", "ll"),
    ("mir", "mir"),
    ("obj", "o"),
];

impl Outputs {
    /// Those of a call that says where its output goes.
    pub fn of(call: &RustcCall, options: &Options) -> Option<Self> {
        let extra = options.codegen("extra-filename").unwrap_or_default();
        Some(Self {
            folder: options.folder.clone()?,
            name: format!("{}{extra}", call.crate_name.as_deref()?),
            emit: call.emit.clone(),
        })
    }

    /// The list of the crate's sources, which cargo reads to see what has changed.
    fn dependencies(&self) -> PathBuf {
        self.folder.join(format!("{}.d", self.name))
    }

    fn library(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("lib{}.{ending}", self.name))
    }

    /// Whether something is written that is for people.
    pub fn emit_others(&self) -> bool {
        self.emit.iter().any(|emit| {
            let kind = emit.split('=').next().unwrap_or_default();
            EMITTED.iter().any(|(name, _)| *name == kind)
        })
    }

    /// Puts real paths into what no compiler reads again: the list of sources, a static library,
    /// which rustc makes without a linker, and what `--emit` has it write for people.
    pub fn finish(&self, roots: &[Root]) -> io::Result<()> {
        for file in [self.dependencies(), self.library("a")] {
            put_real_paths(&file, roots)?;
        }
        for file in self.emitted_files() {
            put_real_paths(&file, roots)?;
        }
        Ok(())
    }

    /// The files of a crate that `--emit` has asked for beside a library or a program: where it says,
    /// or beside those, one for each module that rustc has made of the crate.
    fn emitted_files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut endings = Vec::new();
        for emit in &self.emit {
            let (kind, file) = match emit.split_once('=') {
                Some((kind, file)) => (kind, Some(file)),
                None => (emit.as_str(), None),
            };
            let ending = EMITTED.iter().find(|(name, _)| *name == kind);
            match (file, ending) {
                (Some(file), Some(_)) => files.push(file.into()),
                (None, Some((_, ending))) => endings.push(*ending),
                _ => {}
            }
        }
        if endings.is_empty() {
            return files;
        }
        let beginning = format!("{}.", self.name);
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        files.extend(entries.map(|entry| entry.path()).filter(|path| {
            let name = path.file_name().unwrap_or_default().as_bytes();
            let ending = path.extension().unwrap_or_default();
            name.starts_with(beginning.as_bytes()) && endings.iter().any(|known| ending == *known)
        }));
        files
    }

    /// Whether one of the paths is in the crate: then what made it has found the physical path,
    /// and the result is of no use where that is another. The paths of a native library in the crate
    /// are in the key by way of its contents, and none of this.
    pub fn mention(&self, paths: &[Vec<u8>], has_native: bool) -> bool {
        let is_in = |bytes: &[u8]| mentions(bytes, paths);
        let in_metadata = fs::read(self.library("rmeta")).is_ok_and(|bytes| is_in(&bytes));
        in_metadata
            || fs::read(self.library("rlib")).is_ok_and(|bytes| {
                if has_native {
                    archive::members(&bytes)
                        .iter()
                        .filter(|(name, _)| archive::is_rusts(name))
                        .any(|(_, member)| is_in(member))
                } else {
                    is_in(&bytes)
                }
            })
    }
}

/// Whether a crate's sources have the name of the variable in them by which they get to know their
/// folder: most likely to put it into the crate.
pub fn tell_their_folder(folder: &Path) -> bool {
    let names = [b"CARGO_MANIFEST_".to_vec()];
    let mut folders = vec![folder.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && fs::read(&path).is_ok_and(|text| mentions(&text, &names))
            {
                return true;
            }
        }
    }
    false
}

/// Replaces the file, so that nobody sees half of it: a regular one, and nothing else.
fn put_real_paths(file: &Path, roots: &[Root]) -> io::Result<()> {
    // It is the file itself that is to be another, and not a link to it, or a device.
    let Ok(file) = file.canonicalize() else {
        return Ok(());
    };
    if !file.is_file() {
        return Ok(());
    }
    let bytes = fs::read(&file)?;
    let Some(real) = replaced(&bytes, roots, Direction::Restore) else {
        return Ok(());
    };
    let permissions = fs::metadata(&file)?.permissions();
    let mut new = TemporaryFile::new_in(file.parent().unwrap_or(Path::new(".")))?;
    new.file().write_all(&real)?;
    new.file().set_permissions(permissions)?;
    new.persist(&file)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn sources_that_name_the_variable_are_found() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("src/a")).unwrap();
        fs::write(
            folder.path().join("build.rs"),
            "env!(\"CARGO_MANIFEST_DIR\")",
        )
        .unwrap();
        fs::write(folder.path().join("src/lib.rs"), "mod a;").unwrap();
        assert!(!tell_their_folder(folder.path()));
        fs::write(
            folder.path().join("src/a/mod.rs"),
            "env!(\"CARGO_MANIFEST_DIR\")",
        )
        .unwrap();
        assert!(tell_their_folder(folder.path()));
    }

    #[test]
    fn lists_and_static_libraries_get_real_paths() {
        let folder = tempfile::tempdir().unwrap();
        let line = format!(
            "--crate-name a --out-dir {} -C extra-filename=-1",
            folder.path().display()
        );
        let arguments: Vec<_> = line.split(' ').map(OsString::from).collect();
        let outputs = Outputs::of(&RustcCall::read(&arguments), &Options::read(&arguments));
        let outputs = outputs.unwrap();
        let roots = [Root::vendored(Path::new("/build/a-1.0.0-vendor")).unwrap()];
        for name in ["a-1.d", "liba-1.a", "liba-1.rlib"] {
            fs::write(folder.path().join(name), &roots[0].stable).unwrap();
        }
        assert!(!outputs.mention(&[roots[0].real.clone()], false));
        outputs.finish(&roots).unwrap();
        for (name, expected) in [
            ("a-1.d", &roots[0].real),
            ("liba-1.a", &roots[0].real),
            ("liba-1.rlib", &roots[0].stable),
        ] {
            assert_eq!(
                &fs::read(folder.path().join(name)).unwrap(),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn paths_in_native_libraries_are_no_matter() {
        let folder = tempfile::tempdir().unwrap();
        let line = format!("--crate-name a --out-dir {}", folder.path().display());
        let arguments: Vec<_> = line.split(' ').map(OsString::from).collect();
        let outputs = Outputs::of(&RustcCall::read(&arguments), &Options::read(&arguments));
        let outputs = outputs.unwrap();
        let real = vec![b"/build/a-1.0.0-vendor".to_vec()];
        let library = |member: &str| {
            let member = archive::tests::member(&format!("{member}/"), &real[0]);
            fs::write(
                folder.path().join("liba.rlib"),
                [&b"!<arch>\n"[..], &member].concat(),
            )
            .unwrap();
        };
        for (member, in_native, in_any) in [
            ("n.o", false, true),
            ("a.1f.rcgu.o", true, true),
            ("lib.rmeta", true, true),
        ] {
            library(member);
            assert_eq!(outputs.mention(&real, true), in_native, "{member}");
            assert_eq!(outputs.mention(&real, false), in_any, "{member}");
        }
    }

    #[test]
    fn what_is_emitted_beside_gets_real_paths() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let line = format!(
            "--crate-name a --out-dir {} --emit=asm,link,dep-info,llvm-ir={} -C extra-filename=-1",
            folder.path().display(),
            at("own.ll").display()
        );
        let arguments: Vec<_> = line.split(' ').map(OsString::from).collect();
        let outputs = Outputs::of(&RustcCall::read(&arguments), &Options::read(&arguments));
        let roots = [Root::vendored(Path::new("/build/a-1.0.0-vendor")).unwrap()];
        let files = [
            ("a-1.s", true),
            ("a-1.x.1f-cgu.0.rcgu.s", true),
            ("own.ll", true),
            ("a-1.o", false),
            ("a-2.s", false),
        ];
        for (name, _) in files {
            fs::write(at(name), &roots[0].stable).unwrap();
        }
        outputs.unwrap().finish(&roots).unwrap();
        for (name, is_real) in files {
            let expected = if is_real {
                &roots[0].real
            } else {
                &roots[0].stable
            };
            assert_eq!(&fs::read(at(name)).unwrap(), expected, "{name}");
        }
    }
}
