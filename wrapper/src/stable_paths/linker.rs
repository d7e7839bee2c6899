//! Calls linkers so that what leaves a build has the real paths in it.
//!
//! rustc calls us in their place ([`StandIn`](crate::relink::StandIn)), and we hand the linker copies of the
//! objects in which each stable path is replaced by the real one, of the same length. So it links,
//! byte for byte, what it would have linked without us: whatever it computes of its input, a build
//! id say, is right.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use memchr::memmem;

use super::root::Root;
use super::text::{Direction, replaced};
use crate::invocation::{Rustc, response_file};
use crate::process;
use crate::temporary::TemporaryDirectory;

/// The linker that rustc will call, where that is known: the one it is told of, or `cc` for a target
/// that has it. For other targets it is one of rustc's own, with arguments that only that takes; and
/// with `-C linker-flavor` its name does not say which arguments it takes.
pub fn known(call: &Rustc) -> Option<PathBuf> {
    process::find(OsStr::new(name(call)?))
}

/// What it is called by, where it is known.
pub fn name(call: &Rustc) -> Option<&str> {
    const WITH_CC: [&str; 4] = [
        "-linux-android",
        "-linux-gnu",
        "-linux-musl",
        "-linux-uclibc",
    ];
    if call.codegen("linker-flavor").is_some() {
        return None;
    }
    let target = call.target().unwrap_or("-linux-gnu");
    let has_cc =
        WITH_CC.iter().any(|part| target.contains(part)) && target.strip_suffix(".json").is_none();
    call.codegen("linker").or(has_cc.then_some("cc"))
}

/// What came of a linker's run.
pub struct LinkerRun {
    /// How it ended, and what it said.
    pub output: Output,
    /// Its process.
    pub process: u32,
    /// The directory of the copies that it was given, which is gone.
    pub copies: Option<PathBuf>,
    /// What these are copies of.
    pub originals: Vec<PathBuf>,
}

/// What a linker makes of these arguments, with real paths in the place of stable ones: the command is made of those that
/// it is given. What it says has the names of the originals in it.
pub fn link(
    command: &dyn Fn(&[OsString]) -> Command,
    arguments: &[OsString],
    roots: Vec<Root>,
) -> io::Result<LinkerRun> {
    let mut copies = Copies::of(roots);
    let rewritten = copies.arguments(arguments)?;
    let start = |arguments: &[OsString]| {
        let mut command = command(arguments);
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(Stdio::piped()).spawn()
    };
    let child = match start(&rewritten) {
        // Paths of copies are longer than others. rustc does the same.
        Err(error) if error.kind() == io::ErrorKind::ArgumentListTooLong => {
            start(&[copies.write(&rewritten)?])?
        }
        other => other?,
    };
    let process = child.id();
    let mut output = child.wait_with_output()?;
    for said in [&mut output.stdout, &mut output.stderr] {
        *said = copies.named(said).into_owned();
    }
    copies.name_in_files(arguments)?;
    let originals = copies.originals.into_iter();
    Ok(LinkerRun {
        output,
        process,
        copies: copies.folder.map(|it| it.path().to_owned()),
        originals: originals.map(|(_, original)| original).collect(),
    })
}

/// Copies of objects, which are there until the linker is done.
struct Copies {
    roots: Vec<Root>,
    folder: Option<TemporaryDirectory>,
    /// The name of each, and what it is a copy of, by its number.
    originals: Vec<(OsString, PathBuf)>,
}

impl Copies {
    fn of(roots: Vec<Root>) -> Self {
        Self {
            roots,
            folder: None,
            originals: Vec::new(),
        }
    }

    /// The arguments with copies in the place of what has a stable path in it.
    fn arguments(&mut self, arguments: &[OsString]) -> io::Result<Vec<OsString>> {
        if self.roots.is_empty() {
            return Ok(arguments.to_vec());
        }
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
        let list = self.place(file, OsStr::new("arguments"))?;
        fs::write(&list, lines.join(&b'\n'))?;
        Ok(response_file::argument(list.as_os_str()))
    }

    /// Writes all arguments to a file, and says by what argument the linker reads it.
    fn write(&mut self, arguments: &[OsString]) -> io::Result<OsString> {
        let file = self.place(Path::new("arguments"), OsStr::new("arguments"))?;
        let lines: Vec<_> = arguments.iter().map(|argument| escaped(argument)).collect();
        fs::write(&file, lines.join(&b'\n'))?;
        Ok(response_file::argument(file.as_os_str()))
    }

    /// A copy of an object or archive with real paths, if it has a stable one.
    fn copy(&mut self, file: &Path) -> io::Result<Option<PathBuf>> {
        // What is linked by its whole path from elsewhere was there before this build.
        if !is_compiled(file) || file.starts_with("/nix/store") {
            return Ok(None);
        }
        let Ok(bytes) = fs::read(file) else {
            return Ok(None);
        };
        let Some(real) = replaced(&bytes, &self.roots, Direction::Restore) else {
            return Ok(None);
        };
        let copy = self.place(file, file.file_name().unwrap_or_default())?;
        fs::write(&copy, real)?;
        Ok(Some(copy))
    }

