//! Tells the trace of another call what this one depends on and makes, where it is made under that: a compiler that a build
//! script or a procedural macro calls, and that the cache may answer for.
//!
//! The trace library does not note what the shim does, which looks at what is remembered, at sockets and at its own
//! session: none of that is an input, and what is one could not be seen. So the shim adds records of its own, in a
//! file beside the trace, whose header says where in the trace they belong ([`header::POSITION_AT`]): behind all that was noted when
//! they were written, and before all that whoever waits for the shim does then. A call of which nothing is told makes a trace that is
//! not whole.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nix_sccache_cache::inputs::{Inputs, NameKind};
use nix_sccache_trace_format::{Event, FileType, Kind, NESTED, VARIABLE, header, records};

use crate::process::{self, Start};
use crate::request::{OF_LIBC, Request, variables};

/// The error of a path where nothing is.
const ENOENT: u16 = 2;

/// Records for the traces under which this process runs. Nothing is told before [`Told::end`].
pub struct Told {
    traces: Vec<PathBuf>,
    records: Vec<u8>,
}

impl Told {
    /// Nothing but that this process began; nothing at all where nobody wants to know.
    pub fn new() -> Option<Self> {
        let traces = env::var_os(VARIABLE).filter(|traces| !traces.is_empty())?;
        let traces = traces.as_bytes().split(|byte| *byte == b':');
        let traces = traces.map(|path| PathBuf::from(OsStr::from_bytes(path)));
        Some(Self::of(traces.collect()))
    }

    /// The same for these traces.
    pub fn of(traces: Vec<PathBuf>) -> Self {
        let mut told = Self {
            traces,
            records: Vec::new(),
        };
        let own = env::current_exe().unwrap_or_default();
        told.add(Kind::Start, 0, 0, own.as_os_str().as_bytes());
        told
    }

    fn add(&mut self, kind: Kind, errno: u16, extra: u32, payload: &[u8]) {
        let event = Event {
            kind,
            flags: 0,
            errno,
            pid: std::process::id(),
            extra,
        };
        let length = Event::length(payload.len()).unwrap_or_default();
        let mut record = vec![0; length as usize];
        if event.encode(&[payload], &mut record).is_some() {
            record[..4].copy_from_slice(&length.to_le_bytes());
            self.records.append(&mut record);
        }
    }

    fn absent(&mut self, path: &[u8]) {
        self.add(Kind::Read, ENOENT, 0, path);
    }

    /// That a program was looked for, and found there.
    pub fn program(&mut self, program: &Path) {
        let name = program.file_name().unwrap_or_default();
        let places: Vec<_> = process::places_on_path(name).collect();
        if let Some(found) = places.iter().position(|place| place == program) {
            self.add(Kind::Variable, 0, 0, b"PATH");
            for place in places.iter().take(found) {
                if !place.exists() {
                    self.absent(place.as_os_str().as_bytes());
                }
            }
        }
        let file = FileType::File as u32;
        self.add(Kind::Read, 0, file, program.as_os_str().as_bytes());
    }

    /// What a call's answer depends on, beside its arguments; `real` has the path in whose place another was shown.
    pub fn inputs(&mut self, request: &Request, inputs: &Inputs, real: &dyn Fn(&[u8]) -> Vec<u8>) {
        for name in OF_LIBC {
            self.add(Kind::Variable, 0, 0, name.as_bytes());
        }
        if request.has_seed {
            self.add(Kind::Variable, 0, 0, variables::SEED.as_bytes());
        }
        for input in inputs {
            let path = || {
                let path = request.places.path(input.place, &input.name);
                real(path.unwrap_or_default().as_os_str().as_bytes())
            };
            match input.kind {
                NameKind::Variable => self.add(Kind::Variable, 0, 0, &input.name),
                // Of a program without a name all counts.
                NameKind::Machine => {
                    self.add(Kind::Machine, 0, 0, &[&input.name, &b"\0"[..]].concat());
                }
                NameKind::Family => self.add(Kind::Family, 0, 0, &input.name),
                NameKind::Environment => self.add(Kind::Environment, 0, 0, b""),
                NameKind::File => self.add(Kind::Read, 0, FileType::File as u32, &path()),
                NameKind::State => self.add(Kind::Read, 0, FileType::Directory as u32, &path()),
                NameKind::Absent => self.absent(&path()),
                NameKind::Listing => self.add(Kind::List, 0, 0, &path()),
                NameKind::Link => self.add(Kind::Link, 0, 0, &[&path(), &b"\0"[..]].concat()),
                // A look in any directory of it is a search.
                NameKind::Command => {
                    if let Some(directory) = process::search_path().first() {
                        let path = directory.join(OsStr::from_bytes(&input.name));
                        self.add(Kind::Look, ENOENT, 0, path.as_os_str().as_bytes());
                    }
                }
            }
        }
    }

