//! Links anew what may be installed: what rustc gave its linker is kept, and the real linker is run on it, in another
//! derivation perhaps, whose paths and flags are then in what it makes.
//!
//! On a miss rustc calls us in its linker's place ([`StandIn`]). We keep the objects that it has made for this one call, and
//! the arguments, and run the linker, in a trace of its own: nothing that it reads is in a key of this. On a hit it reads all that
//! anew ([`Relink`]). So a file of C that is linked, the linker itself and nixpkgs' flags may be others, and what comes of
//! it is what rustc would have made.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use memchr::memmem;
use nix_sccache_cache::digest;
use nix_sccache_cache::entry::OutputFile;
use nix_sccache_cache::places::plain;
use nix_sccache_cache::trace::Observation;
use nix_sccache_trace_format::{LIBRARY, VARIABLE};

use crate::invocation::Rustc;
use crate::linker_trace::LinkerTrace;
use crate::outer_trace::Told;
use crate::print::print_error;
use crate::process;
use crate::request::variables::are_of_no_matter;
use crate::session::Session;
use crate::stable_paths::{self, Root, replaced_text as replaced};
use crate::temporary::TemporaryDirectory;

/// The directory of a session that has one for each call that links; and what is in that: the linker's path, the
/// roots whose real paths are to be linked, and what is kept of each link.
const DIRECTORY: &str = "linkers";
const LINKER: &str = "linker";
const ROOTS: &str = "roots";
const KEPT: &str = "kept";
/// What is told of the linkers.
const TRACES: &str = "traces";

/// The name of the recipe among an entry's files, and in what is kept of a link. It is a list of fields, each with a NUL
/// behind it and its kind, one of the bytes below, before it. The objects' names are numbers.
pub const RECIPE: &str = "links";

/// A link begins.
const BEGIN: u8 = b'l';
/// An argument.
const ARGUMENT: u8 = b'a';
/// Where an object is to be: the first is that of the number 0.
const OBJECT: u8 = b'o';
/// A variable that rustc sets, `NAME=value`, or takes away; and what it puts in front of `PATH`.
const SET: u8 = b's';
const UNSET: u8 = b'u';
const PATH: u8 = b'p';
/// What the linker said.
const STDOUT: u8 = b'1';
const STDERR: u8 = b'2';

/// What stands for rustc's temporary directory, and for cargo's. No path of rustc's has this byte in it.
const TEMPORARY: &[u8] = b"\x1f0";
const TARGET: &[u8] = b"\x1f1";

/// What rustc calls in its linker's place. It goes with this.
pub struct StandIn {
    directory: TemporaryDirectory,
    program: PathBuf,
    name: String,
}

impl StandIn {
    /// That of a call; nothing where its linker is not known. `keeps` says whether what is linked is kept.
    pub fn new(session: &Session, call: &Rustc, roots: &[Root], keeps: bool) -> Option<Self> {
        let name = stable_paths::linker_name(call)?.to_owned();
        let linker = stable_paths::known_linker(call)?;
        let make = || {
            let parent = session.file(DIRECTORY);
            fs::create_dir_all(&parent)?;
            let directory = TemporaryDirectory::new_in(&parent, "")?;
            let at = |name: &str| directory.path().join(name);
            let program = directory
                .path()
                .join(linker.file_name().unwrap_or_default());
            symlink(env::current_exe()?, &program)?;
            fs::write(at(LINKER), linker.as_os_str().as_bytes())?;
            fs::write(at(ROOTS), stable_paths::to_text(roots).as_bytes())?;
            if keeps {
                fs::create_dir(at(KEPT))?;
            }
            Ok::<_, io::Error>((directory, program))
        };
        let (directory, program) = make().ok()?;
        program.to_str()?;
        Some(Self {
            directory,
            program,
            name,
        })
    }

