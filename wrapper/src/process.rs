//! Finds and runs the real programs, and ends as they end.

use std::borrow::Cow;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::{LazyLock, OnceLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::{Access, access};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::print::print_error;

/// The program that `name` stands for, passing over shims: a path is taken as it is, a name
/// is looked for on `PATH`.
pub fn find(name: &OsStr) -> Option<PathBuf> {
    let path = Path::new(name);
    if path.components().count() > 1 && !is_shim(path) {
        return Some(path.to_owned());
    }
    on_path(path.file_name()?).find(|candidate| !is_shim(candidate))
}

/// The programs that a name stands for, in the order of `PATH`; a path stands for itself.
pub fn on_path(name: &OsStr) -> impl Iterator<Item = PathBuf> {
    places_on_path(name)
        .filter(|program| program.is_file() && access(program, Access::EXEC_OK).is_ok())
}

/// Where a program of this name is looked for, in order.
pub fn places_on_path(name: &OsStr) -> impl Iterator<Item = PathBuf> {
    let here = env::current_dir().unwrap_or_default();
    let path = env::var_os("PATH");
    let directories: Vec<_> = if Path::new(name).components().count() > 1 {
        vec![here]
    } else {
        // An empty entry is the current directory; where there is no `PATH` there is no entry.
        let entries = path.iter().flat_map(env::split_paths);
        entries.map(|directory| here.join(directory)).collect()
    };
    let name = name.to_owned();
    directories
        .into_iter()
        .map(move |directory| directory.join(&name))
}

/// The directories of `PATH`, but for those that a shim is in, which is of no matter to what programs do.
pub fn search_path() -> Vec<PathBuf> {
    let here = env::current_dir().unwrap_or_default();
    let path = env::var_os("PATH");
    let entries = path.iter().flat_map(env::split_paths);
    let is_ours = |directory: &PathBuf| {
        let mut names = ["sccache", "rustc", "cargo"].into_iter();
        names.any(|name| is_shim(&directory.join(name)))
    };
    entries
        .map(|directory| here.join(directory))
        .filter(|directory| !is_ours(directory))
        .collect()
}

/// Whether a path leads to a shim, under whatever name: to this one, or to another build of
/// it, with which this one would otherwise take turns for ever.
pub fn is_shim(path: &Path) -> bool {
    const NAME: &str = "nix-sccache-shim";
    static OWN: LazyLock<Option<(u64, u64)>> = LazyLock::new(|| {
        let own = env::current_exe().and_then(fs::metadata).ok()?;
        Some((own.dev(), own.ino()))
    });
    // Each directory of `PATH` is asked several times in a call: where there is no link a name tells all.
    let Ok(found) = path.symlink_metadata() else {
        return false;
    };
    if !found.is_symlink() {
        let is_own = *OWN == Some((found.dev(), found.ino()));
        return is_own || path.file_name() == Some(OsStr::new(NAME));
    }
    let Ok(real) = path.canonicalize() else {
        return false;
    };
    let is_own = || {
        real.metadata()
            .is_ok_and(|it| *OWN == Some((it.dev(), it.ino())))
    };
    real.file_name() == Some(OsStr::new(NAME)) || is_own()
}

/// How another program comes to run.
#[derive(Clone, Copy)]
pub enum Start {
    /// It takes this process' place.
    Becomes,
    /// It is this child.
    Runs(u32),
    /// It will be a child.
    WillRun,
}

/// Who is told of the programs that are run here: the traces under which this process runs.
pub static TELLS: OnceLock<fn(&Command, Start)> = OnceLock::new();

/// Tells of a program that is run.
pub fn tell(command: &Command, start: Start) {
    if let Some(tell) = TELLS.get() {
        tell(command, start);
    }
}

/// Becomes the program: nothing of us is left to cost anything. Comes back only when
/// there is no such program, with the code that a shell gives for that.
pub fn become_program(mut command: Command) -> ExitCode {
    tell(&command, Start::Becomes);
    let error = command.exec();
    print_error(format_args!(
        "nix-sccache: cannot run {}: {error}",
        command.get_program().display()
    ));
    ExitCode::from(127)
}

/// Runs the program to its end.
pub fn run(mut command: Command) -> ExitCode {
    tell(&command, Start::WillRun);
    let status = command.status();
    end_as(command, &status)
}

/// Runs a compiler with its messages rewritten.
pub fn run_rewriting(mut command: Command, rewrite: &Rewrite) -> io::Result<ExitStatus> {
    thread::scope(|scope| {
        // Where there is no room for a thread, what is said on standard output stays as it is.
        if let Ok((from, to)) = io::pipe()
            && thread::Builder::new()
                .spawn_scoped(scope, move || {
                    pass_on(Some(from), io::stdout(), rewrite);
                })
                .is_ok()
        {
            command.stdout(to);
        }
        let status = run_through(command.stderr(Stdio::piped()), |child| {
            pass_on(child.stderr.take(), io::stderr(), rewrite);
        });
        // It holds the pipe's other end.
        drop(command);
        status
    })
}

/// What is written in the place of what a program said.
pub type Rewrite<'a> = dyn for<'b> Fn(&'b [u8]) -> Cow<'b, [u8]> + Sync + 'a;

fn pass_on(from: Option<impl Read>, mut to: impl Write, rewrite: &Rewrite) {
    let Some(from) = from else { return };
    let (mut from, mut line) = (BufReader::new(from), Vec::new());
    while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        to.write_all(&rewrite(&line)).ok();
        line.clear();
    }
}

/// Runs a command, and outlives the signals that are meant for it: they are passed on, and there is
/// something to do when it has ended. `begun` is called with what runs. Fails where there is no room
/// for one process more; signals are not passed on where there is none for that.
pub fn run_through(
    command: &mut Command,
    begun: impl FnOnce(&mut Child),
) -> io::Result<ExitStatus> {
    // Before it runs: none must come in between.
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).ok();
    let mut child = command.spawn()?;
    tell(command, Start::Runs(child.id()));
    let forwarding = signals.and_then(|signals| {
        let handle = signals.handle();
        let child = process_of(&child.id().to_string())?;
        let forward = move || pass_on_signals(signals, child);
        let thread = thread::Builder::new().spawn(forward).ok()?;
        Some((handle, thread))
    });
    begun(&mut child);
    let status = child.wait();
    if let Some((handle, thread)) = forwarding {
        handle.close();
        thread.join().ok();
    }
    status
}

