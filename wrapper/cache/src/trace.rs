//! Reads the trace of a run: what it looked at, by names, and what it wrote; or why nothing can be said of it.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use nix_sccache_trace_format::{
    AFTER_DLOPEN, BY_DLOPEN, FileType, Incomplete, KEPT, Kind, NO_FOLLOW, Record, records,
};

use crate::inputs::{Inputs, Name, NameKind, TIMES};
use crate::places::{Places, plain};

/// What counts and what does not, of a run's trace.
pub struct Rules<'a> {
    /// How files are named.
    pub places: &'a Places,
    /// Directories in which the run may leave files.
    pub writable: &'a [PathBuf],
    /// Directories whose files are neither read nor written for others: caches of the compiler's own, and ours.
    pub scratch: &'a [PathBuf],
    /// Directories that were empty, in which the run may leave whatever it likes: it is found there, and no output here.
    pub own: &'a [PathBuf],
    /// Directories of which it is of no matter whether they are there and, where a program lists them that
    /// [`finds_crates`](Self::finds_crates), what is in them, but for the files that are read.
    pub unlisted: &'a [PathBuf],
    /// Whether a program that begins with this library lists `unlisted` for what it looks for itself, until it loads others.
    pub finds_crates: fn(&Path) -> bool,
    /// The directory that the environment says that the run is in: a shell looks whether it is.
    pub working_directory: Option<&'a Path>,
    /// Whether what is at a path cannot change: it is in a Nix store, and no output of this build.
    pub is_constant: &'a dyn Fn(&Path) -> bool,
    /// Whether a variable decides nothing of what is made.
    pub is_of_no_matter: fn(&[u8]) -> bool,
    /// What a program reads of the environment beside what it asks for by name; with the path by which it was called,
    /// which is that of a script where the program is its interpreter.
    pub reads: fn(&Path, &Path) -> Reads,
    /// Directories in which programs are looked for: where one is found decides which it is.
    pub path: &'a [PathBuf],
    /// The path by which a program is run whose run does not count, nor that of its children, and the files that it makes.
    pub stand_in: Option<(&'a Path, &'a [PathBuf])>,
    /// What a library that a program loads while it runs does unseen.
    pub loads: fn(&Path) -> Unseen,
    /// Whether it is of no matter that a program, by its path, asked for the time of the day as often as this.
    pub may_ask_time: fn(&Path, u8) -> bool,
    /// Whether it counts what a program, by its path and that by which it was called, was told of the machine, by the trace's
    /// word for that; or whether it goes by [`TIMES`].
    pub goes_by_machine: fn(&[u8], &Path, &Path) -> bool,
    /// Whether what a program does, by its path, is the same whatever the libraries read that it loads while it runs.
    pub has_plugins: fn(&Path) -> bool,
}

/// What a program reads of the environment without asking for it by name.
pub enum Reads {
    /// Nothing.
    Nothing,
    /// These variables, and those whose names begin so.
    Some {
        /// How names begin.
        families: Vec<&'static str>,
        /// Names.
        names: Vec<Vec<u8>>,
    },
    /// All of it.
    All,
}

/// What code may do unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// It lists variables.
    pub lists_variables: bool,
    /// It reads the clock.
    pub reads_clock: bool,
}

/// A file that a run made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The number of the directory in which it may be written.
    pub directory: u8,
    /// Its path in that directory.
    pub name: Vec<u8>,
    /// Where it is.
    pub path: PathBuf,
}

/// What a run read and made.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// The names of what it looked at.
    pub inputs: Inputs,
    /// What it made and left.
    pub outputs: Vec<Output>,
    /// The programs that ran.
    pub programs: BTreeSet<Vec<u8>>,
    /// The files that it made and took away.
    pub temporary: HashSet<Vec<u8>>,
}

/// Why a run cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotStorable {
    /// Not all that it did is known: the program, or what is missing.
    NotTraced(String),
    /// It left a file, or took one away, where the invocation does not say so.
    WritesElsewhere(String),
    /// It changed a file that was there before.
    Updates(String),
    /// It read what has no name, or is no file; or it could not be read for a reason that passes.
    Unnamed(String),
    /// It asked for the time of the day.
    Clock,
}

/// What there is to know of the run of this program by this process; `trace` are the bytes of the trace's file.
pub fn read(
    trace: &[u8],
    program: &Path,
    process: u32,
    rules: &Rules,
) -> Result<Observation, NotStorable> {
    let mut reader = Reader::new(rules);
    reader
        .to_start
        .insert(process, program.as_os_str().as_bytes().to_vec());
    let whole = || records(trace).map_err(|why| NotStorable::NotTraced(incomplete(why).to_owned()));
    // A child may begin before its parent tells of it.
    for Record { event, name, .. } in whole()? {
        if event.kind == Kind::Spawn && event.errno == 0 && !reader.stands_in(name) {
            reader.spawned.insert(event.extra, plain(name));
        }
    }
    for record in whole()? {
        reader.record(&record)?;
    }
    let mut missing = reader.to_start.values().chain(reader.spawned.values());
    if let Some(program) = missing.next() {
        return Err(NotStorable::NotTraced(shown(program)));
    }
    reader.end()
}