    /// The path by which rustc calls it.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The arguments that say so.
    pub fn arguments(&self) -> [OsString; 2] {
        [
            "-C".into(),
            format!("linker={}", self.program.display()).into(),
        ]
    }

    /// What the compiler said, with the linker that it would have called.
    pub fn named<'a>(&self, said: &'a [u8]) -> Cow<'a, [u8]> {
        let program = self.program.as_os_str().as_bytes();
        if memmem::find(said, program).is_none() {
            return Cow::Borrowed(said);
        }
        Cow::Owned(replaced(said, program, self.name.as_bytes()))
    }

    /// The links, in the order in which they were made; an error if one was not or is not known.
    fn links(&self) -> Result<Vec<Link>, String> {
        let kept = self.directory.path().join(KEPT);
        let count = fs::read_dir(&kept).map_or(0, Iterator::count);
        let read = |number: usize| {
            let directory = kept.join(number.to_string());
            let fields = fs::read(directory.join(RECIPE)).map_err(|_| "a link that failed")?;
            let link = Link::all_of(&fields).pop().unwrap_or_default();
            Ok(Link { directory, ..link })
        };
        (0..count).map(read).collect()
    }

    /// The directory with what is told of the linkers.
    pub fn traces(&self) -> PathBuf {
        self.directory.path().join(TRACES)
    }

    /// Whether all went well, and no linker had anything to say.
    pub fn is_silent(&self) -> bool {
        let is_one = |link: &Link| link.stdout.is_empty() && link.stderr.is_empty();
        self.links().is_ok_and(|links| links.iter().all(is_one))
    }

    /// The files that the linker has made.
    pub fn made(&self, directory: &Path) -> Vec<PathBuf> {
        let links = self.links().unwrap_or_default();
        let arguments = links.iter().map(|link| link.arguments.as_slice());
        let outputs = arguments.filter_map(|it| made_by(it, directory));
        outputs.collect()
    }

    /// What an entry has of the links, for a directory of that number; or why they cannot be made again. `variables` are
    /// those that rustc was called with, `directory` where, and `target` is cargo's, where that is of no matter.
    pub fn recipe(
        &self,
        number: u8,
        seen: &Observation,
        variables: &BTreeMap<OsString, OsString>,
        directory: &Path,
        target: Option<&Path>,
    ) -> Result<Vec<OutputFile>, String> {
        let (mut recipe, mut files) = (Vec::new(), Vec::new());
        let file = |name: String, contents| OutputFile {
            directory: number,
            name: name.into_bytes(),
            executable: false,
            contents,
        };
        let links = self.links()?;
        if links.is_empty() {
            return Err("no link".to_owned());
        }
        for link in links {
            let is_own = |path: &[u8]| {
                let path = absolute(path, directory);
                seen.temporary.contains(path.as_os_str().as_bytes())
            };
            let is_kept = |path: &&Vec<u8>| {
                let path = absolute(path, directory);
                seen.outputs.iter().any(|output| output.path == path)
            };
            if let Some(path) = link.objects.iter().find(is_kept) {
                return Err(format!("rustc keeps {}", String::from_utf8_lossy(path)));
            }
            let objects = link.objects.iter().enumerate();
            let objects: Vec<_> = objects.filter(|(_, path)| is_own(path)).collect();
            let mut temporary = objects.iter().filter_map(|(_, path)| temporary_part(path));
            let first = temporary.next();
            if temporary.any(|other| Some(other) != first) {
                return Err("several temporary directories".to_owned());
            }
            let marked = |text: &[u8]| marked(text, first, target);
            put(&mut recipe, BEGIN, b"");
            for argument in &link.arguments {
                put(&mut recipe, ARGUMENT, &marked(argument)?);
            }
            for (index, path) in objects {
                put(&mut recipe, OBJECT, &marked(path)?);
                let contents = fs::read(link.directory.join(index.to_string()));
                let contents = contents.map_err(|error| error.to_string())?;
                files.push(file(files.len().to_string(), contents));
            }
            put_variables(&mut recipe, &link.variables, variables)?;
            put(&mut recipe, STDOUT, &marked(&link.stdout)?);
            put(&mut recipe, STDERR, &marked(&link.stderr)?);
        }
        files.push(file(RECIPE.to_owned(), recipe));
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(files)
    }
}