fn pass_on_signals(mut signals: Signals, child: Pid) {
    /// Who sends one to the whole group has sent it to the child, which takes it for the end.
    const ENOUGH_TO_END: Duration = Duration::from_millis(200);
    let handle = signals.handle();
    for signal in &mut signals {
        let since = Instant::now();
        while since.elapsed() < ENOUGH_TO_END && !handle.is_closed() {
            thread::sleep(Duration::from_millis(5));
        }
        if handle.is_closed() {
            return;
        }
        // A terminal sends its interrupt to the whole group.
        let signal = if signal == SIGINT {
            None
        } else {
            Signal::from_named_raw(signal)
        };
        if let Some(signal) = signal {
            kill_process(child, signal).ok();
        }
    }
}

/// The process that a number stands for.
pub fn process_of(number: &str) -> Option<Pid> {
    number.parse().ok().and_then(Pid::from_raw)
}

/// Ends as the command did. One that could not be run beside us takes our place: there may be room
/// for one process, and none for two.
pub fn end_as(command: Command, status: &io::Result<ExitStatus>) -> ExitCode {
    match status {
        Ok(status) => end_like(*status),
        Err(_) => become_program(command),
    }
}

/// Ends as a program ended that we stood in for: with its code, or by its signal, so that
/// who called sees no difference.
pub fn end_like(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal() {
        // Should the signal not end us, the code says what a shell says.
        emulate_default_handler(signal).ok();
    }
    ExitCode::from(code(status))
}

/// The exit code, 128 and the signal's number where a signal ended the program, as shells
/// have it.
pub fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// The shim, of which a launcher is a copy.
pub static LAUNCHED_BY: OnceLock<PathBuf> = OnceLock::new();

/// This program, in its package.
pub fn shim() -> io::Result<PathBuf> {
    let copied = LAUNCHED_BY.get().cloned();
    copied.map_or_else(env::current_exe, Ok)?.canonicalize()
}

/// A name for files of this process alone: in a sandbox inside of the build's another process may have
/// the same number.
pub fn own_name() -> &'static str {
    static NAME: LazyLock<String> = LazyLock::new(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let nanos = now.map_or(0, |since| since.as_nanos());
        format!("{}.{nanos}", std::process::id())
    });
    &NAME
}