fn incomplete(why: Incomplete) -> &'static str {
    match why {
        Incomplete::NotATrace => "what was noted is no trace",
        Incomplete::Overflow => "more happened than there is room for",
        Incomplete::Lost => "not all could be noted",
        Incomplete::Hole(_) => "a process was ended",
        Incomplete::Damaged(_) => "what was noted is damaged",
    }
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

struct Reader<'a> {
    rules: &'a Rules<'a>,
    names: BTreeSet<(NameKind, Vec<u8>)>,
    /// Paths that were looked for, and not read.
    looked: HashSet<Vec<u8>>,
    read: HashSet<Vec<u8>>,
    programs: BTreeSet<Vec<u8>>,
    written: HashSet<Vec<u8>>,
    made: HashSet<Vec<u8>>,
    removed: HashSet<Vec<u8>>,
    /// Processes whose libraries are of no matter.
    with_plugins: HashSet<u32>,
    /// Processes that list directories for crates.
    finding: HashSet<u32>,
    /// Processes that are about to be another program.
    to_start: HashMap<u32, Vec<u8>>,
    /// Children that were not heard of yet.
    spawned: HashMap<u32, Vec<u8>>,
    /// Files of its own that it took away.
    temporary: HashSet<Vec<u8>>,
    /// By what the processes were called.
    called: HashMap<u32, Vec<u8>>,
    /// Processes that do not count.
    aside: HashSet<u32>,
    /// Libraries that were loaded while a program ran.
    plugins: HashSet<Vec<u8>>,
}

impl<'a> Reader<'a> {
    fn new(rules: &'a Rules<'a>) -> Self {
        Self {
            rules,
            names: BTreeSet::new(),
            looked: HashSet::new(),
            read: HashSet::new(),
            programs: BTreeSet::new(),
            written: HashSet::new(),
            made: rules
                .own
                .iter()
                .map(|it| it.as_os_str().as_bytes().to_vec())
                .collect(),
            removed: HashSet::new(),
            with_plugins: HashSet::new(),
            finding: HashSet::new(),
            to_start: HashMap::new(),
            spawned: HashMap::new(),
            temporary: HashSet::new(),
            called: HashMap::new(),
            aside: HashSet::new(),
            plugins: HashSet::new(),
        }
    }

    fn record(&mut self, record: &Record) -> Result<(), NotStorable> {
        let Record {
            event,
            name: first,
            second,
        } = *record;
        let path = named(event.kind, first);
        if is_of_the_machine(event.errno) {
            return Err(NotStorable::Unnamed(shown(&path)));
        }
        if self.is_aside(record) {
            return Ok(());
        }
        match event.kind {
            Kind::Start => self.start(event.pid, path)?,
            Kind::Execute if event.errno == 0 => {
                self.to_start.insert(event.pid, path.clone());
                self.look(NameKind::File, path);
            }
            Kind::Execute => {
                self.to_start.remove(&event.pid);
                self.look(absent_or_state(event.errno), path);
            }
            Kind::Spawn if event.errno == 0 => {
                self.look(NameKind::File, path);
            }
            Kind::Read if event.errno == 0 => match event.file_type() {
                Some(FileType::File) => {
                    if !self.is_own(&path) {
                        self.read.insert(path.clone());
                    }
                    self.name(NameKind::File, path);
                }
                Some(FileType::Directory) => self.name(NameKind::State, path),
                _ if self.is_own(&path) || self.is_scratch(&path) => {}
                _ => return Err(NotStorable::Unnamed(shown(&path))),
            },
            Kind::Read => {
                if !self.is_own(&path) {
                    self.read.insert(path.clone());
                }
                self.name(absent_or_state(event.errno), path);
            }
            Kind::Look if event.errno == 0 => {
                // That it is no link is seen as well.
                if event.flags & NO_FOLLOW != 0 {
                    self.look(NameKind::Link, path.clone());
                }
                match event.file_type() {
                    Some(FileType::File) => self.look(NameKind::File, path),
                    Some(FileType::Symlink) => self.look(NameKind::Link, path),
                    _ => self.look(NameKind::State, path),
                }
            }
            Kind::MakeDirectory if event.errno == 0 => {
                self.made.insert(path);
            }
            Kind::Look | Kind::MakeDirectory | Kind::Spawn => {
                self.look(absent_or_state(event.errno), path);
            }
            Kind::List => {
                let finds = event.flags & AFTER_DLOPEN == 0 && self.finding.contains(&event.pid);
                self.list(path, finds);
            }
            Kind::Link => {
                // What is in a place may be anywhere, by whatever links.
                let is_itself = first == second && self.rules.places.name(&path).0 != 0;
                if !is_itself {
                    self.look(NameKind::Link, path);
                }
            }
            Kind::Variable | Kind::Machine => {
                self.asked(record)?;
            }
            Kind::Load => {
                if (self.rules.finds_crates)(Path::new(OsStr::from_bytes(&path))) {
                    self.finding.insert(event.pid);
                }
                let is_plugin = self.with_plugins.contains(&event.pid);
                self.load(path, event.flags & BY_DLOPEN != 0 && !is_plugin)?;
            }
            Kind::Write | Kind::Rename | Kind::Remove if event.errno != 0 => {
                let to = without_parents(&plain(second)).into_owned();
                let to = (event.kind == Kind::Rename).then_some(to);
                self.failed(event.errno, [path].into_iter().chain(to));
            }
            Kind::Write => self.write(path, event.flags & KEPT != 0)?,
            Kind::Rename => self.rename(&path, &without_parents(&plain(second)))?,
            Kind::Remove => self.remove(path),
            // Of a library that was loaded: it is looked at itself.
            Kind::Environment if !first.is_empty() => {}
            Kind::Environment => {
                self.names.insert((NameKind::Environment, Vec::new()));
            }
            Kind::Unnamed => return Err(NotStorable::Unnamed(shown(&path))),
            Kind::Family => {
                self.names.insert((NameKind::Family, first.to_vec()));
            }
            Kind::Clock => self.time(&path, second, event.flags)?,
            Kind::Fork => {}
        }
        Ok(())
    }