/// The file that a linker makes, with these arguments.
fn made_by(arguments: &[Vec<u8>], directory: &Path) -> Option<PathBuf> {
    let mut arguments = arguments.iter();
    arguments.find(|argument| *argument == b"-o")?;
    Some(absolute(arguments.next()?, directory))
}

/// The variables that rustc changes for its linker.
fn put_variables(
    recipe: &mut Vec<u8>,
    of_linker: &[Vec<u8>],
    of_rustc: &BTreeMap<OsString, OsString>,
) -> Result<(), String> {
    let mut before: BTreeMap<&[u8], &[u8]> = of_rustc
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .collect();
    let path = before.remove(b"PATH".as_slice()).unwrap_or_default();
    for variable in of_linker {
        let mut parts = variable.splitn(2, |byte| *byte == b'=');
        let (name, value) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        if name == b"PATH" {
            let added = value.strip_suffix(path).ok_or("another PATH")?;
            put(recipe, PATH, added);
        } else if before.remove(name) != Some(value) && !are_of_no_matter(name) {
            put(recipe, SET, variable);
        }
    }
    for name in before.into_keys().filter(|name| !are_of_no_matter(name)) {
        put(recipe, UNSET, name);
    }
    Ok(())
}

fn put(to: &mut Vec<u8>, kind: u8, value: &[u8]) {
    to.push(kind);
    to.extend_from_slice(value);
    to.push(0);
}

/// A text with marks in the place of directories.
fn marked(text: &[u8], temporary: Option<&[u8]>, target: Option<&Path>) -> Result<Vec<u8>, String> {
    if text.contains(&TEMPORARY[0]) || text.contains(&0) {
        return Err("a control character".to_owned());
    }
    let text = temporary.map_or(text.to_owned(), |it| replaced(text, it, TEMPORARY));
    let Some(target) = target else {
        return Ok(text);
    };
    let target = [target.as_os_str().as_bytes(), b"/"].concat();
    Ok(replaced(&text, &target, &[TARGET, b"/"].concat()))
}

fn absolute(path: &[u8], directory: &Path) -> PathBuf {
    let path = directory.join(OsStr::from_bytes(path));
    OsString::from_vec(plain(path.as_os_str().as_bytes())).into()
}

/// A path up to rustc's temporary directory, if it is in one (`rustc` and six characters, 1.95).
fn temporary_part(path: &[u8]) -> Option<&[u8]> {
    let is_temporary = |part: &[u8]| {
        let random = part.strip_prefix(b"rustc").unwrap_or_default();
        random.len() == 6 && random.iter().all(u8::is_ascii_alphanumeric)
    };
    let mut from = 0;
    while let Some(length) = path.get(from..)?.iter().position(|byte| *byte == b'/') {
        if is_temporary(path.get(from..from + length)?) {
            return path.get(..from + length);
        }
        from += length + 1;
    }
    None
}

