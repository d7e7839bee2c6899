//! Runs a compiler under observation, and stores what came of it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use memchr::memmem;
use nix_sccache_cache::digest::{Digest, Memo};
use nix_sccache_cache::engine::{self, StoreError};
use nix_sccache_cache::entry::{Entry, OutputFile};
use nix_sccache_cache::inputs::{Inputs, Look, Name, NameKind, World, look};
use nix_sccache_cache::storage::StorageError;
use nix_sccache_cache::trace::{self, NotStorable, Observation, Rules};
use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::fault::{CacheError, Fault};
use nix_sccache_contract::json::Json;
use nix_sccache_contract::wire;

use crate::clock::{may_be_asked, tells_the_time};
use crate::connection::{self, Connection, in_seconds};
use crate::key_record::{self, Made};
use crate::links::Linked;
use crate::observed::{self, Ran, Trace};
use crate::out_dir::Tree;
use crate::outer_trace::Told;
use crate::process::{self, Rewrite};
use crate::relink::StandIn;
use crate::replay::{entry, is_list_of_sources};
use crate::request::{Request, variables};
use crate::storable::{
    SIGNS_OF_SEED, compiles_unseen, may_be_stored, tells_of, tells_of_roots, tells_of_target,
};
use crate::store::{self, Constant};
use crate::stripped::Map;
use crate::verify;

use super::whole::Linking;
use super::{
    Answer, Asked, Miss, Question, ROOM_IN_FRAME, STORAGE_IS_SILENT, Stored, real, variables_of,
};

