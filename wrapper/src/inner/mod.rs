//! The compiler as sccache calls it, which is us once more.
//!
//! Sccache tells nobody whether a call was a hit: its log turns the client-side mode off,
//! and its statistics are those of all builds together. But a hit is a call for which the
//! compiler did not run, so we stand where sccache's compiler would, and note when we are
//! asked to compile. The note also tells a compilation that takes its time from a cache that
//! does not answer. And what the compiler made is [sealed](crate::seal) here.

mod questions;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_core::contract;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, getppid, kill_process, test_kill_process};

use crate::arguments::{CcCall, RustcCall, is_rustc};
use crate::class::{self, Class};
use crate::compiler::{self, Compiler};
use crate::faults::{Fault, Kind};
use crate::seal::{Messages, Subject};
use crate::session::Session;
use crate::stable_paths;

/// Notes the call if it is a compilation, and becomes the compiler.
pub fn main(compiler: OsString, arguments: &[OsString]) -> ExitCode {
    // rustup's proxy would take this for a toolchain to switch to, and sccache, which asks,
    // would then go round us.
    if arguments
        .first()
        .is_some_and(|first| first.as_encoded_bytes().starts_with(b"+"))
    {
        return ExitCode::FAILURE;
    }
    let compiler = Compiler {
        wrapper: env::var_os(contract::COMPILER_WRAPPER).map(Into::into),
        path: compiler.into(),
    };
    // Sccache also asks for versions and for a crate's sources, and compiles nothing at all to
    // learn about an assembler.
    let (class, name) = if is_rustc(compiler.path.as_os_str()) {
        let call = RustcCall::read(arguments);
        (class::rustc(&call), call.crate_name)
    } else {
        let call = CcCall::read(arguments);
        (class::cc(&call), call.sources.into_iter().next())
    };
    let name = name.unwrap_or_default();
    let mut command = compiler.command(arguments);
    // These are between sccache and us: what the compiler runs, a linker, say, must not be
    // taken for sccache's.
    for name in [
        contract::COMPILER,
        contract::COMPILER_WRAPPER,
        contract::COMPILING,
        contract::RUST_KEY,
        contract::SEAL,
        contract::CALLER,
        contract::SERVER,
        contract::SHOWN_PATHS,
    ] {
        command.env_remove(name);
    }
    if let Some(server) = env::var_os(contract::SERVER) {
        command.env(contract::SERVER_UDS, server);
    }
    match env::var_os(contract::COMPILING) {
        Some(note) if class == Class::Cacheable => {
            // Without the note a miss is taken for a hit, and a long compilation for silence.
            // Our number tells whether we still compile when sccache has ended.
            fs::write(&note, process::id().to_string()).ok();
            let is_rust = is_rustc(compiler.path.as_os_str());
            let sealed = env::var(contract::SEAL).ok().and_then(|identity| {
                let subject = if is_rust {
                    Subject::rustc(arguments)
                } else {
                    Subject::cc(arguments)
                };
                Some((subject?, identity))
            });
            let key = fs::read_to_string(key_file(Path::new(&note))).ok();
            let status = compile(&mut command, sealed, key.as_deref(), name);
            if status.as_ref().is_ok_and(ExitStatus::success)
                && is_rust
                && stable_paths::have_leaked(&RustcCall::read(arguments), arguments)
            {
                // Sccache does not store what failed.
                fs::rename(&note, leaked(Path::new(&note))).ok();
                return ExitCode::FAILURE;
            }
            fs::rename(&note, compiled(Path::new(&note))).ok();
            compiler::end_as(&command, status)
        }
        _ => {
            let session = Session::current().filter(|_| class == Class::Probe);
            let answer = session.and_then(|session| {
                questions::answer(&session, &compiler, arguments, &mut command)
            });
            match answer.map(|answer| io::stdout().write_all(&answer)) {
                Some(Ok(())) => ExitCode::SUCCESS,
                _ => compiler::become_program(command),
            }
        }
    }
}

