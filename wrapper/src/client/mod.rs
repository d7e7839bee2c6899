//! Asking the cache: one call of the real sccache.

mod listen;

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix_sccache_core::contract::{self, Language};

use self::listen::{Messages, listen};
use crate::arguments::spelled_for_sccache;
use crate::compiler::{self, Compiler};
use crate::inner;
use crate::inputs;
use crate::session::Session;

/// What came of asking.
pub enum Answer {
    /// The result is in place, and its messages were passed on.
    Served {
        /// Whether the compiler is known to have stayed idle, as only a session can tell.
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
    /// The cache fell silent, and sccache was ended.
    Silent {
        /// For how long.
        why: String,
        /// The messages that were passed on already and must not come twice.
        passed_on: Vec<Vec<u8>>,
    },
}

/// The real sccache.
pub fn sccache() -> Option<PathBuf> {
    let named = env::var_os(contract::SCCACHE);
    compiler::find(named.as_deref().unwrap_or(OsStr::new("sccache")))
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
    if let Err(why) = reach_server(session) {
        return Answer::Unreachable(why);
    }
    let mut command = Command::new(&sccache);
    let stand_in = session.and_then(|session| {
        let stand_in = session.stand_in(compiler).ok()?;
        Some((stand_in, session.compiling_note()))
    });
    if let Some((stand_in, note)) = &stand_in {
        command
            .arg(stand_in)
            .env(contract::COMPILER, &compiler.path)
            .env(contract::COMPILING, note);
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
    command.envs([inputs::key_variable(language, compiler, arguments)]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());

    let note = stand_in.as_ref().map(|(_, note)| note.as_path());
    let patience = patience();
    let heard = match command
        .spawn()
        .and_then(|child| listen(child, note.and(session), patience))
    {
        Ok(heard) => heard,
        Err(error) => {
            return Answer::Unreachable(format!("{} cannot be run: {error}", sccache.display()));
        }
    };
    // Without a note nobody knows, and a miss is the safer word.
    let compiled = note.is_none_or(|note| {
        let done = fs::remove_file(inner::compiled(note)).is_ok();
        fs::remove_file(note).is_ok() || done
    });
    let Messages {
        compilers,
        passed_on,
        complaints,
    } = heard.messages;
    let complaint = (!complaints.is_empty()).then(|| complaints.join("; "));
    match heard.status {
        Some(status) if status.success() => {
            io::stdout().write_all(&heard.stdout).ok();
            io::stderr().write_all(&compilers).ok();
            Answer::Served {
                hit: !compiled,
                complaint,
            }
        }
        Some(status) => {
            let why = complaint.unwrap_or_else(|| format!("sccache ended with {status}"));
            Answer::Failed { why, passed_on }
        }
        None => Answer::Silent {
            why: format!("no answer within {} s", patience.as_secs()),
            passed_on,
        },
    }
}

/// How long to wait for the cache.
fn patience() -> Duration {
    let seconds = env::var(contract::TIMEOUT)
        .ok()
        .and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(u64::from(contract::DEFAULT_TIMEOUT)))
}

/// Whether the server of this build answers at its socket. Sccache itself would start one
/// where there is none, which could neither compile for others nor keep what it stores, and
/// which nobody would end.
fn reach_server(session: Option<&Session>) -> Result<(), String> {
    if let Some(socket) = env::var_os(contract::SERVER_UDS) {
        return match UnixStream::connect(&socket) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!(
                "no server answers at {}: {error}",
                socket.display()
            )),
        };
    }
    if lacks_session(session) {
        return Err(
            "the build has no session, and so no server: run it by `nix-sccache run -- …`"
                .to_owned(),
        );
    }
    Ok(())
}

/// Whether this is a build whose transport wants a server, and there is no session that has
/// started one.
pub fn lacks_session(session: Option<&Session>) -> bool {
    let in_build = env::var_os("NIX_BUILD_TOP").is_some() && env::var_os("IN_NIX_SHELL").is_none();
    in_build
        && session.is_none()
        && env::var_os(contract::SERVER_UDS).is_none()
        && env::var_os(contract::TRANSPORT).is_some()
}
