//! Serves a compiler's call, from its arguments to its end.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::IntoRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::log::{Entry, Outcome};
use nix_sccache_contract::{self as contract, Language};
use rustix::fs::{MemfdFlags, memfd_create};

use crate::answer::{self, Answer, Question};
use crate::bootstrap;
use crate::cache_error::print_cache_error;
use crate::cacheability::{self, Cacheability};
use crate::invocation::{Compiler, Invocation, Kind, are_too_long, response_file};
use crate::key_record::{self, Made};
use crate::launcher::{self, Launcher};
use crate::links::Linked;
use crate::outer_trace::Told;
use crate::plan;
use crate::print::print_error;
use crate::process::{self, Start};
use crate::project_wrapper;
use crate::real_sccache;
use crate::relink::StandIn;
use crate::run_paths;
use crate::session::Session;
use crate::settings;
use crate::stable_paths::{self, StablePaths};
use crate::surroundings;

/// As `sccache`: a compiler's call, or else the real sccache.
pub fn as_sccache(mut arguments: Vec<OsString>) -> ExitCode {
    // From 1.98 on rustc's bootstrap writes more than a MiB of arguments into a file, and the compiler before them.
    if let [file] = &arguments[..]
        && file.as_bytes().starts_with(b"@")
        && let Some(words) = response_file::expand_lines(&arguments)
    {
        arguments = words.into_iter().map(OsString::from).collect();
    }
    let names_compiler = arguments
        .first()
        .is_some_and(|first| !first.as_encoded_bytes().starts_with(b"-"));
    if names_compiler {
        let program = arguments.remove(0);
        return compile(&program, arguments, true);
    }
    match real_sccache::find() {
        Some(sccache) => {
            let mut command = real_sccache::command_of(&sccache);
            command.args(arguments);
            process::become_program(command)
        }
        None => not_found("sccache"),
    }
}

/// As a compiler, under that compiler's name.
pub fn as_compiler(name: &str, arguments: Vec<OsString>) -> ExitCode {
    compile(OsStr::new(name), arguments, false)
}

/// As `cargo`: the real one, which calls us for each rustc unless it is told otherwise.
pub fn as_cargo(arguments: &[OsString]) -> ExitCode {
    let Some(cargo) = process::find(OsStr::new("cargo")) else {
        return not_found("cargo");
    };
    let mut command = Command::new(cargo);
    command.args(arguments);
    stable_paths::prepare_cargo(&mut command, arguments);
    let sccache = env::current_exe().map(|own| own.with_file_name("sccache"));
    if let Some(sccache) = sccache.ok().filter(|sccache| sccache.exists()) {
        stand_in_front_of_rustc(&mut command, &sccache);
    }
    process::become_program(command)
}

/// In a build script's place: the script, through the cache.
pub fn as_build_script(launcher: &Launcher, arguments: Vec<OsString>) -> ExitCode {
    // What is beside that says which session this is.
    process::LAUNCHED_BY.set(launcher.shim.clone()).ok();
    let session = Session::current();
    let shared = session.as_ref().and_then(|it| launcher.share(it));
    let program = shared.unwrap_or_else(|| match launcher.put_back() {
        Ok(()) => launcher.path().to_owned(),
        Err(_) => launcher.script_aside(),
    });
    if session.is_none() || program == launcher.script_aside() {
        let mut command = Command::new(program);
        command.args(arguments).arg0(&launcher.called_as);
        return process::become_program(command);
    }
    let compiler = Compiler {
        wrapper: None,
        called_as: (program != launcher.path()).then(|| launcher.path().to_owned()),
        path: program,
        kind: Kind::BuildScript,
    };
    Call::new(Invocation::read(compiler, arguments)).serve(session.as_ref())
}

/// Has cargo, should the command run it, call us for each rustc, unless it is told otherwise:
/// an empty `RUSTC_WRAPPER` means none. What is incremental is served in an empty directory alone.
pub fn stand_in_front_of_rustc(command: &mut Command, ourselves: &Path) {
    if env::var_os("RUSTC_WRAPPER").is_none() {
        command.env("RUSTC_WRAPPER", ourselves);
        if env::var_os("CARGO_INCREMENTAL").is_none() {
            command.env("CARGO_INCREMENTAL", "0");
        }
    }
}