    /// Whether it is a library that asks, loaded by a compiler: a macro, which makes of it whatever it likes.
    fn is_of_macro(&self, record: &Record) -> bool {
        record.event.flags & BY_DLOPEN != 0 && self.finding.contains(&record.event.pid)
    }

    /// A variable, or a word for something of the machine, that a program asked for.
    fn asked(&mut self, record: &Record) -> Result<(), NotStorable> {
        let Record {
            event,
            name,
            second: program,
        } = *record;
        let (is_machine, by_macro) = (event.kind == Kind::Machine, self.is_of_macro(record));
        let as_path = |bytes| Path::new(OsStr::from_bytes(bytes));
        let called = self.called.get(&event.pid).map_or(&[][..], |it| it);
        let (program, called) = (as_path(program), as_path(called));
        if !is_machine && !by_macro {
            self.variable(name);
        } else if !is_machine {
            self.names.insert((NameKind::Variable, name.to_vec()));
        } else if by_macro
            || program.as_os_str().is_empty()
            || (self.rules.goes_by_machine)(name, program, called)
        {
            if name.starts_with(b"/") {
                return Err(NotStorable::Unnamed(shown(name)));
            }
            self.names.insert((NameKind::Machine, name.to_vec()));
        }
        Ok(())
    }

    /// A process that began to run a program.
    fn start(&mut self, process: u32, path: Vec<u8>) -> Result<(), NotStorable> {
        let called = self
            .to_start
            .remove(&process)
            .or(self.spawned.remove(&process));
        if let Some(called) = called.as_deref().filter(|called| !runs(called, &path)) {
            return Err(NotStorable::NotTraced(shown(called)));
        }
        self.with_plugins.remove(&process);
        self.finding.remove(&process);
        if (self.rules.has_plugins)(Path::new(OsStr::from_bytes(&path))) {
            self.with_plugins.insert(process);
        }
        let called = called.unwrap_or_default();
        self.program(path, &called);
        self.called.insert(process, called);
        Ok(())
    }

    /// What it failed to change, for this reason: it might do it where there is something else.
    fn failed(&mut self, errno: u16, paths: impl Iterator<Item = Vec<u8>>) {
        for path in paths {
            if !self.temporary.contains(&path) {
                self.look(absent_or_state(errno), path);
            }
        }
    }

    /// Whether what happened is of a program whose run does not count, or is that it begins.
    fn is_aside(&mut self, record: &Record) -> bool {
        let Record { event, name, .. } = record;
        let is_begun = matches!(event.kind, Kind::Execute | Kind::Spawn) && event.errno == 0;
        if is_begun && self.stands_in(name) {
            let is_child = event.kind == Kind::Spawn;
            let process = if is_child { event.extra } else { event.pid };
            self.aside.insert(process);
            let made = self.rules.stand_in.iter().flat_map(|(_, made)| *made);
            let made = made.map(|path| path.as_os_str().as_bytes().to_vec());
            self.written.extend(made);
            return true;
        }
        if event.kind == Kind::Fork {
            // Another has its number now.
            self.aside.remove(&event.extra);
        }
        self.aside.contains(&event.pid)
    }

