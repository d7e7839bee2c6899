//! Stands in the place of the compiler that sccache calls, and runs the real one.
//!
//! Sccache tells nobody whether a call was a hit: its log turns the client-side mode off,
//! and its statistics are those of all builds together. But a hit is a call for which the
//! compiler did not run, so we stand where sccache's compiler would, and note when we are
//! asked to compile. The note also tells a compilation that takes its time from a cache that
//! does not answer. And what the compiler made is [sealed](crate::entry_checksum) here.
//!
//! The compiler itself sees nothing of sccache: it gets the arguments that it was called with, and
//! the variables that sccache [keeps](crate::kept) from it.

mod preprocessed;
mod questions;
mod sources;

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix_sccache_contract as contract;
use nix_sccache_contract::fault::{Fault, FaultRecord};
use rustix::process::{Signal, getppid, kill_process};

use crate::cacheability::Cacheability;
use crate::entry_checksum::{ExpectedOutputs, Messages};
use crate::invocation::{Argument, Compiler, Invocation, Kind, Options, Rustc};
use crate::kept;
use crate::keyless;
use crate::process::{self, is_there, process_of};
use crate::session::{Note, Session};
use crate::stable_paths;

/// Notes the call if it is a compilation, and becomes the compiler. What kind that is the name says by
/// which sccache calls it.
pub fn main(called_as: &OsStr, compiler: OsString, arguments: Vec<OsString>) -> ExitCode {
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
        kind: Kind::named(called_as).unwrap_or(Kind::Cc),
    };
    let asked = Invocation::read(compiler, arguments);
    // Sccache also asks for versions and for a crate's sources, and compiles nothing at all to
    // learn about an assembler.
    let is = Cacheability::of(&asked);
    let note = env::var_os(contract::COMPILING).map(|path| Note::at(path.into()));
    let Some(note) = note else {
        return answer(&asked, &is);
    };
    let given = note
        .kept_arguments()
        .map(|arguments| Invocation::read(asked.compiler.clone(), arguments));
    if is == Cacheability::Cacheable {
        let given = given.map_or_else(|| asked.clone(), |given| in_colour(given, &asked));
        return compile(&given, &note);
    }
    match &asked.options {
        Options::Rustc(call) => {
            if let Some(names) = questions::file_names(call)
                && io::stdout().write_all(&names).is_ok()
            {
                return ExitCode::SUCCESS;
            }
            if sources::are_asked_for(call) {
                let mut command = command(&asked);
                // Of this sccache was not told.
                let given = given.as_ref().and_then(Invocation::rustc);
                command.args(given.and_then(Rustc::profile));
                return sources::list(command, call, &note);
            }
        }
        Options::Cc(call) if call.arguments.has("-E") => {
            return preprocessed::make(command, &asked, call, &note);
        }
        Options::Cc(_) => {}
    }
    answer(&asked, &is)
}

/// Answers a question that was asked before, or becomes the compiler.
fn answer(asked: &Invocation, is: &Cacheability) -> ExitCode {
    let mut command = command(asked);
    let session = Session::current().filter(|_| *is == Cacheability::Probe);
    let answer = session.and_then(|session| questions::answer(&session, asked, &mut command));
    match answer.map(|answer| io::stdout().write_all(&answer)) {
        Some(Ok(())) => ExitCode::SUCCESS,
        _ => process::become_program(command),
    }
}

/// The command that runs the compiler with these arguments, in the environment that is its own.
fn command(invocation: &Invocation) -> Command {
    let mut command = invocation.compiler.command(&invocation.arguments);
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
    keyless::restore(&mut command);
    if let Some(server) = env::var_os(contract::SERVER) {
        command.env(contract::SERVER_UDS, server);
    }
    kept::restore(&mut command);
    command
}

/// The arguments that were given, with the colours that sccache wants: it takes them away again where
/// nobody sees them.
fn in_colour(mut given: Invocation, asked: &Invocation) -> Invocation {
    let (option, colour) = match given.options {
        Options::Cc(_) => ("-fdiagnostics-color=always", None),
        Options::Rustc(_) => ("--color", Some("always")),
    };
    if !asked.options.arguments().has(option) {
        return given;
    }
    if given.options.arguments().has(option) {
        let others = |argument: &Argument| argument.option != option;
        given = given.with_arguments(given.options.arguments().filtered(others));
    }
    given.push(match colour {
        Some(colour) => Argument::joined(option, "=", colour),
        None => Argument::flag(option),
    });
    given
}

/// Compiles: passes on what the compiler says, to its end, and seals what it made.
fn compile(invocation: &Invocation, note: &Note) -> ExitCode {
    // Without the note a miss is taken for a hit, and a long compilation for silence.
    // Our number tells whether we still compile when sccache has ended.
    fs::write(note.path(), std::process::id().to_string()).ok();
    let sealed = env::var(contract::SEAL)
        .ok()
        .and_then(|identity| Some((ExpectedOutputs::of(invocation)?, identity)));
    let key = fs::read_to_string(note.key()).ok();
    let mut command = command(invocation);
    let status = run(&mut command, sealed, key.as_deref(), invocation.name());
    if status.as_ref().is_ok_and(ExitStatus::success)
        && invocation
            .rustc()
            .is_some_and(stable_paths::contains_real_path)
    {
        // Sccache does not store what failed.
        note.note_real_path();
        return ExitCode::FAILURE;
    }
    note.note_compiled();
    match status {
        Ok(status) => process::end_like(status),
        // Who asked sccache then runs the compiler, and needs less for it.
        Err(_) => ExitCode::FAILURE,
    }
}

