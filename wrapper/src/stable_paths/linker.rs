//! As the linker: what leaves a build has the real paths in it.
//!
//! rustc calls us, by a link that has the linker's own name, and we hand the linker copies of the
//! objects in which each stable path is replaced by the real one, of the same length. So it links,
//! byte for byte, what it would have linked without us: whatever it computes of its input, a build
//! id say, is right.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use nix_sccache_core::contract;
use tempfile::TempDir;

use super::options::Options;
use super::root::Root;
use super::text::{Into, replaced};
use super::{read_shown, shown};
use crate::compiler;
use crate::session::Session;
use crate::tell::tell;

/// The folder of a session with the links by which rustc calls us.
const FOLDER: &str = "linkers";

/// The linker that rustc will call, where that is known: the one it is told of, or `cc` for a target
/// that has it. For other targets it is one of rustc's own, with arguments that only that takes; and
/// with `-C linker-flavor` its name does not say which arguments it takes.
pub fn known(options: &Options) -> Option<PathBuf> {
    const WITH_CC: [&str; 4] = [
        "-linux-android",
        "-linux-gnu",
        "-linux-musl",
        "-linux-uclibc",
    ];
    if options.codegen("linker-flavor").is_some() {
        return None;
    }
    let target = options.target.as_deref().unwrap_or("-linux-gnu");
    let has_cc =
        WITH_CC.iter().any(|part| target.contains(part)) && target.strip_suffix(".json").is_none();
    let linker = options.codegen("linker").or(has_cc.then_some("cc"))?;
    compiler::find(OsStr::new(linker))
}

/// The link in the session by which rustc is to call us for a linker.
pub fn stand_in(session: &Session, linker: &Path) -> Option<PathBuf> {
    session.link_named(FOLDER, linker).ok()
}

/// The variables with which rustc's linker finds its way.
pub fn variables(real: &Path, roots: &[Root]) -> [(&'static str, OsString); 2] {
    [
        (contract::LINKER, real.into()),
        (contract::SHOWN_PATHS, shown(roots)),
    ]
}

/// The linker that is meant, if rustc called us by one of those links.
pub fn called(as_what: &OsStr) -> Option<OsString> {
    let folder = Path::new(as_what).parent()?.parent()?;
    let linker = env::var_os(contract::LINKER)?;
    (folder.file_name() == Some(OsStr::new(FOLDER))).then_some(linker)
}

/// Links, with real paths.
pub fn main(linker: &OsStr, arguments: &[OsString]) -> ExitCode {
    let roots = read_shown(env::var_os(contract::SHOWN_PATHS).as_deref());
    let mut copies = Copies {
        roots,
        folder: None,
        count: 0,
    };
    let arguments = match copies.arguments(arguments) {
        Ok(rewritten) => rewritten,
        Err(error) => {
            tell(format_args!(
                "nix-sccache: cannot put the paths of this build into what it links: {error}"
            ));
            return ExitCode::FAILURE;
        }
    };
    let command = |arguments: &[OsString]| {
        let mut command = Command::new(linker);
        command
            .args(arguments)
            .env_remove(contract::LINKER)
            .env_remove(contract::SHOWN_PATHS);
        command
    };
    let mut direct = command(&arguments);
    if copies.folder.is_none() {
        return compiler::become_program(direct);
    }
    let status = match direct.status() {
        // Paths of copies are longer than others. rustc does the same.
        Err(error) if error.kind() == io::ErrorKind::ArgumentListTooLong => copies
            .write(&arguments)
            .and_then(|file| command(&[file]).status()),
        other => other,
    };
    compiler::end_as(direct, status)
}

/// Copies of objects, which are there until the linker is done.
struct Copies {
    roots: Vec<Root>,
    folder: Option<TempDir>,
    count: usize,
}

impl Copies {
    /// The arguments with copies in the place of what has a stable path in it.
    fn arguments(&mut self, arguments: &[OsString]) -> io::Result<Vec<OsString>> {
        arguments
            .iter()
            .map(|argument| {
                let bytes = argument.as_bytes();
                match bytes.strip_prefix(b"@") {
                    Some(file) => self.list(argument, Path::new(OsStr::from_bytes(file))),
                    None => Ok(self
                        .copy(Path::new(argument))?
                        .map_or_else(|| argument.clone(), PathBuf::into_os_string)),
                }
            })
            .collect()
    }

    /// The same for a file of arguments, one a line with backslashes before spaces and
    /// backslashes, as rustc writes it for a linker of gcc's or ld's manner.
    fn list(&mut self, argument: &OsStr, file: &Path) -> io::Result<OsString> {
        let Ok(text) = fs::read(file) else {
            return Ok(argument.to_owned());
        };
        let mut changed = false;
        let mut lines = Vec::new();
        for line in text.split(|byte| *byte == b'\n') {
            if let Some(copy) = self.copy(&unescaped(line))? {
                changed = true;
                lines.push(escaped(copy.as_os_str()));
            } else {
                lines.push(line.to_vec());
            }
        }
        if !changed {
            return Ok(argument.to_owned());
        }
        let file = self.place(OsStr::new("arguments"))?;
        fs::write(&file, lines.join(&b'\n'))?;
        Ok(at(&file))
    }

    /// Writes all arguments to a file, and says by what argument the linker reads it.
    fn write(&mut self, arguments: &[OsString]) -> io::Result<OsString> {
        let file = self.place(OsStr::new("arguments"))?;
        let lines: Vec<_> = arguments.iter().map(|argument| escaped(argument)).collect();
        fs::write(&file, lines.join(&b'\n'))?;
        Ok(at(&file))
    }

    /// A copy of an object or archive with real paths, if it has a stable one.
    fn copy(&mut self, file: &Path) -> io::Result<Option<PathBuf>> {
        let is_compiled = ["o", "rlib", "a"]
            .iter()
            .any(|ending| file.extension() == Some(OsStr::new(ending)));
        // What is linked by its whole path from elsewhere was there before this build.
        if !is_compiled || file.starts_with("/nix/store") {
            return Ok(None);
        }
        let Ok(bytes) = fs::read(file) else {
            return Ok(None);
        };
        let Some(real) = replaced(&bytes, &self.roots, Into::Real) else {
            return Ok(None);
        };
        let copy = self.place(file.file_name().unwrap_or_default())?;
        fs::write(&copy, real)?;
        Ok(Some(copy))
    }

    /// A path of this name in a folder of its own.
    fn place(&mut self, name: &OsStr) -> io::Result<PathBuf> {
        let folder = match &mut self.folder {
            Some(folder) => folder,
            none => none.insert(
                tempfile::Builder::new()
                    .prefix("nix-sccache-link-")
                    .tempdir_in("/tmp")?,
            ),
        };
        self.count += 1;
        let folder = folder.path().join(self.count.to_string());
        fs::create_dir(&folder)?;
        Ok(folder.join(name))
    }
}

fn at(file: &Path) -> OsString {
    let mut argument = OsString::from("@");
    argument.push(file);
    argument
}

fn unescaped(line: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => rest.next().copied().unwrap_or(b'\\'),
            other => *other,
        });
    }
    OsString::from_vec(bytes).into()
}