    /// What it made.
    pub fn outputs<'a>(&mut self, paths: impl Iterator<Item = &'a Path>) {
        for path in paths {
            self.add(Kind::Write, 0, 0, path.as_os_str().as_bytes());
        }
    }

    /// Files that it read.
    pub fn files<'a>(&mut self, paths: impl Iterator<Item = &'a Path>) {
        for path in paths {
            let file = FileType::File as u32;
            self.add(Kind::Read, 0, file, path.as_os_str().as_bytes());
        }
    }

    /// A directory that it made, and all that is in it.
    pub fn directory(&mut self, path: &Path) {
        self.add(Kind::MakeDirectory, 0, 0, path.as_os_str().as_bytes());
    }

    /// What a child did that was traced by itself, and of which no more could be told: its program, its process, and the
    /// trace.
    pub fn traced(&mut self, program: &Path, child: u32, trace: &[u8]) {
        if let Err(why) = records(trace) {
            self.unnamed(&format!("{why:?}"));
        }
        self.add(Kind::Spawn, 0, child, program.as_os_str().as_bytes());
        let records = trace.get(header::LENGTH..);
        self.records.extend_from_slice(records.unwrap_or_default());
    }

    /// That it depends on what has no name.
    pub fn unnamed(&mut self, what: &str) {
        self.add(Kind::Unnamed, 0, 0, what.as_bytes());
    }

    /// Writes all of it. Where that fails the trace is not whole.
    pub fn end(self) {
        for trace in &self.traces {
            self.write(trace, &directory(trace)).ok();
        }
    }

    /// Writes it to a directory of its own, for who [merges](merged) that as well.
    pub fn end_in(&self, directory: &Path) {
        for trace in &self.traces {
            self.write(trace, directory).ok();
        }
    }

    /// All of it, as a trace of its own.
    pub fn trace(&self, position: u64) -> Vec<u8> {
        let length = header::LENGTH + self.records.len();
        let mut trace = header::new(length as u64).to_vec();
        trace[header::END_AT..][..8].copy_from_slice(&(length as u64).to_le_bytes());
        trace[header::POSITION_AT..][..8].copy_from_slice(&position.to_le_bytes());
        trace.extend_from_slice(&self.records);
        trace
    }

    fn write(&self, trace: &Path, directory: &Path) -> io::Result<()> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let file = self.trace(end_of(&fs::File::open(trace)?)?);
        fs::create_dir(directory).or_else(|error| directory.is_dir().then_some(()).ok_or(error))?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = directory.join(format!("{}-{number}", process::own_name()));
        fs::write(path, file)
    }
}

/// Tells that another program runs, which notes for itself what it does.
pub fn tell_of_program(command: &Command, start: Start) {
    if let Some(mut told) = told_of(command) {
        let program = absolute(command);
        told.program(&program);
        let name = program.as_os_str().as_bytes();
        match start {
            Start::Becomes => told.add(Kind::Execute, 0, 0, name),
            Start::Runs(child) => told.add(Kind::Spawn, 0, child, name),
            Start::WillRun => {}
        }
        told.end();
    }
}

/// One that is traced otherwise, or not at all, tells nothing here.
fn told_of(command: &Command) -> Option<Told> {
    let is_ours = command.get_envs().any(|(name, _)| name == VARIABLE);
    Told::new().filter(|_| !is_ours)
}

fn absolute(command: &Command) -> PathBuf {
    let program = Path::new(command.get_program());
    env::current_dir().unwrap_or_default().join(program)
}

/// The directory of the traces of calls that were made under one.
pub fn directory(trace: &Path) -> PathBuf {
    let mut name = trace.as_os_str().to_owned();
    name.push(NESTED);
    name.into()
}

/// Where the next record of a trace will begin.
pub fn end_of(file: &fs::File) -> io::Result<u64> {
    use std::os::unix::fs::FileExt;
    let mut end = [0; 8];
    file.read_exact_at(&mut end, header::END_AT as u64)?;
    Ok(u64::from_le_bytes(end))
}

/// A trace with the records of those that were made under it, each where it belongs; they are in these directories, if those
/// are there.
pub fn merged(trace: Vec<u8>, path: &Path, directories: &[&Path]) -> io::Result<Vec<u8>> {
    let mut entries = Vec::new();
    for directory in directories {
        match fs::read_dir(directory) {
            Ok(found) => entries.extend(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let mut nested = Vec::new();
    for entry in entries {
        let file = fs::read(entry?.path())?;
        let at = |place: usize| {
            let bytes = file.get(place..place + 8)?;
            let number = u64::from_le_bytes(bytes.try_into().ok()?);
            usize::try_from(number).ok()
        };
        // One that is not whole tells nothing, and then its process has not begun.
        match (at(header::POSITION_AT), at(header::END_AT)) {
            (Some(position), Some(end)) if end == file.len() => nested.push((position, file)),
            _ => {}
        }
    }
    // Where more happened than there is room for, it stays untold.
    let is_whole = end_of(&fs::File::open(path)?)? == trace.len() as u64;
    if nested.is_empty() || !is_whole {
        return Ok(trace);
    }
    nested.sort_by_key(|(position, _)| *position);
    let (mut whole, mut done) = (Vec::new(), 0);
    for (position, file) in nested {
        let position = position.clamp(done, trace.len());
        whole.extend_from_slice(trace.get(done..position).unwrap_or_default());
        whole.extend_from_slice(file.get(header::LENGTH..).unwrap_or_default());
        done = position;
    }
    whole.extend_from_slice(trace.get(done..).unwrap_or_default());
    let length = (whole.len() as u64).to_le_bytes();
    for place in [header::END_AT, header::CAPACITY_AT] {
        if let Some(number) = whole.get_mut(place..place + length.len()) {
            number.copy_from_slice(&length);
        }
    }
    Ok(whole)
}
