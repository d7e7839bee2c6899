//! Names the compiler of an invocation, and tells of what kind it is.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A compiler, with the workspace wrapper in front of it where there is one.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// The wrapper, which takes the compiler as its first argument.
    pub wrapper: Option<PathBuf>,
    /// The compiler.
    pub path: PathBuf,
    /// What it is called by, where that is another name than its path.
    pub called_as: Option<PathBuf>,
    /// What it is.
    pub kind: Kind,
}

/// What a compiler is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// rustc.
    Rustc,
    /// clippy-driver, which is a rustc in all that matters here.
    ClippyDriver,
    /// rustdoc.
    Rustdoc,
    /// What takes rustc's arguments and is none of these: other programs that are made of rustc. They may be what
    /// compiles and what runs it in one.
    OtherRust,
    /// A compiler of C or C++.
    Cc,
    /// No compiler, but a build script that cargo runs.
    BuildScript,
}

/// The names of those that cargo calls by them.
const RUSTC: &str = "rustc";
const CLIPPY_DRIVER: &str = "clippy-driver";
const RUSTDOC: &str = "rustdoc";

impl Kind {
    /// What has its own name.
    pub fn named(program: &OsStr) -> Option<Self> {
        match Path::new(program).file_name()?.to_str()? {
            RUSTC => Some(Self::Rustc),
            CLIPPY_DRIVER => Some(Self::ClippyDriver),
            RUSTDOC => Some(Self::Rustdoc),
            _ => None,
        }
    }

    /// What a program is that is called with these arguments: by its own name, or by what it answers to
    /// `-vV`, where arguments are like rustc's. `remember` keeps an answer.
    pub fn of(
        program: &Path,
        arguments: &[OsString],
        remember: impl FnOnce(&dyn Fn() -> Vec<u8>) -> Vec<u8>,
    ) -> Self {
        if let Some(kind) = Self::named(program.as_os_str()) {
            return kind;
        }
        if !arguments.iter().any(|argument| is_like_rustcs(argument)) {
            return Self::Cc;
        }
        let answer = remember(&|| version(program));
        let has_crate =
            |argument: &OsString| argument.to_string_lossy().starts_with("--crate-name");
        if answer.starts_with(b"rustc ") {
            Self::called(program)
        } else if answer.starts_with(b"rustdoc ") {
            Self::Rustdoc
        } else if arguments.iter().any(has_crate) {
            Self::OtherRust
        } else {
            Self::Cc
        }
    }

    /// What a program is that answers as rustc: that itself, if it or what a link leads to has that
    /// name and perhaps more, as `rustc-1.95`.
    fn called(program: &Path) -> Self {
        let real = program.canonicalize().unwrap_or_default();
        let names = [program, &real].map(|path| path.file_name().unwrap_or_default());
        let is = |name: &str| {
            names.iter().any(|given| {
                let more = given.to_str().and_then(|given| given.strip_prefix(name));
                more.is_some_and(|more| !more.starts_with(char::is_alphanumeric))
            })
        };
        if is(RUSTC) {
            Self::Rustc
        } else if is(CLIPPY_DRIVER) {
            Self::ClippyDriver
        } else {
            Self::OtherRust
        }
    }
}

/// Whether an argument is one that rustc takes and no compiler of C does, or a file of such.
fn is_like_rustcs(argument: &OsStr) -> bool {
    let argument = argument.to_string_lossy();
    let begins = ["--crate-", "--emit", "--print=", "@"];
    matches!(&*argument, "-vV" | "--print")
        || argument.ends_with(".rs")
        || begins.iter().any(|begin| argument.starts_with(begin))
}

/// What a program says of its version, as cargo asks for it.
fn version(program: &Path) -> Vec<u8> {
    let mut command = Command::new(program);
    // What it says is of the program alone, which whoever traces us is told of.
    command.arg("-vV").stdin(Stdio::null());
    command.env_remove(nix_sccache_trace_format::VARIABLE);
    command.output().map(|said| said.stdout).unwrap_or_default()
}

impl Compiler {
    /// The command that runs it.
    pub fn command(&self, arguments: &[OsString]) -> Command {
        let mut command = match &self.wrapper {
            None => Command::new(&self.path),
            Some(wrapper) => {
                let mut command = Command::new(wrapper);
                command.arg(&self.path);
                command
            }
        };
        if let Some(name) = &self.called_as {
            command.arg0(name);
        }
        command.args(arguments);
        command
    }

    /// What it is called by.
    pub fn called_as(&self) -> &Path {
        self.called_as.as_ref().unwrap_or(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::invocation::words;

    /// Scripts stand for compilers of other names, and real programs behind them.
    #[test]
    fn rustcs_are_known_by_what_they_answer() {
        let folder = tempfile::tempdir().unwrap();
        let script = |name: &str, runs: &str| {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!/bin/sh\nexec {runs} \"$@\"\n")).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
            path
        };
        let real = script("rustc", "rustc");
        let link = folder.path().join("compiler");
        symlink(&real, &link).unwrap();
        let library = "--crate-name a --crate-type lib a.rs";
        for (program, arguments, expected) in [
            (real, library, Kind::Rustc),
            (link, library, Kind::Rustc),
            (script("rustc-1.95", "rustc"), "-vV", Kind::Rustc),
            (script("rustc.sh", "rustc"), "@file", Kind::Rustc),
            (
                script("clippy-driver-1.95", "rustc"),
                library,
                Kind::ClippyDriver,
            ),
            (script("crown", "rustc"), library, Kind::OtherRust),
            (script("rustdoc-1.95", "rustdoc"), "a.rs", Kind::Rustdoc),
            (script("rustc-gcc", "gcc"), "-vV", Kind::Cc),
            (script("rustc-1.1", "gcc"), "-c a.c", Kind::Cc),
            (script("x86_64-linux-gnu-gcc-14", "gcc"), "@file", Kind::Cc),
            (script("other", "true"), library, Kind::OtherRust),
            (script("rustc-2", "false"), "--version", Kind::Cc),
        ] {
            let kind = Kind::of(&program, &words(arguments), |ask| ask());
            assert_eq!(kind, expected, "{} {arguments}", program.display());
        }
        let nobody_asks = |_: &dyn Fn() -> Vec<u8>| panic!("a compiler of C was asked");
        assert_eq!(
            Kind::of(Path::new("/x/gcc"), &words("-c a.c"), nobody_asks),
            Kind::Cc
        );
    }
}