impl Question<'_> {
    /// Runs the compiler, and stores what it made.
    pub(super) fn run(
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
        let trace = match Trace::new(&program, &self.scratch()) {
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
                    let stored = self
                        .links_of(&asked.request, stand_in, &seen, directory, &ran)
                        .and_then(|mut links| {
                            links.extend(self.learn(map.as_ref(), &asked.request));
                            let ran = (&ran, links.as_slice());
                            self.store(asked, ran, seen, &mut memo, &mut connection)
                        });
                    let stored = stored.map(|(stored, made)| {
                        let whole = miss.whole.zip(stand_in).and_then(|(asked, stand_in)| {
                            let record = key_record::parts(&made.request, &made.inputs, &made.look);
                            let linking = Linking {
                                trace: trace.read(Some(&stand_in.traces())),
                                program: (&program, ran.process),
                                ran: &ran,
                                is_silent: stand_in.is_silent(),
                                linked: stand_in.made(directory),
                                others: Vec::new(),
                                inputs: &made.inputs,
                                record: record.to_json().into_bytes(),
                            };
                            self.store_whole(&asked, linking, &mut memo, &mut connection)
                        });
                        (whole.unwrap_or(stored), made)
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

    /// What its arguments name, files or not, and what a build script has just made for it.
    pub(super) fn files_given(&self) -> impl Iterator<Item = PathBuf> {
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
            let program = (program, ran.process);
            let request = &asked.request;
            let mut seen = self.observation(request, trace.read(None), program, stand_in)?;
            if let Some(directory) = &request.out_dir {
                self.add_out_dir(directory, request, ran, &mut seen)?;
            }
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
        (ran, links): (&Ran, &[OutputFile]),
        seen: Observation,
        memo: &mut Memo,
        connection: &mut Connection,
    ) -> Result<(Stored, Made), Option<BypassReason>> {
        let request = &asked.request;
        let environment = self.environment(request);
        let code = may_be_stored(request, ran).ok_or(None)?;
        if tells_the_time(self.invocation, &seen, request, &environment) {
            return Err(Some(BypassReason::Clock));
        }
        let Observation {
            inputs, outputs, ..
        } = seen;
        let digest = &asked.digest;
        let look = self.look(request, digest, &inputs, memo, Some(ran.began))?;
        // Who has copied the macro has its run path.
        let said = [&ran.stdout, &ran.stderr];
        let has = |path: OsString| {
            let path = path.as_bytes();
            let is_in = |object: &OutputFile| memmem::find(&object.contents, path).is_some();
            tells_of(path, &outputs, said) || links.iter().any(is_in)
        };
        if memo.has_used_same() && store::outputs().into_iter().any(has) {
            return Err(Some(BypassReason::RealPath));
        }
        if connection.is_read_only {
            self.fault(Fault::EntryNotStored("the server only reads".to_owned()));
            return Ok((Stored::Anew, asked.made_of(inputs, look)));
        }
        let record = key_record::parts(request, &inputs, &look).to_json();
        let entry = entry(
            request,
            digest,
            ran,
            code,
            &outputs,
            record.into_bytes(),
            &look,
        );
        let mut entry = entry.map_err(|error| Some(BypassReason::Unreadable(error.to_string())))?;
        entry.files.extend_from_slice(links);
        let stored = self.put(&asked, &inputs, &entry, connection);
        Ok((stored.unwrap_or(Stored::Anew), asked.made_of(inputs, look)))
    }

    /// What a run's inputs hold, if none was changed since it began, by the clock of files' times.
    pub(super) fn look(
        &self,
        request: &Request,
        digest: &Digest,
        inputs: &Inputs,
        memo: &mut Memo,
        began: Option<i128>,
    ) -> Result<Look, Option<BypassReason>> {
        let mut world = World {
            places: &request.places,
            environment: &self.environment(request),
            memo,
            has_modes: request.out_dir.is_some(),
        };
        let look = look(digest, inputs, &mut world, began)
            .map_err(|error| Some(BypassReason::Unreadable(error.to_string())))?;
        match look.changed {
            Some(changed) => Err(Some(BypassReason::InputChanged(changed))),
            None => Ok(look),
        }
    }

    /// Has the storage take an entry, unless it has the very same; says whether it had where that was to be seen.
    pub(super) fn put(
        &self,
        asked: &Asked,
        inputs: &Inputs,
        entry: &Entry,
        connection: &mut Connection,
    ) -> Option<Stored> {
        if let Some(stored) = &asked.verified {
            match verify::difference(stored, entry) {
                None => return Some(Stored::AsBefore),
                Some(what) => self.fault(Fault::VerifyDiffers(what)),
            }
        }
        let before = connection.storage.waited();
        let frame = connection::longest_frame().min(wire::DEFAULT_MAX_FRAME);
        let frame = frame.saturating_sub(ROOM_IN_FRAME);
        let longest = usize::try_from(frame).unwrap_or(usize::MAX);
        let stored = engine::store(
            &mut connection.storage,
            &asked.digest,
            asked.manifest.clone(),
            inputs,
            entry,
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
        asked.verified.as_ref().map(|_| Stored::Anew)
    }

    /// What the run of a program by a process read and made. With what rustc called in the linker's place, that does not count.
    pub(super) fn observation(
        &self,
        request: &Request,
        trace: io::Result<Vec<u8>>,
        (program, process): (&Path, u32),
        stand_in: Option<&StandIn>,
    ) -> Result<Observation, Option<BypassReason>> {
        let not_traced = |error: io::Error| Some(BypassReason::NotTraced(error.to_string()));
        let bytes = trace.map_err(not_traced)?;
        let constant = Constant::new();
        let links = self.linked.is_whole() || request.whole.is_some();
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
        let seen = trace::read(&bytes, program, process, &rules).map_err(|why| {
            Some(match why {
                NotStorable::NotTraced(what) => BypassReason::NotTraced(what),
                NotStorable::WritesElsewhere(path) => BypassReason::WritesElsewhere(path),
                NotStorable::Updates(path) => BypassReason::UpdatesFile(path),
                NotStorable::Unnamed(what) => BypassReason::Unnamed(what),
                NotStorable::Clock => BypassReason::Clock,
            })
        })?;
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
    if let (Some(mut told), Ok(trace)) = (Told::new(), trace.read(None)) {
        told.program(program);
        told.traced(program, ran.process, &trace);
        told.end();
    }
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