    /// A library that was loaded. One that came while the program ran, as a procedural macro does, may do what no call
    /// tells of. Of a build script's the clock tells who asks.
    fn load(&mut self, path: Vec<u8>, by_dlopen: bool) -> Result<(), NotStorable> {
        if by_dlopen {
            let unseen = (self.rules.loads)(Path::new(OsStr::from_bytes(&path)));
            let is_of_script = !self.rules.own.is_empty();
            if unseen.reads_clock && !is_of_script {
                return Err(NotStorable::Clock);
            }
            if unseen.lists_variables {
                self.names.insert((NameKind::Environment, Vec::new()));
            }
            self.plugins.insert(path.clone());
        }
        self.look(NameKind::File, path);
        Ok(())
    }

    /// The time of the day, which code of a file has asked for in a program. What a compiler is given to run asks for itself.
    fn time(&self, program: &[u8], code: &[u8], times: u8) -> Result<(), NotStorable> {
        let is_plugin = code.is_empty() || self.plugins.contains(&plain(code));
        let may_ask = self.rules.may_ask_time;
        if is_plugin || !may_ask(Path::new(OsStr::from_bytes(program)), times) {
            return Err(NotStorable::Clock);
        }
        Ok(())
    }

    /// A program that began, and by what it was called: that may be a script.
    fn program(&mut self, path: Vec<u8>, called: &[u8]) {
        let as_path = |bytes| Path::new(OsStr::from_bytes(bytes));
        match (self.rules.reads)(as_path(&path), as_path(called)) {
            Reads::Nothing => {}
            Reads::Some { families, names } => {
                for family in families {
                    self.names
                        .insert((NameKind::Family, family.as_bytes().to_vec()));
                }
                let names = names.into_iter().map(|name| (NameKind::Variable, name));
                self.names.extend(names);
            }
            Reads::All => {
                self.names.insert((NameKind::Environment, Vec::new()));
            }
        }
        if (self.rules.goes_by_machine)(TIMES, as_path(&path), as_path(called)) {
            self.names.insert((NameKind::Machine, TIMES.to_vec()));
        }
        self.programs.insert(path.clone());
        self.look(NameKind::File, path);
    }

    /// Whether a path is that of a program whose run does not count.
    fn stands_in(&self, path: &[u8]) -> bool {
        let stand_in = self
            .rules
            .stand_in
            .map(|(path, _)| path.as_os_str().as_bytes());
        stand_in == Some(path)
    }

    /// Whether the run has made what is at a path.
    fn is_own(&self, path: &[u8]) -> bool {
        let path = &*without_parents(path);
        self.written.contains(path)
            || !self.made.is_empty()
                && Path::new(OsStr::from_bytes(path))
                    .ancestors()
                    .any(|above| self.made.contains(above.as_os_str().as_bytes()))
    }

    /// Whether what was made at a path is no output, or found otherwise.
    fn is_no_output(&self, path: &[u8]) -> bool {
        self.is_scratch(path) || is_in(path, self.rules.own)
    }

    fn is_scratch(&self, path: &[u8]) -> bool {
        is_in(path, self.rules.scratch)
    }

    /// A look at what may be written afterwards: then it tells nothing.
    fn look(&mut self, kind: NameKind, path: Vec<u8>) {
        if !self.is_own(&path) {
            self.looked.insert(path.clone());
        }
        let place = Path::new(OsStr::from_bytes(&path));
        let is_search = self.rules.path.iter().any(|it| place.parent() == Some(it));
        if let Some(command) = place.file_name().filter(|_| is_search) {
            let command = command.as_bytes().to_vec();
            self.names.insert((NameKind::Command, command));
        }
        self.name(kind, path);
    }

    fn name(&mut self, kind: NameKind, path: Vec<u8>) {
        let as_path = Path::new(OsStr::from_bytes(&path));
        let is_no_input = self.is_own(&path)
            || self.is_scratch(&path)
            || (self.rules.is_constant)(as_path)
            || kind == NameKind::State
                && (self.is_unlisted(as_path) || self.rules.working_directory == Some(as_path));
        if !is_no_input {
            self.names.insert((kind, path));
        }
    }

    fn list(&mut self, path: Vec<u8>, finds: bool) {
        if !finds || !self.is_unlisted(Path::new(OsStr::from_bytes(&path))) {
            self.name(NameKind::Listing, path);
        }
    }

    fn is_unlisted(&self, path: &Path) -> bool {
        self.rules.unlisted.iter().any(|it| it == path)
    }

    fn variable(&mut self, name: &[u8]) {
        if !(self.rules.is_of_no_matter)(name) {
            self.names.insert((NameKind::Variable, name.to_vec()));
        }
    }

    fn write(&mut self, path: Vec<u8>, keeps: bool) -> Result<(), NotStorable> {
        if self.is_scratch(&path) {
            return Ok(());
        }
        // Of what was read before nobody knows any more what it was.
        if !self.is_own(&path) && (keeps || self.was_read(&path)) {
            return Err(NotStorable::Updates(shown(&path)));
        }
        self.written.insert(path);
        Ok(())
    }

    fn remove(&mut self, path: Vec<u8>) {
        let is_own = self.is_own(&path);
        if self.written.remove(&path) {
            self.temporary.insert(path);
        } else if !self.made.remove(&path) && !is_own && !self.is_scratch(&path) {
            self.removed.insert(path);
        }
    }