fn escaped(argument: &OsStr) -> Vec<u8> {
    let escape = |byte: &u8| match byte {
        b'\\' | b' ' | b'"' | b'\'' => vec![b'\\', *byte],
        other => vec![*other],
    };
    argument.as_bytes().iter().flat_map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies() -> Copies {
        Copies {
            roots: vec![Root::vendored(Path::new("/build/a-1.0.0-vendor")).unwrap()],
            folder: None,
            count: 0,
        }
    }

    #[test]
    fn objects_with_stable_paths_are_copied() {
        let folder = tempfile::tempdir().unwrap();
        let mut copies = copies();
        let stable = copies.roots[0].stable.clone();
        let (with, without) = (folder.path().join("a b.rlib"), folder.path().join("c.o"));
        fs::write(&with, [b"\0", stable.as_slice(), b"/b"].concat()).unwrap();
        fs::write(&without, "nothing").unwrap();
        let list = folder.path().join("list");
        let lines = [escaped(with.as_os_str()), b"-lc".to_vec()];
        fs::write(&list, lines.join(&b'\n')).unwrap();

        let arguments: Vec<OsString> = vec![
            with.clone().into(),
            without.clone().into(),
            "-lc".into(),
            "missing.o".into(),
            at(&list),
        ];
        let rewritten = copies.arguments(&arguments).unwrap();
        assert_eq!(rewritten[1..4], arguments[1..4]);
        assert_eq!(
            fs::read(&rewritten[0]).unwrap(),
            b"\0/build/a-1.0.0-vendor/b"
        );
        assert_eq!(Path::new(&rewritten[0]).file_name(), with.file_name());
        let list = rewritten[4].to_str().unwrap().strip_prefix('@').unwrap();
        let text = fs::read_to_string(list).unwrap();
        let (first, rest) = text.split_once('\n').unwrap();
        assert_ne!(unescaped(first.as_bytes()), with);
        assert_eq!(
            fs::read(unescaped(first.as_bytes())).unwrap(),
            b"\0/build/a-1.0.0-vendor/b"
        );
        assert_eq!(rest, "-lc");
    }

    #[test]
    fn what_has_none_is_linked_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let object = folder.path().join("a.o");
        fs::write(&object, "nothing").unwrap();
        let mut copies = copies();
        let arguments = [object.into_os_string(), "@missing".into()];
        assert_eq!(copies.arguments(&arguments).unwrap(), arguments);
        assert!(copies.folder.is_none());
    }

    #[test]
    fn escapes_are_undone() {
        for text in ["plain", "with space", "back\\slash", "quote\"'"] {
            assert_eq!(unescaped(&escaped(OsStr::new(text))), Path::new(text));
        }
    }
}