/// One link, as it is kept or as a recipe has it.
#[derive(Default)]
struct Link {
    /// Where its objects are.
    directory: PathBuf,
    arguments: Vec<Vec<u8>>,
    objects: Vec<Vec<u8>>,
    variables: Vec<Vec<u8>>,
    unset: Vec<Vec<u8>>,
    path: Vec<u8>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Link {
    /// Those of a recipe; what is no field is passed over.
    fn all_of(recipe: &[u8]) -> Vec<Self> {
        let mut links: Vec<Self> = Vec::new();
        for field in recipe.split(|byte| *byte == 0) {
            let Some((kind, value)) = field.split_first() else {
                continue;
            };
            if *kind == BEGIN {
                links.push(Self::default());
            }
            let Some(link) = links.last_mut() else {
                continue;
            };
            let value = value.to_owned();
            match *kind {
                ARGUMENT => link.arguments.push(value),
                OBJECT => link.objects.push(value),
                SET => link.variables.push(value),
                UNSET => link.unset.push(value),
                PATH => link.path = value,
                STDOUT => link.stdout = value,
                STDERR => link.stderr = value,
                _ => {}
            }
        }
        links
    }
}

/// The directory of a call, if rustc called us in its linker's place.
pub fn called(as_what: &OsStr) -> Option<&Path> {
    let directory = Path::new(as_what).parent()?;
    let is_one = directory.parent()?.file_name() == Some(OsStr::new(DIRECTORY));
    (is_one && directory.join(LINKER).is_file()).then_some(directory)
}

/// Links, with real paths, and keeps what it takes to do so again.
pub fn as_linker(directory: &Path, arguments: &[OsString]) -> ExitCode {
    let read = |name: &str| fs::read(directory.join(name)).map(OsString::from_vec);
    let kept = directory.join(KEPT);
    let run = || {
        let (linker, roots) = (read(LINKER)?, read(ROOTS)?);
        let kept = kept.is_dir().then(|| Kept::of(&kept, arguments));
        let linker = Path::new(&linker);
        let trace = kept
            .as_ref()
            .and_then(|_| LinkerTrace::new(linker, directory));
        let command = |arguments: &[OsString]| {
            let mut command = Command::new(linker);
            without_trace(&mut command).args(arguments);
            if let Some(trace) = &trace {
                trace.prepare(&mut command);
            }
            command
        };
        let roots = stable_paths::from_text(Some(&roots));
        let run = stable_paths::link(&command, arguments, roots)?;
        if let (Some(trace), Some(mut told)) = (trace, Told::new())
            && trace.tell(&run, &mut told).is_ok()
        {
            told.end_in(&directory.join(TRACES));
        }
        if let Some(Ok(kept)) = kept {
            kept.end(&run.output);
        }
        Ok::<_, io::Error>(run.output)
    };
    match run() {
        Ok(output) => {
            io::stdout().write_all(&output.stdout).ok();
            io::stderr().write_all(&output.stderr).ok();
            process::end_like(output.status)
        }
        Err(error) => {
            print_error(format_args!(
                "nix-sccache: cannot put the paths of this build into what it links: {error}"
            ));
            ExitCode::FAILURE
        }
    }
}

/// Has a command run without the trace in which we are.
fn without_trace(command: &mut Command) -> &mut Command {
    const PRELOAD: &str = "LD_PRELOAD";
    let preload = env::var_os(PRELOAD).unwrap_or_default();
    let (first, rest) = match preload.as_bytes().iter().position(|byte| *byte == b':') {
        Some(at) => preload.as_bytes().split_at(at),
        None => (preload.as_bytes(), [].as_slice()),
    };
    if first.ends_with(LIBRARY.as_bytes()) {
        match rest.strip_prefix(b":") {
            Some(rest) => command.env(PRELOAD, OsStr::from_bytes(rest)),
            None => command.env_remove(PRELOAD),
        };
    }
    command.env_remove(VARIABLE)
}

/// What is kept of a link while the linker runs.
struct Kept {
    directory: PathBuf,
    fields: Vec<u8>,
}

impl Kept {
    /// Copies the objects that were made since the call began, and notes what counts beside them.
    fn of(parent: &Path, arguments: &[OsString]) -> io::Result<Self> {
        let directory = parent.join(fs::read_dir(parent)?.count().to_string());
        fs::create_dir(&directory)?;
        let began = parent.with_file_name(LINKER).metadata()?.modified()?;
        let (mut fields, mut objects) = (Vec::new(), Vec::new());
        put(&mut fields, BEGIN, b"");
        for given in arguments {
            let file = given.as_bytes().strip_prefix(b"@");
            if file.is_some_and(|file| temporary_part(file).is_none()) {
                // What is in a file that rustc has not made may be another the next time.
                return Err(io::Error::other("a file of arguments of somebody else's"));
            }
        }
        for argument in stable_paths::expanded(arguments) {
            let argument = argument.as_bytes();
            put(&mut fields, ARGUMENT, argument);
            // `-Wl,--version-script=file`
            let parts = argument.split(|byte| b",=".contains(byte));
            for path in parts.chain([argument]) {
                let file = Path::new(OsStr::from_bytes(path));
                // The metadata of a shared library is in `NAME.rcgu.rmeta` (1.63).
                let may_be_own = temporary_part(path).is_some()
                    || file.extension() == Some(OsStr::new("o"))
                    || memmem::find(path, b".rcgu.").is_some();
                let is_new = || {
                    let found = file.metadata()?;
                    Ok::<_, io::Error>(found.is_file() && found.modified()? >= began)
                };
                if may_be_own && is_new().unwrap_or(false) && !objects.contains(&path.to_vec()) {
                    fs::copy(file, directory.join(objects.len().to_string()))?;
                    put(&mut fields, OBJECT, path);
                    objects.push(path.to_vec());
                }
            }
        }
        for (name, value) in env::vars_os() {
            let variable = [name.as_bytes(), b"=", value.as_bytes()].concat();
            put(&mut fields, SET, &variable);
        }
        Ok(Self { directory, fields })
    }