    fn was_read(&self, path: &[u8]) -> bool {
        self.read.contains(path) && self.names.contains(&(NameKind::File, path.to_vec()))
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), NotStorable> {
        if self.is_scratch(from) && self.is_scratch(to) {
            return Ok(());
        }
        if self.made.remove(from) {
            let below = [from, b"/"].concat();
            for set in [&mut self.written, &mut self.made] {
                let moved: Vec<_> = set
                    .iter()
                    .filter(|path| path.starts_with(&below))
                    .cloned()
                    .collect();
                for path in moved {
                    set.remove(&path);
                    let rest = path.get(from.len()..).unwrap_or_default();
                    set.insert([to, rest].concat());
                }
            }
            self.made.insert(to.to_vec());
            return Ok(());
        }
        if !self.is_own(from) {
            return Err(NotStorable::Updates(shown(from)));
        }
        self.written.remove(from);
        self.write(to.to_vec(), false)
    }

    /// What it comes to.
    fn end(mut self) -> Result<Observation, NotStorable> {
        let removed = self
            .removed
            .iter()
            .find(|path| !self.written.contains(*path));
        if let Some(path) = removed {
            return Err(NotStorable::WritesElsewhere(shown(path)));
        }
        let outputs = self.outputs()?;
        // Those with files in them are made again with these.
        let holds_none = |path: &&Vec<u8>| {
            let path = Path::new(OsStr::from_bytes(path));
            path.is_dir() && !outputs.iter().any(|output| output.path.starts_with(path))
        };
        let mut made = self.made.iter().filter(|path| !self.is_no_output(path));
        if let Some(path) = made.find(holds_none) {
            return Err(NotStorable::WritesElsewhere(shown(path)));
        }
        // Looks at what was there before it was written anew; what was read and not there counts.
        let written = &self.written;
        let (looked, read) = (&self.looked, &self.read);
        self.names.retain(|(_, path)| {
            !(written.contains(path) && looked.contains(path) && !read.contains(path))
        });
        let names = self.names.into_iter().map(|(kind, name)| {
            let is_path = matches!(
                kind,
                NameKind::File
                    | NameKind::State
                    | NameKind::Absent
                    | NameKind::Listing
                    | NameKind::Link
            );
            let (place, name) = if is_path {
                self.rules.places.name(&name)
            } else {
                (0, name.as_slice())
            };
            Name {
                kind,
                place,
                name: name.to_vec(),
            }
        });
        Ok(Observation {
            inputs: Inputs::new(names.collect()),
            outputs,
            programs: self.programs,
            temporary: self.temporary,
        })
    }

    fn outputs(&self) -> Result<Vec<Output>, NotStorable> {
        let mut outputs = Vec::new();
        for path in &self.written {
            let place = Path::new(OsStr::from_bytes(path));
            let Ok(found) = fs::symlink_metadata(place) else {
                continue;
            };
            let is_aside = self
                .rules
                .stand_in
                .is_some_and(|(_, made)| made.iter().any(|it| it == place));
            if found.is_dir() || self.is_no_output(path) || is_aside {
                continue;
            }
            if !found.is_file() {
                return Err(NotStorable::Unnamed(shown(path)));
            }
            let Some((directory, name)) = self.writable(place) else {
                return Err(NotStorable::WritesElsewhere(shown(path)));
            };
            outputs.push(Output {
                directory,
                name,
                path: place.to_owned(),
            });
        }
        outputs.sort_by(|a, b| (a.directory, &a.name).cmp(&(b.directory, &b.name)));
        Ok(outputs)
    }

    /// The directory in which a path may be written, by its number, and the path in that.
    fn writable(&self, path: &Path) -> Option<(u8, Vec<u8>)> {
        let in_one = |path: &Path, directories: &mut dyn Iterator<Item = PathBuf>| {
            let found = (0..).zip(directories).filter_map(|(number, directory)| {
                let rest = path
                    .strip_prefix(&directory)
                    .ok()?
                    .as_os_str()
                    .as_bytes()
                    .to_vec();
                Some((directory.as_os_str().len(), number, rest))
            });
            found
                .max_by_key(|(length, number, _)| (*length, u8::MAX - number))
                .map(|(_, number, rest)| (number, rest))
        };
        let is_plain = path.components().all(|part| part != Component::ParentDir);
        let as_written = is_plain
            .then(|| in_one(path, &mut self.rules.writable.iter().cloned()))
            .flatten();
        as_written.or_else(|| {
            // There are links on the way to it.
            let real = path.parent()?.canonicalize().ok()?.join(path.file_name()?);
            let writable = self
                .rules
                .writable
                .iter()
                .map(|it| it.canonicalize().unwrap_or_default());
            in_one(&real, &mut writable.filter(|it| !it.as_os_str().is_empty()))
        })
    }
}

