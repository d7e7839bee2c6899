//! Runs a compiler under observation: the trace library notes what it and its children look at, and what it says is
//! passed on at once and kept.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_cache::digest::{self, Identity};
use nix_sccache_trace_format::{CAPACITY, LIBRARY, VARIABLE, header};
use rustix::fs::{FallocateFlags, fallocate};
use rustix::process::{Resource, getrlimit};

use crate::outer_trace;
use crate::process::{self, Rewrite};

/// The variable by which the dynamic linker loads libraries before a program's own.
const PRELOAD: &str = "LD_PRELOAD";

/// The file of a trace; it goes with this.
pub struct Trace {
    path: PathBuf,
    file: File,
    library: PathBuf,
}

/// A run that came to its end.
pub struct Ran {
    /// How it ended.
    pub status: ExitStatus,
    /// Its process.
    pub process: u32,
    /// When it began, by the clock of files' times.
    pub began: i128,
    /// How long it took.
    pub took: Duration,
    /// What it said on standard output.
    pub stdout: Vec<u8>,
    /// What it said on standard error.
    pub stderr: Vec<u8>,
}

impl Trace {
    /// Makes the file of a trace of this program in a directory, with room for what will be noted: where there is no
    /// room in the middle of it the program would be ended. Fails where the program cannot be traced, too.
    pub fn new(program: &Path, directory: &Path) -> io::Result<Self> {
        let library = library()?;
        if is_of_other_width(program)? {
            return Err(io::Error::other(
                "it is of another width than this system's programs",
            ));
        }
        // A process that makes a longer file than it may is ended.
        let longest = getrlimit(Resource::Fsize).current;
        if longest.is_some_and(|longest| longest < CAPACITY) {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let path = directory.join(format!("trace-{}", process::own_name()));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        let trace = Self {
            path,
            file,
            library,
        };
        fallocate(&trace.file, FallocateFlags::empty(), 0, CAPACITY)?;
        trace.file.write_all_at(&header::new(CAPACITY), 0)?;
        Ok(trace)
    }

    /// The bytes that are written so far, with those of calls that were made under it, and of those that a directory has.
    pub fn read(&self, others: Option<&Path>) -> io::Result<Vec<u8>> {
        let length = outer_trace::end_of(&self.file)?.min(CAPACITY);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(header::LENGTH)];
        self.file.read_exact_at(&mut bytes, 0)?;
        let own = outer_trace::directory(&self.path);
        let directories: Vec<_> = [own.as_path()].into_iter().chain(others).collect();
        outer_trace::merged(bytes, &self.path, &directories)
    }

    /// Has a command traced.
    pub fn prepare(&self, command: &mut Command) {
        let mut preload = self.library.as_os_str().as_bytes().to_vec();
        let before = env::var_os(PRELOAD).unwrap_or_default();
        let others = before.as_bytes().split(|byte| matches!(byte, b':' | b' '));
        // Where we are called under another trace, the library is there already.
        for other in
            others.filter(|other| !other.is_empty() && !other.ends_with(LIBRARY.as_bytes()))
        {
            preload.push(b':');
            preload.extend_from_slice(other);
        }
        let preload = OsString::from_vec(preload);
        command.env(PRELOAD, preload).env(VARIABLE, &self.path);
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        fs::remove_file(&self.path).ok();
        fs::remove_dir_all(outer_trace::directory(&self.path)).ok();
    }
}

/// The trace library: in the `libexec` of this package, or beside this program.
fn library() -> io::Result<PathBuf> {
    let own = process::shim()?;
    let directory = own.parent().unwrap_or(Path::new("/"));
    let candidates = [
        directory.join("../libexec/nix-sccache").join(LIBRARY),
        directory.join(LIBRARY),
    ];
    candidates
        .into_iter()
        .find(|library| library.is_file())
        .and_then(|library| library.canonicalize().ok())
        .ok_or_else(|| io::Error::other(format!("there is no {LIBRARY} beside {}", own.display())))
}