fn not_found(program: &str) -> ExitCode {
    print_error(format_args!(
        "nix-sccache: there is no {program} on PATH but the shim itself"
    ));
    ExitCode::from(127)
}

/// What came of a call that ran without the cache. Of one that takes our place nobody knows how it
/// ends.
fn ended(status: &io::Result<ExitStatus>, reason: BypassReason) -> Outcome {
    if status.as_ref().is_ok_and(|status| !status.success()) {
        Outcome::Error
    } else {
        Outcome::Passthrough(reason)
    }
}

/// A call that was read.
struct Call {
    /// As it was given.
    invocation: Invocation,
    is: Cacheability,
    paths: StablePaths,
    /// What was on standard input, where the source is that.
    stdin: Option<Vec<u8>>,
    /// What it links.
    linked: Linked,
    at: SystemTime,
    began: Instant,
}

/// A call of a compiler's; `as_wrapper` where cargo called us by what names a wrapper.
fn compile(program: &OsStr, arguments: Vec<OsString>, as_wrapper: bool) -> ExitCode {
    let is_left_alone = settings::exclude_this() || as_wrapper && bootstrap::is_within_a_call();
    if is_left_alone && let Some(found) = process::find(program) {
        let takes_lines = Kind::named(found.as_os_str()).is_some();
        let mut command = Command::new(found);
        command.args(if takes_lines {
            held(arguments)
        } else {
            arguments
        });
        return process::become_program(command);
    }
    let session = Session::current();
    let session = session.as_ref();
    if let Some(session) = session {
        plan::begin_at_call(session);
    }
    let invocation = match read(program, arguments.clone(), session) {
        Ok(invocation) => invocation,
        Err(missing) => return not_found(&missing.to_string_lossy()),
    };
    let is_rust = as_wrapper && invocation.language() == Language::Rust;
    let wrapper = is_rust.then(project_wrapper::find).flatten();
    let script = session.and_then(|_| launcher::script(invocation.rustc()?));
    let mut call = Call::new(invocation);
    if let Some(wrapper) = wrapper {
        let mut command = Command::new(&wrapper);
        command
            .arg(program)
            .args(held(arguments))
            .env(contract::STOOD_ASIDE, &wrapper);
        return call.stand_aside(session, command, &wrapper);
    }
    let code = call.serve(session);
    let Some(session) = session.filter(|_| code == ExitCode::SUCCESS) else {
        return code;
    };
    if let Some(script) = script {
        // Where there is none the script runs by itself.
        launcher::place(session, &script).ok();
    }
    if let Some(rustc) = call.invocation.rustc()
        && call.linked == Linked::ForOutputs
    {
        // Of one that is not known all counts.
        run_paths::remember(session, rustc).ok();
    }
    code
}

fn is_wrapped(language: Language) -> bool {
    cacheability::is_wrapped(language, settings::text(contract::WRAP).as_deref())
}

/// Reads an invocation; fails with the program that is not to be found.
fn read(
    program: &OsStr,
    mut arguments: Vec<OsString>,
    session: Option<&Session>,
) -> Result<Invocation, OsString> {
    // `sccache WRAPPER rustc …`: the wrapper is a program that takes a rustc first.
    let wrapped = arguments.split_first().and_then(|(first, rest)| {
        let path = compiler_named(first)?;
        let kind = kind(&path, rest, session);
        (kind != Kind::Cc).then_some((path, kind))
    });
    let compiler = if let Some((path, kind)) = wrapped {
        arguments.remove(0);
        // Running the name as it was given tells what is wrong with it.
        let wrapper = process::find(program).unwrap_or_else(|| program.into());
        Compiler {
            wrapper: Some(wrapper),
            path,
            called_as: None,
            kind,
        }
    } else {
        let path = process::find(program).ok_or_else(|| program.to_owned())?;
        let kind = kind(&path, &arguments, session);
        Compiler {
            wrapper: None,
            path,
            called_as: None,
            kind,
        }
    };
    Ok(Invocation::read(compiler, arguments))
}

/// The program that an argument names, if it is one and no option or source.
fn compiler_named(argument: &OsStr) -> Option<PathBuf> {
    let text = argument.to_string_lossy();
    if text.starts_with(['-', '@']) || text.ends_with(".rs") {
        return None;
    }
    process::find(argument).filter(|path| process::on_path(path.as_os_str()).next().is_some())
}