    fn end(mut self, output: &Output) {
        put(&mut self.fields, STDOUT, &output.stdout);
        put(&mut self.fields, STDERR, &output.stderr);
        if output.status.success() {
            fs::write(self.directory.join(RECIPE), &self.fields).ok();
        }
    }
}

/// Where and how something is linked anew.
pub struct Relink<'a> {
    /// The call.
    pub call: &'a Rustc,
    /// The variables that rustc would see.
    pub variables: &'a BTreeMap<OsString, OsString>,
    /// Where it would run.
    pub directory: &'a Path,
    /// Cargo's directory, where that is of no matter.
    pub target: Option<&'a Path>,
    /// Where traces are made.
    pub scratch: &'a Path,
    /// Where rustc would make its temporary directory.
    pub output: &'a Path,
    /// The roots whose real paths are to be in what is linked.
    pub roots: &'a [Root],
}

/// What was linked anew.
pub struct Relinked {
    /// What was noted of the linkers.
    pub trace: Vec<u8>,
    /// The files that they made.
    pub made: Vec<PathBuf>,
    /// Whether no linker had anything to say.
    pub is_silent: bool,
    /// When the first began, by the clock of files' times.
    pub began: i128,
}

impl Relink<'_> {
    /// Links by a recipe that is with its objects in a directory, which has to be in the same file system as the output;
    /// fails, with the reason, where it does not go as it went.
    pub fn run(&self, kept: &Path) -> Result<Relinked, String> {
        let linker = stable_paths::known_linker(self.call).ok_or("its linker is not known")?;
        let recipe = fs::read(kept.join(RECIPE)).map_err(|error| error.to_string())?;
        let mut number = 0;
        let began = digest::now();
        let mut told = Told::of(Vec::new());
        let (mut made, mut is_silent) = (Vec::new(), true);
        for link in Link::all_of(&recipe) {
            let temporary = TemporaryDirectory::as_rustcs(self.output);
            let temporary = temporary.map_err(|error| error.to_string())?;
            let shown = |text: &[u8]| self.shown(text, temporary.path());
            let mut placed = Placed(Vec::new());
            for object in &link.objects {
                let path = absolute(&shown(object), self.directory);
                let object = kept.join(number.to_string());
                fs::rename(object, &path).map_err(|error| error.to_string())?;
                placed.0.push(path);
                number += 1;
            }
            let arguments = link.arguments.iter();
            let arguments: Vec<_> = arguments
                .map(|argument| OsString::from_vec(shown(argument)))
                .collect();
            let trace = LinkerTrace::new(&linker, self.scratch);
            let command = |arguments: &[OsString]| {
                let mut command = self.command(&linker, &link, arguments);
                if let Some(trace) = &trace {
                    trace.prepare(&mut command);
                }
                command
            };
            told.directory(temporary.path());
            told.outputs(placed.0.iter().map(PathBuf::as_path));
            let run = stable_paths::link(&command, &arguments, self.roots.to_vec());
            let run = run.map_err(|error| error.to_string())?;
            if trace.is_none_or(|trace| trace.tell(&run, &mut told).is_err()) {
                told.unnamed("a linker");
            }
            let output = run.output;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr);
                let error = said.lines().next().unwrap_or_default();
                return Err(format!("its link fails: {error}"));
            }
            if output.stdout != shown(&link.stdout) || output.stderr != shown(&link.stderr) {
                return Err("its linker has something else to say".to_owned());
            }
            is_silent &= output.stdout.is_empty() && output.stderr.is_empty();
            let arguments: Vec<_> = arguments.into_iter().map(OsString::into_vec).collect();
            made.extend(made_by(&arguments, self.directory));
        }
        Ok(Relinked {
            trace: told.trace(0),
            made,
            is_silent,
            began,
        })
    }

    fn shown(&self, text: &[u8], temporary: &Path) -> Vec<u8> {
        let text = replaced(text, TEMPORARY, temporary.as_os_str().as_bytes());
        match self.target {
            Some(target) => replaced(&text, TARGET, target.as_os_str().as_bytes()),
            None => text,
        }
    }

    fn command(&self, linker: &Path, link: &Link, arguments: &[OsString]) -> Command {
        let mut command = Command::new(linker);
        command
            .args(arguments)
            .current_dir(self.directory)
            .env_clear()
            .envs(self.variables);
        let mut path = link.path.clone();
        if let Some(own) = self.variables.get(OsStr::new("PATH")) {
            path.extend_from_slice(own.as_bytes());
        }
        command.env("PATH", OsString::from_vec(path));
        for variable in &link.variables {
            if let Some(at) = variable.iter().position(|byte| *byte == b'=') {
                let (name, value) = variable.split_at(at);
                let value = value.get(1..).unwrap_or_default();
                command.env(OsStr::from_bytes(name), OsStr::from_bytes(value));
            }
        }
        for name in &link.unset {
            command.env_remove(OsStr::from_bytes(name));
        }
        command
    }
}

