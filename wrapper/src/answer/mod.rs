//! Answers an invocation from the cache; or runs its compiler under observation, and stores what came of it.

mod miss;
mod whole;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use nix_sccache_cache::digest::{Digest, Memo};
use nix_sccache_cache::engine::{self, Found, Hit};
use nix_sccache_cache::entry::{EntryError, StoredEntry};
use nix_sccache_cache::inputs::{Environment, Inputs, Look, World};
use nix_sccache_cache::manifest::Manifest;
use nix_sccache_cache::restore::RestoreError;
use nix_sccache_cache::storage::StorageError;
use nix_sccache_contract as contract;
use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::fault::{CacheError, Fault, FaultRecord};

use crate::connection::{self, Connection, in_seconds};
use crate::invocation::Invocation;
use crate::key_record::Made;
use crate::links::Linked;
use crate::observed;
use crate::outer_trace::Told;
use crate::process;
use crate::relink::{Relink, Relinked, StandIn};
use crate::replay::{Said, put_in_place};
use crate::request::{self, Request, variables};
use crate::run_paths;
use crate::session::{self, Session};
use crate::stable_paths::{self, StablePaths};
use crate::store;
use crate::stripped;
use crate::temporary::TemporaryDirectory;
use crate::verify;

/// An invocation to answer.
pub struct Question<'a> {
    /// The session, if there is one.
    pub session: Option<&'a Session>,
    /// The invocation, as the compiler is shown it.
    pub invocation: &'a Invocation,
    /// The paths that it is shown.
    pub paths: &'a StablePaths,
    /// What it links.
    pub linked: Linked,
    /// What was on its standard input, where its source is that.
    pub stdin: Option<&'a [u8]>,
    /// The command that runs it, with what rustc is to call in its linker's place.
    pub command: &'a dyn Fn(Option<&StandIn>) -> Command,
    /// Called before it runs.
    pub starts: &'a dyn Fn(),
}

/// What came of it.
pub enum Answer {
    /// The cache had it: all is in place and said, and this is the exit code.
    Hit(u8, Made),
    /// The compiler ran, and the cache has it now.
    Miss(ExitStatus, Made),
    /// The compiler ran, and the cache was not given what it made: by whatever reason, or because it failed.
    NotStored(ExitStatus, Option<BypassReason>),
    /// What it made has a path in it that it was not shown. Nobody was told of it yet: it is to run again as if it were
    /// shown nothing.
    HasRealPath,
    /// It cannot run under observation. Nothing was done.
    Refused(BypassReason),
    /// The cache cannot be used. Nothing was done.
    Unreachable(CacheError),
    /// The compiler's files are not what they are to be.
    CannotFinish(io::Error),
}

/// From when on a storage is too slow over an entry that it has not: it is gone, or a level behind the daemon's disk. Sccache
/// 0.19 tries Redis for ten seconds when it looks for an entry, and ten more before it stores one, with each call.
const STORAGE_IS_SILENT: Duration = Duration::from_secs(5);

/// From when on the storage's answers to one call are slow: a hit takes a hundredth of it.
const SLOW: Duration = Duration::from_secs(1);

/// What is kept free of a frame beside a part of an entry.
const ROOM_IN_FRAME: u32 = 1 << 12;