fn is_in(path: &[u8], directories: &[PathBuf]) -> bool {
    let path = without_parents(path);
    let path = Path::new(OsStr::from_bytes(&path));
    directories
        .iter()
        .any(|directory| path.starts_with(directory))
}

/// The path of a record: of what changes something the place where that is.
fn named(kind: Kind, path: &[u8]) -> Vec<u8> {
    let path = plain(path);
    match kind {
        Kind::Write | Kind::Rename | Kind::Remove | Kind::MakeDirectory => {
            without_parents(&path).into_owned()
        }
        _ => path,
    }
}

/// A path without `..`, which by links may lead out of what is in front of it.
fn without_parents(path: &[u8]) -> Cow<'_, [u8]> {
    let parts: Vec<_> = Path::new(OsStr::from_bytes(path)).components().collect();
    let Some(last) = parts.iter().rposition(|part| *part == Component::ParentDir) else {
        return path.into();
    };
    let (before, rest) = parts.split_at(last + 1);
    let before: PathBuf = before.iter().collect();
    let before = before.canonicalize().unwrap_or_else(|_| {
        let mut plain = PathBuf::new();
        for part in before.components() {
            match part {
                Component::ParentDir => drop(plain.pop()),
                other => plain.push(other),
            }
        }
        plain
    });
    let rest: PathBuf = rest.iter().collect();
    before.join(rest).into_os_string().into_vec().into()
}

/// Whether something failed for a reason that passes: too little memory, room or descriptors, or a device's error.
fn is_of_the_machine(errno: u16) -> bool {
    const EIO: u16 = 5;
    const EAGAIN: u16 = 11;
    const ENOMEM: u16 = 12;
    const ENFILE: u16 = 23;
    const EMFILE: u16 = 24;
    const ENOSPC: u16 = 28;
    const EDQUOT: u16 = 122;
    [EIO, EAGAIN, ENOMEM, ENFILE, EMFILE, ENOSPC, EDQUOT].contains(&errno)
}

/// How a path counts that could not be had for this reason.
fn absent_or_state(errno: u16) -> NameKind {
    const ENOENT: u16 = 2;
    const ENOTDIR: u16 = 20;
    if errno == ENOENT || errno == ENOTDIR {
        NameKind::Absent
    } else {
        NameKind::State
    }
}

/// Whether this program is what runs where that file was called: it is the file, or the interpreter that its first line
/// names. If not, one that cannot be traced ran in between.
fn runs(called: &[u8], program: &[u8]) -> bool {
    /// The interpreter of a script may be a script, up to this depth (Linux, `exec_binprm`).
    const DEPTH: usize = 5;
    let program = Path::new(OsStr::from_bytes(program));
    let real = program.canonicalize().ok();
    let mut file = PathBuf::from(OsStr::from_bytes(called));
    for _ in 0..=DEPTH {
        if file == program || real.is_some() && file.canonicalize().ok() == real {
            return true;
        }
        let Some(interpreter) = interpreter(&file) else {
            return false;
        };
        file = interpreter;
    }
    false
}

/// The interpreter of a script.
fn interpreter(script: &Path) -> Option<PathBuf> {
    /// As much as Linux reads of it.
    const LINE: u64 = 256;
    let mut start = Vec::new();
    let file = fs::File::open(script).ok()?;
    file.take(LINE).read_to_end(&mut start).ok()?;
    let line = start
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    let name = line
        .split(|byte| matches!(byte, b' ' | b'\t' | b'\0'))
        .find(|word| !word.is_empty())?;
    Some(PathBuf::from(OsStr::from_bytes(name)))
}

#[cfg(test)]
mod tests {
    use nix_sccache_trace_format::{Event, header};

    use super::*;