/// What a program is; what it answers is remembered.
fn kind(program: &Path, arguments: &[OsString], session: Option<&Session>) -> Kind {
    Kind::of(program, arguments, |ask| {
        let files = [program.to_owned()];
        let remembered =
            session.and_then(|session| session.remember(b"version", &files, || Some(ask())));
        remembered.unwrap_or_else(ask)
    })
}

impl Call {
    fn new(invocation: Invocation) -> Self {
        Self {
            is: Cacheability::of(&invocation),
            invocation,
            paths: StablePaths::default(),
            stdin: None,
            linked: Linked::default(),
            at: SystemTime::now(),
            began: Instant::now(),
        }
    }

    fn serve(&mut self, session: Option<&Session>) -> ExitCode {
        self.look_around(session);
        match self.is.clone() {
            Cacheability::Bypass(reason) => {
                // Nothing of ours may run behind it.
                self.keep_plan(session);
                self.pass_through(session, reason)
            }
            _ if !is_wrapped(self.invocation.language()) => {
                self.pass_through(session, BypassReason::NotWrapped)
            }
            Cacheability::Probe | Cacheability::Cacheable => {
                let code = self.ask_cache(session);
                self.keep_plan(session);
                code
            }
        }
    }

    /// Keeps what was asked for so far, where a program of the build's own is made.
    fn keep_plan(&self, session: Option<&Session>) {
        if let (Some(session), Linked::ForOutputs) = (session, self.linked) {
            plan::keep(session);
        }
    }

    /// Looks at what counts beside the arguments.
    fn look_around(&mut self, session: Option<&Session>) {
        let given = &self.invocation;
        let links = given
            .rustc()
            .filter(|_| given.compiler.kind != Kind::Rustdoc)
            // A question names kinds of crate, and links none.
            .filter(|_| self.is != Cacheability::Probe);
        self.linked = links.map(Linked::of).unwrap_or_default();
        let forbid = || surroundings::forbid(given, self.linked);
        self.is = self.is.clone().unless(forbid);
        let may_be_shown = given.compiler.kind != Kind::OtherRust && is_wrapped(Language::Rust);
        if given.rustc().is_some() && may_be_shown {
            self.paths = StablePaths::of(session, given, &self.is, self.linked);
        }
    }

    /// Runs the project's own wrapper, as cargo alone would.
    fn stand_aside(
        &self,
        session: Option<&Session>,
        mut command: Command,
        wrapper: &Path,
    ) -> ExitCode {
        if self.is == Cacheability::Probe || session.is_none() {
            self.note(session, Outcome::Probe);
            return process::become_program(command);
        }
        let status = process::run_through(&mut command, |_| ());
        let reason = BypassReason::ProjectWrapper(wrapper.display().to_string());
        self.note(session, ended(&status, reason));
        process::end_as(command, &status)
    }

    /// As the compiler is to be called.
    fn shown(&self) -> &Invocation {
        self.paths.invocation().unwrap_or(&self.invocation)
    }

    /// The command that runs it, with what rustc is to call in its linker's place.
    fn command(&self, stand_in: Option<&StandIn>) -> Command {
        let Invocation {
            compiler,
            arguments,
            ..
        } = self.shown();
        let added = stand_in.map(StandIn::arguments).into_iter().flatten();
        let arguments: Vec<_> = arguments.iter().cloned().chain(added).collect();
        let takes_lines = self.invocation.rustc().is_some();
        let arguments = if takes_lines {
            held(arguments)
        } else {
            arguments
        };
        let mut command = compiler.command(&arguments);
        self.paths.prepare(&mut command);
        if self.linked == Linked::ForBuild {
            run_paths::forget(&mut command);
        }
        command
    }

    /// The same, with what was on standard input.
    fn command_with_input(&self, stand_in: Option<&StandIn>) -> Command {
        let mut command = self.command(stand_in);
        if let Some(input) = self
            .stdin
            .as_deref()
            .and_then(|stdin| file_of(stdin, MemfdFlags::CLOEXEC).ok())
        {
            command.stdin(input);
        }
        command
    }