impl Question<'_> {
    /// Answers it.
    pub fn answer(&self) -> Answer {
        let directory = match self.paths.directory() {
            Some(directory) => directory.to_owned(),
            None => match env::current_dir() {
                Ok(directory) => directory,
                Err(_) => return Answer::Refused(BypassReason::Directory),
            },
        };
        let mut memo = self.memo();
        let mut connection = match connection::connect(self.session) {
            Ok(connection) => connection,
            Err(error) => return self.unreachable(error),
        };
        let mut miss = Miss::default();
        // What may be installed first as it was linked. Then as if roots that change from build to build were of no matter, then
        // as they are.
        let whole = (self.linked == Linked::ForOutputs).then(|| (Vec::new(), true));
        let roots = request::roots(self.invocation, &directory).into_iter();
        for (roots, is_whole) in whole.into_iter().chain(roots.map(|roots| (roots, false))) {
            let request = match self.request(&directory, roots, is_whole, &mut memo) {
                Ok(request) => request,
                Err(error) => return Answer::Refused(BypassReason::Unreadable(error.to_string())),
            };
            let environment = self.environment(&request);
            let mut world = World {
                places: &request.places,
                environment: &environment,
                memo: &mut memo,
                has_modes: request.out_dir.is_some(),
            };
            let digest = request.digest();
            let mut verified = None;
            let is_due = || verify::is_due() || miss.is_verified();
            let manifest = match self.look_up(&request, &digest, &mut world, &mut connection) {
                Ok(Found::Miss(manifest)) => manifest,
                Ok(Found::Hit(hit)) if is_due() => {
                    verified = Some(hit.entry);
                    hit.manifest
                }
                Ok(Found::Hit(hit)) => match self.put_in_place(&hit, &request, &directory) {
                    Ok(Ok((said, relinked))) => {
                        if let Some((whole, relinked)) = miss.whole.zip(relinked) {
                            let hit = (&*hit, &request, &digest);
                            let linked = (&said, relinked);
                            self.store_relinked(&whole, hit, linked, &mut memo, &mut connection);
                        }
                        self.note_slow(connection.storage.waited());
                        return self.replay(*hit, &said, request);
                    }
                    Ok(Err(why)) => return Answer::Refused(BypassReason::Relink(why)),
                    Err(RestoreError::Refused { path, .. }) => {
                        let path = path.display().to_string();
                        return Answer::Refused(BypassReason::Unnamed(path));
                    }
                    // Its directory is missing, and who writes there says so.
                    Err(RestoreError::Failed { path, error })
                        if error.kind() == io::ErrorKind::NotFound =>
                    {
                        let path = path.display().to_string();
                        return Answer::Refused(BypassReason::Unnamed(path));
                    }
                    Err(RestoreError::Entry(EntryError::PartMissing)) => hit.manifest,
                    Err(RestoreError::Entry(error)) => {
                        self.fault(Fault::EntryDamaged(error.to_string()));
                        hit.manifest
                    }
                    Err(error) => {
                        self.fault(Fault::EntryNotRead(error.to_string()));
                        hit.manifest
                    }
                },
                Err(error @ (StorageError::Silent(_) | StorageError::Unreachable(_))) => {
                    return self.unreachable(connection.error(&error));
                }
                Err(error) => {
                    // Of this entry, perhaps: who is gone cannot be reached again.
                    self.fault(Fault::EntryNotRead(error.to_string()));
                    connection = match connection::connect(self.session) {
                        Ok(connection) => connection,
                        Err(error) => return self.unreachable(error),
                    };
                    Manifest::default()
                }
            };
            let is_last = verified.is_some() && !is_whole;
            miss.add(Asked {
                request,
                digest,
                manifest,
                verified,
            });
            if is_last {
                break;
            }
        }
        let waited = connection.storage.waited();
        self.note_slow(waited);
        if waited >= STORAGE_IS_SILENT {
            return self.unreachable(CacheError::StorageSlow(in_seconds(waited)));
        }
        self.run(miss, memo, connection, &directory)
    }

    /// What the cache is to be asked for, as if these roots were of no matter; or for what is linked as the linker made it.
    fn request(
        &self,
        directory: &Path,
        roots: Vec<PathBuf>,
        is_whole: bool,
        memo: &mut Memo,
    ) -> io::Result<Request> {
        let mut request = request::of(
            self.invocation,
            directory,
            roots,
            self.stdin,
            self.linked,
            memo,
        )?;
        // Links lead out of what is shown, and whoever follows one and tells is found out.
        request.places.extend(self.paths.hidden());
        if is_whole {
            let roots = stable_paths::to_text(self.paths.roots_to_link());
            request = request.into_whole(&store::outputs(), &roots);
        }
        Ok(request)
    }

    fn look_up(
        &self,
        request: &Request,
        digest: &Digest,
        world: &mut World,
        connection: &mut Connection,
    ) -> Result<Found, StorageError> {
        if env::var_os(contract::RECACHE).is_some() {
            return Ok(Found::Miss(Manifest::default()));
        }
        let damaged = |why| self.fault(Fault::EntryDamaged(why));
        let directories = request.directories();
        engine::look_up(&mut connection.storage, digest, world, directories, damaged)
    }

    /// What is remembered of files: in the session, and, where the user keeps something, for longer.
    fn memo(&self) -> Memo {
        let directory = |name: &str| {
            let path = env::var_os(name).map(PathBuf::from);
            path.filter(|path| path.is_absolute())
        };
        let caches =
            directory("XDG_CACHE_HOME").or_else(|| Some(directory("HOME")?.join(".cache")));
        let lasting = caches.filter(|_| !session::in_sandbox());
        Memo::new(
            self.session.map(|session| session.file("digests")),
            lasting.map(|caches| caches.join("nix-sccache/digests")),
        )
        .with_same(self.session.map(run_paths::remembered).unwrap_or_default())
    }

    /// Where traces are made.
    fn scratch(&self) -> PathBuf {
        self.session
            .map_or_else(env::temp_dir, |session| session.file(""))
    }

    /// The variables that the compiler sees.
    fn environment(&self, request: &Request) -> Environment {
        let counts = if request.out_dir.is_some() {
            variables::counts_for_build_script
        } else if request.whole.is_some() {
            variables::counts_for_whole
        } else if request.has_seed {
            variables::counts
        } else {
            variables::counts_without_seed
        };
        let all = variables_of(&(self.command)(None));
        let seeds = variables::seeds(all.iter().map(|(name, value)| (&**name, &**value)));
        let all = all
            .into_iter()
            .chain([(variables::SEED.into(), OsString::from_vec(seeds))]);
        // A C compiler takes it where it leads to the working directory, by whatever name.
        let leads_here = |path: &OsString| {
            let here = Path::new(".").canonicalize();
            Path::new(path).canonicalize().ok() == here.ok()
        };
        let all = all.filter_map(|(name, value)| {
            let (is_pwd, is_script) = (name == "PWD", request.out_dir.is_some());
            let counts = is_script || !is_pwd || request.roots.is_empty() || leads_here(&value);
            let value = if is_script || is_pwd {
                OsString::from_vec(request.without_roots(value.as_bytes()).into_owned())
            } else if name == variables::LIBRARY_PATH {
                // Cargo's own directories are elsewhere in every build.
                request.named(&value)
            } else {
                value
            };
            counts.then_some((name, value))
        });
        Environment::new(all, counts, process::search_path())
    }

    fn fault(&self, fault: Fault) {
        if let Some(session) = self.session {
            session.fault(&FaultRecord::of_call(fault, &self.invocation.name()));
        }
    }

    fn note_slow(&self, waited: Duration) {
        if let Some(session) = self.session.filter(|_| waited >= SLOW) {
            let waited = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
            let name = self.invocation.name();
            session.fault(&FaultRecord {
                waited,
                ..FaultRecord::of_call(Fault::SlowAnswers, &name)
            });
        }
    }

    fn give_up(&self, error: &CacheError) {
        if let Some(session) = self.session {
            session.give_up(error);
        }
    }

    /// The cache cannot be used. One that is silent or slow would cost each call as long.
    fn unreachable(&self, error: CacheError) -> Answer {
        // Who may open no more files cannot connect either, and others can.
        if io::pipe().is_err() {
            return Answer::Refused(BypassReason::Descriptors);
        }
        if matches!(
            error,
            CacheError::ServerSilent(_) | CacheError::StorageSlow(_)
        ) {
            self.give_up(&error);
        }
        Answer::Unreachable(error)
    }

    /// Says what the compiler said, when all is in place.
    fn replay(&self, hit: Hit, said: &Said, request: Request) -> Answer {
        if let Err(error) = self.paths.finish(self.invocation) {
            return Answer::CannotFinish(error);
        }
        if let Some(mut told) = self.told(&request, &hit.inputs) {
            told.outputs(said.paths.iter().map(PathBuf::as_path));
            told.end();
        }
        io::stdout().write_all(&self.paths.real(&said.stdout)).ok();
        io::stderr().write_all(&self.paths.real(&said.stderr)).ok();
        let code = hit.entry.code;
        Answer::Hit(
            code,
            Made {
                stored: Some(hit.entry),
                request,
                inputs: hit.inputs,
                look: hit.look,
            },
        )
    }

    /// What the trace under which this call is made is told of it.
    fn told(&self, request: &Request, inputs: &Inputs) -> Option<Told> {
        let mut told = Told::new()?;
        let compiler = &self.invocation.compiler;
        for program in compiler.wrapper.iter().chain([&compiler.path]) {
            told.program(program);
        }
        told.inputs(request, inputs, &|path| self.paths.real(path).into_owned());
        Some(told)
    }

    /// Puts the files of an entry in place, and says what else is in it: all of it, or nothing. What it links is linked
    /// anew; if that does not go as it went, the reason is what it says.
    fn put_in_place(
        &self,
        hit: &Hit,
        request: &Request,
        directory: &Path,
    ) -> Result<Result<(Said, Option<Relinked>), String>, RestoreError> {
        let kept = self
            .session
            .filter(|_| request.strips_script)
            .map(stripped::directory);
        let Some(call) = self.invocation.rustc().filter(|_| request.relinks) else {
            let said = put_in_place(hit, request, kept.as_deref())?;
            return Ok(Ok((said, None)));
        };
        let output = request.writable.first().map_or(directory, PathBuf::as_path);
        let kept = match TemporaryDirectory::as_rustcs(output) {
            Ok(kept) => kept,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let said = put_in_place(hit, request, Some(kept.path()))?;
        let relink = Relink {
            call,
            variables: &variables_of(&(self.command)(None)),
            directory,
            target: request.target(),
            scratch: &self.scratch(),
            output,
            roots: self.paths.roots_to_link(),
        };
        observed::outlast(self.files_given());
        let relinked = relink.run(kept.path());
        Ok(relinked.map(|relinked| (said, Some(relinked))))
    }
}