/// Passes on what the compiler says, to its end, and seals what it made.
fn compile(
    command: &mut Command,
    sealed: Option<(Subject, String)>,
    key: Option<&str>,
    name: String,
) -> io::Result<ExitStatus> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut passing = None;
    let status = compiler::run_through(command, |child| {
        end_with_caller(child, name);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        passing = Some((
            thread::spawn(move || pass_on(stdout, io::stdout())),
            thread::spawn(move || pass_on(stderr, io::stderr())),
        ));
    })?;
    let (stdout, stderr) = passing.map_or_else(Default::default, |(stdout, stderr)| {
        (
            stdout.join().unwrap_or_default(),
            stderr.join().unwrap_or_default(),
        )
    });
    if let Some((subject, identity)) = sealed.filter(|_| status.success()) {
        let messages = Messages::sum(stdout, &stderr);
        let mut out = io::stdout().lock();
        out.write_all(&subject.seal(&identity, key, messages)).ok();
        out.flush().ok();
    }
    Ok(status)
}

/// Passes on what comes, at once, since cargo waits for the news of a crate's metadata.
fn pass_on(from: Option<impl Read>, mut to: impl Write) -> Messages {
    let mut messages = Messages::default();
    let Some(mut from) = from else {
        return messages;
    };
    let mut buffer = vec![0; 1 << 14];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return messages,
            Ok(read) => {
                let read = buffer.get(..read).unwrap_or_default();
                messages.update(read);
                to.write_all(read).and_then(|()| to.flush()).ok();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return messages,
        }
    }
}

/// Ends the compiler when nobody waits for it: when the process that asked for it is gone, as a
/// signal or a full memory ends one, since sccache would compile on; and when sccache is, since
/// another compiler is then about to write the same files.
fn end_with_caller(child: &Child, name: String) {
    const LOOK_EVERY: Duration = Duration::from_millis(100);
    let pid = |id: &str| id.parse().ok().and_then(Pid::from_raw);
    let caller = env::var(contract::CALLER).ok().and_then(|id| pid(&id));
    let compiler = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (Some(caller), Some(compiler), parent) = (caller, compiler, getppid()) else {
        return;
    };
    thread::spawn(move || {
        while is_there(caller) {
            if getppid() != parent {
                kill_process(compiler, Signal::TERM).ok();
                return;
            }
            thread::sleep(LOOK_EVERY);
        }
        if let Some(session) = Session::current() {
            let why = "what asked for it was killed, and so was its compiler";
            session.fault(&Fault::of_call(Kind::CallAbandoned, &name, why));
        }
        kill_process(compiler, Signal::TERM).ok();
    });
}

/// Whether there is such a process; of another user's we may not ask, and so know that it is.
fn is_there(process: Pid) -> bool {
    !matches!(test_kill_process(process), Err(Errno::SRCH))
}

/// Waits until the compiler has ended that sccache left, so that not two of them write the same
/// files; not for ever.
pub fn wait_for_compiler(note: &Path) {
    const LOOK_EVERY: Duration = Duration::from_millis(10);
    const AT_MOST: Duration = Duration::from_secs(5);
    let since = Instant::now();
    let compiles = || {
        let id = fs::read_to_string(note).ok()?;
        id.parse().ok().and_then(Pid::from_raw)
    };
    while since.elapsed() < AT_MOST && compiles().is_some_and(is_there) {
        thread::sleep(LOOK_EVERY);
    }
}

/// The file with sccache's key of the call that has this note.
pub fn key_file(note: &Path) -> PathBuf {
    note.with_extension("key")
}

/// The name that the note has when the compiler is done.
pub fn compiled(note: &Path) -> PathBuf {
    note.with_extension("done")
}

/// The name that it has when what was compiled must not be stored.
pub fn leaked(note: &Path) -> PathBuf {
    note.with_extension("leaked")
}