    /// Tells that the compiler begins to run.
    fn tell_started(&self, session: Option<&Session>) {
        if let Some(session) = session.filter(|_| self.is != Cacheability::Probe) {
            session.tell_started(self.at(), &self.invocation.name());
        }
    }

    fn note(&self, session: Option<&Session>, outcome: Outcome) {
        let Some(session) = session else { return };
        session.note(&self.entry(outcome));
    }

    /// Notes a call of the cache's, and what its key was made of.
    fn note_made(&self, session: Option<&Session>, outcome: Outcome, made: &Made) {
        let Some(session) = session else { return };
        let entry = self.entry(outcome);
        let stored = made
            .stored
            .as_ref()
            .filter(|_| entry.outcome == Outcome::Hit);
        let saved = stored.map(|stored| stored.took.saturating_sub(entry.took));
        session.note_made(&entry, saved, || {
            key_record::of_call(&entry, self.shown(), made)
        });
    }

    fn entry(&self, outcome: Outcome) -> Entry {
        let outcome = if self.is == Cacheability::Probe {
            Outcome::Probe
        } else {
            outcome
        };
        let took = if outcome == Outcome::Probe {
            0
        } else {
            micros(self.began.elapsed())
        };
        Entry {
            at: self.at(),
            took,
            language: if self.invocation.is_build_script() {
                "build script".to_owned()
            } else {
                self.invocation.language().name().to_owned()
            },
            name: self.invocation.name(),
            package: package(),
            keeps_path: self.paths.keeps(),
            outcome,
        }
    }

    /// When it began, in microseconds since 1970.
    fn at(&self) -> u64 {
        self.at
            .duration_since(UNIX_EPOCH)
            .map(micros)
            .unwrap_or_default()
    }

    /// Runs the compiler; without a session, whose log wants to know how it ended, as the
    /// compiler itself. So is a question, of which nobody wants to know.
    fn pass_through(&mut self, session: Option<&Session>, reason: BypassReason) -> ExitCode {
        let is_probe = self.is == Cacheability::Probe;
        if reason == BypassReason::Native
            && let Some(mut told) = Told::new()
        {
            told.unnamed("the processor");
            told.end();
        }
        if (session.is_none() || is_probe) && !self.paths.has_to_finish() {
            self.note(session, Outcome::Probe);
            return process::become_program(self.command_with_input(None));
        }
        if self.paths.can_forget_shown() && matches!(reason, BypassReason::Links(_)) {
            if let Some(code) = self.try_as_shown(session, &reason) {
                return code;
            }
            self.paths.forget_shown();
        }
        self.run_compiler(session, reason)
    }

    /// Runs the compiler on paths that it was not called with. If it fails, by whatever reason,
    /// nobody is to know, and it is called as if we were not there.
    fn try_as_shown(&self, session: Option<&Session>, reason: &BypassReason) -> Option<ExitCode> {
        let mut command = self.command(None);
        process::tell(&command, Start::WillRun);
        let output = command.output().ok()?;
        if !output.status.success() {
            return None;
        }
        io::stdout()
            .write_all(&self.paths.real(&output.stdout))
            .ok();
        io::stderr()
            .write_all(&self.paths.real(&output.stderr))
            .ok();
        if let Err(error) = self.paths.finish(&self.invocation) {
            return Some(self.cannot_finish(&error));
        }
        self.note(session, Outcome::Passthrough(reason.clone()));
        Some(ExitCode::SUCCESS)
    }

    /// Runs the compiler, and notes it.
    fn run_compiler(&self, session: Option<&Session>, reason: BypassReason) -> ExitCode {
        self.tell_started(session);
        let stand_in = self.stand_in(session);
        let stand_in = stand_in.as_ref();
        let mut command = self.command_with_input(stand_in);
        let status = if self.paths.has_to_finish() {
            process::run_rewriting(command, &|said| answer::real(&self.paths, stand_in, said))
        } else {
            process::run_through(&mut command, |_| ())
        };
        let compiled = status.as_ref().is_ok_and(ExitStatus::success);
        if compiled && let Err(error) = self.paths.finish(&self.invocation) {
            return self.cannot_finish(&error);
        }
        self.note(session, ended(&status, reason));
        process::end_as(self.command_with_input(stand_in), &status)
    }

