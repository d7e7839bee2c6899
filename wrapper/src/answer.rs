//! Answers an invocation from the cache; or runs its compiler under observation, and stores what came of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use nix_sccache_cache::digest::{Digest, Memo};
use nix_sccache_cache::engine::{self, Found, Hit, StoreError};
use nix_sccache_cache::entry::{EntryError, OutputFile, StoredEntry};
use nix_sccache_cache::inputs::{Environment, Inputs, Look, Name, NameKind, World, look};
use nix_sccache_cache::manifest::Manifest;
use nix_sccache_cache::restore::RestoreError;
use nix_sccache_cache::storage::StorageError;
use nix_sccache_cache::trace::{self, NotStorable, Observation, Rules};
use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::fault::{CacheError, Fault, FaultRecord};
use nix_sccache_contract::{self as contract, wire};

use crate::clock::{may_be_asked, tells_the_time};
use crate::connection::{self, Connection, in_seconds};
use crate::invocation::Invocation;
use crate::key_record::Made;
use crate::links::Linked;
use crate::observed::{self, Ran, Trace};
use crate::out_dir::Tree;
use crate::outer_trace::Told;
use crate::process::{self, Rewrite};
use crate::relink::{Relink, StandIn};
use crate::replay::{Said, entry, is_list_of_sources, put_in_place};
use crate::request::{self, Request, variables};
use crate::run_paths;
use crate::session::{self, Session};
use crate::stable_paths::StablePaths;
use crate::storable::{
    SIGNS_OF_SEED, compiles_unseen, may_be_stored, tells_of, tells_of_roots, tells_of_target,
};
use crate::store::{self, Constant};
use crate::stripped::{self, Map};
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
        // First as if roots that change from build to build were of no matter, then as they are.
        for roots in request::roots(self.invocation, &directory) {
            let request = match self.request(&directory, roots, &mut memo) {
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
            let manifest = match self.look_up(&request, &digest, &mut world, &mut connection) {
                Ok(Found::Miss(manifest)) => manifest,
                Ok(Found::Hit(hit)) if verify::is_due() => {
                    miss.verified = Some(hit.entry);
                    hit.manifest
                }
                Ok(Found::Hit(hit)) => match self.put_in_place(&hit, &request, &directory) {
                    Ok(Ok(said)) => {
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
            miss.asked.push(Asked {
                request,
                digest,
                manifest,
            });
            if miss.verified.is_some() {
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

    /// What the cache is to be asked for, as if these roots were of no matter.
    fn request(
        &self,
        directory: &Path,
        roots: Vec<PathBuf>,
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

    /// What its arguments name, files or not, and what a build script has just made for it.
    fn files_given(&self) -> impl Iterator<Item = PathBuf> {
        let directory = self.paths.directory().unwrap_or(Path::new(""));
        let values = self
            .invocation
            .arguments()
            .iter()
            .filter_map(|it| it.value.as_deref());
        // `--extern name=path`
        let paths = values.map(|value| value.rsplit('=').next().unwrap_or(value));
        // A build script has just been put in its place, and a compiler may have been.
        let program = [self.invocation.compiler.path.clone()];
        let generated = env::var_os("OUT_DIR").map(fs::read_dir);
        let generated = generated.into_iter().flatten().flatten().flatten();
        paths
            .map(|path| directory.join(path))
            .chain(generated.map(|entry| entry.path()))
            .chain(program)
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

    /// The variables that the compiler sees.
    fn environment(&self, request: &Request) -> Environment {
        let counts = if request.out_dir.is_some() {
            variables::counts_for_build_script
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

    /// Runs the compiler, and stores what it made.
    fn run(
        &self,
        miss: Miss,
        mut memo: Memo,
        mut connection: Connection,
        directory: &Path,
    ) -> Answer {
        let links = self.invocation.rustc().zip(self.session);
        let links = links.filter(|_| self.linked == Linked::ForOutputs);
        let stand_in = links.and_then(|(call, session)| {
            StandIn::new(session, call, self.paths.roots_to_link(), true)
        });
        if links.is_some() && stand_in.is_none() {
            return Answer::Refused(BypassReason::Relink("no place for its objects".to_owned()));
        }
        let stand_in = stand_in.as_ref();
        let mut command = (self.command)(stand_in);
        let is_stripped = |asked: &Asked| asked.request.strips_script;
        let session = self.session.filter(|_| miss.asked.iter().any(is_stripped));
        let map = session.map(Map::new);
        command.args(map.iter().flat_map(Map::arguments));
        let program = PathBuf::from(command.get_program());
        let scratch = self
            .session
            .map_or_else(env::temp_dir, |session| session.file(""));
        let trace = match Trace::new(&program, &scratch) {
            Ok(trace) => trace,
            Err(error) => return Answer::Refused(not_traced(&error)),
        };
        let pass_on: &Rewrite = &|said| real(self.paths, stand_in, said);
        observed::outlast(self.files_given());
        (self.starts)();
        let ran = observed::run(
            command,
            &trace,
            self.stdin,
            (!self.paths.is_strict()).then_some(pass_on),
        );
        let ran = match ran {
            Ok(ran) => ran,
            // Who runs it without the cache needs less for it.
            Err(error) => return Answer::Refused(not_traced(&error)),
        };
        let has_real_path = ran.status.success() && self.paths.leak(self.invocation);
        if has_real_path && self.paths.is_strict() {
            return Answer::HasRealPath;
        }
        let stored = if has_real_path {
            tell_trace(&trace, &program, &ran);
            Err(Some(BypassReason::RealPath))
        } else {
            match self.seen(miss.asked, &trace, &program, &ran, stand_in) {
                Ok((asked, seen)) => {
                    let told = self.told(&asked.request, &seen.inputs);
                    let outputs: Vec<_> = seen.outputs.iter().map(|it| it.path.clone()).collect();
                    let verified = miss.verified.as_ref();
                    let stored = self
                        .links_of(&asked.request, stand_in, &seen, directory, &ran)
                        .and_then(|mut links| {
                            links.extend(self.learn(map.as_ref(), &asked.request));
                            let ran = (&ran, links.as_slice());
                            self.store(asked, verified, ran, seen, &mut memo, &mut connection)
                        });
                    if let Some(mut told) = told {
                        if let Err(Some(reason @ BypassReason::Clock)) = &stored {
                            told.unnamed(&reason.to_string());
                        }
                        told.outputs(outputs.iter().map(PathBuf::as_path));
                        told.end();
                    }
                    stored
                }
                Err(reason) => {
                    tell_trace(&trace, &program, &ran);
                    Err(reason)
                }
            }
        };
        if self.paths.is_strict() {
            io::stdout().write_all(&pass_on(&ran.stdout)).ok();
            io::stderr().write_all(&pass_on(&ran.stderr)).ok();
        }
        if ran.status.success()
            && let Err(error) = self.paths.finish(self.invocation)
        {
            return Answer::CannotFinish(error);
        }
        match stored {
            Ok((Stored::AsBefore, made)) => Answer::Hit(process::code(ran.status), made),
            Ok((Stored::Anew, made)) => Answer::Miss(ran.status, made),
            Err(reason) => Answer::NotStored(ran.status, reason),
        }
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

    /// What a run has read and made, under the first of the requests that does for it.
    fn seen(
        &self,
        asked: Vec<Asked>,
        trace: &Trace,
        program: &Path,
        ran: &Ran,
        stand_in: Option<&StandIn>,
    ) -> Result<(Asked, Observation), Option<BypassReason>> {
        for asked in asked {
            let seen = self.observation(&asked.request, trace, program, ran, stand_in)?;
            // What it was called with is not all that a wrapper calls the compiler with.
            let said = [&ran.stdout, &ran.stderr];
            let has_seed = |sign: &[u8]| tells_of(sign, &seen.outputs, said);
            if asked.request.forgets_seed && SIGNS_OF_SEED.into_iter().any(has_seed) {
                return Err(Some(BypassReason::Option(variables::SEED.to_owned())));
            }
            if tells_of_target(&asked.request, &seen) {
                return Err(Some(BypassReason::RealPath));
            }
            if !tells_of_roots(&asked.request, &self.invocation.compiler.path, &seen, ran) {
                return Ok((asked, seen));
            }
        }
        Err(None)
    }

    fn store(
        &self,
        asked: Asked,
        verified: Option<&StoredEntry>,
        (ran, links): (&Ran, &[OutputFile]),
        seen: Observation,
        memo: &mut Memo,
        connection: &mut Connection,
    ) -> Result<(Stored, Made), Option<BypassReason>> {
        let request = &asked.request;
        let environment = self.environment(request);
        let mut world = World {
            places: &request.places,
            environment: &environment,
            memo,
            has_modes: request.out_dir.is_some(),
        };
        let code = may_be_stored(request, ran).ok_or(None)?;
        if tells_the_time(self.invocation, &seen, request, &environment) {
            return Err(Some(BypassReason::Clock));
        }
        let Observation {
            inputs, outputs, ..
        } = seen;
        let digest = &asked.digest;
        let look = look(digest, &inputs, &mut world, Some(ran.began))
            .map_err(|error| Some(BypassReason::Unreadable(error.to_string())))?;
        if let Some(changed) = look.changed {
            return Err(Some(BypassReason::InputChanged(changed)));
        }
        // Who has copied the macro has its run path.
        let said = [&ran.stdout, &ran.stderr];
        let has = |path: OsString| tells_of(path.as_bytes(), &outputs, said);
        if memo.has_used_same() && store::outputs().into_iter().any(has) {
            return Err(Some(BypassReason::RealPath));
        }
        if connection.is_read_only {
            self.fault(Fault::EntryNotStored("the server only reads".to_owned()));
            return Ok((Stored::Anew, asked.made_of(inputs, look)));
        }
        let entry = entry(request, digest, ran, code, &outputs, &inputs, &look);
        let mut entry = entry.map_err(|error| Some(BypassReason::Unreadable(error.to_string())))?;
        entry.files.extend_from_slice(links);
        if let Some(stored) = verified {
            match verify::difference(stored, &entry) {
                None => return Ok((Stored::AsBefore, asked.made_of(inputs, look))),
                Some(what) => self.fault(Fault::VerifyDiffers(what)),
            }
        }
        let before = connection.storage.waited();
        let frame = connection::longest_frame().min(wire::DEFAULT_MAX_FRAME);
        let frame = frame.saturating_sub(ROOM_IN_FRAME);
        let longest = usize::try_from(frame).unwrap_or(usize::MAX);
        let stored = engine::store(
            &mut connection.storage,
            digest,
            asked.manifest.clone(),
            &inputs,
            &entry,
            longest,
        );
        let waited = connection.storage.waited().saturating_sub(before);
        self.note_slow(waited);
        if waited >= STORAGE_IS_SILENT {
            self.give_up(&CacheError::StorageSlow(in_seconds(waited)));
        }
        match stored {
            Ok(()) => {}
            Err(StoreError::Storage(StorageError::NotStored(why)) | StoreError::Unfit(why)) => {
                self.fault(Fault::EntryNotStored(why));
            }
            Err(StoreError::Storage(error)) => {
                self.fault(Fault::EntryNotStored(error.to_string()));
                // The next call sees whether there is a storage still, but must not wait as long.
                if let StorageError::Silent(time) = error {
                    self.give_up(&CacheError::ServerSilent(in_seconds(time)));
                }
            }
        }
        Ok((Stored::Anew, asked.made_of(inputs, look)))
    }

    /// What the run read and made.
    fn observation(
        &self,
        request: &Request,
        trace: &Trace,
        program: &Path,
        ran: &Ran,
        stand_in: Option<&StandIn>,
    ) -> Result<Observation, Option<BypassReason>> {
        let not_traced = |error: io::Error| Some(BypassReason::NotTraced(error.to_string()));
        let bytes = trace.read().map_err(not_traced)?;
        let constant = Constant::new();
        let links = self.linked.is_whole();
        let mut scratch = request.scratch.clone();
        scratch.extend(self.session.map(|session| session.file("")));
        let own = request.out_dir.iter().cloned();
        let own: Vec<_> = own
            .flat_map(|it| [it.canonicalize().ok(), Some(it)])
            .flatten()
            .collect();
        let directory = self.paths.directory().map(Path::to_owned);
        let directory = directory
            .or_else(|| env::current_dir().ok())
            .unwrap_or_default();
        let made = stand_in.map(|it| it.made(&directory)).unwrap_or_default();
        let path = process::search_path();
        let working_directory = env::var_os("PWD").map(PathBuf::from);
        let rules = Rules {
            places: &request.places,
            writable: &request.writable,
            scratch: &scratch,
            own: &own,
            unlisted: &request.unlisted,
            finds_crates: variables::finds_crates,
            working_directory: working_directory.as_deref(),
            is_constant: &|path| {
                let mut places = request.places.directories();
                constant.holds(path) && !places.any(|place| path.starts_with(place))
            },
            is_of_no_matter: if links {
                variables::are_of_no_matter_to_linkers
            } else if self.invocation.rustc().is_some() {
                variables::are_of_no_matter_to_rustc
            } else {
                variables::are_of_no_matter
            },
            reads: if links || request.out_dir.is_some() {
                variables::reads_to_link
            } else {
                variables::reads
            },
            path: &path,
            stand_in: stand_in.map(|it| (it.program(), made.as_slice())),
            loads: variables::loads,
            has_plugins: variables::has_plugins,
            goes_by_machine: variables::goes_by_machine,
            may_ask_time: may_be_asked,
        };
        let mut seen = trace::read(&bytes, program, ran.process, &rules).map_err(|why| {
            Some(match why {
                NotStorable::NotTraced(what) => BypassReason::NotTraced(what),
                NotStorable::WritesElsewhere(path) => BypassReason::WritesElsewhere(path),
                NotStorable::Updates(path) => BypassReason::UpdatesFile(path),
                NotStorable::Unnamed(what) => BypassReason::Unnamed(what),
                NotStorable::Clock => BypassReason::Clock,
            })
        })?;
        if let Some(directory) = &request.out_dir {
            self.add_out_dir(directory, request, ran, &mut seen)?;
        }
        Ok(with_variables_of_sources(seen))
    }

    /// Adds what a build script left in its directory, and what counts for that.
    fn add_out_dir(
        &self,
        directory: &Path,
        request: &Request,
        ran: &Ran,
        seen: &mut Observation,
    ) -> Result<(), Option<BypassReason>> {
        let unnamed = |path: PathBuf| BypassReason::Unnamed(path.display().to_string());
        // Among the temporary files are directories that belong to others, as the build's own is in the sandbox.
        seen.outputs.retain(|it| it.directory != 0);
        if let Some(output) = seen.outputs.iter().find(|it| it.name.contains(&b'/')) {
            let path = output.path.display().to_string();
            return Err(Some(BypassReason::WritesElsewhere(path)));
        }
        let tree = Tree::list(directory).map_err(|path| Some(unnamed(path)))?;
        seen.outputs.splice(..0, tree.files);
        let said = [&ran.stdout, &ran.stderr];
        // Compressed, it is not to be seen in debug information.
        let mut signs = SIGNS_OF_SEED.into_iter().chain([&b".debug_info"[..]]);
        let tells_of_seed = if compiles_unseen(seen) {
            signs.any(|sign| tells_of(sign, &seen.outputs, said))
        } else {
            tells_of(SIGNS_OF_SEED[0], &seen.outputs, said)
        };
        if tells_of_seed {
            let mut names: Vec<_> = seen.inputs.iter().cloned().collect();
            names.push(Name {
                kind: NameKind::Variable,
                place: 0,
                name: variables::SEED.as_bytes().to_vec(),
            });
            seen.inputs = Inputs::new(names);
        }
        // Where another run is to come the launcher is there, and not the script.
        if let Some(launcher) = &self.invocation.compiler.called_as {
            let (place, name) = request.places.name(launcher.as_os_str().as_bytes());
            if seen
                .inputs
                .iter()
                .any(|it| (it.place, it.name.as_slice()) == (place, name))
            {
                return Err(Some(unnamed(launcher.clone())));
            }
        }
        // The directories in which programs are looked for are in no key.
        let path = env::var_os("PATH").filter(|path| path.as_bytes().contains(&b':'));
        let mut paths = store::outputs().into_iter().chain(path);
        if paths.any(|path| tells_of(path.as_bytes(), &seen.outputs, [&ran.stdout, &ran.stderr])) {
            return Err(Some(BypassReason::RealPath));
        }
        Ok(())
    }

    /// What an entry has of what a run linked.
    fn links_of(
        &self,
        request: &Request,
        stand_in: Option<&StandIn>,
        seen: &Observation,
        directory: &Path,
        ran: &Ran,
    ) -> Result<Vec<OutputFile>, Option<BypassReason>> {
        let Some(stand_in) = stand_in.filter(|_| ran.status.success()) else {
            return Ok(Vec::new());
        };
        let number = u8::try_from(request.writable.len()).unwrap_or(u8::MAX);
        let variables = variables_of(&(self.command)(None));
        let links = stand_in.recipe(number, seen, &variables, directory, request.target());
        links.map_err(|why| Some(BypassReason::Relink(why)))
    }

    /// What an entry has of a stripped build script.
    fn learn(&self, map: Option<&Map>, request: &Request) -> Option<OutputFile> {
        let number = u8::try_from(request.writable.len()).ok()?;
        map?.learn(self.session?, self.invocation.rustc()?, number)
    }

    /// Puts the files of an entry in place, and says what else is in it: all of it, or nothing. What it links is linked
    /// anew; if that does not go as it went, the reason is what it says.
    fn put_in_place(
        &self,
        hit: &Hit,
        request: &Request,
        directory: &Path,
    ) -> Result<Result<Said, String>, RestoreError> {
        let kept = self
            .session
            .filter(|_| request.strips_script)
            .map(stripped::directory);
        let Some(call) = self.invocation.rustc().filter(|_| request.relinks) else {
            return put_in_place(hit, request, kept.as_deref()).map(Ok);
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
            output,
            roots: self.paths.roots_to_link(),
        };
        Ok(relink.run(kept.path()).map(|()| said))
    }
}

/// Why a run cannot be traced.
fn not_traced(error: &io::Error) -> BypassReason {
    if error.raw_os_error() == Some(libc::EMFILE) {
        return BypassReason::Descriptors;
    }
    BypassReason::NotTraced(error.to_string())
}

/// Tells the trace under which a call was made what its own has of it, where nobody could say in fewer words what it did.
fn tell_trace(trace: &Trace, program: &Path, ran: &Ran) {
    if let (Some(mut told), Ok(trace)) = (Told::new(), trace.read()) {
        told.program(program);
        told.traced(program, ran.process, &trace);
        told.end();
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

/// A request that was asked for.
struct Asked {
    request: Request,
    digest: Digest,
    manifest: Manifest,
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
    /// The entry that there is, where it is to be seen whether it holds.
    verified: Option<StoredEntry>,
}

/// Whether the cache was given an entry.
enum Stored {
    /// It was.
    Anew,
    /// It has had the very same.
    AsBefore,
}

/// What a run looked at, with the variables that sources name (`env!`): rustc lists them with the sources. It asks for
/// some of them for itself as well, as `MAKEFLAGS`, and then they are of no matter.
fn with_variables_of_sources(mut seen: Observation) -> Observation {
    let lists = seen
        .outputs
        .iter()
        .filter(|it| is_list_of_sources(&it.name));
    let texts = lists.filter_map(|list| fs::read_to_string(&list.path).ok());
    let mut names: Vec<_> = seen.inputs.iter().cloned().collect();
    for text in texts {
        let named = text.lines().filter_map(|line| {
            let variable = line.strip_prefix("# env-dep:")?;
            let name = variable.split_once('=').map_or(variable, |(name, _)| name);
            (!name.is_empty()).then(|| Name {
                kind: NameKind::Variable,
                place: 0,
                name: name.as_bytes().to_vec(),
            })
        });
        names.extend(named);
    }
    seen.inputs = Inputs::new(names);
    seen
}