    /// A text of the linker's, with the originals' names in the place of the copies'.
    fn named<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(folder) = &self.folder else {
            return Cow::Borrowed(text);
        };
        let folder = [folder.path().as_os_str().as_bytes(), b"/"].concat();
        let mut named = Vec::new();
        let mut rest = text;
        while let Some(at) = memmem::find(rest, &folder) {
            let (before, copy) = rest.split_at(at);
            named.extend(before);
            let mut originals = self.originals.iter().enumerate();
            let original = originals.find_map(|(number, (name, original))| {
                let number = number.to_string();
                let behind = copy.get(folder.len()..)?.strip_prefix(number.as_bytes())?;
                let behind = behind.strip_prefix(b"/")?.strip_prefix(name.as_bytes())?;
                Some((original.as_os_str().as_bytes(), behind))
            });
            let (name, behind) = original.unwrap_or_else(|| copy.split_at(folder.len()));
            named.extend(name);
            rest = behind;
        }
        if named.is_empty() && rest.len() == text.len() {
            return Cow::Borrowed(text);
        }
        named.extend(rest);
        Cow::Owned(named)
    }

    /// The same in the texts that the linker wrote where some argument says: a map of what it linked,
    /// say (`-Wl,-Map=file`).
    fn name_in_files(&self, arguments: &[OsString]) -> io::Result<()> {
        if self.folder.is_none() {
            return Ok(());
        }
        let all = expanded(arguments);
        let mut written: Vec<_> = all
            .iter()
            .flat_map(|argument| argument.as_bytes().split(|byte| b",=".contains(byte)))
            .map(|name| Path::new(OsStr::from_bytes(name)))
            .filter(|file| !is_compiled(file) && !file.starts_with("/nix/store") && file.is_file())
            .collect();
        written.sort();
        written.dedup();
        for file in written {
            let Ok(text) = fs::read(file) else { continue };
            // A program is none of it, nor an archive.
            if !text.contains(&0)
                && let Cow::Owned(named) = self.named(&text)
            {
                fs::write(file, named)?;
            }
        }
        Ok(())
    }

    /// A path of this name in a folder of its own, for a copy of this file.
    fn place(&mut self, original: &Path, name: &OsStr) -> io::Result<PathBuf> {
        let folder = match &mut self.folder {
            Some(folder) => folder,
            none => none.insert(TemporaryDirectory::new_in(
                Path::new("/tmp"),
                "nix-sccache-link-",
            )?),
        };
        let folder = folder.path().join(self.originals.len().to_string());
        self.originals.push((name.to_owned(), original.to_owned()));
        fs::create_dir(&folder)?;
        Ok(folder.join(name))
    }
}

/// The arguments with those in files in their places, where these can be read: one a line, as rustc writes them.
pub fn expanded(arguments: &[OsString]) -> Vec<OsString> {
    let mut all = Vec::new();
    for argument in arguments {
        let list = argument.as_bytes().strip_prefix(b"@");
        match list.and_then(|list| fs::read(OsStr::from_bytes(list)).ok()) {
            Some(text) => {
                let lines = text.split(|byte| *byte == b'\n');
                let lines = lines.filter(|line| !line.is_empty());
                all.extend(lines.map(|line| unescaped(line).into_os_string()));
            }
            None => all.push(argument.clone()),
        }
    }
    all
}

/// Whether a file is an object, or an archive of such, by its name.
fn is_compiled(file: &Path) -> bool {
    ["o", "rlib", "a"]
        .iter()
        .any(|ending| file.extension() == Some(OsStr::new(ending)))
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
        Copies::of(vec![
            Root::vendored(Path::new("/build/a-1.0.0-vendor")).unwrap(),
        ])
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
            response_file::argument(list.as_os_str()),
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
    fn what_the_linker_writes_names_the_originals() {
        let folder = tempfile::tempdir().unwrap();
        let mut copies = copies();
        let stable = copies.roots[0].stable.clone();
        let originals: Vec<_> = (0..12)
            .map(|number| folder.path().join(format!("{number}.rlib")))
            .collect();
        for original in &originals {
            fs::write(original, &stable).unwrap();
        }
        let mut arguments: Vec<_> = originals.iter().map(OsString::from).collect();
        let rewritten = copies.arguments(&arguments).unwrap();
        let text = |paths: &[OsString]| {
            let line = |path: &OsString| format!("LOAD {}(a.o)\n", path.display());
            paths.iter().map(line).collect::<String>()
        };
        assert_eq!(
            copies.named(text(&rewritten).as_bytes()),
            text(&arguments).as_bytes()
        );
        assert!(matches!(copies.named(b"nothing"), Cow::Borrowed(_)));

        let (map, program) = (folder.path().join("a.map"), folder.path().join("program"));
        fs::write(&map, text(&rewritten)).unwrap();
        fs::write(&program, [text(&rewritten).as_bytes(), b"\0"].concat()).unwrap();
        let named = text(&arguments);
        let option =
            |option: &str, file: &Path| OsString::from(format!("{option}{}", file.display()));
        arguments.push(option("-Wl,-Map,", &map));
        arguments.push(option("", &program));
        copies.name_in_files(&arguments).unwrap();
        assert_eq!(fs::read_to_string(&map).unwrap(), named);
        assert_ne!(
            fs::read(&program).unwrap(),
            [named.as_bytes(), b"\0"].concat()
        );
    }

    #[test]
    fn a_linker_of_another_manner_is_not_known() {
        for (line, expected) in [
            ("", true),
            ("--target x86_64-unknown-linux-gnu", true),
            ("--target wasm32-unknown-unknown", false),
            ("--target wasm32-unknown-unknown -C linker=cc", true),
            ("--target x86_64-unknown-linux-none", false),
            ("--target ./x86_64-unknown-linux-gnu.json", false),
            ("-C linker=no-such-linker", false),
            ("-C linker=cc -C linker-flavor=ld.lld", false),
        ] {
            let call = Rustc::read(&crate::invocation::words(line));
            assert_eq!(known(&call).is_some(), expected, "{line}");
        }
    }

    #[test]
    fn escapes_are_undone() {
        for text in ["plain", "with space", "back\\slash", "quote\"'"] {
            assert_eq!(unescaped(&escaped(OsStr::new(text))), Path::new(text));
        }
    }
}