    /// What is to be called in the linker's place, so that what it links has real paths.
    fn stand_in(&self, session: Option<&Session>) -> Option<StandIn> {
        let roots = self.paths.roots_to_link();
        let call = self.invocation.rustc().filter(|_| !roots.is_empty())?;
        StandIn::new(session?, call, roots, false)
    }

    /// What was compiled would leave the build with paths that nobody knows.
    fn cannot_finish(&self, error: &io::Error) -> ExitCode {
        print_error(format_args!(
            "nix-sccache: cannot put the paths of this build into {}: {error}",
            self.invocation.name()
        ));
        ExitCode::FAILURE
    }

    fn ask_cache(&mut self, session: Option<&Session>) -> ExitCode {
        if session.is_some_and(Session::has_failed_lately) {
            return self.pass_through(session, BypassReason::CacheFailed);
        }
        if self.invocation.reads_stdin() {
            let mut stdin = Vec::new();
            if let Err(error) = io::stdin().lock().read_to_end(&mut stdin) {
                return self.pass_through(session, BypassReason::Unreadable(error.to_string()));
            }
            self.stdin = Some(stdin);
        }
        let question = Question {
            session,
            invocation: self.shown(),
            paths: &self.paths,
            linked: self.linked,
            stdin: self.stdin.as_deref(),
            command: &|stand_in| self.command(stand_in),
            starts: &|| self.tell_started(session),
        };
        match question.answer() {
            Answer::Hit(code, made) => {
                // What fails is no part of a build, and nobody counts how it was found out.
                let outcome = if code == 0 {
                    Outcome::Hit
                } else {
                    Outcome::Error
                };
                self.note_made(session, outcome, &made);
                ExitCode::from(code)
            }
            Answer::Miss(status, made) => {
                let outcome = if status.success() {
                    Outcome::Miss
                } else {
                    Outcome::Error
                };
                self.note_made(session, outcome, &made);
                process::end_like(status)
            }
            Answer::NotStored(status, reason) => {
                let outcome = reason.map_or(Outcome::Error, Outcome::Passthrough);
                self.note(
                    session,
                    if status.success() {
                        outcome
                    } else {
                        Outcome::Error
                    },
                );
                process::end_like(status)
            }
            Answer::HasRealPath => {
                self.paths.forget_shown();
                self.run_compiler(session, BypassReason::RealPath)
            }
            Answer::Refused(reason) => {
                self.paths.forget_shown();
                self.pass_through(session, reason)
            }
            Answer::Unreachable(error) => {
                match session {
                    Some(session) => session.note_error(&error),
                    None if self.is == Cacheability::Probe => {}
                    None => print_cache_error(&error),
                }
                self.pass_through(session, BypassReason::CacheFailed)
            }
            Answer::CannotFinish(error) => self.cannot_finish(&error),
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A file without a name that has these bytes to read.
fn file_of(bytes: &[u8], flags: MemfdFlags) -> io::Result<File> {
    let mut file = File::from(memfd_create("nix-sccache", flags)?);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

/// rustc's arguments as a command line holds them: too many are in a file, as those are that cargo or bootstrap wrote into one
/// and we have read.
fn held(arguments: Vec<OsString>) -> Vec<OsString> {
    let has_lines = |argument: &OsString| argument.as_bytes().contains(&b'\n');
    if !are_too_long(&arguments) || arguments.iter().any(has_lines) {
        return arguments;
    }
    let lines = arguments.join(OsStr::new("\n"));
    let file = match Session::current() {
        Some(session) => {
            let file = session.file(&format!("arguments-{}", std::process::id()));
            fs::write(&file, lines.as_bytes()).map(|()| file)
        }
        // Whoever is started has it open as well.
        None => file_of(lines.as_bytes(), MemfdFlags::empty())
            .map(|file| format!("/proc/self/fd/{}", file.into_raw_fd()).into()),
    };
    let file = file.map(|file| vec![response_file::argument(file.as_os_str())]);
    file.unwrap_or(arguments)
}

/// What cargo, or a build script of its, calls a compiler for.
fn package() -> Option<String> {
    let name = env::var("CARGO_PKG_NAME").ok()?;
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    Some(format!("{name} {version}").trim_end().to_owned())
}