fn run(
    command: &mut Command,
    sealed: Option<(ExpectedOutputs, String)>,
    key: Option<&str>,
    name: String,
) -> io::Result<ExitStatus> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    // Before it runs: then there is no compiler that nobody listens to.
    let (to_stdout, stdout) = in_background(|stdout| pass_on(stdout, io::stdout()))?;
    let (to_stderr, stderr) = in_background(|stderr| pass_on_marked(stderr, io::stderr()))?;
    let status = process::run_through(command, |child| {
        end_with_caller(child, name);
        to_stdout.send(child.stdout.take()).ok();
        to_stderr.send(child.stderr.take()).ok();
    })?;
    let (stdout, stderr) = (
        stdout.join().unwrap_or_default(),
        stderr.join().unwrap_or_default(),
    );
    if let Some((subject, identity)) = sealed.filter(|_| status.success()) {
        let messages = Messages::sum(stdout, &stderr);
        let mut out = io::stdout().lock();
        out.write_all(&subject.seal(&identity, key, messages)).ok();
        out.flush().ok();
    }
    Ok(status)
}

/// A thread that waits for what it is to work on.
fn in_background<P: Send + 'static>(
    work: impl FnOnce(Option<P>) -> Messages + Send + 'static,
) -> io::Result<(std::sync::mpsc::Sender<Option<P>>, JoinHandle<Messages>)> {
    let (sender, receiver) = channel();
    let thread = thread::Builder::new().spawn(move || work(receiver.recv().ok().flatten()))?;
    Ok((sender, thread))
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

/// The same for messages, line by line: one that begins as sccache's own do gets a [`MARK`].
fn pass_on_marked(from: Option<impl Read>, mut to: impl Write) -> Messages {
    let mut messages = Messages::default();
    let Some(from) = from else {
        return messages;
    };
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from
        .read_until(b'\n', &mut line)
        .is_ok_and(|length| length > 0)
    {
        messages.update(&line);
        if line.starts_with(SCCACHES) {
            line.splice(..0, MARK.iter().copied());
        }
        to.write_all(&line).and_then(|()| to.flush()).ok();
        line.clear();
    }
    messages
}

/// How sccache's own messages begin, and those of its own that a macro prints.
pub const SCCACHES: &[u8] = b"sccache: ";

/// What stands in front of a compiler's message that begins like one of sccache's.
pub const MARK: &[u8] = b"nix-sccache: of the compiler: ";

/// Ends the compiler when nobody waits for it: when the process that asked for it is gone, as a
/// signal or a full memory ends one, since sccache would compile on; and when sccache is, since
/// another compiler is then about to write the same files.
fn end_with_caller(child: &Child, name: String) {
    const POLL_INTERVAL: Duration = Duration::from_millis(100);
    let caller = env::var(contract::CALLER)
        .ok()
        .and_then(|id| process_of(&id));
    let compiler = process_of(&child.id().to_string());
    let (Some(caller), Some(compiler), parent) = (caller, compiler, getppid()) else {
        return;
    };
    let watch = move || {
        while is_there(caller) {
            if getppid() != parent {
                kill_process(compiler, Signal::TERM).ok();
                return;
            }
            thread::sleep(POLL_INTERVAL);
        }
        if let Some(session) = Session::current() {
            session.fault(&FaultRecord::of_call(Fault::CallAbandoned, &name));
        }
        kill_process(compiler, Signal::TERM).ok();
    };
    thread::Builder::new().spawn(watch).ok();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::{self, words};

    #[test]
    fn the_arguments_are_those_that_were_given() {
        let coloured = |given: &str, asked: &str| {
            in_colour(invocation::read(given), &invocation::read(asked)).arguments
        };
        let given = "a.rs --crate-type lib --color auto --out-dir out";
        let call = format!("rustc {given}");
        assert_eq!(
            coloured(&call, "rustc --crate-type rlib a.rs --color always"),
            words("a.rs --crate-type lib --out-dir out --color=always")
        );
        assert_eq!(coloured(&call, "rustc a.rs --json artifacts"), words(given));
        let asked = "cc -x c -c -o a.o -fdiagnostics-color=always a.c";
        assert_eq!(
            coloured("cc -c a.c", asked),
            words("-c a.c -fdiagnostics-color=always")
        );
    }

    #[test]
    fn messages_like_sccaches_are_marked() {
        let mut passed_on = Vec::new();
        pass_on_marked(
            Some(&b"sccache: a\nno sccache: b\nsccache: c"[..]),
            &mut passed_on,
        );
        let passed_on = String::from_utf8(passed_on).unwrap();
        let mark = String::from_utf8_lossy(MARK);
        assert_eq!(
            passed_on,
            format!("{mark}sccache: a\nno sccache: b\n{mark}sccache: c")
        );
    }
}
