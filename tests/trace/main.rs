//! What the preloaded library writes down of real programs, and that they do as they do without it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod compilers;
mod environment;
mod limits;
mod programs;
mod strace;
mod transparency;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nix_sccache_tests::{built, stdout_of};
use nix_sccache_trace_format::{self as format, Event, FileType, Incomplete, Kind};
use tempfile::TempDir;

/// One thing that was noted.
#[derive(Clone, Debug, PartialEq)]
struct Noted {
    event: Event,
    name: String,
    second: String,
}

/// What came of a program that was traced.
struct Traced {
    output: Output,
    records: Result<Vec<Noted>, Incomplete>,
}

/// The trace's file, for a program that is to be traced.
struct TraceFile {
    directory: TempDir,
}

impl TraceFile {
    fn new(capacity: u64) -> Self {
        let directory = TempDir::with_prefix("trace-").unwrap();
        let mut file = File::create(directory.path().join("trace")).unwrap();
        file.write_all(&format::header::new(capacity)).unwrap();
        file.set_len(capacity).unwrap();
        Self { directory }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("trace")
    }

    /// Sets the variables that the shim would set.
    fn add_to(&self, command: &mut Command, preload: Option<&str>) {
        let mut libraries = OsString::from(built(format::LIBRARY));
        if let Some(preload) = preload {
            libraries.push(":");
            libraries.push(preload);
        }
        command.env("LD_PRELOAD", libraries);
        command.env(format::VARIABLE, self.path());
    }

    fn records(&self) -> Result<Vec<Noted>, Incomplete> {
        let file = fs::read(self.path()).unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let noted = |it: format::Record| Noted {
            event: it.event,
            name: text(it.name),
            second: text(it.second),
        };
        format::records(&file).map(|records| records.map(noted).collect())
    }
}

/// Runs a program under the library.
fn traced(command: &mut Command) -> Traced {
    let file = TraceFile::new(format::CAPACITY);
    file.add_to(command, None);
    let output = command.output().unwrap();
    Traced {
        output,
        records: file.records(),
    }
}

impl Traced {
    /// What was noted, of a program that ended well and whose trace is whole.
    fn noted(&self) -> &[Noted] {
        assert!(
            self.output.status.success(),
            "{}: {}{}",
            self.output.status,
            String::from_utf8_lossy(&self.output.stdout),
            String::from_utf8_lossy(&self.output.stderr)
        );
        self.records.as_ref().unwrap()
    }

    fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// The names that were noted with this kind, and worked.
    fn names(&self, kind: Kind) -> BTreeSet<&str> {
        self.with(kind, 0).map(|it| it.name.as_str()).collect()
    }

    /// The names that were noted with this kind, and were not there.
    fn absent(&self, kind: Kind) -> BTreeSet<&str> {
        self.with(kind, ENOENT).map(|it| it.name.as_str()).collect()
    }

    fn with(&self, kind: Kind, errno: u16) -> impl Iterator<Item = &Noted> {
        self.noted()
            .iter()
            .filter(move |it| it.event.kind == kind && it.event.errno == errno)
    }

    /// The names that were noted with this kind below a directory, without it.
    fn below(&self, directory: &Path, kind: Kind) -> BTreeSet<String> {
        let below = |name: &&str| Path::new(name).strip_prefix(directory).ok().map(display);
        let names = self.names(kind);
        names.iter().filter_map(below).collect()
    }

    /// The programs that began to be traced, by their files' names.
    fn started(&self) -> Vec<&str> {
        let starts = self.with(Kind::Start, 0);
        starts.filter_map(|it| it.name.rsplit('/').next()).collect()
    }
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

const ENOENT: u16 = 2;
const EACCES: u16 = 13;

/// A directory of a test's own, with a file `input`, and with `program.c` compiled.
struct Place {
    path: PathBuf,
    _directory: TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = TempDir::with_prefix("traced-").unwrap();
        let path = directory.path().canonicalize().unwrap();
        let place = Self {
            path,
            _directory: directory,
        };
        place.write("input", "what is read\n");
        place
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn file(&self, name: &str) -> String {
        display(&self.path.join(name))
    }

    /// `program.c`, compiled by this compiler with these flags: its path.
    fn program(&self, compiler: &str, flags: &[&str]) -> PathBuf {
        let path = self.path.join(format!("by-{compiler}-{}", flags.len()));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("trace/program.c");
        stdout_of(
            Command::new(compiler)
                .args(["-O1", "-pthread", "-o"])
                .arg(&path)
                .arg(source)
                .args(flags),
        );
        path
    }

    /// A command that runs in it, with nothing but a short PATH in its environment.
    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .env("PATH", "/absent:/usr/bin:/bin")
            .current_dir(&self.path);
        command
    }

    /// What the program of `program.c` does under the library.
    fn trace_of(&self, what: &str) -> Traced {
        traced(self.command(self.program("gcc", &[])).arg(what))
    }

    fn make_executable(&self, name: &str) {
        fs::set_permissions(self.path.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// What kind of file a look or a read of this path found.
fn type_of(traced: &Traced, kind: Kind, path: &str) -> Option<FileType> {
    traced
        .with(kind, 0)
        .find(|it| it.name == path)
        .and_then(|it| it.event.file_type())
}
