//! Asking the cache: one call of the real sccache.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use nix_sccache_core::contract::{self, Language};

use crate::arguments::spelled_for_sccache;
use crate::compiler::{self, Compiler};
use crate::inputs;
use crate::session::Session;

/// What came of asking.
pub enum Answer {
    /// The result is in place, and its messages were passed on.
    Served {
        /// Whether the compiler stayed idle; unknown outside of a session.
        hit: bool,
        /// What sccache complained about while it compiled.
        complaint: Option<String>,
    },
    /// The cache cannot be reached: nothing was done.
    Unreachable(String),
    /// Sccache failed. Whether the cache was at fault or the program, only the compiler can tell.
    Failed {
        /// What sccache said.
        why: String,
        /// The messages that were passed on already and must not come twice.
        passed_on: Vec<Vec<u8>>,
    },
}

/// The real sccache.
pub fn sccache() -> Option<PathBuf> {
    env::var_os(contract::SCCACHE)
        .map(PathBuf::from)
        .or_else(|| compiler::find(OsStr::new("sccache")))
}

/// Asks for what `compiler` makes of `arguments`.
pub fn ask(
    session: Option<&Session>,
    language: Language,
    compiler: &Compiler,
    arguments: &[OsString],
) -> Answer {
    let Some(sccache) = sccache() else {
        return Answer::Unreachable("there is no sccache on PATH".to_owned());
    };
    if let Err(why) = reach_server() {
        return Answer::Unreachable(why);
    }
    let mut command = Command::new(&sccache);
    let stand_in = session.and_then(|session| {
        Some((
            session.stand_in(compiler.stem()).ok()?,
            session.compiled_note(),
        ))
    });
    if let Some((stand_in, note)) = &stand_in {
        command
            .arg(stand_in)
            .env(contract::COMPILER, &compiler.path)
            .env(contract::COMPILED, note);
        if let Some(wrapper) = &compiler.wrapper {
            command.env(contract::COMPILER_WRAPPER, wrapper);
        }
    } else {
        command.args(&compiler.wrapper).arg(&compiler.path);
    }
    match language {
        Language::Rust => command.args(spelled_for_sccache(arguments)),
        Language::C | Language::Cxx => command.args(arguments),
    };
    command.envs(inputs::key_variable(language, compiler, stand_in.is_some()));

    let heard = match command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .and_then(listen)
    {
        Ok(heard) => heard,
        Err(error) => {
            return Answer::Unreachable(format!("{} cannot be run: {error}", sccache.display()));
        }
    };
    let compiled = stand_in.is_some_and(|(_, note)| fs::remove_file(note).is_ok());
    let complaint = (!heard.complaints.is_empty()).then(|| heard.complaints.join("; "));
    if heard.status.success() {
        io::stdout().write_all(&heard.stdout).ok();
        io::stderr().write_all(&heard.stderr).ok();
        return Answer::Served {
            hit: !compiled,
            complaint,
        };
    }
    let why = complaint.unwrap_or_else(|| format!("sccache ended with {}", heard.status));
    Answer::Failed {
        why,
        passed_on: heard.passed_on,
    }
}

/// Whether the server of this build answers at its socket. Sccache itself would start one
/// where there is none, which could neither compile for others nor keep what it stores.
fn reach_server() -> Result<(), String> {
    let Some(socket) = env::var_os(contract::SERVER_UDS) else {
        return Ok(());
    };
    match UnixStream::connect(&socket) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!(
            "no server answers at {}: {error}",
            socket.display()
        )),
    }
}

/// All that sccache said.
struct Heard {
    status: ExitStatus,
    stdout: Vec<u8>,
    /// The compiler's messages, but for those that were passed on at once.
    stderr: Vec<u8>,
    passed_on: Vec<Vec<u8>>,
    /// Sccache's own messages.
    complaints: Vec<String>,
}

/// Hears sccache out. The news that a crate's metadata is there goes on at once, since
/// cargo then begins with what depends on it; all else waits until it is certain that the
/// compiler need not say it again.
fn listen(mut child: Child) -> io::Result<Heard> {
    let mut stdout_pipe = child
        .stdout
        .take()
        .ok_or_else(|| io::Error::other("no pipe"))?;
    let stderr_pipe = child
        .stderr
        .take()
        .ok_or_else(|| io::Error::other("no pipe"))?;
    let stdout = thread::spawn(move || {
        let mut stdout = Vec::new();
        stdout_pipe.read_to_end(&mut stdout).map(|_| stdout)
    });
    let (mut stderr, mut passed_on, mut complaints) = (Vec::new(), Vec::new(), Vec::new());
    let mut lines = BufReader::new(stderr_pipe);
    let mut complaining = false;
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if is_news_of_metadata(&line) {
            io::stderr().write_all(&line).ok();
            passed_on.push(line);
        } else if line.starts_with(b"sccache: ") || (complaining && line.starts_with(b"caused by"))
        {
            complaining = true;
            complaints.push(
                String::from_utf8_lossy(&line)
                    .trim()
                    .trim_start_matches("sccache: ")
                    .to_owned(),
            );
        } else {
            stderr.extend(line);
        }
    }
    let stdout = stdout
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("reading what sccache printed")))?;
    Ok(Heard {
        status: child.wait()?,
        stdout,
        stderr,
        passed_on,
        complaints,
    })
}

fn is_news_of_metadata(line: &[u8]) -> bool {
    line.starts_with(br#"{"$message_type":"artifact","#) && find(line, br#""emit":"metadata""#)
}

fn find(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Runs a compiler whose messages were in part passed on already, without those.
pub fn run_without(mut command: Command, passed_on: &[Vec<u8>]) -> io::Result<ExitStatus> {
    if passed_on.is_empty() {
        return command.status();
    }
    let mut child = command.stderr(Stdio::piped()).spawn()?;
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).split(b'\n') {
            let mut line = line?;
            line.push(b'\n');
            if !passed_on.contains(&line) {
                io::stderr().write_all(&line).ok();
            }
        }
    }
    child.wait()
}