/// Objects in their places, for as long as a linker needs them.
struct Placed(Vec<PathBuf>);

impl Drop for Placed {
    fn drop(&mut self) {
        for path in &self.0 {
            fs::remove_file(path).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_rustcs_are_known() {
        for (path, expected) in [
            ("/t/deps/rustcAb12cD/symbols.o", Some("/t/deps/rustcAb12cD")),
            ("rustcAb12cD/list", Some("rustcAb12cD")),
            ("/t/rustc-1.95/a.o", None),
            ("/t/rustcAb12cD", None),
        ] {
            let found = temporary_part(path.as_bytes());
            assert_eq!(found, expected.map(str::as_bytes), "{path}");
        }
    }

    #[test]
    fn fields_are_read_as_they_are_written() {
        let mut recipe = Vec::new();
        for (kind, value) in [
            (BEGIN, ""),
            (ARGUMENT, "-o"),
            (ARGUMENT, ""),
            (OBJECT, "a.o"),
        ] {
            put(&mut recipe, kind, value.as_bytes());
        }
        put(&mut recipe, BEGIN, b"");
        let links = Link::all_of(&recipe);
        assert_eq!(links.len(), 2);
        assert_eq!(links[0].arguments, [b"-o".to_vec(), Vec::new()]);
        assert_eq!(links[0].objects, [b"a.o".to_vec()]);
    }
}
