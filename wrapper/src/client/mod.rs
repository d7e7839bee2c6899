//! Asks the cache: one call of the real sccache, and another where an entry is damaged.

mod listen;
mod relay;

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::time::{Duration, SystemTime};

use nix_sccache_contract as contract;
use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::fault::{CacheError, Fault, FaultRecord};
use rustix::process::Resource;

use self::listen::{Heard, Messages, listen};
use self::relay::{Relay, Seen};
use crate::entry_checksum::{self, ExpectedOutputs};
use crate::invocation::Invocation;
use crate::kept;
use crate::key_material;
use crate::keyless;
use crate::outputs;
use crate::real_sccache::{self, is_client_side};
use crate::session::{Note, OfOneCall, Session};
use crate::stable_paths::StablePaths;

/// What came of asking.
pub enum Answer {
    /// The result is in place, and its messages were passed on.
    Served {
        /// Whether the compiler is known to have stayed idle, as only a session can tell.
        hit: bool,
        /// What sccache complained about while it compiled.
        complaint: Option<CacheError>,
    },
    /// The cache cannot be reached: nothing was done.
    Unreachable(CacheError),
    /// Sccache failed. Whether the cache was at fault or the program, only the compiler can tell.
    Failed {
        /// Why.
        error: CacheError,
        /// The messages that were passed on already and must not come twice.
        passed_on: Vec<Vec<u8>>,
    },
    /// The call turned out to be none for the cache, and nothing was compiled.
    Refused(BypassReason),
    /// What was compiled has a real path in it, and was not stored.
    HasRealPath {
        /// The messages that were passed on already and must not come twice.
        passed_on: Vec<Vec<u8>>,
    },
    /// The cache fell silent, and sccache was ended.
    Silent {
        /// For how long.
        error: CacheError,
        /// The messages that were passed on already and must not come twice.
        passed_on: Vec<Vec<u8>>,
    },
}

/// A call to ask for.
pub struct Question<'a> {
    /// The session, if there is one.
    pub session: Option<&'a Session>,
    /// The invocation, with the arguments to call the compiler with.
    pub invocation: &'a Invocation,
    /// The paths that it is shown.
    pub paths: &'a StablePaths,
}

/// What came of one call of sccache.
enum Attempt {
    Answered(Answer),
    /// It was a hit, and the entry is not what was stored, or not this call's. What it put in
    /// place is gone.
    Damaged {
        why: String,
        repair: Repair,
    },
}

/// That an entry is to be stored anew.
struct Repair {
    /// Sccache's key, where it is known: it is not asked for again.
    key: Option<String>,
}

/// Asks for what the compiler makes of the arguments. An entry that is damaged is compiled again
/// and stored anew, so that it is damaged for nobody else.
pub fn ask(question: &Question) -> Answer {
    let repair = match attempt(question, None) {
        Attempt::Answered(answer) => return answer,
        Attempt::Damaged { why, repair } => {
            question.note(Fault::EntryDamaged(why));
            repair
        }
    };
    match attempt(question, Some(&repair)) {
        Attempt::Answered(answer) => answer,
        Attempt::Damaged { why, .. } => Answer::Failed {
            error: CacheError::EntryStaysDamaged(why),
            passed_on: Vec::new(),
        },
    }
}