/// Whether a program is one of 32 bits where this is one of 64, or the other way round: then its dynamic linker
/// would complain of the library.
fn is_of_other_width(program: &Path) -> io::Result<bool> {
    const CLASS: u8 = if cfg!(target_pointer_width = "64") {
        2
    } else {
        1
    };
    let mut start = [0; 5];
    let is_program =
        File::open(program)?.read_exact(&mut start).is_ok() && start.starts_with(b"\x7fELF");
    Ok(is_program && start[4] != CLASS)
}

/// Waits until none of these files is one that changed just now: of what changes in the tick of the clock in which a
/// compiler begins nobody knows whether it read the old or the new, and nothing could be stored. Cargo begins with a crate
/// as soon as the metadata of another is there.
pub fn outlast(files: impl Iterator<Item = PathBuf>) {
    /// Ticks come each 10 ms, or more often; a file's time may also be in the future.
    const TICK: Duration = Duration::from_millis(12);
    let since = Instant::now();
    let found = files.filter_map(|file| file.metadata().ok());
    let Some(newest) = found.map(|found| Identity::of(&found).changed()).max() else {
        return;
    };
    while newest >= digest::now() && since.elapsed() < TICK {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Runs a command to its end, with this on its standard input, if anything. What it says is passed on as `rewrite` has
/// it, line by line; without that it is only kept. Fails where it cannot be run so, and nothing was done.
pub fn run(
    mut command: Command,
    trace: &Trace,
    stdin: Option<&[u8]>,
    rewrite: Option<&Rewrite>,
) -> io::Result<Ran> {
    trace.prepare(&mut command);
    let input = stdin.map(|stdin| {
        let (reader, writer) = io::pipe()?;
        Ok::<_, io::Error>((reader, writer, stdin))
    });
    let (reader, input) = match input.transpose()? {
        Some((reader, writer, stdin)) => (Some(reader), Some((writer, stdin))),
        None => (None, None),
    };
    if let Some(reader) = reader {
        command.stdin(reader);
    }
    let (from, to) = io::pipe()?;
    command.stdout(to).stderr(Stdio::piped());
    thread::scope(|scope| {
        let stdout = thread::Builder::new()
            .spawn_scoped(scope, move || pass_on(from, io::stdout(), rewrite))?;
        if let Some((mut writer, stdin)) = input {
            thread::Builder::new().spawn_scoped(scope, move || {
                // Who does not read to the end has read enough.
                writer.write_all(stdin).ok();
            })?;
        }
        let (mut stderr, mut process) = (Vec::new(), 0);
        let (began, since) = (digest::now(), Instant::now());
        let status = process::run_through(&mut command, |child| {
            process = child.id();
            if let Some(from) = child.stderr.take() {
                stderr = pass_on(from, io::stderr(), rewrite);
            }
        });
        // It holds the other end of standard output's pipe.
        drop(command);
        let stdout = stdout.join().unwrap_or_default();
        Ok(Ran {
            status: status?,
            process,
            began,
            took: since.elapsed(),
            stdout,
            stderr,
        })
    })
}

/// Passes on what comes, at once, since cargo waits for the news of a crate's metadata; and keeps it.
fn pass_on(mut from: impl Read, mut to: impl Write, rewrite: Option<&Rewrite>) -> Vec<u8> {
    let (mut kept, mut passed_on) = (Vec::new(), 0);
    let mut buffer = vec![0; 1 << 14];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        kept.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let lines = kept
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        if let (Some(rewrite), Some(new)) = (rewrite, kept.get(passed_on..lines)) {
            to.write_all(&rewrite(new)).and_then(|()| to.flush()).ok();
            passed_on = lines;
        }
    }
    if let (Some(rewrite), Some(rest)) = (
        rewrite,
        kept.get(passed_on..).filter(|rest| !rest.is_empty()),
    ) {
        to.write_all(&rewrite(rest)).and_then(|()| to.flush()).ok();
    }
    kept
}