    /// A record: what happened, why it failed, the process, what else, and names.
    type Line<'a> = (Kind, u16, u32, u32, &'a str);

    const ENOENT: u16 = 2;
    const FILE: u32 = FileType::File as u32;
    const DIRECTORY: u32 = FileType::Directory as u32;

    fn trace(lines: &[Line]) -> Vec<u8> {
        let mut bytes = header::new(1 << 20).to_vec();
        for (kind, errno, pid, extra, payload) in lines {
            let event = Event {
                kind: *kind,
                flags: match payload.split(' ').next() {
                    Some("kept") => KEPT,
                    Some("after") => AFTER_DLOPEN,
                    _ => 0,
                },
                errno: *errno,
                pid: *pid,
                extra: *extra,
            };
            let payload = payload
                .trim_start_matches("kept ")
                .trim_start_matches("after ")
                .replace(" to ", "\0");
            let length = Event::length(payload.len()).unwrap();
            let mut record = vec![0; length as usize];
            event.encode(&[payload.as_bytes()], &mut record).unwrap();
            record[..4].copy_from_slice(&length.to_le_bytes());
            bytes.extend(record);
        }
        let end = (bytes.len() as u64).to_le_bytes();
        bytes[header::END_AT..header::END_AT + 8].copy_from_slice(&end);
        bytes
    }

    /// What is read of a trace of process 1, which is `/bin/cc`.
    fn read_lines(lines: &[Line], writable: &Path) -> Result<Vec<String>, NotStorable> {
        let places = Places::new(vec!["/target".into()]);
        let writable = [writable.to_owned()];
        let rules = Rules {
            places: &places,
            writable: &writable,
            scratch: &["/scratch".into()],
            own: &[],
            unlisted: &["/target/deps".into()],
            finds_crates: |library| library.ends_with("librustc.so"),
            working_directory: Some(Path::new("/work")),
            is_constant: &|path| path.starts_with("/nix/store"),
            has_plugins: |_| false,
            goes_by_machine: |_, _, _| false,
            may_ask_time: |program, times| program.ends_with("cc") && times < 2,
            is_of_no_matter: |name| name == b"PATH",
            reads: |program, _| match program.file_name().and_then(OsStr::to_str) {
                Some("bash") => Reads::Some {
                    families: vec!["NIX_"],
                    names: vec![b"A".to_vec()],
                },
                Some("python") => Reads::All,
                _ => Reads::Nothing,
            },
            path: &["/usr/local/bin".into()],
            stand_in: None,
            loads: |library| Unseen {
                lists_variables: !library.ends_with("plugin.so"),
                reads_clock: false,
            },
        };
        let start = (Kind::Start, 0, 1, 0, "/nix/store/cc");
        let lines = [&[start], lines].concat();
        let seen = read(&trace(&lines), Path::new("/nix/store/cc"), 1, &rules)?;
        let names = seen.inputs.iter().map(|name| {
            format!(
                "{:?} {} {}",
                name.kind,
                name.place,
                String::from_utf8_lossy(&name.name)
            )
        });
        let outputs = seen
            .outputs
            .iter()
            .map(|it| format!("made {}", String::from_utf8_lossy(&it.name)));
        Ok(names.chain(outputs).collect())
    }

    #[test]
    fn scripts_count_what_their_interpreters_read() {
        let folder = tempfile::tempdir().unwrap();
        let script = |interpreter: &str| {
            let path = folder.path().join(interpreter);
            fs::write(&path, format!("#! /nix/store/{interpreter} -e\n")).unwrap();
            path.display().to_string()
        };
        let [bash, python] = ["bash", "python"].map(script);
        let file = |path: &str| format!("File 0 {path}");
        let cases: [(&[Line], &[&str]); 2] = [
            (
                &[
                    (Kind::Spawn, 0, 1, 2, &bash),
                    (Kind::Start, 0, 2, 1, "/nix/store/bash"),
                ],
                &["Variable 0 A", "Family 0 NIX_", &file(&bash)],
            ),
            (
                &[
                    (Kind::Start, 0, 2, 1, "/nix/store/python"),
                    (Kind::Spawn, 0, 1, 2, &python),
                ],
                &["Environment 0 ", &file(&python)],
            ),
        ];
        for (lines, expected) in cases {
            let seen = read_lines(lines, folder.path()).unwrap();
            assert_eq!(seen, expected, "{lines:?}");
        }
    }

    #[test]
    fn inputs_are_what_was_there_before() {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("a.o").display().to_string();
        fs::write(&made, "").unwrap();
        for (lines, expected) in [
            (
                &[(Kind::Read, 0, 1, FILE, "/src/./a.c")][..],
                &["File 0 /src/a.c"][..],
            ),
            (
                &[
                    (Kind::Read, ENOENT, 1, 0, "/a/v.h"),
                    (Kind::Remove, ENOENT, 1, 0, "/a/stale"),
                    (Kind::Look, ENOENT, 1, 0, "/a/v.h"),
                ],
                &["Absent 0 /a/stale", "Absent 0 /a/v.h"],
            ),
            (
                &[(Kind::Read, 0, 1, FILE, "/target/deps/liba.rmeta")],
                &["File 1 deps/liba.rmeta"],
            ),
            (
                &[
                    (Kind::Read, 0, 1, FILE, "/nix/store/x/a.h"),
                    (Kind::Look, ENOENT, 1, 0, "/nix/store/b"),
                ],
                &[],
            ),
            (
                &[
                    (Kind::Load, 0, 1, 0, "/nix/store/librustc.so"),
                    (Kind::List, 0, 1, 0, "/target/deps"),
                    (Kind::List, 0, 1, 0, "/src"),
                    (Kind::Look, 0, 1, DIRECTORY, "/work"),
                ],
                &["Listing 0 /src"],
            ),
            (
                &[
                    (Kind::Variable, 0, 1, 0, "PATH"),
                    (Kind::Variable, 0, 1, 0, "A"),
                ],
                &["Variable 0 A"],
            ),
            // What it made itself is none, nor what it had looked at before it made it.
            (
                &[
                    (Kind::Write, 0, 1, 0, "/tmp/cc.s"),
                    (Kind::Read, 0, 1, FILE, "/tmp/cc.s"),
                    (Kind::Remove, 0, 1, 0, "/tmp/cc.s"),
                ],
                &[],
            ),
            (
                &[
                    (Kind::MakeDirectory, 0, 1, 0, "/tmp/x"),
                    (Kind::Look, ENOENT, 1, 0, "/tmp/x/y"),
                ],
                &[],
            ),
            (
                &[
                    (Kind::Look, 0, 1, FILE, &made),
                    (Kind::Write, 0, 1, 0, &made),
                ],
                &["made a.o"],
            ),
            // What it looked for, and was not there, decides whether it goes on from that.
            (
                &[
                    (Kind::Read, ENOENT, 1, 0, &made),
                    (Kind::Write, 0, 1, 0, &made),
                ],
                &[&format!("Absent 0 {made}"), "made a.o"],
            ),
            (
                &[
                    (Kind::Write, 0, 1, 0, "/scratch/a"),
                    (Kind::Read, 0, 1, FILE, "/scratch/b"),
                ],
                &[],
            ),
            // A program that is not there is looked for at the next place.
            (
                &[
                    (Kind::Execute, 0, 2, 0, "/a/as"),
                    (Kind::Execute, ENOENT, 2, 0, "/a/as"),
                ],
                &["File 0 /a/as", "Absent 0 /a/as"],
            ),
        ] {
            assert_eq!(
                read_lines(lines, folder.path()).unwrap(),
                expected,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn directories_count_by_who_lists_them() {
        let folder = tempfile::tempdir().unwrap();
        let cases: [(&[Line], &[&str]); 2] = [
            // Another program, or a library that it loads, lists them for something else.
            (
                &[
                    (Kind::List, 0, 1, 0, "/target/deps"),
                    (Kind::List, 0, 1, 0, "/work"),
                ],
                &["Listing 0 /work", "Listing 1 deps"],
            ),
            (
                &[
                    (Kind::Load, 0, 1, 0, "/nix/store/librustc.so"),
                    (Kind::List, 0, 1, 0, "after /target/deps"),
                ],
                &["Listing 1 deps"],
            ),
        ];
        for (lines, expected) in cases {
            let seen = read_lines(lines, folder.path()).unwrap();
            assert_eq!(seen, expected, "{lines:?}");
        }
    }

    #[test]
    fn what_is_not_all_known_is_not_stored() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let elsewhere = elsewhere.to_str().unwrap();
        let moved = format!("/tmp/new to {elsewhere}");
        let not_traced = |what: &str| NotStorable::NotTraced(what.to_owned());
        let updates = |what: &str| NotStorable::Updates(what.to_owned());
        for (lines, expected) in [
            (
                &[(Kind::Execute, 0, 2, 0, "/static")][..],
                not_traced("/static"),
            ),
            (&[(Kind::Spawn, 0, 1, 2, "/static")], not_traced("/static")),
            // Which runs another that is traced.
            (
                &[
                    (Kind::Execute, 0, 2, 0, "/static"),
                    (Kind::Start, 0, 2, 1, "/nix/store/cc"),
                ],
                not_traced("/static"),
            ),
            (
                &[
                    (Kind::Start, 0, 2, 1, "/nix/store/cc"),
                    (Kind::Spawn, 0, 1, 2, "/static"),
                ],
                not_traced("/static"),
            ),
            (&[(Kind::Write, 0, 1, 0, "kept /log")], updates("/log")),
            (
                &[(Kind::Read, 0, 1, FILE, "/a"), (Kind::Write, 0, 1, 0, "/a")],
                updates("/a"),
            ),
            (&[(Kind::Rename, 0, 1, 0, "/a to /b")], updates("/a")),
            (
                &[(Kind::Remove, 0, 1, 0, "/a")],
                NotStorable::WritesElsewhere("/a".to_owned()),
            ),
            (
                &[(Kind::Write, 0, 1, 0, elsewhere)],
                NotStorable::WritesElsewhere(elsewhere.to_owned()),
            ),
            (
                &[
                    (Kind::Write, 0, 1, 0, "/tmp/new"),
                    (Kind::Rename, 0, 1, 0, &moved),
                ],
                NotStorable::WritesElsewhere(elsewhere.to_owned()),
            ),
            (
                &[(Kind::Read, 0, 1, FileType::Other as u32, "/pipe")],
                NotStorable::Unnamed("/pipe".to_owned()),
            ),
            (
                &[(Kind::Unnamed, 0, 1, 0, "/dev/fd/7")],
                NotStorable::Unnamed("/dev/fd/7".to_owned()),
            ),
            (
                &[(Kind::Clock, 0, 1, 0, "/bin/perl to /bin/perl")],
                NotStorable::Clock,
            ),
            (&[(Kind::Clock, 0, 1, 0, "/bin/cc to ")], NotStorable::Clock),
        ] {
            assert_eq!(read_lines(lines, folder.path()), Err(expected), "{lines:?}");
        }
    }
}
