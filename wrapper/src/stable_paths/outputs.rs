//! Puts real paths into the files that a call writes, and looks for those that must not be there.

use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::archive;
use super::root::Root;
use super::text::{Direction, mentions, replaced};
use crate::invocation::Rustc;
use crate::launcher;
use crate::temporary::TemporaryFile;

/// What `--emit` may have rustc write that is text, or in which a path is such, by its ending. A path
/// in bitcode need not begin with a byte.
const EMITTED: [(&str, &str); 4] = [
    ("asm", "s"),
    ("llvm-ir", "ll"),
    ("mir", "mir"),
    ("obj", "o"),
];

/// Whether something is written that is for people.
pub fn emit_others(call: &Rustc) -> bool {
    call.emit().any(|emit| {
        let kind = emit.split('=').next().unwrap_or_default();
        EMITTED.iter().any(|(name, _)| *name == kind)
    })
}

/// Puts real paths into what no compiler reads again: the list of sources, a static library,
/// which rustc makes without a linker, a build script, and what `--emit` has it write for people.
pub fn finish(call: &Rustc, roots: &[Root]) -> io::Result<()> {
    let (Some(stem), Some(folder)) = (call.output_stem(), call.out_dir()) else {
        return Ok(());
    };
    let known = [
        call.dependencies(),
        call.output("lib", "a"),
        launcher::script(call),
    ];
    let mut files = known
        .into_iter()
        .flatten()
        .chain(emitted_files(call, &stem, folder));
    files.try_for_each(|file| put_real_paths(&file, roots))
}

/// The files of a crate that `--emit` has asked for beside a library or a program: where it says,
/// or beside those, one for each module that rustc has made of the crate.
fn emitted_files(call: &Rustc, stem: &str, folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut extensions = Vec::new();
    for emit in call.emit() {
        let (kind, file) = match emit.split_once('=') {
            Some((kind, file)) => (kind, Some(file)),
            None => (emit, None),
        };
        let extension = EMITTED.iter().find(|(name, _)| *name == kind);
        match (file, extension) {
            (Some(file), Some(_)) => files.push(file.into()),
            (None, Some((_, extension))) => extensions.push(*extension),
            _ => {}
        }
    }
    if extensions.is_empty() {
        return files;
    }
    let beginning = format!("{stem}.");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    files.extend(entries.map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().as_bytes();
        let extension = path.extension().unwrap_or_default();
        name.starts_with(beginning.as_bytes()) && extensions.iter().any(|known| extension == *known)
    }));
    files
}

/// Whether one of the paths is in the crate: then what made it has found the physical path,
/// and the result is of no use where that is another. The paths of a native library in the crate
/// are in the key by way of its contents, and none of this.
pub fn mention(call: &Rustc, paths: &[Vec<u8>]) -> bool {
    let is_in = |bytes: &[u8]| mentions(bytes, paths);
    let read = |extension| fs::read(call.output("lib", extension)?).ok();
    let mut libraries = call.arguments.values("-l");
    let has_native = libraries.any(|library| library.starts_with("static"));
    let in_library = |bytes: Vec<u8>| {
        if !has_native {
            return is_in(&bytes);
        }
        let members = archive::members(&bytes);
        let mut own = members.iter().filter(|(name, _)| archive::is_rusts(name));
        own.any(|(_, member)| is_in(member))
    };
    let script = launcher::script(call).and_then(|script| fs::read(script).ok());
    let mut whole = ["rmeta", "so"].into_iter().filter_map(read).chain(script);
    whole.any(|bytes| is_in(&bytes)) || read("rlib").is_some_and(in_library)
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
    use super::*;
    use crate::invocation::words;

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
        let call = Rustc::read(&words(&line));
        let roots = [Root::vendored(Path::new("/build/a-1.0.0-vendor")).unwrap()];
        for name in ["a-1.d", "liba-1.a", "liba-1.rlib"] {
            fs::write(folder.path().join(name), &roots[0].stable).unwrap();
        }
        assert!(!mention(&call, &[roots[0].real.clone()]));
        finish(&call, &roots).unwrap();
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
        let call = Rustc::read(&words(&line));
        let with_native = Rustc::read(&words(&format!("{line} -lstatic=z")));
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
            assert_eq!(mention(&with_native, &real), in_native, "{member}");
            assert_eq!(mention(&call, &real), in_any, "{member}");
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
        let call = Rustc::read(&words(&line));
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
        finish(&call, &roots).unwrap();
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