/// Calls sccache once.
fn attempt(question: &Question, repair: Option<&Repair>) -> Attempt {
    let unreachable = |error| Attempt::Answered(Answer::Unreachable(error));
    let Some(sccache) = real_sccache::find() else {
        return unreachable(CacheError::SccacheMissing);
    };
    let server = match reach_server(question.session) {
        Ok(server) => server,
        Err(error) => return unreachable(error),
    };
    // A server in the background would learn of a new compiler with each call.
    let own = if question.session.is_none() && is_client_side() {
        OfOneCall::begin()
    } else {
        None
    };
    let own = own.as_ref().map(OfOneCall::session);
    let prepared = Prepared::new(question, question.session.or(own), &sccache, repair);
    let mut prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            return Attempt::Answered(Answer::Refused(BypassReason::Unreadable(error.to_string())));
        }
    };
    if let Some(server) = server {
        prepared.relay(server);
    }
    let timeout = timeout();
    let compiles = {
        let note = prepared.note.clone();
        move || note.as_ref().is_none_or(Note::was_compiled)
    };
    let passes_news_on = {
        let (compiles, is_strict) = (compiles.clone(), question.paths.is_strict());
        move || !is_strict && compiles()
    };
    let session = question.session.filter(|_| prepared.note.is_some());
    if question.hides_arguments() && !prepared.keeps_arguments {
        return unreachable(CacheError::SessionUnusable);
    }
    if question.paths.shows() && session.is_none() {
        return unreachable(CacheError::SessionUnusable);
    }
    let began = SystemTime::now();
    let heard = prepared
        .command
        .spawn()
        .and_then(|child| listen(child, session.or(own), timeout, passes_news_on));
    if let Some(note) = &prepared.note {
        note.wait_for_compiler();
    }
    // Without a note nobody knows, and a miss is the safer word.
    let compiled = compiles();
    let called_after = prepared.note.as_ref().map(|note| note.called_after(began));
    if let Some(session) =
        session.filter(|_| called_after.is_some_and(|waited| waited >= STORAGE_IS_SILENT))
    {
        // What takes its time before a compilation may be the compiler, too, listing sources.
        if session.blames_storage() {
            session.give_up(&storage_slow(called_after.unwrap_or_default()));
        }
    }
    let has_real_path = prepared.note.as_ref().is_some_and(Note::has_real_path);
    let refused = prepared.note.as_ref().and_then(Note::refusal);
    if let Some(note) = prepared.note.as_ref().filter(|_| !compiled) {
        note.put_rules_back();
    }
    let seen = prepared.end();
    if let Some(reason) = refused {
        return Attempt::Answered(Answer::Refused(reason));
    }
    question.note_what_was(&seen, compiled, repair);
    // A hit was worth the wait.
    if let Some(session) = session.filter(|_| compiled && seen.waited >= STORAGE_IS_SILENT) {
        session.give_up(&storage_slow(seen.waited));
    }
    match heard {
        Ok(heard) if has_real_path => Attempt::Answered(Answer::HasRealPath {
            passed_on: heard.messages.passed_on,
        }),
        Ok(heard) => prepared.judge(question, heard, seen, compiled, timeout),
        Err(error) => unreachable(CacheError::SccacheNotRun(format!(
            "{}: {error}",
            sccache.display()
        ))),
    }
}

/// A call of sccache that can begin.
struct Prepared {
    command: Command,
    /// The note that the compiler compiles; without a session there is none.
    note: Option<Note>,
    /// Whether the compiler will get the arguments that were given, and not those that sccache is asked.
    keeps_arguments: bool,
    /// Where the entry is sealed, the call, and what tells it from others.
    sealed: Option<(ExpectedOutputs, String)>,
    relay: Option<Relay>,
}