/// The variables that a command sees.
fn variables_of(command: &Command) -> BTreeMap<OsString, OsString> {
    let mut variables: BTreeMap<_, _> = env::vars_os().collect();
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => variables.insert(name.to_owned(), value.to_owned()),
            None => variables.remove(name),
        };
    }
    variables
}

/// What a compiler said, with real paths, and with the linker that it would have called.
pub fn real<'a>(paths: &StablePaths, stand_in: Option<&StandIn>, said: &'a [u8]) -> Cow<'a, [u8]> {
    let real = paths.real(said);
    match stand_in.map(|stand_in| stand_in.named(&real)) {
        Some(Cow::Owned(named)) => Cow::Owned(named),
        _ => real,
    }
}

/// Whether the cache was given an entry.
enum Stored {
    /// It was.
    Anew,
    /// It has had the very same.
    AsBefore,
}

/// A request that was asked for.
struct Asked {
    request: Request,
    digest: Digest,
    manifest: Manifest,
    /// The entry that there is, where it is to be seen whether it holds.
    verified: Option<StoredEntry>,
}

impl Asked {
    fn made_of(self, inputs: Inputs, look: Look) -> Made {
        Made {
            stored: None,
            request: self.request,
            inputs,
            look,
        }
    }
}

/// What is to be run.
#[derive(Default)]
struct Miss {
    asked: Vec<Asked>,
    /// The same for what is linked as the linker made it.
    whole: Option<Asked>,
}

impl Miss {
    fn add(&mut self, asked: Asked) {
        if asked.request.whole.is_some() {
            self.whole = Some(asked);
        } else {
            self.asked.push(asked);
        }
    }

    /// Whether it is to be seen whether an entry holds.
    fn is_verified(&self) -> bool {
        let mut asked = self.asked.iter().chain(&self.whole);
        asked.any(|asked| asked.verified.is_some())
    }
}