impl Prepared {
    fn new(
        question: &Question,
        session: Option<&Session>,
        sccache: &Path,
        repair: Option<&Repair>,
    ) -> io::Result<Self> {
        let invocation = question.invocation;
        let compiler = &invocation.compiler;
        let mut command = real_sccache::command_of(sccache);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        question.paths.prepare_asking(&mut command);
        // It would take headers that are new for headers that are not there.
        if env::var_os(contract::DIRECT).is_none() {
            command.env(contract::DIRECT, "false");
        }
        let mut keeps_arguments = false;
        let stand_in = session.and_then(|session| {
            let stand_in = session
                .stand_in(compiler.name_for_sccache(), &compiler.programs())
                .ok()?;
            let note = session.note_of_call();
            keeps_arguments = note.keep_arguments(&invocation.arguments);
            kept::hand_on(
                &mut command,
                is_client_side(),
                session.temporary().as_deref(),
            );
            Some((stand_in, note))
        });
        let subject = stand_in
            .as_ref()
            .and_then(|_| ExpectedOutputs::of(invocation));
        if let Some((stand_in, note)) = &stand_in {
            command
                .arg(stand_in)
                .env(contract::COMPILER, &compiler.path)
                .env(contract::COMPILING, note.path())
                .env(contract::CALLER, process::id().to_string());
            if let Some(wrapper) = &compiler.wrapper {
                command.env(contract::COMPILER_WRAPPER, wrapper);
            }
            keyless::hand_on(&mut command, &question.keyless());
        } else {
            command.args(&compiler.wrapper).arg(&compiler.path);
        }
        command.args(invocation.for_sccache());
        let key_variable = key_material::key_variable(invocation, subject.is_some())?;
        let sealed = subject.map(|subject| {
            let identity = subject.identity(&key_variable.1);
            (subject, identity)
        });
        command.envs([key_variable]);
        if let Some((_, identity)) = &sealed {
            command.env(contract::SEAL, identity);
        }
        let note = stand_in.map(|(_, note)| note);
        if let Some(repair) = repair {
            command.env(contract::RECACHE, "1");
            if let (Some(key), Some(note)) = (&repair.key, &note) {
                fs::write(note.key(), key).ok();
            }
        }
        Ok(Self {
            command,
            note,
            keeps_arguments,
            sealed,
            relay: None,
        })
    }

    /// Puts a socket of ours in front of the server's, where sccache asks for entries alone. Where
    /// that cannot be, nothing is seen of what becomes of them.
    fn relay(&mut self, server: UnixStream) {
        let Some(note) = self.note.as_ref().filter(|_| is_client_side()) else {
            return;
        };
        self.relay = Relay::start(note.socket(), note.key(), server).ok();
        if let Some(relay) = &self.relay {
            let server = env::var_os(contract::SERVER_UDS).unwrap_or_default();
            self.command
                .env(contract::SERVER, server)
                .env(contract::SERVER_UDS, relay.socket());
        }
    }

    /// Takes the call's files away, and says what was seen.
    fn end(&mut self) -> Seen {
        if let Some(note) = &self.note {
            note.remove();
        }
        let relay = self.relay.take();
        relay.map(|relay| relay.seen()).unwrap_or_default()
    }

    /// Says what came of it, and passes on what the compiler said.
    fn judge(
        self,
        question: &Question,
        heard: Heard,
        seen: Seen,
        compiled: bool,
        timeout: Duration,
    ) -> Attempt {
        let Heard {
            status,
            mut stdout,
            messages,
        } = heard;
        let Messages {
            compilers,
            passed_on,
            complaints,
        } = messages;
        let seal = entry_checksum::take(&mut stdout);
        let complaint = (!complaints.is_empty()).then(|| complaints.join("; "));
        Attempt::Answered(match status {
            Some(status) if status.success() => {
                if let Some((subject, identity)) = self.sealed.filter(|_| !compiled) {
                    let sum = entry_checksum::Messages::sum_of(&stdout, &compilers);
                    let key = seen.key.as_deref();
                    if let Err(why) = subject.verify(seal.as_deref(), &identity, key, sum) {
                        outputs::remove(subject.places());
                        let repair = Repair { key: seen.key };
                        return Attempt::Damaged { why, repair };
                    }
                }
                if !compiled && question.invocation.rustc().is_none() {
                    outputs::give_usual_mode(&question.invocation.outputs());
                }
                io::stdout().write_all(&question.paths.real(&stdout)).ok();
                io::stderr()
                    .write_all(&question.paths.real(&compilers))
                    .ok();
                Answer::Served {
                    hit: !compiled,
                    complaint: complaint.map(CacheError::SccacheFailed),
                }
            }
            Some(status) => {
                let why = complaint.unwrap_or_else(|| format!("it ended with {status}"));
                let error = match few_files() {
                    Some(files) => CacheError::FewFiles(format!("{files}; {why}")),
                    None => CacheError::SccacheFailed(why),
                };
                Answer::Failed { error, passed_on }
            }
            None => Answer::Silent {
                error: CacheError::ServerSilent(in_seconds(timeout)),
                passed_on,
            },
        })
    }
}

/// The limit of open files, where it may be why sccache failed: of a command that it cannot start
/// sccache 0.19 does not say why. It takes about twenty files by itself.
fn few_files() -> Option<u64> {
    const MIN_OPEN_FILES: u64 = 64;
    let limit = rustix::process::getrlimit(Resource::Nofile).current;
    limit.filter(|limit| *limit < MIN_OPEN_FILES)
}

impl Question<'_> {
    /// Whether sccache is asked without some argument that decides.
    fn hides_arguments(&self) -> bool {
        let call = self.invocation.rustc();
        call.is_some_and(|call| call.profile().is_some())
    }

    /// Those of the call's variables that are in no key.
    fn keyless(&self) -> BTreeSet<OsString> {
        match (self.session, self.invocation.rustc()) {
            (Some(session), Some(_)) => keyless::of(session, self.invocation),
            _ => BTreeSet::new(),
        }
    }

    fn note(&self, fault: Fault) {
        if let Some(session) = self.session {
            session.fault(&FaultRecord::of_call(fault, &self.invocation.name()));
        }
    }

    /// Notes what was seen of the server, when the compiler was called or was not.
    fn note_what_was(&self, seen: &Seen, compiled: bool, repair: Option<&Repair>) {
        if let Some(why) = &seen.not_fetched {
            self.note(Fault::EntryNotRead(why.clone()));
        } else if compiled && seen.found && repair.is_none() {
            self.note(Fault::EntryDamaged("sccache could not read it".to_owned()));
        }
        if seen.read_only && compiled {
            self.note(Fault::EntryNotStored("the server only reads".to_owned()));
        } else if let Some(why) = &seen.not_stored {
            self.note(Fault::EntryNotStored(why.clone()));
        }
        if let Some(session) = self.session.filter(|_| seen.waited >= SLOW) {
            let waited = u64::try_from(seen.waited.as_millis()).unwrap_or(u64::MAX);
            session.fault(&FaultRecord {
                waited,
                ..FaultRecord::of_call(Fault::SlowAnswers, &self.invocation.name())
            });
        }
    }
}

/// From when on a server is too slow over an entry that it has not: its storage is gone, or a level
/// behind its disk. Sccache 0.19 tries Redis for ten seconds when it looks for an entry, and ten more
/// before it stores one, with each call.
const STORAGE_IS_SILENT: Duration = Duration::from_secs(5);

fn storage_slow(waited: Duration) -> CacheError {
    CacheError::StorageSlow(in_seconds(waited))
}

fn in_seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs())
}

/// From when on the server's answers to one call are slow: a hit takes a twentieth of it.
const SLOW: Duration = Duration::from_secs(1);

/// How long to wait for the cache.
fn timeout() -> Duration {
    let seconds = env::var(contract::TIMEOUT)
        .ok()
        .and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(u64::from(contract::DEFAULT_TIMEOUT)))
}

/// Whether the server of this build answers at its socket. Sccache itself would start one
/// where there is none, which could neither compile for others nor keep what it stores, and
/// which nobody would end.
fn reach_server(session: Option<&Session>) -> Result<Option<UnixStream>, CacheError> {
    if let Some(socket) = env::var_os(contract::SERVER_UDS) {
        return match UnixStream::connect(&socket) {
            Ok(server) => Ok(Some(server)),
            Err(error) => Err(CacheError::ServerUnreachable(format!(
                "{}: {error}",
                socket.display()
            ))),
        };
    }
    if lacks_session(session) {
        return Err(CacheError::SessionMissing);
    }
    Ok(None)
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
